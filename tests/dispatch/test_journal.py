"""The store: whole batches or nothing, each key once, one service, one version."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dispatch.core.actions import OpenCase, SendNotice
from dispatch.core.events import AgentBecameFree, AgentLeft, SupplierOpened
from dispatch.ledger.pipeline import Turn
from dispatch.ledger.rows import Pen, Row, faults
from dispatch.registers.customers import Customer
from dispatch.store.errors import JournalFailed, JournalRefused, KeyTaken
from dispatch.store.journal import Journal
from dispatch.store.refused_messages import KEPT_REFUSALS
from gateway.contract.refusals import Problem, Rule
from gateway.devices.clock_skew import DeviceClock
from gateway.devices.episodes import Episode, Episodes
from gateway.devices.liveness import Pulse
from gateway.devices.order import Arrivals, Order
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import ToldSign, Twin
from gateway.finding import Place
from gateway.intake.intake import Refusal

NOTICE = SendNotice("v/d/1-1", "v/phone", "milk is on its way", "simulated")
TWIN = Twin(
    "v/d",
    order=Order({3: Arrivals(9, gaps=[(4, 4, 11.0), (7, 8, 12.0)])}, first_boot=3, made_at=12.0, taken=7, forgotten=1),
    pulse=Pulse(12.5, 12.5, said=True, said_at=12.5, said_boot=3),
    clock=DeviceClock([-0.5], 12.5),
    place=Place(56.9, 24.1, 8.0, 12.0, "gnss"),
    readings={"on": True, "count": 3, "level": 3.0, "state": "ON"},
    episodes=Episodes(
        {"fault": Episode("v/d/3-1", "battery_12v", claims={"P0562"})}, {"door": Episode("v/d/2-1", "door")}
    ),
    told={"P0562": ToldSign(confirmed=True, first_at=11.0, last_at=12.0)},
    samples={"level": [(11.0, 2.5), (12.0, 3.0)]},
    memories={"payments": {"failures": {"pay-1": 2}}},
)


def _turn(pen: Pen, *items: Any, **more: Any) -> Turn:
    return Turn(rows=[pen.write(item, 1_000.0 + pen.seq) for item in items], **more)


def _refusal(device: str | None = "v/d") -> Refusal:
    problem = Problem(type="urn:callahead:rule:not-json", title="t", detail="d", sha256="0" * 64)
    return Refusal(device, "callahead/v1/v/d/event", Rule.NOT_JSON, problem, b"{")


def test_everything_comes_back(tmp_path: Path) -> None:
    """Rows, twins, devices, customers and the pen are the same after the store was closed and opened."""
    device = DeviceRecord("v/d", "truck", None, "simulated", skills=("tow",))
    customer = Customer("c-1", "Anna", "+37120000001", "lv", "simulated", may_order=False)
    pen = Pen()
    opened = SupplierOpened("s", ("supplies",), 56.9, 24.1, "simulated")
    turn = _turn(pen, AgentBecameFree("a", ("lv", "en"), "simulated"), opened, NOTICE, twins=[TWIN])
    with Journal.open(tmp_path) as journal:
        journal.devices.keep([device])
        journal.customers.keep([customer])
        journal.commit([turn], 1_000.0)
    with Journal.open(tmp_path) as journal:
        assert list(journal.ledger.rows()) == turn.rows
        assert (journal.twins.all(), journal.devices.all(), journal.customers.all()) == ([TWIN], [device], [customer])
        assert journal.ledger.pen().write(NOTICE, 2_000.0) == pen.write(NOTICE, 2_000.0)
        assert journal.ledger.sha256() == turn.rows[-1].hash
        assert not list(faults(journal.ledger.rows()))


def test_numbers_keep_their_kind(tmp_path: Path) -> None:
    """A twin's whole number, its fraction, its truth and its text come back as what they were."""
    with Journal.open(tmp_path) as journal:
        journal.commit([Turn(twins=[TWIN])], 0.0)
        kinds = {name: type(value) for name, value in journal.twins.all()[0].readings.items()}
    assert kinds == {"on": bool, "count": int, "level": float, "state": str}


def test_rows_are_read_in_pages() -> None:
    """Behind a number, at most so many, in order."""
    journal, pen = Journal.in_memory(), Pen()
    journal.commit([_turn(pen, *[AgentLeft(str(number)) for number in range(12_000)])], 0.0)
    assert [row.seq for row in journal.ledger.rows(after=4_990, limit=5_020)] == list(range(4_991, 10_011))
    assert sum(1 for _ in journal.ledger.rows()) == 12_000
    journal.close()


def test_a_key_stands_once(tmp_path: Path) -> None:
    """A second row of one key is refused by the store, and with it the whole batch it came in."""
    pen = Pen()
    with Journal.open(tmp_path) as journal:
        journal.commit([_turn(pen, NOTICE)], 0.0)
        with pytest.raises(KeyTaken, match="key"):
            journal.commit([_turn(pen, AgentLeft("a")), _turn(pen, NOTICE)], 0.0)
        assert [row.type for row in journal.ledger.rows()] == ["SendNotice"]


