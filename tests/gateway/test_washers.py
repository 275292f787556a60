"""What a washing machine's reports come to: alarms, what is usual for it, programmes that went well, and leaks, which ring."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.core.actions import AssignCall, OpenCase, PlaceOrder, QueueCall, SendNotice
from dispatch.core.desk import Desk
from dispatch.core.events import AgentBecameFree, SupplierOpened
from dispatch.core.policy import Policy
from dispatch.core.quiet_hours import QuietHours
from dispatch.engine.driver import Driver
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen
from dispatch.registers.customers import Customer, Customers
from dispatch.store.journal import Journal
from dispatch.words.parts import message, part_in
from dispatch.words.phrases import LANGUAGES, phrases, say
from gateway.conclude.report import Diagnosed
from gateway.contract.asyncapi import asyncapi
from gateway.contract.messages import parse_event
from gateway.contract.page import html
from gateway.contract.refusals import Refused
from gateway.contract.schemas import json_schemas
from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twin_text import read_twin, write_twin
from gateway.diagnosis.catalogue import catalogue
from gateway.finding import Conclusion, Domain, Finding, Grade, Help, Recovery, Severity
from gateway.intake.human_report import HumanReport, finding_of
from gateway.intake.intake import Intake
from gateway.kinds.registry import kinds
from gateway.kinds.washer.features import KNOWLEDGE
from gateway.kinds.washer.memory import RESTARTS, WasherMemory
from gateway.kinds.washer.messages import WasherAlarm
from gateway.links.handover.delivery import Delivery

DEVICE, BEGINS = "laveta/washer-1", 1_768_197_600.0
TOPIC = f"callahead/v1/{DEVICE}/event"
NIGHT = datetime.fromisoformat("2026-01-13T02:10:00+02:00").timestamp()
RECORD = DeviceRecord(DEVICE, "washer", "c-1", "simulated", "", "", 56.9, 24.2)
STATE, PHASE, ERROR = "OperationalState.OperationalState", "Callahead.WashPhase", "OperationalState.OperationalError"
SOUND = {
    "BooleanState.StateValue": False, "Callahead.DoorLocked": True, "Callahead.LockTries": 1, "Callahead.WaterLevel": 60.0,
    "Callahead.Inflow": 8.0, "Callahead.InletValveCurrent": 0.04, "Callahead.FillSeconds": 90, "Callahead.DrainSeconds": 40,
    "Callahead.DrainPumpCurrent": 0.28, "Callahead.HeatingRate": 2.0, "Callahead.HeaterCurrent": 8.5,
    "Callahead.HeaterIdleCurrent": 0.0, "Callahead.DrumSpeed": 1200, "Callahead.DrumSpeedWanted": 1200,
    "Callahead.MotorCurrent": 1.4, "Callahead.MotorTemperature": 5200, "Callahead.Vibration": 4.0, "Callahead.Imbalance": 0.2,
    "TemperatureMeasurement.MeasuredValue": 3900, "TemperatureControl.TemperatureSetpoint": 4000,
}  # fmt: skip
PHASES = ("Lock", "Fill", "Heat", "Wash", "Drain", "Rinse", "Drain", "Spin")


def sent(seq: int, at: float, attributes: dict[str, Any], alarms: tuple[str, ...] = (), boot: int = 1) -> bytes:
    """Return an event as it goes over the wire."""
    event = {
        "specversion": "1.0", "type": f"callahead.washer.{'fault' if alarms else 'status'}.v1", "source": f"/{DEVICE}",
        "id": f"{boot}-{seq}", "time": datetime.fromtimestamp(at, UTC).isoformat(), "provenance": "simulated",
        "data": {"attributes": attributes, **({"alarms": alarms} if alarms else {})},
    }  # fmt: skip
    return json.dumps(event).encode()


@dataclass
class Home:
    """One machine that tells each phase, and what was concluded."""

    now: float = BEGINS
    boot: int = 1
    seq: int = 0
    heard: list[Conclusion] = field(default_factory=list)
    diagnosed: list[Diagnosed] = field(default_factory=list)
    intake: Intake = field(init=False)

    def __post_init__(self) -> None:
        """Register it."""
        self.intake = Intake(Registry([RECORD]), explained=lambda _d, _s, found: self.diagnosed.append(found))

    def tell(self, phase: str, *alarms: str, state: str = "Running", **changed: Any) -> tuple[Conclusion, ...]:
        """Report now; ``changed`` names what stands behind the dot, ``None`` leaves it out."""
        self.seq, self.now = self.seq + 1, self.now + 300
        short = {name.rpartition(".")[2]: name for name in SOUND}
        readings = {**SOUND, **{short.get(name, name): value for name, value in changed.items()}}
        failed = {"Error": "UnableToStartOrResume" if phase == "Lock" else "UnableToCompleteOperation"}
        readings |= {PHASE: phase, STATE: state, ERROR: failed.get(state, "NoError")}
        told = {name: value for name, value in readings.items() if value is not None}
        verdict = self.intake.receive(TOPIC, sent(self.seq, self.now, told, alarms, self.boot), self.now)
        assert verdict.refusal is None, verdict.refusal
        self.heard += verdict.conclusions
        return verdict.conclusions

    def wash(self, **changed: Any) -> None:
        """Let a whole programme go by."""
        for phase in PHASES:
            self.tell(phase, **changed)
        self.tell("Idle", state="Stopped", **changed)

    @property
    def best(self) -> str:
        """The likeliest answer of the last diagnosis."""
        return self.diagnosed[-1].ranking.best

    @property
    def findings(self) -> list[Finding]:
        """Everything that dispatch was told."""
        return [one for one in self.heard if isinstance(one, Finding)]


@pytest.fixture
def home() -> Home:
    """Return a machine that has washed twice, and well."""
    machine = Home()
    machine.wash()
    machine.wash()
    assert (machine.heard, machine.diagnosed) == ([], [])
    return machine


# --- what it concludes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phase", "alarm", "changed", "part", "help_"),
    [
        ("Fill", "InflowError", {"Inflow": 0.0, "InletValveCurrent": 0.0, "FillSeconds": 420}, "inlet_valve", Help.TECHNICIAN),
        ("Fill", "InflowError", {"Inflow": 0.0, "FillSeconds": 420, "HeatingRate": None}, "tap_closed", Help.NOTICE),
        ("Drain", "DrainError", {"DrainPumpCurrent": 0.15, "DrainSeconds": 240}, "drain_filter", Help.NOTICE),
        ("Drain", "DrainError", {"DrainPumpCurrent": 0.5, "DrainSeconds": 240}, "drain_pump", Help.TECHNICIAN),
        ("Lock", "DoorError", {"LockTries": 4, "DoorLocked": False}, "door_interlock", Help.TECHNICIAN),
        ("Wash", "TempTooLow", {"HeaterCurrent": 0.0, "HeatingRate": 0.0}, "wash_heater", Help.TECHNICIAN),
        ("Wash", "TempTooHigh", {"HeaterIdleCurrent": 8.4}, "heater_relay", Help.TECHNICIAN),
        ("Wash", "MotorFault", {"MotorCurrent": 0.3, "DrumSpeed": 0, "DrumSpeedWanted": 50}, "wash_motor", Help.TECHNICIAN),
        ("Fill", "WaterLevelError", {"WaterLevel": 20.0, "FillSeconds": 300}, "level_sensor", Help.TECHNICIAN),
        ("Spin", "Unbalanced", {"Vibration": 24.0, "Imbalance": 0.15}, "tub_dampers", Help.TECHNICIAN),
        ("Spin", "Unbalanced", {"Vibration": 24.0, "Imbalance": 1.2}, "unbalanced_load", Help.NOTICE),
        ("Wash", "SensorFault", {"MeasuredValue": None}, "wash_probe", Help.TECHNICIAN),
    ],
)  # fmt: skip
def test_look_alikes_are_told_apart(  # noqa: PLR0917 - a row of the table each
    home: Home, phase: str, alarm: str, changed: dict[str, Any], part: str, help_: Help
) -> None:
    """By what the same alarm comes with."""
    (found,) = home.tell(phase, alarm, state="Error", **changed)
    assert isinstance(found, Finding)
    assert (found.part, found.remedy.help, found.kind, found.domain) == (part, help_, "washer", Domain.APPLIANCE)
    assert found.why
    assert found.remedy.skill == "laundry"


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"MotorCurrent": 0.42}, "drum_belt"),
        ({"MotorCurrent": 2.3, "Vibration": 10.0, "MotorTemperature": 9100}, "drum_bearing"),
    ],
)
def test_what_a_machine_does_not_complain_of_is_found_in_its_readings(
    home: Home, changed: dict[str, Any], part: str
) -> None:
    """Against what is usual for this machine; and told once."""
    home.wash(**changed)
    assert {one.part for one in home.findings} == {part}
    assert len({one.episode for one in home.findings}) == 1


def test_a_single_odd_alarm_is_over_once_a_programme_went_well(home: Home) -> None:
    """Its episode ends, and the last diagnosis says that nothing broke."""
    home.tell("Drain", "ControlFault")
    home.tell("Idle", state="Stopped")
    home.wash()
    assert isinstance(home.heard[-1], Recovery) or home.findings == []
    assert home.best == "nothing"
    home.wash()
    assert len(home.diagnosed) == len([one for one in home.diagnosed if one]) <= 20


def test_what_was_before_a_repair_is_forgotten(home: Home) -> None:
    """What was usual, too: it may have been the worn part's. A report made before the repair changes nothing."""
    home.tell("Drain", "DrainError", state="Error", DrainSeconds=240, DrainPumpCurrent=0.5)
    twin = home.intake.twin(DEVICE)
    assert twin.memory(WasherMemory).usual["Callahead.MotorCurrent"] == pytest.approx(1.4)
    home.now += 600
    home.intake.repaired(DEVICE, home.now)
    assert (twin.told, twin.episodes.open, twin.memory(WasherMemory).usual) == ({}, {}, {})
    home.now -= 900
    assert home.tell("Drain", "DrainError", state="Error") == ()
    home.now += 1200
    home.wash()
    assert not home.findings[1:]


