"""A house that asks contractors by itself: for whom, when, one after the other, and what is left where all decline."""

from __future__ import annotations

from copy import deepcopy

import pytest

from dispatch.core.actions import Action, EscalateCase, PlaceOrder, SendTow, WithdrawRequest
from dispatch.core.acts import TruckPinned
from dispatch.core.desk import Desk
from dispatch.core.events import OrderAnswered, OrderFulfilled, SupplierOpened
from dispatch.core.plan.model import Level
from dispatch.core.policy import Policy
from dispatch.core.transitions import HelpState
from dispatch.policy_model.house_policy import HousePolicy
from gateway.finding import Place
from tests.dispatch.conftest import START, Room, all_of, none, only
from tests.dispatch.test_acts import CASE, act, case_of

OTHER = "volta/car-2/1-1"
DUE_S = Policy().due_s
PLANS = Policy(plan=Level.INSERTION, contractor_late_s=300.0)
NEAREST = Policy(contractor_late_s=300.0)


def house(policy: Policy) -> Room:
    """Return a room with two contractors, the first of them nearer."""
    room = Room(Desk(policy))
    for name, north in (("near-tow", 56.96), ("far-tow", 57.2), ("goods", 56.95)):
        serves = ("supplies",) if name == "goods" else ("tow",)
        room.tell(SupplierOpened(name, serves, north, 24.1, "simulated"))
    return room


def says(room: Room, attempt: int, *, accepted: bool, case: str = CASE) -> list[Action]:
    """A contractor answers."""
    at = room.now + 1_200 if accepted else None
    return room.tell(OrderAnswered(f"{case}/order", attempt, accepted=accepted, arrives_at=at))


def busy_for_long(room: Room) -> None:
    """One truck, loaded, with another customer before this one."""
    room.truck("ours", place=Place(56.95, 24.10, 10, room.now, "gnss"))
    room.found(
        key=OTHER, episode=OTHER, device="volta/car-2", customer="c-2", place=Place(57.9, 24.1, 8.0, START, "gnss")
    )
    room.truck("ours", "accepted", job=f"{OTHER}/tow")


def test_whom_the_plan_reaches_too_late_a_contractor_is_asked_for_at_once() -> None:
    """The only truck is two hours away from being free: nobody waits until help is late in fact."""
    room = house(PLANS)
    busy_for_long(room)
    asked = only(room.found(), PlaceOrder)
    assert (asked.what, asked.supplier, asked.attempt) == ("tow", "near-tow", 1)


def test_whom_the_plan_reaches_in_time_nobody_is_asked_for() -> None:
    """The truck is soon through around the corner."""
    room = house(PLANS)
    room.truck("ours")
    room.found(key=OTHER, episode=OTHER, device="volta/car-2", customer="c-2")
    room.truck("ours", "accepted", job=f"{OTHER}/tow")
    assert none(room.found(), PlaceOrder)


def test_without_a_truck_that_can_contractors_are_asked() -> None:
    """No truck of ours tows."""
    room = house(PLANS)
    room.truck("patrol", skills=("tyre",))
    assert only(room.found(), PlaceOrder).supplier == "near-tow"


def test_by_nearest_pair_who_is_late_in_fact_is_given_to_a_contractor() -> None:
    """No plan says so before."""
    room = house(NEAREST)
    assert none(room.found(), PlaceOrder)
    assert none(room.wait(DUE_S + 299), PlaceOrder)
    assert only(room.wait(1), PlaceOrder).supplier == "near-tow"


@pytest.mark.parametrize("answer", ["declines", "is silent"])
def test_the_next_is_asked_and_where_all_decline_our_trucks_are_looked_for(answer: str) -> None:
    """A person is told only then; whoever waits goes on waiting, and our truck comes as soon as there is one."""
    room = house(PLANS)
    room.found()
    first = says(room, 1, accepted=False) if answer == "declines" else room.wait(300)
    assert only(first, PlaceOrder).supplier == "far-tow"
    assert "no_contractor" not in [one.reason for one in all_of(first, EscalateCase)]
    last = says(room, 2, accepted=False) if answer == "declines" else room.wait(300)
    assert none(last, PlaceOrder)
    assert "no_contractor" in [one.reason for one in all_of(last, EscalateCase)]
    assert case_of(room).help is HelpState.WAITING
    assert only(room.truck("ours"), SendTow).case == CASE


def test_a_contractor_that_comes_ends_the_search_and_helps() -> None:
    """No truck goes, and nobody else is asked; when it says that it is done the case can close."""
    room = house(PLANS)
    room.found()
    says(room, 1, accepted=True)
    assert case_of(room).help is HelpState.CONTRACTED
    assert none(room.truck("ours"), SendTow, PlaceOrder)
    room.tell(OrderFulfilled(f"{CASE}/order"))
    assert case_of(room).help is HelpState.DONE


def test_our_truck_that_says_yes_first_goes() -> None:
    """The contractor that has not answered is told that it is out, and the next is not asked."""
    room = house(PLANS)
    room.found()
    room.truck("ours")
    yes = room.truck("ours", "accepted")
    assert only(yes, WithdrawRequest).reason == "our_truck_comes"
    assert none(says(room, 1, accepted=False), PlaceOrder)


def test_who_waits_for_a_pinned_truck_waits_for_it() -> None:
    """A person's word goes before."""
    room = house(NEAREST)
    busy_for_long(room)
    room.found()
    room.tell(act(TruckPinned, truck="ours"))
    assert none(room.wait(DUE_S + 400), PlaceOrder)


def test_usually_only_a_person_asks_one() -> None:
    """As before."""
    room = house(Policy(plan=Level.INSERTION))
    room.found()
    assert none(room.wait(4 * 3600), PlaceOrder)


def test_a_desk_that_was_written_down_asks_alike() -> None:
    """The look that is due stands in the snapshot."""
    room = house(NEAREST)
    room.found()
    again = Desk(NEAREST)
    again.stand(deepcopy(room.desk.standing()))
    at = room.now + DUE_S + 300
    assert again.wake(at) == room.desk.wake(at)


def test_it_stands_in_a_policy_file() -> None:
    """Left out: nobody; given: after so long."""
    assert HousePolicy().desk().contractor_late_s is None
    house_policy = HousePolicy.model_validate({"contractor_late": "10 min"})
    assert house_policy.desk().contractor_late_s == 600
    assert house_policy.written() == {"contractor_late": "600.0 s"}
