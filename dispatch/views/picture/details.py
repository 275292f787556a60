"""All that is known of one case, for whoever opened it: why, what is said, what happened. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from itertools import groupby
from typing import Any

from dispatch.core.actions import Replanned
from dispatch.core.policy import Policy
from dispatch.registers.customers import Customers
from dispatch.views.call_brief import brief_of
from dispatch.views.case_view import CaseView
from dispatch.views.casebook import Casebook
from dispatch.views.picture.hours import by_clock
from dispatch.views.timeline import ESCALATED
from dispatch.views.why import TruckDecision, decisions
from gateway.diagnosis.catalogue import catalogue
from gateway.kinds.registry import kinds


def case_details(
    case: CaseView, book: Casebook, customers: Customers, policy: Policy, *, zone: tzinfo, now: float
) -> dict[str, Any]:
    """Return it. ``zone``: by whose clock hours in sentences are told."""
    finding = case.finding
    customer = customers.get(case.customer)
    return {
        "case": case.case,
        "advice": finding.advice,
        "why": list(finding.why),
        "against": list(finding.against),
        "else": [[one.name, round(one.probability, 2), one.part] for one in finding.alternatives],
        "parts": _parts(case),
        "decides": finding.decides,
        "part": finding.part,
        "part_number": finding.part_number,
        "observed": finding.observed_at,
        "relapse": finding.relapse,
        "escalated": [ESCALATED[why] for why in case.escalated],
        "phone": customer.phone if customer is not None else "",
        "language": customer.language if customer is not None else "",
        "may_call": customer.may_call if customer is not None else None,
        "script": _script(case, book, customers, policy, now),
        "decisions": [_decision(one, zone) for one in decisions(book.rows_of(case.case))],
        "timeline": list(_timeline(case, book, zone)),
    }


def _timeline(case: CaseView, book: Casebook, zone: tzinfo) -> Iterator[list[Any]]:
    """Yield what happened, line by line. Of plans that followed each other with nothing between them, the last."""
    plans = {row.seq for row in book.rows_of(case.case) if row.type == Replanned.__name__}
    for is_plan, run in groupby(book.timeline(case.case), key=lambda one: one.seq in plans):
        lines = list(run)
        before = len(lines) - 1
        for one in lines[-1:] if is_plan else lines:
            often = f" (planned {before} times before)" if is_plan and before else ""
            yield [one.seq, one.at, one.kind, by_clock(one.what, one.at, zone) + often]


def _parts(case: CaseView) -> list[tuple[str, str]]:
    """Return what can break in such a device: part and name."""
    knowledge = kinds().knowledge_of(case.finding)
    return [] if knowledge is None else [(part, found.name) for part, found in catalogue(knowledge).parts.items()]


def _decision(one: TruckDecision, zone: tzinfo) -> dict[str, Any]:
    return {
        "at": one.at,
        "truck": one.truck,
        "by": one.by,
        "reason": one.reason,
        "said": by_clock(one.said, one.at, zone),
        "candidates": [[each.truck, each.state, each.metres, each.eta] for each in one.candidates],
    }


def _script(case: CaseView, book: Casebook, customers: Customers, policy: Policy, now: float) -> list[tuple[str, str]]:
    """Return what the customer is told on their call, line by line, in their language and in English."""
    call = case.rang_in[-1] if case.rang_in else case.call
    if call not in book.calls:
        return []
    brief = brief_of(book, call, customers, policy=policy, now=now)
    return list(zip(brief.say, brief.say_en, strict=True))
