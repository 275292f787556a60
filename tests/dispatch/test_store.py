"""The store on SQLite and on PostgreSQL: the same promises on both, wherever it is and however old it is."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, Table, delete, select

from dispatch.access.accounts import AccessLink
from dispatch.access.roles import Role
from dispatch.core.actions import SendNotice
from dispatch.core.consent import Purpose, Way
from dispatch.core.events import AgentLeft, ConsentChanged, CustomerErased, DataExpired, Expiring
from dispatch.core.verification.events import VoiceEnrolled, VoicePrintDeleted
from dispatch.ledger.personal import DataClass
from dispatch.ledger.pipeline import Erased, Expired, Turn
from dispatch.ledger.rows import Pen, faults
from dispatch.registers.customers import Customer
from dispatch.registers.partners import OLD_SECRET_S, PartnerRecord
from dispatch.store import tables, versions
from dispatch.store.address import StoreAddress
from dispatch.store.backup import back_up, bring_back
from dispatch.store.batch import batch_of
from dispatch.store.bulk import execute_each, write_lines
from dispatch.store.database import Database
from dispatch.store.errors import JournalFailed, JournalRefused, KeyTaken
from dispatch.store.inbox_rows import InboxRow, TakenMessage, framed
from dispatch.store.journal import Journal
from dispatch.store.kept_twins import KeptTwins
from dispatch.store.outbox_rows import OutboxLength
from dispatch.store.person_keys import WEEK_S
from dispatch.store.pipelined import MOST_AHEAD
from gateway.access.credentials import Credential
from gateway.contract.refusals import Problem, Rule
from gateway.devices.registry import DeviceRecord, VendorRecord
from gateway.devices.twin import Twin
from gateway.intake.intake import Refusal
from scenarios.service.postgres import Postgres, PostgresMissing, find_server, folder_of_its_own

NOTICE = SendNotice("v/d/1-1", "v/phone", "the milk is on its way: Jāņa iela 5", "simulated")
HEARD = TakenMessage(1.0, glanced=False, topic="callahead/v1/v/d/event", payload=b"\x00\xff{}")
Where = Callable[[], StoreAddress]


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A real server, to be killed; skipped where there is none, but never in CI."""
    yield from _server()


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """A real server for all."""
    yield from _server()


def _server() -> Iterator[Postgres]:
    try:
        find_server()
    except PostgresMissing as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
    with folder_of_its_own() as folder, Postgres(folder) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> StoreAddress:
    """A new store of each kind."""
    if request.param == "sqlite":
        return StoreAddress.in_folder(tmp_path)
    server: Postgres = request.getfixturevalue("postgres")
    return StoreAddress.parse(server.database(f"of_{abs(hash(tmp_path)):x}"))


def _turn(pen: Pen, *items: AgentLeft | SendNotice) -> Turn:
    return Turn(rows=[pen.write(item, 1_000.123456789 + pen.seq) for item in items])


def test_rows_come_back_to_the_last_digit(address: StoreAddress) -> None:
    """Times, texts and hashes: the ledger is sound after it was read from the store."""
    pen = Pen()
    turn = _turn(pen, AgentLeft("a\"'\\ü"), NOTICE)
    with Journal.open_at(address) as journal:
        journal.commit([turn], 0.0)
    with Journal.open_at(address) as journal:
        assert list(journal.ledger.rows()) == turn.rows
        assert not list(faults(journal.ledger.rows()))
        assert [row.key for row in journal.outbox.commands()] == [NOTICE.key]


def test_a_batch_is_written_whole_or_not_at_all(address: StoreAddress) -> None:
    """A key that stands already keeps the whole batch out, twins included, and the next batch is taken."""
    pen = Pen()
    with Journal.open_at(address) as journal:
        journal.commit([_turn(pen, NOTICE)], 0.0)
        second = Turn(rows=[pen.write(AgentLeft("a"), 9.0), pen.write(NOTICE, 9.0)], twins=[Twin("v/d")])
        with pytest.raises(KeyTaken, match="key"):
            journal.commit([second], 0.0)
        assert journal.twins.all() == []
        journal.commit([Turn(twins=[Twin("v/d"), Twin("v/e")]), Turn(twins=[Twin("v/d")])], 0.0)
        assert [twin.device for twin in journal.twins.all()] == ["v/d", "v/e"]


