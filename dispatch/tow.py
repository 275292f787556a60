"""Trucks: which is nearest, free and able; offering, moving and calling off a job. At most one for a case."""

from __future__ import annotations

from collections.abc import Iterator

from dispatch.actions import Action, CancelTow, LetTowFinish, MoveTow, ReassignTow, RedirectTow, SendTow
from dispatch.alarms import About, Alarms
from dispatch.case import Case
from dispatch.case_place import apart, is_elsewhere
from dispatch.distance import metres
from dispatch.free_trucks import FreeTrucks, Truck
from dispatch.moves import HelpMove, HelpState
from dispatch.policy import Policy
from dispatch.waiting import Waiting
from dispatch.workshop import Workshop
from gateway.finding import TruckReport


class Tows:
    """The trucks, and the cases that wait for one."""

    def __init__(self, policy: Policy, alarms: Alarms) -> None:
        self._policy = policy
        self._alarms = alarms
        self.trucks: dict[str, Truck] = {}
        self._free = FreeTrucks()
        self._waiting = Waiting()

    def stand(self, trucks: list[Truck], waiting: list[Case]) -> None:
        """Take up an earlier standing."""
        self.trucks = {truck.truck: truck for truck in trucks}
        self._free, self._waiting = FreeTrucks(), Waiting()
        for truck in trucks:
            self._free.note(truck)
        for case in waiting:
            self._waiting.put(case)

    def waiting(self) -> list[Case]:
        """Return the cases that wait for a truck, the most urgent first, then the longest waiting."""
        return self._waiting.in_order()

    def hear(self, report: TruckReport) -> None:
        """Note where a truck is and whether it takes jobs."""
        truck = self.trucks.get(report.truck)
        if truck is None:
            truck = Truck(report.truck, report.place, report.on_duty, report.skills, report.provenance)
            self.trucks[report.truck] = truck
        truck.place, truck.on_duty, truck.skills = report.place, report.on_duty, report.skills
        self._free.note(truck)

    def need(self, case: Case, now: float, workshop: Workshop | None) -> Iterator[Action]:
        """A truck is needed for ``case``; one is sent at once if one is free."""
        if case.move(HelpMove.NEED):
            case.tow_to = workshop.workshop if workshop else None
            self._waiting.put(case)
            yield from self._offer(case, now, workshop)

    def serve(self, now: float, workshops: dict[str, Workshop]) -> Iterator[Action]:
        """Send free trucks to whoever waits. To be called whenever a truck may have become free."""
        skills = self._free.skills() if self._waiting else ()
        for case in self._waiting.in_turn(skills) if skills else ():
            yield from self._offer(case, now, workshops.get(case.tow_to or ""))
            if self._free.skills().isdisjoint(skills):
                return

    def accepted(self, case: Case, report: TruckReport, now: float) -> None:
        """The truck is on its way."""
        if report.truck == case.truck and case.move(HelpMove.ACCEPT):
            case.eta = now + self._drive_s(self.trucks[report.truck].point, case)

    def arrived(self, case: Case, report: TruckReport) -> None:
        """The truck is there."""
        if report.truck == case.truck:
            case.move(HelpMove.ARRIVE)

    def finished(self, case: Case, report: TruckReport) -> None:
        """The truck is free again."""
        self._release(report.truck, case)
        if report.truck == case.truck:
            case.move(HelpMove.FINISH)

    def declined(self, case: Case, report: TruckReport, now: float, workshop: Workshop | None) -> Iterator[Action]:
        """The truck does not come: ask the next."""
        self._release(report.truck, case)
        if report.truck != case.truck or not case.move(HelpMove.DECLINE):
            return
        case.declined.add(report.truck)
        case.truck = case.eta = None
        self._waiting.put(case)
        yield from self._offer(case, now, workshop)

    def unanswered(self, case: Case, now: float, workshop: Workshop | None) -> Iterator[Action]:
        """The truck has not answered: offer the job to another, or leave it where it is while no other is free."""
        silent = case.truck
        if silent is None or case.help is not HelpState.OFFERED:
            return
        case.declined.add(silent)
        yield from self._offer(case, now, workshop)
        if case.truck == silent:
            self._alarms.set(now + self._policy.retry_tow_s, About.TOW_RETRY, case.case, case.tow_attempt)

    def ask_again(self, case: Case, now: float, workshop: Workshop | None) -> Iterator[Action]:
        """Every truck declined a while ago: none is passed over any more."""
        case.declined.clear()
        if case.help is HelpState.OFFERED:
            yield from self.unanswered(case, now, workshop)
        elif case.help is HelpState.WAITING:
            yield from self._offer(case, now, workshop)

    def cancel(self, case: Case, reason: str) -> Iterator[Action]:
        """Call the truck off; one that has arrived finishes."""
        if not case.move(HelpMove.CANCEL):
            return
        if case.help is HelpState.TOO_LATE and case.truck is not None:
            case.too_late = True
            yield LetTowFinish(case.case, case.tow, case.truck)
            return
        self._waiting.drop(case)
        if case.truck is not None:
            self._release(case.truck, case)
            yield CancelTow(case.case, case.tow, case.truck, reason, case.finding.provenance)

    def redirect(self, case: Case, workshop: Workshop, attempt: int) -> Iterator[Action]:
        """Another workshop takes the car than the truck was told."""
        case.tow_to = workshop.workshop
        if case.truck is not None and case.help in {HelpState.OFFERED, HelpState.PROMISED, HelpState.ON_SCENE}:
            to = (workshop.workshop, workshop.latitude, workshop.longitude)
            yield RedirectTow(case.case, case.tow, case.truck, attempt, *to, case.finding.provenance)

    def move(self, case: Case, now: float) -> MoveTow | None:
        """Tell the truck on its way where the car is and what is broken, where that is not what it was told."""
        truck, place = self.trucks.get(case.truck or ""), case.place
        before = case.sent_to or case.finding.place  # what was written down by an earlier version does not say
        if truck is None or place is None or before is None or case.help not in {HelpState.OFFERED, HelpState.PROMISED}:
            return None
        elsewhere = is_elsewhere(before, place)
        if not elsewhere and case.sent_for in {"", case.finding.part}:
            return None
        if elsewhere:
            case.eta = now + self._drive_s(self._by_now(truck, case, now), case)
            case.sent_to = place
        case.sent_for = case.finding.part
        case.tow_moves += 1
        return _moved(case, truck.truck, round(apart(before, place), 1) if elsewhere else 0.0)

    def _by_now(self, truck: Truck, case: Case, now: float) -> tuple[float, float]:
        """Return where a truck should be that has driven to where it was sent since it last told its place."""
        to = case.sent_to
        if to is None or case.help is not HelpState.PROMISED:
            return truck.point
        way = metres(truck.point, (to.latitude, to.longitude)) * self._policy.circuity
        share = min(1.0, max(0.0, now - truck.place.fix_time) * self._policy.speed_mps / way) if way else 1.0
        (north, east), (to_north, to_east) = truck.point, (to.latitude, to.longitude)
        return north + (to_north - north) * share, east + (to_east - east) * share

    def reskill(self, case: Case, now: float, workshop: Workshop | None) -> Iterator[Action]:
        """A better diagnosis needs another skill: move the job to a truck that has it, unless one is there already."""
        if case.help is HelpState.WAITING:
            self._waiting.put(case)
            yield from self._offer(case, now, workshop)
            return
        truck = self.trucks.get(case.truck or "")
        if truck is None or case.finding.remedy.skill in truck.skills:
            return
        if case.help in {HelpState.OFFERED, HelpState.PROMISED}:
            yield from self._offer(case, now, workshop)

    def _offer(self, case: Case, now: float, workshop: Workshop | None) -> Iterator[Action]:
        truck = self._nearest(case)
        if truck is None:
            if case.declined and case.help is HelpState.WAITING:
                self._alarms.set(now + self._policy.retry_tow_s, About.TOW_RETRY, case.case, case.tow_attempt)
            return
        before = case.truck
        if before is not None:
            self._release(before, case)
        case.move(HelpMove.OFFER)
        self._waiting.drop(case)
        truck.tow, case.truck = case.tow, truck.truck
        self._free.note(truck)
        case.eta = now + self._drive_s(truck.point, case)
        case.tow_attempt += 1
        case.sent_to, case.sent_for = case.place, case.finding.part
        self._alarms.set(now + self._policy.offer_timeout_s, About.OFFER, case.case, case.tow_attempt)
        yield _job(case, truck, before, workshop)

    def _nearest(self, case: Case) -> Truck | None:
        place = case.place
        if place is None:
            return None
        here = (place.latitude, place.longitude)
        skill, provenance = case.finding.remedy.skill, case.finding.provenance
        near = self._free.nearest(
            here,
            skill,
            self._policy.geodesics,
            lambda truck: truck.provenance == provenance and truck.truck not in case.declined,
        )
        return min(near, key=lambda truck: metres(truck.point, here), default=None)

    def _drive_s(self, start: tuple[float, float], case: Case) -> float:
        place = case.place
        if place is None:
            return 0.0
        way = metres(start, (place.latitude, place.longitude)) * self._policy.circuity
        return round(way / self._policy.speed_mps, 1)

    def _release(self, name: str, case: Case) -> None:
        truck = self.trucks.get(name)
        if truck is not None and truck.tow == case.tow:
            truck.tow = None
            self._free.note(truck)


