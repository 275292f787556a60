"""Reads plain reports several times faster than the models do, and leaves everything else to them.

Nearly all traffic is statuses with nothing special about them. For those, msgspec's structs are made from the models' own
fields and bounds, so that the contract still stands in one place. A field whose check is more than a type, bounds, words or
a pattern is not plain. A message that tells such a field, anything unknown or anything doubtful is left to the models, and
they alone say what is wrong with it.

What is read here cannot hold a card number: names are known, numbers and words are bounded, and the digits of ids and
times are none (``cards``); free text is not plain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from functools import reduce
from operator import attrgetter, or_
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from annotated_types import Ge, Gt, Le, Lt
from pydantic import AwareDatetime, BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from gateway.contract.values import FIRST_YEAR, LAST_YEAR, TEXT_PATTERN, Measured, NullMeans, Readings, Whole, Written

FINER_THAN_US = re.compile(rb":[0-9]{2}\.[0-9]{7}")
"""Of a time below microseconds, msgspec rounds what the models cut off."""


_REQUIRED = {"specversion"}
"""What our own constructors may leave out and a sender may not."""
Event = TypeVar("Event", bound=BaseModel)
_MOMENT = Annotated[datetime, msgspec.Meta(tz=True)]


class _NotPlain(Exception):  # noqa: N818 - no error: the models read it
    """A check is more than msgspec can do alike."""


class QuickReader(Generic[Event]):
    """Reads events of some models, told apart by their ``type``."""

    def __init__(self, models: Iterable[type[Event]]) -> None:
        self._decode = msgspec.json.Decoder(_either([_struct(model) for model in models])).decode

    def read(self, payload: bytes) -> Event | None:
        """Return a record with the attributes and properties of the model that would be read; ``None``: that has to be."""
        try:
            record: Event = self._decode(payload)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        return record if FINER_THAN_US.search(payload) is None else None


def _struct(model: type[BaseModel]) -> type[msgspec.Struct]:
    """Return a struct with the plain fields and the properties of a model. Raises ``_NotPlain``."""
    checks = model.__pydantic_decorators__
    if checks.model_validators or checks.field_validators:
        raise _NotPlain(model)
    fields = [field for name, info in model.model_fields.items() for field in _field(name, info)]
    plain = {name for name, _, _ in fields}
    unread = {name: info.default for name, info in model.model_fields.items() if name not in plain}
    moments = [name for name, kind, _ in fields if _MOMENT in {kind, *get_args(kind)}]
    tag = model.model_fields["type"].default if "type" in model.model_fields else None
    return msgspec.defstruct(
        model.__name__,
        fields,
        namespace={**unread, **_properties(model, moments), **_of_years(moments)},
        tag_field="type" if tag else None,
        tag=tag,
        kw_only=True,
        forbid_unknown_fields=True,
        omit_defaults=True,
        gc=False,  # made of values alone, it is in no cycle
    )


def _properties(model: type[BaseModel], moments: Iterable[str]) -> dict[str, Any]:
    """Return what a model's records can be asked for beside their fields, of which ``moments`` are times."""
    moments = [model.model_fields[name].alias or name for name in moments]
    ours = [each for each in reversed(model.__mro__) if issubclass(each, BaseModel) and each is not BaseModel]
    found = {name: what for each in ours for name, what in vars(each).items() if isinstance(what, property)}
    return {**found, "readings": property(_readings_without(moments))} if issubclass(model, Measured) else found


def _readings_without(moments: Sequence[str]) -> Callable[[msgspec.Struct], Readings]:
    """Return what ``Measured.readings`` does: what is left out or ``null`` is as by default, and a moment is no reading."""

    def readings(record: msgspec.Struct) -> Readings:
        told: Readings = msgspec.to_builtins(record, builtin_types=(datetime,))
        for name in moments:
            told.pop(name, None)
        return told

    return readings


