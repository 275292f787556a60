"""Trucks on their way: the arrival follows the truck, lateness is told, and nobody waits for one that is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.core.actions import AdoptTow, AssignCall, EscalateCase, ReassignTow, RenewEta, SendNotice, SendTow
from dispatch.core.desk import Desk
from dispatch.core.events import Outcome, ServiceStarted
from dispatch.ledger.rows import Pen, body_of
from dispatch.outgoing.device_commands import commands_of
from dispatch.views.casebook import Casebook
from dispatch.words import say
from gateway.contract.commands import JobWithdrawalCommand
from gateway.finding import Help, Place, Remedy
from tests.dispatch.conftest import all_of, none, only

if TYPE_CHECKING:
    from conftest import Room

CASE = "volta/car-1/1-7"
CALL = f"{CASE}/call"


def north(room: Room, kilometres: float) -> Place:
    """Return a place so far north of the car that is broken."""
    return Place(56.95 + kilometres / 111.2, 24.10, 10, room.now, "gnss")


def on_its_way(room: Room, kilometres: float = 10.0) -> float:
    """``t-1`` comes from so far away, 117 s for each kilometre; return when it should be there."""
    room.truck("t-1", place=north(room, kilometres))
    eta = only(room.found(), SendTow).eta
    room.truck("t-1", "accepted", place=north(room, kilometres))
    return eta


def informed(room: Room) -> None:
    """The customer is told what happens."""
    room.agent()
    room.connected(CALL)
    room.ended(CALL, Outcome.INFORMED)


def book_of(room: Room) -> Casebook:
    """Read the ledger of what was told and decided, as it is read everywhere."""
    pen, desk, book = Pen(), Desk(), Casebook()
    for event, at in room.told:
        for due, action in desk.wake(at):
            book.feed(pen.write(action, due))
        book.feed(pen.write(event, at))
        for due, action in desk.handle(event, at):
            book.feed(pen.write(action, due))
    for due, action in desk.wake(room.now):
        book.feed(pen.write(action, due))
    return book


def test_the_arrival_follows_the_truck(room: Room) -> None:
    """A truck that stands in a jam is expected later, and said to be so much behind what it promised; small things are not."""
    eta = on_its_way(room)
    room.wait(300)
    assert all_of(room.truck("t-1", place=north(room, 7.5)), RenewEta) == [], "as fast as was reckoned"
    room.wait(600)
    renewed = only(room.truck("t-1", place=north(room, 7.4)), RenewEta)
    assert (renewed.truck, renewed.number) == ("t-1", 2)
    assert 500 < renewed.eta - eta < 700
    assert renewed.late_s == round(renewed.eta - eta, 1)
    help_ = book_of(room).cases[CASE].help
    assert help_ is not None
    assert (help_.promised_eta, help_.eta, help_.late_s) == (eta, renewed.eta, renewed.late_s)
    assert help_.heard_at == room.now


def test_an_arrival_is_never_in_the_past_without_a_word(room: Room) -> None:
    """A truck that should be there and drives on elsewhere is late by so many seconds; it speaks, so it keeps the job."""
    eta = on_its_way(room, 2)
    room.wait(eta - room.now - 50)
    room.truck("t-1", place=north(room, 1.2))
    late = only(room.wait(111), RenewEta)
    assert late.late_s > 60
    assert late.silent_s == 0
    assert late.eta > eta + 60
    assert "silent_s" not in body_of(late)


def test_a_truck_that_stands_still_keeps_the_job_and_is_renewed_every_few_minutes_at_most(room: Room) -> None:
    """It speaks. Each arrival that passes is renewed, and the owner is told ever more seldom."""
    on_its_way(room, 2)
    informed(room)
    for _ in range(3 * 60):
        room.wait(60)
        room.truck("t-1", place=north(room, 1.2))
    decided = [action for _, action in room.decided]
    assert all_of(decided, ReassignTow) == []
    assert 20 < len(all_of(decided, RenewEta)) < 60
    assert len(all_of(decided, SendNotice)) < 20


def test_a_truck_that_is_silent_and_overdue_is_replaced(room: Room) -> None:
    """The case says that nothing is heard of it; fifteen minutes without a word, and another goes. The silent one is told."""
    on_its_way(room, 2)
    assert only(room.wait(295), RenewEta).silent_s == 0, "overdue, and heard of lately"
    silent = only(room.wait(20), RenewEta)
    assert silent.silent_s >= 300
    help_ = book_of(room).cases[CASE].help
    assert help_ is not None
    assert help_.silent_s == silent.silent_s
    room.truck("t-2", place=north(room, 5))
    moved = only(room.wait(10 * 60), ReassignTow)
    assert (moved.from_truck, moved.truck) == ("t-1", "t-2")
    assert isinstance(commands_of(moved, room.now)[0][1], JobWithdrawalCommand)
    assert all_of(room.truck("t-1", "accepted", place=north(room, 9)), AdoptTow) == []


def test_a_lost_truck_is_kept_while_no_other_is_free_and_replaced_as_soon_as_one_is(room: Room) -> None:
    """Nobody is stranded: it may still come, and every two minutes another is looked for."""
    on_its_way(room, 2)
    assert all_of(room.wait(3600), ReassignTow) == []
    room.truck("t-2", place=north(room, 5))
    assert only(room.wait(121), ReassignTow).truck == "t-2"


def test_a_truck_that_is_silent_and_not_due_yet_keeps_the_job(room: Room) -> None:
    """A long way without a word is no reason: it said yes."""
    on_its_way(room, 30)
    room.truck("t-2", place=north(room, 31))
    assert all_of(room.wait(3000), ReassignTow) == []


def test_a_truck_that_is_there_is_late_no_more(room: Room) -> None:
    """Nothing rings behind its arrival."""
    on_its_way(room, 2)
    room.truck("t-1", "arrived")
    assert all_of(room.wait(7200), RenewEta) == []


def test_who_was_told_another_arrival_is_told_the_new_one(room: Room) -> None:
    """By a message with a key of its own, where it moves by more than five minutes; who was told nothing yet is told none."""
    on_its_way(room)
    room.wait(600)
    assert all_of(room.truck("t-1", place=north(room, 10)), SendNotice) == [], "whoever rings says it"
    informed(room)
    assert all_of(room.truck("t-1", place=north(room, 9)), SendNotice) == []
    room.wait(600)
    late = only(room.truck("t-1", place=north(room, 9)), SendNotice)
    assert late.text == say("notice_delayed", "lv", minutes=18)
    assert late.key == f"{CASE}/notice/2"  # the first was shown beside the call
    soon = only(room.truck("t-1", place=north(room, 0.5)), SendNotice)
    assert soon.text == say("notice_early", "lv", minutes=1)
    assert soon.key == f"{CASE}/notice/3"


def test_who_was_told_of_a_truck_is_told_of_the_next(room: Room) -> None:
    """Once it has said yes: before that nobody is promised to them."""
    on_its_way(room, 2)
    informed(room)
    room.truck("t-2", place=north(room, 12))
    moved = room.truck("t-1", "declined")
    assert only(moved, ReassignTow).truck == "t-2"
    assert all_of(moved, SendNotice) == []
    told = only(room.truck("t-2", "accepted", place=north(room, 12)), SendNotice)
    assert told.text == say("notice_another", "lv", minutes=23)


def test_a_skill_that_no_truck_has_is_said_and_a_tow_truck_comes_instead(room: Room) -> None:
    """Nobody waits for ever: a person is told, and whoever can tow can help whatever is broken."""
    room.truck("flatbed", skills=("tow",))
    assert all_of(room.found(), SendTow) == []
    actions = room.wait(121)
    assert only(actions, EscalateCase).reason == "no_truck_with_skill"
    sent = only(actions, SendTow)
    assert (sent.truck, sent.skill, sent.tow_to, sent.tow_type) == ("flatbed", "tow", "workshop-near", "any")
    view = book_of(room)
    assert view.cases[CASE].escalated == ("no_truck_with_skill",)
    assert view.totals()["escalated"] == 1
    assert "somebody has to look at it: no truck has the skill, or none that has it is on duty" in [
        line.what for line in view.timeline(CASE)
    ]


def test_a_skill_whose_trucks_are_all_off_duty_is_said_after_half_an_hour(room: Room) -> None:
    """They may come on duty again: until then the case waits for them."""
    room.truck("night-off", on_duty=False)
    room.found()
    assert all_of(room.wait(1799), EscalateCase) == []
    assert only(room.wait(1), EscalateCase).reason == "no_truck_with_skill"
    assert only(room.truck("flatbed", skills=("tow",)), SendTow).truck == "flatbed"


def test_a_car_that_must_be_towed_waits_for_a_truck_that_tows(room: Room) -> None:
    """Nobody else can help; a person is told, once."""
    room.truck("patrol", skills=("battery",))
    room.found(part="alternator", remedy=Remedy(Help.TOW, "tow", 900, 7200))
    told = all_of(room.wait(7200), EscalateCase)
    assert [action.reason for action in told] == ["no_truck_with_skill", "not_there_in_time"]


def test_help_that_is_not_there_when_it_is_due_is_said(room: Room) -> None:
    """All trucks are busy: after 45 minutes a person looks at it. Where one is there, nobody need."""
    room.truck("t-1")
    room.found()
    room.truck("t-1", "accepted")
    room.found(key="b", episode="b", device="volta/car-2", customer="c-2")
    room.truck("t-1", "arrived")
    told = all_of(room.wait(2701), EscalateCase)
    assert [(action.case, action.reason) for action in told] == [("b", "not_there_in_time")]


def test_silence_while_nobody_could_be_heard_says_nothing(room: Room) -> None:
    """The service was down for an hour: a truck that had said yes meanwhile keeps the job, and so does a silent workshop."""
    room.truck("t-1")
    room.truck("t-2")
    room.found()
    since = room.now
    room.now += 3600
    assert all_of(room.tell(ServiceStarted(2, since)), ReassignTow) == []
    assert all_of(room.truck("t-1", "accepted", place=north(room, 1)), ReassignTow) == []
    assert all_of(room.wait(61), ReassignTow) == []


def test_whoever_stays_silent_afterwards_too_is_passed_over(room: Room) -> None:
    """They have their time once more, and no longer."""
    room.truck("t-1")
    room.truck("t-2")
    room.found()
    room.tell(ServiceStarted(2, room.now), 3600)
    assert only(room.wait(61), ReassignTow).from_truck == "t-1"


def test_what_is_no_answer_rings_as_we_are_back_and_not_as_of_its_own_hour(room: Room) -> None:
    """All trucks declined before we were gone: they are asked again now, one of them, and it has its minute from now on."""
    for name in ("t-1", "t-2", "t-3"):
        room.truck(name)
    room.found()
    for name in ("t-1", "t-2", "t-3"):
        room.truck(name, "declined")
    asked = all_of(room.tell(ServiceStarted(2, room.now), 3600), ReassignTow)
    assert [action.truck for action in asked] == ["t-1"]
    assert all_of(room.wait(59), ReassignTow) == []


def test_agents_who_waited_are_given_no_call_when_the_service_is_back(room: Room) -> None:
    """They hung up with it: an overdue call is kept for whoever asks."""
    room.agent("anna", "en")
    room.found()
    assert all_of(room.tell(ServiceStarted(2, room.now), 600), AssignCall) == []
    assert only(room.agent("bert", "en"), AssignCall).agent == "bert"


def test_a_truck_on_its_way_is_not_lost_because_we_were(room: Room) -> None:
    """Its silence counts from when it could be heard again."""
    on_its_way(room, 2)
    room.truck("t-2", place=north(room, 5))
    room.tell(ServiceStarted(2, room.now), 3600)
    assert all_of(room.wait(14 * 60), ReassignTow) == []
    assert only(room.wait(3 * 60), ReassignTow).from_truck == "t-1"


def test_a_crew_that_says_when_it_comes_is_believed(room: Room) -> None:
    """Its navigation knows of a jam: the arrival is told anew with the yes, and on the way as it says then."""
    room.truck("t-1")
    room.found()
    eta = room.now + 1_500
    assert only(room.truck("t-1", "accepted", eta=eta), RenewEta).eta == eta
    assert none(room.truck("t-1", eta=eta), RenewEta)
    assert only(room.truck("t-1", eta=eta + 600), RenewEta).eta == eta + 600


def test_a_crew_that_says_nothing_is_reckoned(room: Room) -> None:
    """As ever; one that says an hour which is over is there now."""
    room.truck("t-1")
    offered = only(room.found(), SendTow).eta
    assert none(room.truck("t-1", "accepted"), RenewEta)
    assert offered > room.now
    room.truck("t-1", eta=room.now - 600)
    case = room.desk.standing().cases[0]
    assert case.eta is not None
    assert case.eta >= room.now
