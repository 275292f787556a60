"""A case's timeline has the customer's own calls, and the screen says how far the conversation truly is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dispatch.core.desk import Desk
from dispatch.core.events import AgentBecameFree, CaseReported, Outcome
from dispatch.core.policy import Policy
from dispatch.ledger.rows import Pen, Row
from dispatch.views.capacity import capacity
from dispatch.views.casebook import Casebook
from dispatch.views.contact import Contact
from gateway.finding import Place

if TYPE_CHECKING:
    from conftest import Room

CASE = "volta/car-1/1-7"
CALL = f"{CASE}/call"


def rows_of(room: Room) -> list[Row]:
    """Write down what the room was told and decided."""
    pen, desk, rows = Pen(), Desk(room.desk.policy), list[Row]()
    for event, at in room.told:
        rows.extend(pen.write(action, due) for due, action in desk.wake(at))
        cause = pen.write(event, at)
        rows.append(cause)
        rows.extend(pen.write(action, due, cause.seq) for due, action in desk.handle(event, at))
    return rows


def read(room: Room, most_closed: int | None = None) -> Casebook:
    """Read it."""
    book = Casebook(most_closed=most_closed)
    for row in rows_of(room):
        book.feed(row)
    return book


def told(book: Casebook, case: str = CASE) -> list[str]:
    """The case's timeline in words."""
    return [line.what for line in book.timeline(case)]


def in_order(book: Casebook, case: str = CASE) -> bool:
    """Is the timeline in the ledger's order, each row once?"""
    seqs = [line.seq for line in book.timeline(case)]
    return seqs == sorted(set(seqs))


def test_a_customers_own_call_is_on_the_timeline_with_the_row_that_sent_the_truck(room: Room) -> None:
    """They ring in, say where they are, and the truck goes: rang in, queued, handed over, speaking, ended, sent."""
    room.truck("t-1")
    room.found(place=None, near="")
    room.phones()
    room.agent()
    room.connected("in/1")
    room.ended("in/1", Outcome.INFORMED, place=Place(56.97, 24.13, 100.0, room.now, "customer"))
    book = read(room)
    lines = told(book)
    for words in ("the customer rang in", "inbound call queued, attempt 1", "call goes to agent-1"):
        assert words in lines
    ended = lines.index("call ended: informed")
    assert any(line.startswith("send t-1") for line in lines[ended + 1 :])
    assert "agent and customer speak" in lines[:ended]
    assert in_order(book)
    assert book.cases[CASE].rang_in == ["in/1"]


def test_who_is_to_be_asked_where_it_is_waits_for_no_truck(room: Room) -> None:
    """They spoke and did not say it: the question stays open until they do, and no alert says that trucks are lacking."""
    room.truck("t-1")
    room.found(place=None, near="")
    room.agent()
    room.connected(CALL)
    room.ended(CALL, Outcome.INFORMED)
    book = read(room)
    assert book.cases[CASE].open_question
    assert {one.waiting for one in capacity(book, Policy(), room.now).skills} == {0}
    room.wait(901)
    room.agent()
    room.connected(CALL, 2)
    room.ended(CALL, Outcome.INFORMED, attempt=2, place=Place(56.97, 24.13, 100.0, room.now, "customer"))
    after = read(room).cases[CASE]
    assert (after.open_question, after.help is not None) == (False, True)


def test_a_call_that_came_before_its_case_belongs_to_it(room: Room) -> None:
    """Rung in when nothing was known, reported on the line: the case begins with the call."""
    room.phones()
    room.agent()
    room.connected("in/1")
    room.found()
    found = room.told.pop()[0]
    room.tell(CaseReported(found.finding, "lv", may_call=True, may_order=True, call="in/1"))  # type: ignore[union-attr]
    assert read(room).cases[CASE].contact is Contact.SPEAKING
    room.ended("in/1", Outcome.INFORMED)
    book = read(room)
    assert told(book)[:4] == [
        "the customer rang in",
        "inbound call queued, attempt 1",
        "call goes to agent-1",
        "agent and customer speak",
    ]
    assert "call ended: informed" in told(book)
    assert in_order(book)


