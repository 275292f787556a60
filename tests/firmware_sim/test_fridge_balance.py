"""Whatever fridge is drawn: heat is neither made nor lost, wear never helps, and a sound one does not complain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.kinds.fridge.body import Around, Body, Demand, settled
from firmware_sim.kinds.fridge.build import COMPLAINS, Build, draw_build
from firmware_sim.kinds.fridge.condition import Condition
from firmware_sim.kinds.fridge.controller import STEP_S
from firmware_sim.kinds.fridge.household import draw_household
from firmware_sim.kinds.fridge.machine import switched_on

SEEDS = st.integers(0, 10_000)
SURE = 0.99
"""Luck with which every start succeeds that can."""
DAY = int(86_400 / STEP_S)
START = 1_767_247_200.0


def drawn(seed: int) -> Build:
    """Draw a model; here frost does not grow, so that it comes to rest."""
    return replace(draw_build(np.random.default_rng(seed), frozenset()), no_frost=False)


def cold(build: Build, seed: int = 0) -> Body:
    """Return a fridge that has long been cold."""
    return settled(build, np.random.default_rng(seed))


def pass_days(body: Body, days: float, demand: Demand, around: Around, faulty: Condition | None = None) -> Body:
    """Let days pass in which nobody touches it."""
    for _ in range(round(days * DAY)):
        body.step(STEP_S, demand, around, faulty or Condition(), SURE)
    return body


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.floats(10, 38))
def test_without_power_it_comes_to_the_rooms_temperature_and_never_beyond(seed: int, room_c: float) -> None:
    """The second law: nothing gets warmer than the warmest or colder than the coldest around it."""
    body = cold(drawn(seed))
    body.frost_kg = 0.0
    off, around = Demand(), Around(room_c=room_c)
    for _ in range(10):
        lumps = [body.air_c, body.food_c, body.evaporator_c, body.condenser_c, room_c]
        lumps += [body.freezer_c] if body.build.circuit.freezer_leak else []
        coldest, warmest = min(lumps), max(lumps)
        pass_days(body, 1, off, around)
        assert all(coldest - 1e-6 <= one <= warmest + 1e-6 for one in (body.air_c, body.food_c, body.condenser_c))
    assert body.air_c == pytest.approx(room_c, abs=1.0)


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.floats(16, 32), st.floats(0.5, 1.0))
def test_what_the_circuit_takes_out_leaked_in_and_goes_to_the_room_with_the_motors_heat(
    seed: int, room_c: float, speed: float
) -> None:
    """The first law, once it runs without a pause and nothing changes any more."""
    build = drawn(seed)
    body, demand, around, sound = cold(build), Demand(speed, fan=True), Around(room_c=room_c), Condition()
    pass_days(body, 6, demand, around)
    assert body.running
    circuit, cooling, power = build.circuit, body._cooling(demand, sound), body._power(demand, sound)
    leaked = circuit.leak * (room_c - body.air_c) + circuit.freezer_leak * (room_c - body.freezer_c)
    assert leaked == pytest.approx(cooling, rel=0.03, abs=1.0)
    assert circuit.to_room * (body.condenser_c - room_c) == pytest.approx(cooling + 0.9 * power, rel=0.03)


@settings(max_examples=25, deadline=None)
@given(
    SEEDS,
    st.sampled_from(("charge", "pumping", "condenser_air")),
    st.floats(0.1, 1.0),
    st.floats(0.1, 1.0),
)
def test_the_more_is_lost_the_warmer_it_gets(seed: int, what: str, one: float, other: float) -> None:
    """Refrigerant, pumping, air at the condenser: less of it never cools better."""
    worse, better = sorted((one, other))
    food = [
        pass_days(cold(drawn(seed)), 1, Demand(1.0, fan=True), Around(room_c=24), Condition(**{what: left})).food_c
        for left in (worse, better)
    ]
    assert food[0] >= food[1] - 1e-6


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.floats(0, 6), st.floats(0, 6))
def test_a_gasket_that_leaks_more_lets_in_more_heat_and_more_frost(seed: int, one: float, other: float) -> None:
    """And frost stays within what there is room for."""
    build = draw_build(np.random.default_rng(seed), frozenset())
    tight, loose = (
        pass_days(cold(build), 1, Demand(1.0, fan=True), Around(), Condition(gasket=gasket))
        for gasket in sorted((one, other))
    )
    assert loose.air_c >= tight.air_c - 0.05
    assert 0 <= tight.frost_kg <= loose.frost_kg <= 3.0


@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_a_sound_fridge_complains_of_nothing_but_its_door(seed: int) -> None:
    """Whatever model, whatever household: two days, with every alarm it could tell."""
    dice = np.random.default_rng(seed)
    build = draw_build(dice, frozenset())
    build = replace(build, watch=replace(build.watch, alarms=tuple(COMPLAINS)))
    machine = switched_on(build, draw_household(dice), START, dice)
    told = {alarm for _ in range(2 * DAY) for alarm in machine.step()}
    assert told <= {"DoorOpen"}
    assert machine.restarts == 0
