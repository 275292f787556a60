"""What a fridge's reports come to over hours: look-alikes told apart, food safety, messages, recovery, episodes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.conclude.report import Diagnosed
from gateway.devices.registry import DeviceRecord, Registry
from gateway.finding import Conclusion, Finding, Grade, Help, Recovery, Severity
from gateway.intake.intake import Intake

HOUR, BEGINS = 3600.0, 1_768_197_600.0
NAMES = {
    "temperature": "TemperatureMeasurement.MeasuredValue", "setpoint": "TemperatureControl.TemperatureSetpoint",
    "door": "RefrigeratorAlarm.State", "duty": "Callahead.CompressorDuty", "amperes": "Callahead.CompressorCurrent",
    "fan": "Callahead.FanRunning", "mains": "Callahead.MainsPresent", "volts": "Callahead.MainsVoltage",
    "evaporator": "Callahead.EvaporatorTemperature", "condenser": "Callahead.CondenserTemperature",
    "room": "Callahead.RoomTemperature", "heater": "Callahead.DefrostHeaterCurrent",
    "door_s": "Callahead.DoorOpenSeconds",
}  # fmt: skip
SOUND = {
    "temperature": 4.2, "setpoint": 4.0, "door": 0, "duty": 45.0, "amperes": 0.8, "fan": True, "mains": True,
    "volts": 230.0, "evaporator": -24.0, "condenser": 37.0, "room": 23.0, "heater": 0.9, "door_s": 60,
}  # fmt: skip
HUNDREDTHS = {"temperature", "setpoint", "evaporator", "condenser", "room"}
Readings = dict[str, Any]


@dataclass
class Kitchen:
    """One fridge that reports every half hour, and what was concluded."""

    now: float = BEGINS
    boot: int = 1
    seq: int = 0
    heard: list[Conclusion] = field(default_factory=list)
    diagnosed: list[Diagnosed] = field(default_factory=list)
    intake: Intake = field(init=False)

    def __post_init__(self) -> None:
        """Register it."""
        fridge = DeviceRecord("cool/fridge-1", "fridge", "c-1", "simulated", "", "", 56.9, 24.2)
        self.intake = Intake(Registry([fridge]), explained=lambda _d, _s, found: self.diagnosed.append(found))

    def tell(self, *alarms: str, **changed: Any) -> tuple[Conclusion, ...]:
        """Report now: a status, or a fault with alarms. ``None`` leaves a reading out."""
        self.seq += 1
        readings = {name: value for name, value in {**SOUND, **changed}.items() if value is not None}
        attributes = {
            NAMES[name]: round(value * 100) if name in HUNDREDTHS else value for name, value in readings.items()
        }
        kind = "fault" if alarms else "status"
        event = {
            "specversion": "1.0", "type": f"callahead.appliance.{kind}.v1", "source": "/cool/fridge-1",
            "id": f"{self.boot}-{self.seq}", "time": datetime.fromtimestamp(self.now, UTC).isoformat(),
            "provenance": "simulated", "data": {"attributes": attributes, **({"alarms": alarms} if alarms else {})},
        }  # fmt: skip
        verdict = self.intake.receive("callahead/v1/cool/fridge-1/event", json.dumps(event).encode(), self.now)
        assert verdict.refusal is None, verdict.refusal
        self.heard += verdict.conclusions
        return verdict.conclusions

    def live(self, hours: float, course: Callable[[float], Readings] = lambda _h: {}) -> None:
        """Report every half hour; ``course`` says, of the hours since it began, what is not as in a sound fridge."""
        began, wobble = self.now, (0.0, 0.31, -0.27, 0.12)
        while self.now - began < hours * HOUR - 1:
            self.now += HOUR / 2
            changed = course((self.now - began) / HOUR)
            warm = changed.get("temperature", SOUND["temperature"])
            if warm is not None and not changed.pop("exactly", False):
                changed = {**changed, "temperature": warm + wobble[self.seq % 4]}
            self.tell(**changed)

    @property
    def best(self) -> str:
        """The likeliest answer of the last diagnosis."""
        return self.diagnosed[-1].ranking.best

    @property
    def findings(self) -> list[Finding]:
        """Everything that dispatch was told."""
        return [one for one in self.heard if isinstance(one, Finding)]


@pytest.fixture
def kitchen() -> Kitchen:
    """Return a fridge that has been well for half a day."""
    fridge = Kitchen()
    fridge.live(12)
    assert fridge.heard == []
    assert fridge.diagnosed == []
    return fridge


def warming(hours: float, per_hour: float = 2.0, most: float = 13.0) -> float:
    """Return the temperature of a cabinet that gets warmer."""
    return min(most, 4.5 + per_hour * hours)


def test_a_door_told_open_in_a_cold_fridge_is_its_switch_and_in_a_warm_one_the_door(kitchen: Kitchen) -> None:
    """Door and door switch raise the same alarm; the temperature over an hour or two tells them apart."""
    kitchen.tell("DoorOpen", door=1, door_s=300)
    assert kitchen.findings[-1].part == "door_ajar"
    kitchen.live(4, lambda _h: {"door": 1, "door_s": 3600})
    assert kitchen.best == "door_switch"
    other = Kitchen()
    other.live(12)
    other.tell("DoorOpen", door=1, door_s=300)
    other.live(4, lambda h: {"door": 1, "door_s": 3600, "temperature": warming(h, 4), "duty": 100.0})
    assert other.best == "door_ajar"
    assert {one.remedy.help for one in other.findings} == {Help.NOTICE}, "a door is a message and nothing more"


def test_low_voltage_is_told_from_a_power_cut_and_from_a_bad_relay(kitchen: Kitchen) -> None:
    """All three warm the fridge with a compressor that stands; the mains over time tell which it is."""
    stands = {"duty": 0.0, "amperes": 0.0, "evaporator": 2.0, "condenser": 24.0}
    kitchen.tell("CompressorStart", volts=165.0, **stands)
    kitchen.live(4, lambda h: {**stands, "volts": 165.0, "temperature": warming(h, 1.2)})
    assert kitchen.best == "low_voltage"
    relay = Kitchen()
    relay.live(12)
    relay.tell("CompressorStart", **stands)
    relay.live(4, lambda h: {**stands, "temperature": warming(h, 1.2)})
    assert relay.best == "compressor_starter"
    cut = Kitchen()
    cut.live(12)
    cut.now, cut.boot, cut.seq = cut.now + 3 * HOUR, 2, 0
    cut.tell("PowerLost", temperature=8.0, duty=0.0)
    cut.live(1, lambda h: {"temperature": 8.0 - h, "duty": 60.0})
    assert cut.best == "power_cut"


def test_a_dip_of_the_mains_is_no_power_cut(kitchen: Kitchen) -> None:
    """It starts anew without having missed a report and is well: hardly anything broke, and nobody is sent."""
    kitchen.now, kitchen.boot, kitchen.seq = kitchen.now + HOUR / 4, 2, 0
    kitchen.tell("PowerLost")
    kitchen.live(3)
    assert kitchen.diagnosed[-1].ranking.probability("nothing") > 0.3
    assert not [one for one in kitchen.findings if one.sends]


def test_a_defrost_that_does_not_end_is_the_sensor_and_one_that_stays_cold_the_heater(kitchen: Kitchen) -> None:
    """Both raise DefrostFault; the evaporator's warmest and the heater's current tell them apart."""
    kitchen.tell("DefrostFault", evaporator=45.0, temperature=6.0)
    kitchen.live(3, lambda h: {"evaporator": 40.0 if h < 1 else -22.0, "temperature": 5.5})
    assert kitchen.best == "defrost_sensor"
    cold = Kitchen()
    cold.live(12)
    cold.tell("DefrostFault", heater=0.0, evaporator=-12.0)
    cold.live(4, lambda h: {"heater": 0.0, "evaporator": -32.0, "temperature": warming(h, 0.8), "duty": 75.0})
    assert cold.best == "defrost_heater"


def test_a_sensor_that_lies_contradicts_the_others(kitchen: Kitchen) -> None:
    """A leap that no air makes, the same value to the hundredth, no value at all: each is the sensor."""
    kitchen.live(4, lambda _h: {"temperature": 27.0, "duty": 100.0, "evaporator": -27.0})
    assert kitchen.best == "temperature_sensor"
    stuck = Kitchen()
    stuck.live(12)
    stuck.live(5, lambda _h: {"temperature": 6.6, "exactly": True, "duty": 100.0, "evaporator": -27.0})
    assert stuck.best == "temperature_sensor"
    lost = Kitchen()
    lost.live(12)
    lost.tell("SensorFault", temperature=None)
    lost.live(3, lambda _h: {"temperature": None})
    assert lost.best == "temperature_sensor"


def test_what_cools_little_is_told_by_both_sides_of_the_circuit(kitchen: Kitchen) -> None:
    """Without gas the coil is not cold and the condenser lukewarm; without air the coil is colder than ever."""
    kitchen.live(
        6,
        lambda h: {"temperature": warming(h), "duty": 100.0, "evaporator": -4.0, "condenser": 28.0, "amperes": 0.6},
    )
    assert kitchen.best == "refrigerant_leak"
    fan = Kitchen()
    fan.live(12)
    fan.live(6, lambda h: {"temperature": warming(h, 1), "duty": 100.0, "evaporator": -45.0, "fan": False})
    assert fan.best == "evaporator_fan"


def test_a_hot_condenser_is_dust_unless_a_fan_is_told_to_stand_while_the_other_runs(kitchen: Kitchen) -> None:
    """Dust and a dead fan heat the condenser alike; dust is talked about, the fan is a visit."""
    kitchen.live(5, lambda _h: {"condenser": 54.0, "duty": 60.0, "amperes": 0.9})
    assert kitchen.best == "condenser_dirty"
    fan = Kitchen()
    fan.live(12)
    fan.tell("FanStalled", condenser=50.0)
    fan.live(4, lambda _h: {"condenser": 54.0, "duty": 60.0, "amperes": 0.9})
    assert fan.best == "condenser_fan"


def test_warm_food_is_a_message_and_passes(kitchen: Kitchen) -> None:
    """Warmest at once, then colder for hours with the compressor running on: nobody is sent."""
    kitchen.tell("HighTemperature", temperature=12.5, door_s=200, duty=60.0)
    kitchen.live(5, lambda h: {"temperature": 12.5 - 1.4 * h, "duty": 100.0, "door_s": 200 if h < 1 else 60})
    assert kitchen.best == "warm_load"
    assert not [one for one in kitchen.findings if one.sends and one.grade is Grade.ACT]


def test_nobody_is_sent_in_the_first_two_hours(kitchen: Kitchen) -> None:
    """A technician is asked about first: what passes has time to pass."""
    stands = {"duty": 0.0, "amperes": 0.0, "evaporator": 2.0}
    kitchen.tell("CompressorStart", "HighTemperature", temperature=9.0, **stands)
    assert kitchen.findings[-1].remedy.help is Help.TECHNICIAN
    kitchen.live(3, lambda h: {**stands, "temperature": 9.0 + h})
    assert [one.grade for one in kitchen.findings] == [Grade.ASK, Grade.ACT]
    assert kitchen.findings[-1].episode == kitchen.findings[0].episode


def test_food_that_was_warm_for_four_hours_is_news_by_itself(kitchen: Kitchen) -> None:
    """The clock runs from 5 °C on in one piece, and says so once."""
    kitchen.live(7, lambda h: {"temperature": warming(h, 1.5), "duty": 100.0, "evaporator": -4.0, "condenser": 28.0})
    warned = [one for one in kitchen.findings if any("over four hours" in why for why in one.why)]
    assert len(warned) >= 1
    assert warned[0].severity in {Severity.HIGH, Severity.CRITICAL}
    assert 4 * HOUR <= warned[0].observed_at - (BEGINS + 12 * HOUR) <= 5.5 * HOUR


def test_a_fridge_that_is_well_for_two_hours_has_recovered(kitchen: Kitchen) -> None:
    """One report of order is not enough, and what it is diagnosed as by then is not told any more as news."""
    kitchen.tell("HighTemperature", temperature=12.5, door_s=200, duty=60.0)
    kitchen.live(5, lambda h: {"temperature": 12.5 - 1.8 * h, "duty": 90.0})
    assert not [one for one in kitchen.heard if isinstance(one, Recovery)]
    kitchen.live(4)
    over = [one for one in kitchen.heard if isinstance(one, Recovery)]
    assert [one.episode for one in over] == [kitchen.findings[0].episode]


def test_what_comes_and_goes_is_one_episode(kitchen: Kitchen) -> None:
    """A relay that fails by the hour is told again and again and stays one fault."""
    for _ in range(4):
        kitchen.tell("CompressorStart", duty=5.0, amperes=0.0, temperature=8.5)
        kitchen.live(1.5, lambda _h: {"duty": 5.0, "amperes": 0.0, "temperature": 9.0})
        kitchen.live(1)
    assert len({one.episode for one in kitchen.findings}) == 1
    assert not [one for one in kitchen.heard if isinstance(one, Recovery)]


def test_a_sensor_that_lies_every_second_time_is_not_well_in_between(kitchen: Kitchen) -> None:
    """A DS18B20 says -127 °C where it cannot be read: the sound report after it ends nothing, however long that goes on."""
    for number in range(96):
        kitchen.now += HOUR / 4
        kitchen.tell(**({"temperature": -127.0} if number % 2 else {}))
    assert kitchen.findings
    assert not [one for one in kitchen.heard if isinstance(one, Recovery)]
    kitchen.live(4)
    assert [one for one in kitchen.heard if isinstance(one, Recovery)]


def test_a_single_alarm_in_a_fridge_that_is_well_is_nothing(kitchen: Kitchen) -> None:
    """Somebody is asked at most; nobody is sent. Hours of being well speak for it having been a false alarm."""
    kitchen.tell("FanStalled")
    first = kitchen.diagnosed[-1].ranking.probability("nothing")
    kitchen.live(4)
    assert not [one for one in kitchen.findings if one.grade is Grade.ACT and one.sends]
    assert kitchen.diagnosed[-1].ranking.probability("nothing") > max(0.15, first)


def test_a_door_is_a_message_and_a_compressor_hours_later_a_visit_of_its_own(kitchen: Kitchen) -> None:
    """What was told of the door is over when it is shut, and is no evidence against the compressor of the evening."""
    kitchen.tell("DoorOpen", door=1, door_s=200)
    kitchen.live(4)
    door = kitchen.findings[-1]
    assert (door.part, door.remedy.help, door.grade) == ("door_ajar", Help.NOTICE, Grade.ACT)
    stands = {"duty": 0.0, "amperes": 0.0, "evaporator": 2.0, "condenser": 24.0}
    kitchen.tell("CompressorStart", temperature=6.0, **stands)
    kitchen.live(3, lambda h: {**stands, "temperature": warming(h, 1.5)})
    visit = kitchen.findings[-1]
    assert (visit.part, visit.remedy.help) == ("compressor_starter", Help.TECHNICIAN)
    assert visit.episode != door.episode


def test_a_door_is_told_of_though_something_else_was_odd_for_hours(kitchen: Kitchen) -> None:
    """A compressor that ran all morning and means nothing says nothing of the door that is left open at noon."""
    kitchen.live(3, lambda _h: {"duty": 96.0})
    assert kitchen.findings == []
    kitchen.tell("DoorOpen", door=1, door_s=300, temperature=6.0, duty=96.0)
    assert [(one.part, one.grade) for one in kitchen.findings] == [("door_ajar", Grade.ACT)]


@pytest.mark.parametrize("alarm", ["CondenserHot", "HighTemperature", "IceMakerFault"])
def test_a_door_is_told_of_though_a_fault_is_open(kitchen: Kitchen, alarm: str) -> None:
    """What was told of the fault is a matter of its own; so is the door, once."""
    kitchen.tell(alarm, duty=90.0)
    kitchen.live(3, lambda _h: {"duty": 80.0})
    fault = kitchen.findings[-1]
    for _ in range(2):
        kitchen.now += 600
        kitchen.tell("DoorOpen", door=1, door_s=300, temperature=6.0)
    (door,) = [one for one in kitchen.findings if one.part == "door_ajar" and one.grade is Grade.ACT]
    assert (door.remedy.help, door.episode == fault.episode) == (Help.NOTICE, False)


def test_nobody_is_sent_unasked_for_the_switch_of_a_door_that_reads_shut(kitchen: Kitchen) -> None:
    """A door left open for 25 minutes and shut: what remains of it looks like a bad switch for hours, which works just now."""
    for door in (1, 0):
        kitchen.now += HOUR / 2
        kitchen.tell(*["DoorOpen"] * door, door=door, door_s=1_500, temperature=5.0, duty=100.0)
    kitchen.live(4, lambda _h: {"door_s": 60})
    assert kitchen.findings[-1].part == "door_switch"
    assert {one.grade for one in kitchen.findings if one.sends} == {Grade.ASK}
