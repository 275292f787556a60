"""A car's body: what breaks in it changes what is measured, and codes follow from that."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from firmware_sim.kinds.car.body import Body
from firmware_sim.kinds.car.build import Build, draw_build
from firmware_sim.kinds.car.defects import Damage
from firmware_sim.kinds.car.device import CarSensors
from firmware_sim.kinds.car.failures import WAYS, has
from firmware_sim.kinds.car.readings import mute, read
from firmware_sim.kinds.car.use import Use

PETROL = draw_build(
    Random(2), lambda build: build.powertrain == "petrol" and build.gearbox == "manual" and build.air_flow_meter
)
MIDDLING = replace(
    PETROL, patience=1.0, noise=1.0, smart_charging=False, direct_injection=False, turbo=False, battery_age=0.3,
    battery_capacity=60.0, alternator=120.0,
    limits=replace(PETROL.limits, voltage_low=11.0, overheated=115.0, misfire=0.03, trim=20.0, tyre=0.78),
)  # fmt: skip
"""A petrol car whose control units are neither hasty nor slow."""


def body(build: Build = MIDDLING, *, ambient: float = 10.0, warm: bool = True, seed: int = 1) -> Body:
    """Return a sound car that stands."""
    return Body(build, Random(seed), 0.0, ambient=ambient, warm=warm)


def broken(car: Body, **sizes: float) -> Body:
    """Give it defects of these sizes at once."""
    car.damages.append(Damage(car.now, list(sizes.items()), (), "sudden", 1.0, Random(1)))
    return car


def crank(car: Body, seconds: float = 6.0) -> float:
    """Turn the key until it runs; return the lowest voltage that was measured."""
    lowest, until = 20.0, car.now + seconds
    while car.now < until and not car.running:
        car.step(car.now + 1.0, Use("cranking", 0.0, car.ambient, 0.0))
        lowest = min(lowest, car.measured.voltage)
    return lowest


def drive(car: Body, minutes: float, speed: float = 60.0) -> dict[str, float]:
    """Drive; return each code with the time at which it was stored."""
    stored: dict[str, float] = {}
    until = car.now + 60 * minutes
    while car.now < until:
        for code in car.step(car.now + 10.0, Use("driving" if speed else "idling", speed, car.ambient)):
            stored.setdefault(code, car.now)
    return stored


def test_a_sound_car_starts_drives_and_stores_nothing() -> None:
    """In frost, at 10 °C and in the heat."""
    for ambient in (-10.0, 10.0, 30.0):
        car = body(ambient=ambient, warm=False)
        crank(car)
        assert drive(car, 40) == {}
        assert car.running
        assert 80 < car.heat.coolant < 100
        assert 13.4 < car.measured.voltage < 15.0


def test_cold_lowers_the_voltage_under_the_starter() -> None:
    """The same battery, from the heat to hard frost."""
    lowest = [crank(body(ambient=ambient, warm=False)) for ambient in (30.0, 5.0, -20.0)]
    assert lowest[0] > lowest[1] > lowest[2] > 7


def test_a_worn_battery_does_not_turn_the_engine_over_in_frost() -> None:
    """Yet at rest it shows a sound battery's voltage."""
    car = broken(body(ambient=-14.0, warm=False), battery_aged=0.9)
    car.step(60.0, Use("parked", 0.0, -14.0))
    assert car.measured.voltage > 12.2
    assert crank(car) < 9.6
    assert not car.running


def test_a_starter_without_current_leaves_the_voltage_alone() -> None:
    """That tells it from a flat battery."""
    car = broken(body(warm=False), starter_open=1.0)
    assert crank(car) > 12
    assert not car.running


def test_a_dead_alternator_drains_the_battery_until_modules_starve() -> None:
    """First the low voltage is stored; the storm of modules that fell off the bus comes after it."""
    car = body(ambient=-5.0)
    crank(car)
    drive(car, 2)
    broken(car, alternator=1.0)
    stored = drive(car, 180)
    low = min(at for code, at in stored.items() if code in car.memory.codes_of("voltage_low"))
    storm = [at for code, at in stored.items() if code[0] in "UC"]
    assert car.electrics.charge < 0.1
    assert len(storm) >= 2
    assert min(storm) >= low
    assert not car.running


