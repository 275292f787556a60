"""What is known of one device now. Plain state; ``intake`` changes it, whoever owns a store keeps it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field

from gateway.devices.clock_skew import DeviceClock
from gateway.devices.episodes import Episodes
from gateway.devices.history import Samples
from gateway.devices.liveness import Cadence, Pulse, Standing
from gateway.devices.memory import Memory
from gateway.devices.order import Arrival, Order
from gateway.devices.our_clock import left_in_events_s
from gateway.devices.repair import Repair
from gateway.finding import Place

Remembered = TypeVar("Remembered", bound=Memory)
OF_OLDER = ""
"""In ``Twin.memories``: what an older version kept in the twin itself, until the kind it belongs to asks for it."""


@dataclass(slots=True)
class ToldSign:
    """A trouble code, an alarm or a symptom that a device told of. Times by the device's clock, POSIX seconds."""

    confirmed: bool
    first_at: float
    last_at: float


def is_nothing(value: object) -> bool:
    """Is it 0?"""
    return value == 0


def is_none(value: object) -> bool:
    """Is nothing known?"""
    return value is None


def _since_episodes_end(kept: object) -> object:
    """Read what was stored before episodes were remembered after their end: a mapping of the open ones."""
    return {"open": kept} if isinstance(kept, dict) and not {"open", "over"} & kept.keys() else kept


@dataclass(slots=True)
class Twin:
    """What is known of one device now. Readings go by their published names."""

    device: str
    order: Order = field(default_factory=Order)
    pulse: Pulse = field(default_factory=Pulse)
    clock: DeviceClock = field(default_factory=DeviceClock)
    place: Place | None = None
    doubted: Place | None = None
    """A later fix than ``place`` that is too far from it to be believed before a second one confirms it."""
    moving: bool = False
    read_at: float = 0.0
    """Of the newest readings, by the device's clock."""
    readings: dict[str, float | int | str | bool] = field(default_factory=dict)
    samples: Samples = field(default_factory=dict)
    """Of the readings that are watched over time."""
    told: dict[str, ToldSign] = field(default_factory=dict)
    """Trouble codes that are stored, alarms, symptoms; by code, ``alarm:…``, ``symptom:…``."""
    episodes: Annotated[Episodes, BeforeValidator(_since_episodes_end)] = field(default_factory=Episodes)
    used_at: Annotated[float | None, Field(exclude_if=is_none)] = None
    """When it told last that somebody uses it, POSIX seconds by its clock; 0: not so far. ``None``: it tells nothing."""
    repair: Repair | None = None
    """The last one that was heard of."""
    as_of: Annotated[int, Field(exclude_if=is_nothing)] = 0
    """Up to which row of the inbox it has what its device said; where a store keeps it."""
    memories: dict[str, Any] = field(default_factory=dict)
    """What kinds remember beside (``Memory``), by its name; as JSON has it until it is asked for."""

    def memory(self, of: type[Remembered]) -> Remembered:
        """Return what a kind remembers, to be changed; a blank memory where there is none."""
        found = self.recalled(of)
        if found is None:
            found = self.memories[of.NAME] = of()
        return found

    def recalled(self, of: type[Remembered]) -> Remembered | None:
        """Return what a kind remembers; ``None``: nothing."""
        kept = self.memories.get(of.NAME)
        if isinstance(kept, of):
            return kept
        if kept is not None:
            found: Remembered | None = of.read(kept)
        else:
            older = self.memories.get(OF_OLDER)
            found = of.of_older(older, self.told) if older else None
        if found is not None:
            self.memories[of.NAME] = found
        return found

    def hear(  # noqa: PLR0917 - an event is its numbers, its hours and its content
        self, cadence: Cadence, boot: int, seq: int, made_at: float, now: float, content: int | None = None
    ) -> Arrival:
        """Note that an event arrived. Times in POSIX seconds: ``made_at`` by the device's clock, ``now`` by ours.

        ``content``: what tells it from another event of the same numbers.
        """
        arrival = self.order.take(boot, seq, made_at, now, content)
        if arrival is Arrival.NEW or arrival is Arrival.TOO_OLD:
            self.beat(cadence, boot, made_at, now)
        return arrival

    def beat(self, cadence: Cadence, boot: int, made_at: float, now: float) -> None:
        """Note when an event that counts was made and arrived."""
        self.pulse.hear(boot, made_at, now, self.patience_s(cadence))
        self.clock.hear(made_at, now)

    def say(self, cadence: Cadence, *, online: bool, boot: int, time: float | None, now: float) -> bool:
        """Note what the device says of its link; ``False``: no news.

        A last will of an earlier boot says nothing about this one, whether this one was heard by event or by state.
        """
        if boot < max(self.order.boot or 0, self.pulse.said_boot):
            return False
        if not self.pulse.say(online=online, boot=boot, time=time, now=now, patience_s=self.patience_s(cadence)):
            return False
        if time is not None and online:
            self.clock.hear(time, now)
        return True

    def repaired(self, subject: str, at: float, grace_s: float, lasting: Collection[str]) -> None:
        """Note that what ``subject`` names was put right at ``at``, POSIX seconds by our clock: nothing before it counts any more.

        For ``grace_s`` what it tells may be left over. Readings that are ``lasting`` are kept.
        """
        at += left_in_events_s(self.clock)
        for name in [name for name in self.episodes.open if name.partition("/")[0] == subject]:
            self.episodes.repaired(name, at)
        self.repair = Repair(at, at + grace_s, {name for name in self.told if not name.startswith("symptom:")})
        self.told.clear()
        self.samples.clear()
        self.readings = {name: value for name, value in self.readings.items() if name in lasting}

    def tells_use(self, at: float, *, used: bool) -> None:
        """Note that it told, at ``at`` by its clock, whether somebody uses it."""
        self.used_at = max(self.used_at or 0.0, at if used else 0.0)

    def before_repair(self, at: float) -> bool:
        """Tell whether what was made at ``at``, by the device's clock, tells of a state that was put right since."""
        return self.repair is not None and self.repair.follows(at)

    def left_over(self, at: float) -> Collection[str]:
        """Return what may be told at ``at`` though it was put right."""
        return () if self.repair is None else self.repair.left_at(at)

    def rests(self, at: float) -> bool:
        """Tell whether what is told at ``at`` may be left over from before a repair."""
        return self.repair is not None and self.repair.rests(at)

    def patience_s(self, cadence: Cadence) -> float:
        """How long nothing may be heard, seconds."""
        return cadence.patience_s(self.pulse.habit_s(), moving=self.moving)

    def standing(self, cadence: Cadence, now: float) -> Standing:
        """Return whether the device is there, and since when."""
        return self.pulse.standing(now, self.patience_s(cadence))
