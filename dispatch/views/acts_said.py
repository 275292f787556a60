"""What dispatchers did, as sentences that their colleagues read. Pure."""

from __future__ import annotations

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
    PlaceCorrected,
    TruckChosen,
    TruckPinned,
    TruckUnpinned,
)
from dispatch.views.durations import clock, waited

_SAME_S = 30.0
"""Trucks that arrive so close to each other arrive together."""
_WHAT = {
    "CaseAcknowledged": "having seen it",
    "CaseTaken": "taking it",
    "CaseHandedOver": "handing it over",
    "CaseLetGo": "letting it go",
    "TruckPinned": "pinning a truck",
    "TruckUnpinned": "unpinning its truck",
    "TruckChosen": "sending another truck",
    "ContractorCalled": "asking the contractor",
    "PlaceCorrected": "the place",
}


def person(by: str | None) -> str:
    """Return how colleagues call whoever did it."""
    return (by or "somebody").removeprefix("user/")


def act_said(act: DispatcherEvent, at: float) -> str:
    """Say what a dispatcher did at ``at``, POSIX seconds, and why."""
    over = ", though it is another's" if not isinstance(act, MuteAct) and act.takes_over else ""
    why = f": {act.reason}" if act.reason else ""
    return f"{person(act.by)} {_did(act, at)}{over}{why}"


def _did(act: DispatcherEvent, at: float) -> str:
    if isinstance(act, CareAct):
        return _care(act)
    if isinstance(act, HelpAct):
        return _help(act)
    if isinstance(act, EndAct):
        return _end(act)
    if isinstance(act, MuteAct):
        return _muted(act, at)
    if isinstance(act, CallHastened):
        return "wants the customer rung now"
    if isinstance(act, ActUndone):
        return f"takes back {_WHAT.get(act.what, act.what)}"
    assert_never(act)


def _care(act: CareAct) -> str:
    match act:
        case CaseAcknowledged():
            return "has seen it"
        case CaseTaken():
            return "takes the case"
        case CaseHandedOver():
            return f"hands the case over to {person(act.to)}"
        case CaseLetGo():
            return "lets the case go"
        case CaseNoted():
            return f"notes: {act.text}"
        case CaseRaised():
            return f"wants the {act.to} to look at it"
        case _:
            assert_never(act)


def _help(act: HelpAct) -> str:
    match act:
        case TruckPinned():
            return f"pins {act.truck} to the case"
        case TruckUnpinned():
            return "unpins its truck: any may go"
        case TruckChosen():
            return _sent(act)
        case ContractorCalled():
            return f"asks the contractor {act.contractor}"
        case PlaceCorrected():
            return f"says where it is, {act.near} (±{act.place.accuracy_m:.0f} m)"
        case _:
            assert_never(act)


def _sent(act: TruckChosen) -> str:
    if act.instead_of is None:
        return f"sends {act.truck}"
    if abs(act.sooner_s) < _SAME_S:
        return f"sends {act.truck} instead of {act.instead_of}, which would be there at the same time"
    by = f"{'nearer' if act.sooner_s > 0 else 'further'} by {waited(abs(act.sooner_s))}"
    return f"sends {act.truck} instead of {act.instead_of}, {by}"


def _end(act: EndAct) -> str:
    match act:
        case CasesMerged():
            return f"merges {act.case} into {act.into}, which goes on"
        case CaseCancelled():
            return "cancels the case"
        case _:
            assert_never(act)


def _muted(act: MuteAct, at: float) -> str:
    match act:
        case DeviceMuted():
            return f"mutes {act.device} until {clock(act.until, at)}"
        case DeviceUnmuted():
            return f"hears {act.device} again"
        case _:
            assert_never(act)