def test_what_is_written_without_waiting_is_counted_apart(address: StoreAddress) -> None:
    """More than travels at once, rows of bytes among it, is written; what is asked meanwhile sees it, and counts its own alone."""
    database = Database.own_at(address)
    counted: list[int] = []

    def change(connection: Connection) -> None:
        rows = [(number, b"\x00\xff'\\" * 500) for number in range(MOST_AHEAD + 1)]
        write_lines(connection, tables.inbox, rows)
        write_lines(connection, tables.meta, [("a", "1"), ("b", "ü\U0001f4de")])
        counted.append(connection.execute(delete(tables.meta).where(tables.meta.c.name == "a")).rowcount)
        execute_each(connection, "DELETE FROM inbox WHERE seq <= ?", [(MOST_AHEAD - 1,)])

    try:
        database.write(change)
        assert counted == [1]
        assert bytes(database.first(select(tables.inbox)).sealed) == b"\x00\xff'\\" * 500
        assert database.first(select(tables.meta.c.value).where(tables.meta.c.name == "b")).value == "ü\U0001f4de"
        with pytest.raises(KeyTaken):
            database.write(lambda connection: write_lines(connection, tables.meta, [("c", "1"), ("b", "2")]))
        assert database.first(select(tables.meta).where(tables.meta.c.name == "c")) is None
    finally:
        database.close()


def test_a_refused_message_may_hold_anything(address: StoreAddress) -> None:
    """A NUL in what a device sent does not keep the batch from being stored."""
    problem = Problem(type="urn:callahead:rule:not-json", title="t", detail="d", sha256="0" * 64)
    told = Refusal("v/d", "callahead/v1/v/d/event", Rule.NOT_JSON, problem, b"a\x00b")
    with Journal.open_at(address) as journal:
        for number in range(3):
            journal.commit([Turn(refusal=told)], float(number))
        assert journal.refused.counts("v") == {"not-json": 3}
        assert [one.at for one in journal.refused.newest("v")] == [2.0, 1.0, 0.0]


def test_the_inbox_tells_what_lies_there(address: StoreAddress) -> None:
    """A mark is no row of it."""
    with Journal.open_at(address) as journal:
        for row in (InboxRow(1, (b"x" * 10_000,)), InboxRow(2, (b"y",)), InboxRow(3)):
            journal.write(batch_of((), 1.0, KeptTwins(row=row)))
        sizes = journal.inbox.sizes()
        assert [row for row, _ in sizes] == [1, 2]
        assert 10_000 < sizes[0][1] < 10_100
        journal.write(batch_of((), 1.0, KeptTwins(covered=1)))
        assert journal.inbox.sizes() == sizes[1:]


def test_a_register_keeps_one_record_of_each_name(address: StoreAddress) -> None:
    """The last of a name, in order of names; a forgotten one is gone, and one that was never there is no error."""
    mela, volta = VendorRecord("mela", "simulated"), VendorRecord("volta", "simulated")
    partner = PartnerRecord("w-1", "https://w.example", "simulated", "whsec_1")
    with Journal.open_at(address) as journal:
        journal.vendors.keep([volta, mela, VendorRecord("mela", "real", "me@mela.example")])
        journal.vendors.keep([])
        journal.partners.keep([partner, partner.with_secret("whsec_2", 100.0)])
        journal.customers.keep([Customer("c-1", "Jānis", "+37120000017", "lv", "simulated")])
        journal.customers.forget("c-1")
        journal.customers.forget("nobody")
    with Journal.look_at(address) as journal:
        assert journal.vendors.all() == [VendorRecord("mela", "real", "me@mela.example"), volta]
        (kept,) = journal.partners.all()
        assert kept.secrets(101.0) == ["whsec_2", "whsec_1"]
        assert kept.secrets(100.0 + OLD_SECRET_S) == ["whsec_2"]
        assert (journal.customers.all(), journal.devices.all()) == ([], [])
        for change in (lambda: journal.vendors.keep([mela]), lambda: journal.partners.forget("w-1")):
            with pytest.raises(JournalFailed, match="open to be read"):
                change()


