"""Dispatchers act, and what follows is done. What is not legal changes nothing (``act_rules``). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from dispatch.core.actions import Action
from dispatch.core.acts import (
    ActUndone,
    CallHastened,
    CareAct,
    CaseCancelled,
    CaseRaised,
    CasesMerged,
    ContractorCalled,
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
from dispatch.core.care import LastAct, note_act, note_seen
from dispatch.core.case import Case
from dispatch.core.duties.act_rules import ActRules
from dispatch.core.duties.closing import Closing
from dispatch.core.duties.informing import Informing
from dispatch.core.duties.open_cases import OpenCases
from dispatch.core.duties.places import Places
from dispatch.core.duties.sending import Sending
from dispatch.core.duties.watching import Watching
from dispatch.core.escalation import raised
from dispatch.core.events import CaseReported
from dispatch.core.mutes import Mutes
from dispatch.words import say
from gateway.finding import Place


@dataclass(frozen=True, slots=True)
class Acting:
    """Does what dispatchers want."""

    rules: ActRules
    cases: OpenCases
    mutes: Mutes
    watching: Watching
    informing: Informing
    closing: Closing
    sending: Sending
    places: Places

    def on(self, act: DispatcherEvent, now: float) -> Iterator[Action]:
        """Do it, where it is legal."""
        if self.rules.objection(act, now) is not None:
            return
        self.watching.somebody_is_there(now)
        if isinstance(act, MuteAct):
            self.mutes.note(act, now)
            return
        case = self.cases.by_name[act.case]
        last, seen = case.care.last, case.care.is_seen
        note_act(case.care, act, now, truck=case.truck, place=case.place, near=case.near)
        yield from self._follow(case, act, last, now)
        if not case.closed and not case.care.is_seen and (seen or not isinstance(act, ActUndone)):
            self.watching.begin(case, now, anew=True)

    def corrects(self, event: CaseReported, now: float) -> None:
        """A dispatcher corrects a diagnosis: they have seen the case."""
        case = self.cases.by_name.get(event.corrects)
        if case is not None:
            self.watching.somebody_is_there(now)
            note_seen(case.care, event.by)

    def _follow(self, case: Case, act: OfCase, last: LastAct | None, now: float) -> Iterator[Action]:
        if isinstance(act, CareAct):
            yield from raised(case, "asked_for", act.to) if isinstance(act, CaseRaised) else ()
        elif isinstance(act, HelpAct):
            yield from self._help(case, act, now)
        elif isinstance(act, EndAct):
            yield from self._end(case, act, now)
        elif isinstance(act, CallHastened):
            yield from self.informing.calls.hasten(case, now)
        elif isinstance(act, ActUndone):
            yield from self._undo(case, last, now) if last is not None else ()
        else:
            assert_never(act)

    def _help(self, case: Case, act: HelpAct, now: float) -> Iterator[Action]:
        match act:
            case TruckPinned() | TruckUnpinned():
                yield from self._pinned(case, now)
            case TruckChosen():
                yield from self._send(case, act.truck, now)
            case ContractorCalled():
                yield from self.sending.orders.call(case, act.contractor, now)
                yield from self._pinned(case, now)  # no truck is, any more
            case PlaceCorrected():
                yield from self._place(case, act.place, act.near, now)
            case _:
                assert_never(act)

    def _pinned(self, case: Case, now: float) -> Iterator[Action]:
        yield from self.sending.tows.pinned(case, now, self.sending.shop_of(case))
        yield from self.sending.serve(now)

    def _send(self, case: Case, truck: str, now: float) -> Iterator[Action]:
        yield from self.sending.drop_contractor(case, "our_truck_comes", now) if case.truck is None else ()
        yield from self.sending.tows.choose(case, truck, now, self.sending.shop_of(case))
        yield from self.sending.serve(now)

    def _place(self, case: Case, place: Place, near: str, now: float) -> Iterator[Action]:
        order = case.order
        yield from self.places.corrected(case, place, near, now)
        if order is not None and order.contractor and order.stands and order.partner is not None:
            yield from self.sending.drop_contractor(case, "moved", now)
            yield from self.sending.orders.call(case, order.partner, now)
        yield from self.sending.serve(now)

    def _end(self, case: Case, act: EndAct, now: float) -> Iterator[Action]:
        match act:
            case CaseCancelled():
                yield from self.sending.call_off(case, now, "a dispatcher cancelled it", "cancelled")
                if case.informed or case.notices or case.told_to_stop:  # who knows of nothing is told nothing
                    yield from self.informing.notice(case, say("notice_cancelled", case.language), now)
                yield from self.closing.close(case, "cancelled", now)
            case CasesMerged():
                yield from self._merge(case, self.cases.by_name[act.into], now)
            case _:
                assert_never(act)

    def _merge(self, case: Case, into: Case, now: float) -> Iterator[Action]:
        """One goes on: what the device of the other tells belongs there from now on, and so does whoever rang in about it."""
        episodes = [episode for episode, one in self.cases.of_episode.items() if one is case]
        yield from self.sending.call_off(case, now, f"it is one trouble with {into.case}", "merged")
        yield from self.closing.close(case, "merged", now)
        for episode in episodes:
            self.cases.join(into, episode)
        for call in self.informing.calls.calls.values():
            if call.inbound and call.case == case.case:
                call.case = into.case

    def _undo(self, case: Case, last: LastAct, now: float) -> Iterator[Action]:
        """Do the opposite of the last act; who has the case and what is pinned was brought back."""
        if last.what == TruckChosen.__name__:
            yield from self._send(case, last.truck or "", now)
        elif last.what in {TruckPinned.__name__, TruckUnpinned.__name__}:
            yield from self._pinned(case, now)
        elif last.what == ContractorCalled.__name__:
            yield from self.sending.drop_contractor(case, "undone", now)
            yield from self._pinned(case, now)
        elif last.what == PlaceCorrected.__name__ and last.place is not None:
            yield from self._place(case, last.place, last.near, now)
