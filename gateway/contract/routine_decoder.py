"""Reads the statuses of one kind that tell the same names within the same bounds, as nearly all do: checked while they are decoded.

What it reads is what the models would read, but for the years of moments and the patterns of ``source`` and ``id``: those are for
whoever knows what they should be. Everything else is left to ``messages.read_plain`` and the models.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Annotated, Any, Literal, NamedTuple, Protocol, cast, get_args, get_origin

import msgspec
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gateway.contract.envelope import DeviceEvent
from gateway.contract.fast_decoder import plain_type
from gateway.contract.values import Measured, Position, published

_MOMENT = Annotated[datetime, msgspec.Meta(tz=True)]
BOUNDS_KNOWN = 4_096
"""Of so many readings and bounds it is known by heart how they are checked."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reading of one name may be: a number from ``least`` to ``most``, or one of ``words``."""

    of: type
    """``float``, ``int``, ``bool`` or ``str``."""
    least: float = -math.inf
    most: float = math.inf
    words: frozenset[bool | str] = frozenset()


class Bound(NamedTuple):
    """Within which bounds a reading is read: a number above ``above`` and up to ``up_to``, or one of ``words``."""

    name: str
    of: type
    above: float = -math.inf
    up_to: float = math.inf
    words: frozenset[bool | str] = frozenset()


class Fix(Protocol):
    """A position, by its model's names."""

    latitude: float
    longitude: float
    accuracy_m: float
    fix_time: datetime


class RoutineData(Protocol):
    """The data of a status as it is read here."""

    readings: msgspec.Struct
    """``msgspec.to_builtins`` makes readings of it, by their published names."""
    position: Fix | None


class PlainStatus(Protocol):
    """A status as it is read here."""

    source: str
    id: str
    time: datetime
    data: RoutineData


Decode = Callable[[bytes], PlainStatus]
"""Raises ``msgspec.MsgspecError`` or ``ValueError`` for whatever is more than an envelope, a position and the readings."""


def routine_decoder(model: type[DeviceEvent], measured: str, bounds: Sequence[Bound], *, alarms: bool) -> Decode:
    """Return what reads statuses of ``model``, whose data holds readings within ``bounds``, all of them, as ``measured``.

    ``alarms``: it says which alarms stand, namely none. A position is read where the model's data may have one.
    """
    readings = msgspec.defstruct(
        "RoutineReadings",
        [(f"r{number}", _bounded(one), msgspec.field(name=one.name)) for number, one in enumerate(bounds)],
        forbid_unknown_fields=True,
        gc=False,
    )
    event = msgspec.defstruct(
        "RoutineEvent",
        [
            ("specversion", Literal["1.0"]),
            ("source", str),
            ("id", str),
            ("time", _MOMENT),
            ("data", _data(model, measured, readings, alarms=alarms, told=bool(bounds))),
            ("datacontenttype", Literal["application/json"], msgspec.field(default="application/json")),
            ("provenance", Literal["real", "simulated"], msgspec.field(default="real")),
        ],
        tag_field="type",
        tag=model.model_fields["type"].default,
        forbid_unknown_fields=True,
        gc=False,
    )
    return cast("Decode", msgspec.json.Decoder(event).decode)


def _data(
    model: type[DeviceEvent], measured: str, readings: type[msgspec.Struct], *, alarms: bool, told: bool
) -> type[msgspec.Struct]:
    """Return how the data is read. Where no readings are ``told``, they may be left out."""
    unread = {} if told else {"default_factory": readings}
    fields: list[tuple[str, Any, Any]] = [("readings", readings, msgspec.field(name=measured, **unread))]
    if alarms:
        fields.append(("alarms", tuple[()], msgspec.field()))
    data = model.model_fields["data"].annotation
    is_placed = isinstance(data, type) and issubclass(data, BaseModel) and "position" in data.model_fields
    if is_placed:
        fields.append(("position", _fix() | None, msgspec.field(default=None)))
    namespace = {} if is_placed else {"position": None}
    return msgspec.defstruct(
        "RoutineData", fields, namespace=namespace, forbid_unknown_fields=True, gc=False, kw_only=True
    )


@cache
def _fix() -> Any:  # noqa: ANN401 - any type
    fields = [
        (name, _MOMENT if name == "fix_time" else plain_type(info)) for name, info in Position.model_fields.items()
    ]
    return msgspec.defstruct("Fix", fields, forbid_unknown_fields=True, gc=False)


@lru_cache(BOUNDS_KNOWN)
def _bounded(one: Bound) -> Any:  # noqa: ANN401 - any annotation
    """Return the type of a reading within bounds. Of switches and words, others are told by whoever looks at them."""
    if one.words:
        return bool if one.of is bool else Literal[tuple(sorted(map(str, one.words)))]
    ends = {"gt": one.above, "le": one.up_to}
    marks: dict[str, Any] = {
        name: math.floor(end) if one.of is int else end for name, end in ends.items() if math.isfinite(end)
    }
    return Annotated[one.of, msgspec.Meta(**marks)]


def limits_of(model: type[Measured]) -> dict[str, Limits]:
    """Return what readings may be, by their published names; without those that are more than bounds or words."""
    found = {name: _limits(info) for name, info in model.model_fields.items()}
    names = published(model)
    return {names[name]: limits for name, limits in found.items() if limits is not None}


def _limits(info: FieldInfo) -> Limits | None:
    plain = plain_type(info)
    kinds = [one for one in get_args(plain) if one is not type(None)] if _is_union(plain) else [plain]
    return _of_type(kinds[0]) if len(kinds) == 1 else None


def _is_union(kind: Any) -> bool:  # noqa: ANN401 - any annotation
    return type(None) in get_args(kind)


def _of_type(kind: Any) -> Limits | None:  # noqa: ANN401 - any annotation
    if kind is bool:
        return Limits(bool, words=frozenset({True, False}))
    if get_origin(kind) is Literal:
        return Limits(str, words=frozenset(get_args(kind)))
    plain, *marks = get_args(kind) if get_origin(kind) is Annotated else (kind,)
    if plain not in {float, int} or any(mark.gt is not None or mark.lt is not None for mark in marks):
        return None
    least = [mark.ge for mark in marks if mark.ge is not None]
    most = [mark.le for mark in marks if mark.le is not None]
    return Limits(plain, max(least, default=-math.inf), min(most, default=math.inf))
