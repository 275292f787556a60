"""Wakes whoever waits until something new is stored."""

from __future__ import annotations

import asyncio


class Bell:
    """Wakes everybody who waits for news. In one loop only. Look, then ``wait``, then look again."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.closed = False

    def ring(self) -> None:
        """There is news."""
        rung, self._event = self._event, asyncio.Event()
        rung.set()

    def close(self) -> None:
        """There will be no more; nobody waits any longer."""
        self.closed = True
        self.ring()

    async def wait(self, within_s: float) -> bool:
        """Wait for news; ``False`` where none came in time or none will come any more."""
        if self.closed:
            return False
        try:
            async with asyncio.timeout(within_s):
                await self._event.wait()
        except TimeoutError:
            return False
        return not self.closed
