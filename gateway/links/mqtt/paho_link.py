"""MQTT, by paho: a persistent session, manual acknowledgement, QoS 1; MQTT 5, or 3.1.1 where the broker speaks no 5.

Acknowledgements belong to the connection they were delivered on: after a reconnect the same packet number may stand for
another message, so a late ``ack`` is dropped and the broker delivers that message again.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway.broker.embedded import BrokerAddress
from gateway.contract.topics import ROOT, SUBSCRIPTION, Channel
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkState, LinkStatus, MqttVersion

__all__ = ["LinkState", "LinkStatus", "MqttLink", "MqttVersion"]

log = logging.getLogger(__name__)

KEEPALIVE_S = 30
RETRY_FROM_S, RETRY_UP_TO_S = 1, 30
WINDOW = 1_000
"""How many of our own messages may be under way."""
_OURS = (f"/{Channel.COMMAND}", f"/{Channel.REJECTED}")
_CREDENTIALS = {"Bad user name or password", "Not authorized"}
_OTHER_VERSION = "Unsupported protocol version"
_FOR_EVER = 0xFFFF_FFFF
"""Of an MQTT 5 session's expiry: never."""


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """One message of ours."""

    topic: str
    payload: bytes
    retain: bool
    delivered: Callable[[], None] | None


