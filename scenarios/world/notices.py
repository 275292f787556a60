"""Notices on a device's display: some of their owners read them, after a while, and are calm for a time."""

from __future__ import annotations

from dispatch.core.ids import device_of_case
from dispatch.outgoing.device_commands import may_be_left_out
from gateway.contract.commands import NoticeCommand
from scenarios.world import messages
from scenarios.world.world import Breakdown, Life, World


def shown(world: World, notice: NoticeCommand) -> None:
    """A device shows a notice. About something that is not broken, or is mended, it calms nobody.

    Whoever uses a broken device hears from the phone beside them what its own display may not have been told.
    """
    device = device_of_case(notice.data.case)
    if may_be_left_out(notice) and device in world.beside:
        world.beside[device]()
    breakdown, says_wait = world.broken.get(device), messages.says_wait(notice.data.text)
    if world.story.habits is not None:
        messages.shown(world, notice, world.owner_of(device))
    elif breakdown is not None and (not breakdown.shown or (says_wait and not breakdown.says_wait)):
        world.env.process(_read(world, breakdown, says_wait=says_wait))


def _read(world: World, breakdown: Breakdown, *, says_wait: bool) -> Life:
    """Read it after a while, or not unasked; whoever allows no messages sees none."""
    habits, fault = world.story.customers.notices, breakdown.fault
    dice = world.streams.hashed("notices", fault.device, fault.fault)
    allows, looks, after = (
        float(dice.random()) < habits.allowed,
        float(dice.random()) < habits.read,
        habits.after.one(dice),
    )
    breakdown.shown, breakdown.says_wait = allows, allows and says_wait
    if allows and looks:
        yield world.env.timeout(after)
        look(world, breakdown)


def look(world: World, breakdown: Breakdown) -> None:
    """Look at the phone, and read what stands there."""
    messages.look(world.person(breakdown.fault.customer))
    if breakdown.shown:
        messages.take_in(world, breakdown, says_wait=breakdown.says_wait)
