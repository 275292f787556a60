"""The desk whose policy says ``plan: insertion``: whom a free truck is sent to, and who waits for one that will be free."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.core.actions import Action, ReassignTow, RefusePlan, Replanned, SendTow
from dispatch.core.acts import TruckChosen, TruckPinned, TruckUnpinned
from dispatch.core.case import Case
from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.desk import Desk
from dispatch.core.events import Event, PlanProposed
from dispatch.core.plan.model import Level, PlannedRoute, Weights
from dispatch.core.policy import Policy
from dispatch.core.transitions import HelpState
from dispatch.ledger.fold import Fold
from dispatch.ledger.rows import Pen, Row, body_of
from dispatch.planner.proposing import proposal
from dispatch.views.casebook import Casebook
from gateway.finding import Drive, Place
from tests.dispatch.conftest import Room, none, only

OTHER = "volta/car-2/1-1"
TURNS = Policy(plan=Level.INSERTION, turns_round=True)
"""Of a house whose empty trucks turn round, which is not the usual."""


@pytest.fixture
def planned(room: Room) -> Room:
    """A room whose desk plans."""
    plain, room.desk = room, Desk(TURNS)
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
    """The routes that are remembered are written down as well."""
    planned.found()
    planned.found(key=OTHER, episode=OTHER, device="volta/car-2", customer="c-2", place=at(planned, 57.02))
    again = Desk(planned.desk.policy)
    again.stand(deepcopy(planned.desk.standing()))
    before = len(planned.told)
    lived = planned.truck("t-1", place=at(planned, 57.01))
    decided = [action for event, at_ in planned.told[before:] for _, action in again.handle(event, at_)]
    assert decided == lived
    assert only(lived, SendTow).truck == "t-1"


def under_way(room: Room, name: str = "t-1", **changes: object) -> None:
    """Have a truck on its way to the first case."""
    room.truck(name, place=at(room, 56.96))
    room.found(**changes)
    room.truck(name, "accepted", place=at(room, 56.96))


def breaks_down(room: Room, north: float, **changes: object) -> list[Action]:
    """Have another car break down."""
    return room.found(key=OTHER, episode=OTHER, device="volta/car-2", customer="c-2", place=at(room, north), **changes)


def test_an_empty_truck_turns_round_where_another_goes_to_whom_it_was_promised(planned: Room) -> None:
    """It passes the second car; a free truck beyond the first is there sooner. Who was promised one keeps one."""
    under_way(planned, place=at(planned, 57.30))
    planned.truck("t-2", place=at(planned, 57.35))
    decided = breaks_down(planned, 56.97)
    moved, sent, record = only(decided, ReassignTow), only(decided, SendTow), only(decided, Replanned)
    assert (moved.from_truck, moved.truck, sent.truck) == ("t-1", "t-2", "t-1")
    assert record.turned == ("t-1",)
    assert record.trigger == "new_job"
    assert record.cost_after < record.cost_before
    assert [truck.tow for truck in planned.desk.standing().trucks] == [sent.tow, moved.tow]


@pytest.mark.parametrize("why_not", ["threshold", "policy", "there", "left_without", "pinned"])
def test_a_truck_keeps_on_where_it_may_not_turn(planned: Room, why_not: str) -> None:
    """Too little is won, the house does not, it is loaded, nobody else would go, or a person pinned it."""
    policy = replace(TURNS, turns_round=why_not != "policy")
    planned.desk = Desk(policy)
    under_way(planned, place=at(planned, 57.10))
    if why_not == "pinned":
        planned.tell(TruckPinned(case=planned.desk.standing().cases[0].case, ref="r-1", by="anna", truck="t-1"))
    if why_not == "there":
        planned.truck("t-1", "arrived", place=at(planned, 56.96))
    if why_not != "left_without":
        planned.truck("t-2", place=at(planned, 56.972 if why_not == "threshold" else 57.12))
    decided = breaks_down(planned, 56.97, drive=Drive.YES)
    assert none(decided, ReassignTow)
    assert not any(one.turned for one in decided if isinstance(one, Replanned))


def test_a_truck_that_somebody_waits_for_by_a_persons_word_does_not_turn_to_them(planned: Room) -> None:
    """It goes where it was promised first, and then where it is pinned, while a nearer one stays free."""
    under_way(planned, place=at(planned, 57.10), drive=Drive.YES)
    breaks_down(planned, 56.97, drive=Drive.YES)
    pinned = planned.tell(TruckPinned(case=OTHER, ref="r-1", by="anna", truck="t-1"))
    assert none(pinned, ReassignTow)
    assert planned.desk.standing().routes["t-1"] == (OTHER,)
    decided = planned.truck("t-2", place=at(planned, 56.98))
    assert none(decided, SendTow)
    assert none(decided, ReassignTow)
    planned.truck("t-1", "arrived", place=at(planned, 57.10))
    assert only(planned.truck("t-1", "finished", place=at(planned, 57.10)), SendTow).case == OTHER


def test_what_a_person_wants_is_planned_with_at_once(planned: Room) -> None:
    """Pinned, one that waits waits for that truck, and the record says a person wanted it; unpinned, the plan is free again."""
    under_way(planned, drive=Drive.YES)
    planned.truck("t-1", "arrived")
    breaks_down(planned, 56.97, drive=Drive.YES)
    planned.truck("t-3", place=at(planned, 59.00), on_duty=False)
    assert planned.desk.standing().routes["t-1"] == (OTHER,)
    freed = only(planned.tell(TruckPinned(case=OTHER, ref="r-1", by="anna", truck="t-3")), Replanned)
    assert (freed.trigger, freed.routes) == ("person", (PlannedRoute("t-1", ()),))
    back = only(planned.tell(TruckUnpinned(case=OTHER, ref="r-2", by="anna")), Replanned)
    assert (back.trigger, back.routes) == ("person", (PlannedRoute("t-1", (OTHER,)),))
    planned.truck("t-3", place=at(planned, 59.00))
    sent = only(planned.tell(TruckChosen(case=OTHER, ref="r-3", by="anna", truck="t-3")), SendTow)
    assert (sent.truck, sent.case) == ("t-3", OTHER)


@pytest.mark.parametrize("level", [Level.INSERTION, Level.PARTITION])
def test_trucks_keep_on_unless_the_house_wants_otherwise(room: Room, level: Level) -> None:
    """Where few trucks are free, turning round makes some wait longer: it is to be asked for."""
    plain, room.desk = room, Desk(Policy(plan=level))
    for event, hour in plain.told:
        room.desk.handle(event, hour)
    under_way(room, place=at(room, 57.30))
    room.truck("t-2", place=at(room, 57.35))
    assert none(breaks_down(room, 56.97), ReassignTow)


@pytest.mark.parametrize(("gain_s", "turns"), [(0.0, True), (300.0, False)])
def test_how_much_turning_round_has_to_gain_says_the_policy(planned: Room, gain_s: float, turns: bool) -> None:  # noqa: FBT001
    """About a hundred seconds are to be won here."""
    planned.desk = Desk(replace(TURNS, plan_weights=Weights(moved_s=gain_s)))
    under_way(planned, place=at(planned, 57.10))
    planned.truck("t-2", place=at(planned, 56.972))
    assert none(breaks_down(planned, 56.97, drive=Drive.YES), ReassignTow) is not turns


def test_a_record_is_read_again(planned: Room) -> None:
    """What trucks are to do next, why that is another, and in the timeline of whom it concerns."""
    planned.truck("t-1", place=at(planned, 56.96))
    book, pen = Casebook(), Pen()
    for item, hour in played(planned, planned.found):
        book.feed(pen.write(item, hour))
    record = book.plan.replans[-1]
    case = record.moved[0].case
    assert (record.number, record.trigger, record.moved[0].truck) == (1, "new_job", "t-1")
    assert book.plan.routes == {"t-1": (case,)}
    assert any(one.what == "planned for t-1, as a truck is needed" for one in book.timeline(case))


def played(room: Room, act: Callable[[], object]) -> list[tuple[Event | Action, float]]:
    """Return what is told and decided while something is done."""
    told, decided = len(room.told), len(room.decided)
    act()
    return [*room.told[told:], *((action, hour) for hour, action in room.decided[decided:])]


STEPS = st.lists(st.tuples(st.sampled_from("fftttaadrn"), st.integers(0, 4), st.integers(0, 9)), max_size=40)
"""What, who, where: a fault, a truck's place, its yes, no, arrival and end."""
SAYS = {"a": "accepted", "d": "declined", "r": "arrived", "n": "finished"}


