"""Whether a device is there: it says so, it says that it is not, it has fallen silent, or nobody ever heard of it. Pure.

"No data" is a state of its own: a device that should have reported and has not is neither online nor offline.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LEARNED_FROM = 8
"""So many intervals are needed before the device's own habit counts."""
MISSED = 3
"""So many reports in a row have to be missing."""
TOGETHER_S = 1.0
"""What arrives within so many seconds is one report."""
UP, DOWN, STRETCH = 2, 8, 4
"""The habit moves half the way to a longer interval, an eighth of the way to a shorter one, and a pause counts for at
most four intervals: a night off is no new habit."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a kind of device reports."""

    expected_s: float
    """At least so often by the contract, seconds."""
    sleeps: bool = False
    """While it stands: only one that is moving is held to its own habit."""

    def patience_s(self, habit_s: float | None, *, moving: bool) -> float:
        """Return how long nothing may be heard of a device, seconds: by its habit, else by the contract."""
        counts = moving or not self.sleeps
        return MISSED * (self.expected_s if habit_s is None or not counts else habit_s)


STRANGER = Cadence(3_600.0, sleeps=True)
"""Of a device of which nothing but its state was heard: its kind shows with its first event."""


class Liveness(StrEnum):
    """Is it there?"""

    ONLINE = "online"
    """We hear from it as often as we should."""
    OFFLINE = "offline"
    """It said so, or its last will did."""
    SILENT = "silent"
    """It should have reported and has not."""
    UNKNOWN = "unknown"
    """Nothing was ever heard."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a device stands, and since when (POSIX seconds by our clock); for a silent one, when it was heard last."""

    state: Liveness
    since: float | None


@dataclass(slots=True)
class Pulse:
    """When a device was heard, what it said of its link, and how often it reports."""

    heard_at: float | None = None
    online_since: float | None = None
    said: bool | None = None
    """Online or offline, as it said last; ``None``: nothing that still counts."""
    said_at: float = 0.0
    """When that arrived, by our clock."""
    said_boot: int = -1
    said_time: float = 0.0
    """When it was said, by the device's clock; a last will has no time."""
    every_s: float = 0.0
    """The interval it keeps, as far as learned."""
    intervals: int = 0
    """From how many it was learned."""

    def hear(self, boot: int, made_at: float, now: float, patience_s: float) -> None:
        """Note that an event arrived. One made after the device said it was offline says that it is back."""
        if self.heard_at is not None and self.said is not False:  # as nearly always
            gap = now - self.heard_at
            self.heard_at = now
            if gap >= TOGETHER_S:
                self._learn(gap)
            if gap > patience_s:
                self.online_since = now
            return
        was = self._state(now, patience_s)
        if was is Liveness.OFFLINE and (boot > self.said_boot or made_at > self.said_at):
            self.said = None
        self._note(was, now)

    def say(self, *, online: bool, boot: int, time: float | None, now: float, patience_s: float) -> bool:
        """Note what a device says of its link; ``False``: that is known. Of an earlier boot: see ``Twin.say``."""
        again = self.said is online and boot <= self.said_boot
        if again and (time is None or time <= self.said_time):
            return False
        was = self._state(now, patience_s)
        self.said, self.said_at, self.said_boot = online, now, boot
        self.said_time = self.said_time if time is None else time
        self._note(was, now)
        return True

    def habit_s(self) -> float | None:
        """Return the interval it keeps, seconds; ``None``: not known yet."""
        return self.every_s if self.intervals >= LEARNED_FROM else None

    def standing(self, now: float, patience_s: float) -> Standing:
        """Return how the device stands now. ``patience_s``: how long nothing may be heard."""
        state = self._state(now, patience_s)
        since = {
            Liveness.ONLINE: self.online_since,
            Liveness.OFFLINE: self.said_at,
            Liveness.SILENT: self.heard_at,
            Liveness.UNKNOWN: None,
        }
        return Standing(state, since[state])

    def _state(self, now: float, patience_s: float) -> Liveness:
        if self.heard_at is None:
            return Liveness.UNKNOWN
        if self.said is False:
            return Liveness.OFFLINE
        return Liveness.SILENT if now - self.heard_at > patience_s else Liveness.ONLINE

    def _note(self, was: Liveness, now: float) -> None:
        self.heard_at = now
        if was is not Liveness.ONLINE and self.said is not False:
            self.online_since = now

    def _learn(self, gap: float) -> None:
        """Lean to the longer intervals it usually keeps: what comes between them is no habit."""
        if self.intervals == 0:
            self.every_s = gap
        step = (min(gap, STRETCH * self.every_s) - self.every_s) / (UP if gap > self.every_s else DOWN)
        self.every_s += step
        self.intervals += 1
