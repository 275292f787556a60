"""What is made of cars: look-alikes told apart by what they send, through the whole intake, and nothing made of nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.conclude.last_looked import LastLooked
from gateway.conclude.report import Diagnosed
from gateway.devices.registry import DeviceRecord, Registry
from gateway.diagnosis.conditions import Condition, Seen
from gateway.diagnosis.ranking import model
from gateway.finding import Conclusion, Finding, Grade
from gateway.intake.intake import Intake
from gateway.kinds.car.features import KNOWLEDGE

START = datetime(2026, 1, 20, 7, 0, tzinfo=UTC).timestamp()
VOLTAGE, MODULE = "Vehicle.LowVoltageBattery.CurrentVoltage", "Vehicle.OBD.ControlModuleVoltage"
CURRENT, STATE = "Vehicle.LowVoltageBattery.CurrentCurrent", "Vehicle.LowVoltageSystemState"
RUNNING, RPM = "Vehicle.Powertrain.CombustionEngine.IsRunning", "Vehicle.Powertrain.CombustionEngine.Speed"
COOLANT, SPEED = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature", "Vehicle.Speed"
IGNITION, TRIM = "Vehicle.OBD.Status.IgnitionType", "Vehicle.OBD.LongTermFuelTrim1"
LOAD = "Vehicle.OBD.EngineLoad"
TYRES = [f"Vehicle.Chassis.Axle.Row{row}.Wheel.{side}.Tire.Pressure" for row in (1, 2) for side in ("Left", "Right")]
PARKED = {RUNNING: False, STATE: "OFF", VOLTAGE: 12.5, SPEED: 0.0}
DRIVING = {RUNNING: True, STATE: "ON", RPM: 2100.0, SPEED: 60.0, VOLTAGE: 14.2, COOLANT: 90.0, IGNITION: "SPARK"}
IDLING = {**DRIVING, RPM: 780.0, SPEED: 0.0, LOAD: 18.0}
CRANKING = {RUNNING: False, STATE: "START", RPM: 210.0, SPEED: 0.0, VOLTAGE: 10.4, IGNITION: "SPARK"}


@dataclass
class Car:
    """A car, what it sends, and the last that was made of it."""

    now: float = START
    seq: int = 0
    last: Diagnosed | None = None
    told: list[Finding] = field(default_factory=list)
    intake: Intake = field(init=False)

    def __post_init__(self) -> None:
        """Register it."""
        record = DeviceRecord("volta/car-1", "car", "c-1", "simulated")
        self.intake = Intake(Registry([record]), explained=self._note)

    def _note(self, _device: str, _subject: str, found: Diagnosed) -> None:
        self.last = found

    def status(self, after_s: float = 60, **signals: Any) -> Car:
        """Send a status some seconds later."""
        return self._send("vehicle.status", {"signals": signals}, after_s)

    def fault(self, *codes: str, after_s: float = 10, pending: bool = False, symptoms: tuple[str, ...] = (),
              **frame: Any) -> Car:  # fmt: skip
        """Send codes with a freeze frame, and what the driver says."""
        status = "pending" if pending else "confirmed"
        told = [{"code": code, "status": status} for code in codes]
        return self._send("vehicle.fault", {"codes": told, "freeze_frame": frame, "symptoms": symptoms}, after_s)

    def _send(self, kind: str, data: dict[str, Any], after_s: float) -> Car:
        self.now += after_s
        self.seq += 1
        event = {
            "specversion": "1.0", "type": f"callahead.{kind}.v1", "source": "/volta/car-1", "id": f"1-{self.seq}",
            "time": datetime.fromtimestamp(self.now, UTC).isoformat().replace("+00:00", "Z"),
            "provenance": "simulated", "data": {name: value for name, value in data.items() if value or name == "codes"},
        }  # fmt: skip
        verdict = self.intake.receive("callahead/v1/volta/car-1/event", json.dumps(event).encode(), self.now)
        assert verdict.refusal is None, verdict.refusal
        self.told.extend(self._findings(verdict.conclusions))
        return self

    @staticmethod
    def _findings(conclusions: tuple[Conclusion, ...]) -> list[Finding]:
        return [one for one in conclusions if isinstance(one, Finding)]

    @property
    def part(self) -> str:
        """The likeliest answer."""
        assert self.last is not None
        return self.last.ranking.best

    def chance(self, part: str) -> float:
        """Return P(part)."""
        assert self.last is not None
        return self.last.ranking.probability(part)


@pytest.fixture
def car() -> Car:
    """A car that nobody has heard of yet."""
    return Car()


STORM = ("U0100", "U0101", "U0121", "U0131", "U0140", "U0151", "P0562", "U3003", "C0800")


def test_of_what_was_looked_at_last_no_more_is_remembered_than_may_be() -> None:
    """Of a device that is forgotten, the same is news once more; what was diagnosed last stays."""
    looked = LastLooked(2)
    assert [looked.is_news(*one) for one in (("a", 1), ("b", 1), ("a", 1), ("a", 2), ("c", 1), ("a", 2), ("b", 1))] == [
        True, True, False, True, True, False, True,
    ]  # fmt: skip
    assert len(looked) == 2


def test_a_storm_of_undervoltage_is_the_battery_where_the_car_would_not_start(car: Car) -> None:
    """Nine codes of starving control units, and a voltage that broke down under the starter: one battery, not nine faults."""
    car.status(**{**PARKED, VOLTAGE: 11.7})
    car.fault(*STORM, **{**CRANKING, RPM: 0.0, VOLTAGE: 6.4})
    assert car.part == "battery_12v"
    assert {one.part for one in car.told} == {"battery_12v"}


def test_the_same_storm_on_the_road_is_the_alternator(car: Car) -> None:
    """The engine ran, and nothing charged."""
    for volts in (12.6, 12.3, 11.9, 11.4):
        car.status(**{**DRIVING, VOLTAGE: volts})
    car.fault(*STORM, **{**DRIVING, VOLTAGE: 10.9})
    assert car.part == "alternator"


def test_the_same_storm_with_the_supply_right_is_the_bus(car: Car) -> None:
    """Nobody starves, and half of the control units are silent: wiring of the bus."""
    car.status(**DRIVING)
    car.fault(*[code for code in STORM if code.startswith("U01")], "U0073", **DRIVING)
    assert car.part == "can_bus"


def test_current_out_of_the_parked_car_tells_a_drain_from_an_old_battery() -> None:
    """Both fall overnight; only one of them feeds something."""
    night = [{**PARKED, VOLTAGE: volts} for volts in (12.3, 12.1, 11.9, 11.7)]
    drained, aged = Car(), Car()
    for signals in night:
        drained.status(1800, **{**signals, CURRENT: -4.2})
        aged.status(1800, **{**signals, CURRENT: -0.04})
    assert drained.part == "parasitic_drain"
    assert aged.part == "battery_12v"


def test_a_terminal_holds_at_rest_and_fails_under_load(car: Car) -> None:
    """At the pole the battery is well; what hangs behind the terminal has no voltage."""
    car.status(600, **{**PARKED, VOLTAGE: 12.6})
    car.fault("P0560", "U3003", **{**CRANKING, RPM: 0.0, VOLTAGE: 12.0, MODULE: 7.9})
    car.fault("P0561", **{RUNNING: False, STATE: "ON", VOLTAGE: 12.4, MODULE: 8.2})
    assert car.chance("battery_terminal") > car.chance("battery_12v")


def test_a_start_without_turning_is_no_battery_while_the_voltage_holds(car: Car) -> None:
    """12.4 V while the starter should turn: something between key and starter, or the starter."""
    car.status(600, **{**PARKED, VOLTAGE: 12.7})
    car.fault(symptoms=("no_crank",), **{**CRANKING, RPM: 0.0, VOLTAGE: 12.4})
    assert car.chance("battery_12v") < 0.1
    assert car.part in {"starter", "starter_relay", "neutral_switch", "ignition_switch"}


def test_misfire_alone_is_ignition_and_with_a_lean_idle_false_air() -> None:
    """One cylinder misfires: its coil. All of them at idle, and the mixture lean there but not under load: a leak."""
    alone, lean = Car(), Car()
    alone.status(**{**DRIVING, TRIM: 2.0}).fault("P0302", "P0352", **{**DRIVING, TRIM: 2.0})
    lean.status(**{**DRIVING, TRIM: 4.0, LOAD: 60.0}).status(**{**IDLING, TRIM: 24.0, RPM: 1150.0})
    lean.fault("P0300", "P0171", **{**IDLING, TRIM: 24.0, RPM: 1120.0})
    assert alone.part == "ignition_coil"
    assert lean.part == "vacuum_leak"


def test_several_cylinders_are_the_plugs_and_one_is_not() -> None:
    """Plugs wear together; a coil, an injector or a valve is one cylinder's."""
    several = Car().fault("P0300", "P0302", "P0303", **DRIVING)
    one = Car().fault("P0302", **DRIVING)
    assert several.part == "spark_plug"
    assert one.chance("spark_plug") < several.chance("spark_plug")


