"""The index: which call is placed next, by a model of when customers phone that is adopted as an event."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from math import exp, log
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from dispatch.core.actions import Action, AssignCall
from dispatch.core.acts import CallHastened
from dispatch.core.call_order.hazards import USUAL, Hazard, HazardModel, classes_of
from dispatch.core.call_order.index import Placeable, by_index, in_order
from dispatch.core.desk import Desk
from dispatch.core.events import CallEnded, HazardsAdopted, Outcome
from dispatch.core.policy import CallOrder, Policy
from dispatch.ledger.fold import Fold
from dispatch.ledger.rows import Pen, body_of, read
from dispatch.policy_model.house_policy import HousePolicy
from dispatch.service.hazards_file import read_hazards, to_adopt, write_hazards
from dispatch.service.policy_file import BadPolicyFile
from dispatch.views.timeline import line
from gateway.errors import CallaheadError
from gateway.finding import Domain, Drive, Severity

if TYPE_CHECKING:
    from conftest import Room

INDEX = Policy(call_order=CallOrder.INDEX)
SOON = HazardModel("soon", (Hazard("any", 600.0, 0.5, 300.0),), (0.7, 0.3), 15.0, 380.0)
"""Whoever waits is the likeliest to phone ten minutes after the fault; later ever less."""


@pytest.fixture
def by_index_room(bare: Callable[[], Room]) -> Room:
    """A desk that goes by the index and knows nobody."""
    room = bare()
    room.desk = Desk(INDEX)
    return room


def broken(room: Room, name: str, **changes: object) -> str:
    """Something of another customer breaks; returns the call."""
    device = f"volta/{name}"
    calm: dict[str, object] = {"drive": Drive.TO_WORKSHOP, "severity": Severity.MEDIUM}
    room.found(
        **(calm | {"key": f"{device}/1-1", "episode": f"{device}/1-1", "device": device, "customer": name} | changes)
    )
    return f"{device}/1-1/call"


def served(actions: list[Action]) -> list[str]:
    """Return whom agents were given."""
    return [action.call for action in actions if isinstance(action, AssignCall)]


# --- how likely somebody is to phone -----------------------------------------------------------------------------------


def lognormal(hazard: Hazard, seconds: float) -> float:
    """The distribution function, by the standard library's normal one."""
    return NormalDist().cdf(log(seconds / hazard.median_s) / hazard.sigma)


@pytest.mark.parametrize("since_s", [1.0, 60.0, 300.0, 1_200.0, 5_000.0])
def test_the_probability_is_that_of_somebody_who_has_not_phoned_yet(since_s: float) -> None:
    """P(T <= t + 120 | T > t), by another way to reckon it."""
    hazard = Hazard("any", 300.0, 0.8, 300.0)
    begun, then = lognormal(hazard, since_s), lognormal(hazard, since_s + 120)
    assert hazard.phones(since_s, 120) == pytest.approx((then - begun) / (1 - begun), rel=1e-6)


def test_a_log_normal_hazard_falls_late() -> None:
    """Who has waited longest is not the likeliest to phone next; far out the probability is a number all the same."""
    hazard = USUAL.hazard(None)
    by_age = [hazard.phones(since, 120) for since in (0, 60, 600, 3_600, 86_400, 1e9, 1e300)]
    assert by_age[0] < by_age[1] < by_age[2] > by_age[3] > by_age[4] > by_age[5]
    assert all(0 <= one <= 1 for one in by_age)


def test_the_narrowest_class_that_is_known_holds(room: Room) -> None:
    """A part's, else its kind's or domain's, else any's."""
    room.found()
    finding = room.desk._cases.by_name["volta/car-1/1-7"].finding
    assert classes_of(finding) == ("vehicle/battery_12v", "vehicle", "vehicle", "any")
    part = Hazard("vehicle/battery_12v", 60.0, 0.5, 300.0)
    assert USUAL.hazard(finding).of == "vehicle"
    assert replace(USUAL, classes=(*USUAL.classes, part)).hazard(finding) is part
    assert USUAL.hazard(replace(finding, domain=Domain.APPLIANCE, kind="kettle")).of == "appliance"
    assert SOON.hazard(finding).of == "any"


# --- the index ------------------------------------------------------------------------------------------------------------


