"""The whole desk, whatever happens in whatever order: cars, fridges, trucks, agents, suppliers, crashes and upgrades at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dispatch.core.actions import OpenCase, WithdrawRequest
from dispatch.core.case import Case
from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.desk import Desk
from dispatch.core.events import (
    AgentBecameFree,
    AgentLeft,
    BookingAnswered,
    CallConnected,
    CallEnded,
    CaseReported,
    CustomerPhoned,
    DeviceRecovered,
    Event,
    FaultFound,
    OrderAnswered,
    OrderFulfilled,
    Outcome,
    OwnerChanged,
    PlaceChanged,
    ServiceStarted,
    SupplierOpened,
    TruckReported,
    WithdrawalAnswered,
    WorkshopOpened,
)
from dispatch.core.plan.model import Level
from dispatch.core.policy import Policy
from dispatch.core.timers import About
from dispatch.core.transitions import CallState, HelpState
from dispatch.ledger.audit.cases import Cases
from dispatch.ledger.fold import Fold
from dispatch.ledger.pipeline import ControlRoom, Turn
from dispatch.ledger.rows import Pen, Row, read
from dispatch.registers.customers import Customers
from dispatch.views.call_brief import brief_of
from dispatch.views.case_view import CaseView
from dispatch.views.casebook import Casebook
from dispatch.views.partner_requests import Requests
from dispatch.views.snapshot import desk_written, snapshot, take_up
from gateway.devices.registry import Registry
from gateway.finding import (
    Domain,
    Drive,
    Finding,
    Grade,
    Help,
    Place,
    PlaceReport,
    Recovery,
    Remedy,
    Severity,
    TruckReport,
)
from gateway.intake.intake import Intake

START = 1_768_197_600.0
BATTERY = Remedy(Help.ROADSIDE, "battery", 1_200, 1_800)
VISIT = Remedy(Help.TECHNICIAN, "refrigeration", 3_600, 0)
CAR: dict[str, dict[str, Any]] = {
    "pump": {"part": "oil_pump", "remedy": Remedy(Help.TOW, "tow", 900, 7_200)},
    "pump, perhaps": {"part": "oil_pump", "remedy": Remedy(Help.TOW, "tow", 900, 7_200), "grade": Grade.ASK},
    "battery": {"remedy": BATTERY, "drive": Drive.YES, "severity": Severity.MEDIUM},
    "battery, perhaps": {"remedy": BATTERY, "drive": Drive.YES, "grade": Grade.ASK},
    "engine": {"part": "engine", "remedy": Remedy(Help.TALK, "engine", 0, 0), "drive": Drive.TO_WORKSHOP},
    "washer": {"part": "washer", "remedy": Remedy(Help.NOTICE, "", 0, 0), "drive": Drive.YES, "severity": Severity.LOW},
}
FRIDGE: dict[str, dict[str, Any]] = {
    "compressor": {"part": "compressor", "remedy": VISIT},
    "compressor, perhaps": {"part": "compressor", "remedy": VISIT, "grade": Grade.ASK},
    "voltage": {"part": "voltage", "remedy": Remedy(Help.TALK, "refrigeration", 0, 0)},
}
SKILLS = {"t-1": ("battery", "tow"), "t-2": ("battery",), "t-3": ("tow",)}
UNDER_WAY = {HelpState.OFFERED, HelpState.PROMISED, HelpState.ON_SCENE}
TO_BE_MADE = {CallState.QUEUED, CallState.ASSIGNED, CallState.CONNECTED, CallState.RESTING}
CUSTOMERS, TRUCKS, AGENTS = st.integers(0, 1), st.sampled_from(sorted(SKILLS)), st.sampled_from(["agent-1", "agent-2"])
PLACES = st.sampled_from([0.0, 0.0003, 0.0006, 0.005, 0.1])
"""How far north of where it broke down, degrees: there, across the road, around the corner, another town."""


class DeskMachine(RuleBasedStateMachine):
    """A house with two customers who have a car and a fridge each, three trucks, two agents, two workshops, two suppliers."""

    policy = Policy(dial_attempts=2, later_redial_s=300.0, talk_timeout_s=600.0, no_truck_s=900.0)

    def __init__(self) -> None:
        super().__init__()
        self.room = ControlRoom(Intake(Registry([])), Desk(self.policy), Customers([]), Pen())
        self.book, self.requests, self.audit = Casebook(), Requests(), Cases()
        self.rows: list[Row] = []
        self.now, self.count = START, 0
        self.episode: dict[str, int] = {}
        """Device → the number of the episode at hand."""
        self.known: list[str] = []
        """Every case there ever was."""
        self.withdrawn: list[WithdrawRequest] = []

    @initialize(trucks=st.sets(TRUCKS), workshops=st.integers(0, 2))
    def begins(self, trucks: set[str], workshops: int = 2) -> None:
        """Partners open, some trucks are on duty; at night no workshop takes bookings."""
        self._tell(ServiceStarted(DECISIONS_VERSION, self.now))
        for name, north in (("workshop-near", 56.94), ("workshop-far", 57.3))[:workshops]:
            self._tell(WorkshopOpened(name, north, 24.1, "simulated"))
        for name in ("supplier-1", "supplier-2"):
            self._tell(SupplierOpened(name, ("supplies", "technician"), 56.95, 24.1, "simulated"))
        for truck in sorted(trucks):
            self._report(truck, None, None, 0.01, on_duty=True)

    # --- devices -----------------------------------------------------------------------------------------------------

    @rule(
        customer=CUSTOMERS,
        kind=st.sampled_from([*CAR, *FRIDGE]),
        anew=st.booleans(),
        north=PLACES,
        fix=st.sampled_from(["good", "good", "drives", "old", "none"]),
        may_call=st.sampled_from([True, True, True, False]),
    )
    def breaks(self, customer: int, kind: str, north: float, fix: str, *, anew: bool, may_call: bool) -> None:
        """Something breaks, or is diagnosed anew."""
        finding = self._finding(customer, kind, north, fix, anew=anew)
        self._tell(FaultFound(finding, "lv", may_call, may_order=True))

    @rule(customer=CUSTOMERS, kind=st.sampled_from(["car", "fridge"]))
    def recovers(self, customer: int, kind: str) -> None:
        """The device is well again."""
        device = f"volta/{kind}-{customer}"
        self._tell(DeviceRecovered(Recovery(self._key(device), self._episode(device), device, self.now)))

    @rule(customer=CUSTOMERS, north=PLACES, believed=st.sampled_from([True, True, False]))
    def moves(self, customer: int, north: float, *, believed: bool) -> None:
        """The car stands elsewhere, or says so."""
        device = f"volta/car-{customer}"
        place = Place(56.95 + north, 24.10, 8.0, self.now, "gnss")
        self._tell(
            PlaceChanged(PlaceReport(self._key(device), self._episode(device), device, place, "x", self.now, believed))
        )

    @rule(customer=CUSTOMERS, kind=st.sampled_from(["car", "fridge"]))
    def is_sold(self, customer: int, kind: str) -> None:
        """The device belongs to somebody else, of whom nothing is known here."""
        device = f"volta/{kind}-{customer}"
        self._tell(OwnerChanged(device, self._episode(device), "c-of-another-town"))

    # --- people ------------------------------------------------------------------------------------------------------

    @rule(agent=AGENTS, language=st.sampled_from(["lv", "en"]))
    def claims(self, agent: str, language: str) -> None:
        """An agent asks for a call: who was connected has lost theirs."""
        self._tell(AgentBecameFree(agent, (language,), "simulated"))

    @rule(agent=AGENTS)
    def leaves(self, agent: str) -> None:
        """An agent goes, whatever they have in hand."""
        self._tell(AgentLeft(agent))

    @rule(agent=AGENTS)
    def connects(self, agent: str) -> None:
        """Somebody answers."""
        for call in self._held(agent):
            self._tell(CallConnected(call.call, call.attempt, agent))

    @rule(
        agent=AGENTS,
        outcome=st.sampled_from([Outcome.INFORMED, Outcome.INFORMED, Outcome.NO_ANSWER, Outcome.DECLINED_HELP]),
        wants_help=st.sampled_from([None, True, False]),
        north=st.sampled_from([None, 0.0, 0.005]),
        vague=st.booleans(),
    )
    def ends(self, agent: str, outcome: Outcome, *, wants_help: bool | None, north: float | None, vague: bool) -> None:
        """A call is over."""
        for call in self._held(agent):
            where = Place(56.95 + (north or 0.0), 24.1, 2_000.0 if vague else 100.0, self.now, "customer")
            told = None if north is None or outcome is Outcome.NO_ANSWER else where
            says = None if outcome is Outcome.NO_ANSWER or outcome is Outcome.DECLINED_HELP else wants_help
            self._tell(CallEnded(call.call, call.attempt, outcome, told, says, agent))

    @rule(customer=CUSTOMERS)
    def phones(self, customer: int) -> None:
        """A customer rings in, unless they hold the line."""
        name = f"c-{customer}"
        if not any(one.inbound and one.customer == name for one in self.room.desk.standing().calls):
            self.count += 1
            self._tell(CustomerPhoned(f"in/{self.count}", name, "lv", "simulated"))

    @rule(customer=CUSTOMERS)
    def hangs_up(self, customer: int) -> None:
        """A customer is tired of waiting."""
        for call in self.room.desk.standing().calls:
            if call.inbound and call.customer == f"c-{customer}" and call.state is CallState.QUEUED:
                self._tell(CallEnded(call.call, call.attempt, Outcome.ABANDONED))

    @rule(customer=CUSTOMERS, kind=st.sampled_from([*CAR]))
    def is_told_of(self, customer: int, kind: str) -> None:
        """A customer tells of their car on the telephone."""
        self.count += 1
        mine = [call for call in self.room.desk.standing().calls if call.inbound and call.customer == f"c-{customer}"]
        device = f"volta/car-{customer}"
        key = f"{device}/told-{self.count}"
        finding = replace(self._finding(customer, kind, 0.0, "good", anew=False), key=key, episode=key)
        held = [call for call in mine if call.state is CallState.CONNECTED]
        call = (held[0].call, held[0].agent) if held else (None, None)
        self._tell(CaseReported(finding, "lv", may_call=True, may_order=True, call=call[0], agent=call[1]))

    # --- partners ----------------------------------------------------------------------------------------------------

    @rule(
        truck=TRUCKS,
        state=st.sampled_from([None, "accepted", "declined", "arrived", "finished"]),
        which=st.integers(0, 3),
        north=PLACES,
        on_duty=st.sampled_from([True, True, True, False]),
    )
    def drives(self, truck: str, state: Any, which: int, north: float, *, on_duty: bool) -> None:
        """A truck says how it is, of a case that is open, or was."""
        names = self.known[-4:]
        job = f"{names[which % len(names)]}/tow" if names and state else None
        self._report(truck, job, state if job else None, north, on_duty=on_duty)

    @rule(state=st.sampled_from(["accepted", "declined", "arrived", "finished"]), north=PLACES)
    def does_as_asked(self, state: Any, north: float) -> None:
        """The truck that has a job speaks of it."""
        for case in self.room.desk.standing().cases:
            if case.truck is not None and case.help in UNDER_WAY | {HelpState.TOO_LATE}:
                self._report(case.truck, case.tow, state, north, on_duty=True)
                return

    @rule(accepted=st.booleans(), which=st.sampled_from(["booking", "order"]), late=st.booleans())
    def answers(self, which: str, *, accepted: bool, late: bool) -> None:
        """A workshop or a supplier answers what it was asked last, or before."""
        for case in self.room.desk.standing().cases:
            request = case.booking if which == "booking" else case.order
            if request is None or not request.attempt:
                continue
            attempt = max(1, request.attempt - late)
            at = self.now + 3_600 if accepted else None
            kind = BookingAnswered if which == "booking" else OrderAnswered
            self._tell(kind(f"{case.case}/{which}", attempt, accepted, at))

    @rule(which=st.sampled_from(["booking", "order"]), too_late=st.booleans())
    def takes_note(self, which: str, *, too_late: bool) -> None:
        """A partner that was told it is out says that it took note, or comes all the same."""
        asked = [one for one in self.withdrawn if one.request.endswith(which)]
        if asked:
            at = self.now + 1_800 if too_late else None
            self._tell(WithdrawalAnswered(asked[-1].request, asked[-1].attempt, asked[-1].partner, too_late, at))

    @rule()
    def has_been(self) -> None:
        """The technician has been."""
        for case in self.room.desk.standing().cases:
            if case.order is not None and case.order.at is not None:
                self._tell(OrderFulfilled(f"{case.case}/order"))
                return

    # --- time and trouble --------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1.0, 16.0, 61.0, 181.0, 301.0, 901.0, 3_601.0]))
    def time_passes(self, seconds: float) -> None:
        """Alarms ring."""
        self.now += seconds
        self._take(self.room.wake(self.now))

    @rule(seconds=st.sampled_from([5.0, 600.0, 10_800.0]))
    def is_down(self, seconds: float) -> None:
        """The service hears nobody for a while."""
        silent_since, self.now = self.now, self.now + seconds
        self._tell(ServiceStarted(DECISIONS_VERSION, silent_since))

    @rule()
    def restarts(self) -> None:
        """The service goes on from a snapshot."""
        if not self.rows:
            return
        kept = snapshot(desk_written(self.room.desk), self.book, self.requests, self.rows[-1].seq, self.rows[-1].hash)
        desk, book, requests = Desk(self.policy), Casebook(row_of=self._rows_at), Requests()
        assert take_up(kept, desk, book, requests)
        self.room.desk, self.book, self.requests = desk, book, requests

    @rule()
    def is_upgraded(self) -> None:
        """The service goes on from its ledger's rows, without deciding anew: all stands as it stood."""
        fold = Fold(self.policy, version=DECISIONS_VERSION)
        for row in self.rows:
            fold.feed(row)
        desk = Desk(self.policy)
        desk.stand(fold.standing())
        assert _stands(desk) == _stands(self.room.desk)
        self.room.desk = desk

    # --- what holds --------------------------------------------------------------------------------------------------

    @invariant()
    def nothing_twice(self) -> None:
        """No key was decided a second time."""
        assert self.room.decided_twice == 0

    @invariant()
    def one_truck_has_the_job(self) -> None:
        """Whoever has it is bound to it, and nobody is bound to what is another's, or over."""
        standing = self.room.desk.standing()
        jobs = {case.tow: case for case in standing.cases}
        for truck in standing.trucks:
            if truck.tow is not None:
                assert truck.tow in jobs, f"{truck.truck} is bound to a closed case"
                assert jobs[truck.tow].truck == truck.truck, f"{truck.truck} is bound to {truck.tow}, another's"

    @invariant()
    def nobody_is_stranded(self) -> None:
        """Every open case has somebody who comes, somebody who rings, an alarm, or a person who was told of it."""
        standing = self.room.desk.standing()
        alarms = {(one.about, one.case, one.attempt) for one in standing.alarms}
        for case in standing.cases:
            steps = [*self._steps(case, alarms), *self._talks(case)]
            assert steps, f"{case.case} is forgotten: {case.help} {case.call} {case.order} {case.booking}"
            if case.help is HelpState.WAITING:
                idle = [one for one in standing.trucks if one.free and case.skill in one.skills]
                assert all(one.truck in case.declined for one in idle), f"{case.case} waits, {idle} are free"

    @invariant()
    def casebook_and_desk_agree(self) -> None:
        """What people read is what the desk goes by."""
        cases = {case.case: case for case in self.room.desk.standing().cases}
        assert {case.case for case in self.book.open_cases()} == set(cases)
        for name, case in cases.items():
            view = self.book.cases[name]
            assert view.finding == case.finding
            assert _spot(view.place) == _spot(case.place), name
            assert (view.informed_at is not None) == case.informed, name
            self._same_help(case, view)
            for asked, shown in ((case.order, view.order), (case.booking, view.booking)):
                assert (shown.partner if shown else None) == (asked.partner if asked else None)

    @invariant()
    def what_agents_read_is_true(self) -> None:
        """A brief can be made at any time, and says of a truck only what was promised."""
        for name, call in self.book.calls.items():
            if call.state not in {"queued", "assigned", "connected"}:
                continue
            brief = brief_of(self.book, name, self.room.customers, policy=self.policy, now=self.now)
            case = {one.case: one for one in self.room.desk.standing().cases}.get(brief.case or "")
            if case is None:
                continue
            said = " ".join((*brief.say_en, *brief.on_the_way))
            assert ("is on its way" in said) <= (case.help is HelpState.PROMISED), said
            assert "ETA -" not in said

    # --- how it is known ---------------------------------------------------------------------------------------------

    def _steps(self, case: Case, alarms: set[tuple[About, str, int]]) -> list[str]:
        """Return who comes, or what reminds of whoever should."""
        name, found = case.case, []
        if case.help is HelpState.WAITING:
            looks = [attempt for about, of, attempt in alarms if about is About.AWAITED and of == name]
            found += ["waits"] if looks or case.escalated else []
        elif case.help is HelpState.OFFERED:
            found += [about for about in (About.OFFER, About.TOW_RETRY) if (about, name, case.tow_attempt) in alarms]
        elif case.help is HelpState.PROMISED:
            found += ["late"] if (About.LATE, name, case.eta_number) in alarms else []
        elif case.help in {HelpState.ON_SCENE, HelpState.TOO_LATE}:
            found += ["there"]
        elif case.help is HelpState.ASKING:
            found += [reason for reason in case.escalated if reason == "may_not_be_asked"]
        for request, about in ((case.booking, About.BOOKING), (case.order, About.ORDER)):
            if request is not None and not request.settled:
                assert (about, name, request.attempt) in alarms, request
                found += [about]
            elif request is not None and request.at is not None and not request.fulfilled:
                found += ["comes"]
        if case.help in {HelpState.WAITING, *UNDER_WAY}:
            assert set(found) - {About.BOOKING, About.ORDER, "comes"}, (
                f"{name} is {case.help} and nothing reminds of it"
            )
        return found

    def _talks(self, case: Case) -> list[str]:
        made = case.call is not None and case.call.state in TO_BE_MADE
        calls = self.room.desk.standing().calls
        rang_in = any(
            one.inbound and one.customer == case.finding.customer and one.state in TO_BE_MADE for one in calls
        )
        return ["call"] if made or rang_in else []

    def _same_help(self, case: Case, view: CaseView) -> None:
        shown = view.help.state if view.help else "none"
        none = {"none", "declined"}
        if case.help in {HelpState.NONE, HelpState.ASKING, HelpState.WAITING}:
            assert shown in none, (case.help, shown)
        elif case.help is HelpState.CANCELLED:
            assert shown in {*none, "cancelled", "too_late"}, (case.help, shown)
        elif case.too_late:
            assert shown in {"done", "too_late"}, (case.help, shown)
        else:
            assert view.help is not None
            assert (shown, view.help.truck) == (case.help.value, case.truck)

    def _finding(self, customer: int, kind: str, north: float, fix: str, *, anew: bool) -> Finding:
        device = f"volta/{'car' if kind in CAR else 'fridge'}-{customer}"
        if anew or device not in self.episode:
            self.episode[device] = self.count + 1
        old = 3_600.0 if fix == "old" else 0.0
        plain = Finding(
            key=self._key(device),
            episode=self._episode(device),
            device=device,
            domain=Domain.VEHICLE if kind in CAR else Domain.APPLIANCE,
            customer=f"c-{customer}",
            part="battery_12v",
            name="something",
            probability=0.9,
            alternatives=(),
            why=("P0520",),
            severity=Severity.HIGH,
            drive=Drive.STOP_NOW if kind in CAR else Drive.NOT_A_CAR,
            remedy=BATTERY,
            advice="",
            place=None if fix == "none" else Place(56.95 + north, 24.10, 8.0, self.now - old, "gnss", fix == "drives"),
            near="Riga",
            observed_at=self.now,
            provenance="simulated",
            notify=f"volta/phone-{customer}",
        )
        return replace(plain, **(CAR | FRIDGE)[kind])

    def _report(self, truck: str, job: str | None, state: Any, north: float, *, on_duty: bool) -> None:
        self.count += 1
        where = Place(56.95 + north, 24.10, 10.0, self.now, "gnss")
        report = TruckReport(
            f"{truck}/{self.count}", truck, where, on_duty, SKILLS[truck], "simulated", job, state if job else None
        )
        self._tell(TruckReported(report))

    def _held(self, agent: str) -> list[Any]:
        held = {CallState.ASSIGNED, CallState.CONNECTED}
        return [one for one in self.room.desk.standing().calls if one.agent == agent and one.state in held]

    def _key(self, device: str) -> str:
        self.count += 1
        return f"{device}/1-{self.count}"

    def _episode(self, device: str) -> str:
        return f"{device}/1-{self.episode.get(device, 0)}"

    def _rows_at(self, seqs: list[int]) -> list[Row]:
        return [row for row in self.rows if row.seq in set(seqs)]

    def _tell(self, event: Event) -> None:
        self.now += 0.5
        self._take(self.room.tell(event, self.now))

    def _take(self, turn: Turn) -> None:
        for row in turn.rows:
            item = read(row)
            assert not (flaws := list(self.audit.check(item, row.seq))), flaws
            self.rows.append(row)
            self.book.feed(row)
            self.requests.feed(row)
            if isinstance(item, OpenCase):
                self.known.append(item.case)
            elif isinstance(item, WithdrawRequest):
                self.withdrawn.append(item)


