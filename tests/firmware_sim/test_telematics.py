"""What a car's telematics unit tells by itself: a start in vain and an engine that stopped, at once; a sound start not."""

from __future__ import annotations

from random import Random

import pytest

from firmware_sim.kinds.car.body import Body
from firmware_sim.kinds.car.build import draw_build
from firmware_sim.kinds.car.defects import Damage
from firmware_sim.kinds.car.device import Car
from firmware_sim.kinds.car.telematics import Telematics
from firmware_sim.kinds.car.use import Use

FAR = 1e9
TELLS = frozenset({"battery_voltage", "system_state", "engine_running"})


class Unit:
    """A petrol car in the frost and what its unit sends; no status is due."""

    def __init__(self, **defects: float) -> None:
        dice = Random(3)
        build = draw_build(
            dice, lambda build: build.powertrain == "petrol" and build.gearbox == "manual" and build.tells >= TELLS
        )
        self.body = Body(build, dice, 0.0, ambient=-5.0)
        if defects:
            self.body.damages.append(Damage(0.0, list(defects.items()), (), "sudden", 1.0, dice))
        self.car = Car("volta/car-1")
        self.telematics = Telematics(self.car, self.body, dice)
        self.telematics.next_status = FAR

    def told(self, after_s: float, activity: str, speed: float = 0.0, since: float = 0.0) -> int:
        """Do something for some seconds; return how many events that made."""
        before = self.car.seq
        self.telematics.advance(self.body.now + after_s, Use(activity, speed, -5.0, since))  # type: ignore[arg-type]
        if self.car.seq > before:
            self.telematics.next_status = FAR
        return self.car.seq - before


def test_a_start_in_vain_is_told_while_the_starter_still_draws() -> None:
    """The driver turns the key of a car whose battery is flat: a status with the voltage that broke down."""
    unit = Unit(battery_aged=1.0, self_discharge=1.0)
    unit.body.electrics.charge = 0.05
    unit.told(15, "unlocking")
    unit.told(3, "cranking")  # its control units may store a code by then
    assert unit.told(3, "cranking", since=3.0) == 1
    sensors = unit.car.sensors
    assert sensors.system_state == "START"
    assert sensors.battery_voltage is not None
    assert sensors.battery_voltage < 9.5


def test_a_sound_start_is_told_of_with_the_next_status() -> None:
    """It is no news."""
    unit = Unit()
    told = unit.told(15, "unlocking") + unit.told(3, "cranking") + unit.told(3, "cranking", since=3.0)
    told += unit.told(20, "driving", 30.0)
    assert unit.body.running
    assert told == 0


@pytest.mark.parametrize("activity", ["driving", "idling"])
def test_an_engine_that_stops_by_itself_is_told_of_at_once(activity: str) -> None:
    """Whatever stopped it; where a code is stored in the same moment, the fault says it all."""
    unit = Unit()
    unit.told(15, "unlocking")
    for since in (0.0, 3.0):
        unit.told(3, "cranking", since=since)
    unit.told(20, "driving", 30.0)
    unit.body.damages.append(Damage(unit.body.now, [("fuel_pump", 1.0)], (), "sudden", 1.0, Random(1)))
    told = [unit.told(10, activity, 30.0) for _ in range(12)]
    assert not unit.body.running
    assert sum(told) >= 1