def test_a_reset_ends_no_programme(home: Home) -> None:
    """What was interrupted did not go well, though the machine says that it stands and has no error."""
    home.tell("Wash", "MotorFault", state="Error", DrumSpeed=0, MotorCurrent=0.3)
    home.tell("Lock")
    home.boot += 1
    home.seq = 0
    assert home.tell("Idle", state="Stopped") == ()
    assert "fault" in home.intake.twin(DEVICE).episodes.open


# --- a leak ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phase", "state", "part"), [("Idle", "Stopped", "inlet_hose"), ("Wash", "Error", "door_gasket")]
)
def test_a_leak_is_told_at_once_as_critical_with_what_to_do(home: Home, phase: str, state: str, part: str) -> None:
    """Whatever else is odd, and in every language: shut the tap."""
    (found,) = home.tell(phase, "WaterLeak", state=state, StateValue=True)
    assert isinstance(found, Finding)
    assert (found.part, found.severity, found.remedy.help) == (part, Severity.CRITICAL, Help.TECHNICIAN)
    assert found.grade in {Grade.ASK, Grade.ACT}
    assert found.why[0].startswith("There is water under the machine")
    assert "shut the water tap now" in found.advice
    shut = {"en": "tap", "lv": "krānu", "ru": "кран", "uk": "кран", "fa": "شیر آب", "zh": "水龙头"}
    assert all(word in message(found, language, None) for language, word in shut.items())


