"""Trucks: they answer an offer within seconds, drive, mend or tow, and are free again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import simpy

from firmware_sim.fix import Fix
from firmware_sim.truck import Truck
from gateway.contract.commands import JobOffer
from scenarios.schema import Trucks
from scenarios.world.fixes import measured
from scenarios.world.second_look import can_mend, hand_on
from scenarios.world.town import Point, between, metres
from scenarios.world.world import Life, World, device_of_case

GPS_ERROR_M = 4.0
STRAY_M = 25.0
"""A crew that does not see the car from here looks for it."""


@dataclass(slots=True)
class Crew:
    """One truck at work."""

    truck: Truck
    kind: Trucks
    place: Point
    offers: simpy.Store
    dropped: simpy.Event
    """Happens when the job at hand is withdrawn."""

    def take_offer(self, offer: JobOffer, _now: float) -> None:
        """The tablet shows a job."""
        self.offers.put(offer)

    def drop_job(self, _job: str, _now: float) -> None:
        """The tablet says that the job is another's, or nobody's."""
        if not self.dropped.triggered:
            self.dropped.succeed()


def crew_of(world: World, truck: Truck, kind: Trucks, depot: Point) -> Crew:
    """Put a crew into a truck and let it hear what comes."""
    crew = Crew(truck, kind, depot, simpy.Store(world.env), world.env.event())
    truck.on_offer, truck.on_withdrawal = crew.take_offer, crew.drop_job
    truck.fix = _fix(world, crew)
    return crew


def work(world: World, crew: Crew) -> Life:
    """One crew's day."""
    crew.truck.go_on_duty(world.now)
    offer = crew.offers.get()
    while world.sleepers:
        yield from _consider(world, crew, cast("JobOffer", (yield offer)))
        offer = crew.offers.get()
    phase = world.streams.uniforms("phase", crew.truck.name)[0]
    next_status = world.now + crew.kind.status_while_waiting * phase
    while True:
        yield world.env.any_of([offer, world.until(next_status)])
        if offer.triggered:
            yield from _consider(world, crew, cast("JobOffer", offer.value))
            offer = crew.offers.get()
        else:
            _tell(world, crew)
        next_status = world.now + crew.kind.status_while_waiting


def _consider(world: World, crew: Crew, offer: JobOffer) -> Life:
    crew.dropped = world.env.event()
    dice = world.streams.hashed("trucks", offer.job, crew.truck.name)
    yield world.env.timeout(crew.kind.answers_after.one(dice))
    if crew.dropped.triggered or crew.truck.offer is None or crew.truck.offer.job != offer.job:
        _tell(world, crew)
        return
    crew.truck.fix = _fix(world, crew)
    if float(dice.random()) < crew.kind.declines:
        crew.truck.decline(world.now)
        return
    crew.truck.accept(world.now)
    yield from _job(world, crew, offer, float(dice.standard_normal()), crew.kind.unhooks.one(dice))


def _job(world: World, crew: Crew, offer: JobOffer, luck: float, unhooks: float) -> Life:
    yield from _drive(world, crew, Point(offer.latitude, offer.longitude))
    if crew.dropped.triggered:
        _tell(world, crew)
        return
    device = device_of_case(offer.case)
    breakdown = world.broken.get(device)
    if breakdown is not None:
        yield from _find(world, crew, Point(breakdown.fault.latitude, breakdown.fault.longitude))
        breakdown.fault.arrivals.append((world.now, crew.truck.name))
    _fix_now(world, crew)
    crew.truck.arrive(world.now)
    if breakdown is not None and not can_mend(crew.kind.skills, breakdown.fault):
        yield from hand_on(world, crew.truck, offer.case, breakdown.fault)
        return
    works = world.env.timeout(offer.on_scene_s * math.exp(crew.kind.scene_sigma * luck))
    yield world.env.any_of([works, crew.dropped])
    if crew.dropped.triggered:  # another truck is there, or nobody is wanted any more
        _tell(world, crew)
        return
    told = crew.truck.job or offer  # another workshop may have been named meanwhile
    if told.tow_to_latitude is not None and told.tow_to_longitude is not None:
        yield from _tow(world, crew, device, Point(told.tow_to_latitude, told.tow_to_longitude), unhooks)
    _fix_now(world, crew)
    world.mend(device)
    crew.truck.finish(world.now)


def _find(world: World, crew: Crew, car: Point) -> Life:
    if metres(crew.place, car) > STRAY_M:
        yield from _drive(world, crew, car)


def _tow(world: World, crew: Crew, device: str, workshop: Point, unhooks: float) -> Life:
    """The car goes along to the workshop and is put down there."""
    yield from _drive(world, crew, workshop)
    yield world.env.timeout(unhooks)
    breakdown = world.broken.get(device)
    if breakdown is not None:
        breakdown.towed_to = workshop


def _drive(world: World, crew: Crew, there: Point) -> Life:
    """Drive, telling the place on the way, until there or called off: the service reckons the arrival from it."""
    start, began = crew.place, world.now
    span = metres(start, there) * crew.kind.circuity / crew.kind.speed
    while world.now < began + span and not crew.dropped.triggered:
        step = min(crew.kind.status_while_driving, began + span - world.now)
        yield world.env.any_of([crew.dropped, world.until(min(world.now + step, began + span))])
        crew.place = between(start, there, min(1.0, (world.now - began) / span))
        if world.now < began + span and not crew.dropped.triggered:
            _tell(world, crew)


def _tell(world: World, crew: Crew) -> None:
    _fix_now(world, crew)
    crew.truck.status(world.now)


def _fix_now(world: World, crew: Crew) -> None:
    crew.truck.fix = _fix(world, crew)


def _fix(world: World, crew: Crew) -> Fix:
    return measured(world, crew.truck.name, crew.place, GPS_ERROR_M)
