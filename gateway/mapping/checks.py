"""Whether a mapping file holds together: its parts with each other, and with the contract. Each problem begins with its key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from gateway.contract.event_types import event_types
from gateway.mapping.contract_paths import Target, targets
from gateway.mapping.filters import placeholders
from gateway.mapping.rules import IGNORE, EventRule, FieldRule, ValueTest, VendorMapping, did_you_mean
from gateway.mapping.units import INSTANTS, ISO, UNITS, is_scaled

SPARKPLUG_KINDS = {"NBIRTH", "DBIRTH", "NDATA", "DDATA", "NDEATH", "DDEATH"}
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
KIND = "kind"
"""A placeholder every Sparkplug topic has: the kind of message."""


def problems(mapping: VendorMapping) -> Iterator[str]:
    """Yield what is wrong, key first."""
    yield from _topics(mapping)
    yield from _conventions(mapping)
    yield from _identity(mapping)
    for number, event in enumerate(mapping.event, start=1):
        yield from (f"event {number}: {text}" for text in _event(mapping, event))
    yield from _nowhere(mapping)
    yield from _sources(mapping)


def _topics(mapping: VendorMapping) -> Iterator[str]:
    heard = [str(each) for each in mapping.filters]
    for rule in (*mapping.event, *mapping.state):
        if rule.topic is not None and rule.topic not in heard:
            yield f"topic: {rule.topic!r} is not among the topics{did_you_mean(rule.topic, heard)}"
    yield from (f"vendor: {text}" for text in _pointers(mapping.vendor))
    if mapping.device.startswith("/") and mapping.convention != "json":
        yield "device: a pointer into the message goes with convention = 'json' alone"
    for name, kept in mapping.remember.items():
        if kept.topic not in heard:
            yield f"remember.{name}: topic: {kept.topic!r} is not among the topics{did_you_mean(kept.topic, heard)}"
        if not NAME.fullmatch(name):
            yield f"remember.{name}: a name is made of letters, digits and _"
    for key, template in (("vendor", mapping.vendor), ("device", mapping.device)):
        yield from (f"{key}: {text}" for text in _unknown_places(mapping, template))


def _pointers(template: str) -> Iterator[str]:
    if template.startswith("/"):
        yield f"{template!r}: a vendor is told by the topic, or by its name: whoever may send there speaks for it"


def _conventions(mapping: VendorMapping) -> Iterator[str]:
    if mapping.convention == "sparkplug-json":
        for text in mapping.topics:
            levels = text.split("/")
            if len(levels) not in {4, 5} or levels[2] not in SPARKPLUG_KINDS:
                yield f"topics: {text!r}: write spBv1.0/{{group}}/KIND/{{node}} or …/{{device}} behind it"
    if (mapping.convention == "homeassistant") != bool(mapping.discovery):
        yield "discovery: config topics go with convention = 'homeassistant', and it needs them"
    for text in mapping.discovery:
        if not {"component", "object"} <= set(placeholders(text)):
            yield f"discovery: {text!r} needs the placeholders {{component}} and {{object}}"


def _identity(mapping: VendorMapping) -> Iterator[str]:
    """A rule for ids and times yields a number or a time, nothing else."""
    named = {"time": mapping.time, "id.boot": mapping.id.boot, "id.seq": mapping.id.seq}
    for key, rules in named.items():
        for rule in rules:
            if rule.unit is not None and rule.unit not in {*INSTANTS, ISO}:
                yield f"{key}: unit {rule.unit!r} is not one of time: {', '.join((*INSTANTS, ISO))}"
            if rule.values or rule.each or (rule.split and rule.part is None):
                yield f"{key}: 'values', 'each' and 'split' do not go here"
    if any(rule.received for rule in mapping.id.boot):
        yield "id.boot: the hour of arrival does not count restarts; write constant = 0"


def _event(mapping: VendorMapping, event: EventRule) -> Iterator[str]:
    if event.type == IGNORE:
        if event.fields:
            yield "fields: an event that is ignored has none"
        return
    if event.type not in event_types():
        yield f"type: {event.type!r} is not a type of the contract{did_you_mean(event.type, event_types().names)}"
        return
    known = targets(event.type)
    for name in sorted(event.fields.keys() - known.keys()):
        yield f"fields: {event.type} has no {name!r}{did_you_mean(name, known)}"
    for name in event.needs:
        if name not in mapping.rules_of(event):
            yield f"needs: {name!r} has no rule in fields{did_you_mean(name, mapping.rules_of(event))}"
    for name, rules in mapping.rules_of(event).items():
        for rule in rules if name in known else ():
            yield from (f"fields.{name}: {text}" for text in _misfits(known[name], rule))
            if mapping.convention == "json":  # elsewhere, an announcement may name the unit
                yield from (f"fields.{name}: {text}" for text in _unsaid(known[name], rule))


def _nowhere(mapping: VendorMapping) -> Iterator[str]:
    """Yield fields for all events that no event has a place for."""
    types = [event.type for event in mapping.event if event.type in event_types()]
    everywhere = {name for each in types for name in targets(each)}
    for name in sorted(mapping.fields.keys() - everywhere):
        yield f"fields: no event of this file has a place for {name!r}{did_you_mean(name, everywhere)}"


def _misfits(target: Target, rule: FieldRule) -> Iterator[str]:
    """Yield what does not go with the place a value is meant for."""
    if target.items is None:
        if rule.each or (rule.split and rule.part is None):
            yield "'each' is for lists, and so is 'split' without a 'part'"
        yield from _misfit_unit(target, rule)
        return
    if rule.part is not None:
        yield "'part' is for a single value"
    if bool(rule.each) != bool(target.items):
        names = ", ".join(target.items)
        yield f"'each' must say how {names} are made" if names else "its elements are plain values: no 'each'"
    for name, inner in rule.each.items():
        if name in target.items:
            yield from (f"each.{name}: {text}" for text in _misfits(target.items[name], inner))
        else:
            yield f"each.{name}: an element has no such field{did_you_mean(name, target.items)}"


def _misfit_unit(target: Target, rule: FieldRule) -> Iterator[str]:
    if rule.unit is None or (target.instant and rule.unit in {*INSTANTS, ISO}):
        return
    if target.unit is None:
        yield f"unit {rule.unit!r}: this value has no unit"
    elif rule.unit not in UNITS or UNITS[rule.unit].quantity != UNITS[target.unit].quantity:
        yield f"unit {rule.unit!r} cannot be converted into {target.unit}"


def _unsaid(target: Target, rule: FieldRule) -> Iterator[str]:
    """A value of a unit that nobody would send of himself: whoever names none is likely to mean another."""
    if is_scaled(target.unit) and rule.source is not None and not (rule.unit or rule.unit_from or rule.values):
        yield f"the contract has it in {target.unit}: say in which unit yours is, as unit = 'degC'"


def _sources(mapping: VendorMapping) -> Iterator[str]:
    for key, rule in _rules(mapping):
        yield from (f"{key}: {text}" for text in _unreadable(mapping, rule.sources))
        for name, inner in rule.each.items():
            yield from (f"{key}.each.{name}: {text}" for text in _unreadable(mapping, inner.sources))
    for name, kept in mapping.remember.items():
        yield from (f"remember.{name}: {text}" for text in _unreadable(mapping, (kept.source, *_looked_at(kept.when))))
    for chosen in (*mapping.event, *mapping.state):
        yield from (f"when: {text}" for text in _unreadable(mapping, _looked_at(chosen.when)))


def _rules(mapping: VendorMapping) -> Iterator[tuple[str, FieldRule]]:
    """Yield every rule with its key."""
    identity = mapping.id
    named = [("time", mapping.time), ("id.boot", identity.boot), ("id.seq", identity.seq)]
    if not isinstance(identity.counter, str):
        named.append(("id.counter", identity.counter))
    for fields in (mapping.fields, *(event.fields for event in mapping.event)):
        named += [(f"fields.{name}", rules) for name, rules in fields.items()]
    for key, rules in named:
        yield from ((key, rule) for rule in rules)


def _looked_at(conditions: Sequence[ValueTest]) -> list[str]:
    return [source for condition in conditions for source in condition.sources]


def _unreadable(mapping: VendorMapping, sources: Iterable[str]) -> Iterator[str]:
    remembered = {*mapping.remember, *(f"@{name}" for name in mapping.remember)}
    for source in sources:
        if placeholders(source):
            yield from _unknown_places(mapping, source)
        elif source and not source.startswith("/") and mapping.convention == "json" and source not in remembered:
            yield f"{source!r}: write a JSON pointer ('/{source}') or a topic's placeholder ('{{{source}}}')"


def _unknown_places(mapping: VendorMapping, template: str) -> Iterator[str]:
    known = {name for text in mapping.filters for name in placeholders(text)}
    if mapping.convention == "sparkplug-json":
        known.add(KIND)
    for name in placeholders(template):
        if name not in known:
            yield f"no topic has the placeholder {{{name}}}{did_you_mean(name, known)}"
