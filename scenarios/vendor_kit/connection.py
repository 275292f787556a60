"""A connection to the vendor's broker: MQTT 5 where it speaks it, else 3.1.1. Only here does the kit touch a network."""

from __future__ import annotations

import queue
import secrets
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self, TypeVar

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway.contract.broker_address import BrokerAddress
from gateway.contract.client_ids import client_id
from scenarios.vendor_kit.heard import HeardMessage, KitError

ANSWERS_WITHIN_S = 10.0
Answer = TypeVar("Answer")
_OTHER_VERSION = "Unsupported protocol version"


class Connection:
    """One session of its own, gone when it is closed. Use it in a ``with`` block; raises ``KitError`` where it cannot."""

    def __init__(self, address: BrokerAddress, hear: Callable[[paho.MQTTMessage], None] | None = None) -> None:
        """``hear`` is called on paho's thread."""
        self.address = address
        self._hear = hear
        self._filters: list[tuple[str, int]] = []
        self._answers: queue.SimpleQueue[ReasonCode] = queue.SimpleQueue()
        self._granted: queue.SimpleQueue[list[ReasonCode]] = queue.SimpleQueue()
        self._sent: queue.SimpleQueue[tuple[int, ReasonCode]] = queue.SimpleQueue()
        self._client = self._new(paho.MQTTv5)

    @property
    def version(self) -> str:
        """What is spoken: ``5`` or ``3.1.1``."""
        return "5" if self._client.protocol == paho.MQTTv5 else "3.1.1"

    def __enter__(self) -> Self:
        """Connect."""
        code = self._connect()
        if code.is_failure and str(code) == _OTHER_VERSION:
            self._end()
            self._client = self._new(paho.MQTTv311)
            code = self._connect()
        if code.is_failure:
            self._end()
            message = (
                f"the broker at {self.address} refuses the connection: {code}. Check user and password in --broker"
            )
            raise KitError(message)
        return self

    def __exit__(self, *_: object) -> None:
        """Take leave."""
        self._end()

    def subscribe(self, *filters: str) -> bool:
        """Ask for topics with QoS 1; ``False`` where the broker does not let us read one of them."""
        self._filters = [(each, 1) for each in filters]
        self._client.subscribe(self._filters)
        return not any(code.is_failure for code in self._answer(self._granted, "the subscription"))

    def publish(self, heard: HeardMessage) -> int:
        """Send a message with QoS 1 and return its number; ``outcome`` tells what became of it."""
        properties = _properties_of(heard) if self.version == "5" else None
        return self._client.publish(heard.topic, heard.payload, 1, heard.retained, properties).mid

    def outcome(self) -> tuple[int, ReasonCode]:
        """Wait for the next PUBACK: the message's number and the broker's reason (in 3.1.1 there is only success)."""
        return self._answer(self._sent, "a message")

    def _connect(self) -> ReasonCode:
        try:
            self._client.connect(self.address.host, self.address.port)
        except (OSError, ValueError) as error:
            message = f"no MQTT broker at {self.address}: {error}. Start one there, or name another with --broker"
            raise KitError(message) from None
        self._client.loop_start()
        return self._answer(self._answers, "the connection")

    def _answer(self, answers: queue.SimpleQueue[Answer], what: str) -> Answer:
        try:
            return answers.get(timeout=ANSWERS_WITHIN_S)
        except queue.Empty:
            self._end()
            message = f"{self.address} does not answer {what} within {ANSWERS_WITHIN_S:.0f} s: is it an MQTT broker?"
            raise KitError(message) from None

    def _on_connect(self, client: paho.Client, _user: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:  # noqa: ANN401
        self._answers.put(code)
        if self._filters and not code.is_failure:  # the line broke, and is there again
            client.subscribe(self._filters)

    def _end(self) -> None:
        self._client.disconnect()
        with suppress(AttributeError):  # paho forgets its thread while we join it, if it ends at that moment
            self._client.loop_stop()

    def _new(self, protocol: MQTTProtocolVersion) -> paho.Client:
        name = client_id(self.address.username, f"kit-{secrets.token_hex(8)}")
        client = paho.Client(CallbackAPIVersion.VERSION2, name, protocol=protocol)
        client.max_inflight_messages_set(100)
        client.max_queued_messages_set(0)
        if self.address.username:
            client.username_pw_set(self.address.username, self.address.password)
        if self.address.tls:
            client.tls_set_context(ssl.create_default_context())
        client.on_connect = self._on_connect
        client.on_subscribe = lambda _c, _u, _m, codes, _p: self._granted.put(codes)
        client.on_publish = lambda _c, _u, mid, code, _p: self._sent.put((mid, code))
        client.on_message = lambda _c, _u, message: self._hear(message) if self._hear else None
        return client


def _properties_of(heard: HeardMessage) -> Properties | None:
    if heard.content_type is None and not heard.properties:
        return None
    told = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho leaves it untyped
    if heard.content_type is not None:
        told.ContentType = heard.content_type
    if heard.properties:
        told.UserProperty = list(heard.properties)
    return told
