"""What dispatchers may do as a case stands, and why not. Pure: nothing is changed here.

A person decides; the rules keep what is true and promised: one truck for a case, no truck that cannot help, no case of another's
without saying so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from dispatch.core.acts import (
    ActUndone,
    CallHastened,
    CareAct,
    CaseAcknowledged,
    CaseCancelled,
    CaseHandedOver,
    CaseLetGo,
    CaseNoted,
    CaseRaised,
    CasesMerged,
    CaseTaken,
    ContractorCalled,
    DeviceMuted,
    DeviceUnmuted,
    DispatcherEvent,
    EndAct,
    HelpAct,
    MuteAct,
    OfCase,
    PlaceCorrected,
    TruckChosen,
    TruckPinned,
    TruckUnpinned,
)
from dispatch.core.care import LastAct
from dispatch.core.case import Case
from dispatch.core.duties.informing import Informing
from dispatch.core.duties.open_cases import OpenCases
from dispatch.core.events import CaseReported
from dispatch.core.mutes import Mutes
from dispatch.core.objections import Ground, Objection
from dispatch.core.orders import Orders
from dispatch.core.policy import Policy
from dispatch.core.towing import Tows
from dispatch.core.transitions import CallState, CareState, HelpState
from gateway.finding import Finding

Verdict = Objection | None
_FOR_ALL = CaseAcknowledged | CaseNoted | CaseRaised | ActUndone
"""Whoever has the case: anybody may, or whoever did what is undone."""
_COMES = {HelpState.WAITING, HelpState.OFFERED, HelpState.PROMISED, HelpState.CONTRACTED}
_THERE = {HelpState.ON_SCENE, HelpState.TOO_LATE, HelpState.DONE}
_FURTHER = [HelpState.WAITING, HelpState.OFFERED, HelpState.PROMISED, HelpState.CONTRACTED]
"""How far help is: what stands later is further on."""


@dataclass(frozen=True, slots=True)
class ActRules:
    """Looks at how the house stands."""

    policy: Policy
    cases: OpenCases
    mutes: Mutes
    tows: Tows
    orders: Orders
    informing: Informing

    def objection(self, act: DispatcherEvent | CaseReported, now: float) -> Verdict:
        """Return why an act is not legal ``now``; ``None``: it is."""
        if isinstance(act, MuteAct):
            return self._to_mute(act, now)
        name = act.corrects if isinstance(act, CaseReported) else act.case
        case = self.cases.by_name.get(name)
        if case is None:
            return Objection(Ground.CASE_CLOSED, f"{name} is closed: nothing is done about it any more")
        if isinstance(act, CaseReported):
            return _another_has_it(case, act) or _is_thought_already(case, act.finding)
        return _another_has_it(case, act) or self._to(case, act, now)

    def _to_mute(self, act: MuteAct, now: float) -> Verdict:
        match act:
            case DeviceMuted():
                late = act.until <= now
                return Objection(Ground.NOTHING_CHANGES, "that hour is past: choose a later one") if late else None
            case DeviceUnmuted():
                muted = self.mutes.is_muted(act.device, now)
                return (
                    None if muted else Objection(Ground.NOT_MUTED, f"{act.device} is not muted: it is heard as it is")
                )
            case _:
                assert_never(act)

    def _to(self, case: Case, act: OfCase, now: float) -> Verdict:
        if isinstance(act, CareAct):
            return _to_care(case, act)
        if isinstance(act, HelpAct):
            return self._to_help(case, act)
        if isinstance(act, EndAct):
            return self._to_end(case, act)
        if isinstance(act, CallHastened):
            return self._to_call(case)
        if isinstance(act, ActUndone):
            return self._to_undo(case, act, now)
        assert_never(act)

    # --- trucks and contractors ----------------------------------------------------------------------------------------

    def _to_help(self, case: Case, act: HelpAct) -> Verdict:
        match act:
            case TruckPinned():
                return self._to_pin(case, act.truck)
            case TruckUnpinned():
                pinned = case.care.pinned is not None
                return None if pinned else Objection(Ground.NOTHING_CHANGES, "no truck is pinned to it")
            case TruckChosen():
                return self._to_send(case, act.truck)
            case ContractorCalled():
                return self._to_contract(case, act.contractor)
            case PlaceCorrected():
                return _is_there(case)
            case _:
                assert_never(act)

    def _to_pin(self, case: Case, truck: str) -> Verdict:
        if case.care.pinned == truck:
            return Objection(Ground.NOTHING_CHANGES, f"{truck} is pinned to it")
        wrong = _wants_none(case) or self._cannot_go(case, truck)
        if wrong is not None:
            return wrong
        if case.help is HelpState.CONTRACTED or case.truck not in {None, truck}:
            comes = case.truck or "a contractor"
            return Objection(Ground.TRUCK_UNDER_WAY, f"{comes} has the job: send {truck} instead, or pin {comes}")
        return None

    def _to_send(self, case: Case, truck: str) -> Verdict:
        if case.truck == truck and case.help in {HelpState.OFFERED, HelpState.PROMISED}:
            return Objection(Ground.NOTHING_CHANGES, f"{truck} has the job")
        wrong = _wants_none(case) or self._cannot_go(case, truck)
        if wrong is not None:
            return wrong
        if case.place is None:
            return Objection(Ground.PLACE_UNKNOWN, "nobody knows where to send it: change the place first")
        if not self.tows.trucks[truck].on_duty:
            return Objection(Ground.TRUCK_OFF_DUTY, f"{truck} is off duty")
        if self.tows.trucks[truck].tow is not None:
            return Objection(Ground.TRUCK_BUSY, f"{truck} has a job; pin it, and the case waits for it")
        return None

    def _cannot_go(self, case: Case, name: str) -> Verdict:
        """Return why a truck cannot help here at all."""
        truck, waits = self.tows.trucks.get(name), self.tows.waits_for(name)
        if truck is None:
            return Objection(Ground.UNKNOWN_TRUCK, f"nothing was ever heard of a truck {name}")
        if truck.provenance != case.finding.provenance:
            return Objection(Ground.TRUCK_OF_ANOTHER_WORLD, f"{name} is {truck.provenance}, the case is not")
        if case.skill not in truck.skills:
            return Objection(Ground.TRUCK_UNABLE, f"it takes {case.skill}, and {name} does {', '.join(truck.skills)}")
        if not truck.can(case.skill, case.load):
            return Objection(Ground.TRUCK_UNABLE, f"{name} cannot take it along: it takes {case.load}")
        if waits is not None and waits is not case:
            return Objection(Ground.TRUCK_PINNED_ELSEWHERE, f"{waits.case} waits for {name}: unpin it there first")
        return None

    def _to_contract(self, case: Case, name: str) -> Verdict:
        wrong = _wants_none(case)
        if wrong is not None:
            return wrong
        if case.help not in {HelpState.WAITING, HelpState.OFFERED}:
            return Objection(Ground.TRUCK_UNDER_WAY, f"{case.truck or 'a contractor'} is on its way")
        known, order = self.orders.suppliers.get(name), case.order
        if known is None or "tow" not in known.serves or known.provenance != case.finding.provenance:
            return Objection(Ground.UNKNOWN_CONTRACTOR, f"{name} takes no tows of this kind: see cases/candidates")
        if order is not None and not order.settled:
            return Objection(Ground.CONTRACTOR_ASKED, f"{order.partner} was asked, and has not answered yet")
        if order is not None and name in order.asked:
            return Objection(Ground.CONTRACTOR_DECLINED, f"{name} was asked before, and does not come")
        return None

    # --- the rest ------------------------------------------------------------------------------------------------------

    def _to_end(self, case: Case, act: EndAct) -> Verdict:
        if self.informing.are_speaking(case):
            return Objection(
                Ground.BEING_CALLED, "an agent speaks with the customer about it: wait for what they agree on"
            )
        match act:
            case CaseCancelled():
                return _is_there(case)
            case CasesMerged():
                return self._to_merge(case, act.into)
            case _:
                assert_never(act)

    def _to_merge(self, case: Case, name: str) -> Verdict:
        into = self.cases.by_name.get(name)
        if into is None:
            return Objection(Ground.CASE_CLOSED, f"{name} is closed: it cannot go on")
        if into is case:
            return Objection(Ground.NOTHING_CHANGES, "a case is not merged into itself")
        mine, theirs = case.finding, into.finding
        if (mine.customer, mine.provenance) != (theirs.customer, theirs.provenance):
            return Objection(Ground.NOT_ONE_TROUBLE, "they are of two customers, and each is owed an answer")
        if case.help in _THERE or _how_far(case) > _how_far(into):
            return Objection(Ground.OTHER_WAY_ROUND, f"help for {case.case} is further on: merge {name} into it")
        return None

    def _to_call(self, case: Case) -> Verdict:
        call = case.call
        if not case.may_ring:
            return Objection(Ground.MAY_NOT_CALL, "the customer does not want to be rung")
        if self.informing.calls.on_the_line(case.finding.customer) is not None:
            return Objection(Ground.ON_THE_LINE, "the customer has rung in, and is spoken to on that call")
        if call is not None and call.state in {CallState.ASSIGNED, CallState.CONNECTED}:
            return Objection(Ground.BEING_CALLED, f"{call.agent} has the call in hand")
        return None

    def _to_undo(self, case: Case, act: ActUndone, now: float) -> Verdict:
        last = case.care.last
        if last is None:
            return Objection(Ground.CANNOT_BE_UNDONE, "nothing was done last that can be taken back")
        if last.ref != act.act:
            return Objection(Ground.DONE_SINCE, f"{last.by or 'somebody'} did something else since")
        if last.by != act.by and not act.takes_over:
            return Objection(Ground.NOT_YOURS, f"{last.by} did it: they take it back, or a supervisor does")
        if now - last.at > self.policy.undo_within_s:
            minutes = round(self.policy.undo_within_s / 60)
            return Objection(Ground.TOO_LATE_TO_UNDO, f"it was done more than {minutes} minutes ago")
        return self._inverse(case, last)

    def _inverse(self, case: Case, last: LastAct) -> Verdict:
        """Return why the opposite of an act is not legal."""
        if last.what == TruckChosen.__name__:
            return self._to_send_back(case, last.truck)
        if last.what == TruckUnpinned.__name__:
            return self._to_pin(case, last.stood.pinned or "")
        if last.what == ContractorCalled.__name__:
            answered = case.order is None or case.order.settled
            if answered:
                return Objection(Ground.CANNOT_BE_UNDONE, "the contractor has answered")
            return self._to_pin(case, last.stood.pinned) if last.stood.pinned is not None else None
        if last.what == PlaceCorrected.__name__:
            return _is_there(case) or (
                Objection(Ground.CANNOT_BE_UNDONE, "nobody knew a place before") if last.place is None else None
            )
        return None

    def _to_send_back(self, case: Case, truck: str | None) -> Verdict:
        if truck is None:
            return Objection(Ground.CANNOT_BE_UNDONE, "no truck had the job before: send another instead, or cancel")
        return self._to_send(case, truck)


def _another_has_it(case: Case, act: OfCase | CaseReported) -> Verdict:
    owner = case.care.owner
    if owner in {None, act.by} or act.takes_over or isinstance(act, _FOR_ALL):
        return None
    return Objection(Ground.NOT_YOURS, f"{owner} has the case: ask them to hand it over, or a supervisor takes it over")


def _is_thought_already(case: Case, finding: Finding) -> Verdict:
    known = case.finding
    if (known.part, known.grade) != (finding.part, finding.grade):
        return None
    return Objection(Ground.NOTHING_CHANGES, f"it is thought to be that, {known.name}, and so sure")


def _to_care(case: Case, act: CareAct) -> Verdict:
    care = case.care
    match act:
        case CaseAcknowledged():
            seen = Objection(Ground.NOTHING_CHANGES, f"{care.stood.acknowledged_by or 'somebody'} has acknowledged it")
            return seen if care.is_seen else None
        case CaseTaken():
            mine = care.stood.state is CareState.OWNED and care.owner == act.by
            return Objection(Ground.NOTHING_CHANGES, "it is yours") if mine else None
        case CaseHandedOver():
            theirs = Objection(Ground.NOTHING_CHANGES, f"{act.to} has it")
            return theirs if care.owner == act.to else None
        case CaseLetGo():
            return None if care.owner else Objection(Ground.NOTHING_CHANGES, "it is nobody's")
        case CaseNoted() | CaseRaised():
            return None
        case _:
            assert_never(act)


def _wants_none(case: Case) -> Verdict:
    if case.help in _THERE:
        return _is_there(case)
    if case.help not in _COMES:
        return Objection(
            Ground.NO_TRUCK_WANTED, "no truck is looked for: none helps here, or the customer is asked first"
        )
    return None


def _is_there(case: Case) -> Verdict:
    if case.help in _THERE:
        return Objection(
            Ground.TRUCK_ON_SCENE, f"{case.truck or 'the contractor'} is there, or was: the crew says how it ends"
        )
    return None


def _how_far(case: Case) -> int:
    helps = _FURTHER.index(case.help) + 1 if case.help in _FURTHER else 5 if case.help in _THERE else 0
    comes = case.order is not None and case.order.at is not None
    return max(helps, 3 if comes else 0)
