"""Who lives where and owns what: arrays, some thousand homes at a time. A home becomes an object when somebody asks for it.

A block of homes is drawn from dice of its own, all of it, however many of its homes the story has: home 17 is the same
in a story of twenty cars and in one of ten million, with or without fridges beside.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dispatch.registers.customers import Customer
from firmware_sim.wallet.market import any_bank
from gateway.devices.registry import DeviceRecord
from gateway.finding import Provenance
from scenarios.parts.part import Kind
from scenarios.story.distributions import Numbers
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.world.itinerary import Times, Trip, days, draw_ends, draw_times
from scenarios.world.names import person_named
from scenarios.world.town import Places, Point, Town

SIMULATED: Provenance = "simulated"
BLOCK = 4096
"""Homes that are drawn at once."""
_LETTER: dict[Kind, str] = {"car": "c", "fridge": "k", "phone": "p"}
"""What the ids of customers begin with: who has a car, a kitchen, a phone and nothing else."""
_TELEPHONES: dict[Kind, int] = {"car": 0, "fridge": 4, "phone": 7}
"""The digit after +999 in their telephone numbers."""


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

    def device(self, kind: Kind) -> str | None:
        """Return the home's device of one kind."""
        return {"car": self.car, "fridge": self.fridge, "phone": self.phone}[kind]

    def records(self) -> list[DeviceRecord]:
        """Return what the home owns, as it is registered with the service."""
        customer, found = self.customer.customer, list[DeviceRecord]()
        if self.phone:
            found.append(DeviceRecord(self.phone, "phone", customer, SIMULATED))
        if self.car:
            found.append(DeviceRecord(self.car, "car", customer, SIMULATED, paired_phone=self.phone))
        if self.fridge:
            here = self.point
            found.append(
                DeviceRecord(
                    self.fridge,
                    "fridge",
                    customer,
                    SIMULATED,
                    home_latitude=here.latitude,
                    home_longitude=here.longitude,
                )
            )
        return found


class Block:
    """Homes ``number * BLOCK + 1`` to ``(number + 1) * BLOCK`` of one kind, of which the story has the first ``count``."""

    def __init__(self, story: Story, town: Town, streams: Streams, kind: Kind, number: int) -> None:
        self.kind, self.number, self.first = kind, number, number * BLOCK
        self.count = min(BLOCK, homes_of(story, kind) - self.first)
        self._story, self._town, self._streams = story, town, streams

    def dice(self, purpose: str, *key: str | int) -> np.random.Generator:
        """Return dice for one purpose, this block's own."""
        return self._streams.keyed(purpose, self.kind, self.number, *key)

    @cached_property
    def times(self) -> Times:
        """When its cars drive."""
        each = [draw_times(self._story, BLOCK, day, self.dice("times", day)) for day in range(days(self._story))]
        columns = [
            np.hstack(column) for column in zip(*((one.depart, one.arrive, one.driven) for one in each), strict=True)
        ]
        return Times(*columns)

    @cached_property
    def points(self) -> Places:
        """Where its homes are."""
        return self._town.many(BLOCK, self.dice("homes"))

    @cached_property
    def ends(self) -> list[Places]:
        """Where each trip ends, trip by trip."""
        found: list[Places] = []
        for day in range(days(self._story)):
            columns = slice(day * self._story.cars.trips, (day + 1) * self._story.cars.trips)
            times = Times(self.times.depart[:, columns], self.times.arrive[:, columns], self.times.driven[:, columns])
            found += draw_ends(self._story, times, self.points, self._town, self.dice("ends", day))
        return found

    @cached_property
    def people(self) -> Numbers:
        """Return what decides on each customer: name, language, may they be called, may be ordered for them, processor."""
        return self.dice("people").random((BLOCK, 5))

    def home(self, index: int) -> Home:
        """Return one of its homes; ``index`` counts from 0 within the block."""
        story, number, point = self._story, self.first + index + 1, self.points[index]
        customer = self._customer(index)
        luck = float(self.people[index, 4])
        processor = _one_of(story.payments.processors, luck) if story.payments and self.kind != "fridge" else ""
        bank = any_bank(self._streams.hashed("bank", customer.customer)) if processor else ""
        if self.kind == "fridge":
            return Home(customer, point, fridge=f"frosta/fridge-{number:04d}")
        if self.kind == "phone":
            return Home(customer, point, phone=f"pingo/mobile-{number:04d}", processor=processor, bank=bank)
        car, phone = f"volta/car-{number:04d}", f"pingo/phone-{number:04d}"
        trips = self._trips(index)
        return Home(customer, point, car=car, phone=phone, trips=trips, processor=processor, bank=bank)

    def _trips(self, index: int) -> tuple[Trip, ...]:
        trips, here = list[Trip](), self.points[index]
        times = self.times
        for depart, arrive, driven, ends in zip(
            times.depart[index].tolist(), times.arrive[index].tolist(), times.driven[index], self.ends, strict=True
        ):
            if driven:
                trips.append(Trip(depart, arrive, here, ends[index]))
                here = ends[index]
        return tuple(trips)

    def _customer(self, index: int) -> Customer:
        wants, number = self._story.customers, self.first + index + 1
        name, language, may_call, may_order, _ = self.people[index].tolist()
        return Customer(
            customer=f"{_LETTER[self.kind]}{number:05d}",
            name=person_named(int(name * (1 << 30))),
            phone=f"+999{_TELEPHONES[self.kind]}{number:08d}",
            language=_one_of(wants.languages, language),
            provenance=SIMULATED,
            may_call=may_call < wants.may_call,
            may_order=may_order < wants.may_order,
        )


def homes_of(story: Story, kind: Kind) -> int:
    """Return how many homes have a car, a fridge, or a phone and nothing else."""
    return {"car": story.cars.count, "fridge": story.fridges.count, "phone": story.phones.count}[kind]


def blocks_of(story: Story, kind: Kind) -> int:
    """Return how many blocks the homes of a kind fill."""
    return -(-homes_of(story, kind) // BLOCK)


def _one_of(weights: dict[str, float], luck: float) -> str:
    words, shares = list(weights), np.cumsum(list(weights.values()))
    return words[int(np.searchsorted(shares / shares[-1], luck, side="right"))]
