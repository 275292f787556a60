"""Units of measurement: a small closed table, so that a file's unit is known or refused before anything starts.

Every unit that the contract publishes (``x-unit``) is one of them: a test holds it.
Factors: SI Brochure, 9th edition, and NIST SP 811, appendix B. ``to_si = value * factor + offset``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi


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
_DEGREES = Unit("angle", pi / 180)
_HUNDREDTHS = Unit("temperature", 0.01, 273.15)
_KMH = Unit("speed", 1 / 3.6)
_RPM = Unit("rotation")
UNITS: dict[str, Unit] = {
    "degC": _CELSIUS,
    "°C": _CELSIUS,
    "C": _CELSIUS,
    "celsius": _CELSIUS,
    "0.01 degC": _HUNDREDTHS,
    "0.01 celsius": _HUNDREDTHS,
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
    "0.1 kPa": Unit("pressure", 100.0),
    "kPa": Unit("pressure", 1000.0),
    "bar": Unit("pressure", 100_000.0),
    "mbar": Unit("pressure", 100.0),
    "psi": Unit("pressure", 6894.757293168),
    "V": Unit("voltage"),
    "mV": Unit("voltage", 0.001),
    "A": Unit("current"),
    "mA": Unit("current", 0.001),
    "uA": Unit("current", 0.000_001),
    "m": Unit("length"),
    "km": Unit("length", 1000.0),
    "mi": Unit("length", 1609.344),
    "ft": Unit("length", 0.3048),
    "cm": Unit("length", 0.01),
    "mm": Unit("length", 0.001),
    "in": Unit("length", 0.0254),
    "rpm": _RPM,
    "r/min": _RPM,
    "%": _PERCENT,
    "percent": _PERCENT,
    "0.5 percent": Unit("share", 0.005),
    "ratio": Unit("share"),
    "degrees": _DEGREES,
    "deg": _DEGREES,
    "rad": Unit("angle"),
    "Ah": Unit("charge", 3600.0),
    "mAh": Unit("charge", 3.6),
    "kWh": Unit("energy", 3_600_000.0),
    "Wh": Unit("energy", 3600.0),
    "mWh": Unit("energy", 3.6),
    "MJ": Unit("energy", 1_000_000.0),
    "kW": Unit("power", 1000.0),
    "W": Unit("power"),
    "mW": Unit("power", 0.001),
    "g/s": Unit("flow", 0.001),
    "kg/h": Unit("flow", 1 / 3600),
    "l/min": Unit("volume flow", 0.001 / 60),
    "l/h": Unit("volume flow", 0.001 / 3600),
    "m3/h": Unit("volume flow", 1 / 3600),
    "0.1 m3/h": Unit("volume flow", 0.1 / 3600),
    "gal/min": Unit("volume flow", 0.003785411784 / 60),
    "GB": Unit("data", 1_000_000_000.0),
    "MB": Unit("data", 1_000_000.0),
    "kB": Unit("data", 1000.0),
    "MiB": Unit("data", 1_048_576.0),
    "dB": Unit("level ratio"),
    "dBm": Unit("power level"),
    "dBuV": Unit("voltage level"),
    "dBmV": Unit("voltage level", offset=60.0),
    "kg": Unit("mass"),
    "g": Unit("mass", 0.001),
    "lb": Unit("mass", 0.45359237),
    "K/min": Unit("heating", 1 / 60),
    "K/h": Unit("heating", 1 / 3600),
    "s": Unit("duration"),
    "ms": Unit("duration", 0.001),
    "min": Unit("duration", 60.0),
    "h": Unit("duration", 3600.0),
    "d": Unit("duration", 86_400.0),
}
INSTANTS: dict[str, float] = {"s": 1.0, "ms": 0.001, "us": 0.000_001}
"""What a time written as a number counts since 1970-01-01 UTC, in seconds."""
ISO = "iso"
"""A time written as text, ISO 8601 with offset."""


def is_scaled(unit: str | None) -> bool:
    """Tell whether a unit is a fraction of one: what is sent without a unit is likely to be meant in the whole one."""
    return unit is not None and unit[:1].isdigit()


def convert(value: float, unit: str, into: str) -> float:
    """Return ``value``, given in ``unit``, in the unit ``into``; both from ``UNITS`` and of one quantity."""
    if UNITS[unit] == UNITS[into]:
        return value
    start, end = UNITS[unit], UNITS[into]
    return float(f"{(value * start.factor + start.offset - end.offset) / end.factor:.12g}")
