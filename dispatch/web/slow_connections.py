"""HTTP connections that take their time are hung up on: a head that does not end, an answer that nobody reads.

Of connections whose request has not come yet there are so many at most; then the oldest of them gives way. uvicorn itself
waits for the first request for ever. What it does with a request stays its own; this only stands between it and the line.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_WITHIN_S = 10.0
"""A request's head has come whole by then."""
READ_WITHIN_S = 60.0
"""An answer that waits for its reader for so long is thrown away."""
LONGEST_HEAD = 65_536
"""Bytes."""
MOST_UNASKED = 256
"""Connections whose request has not come whole."""
MOST_OPEN = 4_096
LEFT_FOR_OTHERS = 256
"""Open files that are not connections: the store, the broker, logs."""
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


def most_open() -> int:
    """Return how many connections may be open, as many files as this process may have; beyond, requests get a 503."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_OPEN if soft == resource.RLIM_INFINITY else min(MOST_OPEN, soft - LEFT_FOR_OTHERS)
    return max(16, most)


class Unasked:
    """The connections whose request has not come whole, the oldest first."""

    def __init__(self, most: int = MOST_UNASKED) -> None:
        self._most = most
        self._waiting: dict[WatchedConnection, None] = {}

    def add(self, connection: WatchedConnection) -> None:
        """Have one more, and hang up on the oldest where that is too many."""
        self._waiting[connection] = None
        if len(self._waiting) > self._most:
            next(iter(self._waiting)).hang_up()

    def discard(self, connection: WatchedConnection) -> None:
        """Its request is there, or it is gone."""
        self._waiting.pop(connection, None)


class WatchedConnection(asyncio.Protocol):
    """Between the transport and uvicorn's own protocol."""

    def __init__(self, unasked: Unasked, head_within_s: float, read_within_s: float, options: dict[str, Any]) -> None:
        self._http: Any = AutoHTTPProtocol(**options)
        self._unasked = unasked
        self._head_within_s = head_within_s
        self._read_within_s = read_within_s
        self._transport: asyncio.Transport | None = None
        self._head_size = 0
        self._no_head: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first request."""
        self._transport = cast("asyncio.Transport", transport)
        self._http.connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Pass it on, then see whether a request has come whole."""
        self._http.data_received(data)
        if self._is_passed_on() or self._is_asked():
            self._head_is_there()
            return
        self._head_size += len(data)
        if self._head_size > LONGEST_HEAD and self._transport:
            self._transport.write(_TOO_LONG)
            self._transport.close()
        elif self._no_head is None:
            self._wait_for_head()

    def eof_received(self) -> bool | None:
        """Pass it on."""
        passed: bool | None = self._http.eof_received()
        return passed

    def pause_writing(self) -> None:
        """Nobody reads: begin to wait."""
        self._http.pause_writing()
        self._unread = asyncio.get_running_loop().call_later(self._read_within_s, self.hang_up)

    def resume_writing(self) -> None:
        """Somebody reads."""
        _cancel(self._unread)
        self._http.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._head_is_there()
        _cancel(self._unread)
        self._http.connection_lost(exc)

    def hang_up(self) -> None:
        """End it, whatever still waits to be sent."""
        self._head_is_there()
        if self._transport:
            self._transport.abort()

    def _is_asked(self) -> bool:
        cycle = self._http.cycle
        return cycle is not None and not cycle.response_complete

    def _is_passed_on(self) -> bool:
        """Tell whether it is a websocket by now, which has limits of its own."""
        return self._transport is None or self._transport.get_protocol() is not self

    def _wait_for_head(self) -> None:
        self._no_head = asyncio.get_running_loop().call_later(self._head_within_s, self.hang_up)
        self._unasked.add(self)

    def _head_is_there(self) -> None:
        self._head_size = 0
        _cancel(self._no_head)
        self._no_head = None
        self._unasked.discard(self)


def watched(
    head_within_s: float = HEAD_WITHIN_S, read_within_s: float = READ_WITHIN_S, most_unasked: int = MOST_UNASKED
) -> Callable[..., asyncio.Protocol]:
    """Return what makes connections, as uvicorn's ``http`` wants it."""
    unasked = Unasked(most_unasked)
    return lambda **options: WatchedConnection(unasked, head_within_s, read_within_s, options)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
