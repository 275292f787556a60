"""A case's place follows its device: the desk hears where the car stands, and truck, agent and customer go by it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.core.actions import (
    Action,
    AdoptTow,
    BookWorkshop,
    MoveCase,
    MoveTow,
    ReassignTow,
    RedirectTow,
    ReviseCase,
    SendNotice,
    SendTow,
    WithdrawRequest,
)
from dispatch.core.case_place import EXACT_M, FRESH_S, REDIRECTS_M, apart, choose
from dispatch.core.desk import Desk
from dispatch.core.events import BookingAnswered, CallEnded, Outcome, PlaceChanged, TruckReported
from dispatch.core.policy import Policy
from dispatch.ledger.fold import Fold
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen, body_of
from dispatch.outgoing.device_commands import commands_of
from dispatch.outgoing.superseded import still_wanted
from dispatch.registers.customers import Customers
from dispatch.views.call_brief import brief_of
from dispatch.views.casebook import Casebook
from dispatch.views.timeline import line
from dispatch.words import say
from gateway.contract.commands import JobSceneCommand
from gateway.devices.registry import DeviceRecord, Registry
from gateway.finding import Grade, Help, Place, PlaceReport, Remedy, TruckReport
from gateway.intake.human_report import HumanReport
from gateway.intake.intake import Intake
from tests.dispatch.conftest import none, only

if TYPE_CHECKING:
    from conftest import Room

CASE = "volta/car-1/1-7"
CALL = f"{CASE}/call"
METRE = 1 / 111_320
START = 1_768_197_600.0


def at(room: Room, north: float, accuracy: float = 6.0, source: str = "gnss", *, moving: bool = False) -> Place:
    """Return a place so many metres north of where the fault was told, seen now."""
    return Place(56.95 + north * METRE, 24.10, accuracy, room.now, source, moving)


def stands(
    room: Room, north: float, after: float = 20.0, *, believed: bool = True, accuracy: float = 6.0
) -> list[Action]:
    """The device says that it stands so many metres further north."""
    room.now += after
    report = PlaceReport(
        f"volta/car-1/1-{100 + len(room.told)}", CASE, "volta/car-1", at(room, north, accuracy), "2 km north of Riga",
        room.now, believed,
    )  # fmt: skip
    return room.tell(PlaceChanged(report))


def view(room: Room) -> Casebook:
    """Return what the ledger of all that was told and decided shows."""
    pen, book = Pen(), Casebook()
    fresh = type(room.desk)()
    for event, now in room.told:
        decided = fresh.handle(event, now)
        for when, action in decided:
            if when < now:
                book.feed(pen.write(action, when))
        book.feed(pen.write(event, now))
        for when, action in decided:
            if when >= now:
                book.feed(pen.write(action, now))
    return book


def test_a_promised_truck_is_sent_on_to_where_the_car_came_to_rest(room: Room) -> None:
    """The case moves, the truck is told, and its time of arrival is that to the new place."""
    room.truck("t-1", place=at(room, 1_000))
    room.found()
    room.truck("t-1", "accepted", place=at(room, 1_000))
    actions = stands(room, -900)
    assert [type(action) for action in actions] == [MoveCase, MoveTow]
    case, tow = only(actions, MoveCase), only(actions, MoveTow)
    assert case.metres == pytest.approx(900, rel=0.01)
    assert tow.key == f"{CASE}/tow/move/1"
    assert (tow.truck, tow.place) == ("t-1", case.place)
    assert tow.eta - room.now == pytest.approx((1_900 - 20 * 40 / 3.6 / 1.3) * 1.3 / (40 / 3.6), rel=0.02)
    assert only(stands(room, -2_000), MoveTow).key == f"{CASE}/tow/move/2"


def test_an_offered_truck_is_told_the_new_place_too(room: Room) -> None:
    """Its tablet shows where the car is, before the crew says yes; a truck that is asked instead is sent there at once."""
    room.truck("t-1")
    room.truck("t-2", place=at(room, 5_000))
    room.found()
    assert only(stands(room, 500), MoveTow).truck == "t-1"
    moved = only(room.truck("t-1", "declined"), ReassignTow)
    assert moved.place.latitude == pytest.approx(56.95 + 500 * METRE)


def test_within_sight_the_truck_is_left_alone(room: Room) -> None:
    """The case knows the better place; a crew that is sent 80 m off sees the car."""
    room.truck("t-1")
    room.found()
    actions = stands(room, REDIRECTS_M - 20)
    assert [type(action) for action in actions] == [MoveCase]
    assert only(stands(room, REDIRECTS_M + 20), MoveTow).metres == pytest.approx(REDIRECTS_M + 20, rel=0.01)


def test_a_crew_sent_after_a_driving_car_is_told_where_it_came_to_rest(room: Room) -> None:
    """Though that is within sight: it is the first that is known of where it stands. The way is the same, and so is its time."""
    room.truck("t-1")
    room.found(place=at(room, 0, moving=True))
    room.truck("t-1", "accepted")
    room.agent()
    room.connected(CALL)
    room.ended(CALL, Outcome.INFORMED)
    eta = view(room).cases[CASE].help.eta  # type: ignore[union-attr]
    actions = stands(room, 60)
    assert [type(action) for action in actions] == [MoveCase, MoveTow]
    move = only(actions, MoveTow)
    assert (move.place, move.eta) == (at(room, 60), eta)
    row = Pen().write(move, room.now)
    assert line(row).what == "the car is 60 m further: t-1 is told where it came to rest, for the battery 12v"
    assert [type(action) for action in stands(room, 150)] == [MoveCase]


def test_a_crew_sent_after_a_driving_car_sees_one_that_came_to_rest_at_once(room: Room) -> None:
    """Twenty metres are nothing to a crew."""
    room.truck("t-1")
    room.found(place=at(room, 0, moving=True))
    assert [type(action) for action in stands(room, 20)] == [MoveCase]


def test_a_truck_that_took_the_job_over_is_sent_where_it_was_told(room: Room) -> None:
    """It accepted late, and was told where the car is by then: the next metre is nothing."""
    room.truck("t-1")
    room.truck("t-2", place=at(room, 5_000))
    room.found()
    stands(room, 60)
    room.truck("t-1", "declined")
    assert only(room.truck("t-1", "accepted"), AdoptTow).place == replace(at(room, 60), fix_time=room.now)
    assert [type(action) for action in stands(room, 90)] == [MoveCase]


@pytest.mark.parametrize(("version", "renewed"), [(2, True), (3, False)])
def test_a_truck_of_an_older_ledger_that_was_sent_on_took_another_way(
    room: Room, version: int, *, renewed: bool
) -> None:
    """Until the second version each that was sent on had its time of arrival reckoned anew, at a hundred metres as well."""
    room.truck("t-1")
    sent = only(room.found(), SendTow)
    pen, fold, fresh = Pen(), Fold(Policy(), version=version), Desk()
    for event, now in room.told:
        fold.feed(pen.write(event, now))
        for _, action in fresh.handle(event, now):
            fold.feed(pen.write(action, now))
    work = (sent.part, sent.on_scene_s, sent.eta + 99.0, 100.0, sent.provenance)
    fold.feed(pen.write(MoveTow(sent.case, sent.tow, "t-1", 1, sent.place, "Riga", *work), room.now))
    (case,) = fold.standing().cases
    assert (case.eta == sent.eta + 99.0) is renewed


def test_a_crew_on_the_scene_is_not_sent_away(room: Room) -> None:
    """It is there, whatever a receiver says."""
    room.truck("t-1")
    room.found()
    room.truck("t-1", "arrived")
    assert [type(action) for action in stands(room, 900)] == [MoveCase]


def test_a_car_that_drives_is_not_chased_by_its_revisions(room: Room) -> None:
    """A finding told while driving moves the case and not the truck; the place at rest moves both."""
    room.truck("t-1")
    room.found()
    room.now += 60
    revised = room.found(key="volta/car-1/1-9", place=at(room, 2_000, moving=True))
    assert [type(action) for action in revised] == [ReviseCase, MoveCase]
    assert only(stands(room, 4_000), MoveTow)


def test_a_revision_moves_the_truck_in_every_state(room: Room) -> None:
    """A better diagnosis brings its own place, and that counts once a truck is offered, too."""
    room.truck("t-1")
    room.found()
    room.truck("t-1", "accepted")
    room.now += 60
    assert only(room.found(key="volta/car-1/1-9", place=at(room, 1_500)), MoveTow).truck == "t-1"


def test_an_older_place_changes_nothing(room: Room) -> None:
    """A revision that was held up brings the place of then."""
    room.truck("t-1")
    room.found()
    stands(room, 900)
    late = room.found(key="volta/car-1/1-8", place=replace(at(room, 0), fix_time=room.now - 600))
    assert none(late, MoveTow)
    case = view(room).cases[CASE]
    assert case.place is not None
    assert case.place.latitude == pytest.approx(56.95 + 900 * METRE)


def test_a_case_that_asks_for_its_place_is_helped_when_the_device_knows_it(room: Room) -> None:
    """Nobody waits for the call: the place is good now."""
    room.truck("t-1")
    assert none(room.found(place=None), SendTow)
    sent = only(stands(room, 300), SendTow)
    assert sent.place.latitude == pytest.approx(56.95 + 300 * METRE)


def test_who_is_to_be_asked_first_is_asked_first(room: Room) -> None:
    """A good place makes a doubtful diagnosis no surer."""
    room.truck("t-1")
    room.found(place=None, grade=Grade.ASK)
    assert none(stands(room, 300), SendTow)


def test_a_customer_who_was_told_hears_that_the_truck_was_sent_on(room: Room) -> None:
    """In a message of its own, each with its number; who was not told yet hears it on the call."""
    room.truck("t-1")
    room.found()
    assert none(stands(room, 500), SendNotice)
    room.agent()
    room.connected(CALL)
    first, second = only(stands(room, 1_500), SendNotice), only(stands(room, 9_000), SendNotice)
    assert (first.key, second.key) == (f"{CASE}/notice/2", f"{CASE}/notice/3")
    assert say("notice_sent_on", "lv") in second.text
    assert re.search(r"apmēram pēc \d+ min", second.text)
    assert '"number":2' in body_of(first)  # the first was shown beside the call
    assert '"number":3' in body_of(second)


def test_a_jump_that_nobody_believes_moves_nothing_and_is_said(room: Room) -> None:
    """A car that teleports: it stands on the timeline, and the truck goes where it went."""
    room.truck("t-1")
    room.found()
    assert stands(room, 400_000, believed=False) == []
    assert "not believed" in view(room).timeline(CASE)[-1].what


def test_a_customer_who_contradicts_a_fresh_fix_does_not_move_the_truck(room: Room) -> None:
    """The device knows better where it stands; the agent and the timeline show what was said."""
    room.truck("t-1")
    room.found()
    stands(room, 0)
    room.agent()
    room.connected(CALL)
    actions = room.ended(CALL, Outcome.INFORMED, place=at(room, 1_200, 30, "customer"))
    assert none(actions, MoveTow)
    kept = only(actions, MoveCase)
    assert kept.place.source == "gnss"
    assert kept.overruled is not None
    assert kept.overruled.source == "customer"
    book = view(room)
    assert any("1200 m apart: the device's own fix counts" in line.what for line in book.timeline(CASE))
    assert (
        "the customer says otherwise: 1200 m away"
        in brief_of(book, CALL, Customers(()), policy=room.desk.policy, now=room.now).where
    )


def test_a_customer_who_contradicts_an_old_fix_is_believed(room: Room) -> None:
    """What the device told ten minutes ago may be over; the truck goes where its customer says."""
    room.truck("t-1")
    room.found()
    room.agent()
    room.connected(CALL)
    room.wait(FRESH_S)
    moved = only(room.ended(CALL, Outcome.INFORMED, place=at(room, 1_200, 30, "customer")), MoveTow)
    assert moved.place.source == "customer"


def test_the_cars_own_later_fix_wins_over_what_its_customer_said(room: Room) -> None:
    """The words sent the truck; the fix sends it on."""
    room.truck("t-1")
    room.found(place=None)
    room.agent()
    room.connected(CALL)
    assert only(room.ended(CALL, Outcome.INFORMED, place=at(room, 400, 150, "customer")), SendTow)
    assert only(stands(room, 0), MoveTow).place.source == "gnss"


def test_the_truck_hears_what_else_is_broken(room: Room) -> None:
    """A better diagnosis that the same crew can mend: the part it was told is not the part any more."""
    room.truck("t-1")
    room.found()
    told = only(
        room.found(key="volta/car-1/1-9", part="starter", remedy=Remedy(Help.ROADSIDE, "battery", 900, 1800)), MoveTow
    )
    assert (told.part, told.on_scene_s, told.metres) == ("starter", 900, 0.0)
    ((device, command),) = commands_of(told, room.now)
    assert isinstance(command, JobSceneCommand)
    assert (device, command.data.part, command.data.on_scene_s) == ("t-1", "starter", 900)


def test_the_truck_hears_that_the_car_is_to_be_towed_after_all(room: Room) -> None:
    """It was sent to mend it where it stands, and can do both: it is told where to take it."""
    room.truck("t-1")
    assert only(room.found(), SendTow).tow_to is None
    revised = room.found(key="volta/car-1/1-9", part="alternator", remedy=Remedy(Help.TOW, "tow", 900, 7200))
    assert only(revised, MoveTow).part == "alternator"
    assert only(revised, RedirectTow).tow_to == "workshop-near"


def test_another_workshop_is_asked_where_the_car_came_to_rest_by_another(room: Room) -> None:
    """It was chosen by where the car was; the truck takes the car to the one that is near now."""
    room.truck("t-1")
    tow = Remedy(Help.TOW, "tow", 900, 7200)
    assert only(room.found(remedy=tow), SendTow).tow_to == "workshop-near"
    room.tell(BookingAnswered(f"{CASE}/booking", 1, accepted=True, slot_at=room.now + 9_000))
    room.now += 600
    far = Place(57.29, 24.58, 6.0, room.now, "gnss")
    actions = room.tell(PlaceChanged(PlaceReport("volta/car-1/1-99", CASE, "volta/car-1", far, "Sigulda", room.now)))
    gone, asked = only(actions, WithdrawRequest), only(actions, BookWorkshop)
    assert (gone.partner, gone.attempt, gone.reason) == ("workshop-near", 1, "moved")
    assert (asked.workshop, asked.attempt, asked.earliest) == ("workshop-far", 2, only(actions, MoveTow).eta + 900)
    assert only(
        room.tell(BookingAnswered(asked.booking, 2, accepted=True, slot_at=asked.earliest)), RedirectTow
    ).tow_to == ("workshop-far")


def test_a_slot_that_cannot_be_kept_is_asked_for_anew(room: Room) -> None:
    """The truck comes later than the workshop was told."""
    room.truck("t-1")
    room.found()
    room.tell(BookingAnswered(f"{CASE}/booking", 1, accepted=True, slot_at=room.now + 1_500))
    assert none(stands(room, 120), WithdrawRequest, BookWorkshop)
    actions = stands(room, -2_000)
    assert only(actions, WithdrawRequest).reason == "moved"
    assert only(actions, BookWorkshop).earliest == only(actions, MoveTow).eta + 1200


def test_what_drives_home_is_not_followed(room: Room) -> None:
    """Help has been there: where the car goes then moves nothing."""
    room.truck("t-1")
    room.found()
    room.truck("t-1", "arrived")
    room.truck("t-1", "finished")
    assert stands(room, 9_000) == []


def test_the_command_says_where_the_car_is(room: Room) -> None:
    """The tablet gets the place, with the action's key as its id; after a later move it is not sent any more."""
    room.truck("t-1")
    room.found()
    move = only(stands(room, 500), MoveTow)
    ((device, command),) = commands_of(move, room.now)
    assert (device, command.id, command.type) == ("t-1", move.key, "callahead.command.job-scene.v1")
    assert isinstance(command, JobSceneCommand)
    assert (command.data.job, command.data.latitude) == (move.tow, move.place.latitude)
    assert still_wanted(move, [(device, command)], view(room))
    stands(room, 1_500)
    assert not still_wanted(move, [(device, command)], view(room))


