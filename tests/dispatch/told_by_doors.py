"""Ears that remember what doors tell them, and a door that runs for as long as a test does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from dispatch.channels.door import ChannelDoor, NotNow, Outgoing, Receipt, Received
from dispatch.core.conversation.channels import Channel
from dispatch.outgoing.outbox import Failed, Refused, Taken

AnyDoor = TypeVar("AnyDoor", bound=ChannelDoor)


@dataclass
class Told:
    """Ears that remember."""

    heard_all: list[Received] = field(default_factory=list)
    reported_all: list[Receipt] = field(default_factory=list)
    gone_all: list[tuple[Channel, str]] = field(default_factory=list)
    full: bool = False

    async def heard(self, heard: Received) -> None:
        """Remember, unless there is no room."""
        if self.full:
            raise NotNow("too many", 60.0)
        self.heard_all.append(heard)

    async def reported(self, reported: Receipt) -> None:
        """Remember."""
        self.reported_all.append(reported)

    async def gone(self, channel: Channel, address: str) -> None:
        """Remember."""
        self.gone_all.append((channel, address))


@asynccontextmanager
async def running(door: AnyDoor) -> AsyncIterator[AnyDoor]:
    """Run a door."""
    task = asyncio.create_task(door.run())
    try:
        yield door
    finally:
        door.stop()
        await task


async def sent(door: ChannelDoor, message: Outgoing) -> Taken | Failed | Refused:
    """Send as the outbox does: again while it may pass."""
    result: list[Taken | Failed | Refused] = []
    async with asyncio.timeout(10.0):
        while not result or isinstance(result[-1], Failed):
            result.append(await door.send(message))
            await asyncio.sleep(0.01)
    return result[-1]