def exponential(name: str, mean_s: float, talk_s: float, reward: float = 1.0) -> Placeable:
    """Somebody who phones at a constant hazard."""
    return Placeable(name, reward, talk_s, lambda within_s: 1 - exp(-within_s / mean_s))


def test_with_equal_talks_the_largest_hazard_goes_first() -> None:
    """And a car that must stop before one that is likelier to phone, up to three times as likely."""
    calls = [exponential("slow", 1_200, 240), exponential("fast", 300, 240), exponential("mid", 600, 240)]
    assert [one.name for one in in_order(calls)] == ["fast", "mid", "slow"]
    assert by_index([*calls, exponential("stop", 600, 240, reward=3.0)])[0].name == "stop"


def test_in_the_same_time_more_short_talks_go_first() -> None:
    """The index is for each second of an agent."""
    assert in_order([exponential("long", 600, 900), exponential("short", 600, 120)])[0].name == "short"


def test_nobody_waits_and_one_waits() -> None:
    """Neither is a special case."""
    assert in_order([]) == []
    (one,) = in_order([exponential("a", 600, 900)])
    assert one.name == "a"


# --- at the desk -----------------------------------------------------------------------------------------------------------


def test_the_index_is_reckoned_anew_at_each_assignment(by_index_room: Room) -> None:
    """Whose customer is the likeliest to phone: not who waits longest, and another one later."""
    room = by_index_room
    room.tell(HazardsAdopted(replace(SOON, classes=(Hazard("any", 300.0, 0.3, 300.0),))))
    old = broken(room, "old")
    room.wait(290)
    young = broken(room, "young")
    assert served(room.agent("agent-1")) == [old]  # about to phone; the young one just broke
    room.connected(old)
    room.wait(180)
    late = broken(room, "late")
    assert served(room.agent("agent-2")) == [young]
    assert served(room.agent("agent-3")) == [late]


def test_by_due_time_the_same_calls_are_served_as_ever(bare: Callable[[], Room]) -> None:
    """The usual policy knows no hazards, whatever was adopted."""
    room = bare()
    room.tell(HazardsAdopted(SOON))
    mild = broken(room, "mild", severity=Severity.LOW)
    worse = broken(room, "worse", severity=Severity.HIGH)
    assert [served(room.agent(f"agent-{number}")) for number in (1, 2)] == [[worse], [mild]]


def test_a_car_that_must_stop_counts_three_times(by_index_room: Room) -> None:
    """At the same age."""
    broken(by_index_room, "drives")
    stops = broken(by_index_room, "stops", drive=Drive.STOP_NOW)
    assert served(by_index_room.agent()) == [stops]


def test_nobody_waits_for_ever(by_index_room: Room) -> None:
    """A fridge whose owner will hardly phone goes before all once it has waited for the cap; not a second sooner."""
    room = by_index_room
    fridge = broken(room, "fridge", domain=Domain.APPLIANCE)
    room.wait(INDEX.call_cap_s - 1)
    car = broken(room, "car")
    assert room.desk.calls_in_turn(room.now) == [car, fridge]
    room.wait(1)
    assert room.desk.calls_in_turn(room.now) == [fridge, car]
    assert served(room.agent()) == [fridge]


def test_whom_a_dispatcher_wants_rung_goes_first(by_index_room: Room) -> None:
    """Before everybody, also who waits for longer than the cap."""
    room = by_index_room
    capped = broken(room, "fridge", domain=Domain.APPLIANCE)
    room.wait(INDEX.call_cap_s)
    wanted = broken(room, "other", domain=Domain.APPLIANCE)
    room.tell(CallHastened(case=wanted.removesuffix("/call"), ref="ref-1", by="anna"))
    assert room.desk.calls_in_turn(room.now) == [wanted, capped]


def test_who_holds_the_line_stands_in_the_same_order(by_index_room: Room) -> None:
    """A car that is about to phone goes before a caller, and a caller before one whose owner has hours."""
    room = by_index_room
    car = broken(room, "car", drive=Drive.STOP_NOW)
    fridge = broken(room, "fridge", domain=Domain.APPLIANCE)
    room.wait(120)
    room.phones("somebody")
    assert room.desk.calls_in_turn(room.now) == [car, "in/1", fridge]


def hangs_up(room: Room, customer: str, ref: str) -> None:
    """They ring in, and hang up unheard."""
    room.phones(customer, ref)
    room.tell(CallEnded(ref, 1, Outcome.ABANDONED), 60)


