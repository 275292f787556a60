"""Sparkplug-style metrics: births name metrics and their aliases, data messages may say the alias alone.

This is the JSON form that Sparkplug gateways and bridges write (``{timestamp, metrics: [{name, alias, value, …}], seq}``)
on the topics of Sparkplug 3.0. Sparkplug B's own payload is protobuf, which is not read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from gateway.contract.refusals import Refused, Rule
from gateway.mapping.document import Document, Json, Reading, TopicMatch, as_json, heard_as
from gateway.mapping.rules import VendorMapping

MOST_NODES = 50_000
"""Of so many births is memory kept; one more is refused."""
_BD_SEQ = "bdSeq"


class _Property(BaseModel):
    model_config = ConfigDict(extra="ignore")

    value: Any = None


class _Metric(BaseModel):
    """One metric. Births give name and alias; data messages one of them."""

    model_config = ConfigDict(extra="ignore")

    name: str | None = None
    alias: int | None = None
    value: Any = None
    properties: dict[str, _Property] = {}


class _Payload(BaseModel):
    model_config = ConfigDict(extra="ignore")

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
        return [self._document(node, kind, heard, told, received_at)]

    def places(self, topic: str) -> Mapping[str, str] | None:
        """Return what stands for the placeholders."""
        return heard_as(self._mapping.filters, topic)[1]

    def _payload(self, payload: bytes) -> _Payload:
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


def _bd_seq(told: _Payload) -> Json:
    """Return the number that pairs a node's birth with its death."""
    return next((metric.value for metric in told.metrics if metric.name == _BD_SEQ), None)
