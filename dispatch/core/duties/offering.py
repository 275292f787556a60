"""Whoever is helped may be offered what fits, once the problem is solved; what they take is carried out, on written terms. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from dispatch.core.actions import Action
from dispatch.core.calls import Calls
from dispatch.core.case import Call, Case
from dispatch.core.duties.open_cases import OpenCases
from dispatch.core.invitations.struggling import InvitationStage, Strugglers
from dispatch.core.messages import Messages, OfMoney
from dispatch.core.offers.actions import OpenProduct
from dispatch.core.offers.deciding import decide
from dispatch.core.offers.events import OfferAnswered, OfferEvent, OfferSought
from dispatch.core.offers.forbidden import CallSituation
from dispatch.core.offers.memory import MadeOffers
from dispatch.core.offers.rules import DAY_S
from dispatch.core.offers.said import terms
from dispatch.core.policy import Policy
from dispatch.core.purse.payments import PaymentState
from dispatch.core.purse.purse import Purse
from dispatch.core.transitions import CallState
from gateway.finding import Drive, Severity

WRITTEN_WITHIN_S = DAY_S
"""Terms that no door takes for so long reach nobody [fit]."""


@dataclass(frozen=True, slots=True)
class Offering:
    """Offers, and what becomes of them."""

    policy: Policy
    cases: OpenCases
    calls: Calls
    strugglers: Strugglers
    purse: Purse
    messages: Messages
    known: MadeOffers

    def on(self, event: OfferEvent, now: float) -> Iterator[Action]:
        """See to who is asked for, and to what they said."""
        match event:
            case OfferSought():
                self.known.happened(event)
                yield from self._sought(event, now)
            case OfferAnswered():
                yield from self._answered(event, now)
            case _:
                assert_never(event)

    # --- is anything offered -----------------------------------------------------------------------------------------

    def _sought(self, event: OfferSought, now: float) -> Iterator[Action]:
        """Offer one thing, or say why nothing is; on a call on which something was offered that stands."""
        if self.known.on(event.call, event.attempt) is not None:
            return
        action = decide(event, self._situation(event), self.known.taken, self.policy.offers, now)
        self.known.decided(action, now)
        yield action

    def _situation(self, event: OfferSought) -> CallSituation:
        call, mine = self.calls.calls.get(event.call), self.cases.of_customer(event.customer)
        speaks = call is not None and _speaks(call, event)
        concerns = [call.concern if call is not None else "", *(case.concern for case in mine)]
        return CallSituation(
            speaks=speaks,
            agrees=event.may_offers,
            vulnerable=event.vulnerable,
            concern=next((one for one in ("complaint", "distress", "bereavement") if one in concerns), ""),
            danger=any(_is_dangerous(case) for case in mine),
            fraud=self.strugglers.shows_fraud(event.customer),
            disputes=any(one.state is PaymentState.DISPUTED for one in self.purse.of_customer(event.customer)),
            told_twice=call is not None and bool((call.inbound and call.attempt > 1) or call.needs or call.to_agent),
            waited_s=call.handed_at - call.since if call is not None and call.since else 0.0,
            lost=any(case.escalated or case.lost_talk for case in mine),
            owed=any(_owes(case) for case in mine) or self._owes_otherwise(event.customer),
            past=self.known.past(event.customer),
        )

    def _owes_otherwise(self, customer: str) -> bool:
        """Do we wait for their word about a payment, or do they struggle with what nobody speaks about?"""
        asked = any(one.state is PaymentState.CONFIRMING for one in self.purse.of_customer(customer))
        held = {InvitationStage.HELD, InvitationStage.INVITED}
        return asked or any(one.stage in held and not one.over for one in self.strugglers.of_customer(customer))

    # --- what they say -----------------------------------------------------------------------------------------------

    def _answered(self, event: OfferAnswered, now: float) -> Iterator[Action]:
        """Have what they took opened, and write its terms to them. What was answered before, or is another's, is nothing."""
        made = self.known.on(event.call, event.attempt)
        new = made is not None and not made.answer and made.proposed.customer == event.customer
        self.known.happened(event)
        if made is None or not new or event.answer != "yes":
            return
        took = made.proposed
        yield OpenProduct(
            took.call, took.attempt, took.customer, took.offer, took.gives, took.provider, took.currency,
            took.provenance, took.about, took.rate, took.price, event.agent,
        )  # fmt: skip
        if event.may_message:
            text, until = terms(took, took.language), now + WRITTEN_WITHIN_S
            about = OfMoney(
                took.customer, text, took.language, until, took.provenance, event.reach, event.time_zone,
                purpose="terms",
            )  # fmt: skip
            yield from self.messages.of_money(about, now)


def _speaks(call: Call, event: OfferSought) -> bool:
    theirs = call.customer == event.customer and call.attempt == event.attempt
    return theirs and call.state is CallState.CONNECTED and event.agent in {None, call.agent}


def _is_dangerous(case: Case) -> bool:
    """Is something broken that must not be driven on, or as bad, and nobody has helped yet?"""
    worst = case.finding.drive is Drive.STOP_NOW or case.finding.severity is Severity.CRITICAL
    return worst and case.helped_at is None and not case.recovered


def _owes(case: Case) -> bool:
    """Has the house yet to do or to say something about a case?"""
    said = case.informed and not case.needs_answer and case.call_over
    done = case.helped_at is not None or case.declined_help or case.recovered
    return not said or not case.help_over or (case.sends and not done) or case.too_late or case.is_waiting
