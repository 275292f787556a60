"""When a person has to look at a case: once for each reason. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dispatch.core.actions import EscalateCase, EscalationReason
from dispatch.core.case import Case


def escalated(case: Case, reason: EscalationReason) -> Iterator[EscalateCase]:
    """Have a person look at the case, unless they were told of that reason before."""
    if reason not in case.escalated:
        case.escalated.add(reason)
        yield EscalateCase(case.case, reason)
