"""Who owns what broke is told: rung, and shown on a device. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dispatch.core import notices
from dispatch.core.actions import Action, QueueReason, TellDriverToStop
from dispatch.core.calls import Calls
from dispatch.core.case import Call, Case
from dispatch.core.conversation.channels import Answer
from dispatch.core.conversation.talk import Sent
from dispatch.core.escalation import escalated
from dispatch.core.messages import Messages
from dispatch.core.policy import Policy
from dispatch.core.transitions import CallState
from dispatch.core.written import arrival, offered, sought_for
from dispatch.words import say
from dispatch.words.parts import may_pass, message
from gateway.finding import Domain, Drive


@dataclass(frozen=True, slots=True)
class Offer:
    """How a case stands in the customer's language, and what they may answer."""

    case: str
    text: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Informing:
    """Calls and notices to owners."""

    policy: Policy
    calls: Calls
    messages: Messages

    def inform(self, case: Case, now: float) -> Iterator[Action]:
        """Call the customer, and show them that we do; a message alone where a call is not wanted or not worth it."""
        finding = case.finding
        if case.wants_call and case.may_ring:
            behind = self.calls.overdue(finding.provenance, now)
            yield from self.calls.queue(case, now)
            caller = self.calls.on_the_line(finding.customer)
            if caller is not None and case.call is not None:
                caller.case = caller.case or case.case  # what they ring about; of the other we ring them afterwards
                yield from self.calls.withdraw(case.call, "customer_phoned")
            elif case.call is not None and case.call.not_before <= now and not case.notices + case.written:
                text = _announcement(case, None if behind else self.policy.call_due_s)
                yield from self.messages.write(case, text, now, offered(case), beside_call=True)
        elif case.may_pass:  # they are rung where it does not: nobody counts as informed so far
            said = case.notices + case.written
            yield from self.messages.write(case, _told(case), now, beside_call=True) if not said else ()
        else:
            yield from self.show(case, now)
            if case.wrong_number and case.may_call and not case.informed:
                yield from escalated(case, "wrong_number")

    def show(self, case: Case, now: float) -> Iterator[Action]:
        """Tell the customer by a message alone, where they can be written to and want to be."""
        for action in self.messages.write(case, _told(case), now):
            case.informed = True
            yield action

    def notice(self, case: Case, text: str, now: float) -> Iterator[Action]:
        """Write the customer what has changed, where they can be written to."""
        yield from self.messages.write(case, text, now)

    def say_again(self, case: Case, before: Sent, now: float) -> Iterator[Action]:
        """Say on the next channel how it stands now: on the one before it was not read in time, or could not be sent."""
        rings = before.beside_call and not case.no_call_to_come
        stands = _announcement(case, _rung_within_s(case, now)) if rings else _told(case)
        text = " ".join(filter(None, [stands, arrival(case, now)]))
        for said in self.messages.fall_back(case, before, text, offered(case) if before.beside_call else (), now):
            case.told_to_wait = case.told_to_wait or (rings and is_late(case, now))
            yield said

    @staticmethod
    def offer(case: Case, now: float) -> Offer:
        """Return how a case stands, for a customer who asks, and what they may answer."""
        return Offer(case.case, " ".join(filter(None, [_told(case), arrival(case, now)])), offered(case))

    def tell_to_wait(self, case: Case, now: float) -> Iterator[Action]:
        """Our call comes later than they were told: that was no promise to be broken in silence.

        Who has not read that, and will be written it elsewhere, is told there.
        """
        told = case.notices + case.written > 0 and not case.told_to_wait and not case.informed
        if self.policy.messages.channels and told and not self.messages.goes_on(case):
            case.told_to_wait = True
            text = say("notice_ring_when_free", case.language)
            yield from self.messages.write(case, text, now, offered(case), beside_call=True)

    @staticmethod
    def stop_driver(case: Case) -> Iterator[Action]:
        """Show the driver to stop, where the car must not go on; once is enough."""
        finding = case.finding
        if finding.domain is Domain.VEHICLE and finding.drive is Drive.STOP_NOW and not case.told_to_stop:
            case.told_to_stop = True
            also = finding.notify
            text = notices.please_stop(finding, case.language) if also else ""
            yield TellDriverToStop(case.case, finding.device, finding.name, finding.provenance, also, text)

    def ring_again(self, case: Case, now: float, reason: QueueReason = "", after_s: float = 0.0) -> Iterator[Action]:
        """Queue our call once more, unless the customer holds the line."""
        if self.calls.on_the_line(case.finding.customer) is None:
            yield from self.calls.queue(case, now, reason, after_s)

    def are_speaking(self, case: Case) -> bool:
        """Do an agent and the customer speak about it just now, or is the customer being handed on?"""
        caller = self.calls.on_the_line(case.finding.customer)
        called = caller is not None and caller.case == case.case and _speaks(caller)
        return called or (case.call is not None and _speaks(case.call))


def _announcement(case: Case, rung_within_s: float | None) -> str:
    """Return what is said beside a call. ``None``: when it is made nobody knows."""
    sought = sought_for(case)
    situation = notices.Situation(case.needs_answer and sought is None, sought, rung_within_s)
    return notices.beside_call(case.finding, situation, case.language)


def _told(case: Case) -> str:
    """Return what is said instead of a call."""
    if case.may_pass:
        return may_pass(case.finding, case.language)
    return message(case.finding, case.language, sought_for(case), has_stopped=case.has_stopped)


def _rung_within_s(case: Case, now: float) -> float | None:
    call = case.call
    waits = call is not None and call.state is CallState.QUEUED and call.not_before <= now < call.due
    return call.due - now if waits and call is not None else None


def is_late(case: Case, now: float) -> bool:
    """Should our call have been made by ``now``, POSIX seconds?"""
    return case.call is not None and now >= case.call.due


def _speaks(call: Call) -> bool:
    return call.state is CallState.CONNECTED or call.on_hold
