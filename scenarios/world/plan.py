"""Who lives here: drawn from the seed, before anything starts. The same for live and virtual runs.

Of the homes only arrays exist (``homes``); those that ``play`` are objects from the beginning.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np

from dispatch.core.events import SupplierOpened, WorkshopOpened
from dispatch.registers.customers import Customer
from dispatch.registers.products import ProductRecord
from gateway.devices.registry import DeviceRecord
from scenarios.story.contractors import Contractors
from scenarios.story.place import PlaceOnMap
from scenarios.story.registry import KINDS, home_kinds
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.story.trucks import Trucks
from scenarios.world.addresses import with_addresses
from scenarios.world.app_truth import AppUse
from scenarios.world.callers import Caller, draw_callers
from scenarios.world.contact_plan import ContactPlan, draw_contacts
from scenarios.world.contact_truth import ContactTruth
from scenarios.world.homes import BLOCK, SIMULATED, Block, Home, block_of, blocks_of
from scenarios.world.money_truth import Wrong
from scenarios.world.offer_truth import OfferTruth
from scenarios.world.products import products_of, with_wishes
from scenarios.world.survey_truth import Contentment
from scenarios.world.town import Point, Town
from scenarios.world.true_talks import TrueTalk

__all__ = ["AgentPlan", "Home", "Plan", "TruckPlan", "draw_plan"]

BLOCKS_KEPT = 8
"""More of them are drawn again when they are wanted again."""


@dataclass(frozen=True, slots=True)
class TruckPlan:
    """One truck: where it waits and what its crew is like."""

    truck: str
    depot: Point
    kind: Trucks

    @property
    def record(self) -> DeviceRecord:
        """As it is registered with the service."""
        carries = self.kind.carries.registered if self.kind.carries is not None else None
        home = (None, None) if self.kind.shift is None else (self.depot.latitude, self.depot.longitude)
        known = DeviceRecord(self.truck, "truck", None, SIMULATED, skills=self.kind.skills, carries=carries)
        return replace(known, home_latitude=home[0], home_longitude=home[1])


@dataclass(frozen=True, slots=True)
class AgentPlan:
    """One agent."""

    agent: str
    group: int
    """Index into the story's agents."""
    languages: tuple[str, ...]


