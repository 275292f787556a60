"""``Idempotency-Key``: a POST that its sender sends again with the same key gets the first answer, and changes nothing.

A key belongs to who sent it: another's is another key, and another's secrets are never told.
Most bodies have a key of their own, such as a call with its attempt. Claiming a call and drawing a secret have none. The
answers are kept in memory: they hold secrets, and after a restart nobody has a call in hand any more.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dispatch.access.principal import Principal
from dispatch.web.body_limit import told_again, whole_body
from dispatch.web.problems import refusal

KEPT = 5_000
"""Answers; the oldest are forgotten."""
KEPT_BYTES = 16 * 1024 * 1024
"""Of all answers together; the oldest are forgotten."""
LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer that was given, and to what."""

    fingerprint: bytes
    messages: tuple[Message, ...]

    @property
    def size(self) -> int:
        """Bytes of its body."""
        return sum(len(message.get("body", b"")) for message in self.messages)


class KeptAnswers:
    """The answers that are kept, the oldest first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, KeptAnswer] = OrderedDict()
        self._kept_bytes = 0

    def get(self, key: str) -> KeptAnswer | None:
        """Return the answer under a key."""
        return self._kept.get(key)

    def forget(self) -> None:
        """Know none any more: they may tell of somebody who was erased."""
        self._kept.clear()
        self._kept_bytes = 0

    def keep(self, key: str, answer: KeptAnswer) -> None:
        """Keep an answer, and the oldest no longer where there are too many."""
        self._kept[key] = answer
        self._kept_bytes += answer.size
        while len(self._kept) > KEPT or self._kept_bytes > KEPT_BYTES:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= oldest.size


class IdempotencyMiddleware:
    """Stands before the API. Only an answer of 200 is kept: whoever was refused, or waited in vain, may try again."""

    def __init__(self, app: ASGIApp, kept: KeptAnswers) -> None:
        self._app = app
        self._kept = kept
        self._busy: dict[str, tuple[asyncio.Lock, int]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what has no key."""
        key = _key_of(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        body = await whole_body(receive, lambda _more: None)  # its length was seen to before
        if body is None:
            return
        receive = told_again(body, receive)
        async with self._alone(key):
            known = self._kept.get(key)
            if known is None:
                await self._first(key, hashlib.sha256(body).digest(), scope, receive, send)
            elif known.fingerprint == hashlib.sha256(body).digest():
                for message in known.messages:
                    await send(message)
            else:
                detail = "this Idempotency-Key was sent with another body before; draw a new one"
                await refusal(422, "key-reused", "The key belongs to another request", detail)(scope, receive, send)

    async def _first(self, key: str, fingerprint: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        messages: list[Message] = []

        async def note(message: Message) -> None:
            messages.append(message)
            await send(message)

        await self._app(scope, receive, note)
        if messages and messages[0].get("status") == 200:  # noqa: PLR2004 - HTTP's
            self._kept.keep(key, KeptAnswer(fingerprint, tuple(messages)))

    @asynccontextmanager
    async def _alone(self, key: str) -> AsyncIterator[None]:
        """Let one request with a key run at a time; the next finds its answer."""
        lock, waiting = self._busy.get(key, (asyncio.Lock(), 0))
        self._busy[key] = lock, waiting + 1
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._busy.pop(key)
            if waiting > 1:
                self._busy[key] = lock, waiting - 1


def _key_of(scope: Scope) -> str | None:
    """Return what tells a request apart: who asks, its path and its key; ``None`` where it has none."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    found = next((value for name, value in scope["headers"] if name == b"idempotency-key"), b"")
    if not found:
        return None
    who: Principal = scope["state"]["principal"]
    return f"{who.actor} {scope['path']} {found.decode('latin-1')[:LONGEST_KEY]}"
