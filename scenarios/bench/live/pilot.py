"""This side of the load generator: starts it, tells it what to do, and passes on what it says meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from gateway.contract.broker_address import BrokerAddress
from scenarios.bench.live.connections import LoadFailed
from scenarios.bench.live.generator import Load

Said = Callable[[str, dict[str, float]], None]
"""Told ``progress`` now and then and ``over`` when the last message was sent, with the generator's sums."""


class Pilot:
    """A load generator in a process of its own. Use it in a ``with`` block."""

    def __init__(self, address: BrokerAddress, cars: int, phones: int) -> None:
        command = [sys.executable, "-m", "scenarios.bench.live.generator"]
        self._process = subprocess.Popen(  # noqa: S603 - our own
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pid = self._process.pid
        self._tell({"address": asdict(address), "cars": cars, "phones": phones})

    def __enter__(self) -> Self:
        """Wait until it has made up its mind what everybody is going to say. Raises ``LoadFailed``."""
        self._answer(None)
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.kill()
        self._process.wait()

    def connect(self, within_s: float) -> float:
        """Connect everybody; return how long that took. Raises ``LoadFailed``."""
        return float(self._ask({"connect": within_s}))

    def run(self, load: Load, said: Said) -> dict[str, Any]:
        """Send a load; return how it went. Raises ``LoadFailed``."""
        return dict(self._ask({"run": asdict(load)}, said))

    def close(self) -> None:
        """Disconnect everybody."""
        self._ask({"close": True})

    def faults(self, file: Path) -> list[dict[str, Any]]:
        """Return every fault that was told since the start."""
        self._ask({"faults": str(file)})
        return list(json.loads(file.read_text("utf-8")))

    def _tell(self, what: dict[str, Any]) -> None:
        assert self._process.stdin  # noqa: S101 - opened above
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def _ask(self, what: dict[str, Any], said: Said | None = None) -> Any:  # noqa: ANN401 - what was asked for
        self._tell(what)
        return self._answer(said)

    def _answer(self, said: Said | None) -> Any:  # noqa: ANN401 - likewise
        assert self._process.stdout  # noqa: S101 - opened above
        for line in self._process.stdout:
            kind, told = next(iter(json.loads(line).items()))
            if kind == "done":
                return told
            if kind == "failed":
                raise LoadFailed(told)
            if said:
                said(kind, told)
        raise LoadFailed(f"the load generator ended with exit code {self._process.wait()}")
