"""The world's bank over the network: takes files of orders, and posts what it says to the service, signed."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Self

from dispatch.delivery.webhooks import signed
from scenarios.world.bank import WorldBank
from scenarios.world.inboxes import bank_reports
from scenarios.world.inboxes.web import WebAnswered, WebAsked, WebServer

Bring = Callable[[bytes, dict[str, str]], Awaitable[int]]
"""Posts to the service's ``/bank/statuses``; returns the status."""
AGAIN_S, TRIES = 0.5, 60
"""A service that is away hears it later."""
_OK = 200


class BankServer:
    """``async with BankServer(…) as server``."""

    def __init__(
        self,
        bank: WorldBank,
        secret: str,
        token: str,
        bring: Bring,
        *,
        now: Callable[[], float],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """``now``: the story's time, POSIX seconds."""
        self.bank = bank
        self.pace = 1.0
        """Story seconds in a second."""
        self.status: int | None = None
        """What it answers to everything; ``None``: as is right."""
        self.messages: list[str] = []
        """Of the files it was brought, in their order."""
        self._secret, self._token, self._bring, self._now = secret, token, bring, now
        self._said = 0
        self._saying: set[asyncio.Task[None]] = set()
        self._web = WebServer(self._take, tls=tls)

    async def __aenter__(self) -> Self:
        """Listen."""
        await self._web.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no more."""
        for task in self._saying:
            task.cancel()
        await self._web.__aexit__()

    @property
    def url(self) -> str:
        """Where it takes files."""
        return f"{self._web.url}/payments"

    def _take(self, asked: WebAsked) -> WebAnswered:
        now = self._now()
        if self.status is not None:
            return WebAnswered(self.status)
        if self.bank.is_down(now):
            return WebAnswered(503)
        if asked.headers.get("authorization") != f"Bearer {self._token}":
            return WebAnswered(401)
        message = bank_reports.read_orders(asked.body)
        self.messages.append(message.name)
        for ask in message.asks:
            for one in self.bank.asked(ask, now):
                self._later(one.after_s, partial(bank_reports.said, one, message.name))
        return WebAnswered(202)

    def _later(self, after_s: float, write: Callable[[int], bytes]) -> None:
        task = asyncio.ensure_future(self._say(after_s, write))
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)

    async def _say(self, after_s: float, write: Callable[[int], bytes]) -> None:
        await asyncio.sleep(after_s / self.pace)
        self._said += 1
        body, name = write(self._said), f"bank-{self._said}"
        for _ in range(TRIES):
            if await self._bring(body, signed(name, body.decode(), [self._secret])) == _OK:
                return
            await asyncio.sleep(AGAIN_S)
