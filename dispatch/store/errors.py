"""What can go wrong with the store, by whose fault."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.exc import DBAPIError

from gateway.errors import LineError, OperatorError, SenderError


class JournalFailed(LineError):  # noqa: N818 - says what happened
    """The store did not take it, as when the disk is full. Nothing of the batch was written; try again."""


class KeyTaken(SenderError):  # noqa: N818 - likewise
    """A row's key stands in the store already: what was decided twice is not written, let alone done. Our fault."""


class JournalRefused(OperatorError):  # noqa: N818 - likewise
    """The store cannot be used by this service: another one has it, it is of another version, or it is not there."""


def said(error: BaseException) -> str:
    """Return what the database said, in one line: PostgreSQL's driver has it as a mapping, its message under ``M``."""
    original = (error.orig if isinstance(error, DBAPIError) else None) or error.__cause__ or error
    told = original.args[0] if original.args else None
    return " ".join(str(told.get("M", told) if isinstance(told, Mapping) else original).split())