def test_a_diesel_has_no_spark_plugs(car: Car) -> None:
    """What the engine burns rules parts out."""
    car.fault("P0300", **{**DRIVING, IGNITION: "COMPRESSION"})
    assert car.chance("spark_plug") == car.chance("ignition_coil") == 0


def test_warming_up_in_the_cold_is_no_thermostat() -> None:
    """A cold engine that gets warmer every minute is well; one that stays at 60 °C on the road is not."""
    warming, stuck = Car(), Car()
    for minute in range(9):
        warming.status(**{**DRIVING, COOLANT: -10.0 + 8 * minute})
        stuck.status(**{**DRIVING, COOLANT: min(60.0, -10.0 + 14 * minute)})
    for _ in range(8):
        stuck.status(**{**DRIVING, COOLANT: 60.0})
    stuck.fault("P0128", **{**DRIVING, COOLANT: 60.0})
    assert warming.told == []
    assert stuck.part == "thermostat"


@pytest.mark.parametrize("code", ["P0420", "P0302", "U0155", "C0035"])
def test_one_pending_code_is_not_a_breakdown(car: Car, code: str) -> None:
    """It comes and goes: whatever part it may mean, nobody is called before the next drive confirms it."""
    car.status(**DRIVING).fault(code, pending=True, **DRIVING)
    assert car.told == []
    assert car.last is None or car.last.decision.grade is Grade.WATCH


