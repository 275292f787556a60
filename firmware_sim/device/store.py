"""Store and forward: what a device keeps while nobody hears it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from firmware_sim.device.uplink import Outgoing


@dataclass(slots=True)
class Store:
    """Keeps messages in order. Full, it drops the oldest perishable one; what is not perishable is never dropped.

    It therefore grows beyond ``limit`` when it holds nothing perishable.
    """

    limit: int
    dropped: int = 0
    """Perishable messages dropped so far."""
    waiting: deque[Outgoing] = field(default_factory=deque)

    def keep(self, outgoing: Outgoing) -> None:
        """Keep one message, making room if need be."""
        self.waiting.append(outgoing)
        if len(self.waiting) > self.limit:
            self._make_room()

    def forward(self, send: Callable[[Outgoing], None]) -> None:
        """Send everything kept, oldest first. A message leaves the store only once ``send`` has taken it."""
        while self.waiting:
            send(self.waiting[0])
            self.waiting.popleft()

    def next(self) -> Outgoing:
        """Take what is to go first where the way is narrow: the oldest that must not be lost, else the oldest of all."""
        urgent = (place for place, kept in enumerate(self.waiting) if kept.key is not None and not kept.perishable)
        place = next(urgent, 0)
        found = self.waiting[place]
        del self.waiting[place]
        return found

    def _make_room(self) -> None:
        oldest = next((place for place, kept in enumerate(self.waiting) if kept.perishable), None)
        if oldest is not None:
            del self.waiting[oldest]
            self.dropped += 1
