"""The service as a child process: started on free ports, told to stop, never left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from gateway.errors import OperatorError

START_WITHIN_S = 40.0
STOP_WITHIN_S = 10.0
GLANCE_S = 0.02
LINES_TOLD = 5
"""Of the service's log, when it cannot start."""


class CannotPlay(OperatorError):  # noqa: N818 - says what happened
    """A live run cannot begin or go on: the message says why and what to change."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the service is."""

    http: str
    broker: str


class ServiceProcess:
    """``callahead-serve`` in a process group of its own. Use it in a ``with`` block; its end is the service's end.

    The service holds a pipe from us on its standard input, and stops by itself when we vanish.
    """

    def __init__(
        self, folder: Path, clock: Path | None, broker: str, options: Sequence[str] = (), *, port: int = 0
    ) -> None:
        """``port``: of the console and the API; 0: any that is free."""
        self.log = folder / "service.log"
        self._ready = folder / "ready.json"
        self._command = [
            *(sys.executable, "-m", "dispatch.cli.serve", "--port", str(port), "--stop-with-parent"),
            *("--dir", str(folder), "--broker", broker, "--ready", str(self._ready)),
            *(("--clock", str(clock)) if clock else ()),
            *options,
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it."""
        self._ready.unlink(missing_ok=True)
        try:
            with self.log.open("wb") as log, _interrupts_held():
                self._process = subprocess.Popen(  # noqa: S603 - our own command
                    self._command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
                )
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    @property
    def pid(self) -> int:
        """Its process. Raises ``CannotPlay`` where it has none."""
        self.check()
        if self._process is None:
            raise CannotPlay("the service was not started")
        return self._process.pid

    def addresses(self) -> Addresses:
        """Wait until the service is up, and return where. Raises ``CannotPlay`` with what the service said."""
        deadline = time.monotonic() + START_WITHIN_S
        while not self._ready.exists():
            self.check()
            if time.monotonic() > deadline:
                message = f"the service was not ready within {START_WITHIN_S:.0f} s:\n{self._last_words()}"
                raise CannotPlay(message)
            time.sleep(GLANCE_S)
        told = json.loads(self._ready.read_text())
        return Addresses(told["http"], told["broker"])

    def check(self) -> None:
        """Raise ``CannotPlay`` where the service has ended."""
        code = self._process.poll() if self._process else None
        if code is not None:
            message = f"the service ended with exit code {code}:\n{self._last_words()}"
            raise CannotPlay(message)

    def stop(self) -> None:
        """Ask it to stop, wait, and kill whatever is left of its process group."""
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdin:
            process.stdin.close()
        self._process = None

    def _last_words(self) -> str:
        lines: Sequence[str] = self.log.read_text("utf-8", "replace").strip().splitlines()
        said = [line for line in lines if line.startswith("callahead-serve:")]
        return "\n".join(said or lines[-LINES_TOLD:] or ["it said nothing"])


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Put off a Ctrl-C: in the middle of starting a process it would leave one behind that nobody knows of."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: held.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if held:
        raise KeyboardInterrupt
