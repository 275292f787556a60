"""Who lives where and owns what: arrays, some thousand homes at a time. A home becomes an object when somebody asks for it.

A block of homes is drawn from dice of its own, all of it, however many of its homes the story has: home 17 is the same
in a story of twenty homes and in one of ten million, with or without other kinds beside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from dispatch.registers.customers import Customer
from firmware_sim.wallet.market import any_bank
from gateway.devices.registry import DeviceRecord
from gateway.finding import NOTHING, Load, Provenance
from scenarios.story.distributions import Numbers
from scenarios.story.kind import Homes
from scenarios.story.registry import KINDS, platform
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.world.device_keys import public_key_of
from scenarios.world.names import person_named
from scenarios.world.town import Places, Point, Town
from scenarios.world.trip import Trip

SIMULATED: Provenance = "simulated"
BLOCK = 4096
"""Homes that are drawn at once."""
Window = tuple[float, float]
"""From and until, POSIX seconds."""


@dataclass(frozen=True, slots=True)
class Home:
    """One customer with what they own."""

    kind: str
    """By what kind of device it is counted."""
    customer: Customer
    point: Point
    devices: Mapping[str, str]
    """Kind → the device of it, in the order in which they are registered."""
    trips: tuple[Trip, ...] = ()
    processor: str = ""
    """Who carries this customer's payments."""
    bank: str = ""
    """BIC of the bank that they are paid from."""
    loads: Mapping[str, Load] = field(default_factory=dict)
    """Device → what the register knows of taking it along, where that is anything."""
    devices_pay: bool = False
    """They have keys of their own, and ask the house to pay."""

    @property
    def payer(self) -> str | None:
        """The device that its customer pays with."""
        return next((device for kind, device in self.devices.items() if KINDS[kind].pays), None)

    def place(self, at: float) -> Point:
        """Where its customer should be at ``at``, POSIX seconds: on the way, where the last trip ended, or at home."""
        trip = next((trip for trip in reversed(self.trips) if trip.depart <= at), None)
        return trip.place(at) if trip else self.point

    def records(self) -> list[DeviceRecord]:
        """Return what the home owns, as it is registered with the service."""
        return [self._record(kind, device) for kind, device in self.devices.items()]

    def _record(self, kind: str, device: str) -> DeviceRecord:
        known = KINDS[kind]
        return DeviceRecord(
            device,
            kind,
            self.customer.customer,
            SIMULATED,
            paired_phone=self.devices.get(known.paired_with) if known.paired_with else None,
            home_latitude=self.point.latitude if known.stands_at_home else None,
            home_longitude=self.point.longitude if known.stands_at_home else None,
            load=self.loads.get(device, NOTHING),
            payment_key=public_key_of(device) if self.devices_pay else "",
        )


class Block:
    """Homes ``number * BLOCK + 1`` to ``(number + 1) * BLOCK`` of one kind, of which the story has the first ``count``.

    A kind whose homes have more than devices has a block of its own: ``BLOCK`` in its ``homes.py``.
    """

    def __init__(self, story: Story, town: Town, streams: Streams, kind: str, number: int) -> None:
        self.kind, self.number, self.first = kind, number, number * BLOCK
        self.count = min(BLOCK, story.homes(kind) - self.first)
        self._story, self._town, self._streams = story, town, streams

    def dice(self, purpose: str, *key: str | int) -> np.random.Generator:
        """Return dice for one purpose, this block's own."""
        return self._streams.keyed(purpose, self.kind, self.number, *key)

    def moments(self, occasion: str, window: Window, luck: Numbers, where_in: Numbers) -> Numbers:  # noqa: ARG002
        """Return for each home a moment of an occasion within the window, by its luck; NaN: there is none.

        ``where_in`` draws where in what lasts. Here nobody does anything; what needs no occasion is never asked for.
        """
        return np.full(len(luck), np.nan)

    @cached_property
    def points(self) -> Places:
        """Where its homes are."""
        return self._town.many(BLOCK, self.dice("homes"))

    @cached_property
    def people(self) -> Numbers:
        """Return what decides on each customer: name, language, may they be called, may be ordered for them, processor."""
        return self.dice("people").random((BLOCK, 5))

    def home(self, index: int) -> Home:
        """Return one of its homes; ``index`` counts from 0 within the block."""
        number, payments = self.first + index + 1, self._story.payments
        customer, owns = self._customer(index), homes_of(self.kind).owns
        devices = {kind: f"{stem}-{number:04d}" for kind, stem in owns.items()}
        pays = payments is not None and any(KINDS[kind].pays for kind in owns)
        processor = _one_of(payments.processors, float(self.people[index, 4])) if payments is not None and pays else ""
        bank = any_bank(self._streams.hashed("bank", customer.customer)) if processor else ""
        loads = {device: load for kind, device in devices.items() if (load := self.load(kind, device))}
        return Home(
            self.kind, customer, self.points[index], devices, self.trips(index), processor, bank, loads,
            self._story.payers is not None,
        )  # fmt: skip

    def load(self, kind: str, device: str) -> Load:
        """Return what the register knows of taking a device along. Here none is."""
        del kind, device
        return NOTHING

    def trips(self, index: int) -> tuple[Trip, ...]:  # noqa: ARG002
        """Return where the people of a home go. Here they stay."""
        return ()

    def _customer(self, index: int) -> Customer:
        wants, number, homes = self._story.customers, self.first + index + 1, homes_of(self.kind)
        name, language, may_call, may_order, _ = self.people[index].tolist()
        return Customer(
            customer=f"{homes.letter}{number:05d}",
            name=person_named(int(name * (1 << 30))),
            phone=f"+999{homes.telephone}{number:08d}",
            language=_one_of(wants.languages, language),
            provenance=SIMULATED,
            may_call=may_call < wants.may_call,
            may_order=may_order < wants.may_order,
            may_app_help=self._helped_in_apps(f"{homes.letter}{number:05d}"),
            may_payment=self._lets_pay(f"{homes.letter}{number:05d}"),
        )

    def _lets_pay(self, customer: str) -> bool:
        payers = self._story.payers
        return payers is not None and self._streams.uniforms("lets_pay", customer)[0] < payers.agrees

    def _helped_in_apps(self, customer: str) -> bool:
        apps = self._story.apps
        return apps is not None and self._streams.uniforms("app_help", customer)[0] < apps.agrees


def homes_of(kind: str) -> Homes:
    """Return how the homes of a kind are drawn."""
    homes = KINDS[kind].homes
    assert homes is not None  # noqa: S101 - no home is counted by it, so nobody asks
    return homes


def block_of(kind: str) -> type[Block]:
    """Return how a block of homes of a kind is drawn."""
    block: type[Block] = platform(kind, "homes", "BLOCK", type) or Block
    return block


def blocks_of(story: Story, kind: str) -> int:
    """Return how many blocks the homes of a kind fill."""
    return -(-story.homes(kind) // BLOCK)


def _one_of(weights: dict[str, float], luck: float) -> str:
    words, shares = list(weights), np.cumsum(list(weights.values()))
    return words[int(np.searchsorted(shares / shares[-1], luck, side="right"))]
