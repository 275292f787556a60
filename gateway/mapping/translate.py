"""From a vendor's message to messages of the contract. What comes out has been read by the contract's own parser."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import assert_never

from gateway.contract.messages import parse_event
from gateway.contract.refusals import Refused, Rule
from gateway.contract.salvage import LeftOut, salvage
from gateway.contract.state import DeviceState
from gateway.contract.topics import Channel, parse_topic
from gateway.contract.topics import topic as topic_of
from gateway.mapping.births import SparkplugJson
from gateway.mapping.contract_paths import Target, targets
from gateway.mapping.discovery import HomeAssistant
from gateway.mapping.document import Convention, Document, Json, PlainJson, check_size, follow, readable
from gateway.mapping.fields import RulePlace, instant_of, value_of
from gateway.mapping.filters import fill
from gateway.mapping.identity import Latest, Numbering
from gateway.mapping.remembered import HEARD, Memories
from gateway.mapping.rules import IGNORE, EventRule, FieldRule, FieldRules, Fields, StateRule, VendorMapping

Message = tuple[str, bytes]
"""Topic and payload, both of the contract."""

_TIME = Target(("time",), instant=True)


class Translator:
    """Translates what the devices of one mapping send. The same message, delivered again, is translated the same.

    Announcements (births, discovery) are not sent twice: keep ``kept`` where it survives a restart, and ``recall`` it.
    """

    def __init__(self, mapping: VendorMapping) -> None:
        self.mapping = mapping
        self._convention = _convention(mapping)
        self._numbering = Numbering(mapping)
        self._memory = Memories(mapping)
        self._named_inside = mapping.device.startswith("/")

    @property
    def filters(self) -> tuple[str, ...]:
        """What to subscribe to."""
        return tuple(dict.fromkeys(each.mqtt for each in self.mapping.filters))

    @property
    def kept(self) -> Mapping[str, bytes]:
        """Topic and payload of every announcement that still counts."""
        return self._convention.kept

    def recall(self, kept: Mapping[str, bytes]) -> None:
        """Hear announcements again, after a restart. One that a changed mapping no longer takes is dropped."""
        for topic, payload in sorted(kept.items(), key=_nodes_first):
            try:
                self._convention.read(topic, payload, 0.0)
            except Refused:
                continue

    def hears(self, topic: str) -> bool:
        """Tell whether a topic is one of this mapping's."""
        return any(each.match(topic) is not None for each in self.mapping.filters)

    def device_of(self, topic: str, payload: bytes | None = None) -> str | None:
        """Return whose topic it is, ``vendor/device``, or of whom the message speaks; ``None`` where that cannot be told."""
        places = self._convention.places(topic) if self.hears(topic) else None
        if places is None or (payload is None and self._named_inside):
            return None
        return self._device(places, readable(payload or b"") if self._named_inside else None)

    def map_message(
        self, topic: str, payload: bytes, received_at: float, left_out: list[LeftOut] | None = None
    ) -> list[Message]:
        """Return the contract's messages for one of the vendor's; none for an announcement or what is to be ignored.

        ``received_at``: POSIX seconds. Raises ``Refused``, with pointers into the vendor's own message. Where there is a list
        ``left_out``, values that cannot be read are put into it, and the others count.
        """
        check_size(payload)
        latest = self._numbering.first_heard(topic, payload, received_at)
        documents = self._convention.read(topic, payload, latest.at)
        return [message for document in documents for message in self._messages(document, latest, left_out)]

    def _messages(self, document: Document, latest: Latest, left_out: list[LeftOut] | None) -> list[Message]:
        device = self._device(document.places, document.body)
        if device is not None and self.mapping.remember:
            document = self._memory.joined(document, device)
        state = next((rule for rule in self.mapping.state if _chosen(rule, document)), None)
        event, made = self._event(document, left_out)
        if state is None and event is None and not document.noted:
            raise self._refuse("no event of the mapping fits this message: it has none of the values they need.")
        if device is None:
            return [] if document.noted else self._nobody(document)
        messages = [] if state is None else [self._state_message(state, document, device)]
        if event is not None and event.type != IGNORE:
            messages.append(self._event_message(event, made, document, device, latest, left_out))
        return messages

    def _event(self, document: Document, left_out: list[LeftOut] | None) -> tuple[EventRule | None, dict[str, Json]]:
        """Return the first event that fits, and what its fields come to."""
        for event in self.mapping.event:
            if _chosen(event, document):
                made = {} if event.type == IGNORE else self._made(event, document, left_out)
                if made is not None:
                    return event, made
        return None, {}

    def _made(self, event: EventRule, document: Document, left_out: list[LeftOut] | None) -> dict[str, Json] | None:
        """Return the values of an event's fields, by name; ``None`` where the message has not what the event needs."""
        known, rules = targets(event.type), self.mapping.rules_of(event)
        names = [*event.needs, *(name for name in rules if name not in event.needs)]
        made: dict[str, Json] = {}
        for name in names:
            value = self._value(rules[name], document, RulePlace(self.mapping.file, name, known[name]), left_out)
            if value is not None:
                made[name] = value
            elif name in event.needs:
                return None
        told = any(self._is_own(rule) for name in made for rule in rules[name])
        return made if told or event.needs else None

    def _is_own(self, rule: FieldRule) -> bool:
        """Tell whether a rule's value is the message's own: neither made up, nor of an earlier one."""
        return not rule.invented and (rule.source or "").removeprefix(HEARD) not in self.mapping.remember

    @staticmethod
    def _value(rules: FieldRules, document: Document, place: RulePlace, left_out: list[LeftOut] | None) -> Json:
        """Return the value of a field; ``None``: there is none, or none that can be read. Raises ``Refused``."""
        if left_out is None:
            return value_of(rules, document, place)

        def unreadable(refused: Refused) -> None:
            left_out.append(LeftOut(refused.pointer or "", refused.detail))

        try:
            return value_of(rules, document, place, unreadable)
        except Refused as refused:
            if any(rule.required for rule in rules):
                raise
            unreadable(refused)
            return None

    def _event_message(  # noqa: PLR0917 - an event is what was made of whose message, and when
        self,
        event: EventRule,
        made: Mapping[str, Json],
        document: Document,
        device: str,
        latest: Latest,
        left_out: list[LeftOut] | None,
    ) -> Message:
        """Return the event as a CloudEvent. Raises ``Refused`` where the contract does not take it."""
        boot, seq = self._numbering.boot(document, device), self._numbering.seq(document, device, latest)
        attributes: dict[str, Json] = {
            "specversion": "1.0",
            "type": event.type,
            "source": f"/{device}",
            "id": f"{boot}-{seq}",
            "time": self._time(document).isoformat(),
            "datacontenttype": "application/json",
            "provenance": self.mapping.provenance,
            "data": _nested(made, targets(event.type)),
        }
        encoded = self._checked(json.dumps(attributes).encode(), event, left_out)
        return topic_of(device, Channel.EVENT), encoded

    def _state_message(self, rule: StateRule, document: Document, device: str) -> Message:
        """A last will is written before its hour, so only a device that comes says when."""
        place = RulePlace(self.mapping.file, "time", _TIME)
        time = instant_of(self.mapping.time, document, place) if rule.online else None
        state = DeviceState(online=rule.online, boot=self._numbering.state_boot(document, device), time=time)
        return topic_of(device, Channel.STATE), state.encode()

    def _time(self, document: Document) -> datetime:
        place = RulePlace(self.mapping.file, "time", _TIME)
        time = instant_of(self.mapping.time, document, place)
        if time is None:
            raise place.refuse(self.mapping.time[0], "it is missing; send when it happened.")
        return time

    def _device(self, places: Mapping[str, str], body: Json) -> str | None:
        """Return ``vendor/device``; ``None`` where topic or message do not say it in the contract's characters."""
        vendor, device = fill(self.mapping.vendor, places), fill(self.mapping.device, places)
        if self._named_inside:
            named = follow(body, self.mapping.device)
            device = str(named) if isinstance(named, str | int) else None
        name = f"{vendor}/{device}"
        where = parse_topic(topic_of(name, Channel.EVENT))
        return name if vendor and device and where and where.channel is Channel.EVENT and where.device == name else None

    def _nobody(self, document: Document) -> list[Message]:
        values = ", ".join(f"{{{name}}} = {value!r}" for name, value in document.places.items())
        raise self._refuse(
            f"vendor {self.mapping.vendor!r} and device {self.mapping.device!r} with {values[:200]} make no name; "
            "a vendor has small letters, digits and -, a device letters, digits, - and _."
        )

    def _checked(self, encoded: bytes, event: EventRule, left_out: list[LeftOut] | None) -> bytes:
        """Return the event as the contract takes it. Raises ``Refused`` in terms of the vendor's own message."""
        try:
            parse_event(encoded)
        except Refused as refused:
            saved = salvage(encoded) if left_out is not None and refused.rule is Rule.INVALID_VALUE else None
            if saved is not None and left_out is not None:
                left_out += [self._in_his_words(part, event) for part in saved.left_out]
                return saved.event.encode()
            name = _name_at(refused.pointer or "", event.type)
            source = _source_of(name, self.mapping.rules_of(event))
            origin = f", {name}" if name else ""
            origin += f" from {source!r}" if source else ""
            pointer = source if source and source.startswith("/") else None
            detail = f"{self.mapping.file}{origin}: {refused.detail}"
            raise Refused(refused.rule, detail, pointer=pointer, event_id=refused.event_id) from None
        return encoded

    def _in_his_words(self, part: LeftOut, event: EventRule) -> LeftOut:
        """Return what was left out, with the pointer that the vendor's own message has for it."""
        name = _name_at(part.pointer, event.type)
        source = _source_of(name, self.mapping.rules_of(event))
        origin = f" from {source!r}" if source else ""
        pointer = source if source and source.startswith("/") else ""
        return LeftOut(pointer, f"{self.mapping.file}, {name}{origin}: {part.says}")

    def _refuse(self, what: str) -> Refused:
        return Refused(Rule.INVALID_VALUE, f"{self.mapping.file}: {what}")


