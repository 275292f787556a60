"""One value: found in a vendor's document, checked, converted, and put where the contract has it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import isfinite

from gateway.contract.cards import masked
from gateway.contract.refusals import Refused, Rule
from gateway.mapping.contract_paths import Target
from gateway.mapping.document import Document, Json, Reading, same
from gateway.mapping.rules import FieldRule, FieldRules
from gateway.mapping.units import INSTANTS, UNITS, convert, is_scaled

_LISTED = 12
"""How many known values a refusal lists."""
_SWITCHES = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}
_SHOWN = 60
"""Characters of the vendor's value a refusal shows."""


@dataclass(frozen=True, slots=True)
class RulePlace:
    """Where a rule stands and where its value goes, for refusals: file, key, target."""

    file: str
    key: str
    target: Target

    def refuse(self, rule: FieldRule, detail: str) -> Refused:
        """Return the refusal of what ``rule`` found. The pointer is one into the vendor's own message."""
        source = rule.source or ""
        origin = f" from {source!r}" if rule.source is not None else ""
        pointer = source if source.startswith("/") else None
        return Refused(Rule.INVALID_VALUE, f"{self.file}, {self.key}{origin}: {detail}", pointer=pointer)


Unreadable = Callable[[Refused], None]
"""Takes what cannot be read, or raises it."""


def value_of(rules: FieldRules, document: Document, place: RulePlace, unreadable: Unreadable | None = None) -> Json:
    """Return what the rules make of a document, ``None`` for nothing. Raises ``Refused``.

    A list is put together from all rules; of the rules for anything else the first that has a value counts.
    ``unreadable`` is told of an element of a list that cannot be read, and the others count.
    """
    if place.target.items is not None:
        return list(_elements(rules, document, place, unreadable or _refuse)) or None
    for rule in rules:
        value = _value(rule, document, place)
        if value is not None:
            return value
    return None


def _value(rule: FieldRule, document: Document, place: RulePlace) -> Json:
    reading = _found(rule, document, place)
    if reading is None:
        return None
    return _fitted(rule, reading, document, place)


def _refuse(refused: Refused) -> None:
    raise refused


def _elements(rules: FieldRules, document: Document, place: RulePlace, unreadable: Unreadable) -> Iterator[Json]:
    """Yield the elements of a list, from every rule that has some."""
    for rule in rules:
        reading = _found(rule, document, place)
        for element in _listed(reading.value, rule.split) if reading else ():
            try:
                if rule.each:
                    yield _table(rule, replace(document, body=element), place)
                elif not _says_nothing(element, rule):
                    yield _named(rule, element, place)
            except Refused as refused:
                unreadable(refused)


def _listed(value: Json, split: str | None) -> Iterable[Json]:
    """Return the elements of a list, of a text that is one, or of a single value."""
    if split is not None and isinstance(value, str):
        return [part.strip() for part in value.split(split) if part.strip()]
    return value if isinstance(value, list) else [value]


def _table(rule: FieldRule, document: Document, place: RulePlace) -> dict[str, Json]:
    """Make one element of a list of tables."""
    made: dict[str, Json] = {}
    for name, inner in rule.each.items():
        target = (place.target.items or {})[name]
        value = _value(inner, document, RulePlace(place.file, f"{place.key}.each.{name}", target))
        if value is not None:
            made[name] = value
    return made


def _found(rule: FieldRule, document: Document, place: RulePlace) -> Reading | None:
    """Return what the rule speaks of. Raises ``Refused`` where it is required and not there."""
    if not document.passes(rule.when):
        return None
    if rule.constant is not None:
        return Reading(rule.constant)
    if rule.received:
        return Reading(document.received_at, "s")
    reading = _part(rule, document.find(rule.source or ""))
    if reading is None or _says_nothing(reading.value, rule):
        if rule.required:
            raise place.refuse(rule, "it is missing, and cannot be done without. Send it with every such message.")
        return None
    return reading


def _part(rule: FieldRule, reading: Reading | None) -> Reading | None:
    """Return the part of a divided text that is meant; ``None``: it has no such part, or an empty one."""
    if rule.part is None or reading is None or not isinstance(reading.value, str):
        return reading
    parts = reading.value.split(rule.split)
    text = parts[rule.part].strip() if rule.part < len(parts) else ""
    return Reading(text, reading.unit) if text else None


def _says_nothing(value: Json, rule: FieldRule) -> bool:
    return any(same(value, empty) for empty in rule.empty)


