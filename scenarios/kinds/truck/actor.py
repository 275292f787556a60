"""Trucks: they answer an offer within seconds, drive, mend or tow, and are free again."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, cast

import simpy

from dispatch.core.ids import device_of_case
from firmware_sim.device.fix import Fix
from firmware_sim.kinds.truck.device import Truck
from gateway.contract.commands import JobOffer
from gateway.finding import NOTHING
from scenarios.kinds.truck.crew_recheck import can_mend, hand_on, leave, too_much
from scenarios.kinds.truck.duty import Duty
from scenarios.story.hours import Span
from scenarios.story.trucks import Trucks
from scenarios.world import hours
from scenarios.world.actor import Crews, Fleet
from scenarios.world.fixes import measured
from scenarios.world.nap import Nap
from scenarios.world.plan import Plan
from scenarios.world.town import Point, metres
from scenarios.world.world import Breakdown, Life, World

GPS_ERROR_M = 4.0
STRAY_M = 25.0
"""A crew that does not see the car from here looks for it."""
SEARCHES_MPS = 20 / 3.6
"""How fast a crew drives that looks left and right [fit]."""
SOON_S = 1e-3
"""A truck that would break down so soon has: hours are counted from 1970, and no finer."""
RINGS_S = 10 * 60.0
"""How long it looks before it rings the customer [fit]."""


@dataclass(slots=True)
class Crew:
    """One truck at work."""

    truck: Truck
    kind: Trucks
    duty: Duty
    place: Point
    offers: simpy.Store
    dropped: simpy.Event
    """Happens when the job at hand is withdrawn."""
    moved: simpy.Event
    """Happens when the tablet shows that the car is elsewhere than it said."""
    nap: Nap
    """Of who drives: both cut it short."""

    @property
    def turns(self) -> bool:
        """Was it called off, or told another place, since it set out?"""
        return self.dropped.triggered or self.moved.triggered

    @property
    def stands_still(self) -> bool:
        """Has the truck broken down?"""
        return self.duty.drives_s < SOON_S

    def take_offer(self, offer: JobOffer, _now: float) -> None:
        """The tablet shows a job."""
        self.offers.put(offer)

    def drop_job(self, _job: str, _now: float) -> None:
        """The tablet says that the job is another's, or nobody's."""
        if not self.dropped.triggered:
            self.dropped.succeed()

    def see_scene(self, _job: str, _now: float) -> None:
        """The tablet shows where the car is, or what is broken, anew."""
        if not self.moved.triggered:
            self.moved.succeed()


class _Trucks(Crews):
    """Trucks and who drives them."""

    def build(self, plan: Plan) -> Fleet:
        """Build them."""
        return {
            one.truck: Truck(one.truck, Fix(one.depot.latitude, one.depot.longitude, 10.0, 0.0)) for one in plan.trucks
        }

    def start(self, world: World, fleet: Fleet) -> None:
        """Each works, within its hours."""
        for one in world.plan.trucks:
            truck = fleet[one.truck]
            assert isinstance(truck, Truck)  # noqa: S101 - built so
            crew = crew_of(world, truck, one.kind, one.depot, hours.truck_away(world.story, one))
            world.env.process(work(world, crew))


CREWS = _Trucks()


def crew_of(world: World, truck: Truck, kind: Trucks, depot: Point, away: list[Span] | None = None) -> Crew:
    """Put a crew into a truck and let it hear what comes."""
    duty = Duty(truck, kind, away or [])
    nap, dropped, moved = Nap(world.env), world.env.event(), world.env.event()
    crew = Crew(truck, kind, duty, depot, simpy.Store(world.env), dropped, moved, nap)
    truck.on_offer, truck.on_withdrawal, truck.on_scene = crew.take_offer, crew.drop_job, crew.see_scene
    truck.fix = _fix(world, crew)
    return crew


def work(world: World, crew: Crew) -> Life:
    """One crew's day."""
    crew.duty.begin(world)
    offer: simpy.Event = crew.offers.get()
    while world.sleepers:
        yield offer if crew.kind.breaks is None else world.env.any_of([offer, world.until(crew.duty.rests_at)])
        offer = yield from _go_on(world, crew, offer)
    phase = world.streams.uniforms("phase", crew.truck.name)[0]
    next_status = world.now + crew.kind.status_while_waiting * phase
    while True:
        yield world.env.any_of([offer, world.until(min(next_status, crew.duty.rests_at))])
        if offer.triggered or crew.duty.rests_at <= world.now:
            offer = yield from _go_on(world, crew, offer)
        else:
            _tell(world, crew)
        next_status = world.now + crew.kind.status_while_waiting