def test_a_case_that_opens_while_its_customer_waits_on_the_line_has_their_call(bare: Callable[[], Room]) -> None:
    """The device tells while they wait for an agent: our call is withdrawn, and theirs is about the case."""
    room = bare()
    room.phones()
    room.found()
    assert read(room).cases[CASE].contact is Contact.RANG_IN
    room.agent()
    room.connected("in/1")
    room.ended("in/1", Outcome.INFORMED)
    book = read(room)
    assert told(book)[0] == "the customer rang in"
    assert "call ended: informed" in told(book)
    assert in_order(book)


def test_whose_call_was_withdrawn_because_they_rang_in_is_shown_as_who_was_spoken_to(room: Room) -> None:
    """Rang in, speaking, spoken to: never 'withdrawn'."""
    room.found()
    assert read(room).cases[CASE].contact is Contact.QUEUED
    room.phones()
    assert read(room).calls[CALL].state == "withdrawn"
    assert read(room).cases[CASE].contact is Contact.RANG_IN
    room.agent()
    room.connected("in/1")
    assert read(room).cases[CASE].contact is Contact.SPEAKING
    room.ended("in/1", Outcome.INFORMED)
    case = read(room).cases[CASE]
    assert (case.contact, case.contact_at) == (Contact.SPOKEN, room.now)


def test_every_step_of_our_own_call_is_shown_as_it_is(room: Room) -> None:
    """To be rung, being rung, no answer, speaking, spoken to."""
    seen = []
    for step in (
        room.found,
        room.agent,
        lambda: room.ended(CALL, Outcome.NO_ANSWER),
        lambda: room.wait(61),
        room.agent,
        lambda: room.connected(CALL, 2),
        lambda: room.ended(CALL, Outcome.INFORMED, 2),
    ):
        step()
        seen.append(read(room).cases[CASE].contact)
    assert seen == [
        Contact.QUEUED,
        Contact.RUNG,
        Contact.UNANSWERED,
        Contact.UNANSWERED,
        Contact.RUNG,
        Contact.SPEAKING,
        Contact.SPOKEN,
    ]


def test_who_hung_up_before_anybody_answered_is_rung_again_and_shown_so(room: Room) -> None:
    """Their call did not inform them."""
    room.found()
    room.phones()
    room.ended("in/1", Outcome.ABANDONED)
    assert read(room).cases[CASE].contact is Contact.QUEUED


def test_nobody_reached_and_a_message_shown_are_two_things(bare: Callable[[], Room]) -> None:
    """Who wants no calls is shown a message; who never answered was not reached."""
    shown = bare()
    shown.found(may_call=False)
    assert read(shown).cases[CASE].contact is Contact.MESSAGE
    silent = bare()
    silent.found(notify=None)
    for attempt in range(1, silent.desk.policy.dial_attempts + 1):
        silent.agent()
        silent.ended(CALL, Outcome.NO_ANSWER, attempt)
        silent.wait(silent.desk.policy.rests_s(attempt) + 1)
    assert read(silent).cases[CASE].contact is Contact.NOT_REACHED


def test_calls_about_nothing_do_not_pile_up(bare: Callable[[], Room]) -> None:
    """Of a hundred callers with no case at most as many are kept as closed cases."""
    room = bare()
    for number in range(100):
        room.phones(f"c-{number}", f"in/{number}")
        room.tell(AgentBecameFree("agent-1", ("lv",), "simulated"))
        room.connected(f"in/{number}")
        room.ended(f"in/{number}", Outcome.INFORMED)
    book = read(room, most_closed=5)
    assert len(book.calls) == 5
    assert len(book.shelf().rows) == 5
