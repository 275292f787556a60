"""What dispatchers do: what follows, what is refused and why, what is taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from dispatch.core.actions import (
    BookWorkshop,
    CancelTow,
    CloseCase,
    EscalateCase,
    MoveCase,
    MoveTow,
    OpenCase,
    PlaceOrder,
    QueueCall,
    ReassignTow,
    ReviseCase,
    SendNotice,
    SendTow,
    WithdrawCall,
    WithdrawRequest,
)
from dispatch.core.acts import (
    ActUndone,
    CallHastened,
    CaseAcknowledged,
    CaseCancelled,
    CaseHandedOver,
    CaseLetGo,
    CaseNoted,
    CaseRaised,
    CasesMerged,
    CaseTaken,
    ContractorCalled,
    DeviceMuted,
    DeviceUnmuted,
    PlaceCorrected,
    TruckChosen,
    TruckPinned,
    TruckUnpinned,
)
from dispatch.core.case import Case
from dispatch.core.desk import Desk
from dispatch.core.events import BookingAnswered, CaseReported, OrderAnswered, OrderFulfilled, Outcome, SupplierOpened
from dispatch.core.objections import Ground
from dispatch.core.plan.model import Level
from dispatch.core.policy import Policy
from dispatch.core.transitions import CareState, HelpState
from gateway.finding import Drive, Grade, Help, Place, Remedy, Severity

Room = Any
CASE = "volta/car-1/1-7"
ANNA, BOB, SUPERVISOR = "user/anna", "user/bob", "user/supervisor"
NEAR, FAR = Place(56.951, 24.10, 10.0, 0.0, "gnss"), Place(57.00, 24.10, 10.0, 0.0, "gnss")
THERE = Place(56.97, 24.12, 50.0, 1_768_197_600.0, "dispatcher")
_REF = count(1)


def act(kind: Callable[..., Any], by: str = ANNA, case: str = CASE, **more: Any) -> Any:
    """An act as somebody makes it."""
    return kind(case=case, ref=f"r-{next(_REF)}", by=by, **more)


def of(actions: list[Any], kind: type) -> list[Any]:
    """Return the actions of a kind."""
    return [one for one in actions if isinstance(one, kind)]


def case_of(room: Room, name: str = CASE) -> Case:
    """Return a case as the desk has it."""
    return next(one for one in room.desk.standing().cases if one.case == name)


def ground(room: Room, made: Any) -> Ground | None:
    """Return why an act is refused; it changes nothing."""
    before = repr(room.desk.standing())
    found = room.desk.objection(made, room.now)
    if found is not None:
        assert room.tell(made) == []
        assert repr(room.desk.standing()) == before
        assert found.detail
    return found.ground if found is not None else None


@pytest.fixture
def two(room: Room) -> Room:
    """The nearer of two trucks was offered the job, and has said yes."""
    room.truck("near", place=NEAR)
    room.truck("far", place=FAR)
    assert of(room.found(), SendTow)[0].truck == "near"
    room.truck("near", "accepted", place=NEAR)
    return room


# --- who has it --------------------------------------------------------------------------------------------------------


def test_whoever_takes_a_case_has_it_and_others_ask(two: Room) -> None:
    """Another may look, note and ask for help; all else takes the owner's word, or a supervisor's."""
    two.tell(act(CaseTaken))
    assert case_of(two).care.owner == ANNA
    assert ground(two, act(CaseTaken, BOB)) is Ground.NOT_YOURS
    assert ground(two, act(TruckChosen, BOB, truck="far")) is Ground.NOT_YOURS
    assert ground(two, act(CaseTaken)) is Ground.NOTHING_CHANGES
    assert ground(two, act(CaseNoted, BOB, text="they rang")) is None
    two.tell(act(CaseTaken, SUPERVISOR, takes_over=True))
    assert case_of(two).care.owner == SUPERVISOR


def test_a_case_that_is_handed_over_has_to_be_acknowledged(two: Room) -> None:
    """Until then it counts as seen by nobody; let go, it is nobody's and seen."""
    two.tell(act(CaseTaken))
    two.tell(act(CaseHandedOver, to=BOB))
    assert case_of(two).care.stood.state is CareState.GIVEN
    two.tell(act(CaseAcknowledged, BOB))
    care = case_of(two).care
    assert (care.owner, care.stood.state, care.stood.acknowledged_by) == (BOB, CareState.OWNED, BOB)
    assert ground(two, act(CaseAcknowledged, ANNA)) is Ground.NOTHING_CHANGES
    assert ground(two, act(CaseHandedOver, BOB, to=BOB)) is Ground.NOTHING_CHANGES
    two.tell(act(CaseLetGo, BOB))
    assert case_of(two).care.stood.state is CareState.SEEN
    assert ground(two, act(CaseLetGo, BOB)) is Ground.NOTHING_CHANGES


