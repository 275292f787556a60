"""What a car's readings and codes say that no single one does: derived readings of its catalogue, and where that lies. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import get_args

from gateway.contract.values import Readings, published
from gateway.diagnosis.condition_table import NAME_SETS
from gateway.diagnosis.knowledge import Knowledge
from gateway.kinds.car.messages import Symptom, VehicleSignals

ELECTRIC = "car.electric"
STARVED = {"P0560", "P0562", "U3003", "C0564", "C0800", "C0899"}
"""Codes of low voltage; control units that starve fall silent too."""
DERIVED = {
    "codes.modules_silent", "codes.cylinders", "codes.undervoltage", "codes.unrelated", "codes.count",
    "car.age_years", "car.mileage_km", ELECTRIC,
}  # fmt: skip
"""Readings that are worked out here."""
KNOWLEDGE = Knowledge(
    "car",
    Path(__file__).with_name("knowledge"),
    signals=frozenset({*published(VehicleSignals).values(), *DERIVED}),
    symptoms=frozenset(get_args(Symptom)),
)


def powertrain(readings: Mapping[str, object]) -> str | None:
    """Return ``petrol``, ``diesel``, ``combustion`` (either), ``hybrid`` or ``electric`` by what the car measures; or ``None``."""
    traction, combustion = _drives(frozenset(readings))
    if traction:
        return "hybrid" if combustion else "electric"
    ignition = readings.get("Vehicle.OBD.Status.IgnitionType")
    if ignition is not None:
        return "diesel" if ignition == "COMPRESSION" else "petrol"
    return "combustion" if combustion else None


@lru_cache(NAME_SETS)
def _drives(names: frozenset[str]) -> tuple[bool, bool]:
    """Tell whether readings of some names are of a traction battery, and of a combustion engine."""
    traction = any(name.startswith("Vehicle.Powertrain.TractionBattery.") for name in names)
    return traction, any(name.startswith("Vehicle.Powertrain.CombustionEngine.") for name in names)


def derived_from(told: Mapping[str, bool], train: str | None, age: float | None, km: float | None) -> Readings:
    """Return the derived readings: of codes, age in years and mileage in kilometres, as far as they are known."""
    derived: Readings = {
        "codes.modules_silent": sum(code.startswith("U01") for code in told),
        "codes.undervoltage": sum(code in STARVED or code.startswith("U01") for code in told),
        "codes.cylinders": sum("P0301" <= code <= "P0312" for code in told),
        "codes.count": sum(confirmed and ":" not in code for code, confirmed in told.items()),
    }
    if train is not None:
        derived[ELECTRIC] = train == "electric"
    if age is not None:
        derived["car.age_years"] = age
    if km is not None:
        derived["car.mileage_km"] = km
    return derived