def step(room: Room, what: str, who: int, north: float) -> list[Action]:
    """Let one thing happen."""
    room.now += 60
    if what == "f":
        name = f"volta/car-{who}/1-1"
        drive = Drive.STOP_NOW if who % 2 else Drive.YES
        about: dict[str, object] = {"key": f"{name}x{len(room.told)}", "episode": name, "device": f"volta/car-{who}"}
        return room.found(**about, customer=f"c-{who}", place=at(room, north), drive=drive)
    mine = next((one for one in room.desk.standing().trucks if one.truck == f"t-{who}"), None)
    if what == "t" or mine is None or mine.tow is None:
        return room.truck(f"t-{who}", place=at(room, north))
    return room.truck(f"t-{who}", SAYS[what], job=mine.tow, place=mine.place)


def standing(room: Room) -> dict[str, Case]:
    """Return the open cases, as they stand now."""
    return {case.case: case for case in deepcopy(room.desk.standing().cases)}


@settings(max_examples=60, derandomize=True, deadline=None)
@given(steps=STEPS)
def test_no_loaded_truck_turns_and_nobody_who_was_promised_one_is_left_without(
    steps: list[tuple[str, int, int]],
) -> None:
    """Each truck has one job at the most, and what is folded of the rows plans as the desk does."""
    room = Room(Desk(TURNS))
    for what, who, where in steps:
        before = standing(room)
        for record in (one for one in step(room, what, who, 56.9 + where / 20) if isinstance(one, Replanned)):
            assert record.cost_after <= record.cost_before + 0.1
            for case in (case for case in before.values() if case.truck in record.turned):
                assert case.help is HelpState.PROMISED
                assert standing(room)[case.case].help in {HelpState.OFFERED, HelpState.DONE}
        jobs = [truck.tow for truck in room.desk.standing().trucks if truck.tow is not None]
        assert len(jobs) == len(set(jobs))
    folded = Fold(room.desk.policy, DECISIONS_VERSION)
    for row in rows_of(room):
        folded.feed(row)
    lived = room.desk.standing()
    assert (folded.standing().routes, folded.standing().replans) == (lived.routes, lived.replans)