def test_a_second_service_is_refused(tmp_path: Path) -> None:
    """The message says what to do; when the first has ended, the next may have the store."""
    with Journal.open(tmp_path), pytest.raises(JournalRefused, match=r"another service runs on .*--dir"):
        Journal.open(tmp_path)
    Journal.open(tmp_path).close()


def test_a_store_has_its_own_session_at_the_broker(tmp_path: Path) -> None:
    """The same after a restart; another store's is another, so that two services on one broker do not fight for one."""
    names = []
    for folder in ("one", "one", "two"):
        with Journal.open(tmp_path / folder) as journal:
            names.append(journal.meta.broker_session())
    assert names[0] == names[1] != names[2]
    assert len(names[0].removeprefix("callahead-")) == 40  # nobody guesses it


def test_another_version_is_refused(tmp_path: Path) -> None:
    """A store of a newer service is not touched; the message names both versions."""
    Journal.open(tmp_path).close()
    with sqlite3.connect(tmp_path / "ledger.sqlite") as store:
        store.execute("UPDATE alembic_version SET version_num = '99'")
    store.close()
    with pytest.raises(JournalRefused, match="schema version 99, this service knows versions up to"):
        Journal.open(tmp_path)


def test_a_full_disk_is_told_and_passes(tmp_path: Path) -> None:
    """Nothing of the batch is written; the same batch is taken when there is room again."""
    with Journal.open(tmp_path) as journal:
        turn = _turn(Pen(), *[AgentLeft("a" * 4_000) for _ in range(500)])
        with journal._database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 40")
        with pytest.raises(JournalFailed, match=r"ledger\.sqlite did not take .*full"):
            journal.commit([turn], 0.0)
        assert list(journal.ledger.rows()) == []
        with journal._database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 100000")
        journal.commit([turn], 0.0)
        assert list(journal.ledger.rows()) == turn.rows


def test_a_kill_in_the_middle_leaves_whole_batches_only(tmp_path: Path) -> None:
    """Killed at any instant: a batch is there with all its rows or none, and nothing said to be stored is missing."""
    program = (
        "import sys; from pathlib import Path; from dispatch.store.journal import Journal;"
        "from dispatch.ledger.pipeline import Turn;"
        "from dispatch.core.events import AgentLeft\n"
        "with Journal.open(Path(sys.argv[1])) as journal:\n"
        "    pen = journal.ledger.pen()\n"
        "    while True:\n"
        "        journal.commit([Turn(rows=[pen.write(AgentLeft('a'), 1.0) for _ in range(50)])], 1.0)\n"
        "        print(pen.seq, flush=True)\n"
    )
    for _ in range(3):
        command = [sys.executable, "-c", program, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout
            said = [int(writer.stdout.readline()) for _ in range(5)]
            writer.kill()
            said += [int(line) for line in writer.stdout.read().split("\n")[:-1] if line.isdigit()]
        with Journal.open(tmp_path) as journal:
            rows = list(journal.ledger.rows())
        assert len(rows) % 50 == 0
        assert len(rows) >= said[-1]
        assert not list(faults(rows))


def test_what_is_to_be_sent_is_kept_until_it_is_ticked_off(tmp_path: Path) -> None:
    """Written with the decision; gone from the list when it was sent, or when it never will be."""
    pen = Pen()
    notices = [SendNotice(f"v/d/1-{number}", "v/phone", "text", "simulated") for number in range(3)]
    with Journal.open(tmp_path) as journal:
        journal.commit([_turn(pen, *notices, OpenCase("v/d/1-1", "c", "v/d", "simulated"))], 0.0)
    with Journal.open(tmp_path) as journal:
        assert [row.key for row in journal.outbox.commands()] == [notice.key for notice in notices]
        journal.outbox.note_commands([notices[0].key], 5.0, forbidden={notices[1].key: "it is real"})
        assert [row.key for row in journal.outbox.commands()] == [notices[2].key]
        assert [(dead.key, dead.reason) for dead in journal.outbox.dead_letters(0, 10)] == [
            (notices[1].key, "it is real")
        ]


def test_refusals_are_all_counted_and_the_newest_kept() -> None:
    """A device gone mad does not fill the disk."""
    journal = Journal.in_memory()
    for number in range(3):
        journal.commit([Turn(refusal=_refusal()) for _ in range(KEPT_REFUSALS)], float(number))
    journal.commit([Turn(refusal=_refusal("w/d")), Turn(refusal=_refusal(None))], 9.0)
    assert journal.refused.counts("v") == {"not-json": 3 * KEPT_REFUSALS}
    assert journal.refused.counts() == {"not-json": 3 * KEPT_REFUSALS + 2}
    kept = journal.refused.newest("v", limit=10_000)
    assert len(kept) == KEPT_REFUSALS
    assert {one.at for one in kept} == {2.0}
    journal.close()


def test_one_big_batch_is_kept_whole() -> None:
    """A virtual run writes its whole ledger at the end, at once."""
    journal, row = Journal.in_memory(), Pen().write(AgentLeft("a"), 1.0)
    rows = [Row(seq, row.at, row.kind, row.type, None, None, None, row.body, row.hash) for seq in range(1, 50_001)]
    journal.commit([Turn(rows=rows)], 1.0)
    assert [kept.seq for kept in journal.ledger.rows()] == list(range(1, 50_001))
    journal.close()
