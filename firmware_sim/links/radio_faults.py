"""How loud a radio is, and what goes wrong on it: advertisements unheard, links that break in mid-message, frames twice."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

AT_ONE_METRE_DBM = -59.0
"""RSSI at 1 m of a 0 dBm beacon, a usual calibration [fit]."""
PATH_LOSS_EXPONENT = 2.4
"""Between 2 in the open and 3 among walls and cars [fit]."""
SURE_DBM, DEAF_DBM = -85.0, -95.0
"""Above the first everything is heard, below the second nothing; usual for LE 1M receivers, of which the standard asks -70
(Core 5.4, Vol 6 Part A, 4.1)."""


def rssi_at(distance: float) -> float:
    """Return the RSSI in dBm at a distance in metres: the log-distance path loss model."""
    return AT_ONE_METRE_DBM - 10 * PATH_LOSS_EXPONENT * math.log10(max(distance, 0.1))


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

    def hears(self, rssi: float) -> bool:
        """Draw whether an advertisement of so many dBm is heard."""
        loud = min(1.0, max(0.0, (rssi - DEAF_DBM) / (SURE_DBM - DEAF_DBM)))
        share = loud * (1 - self.advertising_loss)
        return share >= 1 or self.dice.random() < share

    def breaks(self) -> bool:
        """Draw whether the link breaks now."""
        return self.drops > 0 and self.dice.random() < self.drops

    def repeats(self) -> bool:
        """Draw whether a frame comes again."""
        return self.replays > 0 and self.dice.random() < self.replays
