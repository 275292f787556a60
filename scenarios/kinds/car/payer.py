"""How it pays of itself: at posts and in garages where it stands, and tells so."""

from __future__ import annotations

from firmware_sim.device.device import Device
from firmware_sim.kinds.car.device import Car
from firmware_sim.kinds.car.habits import HABITS
from scenarios.kinds.car.section import Cars
from scenarios.world.fixes import measured
from scenarios.world.payers.kind import PayerKind
from scenarios.world.town import Point
from scenarios.world.world import World


def _tells_place(world: World, device: Device, at: Point) -> None:
    assert isinstance(device, Car)  # noqa: S101 - built so
    device.sensors.fix = measured(world, device.name, at, world.story.section(Cars).gps_error)
    device.status(world.now)


def _tells_every(world: World) -> float:
    return world.story.section(Cars).status_while_parked


PAYER = PayerKind(
    habits=HABITS,
    on_the_spot=frozenset({"charging", "parking"}),
    befalls={"stolen_key": "charging"},
    tells_place=_tells_place,
    tells_every=_tells_every,
)