class Translators:
    """All mappings of a service: each topic is the first's that hears it."""

    def __init__(self, mappings: Iterable[VendorMapping] = ()) -> None:
        self._all = [Translator(mapping) for mapping in mappings]

    @property
    def filters(self) -> tuple[str, ...]:
        """What to subscribe to, announcements before what they announce."""
        return tuple(dict.fromkeys(each for translator in self._all for each in translator.filters))

    @property
    def vendors(self) -> frozenset[str]:
        """Whose devices they hear, as the mappings say it: by name, or with ``{…}``."""
        return frozenset(translator.mapping.vendor for translator in self._all)

    @property
    def kept(self) -> dict[str, bytes]:
        """Topic and payload of every announcement that still counts."""
        return {topic: payload for translator in self._all for topic, payload in translator.kept.items()}

    def recall(self, kept: Mapping[str, bytes]) -> None:
        """Hear announcements again, after a restart."""
        for translator in self._all:
            translator.recall({topic: payload for topic, payload in kept.items() if translator.hears(topic)})

    def of(self, topic: str) -> Translator | None:
        """Return who translates a topic; ``None``: it is no vendor's own."""
        for translator in self._all:  # nearly always there is none
            if translator.hears(topic):
                return translator
        return None


def _convention(mapping: VendorMapping) -> Convention:
    match mapping.convention:
        case "json":
            return PlainJson(mapping)
        case "sparkplug-json":
            return SparkplugJson(mapping)
        case "homeassistant":
            return HomeAssistant(mapping)
        case _:
            assert_never(mapping.convention)


def _chosen(rule: EventRule | StateRule, document: Document) -> bool:
    return rule.topic in {None, str(document.filter)} and document.passes(rule.when)


def _nested(made: Mapping[str, Json], known: Mapping[str, Target]) -> dict[str, Json]:
    """Put values, given by name, where the contract has them."""
    whole: dict[str, Json] = {}
    for name, value in made.items():
        *path, last = known[name].parts
        part = whole
        for step in path:
            part = part.setdefault(step, {})
        part[last] = value
    return whole


def _name_at(pointer: str, event_type: str) -> str | None:
    """Return the mapping's name for a place in an event."""
    if not pointer.startswith("/data/"):
        return pointer.split("/")[1] if pointer else None
    inside = pointer.removeprefix("/data") + "/"
    found = (name for name, target in targets(event_type).items() if inside.startswith(target.pointer + "/"))
    return next(found, pointer)


def _source_of(name: str | None, rules: Fields) -> str | None:
    return next((rule.source for rule in rules.get(name or "", ()) if rule.source), None)


def _nodes_first(kept: tuple[str, bytes]) -> tuple[bool, str]:
    """A device is born after its node."""
    topic, _ = kept
    return "/NBIRTH/" not in topic, topic
