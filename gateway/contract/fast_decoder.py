"""Reads plain events several times faster than the models do, and leaves everything else to them.

Nearly all traffic has nothing special about it. For that, msgspec's structs are made from the models' own fields, bounds and
validators, so that the contract still stands in one place. A field whose check is more than a type, bounds, words, a pattern, a
list of those, or what a model makes of a text is not plain. A message that tells such a field, anything unknown or anything
doubtful is left to the models, and they alone say what is wrong with it.

A card number may stand in a text of some digits: whoever asks looks for one (``messages.read_plain``). Free text is not plain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from functools import cache, reduce
from operator import attrgetter, or_
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, cast, get_args, get_origin

import msgspec
from annotated_types import Ge, Gt, Le, Lt
from pydantic import AfterValidator, AwareDatetime, BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from gateway.contract.values import (
    FIRST_YEAR,
    LAST_YEAR,
    TEXT_PATTERN,
    Listed,
    Measured,
    NullMeans,
    PlainWhere,
    Readings,
    Whole,
    Written,
)

FINER_THAN_US = re.compile(rb":[0-9]{2}\.[0-9]{7}")
"""Of a time below microseconds, msgspec rounds what the models cut off."""


_REQUIRED = {"specversion"}
"""What our own constructors may leave out and a sender may not."""
Event = TypeVar("Event", bound=BaseModel)
_MOMENT = Annotated[datetime, msgspec.Meta(tz=True)]
_Change = Callable[[Any], Any]
"""What a model makes of a value that fits. Raises ``ValueError``: it does not."""


class _NotPlain(Exception):  # noqa: N818 - no error: the models read it
    """A check is more than msgspec can do alike."""


class QuickReader(Generic[Event]):
    """Reads events of some models, told apart by their ``type``: of those that are plain."""

    def __init__(self, models: Iterable[type[Event]]) -> None:
        structs: list[type[msgspec.Struct]] = []
        for model in models:
            with suppress(_NotPlain):
                structs.append(_struct(model))
        self._decode = msgspec.json.Decoder(_either(structs)).decode

    def read(self, payload: bytes) -> Event | None:
        """Return a record with the attributes and properties of the model that would be read; ``None``: that has to be."""
        try:
            record: Event = self._decode(payload)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        return record if FINER_THAN_US.search(payload) is None else None


def _struct(model: type[BaseModel]) -> type[msgspec.Struct]:
    """Return a struct with the plain fields and the properties of a model. Raises ``_NotPlain``."""
    _check_validators(model)
    fields = [field for name, info in model.model_fields.items() for field in _field(name, info)]
    plain = {name for name, _, _ in fields}
    unread = {name: info.default for name, info in model.model_fields.items() if name not in plain}
    moments = [name for name, kind, _ in fields if _MOMENT in {kind, *get_args(kind)}]
    tag = model.model_fields["type"].default if "type" in model.model_fields else None
    return msgspec.defstruct(
        model.__name__,
        fields,
        namespace={**unread, **_properties(model, moments), **_once_read(model, plain, moments)},
        tag_field="type" if tag else None,
        tag=tag,
        kw_only=True,
        forbid_unknown_fields=True,
        omit_defaults=True,
        gc=False,  # made of values alone, it is in no cycle
    )


def _check_validators(model: type[BaseModel]) -> None:
    """Raise ``_NotPlain`` for a model that looks at what came before it is read, unless a field says where that changes nothing."""
    checks = model.__pydantic_decorators__
    before = any(one.info.mode != "after" for one in checks.model_validators.values())
    said = any(isinstance(mark, PlainWhere) for info in model.model_fields.values() for mark in info.metadata)
    if checks.field_validators or (before and not said):
        raise _NotPlain(model)


def _properties(model: type[BaseModel], moments: Iterable[str]) -> dict[str, Any]:
    """Return what a model's records can be asked for beside their fields, of which ``moments`` are times."""
    fields = model.model_fields
    lists = [name for name, info in fields.items() if _is_list(info.annotation)]
    unread = [fields[name].alias or name for name in (*moments, *lists)]
    ours = [each for each in reversed(model.__mro__) if issubclass(each, BaseModel) and each is not BaseModel]
    found: dict[str, Any] = {
        name: what for each in ours for name, what in vars(each).items() if isinstance(what, property)
    }
    found["model_dump_json"] = _dumped_as(model)
    return {**found, "readings": property(_readings_without(unread))} if issubclass(model, Measured) else found


def _dumped_as(model: type[BaseModel]) -> Callable[[msgspec.Struct], str]:
    """Return what writes a record as its model is written: every field by its own name, told or not."""

    def model_dump_json(record: msgspec.Struct) -> str:
        return msgspec.json.encode(msgspec.convert(record, _written(model), from_attributes=True)).decode()

    return model_dump_json


@cache
def _written(model: type[BaseModel]) -> type[msgspec.Struct]:
    """Return what a model's record is written as. Made when one is: most never are."""
    fields = [(name, _written_as(info.annotation)) for name, info in model.model_fields.items()]
    return msgspec.defstruct(model.__name__, fields, gc=False)


def _written_as(kind: Any) -> Any:  # noqa: ANN401 - any annotation
    """Return what a value is written as: as it is, where there is no model in it."""
    inner, origin = get_args(kind), get_origin(kind)
    if kind is NoneType or kind is Ellipsis:
        return kind
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _written(kind)
    if origin is Annotated:
        return _written_as(inner[0])
    found = [_written_as(one) for one in inner] if origin in {Union, UnionType, tuple} else []
    if all(one is Any or one is NoneType or one is Ellipsis for one in found):
        return Any
    return tuple[found[0], ...] if origin is tuple else _either(found)  # type: ignore[valid-type]


