"""When a person has to look at a case. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dispatch.core.actions import EscalateCase, EscalationReason
from dispatch.core.acts import EscalatedTo
from dispatch.core.case import Case


def escalated(case: Case, reason: EscalationReason) -> Iterator[EscalateCase]:
    """Have a person look at the case, unless they were told of that reason before."""
    if reason not in case.escalated:
        case.escalated.add(reason)
        yield EscalateCase(case.case, reason)


def raised(case: Case, reason: EscalationReason, to: EscalatedTo | None = None) -> Iterator[EscalateCase]:
    """Have a person look at the case, as often as there is reason to."""
    case.escalated.add(reason)
    case.care.raised += 1
    yield EscalateCase(case.case, reason, case.care.raised, to)
