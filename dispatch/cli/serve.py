"""``callahead-serve``: the service alone, in one process. This file puts it together and takes it down again."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import importlib.util
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import typer
import uvicorn

from dispatch.cli import brokers, options
from dispatch.cli.bluetooth import bluetooth
from dispatch.cli.process_watch import on_parent_gone
from dispatch.cli.story_clock import BadClockFile, StoryClock
from dispatch.cli.systemd import notify
from dispatch.cli.tracing import check as check_otel
from dispatch.cli.tracing import tracing
from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.events import AgentLeft, ServiceStarted
from dispatch.core.policy import Policy
from dispatch.core.quiet_hours import BadQuietHours
from dispatch.delivery.device_sender import Partners
from dispatch.delivery.geocoding import Addresses, BadGeocoder, Geocoder
from dispatch.engine.agent_long_poll import Claims
from dispatch.engine.clock import Clock, WallClock
from dispatch.engine.driver import Driver
from dispatch.engine.recovery import restored
from dispatch.ledger.pipeline import ControlRoom, Turn
from dispatch.ledger.seen_keys import Keys
from dispatch.observe import logs
from dispatch.observe.logs import LogFormat, LogLevel
from dispatch.registers.customers import Customers
from dispatch.service.access_control import Gatekeeper, authority_in
from dispatch.service.policy_file import BadPolicyFile, house_of
from dispatch.service.service import BrokersTold, Service
from dispatch.service.settings import EMBEDDED, CannotStart, Settings
from dispatch.store.address import StoreAddress
from dispatch.store.backup_command import backup, restore
from dispatch.store.errors import JournalFailed, JournalRefused
from dispatch.store.journal import Journal
from dispatch.views.snapshot import snapshot
from gateway.access.authority import NotWritten
from gateway.access.listen import BadListen, Listen
from gateway.broker.embedded import BrokerFailed
from gateway.conclude.concluder import OwnCodes
from gateway.contract.broker_address import BadBrokerAddress, BrokerAddress
from gateway.devices.registry import Registry
from gateway.devices.twins import MOST, Twins
from gateway.diagnosis.catalogue import CatalogueError
from gateway.intake.intake import Intake
from gateway.kinds.registry import check_catalogues, own_codes
from gateway.links.handover.status import LinkState, LinkStatus
from gateway.links.mqtt.link import MqttLink
from gateway.mapping.read import SHIPPED, MappingError, read_mapping, shipped
from gateway.mapping.rules import VendorMapping
from gateway.mapping.translate import Translators
from gateway.places.place_names import gazetteer

log = logging.getLogger("callahead")

CLOSE_WITHIN_S = 3
"""How long open requests are given at the end."""
_OPERATORS_FAULT = (
    CannotStart,
    BadQuietHours,
    JournalRefused,
    JournalFailed,
    BadClockFile,
    BadBrokerAddress,
    BadGeocoder,
    BadListen,
    BrokerFailed,
    NotWritten,
    MappingError,
    CatalogueError,
    BadPolicyFile,
)


def main() -> None:
    """Run ``callahead-serve``."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.callback(invoke_without_command=True)(serve)
    app.command()(backup)
    app.command()(restore)
    try:
        app()
    except _OPERATORS_FAULT as error:
        typer.echo(f"callahead-serve: {error}", err=True)
        raise SystemExit(2) from None


