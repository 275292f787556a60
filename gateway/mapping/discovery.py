"""Home Assistant's MQTT discovery: config topics announce entities, plain state topics carry their values.

Read as Home Assistant documents it for ``sensor`` and ``binary_sensor``, with its abbreviations; of templates the two
forms that name a value, nothing that computes. The newer announcement of a whole device in one message is not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from gateway.contract.refusals import Refused, Rule
from gateway.mapping.document import Document, Json, Reading, as_json, as_object, as_text, follow, heard_as
from gateway.mapping.filters import TopicFilter
from gateway.mapping.rules import VendorMapping

MOST_ENTITIES = 100_000
"""Of so many entities is memory kept; one more is refused."""
MOST_HELD = 1_000
"""Of so many topics a value is held that came before its announcement."""
AVAILABILITY = "availability"
"""The reading that says whether the device is there: true or false."""
_NO_VALUE = {"", "None", "unknown", "unavailable"}
_TEMPLATE = re.compile(r"\{\{\s*(?:value|value_json((?:\.[A-Za-z_]\w*|\[(?:'[^']*'|\"[^\"]*\"|\d+)\])*))\s*\}\}")
_STEP = re.compile(r"\.([A-Za-z_]\w*)|\['([^']*)'\]|\[\"([^\"]*)\"\]|\[(\d+)\]")


def _printed(value: object) -> object:
    """Return a switch as Home Assistant's templates print it."""
    return str(value) if isinstance(value, bool) else value


Payload = Annotated[str, BeforeValidator(_printed)]
"""A text; announcements that write ``true`` mean what a template prints for it."""


class _Availability(BaseModel):
    """One of several topics that say whether a device is there."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, defer_build=True)

    topic: str = Field(validation_alias=AliasChoices("topic", "t"))
    template: str = Field("{{ value }}", validation_alias=AliasChoices("value_template", "val_tpl"))
    available: Payload = Field("online", validation_alias=AliasChoices("payload_available", "pl_avail"))
    not_available: Payload = Field("offline", validation_alias=AliasChoices("payload_not_available", "pl_not_avail"))


class _Config(BaseModel):
    """What we read of an announcement; what else it says is for Home Assistant."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, defer_build=True)

    topic_start: str = Field("", alias="~")
    state_topic: str = Field(validation_alias=AliasChoices("state_topic", "stat_t"))
    value_template: str = Field("{{ value }}", validation_alias=AliasChoices("value_template", "val_tpl"))
    unit: str | None = Field(None, validation_alias=AliasChoices("unit_of_measurement", "unit_of_meas"))
    payload_on: Payload = Field("ON", validation_alias=AliasChoices("payload_on", "pl_on"))
    payload_off: Payload = Field("OFF", validation_alias=AliasChoices("payload_off", "pl_off"))
    availability_topic: str | None = Field(None, validation_alias=AliasChoices("availability_topic", "avty_t"))
    availability: list[_Availability] = Field([], validation_alias=AliasChoices("availability", "avty"))
    availability_template: str = Field(
        "{{ value }}", validation_alias=AliasChoices("availability_template", "avty_tpl")
    )
    available: Payload = Field("online", validation_alias=AliasChoices("payload_available", "pl_avail"))
    not_available: Payload = Field("offline", validation_alias=AliasChoices("payload_not_available", "pl_not_avail"))


@dataclass(frozen=True, slots=True)
class _Entity:
    """One announced sensor."""

    name: str
    """Its object id, the name rules know it by."""
    is_binary: bool
    places: dict[str, str]
    pointer: str | None
    """Where in a JSON state its value stands; ``None``: the state is the value."""
    config: _Config