def test_case_brief_and_timeline_tell_where_it_is_now(room: Room) -> None:
    """What people read goes by the place help goes to."""
    room.truck("t-1")
    room.found()
    move = only(stands(room, 900), MoveTow)
    book = view(room)
    case = book.cases[CASE]
    assert case.near == "2 km north of Riga"
    assert case.help is not None
    assert case.help.eta == move.eta
    brief = brief_of(book, CALL, Customers(()), policy=room.desk.policy, now=room.now)
    assert (brief.place, "2 km north of Riga" in brief.where, "2 km north of Riga" in brief.headline) == (
        case.place,
        True,
        True,
    )
    said = [line.what for line in book.timeline(CASE)]
    assert any(one.startswith("place moved by 900 m: 2 km north of Riga") for one in said)
    assert any(one.startswith("the car is 900 m further: t-1 is sent to") and "new ETA" in one for one in said)


def test_rows_that_say_nothing_new_are_written_as_they_always_were(room: Room) -> None:
    """A place at rest and a customer's word without one keep their old form; an old row is read."""
    still = body_of(PlaceChanged(PlaceReport("k", CASE, "volta/car-1", at(room, 0), "", room.now)))
    moves = body_of(PlaceChanged(PlaceReport("k", CASE, "volta/car-1", at(room, 0, moving=True), "", room.now)))
    assert '"moving"' not in still
    assert '"moving":true' in moves
    assert '"near"' not in body_of(CallEnded(CALL, 1, Outcome.INFORMED))


