"""Payment card numbers: found wherever they stand in a message, and hidden in whatever is kept of it.

A card number is 13-19 digits, spaces and dashes between them allowed, that begin like a card scheme's numbers, have a
length that scheme gives out, and pass the Luhn check (ISO/IEC 7812-1, annex B).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

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
_RUN = re.compile(rf"(?<![0-9A-Za-z+])(?<![0-9]\.)[0-9]+(?:{_GAP}[0-9]+)*(?![0-9A-Za-z])")
"""Digits and single gaps, as long as they last: no decimals, no part of a word, and no telephone number with its +."""
_GROUP = re.compile("[0-9]+")
_PRINTED = {
    *((size,) for size in range(13, 20)),
    *((4, 4, 4, 4, *rest) for rest in ((), (1,), (2,), (3,))),
    (4, 6, 5),
    (4, 6, 4),
    (6, 13),
}
"""The groups of digits on cards. Other numbers may stand beside them in one run; any other grouping has to be the run."""

_FORMATS = {
    "gtin": re.compile(r"\d{8}|\d{12,14}"),
    "iban": re.compile(r"[A-Z]{2}\d{2}[A-Z0-9 ]{11,38}", re.IGNORECASE),
    "creditor_account": re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}"),
    "vin": re.compile(r"[A-HJ-NPR-Z0-9]{17}", re.IGNORECASE),
    "imei": re.compile(r"\d{15}"),
}
"""Fields whose own format says what their digits are; the last part of a dotted name counts, in any case."""
_NAMES_AND_TIMES = {"/id", "/source", "/via", "/time", "/data/job/id"}

_DIGITLIKE = bytes(
    0x64 if byte in b"0123456789 -\xc2\xa0\xad\xe2\x80\x87\x89\xaf\x90\x91\x92\x93\x94\x95" else 0x20
    for byte in range(256)
)
_LONG_RUN = b"d" * 13
_DOUBLED = str.maketrans("0123456789", "0246813579")
"""Of each digit: the sum of the digits of its double."""
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
    return next(_found(json.loads(payload, object_pairs_hook=_Pairs, parse_int=str)), None)


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


def _found(value: Any, pointer: str = "", name: str = "") -> Iterator[str]:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        if not _is_of_its_format(value, pointer, name) and holds_card_number(value):
            yield pointer
    elif isinstance(value, _Pairs):
        for key, part in value:
            at = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            if holds_card_number(key):
                yield at
            yield from _found(part, at, key)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _found(part, f"{pointer}/{index}", name)


def _is_of_its_format(text: str, pointer: str, name: str) -> bool:
    if pointer in _NAMES_AND_TIMES:
        return True
    own = _FORMATS.get(name.rpartition(".")[2].lower())
    return own is not None and own.fullmatch(text) is not None


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Give where card numbers stand: the whole run of digits, or what in it is grouped as on a card."""
    for run in _RUN.finditer(text):
        if run.end() - run.start() < len(_LONG_RUN):
            continue
        if _is_card_number(run.group()):
            yield run.span()
        elif not run.group().isdigit():
            yield from _printed(text, [group.span() for group in _GROUP.finditer(text, *run.span())])


def _printed(text: str, groups: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    sizes = [end - start for start, end in groups]
    first = 0
    while first < len(groups):
        for count in range(1, min(5, len(groups) - first) + 1):
            start, end = groups[first][0], groups[first + count - 1][1]
            if tuple(sizes[first : first + count]) in _PRINTED and _is_card_number(text[start:end]):
                yield start, end
                first += count - 1
                break
        first += 1


def _is_card_number(text: str) -> bool:
    digits = _digits(text)
    return len(digits) in _LENGTHS.get(int(digits[:4]), ()) and _luhn(digits)


def _digits(text: str) -> str:
    return text if text.isdigit() else "".join(_GROUP.findall(text))


def _luhn(digits: str) -> bool:
    doubled = digits[-2::-2].translate(_DOUBLED)
    return sum(map(int, digits[-1::-2])) % 10 == -sum(map(int, doubled)) % 10


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else "\n"
