"""Readings that contradict each other are found, sound ones are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.devices.plausible import Contradictions
from gateway.kinds.registry import kinds

CONTRADICTIONS = Contradictions(tuple(clash for kind in kinds() for clash in kind.contradictions))
ENGINE = "Vehicle.Powertrain.CombustionEngine"


@pytest.mark.parametrize(
    "readings",
    [
        {f"{ENGINE}.IsRunning": False, f"{ENGINE}.Speed": 2_500.0},
        {f"{ENGINE}.IsRunning": True, f"{ENGINE}.Speed": 0.0},
        {"Vehicle.LowVoltageBattery.CurrentVoltage": 14.2, "Vehicle.OBD.ControlModuleVoltage": 7.0},
        {f"{ENGINE}.EngineCoolant.Temperature": 130.0, "Vehicle.OBD.CoolantTemperature": -40.0},
        {"Vehicle.IsMoving": False, "Vehicle.Speed": 90.0},
        {"Callahead.MainsPresent": False, "Callahead.MainsVoltage": 229.0},
    ],
)
def test_what_cannot_be_is_found(readings: dict[str, float | bool]) -> None:
    """Two readings that cannot both be true are named."""
    (clash,) = CONTRADICTIONS.within(readings)
    assert {clash.one, clash.other} == set(readings)


@given(st.floats(150, 350), st.floats(-0.5, 0.5))
def test_cranking_and_noise_are_no_contradiction(rpm: float, noise: float) -> None:
    """A starter turns an engine that does not run; two sensors of one thing never read the same to the digit."""
    readings: dict[str, float | bool] = {
        f"{ENGINE}.IsRunning": False,
        f"{ENGINE}.Speed": rpm,
        "Vehicle.LowVoltageBattery.CurrentVoltage": 10.2,
        "Vehicle.OBD.ControlModuleVoltage": 10.2 + noise,
    }
    assert CONTRADICTIONS.within(readings) == ()
