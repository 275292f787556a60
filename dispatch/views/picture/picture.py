"""The whole picture: how everything stands that a dispatcher sees, and what changed since it was looked at last. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dispatch.core.policy import Policy
from dispatch.core.travel import GreatCircle
from dispatch.views.case_view import CaseView
from dispatch.views.casebook import Casebook
from dispatch.views.picture.facts import (
    IN_HAND,
    Fact,
    Facts,
    NameOf,
    bar_facts,
    call_facts,
    case_facts,
    truck_facts,
)
from dispatch.views.picture.planned import RECORDS, SecondsOf, planned_facts, replan_facts, towed

BARS_S = 6 * 3_600.0
"""So long what a truck did is still shown as a bar of its day."""
PARTS = ("cases", "trucks", "calls", "bars", "planned", "replans")
Changes = dict[str, dict[str, Fact | None]]
"""Part → name → what is another now, or ``None``: it is gone."""
RouteOf = Callable[[str, CaseView], list[list[float]] | None]


def no_route(_truck: str, _case: CaseView) -> None:
    """Know no roads."""


def by_great_circle(policy: Policy) -> SecondsOf:
    """Return how long drives take where there are no roads."""
    travel = GreatCircle(policy.circuity, policy.speed_mps)
    return lambda start, end: travel.leg(start, end, 0.0).seconds


@dataclass(slots=True)
class Picture:
    """``draw`` it anew when rows were read. Everything in it is made once, however many look."""

    policy: Policy
    name_of: NameOf
    route_of: RouteOf = no_route
    """Returns the way of a truck to a case; ``None``: there are no roads."""
    seconds_of: SecondsOf | None = None
    """Returns how long a drive takes; ``None``: by great circle."""
    parts: dict[str, Facts] = field(default_factory=lambda: {part: {} for part in PARTS})
    totals: dict[str, int] = field(default_factory=dict)
    took_ms: dict[str, float] = field(default_factory=dict)
    """Number of a record of the plan → how long it took, where that is known: no row tells it."""

    def note_times(self, took_ms: dict[str, float]) -> bool:
        """Note how long replans took, milliseconds; ``False``: it was known."""
        if took_ms.items() <= self.took_ms.items():
            return False
        self.took_ms = dict(list((self.took_ms | took_ms).items())[-RECORDS:])
        return True

    def draw(self, book: Casebook) -> Changes:
        """Draw how everything stands by now, and return what changed."""
        drawn = {
            "cases": {case.case: self._case(case, book) for case in book.open_cases()},
            "trucks": self._trucks(book),
            "calls": {
                name: call_facts(call, book, self.name_of) for name, call in book.calls.items() if call.state in IN_HAND
            },
            "bars": self._bars(book),
            "planned": planned_facts(book, self._seconds_of, self.policy),
            "replans": replan_facts(book.plan, self.took_ms),
        }
        changes = {part: changed(self.parts[part], drawn[part]) for part in PARTS}
        self.parts, self.totals = drawn, book.totals()
        return {part: found for part, found in changes.items() if found}

    @property
    def _seconds_of(self) -> SecondsOf:
        return self.seconds_of or by_great_circle(self.policy)

    def _case(self, case: CaseView, book: Casebook) -> Fact:
        found = case_facts(case, book.rows_of(case.case), self.policy, self.name_of)
        help_ = found["help"]
        if help_ is not None and help_["state"] == "promised":
            found["route"] = self.route_of(help_["truck"], case)
        return found

    def _trucks(self, book: Casebook) -> Facts:
        sent = {case.help.truck: case for case in book.cases.values() if case.help is not None and case.help.under_way}
        before = self.parts["trucks"]
        return {name: truck_facts(truck, sent.get(name), before.get(name)) for name, truck in book.trucks.items()}

    def _bars(self, book: Casebook) -> Facts:
        found = {}
        for case in book.cases.values():
            bar = bar_facts(case, towed(case, book.workshops, self._seconds_of), self.policy.unhooking_s)
            if bar is not None and (bar["finished"] is None or bar["finished"] > book.last_at - BARS_S):
                found[case.case] = bar
        return found


def changed(before: Facts, now: Facts) -> dict[str, Fact | None]:
    """Return what has to be said to whoever knows ``before``: of each fact the members that are another by now."""
    found: dict[str, Fact | None] = dict.fromkeys(before.keys() - now.keys())
    for name, fact in now.items():
        known = before.get(name)
        if known != fact:
            found[name] = fact if known is None else _others(known, fact)
    return found


def _others(known: Fact, fact: Fact) -> Fact:
    gone: Fact = dict.fromkeys(known.keys() - fact.keys())
    return gone | {member: value for member, value in fact.items() if member not in known or known[member] != value}
