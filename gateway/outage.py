"""One customer's problem or everybody's: how many devices failed at one processor within a short while."""

from __future__ import annotations

from collections import deque

WINDOW_S = 600.0
"""How long a failure counts."""
CUSTOMERS = 5
"""So many different customers failing at one processor within the window are no coincidence."""


class Outages:
    """Watches the payment processors."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[tuple[float, str]]] = {}

    def failed(self, processor: str, device: str, now: float) -> None:
        """Note that a payment of ``device`` failed at ``processor``."""
        self._failures.setdefault(processor, deque()).append((now, device))

    def is_out(self, processor: str, now: float) -> bool:
        """Tell whether so many customers fail that it is the processor."""
        failures = self._failures.get(processor)
        if failures is None:
            return False
        while failures and failures[0][0] < now - WINDOW_S:
            failures.popleft()
        return len({device for _, device in failures}) >= CUSTOMERS