def test_a_leak_beside_another_fault_is_told_though_that_is_told_already(home: Home) -> None:
    """A notice about a filter is no answer to water on the floor; it is told once."""
    (before,) = home.tell("Drain", "DrainError", state="Error", DrainPumpCurrent=0.15, DrainSeconds=240)
    (found,) = home.tell("Drain", "WaterLeak", state="Error", StateValue=True)
    assert isinstance(before, Finding)
    assert isinstance(found, Finding)
    assert before.remedy.help is Help.NOTICE
    assert (found.episode, found.severity) == (before.episode, Severity.CRITICAL)
    assert found.part in {"inlet_hose", "door_gasket"}
    assert home.tell("Drain", "WaterLeak", state="Error", StateValue=True) == ()


def test_a_float_that_lifts_is_a_leak_though_nothing_complains(home: Home) -> None:
    """There are machines that tell their switch, and have no alarm for it."""
    (found,) = home.tell("Wash", StateValue=True)
    assert isinstance(found, Finding)
    assert found.severity is Severity.CRITICAL


def room(policy: Policy | None = None) -> ControlRoom:
    """Return a control room with one machine, its customer, an agent, and somebody who sends technicians."""
    customers = Customers([Customer("c-1", "Anna", "+37120000001", "lv", "simulated")])
    made = ControlRoom(Intake(Registry([RECORD])), Desk(policy or Policy()), customers, Pen())
    made.tell(SupplierOpened("supplier-1", ("technician",), 56.95, 24.1, "simulated"), NIGHT - 60)
    made.tell(AgentBecameFree("a-1", ("lv",), "simulated"), NIGHT - 60)
    return made


