"""Puts a world together and sets all its actors in motion. Adding a kind of actor: its own file, and a line here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TypeVar

import simpy

from firmware_sim.car import Car
from firmware_sim.device import Device
from firmware_sim.fix import Fix
from firmware_sim.fridge import Fridge
from firmware_sim.phone import Phone
from firmware_sim.truck import Truck
from scenarios.schema import Story
from scenarios.streams import Streams
from scenarios.truth import Fault
from scenarios.world import agents, bluetooth, cars, customers, fridges, network, partners, phones, trucks
from scenarios.world.doors import Doors
from scenarios.world.faults import draw_faults
from scenarios.world.noise import Noise
from scenarios.world.plan import Home, Plan, draw_plan
from scenarios.world.town import Point
from scenarios.world.world import World

Kind = TypeVar("Kind", bound=Device)
Fleet = dict[str, Device]
"""Every simulated device by its name, in a fixed order."""


def prepare(story: Story, seed: int) -> tuple[Streams, Plan, list[Fault]]:
    """Draw who is there and what will break. Raises ``StoryError`` where the story asks for more than can happen."""
    streams = Streams(seed)
    plan = draw_plan(story, streams)
    return streams, plan, draw_faults(story, plan, streams)


def build_fleet(plan: Plan) -> Fleet:
    """Build every device of the plan; none is online yet. Trucks come first, for they need the best lines."""
    fleet: Fleet = {}
    for truck in plan.trucks:
        fleet[truck.truck] = Truck(truck.truck, Fix(truck.depot.latitude, truck.depot.longitude, 10.0, 0.0))
    for home in plan.homes:
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
    world = World(
        env, story, streams, plan, doors, faults, Noise(streams.stream("sensors")), phones.open_market(story, streams)
    )
    pairs = bluetooth.draw_pairs(story, plan, streams)
    no_network = bluetooth.without_modem(pairs)
    for device in fleet.values():
        if device.name not in no_network:
            doors.attach(device)
    bluetooth.start(world, pairs, fleet)
    for device in fleet.values():
        device.go_online(world.now)
    for truck in plan.trucks:
        crew = trucks.crew_of(world, _as(Truck, fleet[truck.truck]), truck.kind, truck.depot)
        env.process(trucks.work(world, crew))
    for agent in plan.agents:
        env.process(agents.work(world, agent))
    env.process(partners.listen(world))
    env.process(customers.ring_in(world))
    _start_homes(world, fleet, {fault.device: fault for fault in faults})
    for fault in faults:
        env.process(customers.worry(world, fault))
    phones_of = {pair.car: pair.phone for pair in pairs}
    _start_gaps(world, {name: device for name, device in fleet.items() if name not in no_network}, phones_of)
    return world


def _start_homes(world: World, fleet: Fleet, faults: dict[str, Fault]) -> None:
    for home in world.plan.homes:
        if home.car:
            world.env.process(cars.drive(world, home, _as(Car, fleet[home.car]), faults.get(home.car)))
        if home.fridge:
            _start_fridge(world, _as(Fridge, fleet[home.fridge]), home, faults.get(home.fridge))
        if home.phone:
            _start_phone(world, _as(Phone, fleet[home.phone]), home, faults.get(home.phone))


def _start_fridge(world: World, fridge: Fridge, home: Home, fault: Fault | None) -> None:
    kitchen = fridges.kitchen_of(world, fridge, fault)
    world.env.process(fridges.cool(world, kitchen, home.customer.customer))
    if fault is not None:
        fault.latitude, fault.longitude = home.point.latitude, home.point.longitude
        world.env.process(fridges.fail(world, kitchen, fault))


def _start_phone(world: World, phone: Phone, home: Home, fault: Fault | None) -> None:
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


def _start_gaps(world: World, fleet: Fleet, phones_of: Mapping[str, str]) -> None:
    gaps_open: Counter[str] = Counter()
    for gap in network.draw_gaps(world.story, list(fleet), world.faults, world.streams, phones_of):
        world.env.process(network.lose(world, fleet[gap.device], gap, gaps_open))


def _as(kind: type[Kind], device: Device) -> Kind:
    if not isinstance(device, kind):
        raise TypeError(device)
    return device
