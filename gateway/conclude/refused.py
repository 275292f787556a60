"""Refused payments of the last minutes whose cause is not sure: what others meet shortly afterwards may tell it. Pure.

Whoever is refused first in an outage is alone with it, and looks like somebody with a trouble of his own. Once others fail alike,
that is wrong; so it is thought over again then, and not only when the customer tries again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from gateway.contract.messages import PaymentAttemptEvent
from gateway.outage import WINDOW_S
from gateway.registry import DeviceRecord

State = tuple[str, ...]
"""Which conditions about the others hold."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The last refused attempt at one payment."""

    event: PaymentAttemptEvent
    record: DeviceRecord
    kind: str
    """How it failed."""
    places: Collection[str]
    """Where it passed: processor and banks."""
    at: float
    """POSIX seconds by our clock."""


class Refusals:
    """Those of the last ``WINDOW_S``, oldest first, and what had been seen of the others at each place by then."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], Refusal] = {}
        self._states: dict[tuple[str, str], tuple[float, set[State]]] = {}
        """Place and kind → since when what was seen there counts, and what was seen."""

    def wait(self, refusal: Refusal) -> None:
        """Keep one that may have to be thought over again."""
        name = _name(refusal)
        self._waiting.pop(name, None)
        self._waiting[name] = refusal

    def drop(self, device: str, payment: str) -> None:
        """Forget one whose cause is sure, or that matters no more."""
        self._waiting.pop((device, payment), None)

    def is_news(self, place: str, kind: str, state: State, now: float) -> bool:
        """Tell whether the others at a place were not yet seen to fare like this within the last minutes.

        Each state counts once: however many fail in an outage, those who wait are thought over a few times.
        """
        since, seen = self._states.get((place, kind), (now, set()))
        if now - since > WINDOW_S:
            since, seen = now, set()
        self._states[place, kind] = since, seen
        if state in seen:
            return False
        seen.add(state)
        return True

    def at(self, places: Collection[str], kind: str, now: float) -> list[Refusal]:
        """Return those that failed alike at any of the places, oldest first."""
        while self._waiting and now - (oldest := next(iter(self._waiting.values()))).at > WINDOW_S:
            del self._waiting[_name(oldest)]
        alike = (one for one in self._waiting.values() if one.kind == kind)
        return [one for one in alike if not set(places).isdisjoint(one.places)]


def _name(refusal: Refusal) -> tuple[str, str]:
    return refusal.record.device, refusal.event.data.end_to_end_id