def test_a_leak_rings_its_owner_at_night_and_a_clogged_filter_does_not() -> None:
    """Quiet hours are for who need not know at once; a notice is shown by the machine itself."""
    quiet = Policy(quiet=QuietHours.parse("22:00-07:00@Europe/Riga"))
    leak = sent(1, NIGHT, {**SOUND, PHASE: "Idle", STATE: "Stopped", "BooleanState.StateValue": True}, ("WaterLeak",))
    turn = room(quiet).deliver(TOPIC, leak, NIGHT)
    assert turn.refusal is None
    (call,) = [one for one in turn.actions if isinstance(one, QueueCall)]
    assert call.not_before == NIGHT
    assert [one.call for one in turn.actions if isinstance(one, AssignCall)] == [call.call]
    clogged = {
        **SOUND,
        PHASE: "Drain",
        STATE: "Error",
        "Callahead.DrainSeconds": 240,
        "Callahead.DrainPumpCurrent": 0.15,
    }
    turn = room(quiet).deliver(TOPIC, sent(1, NIGHT, clogged, ("DrainError",)), NIGHT)
    assert [one.device for one in turn.actions if isinstance(one, SendNotice)] == [DEVICE]
    assert not [one for one in turn.actions if isinstance(one, QueueCall | PlaceOrder)]


class _Still:
    """A clock that stands."""

    def now(self) -> float:
        return NIGHT

    def real_seconds_until(self, at: float) -> float:
        return 3_600.0 if at > NIGHT else 0.0

    def real_seconds(self, span: float) -> float:
        return span


async def _driven(made: ControlRoom, journal: Journal, payload: bytes) -> None:
    driver, stored = Driver(made, journal, _Still()), asyncio.Event()
    running = asyncio.create_task(driver.run())
    driver.offer(Delivery(TOPIC, payload, retained=False, received_at=NIGHT, ack=stored.set))
    await asyncio.wait_for(stored.wait(), 60)
    driver.stop()
    await running


def test_a_leak_goes_the_way_of_the_live_service(tmp_path: Path) -> None:
    """From bytes through the driver into the store, before it is acknowledged: a case is open, and its call is an agent's."""
    leak = sent(1, NIGHT, {PHASE: "Fill", STATE: "Error", "BooleanState.StateValue": True}, ("WaterLeak",))
    with Journal.open(tmp_path) as journal:
        asyncio.run(_driven(room(), journal, leak))
        rows = [row.type for row in journal.ledger.rows()]
    assert {"FaultFound", OpenCase.__name__, QueueCall.__name__, AssignCall.__name__} <= set(rows)


def test_a_technician_that_its_owner_asks_for_is_one_for_washing_machines() -> None:
    """Though nobody could make out what is broken."""
    told = finding_of(HumanReport("r-1", "customer", None, NIGHT), RECORD)
    assert (told.kind, told.remedy.help, told.remedy.skill) == ("washer", Help.TECHNICIAN, "laundry")


# --- what is known, and what is said ---------------------------------------------------------------------------------


def test_every_part_is_known_in_each_language_and_has_words_of_its_own() -> None:
    """Ten parts at least, whose shares sum to 1; the words say no more than that a leak's tap is to be shut."""
    known = catalogue(KNOWLEDGE)
    broken = {name: part for name, part in known.parts.items() if name not in {"nothing", "unknown"}}
    assert len(broken) >= 10
    assert sum(part.prior for part in known.parts.values()) == pytest.approx(1, abs=1e-6)
    for name, part in broken.items():
        assert set(phrases()[f"washer_{name}"].texts) == set(LANGUAGES)
        assert part.shows or part.ways
        assert part.part_number or part.help is Help.NOTICE
    assert {name for name, part in broken.items() if part.severity is Severity.CRITICAL} == {
        "inlet_hose",
        "door_gasket",
        "heater_relay",
    }
    assert len({say(f"washer_{name}", "en") for name in broken}) == len(broken)


def test_every_alarm_speaks_for_a_part() -> None:
    """None is published that nobody understands."""
    told = {
        one
        for part in catalogue(KNOWLEDGE).parts.values()
        for group in part.groups
        for one in group.any
        if group.p > 0.3
    }
    assert {f"alarm:{alarm}" for alarm in get_args(WasherAlarm)} <= told


def test_its_messages_are_published_with_bounds_units_and_examples() -> None:
    """In AsyncAPI, JSON Schema and on the page."""
    schemas, written = json_schemas(), html()
    for name in ("callahead.washer.status.v1", "callahead.washer.fault.v1"):
        assert name in schemas
        assert name in asyncapi()["components"]["messages"]
        assert name in written
        assert kinds().of_type(name) is kinds().named("washer")
    measured = schemas["callahead.washer.status.v1"]["$defs"]["WasherAttributes"]["properties"]
    for name, told in measured.items():
        (value, *_) = [one for one in told["anyOf"] if one.get("type") != "null"]
        if value.get("type") in {"integer", "number"}:
            assert {"minimum", "maximum"} <= value.keys(), name
            assert "x-unit" in value or name.endswith(("Phase", "Mode", "Current", "LockTries")), name
        else:
            assert {"enum", "maxItems"} & value.keys() or value["type"] == "boolean", name


