"""Plays a story in real time: our own broker and service in processes of their own, the world at their public doors."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import simpy

from dispatch.policy_model.house_policy import HousePolicy
from dispatch.service.policy_file import NOT_SERVED, write_policy
from dispatch.store.journal import Journal
from firmware_sim.device.device import Device
from firmware_sim.links.mqtt import MqttFleet
from firmware_sim.links.probe import probe
from firmware_sim.links.trouble import BrokerTrouble
from gateway.contract.broker_address import BadBrokerAddress, BrokerAddress
from gateway.contract.client_ids import client_id
from gateway.devices.registry import VendorRecord
from scenarios.runner.cast import build_fleet, prepare, set_in_motion
from scenarios.runner.follow import Follower, Latency
from scenarios.runner.lag import Lag
from scenarios.runner.network import BluetoothAir, NetworkDoors
from scenarios.runner.player import Player
from scenarios.runner.run_notes import POLICY_FILE
from scenarios.runner.stage import LiveStage
from scenarios.runner.story_clock import StoryClock
from scenarios.runner.story_telephones import StoryTelephones
from scenarios.score.scorecard import Figure, Setting, figures, gather
from scenarios.score.struggle_facts import StruggleFacts
from scenarios.service.http import Api
from scenarios.service.process import CannotPlay, ServiceProcess
from scenarios.story.loader import StoryError
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.terminal import show
from scenarios.world import app_truth, money_truth
from scenarios.world import ground_truth as truth
from scenarios.world.app_truth import AppUse
from scenarios.world.bluetooth import Pair, draw_pairs, faults_of, without_modem
from scenarios.world.ground_truth import Fault
from scenarios.world.plan import Plan

if TYPE_CHECKING:
    from scenarios.runner.story_bank import StoryBank
    from scenarios.runner.story_inboxes import StoryInboxes

EMBEDDED = "embedded"
CHANNELS = "channels.toml"
"""As ``inboxes`` write it, too."""
OWN_CONNECTIONS, SHARDS = 6, 3
"""Of each vendor: devices with a connection of their own, and connections that the others share."""
DRAIN_WITHIN_S = 10.0
LAST_WORDS_S = 0.5
"""For what is still on its way when the story ends."""


@dataclass(slots=True)
class LiveResult:
    """What a live run came to."""

    scorecard: dict[str, Figure]
    latency: dict[str, float | None]
    """``publish_to_queued_p50_ms`` and ``…_p99_ms``."""
    slowed: float
    """How much longer it took than at the speed asked for; 1: the machine kept up."""
    truth: list[Fault]
    folder: Path
    uses: list[AppUse]
    """What people did in the app in truth."""
    struggles: StruggleFacts
    """What the ledger tells of who struggled with it."""


def play_live(
    story: Story,
    seed: int,
    *,
    speed: float,
    broker: str | None = None,
    port: int = 0,
    out: Path | None = None,
    quiet: bool = False,
    telephony: bool = False,
) -> LiveResult:
    """Play a story at ``speed`` story seconds to a real one, or as fast as the machine can down to half of that.

    ``port``: of console and API; 0: any free one. ``telephony``: people are rung, and ring, over SIP.
    Raises ``StoryError`` and ``CannotPlay``; leaves nothing running.
    """
    began = time.perf_counter()
    if story.policy.reactive:
        message = f"policy.name: {NOT_SERVED}"
        raise StoryError(message)
    streams, plan, faults = prepare(story, seed)
    if broker is not None:
        _ask_broker(broker)
    folder = out or _unique(story)
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "ledger.sqlite").exists():
        message = f"{folder}: another run's ledger lies there; give an empty folder with --out"
        raise CannotPlay(message)
    clock = StoryClock(folder / "clock.json", story.start_s, speed)
    options = _policy(folder, story.policy)
    telephones = StoryTelephones.of(plan, clock) if telephony else None
    if telephones is not None:
        options += ["--telephony", "sip", "--sip-trunk", str(telephones.write(folder / "trunk.toml"))]
    inboxes, bank = _inboxes(story, streams, plan), _bank(story, streams, clock)
    with ExitStack() as there:
        if telephones is not None:
            there.enter_context(telephones.up())
        if inboxes is not None:
            there.enter_context(inboxes.up())
            inboxes.write(folder)
        if bank is not None:
            there.enter_context(bank.up())
            bank.write(folder / CHANNELS)
        options += ["--channels", str(folder / CHANNELS)] if inboxes or bank else []
        service = there.enter_context(ServiceProcess(folder, clock.path, broker or EMBEDDED, options, port=port))
        env = simpy.Environment(initial_time=story.start_s)
        stage = LiveStage(
            story, plan, faults, streams, build_fleet(plan), clock, service, env, telephones, inboxes, bank
        )
        latency, sent, slowed = _perform(stage, broker, quiet=quiet)
    truth.write(folder / "truth.jsonl", faults)
    app_truth.write(folder, plan.app_uses)
    money_truth.write(folder, plan.wrongs)
    executed = None if bank is None else bank.bank.books()
    wall_s = time.perf_counter() - began
    setting = Setting(len(stage.fleet), sent, wall_s, story.duration, story.policy.due, executed)
    with Journal.open(folder) as journal:
        talks = plan.true_talks or None
        evidence = gather(journal.ledger.rows(), setting, faults, plan.app_uses, plan.wrongs, talks=talks)
    struggles = evidence.facts.struggles
    return LiveResult(figures(evidence), latency.figures(), slowed, faults, folder, plan.app_uses, struggles)


def _inboxes(story: Story, streams: Streams, plan: Plan) -> StoryInboxes | None:
    """Return where a story's people write; ``None``: they do not. Raises ``CannotPlay`` where channels' libraries are not there."""
    if story.habits is None:
        return None
    try:
        from scenarios.runner.story_inboxes import StoryInboxes  # noqa: PLC0415 - stories without do without its libraries
    except ImportError as error:
        message = f"{story.name} has people who write, which needs {error.name}: pip install 'callahead[channels]'"
        raise CannotPlay(message) from None
    return StoryInboxes(story, streams, plan)


def _bank(story: Story, streams: Streams, clock: StoryClock) -> StoryBank | None:
    """Return a story's bank; ``None``: it has none. Raises ``CannotPlay`` where its libraries are not there."""
    if story.bank is None:
        return None
    try:
        from scenarios.runner.story_bank import StoryBank  # noqa: PLC0415 - stories without do without its libraries
    except ImportError as error:
        message = f"{story.name} has a bank, which needs {error.name}: pip install 'callahead[payments]'"
        raise CannotPlay(message) from None
    return StoryBank(story.bank, streams, clock, story.start_s)


