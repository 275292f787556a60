"""A car that reports its body: a status every so often, and a fault event as soon as control units store codes.

As trackers and makers' units do, it wakes for what its owner would call about: a start in vain is told with the voltage while
the starter still draws, and an engine that stopped by itself at once. The unit has a battery of its own, as one for eCall must.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from firmware_sim.device.device import Told
from firmware_sim.device.fix import Fix
from firmware_sim.kinds.car.body import Body
from firmware_sim.kinds.car.device import Car
from firmware_sim.kinds.car.fault_memory import Status
from firmware_sim.kinds.car.readings import mute, read
from firmware_sim.kinds.car.use import Use
from gateway.kinds.car.messages import Dtc, Symptom

DRIVING_S = 60.0
PARKED_S = (600.0, 900.0, 1_200.0, 1_800.0)
"""Between two statuses; a make keeps to one of these while it is parked."""
STRAY_SHARE = 0.035
"""Of the fault events: how many bring a code of another system that nothing explains [fit]."""
STRAY = (
    "B1015", "B1A14", "C1A67", "P0128", "P0420", "P0442", "P0456", "P0463", "P0500", "P0711", "P1101", "P2610", "U0155",
    "U0164", "U0184", "U0199", "U0235", "U3003", "B2477", "P0141", "P0401", "C0561",
)  # fmt: skip
"""Codes that cars are known to carry about."""


class Telematics:
    """Steps the body, and has the car tell of it."""

    def __init__(self, car: Car, body: Body, dice: Random) -> None:
        self.car, self.body, self.dice = car, body, dice
        mute(car.sensors)
        self.parked_every = PARKED_S[body.build.make % len(PARKED_S)]
        self.next_status = body.now + dice.random() * DRIVING_S

    def advance(self, now: float, use: Use) -> Told | None:
        """Come to ``now`` and tell of new codes, and return that event; tell the status where it is due."""
        ran = self.body.running
        news = self.body.step(now, use)
        if news:
            return self.tell_codes(now, news)
        if now >= self.next_status or self._wakes(use, ran=ran):
            self.tell_status(now)
        return None

    def _wakes(self, use: Use, *, ran: bool) -> bool:
        """Tell whether something happened that is told at once: the starter turned in vain, or the engine stopped by itself."""
        if self.body.running:
            return False
        in_vain = use.activity == "cranking" and use.since > 0
        return in_vain or (ran and use.activity in {"driving", "idling"})

    def fix_needed(self, now: float) -> bool:
        """Tell whether a status is due at ``now``."""
        return now >= self.next_status

    def locate(self, fix: Fix | None) -> None:
        """Take the receiver's fix."""
        self.car.sensors.fix = fix

    def tell_codes(self, now: float, news: Mapping[str, Status], symptoms: tuple[Symptom, ...] = ()) -> Told:
        """Report codes, with one that is beside the point now and then, and what the driver says."""
        told = dict(news)
        if told and self.dice.random() < STRAY_SHARE:
            self.body.memory.stray(self.dice.choice(STRAY), self.dice.choice(("pending", "confirmed")))
            told |= self.body.memory.news((), 0.0, awake=True)
        read(self.body, self.car.sensors)
        return self.car.fault([Dtc(code=code, status=status) for code, status in told.items()], now, symptoms=symptoms)

    def tell_status(self, now: float) -> None:
        """Report how it does."""
        read(self.body, self.car.sensors)
        self.car.status(now)
        self.next_status = now + (self.parked_every if self.body.activity in {"parked", "plugged"} else DRIVING_S)
