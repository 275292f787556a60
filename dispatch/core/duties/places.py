"""A case goes by the best place that was told, and help is sent there. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dispatch.core.actions import Action, MoveCase
from dispatch.core.case import Case
from dispatch.core.case_place import Choice, apart, choose, same_spot
from dispatch.core.duties.open_cases import OpenCases
from dispatch.core.duties.sending import Sending
from dispatch.core.events import PlaceChanged
from dispatch.core.transitions import HelpState
from gateway.finding import Place


@dataclass(frozen=True, slots=True)
class Places:
    """Where cases are."""

    cases: OpenCases
    sending: Sending

    def changed(self, event: PlaceChanged, now: float) -> Iterator[Action]:
        """The device stands elsewhere. A jump that nobody believes yet moves nothing; the row says that it was told."""
        case, report = self.cases.of_episode.get(event.report.episode), event.report
        if case is not None and report.believed and self.cases.follows(report.episode):
            yield from self.told(case, report.place, report.near, now)

    def told(self, case: Case, place: Place, near: str, now: float) -> Iterator[Action]:
        """Whoever told it: the case goes by the better place, and help is sent there, or sent on."""
        yield from self.go_by_better(case, place, near, now)
        if case.help is HelpState.ASKING:
            yield from self.sending.send(case, now)
        yield from self.sending.move_truck(case, now)

    def corrected(self, case: Case, place: Place, near: str, now: float) -> Iterator[Action]:
        """A dispatcher says where it is: help is sent there, or sent on."""
        moved = None if case.place is None else round(apart(case.place, place), 1)
        case.place, case.near, case.places = place, near, case.places + 1
        yield MoveCase(case.case, case.places, place, near, moved)
        yield from self.sending.send_where_told(case, now)

    @staticmethod
    def go_by_better(case: Case, told: Place, near: str, now: float) -> Iterator[Action]:
        """Choose between the place a case went by and the one that is told; ``near``: that one in words."""
        before, revised = case.place, told is case.finding.place
        settled = case.care.stood.place_is_told and told.source != "customer"
        choice = Choice(before) if settled and before is not None else choose(before, told, now)
        case.place = choice.place
        case.near = case.near if choice.place is before else near
        shown = told if revised else before
        if choice.overruled is None and same_spot(shown, choice.place) and same_spot(before, choice.place):
            return
        case.places += 1
        moved = None if before is None else round(apart(before, choice.place), 1)
        yield MoveCase(case.case, case.places, choice.place, case.near, moved, choice.overruled)
