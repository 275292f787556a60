"""What the engine tells whoever follows faults through the service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from dispatch.ledger.pipeline import Turn
from gateway.links.handover.delivery import Delivery


class FaultTracing(Protocol):
    """``dispatch.observe.traces`` where the operator asks for it."""

    def now(self) -> int:
        """Return the wall's time in nanoseconds."""

    def decided(self, delivery: Delivery, turn: Turn, began: int) -> None:
        """Take note of what a delivery came to, whose handling began at ``began``."""

    def stored(self, turns: Sequence[Turn], seconds: float) -> None:
        """Take note that a batch was stored, which took the store ``seconds``."""
