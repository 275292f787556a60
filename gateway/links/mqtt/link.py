"""MQTT in the service's own event loop: a persistent session, QoS 1; MQTT 5, or 3.1.1 where the broker speaks no 5.

No library was found that acknowledges whole batches, after a commit, at a price that fits: for each message paho takes 66 µs,
mqttium 31, and this 7 (``benchmarks/README.md``). It reads and sends with QoS 1, and can do nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Iterable
from functools import partial

from gateway.contract.broker_address import BrokerAddress
from gateway.contract.topics import SUBSCRIPTION
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkState, LinkStatus, MqttVersion
from gateway.links.mqtt.protocol import packets
from gateway.links.mqtt.protocol.outbox import SUBSCRIBES, Outbox, Outgoing
from gateway.links.mqtt.protocol.reasons import FAILURE, says
from gateway.links.mqtt.stream import Stream
from gateway.retry.backoff import Backoff

log = logging.getLogger(__name__)

KEEPALIVE_S = 30
CONNECT_WITHIN_S = 10.0
NEXT_ADDRESS_AFTER_S = 1.0
"""Where the broker's name has several addresses, as a cluster's has, the next is tried when one is silent for so long."""
RETRY_FROM_S, RETRY_UP_TO_S = 1.0, 30.0
WINDOW = 60_000
"""How many deliveries may wait for their acknowledgement, of the 65,535 that MQTT can number. What a broker holds back cannot be
looked at: of a backlog that is here, faults go first and statuses are thinned. The embedded broker has a limit of its own."""
STOP_WITHIN_S = 5.0
_OTHER_VERSION = {0x01, 0x84}
_CREDENTIALS = {0x04, 0x05, 0x86, 0x87}
"""Codes of 3.1.1 and 5."""


class MqttLink:
    """The gateway's connection to the broker. ``start`` it; it keeps itself connected until ``stop``.

    ``client_id`` names the session at the broker: whoever takes the same name takes the connection over.
    ``subscription`` is what it reads of ours, and ``filters`` are vendors' own topics beside it; without a ``subscription`` it
    reads nothing, and keeps no session.
    ``receive``, ``delivered`` and whoever asked ``on_change`` are
    called in ``loop``, which is the running one where none is named; everything here may be called from any thread.
    """

    def __init__(
        self,
        address: BrokerAddress,
        receive: Callable[[Delivery], None],
        *,
        now: Callable[[], float] = time.time,
        client_id: str = "callahead",
        retry_from_s: float = RETRY_FROM_S,
        version: MqttVersion = MqttVersion.AUTO,
        filters: Iterable[str] = (),
        window: int = WINDOW,
        subscription: str | None = SUBSCRIPTION,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.address = address
        self.status = LinkStatus(LinkState.CONNECTING, "not started", time.time())
        self._receive = receive
        self._now = now
        self._filters = (subscription, *filters) if subscription else ()
        self._backoff = Backoff(retry_from_s, RETRY_UP_TO_S)
        self._window = window
        self._login = packets.Login(
            client_id, address.username, address.password, KEEPALIVE_S, window, lasting=bool(self._filters)
        )
        self._auto = version is MqttVersion.AUTO
        self._v5 = version is not MqttVersion.V3
        self._changed: list[Callable[[LinkStatus], None]] = []
        self._loop = loop or asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self._stream: Stream | None = None
        self._outbox = Outbox(self._send)
        self._taken = False
        """The broker took the connection there is."""
        self._keepalive_s: float = KEEPALIVE_S

    def on_change(self, call: Callable[[LinkStatus], None]) -> None:
        """Have ``call`` told of every change of the connection, too."""
        self._changed.append(call)

    @property
    def paused(self) -> bool:
        """Tell whether nothing is read just now, because too much waits for its acknowledgement."""
        return self._stream is not None and self._stream.paused

    def start(self) -> None:
        """Connect in the background, again and again where the broker is not there."""
        self._in_loop(self._start)

    def stop(self) -> None:
        """Send what is queued and take leave. The session stays, and with it the backlog."""
        if self._is_here():
            self._stop()
        else:
            asyncio.run_coroutine_threadsafe(self.stopped(), self._loop).result(STOP_WITHIN_S)

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, delivered: Callable[[], None] | None = None
    ) -> None:
        """Send with QoS 1 once there is a connection. ``delivered`` is called after the PUBACK."""
        self._in_loop(partial(self._outbox.put, Outgoing(topic, payload, retain, delivered)))

    def _is_here(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False

    def _in_loop(self, call: Callable[[], None]) -> None:
        if self._is_here():
            call()
        else:
            self._loop.call_soon_threadsafe(call)

    def _start(self) -> None:
        self._task = self._loop.create_task(self._stay_connected())

    def _stop(self) -> None:
        self._turn(LinkState.STOPPED, "stopped by us")
        if self._stream:
            self._stream.flush()  # acknowledgements: behind our leave nobody reads them
            self._stream.send(packets.LEAVE)
            self._stream.end("stopped by us")
        if self._task:
            self._task.cancel()

    async def stopped(self) -> None:
        """``stop``, and return once it is. In ``loop``."""
        self._stop()
        if self._task:
            await asyncio.wait({self._task})

    async def _stay_connected(self) -> None:
        failures = 0
        while True:
            v5 = self._v5
            await self._connect_once()
            if v5 != self._v5:
                continue  # the broker wants the other version, and is there
            failures = 1 if self._taken else failures + 1
            await asyncio.sleep(self._backoff.after(failures))

    async def _connect_once(self) -> None:
        """Connect, and return when the connection is over."""
        self._taken, v5 = False, self._v5
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                stream = await self._open()
        except OSError as error:  # what takes too long and what TLS objects to among them
            self._not_there(error)
            return
        self._stream = stream
        stream.send(packets.connect(self._login, v5=v5))
        alive = self._loop.create_task(self._keep_alive(stream))
        try:
            reason = await stream.ended
        finally:
            alive.cancel()
            self._stream = None
            self._outbox.close()
        if v5 == self._v5 and self.status.state in {LinkState.READY, LinkState.CONNECTING}:
            self._turn(LinkState.LOST, f"the connection to {self.address} broke: {reason}; connecting again")

    async def _open(self) -> Stream:
        tls = ssl.create_default_context() if self.address.tls else None
        _, stream = await self._loop.create_connection(
            lambda: Stream(self._receive, self._packet, self._now, v5=self._v5, window=self._window),
            self.address.host,
            self.address.port,
            ssl=tls,
            happy_eyeballs_delay=NEXT_ADDRESS_AFTER_S,
        )
        return stream

    async def _keep_alive(self, stream: Stream) -> None:
        """Ask the broker for a sign of life, and hang up where none comes. While we do not read there can be none."""
        while True:
            stream.silent = not stream.paused
            if self._taken:
                stream.send(packets.PING)
            await asyncio.sleep(self._keepalive_s / 2)
            if stream.silent:
                stream.end(f"it was silent for {self._keepalive_s / 2:.0f} s")

    def _send(self, number: int, outgoing: Outgoing, *, again: bool) -> None:
        if self._stream:
            topic, payload, retain = outgoing.topic, outgoing.payload, outgoing.retain
            self._stream.send(packets.publish(number, topic, payload, retain=retain, again=again, v5=self._v5))

    def _packet(self, kind: int, body: bytes) -> None:
        """Take any packet but a message."""
        stream = self._stream
        if stream is None:
            return
        if kind == packets.PUBACK:
            self._on_puback(*packets.read_puback(body))
        elif kind == packets.CONNACK:
            self._on_connack(stream, packets.read_connack(body, v5=self._v5))
        elif kind == packets.SUBACK:
            self._on_suback(packets.read_suback(body, v5=self._v5))
        elif kind == packets.DISCONNECT:
            stream.end(f"the broker says {packets.read_disconnect(body)}")

    def _on_connack(self, stream: Stream, answer: packets.Connack) -> None:
        if not answer.code:
            self._taken, self._keepalive_s = True, answer.keepalive_s or KEEPALIVE_S
            if self._filters:
                stream.send(packets.subscribe(SUBSCRIBES, self._filters, v5=self._v5))
            else:
                self._turn(LinkState.READY, f"connected to {self.address}")
            self._outbox.open(answer.receive_maximum, again=answer.session_present)
            return
        if self._auto and self._v5 and answer.code in _OTHER_VERSION:
            if SUBSCRIPTION in self._filters:
                log.info("%s speaks no MQTT 5; using 3.1.1", self.address)
            self._v5 = False
        elif answer.code in _CREDENTIALS:
            self._turn(LinkState.REFUSED, f"{answer.says}: check user and password for {self.address}")
        else:
            self._turn(LinkState.LOST, f"{self.address} did not take the connection: {answer.says}; trying again")
        stream.end(answer.says)

    def _on_suback(self, codes: list[int]) -> None:
        for pattern, code in zip(self._filters, codes, strict=False):
            if code >= FAILURE:
                said = says(code)
                self._turn(
                    LinkState.REFUSED, f"{self.address} does not let us read {pattern}: {said}; allow it for this user"
                )
                return
        self._turn(LinkState.READY, f"connected to {self.address}")

    def _on_puback(self, number: int, code: int) -> None:
        answered = self._outbox.answered(number)
        if answered is None:
            return
        if code >= FAILURE:
            said = says(code)
            log.warning(
                "%s did not take a message of ours on %s: %s",
                self.address,
                answered.topic,
                said,
                extra={"link": "broker"},
            )
        elif answered.delivered:
            answered.delivered()

    def _not_there(self, error: OSError) -> None:
        if isinstance(error, ssl.SSLError):
            self._turn(LinkState.LOST, f"{self.address} is not to be trusted: {error}; trying again")
            return
        self._turn(
            LinkState.LOST,
            f"no broker answers at {self.address}; trying again. Start it, or name another one with --broker",
        )

    def _turn(self, state: LinkState, reason: str) -> None:
        before, self.status = self.status, LinkStatus(state, reason, time.time())
        if (before.state, before.reason) == (state, reason):
            return
        level = logging.INFO if state in {LinkState.READY, LinkState.STOPPED} else logging.WARNING
        if SUBSCRIPTION not in self._filters and state is not LinkState.REFUSED:
            level = logging.DEBUG  # the one that hears everything says the same
        log.log(level, "%s", reason, extra={"link": "broker", "state": state.value})
        for call in self._changed:
            call(self.status)
