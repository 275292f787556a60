"""A whole apparatus at work whose body needs no short steps: what fails in it, which of its alarms stand, and when it tells what.

Such a body settles within a step or follows by a lag that is known in closed form: a sound one may be looked at every few hours,
a failing one more often, and both come to the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from firmware_sim.wear.failure import BodyCondition, Failure, WaysToFail
from firmware_sim.wear.luck import Luck

Alarm = TypeVar("Alarm", bound=str)
Told_contra = TypeVar("Told_contra", bound=str, contravariant=True)
Event_co = TypeVar("Event_co", covariant=True)


@dataclass(slots=True)
class Unit(ABC, Generic[Alarm]):
    """One apparatus. ``live`` lets time pass; ``measure`` returns what it tells. Times in POSIX seconds."""

    now: float
    luck: Luck
    failures: list[Failure] = field(default_factory=list)
    standing: list[Alarm] = field(default_factory=list)
    """Alarms that stand, in the order in which they were raised."""
    restarts: int = 0
    """Of its control, since the beginning."""

    @property
    @abstractmethod
    def faulty(self) -> BodyCondition:
        """What is out of order."""

    @property
    @abstractmethod
    def bothers(self) -> bool:
        """Would whoever is near notice now that something is wrong?"""

    @abstractmethod
    def pass_time(self, span: float) -> None:
        """Let the body live for ``span`` seconds, which end at ``now``."""

    @abstractmethod
    def watch(self) -> Iterator[Alarm]:
        """Yield what its control complains about now: it sees measured values alone."""

    @abstractmethod
    def measure(self, sensors: Any) -> None:  # noqa: ANN401 - of its kind's device
        """Write into its device's sensors what this model measures."""

    @abstractmethod
    def renew(self) -> None:
        """Put every part right."""

    def live(self, span: float) -> tuple[Alarm, ...]:
        """Let ``span`` seconds pass and return the alarms that were raised."""
        self.now += span
        for failure in self.failures:
            failure.act(self.now, self.faulty)
        self.pass_time(span)
        before, self.standing = self.standing, list(dict.fromkeys(self.watch()))
        return tuple(alarm for alarm in self.standing if alarm not in before)

    def often(self, per_hour: float, span: float) -> int:
        """Draw how often something happens in ``span`` seconds that happens so often an hour; at most four times."""
        mean = per_hour * span / 3600
        return sum(self.luck.even() < mean / 4 for _ in range(4)) if mean else 0

    def repair(self) -> None:
        """Somebody puts everything right."""
        self.failures.clear()
        self.standing.clear()
        self.renew()


@dataclass(frozen=True, slots=True)
class Making:
    """How units of one kind are made, and break. Hours are POSIX seconds."""

    draw: Callable[[np.random.Generator, str, float], Unit[Any]]
    """Draws one that has what a part needs to fail, sound, as of an hour; the empty part needs nothing."""
    ways: WaysToFail


class Tells(Protocol[Told_contra, Event_co]):
    """A device that tells of it."""

    seq: int
    """Of its next event."""
    sensors: Any
    """Of its kind."""
    measure: Callable[[Any], None] | None
    """Called before each report."""

    def status(self, now: float) -> object:
        """Tell how it does."""

    def fault(self, alarms: Iterable[Told_contra], now: float) -> Event_co:
        """Tell what it complains about."""

    def restart(self, now: float) -> None:
        """Its control starts anew."""


@dataclass(slots=True)
class Reporter(Generic[Alarm, Event_co]):
    """A unit and the device that tells of it: alarms at once, and every so often how it does."""

    unit: Unit[Alarm]
    device: Tells[Alarm, Event_co]
    every_s: float
    """Between two statuses."""
    next_status: float
    """POSIX seconds."""

    def __post_init__(self) -> None:
        """Have the device tell what is measured."""
        self.device.measure = self.unit.measure

    def sleep(self, span: float) -> None:
        """Let ``span`` seconds pass that end with a status which nobody hears: it is counted."""
        self.unit.live(span)
        self.unit.measure(self.device.sensors)
        self.device.seq += 1
        self.next_status = self.unit.now + self.every_s

    def live(self, span: float) -> Event_co | None:
        """Let ``span`` seconds pass, and tell of them. Return what it complained about."""
        restarts = self.unit.restarts
        raised = self.unit.live(span)
        now = self.unit.now
        if self.unit.restarts > restarts:
            self.device.restart(now)
        if raised:
            return self.device.fault(raised, now)
        if now >= self.next_status:
            self.device.status(now)
            self.next_status = now + self.every_s
        return None
