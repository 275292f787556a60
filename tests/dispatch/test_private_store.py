"""What a service keeps is its owner's alone, and a store that was emptied is never taken for a new one."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dispatch.core.events import AgentLeft
from dispatch.ledger.pipeline import Turn
from dispatch.ledger.rows import Pen
from dispatch.service.access_control import authority_in
from dispatch.store.address import FILE, StoreAddress
from dispatch.store.backup import back_up, bring_back
from dispatch.store.errors import JournalRefused
from dispatch.store.journal import Journal
from gateway.access.authority import KeyReadByOthers
from tests.conftest import command


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    """As a login shell has it: what is to be private is made so, and does not become so by luck."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def _modes(folder: Path) -> dict[str, int]:
    return {str(one.relative_to(folder)): one.stat().st_mode & 0o777 for one in [folder, *folder.rglob("*")]}


def _with_a_row(folder: Path) -> None:
    with Journal.open(folder) as journal:
        journal.commit([Turn([Pen().write(AgentLeft("a-1"), 1.0)])], 1.0)


def test_nobody_else_reads_what_a_service_keeps(serve: Callable[..., Any], tmp_path: Path) -> None:
    """Store, write-ahead log, lock, authority, the broker's files and logs, backups; the ready file is for whoever waits."""
    ready = tmp_path / "ready"
    service = serve("--tls", "127.0.0.1:0", "--ready", str(ready))
    modes = _modes(tmp_path / "serve")
    assert {FILE, f"{FILE}-wal", "authority", "authority/ca.key", "broker"} <= modes.keys()
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}
    backup = tmp_path / "backups" / "one.sqlite"
    assert command("dispatch.cli.serve", "--dir", str(tmp_path / "serve"), "backup", str(backup)).returncode == 0
    assert _modes(backup.parent) == {".": 0o700, "one.sqlite": 0o600}
    assert ready.stat().st_mode & 0o777 == 0o644
    assert service.stop() == 0


def test_a_journal_is_private_whoever_opens_it(tmp_path: Path) -> None:
    """Also in a process that sets no umask: a virtual run, a backup, and what was brought back."""
    _with_a_row(tmp_path / "one")
    back_up(StoreAddress.in_folder(tmp_path / "one"), tmp_path / "kept" / "backup.sqlite")
    bring_back(tmp_path / "kept" / "backup.sqlite", StoreAddress.in_folder(tmp_path / "two"))
    for folder in ("one", "kept", "two"):
        modes = _modes(tmp_path / folder)
        assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077 and "lock" not in name} == {}


def test_an_older_store_that_all_can_read_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The operator may have meant it: it starts, and says what to do."""
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    _with_a_row(folder)
    (folder / FILE).chmod(0o644)
    with caplog.at_level(logging.WARNING), Journal.open(folder):
        assert f"chmod o= {folder / FILE}" in caplog.text


def test_a_key_that_others_can_read_is_not_signed_with(tmp_path: Path) -> None:
    """Whoever has it passes for us."""
    authority_in(tmp_path).certificate()
    (tmp_path / "authority" / "ca.key").chmod(0o644)
    with pytest.raises(KeyReadByOthers, match="chmod 600"):
        authority_in(tmp_path).certificate()


def _emptied(file: Path) -> None:
    file.write_bytes(b"")


def _without_tables(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as store:
        store.executescript("CREATE TABLE one (x); DROP TABLE one;")


def _without_rows(file: Path) -> None:
    with closing(sqlite3.connect(file)) as store:
        store.executescript("INSERT INTO outbox (key, seq) VALUES ('k', 1); DELETE FROM ledger;")


@pytest.mark.parametrize("spoil", [_emptied, _without_tables, _without_rows])
def test_an_emptied_store_is_refused_and_takes_a_backup(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    """By a tool, a full disk, a mistake: it says what to do; the backup goes back into what is empty."""
    _with_a_row(tmp_path / "one")
    address = StoreAddress.in_folder(tmp_path / "one")
    back_up(address, tmp_path / "backup.sqlite")
    spoil(tmp_path / "one" / FILE)
    with pytest.raises(JournalRefused, match=r"was there before and is empty now: .*restore"):
        Journal.open(tmp_path / "one")
    if spoil is _without_rows:
        return
    assert bring_back(tmp_path / "backup.sqlite", address) == 1
    with Journal.open(tmp_path / "one") as journal:
        assert journal.ledger.pen().seq == 1


def test_a_start_that_was_cut_off_leaves_nothing_that_looks_like_a_store(tmp_path: Path) -> None:
    """A file that was begun and is not whole is begun anew."""
    (tmp_path / f".{FILE}.begun").write_bytes(b"half a st")
    _with_a_row(tmp_path)
    assert not (tmp_path / f".{FILE}.begun").exists()


def test_a_store_whose_file_is_gone_is_not_begun_anew_beside_what_it_left(tmp_path: Path) -> None:
    """Rows that are in its write-ahead log alone would be lost."""
    (tmp_path / f"{FILE}-wal").write_bytes(b"rows")
    with pytest.raises(JournalRefused, match="is gone"):
        Journal.open(tmp_path)


def test_the_service_says_so_and_does_not_start(serve: Callable[..., Any], tmp_path: Path) -> None:
    """In one line, with exit code 2."""
    assert serve().stop() == 0
    (tmp_path / "serve" / FILE).write_bytes(b"")
    ended = command("dispatch.cli.serve", "--port", "0", "--dir", str(tmp_path / "serve"))
    assert ended.returncode == 2
    assert "is empty now" in ended.stderr
    assert "Traceback" not in ended.stderr
