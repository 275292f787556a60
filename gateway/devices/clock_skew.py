"""How a device's clock stands to ours, told from its events. Pure.

An event's time minus the hour it arrived is the clock's error minus the way's delay, and a delay is never negative: the
largest of a few such offsets is the best estimate (as in NTP's clock filter), and one that was stored for an hour before
it was sent says nothing where a fresh one is beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

LIMIT_S = 60.0
"""A clock that is further off makes ages and positions wrong enough to be told."""
MOMENTS = 5
"""Of how many moments of hearing the offsets are kept."""
ENOUGH = 3
"""So many moments have to agree before a clock is said to be slow: each alone could be a slow way."""
TOGETHER_S = 2.0
"""What arrives within so many seconds is one moment: a store that is emptied counts once."""


@dataclass(slots=True)
class DeviceClock:
    """The clock of one device."""

    offsets: list[float] = field(default_factory=list)
    """Device's time minus ours, seconds: the largest of each moment, oldest first."""
    moment: float = 0.0
    """When the latest moment began, POSIX seconds by our clock."""
    made_at: float = 0.0
    """When what was heard last was made, POSIX seconds by the device's clock."""

    def hear(self, made_at: float, now: float) -> None:
        """Note an event's own time and the hour it arrived, both in POSIX seconds."""
        offset, self.made_at = made_at - now, made_at
        if self.offsets and now - self.moment < TOGETHER_S:
            self.offsets[-1] = max(self.offsets[-1], offset)
            return
        self.moment = now
        self.offsets.append(offset)
        if len(self.offsets) > MOMENTS:
            del self.offsets[0]

    @property
    def skew_s(self) -> float | None:
        """Seconds the device is ahead of us (negative: behind), the way's delay included; ``None``: never heard."""
        return max(self.offsets, default=None)

    @property
    def is_off(self) -> bool:
        """Tell whether the clock is surely wrong by more than ``LIMIT_S``."""
        if not self.offsets:
            return False
        best, worst = max(self.offsets), min(self.offsets)
        steady = len(self.offsets) >= ENOUGH and best - worst <= LIMIT_S
        return best > LIMIT_S or (best < -LIMIT_S and steady)
