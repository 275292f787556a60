"""Payment card numbers: found wherever they stand in a message, and hidden in whatever is kept of it.

A card number is 13-19 digits, spaces and dashes between them allowed, that begin like a card scheme's numbers, have a
length that scheme gives out, and pass the Luhn check (ISO/IEC 7812-1, annex B).

Whatever a message holds, looking costs so much for each byte and no more: nothing is looked at twice for what stands beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

_RANGES: tuple[tuple[int, int, range], ...] = (
    (2200, 2204, range(16, 20)),  # Mir
    (2221, 2720, range(16, 17)),  # Mastercard
    (3000, 3059, range(14, 20)),  # Diners Club
    (3095, 3095, range(14, 20)),
    (3400, 3499, range(15, 16)),  # American Express
    (3528, 3589, range(16, 20)),  # JCB
    (3600, 3699, range(14, 20)),  # Diners Club
    (3700, 3799, range(15, 16)),  # American Express
    (3800, 3999, range(14, 20)),  # Diners Club
    (4000, 4999, range(13, 20, 3)),  # Visa: 13, 16 or 19
    (5000, 5099, range(13, 20)),  # Maestro, Verve
    (5100, 5599, range(16, 17)),  # Mastercard
    (5600, 5899, range(13, 20)),  # Maestro
    (6000, 6999, range(13, 20)),  # Maestro; from 16 on also Discover, RuPay, UnionPay, Troy
    (8100, 8299, range(16, 20)),  # UnionPay, RuPay
    (9792, 9792, range(16, 17)),  # Troy
)
"""First four digits from, up to, and the lengths given out, by scheme (ISO/IEC 7812 issuer identification numbers)."""

_LENGTHS = {first: lengths for low, high, lengths in _RANGES for first in range(low, high + 1)}

_GAP = "[ \u00a0\u2007\u2009\u202f\u00ad\u2010-\u2015-]"
"""One space or dash, as typed or as typeset."""
_RUN = re.compile(rf"(?<![0-9A-Za-z+])(?<![0-9]\.)[0-9]++(?:{_GAP}[0-9]++)*+")
"""Digits and single gaps, as long as they last: no decimals, no part of a word, and no telephone number with its +. No step
back is taken (``++``), which would cost as much again for each group."""
_GROUP = re.compile("[0-9]+")
_PRINTED = {
    *((size,) for size in range(13, 20)),
    *((4, 4, 4, 4, *rest) for rest in ((), (1,), (2,), (3,))),
    (4, 6, 5),
    (4, 6, 4),
    (6, 13),
}
"""The groups of digits on cards. Other numbers may stand beside them in one run; any other grouping has to be the run."""
_FIRST = {sizes[0] for sizes in _PRINTED}
_MOST_GROUPS = max(map(len, _PRINTED))
_LEAST_DIGITS, _MOST_DIGITS = 13, 19

_FORMATS = {
    "gtin": re.compile(r"\d{8}|\d{12,14}"),
    "iban": re.compile(r"[A-Z]{2}\d{2}[A-Z0-9 ]{11,38}", re.IGNORECASE),
    "creditor_account": re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}"),
    "creditor": re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}"),
    "signature": re.compile(r"[A-Za-z0-9_-]{86}"),
    "vin": re.compile(r"[A-HJ-NPR-Z0-9]{17}", re.IGNORECASE),
    "imei": re.compile(r"\d{15}"),
}
"""Fields whose own format says what their digits are; the last part of a dotted name counts, in any case."""
_LONGEST_NAME = 200
"""Characters of a name that may have one."""
_NAMES_AND_TIMES = {("id",), ("source",), ("via",), ("time",), ("data", "job", "id")}
_DEEPEST = max(map(len, _NAMES_AND_TIMES))

_DIGITLIKE = bytes(
    0x64 if byte in b"0123456789 -\xc2\xa0\xad\xe2\x80\x87\x89\xaf\x90\x91\x92\x93\x94\x95" else 0x20
    for byte in range(256)
)
_LONG_RUN = b"d" * _LEAST_DIGITS
_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")
"""Of each digit: the sum of the digits of its double."""
_ZERO = ord("0")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\([nrtbf])")


def may_hold_card_number(payload: bytes) -> bool:
    """Tell cheaply whether a closer look is needed: thirteen digits and gaps in a row, or either of them escaped."""
    if _LONG_RUN in payload.translate(_DIGITLIKE):
        return True
    return b"\\" in payload and (b"\\u00" in payload or b"\\u20" in payload)


def card_number_at(payload: bytes) -> str | None:
    """Return the JSON pointer of the first card number in a JSON text that ``may_hold`` one; ``None``: there is none.

    Text, whole numbers and names are looked at, also those that a later key of the same name hides.
    """
    if b"\\" not in payload and not any(map(holds_card_number, _long_runs(payload))):
        return None
    place = next(_found(json.loads(payload, object_pairs_hook=_Pairs, parse_int=str), None), None)
    return None if place is None else "".join(map(_escaped, place.names))


def holds_card_number(text: str) -> bool:
    """Tell whether a card number stands in ``text``."""
    return next(_spans(text), None) is not None


def masked(text: str) -> str:
    """Return ``text`` with every card number's digits hidden but the last four."""
    parts, shown_to = [], 0
    for start, end in _spans(text):
        parts += [text[shown_to:start], f"[card …{_digits(text[start:end])[-4:]}]"]
        shown_to = end
    return "".join((*parts, text[shown_to:]))


