"""What a home's reports say beside single readings: the derived readings ``home.*`` of its catalogue. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from gateway.contract.values import Readings, published
from gateway.diagnosis.knowledge import Knowledge
from gateway.kinds.home.messages import HomeAlarm, HomeAttributes

LIFT = "home.flow_over_return_k"
CALLS_PERCENT = 20.0
"""More heat is called for than a boiler gives in short bursts."""
DERIVED = frozenset({
    LIFT, "home.calls_for_heat", "home.too_cold_k", "home.wrong_tariff", "home.valve_not_as_wanted",
    "home.clock_off_s", "home.is_well",
})  # fmt: skip
"""Readings that are worked out here."""
KNOWLEDGE = Knowledge(
    "home",
    Path(__file__).with_name("knowledge"),
    signals=frozenset(
        {*published(HomeAttributes).values(), *DERIVED, *(f"alarm.{one}" for one in get_args(HomeAlarm))}
    ),
    told={"alarm": frozenset(get_args(HomeAlarm))},
)


def derived(readings: Readings) -> Readings:
    """Return the derived readings: kelvins, seconds, and whether two that should be the same are. What is not known is left out."""
    found: Readings = {}
    goes, comes = _number(readings, "Callahead.FlowTemperature"), _number(readings, "Callahead.ReturnTemperature")
    if goes is not None and comes is not None:
        found[LIFT] = (goes - comes) / 100
    room, wanted = (
        _number(readings, "Thermostat.LocalTemperature"),
        _number(readings, "Thermostat.OccupiedHeatingSetpoint"),
    )
    if room is not None and wanted is not None:
        found["home.too_cold_k"] = (wanted - room) / 100
    demand = _number(readings, "Thermostat.PIHeatingDemand")
    if demand is not None:
        found["home.calls_for_heat"] = demand > CALLS_PERCENT
    fast = _number(readings, "Callahead.MeterClockOffset")
    if fast is not None:
        found["home.clock_off_s"] = abs(fast)
    for name, one, other in (
        ("home.wrong_tariff", "Callahead.MeterTariff", "Callahead.MeterTariffDue"),
        (
            "home.valve_not_as_wanted",
            "ValveConfigurationAndControl.CurrentState",
            "ValveConfigurationAndControl.TargetState",
        ),
    ):
        if one in readings and other in readings:
            found[name] = readings[one] != readings[other]
    return found


def _number(readings: Readings, name: str) -> float | None:
    value = readings.get(name)
    return float(value) if isinstance(value, (int, float)) else None
