"""The memory of a car's control units: how long a test must fail, what is pending, confirmed, healed and forgotten."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from firmware_sim.kinds.car.build import Build
from firmware_sim.kinds.car.self_tests import SELF_TESTS, SelfTest

Status = Literal["pending", "confirmed"]
HEALS_AFTER = 2
"""Drives without the fault after which a pending code is forgotten."""
RECOVERS = 0.5
"""A test that passes takes back half of what its failing has counted."""
EARLY = 0.45
"""Share of the waiting time after which a code is pending, where a control unit pends first."""


@dataclass(slots=True)
class Stored:
    """One code."""

    status: Status
    test: str
    failed_in_trip: int
    good_trips: int = 0


@dataclass(slots=True)
class FaultMemory:
    """Counts failing tests, and stores the codes that this make has for them."""

    build: Build
    place: Mapping[str, str]
    """What ``{cylinder}``, ``{wheel}`` and the like stand for in this car."""
    stored: dict[str, Stored] = field(default_factory=dict)
    """Code → how it stands."""
    untold: dict[str, Status] = field(default_factory=dict)
    """Stray codes that nobody was told of yet."""
    trip: int = 0
    _failing: dict[str, float] = field(default_factory=dict)
    _codes: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def start_trip(self) -> None:
        """Begin a driving cycle: a pending code that the last two did not confirm goes."""
        self.trip += 1
        for code in list(self.stored):
            held = self.stored[code]
            held.good_trips = self.trip - 1 - held.failed_in_trip
            if held.status == "pending" and held.good_trips >= HEALS_AFTER:
                del self.stored[code]

    def watch(self, failing: Iterable[str], dt: float) -> dict[str, Status]:
        """Count ``dt`` seconds of failing tests; return the codes that are new, or newly confirmed."""
        now_failing, counts = set(failing), self._failing
        news: dict[str, Status] = {}
        for name in sorted(now_failing):
            counts[name] = counts.get(name, 0.0) + dt
            self._judge(name, counts[name], news)
        for name in [name for name in counts if name not in now_failing]:
            counts[name] -= RECOVERS * dt
            if counts[name] <= 0:
                del counts[name]
        return news

    def stray(self, code: str, status: Status) -> None:
        """Store a code that nothing explains; it is news until it is told."""
        if code not in self.stored:
            self.stored[code] = Stored(status, "", self.trip)
            self.untold[code] = status

    def news(self, failing: Collection[str], dt: float, *, awake: bool) -> dict[str, Status]:
        """Watch, and tell stray codes too once the car is awake."""
        found = self.watch(failing, dt) if failing or self._failing else {}
        if awake and self.untold:
            found |= self.untold
            self.untold = {}
        return found

    def clear(self) -> None:
        """Forget all, as a workshop's tester does."""
        self.stored.clear()
        self.untold.clear()
        self._failing.clear()

    def lit(self) -> bool:
        """Is the engine lamp on?"""
        return any(
            held.status == "confirmed" and not (held.test and SELF_TESTS[held.test].dark)
            for held in self.stored.values()
        )

    def codes_of(self, name: str) -> tuple[str, ...]:
        """Return what this make stores when a test fails; drawn once for the make."""
        if name not in self._codes:
            dice = Random(f"{self.build.make} {name}")  # noqa: S311 - a make's habits are no secret
            choices = SELF_TESTS[name].choices
            (chosen,) = dice.choices([codes for _, codes in choices], [weight for weight, _ in choices])
            self._codes[name] = tuple(code.format_map(self.place) for code in chosen)
        return self._codes[name]

    def _judge(self, name: str, counted: float, news: dict[str, Status]) -> None:
        test = SELF_TESTS[name]
        wait = test.after_s * self.build.patience
        if counted < wait * (EARLY if self.build.pends_first else 1.0):
            return
        for code in self.codes_of(name):
            status = self._status(test, code, full=counted >= wait)
            held = self.stored.get(code)
            if held is None or (held.status, status) == ("pending", "confirmed"):
                news[code] = status
                self.stored[code] = Stored(status, name, self.trip)
            else:
                held.failed_in_trip = self.trip

    def _status(self, test: SelfTest, code: str, *, full: bool) -> Status:
        held = self.stored.get(code)
        if not full:
            return held.status if held else "pending"
        again = held is not None and held.failed_in_trip < self.trip
        return "confirmed" if test.trips == 1 or again else "pending"
