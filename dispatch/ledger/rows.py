"""The ledger's schema: every input and every action, in order, chained by hash. Pure; ``journal`` stores it.

The same for a virtual run and for the live service. A row is never changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import Any, get_args

from pydantic import TypeAdapter

from dispatch.core import actions, events
from dispatch.core.acts import OfCase
from dispatch.ledger.personal import Opener, is_sealed, opened

GENESIS = "0" * 64
"""What the first row's hash is chained to."""


class Kind(StrEnum):
    """Which side of the desk a row stands on."""

    INPUT = "input"
    ACTION = "action"


Said = events.Event | actions.Action
"""What a row holds."""


class _Carried:
    """Room for what a row says, and for who has its keys: no members of the row, so neither compared nor written."""

    __slots__ = ("opener", "said")
    said: Said
    opener: Opener


@dataclass(frozen=True, slots=True)
class Row(_Carried):
    """One line of the ledger. What it says goes along with it, so that it is read from its JSON once at the most (``read``).

    ``at``: POSIX seconds, never less than the row before. ``key``: unique among all rows where it is given.
    ``cause``: ``seq`` of the input that an action answers; ``None`` where an alarm of the desk's own came due.
    """

    seq: int
    at: float
    kind: Kind
    type: str
    key: str | None
    case: str | None
    cause: int | None
    body: str
    """JSON of the event or the action; what is personal in it may be sealed (``dispatch.ledger.personal``)."""
    hash: str
    """SHA-256 over the row before's hash and this row."""


_INPUTS = frozenset[type](get_args(events.Event))
"""Looked up, and not asked of ``isinstance``: that tries the dozens of them one after the other, at every row."""
_CLASSES: dict[str, type] = {cls.__name__: cls for union in (events.Event, actions.Action) for cls in get_args(union)}


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(_CLASSES[name])


def read(row: Row) -> Said:
    """Return the event or the action that a row holds: what it was written of, or what its JSON says.

    Raises ``KeyError`` for a type that there is none of, and ``ValidationError`` for a body that is not of its type.
    """
    try:
        return row.said
    except AttributeError:  # it comes from a store, a file or another process
        return _carrying(row, _adapter(row.type).validate_json(readable(row))).said


def readable(row: Row) -> str:
    """Return the JSON of what a row says, opened where it is sealed, with "erased" in place of what nobody can open."""
    return opened(row.type, row.body, getattr(row, "opener", None)) if is_sealed(row.body) else row.body


def openable(row: Row, opener: Opener) -> Row:
    """Return the row, to be read with the keys that ``opener`` has."""
    object.__setattr__(row, "opener", opener)
    return row


def _carrying(row: Row, said: Said) -> Row:
    object.__setattr__(row, "said", said)
    return row


def in_body(text: str) -> str:
    """Return a text as it stands within a row's body, between quotes: to look for rows that name it."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def body_of(item: Said) -> str:
    """Return the JSON that a row holds of an event or an action."""
    return _writing(type(item).__name__)(item).decode()


@cache
def _writing(name: str) -> Callable[[Any], bytes]:
    """Return what ``TypeAdapter.dump_json`` calls with twenty arguments, of which none is another than by default."""
    write: Callable[[Any], bytes] = _adapter(name).serializer.to_json
    return write


def case_of(item: Said) -> str | None:
    """Return the case an action or event names."""
    kind: type = type(item)
    return _naming(kind)(item)


@cache
def _naming(said: type) -> Callable[[Any], str | None]:
    """Return what tells the case that one of this class names: ``isinstance`` would try dozens of them at each row."""
    if said in get_args(events.FindingEvent):
        return lambda event: event.finding.episode
    if said in _INPUTS and said not in get_args(OfCase):
        return lambda _event: None
    return attrgetter("case")


Sealing = Callable[[Said, str, float], str]
"""Returns the body of what is said at an hour with what is personal in it sealed."""


def _as_it_is(_said: Said, body: str, _at: float) -> str:
    return body


class Pen:
    """Writes rows: gives each its number and its hash. Start it from the last row stored.

    Where personal members are to be ``sealed``, the hash is over what is sealed.
    """

    def __init__(self, last_seq: int = 0, last_hash: str = GENESIS, last_at: float = 0.0) -> None:
        self.seq = last_seq
        self.hash = last_hash
        self.at = last_at
        self.sealing: Sealing = _as_it_is

    def write(self, item: Said, at: float, cause: int | None = None) -> Row:
        """Return the next row. ``at`` before the last row's is moved up to it: time never goes back."""
        return self._write(item, self.sealing(item, body_of(item), at), at, cause)

    def copy(self, row: Row, cause: int | None) -> Row:
        """Return a row that was written before as the next one: what it says is neither written nor sealed anew."""
        return self._write(read(row), row.body, row.at, cause)

    def _write(self, item: Said, body: str, at: float, cause: int | None) -> Row:
        self.seq += 1
        self.at = max(self.at, at)
        name = type(item).__name__
        kind = Kind.INPUT if type(item) in _INPUTS else Kind.ACTION
        line = (self.seq, self.at, kind, name, item.key, case_of(item), cause, body)
        self.hash = _sealed(self.hash, *line)
        return _carrying(Row(*line, self.hash), item)


def seal(previous: str, row: Row) -> str:
    """Return the hash of ``row``, chained to the row before."""
    return _sealed(previous, row.seq, row.at, row.kind, row.type, row.key, row.case, row.cause, row.body)


def _sealed(previous: str, seq: int, at: float, *rest: object) -> str:
    return hashlib.sha256("\x1f".join(map(str, (previous, seq, repr(at), *rest))).encode()).hexdigest()


def faults(rows: Iterable[Row]) -> Iterator[str]:
    """Yield, in words, what is wrong with a ledger: a gap, time going back, a key twice, a broken chain."""
    previous, at, expected, keys = GENESIS, 0.0, 1, set[str]()
    for row in rows:
        if row.seq != expected:
            yield f"row {row.seq}: row {expected} was expected"
        if row.at < at:
            yield f"row {row.seq}: its time lies before that of the row above"
        if row.key is not None and row.key in keys:
            yield f"row {row.seq}: the key {row.key} stands twice"
        if seal(previous, row) != row.hash:
            yield f"row {row.seq}: the hash does not fit; this row or the one above was changed"
        previous, at, expected = row.hash, row.at, row.seq + 1
        if row.key is not None:
            keys.add(row.key)
