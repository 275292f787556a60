"""Cases that wait for a truck, planned: which of them a free truck goes to now, and which wait for one that will be free. Pure.

What is remembered between two plans are their routes, and each that is another stands in a record (``Replanned``): a restart and a
replay plan alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from itertools import chain

from dispatch.core.actions import (
    CandidateState,
    MovedJob,
    Replanned,
    ReplanTrigger,
    TruckCandidate,
)
from dispatch.core.bookings import Workshop
from dispatch.core.case import Case
from dispatch.core.distance import Point, roughly
from dispatch.core.events import PlanProposed
from dispatch.core.free_trucks import Truck
from dispatch.core.ids import case_of_tow
from dispatch.core.plan.errors import NotThisPlan
from dispatch.core.plan.model import End, Plan, PlannedJob, PlannedRoute, PlannedTruck, PlanningState, Stop
from dispatch.core.plan.planner import Considered, checked, considered, kept_whole, plan_of
from dispatch.core.plan.search import GAIN
from dispatch.core.plan.tables import Tables, open_names, tables_of
from dispatch.core.policy import Policy
from dispatch.core.transitions import HelpState
from gateway.finding import EVERYTHING, Drive, Place

CANDIDATES = 5
"""So many trucks around are told of with a decision."""
BEST = 3
"""Of so many it is told what they cost."""
OVERRUN_S = 300.0
"""A crew that should be through by now is expected to be so soon [fit]."""


@dataclass(frozen=True, slots=True)
class Replan:
    """Which truck goes to which case now, and the record of it where the plan is another than before."""

    going: dict[str, str] = field(default_factory=dict)
    """Case → truck. A case that is not named waits for a truck that will be free, or keeps the one it was promised."""
    record: Replanned | None = None


@dataclass(frozen=True, slots=True)
class ToPropose:
    """What a plan is to be proposed for, as it can go to another process."""

    plan: int
    """The number of the record that holds."""
    tables: Tables
    before: dict[str, tuple[Stop, ...]]
    """The routes that hold."""


@dataclass(slots=True)
class WaitingPlan:
    """The plan of the cases that wait, and of those whose truck is on its way, empty. ``routes``: as planned last."""

    policy: Policy
    case_of: Callable[[str], Case | None]
    """The open case of a name."""
    workshop_of: Callable[[str], Workshop | None]
    pin_of: Callable[[Case], str | None]
    """The truck that a person pinned to a case: it goes, and no other."""
    routes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Truck → its cases; some of them may wait no more."""
    number: int = 0
    """Of the last record."""
    _considered: Considered | None = None
    """While offers are made of it."""

    def replan(self, waiting: Sequence[Case], trucks: Iterable[Truck], now: float, trigger: ReplanTrigger) -> Replan:
        """Plan anew, from the routes that were planned last."""
        on_duty = _on_duty(trucks)
        under_way = self._under_way(waiting, on_duty) if self.policy.turns_round else {}
        plan, going, turned = self._plan(waiting, under_way, on_duty, now)
        if turned is None:  # whom a truck turned away from would be left without: those on their way keep on
            plan, going, turned = self._plan(waiting, {}, on_duty, now)
        before = self._considered.cost_before if self._considered else plan.cost
        return Replan(going, self._record(plan, waiting, tuple(turned or ()), trigger, before))

    def adopt(self, proposed: PlanProposed, waiting: Sequence[Case], trucks: Iterable[Truck], now: float) -> Replan:
        """Go by a plan that was proposed. Raises ``NotThisPlan`` where it does not fit what stands now, or is no better."""
        if proposed.plan != self.number:
            raise NotThisPlan(f"it is made for plan {proposed.plan}, and {self.number} holds by now")
        on_duty = _on_duty(trucks)
        tables = tables_of(self.situation(waiting, {}, on_duty, now), self.policy.travel)
        stands = kept_whole(tables, self._before({}))
        search = checked(tables, _with_ends(tables, proposed))
        if search.cost >= stands.cost - GAIN:
            raise NotThisPlan("it is no better than the plan that holds")
        plan = plan_of(tables, search)
        going, _ = _goes_now(plan, {}, on_duty)
        return Replan(going, self._record(plan, waiting, (), "proposal", stands.cost))

    def to_propose(self, waiting: Sequence[Case], trucks: Iterable[Truck], now: float) -> ToPropose:
        """Return what a proposal is to be made for: who waits. Trucks on their way keep on; level 2 alone turns them round."""
        tables = tables_of(self.situation(waiting, {}, _on_duty(trucks), now), self.policy.travel)
        return ToPropose(self.number, tables, self._before({}))

    def _before(self, under_way: Mapping[str, Case]) -> dict[str, tuple[Stop, ...]]:
        """Return the routes as planned last, those who were promised a truck first on its route."""
        before = {truck: tuple(Stop(case) for case in cases) for truck, cases in self.routes.items()}
        return before | {truck: (Stop(case.case), *before.get(truck, ())) for truck, case in under_way.items()}

    def _plan(
        self, waiting: Sequence[Case], under_way: Mapping[str, Case], on_duty: Sequence[Truck], now: float
    ) -> tuple[Plan, dict[str, str], list[str] | None]:
        """Return a plan, who goes now, and which trucks turn round; ``None``: it leaves somebody who was promised one without."""
        situation = self.situation(waiting, under_way, on_duty, now)
        tables = tables_of(situation, self.policy.travel)
        self._considered = found = considered(tables, self._before(under_way))
        return (found.plan, *_goes_now(found.plan, under_way, on_duty))

    def situation(
        self, waiting: Sequence[Case], under_way: Mapping[str, Case], on_duty: Sequence[Truck], now: float
    ) -> PlanningState:
        """Return what is planned: who waits, whose truck may still turn round, and every truck from where it is free."""
        planned = [found for truck in on_duty if (found := self._truck(truck, now, under_way)) is not None]
        cases = [*waiting, *under_way.values()]
        jobs = [_job(case, case.place, self._end(case)) for case in cases if case.place is not None]
        weights = replace(self.policy.plan_weights, due_s=self.policy.due_s)
        trucks, jobs = _with_pins(planned, jobs, {case.case: pin for case in cases if (pin := self.pin_of(case))})
        return PlanningState(now, tuple(trucks), tuple(jobs), weights)

    def _under_way(self, waiting: Sequence[Case], on_duty: Sequence[Truck]) -> dict[str, Case]:
        """Return the trucks that are on their way, empty, and whom each was promised to.

        None that is there, or tows, turns; and none that somebody waits for by a person's word: that case waits until it is free.
        """
        awaited = {self.pin_of(case) for case in waiting}
        trucks = [truck for truck in on_duty if truck.truck not in awaited]
        heading = {truck.truck: self.case_of(case_of_tow(truck.tow)) for truck in trucks if truck.tow is not None}
        return {
            truck: case
            for truck, case in heading.items()
            if case is not None and case.truck == truck and case.help is HelpState.PROMISED and self._may_turn(case)
        }

    def _may_turn(self, case: Case) -> bool:
        return case.place is not None and self.pin_of(case) is None

    def _record(
        self,
        plan: Plan,
        waiting: Sequence[Case],
        turned: tuple[str, ...],
        trigger: ReplanTrigger,
        cost_before: float,
    ) -> Replanned | None:
        """Remember the routes, and return what is other than it was; ``None``: nothing."""
        after = {truck: tuple(stop.job for stop in route) for truck, route in plan.routes.items()}
        waits = {*chain.from_iterable(after.values()), *(case.case for case in waiting)}
        before = _still(self.routes, waits)
        changed = {truck: after.get(truck, ()) for truck in sorted({*before, *after})}
        changed = {truck: cases for truck, cases in changed.items() if cases != before.get(truck, ())}
        if not changed:
            return None
        self.routes |= changed
        self.number += 1
        was, will = _truck_of(before), _truck_of(after)
        moved = [MovedJob(case, was.get(case), will.get(case)) for case in sorted(waits)]
        return Replanned(
            self.number,
            trigger,
            tuple(PlannedRoute(truck, cases) for truck, cases in changed.items()),
            tuple(one for one in moved if one.from_truck != one.truck),
            round(cost_before, 1),
            round(plan.cost, 1),
            plan.evaluations,
            turned,
        )

    def late(self, waiting: Iterable[Case], limit_s: float) -> list[Case]:
        """Return who is not reached so soon after they called by the plan that offers are made of; none where there is none."""
        if self._considered is None:
            return []
        planned = self._considered.arrivals()
        free = [case for case in waiting if case.place is not None and self.pin_of(case) is None]
        return [case for case in free if planned.get(case.case, math.inf) > case.opened_at + limit_s]

    def over(self) -> None:
        """All offers of the last plan were made."""
        self._considered = None

    def candidates(self, case: Case, chosen: Truck, trucks: Iterable[Truck], now: float) -> tuple[TruckCandidate, ...]:
        """Return the trucks around a case that are on duty, and how each stands to it; the nearest first."""
        if case.place is None:
            return ()
        here = (case.place.latitude, case.place.longitude)
        alike = [truck for truck in trucks if truck.on_duty and truck.provenance == case.finding.provenance]
        near = nsmallest(CANDIDATES, alike, key=lambda truck: (roughly(truck.point, here), truck.truck))
        near += [] if chosen in near else [chosen]
        found = [one for truck in near if (one := self._candidate(case, here, truck, chosen, now)) is not None]
        return self._with_costs(case, found)

    def _with_costs(self, case: Case, found: Sequence[TruckCandidate]) -> tuple[TruckCandidate, ...]:
        """Return the candidates, the best three with what each costs more than the best."""
        costs = self._considered.dearer(case.case) if self._considered else {}
        best = nsmallest(
            BEST, (one.truck for one in found if one.truck in costs), key=lambda truck: (costs[truck], truck)
        )
        return tuple(replace(one, cost=costs[one.truck]) if one.truck in best else one for one in found)

    def _candidate(self, case: Case, here: Point, truck: Truck, chosen: Truck, now: float) -> TruckCandidate | None:
        mine = truck.tow == case.tow  # it has the job that another is chosen for now
        planned = self._truck(replace(truck, tow=None) if mine else truck, now, {})
        if planned is None:
            return None
        leg = self.policy.travel.leg(planned.place, here, now)
        eta = round(planned.free_at + leg.seconds, 1)
        return TruckCandidate(truck.truck, round(leg.metres), eta, _state(case, truck, chosen))

    def _truck(self, truck: Truck, now: float, under_way: Mapping[str, Case]) -> PlannedTruck | None:
        """Return a truck where and when it is free; ``None``: it has a job of which nothing is known."""
        place, free_at, promised = truck.point, now, under_way.get(truck.truck)
        if truck.tow is not None and promised is None:
            case = self.case_of(case_of_tow(truck.tow) or "")
            if case is None or case.place is None:
                return None
            place, free_at = self._through(case, case.place, now)
        heading, carries = None if promised is None else promised.case, truck.carries or EVERYTHING
        able = frozenset({_world(truck.provenance), *carries.able})
        skills, most_kg = frozenset(truck.skills), math.inf if carries.mass_kg is None else carries.mass_kg
        shift = (truck.shift_end, truck.home)
        return PlannedTruck(truck.truck, place, free_at, skills, able, most_kg, *shift, promised=heading)

    def _through(self, case: Case, place: Place, now: float) -> tuple[Point, float]:
        """Return where and when the truck of a case will be through with it."""
        here, end = (place.latitude, place.longitude), self._end(case)
        free_at = (case.eta or now) + case.remedy.on_scene_s
        if end is not None:
            free_at += self.policy.travel.leg(here, end.place, now).seconds + end.unhook_s
        return (end.place if end else here), max(free_at, now + OVERRUN_S)

    def _end(self, case: Case) -> End | None:
        shop = self.workshop_of(case.tow_to or "") if case.skill == "tow" else None
        return None if shop is None else End(shop.workshop, (shop.latitude, shop.longitude), self.policy.unhooking_s)


