"""Units of measurement: a small closed table, so that a file's unit is known or refused before anything starts.

Factors: SI Brochure, 9th edition, and NIST SP 811, appendix B. ``to_si = value * factor + offset``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of a quantity. Two units convert into each other where the quantity is the same."""

    quantity: str
    factor: float = 1.0
    offset: float = 0.0


_CELSIUS = Unit("temperature", offset=273.15)
_FAHRENHEIT = Unit("temperature", 5 / 9, 459.67 * 5 / 9)
_KELVIN = Unit("temperature")
_PERCENT = Unit("share", 0.01)
_KMH = Unit("speed", 1 / 3.6)
_RPM = Unit("rotation")
UNITS: dict[str, Unit] = {
    "degC": _CELSIUS,
    "°C": _CELSIUS,
    "C": _CELSIUS,
    "celsius": _CELSIUS,
    "0.01 degC": Unit("temperature", 0.01, 273.15),
    "degF": _FAHRENHEIT,
    "°F": _FAHRENHEIT,
    "F": _FAHRENHEIT,
    "K": _KELVIN,
    "km/h": _KMH,
    "kmh": _KMH,
    "m/s": Unit("speed"),
    "mph": Unit("speed", 0.44704),
    "mi/h": Unit("speed", 0.44704),
    "kn": Unit("speed", 1852 / 3600),
    "Pa": Unit("pressure"),
    "hPa": Unit("pressure", 100.0),
    "kPa": Unit("pressure", 1000.0),
    "bar": Unit("pressure", 100_000.0),
    "mbar": Unit("pressure", 100.0),
    "psi": Unit("pressure", 6894.757293168),
    "V": Unit("voltage"),
    "mV": Unit("voltage", 0.001),
    "A": Unit("current"),
    "mA": Unit("current", 0.001),
    "m": Unit("length"),
    "km": Unit("length", 1000.0),
    "mi": Unit("length", 1609.344),
    "ft": Unit("length", 0.3048),
    "rpm": _RPM,
    "r/min": _RPM,
    "%": _PERCENT,
    "percent": _PERCENT,
    "ratio": Unit("share"),
}
INSTANTS: dict[str, float] = {"s": 1.0, "ms": 0.001, "us": 0.000_001}
"""What a time written as a number counts since 1970-01-01 UTC, in seconds."""
ISO = "iso"
"""A time written as text, ISO 8601 with offset."""


def convert(value: float, unit: str, into: str) -> float:
    """Return ``value``, given in ``unit``, in the unit ``into``; both from ``UNITS`` and of one quantity."""
    if UNITS[unit] == UNITS[into]:
        return value
    start, end = UNITS[unit], UNITS[into]
    return round((value * start.factor + start.offset - end.offset) / end.factor, 9)
