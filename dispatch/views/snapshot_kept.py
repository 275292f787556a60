"""A snapshot as it is kept: what the store knows of one, without what it takes to write or read its body."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Behind row ``seq``, whose hash is ``hash``. ``body``: JSON."""

    seq: int
    hash: str
    form: str
    body: str
