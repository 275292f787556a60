"""Depots by name: where trucks wait, written down once."""

from __future__ import annotations

from typing import Any

from pydantic_core import PydanticCustomError

from dispatch.policy_model.strict_model import suggestion


def with_depots(story: Any) -> Any:  # noqa: ANN401 - any YAML
    """Return a story as it was read, with the points of its depots where trucks name them."""
    if not isinstance(story, dict) or not isinstance(story.get("trucks"), list | tuple):
        return story
    known = story.get("depots") or {}
    trucks = [_placed(kind, known, f"trucks.{number}") for number, kind in enumerate(story["trucks"])]
    return {**story, "trucks": trucks}


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