def test_cold_weather_lowers_all_tyres_alike_and_a_leak_one() -> None:
    """Pressures are compared axle by axle."""
    cold, leak = Car(), Car()
    for step in range(7):
        cold.status(600, **PARKED, **dict.fromkeys(TYRES, 212 - 2 * step))
        leak.status(600, **PARKED, **{**dict.fromkeys(TYRES, 228), TYRES[3]: 224 - 6 * step})
    leak.fault("C0077", **PARKED, **{**dict.fromkeys(TYRES, 228), TYRES[3]: 184})
    assert cold.told == []
    assert leak.part == "tyre_slow_leak"


@pytest.mark.parametrize("wheel", range(4))
def test_a_car_that_warns_of_one_tyre_is_asked_about_whatever_code_its_make_has_for_that(wheel: int) -> None:
    """Half of all cars have no pressures to tell, and a make's own code says nothing: that it is one of four does."""
    sound = {f"{name.removesuffix('Pressure')}IsPressureLow": False for name in TYRES}
    (alone,) = (name for number, name in enumerate(sound) if number == wheel)
    car = Car().status(**DRIVING, **sound).fault("C1A00", **DRIVING, **sound | {alone: True})
    assert [(one.part, one.grade is Grade.WATCH) for one in car.told] == [("tyre", False)]
    cold = Car().status(**DRIVING, **sound).fault("C1A00", **DRIVING, **dict.fromkeys(sound, True))
    assert cold.last is not None
    assert cold.last.ranking.probability("tyre") < car.told[0].probability / 2


