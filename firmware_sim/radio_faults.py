"""What goes wrong on a radio, drawn from dice: links that break in the middle of a frame's message, frames that come twice."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass(slots=True)
class RadioFaults:
    """Shares of 0 to 1, drawn for each frame, or for each event where there are no frames."""

    drops: float = 0.0
    """The link breaks."""
    replays: float = 0.0
    """It comes a second time."""
    advertising_loss: float = 0.0
    """Of advertisements, drawn for each listener."""
    dice: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - a simulation's

    def breaks(self) -> bool:
        """Draw whether the link breaks now."""
        return self.drops > 0 and self.dice.random() < self.drops

    def repeats(self) -> bool:
        """Draw whether a frame comes again."""
        return self.replays > 0 and self.dice.random() < self.replays