def test_nobody_is_alarmed_where_nobody_ever_acted(room: Room) -> None:
    """Stories and a desk without people go on as they did."""
    room.found()
    assert not of(room.wait(7_200), EscalateCase) or all(
        one.reason != "unacknowledged" for _, one in room.decided if isinstance(one, EscalateCase)
    )


def test_a_severe_case_that_nobody_acknowledges_is_escalated_again_and_higher(two: Room) -> None:
    """From the first act on: to the dispatchers, then the supervisors, as often as the policy says, until somebody looks."""
    two.tell(act(CaseNoted, case=_another(two), text="a first act, elsewhere"))
    told = [one for one in of(two.wait(301), EscalateCase) if one.case == CASE]
    told += [one for one in of(two.wait(300), EscalateCase) if one.case == CASE]
    assert [(one.reason, one.to) for one in told] == [
        ("unacknowledged", "dispatchers"),
        ("unacknowledged", "supervisors"),
    ]
    assert len({one.key for one in told}) == 2
    two.tell(act(CaseAcknowledged, BOB))
    assert not [one for one in of(two.wait(3_600), EscalateCase) if one.reason == "unacknowledged"]


def test_what_is_less_severe_alarms_nobody_and_what_is_opened_later_does(room: Room) -> None:
    """The policy's threshold; it holds for cases that are opened after somebody acted, too."""
    room.found()
    room.tell(act(CaseAcknowledged))
    mild = {"drive": Drive.YES, "severity": Severity.MEDIUM}
    for number, changes in ((2, mild), (3, {})):
        device = f"volta/car-{number}"
        name = f"{device}/1-1"
        room.found(key=name, episode=name, device=device, customer=f"c-{number}", **changes)
    told = [one.case for one in of(room.wait(1_000), EscalateCase) if one.reason == "unacknowledged"]
    assert set(told) == {"volta/car-3/1-1"}


def test_who_asks_others_to_look_is_heard_until_they_do(two: Room) -> None:
    """To whom they say, however severe it is; asking again is another row."""
    two.tell(act(CaseTaken))
    first = of(two.tell(act(CaseRaised, to="supervisors", reason="she is alone")), EscalateCase)
    assert [(one.reason, one.to) for one in first] == [("asked_for", "supervisors")]
    assert [one.to for one in of(two.wait(301), EscalateCase)] == ["supervisors"]
    assert case_of(two).care.owner == ANNA
    again = of(two.tell(act(CaseRaised, to="supervisors", reason="still")), EscalateCase)
    assert again[0].key != first[0].key


# --- trucks ------------------------------------------------------------------------------------------------------------


def test_this_truck_instead_withdraws_the_one_before(two: Room) -> None:
    """One tow, moved; the customer who knew of the other is told when this one says yes."""
    moved = of(two.tell(act(TruckChosen, truck="far")), ReassignTow)
    assert [(one.truck, one.from_truck, one.tow) for one in moved] == [("far", "near", f"{CASE}/tow")]
    assert case_of(two).help is HelpState.OFFERED
    assert not case_of(two).declined


def test_what_a_truck_cannot_do_is_said(two: Room) -> None:
    """Each reason has its name."""
    two.truck("cannot", skills=("tyre",))
    two.truck("real", provenance="real")
    two.truck("home", on_duty=False)
    grounds = {name: ground(two, act(TruckChosen, truck=name)) for name in ("cannot", "real", "home", "near", "none")}
    assert grounds == {
        "cannot": Ground.TRUCK_UNABLE,
        "real": Ground.TRUCK_OF_ANOTHER_WORLD,
        "home": Ground.TRUCK_OFF_DUTY,
        "near": Ground.NOTHING_CHANGES,
        "none": Ground.UNKNOWN_TRUCK,
    }
    two.truck("near", "arrived", place=NEAR)
    assert ground(two, act(TruckChosen, truck="far")) is Ground.TRUCK_ON_SCENE


