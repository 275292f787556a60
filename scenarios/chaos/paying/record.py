"""What the world knows of money in a stage: asked, told, and really paid. Pure; filled by whoever does it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class MoneyRecord:
    """Payments are named as the ledger names them; sums are minor units."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    """Event by which a device asked and that the broker acknowledged → the payment."""
    told: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Payment → status and reason that its device was told last, by the hour at which that was decided."""
    executed: dict[str, int] = field(default_factory=dict)
    """What the bank has really done, by its own names."""
    contradicted: set[str] = field(default_factory=set)
    """Of that, what it says afterwards that it has not done."""
    otherwise: list[str] = field(default_factory=list)
    """Orders that came to the bank a second time with another content."""
