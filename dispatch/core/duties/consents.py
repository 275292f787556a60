"""What customers agree to and withdraw holds at once, also for what waits to be done. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from dispatch.core.actions import Action
from dispatch.core.case import Case
from dispatch.core.consent import Purpose
from dispatch.core.conversation.talk import Talks
from dispatch.core.duties.closing import Closing
from dispatch.core.duties.informing import Informing
from dispatch.core.duties.open_cases import OpenCases
from dispatch.core.duties.paying import Paying
from dispatch.core.duties.sending import Sending
from dispatch.core.escalation import escalated
from dispatch.core.events import ConsentChanged, CustomerErased, DataExpired, PrivacyEvent
from dispatch.core.invitations.struggling import Strugglers
from dispatch.core.routing.events import NumberConfirmed
from dispatch.core.transitions import HelpState
from dispatch.core.withdrawal import withdrawal
from gateway.finding import Help


class GoesByConsent(Protocol):
    """What is remembered of customers only as long as they agree."""

    def agreed(self, event: PrivacyEvent) -> None:
        """Go by what a customer wants from now on."""


@dataclass(frozen=True, slots=True)
class Consents:
    """Asked again at the moment of the act: an open case goes by what its customer said last."""

    cases: OpenCases
    informing: Informing
    closing: Closing
    sending: Sending
    talks: Talks
    strugglers: Strugglers
    paying: Paying
    remembered: Sequence[GoesByConsent]

    def on(self, event: PrivacyEvent, now: float) -> Iterator[Action]:
        """See to what a customer wants."""
        self.strugglers.agreed(event)
        for one in self.remembered:
            one.agreed(event)
        match event:
            case ConsentChanged():
                for case in self.cases.of_customer(event.customer):
                    yield from self._changed(case, event, now)
                yield from self._agreed(event) if event.given else self._withdrawn(event, now)
            case NumberConfirmed():
                for case in self.cases.of_customer(event.customer):
                    case.wrong_number = False
                    yield from self._ring(case, now) if case.may_call else ()
            case CustomerErased():
                yield from self.informing.calls.ring_back_no_more(event.customer)
                for case in self.cases.of_customer(event.customer):
                    yield from self.sending.call_off(case, now, "the customer is erased")
                    yield from self.closing.close(case, "erased", now)
                self.talks.forget(event.customer)
                self.informing.calls.reasons.forget(event.customer)
                yield from self.paying.erased(event.customer, now)
            case DataExpired():
                pass  # nothing that is under way
            case _:
                assert_never(event)

    def _agreed(self, event: ConsentChanged) -> Iterator[Action]:
        """What waits for nobody begins nothing: what is paid next goes by it."""
        if event.purpose is Purpose.PAYMENT:
            self.paying.purse.agrees(event.customer, given=True)
        yield from ()

    def _withdrawn(self, event: ConsentChanged, now: float) -> Iterator[Action]:
        """What is about no case ends, too."""
        if event.purpose is Purpose.CALL:
            yield from self.informing.calls.ring_back_no_more(event.customer)
        elif event.purpose is Purpose.PAYMENT:
            yield from self.paying.withdrawn(event.customer, now)
        elif event.purpose is Purpose.SPENDING:
            self.paying.purse.advise_no_more(event.customer)
        elif event.purpose is Purpose.MESSAGE:
            self.paying.purse.questions.drop(event.customer)

    def _changed(self, case: Case, event: ConsentChanged, now: float) -> Iterator[Action]:
        match event.purpose:
            case Purpose.CALL:
                case.may_call = event.given
                yield from self._ring(case, now) if event.given else self._ring_no_more(case, now)
            case Purpose.MESSAGE:
                case.may_message = event.given
            case Purpose.ORDER:
                case.may_order = event.given
                yield from () if event.given else self._order_no_more(case, now)
            case (
                Purpose.PAYMENT
                | Purpose.APP_HELP
                | Purpose.SPENDING
                | Purpose.LISTEN
                | Purpose.OFFERS
                | Purpose.VOICE_PRINT
            ):
                pass  # about no case
            case _:
                assert_never(event.purpose)

    def _ring(self, case: Case, now: float) -> Iterator[Action]:
        """They want to be rung after all: about what they were not told of, or have to be asked."""
        owed = case.needs_answer or (not case.informed and case.wants_call)
        if owed and case.no_call_to_come:
            yield from self.informing.ring_again(case, now)

    def _ring_no_more(self, case: Case, now: float) -> Iterator[Action]:
        if case.call is not None:
            yield from self.informing.calls.withdraw(case.call, "consent_withdrawn")
        yield from self._instead(case, now)
        yield from self.closing.close_if_done(case, now)

    def _instead(self, case: Case, now: float) -> Iterator[Action]:
        """Who cannot be asked is seen to by a person; who would have been told is shown it. Help that is on its way goes on."""
        if case.informed or self.informing.are_speaking(case):
            return
        if case.asks_first or case.help is HelpState.ASKING:
            yield from escalated(case, "may_not_be_asked")
        else:
            yield from self.informing.show(case, now)

    def _order_no_more(self, case: Case, now: float) -> Iterator[Action]:
        """Goods that no supplier has taken yet are not ordered. What one has taken stands: the customer has it called off."""
        order = case.order
        if order is None or order.settled or case.remedy.help is not Help.SUPPLIES:
            return
        yield withdrawal(case, "order", order, "consent_withdrawn")
        order.give_up()
        yield from self.closing.close_if_done(case, now)
