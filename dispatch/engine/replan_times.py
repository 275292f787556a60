"""How long replans took, by the wall's clock. In no row of the ledger: no replay could repeat it."""

from __future__ import annotations

from collections.abc import Sequence

from dispatch.core.actions import Replanned
from dispatch.ledger.rows import Row, read

KEPT = 200


class ReplanTimes:
    """``took_ms``: number of a record → milliseconds in which the input was decided that led to it; since the start alone."""

    def __init__(self) -> None:
        self.took_ms: dict[int, float] = {}

    def note(self, rows: Sequence[Row], seconds: float) -> None:
        """Note how long what led to these rows took to decide."""
        for row in rows:
            if row.type == Replanned.__name__ and isinstance(record := read(row), Replanned):
                self.took_ms[record.number] = round(seconds * 1000, 1)
        while len(self.took_ms) > KEPT:
            del self.took_ms[next(iter(self.took_ms))]

    def latest(self, most: int) -> dict[int, float]:
        """Return the newest of them."""
        return dict(list(self.took_ms.items())[-most:])
