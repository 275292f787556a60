"""Who speaks to whom over Bluetooth LE: cars to their owners' phones, while the owner is with the car."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from firmware_sim.device.device import Device
from firmware_sim.device.fix import Fix
from firmware_sim.kinds.car.device import Car, CarSensors
from firmware_sim.kinds.phone.device import Phone
from firmware_sim.kinds.phone.relay import Relay
from firmware_sim.links.radio_faults import RadioFaults
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.world.fixes import PHONE_ERROR_M, measured
from scenarios.world.plan import Home, Plan
from scenarios.world.town import Point
from scenarios.world.world import Life, World

LOOK_EVERY_S = 15.0
COMES_S, STAYS_S = 180.0, 900.0
"""How long before a trip its driver is at the car, and how long afterwards the phone still is."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A car and its owner's phone, as they are built."""

    home: Home
    car: str
    phone: str
    key: bytes
    """What both know."""
    modem: bool
    """The car has a network of its own, too."""
    receiver: bool
    """The car has a satellite receiver."""
    distance: float
    """Metres between them while the owner is there."""
    acknowledges: bool
    """The phone's acknowledgements arrive."""


class NoReceiver(CarSensors):
    """The sensors of a car that does not know where it is."""

    def __setattr__(self, name: str, value: object) -> None:
        """Measure everything but the place."""
        super().__setattr__(name, None if name == "fix" else value)


def draw_pairs(story: Story, plan: Plan, streams: Streams) -> list[Pair]:
    """Draw which cars have Bluetooth, and what else they have. The same every time."""
    bluetooth = story.bluetooth
    if bluetooth is None:
        return []
    found: list[Pair] = []
    for home in plan.homes:
        if home.car is None or home.phone is None:
            continue
        has_it, has_modem, has_receiver, hears = streams.keyed("bluetooth", home.car).random(4)
        if has_it >= bluetooth.share:
            continue
        key = sha256(f"{streams.seed} {home.car}".encode()).digest()
        modem = has_modem < bluetooth.modem
        receiver = modem or has_receiver < bluetooth.receiver
        acknowledges = hears >= bluetooth.never_acknowledges
        found.append(Pair(home, home.car, home.phone, key, modem, receiver, bluetooth.distance, acknowledges))
    return found


def without_modem(pairs: list[Pair]) -> frozenset[str]:
    """Return the cars that have no network of their own."""
    return frozenset(pair.car for pair in pairs if not pair.modem)


def faults_of(story: Story, streams: Streams, purpose: str) -> RadioFaults:
    """Return what goes wrong on one radio, or on the air of all of them."""
    bluetooth = story.bluetooth
    assert bluetooth  # noqa: S101 - asked where there is Bluetooth only
    dice = random.Random(int(streams.keyed("radio", purpose).integers(1 << 32)))  # noqa: S311 - a simulation's
    return RadioFaults(bluetooth.drops, bluetooth.replays, bluetooth.advertising_loss, dice)


def start(world: World, pairs: list[Pair], fleet: Mapping[str, Device]) -> None:
    """Give every such car its line to its phone, and have the phones come and go."""
    for pair in pairs:
        car, phone = fleet[pair.car], fleet[pair.phone]
        assert isinstance(car, Car)  # noqa: S101 - drawn so
        assert isinstance(phone, Phone)  # noqa: S101 - likewise
        if not pair.receiver:
            car.sensors = NoReceiver()
        relay = Relay(phone, car.name, _locate(world, pair))
        near = world.doors.pair(pair, car, relay, faults_of(world.story, world.streams, car.name))
        world.env.process(_accompany(world, pair, near))


def _locate(world: World, pair: Pair) -> Callable[[], Fix | None]:
    def locate() -> Fix | None:
        return measured(world, pair.phone, _place(world, pair), PHONE_ERROR_M)

    return locate


def _place(world: World, pair: Pair) -> Point:
    """Where the phone is: with the car."""
    breakdown = world.broken.get(pair.car)
    if breakdown:
        return Point(breakdown.fault.latitude, breakdown.fault.longitude)
    trip = next((trip for trip in reversed(pair.home.trips) if trip.depart <= world.now), None)
    return trip.place(world.now) if trip else pair.home.point


def _accompany(world: World, pair: Pair, near: Callable[[bool], None]) -> Life:
    """Be near while the car is about to be driven, is driven, or stands broken."""
    before: bool | None = None
    while True:
        now = _is_with_the_car(world, pair)
        if now is not before:
            near(now)
            before = now
        yield world.env.timeout(LOOK_EVERY_S)


def _is_with_the_car(world: World, pair: Pair) -> bool:
    trips = pair.home.trips
    return pair.car in world.broken or any(
        trip.depart - COMES_S <= world.now <= trip.arrive + STAYS_S for trip in trips
    )