def _spot(place: Place | None) -> tuple[float, float, float] | None:
    """Return where it is; that it was seen there once more leaves no row."""
    return None if place is None else (place.latitude, place.longitude, place.accuracy_m)


def _stands(desk: Desk) -> dict[str, Any]:
    """Return how everybody stands, as far as it matters to them."""
    standing = desk.standing()
    cases = {
        case.case: (
            case.help,
            case.truck,
            _spot(case.place),
            case.informed,
            case.declined_help,
            case.too_late,
            case.confirmed,
            case.tow_attempt,
            case.tow_moves,
            case.truck and (_spot(case.sent_to), case.sent_for, case.eta, case.told_eta),
            case.recovered,
            (case.order.attempt, case.order.settled, case.order.at) if case.order else None,
            (case.booking.attempt, case.booking.settled, case.booking.at) if case.booking else None,
        )
        for case in standing.cases
    }
    calls = {call.call: (call.state, call.case, call.agent) for call in standing.calls if call.state in TO_BE_MADE}
    trucks = {truck.truck: truck.tow for truck in standing.trucks}
    return {"cases": cases, "calls": calls, "trucks": trucks}


class PlannedDeskMachine(DeskMachine):
    """The same house, whose trucks go by the plan."""

    policy = replace(DeskMachine.policy, plan=Level.INSERTION, turns_round=True)


DeskMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30)
PlannedDeskMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=30)
TestDesk = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")(DeskMachine.TestCase)
TestPlannedDesk = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")(PlannedDeskMachine.TestCase)


@pytest.mark.parametrize(("truck", "state"), [("t-1", "arrived"), ("t-3", "declined")])
def test_whoever_did_not_answer_stands_in_the_ledger_as_in_the_desk(truck: str, state: str) -> None:
    """The machine found both: the silent one arrives after all; or the one asked instead says no as well."""
    desk = DeskMachine()
    desk.begins(trucks={"t-1", "t-3"})
    desk.is_told_of(customer=0, kind="pump")
    desk.time_passes(seconds=61.0)
    desk.drives(truck=truck, state=state, which=0, north=0.0, on_duty=True)
    desk.is_upgraded()
    desk.nobody_is_stranded()


def test_who_was_cut_off_and_may_not_be_rung_again_counts_as_untold() -> None:
    """The machine found it: the car is sold while they speak, and the agent is lost."""
    desk = DeskMachine()
    desk.begins(trucks=set())
    desk.claims(agent="agent-1", language="lv")
    desk.breaks(customer=0, kind="pump", north=0.0, fix="good", anew=False, may_call=True)
    desk.connects(agent="agent-1")
    desk.is_sold(customer=0, kind="car")
    desk.leaves(agent="agent-1")
    desk.casebook_and_desk_agree()
    desk.is_upgraded()
