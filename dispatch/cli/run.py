"""Runs the service: takes what it needs for itself, brings its parts up, waits for the end, and takes them down again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from pathlib import Path

from dispatch.channels.sip.line import SipLine
from dispatch.cli import brokers, listeners
from dispatch.cli.announce import announce
from dispatch.cli.bluetooth import bluetooth
from dispatch.cli.gateway_processes import GatewayProcesses
from dispatch.cli.parts import Part, Parts, all_of, first_of
from dispatch.cli.process_watch import told_to_stop
from dispatch.cli.projection_process import ProjectionProcess
from dispatch.cli.shadow_process import ShadowPart
from dispatch.cli.sign_on import sign_on
from dispatch.cli.systemd import notify
from dispatch.cli.tracing import tracing
from dispatch.cli.web_server import WebServer, bound, import_web
from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.events import AgentLeft, ServiceStarted
from dispatch.core.plan.model import Level
from dispatch.core.policy import Identity
from dispatch.delivery.device_sender import DeviceSender
from dispatch.delivery.geocoding import Addresses
from dispatch.engine.clock import Clock, WallClock
from dispatch.engine.story_clock import StoryClock
from dispatch.ledger.pipeline import Turn
from dispatch.observe.disk_probe import DiskProbe
from dispatch.observe.garbage import collect_rarely
from dispatch.service.access_control import AccessControl, authority_in
from dispatch.service.build import Hearing, build
from dispatch.service.exchange import Exchange
from dispatch.service.hazards_file import to_adopt
from dispatch.service.log_in import LogIn
from dispatch.service.personal_data import list_in
from dispatch.service.policy_file import desk_policy, road_lines
from dispatch.service.retention import Sweeper
from dispatch.service.service import Service
from dispatch.service.settings import CannotStart, HearingSettings, Settings, WatchingSettings
from dispatch.store.journal import Journal
from gateway.contract.described import build_now
from gateway.errors import OperatorError
from gateway.kinds.registry import check_catalogues, own_codes
from gateway.links.handover.delivery import Link
from gateway.links.handover.status import LinkState, LinkStatus
from gateway.links.mqtt.broker_links import BrokerLinks
from gateway.mapping.read import SHIPPED, read_mapping, shipped

log = logging.getLogger("callahead")


async def run(settings: Settings) -> None:
    """Run the service until it is told to stop. Raises ``CannotStart`` and its kin before anything is up."""
    process = settings.process
    clock: Clock = StoryClock(process.clock) if process.clock else WallClock()
    listeners.check(settings)
    password = brokers.given_password(settings.broker)
    hearing, policy = _hearing(settings.hearing, settings.watching), desk_policy(settings.policy.house)
    to_adopt(settings.policy.house, None)  # what cannot be read is told before anything is up
    if process.ready:
        process.ready.unlink(missing_ok=True)  # of a service that was killed
    stop = told_to_stop(with_parent=process.stop_with_parent)
    with Journal.open_at(settings.store.address()) as journal, bound(settings.web) as door:
        if isinstance(clock, WallClock):  # a story's time is its file's
            clock.go_on_from(journal.ledger.pen().at)
        access_control = AccessControl(
            journal,
            authority_in(settings.store.folder),
            open_demo=hearing.open_demo,
            mappings=hearing.mappings,
            service_password=password,
            client_ids=settings.broker.client_ids,
        )
        async with brokers.broker(settings, access_control) as broker:
            service, link = build(
                journal,
                clock,
                broker,
                hearing,
                access_control=access_control,
                addresses=Addresses(settings.geocoder),
                policy=policy,
                partner_networks=settings.partner_networks,
            )
            if settings.broker.is_ours:
                service.heartbeat.disk = DiskProbe(settings.store.folder)
            service.personal_data.erased = list_in(settings.store.folder)
            service.road_lines = road_lines(policy)
            service.map_file = settings.web.map_file
            if settings.channels is not None:
                service.doors.open(settings.channels)
                if settings.channels.bank is not None:
                    service.bank.open(settings.channels.bank)
            service.log_in = LogIn(journal, may_be_open=listeners.may_be_open(settings.web))
            service.page_links.public_url = settings.web.public_url
            service.sign_on = sign_on(settings.web.provider, service.log_in)
            await _serve(settings, service, link, door, stop)


def _hearing(settings: HearingSettings, watching: WatchingSettings) -> Hearing:
    """Read how devices are to be understood. Raises ``MappingError`` and ``CatalogueError``."""
    mappings = [read_mapping(shipped(one) if one in SHIPPED else Path(one)) for one in settings.mappings]
    check_catalogues()
    build_now()
    logs = watching.log_format, watching.log_level
    return Hearing(settings.open_demo, mappings, own_codes(settings.codes), settings.limits, settings.gateways, *logs)


async def _serve(
    settings: Settings, service: Service, link: BrokerLinks, door: socket.socket, stop: asyncio.Event
) -> None:
    """Bring the parts up, wait for the end, and take them down in the opposite order."""
    started = _service_started(service)  # before anything else is heard
    link_ready = _first_ready(link)
    async with contextlib.AsyncExitStack() as running:
        parts = Parts(running)
        await running.enter_async_context(tracing(settings.watching.otel, service))
        out = await running.enter_async_context(bluetooth(settings, service, link))
        devices = _device_sender(service, out)
        parts.start(devices)
        running.push_async_callback(link.stopped)
        senders = (service.webhooks, service.doors.sender, service.bank.sender)
        for part in (service.addresses, service.driver, service.heartbeat, *senders):
            parts.start(part)
        for line in _telephone_lines(settings, service):
            parts.start(line)
        await started
        await _adopt_hazards(settings, service)
        await service.personal_data.erase_again()  # before anything is told of who a backup brought back
        await _say_that_agents_left(service)
        devices.resume()
        service.webhooks.resume()
        service.doors.sender.resume()
        service.bank.sender.resume()
        for channel in (*service.doors.by_channel.values(), *service.bank.parts):
            parts.start(channel)
        if service.lending is not None:
            parts.start(GatewayProcesses(service.lending, settings.hearing, settings.watching, settings.store.folder))
        link.start()
        parts.start(ProjectionProcess(service, settings))
        await import_web()  # what devices sent meanwhile is seen to while that goes on
        web = WebServer(service, door, settings.web)
        parts.start(web)
        parts.start(Sweeper(service.journal, service.driver, service.clock, settings.policy.house.retention))
        if settings.policy.shadow is not None:
            parts.start(ShadowPart(service, settings, settings.policy.shadow))
        if service.room.desk.policy.plan is Level.PARTITION:
            parts.start(_proposer(service))
        await first_of(stop.wait(), all_of(link_ready, web.up.wait()), parts.failed)
        if not stop.is_set():
            collect_rarely()
            announce(settings, door, service)
            notify("READY=1")
            await first_of(stop.wait(), parts.failed)
        log.info("stopping")
        notify("STOPPING=1")


def _telephone_lines(settings: Settings, service: Service) -> list[SipLine]:
    """Have calls rung by the lines that the operator has, if any."""
    lines = {one.provenance: SipLine(one) for one in settings.telephone_lines}
    if lines:
        service.exchange = Exchange(service, lines)
        _know_voices(service.exchange, service.room.desk.policy.identity)
        service.driver.announcer.feed(service.exchange.feed)
    return list(lines.values())


def _know_voices(exchange: Exchange, identity: Identity) -> None:
    """Have customers known by their voice, where the policy wants it and the extra is there; else it is said."""
    if identity is not Identity.VOICE:
        return
    try:
        from dispatch.channels.voiceprint.worker import VoiceWorker  # noqa: PLC0415 - needs the extra voice

        exchange.voices.worker = VoiceWorker()
    except (ImportError, OperatorError) as error:
        exchange.voices.trouble = f"it needs the extra voice, pip install 'callahead[voice]' ({error})"
        log.warning("nobody is known by their voice: %s", exchange.voices.trouble)


def _proposer(service: Service) -> Part:
    """Return who proposes plans. Raises ``CannotStart``."""
    try:
        from dispatch.service.proposer import Proposer  # noqa: PLC0415 - needs the extra plan
    except ImportError as error:
        raise CannotStart(f"plan: partition needs the extra plan, pip install callahead[plan]: {error}") from None
    return Proposer(service.driver, service.room, service.clock)


def _service_started(service: Service) -> asyncio.Future[Turn]:
    """Write down which rules decide from now on, and since when nobody could be heard: behind it nothing rings for that."""
    now, room = service.clock.now(), service.room
    since = max(room.pen.at, room.desk.woken_at) if room.pen.seq else now
    return service.driver.submit(ServiceStarted(DECISIONS_VERSION, since), now)


async def _adopt_hazards(settings: Settings, service: Service) -> None:
    """Have the desk go by the model of when customers phone that the policy names, where it does not yet."""
    adopted = to_adopt(settings.policy.house, service.room.desk.hazards)
    if adopted is not None:
        await service.tell(adopted)


def _first_ready(link: BrokerLinks) -> asyncio.Future[None]:
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


def _device_sender(service: Service, out: Link) -> DeviceSender:
    """Have decisions carried out: by the link ``out``, and by webhooks."""
    registry, tallies = service.room.intake.registry, service.driver.tallies
    devices = DeviceSender(
        out, registry, service.journal, service.clock.now, tallies, book=service.casebook, unwanted=service.unwanted
    )
    service.driver.announcer.feed(service.webhooks.carry_out)
    service.driver.announcer.feed(service.doors.sender.carry_out)
    service.driver.announcer.feed(service.bank.sender.carry_out)
    service.driver.announcer.send_through(devices)
    return devices


async def _say_that_agents_left(service: Service) -> None:
    """Whoever waited for a call when the service ended hung up with it."""
    for agent in service.hung_up:
        await service.driver.tell(AgentLeft(agent, by="service"))
