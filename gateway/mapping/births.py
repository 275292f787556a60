"""Sparkplug-style metrics: births name metrics and their aliases, data messages may say the alias alone.

This is the JSON form that Sparkplug gateways and bridges write (``{timestamp, metrics: [{name, alias, value, …}], seq}``)
on the topics of Sparkplug 3.0, and the one that protobuf itself makes of it in JSON (``floatValue``, ``stringValue``, numbers of
64 bits as text). Sparkplug B's own payload is protobuf, which is not read here, and refused by that name.

A metric may have an hour of its own, and be history (``is_historical``): what a message says is read in the order of its
hours, an event for each, so that a fault that was told and cleared within one message is a fault that was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from gateway.contract.refusals import Refused, Rule
from gateway.mapping.document import Document, Json, Reading, TopicMatch, as_json, heard_as
from gateway.mapping.rules import VendorMapping

MOST_NODES = 50_000
"""Of so many births is memory kept; one more is refused."""
_BD_SEQ = "bdSeq"
_PROTOBUF = (
    "this is Sparkplug B's protobuf payload, and its JSON form is read here: put a decoder (Eclipse Tahu, or a broker's bridge) "
    "before it."
)


class _Property(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    value: Any = Field(None, validation_alias=AliasChoices("value", "stringValue", "string_value"))


def _as_properties(given: Any) -> Any:  # noqa: ANN401 - as JSON has it
    """Return the properties of a metric by name, also where protobuf writes names and values beside each other."""
    if isinstance(given, dict) and isinstance(given.get("keys"), list) and isinstance(given.get("values"), list):
        return dict(zip(given["keys"], given["values"], strict=False))
    return given


_VALUES = ("intValue", "longValue", "floatValue", "doubleValue", "booleanValue", "stringValue")
_OTHERS = ("bytesValue", "datasetValue", "templateValue", "extensionValue")
"""What protobuf's JSON names a metric's value by: those that are one value, and those that are not."""


def _snake(name: str) -> str:
    return name.replace("Value", "_value")


def _either_way(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(spelt for name in names for spelt in (name, _snake(name)))


class _Metric(BaseModel):
    """One metric. Births give name and alias; data messages one of them."""

    model_config = ConfigDict(extra="ignore", defer_build=True)

    name: str | None = None
    alias: int | None = None
    value: Any = Field(None, validation_alias=AliasChoices("value", *_either_way(_VALUES)))
    other: Any = Field(None, validation_alias=AliasChoices(*_either_way(_OTHERS)))
    """A value that is no single one."""
    timestamp: int | None = None
    """Milliseconds since 1970-01-01 UTC; that of the message where it is left out."""
    properties: Annotated[dict[str, _Property], BeforeValidator(_as_properties)] = {}


class _Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    timestamp: int | None = None
    """Milliseconds since 1970-01-01 UTC."""
    seq: int | None = None
    metrics: list[_Metric] = []


@dataclass(slots=True)
class _Names:
    """What births said of metrics: their names by alias, their units by name."""

    by_alias: dict[int, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)

    def learn(self, metrics: list[_Metric]) -> None:
        """Take them from a birth."""
        for metric in metrics:
            unit = metric.properties.get("engUnit")
            if metric.name is not None and metric.alias is not None:
                self.by_alias[metric.alias] = metric.name
            if metric.name is not None and unit is not None and isinstance(unit.value, str):
                self.units[metric.name] = unit.value


@dataclass(slots=True)
class _Node:
    """An edge node since its birth, and what was born on it."""

    birth: dict[str, Json]
    """``timestamp`` and ``bdSeq``, as rules find them at ``/birth``."""
    names: _Names
    devices: dict[str, TopicMatch] = field(default_factory=dict)
    """Topic of the device's birth → how it was heard."""


