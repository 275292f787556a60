"""A story's parameters as people read them: each with its value, its unit, and what the schema says of it and its source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from dispatch.policy_model.units import celsius, metres, metres_per_second, per_second, seconds, share, spoken
from gateway.contract.described import said_of
from scenarios.story.distributions import Spans
from scenarios.story.schema import Story

FITTED = "[fit]"
"""Marks what is fitted or inferred: no published value was found."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value. ``told``: the story sets it; else it is the default."""

    path: str
    value: str
    told: bool
    about: str
    """What it is and where the default is from."""
    fitted: bool


def parameters(story: Story) -> list[Parameter]:
    """Return every parameter of a story, in the schema's order."""
    return [one for one in _of_model(story, "", told=True) if one.path not in {"name", "about", "expect"}]


def _of_model(model: BaseModel, before: str, *, told: bool) -> Iterator[Parameter]:
    for name, field in type(model).model_fields.items():
        mine = told and name in model.model_fields_set
        path, about = f"{before}{field.alias or name}", said_of(type(model), name)
        yield from _of_value(getattr(model, name), path, field, told=mine, about=about)


def _of_value(value: Any, path: str, field: FieldInfo, *, told: bool, about: str) -> Iterator[Parameter]:  # noqa: ANN401 - any field
    if isinstance(value, BaseModel) and not isinstance(value, Spans):
        yield from _of_model(value, f"{path}.", told=told)
    elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        for number, one in enumerate(value):
            yield from _of_value(one, f"{path}.{number}", field, told=told, about=about)
    elif value not in (None, (), {}):
        text = about.replace(FITTED, "").replace(" .", ".").strip()
        yield Parameter(path, _said(value, field), told, text, FITTED in about and not told)


def _said(value: Any, field: FieldInfo) -> str:  # noqa: ANN401 - any field
    if isinstance(value, Spans):
        return _spans(value)
    if isinstance(value, dict):
        return ", ".join(f"{word} {_plain(weight)}" for word, weight in value.items())
    for mark in (*field.metadata, *_within(field.annotation)):
        say = _SAY.get(getattr(mark, "func", None))
        if say is not None:
            return str(say(value))
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return _plain(value)


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _within(annotation: Any) -> Iterator[object]:  # noqa: ANN401 - any annotation
    """Yield the marks of what may also be ``None``."""
    for option in get_args(annotation):
        yield from getattr(option, "__metadata__", ())


def _spans(value: Spans) -> str:
    """Say a distribution: ``lognormal, median 5 min 00 s, sigma 0.8``."""
    (name,) = value.model_fields_set
    inner = getattr(value, name)
    if not isinstance(inner, BaseModel):
        return spoken(inner) if isinstance(inner, int | float) else str(inner)
    kinds = type(inner).model_fields
    given = {key: getattr(inner, key) for key in kinds if getattr(inner, key, None) is not None}
    return ", ".join([name, *(f"{key} {_figure(key, figure)}" for key, figure in given.items())])


def _figure(key: str, figure: object) -> str:
    if isinstance(figure, int | float):
        return f"{figure:g}" if key in {"sigma", "cv", "shape"} else spoken(float(figure))
    return str(figure)


_SAY: dict[Any, Any] = {
    seconds: spoken,
    celsius: lambda value: f"{value:g} °C",
    metres: lambda value: f"{value / 1000:g} km" if value >= 1000 else f"{value:g} m",  # noqa: PLR2004 - metres in one
    metres_per_second: lambda value: f"{value * 3.6:.3g} km/h",
    share: lambda value: f"{value:.4g} ({value:.1%})",
    per_second: lambda value: f"{value * 3600:.4g} per h",
}
