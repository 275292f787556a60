"""A phone that forwards its car's events: who says what, once each, and acknowledged when the broker has it. No radio here."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from firmware_sim.device.fix import Fix
from firmware_sim.kinds.phone.device import Phone
from gateway.contract.messages import parse_event
from gateway.contract.refusals import Refused

REMEMBERED = 10_000
"""Events of the car that are known to be with the broker; the oldest are forgotten."""
Acknowledge = Callable[[], None]


@dataclass(slots=True)
class Relay:
    """One phone and its car. On the world's thread.

    ``locate`` takes a fix for the phone. What the phone has forwarded and the broker has not is unacknowledged to the car:
    should the phone be lost, the car still has it.
    """

    phone: Phone
    car: str
    locate: Callable[[], Fix | None]
    refused: int = 0
    """Messages of the car that are no events of its own."""
    _waiting: dict[str, list[Acknowledge]] = field(default_factory=dict)
    _done: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def take(self, payload: bytes, acknowledge: Acknowledge) -> None:
        """Take an event from the car, which has proved who it is; forward it, unless it is under way."""
        try:
            event = parse_event(payload)
        except Refused:
            self.refused += 1
            acknowledge()  # it would come again for ever
            return
        if event.device != self.car:
            self.refused += 1
            return
        if event.key in self._done:
            acknowledge()
            return
        waiting = self._waiting.setdefault(event.key, [])
        waiting.append(acknowledge)
        if len(waiting) == 1:
            self.phone.fix = self.locate() or self.phone.fix
            self.phone.relay(event)

    def acknowledged(self, key: str) -> None:
        """The broker has an event: the car need not keep it."""
        self._done[key] = None
        if len(self._done) > REMEMBERED:
            self._done.popitem(last=False)
        for acknowledge in self._waiting.pop(key, ()):
            acknowledge()
