"""Puts a world together and sets all its actors in motion. Adding a kind of actor: its own file, and a line here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TypeVar

import simpy

from firmware_sim.device.device import Device
from firmware_sim.device.fix import Fix
from firmware_sim.kinds.car.device import Car
from firmware_sim.kinds.fridge.device import Fridge
from firmware_sim.kinds.phone.device import Phone
from firmware_sim.kinds.truck.device import Truck
from scenarios.kinds.car import actor as cars
from scenarios.kinds.fridge import actor as fridges
from scenarios.kinds.phone import actor as phones
from scenarios.kinds.truck import actor as trucks
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.world import agents, bluetooth, customers, hours, network, notices, partners
from scenarios.world.doors import Doors
from scenarios.world.faults import draw_faults
from scenarios.world.ground_truth import Fault
from scenarios.world.noise import Noise
from scenarios.world.often import with_counts
from scenarios.world.plan import Home, Plan, draw_plan
from scenarios.world.town import Point
from scenarios.world.world import Breakdown, Life, World

Kind = TypeVar("Kind", bound=Device)
Fleet = dict[str, Device]
"""Every simulated device by its name, in a fixed order."""


def prepare(story: Story, seed: int, *, sleepers: bool = False) -> tuple[Streams, Plan, list[Fault]]:
    """Draw who is there and what will break. Raises ``StoryError`` where the story asks for more than can happen.

    ``sleepers``: nobody plays but those to whom something happens (``may_sleep``).
    """
    streams = Streams(seed)
    plan = draw_plan(story, streams)
    faults = draw_faults(with_counts(story, streams), plan, streams)
    plan.homes = plan.homes_of({fault.device for fault in faults}) if sleepers else list(plan.everybody())
    return streams, plan, faults


def may_sleep(story: Story) -> bool:
    """Tell whether what the story's devices tell by routine can be left out without changing a decision.

    What a radio loses depends on all that it carries, and an outage is told from what all others pay: there nobody sleeps.
    """
    pays = story.payments is not None or any(process.kind == "phone" for process in story.faults)
    return story.telemetry == "relevant" and story.bluetooth is None and not pays


def build_fleet(plan: Plan) -> Fleet:
    """Build every device that plays; none is online yet. Trucks come first, for they need the best lines."""
    fleet: Fleet = build_trucks(plan)
    for home in plan.homes:
        fleet.update(build_home(home))
    return fleet


def build_trucks(plan: Plan) -> Fleet:
    """Build the trucks."""
    return {
        truck.truck: Truck(truck.truck, Fix(truck.depot.latitude, truck.depot.longitude, 10.0, 0.0))
        for truck in plan.trucks
    }


def build_home(home: Home) -> Fleet:
    """Build what a home owns."""
    fleet: Fleet = {}
    if home.car:
        fleet[home.car] = Car(home.car)
    if home.fridge:
        fleet[home.fridge] = Fridge(home.fridge)
    if home.phone:
        fleet[home.phone] = Phone(home.phone)
    return fleet


def set_in_motion(  # noqa: PLR0917 - everything there is
    env: simpy.Environment, story: Story, streams: Streams, plan: Plan, faults: list[Fault], doors: Doors, fleet: Fleet
) -> World:
    """Attach every device to the doors and start every actor."""
    world = _world(env, story, streams, plan, doors, faults)
    pairs = bluetooth.draw_pairs(story, plan, streams)
    no_network = bluetooth.without_modem(pairs)
    for device in fleet.values():
        if device.name not in no_network:
            doors.attach(device)
    bluetooth.start(world, pairs, fleet)
    for device in fleet.values():
        device.go_online(world.now)
    _start_people(world, fleet)
    phones_of = {pair.car: pair.phone for pair in pairs}
    _start_gaps(world, {name: device for name, device in fleet.items() if name not in no_network}, faults, phones_of)
    broken = {fault.device: fault for fault in faults}
    for home in plan.homes:
        _start_home(world, fleet, home, broken)
    return world


def set_in_motion_by_events(  # noqa: PLR0917 - likewise
    env: simpy.Environment, story: Story, streams: Streams, plan: Plan, faults: list[Fault], doors: Doors
) -> World:
    """Start the trucks and the people; every other device is built when something is about to happen to it."""
    world = _world(env, story, streams, plan, doors, faults)
    world.sleepers = True
    fleet = build_trucks(plan)
    for device in fleet.values():
        doors.attach(device)
        device.go_online(world.now)
    _start_people(world, fleet)
    _start_gaps(world, fleet, (), {})
    broken = {fault.device: fault for fault in faults}
    for home in plan.homes:
        env.process(_wake(world, home, broken))
    return world


def _world(  # noqa: PLR0917 - likewise
    env: simpy.Environment, story: Story, streams: Streams, plan: Plan, doors: Doors, faults: list[Fault]
) -> World:
    market = phones.open_market(story, streams)
    return World(env, story, streams, plan, doors, faults, Noise(streams), market)


def _start_people(world: World, fleet: Fleet) -> None:
    """Start crews, agents, partners, and the customers who will worry."""
    for truck in world.plan.trucks:
        crew = trucks.crew_of(world, _as(Truck, fleet[truck.truck]), truck.kind, truck.depot)
        world.env.process(trucks.work(world, crew))
        world.env.process(hours.keep(world, crew.truck, hours.truck_away(world.story, truck)))
    for agent in world.plan.agents:
        world.env.process(agents.work(world, agent))
    world.env.process(partners.listen(world))
    world.env.process(customers.ring_in(world))
    world.on_breakdown = partial(_begin_to_worry, world)
    world.doors.on_heard = world.heard


def _begin_to_worry(world: World, breakdown: Breakdown) -> None:
    world.env.process(customers.worry(world, breakdown))


def _start_home(world: World, fleet: Fleet, home: Home, faults: Mapping[str, Fault]) -> None:
    if home.car:
        world.env.process(cars.drive(world, home, _as(Car, fleet[home.car]), faults.get(home.car)))
    if home.fridge:
        _start_fridge(world, _as(Fridge, fleet[home.fridge]), home, faults.get(home.fridge))
    if home.phone:
        _start_phone(world, fleet, home, faults.get(home.phone))


def _wake(world: World, home: Home, faults: Mapping[str, Fault]) -> Life:
    """Have a home's devices when something is about to happen to one, and give them up when that is over."""
    if home.fridge:
        yield world.until(fridges.woken_at(faults[home.fridge]))
        fleet = _come_alive(world, home, faults)
        _start_fridge(world, _as(Fridge, fleet[home.fridge]), home, faults[home.fridge])
        return
    assert home.car  # noqa: S101 - where nothing but phones could break nobody sleeps
    wakes = max(world.story.start_s, cars.woken_at(world, faults[home.car]))
    if home.phone:
        yield world.until(phones.last_status_before(world, home.phone, wakes))
    fleet = _come_alive(world, home, faults)
    if home.phone:
        _start_phone(world, fleet, home, None)
    yield world.until(wakes)
    yield from cars.drive(world, home, _as(Car, fleet[home.car]), faults[home.car], wakes)
    for name, device in fleet.items():
        world.awake.discard(name)
        world.doors.detach(device)