def test_no_truck_is_sent_where_none_is_wanted(room: Room) -> None:
    """A talk is enough, or the customer is to be asked first."""
    room.truck("t-1")
    room.found(remedy=Remedy(Help.TALK, "engine", 0, 0), drive=Drive.YES)
    assert ground(room, act(TruckChosen, truck="t-1")) is Ground.NO_TRUCK_WANTED
    assert ground(room, act(TruckPinned, truck="t-1")) is Ground.NO_TRUCK_WANTED


def test_a_pinned_truck_is_waited_for_and_kept_free(room: Room) -> None:
    """Another free truck does not go, and the pinned one goes nowhere else, until it is free."""
    room.truck("mine", place=NEAR)
    first = _another(room)
    assert case_of(room, first).truck == "mine"
    room.found()
    assert ground(room, act(TruckChosen, truck="mine")) is Ground.TRUCK_BUSY
    room.tell(act(TruckPinned, truck="mine"))
    assert ground(room, act(TruckPinned, truck="mine")) is Ground.NOTHING_CHANGES
    assert not of(room.truck("other", place=NEAR), SendTow)
    room.truck("other", on_duty=False, place=NEAR)
    third = _another(room, 9)
    assert ground(room, act(TruckPinned, case=third, truck="mine")) is Ground.TRUCK_PINNED_ELSEWHERE
    job = f"{first}/tow"
    room.truck("mine", "accepted", job=job, place=NEAR)
    room.truck("mine", "arrived", job=job, place=NEAR)
    sent = of(room.truck("mine", "finished", job=job, place=NEAR), SendTow)
    assert [(one.case, one.truck) for one in sent] == [(CASE, "mine")]


def test_unpinned_any_truck_goes(room: Room) -> None:
    """And undone, it waits again."""
    room.truck("mine", place=NEAR)
    _another(room)
    room.found()
    room.tell(act(TruckPinned, truck="mine"))
    room.truck("other", place=FAR)
    assert case_of(room).help is HelpState.WAITING
    sent = of(room.tell(act(TruckUnpinned)), SendTow)
    assert [(one.case, one.truck) for one in sent] == [(CASE, "other")]
    assert ground(room, act(TruckUnpinned)) is Ground.NOTHING_CHANGES


@pytest.mark.parametrize("how", ["declines", "is silent", "off duty", "lacks the skill"])
def test_a_pin_that_cannot_be_kept_is_said_and_nothing_is_lost(room: Room, how: str) -> None:
    """Any other truck goes."""
    waits = how in {"off duty", "lacks the skill"}
    room.truck("mine", skills=("battery",), place=NEAR)
    if waits:
        _another(room)
        room.found()
    else:
        room.found()
    room.tell(act(TruckPinned, truck="mine"))
    room.truck("other", place=FAR)
    if how == "declines":
        actions = room.truck("mine", "declined", skills=("battery",), place=NEAR)
    elif how == "is silent":
        actions = room.wait(61)
    elif how == "off duty":
        actions = room.truck("mine", on_duty=False, skills=("battery",), place=NEAR)
    else:
        actions = room.found(key="volta/car-1/1-9", part="alternator", remedy=Remedy(Help.TOW, "tow", 900, 7_200))
    assert [one.reason for one in of(actions, EscalateCase)] == ["pin_not_kept"]
    assert [one.truck for one in of(actions, SendTow) + of(actions, ReassignTow)] == ["other"]
    assert case_of(room).care.pinned is None


def test_who_is_on_the_way_is_not_pinned_over(two: Room) -> None:
    """Another truck is sent instead; the one on its way can be pinned, and stays."""
    assert ground(two, act(TruckPinned, truck="far")) is Ground.TRUCK_UNDER_WAY
    two.tell(act(TruckPinned, truck="near"))
    assert case_of(two).care.pinned == "near"