class HomeAssistant:
    """Remembers announcements and reads states by them. One value that comes before its announcement is held."""

    def __init__(self, mapping: VendorMapping) -> None:
        self.kept: dict[str, bytes] = {}
        self._mapping = mapping
        self._entities: dict[str, _Entity] = {}
        self._by_topic: dict[str, dict[str, _Entity]] = {}
        """State or availability topic → config topic → entity."""
        self._held: dict[str, tuple[bytes, float]] = {}

    def read(self, topic: str, payload: bytes, received_at: float) -> list[Document]:
        """Take an announcement, or return what a state says, one document for each device it is of. Raises ``Refused``."""
        filter_, places = heard_as(self._mapping.filters, topic)
        if filter_ in self._mapping.discovery:
            return self._announced(topic, places, payload)
        entities = self._by_topic.get(topic)
        if not entities:
            self._hold(topic, payload, received_at)
            return []
        return self._documents(filter_, topic, [*entities.values()], payload, received_at)

    def places(self, topic: str) -> Mapping[str, str] | None:
        """Return the placeholders of the announcement behind a state topic; ``None`` before it was heard."""
        filter_, places = heard_as(self._mapping.filters, topic)
        if filter_ in self._mapping.discovery:
            return places
        return next((entity.places for entity in self._by_topic.get(topic, {}).values()), None)

    def _announced(self, topic: str, places: dict[str, str], payload: bytes) -> list[Document]:
        """Note an entity, or forget it where the announcement is empty; then read what was held for it."""
        if not payload:
            self._forget(topic)
            return []
        if places["component"] not in {"sensor", "binary_sensor"}:
            return []
        entity = self._entity(places, payload)
        if topic not in self._entities and len(self._entities) >= MOST_ENTITIES:
            raise self._refuse(f"more than {MOST_ENTITIES} entities")
        self._forget(topic)
        self._entities[topic], self.kept[topic] = entity, payload
        for heard in _topics(entity):
            self._by_topic.setdefault(heard, {})[topic] = entity
        return [document for heard in _topics(entity) for document in self._held_for(heard)]

    def _forget(self, topic: str) -> None:
        entity = self._entities.pop(topic, None)
        self.kept.pop(topic, None)
        for heard in _topics(entity) if entity else ():
            of_topic = self._by_topic[heard]
            del of_topic[topic]
            if not of_topic:
                del self._by_topic[heard]

    def _hold(self, topic: str, payload: bytes, received_at: float) -> None:
        """Keep a first value: retained states may come before retained announcements. The second is refused."""
        if topic in self._held or len(self._held) >= MOST_HELD:
            raise self._refuse(
                f"no announcement on {', '.join(self._mapping.discovery)} names the state topic {topic!r}"
            )
        self._held[topic] = (payload, received_at)

    def _held_for(self, topic: str) -> list[Document]:
        payload, received_at = self._held.pop(topic, (None, 0.0))
        if payload is None:
            return []
        filter_, _ = heard_as(self._mapping.filters, topic)
        return self._documents(filter_, topic, [*self._by_topic[topic].values()], payload, received_at)

    def _entity(self, places: dict[str, str], payload: bytes) -> _Entity:
        try:
            config = _Config.model_validate(as_object(payload, self._mapping.file))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = str(first["loc"][0]) if first["loc"] else ""
            raise self._refuse(f"{key}: {first['msg']}", f"/{key}") from None
        config = self._with_availability(_expanded(config))
        for heard in filter(None, (config.state_topic, config.availability_topic)):
            if not any(each.match(heard) for each in self._mapping.topics):
                known = ", ".join(self._mapping.topics)
                raise self._refuse(f"the topic {heard!r} is none of those we hear: {known}", "/state_topic")
        pointer = self._pointer(config.value_template)
        return _Entity(places["object"], places["component"] == "binary_sensor", places, pointer, config)

    def _with_availability(self, config: _Config) -> _Config:
        """Take, of several topics that say whether a device is there, the first that we hear: the others are a bridge's."""
        ours = (one for one in config.availability if any(each.match(one.topic) for each in self._mapping.topics))
        found = None if config.availability_topic else next(ours, None)
        if found is None:
            return config
        names = {"available": found.available, "not_available": found.not_available}
        return config.model_copy(
            update={"availability_topic": found.topic, "availability_template": found.template, **names}
        )

    def _pointer(self, template: str) -> str | None:
        """Return where a template points to. Raises ``Refused`` for one that computes."""
        found = _TEMPLATE.fullmatch(template.strip())
        if found is None:
            can = "write {{ value }}, {{ value_json.name }} or {{ value_json['name'] }}"
            raise self._refuse(f"the template {template[:80]!r} cannot be read: {can}", "/value_template")
        if "value_json" not in template:
            return None
        steps = ("".join(parts) for parts in _STEP.findall(found[1] or ""))
        return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)

    def _documents(
        self, filter_: TopicFilter, topic: str, entities: list[_Entity], payload: bytes, received_at: float
    ) -> list[Document]:
        """Return a document for each device the topic speaks of: usually one."""
        text = as_text(payload, self._mapping.file)
        is_json = any(entity.pointer is not None and topic == entity.config.state_topic for entity in entities)
        body = as_json(payload, self._mapping.file) if is_json else text
        by_device: dict[str, tuple[dict[str, str], dict[str, Reading]]] = {}
        for entity in entities:
            of_device = {name: value for name, value in entity.places.items() if name not in {"component", "object"}}
            _, readings = by_device.setdefault(repr(of_device), (of_device, {}))
            readings.update(self._readings(entity, topic, body, text))
        return [
            Document(filter_, places, body, received_at, readings)
            for places, readings in by_device.values()
            if readings
        ]

    def _readings(self, entity: _Entity, topic: str, body: Json, text: str) -> dict[str, Reading]:
        config = entity.config
        if topic == config.availability_topic:
            where = self._pointer(config.availability_template)
            said = text if where is None else _as_state(follow(as_json(text.encode(), self._mapping.file), where))
            return {AVAILABILITY: Reading(self._either(said, config.available, config.not_available))}
        value = text if entity.pointer is None else follow(body, entity.pointer)
        if value is None or (isinstance(value, str) and value.strip() in _NO_VALUE):
            return {}
        if entity.is_binary:
            return {entity.name: Reading(self._either(_as_state(value), config.payload_on, config.payload_off))}
        return {entity.name: Reading(value, config.unit)}

    def _either(self, text: str, yes: str, no: str) -> bool:
        if text.strip() not in {yes, no}:
            raise self._refuse(f"{text[:40]!r} is neither {yes!r} nor {no!r}")
        return text.strip() == yes

    def _refuse(self, what: str, pointer: str | None = None) -> Refused:
        return Refused(Rule.INVALID_VALUE, f"{self._mapping.file}: {what}.", pointer=pointer)


def _topics(entity: _Entity) -> set[str]:
    config = entity.config
    return {config.state_topic, *([config.availability_topic] if config.availability_topic else [])}


def _expanded(config: _Config) -> _Config:
    """Put the start of topics where a tilde stands for it."""
    start = config.topic_start

    def full(topic: str) -> str:
        if topic.startswith("~"):
            return start + topic[1:]
        return topic[:-1] + start if topic.endswith("~") else topic

    changed: dict[str, Any] = {"state_topic": full(config.state_topic)}
    if config.availability_topic is not None:
        changed["availability_topic"] = full(config.availability_topic)
    return config.model_copy(update=changed)


def _as_state(value: Json) -> str:
    """Return a JSON value as Home Assistant's templates print it."""
    return value if isinstance(value, str) else str(value)
