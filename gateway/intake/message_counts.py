"""How many messages were heard, by vendor and type: plain numbers for whoever watches the service. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST = 500
"""So many pairs of vendor and type are told apart; further vendors are counted together, so that strangers fill no memory."""
OTHERS = "others"


@dataclass(slots=True)
class MessageCounts:
    """Counts messages that were read and whose sender is known. Refused ones are counted by rule, elsewhere."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    """Vendor and event type → how many since the start; ``state`` for what a device says of its link."""

    def count(self, device: str, type_: str) -> None:
        """Count one message of ``vendor/device``."""
        self.count_as((device[: device.find("/")], type_))

    def count_as(self, key: tuple[str, str], number: int = 1) -> None:
        """Count messages of a vendor and a type."""
        try:
            self.counts[key] += number
        except KeyError:
            self._begin(key, number)

    def begin_anew(self) -> None:
        """Count from nothing: what was heard so far was heard, and counted, by another process."""
        self.counts.clear()

    def _begin(self, key: tuple[str, str], number: int) -> None:
        if len(self.counts) >= MOST:
            key = (OTHERS, key[1])
        self.counts[key] = self.counts.get(key, 0) + number