def test_a_replaced_credential_leaves_its_certificate_behind_as_revoked(address: StoreAddress) -> None:
    """Old and new never hold together, and a certificate that was revoked stays so."""
    first = Credential("volta", "b1", "p1", 1.0, "0a", 9.0)
    with Journal.open_at(address) as journal:
        journal.credentials.replace("volta", first, None)
        journal.credentials.replace("volta", replace(first, certificate="0b"), "0a")
        assert [one.certificate for one in journal.credentials.all()] == ["0b"]
        journal.credentials.replace("volta", None, "0b")
        assert (journal.credentials.all(), journal.credentials.revoked_certificates()) == ([], ["0a", "0b"])


def test_the_outbox_counts_what_waits_and_what_is_dead(address: StoreAddress) -> None:
    """By the oldest that waits; what was sent is neither, and keys that it does not have change nothing."""
    pen = Pen()
    notices = [replace(NOTICE, case=f"v/d/1-{number}") for number in range(3)]
    with Journal.open_at(address) as journal:
        assert journal.outbox.length() == OutboxLength()
        journal.commit([_turn(pen, *notices)], 0.0)
        first, second, third = (row.key for row in journal.outbox.commands() if row.key)
        journal.outbox.note_commands([first, "never/decided"], 5.0, forbidden={second: "it is real"})
        waits = next(row for row in journal.ledger.rows() if row.key == third)
        assert journal.outbox.length() == OutboxLength(1, waits.at, 1)
        journal.outbox.note_commands([], 6.0, expired=[third])
        assert (journal.outbox.length(), journal.outbox.commands()) == (OutboxLength(dead=1), [])
        assert journal.ledger.taken([first, third, "never/decided"]) == {first, third}


def test_only_one_service_has_it(address: StoreAddress) -> None:
    """The second is told what to do; it may read; once the first has ended, the next may have it."""
    with Journal.open_at(address):
        with pytest.raises(JournalRefused, match=r"another service runs on .*(--dir|--store)"):
            Journal.open_at(address)
        with Journal.look_at(address) as looking:
            assert list(looking.ledger.rows()) == []
            with pytest.raises(JournalFailed, match="open to be read"):
                looking.commit([_turn(Pen(), NOTICE)], 0.0)
    Journal.open_at(address).close()


def test_a_newer_store_is_left_alone(address: StoreAddress) -> None:
    """Its version and ours are named, and what to do."""
    Journal.open_at(address).close()
    with address.engine().begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for opened in (Journal.open_at, Journal.look_at):
        with pytest.raises(
            JournalRefused, match=r"version 9999, this service knows versions up to .*: use the service"
        ):
            opened(address)


def _of_the_first_version(address: StoreAddress) -> None:
    """Make a store as services without Alembic left it, with a row in it."""
    engine = address.engine()
    with engine.begin() as connection:
        later = {"snapshots", "partners", "outbox", "accounts", "api_keys", "sessions", "access_links"} | {
            "person_keys",
            "erasures",
            "strangers",
            "sent_messages",
            "bank_files",
            "products",
            "bank_orders",
            "voice_messages",
            "inbox",
            "voice_prints",
        }
        tables.tables.create_all(connection, [one for one in tables.tables.sorted_tables if one.name not in later])
        was = {name: tables.outbox.c[name] for name in ("key", "seq", "done_at", "dead")}
        first = [
            Column(name, one.type, primary_key=one.primary_key, nullable=one.nullable) for name, one in was.items()
        ]
        Table("outbox", MetaData(), *first).create(connection)
        connection.execute(tables.meta.insert(), {"name": "schema_version", "value": "1"})
        row = Pen().write(AgentLeft("a"), 5.0)
        line = (row.seq, row.at, row.kind.value, row.type, None, None, None, row.body, row.hash)
        connection.execute(tables.ledger.insert().values(line))
    engine.dispose()


