"""What a device said, as it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_sim.kinds.car.device import Car
from firmware_sim.links.memory import MemoryUplink

if TYPE_CHECKING:
    from firmware_sim.device.uplink import Outgoing


def fault_of(car: Car, now: float) -> bytes:
    """Have a car tell of a low battery, and return its event's bytes: what is near it hears it, wherever else it goes."""
    made: list[Outgoing] = []
    before = car.nearby

    def take(outgoing: Outgoing) -> None:
        made.append(outgoing)
        if before:
            before.send(outgoing)

    car.nearby = MemoryUplink(take)
    car.fault(["P0562"], now)
    car.nearby = before
    return made[-1].payload