@pytest.mark.parametrize("level", Level)
def test_what_is_pinned_is_no_plans(room: Room, level: Level) -> None:
    """Whatever plan is used: the pinned truck goes where it is pinned to, the other where the plan has it."""
    plain, room.desk = room.told[:], Desk(Policy(plan=level))
    for event, at in plain:
        room.desk.handle(event, at)
    room.found()
    other = _another(room, place=replace(FAR, fix_time=room.now))
    room.truck("mine", on_duty=False, place=replace(FAR, latitude=57.001))
    room.tell(act(TruckPinned, truck="mine"))
    actions = room.truck("mine", place=replace(FAR, latitude=57.001))
    assert [(one.case, one.truck) for one in of(actions, SendTow)] == [(CASE, "mine")]
    assert [(one.case, one.truck) for one in of(room.truck("next", place=NEAR), SendTow)] == [(other, "next")]


def test_a_persons_choice_is_recorded_with_whom_it_was_made_from(two: Room) -> None:
    """The one that had the job, those that were passed over, those that could not go."""
    two.truck("middle", place=replace(NEAR, latitude=56.97))
    two.truck("tyres", skills=("tyre",), place=NEAR)
    (moved,) = of(two.tell(act(TruckChosen, truck="far")), ReassignTow)
    states = {one.truck: one.state for one in moved.why}
    assert states == {"near": "had_it", "middle": "passed_over", "tyres": "unable", "far": "chosen"}
    assert all(one.eta >= two.now for one in moved.why)


def test_a_pin_that_was_lost_is_not_brought_back(room: Room) -> None:
    """What stood before an act is brought back without the truck that does not come."""
    room.truck("mine", place=NEAR)
    room.found()
    room.tell(act(TruckPinned, truck="mine"))
    taken = act(CaseTaken)
    room.tell(taken)
    room.truck("mine", "declined", place=NEAR)
    room.tell(act(ActUndone, act=taken.ref, what="CaseTaken"))
    assert (case_of(room).care.owner, case_of(room).care.pinned) == (None, None)


# --- contractors -------------------------------------------------------------------------------------------------------


@pytest.fixture
def partners(room: Room) -> Room:
    """A case waits, as no truck is there; two partners tow."""
    for name in ("fast-tow", "slow-tow"):
        room.tell(SupplierOpened(name, ("tow",), 56.9, 24.1, "simulated"))
    room.found()
    return room


def test_a_contractor_is_asked_and_comes(partners: Room) -> None:
    """It is told where; once it said yes our trucks are not looked for; it says when it is done, and the case can close."""
    (asked,) = of(partners.tell(act(ContractorCalled, contractor="fast-tow")), PlaceOrder)
    assert (asked.what, asked.supplier, asked.skill, asked.place) == (
        "tow",
        "fast-tow",
        "battery",
        case_of(partners).place,
    )
    assert ground(partners, act(ContractorCalled, contractor="slow-tow")) is Ground.CONTRACTOR_ASKED
    partners.tell(OrderAnswered(f"{CASE}/order", 1, accepted=True, arrives_at=partners.now + 1_800))
    assert case_of(partners).help is HelpState.CONTRACTED
    assert not of(partners.truck("ours"), SendTow)
    assert ground(partners, act(TruckPinned, truck="ours")) is Ground.TRUCK_UNDER_WAY
    partners.agent()
    partners.connected(f"{CASE}/call")
    partners.ended(f"{CASE}/call", Outcome.INFORMED)
    partners.tell(BookingAnswered(f"{CASE}/booking", 1, accepted=True, slot_at=partners.now + 7_200))
    closed = of(partners.tell(OrderFulfilled(f"{CASE}/order")), CloseCase)
    assert [one.reason for one in closed] == ["helped"]


def test_with_a_contractor_no_truck_is_pinned_any_more(partners: Room) -> None:
    """It may be pinned elsewhere; undone, it is kept as before, unless another truck of ours has gone."""
    partners.truck("mine", on_duty=False, place=NEAR)
    third = _another(partners, 9)
    pins_it, elsewhere = act(TruckPinned, truck="mine"), act(TruckPinned, case=third, truck="mine")
    partners.tell(pins_it)
    assert ground(partners, elsewhere) is Ground.TRUCK_PINNED_ELSEWHERE
    calls = act(ContractorCalled, contractor="fast-tow")
    partners.tell(calls)
    assert ground(partners, elsewhere) is None
    partners.tell(act(ActUndone, act=calls.ref, what="ContractorCalled"))
    assert case_of(partners).care.pinned == "mine"
    assert ground(partners, elsewhere) is Ground.TRUCK_PINNED_ELSEWHERE
    again = act(ContractorCalled, contractor="slow-tow")
    partners.tell(again)
    assert of(partners.truck("other", place=FAR), SendTow)[0].case == CASE
    assert ground(partners, act(ActUndone, act=again.ref, what="ContractorCalled")) is Ground.TRUCK_UNDER_WAY


