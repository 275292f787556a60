"""A snapshot: how the desk and what is read from the ledger stood behind one row, so that only what came after is read again. Pure.

It is a shortcut, never the truth: where it does not fit the ledger or this version, the whole ledger is told again instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from dispatch.core.desk import Desk
from dispatch.core.desk_state import Standing
from dispatch.views.casebook import Casebook, Shelf
from dispatch.views.partner_requests import Requests, RequestsShelf
from dispatch.views.snapshot_kept import Snapshot

Form = TypeVar("Form")

FORM = "6"
"""Of what is written. A new member without a default, or another meaning of one: count up, and older ones are passed over."""
EVERY_ROWS = 50_000
"""So many rows of the ledger are told again at most, which takes a few seconds."""


@dataclass(frozen=True, slots=True)
class _Kept:
    desk: Standing
    shelf: Shelf
    asked: RequestsShelf


@dataclass(frozen=True, slots=True)
class _KeptShelf:
    shelf: Shelf


@cache
def _adapter(form: type[Form]) -> TypeAdapter[Form]:
    """Work out once how it is read and written, when it is first wanted: at the start it was an eighth of what is imported."""
    return TypeAdapter(form)


def desk_written(desk: Desk) -> bytes:
    """Write down how a desk stands. It goes on changing; what is read from the ledger follows once the rows are stored."""
    return _adapter(Standing).dump_json(desk.standing())


def standing_read(written: bytes) -> Standing:
    """Return how a desk stood that ``desk_written`` wrote down: a copy that shares nothing with it."""
    standing: Standing = _adapter(Standing).validate_json(written)
    return standing


def snapshot(desk: bytes, casebook: Casebook, requests: Requests, seq: int, seal: str) -> Snapshot:
    """Put together what a desk was behind row ``seq`` and what was read from the ledger up to it."""
    parts = {
        b"desk": desk,
        b"shelf": _adapter(Shelf).dump_json(casebook.shelf()),
        b"asked": _adapter(RequestsShelf).dump_json(requests.standing()),
    }
    body = b",".join(b'"%b":%b' % part for part in parts.items())
    return Snapshot(seq, seal, FORM, f"{{{body.decode()}}}")


def take_up(kept: Snapshot, desk: Desk, casebook: Casebook, requests: Requests) -> bool:
    """Bring new ones to where a snapshot was taken; ``False``: it was written by another version, and nothing changed."""
    if kept.form != FORM:
        return False
    try:
        found = _adapter(_Kept).validate_json(kept.body)
    except ValidationError:
        return False
    desk.stand(found.desk)
    casebook.stand(found.shelf)
    requests.stand(found.asked)
    return True


def take_up_casebook(kept: Snapshot, casebook: Casebook) -> bool:
    """Bring a new casebook alone to where a snapshot was taken; ``False``: it was written by another version."""
    if kept.form != FORM:
        return False
    try:
        casebook.stand(_adapter(_KeptShelf).validate_json(kept.body).shelf)
    except ValidationError:
        return False
    return True
