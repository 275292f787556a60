"""Reads where the trucks are, and how it stands with the one that goes to a case. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.actions import (
    AdoptTow,
    CancelTow,
    DismissTruck,
    LetTowFinish,
    MoveTow,
    ReassignTow,
    RedirectTow,
    RenewEta,
    SendTow,
    TowAction,
)
from dispatch.core.events import TruckReported
from dispatch.core.ids import case_of_tow
from dispatch.views.case_view import CaseView, HelpView, TruckView
from dispatch.views.reading.known import Known
from gateway.finding import TruckReport


def happened(known: Known, event: TruckReported, at: float) -> None:
    """Read what a truck said."""
    report = event.report
    ends = _shift_end(known.trucks.get(report.truck), report)
    known.trucks[report.truck] = TruckView(
        report.truck, report.place, at, report.on_duty, report.skills, report.job, ends
    )
    sent_to = known.of_truck.get(report.truck)
    if sent_to is not None and sent_to.help is not None and sent_to.help.truck == report.truck:
        sent_to.help.truck_spoke(at)
    case = known.cases.get(case_of_tow(report.job or ""))
    if case is not None and case.help is not None and case.help.truck == report.truck:
        _job_moved(case, case.help, report, at)


def _shift_end(before: TruckView | None, report: TruckReport) -> float | None:
    """Return when the crew goes home: told once, it holds while the truck is on duty."""
    told = before.shift_end if before is not None and report.shift_end is None else report.shift_end
    return told if report.on_duty else None


def _job_moved(case: CaseView, help_: HelpView, report: TruckReport, at: float) -> None:
    match report.job_state:
        case "accepted" if help_.state == "offered":
            help_.state, help_.accepted_at, help_.promised_eta = "promised", at, help_.eta
        case "declined" if help_.state == "too_late" and help_.finished_at is None:
            help_.state = "cancelled"
        case "declined" if help_.under_way:
            help_.state = "declined"
        case "arrived" if help_.state == "cancelled":
            help_.state, help_.arrived_at = "too_late", at
            case.came_too_late()
        case "arrived" if help_.state in {"offered", "promised"}:
            help_.state, help_.arrived_at = "on_scene", at
        case "finished" if help_.finished_at is None and help_.state != "declined":
            help_.finished_at = at
            help_.state = "done" if help_.state != "too_late" else "too_late"
        case "accepted" | "declined" | "arrived" | "finished" | None:
            pass  # it says nothing new
        case _:
            assert_never(report.job_state)


def decided(known: Known, action: TowAction, at: float) -> None:
    """Read what is decided about the truck of a case."""
    match action:
        case SendTow():
            _send(known, action, at)
        case ReassignTow():
            _another_goes(known, action, "offered", at)
        case AdoptTow():
            _adopt(known, action, at)
        case RenewEta() | RedirectTow() | MoveTow() | CancelTow() | LetTowFinish():
            _same_truck(known.cases[action.case].help, action, at)
        case DismissTruck():
            pass  # the timeline has it, and its case may be put away
        case _:
            assert_never(action)


def _same_truck(
    help_: HelpView | None, action: RenewEta | RedirectTow | MoveTow | CancelTow | LetTowFinish, at: float
) -> None:
    """Read what changes for the truck that was sent; ``None``: its being sent was not read."""
    if help_ is None:
        return
    match action:
        case RenewEta():
            help_.late_s, help_.silent_s = action.late_s, action.silent_s
            help_.expect(action.eta, at)
        case RedirectTow():
            help_.tow_to = action.tow_to
        case MoveTow():
            help_.moves = action.number
            help_.expect(action.eta, at)
        case CancelTow():
            help_.state = "cancelled"
        case LetTowFinish():
            help_.state = "too_late"
        case _:
            assert_never(action)


def _send(known: Known, action: SendTow, at: float) -> None:
    known.counts.tows += 1
    case = known.of_truck[action.truck] = known.cases[action.case]
    case.help = HelpView("offered", action.truck, action.eta, at, tow_to=action.tow_to)
    case.help.expect(action.eta, at)


def _another_goes(known: Known, action: ReassignTow | AdoptTow, state: str, at: float) -> None:
    case = known.of_truck[action.truck] = known.cases[action.case]
    if (help_ := case.help) is not None:
        help_.state, help_.truck = state, action.truck
        help_.expect(action.eta, at)
        help_.accepted_at = help_.arrived_at = help_.promised_eta = help_.heard_at = None
        help_.late_s = help_.silent_s = 0.0
        help_.attempts += 1


def _adopt(known: Known, action: AdoptTow, at: float) -> None:
    states = {"accepted": "promised", "arrived": "on_scene", "finished": "done"}
    _another_goes(known, action, states[action.reason], at)
    case = known.cases[action.case]
    if case.care.pinned != action.truck:
        case.care.unpin()
    help_ = case.help
    if help_ is None:
        return
    help_.heard_at = at
    match action.reason:
        case "accepted":
            help_.accepted_at, help_.promised_eta = at, action.eta
        case "arrived":
            help_.arrived_at = at
        case "finished":
            help_.finished_at = at
        case _:
            assert_never(action.reason)
