"""What trucks are to do next, as the page gets it, and each time that the plan became another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dispatch.core.acts import CaseCancelled, TruckPinned
from dispatch.core.desk import Desk
from dispatch.core.distance import Point
from dispatch.core.plan.model import Level
from dispatch.core.policy import Policy
from dispatch.ledger.rows import Pen
from dispatch.views.casebook import Casebook
from dispatch.views.picture.picture import Picture
from dispatch.views.picture.planned import planned_facts, replan_facts, towed
from gateway.finding import Help, Place, Remedy
from tests.dispatch.conftest import START, Room

TOW = Remedy(Help.TOW, "tow", 900, 3_600)
PLANNED = Policy(plan=Level.INSERTION, unhooking_s=540.0)


def read_from(room: Room, policy: Policy) -> Casebook:
    """Return the casebook of what a desk was told and decided."""
    book, pen, desk = Casebook(), Pen(), Desk(policy)
    for event, at in room.told:
        for due, action in desk.wake(at):
            book.feed(pen.write(action, due))
        cause = pen.write(event, at)
        book.feed(cause)
        for due, action in desk.handle(event, at):
            book.feed(pen.write(action, due, cause.seq))
    return book


def seconds(start: Point, end: Point) -> float:
    """One second for each metre or so."""
    return round((abs(start[0] - end[0]) + abs(start[1] - end[1])) * 111_000)


@pytest.fixture
def crowded(room: Room) -> Room:
    """One truck that said yes, and two more cars that wait for it: one of them is to be towed."""
    room.desk = Desk(PLANNED)
    for event, at in room.told:
        room.desk.handle(event, at)
    room.truck("t-1")
    room.found()
    room.truck("t-1", "accepted")
    for number in (2, 3):
        name = f"volta/car-{number}/1-7"
        place = Place(56.95 + 0.01 * number, 24.10, 8.0, START, "gnss")
        remedy = {"remedy": TOW} if number == 3 else {}
        room.found(key=name, episode=name, device=f"volta/car-{number}", customer=f"c-{number}", place=place, **remedy)
    return room


def test_the_jobs_behind_the_one_at_hand_are_told_with_how_long_each_part_takes(crowded: Room) -> None:
    """From where the truck leaves the first; a tow ends at its workshop, where the car comes off the truck."""
    found = planned_facts(read_from(crowded, PLANNED), seconds, PLANNED)
    assert set(found) == {"t-1"}
    near, tow = found["t-1"]["jobs"]
    assert near == ["volta/car-2/1-7", 2_220, 1_200, 0, 0], "from the car that it is at"
    assert tow[:3] == ["volta/car-3/1-7", 1_110, 900]
    assert tow[3:] == [5_550, 540.0], "to the nearest workshop, and unhooked there"


def test_a_truck_that_a_person_pinned_has_the_job_to_come_where_the_house_plans_nothing(room: Room) -> None:
    """It is busy, and the case waits for it."""
    room.truck("t-1")
    room.found()
    other = "volta/car-2/1-7"
    room.found(key=other, episode=other, device="volta/car-2", customer="c-2")
    room.tell(TruckPinned(case=other, ref="r-1", by="user/anna", truck="t-1"))
    found = planned_facts(read_from(room, Policy()), seconds, Policy())
    assert [job[0] for job in found["t-1"]["jobs"]] == [other]


def test_who_goes_home_when_is_told_and_held(room: Room) -> None:
    """Told once, it holds while the truck is on duty."""
    room.truck("t-1", shift_end=START + 3_600)
    room.truck("t-1")
    picture = Picture(Policy(), str)
    picture.draw(read_from(room, Policy()))
    assert picture.parts["trucks"]["t-1"]["ends"] == START + 3_600
    room.truck("t-1", on_duty=False)
    picture.draw(read_from(room, Policy()))
    assert picture.parts["trucks"]["t-1"]["ends"] is None


def test_each_record_of_the_plan_is_told_with_what_moved_and_how_long_it_took(crowded: Room) -> None:
    """How long is the machine's to say: what no process measured is not known, and the rest is the same in a replay."""
    book = read_from(crowded, PLANNED)
    found = replan_facts(book.plan, {"1": 12.5})
    first = found["1"]
    assert first["trigger"] == "a truck is needed"
    assert (first["ms"], found[str(len(book.plan.replans))]["ms"]) == (12.5, None)
    assert all(one["after"] <= one["before"] for one in found.values())
    assert ["volta/car-2/1-7", None, "t-1"] in [moved for one in found.values() for moved in one["moved"]]
    again = replan_facts(read_from(crowded, PLANNED).plan, {})
    assert {name: replace_ms(one) for name, one in found.items()} == again


def replace_ms(fact: dict[str, object]) -> dict[str, object]:
    """Return a record without how long it took."""
    return fact | {"ms": None}


@pytest.mark.parametrize("known", [True, False])
def test_a_tow_lasts_as_long_as_the_way_to_its_workshop(room: Room, known: bool) -> None:  # noqa: FBT001 - a parameter
    """Where nobody knows where that is, nobody knows how long."""
    room.truck("t-1")
    room.found(remedy=TOW)
    book = read_from(room, Policy())
    (case,) = book.open_cases()
    assert case.help is not None
    if not known:
        case.help = replace(case.help, tow_to="elsewhere")
    assert (towed(case, book.workshops, seconds) is not None) is known


def _bars(room: Room) -> Iterator[str]:
    picture = Picture(Policy(), str)
    picture.draw(read_from(room, Policy()))
    yield from (bar["state"] for bar in picture.parts["bars"].values())


@pytest.mark.parametrize("by", ["the crew", "a dispatcher"])
def test_who_does_not_come_any_more_has_no_bar_that_grows(room: Room, by: str) -> None:
    """It declines after all, or the case is cancelled: the truck drives there no more."""
    room.truck("t-1")
    room.found()
    assert list(_bars(room)) == ["offered"]
    room.truck("t-1", "accepted")
    assert list(_bars(room)) == ["promised"]
    if by == "the crew":
        room.truck("t-1", "declined")
    else:
        room.tell(CaseCancelled(case="volta/car-1/1-7", ref="r-1", by="user/anna", reason="a mistake"))
    assert list(_bars(room)) == []
