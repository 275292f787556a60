"""One connection over paho-mqtt: MQTT 3.1.1, QoS 1, a persistent session, messages kept until acknowledged."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from paho.mqtt.client import (
    Client,
    ConnectFlags,
    DisconnectFlags,
    MQTTMessage,
    MQTTv311,
)
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from firmware_sim.device.uplink import Outgoing
from gateway.contract.broker_address import BrokerAddress

QOS = 1
IN_FLIGHT = 1_000
"""Messages sent and not acknowledged at one time; below the 65,535 that MQTT's packet ids can tell apart."""
KEEPALIVE = 30
BACK_OFF = (0.2, 5.0)
"""Seconds before the first attempt to reconnect, and at most."""
CONNECT_TIMEOUT = 3.0


@dataclass(frozen=True, slots=True)
class ConnectionListener:
    """Who is told what happens on a connection, on its own thread or the sender's."""

    heard: Callable[[str, bytes], None]
    """Takes topic and payload of a message that arrived."""
    acknowledged: Callable[[str], None]
    """Takes the key of an event that the broker has now."""
    trouble: Callable[[str], None]
    """Takes a sentence for the operator; the connection goes on trying."""


def new_client(address: BrokerAddress, client_id: str, *, clean_session: bool) -> Client:
    """Return a paho client with our settings, not connected yet."""
    client = Client(CallbackAPIVersion.VERSION2, client_id, clean_session=clean_session, protocol=MQTTv311)
    client.max_queued_messages_set(0)  # unlimited
    client.max_inflight_messages_set(IN_FLIGHT)
    client.reconnect_delay_set(*BACK_OFF)  # type: ignore[arg-type]  # paho says int, and sleeps any number
    client.connect_timeout = CONNECT_TIMEOUT
    if address.username is not None:
        client.username_pw_set(address.username, address.password)
    if address.tls:
        client.tls_set()
    return client


