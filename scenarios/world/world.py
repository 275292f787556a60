"""The world: who is in it, what is broken in it now, and all its actors set in motion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import simpy

from dispatch.core.conversation.channels import Answer
from dispatch.core.ids import device_of
from dispatch.core.reasons.model import Reason
from firmware_sim.wallet.market import Market
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.world.availability import Availability
from scenarios.world.doors import Doors
from scenarios.world.ground_truth import Fault
from scenarios.world.noise import Noise
from scenarios.world.plan import Plan
from scenarios.world.town import Point

Life = Generator[simpy.Event, Any, None]
"""What an actor does, until the end of the story."""


@dataclass(slots=True)
class Breakdown:
    """A fault under way. Actors wait for its events."""

    fault: Fault
    availability: Availability
    """When its customer can phone."""
    told: simpy.Event
    """Our call was answered, or the customer's was."""
    mended: simpy.Event
    noticed: simpy.Event
    """There is something to notice."""
    calmed: simpy.Event
    """The customer read a notice that is true."""
    content: simpy.Event
    """The customer knows that it passes of itself, and need hear no more."""
    stop: simpy.Event
    """Who uses it hears that it shall stop: by its display, by an agent, by the crew that has come."""
    towed_to: Point | None = None
    hooked: bool = False
    """It is on a truck: switched off, it tells nothing until it is put down."""
    shown: bool = False
    """A notice stands on the customer's screen."""
    says_wait: bool = False
    """One of them says that it passes of itself."""
    _shown_by: str | None = None
    """The event that first told of it."""
    _heard: dict[str, float] = field(default_factory=dict)
    """When the broker got each event of the device, until one of them is known to tell of it."""

    @property
    def tells(self) -> bool:
        """Does the device still tell of the fault?"""
        return not (self.mended.triggered or self.hooked)

    def notice(self, now: float) -> None:
        """There is something to notice: from now on whoever hears nothing grows worried."""
        if self.noticed.triggered:
            return
        fault = self.fault
        fault.noticeable_at = now
        if fault.phones_after is not None:
            fault.would_phone_at = self.availability.phones(now + fault.phones_after)
        self.noticed.succeed()

    def shows(self, key: str, now: float) -> None:
        """The device tells of it with an event, ``vendor/device/boot-seq``."""
        if self.fault.shown_at is not None:
            return
        self.fault.shown_at, self._shown_by = now, key
        self.fault.told_first_at = self._heard.pop(key, None)
        self._heard.clear()

    def heard(self, key: str, now: float) -> None:
        """The service's broker got an event of the device."""
        if self._shown_by is None:
            self._heard[key] = now
        elif key == self._shown_by and self.fault.told_first_at is None:
            self.fault.told_first_at = now

    def ask_to_stop(self) -> None:
        """Let the driver know; once is enough."""
        if not self.stop.triggered:
            self.stop.succeed()


@dataclass(slots=True)
class AppHelp:
    """Help with the app that somebody wants, and waits for."""

    begun: simpy.Event
    """Somebody speaks or writes with them."""
    given: simpy.Event
    """They know now what it was."""


@dataclass(frozen=True, slots=True)
class LastTalk:
    """How it was for a customer until they were spoken or written with."""

    waited_s: float = 0.0
    """In the queue, who turned to us."""
    again: bool = False
    """They had turned to us before."""
    asked_twice: bool = False
    called_first: bool = False


@dataclass(slots=True)
class Person:
    """A customer at the telephone."""

    customer: str
    availability: Availability
    busy: bool = False
    """On the line, or being rung: who rings now finds it engaged."""
    waits: simpy.Event | None = None
    """In our queue: triggered when an agent takes the call."""
    letters: list[simpy.Event] = field(default_factory=list)
    """What they wrote and nobody has answered: each is triggered when somebody does."""
    unread: list[Callable[[], None]] = field(default_factory=list)
    """Messages on the screen of their telephone: who looks at it reads them."""
    messages: Counter[str] = field(default_factory=Counter)
    """How many came, by channel."""
    announced: bool = False
    """They read that we ring."""
    about: Reason = Reason.OTHER
    """Why they turned to us last."""
    app_help: AppHelp | None = None
    """They wait for help with the app, the telephone in hand."""
    turned_at: float = 0.0
    """When they turned to us last, POSIX seconds."""
    turns: int = 0
    """How often they did."""
    talk: LastTalk = LastTalk()
    """The last one."""

    def turns_to_us(self, now: float) -> None:
        """They ring in or write."""
        self.turned_at, self.turns = now, self.turns + 1

    mail: simpy.Store | None = None
    """What they are answered in writing, where they have written of their own accord and wait for it."""


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
    beside: dict[str, Callable[[], None]] = field(default_factory=dict)
    """Device → what whoever uses it does when a phone beside them says that it shall stop."""
    owners: dict[str, str] = field(default_factory=dict)
    """Device → customer, once somebody has asked."""
    offered: dict[str, tuple[Answer, ...]] = field(default_factory=dict)
    """Key of a message that a device shows → what may be answered to it."""
    on_breakdown: Callable[[Breakdown], None] | None = None
    """Called when a fault begins."""

    @property
    def now(self) -> float:
        """POSIX seconds."""
        return float(self.env.now)

    def until(self, at: float) -> simpy.Event:
        """Return an event that happens at ``at``, or at once where that is over."""
        return self.env.timeout(max(0.0, at - self.env.now))

    def owner_of(self, device: str) -> str:
        """Return the customer of a device."""
        if not self.owners:
            self.owners = {one: home.customer.customer for home in self.plan.homes for one in home.devices.values()}
        return self.owners[device]

    def person(self, customer: str) -> Person:
        """Return the customer at the telephone."""
        if customer not in self.people:
            habits, dice = self.story.customers, self.streams.hashed("available", customer)
            availability = Availability(dice, habits.answer, habits.unavailable_for, self.story.start_s)
            self.people[customer] = Person(customer, availability)
        return self.people[customer]

    def breaks(self, fault: Fault) -> Breakdown:
        """Begin a breakdown."""
        told, mended, noticed, calmed, content, stop = (self.env.event() for _ in range(6))
        availability = self.person(fault.customer).availability
        breakdown = Breakdown(fault, availability, told, mended, noticed, calmed, content, stop)
        self.broken[fault.device] = breakdown
        if self.on_breakdown is not None:
            self.on_breakdown(breakdown)
        return breakdown

    def heard(self, key: str) -> None:
        """The service's broker got an event, ``vendor/device/boot-seq``."""
        breakdown = self.broken.get(device_of(key))
        if breakdown is not None:
            breakdown.heard(key, self.now)

    def mend(self, device: str) -> None:
        """End the breakdown of a device, if it has one."""
        breakdown = self.broken.pop(device, None)
        if breakdown is not None:
            breakdown.fault.mended_at = self.now
            breakdown.mended.succeed()
