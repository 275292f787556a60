"""A fridge's body and controller: what breaks shows as physics has it, and as far as the model measures it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from firmware_sim.kinds.fridge.body import settled
from firmware_sim.kinds.fridge.build import COMPLAINS, REPORTS, Build, draw_build
from firmware_sim.kinds.fridge.controller import STEP_S
from firmware_sim.kinds.fridge.device import FridgeSensors
from firmware_sim.kinds.fridge.failures import MODES, WAYS_TO_FAIL
from firmware_sim.kinds.fridge.household import Household
from firmware_sim.kinds.fridge.machine import Machine, switched_on
from firmware_sim.wear.failure import Failure

START = 1_767_247_200.0
KITCHEN = Household(room_c=22.0, swing_k=0.5, habit=0.5, stays_s=12, mains=1.0, noon_s=0)
HOUR = int(3600 / STEP_S)


def model(*needs: str, seed: int = 4) -> Build:
    """Return a build of ordinary speed that measures everything and knows every alarm."""
    build = draw_build(np.random.default_rng(seed), frozenset(needs))
    watch = replace(build.watch, alarms=tuple(COMPLAINS), warm_k=5.0, warm_s=1800.0, quiet_after_power_s=0.0)
    return replace(
        build, watch=watch, instruments=frozenset(REPORTS), inverter=False, fan_tells_truth=True, has_reserve=False
    )


def machine(build: Build, *failures: Failure, hours: int = 3) -> Machine:
    """Return a fridge that has lived through some hours and begins to fail now."""
    made = switched_on(build, KITCHEN, START - hours * 3600, np.random.default_rng(1))
    for _ in range(hours * HOUR):
        made.step()
    made.failures.extend(failures)
    return made


def failure(ends: float = float("inf"), *, over_hours: float = 0.0, **targets: float) -> Failure:
    """Return a failure that begins at ``START``, at once or over some hours."""
    course = "gradual" if over_hours else "sudden"
    return Failure("-", course, START, ends, max(1.0, over_hours * 3600), targets)


def live(made: Machine, hours: float) -> tuple[set[str], float, float]:
    """Let time pass. Return the alarms, the share of time that the compressor ran, and the last hour's air."""
    alarms: set[str] = set()
    air: list[float] = []
    ran = 0
    for _ in range(round(hours * HOUR)):
        alarms.update(made.step())
        air.append(made.body.air_c)
        ran += made.body.running
    return alarms, ran / len(air), float(np.mean(air[-HOUR:]))


@pytest.mark.parametrize("seed", range(25))
def test_a_sound_fridge_holds_its_temperature_and_has_power_to_spare(seed: int) -> None:
    """Whatever the model: within 1.5 K on average over half a day, and never running all the time."""
    made = machine(draw_build(np.random.default_rng(seed)))
    ran, air = [], []
    for _ in range(12 * HOUR):
        made.step()
        ran.append(made.body.running)
        air.append(made.body.air_c)
    assert abs(float(np.mean(air)) - made.build.setpoint_c) < 1.5
    assert 0.1 < float(np.mean(ran)) < 0.97


def test_a_leaking_charge_first_runs_longer_then_cools_no_more() -> None:
    """Nine hours into the leak the fridge is still cold and works more; after a day it is warm and runs for nothing."""
    build = model("no_frost")
    sound = live(machine(build), 9)
    made = machine(build, failure(over_hours=20, charge=0.1))
    _, early_duty, early_air = live(made, 9)
    current = made.body.current_a
    early = live(made, 8)[0]
    late, late_duty, late_air = live(made, 15)
    assert early_air < build.setpoint_c + 2
    assert early_duty > sound[1]
    assert late_duty > 0.9
    assert late_air > build.setpoint_c + 5
    assert made.body.current_a < current
    assert early == set()
    assert late == {"HighTemperature"}


def test_a_dead_fan_warms_the_cabinet_while_the_freezer_stays_frozen() -> None:
    """The cold no longer gets to where the food is."""
    made = machine(model("no_frost"), failure(fan=0.0))
    alarms, _, air = live(made, 8)
    assert air > made.build.setpoint_c + 3
    assert made.body.freezer_c < -10
    assert "FanStalled" in alarms


def test_a_choked_condenser_gets_hot() -> None:
    """At the end of a run it is hotter by many kelvins, and its compressor works more."""
    build = model("no_frost")
    sound, choked = machine(build), machine(build, failure(condenser_air=0.15))
    before, after = live(sound, 24), live(choked, 24)
    assert choked.body.condenser_c > sound.body.condenser_c + 10
    assert after[1] > before[1]


