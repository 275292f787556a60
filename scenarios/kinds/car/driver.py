"""A driver: parks, opens, starts, drives, tries again, pulls over, waits; and says what there was to notice, or does not."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from firmware_sim.kinds.car.body import Body
from firmware_sim.kinds.car.build import chance
from firmware_sim.kinds.car.symptoms import alarming, noticed, told
from firmware_sim.kinds.car.use import Activity, Use
from gateway.kinds.car.messages import Symptom

FAR_S, NEAR_S, LATER_S = 60.0, 10.0, 20.0
"""Steps: while nothing is broken, while it breaks, and some minutes later."""
CRANKS_S = 3.0
SPEEDS = (0.0, 30.0, 50.0, 50.0, 60.0, 70.0, 90.0, 110.0)
"""km/h, from one stretch of the way to the next; 0 is a red light."""
DESPERATE = 0.8
"""Of the drivers who can tell their trouble and whose car says nothing of it: how many do [fit]."""
SOON_S, LATE_S = 120.0, 300.0
"""Until when after the fault it is looked at closely, and fairly closely."""


class Driver:
    """Yields what is done with the car, step by step. Times in POSIX seconds."""

    def __init__(self, body: Body, dice: Random, ambient: float, *, hurry: float = 1.0) -> None:
        self.body, self.dice, self.ambient = body, dice, ambient
        self.hurry = hurry
        """Factor on the wanted speeds; near 0: a traffic jam."""
        self.broke_at = float("inf")
        self.seen: list[Symptom] = []
        """What there was to notice so far."""
        self.since: float | None = None
        """When there first was something."""
        self.gives_up = False
        self.alarmed_at: float | None = None
        self.waits_s = dice.uniform(40, 300)
        self.bears_s = dice.lognormvariate(4.6, 0.8)
        """How long an alarming car is driven on: 100 s, give or take."""

    def park(self, now: float, until: float, activity: Activity = "parked") -> Iterator[tuple[float, Use]]:
        """Leave it standing until a moment, looked at every 10 to 30 minutes."""
        step = 1_800.0 if activity == "parked" else 60.0
        while now < until:
            now = min(until, now + step)
            yield now, self._use(activity)

    def open(self, now: float) -> Iterator[tuple[float, Use]]:
        """Walk up, open, sit down."""
        for _ in range(2):
            now += 15
            yield now, self._use("unlocking")

    def start(self, now: float, tries: int) -> Iterator[tuple[float, Use]]:
        """Turn the key up to ``tries`` times."""
        for number in range(tries):
            for turn in range(2):
                now += CRANKS_S
                yield now, Use("cranking", 0.0, self.ambient, turn * CRANKS_S)
                if self.body.running:
                    return
            now += self.dice.uniform(6, 25) * (number + 1)
            yield now, self._use("idling")
        self.gives_up = True

    def drive(self, begins: float, until: float) -> Iterator[tuple[float, Use]]:
        """Drive until a moment; try to start again where it stalls; pull over where it is alarming."""
        now = begins
        while now < until and not self.gives_up:
            if not self.body.running and self.body.speed < 1:
                for later, use in self.start(now, 1 + chance(self.dice, 0.6)):
                    now = later
                    yield later, use
                continue
            now = min(until, now + self._step(now))
            yield now, self._use("driving", self.dice.choice(SPEEDS) * self.hurry)
            if self._has_had_enough(now):
                self.gives_up = True
                now += 20
                yield now, self._use("idling")

    def wait(self, now: float, until: float) -> Iterator[tuple[float, Use]]:
        """Stand at the roadside with the ignition on at first, then off."""
        for _ in range(3):
            now += 20
            yield now, self._use("idling" if not self.body.running else "parked")
        yield from self.park(now, until)

    def look(self, now: float) -> None:
        """Notice what there is to notice."""
        if seen := noticed(self.body):
            self.seen = list(dict.fromkeys((*self.seen, *seen)))
            self.since = self.since or now

    def says(self, now: float, *, codes_told: bool) -> tuple[Symptom, ...]:
        """Return what the driver tells the car's display or the app, once; mostly nothing."""
        if self.since is None or now < self.since + self.waits_s:
            return ()
        self.since = float("inf")
        tells = self.body.build.driver_tells or (not codes_told and chance(self.dice, DESPERATE))
        return told(self.body, self.seen, self.dice) if tells else ()

    def _use(self, activity: Activity, speed: float = 0.0) -> Use:
        return Use(activity, speed, self.ambient)

    def _step(self, now: float) -> float:
        if now < self.broke_at:
            return min(FAR_S, max(NEAR_S, self.broke_at - now))
        past = now - self.broke_at
        return NEAR_S if past < SOON_S else LATER_S if past < LATE_S else FAR_S

    def _has_had_enough(self, now: float) -> bool:
        """Pull over some time after it became alarming, or undrivable; who is about to stop anyway has."""
        if self.gives_up or not alarming(self.body):
            return False
        if self.alarmed_at is None:
            self.alarmed_at = now
        return now > self.alarmed_at + self.bears_s
