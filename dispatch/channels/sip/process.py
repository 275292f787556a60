"""The process that speaks SIP, seen from outside: started with a line's setup, told what to do, listened to, and ended."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping

from dispatch.channels.sip.sound_socket import SoundSocket
from dispatch.channels.sip.wire import Command, LineSetup, Report, line_of, read_report
from dispatch.channels.telephony import HearSound
from dispatch.engine import child_process

TRIED = "0.5.2a3"
"""The version of baresip-python, an alpha, that all this was tried with."""
LONGEST = 256 * 1024
"""Bytes of what is said at once."""


class SipProcess:
    """One life of it. ``start`` it, ``listen`` until it ends, ``end`` it."""

    def __init__(self, hear: Callable[[Report], None], hear_sound: HearSound = lambda _leg, _pcm: None) -> None:
        """``hear`` is told all that it says, ``hear_sound`` what softphones are to hear, in the event loop's thread."""
        self._hear, self._hear_sound = hear, hear_sound
        self._process: Process | None = None
        self._sound: SoundSocket | None = None

    async def start(self, setup: LineSetup) -> None:
        """Start it as this line."""
        self._sound, theirs = SoundSocket.pair()
        self._sound.listen(self._hear_sound)
        with theirs:
            words = ("-m", "dispatch.channels.sip", str(theirs.fileno()))
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, *words, stdin=PIPE, stdout=PIPE, limit=LONGEST, pass_fds=[theirs.fileno()]
            )
        self._write(line_of(setup))

    @property
    def pid(self) -> int | None:
        """Its process; ``None``: it was not started."""
        return None if self._process is None else self._process.pid

    def tell(self, command: Command) -> None:
        """Have it do something; of one that has ended that is nothing, as ``listen`` tells."""
        self._write(line_of(command))

    def say(self, sound: Mapping[str, bytes]) -> None:
        """Have softphones say something; of one that has ended that is nothing."""
        if self._sound is not None:
            self._sound.send(sound)

    async def listen(self) -> int:
        """Hear what it says until it ends; return its exit code."""
        assert self._process is not None  # noqa: S101 - it was started
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        while line := await self._process.stdout.readline():
            self._hear(read_report(line))
        if self._sound is not None:
            self._sound.close()
        return await self._process.wait()

    async def end(self) -> None:
        """Have it hang up and end."""
        if self._process is not None:
            await child_process.end(self._process)

    def _write(self, line: bytes) -> None:
        assert self._process is not None  # noqa: S101 - it was started
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        if not self._process.stdin.is_closing():
            self._process.stdin.write(line)
