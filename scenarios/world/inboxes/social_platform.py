"""A social platform: takes the house's messages, tells which were read, and brings what customers write."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Self

from dispatch.delivery.webhooks import NotSigned, signed, verify
from scenarios.world.inboxes.letters import Inboxes, InboxLetter
from scenarios.world.inboxes.web import WebAnswered, WebAsked, WebServer

Bring = Callable[[bytes, dict[str, str]], Awaitable[int]]
"""Posts to the service; returns the status."""


class SocialPlatform:
    """``async with SocialPlatform(secret, bring) as platform``."""

    def __init__(self, secret: str, bring: Bring, port: int = 0) -> None:
        self.inboxes = Inboxes()
        self.status: int | None = None
        """What it answers to everything; ``None``: as is right."""
        self._secret = secret
        self._bring = bring
        self._said = 0
        self._known: dict[str, str] = {}
        self._web = WebServer(self._take, port)

    async def __aenter__(self) -> Self:
        """Listen."""
        await self._web.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no more."""
        await self._web.__aexit__()

    @property
    def url(self) -> str:
        """Where it takes messages."""
        return f"{self._web.url}/messages"

    async def write(self, account: str, text: str, answers: str = "", named: str = "") -> int:
        """Have a customer write; return what the service answered."""
        self._said += 1
        message = {"id": named or f"in-{self._said}", "from": account, "text": text, "answers": answers}
        return await self.tell("message.received", message)

    async def read(self, letter: InboxLetter) -> int:
        """Have a customer read a message."""
        return await self.tell("message.status", {"id": letter.ref, "status": "read"})

    async def tell(self, kind: str, data: dict[str, Any]) -> int:
        """Tell the service something."""
        self._said += 1
        body = json.dumps({"type": kind, "data": data})
        return await self._bring(body.encode(), signed(f"hook-{self._said}", body, [self._secret]))

    def _take(self, asked: WebAsked) -> WebAnswered:
        if self.status is not None:
            return WebAnswered(self.status)
        try:
            key = verify(asked.body, asked.headers, [self._secret])
        except NotSigned:
            return WebAnswered(401)
        if key not in self._known:  # it is sent again: it stands here already
            data = json.loads(asked.body)["data"]
            self._known[key] = f"out-{len(self._known) + 1}"
            self.inboxes.put(InboxLetter(data["to"], data["text"], self._known[key]))
        return WebAnswered(200, json.dumps({"id": self._known[key]}).encode())
