"""The service as an operator runs it: under a supervisor that starts it again, at once, whenever it ends.

Each start is a copy of a process that has imported the service: it is up within a second, and so a kill that follows soon does
not only hit a Python that imports.
"""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from scenarios.chaos.chronicle import Chronicle
from scenarios.service.forks import Copies, Forked

REFUSED = 2
"""The exit code of a service that cannot run as things stand."""
AGAIN_AFTER_S = 0.1
"""systemd's ``RestartSec``."""
STOP_WITHIN_S = 20.0
HEARD_AGAIN = "twins have what was said last"


class Supervised:
    """``callahead-serve``, kept running. ``kill`` it; ``stop`` ends it for good.

    ``started`` is told each process id, before the service has done anything.
    """

    def __init__(
        self,
        copies: Copies,
        options: Sequence[str],
        folder: Path,
        chronicle: Chronicle,
        *,
        started: Callable[[int], None] = lambda _pid: None,
    ) -> None:
        self.options = (*options, "--stop-with-parent")
        self._copies = copies
        self.crashes = 0
        """Ends that nobody asked for."""
        self.refusals = 0
        """Starts that came to nothing because the store was another's, or could not be used."""
        self._ready = folder / "ready.json"
        self._log = folder / "service.log"
        self._chronicle = chronicle
        self._started = started
        self._process: Forked | None = None
        self._stopping = threading.Event()
        self._killing: set[int] = set()
        self._thread = threading.Thread(target=self._keep, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start it and keep it running."""
        self._thread.start()

    def ready(self) -> bool:
        """Tell whether the process that runs now has said that it is up."""
        process = self._process
        try:
            return process is not None and json.loads(self._ready.read_text())["pid"] == process.pid
        except (OSError, ValueError):
            return False

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def kill(self) -> None:
        """End it as a crash would."""
        process = self._process
        if process is not None and process.poll() is None:
            self._killing.add(process.pid)
            process.kill()

    def rival(self, ready: Path) -> Forked:
        """Start another, on the same store and ports."""
        at = self.options.index("--ready") + 1
        options = (*self.options[:at], str(ready), *self.options[at + 1 :])
        return self._open(options, ready.with_suffix(".log"))

    def stop(self) -> int | None:
        """End it for good, in order, and return its exit code."""
        self._stopping.set()
        process = self._process
        if process is None:
            return None
        process.terminate()
        try:
            code = process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        self._thread.join(STOP_WITHIN_S)
        return code

    def last_words(self) -> str:
        """Return the end of its log."""
        return self._log.read_text("utf-8", "replace")[-2_000:] if self._log.exists() else ""

    def heard_again(self) -> int:
        """Return how many messages its starts took from the inbox, as its log has it."""
        lines = self._log.read_text("utf-8", "replace").splitlines() if self._log.exists() else []
        return sum(json.loads(line)["messages"] for line in lines if HEARD_AGAIN in line)

    def _keep(self) -> None:
        while not self._stopping.is_set():
            process = self._process = self._open(self.options, self._log)
            self._chronicle.note("service started", pid=process.pid)
            if self._stopping.is_set():
                process.terminate()
            code = process.wait()
            if process.stdin:
                process.stdin.close()
            self._chronicle.note("service ended", pid=process.pid, code=code)
            if code not in {0, REFUSED} and not (code == -signal.SIGKILL and process.pid in self._killing):
                self.crashes += 1
            if code == REFUSED:
                self.refusals += 1
                time.sleep(AGAIN_AFTER_S)

    def _open(self, options: Sequence[str], log: Path) -> Forked:
        with log.open("ab") as said:
            process = self._copies.start(*options, stdout=said, stderr=said)
        self._started(process.pid)
        return process
