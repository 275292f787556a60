"""A child process of a broker of ours: it dies with us, even where we are killed with ``kill -9``, and ends when told to.

Linux sees to the first; elsewhere it ends only where we end in order.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from gateway.access.authority import writing
from gateway.errors import LineError

STOP_WITHIN_S = 5.0
_PR_SET_PDEATHSIG = 1


class BrokerFailed(LineError):  # noqa: N818 - says what happened, in the words of the house
    """The embedded broker did not start, did not take its configuration, or died."""


class ChildProcess:
    """One process at a time. What it says on its standard outputs lies in ``words``, of the last one."""

    def __init__(self, words: Path) -> None:
        self.words = words
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its number, while there is one."""
        return self._process.pid if self._process else None

    def alive(self) -> bool:
        """Tell whether it runs."""
        return self._process is not None and self._process.poll() is None

    def start(self, command: Sequence[str]) -> None:
        """Start it. Raises ``NotWritten`` on a full disk."""
        with writing(self.words):
            self.words.parent.mkdir(parents=True, exist_ok=True)
            opened = self.words.open("wb")
        with opened as last_words:
            self._process = subprocess.Popen(  # noqa: S603 - our own programs, our own files
                command,
                stdin=subprocess.DEVNULL,
                stdout=last_words,
                stderr=last_words,
                start_new_session=True,  # Ctrl-C is for us; we stop it in order
                preexec_fn=_dies_with_parent(),  # noqa: PLW1509 - one system call, and no thread runs yet
            )

    def over_within(self, seconds: float) -> bool:
        """Wait a little, and tell whether it is over."""
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """End it in order; kill it where it does not listen."""
        if self._process is None:
            return
        self._process.terminate()
        if not self.over_within(STOP_WITHIN_S):
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End it the hard way, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _dies_with_parent() -> Callable[[], None] | None:
    """Return what the child does first, so that the kernel kills it when we are gone; ``None`` where it cannot."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # we died before the call
            os._exit(1)

    return ask
