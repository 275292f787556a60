"""Workshops, suppliers and contractors: they take or refuse what they are asked for, and later deliver, mend or tow."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import simpy

from dispatch.core.ids import device_of_case
from scenarios.story.suppliers import Suppliers
from scenarios.world.doors import Asked, Withdrawn
from scenarios.world.shelf import Shelf
from scenarios.world.slots import Slots
from scenarios.world.world import Life, World

ON_THE_WAY_S = 30 * 60.0
"""So long before it comes, a technician or a delivery is on the way and cannot be called off any more [fit]."""


@dataclass(slots=True)
class Deal:
    """What a partner does about one request."""

    off: simpy.Event
    """Happens when it is withdrawn in time."""
    gives_back: Callable[[], None] | None = None
    """Frees what was set aside for it; ``None``: nothing is."""
    comes_at: float | None = None
    """When goods or technician will be there, POSIX seconds; ``None``: not agreed, or it is a slot and nobody comes."""

    def call_off(self) -> None:
        """Free what was set aside; do no more about it."""
        if self.gives_back is not None:
            self.gives_back()
            self.gives_back = None
        if not self.off.triggered:
            self.off.succeed()


@dataclass(frozen=True, slots=True)
class Books:
    """What partners have given away so far, each by its name, and what they do about each request."""

    slots: dict[str, Slots] = field(default_factory=dict)
    shelves: dict[str, Shelf] = field(default_factory=dict)
    out: Counter[str] = field(default_factory=Counter)
    """Contractor → how many of its trucks are out."""
    deals: dict[tuple[str, int], Deal] = field(default_factory=dict)
    """By request and attempt."""


def listen(world: World) -> Life:
    """Take every request as it comes and let its partner see to it."""
    books = Books()
    world.env.process(_hear_withdrawals(world, books))
    while True:
        asked: Asked = yield world.doors.asked.get()
        deal = books.deals[asked.id, asked.attempt] = Deal(world.env.event())
        world.env.process(_SEES_TO_IT[asked.what](world, books, asked, deal))


def _hear_withdrawals(world: World, books: Books) -> Life:
    """Call off what can be called off, and say so of what cannot."""
    while True:
        withdrawn: Withdrawn = yield world.doors.withdrawn.get()
        deal = books.deals.get((withdrawn.id, withdrawn.attempt))
        comes_at = deal.comes_at if deal is not None else None
        if comes_at is not None and world.now >= comes_at - ON_THE_WAY_S:
            world.doors.noted(withdrawn, comes_at)
            continue
        if deal is not None:
            deal.call_off()
        world.doors.noted(withdrawn, None)


def _slot(world: World, books: Books, asked: Asked, deal: Deal) -> Life:
    shops = world.story.workshops
    dice = world.streams.hashed("workshops", asked.id, asked.attempt)
    yield world.env.any_of([world.env.timeout(shops.answers_after.one(dice)), deal.off])
    if deal.off.triggered:
        return
    refuses, lead = float(dice.random()) < shops.refuses, shops.lead.one(dice)
    if shops.slots is None or refuses:
        yield world.doors.answer(asked, None if refuses else asked.earliest + lead)
        return
    book = books.slots.setdefault(asked.partner, Slots(shops.slots))
    at = _first_free(world, book, asked)
    if at is not None:
        book.take(at, asked.lasts)
        deal.gives_back = partial(book.give_back, at, asked.lasts)
    stands = yield world.doors.answer(asked, at)
    if not stands:
        deal.call_off()


def _first_free(world: World, book: Slots, asked: Asked) -> float | None:
    """Return the first slot within the hours in which the workshop is open, or the horizon: from now on, in any case."""
    shops, earliest = world.story.workshops, max(asked.earliest, world.now)
    latest = earliest + shops.horizon
    around_the_clock = [(earliest, latest + 1)]
    opened = shops.open.spans(world.story.start, latest) if shops.open else around_the_clock
    return book.first_free(earliest, asked.lasts, latest, opened)


def _order(world: World, books: Books, asked: Asked, deal: Deal) -> Life:
    kind = _kind(world, asked.partner)
    dice = world.streams.hashed("suppliers", asked.id, asked.attempt)
    yield world.env.any_of([world.env.timeout(kind.answers_after.one(dice)), deal.off])
    if deal.off.triggered:
        return
    refuses, lead = float(dice.random()) < kind.refuses, kind.lead.one(dice)
    today = _midnight(world)
    shelf = None if kind.stock is None else books.shelves.setdefault(asked.partner, Shelf(kind.stock))
    takes = not refuses and (shelf is None or shelf.take(asked.lines, today.date()))
    at = _goes_out(world, kind, today) + lead
    if takes:
        deal.gives_back = None if shelf is None else partial(shelf.put_back, asked.lines, today.date())
        deal.comes_at = at
    stands = yield world.doors.answer(asked, at if takes else None)
    if not stands:
        deal.comes_at = None
        deal.call_off()
    if takes and not deal.off.triggered:
        yield world.env.any_of([world.until(at), deal.off])
    if takes and not deal.off.triggered:
        deal.comes_at = deal.gives_back = None
        yield from _deliver(world, asked)


def _tow(world: World, books: Books, asked: Asked, deal: Deal) -> Life:
    """A contractor says yes or no, sends a truck, and says when it is done."""
    kind, name = world.plan.contractors[asked.partner], asked.partner
    dice = world.streams.hashed("contractors", asked.id, asked.attempt)
    yield world.env.any_of([world.env.timeout(kind.answers_after.one(dice)), deal.off])
    if deal.off.triggered:
        return
    declines, drives = float(dice.random()) < kind.declines, kind.arrives_after.one(dice)
    comes = not declines and asked.skill in kind.skills and books.out[name] < kind.trucks
    books.out[name] += comes
    stands = yield world.doors.answer(asked, world.now + drives if comes else None)
    if comes and stands:
        in_fact = drives * math.exp(kind.scatter * float(dice.standard_normal()))
        yield from _towed(world, asked, deal, in_fact, kind.works.one(dice))
    books.out[name] -= comes


def _towed(world: World, asked: Asked, deal: Deal, drives: float, works: float) -> Life:
    """Drive there, unless called off on the way, and put it right."""
    yield world.env.any_of([world.env.timeout(drives), deal.off])
    if deal.off.triggered:
        return
    deal.comes_at = world.now  # it is there, and finishes
    breakdown = world.broken.get(device_of_case(asked.case))
    if breakdown is not None:
        breakdown.ask_to_stop()
        breakdown.fault.arrivals.append((world.now, asked.partner))
    yield world.env.timeout(works)
    world.mend(device_of_case(asked.case))
    yield world.doors.fulfilled(asked.id)


def _midnight(world: World) -> datetime:
    """Return when today began, where the story takes place."""
    now = datetime.fromtimestamp(world.now, world.story.start.tzinfo)
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _goes_out(world: World, kind: Suppliers, today: datetime) -> float:
    """Return when an order that is taken now goes out, POSIX seconds: at once, or at midnight after the cut-off."""
    late = kind.cut_off is not None and world.now > today.timestamp() + kind.cut_off
    return (today + timedelta(days=1)).timestamp() if late else world.now


def _deliver(world: World, asked: Asked) -> Life:
    device = device_of_case(asked.case)
    if device in world.broken:
        world.broken[device].fault.arrivals.append((world.now, asked.partner))
    world.mend(device)
    yield world.doors.fulfilled(asked.id)


def _kind(world: World, supplier: str) -> Suppliers:
    """Return the group of a supplier; they are numbered through the groups in the story's order."""
    number = next(place for place, opened in enumerate(world.plan.suppliers) if opened.supplier == supplier)
    for group in world.story.suppliers:
        if number < group.count:
            return group
        number -= group.count
    raise LookupError(supplier)


_SEES_TO_IT = {"slot": _slot, "supplies": _order, "technician": _order, "tow": _tow}