def test_a_repeat_of_a_place_moves_nothing(room: Room) -> None:
    """The same report twice, or the same place anew, is no second move."""
    room.truck("t-1")
    room.found()
    stands(room, 900)
    assert stands(room, 900) == []


PLACES = st.builds(
    lambda north, accuracy, age, source, moving: Place(
        56.95 + north * METRE, 24.1, accuracy, 1e9 - age, source, moving
    ),
    st.floats(-3_000, 3_000),
    st.floats(1, 1_000),
    st.floats(0, 3_600),
    st.sampled_from(["gnss", "phone", "customer", "last_known"]),
    st.booleans(),
)


@given(st.none() | PLACES, PLACES)
def test_one_of_the_two_is_chosen_and_a_fresh_exact_fix_at_rest_is_never_overruled_by_words(
    known: Place | None, told: Place
) -> None:
    """Whatever is told: the choice is one of both, and what contradicts it is kept beside it."""
    choice = choose(known, told, 1e9)
    assert choice.place in {known, told}
    if choice.overruled is not None:
        assert {choice.place, choice.overruled} == {known, told}
        assert apart(choice.place, choice.overruled) > 0
    sure = [
        one
        for one in (known, told)
        if one
        and one.source != "customer"
        and not one.moving
        and one.accuracy_m <= EXACT_M
        and 1e9 - one.fix_time < FRESH_S
    ]
    assert not sure or choice.place.source != "customer"


