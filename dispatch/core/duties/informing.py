"""Who owns what broke is told: rung, and shown on a device. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dispatch.core import notices
from dispatch.core.actions import Action, QueueReason, SendNotice, TellDriverToStop
from dispatch.core.calls import Calls
from dispatch.core.case import Case
from dispatch.core.policy import Policy
from dispatch.core.transitions import CallState, HelpState
from dispatch.words.parts import message
from gateway.finding import Domain, Drive, Help

_SOUGHT = {HelpState.WAITING, HelpState.OFFERED}


@dataclass(frozen=True, slots=True)
class Informing:
    """Calls and notices to owners."""

    policy: Policy
    calls: Calls

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
            elif case.call is not None and case.call.not_before <= now:
                yield from self.notice(case, self._announcement(case, behind=behind), beside_call=True)
        else:
            yield from self.show(case)

    def show(self, case: Case) -> Iterator[Action]:
        """Tell the customer by a message alone, where a device can show one and they want to be shown it."""
        if case.finding.notify is not None and case.may_message:
            case.informed = True
            yield from self.notice(case, message(case.finding, case.language, _sought(case)))

    @staticmethod
    def notice(case: Case, text: str, *, beside_call: bool = False) -> Iterator[Action]:
        """Show the owner a message, where a device can; one is shown beside a call, however often the call is made."""
        to = case.finding.notify
        if to is None or not case.may_message or (beside_call and case.notices):
            return
        case.notices += 1
        yield SendNotice(case.case, to, text, case.finding.provenance, case.notices, beside_call)

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
        """Do an agent and the customer speak about it just now?"""
        caller = self.calls.on_the_line(case.finding.customer)
        called = caller is not None and caller.case == case.case and caller.state is CallState.CONNECTED
        return called or (case.call is not None and case.call.state is CallState.CONNECTED)

    def _announcement(self, case: Case, *, behind: bool) -> str:
        sought = _sought(case)
        within = None if behind else self.policy.call_due_s
        situation = notices.Situation(case.needs_answer and sought is None, sought, within)
        return notices.beside_call(case.finding, situation, case.language)


def _sought(case: Case) -> Help | None:
    """Return what is looked for and has not been promised; ``None``: nothing."""
    return case.finding.remedy.help if case.help in _SOUGHT or case.order is not None else None
