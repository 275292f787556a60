"""What will break, where and when: drawn at once, so that it does not depend on what the service does."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from scenarios.distributions import Numbers
from scenarios.schema import FaultProcess, Story
from scenarios.storybook import StoryError
from scenarios.streams import Streams
from scenarios.truth import Fault
from scenarios.world.parts import PARTS, Occasion, Part
from scenarios.world.plan import Home, Plan
from scenarios.world.town import Point

PASSES_S = 300.0
"""Whoever first tries in the last minutes of an outage gets through at the next try, and needs nobody."""


@dataclass(frozen=True, slots=True)
class Chance:
    """When and where a part of one device would break, if it does."""

    home: Home
    device: str
    part: str
    at: float
    point: Point


def draw_faults(story: Story, plan: Plan, streams: Streams) -> list[Fault]:
    """Draw every fault, in order of time. Raises ``StoryError`` where more are asked for than can happen."""
    chosen: list[Chance] = []
    taken: set[str] = set()
    for number, process in enumerate(story.faults):
        chances = [one for one in _chances(story, plan, process, number, streams) if one.device not in taken]
        picked = _pick(process, number, chances, plan, streams.keyed("faults", "pick", number))
        taken.update(chance.device for chance in picked)
        chosen.extend(picked)
    chosen.extend(_outages(story, plan, streams, taken))
    return sort_faults(_fault(story, chance, streams) for chance in chosen if chance.at < story.quiet_s)


def sort_faults(faults: Iterable[Fault]) -> list[Fault]:
    """Number faults in the order they happen."""
    ordered = sorted(faults, key=lambda fault: (fault.at, fault.device))
    for number, fault in enumerate(ordered, 1):
        fault.fault = f"f{number:04d}"
    return ordered


def device_of(home: Home, kind: str) -> str | None:
    """Return the home's device of one kind."""
    return {"car": home.car, "fridge": home.fridge, "phone": home.phone}[kind]


def _chances(story: Story, plan: Plan, process: FaultProcess, number: int, streams: Streams) -> Iterator[Chance]:
    dice = streams.keyed("faults", "chances", number)
    names, shares = list(process.causes), np.cumsum(list(process.causes.values()))
    window = _window(story, process)
    for home in plan.homes:
        device = device_of(home, process.kind)
        if device is None:
            continue
        part = names[int(np.searchsorted(shares / shares[-1], dice.random(), side="right"))]
        at = _moment(home, PARTS[part], process, window, dice)
        if at is not None:
            yield Chance(home, device, part, at, _where(home, at))


def _window(story: Story, process: FaultProcess) -> tuple[float, float]:
    until = process.when.until
    return story.start_s + process.when.start, story.quiet_s if until is None else story.start_s + until


def _moment(
    home: Home, part: Part, process: FaultProcess, window: tuple[float, float], dice: np.random.Generator
) -> float | None:
    """Return when it would break; ``None``: its occasion does not come within the window."""
    first, last = window
    luck = float(dice.random())
    if part.occasion in {Occasion.STARTING, Occasion.AT_THE_CAR, Occasion.PLUGGED}:
        starts = [trip.depart for trip in home.trips if first <= trip.depart < last]
        return starts[int(luck * len(starts))] if starts else None
    if part.occasion is Occasion.DRIVING:
        drives = [(max(trip.depart + 60, first), min(trip.arrive - 60, last)) for trip in home.trips]
        open_to = [drive for drive in drives if drive[0] < drive[1]]
        begin, end = open_to[int(luck * len(open_to))] if open_to else (0.0, 0.0)
        return begin + float(dice.random()) * (end - begin) if open_to else None
    shaped = {"even": luck, "rising": math.sqrt(luck), "falling": 1 - math.sqrt(1 - luck)}
    return first + shaped[process.when.shape] * (last - first)


def _pick(
    process: FaultProcess, number: int, chances: list[Chance], plan: Plan, dice: np.random.Generator
) -> list[Chance]:
    """Choose as many as the process asks for; a shape makes late or early chances likelier."""
    there = sum(device_of(home, process.kind) is not None for home in plan.homes)
    count = process.count if process.count is not None else round((process.share or 0.0) * there)
    if count > len(chances):
        message = (
            f"faults.{number}.{'count' if process.share is None else 'share'}: {count} faults are asked for, but only "
            f"{len(chances)} {process.kind}s have an occasion for one; widen 'when' or add {process.kind}s"
        )
        raise StoryError(message)
    if count == 0:
        return []
    weights = _weights(process, chances)
    picked = dice.choice(len(chances), size=count, replace=False, p=weights)
    return [chances[index] for index in sorted(int(one) for one in picked)]


def _weights(process: FaultProcess, chances: list[Chance]) -> Numbers | None:
    if process.when.shape == "even" or PARTS[next(iter(process.causes))].occasion is Occasion.ANY_TIME:
        return None
    times = np.array([chance.at for chance in chances])
    height = (times - times.min()) / max(1.0, float(np.ptp(times)))
    weights: Numbers = 0.02 + (height if process.when.shape == "rising" else 1 - height)
    return weights / float(weights.sum())


def _outages(story: Story, plan: Plan, streams: Streams, taken: set[str]) -> Iterator[Chance]:
    """Every phone that pays while its processor or bank is down; its first payment then is the one that fails."""
    for outage in story.payments.outages if story.payments else ():
        part = "processor_outage" if outage.processor else "bank_outage"
        for home in plan.homes:
            if home.phone is None or home.phone in taken or outage.name not in {home.processor, home.bank}:
                continue
            dice = streams.keyed("faults", "outage", home.customer.customer, round(outage.at))
            at = outage.at + story.payments.every.one(dice) if story.payments else 0.0
            if at < outage.at + outage.lasts - PASSES_S:
                taken.add(home.phone)
                yield Chance(home, home.phone, part, story.start_s + at, home.point)


def _where(home: Home, at: float) -> Point:
    for trip in reversed(home.trips):
        if trip.depart <= at:
            return trip.place(at)
    return home.point


def _fault(story: Story, chance: Chance, streams: Streams) -> Fault:
    part, customer = PARTS[chance.part], chance.home.customer.customer
    dice, habits = streams.keyed("phones_in", chance.device, round(chance.at)), story.customers.phones_in
    after = {"car": habits.car, "fridge": habits.fridge, "phone": habits.phone}[part.kind].one(dice)
    phones = part.needs_help and part.phones and float(dice.random()) < habits.share
    return Fault(
        fault="",
        device=chance.device,
        customer=customer,
        part=chance.part,
        needs_help=part.needs_help,
        at=chance.at,
        latitude=chance.point.latitude,
        longitude=chance.point.longitude,
        would_phone_at=chance.at + part.unnoticed_s + after if phones else None,
    )
