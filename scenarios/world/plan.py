"""Who lives here: drawn at once from the seed, before anything starts. The same for live and virtual runs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dispatch.customers import Customer
from dispatch.events import SupplierOpened, WorkshopOpened
from firmware_sim.banking.market import any_bank
from gateway.finding import Provenance
from gateway.registry import DeviceKind, DeviceRecord
from scenarios.schema import Story, Trucks
from scenarios.streams import Streams
from scenarios.world.callers import Caller, draw_callers
from scenarios.world.itinerary import Trip, draw_trips
from scenarios.world.names import person_named
from scenarios.world.town import Point, Town

SIMULATED: Provenance = "simulated"


@dataclass(frozen=True, slots=True)
class Home:
    """One customer with what they own."""

    customer: Customer
    point: Point
    car: str | None = None
    fridge: str | None = None
    phone: str | None = None
    trips: tuple[Trip, ...] = ()
    processor: str = ""
    """Who carries this customer's payments."""
    bank: str = ""
    """BIC of the bank that they are paid from."""


@dataclass(frozen=True, slots=True)
class TruckPlan:
    """One truck: where it waits and what its crew is like."""

    truck: str
    depot: Point
    kind: Trucks


@dataclass(frozen=True, slots=True)
class AgentPlan:
    """One agent."""

    agent: str
    group: int
    """Index into the story's agents."""
    languages: tuple[str, ...]


@dataclass(slots=True)
class Plan:
    """Everybody in the story."""

    town: Town
    homes: list[Home] = field(default_factory=list)
    trucks: list[TruckPlan] = field(default_factory=list)
    agents: list[AgentPlan] = field(default_factory=list)
    workshops: list[WorkshopOpened] = field(default_factory=list)
    suppliers: list[SupplierOpened] = field(default_factory=list)
    callers: list[Caller] = field(default_factory=list)
    """Who will ring about something else."""

    def customers(self) -> list[Customer]:
        """Return all customers."""
        return [home.customer for home in self.homes] + [caller.customer for caller in self.callers]

    def devices(self) -> list[DeviceRecord]:
        """Return every device as it is registered with the service."""
        owned = [record for home in self.homes for record in _owned(home)]
        return owned + [
            DeviceRecord(plan.truck, DeviceKind.TRUCK, None, SIMULATED, skills=plan.kind.skills) for plan in self.trucks
        ]


def draw_plan(story: Story, streams: Streams) -> Plan:
    """Draw everybody, by purpose: more trucks do not move a single customer."""
    town = Town(Point(story.place.latitude, story.place.longitude), story.place.radius, story.place.shape)
    plan = Plan(town)
    plan.homes = _homes(story, town, streams)
    plan.trucks = _trucks(story, town, streams.stream("trucks"))
    plan.agents = _agents(story)
    plan.callers = draw_callers(story, streams)
    dice = streams.stream("partners")
    shops = [(f"workshop-{number:02d}", town.somewhere(dice)) for number in range(1, story.workshops.count + 1)]
    plan.workshops = [WorkshopOpened(name, at.latitude, at.longitude, SIMULATED) for name, at in shops]
    plan.suppliers = _suppliers(story, town, dice)
    return plan


def _homes(story: Story, town: Town, streams: Streams) -> list[Home]:
    people, where, ways = streams.stream("people"), streams.stream("homes"), streams.stream("trips")
    cars, fridges, phones = story.cars.count, story.fridges.count, story.phones.count
    homes: list[Home] = []
    for number in range(1, cars + fridges + phones + 1):
        point, customer = town.somewhere(where), _customer(story, number, people)
        processor = _one_of(story.payments.processors, people) if story.payments else ""
        bank = any_bank(streams.keyed("bank", customer.customer)) if story.payments else ""
        if number <= cars:
            car, phone, trips = (
                f"volta/car-{number:04d}",
                f"pingo/phone-{number:04d}",
                draw_trips(story, point, town, ways),
            )
            homes.append(Home(customer, point, car=car, phone=phone, trips=trips, processor=processor, bank=bank))
        elif number <= cars + fridges:
            homes.append(Home(customer, point, fridge=f"frosta/fridge-{number - cars:04d}"))
        else:
            homes.append(
                Home(customer, point, phone=f"pingo/phone-{number - fridges:04d}", processor=processor, bank=bank)
            )
    return homes


def _customer(story: Story, number: int, dice: np.random.Generator) -> Customer:
    return Customer(
        customer=f"c{number:05d}",
        name=person_named(int(dice.integers(1 << 30))),
        phone=f"+999{number:08d}",
        language=_one_of(story.customers.languages, dice),
        provenance=SIMULATED,
        may_call=bool(dice.random() < story.customers.may_call),
        may_order=bool(dice.random() < story.customers.may_order),
    )


def _one_of(weights: dict[str, float], dice: np.random.Generator) -> str:
    words, shares = list(weights), np.cumsum(list(weights.values()))
    return words[int(np.searchsorted(shares / shares[-1], dice.random(), side="right"))]


def _trucks(story: Story, town: Town, dice: np.random.Generator) -> list[TruckPlan]:
    plans: list[TruckPlan] = []
    for kind in story.trucks:
        for number in range(kind.count):
            depot = kind.depots[number % len(kind.depots)] if kind.depots else None
            point = Point(depot.latitude, depot.longitude) if depot else town.somewhere(dice)
            plans.append(TruckPlan(f"roadhelp/truck-{len(plans) + 1:02d}", point, kind))
    return plans


def _agents(story: Story) -> list[AgentPlan]:
    groups = [(index, group) for index, group in enumerate(story.agents) for _ in range(group.count)]
    return [AgentPlan(f"agent-{number:02d}", index, group.languages) for number, (index, group) in enumerate(groups, 1)]


def _suppliers(story: Story, town: Town, dice: np.random.Generator) -> list[SupplierOpened]:
    opened: list[SupplierOpened] = []
    for group in story.suppliers:
        for _ in range(group.count):
            at = town.somewhere(dice)
            name = f"supplier-{len(opened) + 1:02d}"
            opened.append(SupplierOpened(name, group.serves, at.latitude, at.longitude, SIMULATED))
    return opened


def _owned(home: Home) -> list[DeviceRecord]:
    customer, records = home.customer.customer, list[DeviceRecord]()
    if home.phone:
        records.append(DeviceRecord(home.phone, DeviceKind.PHONE, customer, SIMULATED))
    if home.car:
        records.append(DeviceRecord(home.car, DeviceKind.CAR, customer, SIMULATED, paired_phone=home.phone))
    if home.fridge:
        at = (home.point.latitude, home.point.longitude)
        records.append(
            DeviceRecord(home.fridge, DeviceKind.FRIDGE, customer, SIMULATED, home_latitude=at[0], home_longitude=at[1])
        )
    return records