@pytest.mark.parametrize("answer", ["declines", "is silent"])
def test_a_contractor_that_does_not_come_leaves_the_case_waiting(partners: Room, answer: str) -> None:
    """A person is told and chooses the next; our own truck goes as soon as there is one."""
    partners.tell(act(ContractorCalled, contractor="fast-tow"))
    if answer == "declines":
        actions = partners.tell(OrderAnswered(f"{CASE}/order", 1, accepted=False, arrives_at=None))
    else:
        actions = partners.wait(301)
        assert of(actions, WithdrawRequest)
    assert "no_contractor" in [one.reason for one in of(actions, EscalateCase)]
    assert not of(actions, PlaceOrder)
    assert case_of(partners).help is HelpState.WAITING
    assert ground(partners, act(ContractorCalled, contractor="fast-tow")) is Ground.CONTRACTOR_DECLINED
    assert [one.attempt for one in of(partners.tell(act(ContractorCalled, contractor="slow-tow")), PlaceOrder)] == [2]
    assert of(partners.truck("ours"), SendTow)


def test_whoever_says_yes_first_comes(partners: Room) -> None:
    """Our truck: the contractor is told that it is out. The contractor: our truck is called off and free for others."""
    partners.tell(act(ContractorCalled, contractor="fast-tow"))
    partners.truck("ours")
    (out,) = of(partners.truck("ours", "accepted"), WithdrawRequest)
    assert (out.partner, out.reason) == ("fast-tow", "our_truck_comes")
    partners.tell(OrderAnswered(f"{CASE}/order", 1, accepted=True, arrives_at=partners.now))
    assert case_of(partners).help is HelpState.PROMISED


def test_a_truck_that_was_only_asked_is_called_off_when_the_contractor_says_yes(partners: Room) -> None:
    """And may be called off a second time in the same case, under a key of its own."""
    partners.tell(act(ContractorCalled, contractor="fast-tow"))
    partners.truck("ours")
    yes = OrderAnswered(f"{CASE}/order", 1, accepted=True, arrives_at=partners.now + 900)
    (off,) = of(partners.tell(yes), CancelTow)
    assert off.truck == "ours"
    back = partners.tell(act(TruckChosen, truck="ours"))
    assert [one.reason for one in of(back, WithdrawRequest)] == ["our_truck_comes"]
    assert [one.from_truck for one in of(back, ReassignTow)] == [None]
    (again,) = of(partners.tell(act(CaseCancelled, reason="they drove on")), CancelTow)
    assert again.key != off.key


def test_who_tows_for_others_is_no_contractor(partners: Room) -> None:
    """A supplier of goods, one of another world, one nobody knows."""
    partners.tell(SupplierOpened("goods", ("supplies",), 56.9, 24.1, "simulated"))
    partners.tell(SupplierOpened("real-tow", ("tow",), 56.9, 24.1, "real"))
    grounds = {ground(partners, act(ContractorCalled, contractor=name)) for name in ("goods", "real-tow", "nobody")}
    assert grounds == {Ground.UNKNOWN_CONTRACTOR}


# --- place and diagnosis -----------------------------------------------------------------------------------------------


def test_a_changed_place_sends_the_truck_on_and_holds_against_the_device(two: Room) -> None:
    """Whatever the car tells of where it is, the dispatcher's word stands."""
    actions = two.tell(act(PlaceCorrected, place=THERE, near="the other side"))
    assert [one.place for one in of(actions, MoveCase)] == [THERE]
    assert [one.truck for one in of(actions, MoveTow)] == ["near"]
    two.found(key="volta/car-1/1-9", place=replace(NEAR, fix_time=two.now, accuracy_m=5.0))
    assert case_of(two).place == THERE


def test_a_changed_place_sends_a_truck_that_could_not_be_sent(room: Room) -> None:
    """Nobody knew where it was."""
    room.truck("t-1")
    room.found(place=None)
    assert case_of(room).help is HelpState.ASKING
    assert of(room.tell(act(PlaceCorrected, place=THERE, near="there")), SendTow)


