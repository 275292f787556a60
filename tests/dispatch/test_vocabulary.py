"""Whole vocabularies are closed: whoever reads events or actions fails on a kind it does not know, and drops none."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from dispatch.ledger import rows as ledger
from dispatch.ledger.rows import GENESIS, Kind, Row
from dispatch.outgoing.device_commands import commands_of
from dispatch.views.casebook import Casebook


@dataclass(frozen=True, slots=True)
class Unheard:
    """A kind that nobody ever wrote a reader for."""

    key: None = None


def test_the_casebook_does_not_drop_a_row_it_cannot_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new kind of row stops it with its name, so that no screen shows a case without it."""
    monkeypatch.setitem(ledger._CLASSES, "Unheard", Unheard)
    row = Row(1, 0.0, Kind.ACTION, "Unheard", None, None, None, "{}", GENESIS)
    with pytest.raises(AssertionError, match="Unheard"):
        Casebook().feed(row)


def test_devices_are_told_something_or_nothing_of_every_action_and_never_by_accident() -> None:
    """A new action is decided upon by whoever writes it: it is not silently for nobody."""
    with pytest.raises(AssertionError, match="Unheard"):
        commands_of(Unheard(), 0.0)  # type: ignore[arg-type]
