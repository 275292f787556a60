"""How much a request may bring, how long it may take over it, and how much all of them may have in hand together.

The body is read here, before anything else looks at it: whoever sends more, or slower, costs no more than that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dispatch.web.problems import refusal

LONGEST_BODY = 2 * 1024 * 1024
"""Bytes: some five thousand devices."""
LONGEST_OF_PATH = {"/api/v1/me/voice": 1_400_000}
"""Paths that take less: a minute of speech in base64, and words with it."""
WITHIN_S = 20.0
"""A body has come whole by then."""
IN_HAND = 64 * 1024 * 1024
"""Bytes of all bodies that are read or seen to at a time."""
_CLOSE = {"connection": "close"}
"""What is still on its way is not read."""


class _Refused(Exception):  # noqa: N818 - an answer, which never leaves this module
    """The request is answered with ``answer``, and goes no further."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


class BodyLimit:
    """Stands before everything. What is inside gets the whole body in one message."""

    def __init__(
        self, app: ASGIApp, longest: int = LONGEST_BODY, within_s: float = WITHIN_S, in_hand: int = IN_HAND
    ) -> None:
        self._app = app
        self._longest = longest
        self._within_s = within_s
        self._room = in_hand

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what has no body, and what has a small one."""
        if scope["type"] != "http" or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        held = _Held(self, min(self._longest, LONGEST_OF_PATH.get(scope["path"], self._longest)))
        try:
            body = await self._read(scope, receive, held)
        except _Refused as refused:
            await refused.answer(scope, receive, send)
        else:
            if body is not None:
                await self._app(scope, told_again(body, receive), send)
        finally:
            self._room += held.size

    async def _read(self, scope: Scope, receive: Receive, held: _Held) -> bytes | None:
        """Return the body; ``None``: the client hung up. Raises ``_Refused``."""
        if _declared(scope) > held.longest:
            raise _Refused(_too_large(held.longest))
        try:
            async with asyncio.timeout(self._within_s):
                return await whole_body(receive, held.take)
        except TimeoutError:
            detail = f"the body had not come within {self._within_s:g} s; send it in one go"
            raise _Refused(_refusal(408, "too-slow", "The request takes too long", detail)) from None

    def must_have_room(self, more: int) -> None:
        """Raise ``_Refused`` where all bodies together get too long; make note of it otherwise."""
        if more > self._room:
            detail = "too many large requests are under way; send it again in a moment"
            raise _Refused(_refusal(503, "busy", "The service has its hands full", detail))
        self._room -= more


class _Held:
    """How much of one body is in hand, of ``longest`` bytes at most."""

    def __init__(self, limit: BodyLimit, longest: int) -> None:
        self.size, self.longest = 0, longest
        self._limit = limit

    def take(self, more: int) -> None:
        """Take ``more`` bytes. Raises ``_Refused``."""
        if self.size + more > self.longest:
            raise _Refused(_too_large(self.longest))
        self._limit.must_have_room(more)
        self.size += more


def _too_large(longest: int) -> Response:
    detail = f"at most {longest} bytes in one request; send it in parts"
    return _refusal(413, "too-large", "The request is too large", detail)


async def whole_body(receive: Receive, take: Callable[[int], None]) -> bytes | None:
    """Return the body; ``None``: the client hung up. ``take`` hears of each part's bytes, and may refuse."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        take(len(part))
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def told_again(body: bytes, receive: Receive) -> Callable[[], Awaitable[Message]]:
    """Return what tells a body that was read once more, and then whatever ``receive`` hears."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return first.pop() if first else await receive()

    return again


def _has_body(scope: Scope) -> bool:
    return any(name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"])


def _declared(scope: Scope) -> int:
    """Return how long the request says that its body is; the server has seen that it is a number."""
    told = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(told[:20]) if told.isdigit() else 0


def _refusal(status: int, name: str, title: str, detail: str) -> Response:
    answer = refusal(status, name, title, detail)
    answer.headers.update(_CLOSE)
    return answer
