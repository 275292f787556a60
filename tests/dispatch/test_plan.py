"""The plan: what no plan may do, how good it is, and what is told of proposals and pins that do not fit."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.core.plan.errors import NotThisPlan, PinCannotBeKept
from dispatch.core.plan.model import End, Level, PlannedJob, PlannedTruck, PlanningState, Stop
from dispatch.core.plan.planner import checked, make_plan, plan_of, searched
from dispatch.core.plan.tables import tables_of
from dispatch.core.travel import GreatCircle
from dispatch.planner.partition import partition

ROADS = GreatCircle(1.3, 40 / 3.6)
NOW = 20_000.0
SKILLS = ("tow", "roadside")
GARAGES = (End("north", (57.9, 12.0), 540.0), End("south", (57.5, 12.0), 540.0))


def truck(name: str, latitude: float = 57.7, **more: Any) -> PlannedTruck:
    """Return a truck that is free now."""
    return replace(PlannedTruck(name, (latitude, 12.0), NOW), **more)


def job(name: str, latitude: float = 57.7, waited: float = 600.0, **more: Any) -> PlannedJob:
    """Return a customer who has waited for some minutes."""
    return replace(PlannedJob(name, (latitude, 12.0), NOW - waited, 900.0), **more)


places = st.tuples(st.floats(57.5, 57.9), st.floats(11.7, 12.2))


@st.composite
def snapshots(draw: st.DrawFn) -> PlanningState:
    """Trucks of different skills, some loaded, some promised, some pinned; jobs of which some waited far too long."""
    jobs = tuple(
        PlannedJob(
            f"j{number}",
            draw(places),
            NOW - draw(st.sampled_from([0.0, 600.0, 4_000.0, 15_000.0, 19_000.0])),
            draw(st.floats(60.0, 3_600.0)),
            skill=draw(st.sampled_from(SKILLS)),
            needs=draw(st.sampled_from([frozenset[str](), frozenset({"all_wheels_up"})])),
            ends=draw(st.sampled_from([(), GARAGES])),
            declined=draw(st.sampled_from([frozenset[str](), frozenset({"t0"})])),
        )
        for number in range(draw(st.integers(0, 9)))
    )
    trucks = tuple(
        PlannedTruck(
            f"t{number}",
            draw(places),
            NOW + draw(st.sampled_from([-60.0, 0.0, 900.0])),
            skills=frozenset(draw(st.sets(st.sampled_from(SKILLS), min_size=1))),
            able=draw(st.sampled_from([frozenset[str](), frozenset({"all_wheels_up"})])),
            shift_end=draw(st.sampled_from([None, NOW + 3_600.0])),
            home=draw(st.sampled_from([None, (57.7, 12.0)])),
            promised=draw(st.sampled_from([None, "j0", "j1", "gone"])),
        )
        for number in range(draw(st.integers(1, 4)))
    )
    free = [one for one in jobs if trucks[0].takes(one)]
    pinned = tuple(one.job for one in free[: draw(st.integers(0, 2))])
    return PlanningState(NOW, (replace(trucks[0], pinned=pinned), *trucks[1:]), jobs)


def check(snapshot: PlanningState, routes: dict[str, tuple[Stop, ...]]) -> None:
    """Every job that a truck can do is on one route, of one that can; pins stand first; nobody old stands behind the young."""
    known = {one.job: one for one in snapshot.jobs}
    routed = [stop.job for route in routes.values() for stop in route]
    doable = {one.job for one in snapshot.jobs if any(each.takes(one) for each in snapshot.trucks)}
    assert sorted(routed) == sorted(doable)
    for each in snapshot.trucks:
        names = [stop.job for stop in routes[each.truck]]
        assert tuple(names[: len(each.pinned)]) == each.pinned
        assert all(each.takes(known[name]) for name in names)
        old = [NOW - known[name].release > snapshot.weights.cap_s for name in names[len(each.pinned) :]]
        assert old == sorted(old, reverse=True)


@settings(max_examples=150, deadline=None)
@given(snapshots())
def test_every_plan_keeps_what_every_plan_must(snapshot: PlanningState) -> None:
    """Every plan keeps what every plan must."""
    plan = make_plan(snapshot, ROADS)
    check(snapshot, plan.routes)
    assert plan == make_plan(snapshot, ROADS)
    tables = tables_of(snapshot, ROADS)
    assert plan_of(tables, checked(tables, plan.routes)).cost == pytest.approx(plan.cost)


@settings(max_examples=50, deadline=None)
@given(snapshots(), snapshots())
def test_routes_of_another_hour_do_no_harm(before: PlanningState, now: PlanningState) -> None:
    """Routes of another hour do no harm."""
    check(now, make_plan(now, ROADS, before=make_plan(before, ROADS).routes).routes)


@settings(max_examples=25, deadline=None)
@given(snapshots())
def test_level_3_is_legal_and_no_worse_and_its_bound_holds(snapshot: PlanningState) -> None:
    """Level 3 is legal and no worse and its bound holds."""
    tables = tables_of(snapshot, ROADS)
    plan = searched(tables)
    found = partition(tables, plan)
    checked(tables, found.plan.routes)
    assert found.plan.cost <= plan.cost + 1e-6
    assert not found.exact or found.bound <= found.plan.cost + 1e-3


@pytest.mark.parametrize("spread", [0.01, 0.05, 0.1])
def test_on_one_truck_the_plan_is_the_best_order(spread: float) -> None:
    """On one truck the plan is the best order."""
    jobs = tuple(job(f"j{n}", 57.7 + spread * (-1) ** n * n, waited=300.0 * n) for n in range(5))
    snapshot = PlanningState(NOW, (truck("t"),), jobs)
    tables = tables_of(snapshot, ROADS)
    costs = [
        plan_of(tables, checked(tables, {"t": [Stop(one.job) for one in order]})).cost for order in permutations(jobs)
    ]
    assert searched(tables).cost == pytest.approx(min(costs))


def test_nearest_pair_sends_whoever_is_free() -> None:
    """Nearest pair sends whoever is free."""
    snapshot = PlanningState(
        NOW, (truck("far", 57.9), truck("near", 57.71), truck("loaded", free_at=NOW + 60)), (job("j"),)
    )
    assert make_plan(snapshot, ROADS, Level.NEAREST).routes == {"far": (), "near": (Stop("j"),), "loaded": ()}


def test_a_truck_that_is_soon_free_around_the_corner_is_waited_for() -> None:
    """A truck that is soon free around the corner is waited for."""
    snapshot = PlanningState(NOW, (truck("far", 57.9), truck("loaded", free_at=NOW + 60)), (job("j"),))
    assert make_plan(snapshot, ROADS).routes["loaded"] == (Stop("j"),)


def test_workshop_and_truck_are_chosen_together() -> None:
    """The nearer workshop lies off the way to the next customer."""
    first = job("towed", 57.69, skill="tow", ends=GARAGES)
    assert make_plan(PlanningState(NOW, (truck("t"),), (first,)), ROADS).routes["t"] == (Stop("towed", "south"),)
    busy = replace(GARAGES[1], wait_s=7_200.0)
    waits = replace(first, ends=(GARAGES[0], busy))
    assert make_plan(PlanningState(NOW, (truck("t"),), (waits,)), ROADS).routes["t"] == (Stop("towed", "north"),)


def test_who_was_promised_is_moved_for_a_gain_above_the_threshold_or_for_safety() -> None:
    """Who was promised is moved for a gain above the threshold or for safety."""
    promised, other = truck("a", 57.70, promised="j"), truck("b", 57.7199)
    for_little = PlanningState(NOW, (promised, other), (job("j", 57.711),))
    assert make_plan(for_little, ROADS).routes["a"] == (Stop("j"),)
    for_much = PlanningState(NOW, (promised, replace(other, place=(57.711, 12.0))), (job("j", 57.75),))
    assert make_plan(for_much, ROADS).routes["a"] == (Stop("j"),)
    urgent = job("s", 57.701, safety=True, weight=3.0)
    assert make_plan(PlanningState(NOW, (promised,), (job("j", 57.711), urgent)), ROADS).routes["a"][0] == Stop("s")


@pytest.mark.parametrize(
    ("pinned", "said"),
    [(("gone",), "does not wait"), (("j", "j"), "pinned twice"), (("special",), "cannot do job special")],
)
def test_a_pin_that_cannot_be_kept_is_said(pinned: tuple[str, ...], said: str) -> None:
    """A pin that cannot be kept is said."""
    jobs = (job("j"), job("special", needs=frozenset({"all_wheels_up"})))
    with pytest.raises(PinCannotBeKept, match=said):
        make_plan(PlanningState(NOW, (truck("t", pinned=pinned),), jobs), ROADS)


@pytest.mark.parametrize(
    ("routes", "said"),
    [
        ({"t": [Stop("gone")]}, "leaves it out|does not wait any more"),
        ({"t": [Stop("j"), Stop("j")], "u": [Stop("k")]}, "job j is given twice"),
        ({"t": [Stop("j")]}, "job k waits"),
        ({"x": [Stop("j"), Stop("k")]}, "no truck x on duty"),
        ({"t": [Stop("j"), Stop("k")]}, "truck t cannot do job k"),
        ({"t": [Stop("j", "nowhere")], "u": [Stop("k")]}, "cannot end at nowhere"),
    ],
)
def test_a_plan_for_a_state_that_is_gone_is_refused(routes: dict[str, list[Stop]], said: str) -> None:
    """A plan for a state that is gone is refused."""
    trucks = (truck("t"), truck("u", skills=frozenset({"tow", "roadside"})))
    tables = tables_of(PlanningState(NOW, trucks, (job("j"), job("k", skill="roadside"))), ROADS)
    with pytest.raises(NotThisPlan, match=said):
        checked(tables, routes)
