"""Refused payments of the last minutes whose cause is not sure: what others meet shortly afterwards may tell it. Pure.

Whoever is refused first in an outage is alone with it, and looks like somebody with a trouble of his own. Once others fail alike,
that is wrong; so it is thought over again then, and not only when the customer tries again.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from gateway.payments.messages import PaymentAttemptEvent
from gateway.payments.outages import WINDOW_S

State = tuple[str, ...]
"""Which conditions about the others hold at one place."""


@dataclass(slots=True)
class RefusedAttempt:
    """The last refused attempt at one payment."""

    device: str
    customer: str | None
    event: PaymentAttemptEvent
    kind: str
    """How it failed."""
    places: Collection[str]
    """Where it passed: processor and banks."""
    at: float
    """POSIX seconds by our clock."""
    outage: float = 0.0
    """P(an outage), as last diagnosed."""

    @property
    def name(self) -> tuple[str, str]:
        """Device and payment."""
        return self.device, self.event.data.end_to_end_id


@dataclass(slots=True)
class _Place:
    """How those fare who fail alike at one place."""

    state: State | None = None
    """By the last refusal."""
    thought_over: dict[State, float] = field(default_factory=dict)
    """State → when those who waited were thought over in it, POSIX seconds by our clock."""
    touched: float = 0.0


class Refusals:
    """Those of the last ``WINDOW_S``, oldest first, and how the others fare at the places of them."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], RefusedAttempt] = {}
        self._places: dict[tuple[str, str], _Place] = {}
        """Place and kind → how it fares there; those touched longest ago first."""

    def wait(self, refusal: RefusedAttempt) -> None:
        """Keep one that may have to be thought over again."""
        self._waiting.pop(refusal.name, None)
        self._waiting[refusal.name] = refusal

    def drop(self, device: str, payment: str) -> None:
        """Forget one whose cause is sure, or that matters no more."""
        self._waiting.pop((device, payment), None)

    def news(self, place: str, kind: str, state: State, now: float) -> float | None:
        """Note how the others fare at a place, and return since when none who waits was thought over so; ``None``: it is no news.

        Each of those who wait is thought over once in each state of a place, however often that comes back.
        """
        self._forget(now)
        name = (place, kind)
        one = self._places[name] = self._places.pop(name) if name in self._places else _Place()
        one.touched = now
        if one.state == state:
            return None
        one.state = state
        before = one.thought_over.get(state, -math.inf)
        one.thought_over[state] = now
        return before

    def since(self, places: Mapping[str, float], kind: str) -> list[RefusedAttempt]:
        """Return those that failed alike at any of the places since the moment given with it, oldest first."""
        if not places:
            return []
        alike = (one for one in self._waiting.values() if one.kind == kind)
        return [one for one in alike if any(one.at >= places.get(place, math.inf) for place in one.places)]

    def _forget(self, now: float) -> None:
        """Forget what is older than the window, in refusals and in places."""
        while self._waiting and now - (oldest := next(iter(self._waiting.values()))).at > WINDOW_S:
            del self._waiting[oldest.name]
        while self._places and now - self._places[stale := next(iter(self._places))].touched > WINDOW_S:
            del self._places[stale]
