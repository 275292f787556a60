"""Trucks: which is nearest, free and able; offering, moving and calling off a job. At most one for a case."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any, Literal

from dispatch.core.actions import (
    Action,
    AdoptTow,
    CancelTow,
    DismissTruck,
    LetTowFinish,
    MoveTow,
    ReassignTow,
    RedirectTow,
    RefusePlan,
    RenewEta,
    ReplanTrigger,
    SendTow,
    TruckCandidate,
)
from dispatch.core.bookings import Workshop
from dispatch.core.case import Case
from dispatch.core.case_place import is_redirected, sent_on
from dispatch.core.distance import least, roughly
from dispatch.core.escalation import escalated, raised
from dispatch.core.events import PlanProposed
from dispatch.core.free_trucks import FreeTrucks, Truck
from dispatch.core.ids import case_of_tow, is_tow
from dispatch.core.messages import Messages
from dispatch.core.orders import Orders
from dispatch.core.plan.errors import NotThisPlan
from dispatch.core.plan.model import Level
from dispatch.core.plan.waiting import Replan, ToPropose, WaitingPlan
from dispatch.core.policy import Policy
from dispatch.core.promised import Promised, arrives_at, drive_s
from dispatch.core.timers import About, Alarms
from dispatch.core.transitions import HelpMove, HelpState
from dispatch.core.truck_queue import Waiting
from gateway.finding import Help, TruckReport

_THERE = {HelpState.ON_SCENE, HelpState.TOO_LATE}
ComesBack = Literal["accepted", "arrived", "finished"]
_MOVE: dict[ComesBack, HelpMove] = {
    "accepted": HelpMove.ACCEPT,
    "arrived": HelpMove.ARRIVE,
    "finished": HelpMove.FINISH,
}
NOT_THERE = {HelpState.WAITING, HelpState.OFFERED, HelpState.PROMISED}
"""A truck is wanted, and none is on the scene."""
FIRST_LOOK, LONG_WAIT, DUE, UNFINISHED, VISIT, BEYOND = 1, 2, 3, 4, 5, 6
"""The looks at a case that a truck is wanted for."""


class Tows:
    """The trucks, and the cases that wait for one."""

    def __init__(self, policy: Policy, alarms: Alarms, plan: WaitingPlan, orders: Orders, messages: Messages) -> None:
        self._policy = policy
        self._plan = plan
        self._orders = orders
        self._alarms = alarms
        self.trucks: dict[str, Truck] = {}
        self.promised = Promised(policy, alarms, self.trucks, messages)
        self._free = FreeTrucks()
        self._waiting = Waiting()
        self._trigger: ReplanTrigger | None = None
        """Why the plan may be another; ``None``: it is not."""

    def stand(self, trucks: list[Truck], waiting: list[Case]) -> None:
        """Take up an earlier standing."""
        self.trucks.clear()
        self.trucks.update({truck.truck: truck for truck in trucks})
        self._free, self._waiting = FreeTrucks(), Waiting()
        for truck in trucks:
            self._free.note(truck)
        for case in waiting:
            self._waiting.put(case)

    def waiting(self) -> list[Case]:
        """Return the cases that wait for a truck, the most urgent first, then the longest waiting."""
        return self._waiting.in_order()

    def note_report(self, report: TruckReport, now: float) -> Truck:
        """Note where a truck is and whether it takes jobs."""
        truck = self.trucks.get(report.truck)
        if truck is None:
            truck = Truck(report.truck, report.place, report.on_duty, report.skills, report.provenance)
            self.trucks[report.truck] = truck
            self._replan_for("duty")
        elif (truck.on_duty, truck.skills, truck.carries) != (report.on_duty, report.skills, report.carries):
            self._replan_for("duty")
        truck.note(report, now)
        self._free.note(truck)
        return truck

    def nobody_was_heard(self, now: float) -> None:
        """Nobody could be heard until now: no truck's silence before counts."""
        for truck in self.trucks.values():
            truck.heard_at = max(truck.heard_at, now)

    def need(self, case: Case, now: float, workshop: Workshop | None) -> Iterator[Action]:
        """A truck is needed for ``case``; one is sent at once if one is free."""
        if case.move(HelpMove.NEED):
            case.tow_to = workshop.workshop if workshop else None
            self._waiting.put(case)
            self._replan_for("new_job")
            self._look_after(case, now)
            yield from self._offer(case, now, workshop)

    def on_the_way(self, case: Case, truck: Truck, now: float) -> Iterator[Action]:
        """The truck says where it is; where it is late, another may be sooner there."""
        for action in self.promised.on_the_way(case, truck, now):
            if isinstance(action, RenewEta):
                self._replan_for("late")
            yield action

    def serve(self, now: float, workshops: dict[str, Workshop]) -> Iterator[Action]:
        """Send free trucks to whoever waits. To be called whenever a truck may have become free."""
        skills = self._free.skills() if self._waiting else set[str]()
        self._want_specialists(skills)
        if self._policy.plan is not Level.NEAREST:
            yield from self._serve_by_plan(now)
            return
        for case in self._in_reach_first(skills) if skills else ():
            yield from self._offer(case, now, workshops.get(case.tow_to or ""))
            if self._free.skills().isdisjoint(skills):
                return

    def _in_reach_first(self, skills: Collection[str]) -> Iterator[Case]:
        """Iterate over those who wait as they are served: in turn, and behind them all who is beyond the reach of any free truck.

        A truck that drove across a country to whoever waits longest there would help nobody on its way, and everybody would wait
        longer: of those beyond its reach the nearest is served.
        """
        beyond: list[Case] = []
        for case in self._waiting.in_turn(skills):
            place = case.place
            if place is None or self._free.reach(
                (place.latitude, place.longitude), case.skill, self._policy.truck_reach_m
            ):
                yield case
            else:
                beyond.append(case)
        yield from sorted(beyond, key=self._off_by)

    def _off_by(self, case: Case) -> float:
        """Return how far off the nearest free truck that may go is, about, metres; 0 where none may, or nobody knows where to."""
        place = case.place
        if place is None:
            return 0.0
        here = (place.latitude, place.longitude)
        near = self._free.nearest(here, case.skill, 1, self._may_be_sent_to(case))
        return roughly(near[0].point, here) if near else 0.0

    def _serve_by_plan(self, now: float) -> Iterator[Action]:
        """Plan anew where something happened that may change it, and send the trucks that go now."""
        trigger, self._trigger = self._trigger, None
        if trigger is None or not self._waiting:
            return
        yield from self._go(self._plan.replan(self._waiting.in_order(), self.trucks.values(), now, trigger), now)

    def proposed(self, event: PlanProposed, now: float) -> Iterator[Action]:
        """A plan is proposed: go by it where it fits and is better, or say why not."""
        try:
            found = self._plan.adopt(event, self._waiting.in_order(), self.trucks.values(), now)
        except NotThisPlan as error:
            yield RefusePlan(event.plan, str(error))
        else:
            yield from self._go(found, now)

    def to_propose(self, now: float) -> ToPropose:
        """Return what a plan is to be proposed for."""
        return self._plan.to_propose(self._waiting.in_order(), self.trucks.values(), now)

    def _go(self, found: Replan, now: float) -> Iterator[Action]:
        """Write down what is another, and send the trucks that go now."""
        if found.record is not None:
            yield found.record
        for name, truck in found.going.items():
            case = self._plan.case_of(name)
            if case is not None:
                yield from self._offer_to(case, self.trucks[truck], now, self._plan.workshop_of(case.tow_to or ""))
        yield from self._ask_contractors(now)
        self._plan.over()
        self._trigger = None

    def _ask_contractors(self, now: float) -> Iterator[Action]:
        """Ask contractors for those whom no truck of ours reaches in time by the plan, where the house does so by itself."""
        if self._policy.contractor_late_s is not None:
            limit_s = self._policy.due_s + self._policy.contractor_late_s
            for case in self._plan.late(self._waiting.in_order(), limit_s):
                yield from self._orders.call_nearest(case, now)

    def next_contractor(self, case: Case, now: float) -> Iterator[Action]:
        """The contractor does not come: the next is asked, where the house does so by itself and no truck of ours goes."""
        if self._policy.contractor_late_s is not None and case.help in {HelpState.WAITING, HelpState.OFFERED}:
            yield from self._orders.call_nearest(case, now)

    def _replan_for(self, trigger: ReplanTrigger) -> None:
        """Note why the plan may be another."""
        self._trigger = self._trigger or trigger

    def _want_specialists(self, skills: set[str]) -> None:
        """Whoever can mend it is free after all: no truck that only tows is waited for any more."""
        for case in self._waiting.towed_instead() if skills - {"tow"} else ():
            if case.finding.remedy.skill in skills:
                case.tow_instead = False
                self._waiting.put(case)

    def accepted(self, case: Case, report: TruckReport, now: float, workshop: Workshop | None) -> Iterator[Action]:
        """The truck is on its way. One that was passed over has the job back if no other said yes and it is no later there."""
        if report.truck == case.truck:
            if case.move(HelpMove.ACCEPT):
                yield from self.promised.said_yes(case, now)
        elif self._may_come_back(case, self.trucks[report.truck], now):
            yield from self._adopt(case, self.trucks[report.truck], "accepted", now, workshop)
            yield from self.promised.said_yes(case, now)

    def arrived(self, case: Case, report: TruckReport, now: float, workshop: Workshop | None) -> Iterator[Action]:
        """The truck is there: whoever is there first is the truck, and all others are called off."""
        if report.truck == case.truck:
            if case.move(HelpMove.ARRIVE):
                self._alarms.set(now + self._policy.unfinished_s, About.AWAITED, case.case, UNFINISHED)
            elif case.help is HelpState.CANCELLED:
                yield _dismissed(case.case, report, "cancelled")
        elif report.truck in case.asked_trucks and case.help in NOT_THERE:
            yield from self._adopt(case, self.trucks[report.truck], "arrived", now, workshop)
            self._alarms.set(now + self._policy.unfinished_s, About.AWAITED, case.case, UNFINISHED)
        elif report.truck in case.asked_trucks:
            reasons: dict[HelpState, Literal["done", "cancelled"]] = {
                HelpState.DONE: "done",
                HelpState.CANCELLED: "cancelled",
            }
            yield _dismissed(case.case, report, reasons.get(case.help, "another_is_there"))

    def finished(self, case: Case, report: TruckReport, now: float, workshop: Workshop | None) -> Iterator[Action]:
        """The truck is free again."""
        if report.truck == case.truck:
            case.move(HelpMove.FINISH)
        elif report.truck in case.asked_trucks - case.refused and case.help in NOT_THERE:
            yield from self._adopt(case, self.trucks[report.truck], "finished", now, workshop)
        self._release(report.truck, case)

    def nobodys(self, report: TruckReport) -> Iterator[Action]:
        """A truck speaks of a job whose case is closed: it has no job, and is told so where it arrived."""
        truck = self.trucks[report.truck]
        if truck.tow == report.job:
            truck.tow = None
            self._free.note(truck)
            self._replan_for("truck_free")
        if report.job_state == "arrived" and report.job is not None and is_tow(report.job):
            yield _dismissed(case_of_tow(report.job), report, "closed")

    def overdue(self, case: Case, number: int, now: float, workshop: Workshop | None) -> Iterator[Action]:
        """The truck should be there. One of which nothing is heard any more is replaced where another is free."""
        truck = self.trucks.get(case.truck or "")
        if truck is None or case.help is not HelpState.PROMISED or number != case.eta_number:
            return
        if now - truck.heard_at < self._policy.truck_lost_s:
            yield from self.promised.overdue(case, truck, now)
            return
        case.declined.add(truck.truck)
        self._replan_for("truck_lost")
        yield from self._pin_is_lost(case, truck.truck)
        yield from self._offer(case, now, workshop)
        if case.truck == truck.truck:
            self._alarms.set(now + self._policy.retry_tow_s, About.LATE, case.case, number)

    def awaited(self, case: Case, look: int, now: float, workshop: Workshop | None) -> Iterator[Action]:
        """A truck was wanted a while ago. Where none can come, or none is there when help is due, a person is told."""
        self._replan_for("waits")
        if case.help is HelpState.WAITING and self._nobody_can(case, ever=look == FIRST_LOOK):
            yield from escalated(case, "no_truck_with_skill")
            if case.finding.remedy.help is Help.ROADSIDE and case.skill != "tow":
                case.tow_instead = True
                self._waiting.put(case)
                yield from self._offer(case, now, workshop)
        if look == DUE and case.help in NOT_THERE:
            yield from escalated(case, "not_there_in_time")
        if look == BEYOND and case.help is HelpState.WAITING and case.care.pinned is None:
            yield from self._orders.call_nearest(case, now)
        visits = case.order is not None and case.order.at is not None and not case.order.fulfilled
        if (look == UNFINISHED and case.help in _THERE) or (look == VISIT and visits):
            yield from escalated(case, "not_finished")

    def declined(self, case: Case, report: TruckReport, now: float, workshop: Workshop | None) -> Iterator[Action]:
        """The truck does not come, or cannot: ask the next that can by what its crew found."""
        case.found_load |= report.load
        self._release(report.truck, case)
        case.refused.add(report.truck)
        if report.truck != case.truck or not case.move(HelpMove.DECLINE):
            return
        if case.help is HelpState.CANCELLED:  # it could not be called off any more, and left all the same
            case.too_late = False
            return
        case.declined.add(report.truck)
        case.truck = case.eta = case.promised_eta = None
        self._waiting.put(case)
        self._replan_for("truck_lost")
        self._look_after(case, now)
        yield from self._pin_is_lost(case, report.truck)
        yield from self._offer(case, now, workshop)

    def unanswered(self, case: Case, now: float, workshop: Workshop | None) -> Iterator[Action]:
        """The truck has not answered: offer the job to another, or leave it where it is while no other is free."""
        silent = case.truck
        if silent is None or case.help is not HelpState.OFFERED:
            return
        case.declined.add(silent)
        yield from self._pin_is_lost(case, silent)
        yield from self._offer(case, now, workshop)
        if case.truck == silent:
            self._alarms.set(now + self._policy.retry_tow_s, About.TOW_RETRY, case.case, case.tow_attempt)

    def ask_again(self, case: Case, now: float, workshop: Workshop | None) -> Iterator[Action]:
        """Every truck declined a while ago: none is passed over any more."""
        case.declined.clear()
        self._replan_for("waits")
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
        self._replan_for("cancelled")
        yield from self._call_off(case, reason)

    def _call_off(self, case: Case, reason: str) -> Iterator[Action]:
        if case.truck is not None:
            self._release(case.truck, case)
            case.called_off += 1
            yield CancelTow(case.case, case.tow, case.truck, reason, case.finding.provenance, case.called_off)

    # --- by a person's word --------------------------------------------------------------------------------------------

    def pinned(self, case: Case, now: float, workshop: Workshop | None) -> Iterator[Action]:
        """A truck is pinned to a case, or unpinned: one that waits gets what it waits for, where that is free."""
        self._replan_for("person")
        if case.help is HelpState.WAITING:
            self._waiting.put(case)
            yield from self._offer(case, now, workshop)

    def waits_for(self, truck: str) -> Case | None:
        """Return the case that waits for a truck that is pinned to it."""
        return self._waiting.waits_for(truck)

    def off_duty(self, truck: Truck) -> Iterator[Action]:
        """Who waits for a truck that goes off duty, waits for any other."""
        case = self._waiting.waits_for(truck.truck)
        if case is not None and not truck.on_duty:
            yield from self._pin_is_lost(case, truck.truck)

    def choose(self, case: Case, truck: str, now: float, workshop: Workshop | None) -> Iterator[Action]:
        """Send this truck, instead of whoever has the job."""
        self._replan_for("person")
        case.declined.discard(truck)
        yield from self._offer_to(case, self.trucks[truck], now, workshop, by_person=True)

    def contracted(self, case: Case) -> Iterator[Action]:
        """A contractor goes, and nobody of ours is looked for any more."""
        if case.move(HelpMove.CONTRACT):
            self._replan_for("person")
            self._waiting.drop(case)
            yield from self._call_off(case, "a contractor comes")
            case.truck = case.eta = case.promised_eta = None

    def need_again(self, case: Case, now: float) -> None:
        """The contractor goes no more: a truck of ours is wanted."""
        if case.help is HelpState.CONTRACTED and case.move(HelpMove.NEED):
            self._waiting.put(case)
            self._replan_for("person")
            self._look_after(case, now)

    def redirect(self, case: Case, workshop: Workshop, attempt: int) -> Iterator[Action]:
        """Another workshop takes the car than the truck was told."""
        case.tow_to = workshop.workshop
        if case.truck is not None and case.help in {HelpState.OFFERED, HelpState.PROMISED, HelpState.ON_SCENE}:
            to = (workshop.workshop, workshop.latitude, workshop.longitude)
            case.told_tow_to = workshop.workshop
            yield RedirectTow(case.case, case.tow, case.truck, attempt, *to, case.finding.provenance)

    def move(self, case: Case, now: float) -> MoveTow | None:
        """Tell the truck on its way where the car is and what is broken, where that is not what it was told."""
        truck, place = self.trucks.get(case.truck or ""), case.place
        before = case.sent_to or case.finding.place  # what was written down by an earlier version does not say
        if truck is None or place is None or before is None or case.help not in {HelpState.OFFERED, HelpState.PROMISED}:
            return None
        off = sent_on(before, place)
        if not off and case.sent_for in {"", case.finding.part}:
            return None
        if is_redirected(off):
            self._newly_reckoned(case, now + drive_s(self._policy, self._by_now(truck, case, now), place, now), now)
        if off:
            case.sent_to = place
        case.sent_for = case.finding.part
        case.tow_moves += 1
        return _moved(case, truck.truck, off)

    def _newly_reckoned(self, case: Case, eta: float, now: float) -> None:
        """The truck that is sent on comes at another time; who is told so, is told of both at once."""
        if case.help is HelpState.PROMISED:
            self.promised.expect(case, eta, now)
            case.told_eta = eta if case.told_eta is not None else None
        case.eta = eta

    def _by_now(self, truck: Truck, case: Case, now: float) -> tuple[float, float]:
        """Return where a truck should be that has driven to where it was sent since it last told its place."""
        to = case.sent_to
        if to is None or case.help is not HelpState.PROMISED:
            return truck.point
        spent_s = now - truck.place.fix_time
        return self._policy.travel.along(truck.point, (to.latitude, to.longitude), spent_s, truck.place.fix_time)

    def reskill(self, case: Case, now: float, workshop: Workshop | None) -> Iterator[Action]:
        """A better diagnosis needs another skill: move the job to a truck that has it, unless one is there already."""
        self._replan_for("diagnosis")
        if case.help is HelpState.WAITING:
            self._waiting.put(case)
            yield from self._pin_is_of_no_use(case, self.trucks.get(case.care.pinned or ""))
            yield from self._offer(case, now, workshop)
            return
        truck = self.trucks.get(case.truck or "")
        if truck is None or truck.can(case.skill, case.load) or not case.needs_truck:
            return
        if case.help in {HelpState.OFFERED, HelpState.PROMISED}:
            yield from self._pin_is_of_no_use(case, truck)
            yield from self._offer(case, now, workshop)

    def _pin_is_of_no_use(self, case: Case, truck: Truck | None) -> Iterator[Action]:
        if truck is not None and not truck.can(case.skill, case.load):
            yield from self._pin_is_lost(case, truck.truck)

    def _offer(self, case: Case, now: float, workshop: Workshop | None) -> Iterator[Action]:
        """Send a truck: as is planned for all who wait, or the nearest where that is the plan or another failed it."""
        if self._policy.plan is not Level.NEAREST and case.help is HelpState.WAITING:
            yield from self._serve_by_plan(now)
        elif (truck := self._nearest(case, now)) is not None:
            yield from self._offer_to(case, truck, now, workshop)
        if case.declined and case.help is HelpState.WAITING:
            self._alarms.set(now + self._policy.retry_tow_s, About.TOW_RETRY, case.case, case.tow_attempt)

    def _offer_to(
        self, case: Case, truck: Truck, now: float, workshop: Workshop | None, *, by_person: bool = False
    ) -> Iterator[Action]:
        why = self._why(case, truck, now, by_person=by_person)
        before = case.truck
        if before is not None:
            self._release(before, case)
        case.move(HelpMove.OFFER)
        self._waiting.drop(case)
        truck.tow, case.truck = case.tow, truck.truck
        self._free.note(truck)
        case.asked_trucks.add(truck.truck)
        case.refused.discard(truck.truck)
        case.promised_eta = None
        sets_out_at = now + self._policy.setting_out_s
        case.eta = sets_out_at + drive_s(self._policy, truck.point, case.place, now)
        case.tow_attempt += 1
        case.sent_to, case.sent_for = case.place, case.finding.part
        self._alarms.set(now + self._policy.offer_timeout_s, About.OFFER, case.case, case.tow_attempt)
        yield _send(case, truck, before, workshop, why)

    def _why(self, case: Case, truck: Truck, now: float, *, by_person: bool) -> tuple[TruckCandidate, ...]:
        """Return whom a truck was chosen from. That the nearest free one goes needs no reason."""
        if self._policy.plan is Level.NEAREST and not by_person:
            return ()
        found = self._plan.candidates(case, truck, self.trucks.values(), now)
        return tuple(replace(one, state="passed_over") if by_person and one.state == "free" else one for one in found)

    def _may_come_back(self, case: Case, truck: Truck, now: float) -> bool:
        """May a truck that says yes late have the job? Not before one that said yes, nor where the one asked is nearer."""
        able = truck.can(case.skill, case.load) and truck.tow in {None, case.tow}
        if truck.truck not in case.asked_trucks or not able or case.help not in {HelpState.WAITING, HelpState.OFFERED}:
            return False
        other = self.trucks.get(case.truck or "")
        return other is None or self._rank(truck, case, now) <= self._rank(other, case, now)

    def _rank(self, truck: Truck, case: Case, now: float) -> tuple[float, str]:
        return drive_s(self._policy, truck.point, case.place, now), truck.truck

    def _adopt(
        self, case: Case, truck: Truck, reason: ComesBack, now: float, workshop: Workshop | None
    ) -> Iterator[Action]:
        """Give the job to a truck that has it in fact, and call off the one that was to have it."""
        before = case.truck
        if before is not None:
            self._release(before, case)
        case.move(_MOVE[reason])
        self._waiting.drop(case)
        case.declined.discard(truck.truck)
        case.refused.discard(truck.truck)
        case.truck, case.promised_eta = truck.truck, None
        if case.care.pinned not in {None, truck.truck}:
            case.care.unpin()
            self._replan_for("truck_free")
        if truck.tow is None:  # one that another case waits for as well has that one still to come
            truck.tow = case.tow
            self._free.note(truck)
        case.eta = arrives_at(self._policy, truck, case.place, now) if reason == "accepted" else now
        case.tow_attempt += 1
        case.sent_to, case.sent_for = case.place, case.finding.part
        yield AdoptTow(case.case, case.tow, case.tow_attempt, truck.truck, before, reason, *_job(case, workshop))

    def _look_after(self, case: Case, now: float) -> None:
        for look, at in looks(self._policy, case.opened_at, now):
            self._alarms.set(at, About.AWAITED, case.case, look)

    def _nobody_can(self, case: Case, *, ever: bool) -> bool:
        """Is no truck with the skill on duty, or was none ever heard of at all?"""
        skill, load, provenance = case.skill, case.load, case.finding.provenance
        return not any(
            skill in truck.skills
            and (ever or truck.on_duty)
            and truck.can(skill, load)
            and truck.provenance == provenance
            for truck in self.trucks.values()
        )

    def _nearest(self, case: Case, now: float) -> Truck | None:
        place = case.place
        if place is None:
            return None
        here = (place.latitude, place.longitude)
        near = self._free.nearest(here, case.skill, self._policy.geodesics, self._may_be_sent_to(case))
        travel = self._policy.travel
        found = least(
            [travel.between(truck.point, here, now) for truck in near],
            lambda number: travel.leg(near[number].point, here, now).seconds,
        )
        return None if found is None else near[found]

    def _may_be_sent_to(self, case: Case) -> Callable[[Truck], bool]:
        """Return what tells of a free truck whether it may be sent to a case."""
        skill, load, provenance = case.skill, case.load, case.finding.provenance
        return lambda truck: (
            truck.provenance == provenance
            and truck.truck not in case.declined
            and truck.can(skill, load)
            and self._may_go(truck, case)
        )

    def _may_go(self, truck: Truck, case: Case) -> bool:
        """Is a truck neither pinned to another case that waits for it, nor another than is pinned to this one?"""
        waits = self._waiting.waits_for(truck.truck)
        return case.care.pinned in {None, truck.truck} and (waits is None or waits is case)

    def _pin_is_lost(self, case: Case, truck: str) -> Iterator[Action]:
        """The truck that was pinned to a case does not come: any other may, and a person is told."""
        if case.care.pinned == truck:
            case.care.unpin()
            if case.help is HelpState.WAITING:
                self._waiting.put(case)
            yield from raised(case, "pin_not_kept")

    def _release(self, name: str, case: Case) -> None:
        truck = self.trucks.get(name)
        if truck is not None and truck.tow == case.tow:
            truck.tow = None
            self._free.note(truck)
            self._replan_for("truck_free")


