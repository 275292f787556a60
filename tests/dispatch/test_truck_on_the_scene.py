"""What is true in the world wins: the truck that is there is the truck, whatever was decided meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.core.actions import (
    Action,
    AdoptTow,
    CancelTow,
    CloseCase,
    DismissTruck,
    ReassignTow,
    SendTow,
)
from dispatch.core.desk import Desk
from dispatch.core.events import Outcome
from dispatch.ledger.rows import Pen
from dispatch.outgoing.device_commands import commands_of
from dispatch.views.casebook import Casebook
from gateway.contract.commands import JobOfferCommand, JobWithdrawalCommand
from gateway.finding import Place
from tests.dispatch.conftest import none, only

if TYPE_CHECKING:
    from conftest import Room

CASE = "volta/car-1/1-7"
CALL = f"{CASE}/call"


def north(room: Room, degrees: float) -> Place:
    """Return a place so far north of the car that is broken."""
    return Place(56.95 + degrees, 24.10, 10, room.now, "gnss")


def passed_over(room: Room) -> None:
    """``t-1``, 1 km away, keeps silent; ``t-2``, 4 km away, is asked in its place."""
    room.truck("t-1")
    room.truck("t-2", place=north(room, 0.04))
    room.found()
    assert only(room.wait(61), ReassignTow).truck == "t-2"


def book_of(room: Room) -> Casebook:
    """Read the ledger of what was told and decided, as it is read everywhere."""
    pen, desk, book = Pen(), Desk(), Casebook()
    for event, at in room.told:
        for due, action in desk.wake(at):
            book.feed(pen.write(action, due))
        cause = pen.write(event, at)
        book.feed(cause)
        for due, action in desk.handle(event, at):
            book.feed(pen.write(action, due, cause.seq))
    return book


def told(action: Action, at: float = 0.0) -> list[tuple[str, type]]:
    """Return who is told what about an action."""
    return [(device, type(command)) for device, command in commands_of(action, at)]


def test_a_truck_that_says_yes_late_and_is_no_later_there_has_the_job_back(room: Room) -> None:
    """The other is called off, and the first is told the job again: its own withdrawal may still be on its way."""
    passed_over(room)
    adopted = only(room.truck("t-1", "accepted"), AdoptTow)
    assert (adopted.truck, adopted.instead_of, adopted.reason) == ("t-1", "t-2", "accepted")
    assert told(adopted) == [("t-2", JobWithdrawalCommand), ("t-1", JobOfferCommand)]
    assert room.truck("t-1", "accepted") == [], "it answers the second offer, too"
    assert room.truck("t-2", "accepted") == [], "its yes crossed the withdrawal"
    assert none(room.wait(120), ReassignTow, SendTow)
    help_ = book_of(room).cases[CASE].help
    assert help_ is not None
    assert (help_.truck, help_.state, help_.attempts) == ("t-1", "promised", 3)


def test_a_truck_that_says_yes_late_and_is_further_away_has_not(room: Room) -> None:
    """Of two that nobody said yes for, the nearer goes; no yes passes the job to and fro."""
    passed_over(room)
    assert room.truck("t-1", "accepted", place=north(room, 0.2)) == []
    assert none(room.truck("t-2", "accepted"), AdoptTow)
    assert none(room.truck("t-1", "accepted"), AdoptTow), "not once the other said yes either"


def test_two_that_are_equally_near_do_not_pass_the_job_to_and_fro(room: Room) -> None:
    """Whoever comes first by name keeps it."""
    room.truck("t-1")
    room.truck("t-2")
    room.found()
    room.wait(61)
    assert only(room.truck("t-1", "accepted"), AdoptTow).truck == "t-1"
    assert room.truck("t-2", "accepted") == []


def test_a_late_yes_is_taken_while_nobody_is_asked(room: Room) -> None:
    """The one asked in its place declined: the case waits no longer."""
    passed_over(room)
    room.truck("t-2", "declined")
    adopted = only(room.truck("t-1", "accepted"), AdoptTow)
    assert (adopted.truck, adopted.instead_of) == ("t-1", None)
    assert none(room.wait(200), ReassignTow, SendTow)


def test_a_truck_that_is_there_is_the_truck(room: Room) -> None:
    """It accepted late, unheard, and arrived: the one that was promised is called off, and nobody else is asked."""
    passed_over(room)
    room.truck("t-2", "accepted")
    adopted = only(room.truck("t-1", "arrived"), AdoptTow)
    assert (adopted.truck, adopted.instead_of, adopted.reason) == ("t-1", "t-2", "arrived")
    assert told(adopted) == [("t-2", JobWithdrawalCommand)]
    assert none(room.wait(3600), ReassignTow, SendTow, AdoptTow)
    view = book_of(room).cases[CASE]
    assert view.help is not None
    assert (view.help.truck, view.help.state) == ("t-1", "on_scene")
    room.agent()
    room.connected(CALL)
    room.ended(CALL, Outcome.INFORMED)
    room.truck("t-1", "finished")
    room.wait(3600)
    assert only([action for _, action in room.decided], CloseCase).reason == "helped"


def test_a_truck_that_is_there_ends_the_asking(room: Room) -> None:
    """Silent trucks were asked one after the other; none of them is asked again once the first is there."""
    for number in range(1, 5):
        room.truck(f"t-{number}", place=north(room, 0.01 * number))
    room.found()
    for _ in range(3):
        room.wait(61)
    adopted = only(room.truck("t-1", "arrived"), AdoptTow)
    assert adopted.instead_of == "t-4"
    assert none(room.wait(7200), ReassignTow, SendTow)


def test_work_that_is_done_is_done(room: Room) -> None:
    """A truck whose yes and whose arrival were lost says that it has finished."""
    passed_over(room)
    adopted = only(room.truck("t-1", "finished"), AdoptTow)
    assert (adopted.instead_of, adopted.reason) == ("t-2", "finished")
    assert none(room.wait(3600), ReassignTow, SendTow)
    other = room.found(key="b", episode="b", customer="c-2", device="volta/car-2", place=north(room, 0))
    assert only(other, SendTow).truck == "t-1", "it is free again"


def test_of_two_that_arrive_the_first_is_the_truck(room: Room) -> None:
    """The second is told at once that the job is another's, and the case stays with the first."""
    passed_over(room)
    room.truck("t-1", "arrived")
    second = only(room.truck("t-2", "arrived"), DismissTruck)
    assert (second.truck, second.reason) == ("t-2", "another_is_there")
    assert told(second) == [("t-2", JobWithdrawalCommand)]
    room.truck("t-1", "finished")
    assert only(room.truck("t-2", "arrived"), DismissTruck).reason == "done"
    help_ = book_of(room).cases[CASE].help
    assert help_ is not None
    assert (help_.truck, help_.state) == ("t-1", "done")


