"""What it takes to take a car along, in truth and by the register: drawn for each car, whatever else happens to it."""

from __future__ import annotations

from gateway.finding import NOTHING, Capability, Load
from scenarios.kinds.car.section import HEAVY_KG, Cars
from scenarios.story.schema import Story
from scenarios.story.streams import Streams


def load_of(story: Story, streams: Streams, car: str) -> Load:
    """Return what it takes in truth."""
    told = story.section(Cars).loads
    if not told.any:
        return NOTHING
    wheels, voltage, mass, _ = _luck(streams, car)
    needs: list[Capability] = ["all_wheels_up"] if wheels < told.all_wheels_up else []
    needs += ["high_voltage"] if voltage < told.high_voltage else []
    return Load(tuple(needs), HEAVY_KG if mass < told.heavy else 0.0)


def registered(story: Story, streams: Streams, car: str) -> Load:
    """Return what the register knows of it."""
    told = story.section(Cars).loads
    known = told.any and _luck(streams, car)[3] < told.registered
    return load_of(story, streams, car) if known else NOTHING


def _luck(streams: Streams, car: str) -> tuple[float, ...]:
    return tuple(streams.hashed("load", car).random(4).tolist())
