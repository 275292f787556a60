"""What the world knows of a part beside how its device shows it."""

from __future__ import annotations

from dataclasses import dataclass

ANY_TIME = "any_time"
"""It needs no occasion to break."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part."""

    kind: str
    """What kind of device it belongs to."""
    occasion: str = ANY_TIME
    """When it shows: a word of its kind's own, as ``starting`` or ``driving`` of what is driven."""
    needs_help: bool = True
    """Must somebody come, deliver or call?"""
    comes: bool = True
    """Who has it wants somebody to come; ``False``: it is put right by talking."""
    phones: bool = True
    """Would the customer phone about it at all?"""
    passes: bool = False
    """Is there nothing to do but to wait: it is everybody's, and passes of itself?"""
    of: str = ""
    """What its catalogue in ``gateway`` is called, where not as the kind is: whatever can pay has payments that fail."""
    unnoticed_s: float | None = None
    """After how long its owner notices it, where its device's body does not show when; ``None``: the body does."""

    @property
    def catalogue(self) -> str:
        """What its catalogue is called."""
        return self.of or self.kind
