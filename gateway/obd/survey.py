"""One round of questions to a car: which are asked, and what the answers say. SAE J1979 services 01, 02, 03, 07, 09, 0A.

A list of codes is ``None`` where nobody answered: no codes and no answer are told apart to the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.obd.answers import Answer, Outcome, Said, read_answer

VOLTAGE = "ATRV"
SUPPORTED, STATUS, STORED, PENDING, PERMANENT, VIN = "0100", "0101", "03", "07", "0A", "0902"
_LETTERS = "PCBU"
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_VOLTS = re.compile(r"(\d{1,2}\.\d{1,2})\s*V")
_MIL, _COUNT = 0x80, 0x7F
_LEGACY_CODES = 6
"""Bytes of codes in each message where they are not counted."""


@dataclass(frozen=True, slots=True)
class Pid:
    """One parameter: its number, how many bytes it has, where it stands in the contract, and how it is read."""

    number: int
    length: int
    name: str
    read: Callable[[bytes], float | int]

    @property
    def live(self) -> str:
        """The request for its value now."""
        return f"01{self.number:02X}"

    @property
    def frozen(self) -> str:
        """The request for its value when the fault was stored."""
        return f"02{self.number:02X}00"


def _less_40(value: bytes) -> int:
    return value[0] - 40


def _percent(value: bytes) -> float:
    return round(value[0] * 100 / 255, 1)


PIDS = (
    Pid(0x05, 1, "coolant_temperature", _less_40),
    Pid(0x0C, 2, "engine_speed", lambda value: int.from_bytes(value, "big") / 4),
    Pid(0x0D, 1, "speed", lambda value: value[0]),
    Pid(0x11, 1, "throttle", lambda value: round(value[0] * 100 / 255)),
    Pid(0x2F, 1, "fuel_level", _percent),
    Pid(0x46, 1, "air_temperature", _less_40),
    Pid(0x5C, 1, "oil_temperature", _less_40),
)
_MODULE_VOLTAGE = Pid(0x42, 2, "battery_voltage", lambda value: int.from_bytes(value, "big") / 1000)
FROZEN_CODE = "020200"
FIRST = (VOLTAGE, SUPPORTED, STATUS, STORED, PENDING, PERMANENT, VIN, *(pid.live for pid in PIDS))
IF_CODES = (FROZEN_CODE, *(pid.frozen for pid in (*PIDS, _MODULE_VOLTAGE)))
"""Asked where a code is stored: the freeze frame."""


@dataclass(frozen=True, slots=True)
class Codes:
    """What one service told of trouble codes."""

    by_unit: dict[str, tuple[str, ...]]
    whole: bool

    @property
    def all(self) -> tuple[str, ...]:
        """Every code once, in the order told."""
        return tuple(dict.fromkeys(code for codes in self.by_unit.values() for code in codes))


@dataclass(frozen=True, slots=True)
class Survey:
    """What a car told in one round."""

    car_answers: bool
    stored: Codes | None = None
    pending: Codes | None = None
    permanent: Codes | None = None
    mil: bool | None = None
    count: int | None = None
    """Stored codes of all control units, as service 01 PID 01 counts them."""
    voltage: float | None = None
    vin: str | None = None
    live: dict[str, Any] = field(default_factory=dict)
    frozen: dict[str, Any] = field(default_factory=dict)
    frozen_code: str | None = None
    units: frozenset[str] = frozenset()

    @property
    def no_codes(self) -> bool:
        """Whether every control unit that is there said that it has no code stored, and none of it was lost."""
        stored = self.stored
        if stored is None or not stored.whole or stored.all:
            return False
        return self.units <= frozenset(stored.by_unit) and not self.count


def survey(texts: Mapping[str, str]) -> Survey:
    """Read a round: command → everything the adapter wrote before its prompt. What was not asked is not known."""
    answers = {command: read_answer(text, command) for command, text in texts.items() if not command.startswith("AT")}
    mil, count = _status(answers.get(STATUS))
    emission = [answers[command].units for command in (STATUS, STORED) if command in answers]
    return Survey(
        car_answers=any(answer.outcome is Outcome.ANSWERED for answer in answers.values()),
        stored=_codes(answers.get(STORED)),
        pending=_codes(answers.get(PENDING)),
        permanent=_codes(answers.get(PERMANENT)),
        mil=mil,
        count=count,
        voltage=read_voltage(texts.get(VOLTAGE, "")),
        vin=_vin(answers.get(VIN)),
        live=_values(answers, {pid.live: pid for pid in PIDS}, 2),
        frozen=_values(answers, {pid.frozen: pid for pid in (*PIDS, _MODULE_VOLTAGE)}, 3),
        frozen_code=_frozen_code(answers.get(FROZEN_CODE)),
        units=frozenset[str]().union(*emission),
    )


def code_of(pair: bytes) -> str | None:
    """Read two bytes as a trouble code (SAE J2012); ``None`` for the padding."""
    if pair == b"\0\0" or len(pair) < 2:  # noqa: PLR2004 - a pair
        return None
    return f"{_LETTERS[pair[0] >> 6]}{pair[0] >> 4 & 3}{pair[0] & 15:X}{pair[1]:02X}"


def read_voltage(text: str) -> float | None:
    """Read ``12.6V``, the voltage at the connector."""
    found = _VOLTS.search(text.upper())
    return float(found[1]) if found else None


def _codes(answer: Answer | None) -> Codes | None:
    """Read the codes of services 03, 07 and 0A; ``None`` where no control unit answered."""
    if answer is None or answer.outcome is not Outcome.ANSWERED:
        return None
    by_unit: dict[str, tuple[str, ...]] = {}
    whole = answer.whole
    for said in answer.said:
        pairs, complete = _pairs(said)
        whole = whole and complete
        codes = [code for pair in pairs if (code := code_of(pair))]
        by_unit[said.unit] = tuple(dict.fromkeys((*by_unit.get(said.unit, ()), *codes)))
    return Codes(by_unit, whole)


def _pairs(said: Said) -> tuple[list[bytes], bool]:
    """Return the pairs of bytes that may be codes. Over CAN they are counted, elsewhere three come with each message."""
    rest = said.payload[1:]
    counted = said.can if said.can is not None else len(rest) % 2 == 1
    if counted:
        wanted, rest = 2 * (rest[0] if rest else 0), rest[1:]
        complete = len(said.payload) > 1 and len(rest) >= wanted
        rest = rest[:wanted]
    else:
        rest, complete = rest[:_LEGACY_CODES], len(rest) >= _LEGACY_CODES
    return [rest[at : at + 2] for at in range(0, len(rest) - 1, 2)], complete


def _status(answer: Answer | None) -> tuple[bool | None, int | None]:
    """Return whether a lamp is lit and how many codes are stored, over all control units."""
    states = [said.payload[2] for said in answer.said if len(said.payload) > 2] if answer else []  # noqa: PLR2004
    if not states:
        return None, None
    return any(state & _MIL for state in states), sum(state & _COUNT for state in states)


def _values(answers: Mapping[str, Answer], asked: Mapping[str, Pid], head: int) -> dict[str, Any]:
    """Read values; the engine's control unit, which answers first, counts. ``head``: bytes before the value."""
    found: dict[str, Any] = {}
    for command, pid in asked.items():
        answer = answers.get(command)
        for said in answer.said if answer else ():
            value = said.payload[head : head + pid.length]
            if len(value) == pid.length:
                found.setdefault(pid.name, pid.read(value))
    return found


def _frozen_code(answer: Answer | None) -> str | None:
    codes = [code_of(said.payload[3:5]) for said in answer.said] if answer else []
    return next(filter(None, codes), None)


def _vin(answer: Answer | None) -> str | None:
    """Read the VIN: whole over CAN, in five messages of four characters elsewhere."""
    by_unit: dict[str, list[bytes]] = {}
    for said in answer.said if answer else ():
        by_unit.setdefault(said.unit, []).append(said.payload[2:])
    for parts in by_unit.values():
        content = b"".join(part[1:] for part in sorted(parts, key=lambda part: part[:1]))
        text = content.replace(b"\0", b"").decode("ascii", "replace").strip().upper()
        if _VIN.fullmatch(text):
            return text
    return None
