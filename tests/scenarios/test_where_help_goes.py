"""In the world: drivers hear at once and act a little later, crews go where they were sent, and the figure is taken there."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import replace
from functools import cache
from statistics import median
from typing import Any

import numpy as np
import pytest
import simpy

from dispatch.core.actions import MoveTow, TellDriverToStop
from dispatch.core.desk import Desk
from dispatch.core.events import FaultFound, PlaceChanged
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen, read
from dispatch.registers.customers import Customers
from firmware_sim.device.fix import Fix
from firmware_sim.kinds.car.device import Car
from firmware_sim.kinds.truck.device import Truck
from gateway.contract.commands import (
    JobOffer,
    JobOfferCommand,
    JobScene,
    JobSceneCommand,
    StopSafely,
    StopSafelyCommand,
)
from gateway.devices.registry import Registry
from gateway.finding import Place
from gateway.intake.intake import Intake
from scenarios.kinds.car.actor import Hearing
from scenarios.kinds.car.broken_car import REACTS_S
from scenarios.kinds.truck.actor import RINGS_S, SEARCHES_MPS, STRAY_M, Crew, crew_of, work
from scenarios.runner.cast import prepare
from scenarios.runner.in_process import InProcessDoors
from scenarios.runner.record import Record
from scenarios.runner.virtual import Result, run_story
from scenarios.score.location_error import Teller, by_source, location_errors
from scenarios.score.scorecard import Setting, paired
from scenarios.story.loader import open_story
from scenarios.story.schema import Story
from scenarios.world.market import open_market
from scenarios.world.noise import Noise
from scenarios.world.town import Point, metres, moved
from scenarios.world.world import Breakdown, World

ON_THE_ROAD = (
    "duration=150 min",
    "cars.count=600",
    "faults=[{parts: {alternator: 40%, oil_pump: 30%, ignition_coil: 30%}, count: 30, when: {until: 2 h}}]",
)
SETTING = Setting(None, None, 0.0, 0.0)


@cache
def played() -> Result:
    """Play a morning on which cars break down while they are driven."""
    return run_story(story(), 3)


@cache
def story() -> Story:
    """Return it."""
    return open_story("winter_morning", list(ON_THE_ROAD))


@pytest.fixture
def world() -> World:
    """A world in which nothing moves yet."""
    return still_world()


def still_world() -> World:
    """Make one."""
    streams, plan, faults = prepare(story(), 3)
    env = simpy.Environment(initial_time=story().start_s)
    room = ControlRoom(Intake(Registry(plan.devices())), Desk(), Customers(plan.customers()), Pen())
    doors = InProcessDoors(env, room, simpy.Store(env), simpy.Store(env), Record())
    return World(env, story(), streams, plan, doors, faults, Noise(streams), open_market(story(), streams))


# --- drivers ---------------------------------------------------------------------------------------------------------


def stop(car: Car, now: float) -> None:
    """Show "stop safely"."""
    told = StopSafely(case="c", reason="oil pump")
    car.on_command(StopSafelyCommand(id="c/stop", time="2026-01-12T06:00:00Z", provenance="simulated", data=told), now)


def acts_after(world: World, breakdown: Breakdown, heard_at: float, step: float) -> float:
    """Return how long after the command, in the middle of a step, the driver acts on it."""
    begins, car = world.now, Car(breakdown.fault.device)
    hearing = Hearing(world, car, breakdown)

    def drives() -> Generator[simpy.Event, Any, float]:
        while not hearing.acts:
            yield from hearing.until(world.now + step)
        return world.now - begins - heard_at

    def shows() -> Generator[simpy.Event, Any, None]:
        yield world.env.timeout(heard_at)
        stop(car, world.now)

    world.env.process(shows())
    return float(world.env.run(world.env.process(drives())))  # type: ignore[arg-type]


def test_a_driver_hears_in_the_middle_of_a_step_and_acts_after_a_delay(world: World) -> None:
    """Whether the world is stepped by the minute or by the second: the same driver takes the same time."""
    fault = world.faults[0]
    by_minute = acts_after(world, world.breaks(fault), 7.0, 60.0)
    by_second = acts_after(world, world.breaks(fault), 7.0, 1.0)
    assert by_minute == pytest.approx(by_second, abs=1e-6)
    assert 1 < by_minute < 53


def test_drivers_take_eight_seconds_give_or_take(world: World) -> None:
    """Drawn by the fault, from half a dozen seconds to half a minute."""
    delays = [acts_after(world, world.breaks(fault), 0.0, 60.0) for fault in world.faults]
    assert REACTS_S * 0.7 < median(delays) < REACTS_S * 1.4
    assert len(set(delays)) == len(delays)


def test_a_car_that_comes_to_rest_says_so_at_once() -> None:
    """Its place at rest is known within a minute of "stop safely", not with the next routine status."""
    rows = [(row.at, read(row)) for row in played().rows]
    told = {item.case: at for at, item in rows if isinstance(item, TellDriverToStop)}
    drove = {
        item.finding.episode
        for _, item in rows
        if isinstance(item, FaultFound) and item.finding.place and item.finding.place.moving
    }
    rests = {item.report.episode: at for at, item in reversed(rows) if isinstance(item, PlaceChanged)}
    waits = [rests[case] - told[case] for case in drove & told.keys() & rests.keys()]
    assert len(waits) >= 5
    assert float(np.percentile(waits, 80)) < 60


# --- crews -----------------------------------------------------------------------------------------------------------


def sent(world: World, off: float, *, told_after: float | None = None) -> tuple[float, float, Breakdown]:
    """Send a crew to ``off`` metres from a car; return when it was there, the drive alone, and the breakdown."""
    plan = world.plan.trucks[0]
    breakdown = world.breaks(world.faults[0])
    car = Point(breakdown.fault.latitude, breakdown.fault.longitude)
    depot, there = moved(car, 0, 3_000), moved(car, 0, off)
    truck = Truck(plan.truck, Fix(depot.latitude, depot.longitude, 4.0, world.now))
    world.doors.attach(truck)
    truck.go_online(world.now)
    crew = crew_of(world, truck, plan.kind.model_copy(update={"declines": 0.0}), depot)
    world.env.process(work(world, crew))
    job = f"{breakdown.fault.device}/1-1/tow"
    world.env.process(_tablet(world, crew, job, (there, car), told_after))
    began = world.now
    while not breakdown.fault.arrivals:
        world.env.step()
    drive = metres(depot, there) * crew.kind.circuity / crew.kind.speed
    return breakdown.fault.arrivals[0][0] - began, drive, breakdown


def _tablet(
    world: World, crew: Crew, job: str, places: tuple[Point, Point], told_after: float | None
) -> Generator[simpy.Event, Any, None]:
    there, car = places
    head: dict[str, Any] = {"time": "2026-01-12T06:00:00Z", "provenance": "simulated"}
    yield world.env.timeout(1)
    offer = JobOffer(
        job=job, case=job.removesuffix("/tow"), latitude=there.latitude, longitude=there.longitude, accuracy_m=6.0,
        part="alternator", skill="tow", on_scene_s=900.0,
    )  # fmt: skip
    crew.truck.on_command(JobOfferCommand(id=job, data=offer, **head), world.now)
    if told_after is not None:
        yield world.env.timeout(told_after)
        scene = JobScene(job=job, latitude=car.latitude, longitude=car.longitude, accuracy_m=6.0)
        crew.truck.on_command(JobSceneCommand(id=f"{job}/move/1", data=scene, **head), world.now)


def test_a_crew_that_sees_the_car_is_there(world: World) -> None:
    """Sent to within sight, it loses no time."""
    took, drive, _ = sent(world, STRAY_M - 1)
    assert drive < took < drive + 60


def test_a_crew_that_does_not_see_it_searches(world: World) -> None:
    """It does not drive on to where nobody told it to go: the search takes the longer, the further off it was sent."""
    took, drive, _ = sent(world, 150)
    search = math.pi * 150**2 / (2 * STRAY_M * SEARCHES_MPS)
    assert search > 200
    assert drive + search < took < drive + search + 60


def test_a_crew_that_does_not_find_it_rings_the_customer(world: World) -> None:
    """After ten minutes; then it drives to where the car is."""
    took, drive, breakdown = sent(world, -2_000)
    assert took > drive + RINGS_S + 2_000 / 30
    assert breakdown.told.triggered


def test_a_crew_follows_the_tablet(world: World) -> None:
    """Told on its way where the car is, it goes there and searches for nothing."""
    took, drive, _ = sent(world, 2_500, told_after=60)
    at_once, *_ = sent(still_world(), 0)
    assert drive < took < at_once + 120


# --- the figure ------------------------------------------------------------------------------------------------------


def test_help_is_sent_to_where_cars_stand() -> None:
    """By devices' fixes at rest p95 ≤ 30 m, over all ≤ 150 m; trucks on their way were sent on for it."""
    result = played()
    errors = location_errors(paired(result.kept.facts, SETTING, result.truth).truth or ())
    found = by_source(errors)
    assert len(found[Teller.RESTING_FIX]) >= 15
    assert float(np.percentile(found[Teller.RESTING_FIX], 95)) <= 30
    assert float(np.percentile(found["all"], 95)) <= 150
    assert any(isinstance(read(row), MoveTow) for row in result.rows)


def test_the_figure_is_taken_where_somebody_was_sent() -> None:
    """A truck sent a kilometre off counts with that, whoever told the place; a case without an arrival does not count."""
    result = played()
    pairs = paired(result.kept.facts, SETTING, result.truth).truth or []
    fault, case = next((fault, cases[0]) for fault, cases in pairs if cases and cases[0].arrivals)
    wrong = moved(Point(fault.latitude, fault.longitude), 0, 1_000)
    told = Place(wrong.latitude, wrong.longitude, 30.0, 0.0, "customer")
    (error,) = location_errors([(fault, [replace(case, arrived_for=told)])])
    assert (error.told_by, round(error.metres, -1)) == (Teller.CUSTOMER, 1_000)
    assert location_errors([(fault, [replace(case, arrivals=[])])]) == []
    assert by_source([]) == {name: [] for name in (*Teller, "all")}
