"""A line without a network: every message is handed over at once, in the caller's own moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from firmware_sim.device.uplink import Outgoing


@dataclass(slots=True)
class MemoryUplink:
    """One device's line to a broker that takes no time: messages in order, and the last will at a cut."""

    deliver: Callable[[Outgoing], None]
    _last_will: Outgoing | None = None

    def open(self, last_will: Outgoing) -> None:
        """Keep the last will for the cut."""
        self._last_will = last_will

    def send(self, outgoing: Outgoing) -> None:
        """Hand the message over."""
        self.deliver(outgoing)

    def cut(self) -> None:
        """Hand the last will over, once."""
        last_will, self._last_will = self._last_will, None
        if last_will:
            self.deliver(last_will)
