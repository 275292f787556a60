"""Trouble codes as cars and lorries write them, and the SAE J2012 code that each stands for. Pure.

A failure type byte behind a code (``P0562-00``, ``U012187``; ISO 15031-6 annex F, SAE J2012-DA) says how it failed, and the code
in front of it what. A lorry's J1939 code is a suspect parameter number with a failure mode (SAE J1939-73): where a J2012 code
says the same, it is that; where none does, it is told by its numbers and weighs as a code that nobody knows.
"""

from __future__ import annotations

import re

_LORRY = "[Ss][Pp][Nn] ?[1-9][0-9]{0,5}[ /-]?[Ff][Mm][Ii] ?([12]?[0-9]|3[01])"
PATTERN = rf"^([PpCcBbUu][0-3][0-9A-Fa-f]{{3}}(-?[0-9A-Fa-f]{{2}})?|{_LORRY})$"
_J1939 = re.compile(r"SPN ?([0-9]+)[ /-]?FMI ?([0-9]+)")
_J2012 = 5
"""Characters of a code of SAE J2012 without its failure type."""

_HIGH, _LOW = frozenset({0, 15, 16, 20}), frozenset({1, 17, 18, 21})
"""Failure modes: what is measured lies above, or below, what is normal. Most others are of the circuit it is measured with."""
_VOLTAGES = frozenset({158, 167, 168})
"""Parameters that are voltages themselves: one that is too high or too low (modes 3 and 4) is no fault of a circuit."""
_CODES: dict[int, tuple[str, str, str]] = {
    27: ("P0403", "P0403", "P0403"),  # exhaust gas recirculation valve
    84: ("P0500", "P0500", "P0500"),  # road speed
    91: ("P2120", "P2120", "P2120"),  # accelerator pedal
    94: ("P0088", "P0087", "P0190"),  # fuel delivery pressure
    97: ("P2269", "P2269", "P2264"),  # water in fuel
    98: ("P250B", "P250F", "P250A"),  # oil level
    100: ("P0521", "P0524", "P0520"),  # oil pressure
    102: ("P0234", "P0299", "P0235"),  # boost pressure
    105: ("P0111", "P0111", "P0110"),  # intake air temperature
    110: ("P0217", "P0128", "P0115"),  # coolant temperature
    111: ("P2556", "P2560", "P2556"),  # coolant level
    157: ("P0088", "P0087", "P0190"),  # fuel rail pressure
    158: ("P0563", "P0562", "P0560"),  # battery, switched
    167: ("P0563", "P0562", "P0620"),  # charging system
    168: ("P0563", "P0562", "P0560"),  # battery
    175: ("P0298", "P0196", "P0195"),  # oil temperature
    177: ("P0218", "P0711", "P0710"),  # transmission oil temperature
    190: ("P0219", "P0336", "P0335"),  # engine speed
    639: ("U0001", "U0001", "U0001"),  # J1939 network
    651: ("P0201", "P0201", "P0201"),  # injectors 1 to 6
    652: ("P0202", "P0202", "P0202"),
    653: ("P0203", "P0203", "P0203"),
    654: ("P0204", "P0204", "P0204"),
    655: ("P0205", "P0205", "P0205"),
    656: ("P0206", "P0206", "P0206"),
    677: ("P0615", "P0615", "P0615"),  # starter relay
    723: ("P0340", "P0340", "P0340"),  # camshaft speed
    1761: ("P203B", "P203F", "P203A"),  # exhaust fluid level
    3251: ("P2453", "P2453", "P2452"),  # particulate filter, pressure difference
    3364: ("P207F", "P207F", "P207F"),  # exhaust fluid quality
    3719: ("P2463", "P2463", "P2463"),  # particulate filter, soot load
}
"""SPN → the J2012 code for too high, for too low, and for any other failure mode."""


def as_j2012(text: str) -> str:
    """Return the J2012 code that a trouble code of ``PATTERN`` stands for; ``SPN{n}-FMI{m}`` where there is none."""
    told = text.upper()
    lorry = _J1939.fullmatch(told)
    if lorry is None:
        return told[:_J2012]
    parameter, mode = int(lorry[1]), int(lorry[2])
    codes = _CODES.get(parameter)
    if codes is None:
        return f"SPN{parameter}-FMI{mode}"
    return codes[_column(parameter, mode)]


def _column(parameter: int, mode: int) -> int:
    if parameter in _VOLTAGES and mode in {3, 4}:
        return mode - 3
    return 0 if mode in _HIGH else 1 if mode in _LOW else 2


def failure_type(text: str) -> str | None:
    """Return the failure type byte behind a code, two hexadecimal digits; ``None``: it has none."""
    behind = text.upper()[_J2012:].removeprefix("-")
    return behind if behind and _J1939.fullmatch(text.upper()) is None else None