def _job(case: Case, truck: Truck, before: str | None, workshop: Workshop | None) -> SendTow | ReassignTow:
    finding, place, eta = case.finding, case.place, case.eta
    assert place is not None  # noqa: S101 - _nearest found a truck, so there is a place
    assert eta is not None  # noqa: S101
    towed = workshop if finding.remedy.skill == "tow" else None
    to = (towed.workshop, towed.latitude, towed.longitude, finding.remedy.tow_type) if towed else _NOWHERE
    job = (finding.remedy.skill, place, finding.part, finding.remedy.on_scene_s, eta, finding.provenance)
    if case.tow_attempt == 1:
        return SendTow(case.case, case.tow, truck.truck, *job, *to)
    return ReassignTow(case.case, case.tow, case.tow_attempt, before, truck.truck, *job, *to)


def _moved(case: Case, truck: str, off: float) -> MoveTow:
    finding, place, eta = case.finding, case.sent_to, case.eta
    assert place is not None  # noqa: S101 - a truck was sent
    assert eta is not None  # noqa: S101
    work = (finding.part, finding.remedy.on_scene_s, eta, off, finding.provenance)
    return MoveTow(case.case, case.tow, truck, case.tow_moves, place, case.near, *work)


_NOWHERE = (None, None, None, "none")
"""Where a truck takes a car that is mended where it stands."""
