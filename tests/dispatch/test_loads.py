"""What it takes to take a car along: which truck is sent, and that a second one goes where the first crew finds that it cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dispatch.core.actions import EscalateCase, ReassignTow, SendTow
from dispatch.core.acts import TruckChosen
from dispatch.core.desk import Desk
from dispatch.core.events import TruckReported
from dispatch.core.objections import Ground
from dispatch.core.plan.model import Level
from dispatch.core.policy import Policy
from dispatch.ledger.rows import Pen, body_of, read
from gateway.finding import Carries, Help, Load, Place, Remedy, TruckReport
from tests.dispatch.conftest import START, Room, all_of, none, only
from tests.dispatch.test_acts import CASE, act, ground

TOW = Remedy(Help.TOW, "tow", 900, 0)
FLATBED = replace(TOW, tow_type="flatbed")
SMALL, WHEELS = Carries((), 2_500.0), Carries(("all_wheels_up",), 3_500.0)
OTHER = "volta/car-2/1-1"
NEAR, FAR = (Place(north, 24.10, 10, START, "gnss") for north in (56.96, 57.05))


@pytest.fixture(params=[Level.NEAREST, Level.INSERTION], ids=str)
def yard(request: pytest.FixtureRequest) -> Room:
    """A small truck around the corner and a large one further off."""
    room = Room(Desk(Policy(plan=request.param)))
    room.truck("small", place=NEAR, carries=SMALL)
    room.truck("large", place=FAR, carries=WHEELS)
    return room


@pytest.mark.parametrize(
    "needs", [{"load": Load(("all_wheels_up",))}, {"load": Load((), 3_200.0)}, {"remedy": FLATBED}], ids=str
)
def test_a_job_gets_a_truck_that_can(yard: Room, needs: dict[str, object]) -> None:
    """By the register, or as what is broken keeps its wheels from turning."""
    assert only(yard.found(**{"remedy": TOW} | needs), SendTow).truck == "large"


def test_what_any_truck_takes_goes_to_the_nearest(yard: Room) -> None:
    """And what is mended where it stands, whatever it would take to take it along."""
    assert only(yard.found(remedy=TOW), SendTow).truck == "small"
    other = {"key": OTHER, "episode": OTHER, "device": "volta/car-2", "place": FAR, "load": Load((), 9_000.0)}
    assert only(yard.found(**other), SendTow).truck == "large"


def test_a_truck_of_which_nothing_is_registered_takes_everything(yard: Room) -> None:
    """As it always was."""
    yard.truck("unknown", place=NEAR, carries=None)
    assert only(yard.found(remedy=FLATBED, load=Load(("high_voltage",), 9_000.0)), SendTow).truck == "unknown"


def test_where_the_crew_finds_that_it_cannot_another_goes(yard: Room) -> None:
    """The register knew nothing of it. The next is not the nearest, but one that can."""
    yard.truck("small-too", place=NEAR, carries=SMALL)
    yard.found(remedy=TOW)
    yard.truck("small", "accepted", carries=SMALL)
    yard.truck("small", "arrived", carries=SMALL)
    moved = yard.truck("small", "declined", carries=SMALL, load=Load(("all_wheels_up",), 1_900.0))
    assert only(moved, ReassignTow).truck == "large"


def test_where_no_truck_can_a_person_is_told_and_the_case_waits(yard: Room) -> None:
    """One that can is sent as soon as it is there."""
    assert none(yard.found(remedy=TOW, load=Load(("high_voltage",))), SendTow)
    assert "no_truck_with_skill" in [one.reason for one in all_of(yard.wait(1_800), EscalateCase)]
    assert only(yard.truck("trained", carries=Carries(("high_voltage",))), SendTow).truck == "trained"


def test_a_dispatcher_cannot_send_a_truck_that_cannot(yard: Room) -> None:
    """It is said what it takes."""
    yard.found(remedy=TOW, load=Load(("all_wheels_up",), 3_200.0))
    assert ground(yard, act(TruckChosen, truck="small")) is Ground.TRUCK_UNABLE
    states = {one.truck: one.state for one in yard.desk.candidates(CASE, yard.now)}
    assert states == {"large": "sent", "small": "unable"}
    assert str(Load(("all_wheels_up",), 3_200.0)) == "all wheels up, 3200 kg"


def test_a_report_is_written_as_it_always_was_where_nothing_is_registered() -> None:
    """And reads again with all that is."""
    plain = TruckReport("t/1-1", "t", NEAR, on_duty=True, skills=("tow",), provenance="simulated")
    assert "carries" not in body_of(TruckReported(plain))
    assert "load" not in body_of(TruckReported(plain))
    told = TruckReported(replace(plain, carries=WHEELS, load=Load(("high_voltage",), 1.0)))
    assert read(Pen().write(told, START)) == told