def _come_alive(world: World, home: Home, faults: Mapping[str, Fault]) -> Fleet:
    """Build a home's devices, and connect those that are not in a gap."""
    fleet = build_home(home)
    mine = [faults[name] for name in fleet if name in faults]
    gaps = network.draw_gaps(world.story, fleet, mine, world.streams)
    now, gaps_open = world.now, Counter[str]()
    world.awake.update(fleet)
    for name, device in fleet.items():
        world.doors.attach(device)
        if not any(gap.device == name and gap.begin <= now < gap.end for gap in gaps):
            device.go_online(now)
    for gap in gaps:
        if gap.end > now:
            world.env.process(network.lose(world, fleet[gap.device], gap, gaps_open))
    return fleet


def _start_fridge(world: World, fridge: Fridge, home: Home, fault: Fault | None) -> None:
    fridge.on_notice = partial(notices.shown, world, None)
    kitchen = fridges.kitchen_of(world, fridge, fault)
    world.env.process(fridges.cool(world, kitchen))
    if fault is not None:
        fault.latitude, fault.longitude = home.point.latitude, home.point.longitude
        world.env.process(fridges.fail(world, kitchen, fault))


def _start_phone(world: World, fleet: Fleet, home: Home, fault: Fault | None) -> None:
    phone = _as(Phone, fleet[home.phone or ""])
    car = _as(Car, fleet[home.car]) if home.car else None
    phone.on_notice = partial(notices.shown, world, car)
    world.env.process(phones.carry(world, phone, lambda: _whereabouts(world, home)))
    if world.story.payments is None and fault is None:
        return
    payer = phones.payer_of(world, home, phone)
    if world.story.payments is not None:
        world.env.process(phones.pay(world, payer, world.story.payments))
    if fault is not None:
        world.env.process(phones.fail(world, payer, fault))


def _whereabouts(world: World, home: Home) -> Point:
    """Where a phone is: where its owner's car should be by now, or at home."""
    trip = next((trip for trip in reversed(home.trips) if trip.depart <= world.now), None)
    return trip.place(world.now) if trip else home.point


def _start_gaps(world: World, fleet: Fleet, faults: Iterable[Fault], phones_of: Mapping[str, str]) -> None:
    gaps_open: Counter[str] = Counter()
    for gap in network.draw_gaps(world.story, fleet, faults, world.streams, phones_of):
        world.env.process(network.lose(world, fleet[gap.device], gap, gaps_open))


def _as(kind: type[Kind], device: Device) -> Kind:
    if not isinstance(device, kind):
        raise TypeError(device)
    return device