def test_air_that_rushes_out_is_a_puncture(car: Car) -> None:
    """140 kPa lost within minutes."""
    for pressure in (230, 190, 150, 110, 60):
        car.status(**DRIVING, **{**dict.fromkeys(TYRES, 240), TYRES[0]: pressure})
    assert car.part == "tyre"
    assert car.told[-1].sends


def test_low_voltage_that_was_told_and_never_seen_sends_nobody(car: Car) -> None:
    """After a battery was changed control units complain of the minutes without one; the car drives well."""
    for _ in range(3):
        car.status(**DRIVING)
    car.fault("U3003", "U0155", **DRIVING).status(**DRIVING)
    assert not [one for one in car.told if one.grade is Grade.ACT and one.sends]


def test_what_was_seen_at_the_start_is_not_forgotten_on_the_way(car: Car) -> None:
    """The voltage broke down while cranking; ten minutes later, jumped and driving, it is still the battery."""
    car.fault("P0562", **{**CRANKING, RPM: 0.0, VOLTAGE: 6.1})
    for _ in range(20):
        car.status(**DRIVING)
    car.fault("U0121", **DRIVING)
    assert car.part == "battery_12v"


# --- situations -----------------------------------------------------------------------------------------------------


def condition(**parts: Any) -> Condition:
    """Return a condition of these tests."""
    words = {"says": "it holds", "fails": "it does not", "false_alarm": 0.1, "measure": "it"}
    return Condition.model_validate({**words, **parts})


def test_a_condition_is_judged_in_its_situation_only() -> None:
    """12.4 V says nothing of the alternator of a parked car: neither for nor against."""
    low = condition(needs=[{"signal": RUNNING, "is": True}], all=[{"signal": VOLTAGE, "below": 12.7}]).compiled()
    assert low(Seen({RUNNING: True, VOLTAGE: 12.4})) is True
    assert low(Seen({RUNNING: True, VOLTAGE: 14.2})) is False
    assert low(Seen({RUNNING: False, VOLTAGE: 12.4})) is None
    assert low(Seen({VOLTAGE: 12.4})) is None


def test_an_extreme_holds_on_after_its_situation_but_its_absence_needs_it() -> None:
    """A voltage that broke down under the starter did so; that it did not is known only where the starter was seen turning."""
    dip = condition(needs=[{"signal": STATE, "is": "START"}], all=[{"lowest": VOLTAGE, "below": 8.8}]).compiled()
    sagged, fine = {VOLTAGE: [(0.0, 7.0), (60.0, 12.4)]}, {VOLTAGE: [(0.0, 10.2), (60.0, 12.4)]}
    assert dip(Seen({STATE: "ON"}, sagged, 60)) is True
    assert dip(Seen({STATE: "ON"}, fine, 60)) is None
    assert dip(Seen({STATE: "START"}, fine, 60)) is False


def test_a_slope_looks_no_further_back_than_it_says() -> None:
    """An hour that the engine stood does not make its warming up look slow."""
    samples = {COOLANT: [(0.0, 10.0), (3_600.0, 12.0), (3_720.0, 30.0), (3_900.0, 60.0)]}
    slow = {"slope": COOLANT, "below": 90}
    assert condition(all=[slow]).compiled()(Seen({}, samples, 3_900)) is True
    assert condition(all=[{**slow, "within_min": 6}]).compiled()(Seen({}, samples, 3_900)) is False


def test_readings_of_a_running_engine_do_not_outlive_it(car: Car) -> None:
    """The engine speed of a minute ago and the voltage of a car that is off do not make a broken alternator."""
    car.status(**DRIVING)
    car.status(**{**PARKED, VOLTAGE: 12.4})
    assert car.told == []
    car.fault("P0420", **{**PARKED, VOLTAGE: 12.4})
    assert car.chance("alternator") < 0.05


