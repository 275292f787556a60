"""Reads what is broken, where it is, and what becomes of the case. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.actions import CaseAction, CloseCase, EscalateCase, MoveCase, OpenCase, ReviseCase
from dispatch.core.events import CaseReported, DeviceEvent, DeviceRecovered, FaultFound, OwnerChanged, PlaceChanged
from dispatch.ledger.rows import Row
from dispatch.views.case_view import CaseView, EscalationView
from dispatch.views.contact import Contact
from dispatch.views.reading import acts
from dispatch.views.reading.known import Known, Teller
from gateway.places.place_names import gazetteer


def happened(known: Known, event: DeviceEvent, row: Row) -> None:
    """Read what a device or a person told."""
    match event:
        case FaultFound():
            _found(known, event, row)
        case CaseReported():
            _found(known, event, row)
            call = known.calls.get(event.call or "")
            known.teller = Teller(call, row.at) if call is not None and call.state == "connected" else None
        case DeviceRecovered():
            _recovered(known, event, row.at)
        case PlaceChanged() | OwnerChanged():
            pass  # what the case goes by from then on is decided
        case _:
            assert_never(event)


def decided(known: Known, action: CaseAction, at: float) -> None:
    """Read what becomes of a case."""
    match action:
        case OpenCase():
            _open(known, action, at)
        case ReviseCase():
            _revise(known, action)
        case MoveCase():
            _move(known, action)
        case CloseCase():
            case = known.cases[action.case]
            case.closed_at, case.close_reason = at, action.reason
            case.care.last = None
            known.over[action.case] = None
            if case.merged_into is not None:
                _goes_on(known, case.case, case.merged_into)
        case EscalateCase():
            known.counts.escalated += 1
            case = known.cases[action.case]
            case.escalated = (*(one for one in case.escalated if one != action.reason), action.reason)
            case.escalations.append(EscalationView(at, action.reason, action.to))
            if action.reason == "pin_not_kept":
                case.care.unpin()
        case _:
            assert_never(action)


def _goes_on(known: Known, case: str, into: str) -> None:
    """What belonged to a case belongs to the one that it was merged into."""
    for episode in [episode for episode, name in known.of_episode.items() if name == case]:
        known.of_episode[episode] = into
    for call in known.calls.values():
        if call.direction == "inbound" and call.case == case and call.ended_at is None:
            call.case = into


def _found(known: Known, event: FaultFound | CaseReported, row: Row) -> None:
    known.counts.findings += 1
    known.teller = None
    known.findings.note(row, event)
    if isinstance(event, FaultFound):
        acts.heard(known, event.finding, row.at)
    elif event.corrects:
        acts.corrected(known, event)


def _recovered(known: Known, event: DeviceRecovered, at: float) -> None:
    case = known.cases.get(known.of_episode.get(event.recovery.episode, ""))
    if case is not None and event.recovery.episode == case.finding.episode:
        case.recovered_at = at


def _open(known: Known, action: OpenCase, at: float) -> None:
    found = known.findings.behind(action)
    finding = found.finding
    known.counts.cases += 1
    known.belongs_to(action.case, found)
    case = CaseView(action.case, action.customer, action.device, action.provenance, at, finding)
    case.place, case.near = finding.place, finding.near
    known.cases[action.case] = case
    teller = known.teller
    if teller is not None:
        case.informed_at = teller.at
        teller.call.case = case.case
        known.is_about(teller.call, case.case)
        case.set_contact(Contact.SPEAKING, at)


def _revise(known: Known, action: ReviseCase) -> None:
    found = known.findings.behind(action)
    known.belongs_to(action.case, found)
    known.cases[action.case].revise(found.finding, besides=action.changed == ("also",))


def _move(known: Known, action: MoveCase) -> None:
    case = known.cases[action.case]
    case.place, case.overruled = action.place, action.overruled
    case.near = action.near or gazetteer().near(action.place.latitude, action.place.longitude)
