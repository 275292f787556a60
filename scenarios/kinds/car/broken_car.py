"""A car in a story from the moment it breaks: it gets a body, a driver, and tells what its control units find."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from firmware_sim.device.fix import Fix
from firmware_sim.kinds.car.body import Body
from firmware_sim.kinds.car.chassis import Chassis
from firmware_sim.kinds.car.device import Car
from firmware_sim.kinds.car.symptoms import alarming
from firmware_sim.kinds.car.telematics import Telematics
from firmware_sim.kinds.car.use import Use
from scenarios.kinds.car.driver import Driver
from scenarios.kinds.car.parts import CAR_PARTS, Occasion
from scenarios.kinds.car.section import Cars
from scenarios.world.world import Breakdown, World

NIGHT_S, WARM_UP_S = 9 * 3_600.0, 120.0
"""Since when a car that does not start has stood; since when one that breaks on its way has been looked at."""
STOPS_S = 15.0
"""From the wish to stop to standing at the roadside [fit]."""
REACTS_S, REACTS_SIGMA = 8.0, 0.5
"""From the display's word, or the agent's, to the wish to stop: lognormal, median and sigma [fit]."""
STANDS_KMH = 1.0
USUAL_KMH = 57.0
"""What drivers' speeds come to on average."""


class Patient:
    """One broken car. Nothing is told before it breaks."""

    def __init__(self, world: World, car: Car, breakdown: Breakdown, chassis: Chassis) -> None:
        self.breakdown, self.fault, self.car = breakdown, breakdown.fault, car
        fault = self.fault
        self.occasion = CAR_PARTS[fault.part].occasion
        dice = Random(int(world.streams.hashed("body", fault.device, round(fault.at)).integers(1 << 62)))  # noqa: S311
        self.ambient = world.story.air(world.now)
        driving, now = self.occasion == Occasion.DRIVING, world.now
        begins = now - (WARM_UP_S if driving else NIGHT_S)
        fuel = dice.uniform(12, 95)
        self.body = Body(chassis.build, dice, begins, ambient=self.ambient, fuel=fuel, warm=driving, chassis=chassis)
        hurry = world.story.section(Cars).speed * 3.6 / USUAL_KMH
        self.driver = Driver(self.body, dice, self.ambient, hurry=hurry)
        self.driver.broke_at = now
        self.body.break_part(fault.part, now if driving else begins + 0.2 * NIGHT_S, dice)
        for at, use in self._until_now(begins, now, driving=driving):
            self.body.step(at, use)
        self.telematics = Telematics(car, self.body, dice)
        self._moved_at = now

    def goes_on(self, arrives: float) -> Iterator[tuple[float, Use]]:
        """Yield what its driver does next: turns the key, or drives on as far as it goes."""
        now = self.body.now
        if self.occasion == Occasion.PLUGGED:
            yield from self.driver.park(now, now + 300, "plugged")
        elif self.occasion != Occasion.DRIVING:
            yield from self.driver.open(now)
            yield from self.driver.start(self.body.now, 3)
        else:
            yield from self._drives_on(now, arrives)

    def tell(self, now: float, use: Use, fix: Fix) -> None:
        """Step the body, and tell what there is to tell."""
        self._moved_at = now
        self.telematics.locate(fix)
        rolled, due = self.body.speed >= STANDS_KMH, self.telematics.fix_needed(now)
        event = self.telematics.advance(now, use)
        if rolled and self.body.speed < STANDS_KMH and event is None and not due and self._stays():
            self.telematics.tell_status(now)
        self.driver.look(now)
        if not self.breakdown.noticed.triggered and self._is_noticed():
            self.breakdown.notice(now)
        symptoms = self.driver.says(now, codes_told=self.fault.shown_at is not None)
        if symptoms:
            event = self.telematics.tell_codes(now, {}, symptoms)
        if event is not None:
            self.fault.events.append(event.key)
            if self.fault.shown_at is None and (symptoms or self._warns()):
                self.breakdown.shows(event.key, now)

    def _is_noticed(self) -> bool:
        """Is there something to notice by now: does it not start, stall, alarm, stop, sound wrong; or did the display say so?

        A yellow lamp alone asks for the workshop, not for help on the road.
        """
        return bool(self.driver.seen) or self.driver.gives_up or self.car.stop_requested or alarming(self.body)

    def _stays(self) -> bool:
        """Does it stand for good? Telematics units tell of that at once, and not of a red light."""
        return self.driver.gives_up or not self.body.running

    def _warns(self) -> bool:
        """Has a code been confirmed? One that is pending lights no lamp and says nothing yet: sound cars have those."""
        return any(held.status == "confirmed" for held in self.body.memory.stored.values())

    def waits(self, now: float, fix: Fix) -> None:
        """Stand and remind; its driver may still say something."""
        self.telematics.next_status = now
        self.tell(now, Use("parked", 0.0, self.ambient), fix)

    @property
    def drives(self) -> bool:
        """Is it on its way, so that it can be told to stop?"""
        return self.occasion == Occasion.DRIVING

    def stop(self) -> None:
        """Stop as the display, an agent on the telephone or a crew says."""
        self.driver.gives_up = True

    def metres(self, now: float) -> float:
        """Return how far it has come since the last step."""
        return self.body.speed / 3.6 * (now - self._moved_at)

    def _drives_on(self, now: float, arrives: float) -> Iterator[tuple[float, Use]]:
        """Drive to the end of the trip, unless it fails, alarms its driver, or the driver hears that help is coming."""
        yield from self.driver.drive(now, arrives)
        if self.driver.gives_up or self.fault.needs_help:
            self.driver.gives_up = True
            yield self.body.now + STOPS_S, Use("idling", 0.0, self.ambient)

    def _until_now(self, begins: float, now: float, *, driving: bool) -> Iterator[tuple[float, Use]]:
        if not driving:
            yield from self.driver.park(begins, now)
            return
        yield begins + 3, Use("cranking", 0.0, self.ambient)
        yield begins + 6, Use("cranking", 0.0, self.ambient, 3.0)
        while begins + 20 < now:
            begins += 20
            yield begins, Use("driving", USUAL_KMH * self.driver.hurry, self.ambient)
        yield now, Use("driving", USUAL_KMH * self.driver.hurry, self.ambient)
