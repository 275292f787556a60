"""A repair as the gateway takes it: what was before it counts no more, and what it may have left over not for a while. Pure.

Somebody has been there. A code that nobody cleared, a cabinet that has to cool down first and a fault that was told before and
is delivered behind it are no sign that it failed again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field


@dataclass(slots=True)
class Repair:
    """When a device was repaired, by its own clock, POSIX seconds."""

    at: float
    until: float
    """Until when what it tells may be left over."""
    left: set[str] = field(default_factory=set)
    """Codes, alarms and symptoms that it had told of: they may stand for a while longer."""

    def follows(self, at: float) -> bool:
        """Tell whether what was made at ``at`` was made before it."""
        return at <= self.at

    def rests(self, at: float) -> bool:
        """Tell whether what is told at ``at`` may be left over."""
        return at < self.until

    def left_at(self, at: float) -> Collection[str]:
        """Return what of that which is told at ``at`` may be left over."""
        return self.left if self.rests(at) else ()