def test_an_older_store_is_brought_up_to_date(
    address: StoreAddress, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What is in it stays, SQLite's file is kept as it was, and afterwards it is as a new one."""
    _of_the_first_version(address)
    with pytest.raises(JournalRefused, match="start the service on it once"):
        Journal.look_at(address)
    with caplog.at_level(logging.INFO), Journal.open_at(address) as journal:
        assert [row.type for row in journal.ledger.rows()] == ["AgentLeft"]
    assert "from version 0001 to" in caplog.text
    engine = address.engine()
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.tables) == []
    engine.dispose()
    if address.file:
        with sqlite3.connect(tmp_path / "ledger-of-version-0001.sqlite") as kept:
            assert kept.execute("SELECT value FROM meta").fetchall() == [("1",)]


def test_every_migration_is_known() -> None:
    """The list of versions is that of the migrations' files."""
    found = ScriptDirectory(str(versions.MIGRATIONS)).walk_revisions()
    assert tuple(reversed([one.revision for one in found])) == versions.REVISIONS


@pytest.mark.parametrize(
    ("dsn", "says"),
    [
        ("somewhere", "is no address of a store; write sqlite:///FILE or postgresql://"),
        ("mysql://u@h/d", "there is no store of that kind"),
        ("sqlite://", "there is no store of that kind"),
        ("postgresql://u:secret@127.0.0.1:1/d", r"postgresql://u:\*\*\*@127.0.0.1:1/d cannot be opened: .*connection"),
    ],
)
def test_a_wrong_address_is_told(dsn: str, says: str) -> None:
    """By what is wrong with it; the password is never shown."""
    with pytest.raises(JournalRefused, match=says) as refused:
        Journal.open_at(StoreAddress.parse(dsn))
    assert "secret" not in str(refused.value)


def test_a_database_that_is_not_there_is_told(postgres: Postgres) -> None:
    """With the server's own words."""
    with pytest.raises(JournalRefused, match=r'cannot be opened: database "nowhere" does not exist'):
        Journal.open_at(StoreAddress.parse(postgres.dsn.removesuffix("callahead") + "nowhere"))


def test_a_file_that_is_no_store_is_told(tmp_path: Path) -> None:
    """It is not overwritten."""
    (tmp_path / "ledger.sqlite").write_text("a letter to my aunt, as long as a page " * 100)
    with pytest.raises(JournalRefused, match=r"ledger.sqlite cannot be opened: file is not a database"):
        Journal.open(tmp_path)
    assert (tmp_path / "ledger.sqlite").read_text().startswith("a letter")


def _taken_away(file: Path) -> None:
    file.rename(file.with_suffix(".away"))


def _brought_back(file: Path) -> None:
    file.with_suffix(".away").rename(file)


def _replaced(file: Path) -> None:
    _taken_away(file)
    shutil.copy(file.with_suffix(".away"), file)


def _cut(file: Path) -> None:
    os.truncate(file, 8_192)


@pytest.mark.parametrize(
    ("harm", "heal", "says"),
    [
        (_taken_away, _brought_back, "its file is gone"),
        (_cut, None, "its file was cut from"),
        (_replaced, _brought_back, "another file lies in its place"),
    ],
)
def test_a_file_that_is_not_the_one_it_was_is_written_no_more(
    tmp_path: Path, harm: Callable[[Path], None], heal: Callable[[Path], None] | None, says: str
) -> None:
    """SQLite would go on with what it has open, and nobody would find that again. Brought back, it takes batches again."""
    file, pen = tmp_path / "ledger.sqlite", Pen()
    with Journal.open(tmp_path) as journal:
        journal.commit([Turn(rows=[pen.write(AgentLeft("a-1"), 1.0)])], 1.0)
        harm(file)
        turn = Turn(rows=[pen.write(AgentLeft("a-2"), 2.0)])
        with pytest.raises(JournalFailed, match=says):
            journal.commit([turn], 2.0)
        if heal is not None:
            heal(file)
            journal.commit([turn], 2.0)
            assert len(list(journal.ledger.rows())) == 2


def test_a_file_that_was_cut_says_what_helps(tmp_path: Path) -> None:
    """Before anything is up."""
    Journal.open(tmp_path).close()
    os.truncate(tmp_path / "ledger.sqlite", 50_000)
    with pytest.raises(JournalRefused, match="bring a backup back with 'callahead-serve restore FILE'"):
        Journal.open(tmp_path)