def test_a_weak_fuel_pump_makes_the_mixture_lean_before_the_engine_misfires() -> None:
    """The fuel correction rises first."""
    car = body()
    crank(car)
    drive(car, 3)
    before = car.engine.long
    broken(car, fuel_pump=0.45)
    drive(car, 4, speed=90)
    assert car.engine.long + car.engine.short > before + 8
    assert car.engine.low < 0.9 * car.engine.low_wanted


def test_a_dead_coil_misfires_in_its_own_cylinder() -> None:
    """The code names the cylinder."""
    car = body()
    crank(car)
    broken(car, coil=1.0)
    stored = drive(car, 4)
    assert any(code.startswith("P030") for code in stored)
    assert car.engine.misfire_one > 0.5 > car.engine.misfire_all


def test_without_its_fan_an_engine_overheats_at_a_standstill_and_not_on_the_road() -> None:
    """The wind does the fan's work."""
    hottest = []
    for speed in (80.0, 0.0):
        car = body(ambient=28.0)
        crank(car)
        broken(car, fan=1.0)
        drive(car, 40, speed=speed)
        hottest.append(car.heat.coolant)
    assert hottest[0] < 100
    assert hottest[1] > 112


def test_a_thermostat_stuck_open_keeps_it_cold_and_stuck_closed_boils_it() -> None:
    """On the same road."""
    reached = {}
    for defect in ("thermostat_open", "thermostat_closed"):
        car = body(ambient=0.0, warm=False)
        crank(car)
        broken(car, **{defect: 1.0})
        drive(car, 25)
        reached[defect] = car.heat.coolant
    assert reached["thermostat_open"] < 65
    assert reached["thermostat_closed"] > 115


def test_the_sensor_of_an_oil_pressure_may_lie_while_the_engine_is_sound() -> None:
    """What is measured falls, what is there does not."""
    car = body()
    crank(car)
    broken(car, oil_sensor=1.0)
    drive(car, 2)
    assert car.measured.oil_pressure < 30
    assert car.heat.oil_pressure > 150


def test_all_tyres_are_low_in_the_cold_and_one_is_low_with_a_hole() -> None:
    """40 K of cold take about 45 kPa of each."""
    cold = body(ambient=-20.0).chassis.pressures(-20.0)
    warm = body(ambient=-20.0).chassis.pressures(20.0)
    assert all(38 < high - low < 52 for low, high in zip(cold, warm, strict=True))
    car = broken(body(), tyre_leak=0.6)
    crank(car)
    drive(car, 10)
    low, *others = sorted(car.chassis.cold_pressures)
    assert low < 120
    assert min(others) > 190


def test_a_code_is_pending_before_it_is_confirmed() -> None:
    """Where a make pends first; and a fault of the exhaust gas waits for the next drive."""
    car = body(replace(MIDDLING, pends_first=True))
    crank(car)
    broken(car, coil=1.0)
    seen: list[str] = []
    for _ in range(40):
        seen += [f"{status}" for code, status in car.step(car.now + 5.0, Use("driving", 50.0, 10.0)).items() if code]
    assert seen[0] == "pending"
    assert "confirmed" in seen


def test_a_make_that_lacks_a_sensor_never_reports_it() -> None:
    """And reports what it has."""
    bare = replace(MIDDLING, tells=frozenset({"battery_voltage", "speed"}))
    car, sensors = body(bare), CarSensors()
    crank(car)
    drive(car, 1)
    mute(sensors)
    read(car, sensors)
    told = sensors.signals()
    assert set(told) == {
        "Vehicle.LowVoltageBattery.CurrentVoltage",
        "Vehicle.Speed",
        "Vehicle.Diagnostics.DTCCount",
    }


def test_mending_makes_it_sound_again() -> None:
    """No defect, no code, and it runs."""
    car = broken(body(), coil=1.0, fuel_pump=1.0)
    crank(car)
    drive(car, 5)
    car.mend()
    crank(car)
    assert car.memory.stored == {}
    assert drive(car, 10) == {}
    assert car.running


@pytest.mark.parametrize("part", WAYS)
def test_every_way_of_failing_changes_the_body(part: str) -> None:
    """Each part can break in some car, and each way moves a defect or a circuit."""
    for seed in range(6):
        car = body(draw_build(Random(seed), lambda build: has(build, part)), seed=seed)
        sound = repr(car.defects)
        car.break_part(part, 1.0, Random(seed))
        for at in range(2, 4000, 40):
            car.step(float(at), Use("idling", 0.0, 10.0))
            if repr(car.defects) != sound or car.circuits:
                break
        assert repr(car.defects) != sound or car.circuits
