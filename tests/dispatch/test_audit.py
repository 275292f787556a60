"""The audit of a ledger: a sound one passes, and each way of tampering is told by the law it breaks."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dispatch.core import actions
from dispatch.core.actions import CancelTow, CloseCase, QueueCall, SendTow
from dispatch.core.decisions import DECISIONS_VERSION, FIRST_VERSION
from dispatch.core.desk import Desk
from dispatch.core.events import BookingAnswered, Event, Outcome, ServiceStarted, SupplierOpened
from dispatch.ledger.audit.ledger import AuditReport, audit
from dispatch.ledger.pipeline import Turn
from dispatch.ledger.rows import Kind, Pen, Row, body_of, read
from dispatch.store.journal import Journal
from gateway.finding import Domain, Help, Remedy

if TYPE_CHECKING:
    from conftest import Room

CASE = "volta/car-1/1-7"


@pytest.fixture
def rows(room: Room) -> list[Row]:
    """A flat battery from fault to patrol, as it is written down."""
    room.truck("t-1")
    room.found()
    room.agent()
    room.truck("t-1", "accepted")
    room.ended(f"{CASE}/call", Outcome.NO_ANSWER)
    room.wait(61)
    room.agent()
    room.connected(f"{CASE}/call", 2)
    room.tell(BookingAnswered(f"{CASE}/booking", 1, accepted=True, slot_at=room.now + 7200))
    room.ended(f"{CASE}/call", Outcome.INFORMED, 2)
    room.truck("t-1", "arrived")
    room.truck("t-1", "finished")
    return written(room.told)


def written(told: Iterable[tuple[Event, float]]) -> list[Row]:
    """Tell a desk, and write down what it is told and what it decides."""
    pen, desk, rows = Pen(), Desk(), list[Row]()
    told = list(told)
    started: list[tuple[Event, float]] = [(ServiceStarted(DECISIONS_VERSION, told[0][1]), told[0][1])]
    for event, at in started + told:
        rows.extend(pen.write(action, due) for due, action in desk.wake(at))
        cause = pen.write(event, at)
        rows.append(cause)
        rows.extend(pen.write(action, due, cause.seq) for due, action in desk.handle(event, at))
    return rows


def sealed(rows: Iterable[Row]) -> list[Row]:
    """Number and chain rows anew, as who tampers with care would."""
    pen, numbers, made = Pen(), dict[int | None, int | None]({None: None}), list[Row]()
    for row in rows:
        numbers[row.seq] = pen.seq + 1
        made.append(pen.write(read(row), row.at, numbers[row.cause]))
    return made


def behind(rows: list[Row], type_: str, *more: actions.Action) -> list[Row]:
    """Slip actions in behind the first row of a type, as if the same input had caused them."""
    place = next(number for number, row in enumerate(rows) if row.type == type_)
    above = rows[place]
    slipped = [replace(above, type=type(one).__name__, key=one.key, body=body_of(one)) for one in more]
    return sealed([*rows[: place + 1], *slipped, *rows[place + 1 :]])


def of(rows: list[Row], type_: type) -> Any:
    """Return the first event or action of a type."""
    return read(next(row for row in rows if row.type == type_.__name__))


def judged(rows: Iterable[Row]) -> AuditReport:
    """Audit rows."""
    report = AuditReport()
    for _ in audit(rows, report):
        pass
    return report


def test_a_sound_ledger_passes_and_decides_the_same_again(rows: list[Row]) -> None:
    """Every input is replayed, and nothing differs."""
    report = judged(rows)
    assert (report.sound, report.drift, report.cases) == (True, 0, 1)
    assert report.rows == len(rows)
    assert report.replayed == sum(row.kind is Kind.INPUT for row in rows)


TAMPERED: dict[str, Callable[[list[Row]], list[Row]]] = {
    "hash": lambda rows: [*rows[:6], replace(rows[6], body=rows[6].body.replace("volta", "delta")), *rows[7:]],
    "order": lambda rows: rows[:5] + rows[6:],
    "time": lambda rows: [*rows[:9], replace(rows[9], at=1.0), *rows[10:]],
    "cause": lambda rows: [replace(row, cause=1) if row.type == "SendTow" else row for row in rows],
    "body": lambda rows: [replace(row, body="{}") if row.type == "SendTow" else row for row in rows],
    "one-tow": lambda rows: behind(rows, "SendTow", replace(of(rows, SendTow), tow=f"{CASE}/tow-2")),
    "one-call": lambda rows: behind(rows, "QueueCall", replace(of(rows, QueueCall), call=f"{CASE}/again")),
    "case": lambda rows: sealed([*rows, replace(rows[-1], type="CloseCase", body=body_of(of(rows, CloseCase)))]),
}


@pytest.mark.parametrize("law", TAMPERED)
def test_tampering_is_told_by_the_law_it_breaks(law: str, rows: list[Row]) -> None:
    """Changed, dropped, set back, detached, unreadable, or doubled under another key with every hash made to fit."""
    report = judged(TAMPERED[law](rows))
    assert law in report.flaws
    assert not report.sound
    assert report.told[0].seq is not None


def test_a_second_order_is_told(room: Room) -> None:
    """Unless the first one was refused or withdrawn."""
    lines = room.found(domain=Domain.APPLIANCE, remedy=Remedy(Help.TECHNICIAN, "refrigeration", 1800, 0))
    rows = written(room.told)
    order = next(action for action in lines if isinstance(action, actions.PlaceOrder))
    assert judged(rows).sound
    report = judged(behind(rows, "PlaceOrder", replace(order, attempt=2)))
    assert report.flaws == {"one-order": 1}


def test_drift_is_told_and_is_no_fault(rows: list[Row]) -> None:
    """Actions that today's rules would not decide, or would decide besides, stand."""
    stopped = next(row for row in rows if row.type == "TellDriverToStop")
    report = judged(sealed(row for row in rows if row is not stopped))
    assert (report.sound, report.drift) == (True, 1)
    assert "TellDriverToStop" in report.drift_told[0].what


