"""How it pays of itself, and tells that it is on."""

from __future__ import annotations

from firmware_sim.device.device import Device
from firmware_sim.kinds.tv.device import Television
from firmware_sim.kinds.tv.habits import HABITS
from scenarios.world.payers.kind import PayerKind
from scenarios.world.world import World


def _tells_use(world: World, device: Device) -> None:
    assert isinstance(device, Television)  # noqa: S101 - built so
    device.sensors.on = True
    device.status(world.now)


PAYER = PayerKind(habits=HABITS, befalls={"unused": "subscription"}, tells_use=_tells_use)
"""What a television set pays for by itself: 3 payments in a home and month [fit]."""