def serve(  # noqa: PLR0917 - each is an option of the command line
    context: typer.Context,
    host: options.Host = "127.0.0.1",
    port: options.Port = 8080,
    broker: options.Broker = EMBEDDED,
    folder: options.Folder = Path("runs/serve"),
    store: options.Store = None,
    open_demo: options.OpenDemo = False,  # noqa: FBT002
    clock: options.Clock = None,
    ready: options.Ready = None,
    as_json: options.AsJson = False,  # noqa: FBT002
    stop_with_parent: options.StopWithParent = False,  # noqa: FBT002
    mapping: options.Mapping = None,
    tls: options.Tls = None,
    certificates: options.Certificates = None,
    name: options.Name = None,
    mosquitto: options.Mosquitto = None,
    geocoder: options.Geocoder = None,
    codes: options.Codes = None,
    ble_adapter: options.BleAdapter = None,
    ble_connections: options.BleConnections = None,
    quiet_hours: options.Quiet = None,
    policy: options.Policy = None,
    mqtt_client: options.Client = None,
    log_format: options.LogsAs = LogFormat.AUTO,
    log_level: options.LogsFrom = LogLevel.INFO,
    otel: options.Otel = None,
) -> None:
    """Callahead's service: hears devices over MQTT and Bluetooth, sends help, and has customers called before they call."""
    kept = StoreAddress.parse(store) if store is not None else None
    if context.invoked_subcommand is not None:
        context.obj = kept or StoreAddress.in_folder(folder)
        return
    logs.set_up(log_format, log_level)
    check_otel(otel)
    if mqtt_client is not None:
        log.warning("--mqtt-client chooses nothing any more: the service speaks MQTT in its own event loop")
    told = (host, port, broker, folder, open_demo, clock, ready, as_json, stop_with_parent)
    doors = (_listen("--tls", tls), _listen("--certificates", certificates), tuple(name or ()), mosquitto)
    asked = Geocoder.parse(geocoder) if geocoder is not None else None
    settings = Settings(*told, tuple(mapping or ()), *doors)
    own = replace(settings, geocoder=asked, codes=tuple(codes or ()), store=kept)
    own = replace(own, house=house_of(policy, quiet_hours), policy_file=policy)
    asyncio.run(run(replace(own, ble_adapter=ble_adapter, ble_connections=ble_connections, otel=otel)))


def _listen(option: str, text: str | None) -> Listen | None:
    return None if text is None else Listen.parse(option, text)


async def run(settings: Settings) -> None:
    """Run the service until it is told to stop. Raises ``CannotStart`` and its kin before anything is up."""
    clock: Clock = StoryClock(settings.clock) if settings.clock else WallClock()
    address = None if settings.broker.startswith(EMBEDDED) else BrokerAddress.parse(settings.broker)
    mappings = [read_mapping(shipped(one) if one in SHIPPED else Path(one)) for one in settings.mappings]
    check_catalogues()
    codes = own_codes(settings.codes)
    if settings.ready:
        settings.ready.unlink(missing_ok=True)  # of a service that was killed
    stop = asyncio.Event()
    _listen_for_the_end(stop, with_parent=settings.stop_with_parent)
    with Journal.open_at(settings.store_address()) as journal, _bound(settings.host, settings.port) as door:
        gatekeeper = Gatekeeper(
            journal,
            authority_in(settings.folder),
            open_demo=settings.open_demo,
            mappings=mappings,
            service_password=(address and address.password) or "",
        )
        async with contextlib.AsyncExitStack() as running:
            at, told = (
                (address, brokers.outside(settings, address, gatekeeper))
                if address
                else await running.enter_async_context(brokers.embedded(settings, gatekeeper))
            )
            service, link = build(
                journal,
                clock,
                at,
                open_demo=settings.open_demo,
                mappings=mappings,
                gatekeeper=gatekeeper,
                told=told,
                addresses=Addresses(settings.geocoder),
                own_codes=codes,
                policy=settings.house.desk(),
            )
            await _serve(settings, service, link, door, stop)


