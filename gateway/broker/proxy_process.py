"""The process before our broker that spells vendors' topics as NATS takes them (``gateway.links.mqtt.proxy``)."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from gateway.access.nats_config import Door
from gateway.broker.child_process import BrokerFailed, ChildProcess
from gateway.broker.nats_process import GLANCE_S, START_WITHIN_S

PROGRAM = "gateway.links.mqtt.proxy"
Listener = tuple[str, int | None, Door | None]
"""Host, port (``None``: any free one), and the door whose certificate it shows; ``None``: in the clear."""


class ProxyProcess:
    """Listens where clients connect, and passes on to ``port_of_nats``. Once it has had ports, it keeps them."""

    def __init__(self, folder: Path, listeners: Sequence[Listener]) -> None:
        self._child = ChildProcess(folder / "proxy.err")
        self._listeners = listeners
        self._ports: list[int] = []

    def port(self, number: int) -> int:
        """Where the listener of that number is. Raises ``BrokerFailed`` before ``start``."""
        if not self._ports:
            raise BrokerFailed("the embedded broker's proxy has not been started")
        return self._ports[number]

    @property
    def pid(self) -> int | None:
        """Its process, while it has one."""
        return self._child.pid

    def alive(self) -> bool:
        """Tell whether the process runs."""
        return self._child.alive()

    def start(self, port_of_nats: int) -> None:
        """Start it and return once it takes connections. Raises ``BrokerFailed``; ``NotWritten`` on a full disk."""
        ports = self._ports or [port or 0 for _, port, _ in self._listeners]
        told = [
            json.dumps(
                [host, port, *([str(door.identity.certificate), str(door.identity.private_key)] if door else [])]
            )
            for (host, _, door), port in zip(self._listeners, ports, strict=True)
        ]
        self._child.start([sys.executable, "-m", PROGRAM, str(port_of_nats), *told])
        deadline = monotonic() + START_WITHIN_S
        while not (said := self._child.words.read_text("utf-8", "replace")).startswith("[") or "]" not in said:
            over = self._child.over_within(GLANCE_S)
            if over or monotonic() > deadline:
                self._child.kill()
                how = "ended at once" if over else f"was not ready within {START_WITHIN_S:.0f} s"
                last = (said.strip().splitlines() or ["it wrote nothing"])[-1]
                raise BrokerFailed(f"the embedded broker's proxy {how}: {last} ({self._child.words})")
        self._ports = [int(port) for port in json.loads(said.partition("]")[0] + "]")]

    def stop(self) -> None:
        """End it in order; kill it where it does not listen."""
        self._child.stop()

    def kill(self) -> None:
        """End it the hard way, as a crash would."""
        self._child.kill()
