"""Notices on a phone's or a fridge's display: some of their owners read them, after a while, and are calm for a time."""

from __future__ import annotations

from dispatch.core.ids import device_of_case
from dispatch.outgoing.device_commands import may_be_left_out
from firmware_sim.kinds.car.device import Car
from gateway.contract.commands import NoticeCommand
from scenarios.world.world import Breakdown, Life, World


def shown(world: World, car: Car | None, notice: NoticeCommand) -> None:
    """A device shows a notice. About something that is not broken, or is mended, it calms nobody.

    Whoever drives ``car`` hears from the phone beside them to stop, which the car's own display may not have been told.
    """
    if car is not None and may_be_left_out(notice):
        car.stop_requested = True
    breakdown = world.broken.get(device_of_case(notice.data.case))
    if breakdown is not None and not breakdown.shown:
        world.env.process(_read(world, breakdown))


def _read(world: World, breakdown: Breakdown) -> Life:
    """Read it after a while, or not unasked; whoever allows no messages sees none."""
    habits, fault = world.story.customers.notices, breakdown.fault
    dice = world.streams.hashed("notices", fault.device, fault.fault)
    allows, looks, after = (
        float(dice.random()) < habits.allowed,
        float(dice.random()) < habits.read,
        habits.after.one(dice),
    )
    breakdown.shown = allows
    if allows and looks:
        yield world.env.timeout(after)
        look(world, breakdown)


def look(world: World, breakdown: Breakdown) -> None:
    """Look at the phone, and read the notice that stands there."""
    if breakdown.shown and not (breakdown.calmed.triggered or breakdown.mended.triggered):
        breakdown.fault.read_notice_at = world.now
        breakdown.calmed.succeed()