def test_a_contractor_is_asked_anew_for_another_place(partners: Room) -> None:
    """What it said was said of the first."""
    partners.tell(act(ContractorCalled, contractor="fast-tow"))
    partners.tell(OrderAnswered(f"{CASE}/order", 1, accepted=True, arrives_at=partners.now + 900))
    actions = partners.tell(act(PlaceCorrected, place=THERE, near="there"))
    assert [one.reason for one in of(actions, WithdrawRequest)] == ["moved"]
    assert [(one.attempt, one.place) for one in of(actions, PlaceOrder)] == [(2, THERE)]


def test_a_corrected_diagnosis_may_need_another_truck(room: Room) -> None:
    """It is the alternator: the patrol on its way cannot mend it, and the device's own word counts no more."""
    room.truck("patrol", skills=("battery",), place=NEAR)
    room.truck("flatbed", skills=("tow",), place=FAR)
    room.found()
    finding = replace(
        case_of(room).finding, key="volta/car-1/told-x", part="alternator", remedy=Remedy(Help.TOW, "tow", 900, 7_200)
    )
    made = CaseReported(finding, "lv", may_call=True, may_order=True, by=ANNA, corrects=CASE)
    assert room.desk.objection(made, room.now) is None
    actions = room.tell(made)
    assert of(actions, ReviseCase)
    assert [one.truck for one in of(actions, ReassignTow)] == ["flatbed"]
    assert case_of(room).care.is_seen
    again = replace(made, finding=replace(finding, key="volta/car-1/told-y"))
    assert ground_of(room, again) is Ground.NOTHING_CHANGES
    less = replace(again, finding=replace(again.finding, grade=Grade.ASK), by=BOB)
    assert ground_of(room, less) is None
    room.tell(act(CaseTaken))
    assert ground_of(room, less) is Ground.NOT_YOURS


def ground_of(room: Room, made: Any) -> Ground | None:
    """Return why it is refused."""
    found = room.desk.objection(made, room.now)
    return found.ground if found else None


# --- ends --------------------------------------------------------------------------------------------------------------


def test_cancelling_calls_everything_off_and_tells_who_knew(two: Room) -> None:
    """Truck, workshop and call; a message in the customer's language; the same part opens no case again."""
    assert of([action for _, action in two.decided], BookWorkshop)
    actions = two.tell(act(CaseCancelled, reason="a friend towed them"))
    assert [one.truck for one in of(actions, CancelTow)] == ["near"]
    assert [one.reason for one in of(actions, WithdrawRequest)] == ["cancelled"]
    assert of(actions, WithdrawCall)
    assert ["atcelts" in one.text for one in of(actions, SendNotice)] == [True]
    assert [one.reason for one in of(actions, CloseCase)] == ["cancelled"]
    assert ground(two, act(CaseNoted, text="late")) is Ground.CASE_CLOSED
    assert not of(two.found(key="volta/car-1/1-20"), OpenCase)


def test_what_is_on_the_scene_or_being_talked_about_is_not_cancelled(two: Room) -> None:
    """An agent agrees with the customer on something just now; then the crew is there."""
    two.agent()
    two.connected(f"{CASE}/call")
    assert ground(two, act(CaseCancelled, reason="x")) is Ground.BEING_CALLED
    two.ended(f"{CASE}/call", Outcome.INFORMED)
    two.truck("near", "arrived", place=NEAR)
    assert ground(two, act(CaseCancelled, reason="x")) is Ground.TRUCK_ON_SCENE


def test_one_trouble_is_one_case(two: Room) -> None:
    """The one that is further on goes on; what the other's device tells belongs there; there is one truck."""
    other = _another(two, 2, customer="c-1")
    assert case_of(two, other).truck == "far"
    assert ground(two, act(CasesMerged, into=other)) is Ground.OTHER_WAY_ROUND
    actions = two.tell(act(CasesMerged, case=other, into=CASE))
    assert [(one.case, one.reason) for one in of(actions, CloseCase)] == [(other, "merged")]
    assert [one.truck for one in of(actions, CancelTow)] == ["far"]
    later = two.found(key="volta/car-2/1-5", episode=other, device="volta/car-2", customer="c-1")
    assert not of(later, OpenCase)
    assert [one.case for one in of(later, ReviseCase)] == [CASE]


