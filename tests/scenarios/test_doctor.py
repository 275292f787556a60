"""``callahead doctor``: what it tells of a ledger and of the machine, and how it ends."""

from __future__ import annotations

import json
import sqlite3
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from typer.testing import CliRunner

from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.events import AgentLeft, ServiceStarted
from dispatch.ledger.pipeline import Turn
from dispatch.ledger.rows import Pen
from dispatch.store.journal import Journal
from scenarios.cli import app
from scenarios.doctor import machine
from scenarios.doctor.finding import State
from scenarios.doctor.packages import Needed, judged, new_enough
from scenarios.service.postgres import PostgresMissing


def doctor(*options: str) -> tuple[int, str]:
    """Run it, and return its exit code and all that it said."""
    result = CliRunner().invoke(app, ["doctor", *options])
    return result.exit_code, result.output


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A store with a small ledger."""
    return with_rows(tmp_path, DECISIONS_VERSION)


def with_rows(folder: Path, version: int) -> Path:
    """Keep four inputs in a store, decided by a version."""
    pen = Pen()
    told = [ServiceStarted(version, 1.0), *map(AgentLeft, "abc")]
    with Journal.open(folder) as journal:
        journal.commit([Turn(rows=[pen.write(event, 1.0) for event in told])], 0.0)
    return folder


def test_a_sound_ledger_ends_with_0_beside_the_service_that_has_it(kept: Path) -> None:
    """The doctor only reads."""
    with Journal.open(kept):
        code, said = doctor("--ledger", "--dir", str(kept), "--json")
    told: dict[str, Any] = json.loads(said)
    assert (code, told["sound"], told["rows"], told["replayed"], told["flaws"]) == (0, True, 4, 4, {})


def test_what_another_version_decided_is_not_compared(tmp_path: Path) -> None:
    """The doctor says so in words, and finds nothing wrong with it."""
    with_rows(tmp_path, 1)
    code, said = doctor("--ledger", "--dir", str(tmp_path))
    assert code == 0
    assert f"decided by version 1, this is version {DECISIONS_VERSION}: decisions are not compared" in " ".join(
        said.split()
    )


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
        (("--store", "postgresql://x/y"), "add --ledger"),
        (("--ledger", "--quiet-hours", "soon"), "quiet"),
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


def test_this_machine_is_fit(tmp_path: Path) -> None:
    """Everything that is always needed is there, or no test would run; the table and JSON say the same."""
    code, said = doctor("--dir", str(tmp_path / "new"), "--json")
    states = {one["what"]: one["state"] for one in json.loads(said)}
    assert code == 0
    assert (states["Python"], states["dependencies"], states["disk"]) == ("ok", "ok", "ok")
    assert {"mosquitto", "node", "chromium", "PostgreSQL server", "Bluetooth adapter", "clock"} <= states.keys()
    code, table = doctor("--dir", str(tmp_path))
    assert code == 0
    assert all(what.split()[0] in table for what in states)


def test_what_is_missing_is_told_with_what_to_do(tmp_path: Path) -> None:
    """Bad where nothing works without it, poor where it will do for trying, absent where it is only wanted by some."""

    def no_server() -> Path:
        raise PostgresMissing("none")

    found = [
        machine.python((3, 10, 1)),
        machine.open_files(256),
        machine.program("no-such-program", "nothing", "install it"),
        machine.postgres(no_server),
        machine.adapter(tmp_path / "none"),
        judged("dependencies", [Needed("no-such-thing", "1"), Needed("typer", "99")], State.BAD, "make install"),
    ]
    assert [one.state for one in found] == ["bad", "poor", "absent", "absent", "absent", "bad"]
    assert all(one.todo for one in found)
    assert "no-such-thing is missing" in found[-1].found
    assert "is not >=99" in found[-1].found


def test_our_own_dependencies_are_read_as_installers_read_them() -> None:
    """Each line of them: its name, its least version, its extra."""
    for line in requires("callahead") or ():
        asked, read = Requirement(line), Needed.parse(line)
        extra = f'extra == "{read.extra}"' if read.extra else "None"
        assert (read.name, f">={read.least}", extra) == (asked.name, str(asked.specifier), str(asked.marker))


@pytest.mark.parametrize(
    "line", ["typer", "typer==1", "typer>=1,<2", 'typer>=1; python_version < "3.12"', "typer @ file:///x"]
)
def test_a_dependency_that_asks_for_more_is_refused(line: str) -> None:
    """Whoever writes one learns of it here, and not from a doctor that is silent."""
    with pytest.raises(ValueError, match="least version"):
        Needed.parse(line)


@pytest.mark.parametrize(
    ("installed", "least", "fits"), [("2.10.0", "2.9", True), ("2.9.1", "2.10", False), ("3.0rc1", "3.0", True)]
)
def test_versions_are_compared_by_their_numbers(installed: str, least: str, *, fits: bool) -> None:
    """Ten is more than nine; a release candidate passes for its release."""
    assert new_enough(installed, least) is fits
