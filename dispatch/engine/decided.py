"""A batch that is decided and on its way into the store."""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.engine.inputs import Input
from dispatch.ledger.pipeline import Turn
from dispatch.store.batch import Batch


@dataclass(frozen=True, slots=True)
class DeskWritten:
    """How a desk stood behind row ``seq``, whose hash is ``hash``. ``body``: JSON."""

    body: bytes
    seq: int
    hash: str


@dataclass(slots=True)
class Decided:
    """Inputs, what they came to, and the lines that keep it."""

    inputs: list[Input]
    turns: list[Turn]
    batch: Batch
    desk: DeskWritten | None
    """How the desk stood behind it, where a snapshot is due."""
