"""Who speaks to whom over Bluetooth LE: what is paired to its owner's phone, while the owner is with it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from firmware_sim.device.device import Device
from firmware_sim.device.fix import Fix
from firmware_sim.kinds.phone.device import Phone
from firmware_sim.kinds.phone.relay import Relay
from firmware_sim.links.radio_faults import RadioFaults
from scenarios.story.registry import KINDS
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.world.actor import actor_of
from scenarios.world.fixes import PHONE_ERROR_M, measured
from scenarios.world.plan import Home, Plan
from scenarios.world.town import Point
from scenarios.world.world import Life, World

LOOK_EVERY_S = 15.0
COMES_S, STAYS_S = 180.0, 900.0
"""How long before a trip its owner is there, and how long afterwards the phone still is."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A device and its owner's phone, as they are built."""

    home: Home
    kind: str
    device: str
    phone: str
    key: bytes
    """What both know."""
    modem: bool
    """The device has a network of its own, too."""
    receiver: bool
    """It has a satellite receiver."""
    distance: float
    """Metres between them while the owner is there."""
    acknowledges: bool
    """The phone's acknowledgements arrive."""


def draw_pairs(story: Story, plan: Plan, streams: Streams) -> list[Pair]:
    """Draw which devices have Bluetooth, and what else they have. The same every time."""
    bluetooth = story.bluetooth
    if bluetooth is None:
        return []
    found: list[Pair] = []
    for home, kind, device, phone in _together(plan):
        has_it, has_modem, has_receiver, hears = streams.keyed("bluetooth", device).random(4)
        if has_it >= bluetooth.share:
            continue
        key = sha256(f"{streams.seed} {device}".encode()).digest()
        modem = has_modem < bluetooth.modem
        receiver = modem or has_receiver < bluetooth.receiver
        acknowledges = hears >= bluetooth.never_acknowledges
        found.append(Pair(home, kind, device, phone, key, modem, receiver, bluetooth.distance, acknowledges))
    return found


def _together(plan: Plan) -> Iterator[tuple[Home, str, str, str]]:
    """Yield each device that is paired with another of its home, and that one."""
    for home in plan.homes:
        for kind, device in home.devices.items():
            phone = home.devices.get(KINDS[kind].paired_with or "")
            if phone is not None:
                yield home, kind, device, phone


def without_modem(pairs: list[Pair]) -> frozenset[str]:
    """Return the devices that have no network of their own."""
    return frozenset(pair.device for pair in pairs if not pair.modem)


def faults_of(story: Story, streams: Streams, purpose: str) -> RadioFaults:
    """Return what goes wrong on one radio, or on the air of all of them."""
    bluetooth = story.bluetooth
    assert bluetooth  # noqa: S101 - asked where there is Bluetooth only
    dice = random.Random(int(streams.keyed("radio", purpose).integers(1 << 32)))  # noqa: S311 - a simulation's
    return RadioFaults(bluetooth.drops, bluetooth.replays, bluetooth.advertising_loss, dice)


def start(world: World, pairs: list[Pair], fleet: Mapping[str, Device]) -> None:
    """Give every such device its line to its phone, and have the phones come and go."""
    for pair in pairs:
        device, phone = fleet[pair.device], fleet[pair.phone]
        assert isinstance(phone, Phone)  # noqa: S101 - drawn so
        if not pair.receiver:
            actor_of(pair.kind).lose_receiver(device)
        relay = Relay(phone, device.name, _locate(world, pair))
        near = world.doors.pair(pair, device, relay, faults_of(world.story, world.streams, device.name))
        world.env.process(_accompany(world, pair, near))


def _locate(world: World, pair: Pair) -> Callable[[], Fix | None]:
    def locate() -> Fix | None:
        return measured(world, pair.phone, _place(world, pair), PHONE_ERROR_M)

    return locate


def _place(world: World, pair: Pair) -> Point:
    """Where the phone is: with the device."""
    breakdown = world.broken.get(pair.device)
    if breakdown:
        return Point(breakdown.fault.latitude, breakdown.fault.longitude)
    return pair.home.place(world.now)


def _accompany(world: World, pair: Pair, near: Callable[[bool], None]) -> Life:
    """Be near while its owner is about to set out, is on the way, or stands beside what is broken."""
    before: bool | None = None
    while True:
        now = _is_with_it(world, pair)
        if now is not before:
            near(now)
            before = now
        yield world.env.timeout(LOOK_EVERY_S)


def _is_with_it(world: World, pair: Pair) -> bool:
    trips = pair.home.trips
    return pair.device in world.broken or any(
        trip.depart - COMES_S <= world.now <= trip.arrive + STAYS_S for trip in trips
    )
