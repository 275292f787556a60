"""Who gives wrong passwords has to wait, longer each time: counted for each name and for each address. Pure."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

FREE = 5
"""So many wrong ones are forgiven."""
FIRST_WAIT_S = 60.0
LONGEST_WAIT_S = 3_600.0
FORGOTTEN_AFTER_S = 86_400.0
MOST = 10_000
"""Names and addresses that are remembered: what strangers write must not fill the memory."""


@dataclass(slots=True)
class _Failures:
    count: int
    last: float


class Lockout:
    """``now`` is POSIX seconds. What was counted is gone with the process."""

    def __init__(self, free: int = FREE) -> None:
        self._free = free
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def wait_s(self, who: str, now: float) -> float:
        """Return how long they still have to wait; 0: they may try."""
        found = self._failures.get(who)
        over = 0 if found is None else found.count - self._free
        if found is None or over < 0:
            return 0.0
        wait = min(FIRST_WAIT_S * 2.0 ** min(over, 10), LONGEST_WAIT_S)
        return max(0.0, found.last + wait - now)

    def failed(self, who: str, now: float) -> None:
        """Count a wrong one."""
        found = self._failures.pop(who, None)
        if found is None or now - found.last > FORGOTTEN_AFTER_S:
            found = _Failures(0, now)
        found.count, found.last = found.count + 1, now
        self._failures[who] = found
        if len(self._failures) > MOST:
            self._failures.popitem(last=False)

    def passed(self, who: str) -> None:
        """Forget it all: they knew it."""
        self._failures.pop(who, None)