# --- from a message to the ledger ------------------------------------------------------------------------------------

CAR = DeviceRecord("volta/car-1", "car", "c-1", "simulated", paired_phone="volta/phone-1")
CODES = [{"code": code, "status": "confirmed"} for code in ("P0562", "U0100", "C0800")]
DRIVES = {"Vehicle.Powertrain.CombustionEngine.IsRunning": True, "Vehicle.Speed": 60.0}
STANDS = {"Vehicle.Powertrain.CombustionEngine.IsRunning": False, "Vehicle.Speed": 0.0}
WEAK = {"Vehicle.LowVoltageBattery.CurrentVoltage": 6.4}


def heard(
    control: ControlRoom, seq: int, after: float, north: float, *, fault: bool = False, **signals: Any
) -> list[str]:
    """Let a car tell something so many metres north; return what was written down."""
    now = START + after
    at = datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z")
    fix = {"latitude": 56.95 + north * METRE, "longitude": 24.1, "accuracy_m": 6.0, "fix_time": at}
    data = {"codes": CODES, "freeze_frame": {**signals, **WEAK}} if fault else {"signals": signals}
    event = {
        "specversion": "1.0", "type": f"callahead.vehicle.{'fault' if fault else 'status'}.v1", "source": "/volta/car-1",
        "id": f"1-{seq}", "time": at, "provenance": "simulated", "data": {**data, "position": fix},
    }  # fmt: skip
    turn = control.deliver("callahead/v1/volta/car-1/event", json.dumps(event).encode(), now)
    assert turn.problem is None
    return [row.type for row in turn.rows]


