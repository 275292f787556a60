"""What a device hands to whatever carries it: a message, and the line it goes out on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way up. ``key`` is the event's ``vendor/device/boot-seq``; ``None`` for the device's state."""

    topic: str
    payload: bytes
    retain: bool
    perishable: bool
    """May be dropped when the store is full: a newer one says more."""
    key: str | None


class Uplink(Protocol):
    """A device's line to the broker. ``open`` comes first; between ``cut`` and the next ``open`` nothing is sent."""

    def open(self, last_will: Outgoing) -> None:
        """Coverage is back: connect, and leave ``last_will`` with the broker."""

    def send(self, outgoing: Outgoing) -> None:
        """Carry one message up, in the order given, at least once."""

    def cut(self) -> None:
        """Coverage is lost without a goodbye; the broker publishes the last will."""