def test_what_is_not_one_trouble_is_not_merged(two: Room) -> None:
    """Two customers; a case and itself; one that is closed."""
    other = _another(two, 2)
    assert ground(two, act(CasesMerged, case=other, into=CASE)) is Ground.NOT_ONE_TROUBLE
    assert ground(two, act(CasesMerged, into=CASE)) is Ground.NOTHING_CHANGES
    assert ground(two, act(CasesMerged, into="volta/car-77/1-1")) is Ground.CASE_CLOSED


# --- calls and mutes ---------------------------------------------------------------------------------------------------


def test_a_call_that_is_wanted_now_goes_before_all_others_of_ours(room: Room) -> None:
    """Also before one that is more urgent, and at night."""
    mild = {"drive": Drive.YES, "severity": Severity.LOW, "remedy": Remedy(Help.TALK, "engine", 0, 0)}
    mine = _another(room, 2, **mild)
    room.found()
    (queued,) = of(room.tell(act(CallHastened, case=mine)), QueueCall)
    assert (queued.attempt, queued.reason, queued.due) == (2, "dispatcher", room.now)
    assert room.agent()[0].case == mine
    assert ground(room, act(CallHastened, case=mine)) is Ground.BEING_CALLED


def test_who_does_not_want_to_be_rung_or_rings_is_not_rung(room: Room) -> None:
    """Nor is who holds the line."""
    quiet = _another(room, 2, may_call=False)
    assert ground(room, act(CallHastened, case=quiet)) is Ground.MAY_NOT_CALL
    room.found()
    room.phones()
    assert ground(room, act(CallHastened)) is Ground.ON_THE_LINE


def test_a_muted_device_opens_no_case_unless_it_is_dangerous(room: Room) -> None:
    """Danger breaks through, and so does what a person tells; afterwards all is as before."""
    mild = {"drive": Drive.YES, "severity": Severity.HIGH}
    until = room.now + 3_600
    room.tell(DeviceMuted(device="volta/car-1", until=until, ref="m-1", by=ANNA, reason="in the workshop"))
    assert not of(room.found(**mild), OpenCase)
    told = "volta/car-1/told-1"
    finding = replace(room.told[-1][0].finding, key=told, episode=told)
    assert of(room.tell(CaseReported(finding, "lv", may_call=True, may_order=True)), OpenCase)
    room.tell(act(CaseCancelled, case=told, reason="x"))
    assert of(room.found(key="volta/car-1/2-1", episode="volta/car-1/2-1"), OpenCase)
    room.tell(act(CaseCancelled, case="volta/car-1/2-1", reason="x"))
    room.tell(DeviceUnmuted(device="volta/car-1", ref="m-2", by=BOB))
    unmute = DeviceUnmuted(device="volta/car-1", ref="m-3", by=BOB)
    assert ground(room, unmute) is Ground.NOT_MUTED
    assert of(room.found(key="volta/car-1/3-1", episode="volta/car-1/3-1", **mild), OpenCase)


def test_nobody_is_muted_for_longer_than_a_day(room: Room) -> None:
    """However long was asked for; and an hour that is past is refused."""
    room.tell(DeviceMuted(device="volta/car-1", until=room.now + 1e6, ref="m-1", by=ANNA))
    room.wait(86_401)
    assert of(room.found(drive=Drive.YES, place=replace(NEAR, fix_time=room.now)), OpenCase)
    past = DeviceMuted(device="volta/car-1", until=room.now, ref="m-2", by=ANNA)
    assert ground(room, past) is Ground.NOTHING_CHANGES


# --- undone ------------------------------------------------------------------------------------------------------------


def test_what_was_done_last_is_taken_back(two: Room) -> None:
    """Owner, pin, truck and place stand as before."""
    for made in (
        act(CaseTaken),
        act(CaseAcknowledged),
        act(TruckPinned, truck="near"),
        act(TruckChosen, truck="far"),
        act(PlaceCorrected, place=THERE, near="there"),
        act(CaseHandedOver, to=BOB),
    ):
        before = _people(two)
        two.tell(made)
        assert _people(two) != before, made
        undo = act(ActUndone, act=made.ref, what=type(made).__name__)
        assert ground_of(two, undo) is None, made
        two.tell(undo)
        assert _people(two) == before, made
        assert ground(two, act(ActUndone, act=made.ref, what="")) is Ground.CANNOT_BE_UNDONE