def test_who_must_stop_and_rings_again_waits_on(by_index_room: Room) -> None:
    """From their first call on, however often they hang up: not who may drive on, and not who was rung in vain meanwhile."""
    room = by_index_room
    broken(room, "stops", drive=Drive.STOP_NOW, domain=Domain.APPLIANCE)
    drives = broken(room, "drives", domain=Domain.APPLIANCE)
    hangs_up(room, "stops", "in/1")
    hangs_up(room, "drives", "in/2")
    room.wait(INDEX.call_cap_s - 300)
    car = broken(room, "car", drive=Drive.STOP_NOW)
    room.wait(120)
    room.phones("stops", "in/3")
    assert room.desk.calls_in_turn(room.now) == [car, "in/3", drives]
    room.wait(60)
    assert room.desk.calls_in_turn(room.now) == ["in/3", car, drives]
    assert served(room.agent()) == ["in/3"]
    room.connected("in/3")
    assert not [one for one in room.desk.standing().unheard if one.customer == "stops"]


def test_who_rang_already_counts_as_who_holds_the_line(by_index_room: Room) -> None:
    """They can no more be rung before they phone."""
    room = by_index_room
    call = broken(room, "rang")
    hangs_up(room, "rang", "in/1")
    rang = room.desk._calls._turns.placeable(room.desk._calls.calls[call], room.now)
    assert rang.reward == 0.7 * 0.5
    room.agent()
    room.tell(CallEnded(call, 2, Outcome.NO_ANSWER))  # they were rung, if in vain
    assert not room.desk.standing().unheard


def test_who_hung_up_long_ago_begins_anew(by_index_room: Room) -> None:
    """An hour later it is another matter."""
    room = by_index_room
    hangs_up(room, "somebody", "in/1")
    room.wait(3_700)
    room.phones("somebody", "in/2")
    (waits,) = room.desk.standing().unheard
    assert (waits.since, waits.times) == (room.now, 1)


def test_callers_among_themselves_are_served_as_they_came(by_index_room: Room) -> None:
    """They are alike: first come, first served, as Erlang's formulas have it."""
    for number in range(12):
        by_index_room.phones(f"caller-{number}", f"in/{number:02}")
        by_index_room.wait(1)
    assert by_index_room.desk.calls_in_turn(by_index_room.now) == [f"in/{number:02}" for number in range(12)]


def test_who_did_not_answer_is_less_likely_to(by_index_room: Room) -> None:
    """But an attempt that fails costs a ring and no talk: both count."""
    room = by_index_room
    first = broken(room, "first")
    room.agent()
    attempt = room.desk._calls._turns.placeable(room.desk._calls.calls[first], room.now)
    assert attempt.reward == 0.7
    assert attempt.attempt_s == pytest.approx(0.7 * 300 + 0.3 * 15)
    room.tell(CallEnded(first, 1, Outcome.NO_ANSWER))
    again = room.desk._calls._turns.placeable(room.desk._calls.calls[first], room.now)
    assert (again.reward, again.attempt_s) == (0.35, pytest.approx(0.35 * 300 + 0.65 * 15))


# --- adopted as an event -----------------------------------------------------------------------------------------------------


def test_a_desk_that_stood_elsewhere_goes_by_the_same_model(by_index_room: Room) -> None:
    """Written down and taken up, and folded from the rows."""
    room, pen, fold = by_index_room, Pen(), Fold(INDEX)
    room.tell(HazardsAdopted(SOON))
    again = Desk(INDEX)
    again.stand(room.desk.standing())
    assert again.hazards == SOON
    fold.feed(pen.write(HazardsAdopted(USUAL), 1.0))
    fold.feed(pen.write(HazardsAdopted(SOON), 2.0))
    assert fold.standing().hazards == SOON
    assert Fold.after(INDEX, fold.standing(), 4).standing().hazards == SOON


def test_the_row_has_the_whole_model() -> None:
    """A replay needs no file; a timeline says which."""
    row = Pen().write(HazardsAdopted(SOON), 1.0)
    assert read(replace(row)) == HazardsAdopted(SOON)
    assert '"median_s":600.0' in body_of(HazardsAdopted(SOON))
    assert line(row).what == "when customers phone is reckoned by soon from now on"