def _is_list(kind: Any) -> bool:  # noqa: ANN401 - any annotation
    """Tell whether a value is a list, where it is told."""
    return tuple in {get_origin(kind), *map(get_origin, get_args(kind))} or any(map(_is_list, get_args(kind)))


def _readings_without(names: Sequence[str]) -> Callable[[msgspec.Struct], Readings]:
    """Return what ``Measured.readings`` does: what is left out or ``null`` is as by default; moments and lists are no readings."""

    def readings(record: msgspec.Struct) -> Readings:
        told: Readings = msgspec.to_builtins(record, builtin_types=(datetime,))
        for name in names:
            told.pop(name, None)
        return told

    return readings


def _once_read(model: type[BaseModel], plain: Iterable[str], moments: Sequence[str]) -> dict[str, Any]:
    """Return what is done with a record that fits: what the model makes of its fields, and what it checks of all together."""
    fields = model.model_fields
    changes = {name: change for name in plain if (change := _change(fields[name].annotation, fields[name].metadata))}
    afters = [one.func for one in model.__pydantic_decorators__.model_validators.values() if one.info.mode == "after"]
    of_years = _of_years(moments)
    if not changes and not afters:
        return {"__post_init__": of_years} if of_years else {}

    def check(record: msgspec.Struct) -> None:
        for name, change in changes.items():
            value = getattr(record, name)
            if value is not None:
                setattr(record, name, change(value))
        if of_years:
            of_years(record)
        for after in afters:
            after(record)

    return {"__post_init__": check}


def _of_years(moments: Sequence[str]) -> Callable[[msgspec.Struct], None] | None:
    """Return what refuses moments of a year that the contract does not know."""
    if not moments:
        return None
    moment_of = attrgetter(*moments)

    def check_one(record: msgspec.Struct) -> None:
        moment: Any = moment_of(record)
        if moment is not None and not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValueError(moment)

    def check(record: msgspec.Struct) -> None:
        for moment in moment_of(record):
            if moment is not None and not FIRST_YEAR <= moment.year <= LAST_YEAR:
                raise ValueError(moment)

    return check if len(moments) > 1 else check_one


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
        return None if _change(info.annotation, info.metadata) else _plain(info.annotation, info.metadata)
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


def _branches(branches: Collection[Any]) -> Any:  # noqa: ANN401 - any annotation
    """Return those branches of a union that are plain. What a model makes of one is done where it is the only one."""
    several = len({*branches} - {NoneType}) > 1
    kinds: list[Any] = []
    for branch in branches:
        with suppress(_NotPlain):
            if not several or _change(branch, ()) is None:
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


def _change(kind: Any, marks: Iterable[Any]) -> _Change | None:  # noqa: ANN401 - any annotation
    """Return what a model makes of a value of a plain type; ``None``: it takes it as it is."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _change(inner[0], (*inner[1:], *marks))
    if origin in {Union, UnionType}:
        found = [one for one in (_change(branch, ()) for branch in inner) if one]
        return found[0] if len({*inner} - {NoneType}) == 1 and found else None
    if origin is tuple:
        of_each = _change(inner[0], ())
        return (lambda values: tuple(map(of_each, values))) if of_each else None
    changes: list[_Change] = [cast("_Change", mark.func) for mark in _each(marks) if isinstance(mark, AfterValidator)]
    return reduce(_one_after_the_other, changes) if changes else None


def _one_after_the_other(first: _Change, then: _Change) -> _Change:
    return lambda value: then(first(value))


def _checked(kind: Any, marks: Sequence[Any]) -> Any:  # noqa: ANN401 - any annotation
    match [mark for mark in marks if not isinstance(mark, AfterValidator)]:
        case [] if kind in {bool, NoneType} or get_origin(kind) is Literal:
            return kind
        case [Whole(least, most)] if kind is int:
            return Annotated[int, msgspec.Meta(ge=least, le=most)]
        case [StringConstraints() as mark, *more] if kind is str and mark == StringConstraints(pattern=mark.pattern):
            return Annotated[str, msgspec.Meta(pattern=_as_python(_narrowest(mark.pattern, more)))]
        case [Listed() as listed] if get_origin(kind) is tuple:
            each, _ = get_args(kind)
            lengths = msgspec.Meta(min_length=listed.least, max_length=listed.most)
            return Annotated[tuple[_plain(each, ()), ...], lengths]  # type: ignore[misc]
        case [Written()] if kind is AwareDatetime:
            return _MOMENT
        case [_, *_] if kind is float and all(isinstance(mark, Ge | Gt | Le | Lt) for mark in marks):
            bounds = {name: value for mark in marks for name, value in asdict(mark).items()}
            return Annotated[float, msgspec.Meta(**bounds)]
    raise _NotPlain(kind)


def _narrowest(pattern: object, more: Sequence[Any]) -> object:
    """Return which pattern a text has to fit so that it is plain. Raises ``_NotPlain``."""
    match more:
        case []:
            return pattern
        case [PlainWhere(narrower)]:
            return narrower
    raise _NotPlain(more)


def _as_python(pattern: object) -> str:
    """Return a pattern as Python spells it: there, ``$`` also fits before a last line break. Raises ``_NotPlain``."""
    text = str(pattern)
    if pattern == TEXT_PATTERN or not text.startswith("^") or not text.endswith("$"):
        raise _NotPlain(pattern)  # free text: a card number may stand in it
    return text.removesuffix("$") + r"\Z"
