"""What a supplier has left of the day's stock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from gateway.finding import OrderLine


class Shelf:
    """One supplier's goods, filled up every midnight. ``stock``: units of each article, or by article or GTIN."""

    def __init__(self, stock: float | Mapping[str, float]) -> None:
        self._stock = stock
        self._sold: defaultdict[tuple[date, str], float] = defaultdict(float)

    def take(self, lines: tuple[OrderLine, ...], day: date) -> bool:
        """Take an order's goods off the shelf; ``False``, and nothing taken, where they are not all there."""
        self._book(lines, day, 1)
        if all(self._sold[day, line.gtin] <= self._units(line) for line in lines):
            return True
        self.put_back(lines, day)
        return False

    def put_back(self, lines: tuple[OrderLine, ...], day: date) -> None:
        """Put an order's goods back."""
        self._book(lines, day, -1)

    def _book(self, lines: tuple[OrderLine, ...], day: date, sign: int) -> None:
        for line in lines:
            self._sold[day, line.gtin] += sign * line.quantity

    def _units(self, line: OrderLine) -> float:
        if isinstance(self._stock, Mapping):
            return self._stock.get(line.gtin, self._stock.get(line.name, 0.0))
        return self._stock
