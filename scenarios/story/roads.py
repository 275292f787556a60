"""The roads of a story, and what slows drives down on them: what lies on them, and jams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Length, Share
from dispatch.roads.traffic import Surface
from scenarios.story.hours import when
from scenarios.story.weather import Weather

if TYPE_CHECKING:
    from scenarios.story.incidents import Incident  # which speaks of jams

BEELINE = ("speed", "circuity")
"""What trucks have where there are no roads."""


class Roads(StrictModel):
    """``roads: gothenburg``, or ``roads: {graph: …}``: everybody lives on them, and drives on them."""

    graph: Annotated[str, Field(min_length=1, max_length=4_096)]
    """The name of a graph that is shipped, or a file that ``callahead roads build`` wrote."""
    scatter: Share = 0.1
    """Of the logarithm of how long a drive takes, about what hour and weather make of it: lights, other people [fit]."""

    @model_validator(mode="before")
    @classmethod
    def _bare_name(cls, found: Any) -> Any:  # noqa: ANN401 - any YAML
        return {"graph": found} if isinstance(found, str) else found


def or_its_name(schema: dict[str, Any]) -> None:
    """Let an editor take a bare name, too."""
    schema["anyOf"].insert(0, {"type": "string"})


class Jam(StrictModel):
    """A crash or works: near it one drives more slowly, and who can drives round it."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    within: Length = 300.0
    speed: Annotated[Share, Field(ge=0.02)] = 0.2
    """Of the usual one there; where the road is closed, 2%: who must go there crawls."""


def with_house_on_roads(story: Any) -> Any:  # noqa: ANN401 - any YAML
    """Return a story as it was read, its house reckoning by its roads, where its policy does not say otherwise."""
    if not isinstance(story, dict) or not story.get("roads"):
        return story
    policy = story.get("policy") or {}
    policy = {"name": policy} if isinstance(policy, str) else policy
    if not isinstance(policy, dict) or "roads" in policy:
        return story
    roads = story["roads"]
    return {**story, "policy": {**policy, "roads": roads.get("graph") if isinstance(roads, dict) else roads}}


def check_trucks(trucks: Iterable[StrictModel]) -> None:
    """Raise the mistake that a truck has a speed of its own, where the roads say how fast one drives."""
    for number, kind in enumerate(trucks):
        for key in BEELINE:
            if key in kind.model_fields_set:
                told = {"key": f"trucks.{number}.{key}"}
                raise PydanticCustomError("unknown_key", "the roads say how fast one drives; leave it out", told)


def surface(weather: Weather, incidents: Iterable[Incident], start: datetime, now: float) -> Surface:
    """Return what lies on the roads at ``now`` (POSIX seconds): as the latest turn has it that is not over."""
    found, since = weather.road, float("-inf")
    for one in incidents:
        begin = when(one.at, start)
        if (
            one.weather is not None
            and one.weather.road is not None
            and since <= begin <= now
            and not one.over(begin, now)
        ):
            found, since = one.weather.road, begin
    return found


def jams(incidents: Iterable[Incident], start: datetime, now: float) -> Iterator[Jam]:
    """Iterate over the jams there are at ``now``, POSIX seconds."""
    for one in incidents:
        begin = when(one.at, start)
        if one.jam is not None and begin <= now and not one.over(begin, now):
            yield one.jam
