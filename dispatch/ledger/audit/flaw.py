"""What may be wrong with a ledger, each with the name of the rule it breaks. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Law(StrEnum):
    """What holds of every sound store."""

    ORDER = "order"
    """Rows are numbered without a gap."""
    TIME = "time"
    """Time never goes back."""
    HASH = "hash"
    """Each row's hash fits it and the row before."""
    KEY = "key"
    """Each key stands once."""
    BODY = "body"
    """Each row's body can be read as what its type says, with the key and the case of its own."""
    CAUSE = "cause"
    """An action stands behind the input that caused it; an input has no cause."""
    CASE = "case"
    """A case is opened once, and nothing but taking leave is decided about one that is closed."""
    ONE_TOW = "one-tow"
    ONE_ORDER = "one-order"
    ONE_CALL = "one-call"
    OUTBOX = "outbox"
    """What is to be carried out stands in the outbox, and nothing else does."""
    SNAPSHOT = "snapshot"
    """A snapshot is of the row it says."""
    FILE = "file"
    """The database itself is whole."""
    CLASH = "clash"
    """A replay decides nothing under a key that stands for something else."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """One place at which a ledger is not sound. ``seq``: the row; ``None`` where it is about none of them."""

    law: Law
    what: str
    seq: int | None = None

    def __str__(self) -> str:
        return f"row {self.seq}: {self.what}" if self.seq is not None else self.what