def test_what_is_to_be_adopted_is_told_once() -> None:
    """Nothing where the house goes by due time and names none, nor where the desk knows it already."""
    index = HousePolicy.model_validate({"call_order": "index"})
    assert to_adopt(HousePolicy(), None) is None
    assert to_adopt(index, None) == HazardsAdopted(USUAL)
    assert to_adopt(index, USUAL) is None
    assert to_adopt(index, SOON) == HazardsAdopted(USUAL)


def test_a_model_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Each figure with its unit."""
    write_hazards(path := tmp_path / "hazards.yaml", SOON)
    assert read_hazards(path) == SOON
    write_hazards(path, USUAL)
    assert read_hazards(path) == USUAL
    house = HousePolicy.model_validate({"call_order": "index", "hazards": str(path)})
    assert to_adopt(house, SOON) == HazardsAdopted(USUAL)
    assert to_adopt(house.model_copy(update={"call_order": "due"}), SOON) == HazardsAdopted(USUAL)


GOOD = (
    "version: a\nanswers: [0.7]\nring: 15 s\nholds: 380 s\nclasses:\n  any: {median: 5 min, sigma: 0.8, talk: 5 min}\n"
)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("  any", "  vehicle", "classes: the class 'any' is missing"),
        ("sigma: 0.8", "sigma: 0", "classes.any.sigma: input should be greater than or equal to 0.05"),
        ("sigma: 0.8", "sigma: .nan", "classes.any.sigma: input should be a finite number"),
        ("median: 5 min", "median: 300", "classes.any.median: 300 is not a duration"),
        ("median: 5 min", "median: 0 s", "classes.any.median: 0 s is not from 1 s to 365 days"),
        ("median: 5 min", "median: 366 days", "is not from 1 s to 365 days"),
        ("talk: 5 min", "talk: -5 min", "classes.any.talk: '-5 min' is negative"),
        ("answers: [0.7]", "answers: []", "answers: tuple should have at least 1 item"),
        ("answers: [0.7]", "answers: [1.2]", "answers.0: 1.2 is not a share"),
        ("ring: 15 s\n", "", "ring: field required"),
        ("version: a", "version: ''", "version: string should have at least 1 character"),
        ("holds", "helds", "helds: unknown key; did you mean 'holds'?"),
        (GOOD, "- 1", "is what 'callahead learn hazards' writes"),
        (GOOD, "a: [", "not YAML"),
    ],
)
def test_a_model_that_makes_no_sense_is_refused_by_key_and_rule(
    tmp_path: Path, right: str, wrong: str, told: str
) -> None:
    """With the file's name."""
    path = tmp_path / "hazards.yaml"
    path.write_text(GOOD.replace(right, wrong), "utf-8")
    with pytest.raises(BadPolicyFile, match=r"hazards\.yaml") as found:
        read_hazards(path)
    assert told in str(found.value)
    assert isinstance(found.value, CallaheadError)


def test_a_model_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Before anything starts."""
    with pytest.raises(BadPolicyFile, match="cannot be read"):
        to_adopt(HousePolicy.model_validate({"call_order": "index", "hazards": str(tmp_path / "no.yaml")}), None)


def test_a_service_adopts_what_its_policy_names_once(serve: Callable[..., Any], tmp_path: Path) -> None:
    """Over restarts, until the file is another; the queue says by which it reckons."""
    write_hazards(hazards := tmp_path / "hazards.yaml", SOON)
    policy = tmp_path / "policy.yaml"
    policy.write_text(f"call_order: index\nhazards: {hazards}\n", "utf-8")

    def adopted() -> list[str]:
        service = serve("--policy", str(policy), "--dir", str(tmp_path / "serve"), "--open-demo")
        rows = httpx.get(f"{service.http}/api/v1/ledger").raise_for_status().json()["rows"]
        service.process.terminate()
        service.process.wait()
        return [json.loads(row["body"])["model"]["version"] for row in rows if row["type"] == "HazardsAdopted"]

    assert [adopted(), adopted()] == [["soon"], ["soon"]]
    write_hazards(hazards, replace(SOON, version="sooner"))
    assert adopted() == ["soon", "sooner"]
    policy.write_text("call_order: due\n", "utf-8")
    assert adopted() == ["soon", "sooner"]