async def _serve(
    settings: Settings, service: Service, link: MqttLink, door: socket.socket, stop: asyncio.Event
) -> None:
    """Bring the parts up, wait for the end, and take them down in the opposite order."""
    journal, clock = service.journal, service.clock
    started = _starts(service)  # before anything else is heard
    link_ready = _watch(link)
    async with contextlib.AsyncExitStack() as running:
        await running.enter_async_context(tracing(settings, service))
        out = await running.enter_async_context(bluetooth(settings, service, link))
        registry, tallies = service.room.intake.registry, service.driver.tallies
        partners = Partners(out, registry, journal, clock.now, tallies, courier=service.courier, book=service.casebook)
        service.driver.announcer.send_through(partners)
        failed = asyncio.get_running_loop().create_future()
        running.push_async_callback(_end, _task(partners.run(), failed), partners.stop)
        running.callback(link.stop)
        running.push_async_callback(_end, _task(service.addresses.run(), failed), service.addresses.stop)
        running.push_async_callback(_end, _task(service.driver.run(), failed), service.driver.stop)
        running.push_async_callback(_end, _task(service.pulse.run(), failed), service.pulse.stop)
        running.push_async_callback(_end, _task(service.courier.run(), failed), service.courier.stop)
        await started
        await _say_that_agents_left(service)
        partners.resume()
        link.start()
        await _import_web()  # what devices sent meanwhile is seen to while that goes on
        web = _web(service)
        web_task = _task(web.serve(sockets=[door]), failed)
        running.push_async_callback(_close_doors, service, web, web_task)
        known = _task(asyncio.to_thread(gazetteer), failed)  # a second's work that the first fault must not wait for
        await _until(stop.wait(), _all(link_ready, known, asyncio.ensure_future(web.up.wait())), failed)
        if not stop.is_set():
            _collect_rarely()
            _announce(settings, door, service.brokers_told)
            notify("READY=1")
            await _until(stop.wait(), failed)
        log.info("stopping")
        notify("STOPPING=1")


def _collect_rarely() -> None:
    """Let Python look for cyclic garbage rarely: twins live long and hold no cycles, and looking took a third of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


def build(
    journal: Journal,
    clock: Clock,
    address: BrokerAddress,
    *,
    open_demo: bool,
    mappings: Sequence[VendorMapping] = (),
    gatekeeper: Gatekeeper | None = None,
    told: BrokersTold | None = None,
    addresses: Addresses | None = None,
    own_codes: OwnCodes | None = None,
    policy: Policy | None = None,
) -> tuple[Service, MqttLink]:
    """Put the service together as the store has it: the desk brought to where the ledger ends, the projections fed."""
    gatekeeper = gatekeeper or Gatekeeper(journal, authority_in(Path()), open_demo=open_demo)
    translators = Translators(mappings)
    found, claims = restored(journal, policy=policy), Claims()
    casebook, requests = found.casebook, found.requests
    customers = Customers(journal.customers.all())
    intake = Intake(
        Registry(journal.devices.all()),
        open_demo=open_demo,
        twins=_twins_at_hand(journal),
        translators=translators,
        own_codes=own_codes,
    )
    room = ControlRoom(intake, found.desk, customers, journal.ledger.pen(), Keys(kept=journal.ledger.has_key))
    addresses = addresses or Addresses()
    driver = Driver(
        room,
        journal,
        clock,
        feeds=[casebook.feed, requests.feed, addresses.feed, claims.feed],
        snapshot=partial(snapshot, casebook=casebook, requests=requests),
    )
    link = MqttLink(
        address, driver.offer, now=clock.now, filters=translators.filters, client_id=journal.meta.broker_session()
    )
    return Service(
        clock,
        journal,
        room,
        customers,
        casebook,
        requests,
        claims,
        driver,
        gatekeeper,
        told or brokers.told_plainly(address),
        lambda: link.status,
        found.desk.agents_waiting(),
        addresses,
        drift=found.drift,
    ), link


def _twins_at_hand(journal: Journal) -> Twins:
    """Have all twins of a small fleet at hand, and those of a large one when they are needed."""
    if journal.twins.count() <= MOST:
        return Twins(journal.twins.all(), journal.twins.one)
    return Twins(kept=journal.twins.one)


def _starts(service: Service) -> asyncio.Future[Turn]:
    """Write down which rules decide from now on, and since when nobody could be heard: behind it nothing rings for that."""
    now, room = service.clock.now(), service.room
    since = max(room.pen.at, room.desk.woken_at) if room.pen.seq else now
    return service.driver.submit(ServiceStarted(DECISIONS_VERSION, since), now)


async def _say_that_agents_left(service: Service) -> None:
    """Whoever waited for a call when the service ended hung up with it."""
    for agent in service.hung_up:
        await service.driver.tell(AgentLeft(agent))


async def _import_web() -> None:
    """Import what is slow to import, a second of it, without keeping the loop from its work."""
    await asyncio.to_thread(importlib.import_module, "dispatch.web.api.app")
    if importlib.util.find_spec("dispatch.web.console.page"):
        await asyncio.to_thread(importlib.import_module, "dispatch.web.console.page")


def _web(service: Service) -> _Web:
    from dispatch.web.api.app import create_app  # noqa: PLC0415 - imported by then

    app = create_app(service)
    if importlib.util.find_spec("dispatch.web.console.page"):
        from dispatch.web.console.page import mount  # noqa: PLC0415 - likewise

        mount(app, service)
    config = uvicorn.Config(
        app, log_config=None, log_level="warning", lifespan="on", timeout_graceful_shutdown=CLOSE_WITHIN_S
    )
    return _Web(config)


class _Web(uvicorn.Server):
    """Says when it is ``up``. Signals are ours to handle, not the HTTP server's."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _close_doors(service: Service, web: uvicorn.Server, task: asyncio.Task[None]) -> None:
    """Let go of whoever waits, then stop listening."""
    service.driver.announcer.news.close()
    service.claims.close()
    web.should_exit = True
    await asyncio.wait({task})