def _on_duty(trucks: Iterable[Truck]) -> list[Truck]:
    return sorted((truck for truck in trucks if truck.on_duty), key=lambda truck: truck.truck)


def _goes_now(
    plan: Plan, under_way: Mapping[str, Case], on_duty: Sequence[Truck]
) -> tuple[dict[str, str], list[str] | None]:
    """Return which truck goes to which case now, and which turn round; ``None``: somebody who was promised one has none then."""
    free = {truck.truck for truck in on_duty if truck.free}
    first = {truck: route[0].job for truck, route in plan.routes.items() if route}
    turned = [truck for truck, case in under_way.items() if first.get(truck) != case.case]
    going = {job: truck for truck, job in first.items() if truck in free or truck in turned}
    return going, turned if all(under_way[truck].case in going for truck in turned) else None


def _with_ends(tables: Tables, proposed: PlanProposed) -> dict[str, tuple[Stop, ...]]:
    """Return proposed routes with the workshop that each case is towed to."""
    names = open_names(tables)
    ends = {names[tables.job_of[visit]]: workshop for visit, workshop in enumerate(tables.workshop)}
    return {route.truck: tuple(Stop(case, ends.get(case)) for case in route.cases) for route in proposed.routes}


def _with_pins(
    trucks: Sequence[PlannedTruck], jobs: Sequence[PlannedJob], pins: Mapping[str, str]
) -> tuple[list[PlannedTruck], list[PlannedJob]]:
    """Return trucks with the jobs that are pinned to them.

    Where a truck cannot do now what is pinned to it, both wait for each other, unplanned.
    """
    by_name, of_truck = {job.job: job for job in jobs}, dict[str, list[str]]()
    for case, truck in pins.items():
        of_truck.setdefault(truck, []).append(case)
    with_pins = [replace(truck, pinned=tuple(of_truck.get(truck.truck, ()))) for truck in trucks]
    able = [
        truck for truck in with_pins if all(name in by_name and truck.takes(by_name[name]) for name in truck.pinned)
    ]
    kept = {name for truck in able for name in truck.pinned}
    return able, [job for job in jobs if job.job not in pins or job.job in kept]


