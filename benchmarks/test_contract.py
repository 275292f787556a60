"""How long one event takes to parse and check, beside ``json.loads`` alone: ``pytest benchmarks/test_contract.py``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gateway.contract.binding import read_event, to_binary
from gateway.contract.cards import card_number_at
from gateway.contract.event_types import event_types
from gateway.contract.messages import parse_event

PAYLOADS = {kind.split(".", 1)[1]: json.dumps(example).encode() for kind, example in event_types().examples.items()}
SIGNALS = {
    "Vehicle.Powertrain.CombustionEngine.IsRunning": True,
    "Vehicle.Powertrain.CombustionEngine.Speed": 800.0,
    "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature": 80.5,
    "Vehicle.Powertrain.CombustionEngine.EngineOil.PressureStatus": "NORMAL",
    "Vehicle.LowVoltageBattery.CurrentVoltage": 12.1,
    "Vehicle.LowVoltageSystemState": "ON",
    "Vehicle.Speed": 0.0,
    "Vehicle.TraveledDistance": 84_211_300,
    "Vehicle.OBD.Status.IsMILOn": True,
    "Vehicle.Diagnostics.DTCCount": 1,
    "Vehicle.OBD.FuelLevel": 50.0,
    "Vehicle.Exterior.AirTemperature": -5.0,
    **{
        f"Vehicle.Chassis.Axle.Row{row}.Wheel.{side}.Tire.Pressure": 240 for row in (1, 2) for side in ("Left", "Right")
    },
}
"""What a car in the simulated world reports."""
FULL = event_types().examples["callahead.vehicle.fault.v1"]
PAYLOADS["vehicle.fault with 16 signals"] = json.dumps(
    {**FULL, "data": {**FULL["data"], "freeze_frame": SIGNALS}}, separators=(",", ":")
).encode()


@pytest.mark.parametrize("kind", PAYLOADS)
@pytest.mark.parametrize("read", [parse_event, json.loads])
def test_reading_one_event(benchmark: Callable[..., Any], read: Callable[[bytes], Any], kind: str) -> None:
    """Parse and check, against parsing alone."""
    benchmark.group = kind
    benchmark(read, PAYLOADS[kind])


def test_reading_one_event_in_binary_mode(benchmark: Callable[..., Any]) -> None:
    """Attributes from user properties."""
    benchmark.group = "vehicle.fault"
    binary = to_binary(parse_event(PAYLOADS["vehicle.fault.v1"]))
    benchmark(read_event, binary.payload, binary.content_type, binary.properties)


@pytest.mark.parametrize("name", ["k", "k" * 100_000])
def test_looking_for_card_numbers_below_a_name(benchmark: Callable[..., Any], name: str) -> None:
    """Thousands of places below a name: a long one costs its bytes once, and not once for each of them."""
    benchmark.group = "card numbers"
    payload = json.dumps({name: ["4000 4000 4000 4001"] * 7_000, "escaped": "?"}).replace("?", "\\u0034").encode()
    benchmark(card_number_at, payload)