class Plan:
    """Everybody in the story."""

    def __init__(self, story: Story, streams: Streams) -> None:
        self.town = _town(story, streams)
        self.homes: list[Home] = []
        """Those that play: all, or those where something happens."""
        self.trucks: list[TruckPlan] = []
        self.agents: list[AgentPlan] = []
        self.workshops: list[WorkshopOpened] = []
        self.suppliers: list[SupplierOpened] = []
        """Contractors, who serve ``tow``, behind all others."""
        self.contractors: dict[str, Contractors] = {}
        """What each of them is like, by its name."""
        self.app_uses: list[AppUse] = []
        """What people did in the app, in truth: noted as it happens."""
        self.wrongs: list[Wrong] = []
        """What goes wrong with what devices pay, in truth."""
        self.contentment: list[Contentment] = []
        """How content those were who were asked, in truth: noted as it happens."""
        self.contacts: list[ContactPlan] = []
        """Who will write of their own accord."""
        self.contact_truths: list[ContactTruth] = []
        """What they really wanted and how it ended: noted as it happens."""
        self.offers: list[OfferTruth] = []
        """What was offered to whom, in truth: noted as it happens."""
        self.true_talks: list[TrueTalk] = []
        """Who really spoke, where agents make sure of it: noted as it happens."""
        self.callers: list[Caller] = []
        """Who will ring about something else."""
        self._story, self._streams = story, streams
        self._asked_for: dict[tuple[str, int], Home] = {}
        self.block = lru_cache(BLOCKS_KEPT)(partial(self._drawn, streams))
        """Return a block of homes by their kind and its number."""

    def _drawn(self, streams: Streams, kind: str, number: int) -> Block:
        return block_of(kind)(self._story, self.town, streams, kind, number)

    @property
    def devices_there(self) -> int:
        """How many devices the story has, whether anything happens to them or not."""
        return sum(map(self._story.devices, KINDS)) + len(self.trucks)

    def everybody(self) -> Iterator[Home]:
        """Iterate over every home, one object after the other."""
        for kind in home_kinds():
            for number in range(blocks_of(self._story, kind.name)):
                block = self.block(kind.name, number)
                yield from map(block.home, range(block.count))

    def homes_of(self, devices: Collection[str]) -> list[Home]:
        """Return the homes of some devices, in the order they are counted."""
        stems = _stems()
        return [self.home(kind, number) for kind, number in sorted({_where(device, stems) for device in devices})]

    def home(self, kind: str, number: int) -> Home:
        """Return one home, by the kind it is counted by and its number, from 0. It is remembered: a block takes long to draw."""
        home = self._asked_for.get((kind, number))
        if home is None:
            home = self._asked_for[kind, number] = self.block(kind, number // BLOCK).home(number % BLOCK)
        return home

    def customers(self) -> list[Customer]:
        """Return the customers who play."""
        everybody = [home.customer for home in self.homes] + [caller.customer for caller in self.callers]
        known = [with_addresses(one, self._story, self._streams) for one in everybody]
        known += [contact.customer for contact in self.contacts if contact.customer is not None]
        return [with_wishes(one, self._story, self._streams) for one in known]

    def products(self) -> list[ProductRecord]:
        """Return what the customers who play hold, where the story has offers."""
        habits = self._story.offers
        if habits is None:
            return []
        return [held for one in self.customers() for held in products_of(one.customer, habits, self._streams)]

    def devices(self) -> list[DeviceRecord]:
        """Return every device that plays, as it is registered with the service."""
        owned = [record for home in self.homes for record in home.records()]
        return owned + [plan.record for plan in self.trucks]


def _stems() -> dict[str, str]:
    """Return what the names of devices begin with, and by which kind their homes are counted."""
    return {stem: kind.name for kind in home_kinds() if kind.homes for stem in kind.homes.owns.values()}


def _where(device: str, stems: dict[str, str]) -> tuple[str, int]:
    """Return by what kind the home of a device is counted, and the home's number, from 0."""
    stem, _, number = device.rpartition("-")
    return stems[stem], int(number) - 1


def draw_plan(story: Story, streams: Streams) -> Plan:
    """Draw everybody, by purpose: more trucks do not move a single customer. Who plays is for the caller to say."""
    plan = Plan(story, streams)
    town = plan.town
    plan.trucks = _trucks(story, town, streams.stream("trucks"))
    plan.agents = _agents(story)
    plan.callers = draw_callers(story, streams)
    plan.contacts = draw_contacts(story, streams)
    dice = streams.stream("partners")
    shops = [(f"workshop-{number:02d}", town.somewhere(dice)) for number in range(1, story.workshops.count + 1)]
    plan.workshops = [WorkshopOpened(name, at.latitude, at.longitude, SIMULATED) for name, at in shops]
    plan.suppliers = _suppliers(story, town, dice)
    for kind in story.contractors:
        for number in range(kind.count):
            name = f"contractor-{len(plan.contractors) + 1:02d}"
            at = _depot(kind.depots, number) or town.somewhere(streams.hashed("contractors", name))
            plan.contractors[name] = kind
            plan.suppliers.append(SupplierOpened(name, ("tow",), at.latitude, at.longitude, SIMULATED))
    return plan


def _town(story: Story, streams: Streams) -> Town:
    """Return where they live. Raises ``StoryError`` where its roads are none, or its places do not lie on them."""
    if story.roads is None:
        centre = Point(story.place.latitude, story.place.longitude)
        return Town(centre, story.place.radius, story.place.shape)
    from scenarios.world.roads import road_town  # noqa: PLC0415 - imports scipy, a fifth of the time until a story begins

    return road_town(story, streams, story.roads)


def _depot(depots: Sequence[PlaceOnMap], number: int) -> Point | None:
    """Return where the one of this number waits, where there are depots."""
    depot = depots[number % len(depots)] if depots else None
    return None if depot is None else Point(depot.latitude, depot.longitude)


def _trucks(story: Story, town: Town, dice: np.random.Generator) -> list[TruckPlan]:
    plans: list[TruckPlan] = []
    for kind in story.trucks:
        for number in range(kind.count):
            point = _depot(kind.depots, number) or town.somewhere(dice)
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
