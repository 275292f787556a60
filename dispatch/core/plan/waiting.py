"""Cases that wait for a truck, planned: which of them a free truck goes to now, and which wait for one that will be free. Pure.

Planned anew from what stands, each time: nothing is remembered, so that a restart and a replay decide alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest

from dispatch.core.actions import CandidateState, TruckCandidate
from dispatch.core.bookings import Workshop
from dispatch.core.case import Case
from dispatch.core.distance import Point, roughly
from dispatch.core.free_trucks import Truck
from dispatch.core.ids import case_of_tow
from dispatch.core.plan.model import End, PlannedJob, PlannedTruck, PlanningState
from dispatch.core.plan.planner import make_plan
from dispatch.core.policy import Policy
from gateway.finding import Drive, Place

CANDIDATES = 5
"""So many trucks around are told of with a decision."""
OVERRUN_S = 300.0
"""A crew that should be through by now is expected to be so soon [fit]."""


@dataclass(frozen=True, slots=True)
class WaitingPlan:
    """The plan of the cases that wait."""

    policy: Policy
    case_of: Callable[[str], Case | None]
    """The open case of a name."""
    workshop_of: Callable[[str], Workshop | None]

    def first_stops(self, waiting: Sequence[Case], trucks: Iterable[Truck], now: float) -> dict[str, str]:
        """Return the free truck that goes to each case now; a case that is not named waits for one that will be free."""
        on_duty = sorted((truck for truck in trucks if truck.on_duty), key=lambda truck: truck.truck)
        planned = [found for truck in on_duty if (found := self._truck(truck, now)) is not None]
        jobs = [_job(case, case.place, self._end(case)) for case in waiting if case.place is not None]
        weights = replace(self.policy.plan_weights, due_s=self.policy.due_s)
        plan = make_plan(PlanningState(now, tuple(planned), tuple(jobs), weights), self.policy.travel, self.policy.plan)
        free = {truck.truck for truck in on_duty if truck.free}
        return {route[0].job: truck for truck, route in plan.routes.items() if route and truck in free}

    def candidates(self, case: Case, chosen: Truck, trucks: Iterable[Truck], now: float) -> tuple[TruckCandidate, ...]:
        """Return the trucks around a case that are on duty, and how each stands to it; the nearest first."""
        if case.place is None:
            return ()
        here = (case.place.latitude, case.place.longitude)
        alike = [truck for truck in trucks if truck.on_duty and truck.provenance == case.finding.provenance]
        near = nsmallest(CANDIDATES, alike, key=lambda truck: (roughly(truck.point, here), truck.truck))
        near += [] if chosen in near else [chosen]
        return tuple(found for truck in near if (found := self._candidate(case, here, truck, chosen, now)) is not None)

    def _candidate(self, case: Case, here: Point, truck: Truck, chosen: Truck, now: float) -> TruckCandidate | None:
        mine = truck.tow == case.tow  # it has the job that another is chosen for now
        planned = self._truck(replace(truck, tow=None) if mine else truck, now)
        if planned is None:
            return None
        leg = self.policy.travel.leg(planned.place, here, now)
        eta = round(planned.free_at + leg.seconds, 1)
        return TruckCandidate(truck.truck, round(leg.metres), eta, _state(case, truck, chosen))

    def _truck(self, truck: Truck, now: float) -> PlannedTruck | None:
        """Return a truck where and when it is free; ``None``: it has a job of which nothing is known."""
        place, free_at = truck.point, now
        if truck.tow is not None:
            case = self.case_of(case_of_tow(truck.tow) or "")
            if case is None or case.place is None:
                return None
            place, free_at = self._through(case, case.place, now)
        return PlannedTruck(
            truck.truck, place, free_at, frozenset(truck.skills), able=frozenset({_world(truck.provenance)})
        )

    def _through(self, case: Case, place: Place, now: float) -> tuple[Point, float]:
        """Return where and when the truck of a case will be through with it."""
        here, end = (place.latitude, place.longitude), self._end(case)
        free_at = (case.eta or now) + case.remedy.on_scene_s
        if end is not None:
            free_at += self.policy.travel.leg(here, end.place, now).seconds
        return (end.place if end else here), max(free_at, now + OVERRUN_S)

    def _end(self, case: Case) -> End | None:
        shop = self.workshop_of(case.tow_to or "") if case.skill == "tow" else None
        return None if shop is None else End(shop.workshop, (shop.latitude, shop.longitude))


def _state(case: Case, truck: Truck, chosen: Truck) -> CandidateState:
    if truck is chosen:
        return "chosen"
    if case.skill not in truck.skills:
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
        needs=frozenset({_world(case.finding.provenance)}),
        ends=() if end is None else (end,),
        weight=URGENT ** max(0, USUAL_URGENCY - case.urgency),
        safety=case.finding.drive is Drive.STOP_NOW,
        declined=frozenset(case.declined),
    )


URGENT, USUAL_URGENCY = 1.5, 2
"""By how much each step of urgency above the usual makes waiting count more [fit]."""


def _world(provenance: str) -> str:
    """Return what keeps simulated customers and real trucks apart."""
    return f"of the {provenance} world"