def _policy(folder: Path, policy: HousePolicy) -> list[str]:
    """Write the story's policy down for the service, where it is not as usual; return the options that name the file."""
    if policy == HousePolicy():
        return []
    write_policy(folder / POLICY_FILE, policy)
    return ["--policy", str(folder / POLICY_FILE)]


def _unique(story: Story) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return Path("runs") / f"{story.name}-live-{stamp}-{os.getpid()}"


def _ask_broker(url: str) -> None:
    """Find out whether a broker of somebody else's would have us, before anything is started."""
    try:
        address = BrokerAddress.parse(url)
        probe(address, client_id(address.username, f"callahead-{os.getpid()}-probe"))
    except (BadBrokerAddress, BrokerTrouble) as error:
        message = f"--broker {url.rpartition('@')[2]}: {error}"
        raise CannotPlay(message) from None


def _perform(stage: LiveStage, broker: str | None, *, quiet: bool) -> tuple[Latency, int, float]:
    """Open the doors, let the story run, and close them.

    Returns the latencies, how many events were sent, and how much longer it took than at full speed.
    """
    at = stage.service.addresses()
    with ExitStack() as open_doors:
        api = open_doors.enter_context(Api(at.http))
        doors = NetworkDoors(stage.env, api)
        vendors = _by_vendor(stage)
        api.register("/vendors", [VendorRecord(vendor, "simulated") for vendor in vendors])
        urls = {vendor: broker or api.credential(vendor, at.broker) for vendor in vendors}
        fleets = open_doors.enter_context(_connected(vendors, doors, urls))
        pairs = draw_pairs(stage.story, stage.plan, stage.streams)
        doors.telephones = stage.telephones
        if pairs:
            doors.bluetooth = open_doors.enter_context(_air(stage, pairs))
        _register(stage.plan, api)
        if stage.bank is not None:
            stage.bank.serve(at.http)
        if stage.inboxes is not None:
            stage.inboxes.serve(at.http, api, doors.letter)
            doors.inboxes = stage.inboxes
        for partner in _partners(stage.plan):
            doors.listen_for(partner)
        follower, lag = Follower(api), Lag(api)
        doors.watch(api.start(follower.follow()))
        doors.watch(api.start(lag.ask()))
        set_in_motion(stage.env, stage.story, stage.streams, stage.plan, stage.faults, doors, stage.fleet)
        _drain(fleets)
        latency = Latency(doors.stamps.at)
        player = Player(stage, doors, follower, latency, lag)
        slowed = player.play(console=f"{at.http}/", quiet=quiet)
        _hear_the_end(stage, doors, fleets)
        return latency, len(doors.stamps.at), slowed


