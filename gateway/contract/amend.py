"""An event read anew: with its moments by another clock, or without its place. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel

from gateway.contract.values import Position

Model = TypeVar("Model", bound=BaseModel)
_DEGREES = {"latitude", "longitude"}


def with_moments(model: Model, corrected: Callable[[datetime], datetime]) -> Model:
    """Return a model with every moment in it corrected; itself where none changes."""

    def change(value: Any) -> Any:  # noqa: ANN401 - whatever a field holds
        if isinstance(value, datetime):
            return corrected(value)
        return with_moments(value, corrected) if isinstance(value, BaseModel) else value

    return _changed(model, lambda _, value: change(value))


def with_place(model: Model, place: Position | None) -> Model:
    """Return a model whose positions are ``place``, and which names no other; where it cannot be without one, it stays."""

    def change(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever a field holds
        if isinstance(value, Position):
            return value if place is None and type(model).model_fields[name].is_required() else place
        if isinstance(value, BaseModel):
            return with_place(value, place)
        return None if name in _DEGREES and not isinstance(model, Position) else value

    return _changed(model, change)


def position_of(data: Any) -> Position | None:  # noqa: ANN401 - a model, or a record of ``messages.read_plain``
    """Return where an event's data says that its device is."""
    place = None
    for name in _places_in(data.__class__):
        place = place or getattr(data, name)
    return place


@cache
def _places_in(kind: type) -> tuple[str, ...]:
    """Return under which names an event's data says where its device is: looked for once, since looking in vain takes longest."""
    members = {*dir(kind), *getattr(kind, "model_fields", ())}
    return tuple(name for name in ("fix", "position") if name in members)


def _changed(model: Model, change: Callable[[str, Any], Any]) -> Model:
    told = {name: getattr(model, name) for name in model.model_fields_set}
    made = {name: new for name, value in told.items() if (new := change(name, value)) is not value}
    return model.model_copy(update=made) if made else model