@contextlib.contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    """Take the port before anything else is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, port))
        except OSError as error:
            message = (
                f"port {port} on {host} cannot be used ({error.strerror}): stop what uses it, "
                "or choose another with --port (--port 0 takes any free one)"
            )
            raise CannotStart(message) from None
        yield door


def _watch(link: MqttLink) -> asyncio.Future[None]:
    """Return what is done when the link is up for the first time, and fails where the broker will not have us."""
    loop = asyncio.get_running_loop()
    first: asyncio.Future[None] = loop.create_future()

    def changed(status: LinkStatus) -> None:
        if first.done():
            return
        if status.state is LinkState.READY:
            first.set_result(None)
        elif status.state is LinkState.REFUSED:
            first.set_exception(CannotStart(status.reason))

    def tell(status: LinkStatus) -> None:
        loop.call_soon_threadsafe(changed, status)

    link.on_change(tell)
    return first


async def _all(*events: Awaitable[Any]) -> None:
    """Wait for all of them, in this order; raise what the first of them fails with."""
    for event in events:
        await event


def _task(work: Coroutine[Any, Any, Any], failed: asyncio.Future[None]) -> asyncio.Task[Any]:
    """Run a part; where it breaks, the whole service ends with its error."""
    task = asyncio.create_task(work)

    def done(ended: asyncio.Task[Any]) -> None:
        if not ended.cancelled() and ended.exception() and not failed.done():
            failed.set_exception(ended.exception() or RuntimeError())

    task.add_done_callback(done)
    return task


async def _end(task: asyncio.Task[None], stop: Callable[[], None]) -> None:
    stop()
    await asyncio.wait({task})


async def _until(*events: Awaitable[Any]) -> None:
    """Wait for the first of them; raise what it failed with."""
    waiting = [asyncio.ensure_future(event) for event in events]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for event in waiting:
        if event.done():
            event.result()


def _listen_for_the_end(stop: asyncio.Event, *, with_parent: bool) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if with_parent:
        on_parent_gone(stop.set)


def _announce(settings: Settings, door: socket.socket, brokers_told: BrokersTold) -> None:
    """Say where we are: for people, for machines, and in the ready file, which appears whole or not at all."""
    host, port = door.getsockname()[:2]
    http = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    listeners = {"broker_tls": brokers_told.tls, "broker_certificates": brokers_told.certificates}
    known = {name: url for name, url in listeners.items() if url}
    told = json.dumps({"http": http, "broker": brokers_told.plain, "pid": os.getpid(), **known})
    if settings.ready:
        settings.ready.parent.mkdir(parents=True, exist_ok=True)
        begun = settings.ready.with_name(f".{settings.ready.name}.{os.getpid()}")
        begun.write_text(told + "\n")
        begun.replace(settings.ready)
    if settings.as_json:
        sys.stdout.write(told + "\n")
        sys.stdout.flush()
    devices = " , ".join([brokers_told.plain, *known.values()])
    house = ", ".join(f"{name} {value}" for name, value in settings.house.written().items())
    if house:
        log.info("policy: %s%s", house, f" ({settings.policy_file})" if settings.policy_file else "")
    log.info("ready: console %s/ , API %s/api/v1/docs , devices %s , store %s", http, http, devices, settings.folder)


if __name__ == "__main__":
    main()
