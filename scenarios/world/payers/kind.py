"""What the world knows of how a kind of device pays: ``PAYER`` in the ``payer.py`` of each kind that does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from firmware_sim.device.device import Device
from firmware_sim.device.habit import PayingHabit
from gateway.payments.messages import PayFor
from scenarios.world.money_truth import WrongKind
from scenarios.world.town import Point
from scenarios.world.world import World


def _tells_nothing(_world: World, _device: Device, _at: Point) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerKind:
    """How devices of one kind pay."""

    habits: tuple[PayingHabit, ...]
    on_the_spot: frozenset[PayFor] = frozenset()
    """What is paid where the payee is, and the device with it."""
    metered: PayFor | None = None
    """What some homes pay in advance, a little every few days."""
    befalls: Mapping[WrongKind, PayFor] = field(default_factory=dict)
    """What may go wrong, and with what it pays for."""
    tells_place: Callable[[World, Device, Point], None] = _tells_nothing
    """Have a device tell where it is, where it tells that at all."""
    tells_use: Callable[[World, Device], None] | None = None
    """Have a device tell that it is in use, where it tells that at all."""
    tells_every: Callable[[World], float] | None = None
    """How often it tells where it is while it stands, seconds."""
