"""What an ELM327 answers to a request: messages of control units, or silence, or a complaint. Never one taken for another.

It reads CAN with 11 and 29 bits, ISO 9141, ISO 14230 and J1850, with headers and without, with spaces and without, with or
without echo: clones forget their settings. By the data sheet of the ELM327 v2.3 and SAE J1979.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from gateway.obd.segments import joined

PROMPT = ">"
POSITIVE, NEGATIVE = 0x40, 0x7F
_HEX = re.compile(r"[0-9A-F]+")
_CAN_29 = re.compile(r"18DAF1([0-9A-F]{2})")
_PART = re.compile(r"([0-9A-F]):([0-9A-F]*)")
_CHATTER = re.compile(r"SEARCHING\.*|BUS INIT: ?\.*(OK)?")
_WITH_PID = {0x01, 0x02, 0x09}
_LEGACY_HEADER = 3
_SHORTEST_CAN = 5


class Outcome(StrEnum):
    """What an answer comes to."""

    ANSWERED = "answered"
    NO_ANSWER = "no-answer"
    """No control unit said anything in time."""
    REFUSED = "refused"
    """Every control unit said that it does not know the request."""
    NO_CAR = "no-car"
    """The bus is not there or is in trouble: the ignition is off, or the protocol was not found."""
    UNKNOWN_COMMAND = "unknown-command"
    """The adapter does not know it."""
    GARBLED = "garbled"
    """Something came, and nothing of it can be read."""


_COMPLAINTS = {
    "NO DATA": Outcome.NO_ANSWER,
    "UNABLE TO CONNECT": Outcome.NO_CAR,
    "BUS INIT: ERROR": Outcome.NO_CAR,
    "BUS INIT: ...ERROR": Outcome.NO_CAR,
    "BUS BUSY": Outcome.NO_CAR,
    "BUS ERROR": Outcome.NO_CAR,
    "CAN ERROR": Outcome.NO_CAR,
    "FB ERROR": Outcome.NO_CAR,
    "LV RESET": Outcome.NO_CAR,
    "ACT ALERT": Outcome.NO_CAR,
    "LP ALERT": Outcome.NO_CAR,
    "STOPPED": Outcome.GARBLED,
    "BUFFER FULL": Outcome.GARBLED,
    "DATA ERROR": Outcome.GARBLED,
    "RX ERROR": Outcome.GARBLED,
    "?": Outcome.UNKNOWN_COMMAND,
}


@dataclass(frozen=True, slots=True)
class Said:
    """One message of one control unit."""

    unit: str
    """Its address as the adapter shows it: ``7E8``, ``10``; empty where headers are off."""
    payload: bytes
    """From the service identifier on."""
    can: bool | None
    """Whether it came over CAN, where codes are counted; ``None``: it cannot be told."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request came to."""

    outcome: Outcome
    said: tuple[Said, ...] = ()
    whole: bool = True
    """Nothing of it was lost or could not be read."""

    @property
    def units(self) -> frozenset[str]:
        """Who answered."""
        return frozenset(one.unit for one in self.said)


def read_answer(text: str, command: str) -> Answer:
    """Read everything that came between a command, such as ``03`` or ``02 05 00``, and the prompt."""
    request = bytes.fromhex(command)
    lines, complaints = _sorted_out(text, command)
    found = list(_messages(lines, request))
    said = tuple(one for one in found if one is not None and _answers(one, request))
    refused = [one for one in found if one is not None and one.payload[0] == NEGATIVE]
    whole = None not in found and not (complaints & {Outcome.GARBLED, Outcome.NO_CAR})
    if said:
        return Answer(Outcome.ANSWERED, said, whole)
    if complaints:
        return Answer(min(complaints, key=list(Outcome).index), whole=False)
    if refused and None not in found:
        return Answer(Outcome.REFUSED)
    return Answer(Outcome.GARBLED if lines else Outcome.NO_ANSWER, whole=False)


def _sorted_out(text: str, command: str) -> tuple[list[str], set[Outcome]]:
    """Return the lines that hold bytes, spaces taken out, and what the adapter complains of."""
    lines: list[str] = []
    complaints: set[Outcome] = set()
    echo = command.replace(" ", "").upper()
    for raw in re.split(r"[\r\n>]+", text.upper().replace("\0", "")):
        complaint = next((found for words, found in _COMPLAINTS.items() if _complains(raw, words)), None)
        if complaint:
            complaints.add(complaint)
            continue
        line = _CHATTER.sub("", raw).replace(" ", "").strip()
        if line and (lines or line != echo):
            lines.append(line)
    return lines, complaints


def _complains(line: str, words: str) -> bool:
    return line.strip() == "?" if words == "?" else words in line


def _messages(lines: Iterable[str], request: bytes) -> Iterator[Said | None]:
    """Yield each message; ``None`` for what could not be read."""
    frames: list[tuple[str, bytes]] = []
    parts: list[str] = []
    for line in lines:
        if _PART.fullmatch(line) or (len(line) == 3 and _HEX.fullmatch(line)):  # noqa: PLR2004 - a length: 014
            parts.append(line)
            continue
        read = _line(line, request)
        if isinstance(read, tuple):
            frames.append(read)
        else:
            yield read
    whole, in_place = joined(frames)
    yield from (Said(unit, payload, can=True) if payload else None for unit, payload in whole)
    if not in_place:
        yield None
    if parts:
        yield from _without_headers(parts)


def _line(line: str, request: bytes) -> Said | tuple[str, bytes] | None:
    """Read one line: a whole message, a CAN frame with its control unit, or ``None``."""
    if not _HEX.fullmatch(line):
        return None
    if len(line) % 2:
        return (line[:3], bytes.fromhex(line[3:])) if len(line) >= _SHORTEST_CAN else None
    content = bytes.fromhex(line)
    if _begins(content, request):
        return Said("", content, can=None)
    extended = _CAN_29.match(line)
    if extended:
        return extended[1], bytes.fromhex(line[8:])
    if len(content) > _LEGACY_HEADER + 1 and _begins(content[_LEGACY_HEADER:], request):
        return Said(f"{content[2]:02X}", content[_LEGACY_HEADER:-1], can=False)
    return None


def _begins(content: bytes, request: bytes) -> bool:
    """Tell whether bytes begin as an answer to the request."""
    if content[:1] == bytes([NEGATIVE]):
        return content[1:2] == request[:1]
    expected = bytes([request[0] | POSITIVE]) + (request[1:2] if request[0] in _WITH_PID else b"")
    return content.startswith(expected)


def _answers(said: Said, request: bytes) -> bool:
    return said.payload[0] != NEGATIVE and _begins(said.payload, request)


def _without_headers(parts: Iterable[str]) -> Iterator[Said | None]:
    """Put together ``014``, ``0:4902…``, ``1:…``: each part goes to the first message that lacks it."""
    open_messages: list[tuple[int, list[bytes]]] = []
    for part in parts:
        numbered = _PART.fullmatch(part)
        if not numbered:
            open_messages.append((int(part, 16), []))
            continue
        number = int(numbered[1], 16)
        chunk = bytes.fromhex(numbered[2][: len(numbered[2]) // 2 * 2])
        place = next((got for _, got in open_messages if len(got) % 16 == number), None)
        if place is None:
            yield None
        else:
            place.append(chunk)
    for length, got in open_messages:
        content = b"".join(got)
        yield Said("", content[:length], can=True) if content and len(content) >= length else None
