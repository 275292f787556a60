"""What customers were sent, by their address; whoever waits for something hears of it at once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InboxLetter:
    """A message as a customer has it."""

    to: str
    text: str
    ref: str
    """What the server calls it."""
    subject: str = ""
    link: str = ""


class Inboxes:
    """Everybody's."""

    def __init__(self) -> None:
        self.on_letter: Callable[[InboxLetter], None] | None = None
        """Called with each message as it comes, in the server's loop."""
        self._of: dict[str, list[InboxLetter]] = defaultdict(list)
        self._changed = asyncio.Event()

    def put(self, letter: InboxLetter) -> None:
        """Have a customer find a message."""
        self._of[letter.to].append(letter)
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        if self.on_letter is not None:
            self.on_letter(letter)

    def of(self, address: str) -> list[InboxLetter]:
        """Return what was sent to an address, oldest first."""
        return list(self._of[address])

    async def wait_for(self, address: str, count: int = 1) -> list[InboxLetter]:
        """Return what was sent to an address once there is so much of it."""
        while len(self._of[address]) < count:
            await self._changed.wait()
        return self.of(address)
