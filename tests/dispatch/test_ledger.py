"""The ledger: chained, in order, readable, and unforgiving."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dispatch.core.events import BookingAnswered, Outcome
from dispatch.core.policy import Policy
from dispatch.ledger.rows import Pen, Row, faults, read
from dispatch.registers.customers import Customer, Customers
from dispatch.views.call_brief import brief_of
from dispatch.views.casebook import Casebook

if TYPE_CHECKING:
    from conftest import Room

CASE = "volta/car-1/1-7"


def written(room: Room) -> list[Row]:
    """Let a case run its course and write it down."""
    pen, rows = Pen(), []
    from dispatch.core.desk import Desk  # noqa: PLC0415

    desk = Desk()
    for event, at in room.told:
        rows.extend(pen.write(action, due) for due, action in desk.wake(at))
        cause = pen.write(event, at)
        rows.append(cause)
        rows.extend(pen.write(action, due, cause.seq) for due, action in desk.handle(event, at))
    return rows


def a_day(room: Room) -> list[Row]:
    """A flat battery from fault to patrol, with a call that is answered at the second attempt."""
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
    return written(room)


def test_what_is_written_is_read_back(room: Room) -> None:
    """Every event and every action survives the way through its row."""
    rows = a_day(room)
    assert [read(row) for row in rows if row.kind == "input"] == [event for event, _ in room.told]
    assert [read(row) for row in rows if row.kind == "action"] == [action for _, action in room.decided]


def test_a_sound_ledger_has_no_faults(room: Room) -> None:
    """Order, keys and hashes are right as written."""
    assert list(faults(a_day(room))) == []


def test_tampering_is_told(room: Room) -> None:
    """A row changed, dropped, repeated or moved is found."""
    rows = a_day(room)
    changed = [*rows[:5], replace(rows[5], body=rows[5].body.replace("volta", "delta")), *rows[6:]]
    assert list(faults(changed))
    assert list(faults(rows[:5] + rows[6:]))
    assert list(faults([*rows[:6], rows[5], *rows[6:]]))
    assert list(faults([*rows[:5], rows[6], rows[5], *rows[7:]]))


def test_the_ledger_holds_no_personal_data(room: Room) -> None:
    """Customers stand in the ledger by id; name and number only in the brief."""
    rows = a_day(room)
    customers = Customers([Customer("c-1", "Ilze Kalniņa", "+37120000001", "lv", "simulated")])
    assert not [row for row in rows if "Ilze" in row.body or "+371" in row.body]
    casebook = Casebook()
    for row in rows:
        casebook.feed(row)
    brief = brief_of(casebook, f"{CASE}/call", customers, policy=Policy(), now=room.now)
    assert brief.customer is not None
    assert brief.customer.name == "Ilze Kalniņa"


def test_the_casebook_tells_the_case_as_it_stands(room: Room) -> None:
    """Truck, slot, call and closing are all told from the ledger alone."""
    casebook = Casebook()
    for row in a_day(room):
        casebook.feed(row)
    case = casebook.cases[CASE]
    assert case.help is not None
    assert (case.help.state, case.help.truck) == ("done", "t-1")
    assert case.booking is not None
    assert case.booking.state == "accepted"
    assert case.close_reason == "helped"
    assert casebook.calls[f"{CASE}/call"].state == "done"
    assert casebook.totals()["tows"] == 1
    told = [line.what for line in casebook.timeline(CASE)]
    assert told[0].startswith("12 V battery (97%)")
    assert told[-1] == "case closed: helped"


def test_the_brief_says_what_is_on_its_way_and_what_to_do(room: Room) -> None:
    """Who, what broke, where, what comes when, and: do not drive on."""
    room.truck("t-1")
    room.found()
    casebook = Casebook()
    for row in written(room):
        casebook.feed(row)
    brief = brief_of(casebook, f"{CASE}/call", Customers(), policy=Policy(), now=room.now)
    assert brief.headline == "12 V battery, Riga"
    assert any("t-1 was asked and has not promised yet (ETA 2 min)" in line for line in brief.on_the_way)
    assert any("do not drive on" in line for line in brief.say_en)
    assert not brief.ask_where
