"""What is made of a device after its repair: what was before counts no more, what may be left over waits, what is fresh counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twin import Twin
from gateway.devices.twin_text import read_twin, write_twin
from gateway.finding import Conclusion, Drive, Finding
from gateway.intake.intake import Intake
from gateway.kinds.car.conclude import GRACE_S as CAR_GRACE_S
from gateway.kinds.fridge.conclude import GRACE_S as FRIDGE_GRACE_S
from gateway.payments.memory import PaymentMemory

START = datetime(2026, 1, 20, 7, 0, tzinfo=UTC).timestamp()
HOUR = 3_600.0
VOLTAGE, STATE = "Vehicle.LowVoltageBattery.CurrentVoltage", "Vehicle.LowVoltageSystemState"
RUNNING = "Vehicle.Powertrain.CombustionEngine.IsRunning"
CRANKING = {RUNNING: False, STATE: "START", VOLTAGE: 7.4}
WARM = {
    "TemperatureMeasurement.MeasuredValue": 1150, "TemperatureControl.TemperatureSetpoint": 400, "RefrigeratorAlarm.State": 0,
    "Callahead.CompressorDuty": 0.0, "Callahead.CompressorCurrent": 0.0, "Callahead.FanRunning": True,
    "Callahead.MainsPresent": True, "Callahead.MainsVoltage": 230.0, "Callahead.EvaporatorTemperature": 1000,
    "Callahead.CondenserTemperature": 2300, "Callahead.RoomTemperature": 2300,
}  # fmt: skip
DEVICES = [
    DeviceRecord("volta/car-1", "car", "c-1", "simulated"),
    DeviceRecord("cool/fridge-1", "fridge", "c-2", "simulated", "", "", 56.9, 24.2),
    DeviceRecord("pingo/phone-1", "phone", "c-3", "simulated"),
]


@dataclass
class Devices:
    """A car and a fridge, and what is made of what they send."""

    now: float = START
    seq: int = 0
    ahead_s: float = 0.0
    """How far their clocks run before ours."""
    intake: Intake = field(default_factory=lambda: Intake(Registry(DEVICES)))

    def send(self, device: str, kind: str, at: float | None = None, **data: Any) -> list[Finding]:
        """Send an event made ``at``, now unless it is said; return the findings."""
        self.seq += 1
        made = (self.now if at is None else at) + self.ahead_s
        event = {
            "specversion": "1.0", "type": f"callahead.{kind}.v1", "source": f"/{device}", "id": f"1-{self.seq}",
            "time": datetime.fromtimestamp(made, UTC).isoformat(), "provenance": "simulated", "data": data,
        }  # fmt: skip
        verdict = self.intake.receive(f"callahead/v1/{device}/event", json.dumps(event).encode(), self.now)
        assert verdict.refusal is None or verdict.refusal.problem.pointer == "/time", verdict.refusal
        return _findings(verdict.conclusions)

    def flat(self, at: float | None = None, *codes: str) -> list[Finding]:
        """The car tells of a flat battery."""
        told = [{"code": code, "status": "confirmed"} for code in codes or ("P0562",)]
        return self.send("volta/car-1", "vehicle.fault", at, codes=told, freeze_frame=CRANKING)

    def warm(self, *alarms: str, at: float | None = None, **changed: Any) -> list[Finding]:
        """The fridge tells that it is warm and its compressor does not run."""
        attributes = {**WARM, **changed}
        if alarms:
            return self.send("cool/fridge-1", "appliance.fault", at, alarms=alarms, attributes=attributes)
        return self.send("cool/fridge-1", "appliance.status", at, attributes=attributes)

    def warm_for(self, hours: float) -> list[Finding]:
        """The fridge tells so every half hour."""
        found = []
        for _ in range(round(hours * 2)):
            self.now += HOUR / 2
            found += self.warm()
        return found

    def restart(self) -> None:
        """Go on with the twins as they are stored."""
        self.intake = Intake(
            Registry(DEVICES), twins=[read_twin(write_twin(one)) for one in self.intake.twins.values()]
        )

    def twin(self, device: str) -> Twin:
        """Return what is known of a device."""
        return self.intake.twins[device]


def _findings(conclusions: tuple[Conclusion, ...]) -> list[Finding]:
    return [one for one in conclusions if isinstance(one, Finding)]


@pytest.fixture
def devices() -> Devices:
    """Return a car and a fridge of which nothing was heard."""
    return Devices()


def _same(_devices: Devices) -> None:
    """Go on."""


def _restarted(devices: Devices) -> None:
    devices.restart()


@pytest.mark.parametrize("between", [_same, _restarted])
def test_a_fault_that_was_told_before_the_repair_and_comes_after_it_is_no_relapse(
    devices: Devices, between: Callable[[Devices], None]
) -> None:
    """Kept in the car for hours and delivered two minutes after the crew was through: nobody is sent a second time."""
    (first,) = devices.flat()
    before = devices.now + 300
    devices.now += 5 * HOUR
    assert devices.intake.repaired("volta/car-1", devices.now) is devices.twin("volta/car-1")
    between(devices)
    devices.now += 120
    assert devices.flat(before) == []
    assert devices.flat(devices.now - 240, "P0562", "U0100") == []
    assert devices.twin("volta/car-1").episodes.open == {}
    assert first.relapse == 0


def test_codes_that_nobody_cleared_are_left_over_for_a_while_and_a_fault_that_stands_is_a_relapse(
    devices: Devices,
) -> None:
    """Within half an hour after the jump start nothing; after it, the battery that is flat again is the same fault."""
    (first,) = devices.flat()
    devices.now += HOUR
    devices.intake.repaired("volta/car-1", devices.now)
    devices.now += 300
    assert devices.flat() == []
    devices.now += CAR_GRACE_S
    (again,) = devices.flat()
    assert (again.episode, again.part, again.relapse) == (first.episode, first.part, 1)


def test_a_code_that_was_told_first_after_the_repair_is_fresh(devices: Devices) -> None:
    """A crew that mended the battery did not mend what fails five minutes later."""
    devices.flat()
    devices.now += HOUR
    devices.intake.repaired("volta/car-1", devices.now)
    devices.now += 300
    oil = {
        "codes": [{"code": "P0524", "status": "confirmed"}],
        "freeze_frame": {RUNNING: True, STATE: "ON", VOLTAGE: 14.1},
    }
    (found,) = devices.send("volta/car-1", "vehicle.fault", **oil)
    assert found.part != "battery_12v"
    assert "P0562" not in " ".join(found.why)


def test_a_car_that_is_driven_and_dangerous_is_told_of_at_once(devices: Devices) -> None:
    """Half an hour is too long for a driver without oil pressure, whatever was repaired."""
    devices.flat()
    devices.now += HOUR
    devices.intake.repaired("volta/car-1", devices.now)
    devices.now += 300
    no_oil = {RUNNING: True, STATE: "ON", VOLTAGE: 14.1, "Vehicle.Speed": 60.0, "Vehicle.Powertrain.CombustionEngine.Speed": 2200.0,
              "Vehicle.Powertrain.CombustionEngine.EOP": 10,
              "Vehicle.Powertrain.CombustionEngine.EngineOil.PressureStatus": "ALERT"}  # fmt: skip
    (found,) = devices.send("volta/car-1", "vehicle.status", signals=no_oil)
    assert found.drive is Drive.STOP_NOW


def test_a_clock_that_is_slow_puts_nothing_before_the_repair(devices: Devices) -> None:
    """An hour behind: what its car tells half an hour after the repair was told after it, whatever its clock says."""
    devices.ahead_s = -HOUR
    for _ in range(4):
        devices.send("volta/car-1", "vehicle.status", signals={VOLTAGE: 12.6, STATE: "OFF", RUNNING: False})
        devices.now += 60
    devices.flat()
    devices.now += HOUR
    devices.intake.repaired("volta/car-1", devices.now)
    devices.now += CAR_GRACE_S + 60
    (again,) = devices.flat()
    assert again.relapse == 1


def test_a_repaired_fridge_must_cool_down_first(devices: Devices) -> None:
    """Warm for hours after the visit is left over; warm after the grace has failed again."""
    devices.warm("HighTemperature")
    devices.warm_for(4)
    devices.warm("CompressorStart")
    assert "fault" in devices.twin("cool/fridge-1").episodes.open
    episode = devices.twin("cool/fridge-1").episodes.open["fault"].key
    devices.intake.repaired("cool/fridge-1", devices.now)
    devices.restart()
    devices.now += 120
    assert devices.warm("HighTemperature", "CompressorStart") == []
    assert devices.warm_for(FRIDGE_GRACE_S / HOUR - 1) == []
    again = devices.warm_for(4)
    assert [one.episode for one in again][:1] == [episode]
    assert again[0].relapse == 1


def test_a_repaired_fridge_that_cools_down_is_well(devices: Devices) -> None:
    """It takes five hours; nothing is told of it, then or later."""
    devices.warm("HighTemperature")
    devices.warm_for(4)
    devices.warm("CompressorStart")
    devices.intake.repaired("cool/fridge-1", devices.now)
    runs = {"Callahead.CompressorDuty": 90.0, "Callahead.CompressorCurrent": 0.8, "Callahead.EvaporatorTemperature": -2200,
            "Callahead.CondenserTemperature": 3700}  # fmt: skip
    for half_hours in range(40):
        devices.now += HOUR / 2
        cold = max(420, 1150 - half_hours * 75)
        duty = {"Callahead.CompressorDuty": 45.0} if cold == 420 else {}
        assert devices.warm(**{**runs, **duty, "TemperatureMeasurement.MeasuredValue": cold}) == []


def test_a_door_left_open_after_the_visit_is_told(devices: Devices) -> None:
    """It is a matter of its own, and nothing that was left over."""
    devices.warm("HighTemperature")
    devices.warm_for(3)
    devices.intake.repaired("cool/fridge-1", devices.now)
    devices.now += 600
    (door,) = devices.warm("DoorOpen", **{"RefrigeratorAlarm.State": 1})
    assert door.part == "door_ajar"


def test_payments_are_not_repaired(devices: Devices) -> None:
    """Nobody visits them: whoever has a phone's parts mended has paid no bill by that."""
    twin = devices.intake.twin("pingo/phone-1")
    twin.memory(PaymentMemory).failures["p-1"] = 2
    assert devices.intake.repaired("pingo/phone-1", devices.now) is twin
    assert twin.memory(PaymentMemory).failures == {"p-1": 2}
    assert devices.intake.repaired("nobody/ever", devices.now) is None


def test_a_twin_that_was_stored_before_repairs_were_heard_of_is_read(devices: Devices) -> None:
    """Nothing was repaired, as far as it knows."""
    devices.flat()
    text = write_twin(devices.twin("volta/car-1"))
    older = text.replace(',"repair":null', "").replace('"repaired":false,', "")
    assert len(older) < len(text)
    assert read_twin(older) == devices.twin("volta/car-1")
