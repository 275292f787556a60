"""The whole desk with two dispatchers at it, who act on the same cases in any order, by what they saw last.

Nothing is done twice, nothing is lost, what is refused changes nothing, and what is undone stands as before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from dispatch.core.actions import SendTow
from dispatch.core.acts import (
    ActUndone,
    CallHastened,
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
    PlaceCorrected,
    TruckChosen,
    TruckPinned,
    TruckUnpinned,
)
from dispatch.core.case import Case
from dispatch.core.desk import Desk
from dispatch.core.events import CaseReported, SupplierOpened
from dispatch.core.objections import Ground
from dispatch.core.plan.model import Level
from dispatch.core.timers import About
from dispatch.core.transitions import HelpState
from dispatch.ledger.rows import read
from dispatch.ledger.versions import CONTRADICTS_NOTHING
from dispatch.views.case_view import CaseView
from dispatch.views.timeline import line
from gateway.finding import Domain, Grade, Place
from tests.dispatch.test_desk_machine import CAR, CUSTOMERS, FRIDGE, TRUCKS, DeskMachine

DISPATCHERS = st.sampled_from(["user/anna", "user/bob"])
WHICH = st.integers(0, 3)
CONTRACTORS = ["towing-1", "towing-2"]
PLAIN = {
    "acknowledge": CaseAcknowledged,
    "take": CaseTaken,
    "let go": CaseLetGo,
    "unpin": TruckUnpinned,
    "cancel": CaseCancelled,
    "call now": CallHastened,
}


class ActsMachine(DeskMachine):
    """The house of ``DeskMachine``, with two dispatchers and two contractors."""

    def __init__(self) -> None:
        super().__init__()
        self.looked: dict[tuple[str, str], int] = {}
        """What each dispatcher saw of a case when they looked at it last: its version."""
        self.refs = 0

    # --- what they do --------------------------------------------------------------------------------------------------

    @initialize()
    def contractors_open(self) -> None:
        """Partners tow, too."""
        for name in CONTRACTORS:
            self._tell(SupplierOpened(name, ("tow",), 56.95, 24.1, "simulated"))

    @rule(customer=CUSTOMERS, kind=st.sampled_from(["battery", "pump"]))
    def breaks_down(self, customer: int, kind: str) -> None:
        """A car stands still, and its place is known: what most acts are about."""
        self.breaks(customer=customer, kind=kind, north=0.0, fix="good", anew=True, may_call=True)

    @rule(by=DISPATCHERS)
    def looks(self, by: str) -> None:
        """A dispatcher sees how all cases stand."""
        for name, view in self.book.cases.items():
            self.looked[by, name] = view.version

    @rule(by=DISPATCHERS, which=WHICH, what=st.sampled_from(sorted(PLAIN)), over=st.booleans())
    def does(self, by: str, which: int, what: str, *, over: bool) -> None:
        """Something that is about the case alone."""
        self._act(by, which, PLAIN[what], takes_over=over)

    @rule(by=DISPATCHERS, which=WHICH, to=DISPATCHERS)
    def hands_over(self, by: str, which: int, to: str) -> None:
        """To the other, or to themselves."""
        self._act(by, which, CaseHandedOver, to=to)

    @rule(by=DISPATCHERS, which=WHICH)
    def notes(self, by: str, which: int) -> None:
        """A note is never stale."""
        self._act(by, which, CaseNoted, text="they rang")

    @rule(by=DISPATCHERS, which=WHICH, to=st.sampled_from(["dispatchers", "supervisors"]))
    def asks_others(self, by: str, which: int, to: Any) -> None:
        """To look at it."""
        self._act(by, which, CaseRaised, to=to)

    @rule(by=DISPATCHERS, which=WHICH, truck=TRUCKS, kind=st.sampled_from([TruckPinned, TruckChosen]))
    def wants_a_truck(self, by: str, which: int, truck: str, kind: Any) -> None:
        """This one."""
        self._act(by, which, kind, truck=truck)

    @rule(by=DISPATCHERS, which=WHICH, name=st.sampled_from(CONTRACTORS))
    def calls_a_contractor(self, by: str, which: int, name: str) -> None:
        """That one."""
        self._act(by, which, ContractorCalled, contractor=name)

    @rule(by=DISPATCHERS, which=WHICH, north=st.sampled_from([0.0, 0.004, 0.2]), vague=st.booleans())
    def says_where(self, by: str, which: int, north: float, *, vague: bool) -> None:
        """It is there, more or less."""
        place = Place(56.95 + north, 24.1, 2_000.0 if vague else 50.0, self.now, "dispatcher")
        self._act(by, which, PlaceCorrected, place=place, near="there")

    @rule(by=DISPATCHERS, which=WHICH, number=st.integers(0, 5), unsure=st.booleans())
    def corrects(self, by: str, which: int, number: int, *, unsure: bool) -> None:
        """It is another part of that device."""
        case = self._case(which)
        if case is None:
            return
        parts = list((CAR if case.finding.domain is Domain.VEHICLE else FRIDGE).values())
        self.refs += 1
        grade = Grade.ASK if unsure else Grade.ACT
        finding = replace(
            case.finding,
            key=f"{case.finding.device}/told-r{self.refs}",
            **{"grade": grade} | parts[number % len(parts)],
        )
        made = CaseReported(finding, "lv", may_call=True, may_order=True, by=by, corrects=case.case)
        self._do(made, self.looked.get((by, case.case)))

    @rule(by=DISPATCHERS, which=WHICH, other=WHICH)
    def merges(self, by: str, which: int, other: int) -> None:
        """Two cases, of which one goes on."""
        into = self._case(other)
        self._act(by, which, CasesMerged, into=into.case if into is not None else "x/y/1-1")

    @rule(by=DISPATCHERS, customer=CUSTOMERS, seconds=st.sampled_from([60.0, 3_600.0, None]))
    def mutes(self, by: str, customer: int, seconds: float | None) -> None:
        """A car, or hears it again."""
        device, self.refs = f"volta/car-{customer}", self.refs + 1
        common = {"device": device, "ref": f"r-{self.refs}", "by": by}
        self._do(DeviceUnmuted(**common) if seconds is None else DeviceMuted(**common, until=self.now + seconds), None)

    @precondition(lambda self: any(one.care.last for one in self.room.desk.standing().cases))
    @rule()
    def undoes_at_once(self) -> None:
        """What was done last is taken back by whoever did it: whose it is, what is pinned, who has seen it, is as before."""
        for case in self.room.desk.standing().cases:
            last = case.care.last
            if last is None:
                continue
            self.refs += 1
            undo = ActUndone(case=case.case, ref=f"r-{self.refs}", by=last.by, act=last.ref, what=last.what)
            objection = self._do(undo, None)
            if objection is None and case.case in self._open():
                stood = self._open()[case.case].care.stood
                assert replace(stood, pinned=None) == replace(last.stood, pinned=None)
                assert stood.pinned in {None, last.stood.pinned}  # the truck that was pinned may be of no use by now
            return

    # --- what holds ----------------------------------------------------------------------------------------------------

    @invariant()
    def one_tow_for_a_case(self) -> None:
        """Whoever sends whomever."""
        sent = [said.case for row in self.rows if isinstance(said := read(row), SendTow)]
        assert len(sent) == len(set(sent))

    @invariant()
    def people_and_desk_agree(self) -> None:
        """What is shown of a case is what the desk goes by."""
        for name, case in self._open().items():
            view = self.book.cases[name]
            assert view.care.stood == case.care.stood, name
            assert (view.care.last and view.care.last.ref) == (case.care.last and case.care.last.ref), name
            assert view.version <= self.book.last_seq

    @invariant()
    def a_pinned_truck_is_kept(self) -> None:
        """Nobody else has the job of a case that a truck is pinned to, and no two cases wait for one truck."""
        pinned = [case for case in self._open().values() if case.care.pinned]
        for case in pinned:
            assert case.truck in {None, case.care.pinned}, case.case
        waiting = [case.care.pinned for case in pinned if case.help is HelpState.WAITING]
        assert len(waiting) == len(set(waiting))

    @invariant()
    def what_is_shown_can_be_read(self) -> None:
        """Each row has its sentence."""
        for row in self.rows[-3:]:
            assert line(row).what

    def _same_help(self, case: Case, view: CaseView) -> None:
        if case.help is HelpState.CONTRACTED:
            assert view.order is not None
            assert (view.order.what, view.order.state) in {("tow", "accepted"), ("tow", "too_late")}
            assert view.help is None or not view.help.under_way
        elif case.help is HelpState.DONE and case.truck is None:
            assert view.order is not None
            assert (view.order.what, view.order.state) == ("tow", "fulfilled")
        else:
            super()._same_help(case, view)

    def _steps(self, case: Case, alarms: set[tuple[About, str, int]]) -> list[str]:
        return ["a contractor comes"] if case.help is HelpState.CONTRACTED else super()._steps(case, alarms)

    # --- how it is done ------------------------------------------------------------------------------------------------

    def _open(self) -> dict[str, Case]:
        return {case.case: case for case in self.room.desk.standing().cases}

    def _case(self, which: int) -> Case | None:
        found = self.room.desk.standing().cases
        return found[which % len(found)] if found else None

    def _act(self, by: str, which: int, kind: Any, **more: Any) -> None:
        case = self._case(which)
        if case is not None:
            self.refs += 1
            if self.refs % 3:  # mostly they look before they act
                self.looks(by=by)
            self._do(kind(case=case.case, ref=f"r-{self.refs}", by=by, **more), self.looked.get((by, case.case)))

    def _do(self, made: Any, seen: int | None) -> Ground | None:
        self.now += 0.5
        name = getattr(made, "corrects", None) or getattr(made, "case", None)
        before = self.book.cases[name].version if name else 0
        turn = self.room.tell(made, self.now, seen)
        rang = [row for row in turn.rows if row.cause is None and read(row) != made]
        self._take(turn)
        if turn.objection is not None:
            assert len(turn.rows) == len(rang), "what is refused changes nothing"
        elif seen is not None and name is not None and not isinstance(made, CONTRADICTS_NOTHING):
            changed_first = any(row.case == name for row in rang)
            assert seen >= before or changed_first, "who had not seen the last change was heard"
        return turn.objection.ground if turn.objection is not None else None


class PlannedActsMachine(ActsMachine):
    """The same house, whose desk plans."""

    def __init__(self) -> None:
        super().__init__()
        self.policy = replace(self.policy, plan=Level.INSERTION, turns_round=True)
        self.room.desk = Desk(self.policy)

    @invariant()
    def nobody_is_stranded(self) -> None:
        """Who waits while a truck is free waits for another that the plan has for them."""


PlannedActsMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=30)
TestPlannedActs = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")(PlannedActsMachine.TestCase)
ActsMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30)
TestActs = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")(ActsMachine.TestCase)


def test_who_waits_again_for_a_contractor_that_is_out_is_shown_to_wait() -> None:
    """A truck is called off as a contractor comes, and the contractor as the car stands elsewhere: nobody comes by now."""
    desk = ActsMachine()
    desk.begins(trucks={"t-1"})
    desk.contractors_open()
    desk.breaks_down(customer=0, kind="battery")
    desk.calls_a_contractor("user/anna", 0, "towing-1")
    desk.answers(which="order", accepted=True, late=False)
    (view,) = desk.book.open_cases()
    assert view.order is not None
    assert (view.order.state, view.help and view.help.state) == ("accepted", "cancelled")
    desk.drives(truck="t-1", state=None, which=0, north=0.0, on_duty=False)
    desk.says_where("user/anna", 0, 0.2, vague=False)
    (case,) = desk.room.desk.standing().cases
    assert case.help is HelpState.WAITING
    assert view.help is not None
    assert view.help.state == "declined", "another truck is looked for"
    assert view.awaits_truck
    desk.casebook_and_desk_agree()


def test_no_workshop_is_open_and_an_upgrade_knows_as_much() -> None:
    """Nobody was asked for a slot, so there is no booking: neither at the desk nor in what its rows tell."""
    desk = ActsMachine()
    desk.begins(trucks={"t-1"}, workshops=0)
    desk.breaks_down(customer=0, kind="pump")
    desk.is_upgraded()
    (case,) = desk.room.desk.standing().cases
    assert case.booking is None
    assert desk.book.cases[case.case].booking is None
