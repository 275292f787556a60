"""Hashes of people's passwords: bcrypt, slow on purpose, so on threads of their own; the loop and the store never wait for one."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import bcrypt

from gateway.errors import SenderError

COST = 12
"""A quarter of a second."""
THREADS = 2
MOST_WAITING = 40
"""So many are hashed or wait for it; whoever comes then is told to come again."""
Found = TypeVar("Found")


class TooManyLogIns(SenderError):  # noqa: N818 - says what happened
    """So many log in at once that one more would wait for seconds."""


class PasswordHasher:
    """``cost``: bcrypt's, two to the power of it rounds. Every method raises ``TooManyLogIns``."""

    def __init__(self, cost: int = COST) -> None:
        self._cost = cost
        self._threads = ThreadPoolExecutor(THREADS, "passwords")
        self._waiting = 0
        self._nobodys = ""

    async def hashed(self, password: str) -> str:
        """Return what is kept of a password."""
        return await self._aside(lambda: hashed(password, self._cost))

    async def fits(self, password: str, kept: str | None) -> bool:
        """Tell whether it is the password; where there is none to compare with, that takes as long."""
        if kept is None and not self._nobodys:
            self._nobodys = await self.hashed("nobody's")
        against = kept or self._nobodys
        found = await self._aside(lambda: bcrypt.checkpw(_short(password), against.encode()))
        return found and kept is not None

    async def _aside(self, work: Callable[[], Found]) -> Found:
        if self._waiting >= MOST_WAITING:
            raise TooManyLogIns("too many log in at this moment; try again in some seconds")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def hashed(password: str, cost: int = COST) -> str:
    """Return what is kept of a password. It takes its time: not in an event loop."""
    return bcrypt.hashpw(_short(password), bcrypt.gensalt(cost)).decode()


def _short(password: str) -> bytes:
    """Bcrypt reads 72 bytes and no NUL: a digest of the whole password has 44 letters."""
    return base64.b64encode(hashlib.sha256(password.encode()).digest())
