"""The desk whose policy says ``plan: insertion``: whom a free truck is sent to, and who waits for one that will be free."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import pytest

from dispatch.core.actions import ReassignTow, SendTow
from dispatch.core.desk import Desk
from dispatch.core.plan.model import Level
from dispatch.core.policy import Policy
from dispatch.ledger.rows import body_of
from gateway.finding import Place
from tests.dispatch.conftest import none, only

if TYPE_CHECKING:
    from conftest import Room

OTHER = "volta/car-2/1-1"


@pytest.fixture
def planned(room: Room) -> Room:
    """A room whose desk plans."""
    plain, room.desk = room, Desk(Policy(plan=Level.INSERTION))
    for event, at in plain.told:
        room.desk.handle(event, at)
    return room


def at(room: Room, north: float) -> Place:
    """Return a place so far north."""
    return Place(north, 24.10, 10, room.now, "gnss")


def test_a_truck_that_is_soon_free_around_the_corner_is_waited_for(planned: Room) -> None:
    """The only free one is an hour away; and it goes at once where none is soon free."""
    planned.truck("near", place=at(planned, 56.96))
    planned.found(key=OTHER, episode=OTHER, device="volta/car-2", customer="c-2")
    planned.truck("near", "accepted", job=f"{OTHER}/tow")
    planned.truck("near", "arrived", job=f"{OTHER}/tow")
    planned.wait(900)
    planned.truck("far", place=at(planned, 57.35))
    assert none(planned.found(), SendTow)
    assert only(planned.truck("near", "finished", job=f"{OTHER}/tow"), SendTow).truck == "near"


def test_without_another_the_far_truck_goes_at_once(planned: Room) -> None:
    """Nobody waits for nothing."""
    planned.truck("far", place=at(planned, 57.35))
    assert only(planned.found(), SendTow).truck == "far"


def test_who_declines_is_replaced(planned: Room) -> None:
    """By the next of the plan; and why that one stands with the decision."""
    planned.truck("t-1")
    planned.truck("t-2", place=at(planned, 56.99))
    planned.found()
    planned.truck("unable", skills=("crane",))
    moved = only(planned.truck("t-1", "declined"), ReassignTow)
    assert moved.truck == "t-2"
    assert {one.truck: one.state for one in moved.why} == {"t-1": "declined", "unable": "unable", "t-2": "chosen"}
    assert moved.why[-1].metres == pytest.approx(4_454 * 1.3, rel=0.01)
    assert moved.why[-1].eta == moved.eta
    assert '"why":[{"truck":' in body_of(moved)


def test_a_desk_that_was_written_down_plans_alike(planned: Room) -> None:
    """Nothing of a plan is remembered, so nothing of it is lost."""
    planned.found()
    planned.found(key=OTHER, episode=OTHER, device="volta/car-2", customer="c-2", place=at(planned, 57.02))
    again = Desk(planned.desk.policy)
    again.stand(deepcopy(planned.desk.standing()))
    before = len(planned.told)
    lived = planned.truck("t-1", place=at(planned, 57.01))
    decided = [action for event, at_ in planned.told[before:] for _, action in again.handle(event, at_)]
    assert decided == lived
    assert only(lived, SendTow).truck == "t-1"
