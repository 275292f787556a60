"""Workshops and suppliers: they take or refuse what they are asked for, and later deliver or mend."""

from __future__ import annotations

from scenarios.schema import Suppliers
from scenarios.world.doors import Asked
from scenarios.world.world import Life, World, device_of_case


def listen(world: World) -> Life:
    """Take every request as it comes and let its partner see to it."""
    while True:
        asked: Asked = yield world.doors.asked.get()
        world.env.process(_slot(world, asked) if asked.what == "slot" else _order(world, asked))


def _slot(world: World, asked: Asked) -> Life:
    shops = world.story.workshops
    dice = world.streams.hashed("workshops", asked.id, asked.attempt)
    yield world.env.timeout(shops.answers_after.one(dice))
    refuses, lead = float(dice.random()) < shops.refuses, shops.lead.one(dice)
    yield world.doors.answer(asked, None if refuses else asked.earliest + lead)


def _order(world: World, asked: Asked) -> Life:
    kind = _kind(world, asked.partner)
    dice = world.streams.hashed("suppliers", asked.id, asked.attempt)
    yield world.env.timeout(kind.answers_after.one(dice))
    refuses, lead = float(dice.random()) < kind.refuses, kind.lead.one(dice)
    at = world.now + lead
    stands = yield world.doors.answer(asked, None if refuses else at)
    if stands and not refuses:
        yield world.until(at)
        yield from _deliver(world, asked)


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
