"""Vendors' own topics on a real broker: dots, retained announcements, and what a gateway makes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.broker.embedded import EmbeddedBroker
from gateway.contract.broker_address import BrokerAddress
from gateway.contract.messages import parse_event
from gateway.kinds.car.messages import VehicleFaultEvent
from gateway.mapping.read import SHIPPED, read_mapping, shipped
from gateway.mapping.translate import Translators


@pytest.fixture(params=["nats", "mosquitto"])
def address(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> BrokerAddress:
    """A broker of either make. NATS grants a session 65,535 unacknowledged deliveries over all its subscriptions."""
    if request.param == "nats":
        monkeypatch.setattr("gateway.broker.embedded.MAX_ACK_PENDING", 2_000)
        broker: EmbeddedBroker = request.getfixturevalue("nats")()
        return broker.address
    address: BrokerAddress = request.getfixturevalue("mosquitto")("allow_anonymous true")
    return address


def connected(address: BrokerAddress, name: str) -> paho.Client:
    """Return a client that is up."""
    client = paho.Client(CallbackAPIVersion.VERSION2, name, protocol=paho.MQTTv311)
    client.connect(address.host, address.port)
    client.loop_start()
    return client


def test_vendors_topics_come_through(address: BrokerAddress, eventually: Callable[..., Any]) -> None:
    """Every filter of every shipped mapping can be subscribed to; spBv1.0 keeps its dot; a fault arrives as one.

    The birth is awaited before the data is sent: NATS keeps the order within a subscription, not between two.
    """
    mappings = Translators(read_mapping(shipped(name)) for name in SHIPPED)
    heard: list[tuple[str, bytes]] = []
    granted: list[Any] = []
    gateway, van = connected(address, "gateway"), connected(address, "van")
    gateway.on_message = lambda _client, _user, message: heard.append((message.topic, bytes(message.payload)))
    gateway.on_subscribe = lambda _client, _user, _mid, codes, _properties: granted.extend(codes)
    gateway.subscribe([(each, 1) for each in mappings.filters])
    eventually(lambda: len(granted) == len(mappings.filters))
    assert not any(code.is_failure for code in granted)
    birth = {"timestamp": 1767258000000, "seq": 0, "metrics": [{"name": "bdSeq", "value": 0}]}
    data = {"timestamp": 1767258000500, "seq": 1, "metrics": [{"name": "Diagnostics/Trouble Codes", "value": "P0217"}]}
    van.publish("spBv1.0/volta/NBIRTH/edge7", json.dumps(birth), qos=1)
    eventually(lambda: len(heard) == 1)
    van.publish("spBv1.0/volta/DDATA/edge7/van12", json.dumps(data), qos=1)
    eventually(lambda: len(heard) == 2)
    out = [message for topic, payload in heard for message in translated(mappings, topic, payload)]
    for client in (gateway, van):
        client.disconnect()
        client.loop_stop()
    [(topic, payload)] = out
    assert topic == "callahead/v1/volta/edge7-van12/event"
    assert isinstance(parse_event(payload), VehicleFaultEvent)


def translated(mappings: Translators, topic: str, payload: bytes) -> list[tuple[str, bytes]]:
    """Return the contract's messages for one of a vendor's."""
    translator = mappings.of(topic)
    assert translator, topic
    return translator.map_message(topic, payload, 1767258001.0)
