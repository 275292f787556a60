"""One MQTT connection in an event loop: bytes in, deliveries out, and everything that goes back gathered into one write.

Hearing is what the service does most, so a message costs as little as Python allows: it is read in place, and its
acknowledgement waits until the loop has nothing else at hand. Measured in ``benchmarks/README.md``.

A broker is to use the number of a message anew only once that is acknowledged. Mosquitto 2.0 sends more than it was allowed to, and
with it numbers that are still in use, where it has no time to read what acknowledges them: what comes under one of those waits here
until the first is acknowledged.

Acknowledgements that go out together do so in the order the messages came: a broker that looks for each in a list of all that is
under way, as Mosquitto does, finds it near the front. None waits for another, so that nobody's messages hold up those of others.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import cast

import msgspec

from gateway.contract.topics import ROOT, Channel
from gateway.links.handover.delivery import Delivery
from gateway.links.mqtt.protocol.framing import Framer, Malformed
from gateway.links.mqtt.protocol.packets import DUP_BIT, KIND, PLAIN, PUBLISH, RETAIN_BIT, puback, read_publish

READ_AGAIN = 0.9
"""Where so much of the window is left, there is room again: a long pause looks to a broker as if we were gone."""
AT_ONCE = 512 * 1024
"""So many bytes are read in one turn of the loop: what comes while something is decided is heard in the next turn."""
WINDOW_BYTES = 64 * 1024 * 1024
"""So many bytes of deliveries may wait for their acknowledgement."""
_NUMBERS, _NUMBER_BITS = 0xFFFF, 16
_OURS = (f"/{Channel.COMMAND}", f"/{Channel.REJECTED}")


def _nothing() -> None:
    """With QoS 0 nothing is to be acknowledged."""


class Stream(asyncio.BufferedProtocol):
    """Hands each PUBLISH to ``receive`` as a delivery, and every other packet, first byte and rest, to ``packet``.

    ``ended`` holds why the connection is over. A delivery's ``ack`` may be called from any thread, also when the
    connection is long gone: then it does nothing, for the broker delivers the message again on the next one.
    While more than ``window`` deliveries wait for their ``ack``, or deliveries of more than ``window_bytes``, nothing is read.
    """

    def __init__(
        self,
        receive: Callable[[Delivery], None],
        packet: Callable[[int, bytes], None],
        now: Callable[[], float],
        *,
        v5: bool,
        window: int,
        window_bytes: int = WINDOW_BYTES,
    ) -> None:
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.silent = False
        """Nothing came since somebody set this."""
        self._receive = receive
        self._packet = packet
        self._now = now
        self._v5 = v5
        self._window, self._window_bytes = window, window_bytes
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._transport: asyncio.Transport | None = None
        self._framer = Framer()
        self._buffer = bytearray()
        self._open: dict[int, int] = {}
        """Deliveries that wait for their acknowledgement: the how manieth each was, with its packet number → its bytes."""
        self._open_bytes = 0
        self._used = bytearray(_NUMBERS + 1)
        """Of each packet number, whether a delivery has it that is not acknowledged."""
        self._came = 0
        """How many deliveries came."""
        self._done: deque[int] = deque()
        """Those that are to be acknowledged."""
        self._held: dict[int, deque[Delivery]] = {}
        """By packet number, what waits until that is free."""
        self._held_count = 0
        self._out = bytearray()
        self._due = False
        self.paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._buffer = bytearray(AT_ONCE)

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that it is over."""
        self._transport = None
        if not self.ended.done():
            self.ended.set_result(str(exc) if exc else "the broker closed it")

    def get_buffer(self, _sizehint: int) -> bytearray:
        """Say where what comes is to be put."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take so many bytes of it."""
        self.data_received(bytes(memoryview(self._buffer)[:nbytes]))

    def data_received(self, data: bytes) -> None:
        """Take whatever has come apart."""
        self.silent = False
        try:
            self._read(data, self._now())
        except Malformed as error:
            self.end(f"it sent what is no MQTT: {error}")

    def send(self, packet: bytes) -> None:
        """Send a packet, together with what else there is to send. In the loop's thread."""
        self._out += packet
        if not self._due:
            self._due = True
            self._loop.call_soon(self.flush)

    def acknowledge(self, delivery: int) -> None:
        """Acknowledge a delivery. From any thread."""
        self._done.append(delivery)
        if self._due:
            return  # whoever sends next takes this one along: it looks at the flag before it looks here
        self._due = True
        if threading.get_ident() == self._thread:
            self._loop.call_soon(self.flush)
        else:
            self._loop.call_soon_threadsafe(self.flush)

    def flush(self) -> None:
        """Write all that waits at once."""
        self._due = False
        done = {one for one in (self._done.popleft() for _ in range(len(self._done))) if one in self._open}
        self._open_bytes -= sum(map(self._open.pop, done))
        numbers = [one & _NUMBERS for one in sorted(done)]
        for number in numbers:
            self._used[number] = 0
        self._out += b"".join(map(puback, numbers))
        if self._out and self._transport:
            self._transport.write(bytes(self._out))
        self._out.clear()
        if self._held and not self.ended.done():
            for number in {one & _NUMBERS for one in done} & self._held.keys():
                self._hear_held(number)
        if self.paused and self._transport and self._is_open(READ_AGAIN):
            self.paused = False
            self._transport.resume_reading()

    def end(self, reason: str) -> None:
        """Write what waits and hang up."""
        if not self.ended.done():
            self.ended.set_result(reason)
        self.flush()
        if self._transport:
            self._transport.close()

    def _read(self, data: bytes, now: float) -> None:
        for whole, at, begins, ends in self._framer.feed(data):
            head = whole[at]
            if head & KIND == PUBLISH:
                self._hear(head, whole, begins, ends, now)
            else:
                self._packet(head & KIND, whole[begins:ends])
            if self.ended.done():
                return
        if not self.paused and self._transport and not self._is_open(1):
            self.paused = True
            self._transport.pause_reading()

    def _hear(self, head: int, data: bytes, at: int, ends: int, now: float) -> None:
        """Hand a message over. One that comes again while we still have it at hand needs no second hearing."""
        topic, number, described, begins = read_publish(data, head, at, ends, v5=self._v5)
        if not number:
            ack = _nothing
        elif not self._used[number]:
            ack = self._opened(number, ends - begins)
        elif head & DUP_BIT:
            return
        else:
            self._hold(number, Delivery(topic, data[begins:ends], bool(head & RETAIN_BIT), now, _nothing, *described))
            return
        if topic.endswith(_OURS) and topic.startswith(ROOT):
            ack()
        elif described is PLAIN:
            self._receive(Delivery(topic, data[begins:ends], bool(head & RETAIN_BIT), now, ack))
        else:
            self._receive(Delivery(topic, data[begins:ends], bool(head & RETAIN_BIT), now, ack, *described))

    def _opened(self, number: int, size: int) -> Callable[[], None]:
        """Note that a delivery of ``size`` bytes waits for its acknowledgement; return what acknowledges it."""
        self._came += 1
        delivery = self._came << _NUMBER_BITS | number
        self._open[delivery] = size
        self._open_bytes += size
        self._used[number] = 1
        return partial(self.acknowledge, delivery)

    def _hold(self, number: int, delivery: Delivery) -> None:
        """Keep a message whose number another one has."""
        self._held.setdefault(number, deque()).append(delivery)
        self._held_count += 1
        self._open_bytes += len(delivery.payload)

    def _hear_held(self, number: int) -> None:
        """Hand over what waited longest for a number, which is free now."""
        waiting = self._held[number]
        delivery = waiting.popleft()
        if not waiting:
            del self._held[number]
        self._held_count -= 1
        size = len(delivery.payload)
        self._open_bytes -= size
        ack = self._opened(number, size)
        if delivery.topic.endswith(_OURS) and delivery.topic.startswith(ROOT):
            ack()
        else:
            self._receive(msgspec.structs.replace(delivery, ack=ack))

    def _is_open(self, share: float) -> bool:
        """Tell whether no more than such a share of the window is taken."""
        taken = len(self._open) + self._held_count
        return taken <= self._window * share and self._open_bytes <= self._window_bytes * share
