"""The world: who is in it, what is broken in it now, and all its actors set in motion."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import simpy

from firmware_sim.banking.market import Market
from scenarios.schema import Story
from scenarios.streams import Streams
from scenarios.truth import Fault
from scenarios.world.doors import Doors
from scenarios.world.noise import Noise
from scenarios.world.plan import Plan
from scenarios.world.town import Point

Life = Generator[simpy.Event, Any, None]
"""What an actor does, until the end of the story."""


@dataclass(slots=True)
class Breakdown:
    """A fault under way. Actors wait for its events."""

    fault: Fault
    told: simpy.Event
    """Our call was answered, or the customer's was."""
    mended: simpy.Event
    stop: simpy.Event
    """The driver hears that the car shall stop: by its display, by an agent, by the crew that has come."""
    towed_to: Point | None = None
    hooked: bool = False
    """It is on a truck: switched off, it tells nothing until it is put down."""

    @property
    def tells(self) -> bool:
        """Does the device still tell of the fault?"""
        return not (self.mended.triggered or self.hooked)

    def ask_to_stop(self) -> None:
        """Let the driver know; once is enough."""
        if not self.stop.triggered:
            self.stop.succeed()


@dataclass(slots=True)
class Person:
    """A customer at the telephone."""

    customer: str
    busy: bool = False
    """On the line, or being rung: who rings now finds it engaged."""
    waits: simpy.Event | None = None
    """In our queue: triggered when an agent takes the call."""


@dataclass(slots=True)
class World:
    """Everything the actors share."""

    env: simpy.Environment
    story: Story
    streams: Streams
    plan: Plan
    doors: Doors
    faults: list[Fault]
    noise: Noise
    market: Market
    """Where everybody pays."""
    sleepers: bool = False
    """Who has nothing to say that matters sleeps: ``telemetry: relevant``."""
    awake: set[str] = field(default_factory=set)
    """The devices that are awake, where there are sleepers."""
    people: dict[str, Person] = field(default_factory=dict)
    broken: dict[str, Breakdown] = field(default_factory=dict)
    """Device → what is broken in it."""

    @property
    def now(self) -> float:
        """POSIX seconds."""
        return float(self.env.now)

    def until(self, at: float) -> simpy.Event:
        """Return an event that happens at ``at``, or at once where that is over."""
        return self.env.timeout(max(0.0, at - self.env.now))

    def person(self, customer: str) -> Person:
        """Return the customer at the telephone."""
        return self.people.setdefault(customer, Person(customer))

    def breaks(self, fault: Fault) -> Breakdown:
        """Begin a breakdown."""
        self.broken[fault.device] = Breakdown(fault, self.env.event(), self.env.event(), self.env.event())
        return self.broken[fault.device]

    def mend(self, device: str) -> None:
        """End the breakdown of a device, if it has one."""
        breakdown = self.broken.pop(device, None)
        if breakdown is not None:
            breakdown.fault.mended_at = self.now
            breakdown.mended.succeed()


def device_of_case(case: str) -> str:
    """Return the device a case is about: it is named after the event that opened it, ``vendor/device/boot-seq…``."""
    vendor, device, *_ = case.split("/")
    return f"{vendor}/{device}"