@contextmanager
def _connected(
    vendors: dict[str, list[Device]], doors: NetworkDoors, urls: dict[str, str]
) -> Iterator[list[MqttFleet]]:
    """Connect every device, each vendor's on connections of its own and with its own credential, as it would be outside."""
    fleets = [
        MqttFleet(
            urls[vendor],
            devices,
            run=f"{vendor}-{os.getpid()}-{int(time.time())}",
            on_command=doors.command,
            on_rejected=doors.rejected,
            own_connections=OWN_CONNECTIONS,
            shards=SHARDS,
            on_acknowledged=doors.stored,
            on_trouble=show.complain,
        )
        for vendor, devices in vendors.items()
    ]
    try:
        for fleet in fleets:
            fleet.start()
        yield fleets
    except BrokerTrouble as error:
        raise CannotPlay(str(error)) from None
    finally:
        for fleet in fleets:
            fleet.close()


def _by_vendor(stage: LiveStage) -> dict[str, list[Device]]:
    """Return each vendor's devices that have a network of their own; a vendor may have none of them."""
    no_network = without_modem(draw_pairs(stage.story, stage.plan, stage.streams))
    found: dict[str, list[Device]] = {}
    for device in stage.fleet.values():
        line = found.setdefault(device.name.partition("/")[0], [])
        if device.name not in no_network:
            line.append(device)
    return found


@contextmanager
def _air(stage: LiveStage, pairs: list[Pair]) -> Iterator[BluetoothAir]:
    """Give cars and phones their radios. Raises ``CannotPlay`` where Bluetooth's libraries are not there."""
    try:
        from scenarios.runner.bluetooth_air import air  # noqa: PLC0415 - stories without it do without its libraries
    except ImportError as error:
        message = f"{stage.story.name} has Bluetooth, which needs {error.name}: pip install 'callahead[ble]'"
        raise CannotPlay(message) from None
    with air(pairs, stage.fleet, faults_of(stage.story, stage.streams, "air")) as made:
        yield made


def _register(plan: Plan, api: Api) -> None:
    api.register("/customers", plan.customers())
    api.register("/devices", plan.devices())
    api.register("/workshops", plan.workshops)
    api.register("/suppliers", plan.suppliers)


def _partners(plan: Plan) -> list[str]:
    return [shop.workshop for shop in plan.workshops] + [supplier.supplier for supplier in plan.suppliers]


def _hear_the_end(stage: LiveStage, doors: NetworkDoors, fleets: list[MqttFleet]) -> None:
    """Let what is on its way arrive."""
    _drain(fleets)
    deadline = time.monotonic() + LAST_WORDS_S
    while (left := deadline - time.monotonic()) > 0:
        doors.take_in(left)
    stage.service.check()


def _drain(fleets: list[MqttFleet]) -> None:
    """Wait until the broker has everything."""
    for fleet in fleets:
        fleet.drain(DRAIN_WITHIN_S)
