"""A fleet of devices on a real broker: the first few with a connection of their own, the rest in shards."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Self

from firmware_sim.device.device import Device
from firmware_sim.links.connection import Connection, ConnectionListener
from firmware_sim.links.lines import OwnLine, Receive, ShardLine, device_filters, listener, shard_filters
from firmware_sim.links.probe import probe
from firmware_sim.links.trouble import BrokerUnreachable
from gateway.contract.broker_address import BrokerAddress
from gateway.contract.client_ids import client_id
from gateway.contract.topics import Channel

PATIENCE = 10.0
"""Seconds for a shard's connection and subscriptions."""
RUN = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What every broker lets stand in a client id."""
GLANCE = 0.01
"""Seconds between two looks at what is outstanding."""
_log = logging.getLogger(__name__)

Heard = Callable[[str, bytes], None]
"""Takes the device's name and the payload."""


class MqttFleet:
    """Connects devices to a broker and gives each its uplink. ``start`` before the first ``go_online``; ``close`` last.

    The callbacks come on the connections' threads, and for a shard's device also inside its ``go_online``: they must
    be quick and thread-safe (a queue's ``put``), and must not call the fleet or a device. Devices stay on the caller's
    thread, whatever arrives on others.
    ``run`` makes client ids (``user:{run}-vendor-device``, ``user:{run}-shard-n``) unique for each run; the broker keeps their
    sessions, so that what is sent to a device while it is cut off arrives later.
    """

    def __init__(
        self,
        url: str,
        devices: Iterable[Device],
        *,
        run: str,
        on_command: Heard,
        on_rejected: Heard,
        own_connections: int = 50,
        shards: int = 4,
        on_acknowledged: Callable[[str], None] | None = None,
        on_trouble: Callable[[str], None] | None = None,
    ) -> None:
        """Connect nothing yet. The first ``own_connections`` devices get their own; ``shards`` share the rest.

        ``on_acknowledged`` gets the event's key once the broker has it; ``on_trouble`` a sentence for the operator (by
        default a log warning). Raises ``BadBrokerAddress`` and, for settings that serve nobody, ``ValueError``.
        """
        if own_connections < 0 or shards < 1:
            message = f"own_connections={own_connections}, shards={shards}: at least 0 and at least 1 are needed."
            raise ValueError(message)
        if not RUN.fullmatch(run):
            message = f"run={run!r}: 1-64 letters, digits, '-' and '_' are needed, for it begins every client id."
            raise ValueError(message)
        self.address = BrokerAddress.parse(url)
        self.run = run
        self._down = {Channel.COMMAND: on_command, Channel.REJECTED: on_rejected}
        self._on_acknowledged = on_acknowledged or _nobody
        self._on_trouble = on_trouble or _log.warning
        self._own: list[Connection] = []
        self._shards: list[Connection] = []
        fleet = list(devices)
        for device in fleet[:own_connections]:
            self._give_own(device)
        shared = fleet[own_connections:]
        for number in range(min(shards, len(shared))):
            self._give_shard(number, shared[number::shards])

    def start(self) -> None:
        """Connect the shards and wait for the broker's yes. Raises ``BrokerUnreachable`` or ``BrokerRefused``."""
        probe(self.address, self._id("probe"))
        for connection in self._shards:
            connection.open()
        deadline = time.monotonic() + PATIENCE
        for connection in self._shards:
            if not connection.ready.wait(deadline - time.monotonic()):
                self.close()
                raise BrokerUnreachable(self.address, f"a shard was not taken within {PATIENCE:.0f} s")

    @property
    def outstanding(self) -> int:
        """How many messages the broker has not acknowledged yet."""
        return sum(connection.outstanding for connection in self._connections())

    def drain(self, timeout: float) -> int:
        """Wait until the broker has everything, ``timeout`` seconds at most; return how many messages it has not."""
        deadline = time.monotonic() + timeout
        while self.outstanding and time.monotonic() < deadline:
            time.sleep(GLANCE)
        return self.outstanding

    def close(self) -> None:
        """Disconnect everything (no last will speaks) and join the threads. Harmless a second time."""
        for connection in self._connections():
            connection.leave()
        for connection in self._connections():
            connection.close()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _connections(self) -> list[Connection]:
        return [*self._own, *self._shards]

    def _id(self, part: str) -> str:
        """Return a client id of this run's: our user's own, where we have a name."""
        return client_id(self.address.username, f"{self.run}-{part}")

    def _give_own(self, device: Device) -> None:
        connection = Connection(
            self.address,
            self._id(device.name.replace("/", "-")),
            device_filters(device.name),
            self._ears({device.name: partial(self._receive, device.name)}),
        )
        device.uplink = OwnLine(connection)
        self._own.append(connection)

    def _give_shard(self, number: int, devices: list[Device]) -> None:
        lines = {device.name: ShardLine(partial(self._receive, device.name)) for device in devices}
        ears = self._ears({name: line.heard for name, line in lines.items()})
        connection = Connection(self.address, self._id(f"shard-{number}"), shard_filters(lines), ears)
        for device in devices:
            line = lines[device.name]
            line.connection = connection
            device.uplink = line
        self._shards.append(connection)

    def _ears(self, receivers: Mapping[str, Receive]) -> ConnectionListener:
        return ConnectionListener(listener(receivers), self._on_acknowledged, self._on_trouble)

    def _receive(self, device: str, channel: Channel, payload: bytes) -> None:
        self._down[channel](device, payload)


def _nobody(_key: str) -> None:
    """Let an acknowledgement pass."""
