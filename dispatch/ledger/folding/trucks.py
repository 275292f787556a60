"""Where the trucks were, and who went to which case. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.actions import (
    AdoptTow,
    CancelTow,
    DismissTruck,
    LetTowFinish,
    MoveTow,
    PlanAction,
    ReassignTow,
    RedirectTow,
    RefusePlan,
    RenewEta,
    SendTow,
    TowAction,
)
from dispatch.core.case import Case
from dispatch.core.case_place import is_redirected
from dispatch.core.decisions import TELLS_REST
from dispatch.core.events import TruckReported
from dispatch.core.free_trucks import Truck
from dispatch.core.ids import case_of_tow
from dispatch.core.promised import arrives_at
from dispatch.core.timers import About
from dispatch.core.towing import UNFINISHED
from dispatch.core.transitions import HelpState
from dispatch.ledger.folding.folded import Folded
from gateway.finding import TruckReport

_UNDER_WAY = {HelpState.OFFERED, HelpState.PROMISED, HelpState.ON_SCENE, HelpState.TOO_LATE}
_ADOPTED_AS = {"accepted": HelpState.PROMISED, "arrived": HelpState.ON_SCENE, "finished": HelpState.DONE}


def happened(folded: Folded, event: TruckReported) -> None:
    """Fold what a truck said."""
    report = event.report
    truck = _truck(folded, report)
    case = folded.cases.get(case_of_tow(report.job or ""))
    if case is None:
        return
    if report.job_state in {"declined", "finished"} and truck.tow == case.tow:
        truck.tow = None
    if report.job_state == "declined":
        case.refused.add(report.truck)
    if report.truck == case.truck and case.help in _UNDER_WAY:
        _job_moved(folded, case, report)


def decided(folded: Folded, action: TowAction) -> None:
    """Fold what was decided about a truck."""
    match action:
        case SendTow() | ReassignTow():
            _offer(folded, action)
        case AdoptTow():
            _adopt(folded, action)
        case DismissTruck():
            folded.release(action.truck, action.tow)
        case RenewEta():
            folded.expect(folded.cases[action.case], action.eta, action.number)
        case RedirectTow():
            case = folded.cases[action.case]
            case.tow_to = case.told_tow_to = action.tow_to
        case MoveTow():
            _move(folded, action)
        case CancelTow():
            _cancel(folded, folded.cases[action.case], action)
        case LetTowFinish():
            case = folded.cases[action.case]
            case.help, case.too_late = HelpState.TOO_LATE, True
        case _:
            assert_never(action)


def _cancel(folded: Folded, case: Case, action: CancelTow) -> None:
    folded.release(action.truck, action.tow)
    case.called_off = action.number
    if case.help is HelpState.CONTRACTED:
        case.truck = case.eta = case.promised_eta = None
    else:
        case.help = HelpState.CANCELLED


def replanned(folded: Folded, action: PlanAction) -> None:
    """Fold another plan; one that is refused changes nothing."""
    if isinstance(action, RefusePlan):
        return
    folded.replans = action.number
    folded.routes |= {route.truck: route.cases for route in action.routes}


def _truck(folded: Folded, report: TruckReport) -> Truck:
    truck = folded.trucks.get(report.truck)
    if truck is None:
        truck = Truck(report.truck, report.place, report.on_duty, report.skills, report.provenance)
        folded.trucks[report.truck] = truck
    truck.note(report, folded.at)
    return truck


def _job_moved(folded: Folded, case: Case, report: TruckReport) -> None:
    case.found_load |= report.load
    match report.job_state:
        case "accepted" if case.help is HelpState.OFFERED:
            case.help = HelpState.PROMISED
            eta = arrives_at(folded.policy, folded.trucks[report.truck], case.place, folded.at)
            folded.expect(case, eta, case.eta_number + 1)
        case "arrived" if case.help in {HelpState.OFFERED, HelpState.PROMISED}:
            case.help = HelpState.ON_SCENE
            folded.remind(folded.policy.unfinished_s, About.AWAITED, case.case, UNFINISHED)
        case "finished" if case.help is not HelpState.OFFERED or not folded.by_first_rules:
            case.help, case.helped_at = HelpState.DONE, folded.at
        case "declined" if case.help is not HelpState.TOO_LATE:
            _left_in_the_lurch(folded, case, report.truck)
        case "declined" if not folded.by_first_rules:  # it could not be called off any more, and left all the same
            case.help, case.too_late = HelpState.CANCELLED, False
        case "accepted" | "arrived" | "finished" | "declined" | None:
            pass  # it says nothing new
        case _:
            assert_never(report.job_state)


def _left_in_the_lurch(folded: Folded, case: Case, truck: str) -> None:
    """The truck declined: another is wanted."""
    case.help, case.truck, case.eta = HelpState.WAITING, None, None
    case.declined.add(truck)
    folded.asked_again[case.case] = folded.at + folded.policy.retry_tow_s
    folded.remind(folded.policy.retry_tow_s, About.TOW_RETRY, case.case, case.tow_attempt)
    folded.look_after(case)


def _offer(folded: Folded, action: SendTow | ReassignTow) -> None:
    case = folded.cases[action.case]
    if case.truck is not None:
        folded.release(case.truck, action.tow)
        if (
            case.help is HelpState.OFFERED and folded.chosen != case.case
        ):  # it has not answered, and is passed over like one that says no
            case.declined.add(case.truck)
    folded.asked_again.pop(case.case, None)
    case.sent_to, case.sent_for = action.place, action.part
    case.tow_instead = case.tow_instead and action.skill == "tow"
    case.help, case.truck, case.eta, case.place = HelpState.OFFERED, action.truck, action.eta, action.place
    case.tow_attempt = action.attempt if isinstance(action, ReassignTow) else 1
    case.tow_to, case.told_tow_to = action.tow_to or case.tow_to, action.tow_to
    if action.truck in folded.trucks:
        folded.trucks[action.truck].tow = action.tow
    folded.remind(folded.policy.offer_timeout_s, About.OFFER, case.case, case.tow_attempt)
    case.asked_trucks.add(action.truck)
    case.refused.discard(action.truck)
    case.promised_eta = None
    if case.tow_attempt == 1:
        folded.look_after(case)


def _move(folded: Folded, action: MoveTow) -> None:
    case = folded.cases[action.case]
    case.tow_moves, case.sent_for = action.number, action.part
    if not action.metres:
        return
    case.sent_to = action.place
    if folded.version >= TELLS_REST and not is_redirected(action.metres):
        return
    if case.help is HelpState.PROMISED:
        case.told_eta = action.eta if case.told_eta is not None else None
        folded.expect(case, action.eta, case.eta_number + 1)
    case.eta = action.eta


def _adopt(folded: Folded, action: AdoptTow) -> None:
    case = folded.cases[action.case]
    if action.instead_of is not None:
        folded.release(action.instead_of, action.tow)
    case.help = _ADOPTED_AS[action.reason]
    case.truck, case.tow_attempt, case.promised_eta = action.truck, action.attempt, None
    case.told_tow_to = action.tow_to
    if case.care.pinned != action.truck:
        case.care.unpin()
    if folded.version >= TELLS_REST:
        case.sent_to, case.sent_for = action.place, action.part
    case.declined.discard(action.truck)
    case.refused.discard(action.truck)
    truck = folded.trucks.get(action.truck)
    if truck is not None and truck.tow is None and case.help is not HelpState.DONE:
        truck.tow = action.tow
    if case.help is HelpState.ON_SCENE:
        folded.remind(folded.policy.unfinished_s, About.AWAITED, case.case, UNFINISHED)
    if case.help is HelpState.PROMISED:
        folded.expect(case, action.eta, case.eta_number + 1)
    else:  # it is there, or was: nobody expects it any more
        case.eta = action.eta
