"""How many trucks are free and busy by skill, who waits for one, and what crossed a threshold of the policy. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dispatch.core.policy import Policy
from dispatch.views.case_view import CaseView
from dispatch.views.casebook import Casebook
from dispatch.views.durations import waited
from dispatch.views.shift import waits


@dataclass(frozen=True, slots=True)
class SkillCapacity:
    """The trucks that can do something."""

    skill: str
    free: int
    busy: int
    waiting: int
    """Cases that want one, and have none on its way."""
    longest_wait_s: float


@dataclass(frozen=True, slots=True)
class CapacityAlert:
    """A threshold was crossed."""

    kind: Literal["few_free", "waits_long", "calls_overdue"]
    skill: str | None
    value: float
    threshold: float
    said: str


@dataclass(frozen=True, slots=True)
class Capacity:
    """The house's trucks and who waits. ``at``: POSIX seconds."""

    at: float
    skills: list[SkillCapacity]
    calls_waiting: int
    calls_overdue: int
    alerts: list[CapacityAlert]


def capacity(book: Casebook, policy: Policy, now: float) -> Capacity:
    """Return how it stands."""
    waiting = [case for case in book.open_cases() if waits(case) and _has_a_place(case)]
    skills = {skill for truck in book.trucks.values() if truck.on_duty for skill in truck.skills}
    found = [_of(skill, book, waiting, now) for skill in sorted(skills | {_skill(case) for case in waiting})]
    queue = book.queue()
    overdue = sum(call.due < now for call in queue)
    return Capacity(now, found, len(queue), overdue, [*alerts_of_skills(found, policy), *_of_calls(overdue)])


def _has_a_place(case: CaseView) -> bool:
    """Tell whether a truck could go, were there one: who is to be asked where it is does not wait for trucks."""
    return case.place is not None and not case.open_question


def _skill(case: CaseView) -> str:
    return case.finding.remedy.skill


def _of(skill: str, book: Casebook, waiting: Sequence[CaseView], now: float) -> SkillCapacity:
    able = [truck for truck in book.trucks.values() if truck.on_duty and skill in truck.skills]
    bound = {case.help.truck for case in book.cases.values() if case.open and case.help and case.help.under_way}
    busy = sum(truck.truck in bound for truck in able)
    theirs = [case for case in waiting if _skill(case) == skill]
    longest = max((now - case.opened_at for case in theirs), default=0.0)
    return SkillCapacity(skill, len(able) - busy, busy, len(theirs), round(longest, 1))


def alerts_of_skills(found: Sequence[SkillCapacity], policy: Policy) -> list[CapacityAlert]:
    """Return for which skills somebody waits while few are free, or has waited for long."""
    few = [
        CapacityAlert("few_free", one.skill, one.free, policy.alert_free, _few(one))
        for one in found
        if one.waiting and one.free < policy.alert_free
    ]
    long = [
        CapacityAlert("waits_long", one.skill, one.longest_wait_s, policy.alert_wait_s, _long(one))
        for one in found
        if one.longest_wait_s > policy.alert_wait_s
    ]
    return few + long


def _few(one: SkillCapacity) -> str:
    free = f"only {one.free} of {one.free + one.busy} trucks" if one.free else "no truck"
    waits = f"{one.waiting} wait" if one.waiting > 1 else "1 waits"
    return f"{free} for {_plain(one.skill)} {'are' if one.free > 1 else 'is'} free, and {waits} for one"


def _plain(skill: str) -> str:
    return skill.replace("_", " ")


def _long(one: SkillCapacity) -> str:
    return f"somebody has waited for {waited(one.longest_wait_s)} for a truck for {_plain(one.skill)}"


def _of_calls(overdue: int) -> list[CapacityAlert]:
    said = f"{overdue} calls should have been made by now" if overdue > 1 else "1 call should have been made by now"
    return [CapacityAlert("calls_overdue", None, overdue, 0, said)] if overdue else []
