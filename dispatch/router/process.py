"""The router's process: hands on what the broker has for the service, and acknowledges what the service says is stored.

It keeps nothing and decides nothing: what it had when it died, the broker delivers again.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from asyncio import StreamReader
from collections.abc import Callable

import msgspec

from dispatch.engine.frames import read_frame
from dispatch.observe import logs
from dispatch.router.messages import LinkTurned, RoutedMessages, RouterSetup, read_stored, written
from gateway.contract.broker_address import BrokerAddress
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkStatus
from gateway.links.mqtt.broker_links import HearingLinks

MOST_HANDED_ON = 1024 * 1024
"""Bytes of a payload: more than any that is not refused for its size."""
GATHERED_S = 0.002
"""What comes within it is handed on together: to take a batch costs the service as much as to take twenty messages."""


async def serve() -> None:
    """Read from the broker until the service closes our standard input."""
    loop, said = asyncio.get_running_loop(), StreamReader()
    loop.add_signal_handler(signal.SIGINT, lambda: None)  # Ctrl-C is for whoever started us, who ends us in order
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(said), sys.stdin.buffer)
    tells, _ = await loop.connect_write_pipe(asyncio.Protocol, sys.stdout.buffer)
    setup = msgspec.json.decode(await said.readline(), type=RouterSetup)
    logs.set_up(logs.LogFormat(setup.log_format), logs.LogLevel(setup.log_level))
    gc.freeze()
    await RouterProcess(setup, tells.write).run(said)


class RouterProcess:
    """``run`` it; ``tell`` is given frames for the service."""

    def __init__(self, setup: RouterSetup, tell: Callable[[bytes], None]) -> None:
        self._tell = tell
        self._link = HearingLinks(
            BrokerAddress.parse(setup.broker), self._hear, client_id=setup.client_id, filters=setup.filters
        )
        self._link.on_change(self._turned)
        self._open: dict[int, Callable[[], None]] = {}
        """Number of a message that is not stored → its acknowledgement."""
        self._came = 0
        self._gathered = RoutedMessages(0, [], [], {})
        self._loop = asyncio.get_running_loop()

    async def run(self, said: StreamReader) -> None:
        """Acknowledge what is stored until the service says no more; then take leave of the broker."""
        self._link.start()
        try:
            while (frame := await read_frame(said)) is not None:
                for number in read_stored(frame).numbers:
                    if (acknowledge := self._open.pop(number, None)) is not None:  # else it was told twice
                        acknowledge()
        finally:
            await self._link.stopped()

    def _hear(self, delivery: Delivery) -> None:
        gathered, place = self._gathered, len(self._gathered.topics)
        if not place:
            gathered.first = self._came
            self._loop.call_later(GATHERED_S, self._hand_on)
        self._open[self._came] = delivery.ack
        self._came += 1
        gathered.topics.append(delivery.topic)
        gathered.payloads.append(delivery.payload[:MOST_HANDED_ON])
        if delivery.retained or delivery.content_type or delivery.properties:
            gathered.described[place] = (delivery.retained, delivery.content_type, delivery.properties)

    def _hand_on(self) -> None:
        gathered, self._gathered = self._gathered, RoutedMessages(0, [], [], {})
        self._tell(written(gathered))

    def _turned(self, status: LinkStatus) -> None:
        self._tell(written(LinkTurned(status.state.value, status.reason)))
