"""From a vendor's message to messages of the contract. What comes out has been read by the contract's own parser."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from gateway.contract.messages import parse_event
from gateway.contract.refusals import Refused, Rule
from gateway.contract.state import DeviceState
from gateway.contract.topics import Channel, parse_topic
from gateway.contract.topics import topic as topic_of
from gateway.mapping.births import SparkplugJson
from gateway.mapping.contract_paths import Target, targets
from gateway.mapping.discovery import HomeAssistant
from gateway.mapping.document import Convention, Document, Json, PlainJson, check_size
from gateway.mapping.fields import RulePlace, instant_of, value_of
from gateway.mapping.filters import fill
from gateway.mapping.identity import Latest, Numbering
from gateway.mapping.rules import IGNORE, EventRule, Fields, StateRule, VendorMapping

Message = tuple[str, bytes]
"""Topic and payload, both of the contract."""

_CONVENTIONS: dict[str, type[PlainJson | SparkplugJson | HomeAssistant]] = {
    "json": PlainJson,
    "sparkplug-json": SparkplugJson,
    "homeassistant": HomeAssistant,
}
_TIME = Target(("time",), instant=True)


class Translator:
    """Translates what the devices of one mapping send. The same message, delivered again, is translated the same.

    Announcements (births, discovery) are not sent twice: keep ``kept`` where it survives a restart, and ``recall`` it.
    """

    def __init__(self, mapping: VendorMapping) -> None:
        self.mapping = mapping
        self._convention: Convention = _CONVENTIONS[mapping.convention](mapping)
        self._numbering = Numbering(mapping)

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

    def device_of(self, topic: str) -> str | None:
        """Return whose topic it is, ``vendor/device``; ``None`` where that cannot be told."""
        places = self._convention.places(topic) if self.hears(topic) else None
        return None if places is None else self._device(places)

    def map_message(self, topic: str, payload: bytes, received_at: float) -> list[Message]:
        """Return the contract's messages for one of the vendor's; none for an announcement or what is to be ignored.

        ``received_at``: POSIX seconds. Raises ``Refused``, with pointers into the vendor's own message.
        """
        check_size(payload)
        latest = self._numbering.first_heard(topic, payload, received_at)
        documents = self._convention.read(topic, payload, latest.at)
        return [message for document in documents for message in self._messages(document, latest)]

    def _messages(self, document: Document, latest: Latest) -> list[Message]:
        device = self._device(document.places)
        state = next((rule for rule in self.mapping.state if _chosen(rule, document)), None)
        event, made = self._event(document)
        if state is None and event is None and not document.noted:
            raise self._refuse("no event of the mapping fits this message: it has none of the values they need.")
        if device is None:
            return [] if document.noted else self._nobody(document)
        messages = [] if state is None else [self._state_message(state, document, device)]
        if event is not None and event.type != IGNORE:
            messages.append(self._event_message(event, made, document, device, latest))
        return messages

    def _event(self, document: Document) -> tuple[EventRule | None, dict[str, Json]]:
        """Return the first event that fits, and what its fields come to."""
        for event in self.mapping.event:
            if _chosen(event, document):
                made = {} if event.type == IGNORE else self._made(event, document)
                if made is not None:
                    return event, made
        return None, {}

    def _made(self, event: EventRule, document: Document) -> dict[str, Json] | None:
        """Return the values of an event's fields, by name; ``None`` where the message has not what the event needs."""
        known, rules = targets(event.type), self.mapping.rules_of(event)
        names = [*event.needs, *(name for name in rules if name not in event.needs)]
        made: dict[str, Json] = {}
        for name in names:
            value = value_of(rules[name], document, RulePlace(self.mapping.file, name, known[name]))
            if value is not None:
                made[name] = value
            elif name in event.needs:
                return None
        told = any(not rule.invented for name in made for rule in rules[name])
        return made if told or event.needs else None

    def _event_message(
        self, event: EventRule, made: Mapping[str, Json], document: Document, device: str, latest: Latest
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
        encoded = json.dumps(attributes).encode()
        self._check(encoded, event)
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

    def _device(self, places: Mapping[str, str]) -> str | None:
        """Return ``vendor/device``; ``None`` where the topic does not say it in the contract's characters."""
        vendor, device = fill(self.mapping.vendor, places), fill(self.mapping.device, places)
        name = f"{vendor}/{device}"
        where = parse_topic(topic_of(name, Channel.EVENT))
        return name if vendor and device and where and where.channel is Channel.EVENT and where.device == name else None

    def _nobody(self, document: Document) -> list[Message]:
        values = ", ".join(f"{{{name}}} = {value!r}" for name, value in document.places.items())
        raise self._refuse(
            f"vendor {self.mapping.vendor!r} and device {self.mapping.device!r} with {values[:200]} make no name; "
            "a vendor has small letters, digits and -, a device letters, digits, - and _."
        )

    def _check(self, encoded: bytes, event: EventRule) -> None:
        """Raises ``Refused`` where the contract would, in terms of the vendor's own message."""
        try:
            parse_event(encoded)
        except Refused as refused:
            name = _name_at(refused.pointer or "", event.type)
            source = _source_of(name, self.mapping.rules_of(event))
            origin = f", {name}" if name else ""
            origin += f" from {source!r}" if source else ""
            pointer = source if source and source.startswith("/") else None
            detail = f"{self.mapping.file}{origin}: {refused.detail}"
            raise Refused(refused.rule, detail, pointer=pointer, event_id=refused.event_id) from None

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
    def kept(self) -> dict[str, bytes]:
        """Topic and payload of every announcement that still counts."""
        return {topic: payload for translator in self._all for topic, payload in translator.kept.items()}

    def recall(self, kept: Mapping[str, bytes]) -> None:
        """Hear announcements again, after a restart."""
        for translator in self._all:
            translator.recall({topic: payload for topic, payload in kept.items() if translator.hears(topic)})

    def of(self, topic: str) -> Translator | None:
        """Return who translates a topic; ``None``: it is no vendor's own."""
        return next((translator for translator in self._all if translator.hears(topic)), None)


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