def test_each_situation_can_occur() -> None:
    """A part's conditions are known somewhere: none needs what contradicts itself."""
    for name, one in model(KNOWLEDGE).known.conditions.items():
        lows = [check.below for check in one.needs if check.below is not None]
        highs = [check.above for check in one.needs if check.above is not None and check.below is not None]
        assert all(high < low for high, low in zip(highs, lows, strict=False)), name


NOMINAL = "Vehicle.LowVoltageBattery.NominalVoltage"
CHARGE = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Current"


@pytest.mark.parametrize(
    "readings",
    [
        {STATE: "OFF", VOLTAGE: 10.9, CHARGE: 62.0},
        {VOLTAGE: 10.9, CHARGE: 62.0},
        {STATE: "OFF", VOLTAGE: 10.4},
        {RUNNING: False, RPM: 0.0, VOLTAGE: 10.5},
    ],
    ids=[
        "an electric car",
        "one that does not tell its state",
        "a make that tells little",
        "without the state of the key",
    ],
)
def test_a_parked_car_with_a_flat_battery_and_no_code_is_told_of(readings: dict[str, Any]) -> None:
    """Electric or not, whatever else its make tells: 10.9 V at rest is a battery that is empty."""
    car = Car().status(**readings)
    assert [(one.part, one.grade in {Grade.ACT, Grade.ASK}) for one in car.told] == [("battery_12v", True)]


def test_a_start_in_vain_is_told_by_its_voltage(car: Car) -> None:
    """No code, no engine speed: the supply broke down under the starter and the car still stands there."""
    for _ in range(3):
        car.status(3_600, **{RUNNING: False, STATE: "OFF", VOLTAGE: 12.4})
    car.status(36, **{RUNNING: False, STATE: "START", VOLTAGE: 3.1})
    assert [one.part for one in car.told] == ["battery_12v"]


def test_a_voltage_that_stays_low_for_minutes_is_told_and_a_moment_of_it_is_not(car: Car) -> None:
    """A make that tells nothing but voltage and engine: a moment may be a start, four minutes are none."""
    car.status(60, **{RUNNING: False, VOLTAGE: 10.6})
    assert car.told == []
    for _ in range(3):
        car.status(120, **{RUNNING: False, VOLTAGE: 10.6})
    assert [one.part for one in car.told] == ["battery_12v"]


def test_a_sound_start_in_the_frost_is_nothing(car: Car) -> None:
    """A sound battery holds 8.5 V at -18 °C under the starter, and 12.2 V under the ignition."""
    car.status(60, **{RUNNING: False, STATE: "ON", VOLTAGE: 12.1, SPEED: 0.0})
    car.status(3, **{RUNNING: False, STATE: "START", VOLTAGE: 8.7, RPM: 130.0, SPEED: 0.0})
    car.status(60, **DRIVING)
    assert car.told == []


@pytest.mark.parametrize("says", [{NOMINAL: 24}, {}], ids=["it says so", "by its voltage"])
def test_a_lorry_of_24_volts_is_not_overcharged_and_may_be_flat(says: dict[str, Any]) -> None:
    """Twice the voltage is its ordinary one; half of what it should be is a flat battery, as in a car."""
    lorry = Car()
    for volts in (23.8, 25.6, 28.2, 26.4):
        lorry.status(60, **{RUNNING: True, RPM: 650.0, STATE: "ON", VOLTAGE: volts, **says})
    assert lorry.told == []
    lorry.status(3_000, **{RUNNING: False, STATE: "OFF", VOLTAGE: 21.4, **says})
    assert [one.part for one in lorry.told] == ["battery_12v"]
    assert lorry.intake.twins["volta/car-1"].readings[VOLTAGE] == 21.4, "what it said stays what it said"
