"""Every name the contract has, for telling a sender which one it may have meant."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from gateway.contract.event_types import event_types
from gateway.contract.state import DeviceState

Model = type[BaseModel]


def published_names() -> tuple[str, ...]:
    """Return the names of all members of all parts of events, sorted."""
    return _names((*event_types().classes, DeviceState))


@cache
def _names(models: tuple[Model, ...]) -> tuple[str, ...]:
    parts = {part for model in models for part in _with_parts(model)}
    return tuple(sorted({field.alias or name for part in parts for name, field in part.model_fields.items()}))


def _with_parts(model: Model) -> Iterator[Model]:
    yield model
    for field in model.model_fields.values():
        for part in _models_in(field.annotation):
            yield from _with_parts(part)


def _models_in(kind: Any) -> Iterator[Model]:  # noqa: ANN401 - any annotation
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for inner in get_args(kind):
        yield from _models_in(inner)
