"""The service's end of the connection to one gateway process: messages out, answers in, both in order."""

from __future__ import annotations

import asyncio
import logging
from asyncio import StreamReader, StreamWriter
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from dispatch.engine.frames import TooLong, read_frame
from dispatch.gateways.messages import GatewayAnswer, HeardOfLent, LentDevice, read_from_gateway, written
from gateway.links.handover.delivery import Delivery

log = logging.getLogger("callahead")

TICK_S = 1.0
SILENT_TICKS = 5
"""Whoever leaves the same question unanswered for so many ticks of our own loop stands still."""
AT_ONCE = 500
"""So many messages are asked of at once, at most: an answer is not to be long in coming."""


@dataclass(slots=True)
class AskedOfGateway:
    """Messages that went to a gateway together. What has no delivery asks that its device be given back."""

    devices: list[str] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    deliveries: list[Delivery | None] = field(default_factory=list)

    def add(self, device: str, frame: bytes, delivery: Delivery | None) -> None:
        """Add one."""
        self.devices.append(device)
        self.frames.append(frame)
        self.deliveries.append(delivery)


class GatewayLine:
    """``run`` it; ``answered`` is told each answer with what was asked, in order. In the loop's thread alone."""

    def __init__(
        self,
        shard: int,
        reader: StreamReader,
        writer: StreamWriter,
        answered: Callable[[GatewayLine, AskedOfGateway, GatewayAnswer], None],
    ) -> None:
        self.shard = shard
        self._reader, self._writer, self._answered = reader, writer, answered
        self._asking = AskedOfGateway()
        """What goes out as soon as the loop has nothing else at hand."""
        self._unanswered: deque[AskedOfGateway] = deque()
        self._loop = asyncio.get_running_loop()

    def lend(self, lent: LentDevice) -> None:
        """Lend a device."""
        self._writer.write(written(lent))

    def ask(self, device: str, frame: bytes, delivery: Delivery | None) -> None:
        """Ask what follows from a message; ``frame``: as the inbox keeps it, empty where the device is to be given back."""
        if not self._asking.devices:
            self._loop.call_soon(self._send)
        self._asking.add(device, frame, delivery)
        if len(self._asking.devices) >= AT_ONCE:
            self._send()

    def unanswered(self) -> list[Delivery]:
        """Return the deliveries that were not answered, oldest first."""
        asked = (*self._unanswered, self._asking)
        return [delivery for one in asked for delivery in one.deliveries if delivery is not None]

    async def run(self) -> str:
        """Hear answers until the connection is over, and return why it is."""
        watching = asyncio.create_task(self._watch())
        try:
            while (frame := await read_frame(self._reader)) is not None:
                said = read_from_gateway(frame)
                if not isinstance(said, GatewayAnswer):
                    return "it claimed a shard twice"
                self._answered(self, self._unanswered[0] if said.answers else AskedOfGateway(), said)
                if said.answers:
                    self._unanswered.popleft()
        except (msgspec.MsgspecError, TooLong, IndexError, ValueError) as error:
            return f"it said what is no answer: {error}"
        finally:
            watching.cancel()
            self._writer.close()
        return "its connection ended"

    def close(self) -> None:
        """Have ``run`` end."""
        self._writer.transport.abort()

    def _send(self) -> None:
        asked, self._asking = self._asking, AskedOfGateway()
        if asked.devices:
            self._unanswered.append(asked)
            self._writer.write(written(HeardOfLent(asked.devices, asked.frames)))

    async def _watch(self) -> None:
        """Hang up on whoever stands still."""
        oldest, ticks = None, 0
        while ticks < SILENT_TICKS:
            await asyncio.sleep(TICK_S)
            now = self._unanswered[0] if self._unanswered else None
            ticks = ticks + 1 if now is not None and now is oldest else 0
            oldest = now
        log.error("gateway %d has not answered for %d s; it counts as lost", self.shard + 1, SILENT_TICKS)
        self.close()
