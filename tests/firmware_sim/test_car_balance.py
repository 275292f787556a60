"""Whatever car is drawn: charge and heat are accounted for, wear never heals, and a sound one stores no code."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.kinds.car.body import Body
from firmware_sim.kinds.car.build import Build, draw_build
from firmware_sim.kinds.car.chassis import Chassis
from firmware_sim.kinds.car.defects import Damage, Defects
from firmware_sim.kinds.car.electrics import Electrics
from firmware_sim.kinds.car.heat import CAP_C, Heat
from firmware_sim.kinds.car.use import Use

SEEDS = st.integers(0, 10_000)
SHARES = st.floats(0, 1)
SPANS = st.floats(1, 36_000)


def drawn(seed: int) -> Build:
    """Draw a car."""
    return draw_build(Random(seed), lambda _: True)


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.floats(-20, 40), st.floats(0.3, 1), st.floats(0.01, 5), SPANS)
def test_a_battery_loses_what_is_drawn_and_nothing_else(
    seed: int, ambient: float, charge: float, load: float, span: float
) -> None:
    """Twice half the time is the whole: ampere-hours are counted, whatever the steps."""
    whole, halves = (Electrics(drawn(seed), ambient, charge) for _ in "ab")
    whole.rest(span, ambient, load, Defects())
    for _ in "ab":
        halves.rest(span / 2, ambient, load, Defects())
    assert halves.charge == pytest.approx(whole.charge, abs=1e-9)
    assert max(0.0, charge - load * span / 3600 / (0.5 * whole.capacity)) <= whole.charge <= charge


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.floats(-20, 30), SHARES, SHARES)
def test_an_older_battery_never_turns_an_engine_over_faster(
    seed: int, ambient: float, one: float, other: float
) -> None:
    """Nor does its voltage hold better under the starter."""
    build = drawn(seed)
    found = []
    for aged in sorted((one, other)):
        electrics = Electrics(build, ambient, 0.8)
        electrics.crank(1.0, Defects(battery_aged=aged), engaged=True)
        found.append((electrics.supply, electrics.crank_rpm))
    (fresh, turns), (old, slower) = found
    assert old <= fresh + 1e-9
    assert slower <= turns + 1e-9


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.floats(-15, 35), st.floats(0, 130), st.floats(0.05, 0.9), st.floats(1, 60))
def test_an_engine_gets_no_colder_than_the_air_and_no_hotter_than_its_cap_holds(
    seed: int, ambient: float, speed: float, load: float, step: float
) -> None:
    """Heat that is burnt goes into coolant, and out of it again; however long the steps."""
    heat = Heat(drawn(seed), ambient, warm=False)
    for _ in range(200):
        heat.run(step, 2_000, load, speed, ambient, Defects())
        assert ambient - 1e-6 <= heat.coolant <= CAP_C
    hot = heat.coolant
    heat.stand(7_200, ambient)
    assert ambient - 1e-6 <= heat.coolant <= hot + 1e-9


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.floats(0.1, 0.9), st.floats(0.1, 0.9))
def test_a_fan_that_blows_less_never_cools_better(seed: int, one: float, other: float) -> None:
    """In traffic, on a hot day."""
    found = []
    for lost in sorted((one, other)):
        heat = Heat(drawn(seed), 35, warm=True)
        seen = []
        for _ in range(180):
            heat.run(10, 1_200, 0.3, 5, 35, Defects(fan=lost))
            seen.append(heat.coolant)
        found.append(sum(seen[60:]) / 120)
    assert found[1] >= found[0] - 1.0  # it switches on and off


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.floats(0.05, 1), st.lists(st.floats(1, 600), min_size=2, max_size=20))
def test_a_tyre_that_leaks_only_loses_air_and_the_others_keep_theirs(
    seed: int, leak: float, steps: list[float]
) -> None:
    """Until the wheel is changed."""
    chassis = Chassis(drawn(seed), Random(seed))
    before = list(chassis.cold_pressures)
    for step in steps:
        was = chassis.cold_pressures[chassis.wheel]
        chassis.roll(step, 50, Defects(tyre_leak=leak))
        assert 0 <= chassis.cold_pressures[chassis.wheel] < was
    assert [kpa for wheel, kpa in enumerate(chassis.cold_pressures) if wheel != chassis.wheel] == [
        kpa for wheel, kpa in enumerate(before) if wheel != chassis.wheel
    ]


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.floats(-20, 40), st.floats(-20, 40))
def test_tyres_have_more_pressure_in_the_heat(seed: int, one: float, other: float) -> None:
    """The air outside warms them alike."""
    chassis = Chassis(drawn(seed), Random(seed))
    colder, warmer = (chassis.pressures(air) for air in sorted((one, other)))
    assert all(cold <= warm for cold, warm in zip(colder, warmer, strict=True))


@settings(max_examples=50, deadline=None)
@given(st.floats(10, 10_000), st.lists(st.floats(0, 20_000), min_size=1, max_size=30))
def test_gradual_wear_never_heals(span: float, moments: list[float]) -> None:
    """It grows from nothing to all there is, and stays."""
    damage = Damage(100.0, [("fan", 1.0)], (), "gradual", span, Random(1))
    levels = []
    for moment in sorted(moments):
        damage.step(moment)
        levels.append(damage.level)
    assert levels == sorted(levels)
    assert all(0 <= level <= 1 for level in levels)
    assert (max(moments) < 100 + span) or levels[-1] == 1.0


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.floats(-8, 32), st.floats(20, 120))
def test_a_sound_car_tells_no_fault(seed: int, ambient: float, speed: float) -> None:
    """Whatever its make and its age: it stands, starts, and is driven for half an hour."""
    dice = Random(seed)
    body = Body(drawn(seed), dice, 0.0, ambient=ambient, fuel=60.0, warm=False)
    body.step(600.0, Use("parked", 0.0, ambient))
    for second in range(1, 7):
        body.step(600.0 + second, Use("cranking", 0.0, ambient, float(second)))
    while body.now < 2_400:
        body.step(body.now + 10, Use("driving", speed, ambient))
    assert body.running or not body.build.combustion
    assert not [code for code, held in body.memory.stored.items() if held.status == "confirmed"]