class SparkplugJson:
    """Reads births, data and deaths; a death that is older than the birth is not heeded."""

    def __init__(self, mapping: VendorMapping) -> None:
        self.kept: dict[str, bytes] = {}
        self._mapping = mapping
        self._nodes: dict[str, _Node] = {}

    def read(self, topic: str, payload: bytes, received_at: float) -> list[Document]:
        """Return what a message says of its device; a node's death, of all its devices. Raises ``Refused``."""
        heard = heard_as(self._mapping.filters, topic)
        told = self._payload(payload)
        levels = topic.split("/")
        kind, name = levels[2], f"{levels[1]}/{levels[3]}"
        if kind == "NBIRTH":
            self._node_born(name, topic, payload, told)
        node = self._nodes.get(name)
        if node is None:
            raise self._unborn(topic, f"no NBIRTH of {name!r} was heard")
        if kind == "DBIRTH":
            self._device_born(node, topic, payload, told, heard)
        if kind == "NDEATH":
            return [] if _bd_seq(told) != node.birth[_BD_SEQ] else self._died(node, heard, received_at)
        return [self._document(node, kind, heard, part, received_at) for part in self._in_order(node, kind, told)]

    def places(self, topic: str) -> Mapping[str, str] | None:
        """Return what stands for the placeholders."""
        return heard_as(self._mapping.filters, topic)[1]

    def _in_order(self, node: _Node, kind: str, told: _Payload) -> list[_Payload]:
        """Return what a message says, hour by hour: metrics of their own times, and a metric told twice, are events apart."""
        if kind.endswith("BIRTH"):
            return [told]
        parts: list[_Payload] = []
        named: set[str | int | None] = set()
        for metric in sorted(told.metrics, key=lambda metric: _hour(metric, told) or 0):
            name, at = metric.name or node.names.by_alias.get(metric.alias or 0, str(metric.alias)), _hour(metric, told)
            if not parts or parts[-1].timestamp != at or name in named:
                later = parts[-1].timestamp if parts and at is not None else None
                at = at if later is None or at is None or at > later else later + 1
                parts.append(_Payload(timestamp=at, seq=told.seq))
                named = set()
            parts[-1].metrics.append(metric)
            named.add(name)
        return parts or [told]

    def _payload(self, payload: bytes) -> _Payload:
        if _is_protobuf(payload):
            raise Refused(Rule.UNSUPPORTED_FORMAT, f"{self._mapping.file}: {_PROTOBUF}")
        try:
            return _Payload.model_validate(as_json(payload, self._mapping.file))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            pointer = "".join(f"/{part}" for part in first["loc"])
            detail = f"{self._mapping.file}: {pointer or 'the message'}: {first['msg']}."
            raise Refused(Rule.INVALID_VALUE, detail, pointer=pointer or None) from None

    def _node_born(self, name: str, topic: str, payload: bytes, told: _Payload) -> None:
        """Begin anew with a node; its birth delivered again changes nothing."""
        birth = {"timestamp": told.timestamp, _BD_SEQ: _bd_seq(told)}
        known = self._nodes.get(name)
        if known is None and len(self._nodes) >= MOST_NODES:
            raise Refused(Rule.INVALID_VALUE, f"{self._mapping.file}: more than {MOST_NODES} edge nodes.")
        if known is None or known.birth != birth:
            for old in known.devices if known else ():
                self.kept.pop(old, None)
            known = self._nodes[name] = _Node(birth, _Names())
        known.names.learn(told.metrics)
        self.kept[topic] = payload

    def _device_born(self, node: _Node, topic: str, payload: bytes, told: _Payload, heard: TopicMatch) -> None:
        node.devices[topic] = heard
        node.names.learn(told.metrics)
        self.kept[topic] = payload

    def _died(self, node: _Node, heard: TopicMatch, received_at: float) -> list[Document]:
        """A node takes its devices with it. Their births stay known until the node is born again."""
        body = {"birth": node.birth}
        everyone = (heard.places, *(device.places for device in node.devices.values()))
        return [
            Document(heard.filter, {**places, "kind": "NDEATH"}, body, received_at, noted=True) for places in everyone
        ]

    def _document(self, node: _Node, kind: str, heard: TopicMatch, told: _Payload, received_at: float) -> Document:
        """Return what births, data and a device's death say. Raises ``Refused`` for an alias without a name."""
        readings = {}
        for number, metric in enumerate(told.metrics):
            name = metric.name or node.names.by_alias.get(-1 if metric.alias is None else metric.alias)
            if name is None:
                raise self._unborn(f"/metrics/{number}", f"no birth gave a name to alias {metric.alias}", number)
            if metric.other is not None:
                detail = f"{self._mapping.file}: {name!r} is a data set, template or bytes; send single values."
                raise Refused(Rule.INVALID_VALUE, detail, pointer=f"/metrics/{number}")
            readings[name] = Reading(metric.value, node.names.units.get(name))
        body = {"timestamp": told.timestamp, "seq": told.seq, "birth": node.birth}
        return Document(
            heard.filter, {**heard.places, "kind": kind}, body, received_at, readings, noted=kind.endswith("BIRTH")
        )

    def _unborn(self, where: str, what: str, metric: int | None = None) -> Refused:
        detail = (
            f"{self._mapping.file}, {where}: {what}; publish NBIRTH and DBIRTH again (a rebirth), then send it again."
        )
        return Refused(Rule.INVALID_VALUE, detail, pointer=None if metric is None else f"/metrics/{metric}/alias")


def _hour(metric: _Metric, told: _Payload) -> int | None:
    return metric.timestamp if metric.timestamp is not None else told.timestamp


def _is_protobuf(payload: bytes) -> bool:
    """Tell Sparkplug B's own payload: a time of seven bytes or a metric comes first, and it is no text."""
    return payload[:1] in {b"\x08", b"\x12"} and not payload.lstrip(b"\x08\x12").lstrip().startswith(b"{")


def _bd_seq(told: _Payload) -> Json:
    """Return the number that pairs a node's birth with its death."""
    return next((metric.value for metric in told.metrics if metric.name == _BD_SEQ), None)