def test_a_heater_that_stays_cold_lets_frost_grow() -> None:
    """Frost is thawed by a sound heater and grows with a dead one, which a model that measures it tells."""
    build = replace(model("no_frost"), defrost_every_s=3 * 3600.0)
    sound, broken = machine(build, failure(frost_kg=0.5)), machine(build, failure(frost_kg=0.5, heater=0.0))
    live(sound, 20)
    alarms = live(broken, 20)[0]
    assert sound.body.frost_kg < 0.3
    assert broken.body.frost_kg > 0.5
    assert "DefrostFault" in alarms


def test_a_compressor_that_cannot_start_tries_again_and_says_so() -> None:
    """It draws the current of a locked rotor, never runs, and the controller complains after a few tries."""
    made = machine(model(), failure(start_fails=1.0))
    alarms, duty, air = live(made, 10)
    assert duty == 0
    assert made.body.current_a > 3 * made.build.circuit.power / (0.65 * made.build.nominal_v)
    assert {"CompressorStart", "HighTemperature"} <= alarms
    assert air > made.build.setpoint_c + 5


def test_without_mains_it_is_silent_and_restarts_when_they_are_back() -> None:
    """A model without a reserve tells nothing while it is dark, and warms by some kelvins in three hours."""
    made = machine(model(), failure(ends=START + 3 * 3600, mains=0.0))
    silent = live(made, 2.9)[0]
    assert not made.talks
    assert silent == set()
    assert made.build.setpoint_c + 1 < made.body.air_c < 15
    assert "PowerLost" in live(made, 0.5)[0]
    assert (made.talks, made.restarts) == (True, 1)


def test_low_voltage_keeps_a_sound_compressor_from_starting() -> None:
    """At 70% of the voltage the motor has half its torque."""
    made = machine(model(), failure(mains=0.7))
    assert "CompressorStart" in live(made, 8)[0]


def test_a_sensor_that_reads_too_cold_hides_how_warm_it_is() -> None:
    """The reading stands at the setpoint; the food does not."""
    made = machine(model(), failure(sensor_offset_k=-8.0))
    live(made, 12)
    sensors = FridgeSensors()
    made.tell(sensors)
    assert sensors.temperature_c is not None
    assert abs(sensors.temperature_c - made.build.setpoint_c) < 2.5
    assert made.body.air_c > made.build.setpoint_c + 5


def test_warm_food_is_cooled_down_in_hours() -> None:
    """It gets warm inside at once and is cold again by the next day; nothing has failed."""
    made = machine(model(), failure(warm_kg=12.0))
    warm = live(made, 1)[2]
    cold = live(made, 20)[2]
    assert warm > made.build.setpoint_c + 3
    assert cold < made.build.setpoint_c + 1.5


def test_an_open_door_is_told_once_it_has_been_open_for_long() -> None:
    """A door that stands ajar by a finger's width leaves the switch closed and is not told."""
    assert "DoorOpen" in live(machine(model(), failure(door_gap=0.8)), 1)[0]
    assert "DoorOpen" not in live(machine(model(), failure(door_gap=0.1)), 1)[0]


def test_a_model_tells_only_what_it_measures() -> None:
    """The other sensors stay silent."""
    build = replace(model(), instruments=frozenset({"temperature_c", "door_open"}))
    sensors = FridgeSensors()
    machine(build).tell(sensors)
    assert {name for name in REPORTS if getattr(sensors, name) is not None} == {"temperature_c", "door_open"}


def test_a_repaired_fridge_is_cold_again_and_complains_no_more() -> None:
    """Refrigerant filled up, frost gone."""
    made = machine(model("no_frost"), failure(charge=0.05))
    live(made, 16)
    made.repair()
    alarms, _, air = live(made, 12)
    assert alarms == set()
    assert air < made.build.setpoint_c + 2


@pytest.mark.parametrize("part", sorted(MODES))
def test_every_part_fails_in_a_way_of_its_own(part: str) -> None:
    """Each mode moves numbers that exist, from their healthy values."""
    made = settled(model(), np.random.default_rng(2))
    assert made.air_c < 9
    drawn = {tuple(WAYS_TO_FAIL.fail(part, START, np.random.default_rng(seed)).targets) for seed in range(30)}
    assert drawn <= {tuple(mode.moves) for mode in MODES[part]}
    assert len(drawn) == len({tuple(mode.moves) for mode in MODES[part]}) or len(drawn) > 1


def test_the_same_dice_give_the_same_life() -> None:
    """To the last bit."""
    lives = [machine(draw_build(np.random.default_rng(9)), failure(gasket=2.0)) for _ in range(2)]
    assert live(lives[0], 5) == live(lives[1], 5)