def test_a_truck_that_nobody_asked_takes_no_job(room: Room) -> None:
    """Whoever was never offered the job may say what it likes."""
    room.truck("t-1")
    room.found()
    for state in ("accepted", "arrived", "finished"):
        assert room.truck("stranger", state) == []
    assert room.truck("real", "arrived", provenance="real") == []


def test_a_truck_that_is_there_and_cannot_mend_it_makes_room_for_another(room: Room) -> None:
    """It has the job like any other, and may decline it."""
    passed_over(room)
    room.truck("t-1", "arrived")
    assert only(room.truck("t-1", "declined"), ReassignTow).truck == "t-2"


def test_a_truck_that_arrives_at_a_closed_case_is_told_and_free(room: Room) -> None:
    """On the timeline of the case stands that it came; it is told that the job is withdrawn, and takes the next."""
    passed_over(room)
    room.truck("t-2", "accepted")
    room.agent()
    room.connected(CALL)
    assert only(room.ended(CALL, Outcome.DECLINED_HELP), CancelTow).truck == "t-2"
    for _ in range(3):  # the workshop is no longer asked either, so that the case is closed
        room.wait(301)
    assert any(isinstance(action, CloseCase) for _, action in room.decided)
    sent_away = only(room.truck("t-1", "arrived"), DismissTruck)
    assert (sent_away.case, sent_away.reason) == (CASE, "closed")
    assert told(sent_away) == [("t-1", JobWithdrawalCommand)]
    lines = [line.what for line in book_of(room).timeline(CASE)]
    assert lines[-1] == "t-1 arrived although the case was closed; it is told that the job is withdrawn"
    assert only(room.found(key="b", episode="b", place=north(room, 0)), SendTow).truck == "t-1"


def test_a_truck_that_arrives_although_it_was_called_off_is_told_again(room: Room) -> None:
    """While the case is still open for something else."""
    room.truck("t-1")
    room.found()
    room.truck("t-1", "accepted")
    room.agent()
    room.connected(CALL)
    room.ended(CALL, Outcome.DECLINED_HELP)
    assert only(room.truck("t-1", "arrived"), DismissTruck).reason in {"closed", "cancelled"}


def test_a_case_nobody_ever_knew_is_closed_too(room: Room) -> None:
    """A truck at it is told so; one that says anything else of it is not."""
    assert only(room.truck("t-1", "arrived", job="nobody/tow"), DismissTruck).case == "nobody"
    assert room.truck("t-1", "finished", job="nobody/tow") == []
    assert room.truck("t-1", "arrived", job="no job of ours") == []
