"""The full timelines of a few cases out of a large ledger, read without keeping the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dispatch.core.policy import Policy
from dispatch.ledger.rows import Row, in_body
from dispatch.registers.customers import Customers
from dispatch.views.call_brief import brief_of
from dispatch.views.casebook import Casebook
from dispatch.views.timeline import TimelineLine
from scenarios.score.ledger_facts import CaseFacts

_CALL = re.compile(r'"call":"((?:[^"\\]|\\.)+)"')


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A case in full: what the agent was told, and everything that happened."""

    case: str
    why: tuple[str, ...]
    say: tuple[str, ...]
    lines: tuple[TimelineLine, ...]


def excerpts(rows: Iterable[Row], cases: list[CaseFacts]) -> dict[str, Excerpt]:
    """Read the timelines of ``cases``, by case."""
    book = Casebook()
    for row in _about(rows, cases):
        book.feed(row)
    return {one.case: _excerpt(book, one) for one in cases}


def _about(rows: Iterable[Row], cases: list[CaseFacts]) -> Iterable[Row]:
    """Pick the rows that are about the cases' devices, their customers, or a call to either."""
    devices = "|".join(re.escape(in_body(one.device)) for one in cases)
    customers = "|".join(re.escape(in_body(one.customer)) for one in cases)
    about = re.compile(rf'"(?:(?:{devices})[/"]|(?:{customers})")')
    calls: set[str] = set()
    for row in rows:
        call = _CALL.search(row.body)
        if about.search(row.body) or (call and call[1] in calls):
            if call:
                calls.add(call[1])
            yield row


def _excerpt(book: Casebook, case: CaseFacts) -> Excerpt:
    lines, view = tuple(book.timeline(case.case)), book.cases[case.case]
    if view.call is None:
        return Excerpt(case.case, view.finding.why, (view.notice,) if view.notice else (), lines)
    brief = brief_of(book, view.call, Customers(), policy=Policy(), now=book.last_at)
    return Excerpt(case.case, brief.why, brief.say_en, lines)
