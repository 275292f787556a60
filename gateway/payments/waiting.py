"""Who waits for an outage to be over, and when that is: told by payments that go through again. Pure.

Wald's sequential test at each place: each success speaks for its working again, each failure of its systems against it.
"""

from __future__ import annotations

from math import log

from gateway.payments.refused import RefusedAttempt

WORKS, FAILS = 0.95, 0.15
"""P(a payment goes through) where all is well, and while an outage lasts: some get through all along [fit]."""
SURE = log(100.0)
"""A hundred to one that it works again."""
SUCCESS, FAILURE = log(WORKS / FAILS), log((1 - WORKS) / (1 - FAILS))
MOST = 100_000
"""Who waits longest is forgotten beyond: the desk looks after them by the clock, too."""


class Waiting:
    """Those who were told to wait, by the place that is down."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], tuple[str, RefusedAttempt]] = {}
        """Device and payment → the place, and the last attempt; who began to wait longest ago stands first."""
        self._works: dict[str, float] = {}
        """Place where somebody waits → how much speaks for its working again, as a logarithm of odds, never below nothing."""

    def wait(self, place: str, attempt: RefusedAttempt) -> None:
        """Somebody is told to wait until a place works again."""
        self._waiting[attempt.name] = (place, attempt)
        self._works.setdefault(place, 0.0)
        while len(self._waiting) > MOST:
            self.drop(*next(iter(self._waiting)))

    def has(self, device: str, payment: str) -> bool:
        """Tell whether somebody was told to wait, and waits."""
        return (device, payment) in self._waiting

    def drop(self, device: str, payment: str) -> None:
        """Somebody waits no more."""
        gone = self._waiting.pop((device, payment), None)
        if gone is not None and not any(place == gone[0] for place, _ in self._waiting.values()):
            self._works.pop(gone[0], None)

    def tried(self, place: str, *, went_through: bool) -> list[RefusedAttempt]:
        """Note how an attempt went at a place, and return who waited there, once that is over; they wait no more."""
        if place not in self._works:
            return []
        self._works[place] = max(0.0, self._works[place] + (SUCCESS if went_through else FAILURE))
        if self._works[place] < SURE:
            return []
        del self._works[place]
        over = [attempt for where, attempt in self._waiting.values() if where == place]
        for one in over:
            del self._waiting[one.name]
        return over
