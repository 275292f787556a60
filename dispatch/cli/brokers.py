"""The broker the service runs with: our own, kept alive and told who may connect, or another one, and where devices find it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from dispatch.cli.process_watch import on_end_of
from dispatch.service.access_control import AccessControl
from dispatch.service.service import BrokersTold, ServiceBroker
from dispatch.service.settings import EMBEDDED, BrokerSettings, CannotStart, Settings
from gateway.access.credentials import Access, ClientIds
from gateway.access.listen import LOOPBACK, Listen
from gateway.access.mosquitto_files import MosquittoFiles, Ports
from gateway.access.nats_config import LEAST_ROOM, Door, pending_room
from gateway.access.rights import SERVICE
from gateway.broker.child_process import BrokerFailed
from gateway.broker.embedded import EmbeddedBroker
from gateway.contract.broker_address import BrokerAddress, parse_embedded

log = logging.getLogger("callahead")

BROKER_RETRY_S = 1.0
DISK_LOOK_S = 1.0
"""Between two looks at whether the broker could not write to its disk, and whether there is room again."""


def given_password(broker: BrokerSettings) -> str:
    """Return the password with which the service connects to another's broker; empty: none, or it is our own broker.

    Raises ``BadBrokerAddress``.
    """
    return "" if broker.is_ours else BrokerAddress.parse(broker.url).password or ""


@contextlib.asynccontextmanager
async def broker(settings: Settings, access_control: AccessControl) -> AsyncIterator[ServiceBroker]:
    """Run our own broker or find the other one. Raises ``CannotStart``, ``BrokerFailed`` and ``BadBrokerAddress``."""
    if settings.broker.is_ours:
        async with _embedded(settings, access_control) as ours:
            yield ours
    else:
        yield _outside(settings.broker, access_control)


@contextlib.asynccontextmanager
async def _embedded(settings: Settings, access_control: AccessControl) -> AsyncIterator[ServiceBroker]:
    """Our own broker, started again on the same port should it die."""
    wanted = settings.broker
    host, port = _embedded_at(wanted.url)
    access = access_control.access()
    check_topics(access)
    broker = EmbeddedBroker(
        settings.store.folder.resolve() / "broker",
        host=host,
        port=port,
        access=access,
        doors=_doors(wanted, access_control),
    )
    watch = _Watch(broker)
    try:
        address = broker.start()
        watch.begin()
        access_control.add_broker(broker.admit)
        us = replace(address, username=SERVICE, password=access_control.service_password)
        yield ServiceBroker(
            us, _told(wanted, host, broker), respells=broker.respells, tell_refusals=broker.tell_refusals
        )
    finally:
        watch.end()
        broker.stop()


def check_topics(access: Access) -> None:
    """Raise ``CannotStart`` where mappings hear more than our own broker takes for one session."""
    if pending_room(access) < LEAST_ROOM:
        message = (
            "the mappings hear too many topics for the embedded broker, which takes about 4,000: write a {placeholder} for what "
            "differs between them, or run the service on Mosquitto"
        )
        raise CannotStart(message)


def _outside(wanted: BrokerSettings, access_control: AccessControl) -> ServiceBroker:
    """Another broker: a Mosquitto's files are kept for it where wanted."""
    address = BrokerAddress.parse(wanted.url)
    if wanted.mosquitto is None:
        if wanted.tls or wanted.certificates:
            raise CannotStart("--tls and --certificates are for the embedded broker, or go with --mosquitto")
        if wanted.client_ids is ClientIds.REFUSE:
            raise CannotStart("--client-ids refuse is for the embedded broker, or goes with --mosquitto")
        return ServiceBroker.at(address)
    if address.username != SERVICE or not address.password:
        message = (
            f"--mosquitto writes the service's own password, too: draw one, and give it as "
            f"--broker mqtt://{SERVICE}:PASSWORD@{address.host}:{address.port}"
        )
        raise CannotStart(message)
    identity = access_control.authority.server(wanted.host_names())
    files = MosquittoFiles(wanted.mosquitto, identity, Ports(address.port, wanted.tls, wanted.certificates))
    files.admit(access_control.access())
    access_control.add_broker(files.admit)
    return ServiceBroker.at(address, _url(wanted, wanted.tls), _url(wanted, wanted.certificates))


class _Watch:
    """Starts a broker's processes again when they end."""

    def __init__(self, broker: EmbeddedBroker) -> None:
        self._broker = broker
        self._forget: dict[int, Callable[[], None]] = {}
        self._loop = asyncio.get_running_loop()
        self._disk: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Watch those that are not watched yet."""
        for pid in self._broker.pids:
            if pid not in self._forget and (forget := on_end_of(pid, lambda pid=pid: self._again(pid))):  # type: ignore[misc]
                self._forget[pid] = forget
        if self._disk is None:
            self._disk = self._loop.create_task(self._watch_disk())

    def end(self) -> None:
        """Watch no more."""
        if self._disk is not None:
            self._disk.cancel()
        for forget in self._forget.values():
            forget()
        self._forget.clear()

    async def _watch_disk(self) -> None:
        """A broker that could not write is of no use until it is started again, which helps once there is room."""
        full = False
        while True:
            await asyncio.sleep(DISK_LOOK_S)
            if not full and (full := await asyncio.to_thread(self._broker.ran_out_of_room)):
                log.error("the embedded broker cannot write to %s; devices keep what they have", self._broker.folder)
            if full and await asyncio.to_thread(self._broker.has_room):
                full = False
                log.warning("there is room again in %s", self._broker.folder)
                self._broker.kill()  # and, as whenever it ends, it is started again

    def _again(self, pid: int) -> None:
        self._forget.pop(pid, None)
        log.error("the embedded broker ended; starting it again (log: %s)", self._broker.log)
        self._start()

    def _start(self) -> None:
        try:
            self._broker.start()
        except (BrokerFailed, OSError) as error:  # OSError: its configuration cannot be written, as on a full disk
            log.error("%s; trying again", error)  # noqa: TRY400 - one line
            self._loop.call_later(BROKER_RETRY_S, self._start)
        else:
            self.begin()


def _doors(wanted: BrokerSettings, access_control: AccessControl) -> list[Door]:
    doors = [(wanted.tls, False), (wanted.certificates, True)]
    if not any(listen for listen, _ in doors):
        return []
    identity = access_control.authority.server(wanted.host_names())
    return [Door(certificates, listen.host, listen.port or None, identity) for listen, certificates in doors if listen]


def _told(wanted: BrokerSettings, host: str, broker: EmbeddedBroker) -> BrokersTold:
    def told(at: Listen | None, address: BrokerAddress | None) -> str | None:
        return str(replace(address, host=wanted.told(at.host))) if at and address else None

    return BrokersTold(
        str(replace(broker.plain_address, host=wanted.told(host))),
        told(wanted.tls, broker.door_address("tls")),
        told(wanted.certificates, broker.door_address("certificates")),
    )


def _url(wanted: BrokerSettings, at: Listen | None) -> str | None:
    return str(BrokerAddress(wanted.told(at.host), at.port, tls=True)) if at else None


def _embedded_at(text: str) -> tuple[str, int | None]:
    if text == EMBEDDED:
        return LOOPBACK, None
    return parse_embedded(text)