def rows_of(room: Room) -> list[Row]:
    """Write down what was told and decided."""
    pen, again, rows = Pen(), Desk(room.desk.policy), list[Row]()
    for event, hour in room.told:
        cause = pen.write(event, hour)
        rows += [cause, *(pen.write(action, when, cause.seq) for when, action in again.handle(event, hour))]
    return rows


@pytest.fixture
def partitioned(planned: Room) -> Room:
    """A room whose desk takes plans that are proposed: one truck is at work, two cases wait for it, the nearer one first."""
    told = planned.told
    planned.desk, planned.told, planned.decided = Desk(Policy(plan=Level.PARTITION)), [], []
    for event, hour in told:
        planned.tell(event)
        assert hour == planned.now
    under_way(planned, drive=Drive.YES)
    planned.truck("t-1", "arrived")
    breaks_down(planned, 56.97, drive=Drive.YES)
    planned.found(
        key=THIRD, episode=THIRD, device="volta/car-3", customer="c-3", place=at(planned, 56.99), drive=Drive.YES
    )
    return planned


THIRD = "volta/car-3/1-1"


def proposed(room: Room, *cases: str, plan: int | None = None, truck: str = "t-1") -> list[Action]:
    """Propose a route for the truck."""
    number = room.desk.standing().replans if plan is None else plan
    return room.tell(PlanProposed(number, (PlannedRoute(truck, cases),)))


@pytest.mark.parametrize(
    ("cases", "plan", "truck", "why"),
    [
        ((OTHER, THIRD), 1, "t-1", "it is made for plan 1, and 3 holds by now"),
        ((OTHER, THIRD), None, "t-9", "there is no truck t-9 on duty"),
        ((OTHER,), None, "t-1", "waits, and the plan leaves it out"),
        ((OTHER, OTHER, THIRD), None, "t-1", "is given twice"),
        ((OTHER, THIRD, "volta/car-9/1-1"), None, "t-1", "does not wait any more"),
        ((THIRD, OTHER), None, "t-1", "no better than the plan that holds"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_and_said_so(
    partitioned: Room, cases: tuple[str, ...], plan: int | None, truck: str, why: str
) -> None:
    """All stays as it is, and the record says why."""
    before = partitioned.desk.standing().routes
    refused = only(proposed(partitioned, *cases, plan=plan, truck=truck), RefusePlan)
    assert why in refused.why
    assert partitioned.desk.standing().routes == before
    book = Casebook()
    book.feed(Pen().write(refused, partitioned.now))
    assert book.plan.refused[0].why == refused.why


def test_a_better_plan_is_gone_by(partitioned: Room) -> None:
    """What stood was worse; the truck is sent as was proposed once it is free, and a replay needs nobody who proposes."""
    partitioned.desk._plan.routes["t-1"] = (THIRD, OTHER)
    record = only(proposed(partitioned, OTHER, THIRD), Replanned)
    assert record.trigger == "proposal"
    assert record.cost_after < record.cost_before
    assert partitioned.desk.standing().routes["t-1"] == (OTHER, THIRD)
    assert only(partitioned.truck("t-1", "finished"), SendTow).case == OTHER


def test_what_the_worker_proposes_is_never_worse_and_fits(partitioned: Room) -> None:
    """It is adopted, or there is nothing better."""
    partitioned.desk._plan.routes["t-1"] = (THIRD, OTHER)
    found = proposal(partitioned.desk.to_propose(partitioned.now))
    assert found is not None
    assert only(partitioned.tell(found), Replanned).trigger == "proposal"
    assert proposal(partitioned.desk.to_propose(partitioned.now)) is None


def test_a_truck_whose_shift_ends_is_spared_where_another_is_little_further(planned: Room) -> None:
    """Its way home included; one whose shift nobody told of never ends."""
    near, far = at(planned, 56.951), at(planned, 56.98)
    planned.truck("ends", place=near, shift_end=planned.now + 600, home=(57.3, 24.1))
    planned.truck("goes on", place=far, shift_end=planned.now + 8 * 3600, home=(57.3, 24.1))
    assert only(planned.found(), SendTow).truck == "goes on"
    other = {"key": OTHER, "episode": OTHER, "device": "volta/car-2", "customer": "c-2"}
    planned.truck("ends", place=near, on_duty=False)
    planned.truck("ends", place=near)
    assert only(planned.found(**other), SendTow).truck == "ends"