def by_truck(number: str, place: Place) -> TruckReport:
    """Return what a truck says."""
    return TruckReport(f"t-1/{number}", "t-1", place, on_duty=True, skills=("battery", "tow"), provenance="simulated")


def control_room() -> ControlRoom:
    """Return one with a truck and no customers."""
    control = ControlRoom(Intake(Registry([CAR])), Desk(), Customers(()), Pen())
    place = Place(56.96, 24.10, 4.0, START, "gnss")
    control.tell(TruckReported(by_truck("1-1", place)), START)
    return control


def test_a_status_at_rest_sends_the_truck_on() -> None:
    """The whole way: a fault told while driving, the place where it came to rest, the truck's new way in the ledger."""
    control = control_room()
    heard(control, 1, 0, 0, **DRIVES)
    assert "SendTow" in heard(control, 2, 10, 150, fault=True, **DRIVES)
    assert heard(control, 3, 70, 1_100, **DRIVES) == []
    assert heard(control, 4, 110, 1_500, **STANDS) == ["PlaceChanged", "MoveCase", "MoveTow", "SendNotice"]
    assert heard(control, 5, 170, 1_500, **STANDS) == []


def test_where_a_car_goes_that_nobody_helps_any_more_is_not_written_down() -> None:
    """Once help has been there the places of its car are the twin's to know, and nobody's to keep."""
    control = control_room()
    heard(control, 1, 0, 0, **DRIVES)
    heard(control, 2, 10, 150, fault=True, **DRIVES)
    (tow,) = (case.tow for case in control.desk.standing().cases)
    there = Place(56.95, 24.1, 4.0, START, "gnss")
    for number, state in enumerate(("accepted", "arrived", "finished")):
        report = replace(by_truck(f"2-{number}", there), job=tow, job_state=state)  # type: ignore[arg-type]
        control.tell(TruckReported(report), START + 900 + number)
    assert heard(control, 3, 960, 4_000, **STANDS) == []


def test_a_customers_words_that_fit_are_where_the_car_was_left() -> None:
    """A car that told nothing of its flat battery: the truck goes to its last fix, not to what was made of words."""
    control = control_room()
    heard(control, 1, 0, 0, **STANDS)
    said = Place(56.95 + 180 * METRE, 24.1, 151.0, START + 1_200, "customer")
    near = control.reported(HumanReport("1", "customer", "battery_12v", START + 900, said), CAR).finding.place
    assert near is not None
    assert (near.latitude, near.source) == (56.95, "last_known")
    far = replace(said, latitude=56.95 + 900 * METRE)
    assert control.reported(HumanReport("2", "customer", "battery_12v", START + 900, far), CAR).finding.place == far
