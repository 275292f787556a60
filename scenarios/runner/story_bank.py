"""The bank of a story while it plays live: the house's files really come there, and it answers by signed posts.

It stands on a thread of its own, and is there before the service is.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, Protocol

import httpx

from dispatch.registers.iban import with_check_digits
from scenarios.story.bank import Bank
from scenarios.story.streams import Streams
from scenarios.world.bank import WorldBank
from scenarios.world.inboxes.bank_server import BankServer

WITHIN_S = 20.0
_UNAVAILABLE = 503
HOUSE = with_check_digits("LV", "WRLD0000000000000")
_SECTION = """
[bank]
provenance = "simulated"
name = "Example House"
iban = "{iban}"
creditor_id = "LV12ZZZ40003000000"
url = "{url}"
token = "@{folder}/bank.token"
secret = "@{folder}/bank.secret"
batch_s = {batch_s}
"""
BATCH_S = 1.0
"""Of the story."""


class BankHours(Protocol):
    """By whose time it lives."""

    @property
    def speed(self) -> float:
        """Seconds of that time in one of the wall."""

    def now(self) -> float:
        """POSIX seconds of that time."""


class StoryBank:
    """``up`` for a while; ``write`` the service's file; ``serve`` once the service is there."""

    def __init__(self, habits: Bank, streams: Streams, clock: BankHours, start_s: float) -> None:
        self.bank = WorldBank(habits, streams, start_s)
        self._clock = clock
        self._secret = "whsec_" + base64.b64encode(os.urandom(32)).decode()
        self._token = base64.b16encode(os.urandom(16)).decode()
        self._http = ""
        self._loop = asyncio.new_event_loop()
        self._server = BankServer(self.bank, self._secret, self._token, self._bring, now=clock.now)
        self._server.pace = clock.speed

    @contextmanager
    def up(self) -> Iterator[None]:
        """Have it there for a while."""
        thread = Thread(target=self._loop.run_forever, name="bank", daemon=True)
        thread.start()
        try:
            self._do(self._server.__aenter__())
            yield
        finally:
            self._do(self._server.__aexit__())
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(WITHIN_S)
            self._loop.close()

    def write(self, file: Path) -> Path:
        """Write the service's section behind what stands in a file, and its secrets beside it; return the file."""
        folder = file.parent.resolve()
        for name, secret in (("token", self._token), ("secret", self._secret)):
            path = folder / f"bank.{name}"
            path.touch(mode=0o600)
            path.write_text(secret, "utf-8")
        section = _SECTION.format(iban=HOUSE, url=self._server.url, folder=folder, batch_s=BATCH_S / self._clock.speed)
        file.touch(mode=0o600)
        file.write_text(file.read_text("utf-8") + section, "utf-8")
        return file

    def serve(self, http: str) -> None:
        """The service is there."""
        self._http = http

    def away(self, *, is_away: bool) -> None:
        """Have it take nothing for a while; what it has taken it does, and says."""
        self._server.status = _UNAVAILABLE if is_away else None

    def _do(self, doing: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(doing, self._loop).result(WITHIN_S)

    async def _bring(self, body: bytes, headers: dict[str, str]) -> int:
        async with httpx.AsyncClient(base_url=self._http, trust_env=False) as client:
            try:
                posted = await client.post("/api/v1/bank/statuses", content=body, headers=headers, timeout=WITHIN_S)
            except httpx.HTTPError:
                return 0  # it is told again
            return posted.status_code