def _of_years(moments: Sequence[str]) -> dict[str, Any]:
    """Return what refuses moments of a year that the contract does not know."""
    if not moments:
        return {}
    moment_of = attrgetter(*moments)

    def check_one(record: msgspec.Struct) -> None:
        moment: Any = moment_of(record)
        if moment is not None and not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValueError(moment)

    def check(record: msgspec.Struct) -> None:
        for moment in moment_of(record):
            if moment is not None and not FIRST_YEAR <= moment.year <= LAST_YEAR:
                raise ValueError(moment)

    return {"__post_init__": check if len(moments) > 1 else check_one}


def _field(name: str, info: FieldInfo) -> Iterator[tuple[str, Any, Any]]:
    """Yield a field for the struct, where it is plain."""
    if name == "type":
        return  # the struct's tag
    published = info.alias or name
    try:
        kind = _plain(info.annotation, info.metadata)
    except _NotPlain:
        if info.is_required():
            raise
        return
    if info.is_required() or name in _REQUIRED:
        yield name, kind, msgspec.field(name=published)
    elif isinstance(info.default, BaseModel):
        yield name, kind, msgspec.field(name=published, default_factory=kind)
    else:
        yield name, kind, msgspec.field(name=published, default=info.default)


def plain_type(info: FieldInfo) -> Any | None:  # noqa: ANN401 - any annotation
    """Return a type that msgspec checks as the models check a field, or more strictly; ``None``: there is none."""
    try:
        return _plain(info.annotation, info.metadata)
    except _NotPlain:
        return None


def _plain(kind: Any, marks: Iterable[Any]) -> Any:  # noqa: ANN401 - any annotation
    """Return a type that msgspec checks the same way, or more strictly. Raises ``_NotPlain``."""
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *more = get_args(kind)
        return _plain(inner, (*more, *marks))
    marks = [mark for mark in _each(marks) if not _is_silent(mark)]
    if origin in {Union, UnionType} and not marks:
        return _branches(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, BaseModel) and not marks:
        return _struct(kind)
    return _checked(kind, marks)


def _branches(branches: Iterable[Any]) -> Any:  # noqa: ANN401 - any annotation
    """Return those branches of a union that are plain."""
    kinds: list[Any] = []
    for branch in branches:
        with suppress(_NotPlain):
            kinds.append(_plain(branch, ()))
    if not set(kinds) - {NoneType}:
        raise _NotPlain(branches)
    return _either(kinds)


def _either(kinds: Sequence[Any]) -> Any:  # noqa: ANN401 - any annotation
    return reduce(or_, kinds)


def _each(marks: Iterable[Any]) -> Iterator[Any]:
    """Yield marks one by one, out of what ``Field`` keeps them in."""
    for mark in marks:
        if isinstance(mark, FieldInfo):
            yield from mark.metadata
        else:
            yield mark


def _is_silent(mark: Any) -> bool:  # noqa: ANN401 - any mark
    """Tell whether a mark only says how ``null`` is read, or in which order branches are tried: that is left to the models."""
    return isinstance(mark, NullMeans) or hasattr(mark, "union_mode")


def _checked(kind: Any, marks: Sequence[Any]) -> Any:  # noqa: ANN401 - any annotation
    match marks:
        case [] if kind in {bool, NoneType} or get_origin(kind) is Literal:
            return kind
        case [Whole(least, most)] if kind is int:
            return Annotated[int, msgspec.Meta(ge=least, le=most)]
        case [StringConstraints() as mark] if kind is str and mark == StringConstraints(pattern=mark.pattern):
            return Annotated[str, msgspec.Meta(pattern=_as_python(mark.pattern))]
        case [Written()] if kind is AwareDatetime:
            return _MOMENT
        case [_, *_] if kind is float and all(isinstance(mark, Ge | Gt | Le | Lt) for mark in marks):
            bounds = {name: value for mark in marks for name, value in asdict(mark).items()}
            return Annotated[float, msgspec.Meta(**bounds)]
    raise _NotPlain(kind)


def _as_python(pattern: object) -> str:
    """Return a pattern as Python spells it: there, ``$`` also fits before a last line break. Raises ``_NotPlain``."""
    text = str(pattern)
    if pattern == TEXT_PATTERN or not text.startswith("^") or not text.endswith("$"):
        raise _NotPlain(pattern)  # free text: a card number may stand in it
    return text.removesuffix("$") + r"\Z"
