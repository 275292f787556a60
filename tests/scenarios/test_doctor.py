"""``callahead doctor``: what it tells of a ledger and of the machine, and how it ends."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dispatch.control import Turn
from dispatch.events import AgentLeft
from dispatch.journal import Journal
from dispatch.ledger import Pen
from scenarios.cli import app


def doctor(*options: str) -> tuple[int, str]:
    """Run it, and return its exit code and all that it said."""
    result = CliRunner().invoke(app, ["doctor", *options])
    return result.exit_code, result.output


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A store with a small ledger."""
    pen = Pen()
    with Journal.open(tmp_path) as journal:
        journal.commit([Turn(rows=[pen.write(AgentLeft(name), 1.0) for name in "abc"])], 0.0)
    return tmp_path


def test_a_sound_ledger_ends_with_0_beside_the_service_that_has_it(kept: Path) -> None:
    """The doctor only reads."""
    with Journal.open(kept):
        code, said = doctor("--ledger", "--dir", str(kept), "--json")
    told: dict[str, Any] = json.loads(said)
    assert (code, told["sound"], told["rows"], told["replayed"], told["flaws"]) == (0, True, 3, 3, {})


def test_a_changed_row_ends_with_1(kept: Path) -> None:
    """The row, the law and what is wrong are told."""
    store = sqlite3.connect(kept / "ledger.sqlite")
    store.execute("""UPDATE ledger SET body = '{"agent": "x"}' WHERE seq = 2""")
    store.commit()
    store.close()
    code, said = doctor("--ledger", "--dir", str(kept))
    assert code == 1
    assert "NOT SOUND" in said
    assert "row 2: the hash does not fit" in said


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--ledger", "--dir", "/nowhere"), "no service has kept its store in /nowhere"),
        (("--ledger", "--store", "mysql://x/y"), "there is no store of that kind"),
        (("--ledger", "--store", "nonsense"), "is no address of a store"),
        (("--ledger", "--dir", "a", "--store", "postgresql://x/y"), "give one of them"),
        (("--dir", "a"), "add --ledger"),
    ],
)
def test_bad_input_ends_with_2(options: tuple[str, ...], told: str) -> None:
    """A wrong address is told, not found unsound."""
    code, said = doctor(*options)
    assert code == 2
    assert told in " ".join(said.split())


def test_a_file_that_is_no_database_ends_with_2(tmp_path: Path) -> None:
    """It is named."""
    (tmp_path / "ledger.sqlite").write_bytes(b"nonsense" * 1_000)
    code, said = doctor("--ledger", "--dir", str(tmp_path))
    assert code == 2
    assert "ledger.sqlite" in said
