"""Messages of ours until the broker has taken charge of them: numbered, so many at a time, sent again on a new connection."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.links.mqtt.protocol.packets import ALL_NUMBERS

WINDOW = 1_000
"""How many of our own messages may be under way."""
SUBSCRIBES = 1
"""The packet number that is kept for the subscription."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message of ours."""

    topic: str
    payload: bytes
    retain: bool
    delivered: Callable[[], None] | None


class Send(Protocol):
    """The way to the connection there is."""

    def __call__(self, number: int, outgoing: Outgoing, *, again: bool) -> None:
        """Send a message; ``again``: the broker may have it already."""


class Outbox:
    """Keeps order: first in, first out. In one thread only."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: deque[Outgoing] = deque()
        self._under_way: dict[int, Outgoing] = {}
        self._most = 0
        self._last = SUBSCRIBES

    def put(self, outgoing: Outgoing) -> None:
        """Send as soon as there is a connection and room."""
        self._waiting.append(outgoing)
        self._fill()

    def open(self, most: int, *, again: bool) -> None:
        """There is a connection, on which ``most`` may be under way; what was under way on the last one goes first."""
        self._most = min(most, WINDOW)
        for number, outgoing in self._under_way.items():
            self._send(number, outgoing, again=again)
        self._fill()

    def close(self) -> None:
        """There is no connection any more."""
        self._most = 0

    def answered(self, number: int) -> Outgoing | None:
        """The broker answered a message; return it. ``None`` where it had answered before."""
        answered = self._under_way.pop(number, None)
        self._fill()
        return answered

    def _fill(self) -> None:
        while self._waiting and len(self._under_way) < self._most:
            number, outgoing = self._free(), self._waiting.popleft()
            self._under_way[number] = outgoing
            self._send(number, outgoing, again=False)

    def _free(self) -> int:
        number = self._last
        while True:
            number = number % ALL_NUMBERS + 1
            if number != SUBSCRIBES and number not in self._under_way:
                self._last = number
                return number
