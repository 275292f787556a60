"""How something breaks and develops: at once, little by little, or now and then, and for what time.

What is out of order with a body is plain numbers, each at its healthy value until a failure moves it. A mode says which of
them move, and to where; ranges are drawn from evenly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

Course = Literal["sudden", "gradual", "intermittent"]
HOUR = 3600.0


@dataclass(slots=True)
class BodyCondition:
    """What is out of order with a body. Each kind adds its numbers, at their healthy values."""

    ONCE: ClassVar[frozenset[str]] = frozenset()
    """Numbers that act once, at the beginning."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One way in which a part fails."""

    course: Course
    moves: Mapping[str, tuple[float, float]]
    """Number of the condition → between what values it ends up."""
    weight: float = 1.0
    pace_h: tuple[float, float] = (0.0, 0.0)
    """Until it is as bad as it gets; of one that comes and goes: from one time to the next."""
    lasts_h: tuple[float, float] | None = None
    """For what ends by itself; drawn evenly in the logarithm."""


@dataclass(slots=True)
class Failure:
    """One failure under way."""

    part: str
    course: Course
    onset: float
    """POSIX seconds, as ``ends``."""
    ends: float
    pace_s: float
    targets: dict[str, float]
    share: float = 0.4
    """Of its time that one which comes and goes is there."""
    begun: bool = field(default=False, init=False)
    over: bool = field(default=False, init=False)

    def act(self, now: float, condition: BodyCondition) -> None:
        """Move the numbers to where the failure has them at ``now``."""
        if now < self.onset or self.over or (self.begun and self.course == "sudden" and now < self.ends):
            return
        self.over = now >= self.ends
        grip = 0.0 if self.over else self._grip(now - self.onset)
        for name, target in self.targets.items():
            if name in condition.ONCE:
                if not self.begun:
                    setattr(condition, name, target)
            else:
                sound = _healthy(condition, name)
                setattr(condition, name, sound + grip * (target - sound))
        self.begun = True

    def _grip(self, age: float) -> float:
        """How far it has got, 0 to 1."""
        if self.course == "sudden":
            return 1.0
        if self.course == "gradual":
            return min(1.0, age / self.pace_s)
        return float(age % self.pace_s < self.share * self.pace_s)


def _healthy(condition: BodyCondition, name: str) -> float:
    default: Any = condition.__dataclass_fields__[name].default
    return float(default)


@dataclass(frozen=True, slots=True)
class WaysToFail:
    """How the parts of one kind fail, and what a sound one puts up with. Hours are POSIX seconds."""

    modes: Mapping[str, Sequence[Mode]]
    """Part → the ways in which it fails."""
    disturbances: Mapping[str, Mode]
    """What happens to a sound one by its name, and is no failure."""

    def fail(self, part: str, onset: float, dice: np.random.Generator) -> Failure:
        """Draw one way in which ``part`` fails from ``onset`` on."""
        modes = self.modes[part]
        return _begin(part, modes[_one_of(modes, dice)], onset, dice)

    def disturb(self, onset: float, dice: np.random.Generator) -> Failure:
        """Draw something that a sound one puts up with from ``onset`` on."""
        modes = list(self.disturbances.values())
        place = _one_of(modes, dice)
        return _begin(list(self.disturbances)[place], modes[place], onset, dice)


def _one_of(modes: Sequence[Mode], dice: np.random.Generator) -> int:
    """Draw one by its weight, and return its place."""
    heights = np.cumsum([mode.weight for mode in modes])
    return int(np.searchsorted(heights, dice.random() * heights[-1], side="right"))


def _begin(part: str, mode: Mode, onset: float, dice: np.random.Generator) -> Failure:
    """Draw how bad, how fast and for how long it fails from ``onset`` (POSIX seconds) on."""
    luck = dice.random(3 + len(mode.moves)).tolist()
    low, high = mode.pace_h
    ends = float("inf")
    if mode.lasts_h:
        shortest, longest = mode.lasts_h
        ends = onset + HOUR * shortest * (longest / shortest) ** luck[0]
    targets = {
        name: least + (most - least) * one
        for (name, (least, most)), one in zip(mode.moves.items(), luck[3:], strict=True)
    }
    pace = max(1.0, HOUR * (low + (high - low) * luck[1]))
    return Failure(part, mode.course, onset, ends, pace, targets, share=0.25 + 0.4 * luck[2])
