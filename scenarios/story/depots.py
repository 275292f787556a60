"""Depots by name: where trucks and contractors wait, written down once."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from dispatch.policy_model.strict_model import suggestion
from scenarios.story.place import PlaceOnMap, listed

Depots = Annotated[
    tuple[PlaceOnMap, ...],
    BeforeValidator(listed),
    WithJsonSchema({"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "object"}]}}),
]
"""Points, or names of the story's depots."""
WAIT_THERE = ("trucks", "contractors")


def with_depots(story: Any) -> Any:  # noqa: ANN401 - any YAML
    """Return a story as it was read, with the points of its depots where trucks and contractors name them."""
    if not isinstance(story, dict):
        return story
    known = story.get("depots") or {}
    groups = {key: story[key] for key in WAIT_THERE if isinstance(story.get(key), list | tuple)}
    placed = {
        key: [_placed(kind, known, f"{key}.{number}") for number, kind in enumerate(kinds)]
        for key, kinds in groups.items()
    }
    return {**story, **placed}


def _placed(kind: Any, known: dict[str, Any], key: str) -> Any:  # noqa: ANN401 - likewise
    if not isinstance(kind, dict) or not isinstance(kind.get("depots"), list | tuple):
        return kind
    found = []
    for number, depot in enumerate(kind["depots"]):
        if isinstance(depot, str) and depot not in known:
            raise no_depot(f"{key}.depots.{number}", depot, list(known))
        found.append(known[depot] if isinstance(depot, str) else depot)
    return {**kind, "depots": found}


def no_depot(key: str, name: str, known: list[str]) -> PydanticCustomError:
    """Return the mistake that a depot is named which does not exist."""
    hint = (
        suggestion(name, known)
        if known
        else "the story has no depots; write them as depots: {north: {latitude: …, longitude: …}}"
    )
    return PydanticCustomError(
        "unknown_key", "there is no depot '{name}'; {hint}", {"key": key, "name": name, "hint": hint}
    )
