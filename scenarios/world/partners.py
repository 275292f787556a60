"""Workshops and suppliers: they take or refuse what they are asked for, and later deliver or mend."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scenarios.story.suppliers import Suppliers
from scenarios.world.doors import Asked
from scenarios.world.shelf import Shelf
from scenarios.world.slots import Slots
from scenarios.world.world import Life, World, device_of_case


@dataclass(frozen=True, slots=True)
class Books:
    """What partners have given away so far, each by its name."""

    slots: dict[str, Slots] = field(default_factory=dict)
    shelves: dict[str, Shelf] = field(default_factory=dict)


def listen(world: World) -> Life:
    """Take every request as it comes and let its partner see to it."""
    books = Books()
    while True:
        asked: Asked = yield world.doors.asked.get()
        world.env.process(_slot(world, books, asked) if asked.what == "slot" else _order(world, books, asked))


def _slot(world: World, books: Books, asked: Asked) -> Life:
    shops = world.story.workshops
    dice = world.streams.hashed("workshops", asked.id, asked.attempt)
    yield world.env.timeout(shops.answers_after.one(dice))
    refuses, lead = float(dice.random()) < shops.refuses, shops.lead.one(dice)
    if shops.slots is None or refuses:
        yield world.doors.answer(asked, None if refuses else asked.earliest + lead)
        return
    book = books.slots.setdefault(asked.partner, Slots(shops.slots))
    at = _first_free(world, book, asked)
    if at is not None:
        book.take(at, asked.lasts)
    stands = yield world.doors.answer(asked, at)
    if at is not None and not stands:
        book.give_back(at, asked.lasts)


def _first_free(world: World, book: Slots, asked: Asked) -> float | None:
    """Return the first slot within the hours in which the workshop is open, or the horizon: from now on, in any case."""
    shops, earliest = world.story.workshops, max(asked.earliest, world.now)
    latest = earliest + shops.horizon
    around_the_clock = [(earliest, latest + 1)]
    opened = shops.open.spans(world.story.start, latest) if shops.open else around_the_clock
    return book.first_free(earliest, asked.lasts, latest, opened)


def _order(world: World, books: Books, asked: Asked) -> Life:
    kind = _kind(world, asked.partner)
    dice = world.streams.hashed("suppliers", asked.id, asked.attempt)
    yield world.env.timeout(kind.answers_after.one(dice))
    refuses, lead = float(dice.random()) < kind.refuses, kind.lead.one(dice)
    today = _midnight(world)
    shelf = None if kind.stock is None else books.shelves.setdefault(asked.partner, Shelf(kind.stock))
    takes = not refuses and (shelf is None or shelf.take(asked.lines, today.date()))
    at = _goes_out(world, kind, today) + lead
    stands = yield world.doors.answer(asked, at if takes else None)
    if takes and stands:
        yield world.until(at)
        yield from _deliver(world, asked)
    elif takes and shelf is not None:
        shelf.put_back(asked.lines, today.date())


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
