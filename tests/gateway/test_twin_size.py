"""A twin is written with each report, so it stays small: whatever a device sends, for however long, what is kept is bounded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from gateway.contract.refusals import Rule
from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twin_text import read_twin, write_twin
from gateway.finding import Conclusion, Finding, Recovery
from gateway.intake.intake import Intake
from gateway.kinds.fridge.memory import FridgeMemory
from gateway.payments.memory import PaymentMemory

START = 1_768_197_600.0
EVENTS, LOOKS = 2_000, 20
MOST_BYTES = 16 * 1024
"""What a twin takes at most, stored. Before it was bounded: 35 kB after 400 refused payments, and without end."""
Event = tuple[str, dict[str, Any]]
CODES = [f"{system}{number:04}" for system in "PBCU" for number in range(100, 1000, 3)]
SYMPTOMS = [
    "no_crank",
    "slow_crank",
    "cranks_no_start",
    "stalls",
    "rough_running",
    "loss_of_power",
    "steam",
    "squeal",
    "knocking",
]
ALARMS = [
    "DoorOpen", "HighTemperature", "CompressorStart", "SensorFault", "FanStalled", "PowerLost", "DefrostFault", "CondenserHot",
    "IceMakerFault", "ControlFault",
]  # fmt: skip


def cars(dice: Random) -> Iterator[Event]:
    """Yield what a car sends of which everything is broken in turn."""
    while True:
        signals = {
            "Vehicle.LowVoltageBattery.CurrentVoltage": round(dice.uniform(6, 16), 2),
            "Vehicle.OBD.ControlModuleVoltage": round(dice.uniform(6, 16), 2),
            "Vehicle.LowVoltageBattery.CurrentCurrent": round(dice.uniform(-200, 60), 1),
            "Vehicle.LowVoltageSystemState": dice.choice(["OFF", "ON", "START", "ACC"]),
            "Vehicle.Powertrain.CombustionEngine.IsRunning": dice.random() < 0.5,
            "Vehicle.Powertrain.CombustionEngine.Speed": round(dice.uniform(600, 4000)),
            "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature": round(dice.uniform(-20, 130), 1),
            "Vehicle.Powertrain.CombustionEngine.EOP": round(dice.uniform(0, 400)),
            "Vehicle.OBD.LongTermFuelTrim1": round(dice.uniform(-30, 30), 1),
            "Vehicle.OBD.ShortTermFuelTrim1": round(dice.uniform(-30, 30), 1),
            "Vehicle.OBD.EngineLoad": round(dice.uniform(0, 100), 1),
            "Vehicle.OBD.FuelLevel": round(dice.uniform(0, 100), 1),
            "Vehicle.OBD.FuelRailPressureDirect": round(dice.uniform(0, 20000)),
            "Vehicle.Speed": round(dice.uniform(0, 130), 1),
            "Vehicle.TraveledDistance": round(dice.uniform(0, 4e8)),
            **{
                f"Vehicle.Chassis.Axle.Row{row}.Wheel.{side}.Tire.Pressure": round(dice.uniform(0, 300))
                for row in (1, 2)
                for side in ("Left", "Right")
            },
        }
        told = {name: signals[name] for name in dice.sample(sorted(signals), dice.randint(0, len(signals)))}
        if dice.random() < 0.5:
            yield "vehicle.status", {"signals": told}
            continue
        codes = [{"code": code, "status": "confirmed"} for code in dice.sample(CODES, dice.randint(0, 8))]
        symptoms = dice.sample(SYMPTOMS, dice.randint(0 if codes else 1, 3))
        yield "vehicle.fault", {"codes": codes, "freeze_frame": told, "symptoms": symptoms}


def fridges(dice: Random) -> Iterator[Event]:
    """Yield what a fridge sends, and what lies in it."""
    while True:
        attributes = {
            "TemperatureMeasurement.MeasuredValue": dice.randint(-2000, 2500), "TemperatureControl.TemperatureSetpoint": 400,
            "RefrigeratorAlarm.State": dice.randint(0, 1), "Callahead.CompressorDuty": round(dice.uniform(0, 100), 1),
            "Callahead.CompressorCurrent": round(dice.uniform(0, 6), 2), "Callahead.FanRunning": dice.random() < 0.5,
            "Callahead.MainsPresent": dice.random() < 0.9, "Callahead.MainsVoltage": round(dice.uniform(0, 260), 1),
            "Callahead.EvaporatorTemperature": dice.randint(-3500, 2500),
            "Callahead.CondenserTemperature": dice.randint(1500, 7000), "Callahead.RoomTemperature": dice.randint(1000, 3500),
            "Callahead.DefrostHeaterCurrent": round(dice.uniform(0, 2), 2), "Callahead.DoorOpenSeconds": dice.randint(0, 3600),
        }  # fmt: skip
        kind = dice.random()
        if kind < 0.2:
            article = {"gtin": gtin(dice.randrange(10**6)), "name": "milk", "reorder_at": 2, "reorder_quantity": 4}
            yield "appliance.stock", {"items": [{**article, "quantity": dice.randint(0, 6)}]}
        elif kind < 0.5:
            yield "appliance.fault", {"alarms": dice.sample(ALARMS, dice.randint(1, 4)), "attributes": attributes}
        else:
            yield "appliance.status", {"attributes": attributes}


def phones(dice: Random) -> Iterator[Event]:
    """Yield payments, most of which are refused once, twice or for ever."""
    for number in range(10**9):
        payment = f"invoice-{number:09}-of-a-customer-who-pays"[:35]
        attempt = {"end_to_end_id": payment, "amount": "40.00", "currency": "EUR", "processor": "baltpay"}
        for _ in range(dice.randint(1, 3)):
            yield (
                "payment.attempt",
                {**attempt, "status": "RJCT", "reason": dice.choice(["AM04", "MS03", "AC01", "AB05", "AG10"])},
            )
        if dice.random() < 0.1:
            yield "payment.attempt", {**attempt, "status": "ACSC"}


def gtin(number: int) -> str:
    """Return a GTIN-13."""
    digits = f"{400_000_000_000 + number}"
    check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10
    return f"{digits}{check}"


class Sent:
    """One device that sends what it is told to, in an order and with gaps that no device should."""

    def __init__(self, kind: str, dice: Random) -> None:
        self.dice, self.boot, self.seq, self.now = dice, 1, 0, START
        self.intake = Intake(Registry([DeviceRecord("acme/one", kind, "c-1", "real", "", "", 56.9, 24.2)]))
        self.heard: list[Conclusion] = []

    def send(self, kind: str, data: dict[str, Any], *, disorder: bool = True) -> None:
        """Send one event: now and then it restarts, leaves numbers out, or sends an older one after a newer."""
        if disorder:
            self.boot += self.dice.random() < 0.02
            self.seq += self.dice.choice([1, 1, 1, 2, 5, 1000])
        else:
            self.seq += 1
        event = {
            "specversion": "1.0", "type": f"callahead.{kind}.v1", "source": "/acme/one", "id": f"{self.boot}-{self.seq}",
            "time": datetime.fromtimestamp(self.now, UTC).isoformat(), "data": data,
        }  # fmt: skip
        verdict = self.intake.receive("callahead/v1/acme/one/event", json.dumps(event).encode(), self.now + 1)
        assert verdict.refusal is None or verdict.refusal.rule is Rule.CONTRADICTION, verdict.refusal.problem
        self.heard += verdict.conclusions

    @property
    def stored(self) -> str:
        """Return the twin as it is stored."""
        return write_twin(self.intake.twins["acme/one"])


@pytest.mark.parametrize("every_s", [1.0, 600.0])
@pytest.mark.parametrize(
    ("kind", "events"),
    [("car", cars), ("fridge", fridges), ("phone", phones)],
    ids=["car", "fridge", "phone"],
)
def test_a_twin_stays_small_whatever_is_sent(
    kind: str, events: Callable[[Random], Iterator[Event]], every_s: float
) -> None:
    """Two thousand random events, within minutes or weeks: the stored twin never takes more than 16 KiB, and is read back."""
    dice = Random(f"{kind} {every_s}")
    device, sent = Sent(kind, dice), events(dice)
    most = 0
    for number in range(EVENTS):
        device.send(*next(sent))
        device.now += every_s
        if number % LOOKS:
            continue
        most = max(most, len(device.stored.encode()))
    assert most <= MOST_BYTES
    kept = read_twin(device.stored)
    for memory in (FridgeMemory, PaymentMemory):
        kept.recalled(memory)
    assert kept == device.intake.twins["acme/one"]


def test_four_hundred_refused_payments_are_a_small_twin_and_nobody_is_forgotten_in_silence() -> None:
    """What is dropped of a payment that is still refused, dispatch is told is over."""
    device = Sent("phone", Random(1))
    for number in range(400):
        for _ in range(2):
            attempt = {"end_to_end_id": f"bill-{number}", "amount": "40.00", "currency": "EUR", "processor": "baltpay"}
            device.send("payment.attempt", {**attempt, "status": "RJCT", "reason": "AM04"}, disorder=False)
            device.now += 30
    found = {one.episode for one in device.heard if isinstance(one, Finding)}
    over = {one.episode for one in device.heard if isinstance(one, Recovery)}
    still = {one.key for one in device.intake.twins["acme/one"].episodes.open.values()}
    assert len(found) == 400
    assert found == over | still
    assert len(device.stored.encode()) <= MOST_BYTES


def test_a_payment_that_nobody_tried_again_is_over_after_a_day() -> None:
    """It was paid otherwise, or is a new matter; dispatch is told with the next attempt at anything."""
    device = Sent("phone", Random(1))
    attempt = {
        "end_to_end_id": "bill-1",
        "amount": "40.00",
        "currency": "EUR",
        "processor": "baltpay",
        "status": "RJCT",
    }
    for _ in range(2):
        device.send("payment.attempt", {**attempt, "reason": "AM04"}, disorder=False)
    (found,) = [one for one in device.heard if isinstance(one, Finding)]
    device.now += 25 * 3_600
    device.send("payment.attempt", {**attempt, "end_to_end_id": "bill-2", "status": "ACSC"}, disorder=False)
    assert [one.episode for one in device.heard if isinstance(one, Recovery)] == [found.episode]
    assert device.intake.twins["acme/one"].episodes.open == {}