class Connection:
    """Sends in order, at least once, across cuts, lost connections and a broker's restart. ``send`` is thread-safe.

    ``open`` and ``sever`` alternate, on one thread; ``close`` ends it for good.
    """

    def __init__(
        self, address: BrokerAddress, client_id: str, subscriptions: Sequence[str], ears: ConnectionListener
    ) -> None:
        """Connect nothing yet. ``subscriptions`` are topic filters, all asked for in one packet."""
        self.ready = threading.Event()
        """Set while the broker has taken connection and subscriptions."""
        self._address, self._client_id, self._ears = address, client_id, ears
        self._subscriptions = [(topic_filter, QOS) for topic_filter in subscriptions]
        self._wanted = False
        self._opened_before = False
        self._has_last_will = False
        self._standing: Outgoing | None = None
        self._waiting: deque[Outgoing] = deque()
        self._unacknowledged: dict[int, Outgoing] = {}
        self._acknowledged_early: set[int] = set()
        self._ledger_lock = threading.Lock()  # never held while paho is called: its own locks come first
        self._pumping = threading.Lock()
        self._client = self._wire(new_client(address, client_id, clean_session=False))

    @property
    def outstanding(self) -> int:
        """How many messages the broker has not acknowledged."""
        return len(self._waiting) + len(self._unacknowledged)

    def open(self, last_will: Outgoing | None = None) -> None:
        """Connect in the background and keep trying; what waits goes out once the broker has taken us."""
        self._stop_thread()
        self._opened_before = False
        self._has_last_will = last_will is not None
        if last_will:
            self._client.will_set(last_will.topic, last_will.payload, QOS, last_will.retain)
        self._wanted = True
        self._client.connect_async(self._address.host, self._address.port, KEEPALIVE)
        self._client.loop_start()

    def send(self, outgoing: Outgoing) -> None:
        """Send, or keep until connected."""
        if outgoing.retain and self._has_last_will:
            self._standing = outgoing
        self._waiting.append(outgoing)
        self._pump()

    def sever(self) -> None:
        """Drop the connection without a DISCONNECT, so that the broker publishes the last will."""
        self._wanted = False
        self.ready.clear()
        sock = self._client.socket()
        if sock is None:
            self._client.disconnect()  # sends nothing: it ends the attempts to connect
            return
        with suppress(OSError):  # the broker was quicker
            sock.shutdown(socket.SHUT_RDWR)  # type: ignore[attr-defined]  # a socket, though paho promises less

    def leave(self) -> None:
        """Say goodbye: no last will speaks."""
        self._wanted = False
        self.ready.clear()
        self._client.disconnect()

    def close(self) -> None:
        """Say goodbye and join the thread."""
        self.leave()
        self._stop_thread()

    def _stop_thread(self) -> None:
        with suppress(AttributeError):  # paho forgets its thread while we join it, if it ends at that moment
            self._client.loop_stop()

    def _wire(self, client: Client) -> Client:
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        return client

    def _pump(self) -> None:
        while self._may_send() and self._pumping.acquire(blocking=False):
            try:
                self._publish_waiting()
            finally:
                self._pumping.release()

    def _may_send(self) -> bool:
        return bool(self._waiting) and self.ready.is_set() and len(self._unacknowledged) < IN_FLIGHT

    def _publish_waiting(self) -> None:
        while self._may_send():
            outgoing = self._waiting[0]
            info = self._client.publish(outgoing.topic, outgoing.payload, QOS, outgoing.retain)
            if info.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
                return  # every packet id is taken; the next acknowledgement pumps again
            self._enter(info.mid, outgoing)

    def _enter(self, mid: int, outgoing: Outgoing) -> None:
        with self._ledger_lock:
            early = mid in self._acknowledged_early
            self._acknowledged_early.discard(mid)
            if not early:
                self._unacknowledged[mid] = outgoing
            self._waiting.popleft()
        if early:
            self._tell_acknowledged(outgoing)

    def _tell_acknowledged(self, outgoing: Outgoing) -> None:
        if outgoing.key is not None:
            self._ears.acknowledged(outgoing.key)

    def _on_connect(
        self, client: Client, _userdata: Any, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if not self._wanted:
            self.sever()
        elif reason.is_failure:
            self._ears.trouble(
                f"{self._address} refuses client {self._client_id}: {reason}. Check user and password; still trying."
            )
        else:
            client.subscribe(self._subscriptions)

    def _on_subscribe(
        self,
        _client: Client,
        _userdata: Any,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        refused = [name for (name, _), reason in zip(self._subscriptions, reasons, strict=False) if reason.is_failure]
        if refused:
            self._ears.trouble(
                f"{self._address} refuses client {self._client_id} the subscriptions {', '.join(refused)}: no commands "
                f"and no refusals will arrive. Allow this user to read these topics."
            )
        self._become_ready()

    def _become_ready(self) -> None:
        if not self._wanted:
            return
        if self._opened_before and self._standing:
            self._waiting.append(self._standing)  # the last will has spoken meanwhile
        self._opened_before = True
        self.ready.set()
        self._pump()

    def _on_publish(
        self, _client: Client, _userdata: Any, mid: int, _reason: ReasonCode, _properties: Properties | None
    ) -> None:
        with self._ledger_lock:
            outgoing = self._unacknowledged.pop(mid, None)
            if outgoing is None:
                self._acknowledged_early.add(mid)
        if outgoing:
            self._tell_acknowledged(outgoing)
        self._pump()

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        self._ears.heard(message.topic, bytes(message.payload))

    def _on_connect_fail(self, _client: Client, _userdata: Any) -> None:
        self._ears.trouble(f"{self._address} does not answer client {self._client_id}. Is the broker up? Still trying.")

    def _on_disconnect(
        self,
        client: Client,
        _userdata: Any,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self.ready.clear()
        if self._wanted:
            self._ears.trouble(f"{self._address} has lost client {self._client_id}: {reason}. Reconnecting.")
        else:
            client.disconnect()  # the socket is gone already: this ends paho's attempts to reconnect
