"""When a crew takes jobs: within its shift, not while it rests, not while its truck is broken down."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import simpy

from firmware_sim.kinds.truck.device import Truck
from scenarios.story.hours import Span
from scenarios.story.trucks import Trucks
from scenarios.world.hours import shift_end
from scenarios.world.world import Life, World


@dataclass(slots=True)
class Duty:
    """Of one crew. Its tablet says so whenever that becomes another."""

    truck: Truck
    kind: Trucks
    away: list[Span] = field(default_factory=list)
    """Off its shift, or its depot is closed: from when to when, in order."""
    rests_at: float = math.inf
    """From when on it takes no job and rests once it has none, POSIX seconds."""
    rested: simpy.Event | None = None
    """A break is due, or taken; happens when it is over."""
    drives_s: float = math.inf
    """So long it drives until it breaks down."""
    _why_off: set[str] = field(default_factory=set)

    def begin(self, world: World) -> None:
        """It takes jobs from now on."""
        self._set_out(world)
        self._comes_due(world, 0)
        world.env.process(self._keep_shift(world))
        if self.kind.breaks is not None:
            world.env.process(self._keep_breaks(world))

    def off(self, why: str, now: float) -> None:
        """It takes no jobs, for one more reason."""
        if not self._why_off:
            self.truck.go_off_duty(now)
        self._why_off.add(why)

    def on(self, why: str, world: World) -> None:
        """That reason is over."""
        self._why_off.discard(why)
        if not self._why_off:
            self._set_out(world)

    def rest(self, world: World) -> Life:
        """Take the break that is due."""
        assert self.kind.breaks is not None  # noqa: S101 - none is due otherwise
        assert self.rested is not None  # noqa: S101 - likewise
        yield world.env.timeout(self.kind.breaks.lasts)
        self.on("rests", world)
        self.rested.succeed()
        self.rested = None

    def repair(self, world: World, job: str) -> Life:
        """Broken down on the way to a job: the tablet hands it back, and says so."""
        assert self.kind.breaks_down is not None  # noqa: S101 - none breaks down otherwise
        self.truck.decline(world.now)
        lasts = self.kind.breaks_down.out_for.one(world.streams.hashed("repairs", self.truck.name, job))
        self.off("broken down", world.now)
        yield world.env.timeout(lasts)
        self.on("broken down", world)
        self._comes_due(world, job)

    def drove(self, seconds: float) -> None:
        """Count what was driven."""
        self.drives_s -= seconds

    def _set_out(self, world: World) -> None:
        """On duty until the shift ends: the next break is due from now on."""
        self.truck.shift_end = shift_end(world.story, self.kind.shift, world.now)
        self.truck.go_on_duty(world.now)
        self.rests_at = math.inf if self.kind.breaks is None else world.now + self.kind.breaks.after

    def _comes_due(self, world: World, after: str | int) -> None:
        """Draw how long it drives until it breaks down next."""
        if self.kind.breaks_down is not None:
            dice = world.streams.hashed("breaks down", self.truck.name, after)
            self.drives_s = self.kind.breaks_down.every * float(dice.standard_exponential())

    def _keep_breaks(self, world: World) -> Life:
        """Take no job any more from when a break is due."""
        while True:
            yield world.until(self.rests_at)
            if world.now >= self.rests_at:
                self.off("rests", world.now)
                self.rested = world.env.event()
                yield self.rested

    def _keep_shift(self, world: World) -> Life:
        for begin, end in self.away:
            yield world.until(begin)
            self.off("off its shift", world.now)
            yield world.until(end)
            self.on("off its shift", world)
