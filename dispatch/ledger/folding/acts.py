"""What dispatchers did. Pure; what was decided about it stands in rows of its own."""

from __future__ import annotations

from dispatch.core.acts import ActUndone, CasesMerged, DispatcherEvent, MuteAct, OfCase, PlaceCorrected, TruckChosen
from dispatch.core.care import note_act, note_seen
from dispatch.core.case import Case
from dispatch.core.events import CaseReported
from dispatch.core.transitions import HelpState
from dispatch.ledger.folding.folded import Folded


def happened(folded: Folded, act: DispatcherEvent) -> None:
    """Fold what a dispatcher did."""
    somebody_is_there(folded)
    if isinstance(act, MuteAct):
        folded.mutes.note(act, folded.at)
        return
    case = folded.cases.get(act.case)
    if case is not None:
        _done(folded, case, act)


def corrected(folded: Folded, event: CaseReported) -> None:
    """Fold that a dispatcher corrected a diagnosis; a row says what changed by it."""
    case = folded.cases.get(event.corrects)
    if case is not None:
        somebody_is_there(folded)
        note_seen(case.care, event.by)


def somebody_is_there(folded: Folded) -> None:
    """A dispatcher acts: from the first time on, they are expected to see what is open."""
    if not folded.manned:
        folded.manned = True
        for case in folded.cases.values():
            folded.begin_watch(case)


def _done(folded: Folded, case: Case, act: OfCase) -> None:
    last = case.care.last
    note_act(case.care, act, folded.at, truck=case.truck, place=case.place, near=case.near)
    if isinstance(act, CasesMerged):
        folded.merging[act.case] = act.into
    changes_truck = isinstance(act, ActUndone) and last is not None and last.what == TruckChosen.__name__
    if isinstance(act, TruckChosen) or changes_truck:
        folded.chosen = act.case
        case.declined.discard(act.truck if isinstance(act, TruckChosen) else last.truck or "" if last else "")
    moved = isinstance(act, ActUndone) and last is not None and last.what == PlaceCorrected.__name__
    if (isinstance(act, PlaceCorrected) or moved) and case.help is HelpState.ASKING and not case.asks_first:
        case.help = HelpState.WAITING
        folded.look_after(case)
    if not case.care.is_seen:
        folded.begin_watch(case, anew=True)