def looks(policy: Policy, opened_at: float, now: float) -> Iterator[tuple[int, float]]:
    """Iterate over the looks at a case that a truck is wanted for, and when: soon, after long, when help is due and long due."""
    soon, due = now + policy.retry_tow_s, opened_at + policy.due_s
    yield FIRST_LOOK, soon
    yield LONG_WAIT, now + policy.no_truck_s
    yield DUE, max(soon, due)
    if policy.contractor_late_s is not None:
        yield BEYOND, max(soon, due + policy.contractor_late_s)


def _send(
    case: Case, truck: Truck, before: str | None, workshop: Workshop | None, why: tuple[TruckCandidate, ...]
) -> SendTow | ReassignTow:
    job = _job(case, workshop)
    if case.tow_attempt == 1:
        return replace(SendTow(case.case, case.tow, truck.truck, *job), why=why)
    return replace(ReassignTow(case.case, case.tow, case.tow_attempt, before, truck.truck, *job), why=why)


def _job(case: Case, workshop: Workshop | None) -> tuple[Any, ...]:
    """Return what a truck is told of a job, in the order in which the actions have it."""
    finding, place, eta = case.finding, case.place, case.eta
    assert place is not None  # noqa: S101 - a truck was found for it, so there is a place
    assert eta is not None  # noqa: S101
    towed = workshop if case.skill == "tow" else None
    case.told_tow_to = towed.workshop if towed else None
    tow_type = case.remedy.tow_type if case.needs_truck and not case.tow_instead else "any"
    to = (towed.workshop, towed.latitude, towed.longitude, tow_type) if towed else _NOWHERE
    return (case.skill, place, finding.part, case.remedy.on_scene_s, eta, finding.provenance, *to)


def _dismissed(
    case: str, report: TruckReport, reason: Literal["closed", "cancelled", "done", "another_is_there"]
) -> DismissTruck:
    return DismissTruck(case, report.job or "", report.truck, report.key, reason, report.provenance)


def _moved(case: Case, truck: str, off: float) -> MoveTow:
    finding, place, eta = case.finding, case.sent_to, case.eta
    assert place is not None  # noqa: S101 - a truck was sent
    assert eta is not None  # noqa: S101
    work = (finding.part, case.remedy.on_scene_s, eta, off, finding.provenance)
    return MoveTow(case.case, case.tow, truck, case.tow_moves, place, case.near, *work)


_NOWHERE = (None, None, None, "none")
"""Where a truck takes a car that is mended where it stands."""
