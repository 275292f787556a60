"""Where a satellite receiver believes it is."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_sim.device.moments import utc
from gateway.contract.values import Position

DECIMALS = 6
"""Of a degree: about 0.1 m, finer than any receiver here."""


@dataclass(frozen=True, slots=True)
class Fix:
    """WGS 84 degrees, horizontal accuracy in metres (68%), and when it was taken (POSIX seconds)."""

    latitude: float
    longitude: float
    accuracy_m: float
    fix_time: float

    def told(self) -> dict[str, object]:
        """Return the fix in the contract's words."""
        return {
            "latitude": round(self.latitude, DECIMALS),
            "longitude": round(self.longitude, DECIMALS),
            "accuracy_m": round(self.accuracy_m, 1),
            "fix_time": utc(self.fix_time),
        }

    def position(self) -> Position:
        """Return the fix as the contract's model has it."""
        return Position.model_validate(self.told())


def position_of(fix: Fix | None) -> Position | None:
    """Return the fix in the contract's words; ``None`` where there is no fix."""
    return fix.position() if fix else None
