"""Reads what dispatchers did. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.acts import CaseNoted, CasesMerged, DeviceMuted, DeviceUnmuted, DispatcherEvent, MuteAct, OfCase
from dispatch.core.care import note_act, note_seen
from dispatch.core.events import CaseReported
from dispatch.ledger.rows import Row
from dispatch.views.case_view import CaseView, MutedView, NoteView
from dispatch.views.reading.known import Known
from gateway.finding import Finding

MOST_NOTES = 200
"""So many of a case are at hand; the timeline has all."""


def happened(known: Known, act: DispatcherEvent, row: Row) -> None:
    """Read what a dispatcher did."""
    if isinstance(act, MuteAct):
        _mute(known, act, row.at)
        return
    case = known.cases.get(act.case)
    if case is not None:
        _done(known, case, act, row)


def corrected(known: Known, event: CaseReported) -> None:
    """Read that a dispatcher corrected a diagnosis."""
    case = known.cases.get(event.corrects)
    if case is not None:
        note_seen(case.care, event.by)


def heard(known: Known, finding: Finding, at: float) -> None:
    """Note what a muted device tells."""
    muted = known.muted.get(finding.device)
    if muted is not None and at < muted.until:
        muted.heard += 1
        muted.parts = tuple(dict.fromkeys((*muted.parts, finding.name)))


def _done(known: Known, case: CaseView, act: OfCase, row: Row) -> None:
    truck = case.help.truck if case.help is not None and case.help.under_way else None
    note_act(case.care, act, row.at, truck=truck, place=case.place, near=case.near)
    if isinstance(act, CaseNoted):
        case.notes = [*case.notes, NoteView(row.at, act.by, act.text)][-MOST_NOTES:]
    if isinstance(act, CasesMerged):
        case.merged_into = act.into
        known.filed.add(act.into, row)


def _mute(known: Known, act: MuteAct, at: float) -> None:
    match act:
        case DeviceMuted():
            known.muted[act.device] = MutedView(act.device, at, act.until, act.by, act.reason)
        case DeviceUnmuted():
            known.muted.pop(act.device, None)
        case _:
            assert_never(act)
