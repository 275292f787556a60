"""What is remembered of a device's payments. Pure; the twin keeps it."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from gateway.devices.memory import Memory
from gateway.devices.twin import ToldSign


@dataclass(slots=True)
class KeptWait:
    """A refused payment whose customer was told to wait until a place works again."""

    place: str
    event: dict[str, Any]
    """The last refused attempt, as JSON, without the payee's account."""
    kind: str
    """How it failed."""
    at: float
    """POSIX seconds by our clock."""


@dataclass(slots=True)
class PaymentMemory(Memory):
    """Payments under way and those that went through."""

    NAME: ClassVar[str] = "payments"

    failures: dict[str, int] = field(default_factory=dict)
    """Payment → attempts that were rejected so far."""
    settled: list[str] = field(default_factory=list)
    """The last payments that went through, oldest first: one that is sent again is a duplicate."""
    told: dict[str, ToldSign] = field(default_factory=dict)
    """``{payment}:{reason}``: what refusals said. Times by the device's clock, POSIX seconds."""
    again: list[str] = field(default_factory=list)
    """Payments of which was told that the outage is over, and which have not gone through so far."""

    waits: dict[str, KeptWait] = field(default_factory=dict)
    """Payment → for what its customer waits; some of ``failures``. Kept, so that they hear of its end after a restart, too."""

    @classmethod
    def of_older(cls, kept: MutableMapping[str, Any], told: MutableMapping[str, Any]) -> Self | None:
        """Take it out of a twin of when payments had no memory of their own: their reasons stood among what devices told."""
        found = super(PaymentMemory, cls).of_older(kept, told)
        if found is not None:
            mine = [name for name in told if name.partition(":")[0] in found.failures]
            found.told = {name: told.pop(name) for name in mine}
        return found
