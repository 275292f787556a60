"""How one device breaks at once and tells of it: for ``callahead chaos``, where nobody waits for physics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from firmware_sim.device.device import Device, Told
from firmware_sim.device.fix import Fix
from gateway.contract.envelope import DeviceEvent


@dataclass(frozen=True, slots=True)
class Trouble:
    """One way to break. ``TROUBLES`` in a kind's ``chaos.py`` holds its ways by name."""

    build: Callable[[str], Device]
    """Build a device of that name which is about to tell of it."""
    tell: Callable[[Device, Fix, float], DeviceEvent | Told]
    """Have it send the event: where it is, and when, POSIX seconds."""