def _go_on(world: World, crew: Crew, offer: simpy.Event) -> Generator[simpy.Event, Any, simpy.Event]:
    """Consider an offer that came, and take a break that is due. Returns what brings the next offer."""
    if offer.triggered:
        yield from _consider(world, crew, cast("JobOffer", offer.value))
        offer = crew.offers.get()
    if crew.duty.rested is not None and not offer.triggered:
        yield from crew.duty.rest(world)
    return offer


def _consider(world: World, crew: Crew, offer: JobOffer) -> Life:
    crew.dropped = crew.nap.ends_with(world.env.event())
    dice = world.streams.hashed("trucks", offer.job, crew.truck.name)
    yield world.env.timeout(crew.kind.answers_after.one(dice))
    if crew.dropped.triggered or crew.truck.offer is None or crew.truck.offer.job != offer.job:
        _tell(world, crew)
        return
    crew.truck.fix = _fix(world, crew)
    if float(dice.random()) < crew.kind.declines:
        crew.truck.decline(world.now)
        return
    if crew.kind.navigates:
        way = world.plan.town.journey(
            crew.truck.name, crew.place, Point(offer.latitude, offer.longitude), world.now, crew.kind
        )
        crew.truck.eta = world.now + way.expected
    crew.truck.accept(world.now)
    yield from _job(world, crew, offer, float(dice.standard_normal()), crew.kind.unhooks.one(dice))


def _job(world: World, crew: Crew, offer: JobOffer, luck: float, unhooks: float) -> Life:
    yield from _drive(world, crew, lambda: _scene(crew, offer))
    device = device_of_case(offer.case)
    breakdown = world.broken.get(device)
    if breakdown is not None:
        yield from _find(world, crew, offer, breakdown)
    if crew.stands_still:
        _fix_now(world, crew)
        yield from crew.duty.repair(world, offer.job)
        return
    if crew.dropped.triggered:
        _tell(world, crew)
        return
    if breakdown is not None:
        breakdown.ask_to_stop()
        breakdown.fault.arrivals.append((world.now, crew.truck.name))
    _fix_now(world, crew)
    crew.truck.eta = None
    crew.truck.arrive(world.now)
    if breakdown is not None and not can_mend(crew.kind.skills, breakdown.fault):
        yield from hand_on(world, crew.truck, offer.case, breakdown.fault)
        return
    load = too_much(world, crew.kind, breakdown.fault) if breakdown is not None and _is_tow(crew, offer) else NOTHING
    if breakdown is not None and load:
        yield from leave(world, crew.truck, breakdown.fault, load)
        return
    told = crew.truck.job or offer
    works = world.env.timeout(told.on_scene_s * math.exp(crew.kind.scene_sigma * luck))
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


def _is_tow(crew: Crew, offer: JobOffer) -> bool:
    """Is the car to be taken along, by what the tablet shows?"""
    return (crew.truck.job or offer).skill == "tow"


def _scene(crew: Crew, offer: JobOffer) -> Point:
    """Return where the tablet says that the car is."""
    told = crew.truck.job or offer
    return Point(told.latitude, told.longitude)