def _still(routes: Mapping[str, Sequence[str]], waits: Container[str]) -> dict[str, tuple[str, ...]]:
    """Return the routes with those who still wait, each once."""
    seen: set[str] = set()
    found: dict[str, tuple[str, ...]] = {}
    for truck in sorted(routes):
        cases = tuple(case for case in routes[truck] if case in waits and case not in seen)
        seen.update(cases)
        found |= {truck: cases} if cases else {}
    return found


def _truck_of(routes: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {case: truck for truck, cases in routes.items() for case in cases}


def _state(case: Case, truck: Truck, chosen: Truck) -> CandidateState:
    if truck is chosen:
        return "chosen"
    if not truck.can(case.skill, case.load):
        return "unable"
    if truck.truck in case.declined:
        return "declined"
    if truck.tow == case.tow:
        return "had_it"
    return "free" if truck.free else "busy"


def _job(case: Case, place: Place, end: End | None) -> PlannedJob:
    return PlannedJob(
        case.case,
        (place.latitude, place.longitude),
        case.opened_at,
        case.remedy.on_scene_s,
        skill=case.skill,
        needs=frozenset({_world(case.finding.provenance), *case.load.needs}),
        mass_kg=case.load.mass_kg,
        ends=() if end is None else (end,),
        weight=case_weight(case),
        safety=case.finding.drive is Drive.STOP_NOW,
        declined=frozenset(case.declined),
    )


URGENT, USUAL_URGENCY = 1.5, 2
"""By how much each step of urgency above the usual makes waiting count more [fit]."""


def case_weight(case: Case) -> float:
    """Return how much a second of waiting counts."""
    return URGENT ** max(0, USUAL_URGENCY - case.urgency)


def _world(provenance: str) -> str:
    """Return what keeps simulated customers and real trucks apart."""
    return f"of the {provenance} world"
