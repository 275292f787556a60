"""What a kind of device does in the world: ``ACTOR`` in the ``actor.py`` of each kind that homes own, ``CREWS`` of others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from firmware_sim.device.device import Device
from gateway.finding import NOTHING, Load
from scenarios.story.registry import KINDS, KindError, platform
from scenarios.world.ground_truth import Fault
from scenarios.world.plan import Home, Plan
from scenarios.world.world import Life, World

Fleet = dict[str, Device]
"""Every simulated device by its name, in a fixed order."""


class Actor(ABC):
    """Devices that homes own, and whoever uses them."""

    @abstractmethod
    def build(self, name: str) -> Device:
        """Build a device; it is not online yet."""

    @abstractmethod
    def start(self, world: World, fleet: Fleet, home: Home, fault: Fault | None) -> None:
        """Set a home's device in motion. ``fleet``: the home's devices, and maybe more; ``fault``: what will break in it."""

    def woken_at(self, world: World, fault: Fault) -> float:
        """Return from when on what a device tells may matter for a fault of it, POSIX seconds; here, from the beginning."""
        del fault
        return world.story.start_s

    def last_told(self, world: World, device: str, moment: float) -> float:
        """Return when a device that sleeps would have told something last, by routine, before ``moment``; that itself: never."""
        del world, device
        return moment

    def live(self, world: World, fleet: Fleet, home: Home, fault: Fault, wakes: float) -> Life | None:
        """Set a device in motion that slept until ``wakes``. What is returned ends once nothing it tells matters any more.

        ``None``, as here: it stays awake.
        """
        del wakes
        self.start(world, fleet, home, fault)
        return None

    def load(self, world: World, device: str) -> Load:
        """Return what it takes to take a device along, in truth. Here it is nothing that not every truck has."""
        del world, device
        return NOTHING

    def lose_receiver(self, device: Device) -> None:
        """Take the satellite receiver out of a device that has one: another device tells its place."""
        del device


class Crews(ABC):
    """Devices of those who come to help."""

    @abstractmethod
    def build(self, plan: Plan) -> Fleet:
        """Build every device; none is online yet."""

    @abstractmethod
    def start(self, world: World, fleet: Fleet) -> None:
        """Set them and their crews in motion."""


def actor_of(kind: str) -> Actor:
    """Return what plays the devices of a kind that homes own. Raises ``KindError``."""
    actor = platform(kind, "actor", "ACTOR", Actor)  # type: ignore[type-abstract] # any of them
    if actor is None:
        message = f"scenarios/kinds/{kind}/actor.py: is missing: nobody can play a {kind}"
        raise KindError(message)
    return actor


def crews() -> Iterator[Crews]:
    """Iterate over those whose devices no home owns."""
    for kind in KINDS.values():
        made = platform(kind.name, "actor", "CREWS", Crews) if kind.homes is None else None  # type: ignore[type-abstract]
        if made is not None:
            yield made
