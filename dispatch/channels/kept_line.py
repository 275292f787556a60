"""Keeps a line to the other side up: again and again, with longer and longer waits, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from random import uniform

from gateway.errors import LineError
from gateway.retry.backoff import Backoff

log = logging.getLogger(__name__)

AGAIN = Backoff(1.0, 60.0)
JITTER_S = 0.5


async def within(seconds: float, event: asyncio.Event) -> bool:
    """Wait for an event, at most so long; tell whether it came."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


class KeptLine:
    """``up``: holds the line until it breaks, raises ``LineError`` then, and calls what it is given once it is up."""

    def __init__(self, up: Callable[[Callable[[], None]], Awaitable[None]], again: Backoff = AGAIN) -> None:
        self.trouble: str | None = "not connected yet"
        self.stopped = asyncio.Event()
        self._up = up
        self._again = again
        self._failures = 0

    async def run(self) -> None:
        """Keep the line up until ``stop``."""
        while not self.stopped.is_set():
            holding = asyncio.ensure_future(self._up(self._is_up))
            stopping = asyncio.ensure_future(self.stopped.wait())
            await asyncio.wait({holding, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if not holding.done():
                holding.cancel()
            await self._ended(holding)

    def stop(self) -> None:
        """Have ``run`` end."""
        self.stopped.set()

    def _is_up(self) -> None:
        self.trouble, self._failures = None, 0

    async def _ended(self, holding: asyncio.Future[None]) -> None:
        try:
            await holding
        except asyncio.CancelledError:
            return
        except LineError as error:
            self.trouble = str(error)
        except Exception as error:
            self.trouble = f"our fault: {error!r}"  # it must not take the service along
            log.exception("a line broke off")
        self._failures += 1
        wait_s = self._again.after(self._failures, uniform(0.0, JITTER_S))  # noqa: S311 - it spreads, it keeps no secret
        log.warning("%s; again in %.0f s", self.trouble, wait_s)
        await within(wait_s, self.stopped)