class MqttLink:
    """The gateway's connection to the broker. ``start`` it; it keeps itself connected until ``stop``.

    ``client_id`` names the session at the broker: whoever takes the same name takes the connection over.
    ``filters`` are vendors' own topics, read beside ours.
    ``receive`` is called on paho's thread and must not block. What is published before the first connection waits here.
    """

    def __init__(
        self,
        address: BrokerAddress,
        receive: Callable[[Delivery], None],
        *,
        now: Callable[[], float] = time.time,
        client_id: str = "callahead",
        retry_from_s: int = RETRY_FROM_S,
        version: MqttVersion = MqttVersion.AUTO,
        filters: Iterable[str] = (),
    ) -> None:
        self.address = address
        self._filters = (SUBSCRIPTION, *filters)
        self.status = LinkStatus(LinkState.CONNECTING, "not started", time.time())
        self._receive = receive
        self._changed: Callable[[LinkStatus], None] | None = None
        self._now = now
        self._session = 0
        self._lock = threading.Lock()
        self._waiting: dict[int, Callable[[], None] | None] = {}
        self._early: dict[int, bool] = {}
        """PUBACKs that were faster than we are, and whether they took the message."""
        self._open: set[int] = set()
        """Deliveries of this connection that wait for their acknowledgement."""
        self._held: deque[_Outgoing] | None = deque()
        self._auto = version is MqttVersion.AUTO
        self._make = partial(self._new_client, client_id, retry_from_s)
        self._client = self._make(paho.MQTTv311 if version is MqttVersion.V3 else paho.MQTTv5)

    def on_change(self, call: Callable[[LinkStatus], None]) -> None:
        """Have ``call`` told of every change of the connection, on paho's thread."""
        self._changed = call

    def start(self) -> None:
        """Connect in the background, again and again where the broker is not there."""
        client = self._client
        address = (self.address.host, self.address.port, KEEPALIVE_S)
        if client.protocol == paho.MQTTv5:
            client.connect_async(*address, clean_start=False, properties=_lasting_session())
        else:
            client.connect_async(*address)
        client.loop_start()

    def stop(self) -> None:
        """Send what is queued, take leave and end the thread. The session stays, and with it the backlog."""
        self._turn(LinkState.STOPPED, "stopped by us")
        self._client.disconnect()
        self._client.loop_stop()

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, delivered: Callable[[], None] | None = None
    ) -> None:
        """Send with QoS 1 once there is a connection. ``delivered`` is called on paho's thread after the PUBACK."""
        outgoing = _Outgoing(topic, payload, retain, delivered)
        with self._lock:
            if self._held is not None:
                self._held.append(outgoing)
                return
        self._send(outgoing)

    def _send(self, outgoing: _Outgoing) -> None:
        mid = self._client.publish(outgoing.topic, outgoing.payload, qos=1, retain=outgoing.retain).mid
        delivered = outgoing.delivered
        with self._lock:
            if mid not in self._early:
                self._waiting[mid] = delivered
                return
            taken = self._early.pop(mid)
        if taken and delivered:
            delivered()

    def _send_held(self) -> None:
        """Send what was published before the first connection, in order."""
        while True:
            with self._lock:
                if not self._held:
                    self._held = None
                    return
                outgoing = self._held.popleft()
            self._send(outgoing)

    def _new_client(self, client_id: str, retry_from_s: int, protocol: MQTTProtocolVersion) -> paho.Client:
        clean_session = None if protocol == paho.MQTTv5 else False  # in 5 it is asked for in each connection
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id, clean_session=clean_session, protocol=protocol, manual_ack=True
        )
        if self.address.username:
            client.username_pw_set(self.address.username, self.address.password)
        if self.address.tls:
            client.tls_set_context(ssl.create_default_context())
        client.reconnect_delay_set(retry_from_s, RETRY_UP_TO_S)
        client.max_inflight_messages_set(WINDOW)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        return client

    def _on_connect(self, client: paho.Client, _user: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:  # noqa: ANN401
        if not code.is_failure:
            client.subscribe([(pattern, 1) for pattern in self._filters])
            self._send_held()
        elif self._auto and client.protocol == paho.MQTTv5 and str(code) == _OTHER_VERSION:
            self._fall_back(client)
        elif str(code) in _CREDENTIALS:
            self._turn(LinkState.REFUSED, f"{code}: check user and password for {self.address}")
        else:
            self._turn(LinkState.LOST, f"{self.address} did not take the connection: {code}; trying again")

    def _fall_back(self, client: paho.Client) -> None:
        """Go on in MQTT 3.1.1, with a new client. The old one's thread, on which this runs, ends by itself."""
        log.info("%s speaks no MQTT 5; using 3.1.1", self.address)
        self._client = self._make(paho.MQTTv311)
        client.disconnect()
        if self.status.state is not LinkState.STOPPED:
            self.start()

    def _on_connect_fail(self, _client: paho.Client, _user: Any) -> None:  # noqa: ANN401
        self._turn(
            LinkState.LOST,
            f"no broker answers at {self.address}; trying again. Start it, or name another one with --broker",
        )

    def _on_subscribe(
        self,
        _client: paho.Client,
        _user: Any,  # noqa: ANN401
        _mid: int,
        codes: list[ReasonCode],
        _properties: Any,  # noqa: ANN401
    ) -> None:
        for pattern, code in zip(self._filters, codes, strict=True):
            if code.is_failure:
                reason = f"{self.address} does not let us read {pattern}: {code}; allow it for this user"
                self._turn(LinkState.REFUSED, reason)
                return
        self._turn(LinkState.READY, f"connected to {self.address}")

    def _on_disconnect(self, client: paho.Client, _user: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:  # noqa: ANN401
        if client is not self._client:
            return
        self._session += 1
        self._open.clear()
        if self.status.state in {LinkState.READY, LinkState.CONNECTING}:
            self._turn(LinkState.LOST, f"the connection to {self.address} broke: {code}; connecting again")

    def _on_message(self, client: paho.Client, _user: Any, message: paho.MQTTMessage) -> None:  # noqa: ANN401
        topic, mid, session = message.topic, message.mid, self._session
        if topic.endswith(_OURS) and topic.startswith(ROOT):
            client.ack(mid, message.qos)
            return
        if mid in self._open:  # it comes again while we still have it at hand: one acknowledgement is for both
            return
        if message.qos:
            self._open.add(mid)

        def ack() -> None:
            if session == self._session:
                self._open.discard(mid)
                client.ack(mid, message.qos)

        content_type, properties = _described(message)
        payload = bytes(message.payload)
        self._receive(Delivery(topic, payload, message.retain, self._now(), ack, content_type, properties))

    def _on_publish(self, _client: paho.Client, _user: Any, mid: int, code: ReasonCode, _properties: Any) -> None:  # noqa: ANN401
        if code.is_failure:
            log.warning("%s did not take a message of ours: %s", self.address, code)
        with self._lock:
            if mid not in self._waiting:
                self._early[mid] = not code.is_failure
                return
            delivered = self._waiting.pop(mid)
        if delivered and not code.is_failure:
            delivered()

    def _turn(self, state: LinkState, reason: str) -> None:
        before, self.status = self.status, LinkStatus(state, reason, time.time())
        if (before.state, before.reason) == (state, reason):
            return
        level = logging.INFO if state in {LinkState.READY, LinkState.STOPPED} else logging.WARNING
        log.log(level, "%s", reason, extra={"link": "broker", "state": state.value})
        if self._changed:
            self._changed(self.status)


def _lasting_session() -> Properties:
    """Ask an MQTT 5 broker to keep the session, as 3.1.1 does without a clean session."""
    asked = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    asked.SessionExpiryInterval = _FOR_EVER
    return asked


def _described(message: paho.MQTTMessage) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Return the content type and the user properties of an MQTT 5 message; none in 3.1.1."""
    properties = message.properties
    return getattr(properties, "ContentType", None), tuple(getattr(properties, "UserProperty", ()))
