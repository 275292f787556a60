"""The air outside: as the story begins, and as an incident turns it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator

from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Temperature
from dispatch.roads.traffic import Surface
from scenarios.story.hours import when

if TYPE_CHECKING:
    from scenarios.story.incidents import Incident  # which speaks of the weather


def _surface(found: object) -> object:
    return Surface(found) if isinstance(found, str) and found in set(Surface) else found


OnRoad = Annotated[Surface, BeforeValidator(_surface)]


class Weather(StrictModel):
    """The air outside."""

    temperature: Temperature = 10.0
    road: OnRoad = Surface.DRY
    """What lies on the roads; it slows down who drives on them."""


class Turn(StrictModel):
    """What the weather turns to."""

    temperature: Temperature
    road: OnRoad | None = None
    """What lies on the roads then; left out: what lay there."""


def air(weather: Weather, incidents: Iterable[Incident], start: datetime, now: float) -> float:
    """Return the air's temperature, °C, at ``now`` (POSIX seconds): as the latest turn has it that is not over."""
    found, since = weather.temperature, float("-inf")
    for one in incidents:
        if one.weather is None:
            continue
        begin = when(one.at, start)
        if since <= begin <= now and not one.over(begin, now):
            found, since = one.weather.temperature, begin
    return found