def _find(world: World, crew: Crew, offer: JobOffer, breakdown: Breakdown) -> Life:
    """Look for a car that is not where they were sent: in a spiral, until it is found or they ring its customer.

    A spiral of the width they can see, driven at ``SEARCHES_MPS``, has swept a circle of radius r after π r² / (width x
    speed): 28 s for 50 m, 2 min for 100 m, 10 min for 230 m [fit]. Who is told the car's place meanwhile goes there. Whoever
    has searched for ``RINGS_S`` rings the customer, who stops and says where the car is.
    """
    asked = False
    while not (crew.dropped.triggered or crew.stands_still) and (far := metres(crew.place, _car(breakdown))) > STRAY_M:
        if not asked:
            lasts = min(RINGS_S, math.pi * far**2 / (2 * STRAY_M * SEARCHES_MPS))
            crew.moved = crew.nap.ends_with(world.env.event())
            yield world.env.any_of([crew.dropped, crew.moved, world.env.timeout(lasts)])
            if crew.turns:
                yield from _drive(world, crew, lambda: _scene(crew, offer))
                continue
            asked = lasts >= RINGS_S
            if not asked:
                crew.place = _car(breakdown)
                return
            if not breakdown.told.triggered:
                breakdown.told.succeed()
        yield from _drive(world, crew, lambda: _car(breakdown))


def _car(breakdown: Breakdown) -> Point:
    return Point(breakdown.fault.latitude, breakdown.fault.longitude)


def _tow(world: World, crew: Crew, device: str, workshop: Point, unhooks: float) -> Life:
    """The car goes along to the workshop and is put down there."""
    breakdown = world.broken.get(device)
    if breakdown is not None:
        breakdown.hooked = True
    yield from _drive(world, crew, lambda: workshop, loaded=True)
    yield world.env.timeout(unhooks)
    if breakdown is not None:
        breakdown.towed_to = workshop


def _drive(world: World, crew: Crew, there: Callable[[], Point], *, loaded: bool = False) -> Life:
    """Drive, telling the place on the way, until there or called off; where the tablet shows another place, there.

    The service reckons the arrival from it.
    """
    while not crew.dropped.triggered:
        crew.moved = crew.nap.ends_with(world.env.event())
        yield from _leg(world, crew, there(), loaded=loaded)
        if not crew.moved.triggered or (crew.stands_still and not loaded):
            return


def _leg(world: World, crew: Crew, there: Point, *, loaded: bool) -> Life:
    """Drive to one place, until there, called off, sent elsewhere or broken down. No truck breaks down with a car on it."""
    began = world.now
    journey = world.plan.town.journey(crew.truck.name, crew.place, there, began, crew.kind)
    span = journey.lasts
    ends = began + (span if loaded else min(span, max(0.0, crew.duty.drives_s)))
    silent = loaded and _is_told_in_vain(world)
    while world.now < ends and not crew.turns:
        step = ends - world.now if silent else min(crew.kind.status_while_driving, ends - world.now)
        yield crew.nap.until(min(world.now + step, ends))
        crew.place = journey.way.at((world.now - began) / span)
        if crew.truck.eta is not None:  # the navigation sees how far it has come
            crew.truck.eta = world.now + journey.expected * (began + span - world.now) / span
        if not silent and world.now < ends and not crew.turns:
            _tell(world, crew)
    crew.duty.drove(world.now - began if world.now < ends or loaded else ends - began)


def _is_told_in_vain(world: World) -> bool:
    """Tell whether nothing is decided by where a truck is that has the car on it: it is promised to nobody, and not free.

    A plan reckons with busy trucks, too.
    """
    return world.sleepers and world.story.policy.plan == "nearest"


def _tell(world: World, crew: Crew) -> None:
    _fix_now(world, crew)
    crew.truck.status(world.now)


def _fix_now(world: World, crew: Crew) -> None:
    crew.truck.fix = _fix(world, crew)


def _fix(world: World, crew: Crew) -> Fix:
    return measured(world, crew.truck.name, crew.place, GPS_ERROR_M)
