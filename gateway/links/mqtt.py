"""MQTT, by paho: a persistent session, manual acknowledgement, QoS 1, MQTT 3.1.1 (the embedded broker speaks no 5).

Acknowledgements belong to the connection they were delivered on: after a reconnect the same packet number may stand for
another message, so a late ``ack`` is dropped and the broker delivers that message again.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from gateway.broker import BrokerAddress
from gateway.contract.topics import ROOT, SUBSCRIPTION, Channel
from gateway.links.delivery import Delivery

log = logging.getLogger(__name__)

KEEPALIVE_S = 30
RETRY_FROM_S, RETRY_UP_TO_S = 1, 30
WINDOW = 1_000
"""How many of our own messages may be under way."""
_OURS = (f"/{Channel.COMMAND}", f"/{Channel.REJECTED}")
_CREDENTIALS = {"Bad user name or password", "Not authorized"}


class LinkState(StrEnum):
    """How the connection stands."""

    CONNECTING = "connecting"
    READY = "ready"
    """Connected and subscribed."""
    LOST = "lost"
    """It comes back by itself."""
    REFUSED = "refused"
    """The broker does not take us; somebody has to change the credentials or the permissions."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """How the connection stands, why, and since when (POSIX seconds)."""

    state: LinkState
    reason: str
    since: float


class MqttLink:
    """The gateway's connection to the broker. ``start`` it; it keeps itself connected until ``stop``.

    ``client_id`` names the session at the broker: whoever takes the same name takes the connection over.
    ``receive`` is called on paho's thread and must not block.
    """

    def __init__(
        self,
        address: BrokerAddress,
        receive: Callable[[Delivery], None],
        *,
        now: Callable[[], float] = time.time,
        client_id: str = "callahead",
        retry_from_s: int = RETRY_FROM_S,
    ) -> None:
        self.address = address
        self.status = LinkStatus(LinkState.CONNECTING, "not started", time.time())
        self._receive = receive
        self._changed: Callable[[LinkStatus], None] | None = None
        self._now = now
        self._session = 0
        self._lock = threading.Lock()
        self._waiting: dict[int, Callable[[], None] | None] = {}
        self._early: set[int] = set()
        self._client = self._new_client(client_id, retry_from_s)

    def on_change(self, call: Callable[[LinkStatus], None]) -> None:
        """Have ``call`` told of every change of the connection, on paho's thread."""
        self._changed = call

    def start(self) -> None:
        """Connect in the background, again and again where the broker is not there."""
        self._client.connect_async(self.address.host, self.address.port, keepalive=KEEPALIVE_S)
        self._client.loop_start()

    def stop(self) -> None:
        """Send what is queued, take leave and end the thread. The session stays, and with it the backlog."""
        self._turn(LinkState.STOPPED, "stopped by us")
        self._client.disconnect()
        self._client.loop_stop()

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, delivered: Callable[[], None] | None = None
    ) -> None:
        """Send with QoS 1 once there is a connection. ``delivered`` is called on paho's thread after the PUBACK."""
        mid = self._client.publish(topic, payload, qos=1, retain=retain).mid
        with self._lock:
            if mid not in self._early:
                self._waiting[mid] = delivered
                return
            self._early.discard(mid)  # the PUBACK was faster than we are
        if delivered:
            delivered()

    def _new_client(self, client_id: str, retry_from_s: int) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id, clean_session=False, protocol=paho.MQTTv311, manual_ack=True
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
            client.subscribe(SUBSCRIPTION, qos=1)
        elif str(code) in _CREDENTIALS:
            self._turn(LinkState.REFUSED, f"{code}: check user and password for {self.address}")
        else:
            self._turn(LinkState.LOST, f"{self.address} did not take the connection: {code}; trying again")

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
        if codes[0].is_failure:
            self._turn(
                LinkState.REFUSED,
                f"{self.address} does not let us read {SUBSCRIPTION}: {codes[0]}; allow it for this user",
            )
            return
        self._turn(LinkState.READY, f"connected to {self.address}")

    def _on_disconnect(self, _client: paho.Client, _user: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:  # noqa: ANN401
        self._session += 1
        if self.status.state in {LinkState.READY, LinkState.CONNECTING}:
            self._turn(LinkState.LOST, f"the connection to {self.address} broke: {code}; connecting again")

    def _on_message(self, client: paho.Client, _user: Any, message: paho.MQTTMessage) -> None:  # noqa: ANN401
        topic, mid, session = message.topic, message.mid, self._session
        if topic.endswith(_OURS) and topic.startswith(ROOT):
            client.ack(mid, message.qos)
            return

        def ack() -> None:
            if session == self._session:
                client.ack(mid, message.qos)

        self._receive(Delivery(topic, bytes(message.payload), message.retain, self._now(), ack))

    def _on_publish(self, _client: paho.Client, _user: Any, mid: int, _code: ReasonCode, _properties: Any) -> None:  # noqa: ANN401
        with self._lock:
            if mid not in self._waiting:
                self._early.add(mid)
                return
            delivered = self._waiting.pop(mid)
        if delivered:
            delivered()

    def _turn(self, state: LinkState, reason: str) -> None:
        before, self.status = self.status, LinkStatus(state, reason, time.time())
        if (before.state, before.reason) == (state, reason):
            return
        log.log(logging.INFO if state in {LinkState.READY, LinkState.STOPPED} else logging.WARNING, "%s", reason)
        if self._changed:
            self._changed(self.status)