@pytest.mark.parametrize("first", [None, ServiceStarted(FIRST_VERSION, 0.0)])
def test_what_another_version_decided_is_not_compared(rows: list[Row], first: Event | None) -> None:
    """Neither drift nor a fault: that it decides otherwise is what a version is for. A ledger that names none is of the first."""
    others = sealed([*([Pen().write(first, 0.0)] if first else []), *rows[1:]])
    stopped = next(row for row in others if row.type == "TellDriverToStop")
    report = judged(sealed(row for row in others if row is not stopped))
    assert (report.sound, report.decided_by, report.drift, report.replayed) == (True, FIRST_VERSION, 0, 0)
    assert judged(rows).decided_by is None


def test_from_another_versions_start_on_nothing_is_compared(rows: list[Row]) -> None:
    """What this version decided before is."""
    later = Pen().write(ServiceStarted(DECISIONS_VERSION + 1, rows[-1].at), rows[-1].at)
    report = judged(sealed([*rows, later]))
    assert (report.sound, report.decided_by) == (True, DECISIONS_VERSION + 1)
    assert report.replayed == sum(row.kind is Kind.INPUT for row in rows) - 1


def test_a_key_that_stands_for_something_else_is_a_clash(rows: list[Row]) -> None:
    """A replay that decides a tow where that key stands for another kind of action cannot be carried on from."""
    cancel = CancelTow(CASE, f"{CASE}/tow", "t-1", "tampered", "simulated")
    changed = [replace(row, type="CancelTow", body=body_of(cancel)) if row.type == "SendTow" else row for row in rows]
    assert "clash" in judged(changed).flaws


@pytest.fixture
def kept(rows: list[Row], tmp_path: Path) -> Path:
    """The same ledger in a store."""
    with Journal.open(tmp_path) as journal:
        journal.commit([Turn(rows=rows)], 0.0)
    return tmp_path


KEY_TWICE = """
CREATE TABLE free AS SELECT * FROM ledger;
DROP TABLE ledger;
ALTER TABLE free RENAME TO ledger;
UPDATE ledger SET key = (SELECT key FROM ledger WHERE seq = 2) WHERE seq = 4;
"""


@pytest.mark.parametrize(
    ("sabotage", "law"),
    [
        ("DELETE FROM outbox WHERE key LIKE '%/tow'", "outbox"),
        ("INSERT INTO outbox (key, seq) VALUES ('v/d/1-1/tow', 9999)", "outbox"),
        ("INSERT INTO snapshots VALUES (3, 'another', 'test', '{}')", "snapshot"),
        (KEY_TWICE, "key"),
    ],
)
def test_what_the_database_tells(kept: Path, sabotage: str, law: str) -> None:
    """An outbox line without its row, a row without its line, a snapshot of another ledger, a key twice."""
    with Journal.look(kept) as journal:
        assert journal.flaws() == []
    store = sqlite3.connect(kept / "ledger.sqlite")
    store.executescript(sabotage)
    store.close()
    with Journal.look(kept) as journal:
        assert [flaw.law for flaw in journal.flaws()] == [law]


def test_partners_rows_have_keys_of_their_own(bare: Callable[[], Room]) -> None:
    """A ledger without any case is sound too."""
    room = bare()
    room.tell(SupplierOpened("s", ("supplies",), 1.0, 2.0, "simulated"))
    assert judged(written(room.told)).sound
