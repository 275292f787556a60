"""Texts as SMS bear them: GSM 03.38 or UCS-2, in one part or several with a header that says how they belong together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from gateway.errors import SenderError

GSM, UCS2 = 0, 8
"""Data codings."""
HAS_HEADER = 0x40
"""In ``esm_class``: the message begins with a user data header."""
MOST_PARTS = 12
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_MORE = {"\f": 10, "^": 20, "{": 40, "}": 41, "\\": 47, "[": 60, "~": 61, "]": 62, "|": 64, "€": 101}
_ESCAPE = 27
_CODES = {char: bytes([code]) for code, char in enumerate(_BASIC) if code != _ESCAPE}
_CODES |= {char: bytes([_ESCAPE, code]) for char, code in _MORE.items()}
_EXTENDED = {code: char for char, code in _MORE.items()}
_ONE = {GSM: 160, UCS2: 140}
_OF_SEVERAL = {GSM: 153, UCS2: 134}
"""Octets beside the header of six."""
_CONCATENATED, _CONCATENATED_16 = 0x00, 0x08
"""Information elements of a header: with a reference of one octet, and of two."""

Alphabet = Literal["gsm", "latin1"]
"""What a centre means by its default coding."""


@dataclass(frozen=True, slots=True)
class Belongs:
    """Which part of which text."""

    to: int
    number: int
    of: int


@dataclass(frozen=True, slots=True)
class SmsPart:
    """One part of a text as it is submitted."""

    octets: bytes
    coding: int
    has_header: bool


class TextTooLong(SenderError):  # noqa: N818 - says what it is
    """A text that has more parts than anybody reads."""


class NoText(SenderError):  # noqa: N818 - likewise
    """What came is no text: a picture, a ring tone, a setting."""


def parts_of(text: str, key: str, alphabet: Alphabet = "gsm") -> list[SmsPart]:
    """Return a text in parts; their reference follows from ``key``, so that a telephone knows a part that comes again.

    Raises ``TextTooLong``.
    """
    units, coding = _units(text, alphabet)
    whole = b"".join(units)
    if len(whole) <= _ONE[coding]:
        return [SmsPart(whole, coding, has_header=False)]
    bodies = _filled(units, _OF_SEVERAL[coding])
    if len(bodies) > MOST_PARTS:
        raise TextTooLong(f"{len(text)} characters are {len(bodies)} parts of an SMS; at most {MOST_PARTS} are sent")
    reference = hashlib.sha256(key.encode()).digest()[0]
    heads = [bytes((5, _CONCATENATED, 3, reference, len(bodies), number)) for number in range(1, len(bodies) + 1)]
    return [SmsPart(head + body, coding, has_header=True) for head, body in zip(heads, bodies, strict=True)]


def _units(text: str, alphabet: Alphabet) -> tuple[list[bytes], int]:
    """Return what must not be parted, and the coding: the default one where it has every character."""
    if alphabet == "latin1" and text.isascii():
        return [char.encode() for char in text], GSM
    if alphabet == "gsm" and all(char in _CODES for char in text):
        return [_CODES[char] for char in text], GSM
    return [char.encode("utf-16-be", "replace") for char in text], UCS2


def _filled(units: list[bytes], room: int) -> list[bytes]:
    bodies = [b""]
    for unit in units:
        if len(bodies[-1]) + len(unit) > room:
            bodies.append(b"")
        bodies[-1] += unit
    return bodies


def text_in(octets: bytes, coding: int, alphabet: Alphabet = "gsm") -> str:
    """Read a text by its data coding; what cannot be read of it is replaced. Raises ``NoText``.

    A character that is parted between two parts is half a one in each: they are ``whole`` once the parts are together.
    """
    if coding & 0xF0 == 0xF0:  # noqa: PLR2004 - the class group: one bit says whether it is data
        coding = 4 if coding & 0x4 else GSM
    match coding:
        case 0:
            return _from_gsm(octets) if alphabet == "gsm" else octets.decode("latin-1")
        case 1:
            return octets.decode("ascii", "replace")
        case 3:
            return octets.decode("latin-1")
        case 8:
            return _from_ucs2(octets)
        case _:
            raise NoText(f"data coding {coding:#x} is no text")


def whole(text: str) -> str:
    """Return a text whose halves of characters have found each other; one that is left alone is replaced."""
    return text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")


def _from_ucs2(octets: bytes) -> str:
    even = len(octets) // 2 * 2
    return octets[:even].decode("utf-16-be", "surrogatepass") + "\N{REPLACEMENT CHARACTER}" * (len(octets) - even)


def _from_gsm(octets: bytes) -> str:
    found, codes = [], iter(octets)
    for code in codes:
        if code == _ESCAPE:
            found.append(_EXTENDED.get(next(codes, 0x20), " "))
        else:
            found.append(_BASIC[code] if code < len(_BASIC) else "\N{REPLACEMENT CHARACTER}")
    return "".join(found)


def without_header(octets: bytes) -> tuple[bytes, Belongs | None]:
    """Take the user data header off; return what is left and which part it is, where the header says so. Raises ``NoText``."""
    length = octets[0] + 1 if octets else 0
    if not 0 < length <= len(octets):
        raise NoText("its header is longer than itself")
    return octets[length:], _belongs(octets[1:length])


def _belongs(header: bytes) -> Belongs | None:
    while len(header) >= 2:  # noqa: PLR2004 - each element has a name and a length
        name, length = header[0], header[1]
        value, header = header[2 : 2 + length], header[2 + length :]
        if name in {_CONCATENATED, _CONCATENATED_16} and len(value) in {3, 4}:
            reference, of, number = int.from_bytes(value[:-2]), value[-2], value[-1]
            return Belongs(reference, number, of) if 0 < number <= of else None
    return None
