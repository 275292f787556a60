"""Figures as people write them in a file: ``5 min``, ``-14 °C``, ``30%``, ``15 km``, ``40 km/h``. None without its unit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from gateway.contract.nearest import nearest

_FIGURE = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*([^\d\s]\S*)?\s*")
_PARTS = re.compile(r"\d+(?:\.\d+)?\s*[a-z]+")
_SEVERAL = re.compile(rf"\s*(?:{_PARTS.pattern}\s*){{2,}}")
_RATE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:per|/)\s*(\S.*?)\s*")

SECONDS = {
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "seconds": 1.0,
    "min": 60.0,
    "minute": 60.0,
    "minutes": 60.0,
    "h": 3600.0,
    "hour": 3600.0,
    "hours": 3600.0,
    "d": 86400.0,
    "day": 86400.0,
    "days": 86400.0,
}
METRES = {"m": 1.0, "km": 1000.0}
KILOGRAMS = {"kg": 1.0, "t": 1000.0}
METRES_PER_SECOND = {"km/h": 1 / 3.6, "m/s": 1.0}
DEGREES_CELSIUS = {"°C": 1.0, "C": 1.0}


def _measured(text: object, units: Mapping[str, float], what: str, example: str) -> float:
    """Return ``text`` in the unit whose factor is 1. Raises ``ValueError`` that says what would be right."""
    found = _FIGURE.fullmatch(text) if isinstance(text, str) else None
    if found is None or found[2] is None:
        message = f"{text!r} is not {what}: write a number and its unit, as '{example}'"
        raise ValueError(message)
    if found[2] not in units:
        near = nearest(found[2], units, 0.5)
        advice = f"did you mean '{near}'?" if near else f"use {', '.join(units)}"
        message = f"'{found[2]}' is no unit of {what}; {advice}"
        raise ValueError(message)
    return float(found[1]) * units[found[2]]


def seconds(text: object) -> float:
    """Read a duration, never negative: ``45 s``, ``5 min``, ``2h``, ``7 days``, ``7 h 30 min``."""
    if text == 0:
        return 0.0
    parts = _PARTS.findall(text) if isinstance(text, str) and _SEVERAL.fullmatch(text) else [text]
    value = sum(_measured(part, SECONDS, "a duration", "5 min") for part in parts)
    if value < 0:
        message = f"{text!r} is negative; a duration is 0 or more"
        raise ValueError(message)
    return value


def celsius(text: object) -> float:
    """Read a temperature: ``-14 °C``."""
    return _measured(text, DEGREES_CELSIUS, "a temperature", "-14 °C")


def metres(text: object) -> float:
    """Read a length above 0: ``15 km``, ``300 m``."""
    return _positive(_measured(text, METRES, "a length", "15 km"), text)


def kilograms(text: object) -> float:
    """Read a mass above 0: ``2500 kg``, ``3.5 t``."""
    return _positive(_measured(text, KILOGRAMS, "a mass", "2500 kg"), text)


def metres_per_second(text: object) -> float:
    """Read a speed above 0: ``40 km/h``."""
    return _positive(_measured(text, METRES_PER_SECOND, "a speed", "40 km/h"), text)


def per_second(text: object) -> float:
    """Read a rate: ``100 per 30 min``, ``0.2 per s``, ``12 per hour``. In events a second."""
    found = _RATE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        message = f"{text!r} is not a rate: write how many and in which time, as '100 per 30 min'"
        raise ValueError(message)
    span = seconds(found[2] if found[2][0].isdigit() else f"1 {found[2]}")
    return float(found[1]) / _positive(span, text)


def share(text: object) -> float:
    """Read a share between 0 and 1: ``0.3`` or ``30%``."""
    if isinstance(text, str) and text.strip().endswith("%"):
        value = _measured(text, {"%": 0.01}, "a share", "30%")
    elif isinstance(text, (int, float)) and not isinstance(text, bool):
        value = float(text)
    else:
        message = f"{text!r} is not a share: write 0.3 or '30%'"
        raise ValueError(message)
    if not 0 <= value <= 1:
        message = f"{text!r} is not a share: it lies outside 0 to 1 (0% to 100%)"
        raise ValueError(message)
    return value


def _positive(value: float, text: object) -> float:
    if value <= 0:
        message = f"{text!r} must be more than 0"
        raise ValueError(message)
    return value


def _as(units: Mapping[str, float], what: str, example: str, *more: dict[str, object]) -> dict[str, object]:
    """Return the JSON Schema of a figure with its unit, for editors."""
    pattern = rf"^\s*[+-]?\d+(\.\d+)?\s*({'|'.join(units)})\s*$"
    written: dict[str, object] = {"type": "string", "pattern": pattern, "description": what, "examples": [example]}
    return {"anyOf": [written, *more]} if more else written


AS_DURATION = {
    "anyOf": [
        {
            "type": "string",
            "pattern": rf"^\s*(\d+(\.\d+)?\s*({'|'.join(SECONDS)})\s*)+$",
            "description": "a span of time with its unit",
            "examples": ["5 min", "7 h 30 min"],
        },
        {"const": 0},
    ]
}
"""The JSON Schema of a duration, for editors."""
Duration = Annotated[float, BeforeValidator(seconds), WithJsonSchema(AS_DURATION)]
"""Seconds."""
Temperature = Annotated[
    float, BeforeValidator(celsius), WithJsonSchema(_as(DEGREES_CELSIUS, "a temperature with its unit", "-14 °C"))
]
"""Degrees Celsius."""
Length = Annotated[float, BeforeValidator(metres), WithJsonSchema(_as(METRES, "a length with its unit", "15 km"))]
"""Metres."""
Mass = Annotated[float, BeforeValidator(kilograms), WithJsonSchema(_as(KILOGRAMS, "a mass with its unit", "2500 kg"))]
"""Kilograms."""
Speed = Annotated[
    float,
    BeforeValidator(metres_per_second),
    WithJsonSchema(_as(METRES_PER_SECOND, "a speed with its unit", "40 km/h")),
]
"""Metres per second."""
Rate = Annotated[
    float,
    BeforeValidator(per_second),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": rf"^\s*\d+(\.\d+)?\s+per\s+(\d+(\.\d+)?\s*)?({'|'.join(SECONDS)})\s*$",
            "description": "how many in which time",
            "examples": ["100 per 30 min"],
        }
    ),
]
"""Events a second."""
AS_SHARE = _as({"%": 0.01}, "a share", "30%", {"type": "number", "minimum": 0, "maximum": 1})
Share = Annotated[float, BeforeValidator(share), WithJsonSchema(AS_SHARE)]
"""0 to 1."""


def spoken(span: float) -> str:
    """Say a duration as people do: ``41 s``, ``4 min 12 s``, ``2 h 05 min``."""
    whole = round(abs(span))
    if whole < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{whole} s"
    if whole < 3600:  # noqa: PLR2004 - seconds in an hour
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