def test_a_server_that_is_killed_comes_back(server: Postgres) -> None:
    """What was committed is there; the batch that failed is written when the server is back, and the store is still ours."""
    pen = Pen()
    with Journal.open_at(StoreAddress.parse(server.dsn)) as journal:
        journal.commit([_turn(pen, AgentLeft("a"))], 0.0)
        server.kill()
        later = _turn(pen, AgentLeft("b"), NOTICE)
        for _ in range(2):
            with pytest.raises(JournalFailed, match="did not take the batch"):
                journal.commit([later], 0.0)
        server.start()
        journal.commit([later], 0.0)
        assert not list(faults(journal.ledger.rows()))
        assert [row.seq for row in journal.ledger.rows()] == [1, 2, 3]
        with pytest.raises(JournalRefused, match="another service"):
            Journal.open_at(StoreAddress.parse(server.dsn))


def test_a_service_that_was_too_slow_to_come_back_ends(server: Postgres) -> None:
    """While the server was away another service took the store: ours writes nothing more and says so."""
    with Journal.open_at(StoreAddress.parse(server.dsn)) as ours:
        server.kill()
        with pytest.raises(JournalFailed):
            ours.commit([_turn(Pen(), NOTICE)], 0.0)
        server.start()
        with Journal.open_at(StoreAddress.parse(server.dsn)) as theirs:
            with pytest.raises(JournalRefused, match="another service"):
                ours.commit([_turn(Pen(), NOTICE)], 0.0)
            assert list(theirs.ledger.rows()) == []


def test_a_backup_goes_back_into_either_kind(address: StoreAddress, tmp_path: Path, postgres: Postgres) -> None:
    """Taken beside the running service, brought back into the other kind: every table is the same, and the ledger sound."""
    pen, file = Pen(), tmp_path / "backups" / "monday.sqlite"
    other = StoreAddress.parse(postgres.database(f"back_{abs(hash(tmp_path)):x}"))
    target = other if address.file else StoreAddress.in_folder(tmp_path / "new")
    with Journal.open_at(address) as journal:
        session = journal.meta.broker_session()
        journal.commit([_turn(pen, *[AgentLeft(str(number)) for number in range(12)], NOTICE)], 0.0)
        journal.commit([Turn(twins=[Twin("v/d")])], 0.0)
        journal.write(batch_of((), 0.0, KeptTwins(row=InboxRow(7, (framed(HEARD),)))))
        assert back_up(address, file) == 13
        journal.commit([_turn(pen, AgentLeft("later"))], 0.0)
    assert bring_back(file, target) == 13
    with Journal.open_at(target) as again:
        assert (again.meta.broker_session(), len(list(again.ledger.rows())), again.twins.all()) == (
            session,
            13,
            [Twin("v/d")],
        )
        assert not list(faults(again.ledger.rows()))
        assert list(again.inbox.rows()) == [(7, [HEARD], 0)]
    with pytest.raises(JournalRefused, match="is not empty"):
        bring_back(file, target)
    with pytest.raises(JournalRefused, match="is there already"):
        back_up(address, file)
    assert [one.name for one in file.parent.iterdir()] == [file.name]


def test_a_changed_backup_is_not_taken_for_sound(tmp_path: Path) -> None:
    """A row that somebody changed breaks the chain of hashes."""
    with Journal.open(tmp_path) as journal:
        journal.commit([_turn(Pen(), AgentLeft("a"), AgentLeft("b"))], 0.0)
    file = tmp_path / "backup.sqlite"
    back_up(StoreAddress.in_folder(tmp_path), file)
    with sqlite3.connect(file) as store:
        store.execute('UPDATE ledger SET body = \'{"agent":"c"}\' WHERE seq = 1')
    store.close()
    with pytest.raises(JournalRefused, match=r"not sound: row 1: the hash does not fit"):
        bring_back(file, StoreAddress.in_folder(tmp_path / "new"))