def _fitted(rule: FieldRule, reading: Reading, document: Document, place: RulePlace) -> Json:
    """Name and convert a value as its place wants it."""
    value = _named(rule, reading.value, place)
    target = place.target
    if target.instant:
        return value if isinstance(value, str) else _instant(rule, value, reading.unit, place).isoformat()
    if rule.constant is not None or rule.values:
        return value
    if target.unit is None:
        return _typed(rule, value, place)
    unit = _unit(rule, reading, document, place)
    if unit is None and is_scaled(target.unit):
        raise place.refuse(rule, f"it has no unit, and the contract has it in {target.unit}; say which is meant.")
    number = value if unit is None and isinstance(value, int) else _number(rule, value, place)
    if unit is not None:
        number = convert(float(number), unit, target.unit)
    return round(number) if target.whole else number


def _typed(rule: FieldRule, value: Json, place: RulePlace) -> Json:
    """Return a value without a unit as the contract wants it: a number or a switch that was written as a text, and back."""
    kind = place.target.kind
    if kind in {"number", "integer"} and isinstance(value, str):
        number = _number(rule, value, place)
        return round(number) if kind == "integer" and number.is_integer() else number
    if kind == "boolean" and not isinstance(value, bool):
        return _SWITCHES.get(str(value).strip().lower(), value)
    if kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def _named(rule: FieldRule, value: Json, place: RulePlace) -> Json:
    """Return the contract's name for a value, where the rule has names. Raises ``Refused`` for one it does not know."""
    if not rule.values:
        return value
    name = value if isinstance(value, str) else json.dumps(value)
    if name not in rule.values:
        known = ", ".join([*rule.values][:_LISTED])
        raise place.refuse(rule, f"{shown(value)} is not a value we know; known are {known}.")
    return rule.values[name]


def _unit(rule: FieldRule, reading: Reading, document: Document, place: RulePlace) -> str | None:
    """Return the unit a value is in: as the message says it, else as the rule does. Raises ``Refused`` for a wrong one."""
    said = document.find(rule.unit_from) if rule.unit_from else None
    unit = said.value if said else reading.unit or rule.unit
    if unit is None:
        return None
    wanted = place.target.unit or ""
    if not isinstance(unit, str) or unit not in UNITS or UNITS[unit].quantity != UNITS[wanted].quantity:
        raise place.refuse(rule, f"the unit {shown(unit)} cannot be converted into {wanted}.")
    return unit


def _number(rule: FieldRule, value: Json, place: RulePlace) -> float:
    try:
        number = float("nan") if isinstance(value, bool | list | dict) else float(value)
    except (ValueError, OverflowError):
        number = float("nan")
    if not isfinite(number):
        raise place.refuse(rule, f"{shown(value)} is not a number.")
    return number


def instant_of(rules: FieldRules, document: Document, place: RulePlace) -> datetime | None:
    """Return the time the rules tell, in UTC where it is a number; ``None`` where they tell none. Raises ``Refused``."""
    for rule in rules:
        reading = _found(rule, document, place)
        if reading is not None:
            return _instant(rule, reading.value, reading.unit, place)
    return None


def _instant(rule: FieldRule, value: Json, unit: str | None, place: RulePlace) -> datetime:
    try:
        if isinstance(value, str):
            return _with_offset(datetime.fromisoformat(value))
        return datetime.fromtimestamp(_number(rule, value, place) * INSTANTS[unit or rule.unit or "s"], UTC)
    except (ValueError, OverflowError, OSError, KeyError):
        raise place.refuse(rule, f"{shown(value)} is not a time; {_wanted(rule)} is expected.") from None


def _with_offset(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError("no offset")
    return time


def _wanted(rule: FieldRule) -> str:
    if rule.unit in INSTANTS:
        return f"a number of {rule.unit} since 1970-01-01 UTC"
    return "ISO 8601 with offset, as 2026-01-31T12:00:00Z,"


def count_of(rules: FieldRules, document: Document, place: RulePlace) -> int | None:
    """Return a whole number that is not negative; ``None`` where there is none. Raises ``Refused``."""
    for rule in rules:
        reading = _found(rule, document, place)
        if reading is not None:
            number = reading.value if isinstance(reading.value, int) else _number(rule, reading.value, place)
            if isinstance(number, bool) or number < 0 or number != int(number):
                raise place.refuse(rule, f"{shown(reading.value)} is not a count: a whole number from 0 on.")
            return int(number)
    return None


def shown(value: Json) -> str:
    """Return a vendor's value for a refusal: shortened, card numbers hidden."""
    told = value.lstrip("\0") if isinstance(value, str) else value  # a nan is marked so (contract.salvage.json_text)
    text = masked(repr(told))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