# --- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"Callahead.WaterLevel": 601}, "less than or equal to 600"),
        ({"Callahead.WaterLevel": -1}, "greater than or equal to 0"),
        ({"Callahead.DrumSpeed": "fast"}, "valid number"),
        ({"Callahead.LockTries": 1.5}, "whole number from 0 to 20"),
        ({"OperationalState.OperationalState": "Broken"}, "'Stopped', 'Running', 'Paused' or 'Error'"),
        ({"Callahead.WashPhase": "Dry"}, "'Idle'"),
        ({"BooleanState.StateValue": "wet"}, "boolean"),
        ({"Callahead.Colour": "white"}, "Colour"),
        ({"OperationalState.PhaseList": ["x" * 129]}, "at most 128"),
        ({"Callahead.HeatingRate": float("inf")}, ""),
    ],
)
def test_a_reading_that_cannot_be_is_refused(attributes: dict[str, Any], told: str) -> None:
    """By rule and value."""
    with pytest.raises(Refused) as refused:
        parse_event(sent(1, BEGINS, attributes))
    assert told in refused.value.detail


@pytest.mark.parametrize("alarms", [(), ("Steam",), ("WaterLeak",) * 17])
def test_a_fault_without_a_known_alarm_is_refused(alarms: tuple[str, ...]) -> None:
    """None, one that there is not, and too many."""
    event = json.loads(sent(1, BEGINS, {}, ("WaterLeak",)))
    event["data"]["alarms"] = alarms
    with pytest.raises(Refused):
        parse_event(json.dumps(event).encode())


def test_readings_that_contradict_each_other_are_not_used() -> None:
    """The sender is told, and the rest counts."""
    machine = Home()
    told = sent(1, BEGINS, {STATE: "Running", PHASE: "Idle", "Callahead.WaterLevel": 3.0})
    verdict = machine.intake.receive(TOPIC, told, BEGINS)
    assert "it runs, and does nothing" in (verdict.refusal.problem.detail or "" if verdict.refusal else "")
    assert machine.intake.twin(DEVICE).readings == {"Callahead.WaterLevel": 3.0}


REPORTS = st.tuples(
    st.lists(st.sampled_from(get_args(WasherAlarm)), max_size=3, unique=True),
    st.sampled_from(("Stopped", "Running", "Paused", "Error")),
    st.sampled_from((*PHASES, "Idle")),
    st.fixed_dictionaries(
        {},
        optional={
            "Callahead.WaterLevel": st.floats(0, 600),
            "Callahead.MotorCurrent": st.floats(0, 30),
            "Callahead.Vibration": st.floats(0, 100),
            "Callahead.DrumSpeed": st.floats(0, 2500),
            "Callahead.DrumSpeedWanted": st.floats(0, 2500),
            "Callahead.HeatingRate": st.floats(-20, 20),
            "TemperatureMeasurement.MeasuredValue": st.integers(-27_315, 32_767),
            "BooleanState.StateValue": st.booleans(),
        },
    ),
    st.sampled_from((0.0, 10.0, 600.0, 90_000.0)),
    st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(REPORTS, min_size=1, max_size=25))
def test_whatever_it_tells_its_twin_stays_small_and_a_leak_is_never_kept_quiet(reports: list[Any]) -> None:
    """Nothing it may tell stops the intake; what is kept comes back from its text; water under it is told while it is new."""
    machine, at, boot, wet = Intake(Registry([RECORD])), BEGINS, 1, False
    findings: list[Finding] = []
    for seq, (alarms, state, phase, readings, later, resets) in enumerate(reports):
        at, boot = at + later, boot + resets
        told = sent(seq, at, {**readings, STATE: state, PHASE: phase}, tuple(alarms), boot)
        findings += [one for one in machine.receive(TOPIC, told, at).conclusions if isinstance(one, Finding)]
        wet = wet or "WaterLeak" in alarms
    assert not wet or any(one.severity is Severity.CRITICAL for one in findings)
    twin = machine.twin(DEVICE)
    kept = read_twin(write_twin(twin)).memory(WasherMemory)
    assert kept == twin.memory(WasherMemory)
    assert len(kept.restarts) <= RESTARTS
    assert len(write_twin(twin)) < 8_000


def test_its_part_is_named_in_the_customers_language(home: Home) -> None:
    """As the catalogue has it."""
    (found,) = home.tell("Drain", "DrainError", state="Error", DrainPumpCurrent=0.5, DrainSeconds=240)
    assert isinstance(found, Finding)
    assert part_in(found, "lv") == "noteces sūknis"
