"""In a country, a truck helps those around it in turn before it drives to the other end of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.core.actions import SendTow
from dispatch.core.desk import Desk
from dispatch.core.policy import Policy
from dispatch.policy_model.house_policy import HousePolicy
from gateway.finding import Place
from tests.dispatch.conftest import only

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Room


def at(room: Room, kilometres: float) -> Place:
    """Return a place so far north of Riga."""
    return Place(56.95 + kilometres / 111.2, 24.10, 8.0, room.now, "gnss")


def breaks(room: Room, number: int, kilometres: float) -> str:
    """Somebody's car breaks down so far north; a minute passes. Returns the case."""
    key = f"volta/car-{number}/1-1"
    where = at(room, kilometres)
    room.found(key=key, episode=key, device=f"volta/car-{number}", customer=f"c-{number}", place=where)
    room.wait(60.0)
    return key


def goes_to(room: Room, truck: str, kilometres: float) -> str:
    """A truck comes on duty there; return whom it is sent to."""
    return only(room.truck(truck, place=at(room, kilometres)), SendTow).case


def test_who_waits_nearby_is_helped_before_who_waits_longer_far_away(room: Room) -> None:
    """Each truck serves its part of the country, whoever waits longest there first."""
    longest = breaks(room, 1, 300.0)
    first, second = breaks(room, 2, 20.0), breaks(room, 3, 2.0)
    assert goes_to(room, "here-1", 0.0) == first
    assert goes_to(room, "here-2", 0.0) == second
    assert goes_to(room, "there", 290.0) == longest


def test_nobody_waits_while_a_truck_is_free(room: Room) -> None:
    """Where nobody waits within its reach, a truck goes to the nearest who does, however far that is."""
    breaks(room, 1, 400.0)
    nearer = breaks(room, 2, 90.0)
    assert goes_to(room, "here", 0.0) == nearer
    assert goes_to(room, "here-too", 0.0) == "volta/car-1/1-1"


def test_within_reach_who_waits_longest_is_first(bare: Callable[[], Room]) -> None:
    """How far that is, the house says: by one that sees to a whole country from one place nothing is beyond it."""
    assert HousePolicy().desk().truck_reach_m == Policy().truck_reach_m == 25_000
    wide = HousePolicy.model_validate({"truck_reach": "1000 km"})
    room = bare()
    room.desk = Desk(wide.desk())
    longest = breaks(room, 1, 300.0)
    breaks(room, 2, 40.0)
    assert goes_to(room, "here", 0.0) == longest
    assert wide.written() == {"truck_reach": "1000000.0 m"}