def test_what_cannot_be_taken_back_is_said(two: Room) -> None:
    """Another's act; one before the last; one that is long past; a truck that is not free any more; one that ended nothing."""
    first, second = act(CaseTaken), act(TruckChosen, truck="far")
    two.tell(first)
    two.tell(second)
    undo = {"act": second.ref, "what": "TruckChosen"}
    assert ground(two, act(ActUndone, act=first.ref, what="CaseTaken")) is Ground.DONE_SINCE
    assert ground(two, act(ActUndone, BOB, takes_over=False, **undo)) is Ground.NOT_YOURS
    assert ground_of(two, act(ActUndone, SUPERVISOR, takes_over=True, **undo)) is None
    two.truck("near", on_duty=False, place=NEAR)
    assert ground(two, act(ActUndone, **undo)) is Ground.TRUCK_OFF_DUTY
    two.truck("near", place=NEAR)
    two.truck("far", "accepted", place=FAR)
    two.wait(301)
    assert ground(two, act(ActUndone, **undo)) is Ground.TOO_LATE_TO_UNDO


def test_a_contractor_is_uncalled_until_it_answers(partners: Room) -> None:
    """Then the case waits as before."""
    called = act(ContractorCalled, contractor="fast-tow")
    partners.tell(called)
    actions = partners.tell(act(ActUndone, act=called.ref, what="ContractorCalled"))
    assert [one.reason for one in of(actions, WithdrawRequest)] == ["undone"]
    assert case_of(partners).help is HelpState.WAITING
    called = act(ContractorCalled, contractor="slow-tow")
    partners.tell(called)
    partners.tell(OrderAnswered(f"{CASE}/order", 2, accepted=True, arrives_at=partners.now + 900))
    assert ground(partners, act(ActUndone, act=called.ref, what="ContractorCalled")) is Ground.CANNOT_BE_UNDONE


# --- read before one acts ----------------------------------------------------------------------------------------------


def test_candidates_are_the_best_first_and_say_why_the_others_cannot(two: Room) -> None:
    """With way and arrival; of one that is busy, when it will be through."""
    two.truck("tyres", skills=("tyre",))
    two.truck("real", provenance="real")
    two.truck("home", on_duty=False)
    second = _another(two, 2)
    assert case_of(two, second).truck == "far"
    found = {one.truck: one for one in two.desk.candidates(CASE, two.now)}
    assert [(name, one.state) for name, one in found.items()] == [
        ("near", "sent"),
        ("far", "busy"),
        ("tyres", "unable"),
        ("home", "off_duty"),
    ]
    assert found["far"].eta > two.now + case_of(two, second).remedy.on_scene_s
    assert found["near"].metres < found["home"].metres
    with pytest.raises(KeyError):
        two.desk.candidates("volta/car-77/1-1", two.now)


def test_contractors_say_how_it_stands_with_them(partners: Room) -> None:
    """Free, asked, declined."""
    partners.tell(act(ContractorCalled, contractor="fast-tow"))
    assert [(one.contractor, one.state) for one in partners.desk.contractors(CASE)] == [
        ("fast-tow", "asked"),
        ("slow-tow", "free"),
    ]
    partners.tell(OrderAnswered(f"{CASE}/order", 1, accepted=False, arrives_at=None))
    assert [one.state for one in partners.desk.contractors(CASE)] == ["free", "declined"]


def test_thresholds_are_the_policys() -> None:
    """Nobody is alarmed where the policy says so."""
    assert not Desk(Policy(acknowledge_times=0)).next_wake()


def _people(room: Room) -> tuple[Any, ...]:
    case = case_of(room)
    place = case.place
    return case.care.stood, case.truck, place and (place.latitude, place.longitude)


def _another(room: Room, number: int = 5, **changes: Any) -> str:
    """Have another car break down by the same town, and return its case."""
    device = f"volta/car-{number}"
    room.found(
        **{"key": f"{device}/1-1", "episode": f"{device}/1-1", "device": device, "customer": f"c-{number}"} | changes
    )
    return f"{device}/1-1"