def test_a_customer_is_erased_from_either_kind_of_store(address: StoreAddress) -> None:
    """Register, keys, what was last known, refused messages and links, in the transaction of the row that says so."""
    with Journal.open_at(address) as journal:
        pen = Pen()
        device = DeviceRecord("volta/car-1", "car", "c-1", "simulated", home_latitude=56.9, home_longitude=24.1)
        journal.customers.keep([Customer("c-1", "Anna", "+37120000001", "lv", "simulated")])
        journal.devices.keep([device])
        journal.access_links.keep([AccessLink("h", "c-1", Role.CUSTOMER, "c-1", 9_000.0)])
        box = journal.person_keys.seal("c-1", DataClass.PLACE, 1_000.0, b"here")
        old = journal.person_keys.seal("help/truck-1", DataClass.PLACE, 1_000.0, b"there")
        journal.write(batch_of([_turn(pen, AgentLeft("a"))], 1_000.0))
        assert journal.person_keys.open(box) == b"here"
        nobodys = replace(device, customer=None, home_latitude=None, home_longitude=None)
        row = pen.write(CustomerErased("c-1", by="user/anna"), 2_000.0)
        journal.write(batch_of([Turn(rows=[row], erased=Erased("c-1", row.seq, row.at, (nobodys,)))], 2_000.0))
        assert (journal.customers.all(), journal.access_links.all(), journal.devices.all()) == ([], [], [nobodys])
        assert (journal.person_keys.open(box), journal.person_keys.open(old)) == (None, b"there")
        assert (journal.erasures.customers(), journal.erasures.last_seq()) == ({"c-1": 2_000.0}, row.seq)
        before = 3 * WEEK_S
        assert [journal.erasures.is_due(what, before) for what in get_args(Expiring)] == [True, *[False] * 4]
        row = pen.write(DataExpired("place", before), before)
        journal.write(batch_of([Turn(rows=[row], expired=Expired("place", before, row.seq, row.at, ()))], before))
        assert journal.person_keys.open(old) is None
        assert not list(faults(journal.ledger.rows()))


@pytest.mark.parametrize("gone", ["new", "deleted", "withdrawn", "erased", "expired"])
def test_a_voice_print_goes_with_the_row_that_says_so(address: StoreAddress, gone: str) -> None:
    """In its transaction, and its key with it; of several the one that counts stays, and what no row names is swept."""
    with Journal.open_at(address) as journal:
        pen, prints = Pen(), journal.voice_prints
        prints.keep("print/c-1/a/1", "c-1", 1_000.0, b"one")
        prints.keep("print/c-1/b/1", "c-1", 2_000.0, b"two")
        prints.keep("print/c-2/a/1", "c-2", 3_000.0, b"other")
        assert prints.get("print/c-1/a/1", "c-1") == b"one"
        assert prints.get("print/c-1/a/1", "c-2") is None
        with journal._database.reading() as connection:
            assert "one" not in "".join(connection.scalars(select(tables.voice_prints.c.sealed)))
        event: Any = {
            "new": VoiceEnrolled("print/c-1/b/1", "c-1", "m-1", 20.0),
            "deleted": VoicePrintDeleted("c-1", "asked"),
            "withdrawn": ConsentChanged("c-1", Purpose.VOICE_PRINT, given=False, way=Way.LINK),
            "erased": CustomerErased("c-1"),
            "expired": DataExpired("voice_print", 2_500.0),
        }[gone]
        row = pen.write(event, 4_000.0)
        turn = Turn(rows=[row])
        if gone == "erased":
            turn.erased = Erased("c-1", row.seq, row.at, ())
        elif gone == "expired":
            assert journal.erasures.is_due("voice_print", 2_500.0)
            turn.expired = Expired("voice_print", 2_500.0, row.seq, row.at, ())
        journal.write(batch_of([turn], 4_000.0))
        kept = b"two" if gone == "new" else None
        assert (prints.get("print/c-1/a/1", "c-1"), prints.get("print/c-1/b/1", "c-1")) == (None, kept)
        assert prints.get("print/c-2/a/1", "c-2") == b"other"
        with journal._database.reading() as connection:
            assert set(connection.scalars(select(tables.person_keys.c.person))) == {"c-2", *(["c-1"] if kept else [])}
        assert prints.keep_only(["print/c-1/b/1"]) == 1
        assert prints.get("print/c-2/a/1", "c-2") is None
