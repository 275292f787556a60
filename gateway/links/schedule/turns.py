"""Whose turn it is: an adapter holds a few connections, and more devices than that may want to talk. No radio here.

A device that advertises a fault comes first, then who has waited longest. Whoever could not be reached waits twice as long
each time, up to a minute.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import Generic, TypeVar

from gateway.retry.backoff import Backoff

Handle = TypeVar("Handle")

FORGOTTEN_AFTER_S = 15.0
"""A device that has not advertised for so long is not there any more."""
BACK_OFF = Backoff(0.5, 60.0)
LEFT_ALONE_S = 3_600.0
"""For a peer that is not what it looked like."""
TURN_S = 10.0
"""The longest turn while others wait."""
QUIET_S = 1.0
"""While others wait, whoever says nothing for so long has had its turn."""


@dataclass(slots=True)
class Caller(Generic[Handle]):
    """A device that was heard advertising."""

    address: str
    handle: Handle
    """What the adapter connects by."""
    service: str
    """Which of the services looked for it offers."""
    fault: bool = False
    rssi: int = -127
    """dBm, as heard last."""
    heard_at: float = 0.0
    turn_ended: float = -inf
    """It has had none yet."""
    not_before: float = 0.0
    failures: int = 0


@dataclass(slots=True)
class Turns(Generic[Handle]):
    """Times are seconds of a clock that does not go back."""

    limit: int
    """Connections at once."""
    callers: dict[str, Caller[Handle]] = field(default_factory=dict)
    busy: dict[str, float] = field(default_factory=dict)
    """Address → since when it has its turn."""

    def heard(self, address: str, handle: Handle, service: str, now: float, *, fault: bool, rssi: int) -> None:
        """Note an advertisement."""
        caller = self.callers.get(address)
        if caller is None:
            caller = self.callers[address] = Caller(address, handle, service)
        caller.handle, caller.fault, caller.rssi, caller.heard_at = handle, fault, rssi, now

    def next(self, now: float) -> Caller[Handle] | None:
        """Return who is to be connected now, if there is a free place, and begin its turn."""
        if len(self.busy) >= self.limit:
            return None
        wanting = self._wanting(now)
        if not wanting:
            return None
        chosen = min(wanting, key=lambda one: (not one.fault, one.turn_ended, -one.rssi))
        self.busy[chosen.address] = now
        return chosen

    def over(self, address: str, now: float, quiet_s: float) -> bool:
        """Tell whether a turn is to end for the sake of others; ``quiet_s``: since when nothing was said."""
        if len(self.busy) < self.limit or not self._wanting(now):
            return False
        return quiet_s >= QUIET_S or now - self.busy.get(address, now) >= TURN_S

    def ended(self, address: str, now: float, *, rest_s: float | None) -> None:
        """End a turn; the next is not before ``rest_s``. ``None``: it did not go well, and waits longer each time."""
        self.busy.pop(address, None)
        caller = self.callers.get(address)
        if caller is None:
            return
        caller.turn_ended, caller.fault = now, False  # the next advertisement says whether one waits
        caller.failures = caller.failures + 1 if rest_s is None else 0
        caller.not_before = now + (BACK_OFF.after(caller.failures) if rest_s is None else rest_s)

    def _wanting(self, now: float) -> list[Caller[Handle]]:
        for gone in [one.address for one in self.callers.values() if now - one.heard_at > LEFT_ALONE_S * 2]:
            del self.callers[gone]
        return [
            one
            for one in self.callers.values()
            if one.address not in self.busy and one.not_before <= now < one.heard_at + FORGOTTEN_AFTER_S
        ]
