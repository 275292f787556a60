"""A case is closed when nothing is left to do, and not before. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dispatch.core.actions import Action, CloseCase, CloseReason
from dispatch.core.case import Case
from dispatch.core.conversation.talk import Talks
from dispatch.core.duties.informing import Informing
from dispatch.core.duties.open_cases import OpenCases
from dispatch.core.transitions import CallState, HelpState


@dataclass(frozen=True, slots=True)
class Closing:
    """Ends cases."""

    cases: OpenCases
    informing: Informing
    talks: Talks

    def close_if_done(self, case: Case, now: float) -> Iterator[Action]:
        """Close a case of which nobody waits for anything any more."""
        if case.closed or not case.call_over or case.is_waiting or self.informing.are_speaking(case):
            return
        if case.needs_answer and case.call is not None:
            if case.call.state is CallState.GIVEN_UP and case.recovered:
                yield from self.close(case, "recovered", now)
        elif case.help_over:
            yield from self.close(case, _reason(case), now)

    def give_over(self, case: Case, now: float) -> Iterator[Action]:
        """Close a case whose help has been, though nobody was reached: what fails now has a case and help of its own."""
        if case.call is not None:
            yield from self.informing.calls.withdraw(case.call, "closed")
        yield from self.close(case, "helped", now)

    def close(self, case: Case, reason: CloseReason, now: float) -> Iterator[Action]:
        """Close a case, and take our call back."""
        case.closed = True
        self.cases.remove(case, reason, now)
        self.talks.closed(case.finding.customer, case.case, now)
        if case.call is not None:
            case.call.on_hold = False  # who holds the line is told by whoever closes it
            yield from self.informing.calls.withdraw(case.call, "closed")
            self.informing.calls.calls.pop(case.call.call, None)
        yield CloseCase(case.case, reason)


def _reason(case: Case) -> CloseReason:
    if case.too_late:
        return "too_late"
    if case.help is HelpState.CANCELLED or case.declined_help:
        return "declined"
    if case.help is HelpState.DONE or (case.order is not None and case.order.fulfilled):
        return "helped"
    return "informed" if case.informed else "unreachable"