def shown(text: str, limit: int) -> str:
    """Return the first ``limit`` characters of what a sender wrote, fit to be kept: no card number, no control character."""
    plain = _ESCAPE.sub(_unescaped, text[: limit * 4])
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in masked(plain)[:limit])


def _long_runs(payload: bytes) -> Iterator[str]:
    """Give the stretches of digits and gaps that are long enough, with what stands right before and after them."""
    marked = payload.translate(_DIGITLIKE) + b" "
    start = marked.find(_LONG_RUN)
    while start >= 0:
        end = marked.index(b" ", start)
        yield payload[max(start - 2, 0) : end + 1].decode("utf-8", "replace")
        start = marked.find(_LONG_RUN, end)


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with all its pairs, those of the same name too."""


class _Member(NamedTuple):
    """Where something stands. Its names are put together for what is found alone: they may be long, and there may be many."""

    parent: _Member | None
    name: str
    depth: int

    @property
    def names(self) -> tuple[str, ...]:
        """From the outermost on."""
        return (*(self.parent.names if self.parent else ()), self.name)


def _in(parent: _Member | None, name: str) -> _Member:
    return _Member(parent, name, parent.depth + 1 if parent else 1)


def _escaped(name: str) -> str:
    """Return a name as a JSON pointer has it (RFC 6901)."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _found(value: Any, place: _Member | None, own: re.Pattern[str] | None = None) -> Iterator[_Member]:  # noqa: ANN401 - any JSON
    """Yield where card numbers stand. ``own``: the format of the field that ``value`` is in."""
    if isinstance(value, str):
        if place and not _is_of_its_format(value, place, own) and holds_card_number(value):
            yield place
    elif isinstance(value, _Pairs):
        for key, part in value:
            at = _in(place, key)
            if holds_card_number(key):
                yield at
            yield from _found(part, at, _format_of(key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _found(part, _in(place, str(index)), own)


def _format_of(name: str) -> re.Pattern[str] | None:
    return _FORMATS.get(name.rpartition(".")[2].lower()) if len(name) <= _LONGEST_NAME else None


def _is_of_its_format(text: str, place: _Member, own: re.Pattern[str] | None) -> bool:
    if place.depth <= _DEEPEST and place.names in _NAMES_AND_TIMES:
        return True
    return own is not None and own.fullmatch(text) is not None


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Give where card numbers stand: the whole run of digits, or what in it is grouped as on a card."""
    for run in _RUN.finditer(text):
        start, end = run.start(), _end_of(run, text)
        if end - start < _LEAST_DIGITS:
            continue
        digits = _digits(text[start:end])
        if len(digits) < _LEAST_DIGITS:
            continue
        if end - start < 2 * _MOST_DIGITS and _Luhn(digits).holds(0, len(digits)):
            yield start, end
        elif len(digits) < end - start:
            yield from _printed(text, [group.span() for group in _GROUP.finditer(text, start, end)])


def _end_of(run: re.Match[str], text: str) -> int:
    """Return where a run ends: before a last group that goes on as a word, and the gap before that."""
    end = run.end()
    after = text[end : end + 1]
    if not (after.isascii() and after.isalpha()):
        return end
    return run.start() + max(0, len(run.group().rstrip("0123456789")) - 1)


def _printed(text: str, groups: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    sizes, luhn = [end - start for start, end in groups], _Luhn("".join(text[start:end] for start, end in groups))
    begins = [0, *accumulate(sizes)]
    first = 0
    while first < len(groups):
        count = _card_of(sizes, begins, first, luhn) if sizes[first] in _FIRST else 0
        if count:
            yield groups[first][0], groups[first + count - 1][1]
        first += count or 1


def _card_of(sizes: list[int], begins: list[int], first: int, luhn: _Luhn) -> int:
    """Return how many groups from ``first`` on are a card number; 0: none."""
    for count in range(1, min(_MOST_GROUPS, len(sizes) - first) + 1):
        if tuple(sizes[first : first + count]) in _PRINTED and luhn.holds(begins[first], begins[first + count]):
            return count
    return 0


class _Luhn:
    """Digits, of which any stretch is checked at once: sums up to each of them are kept, for either digit to be doubled."""

    def __init__(self, digits: str) -> None:
        self._digits = digits

    @cached_property
    def _sums(self) -> tuple[list[int], list[int]]:
        """The last digit of a stretch counts as it is, and every second before it is doubled."""
        plain = self._digits.encode()
        doubled = plain.translate(_DOUBLED)
        even, odd = bytearray(plain), bytearray(doubled)
        even[1::2], odd[1::2] = doubled[1::2], plain[1::2]
        return [0, *accumulate(even)], [0, *accumulate(odd)]

    def holds(self, start: int, end: int) -> bool:
        """Tell whether the stretch is a card number."""
        if end - start not in _LENGTHS.get(int(self._digits[start : start + 4]), ()):
            return False
        sums = self._sums[(end - 1) % 2]
        return (sums[end] - sums[start] - _ZERO * (end - start)) % 10 == 0


def _digits(text: str) -> str:
    return text if text.isdigit() else "".join(_GROUP.findall(text))


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else "\n"
