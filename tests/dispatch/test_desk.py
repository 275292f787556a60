"""The desk, spoken to in events and answered in actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.core.actions import (
    Action,
    AssignCall,
    BookWorkshop,
    CancelTow,
    CloseCase,
    LetTowFinish,
    OpenCase,
    PlaceOrder,
    QueueCall,
    ReassignTow,
    RedirectTow,
    ReviseCase,
    SendNotice,
    SendTow,
    TellDriverToStop,
    WithdrawCall,
    WithdrawRequest,
)
from dispatch.core.desk import Desk
from dispatch.core.events import (
    AgentBecameFree,
    BookingAnswered,
    DeviceRecovered,
    OrderAnswered,
    OrderFulfilled,
    Outcome,
    WithdrawalAnswered,
)
from dispatch.ledger.rows import body_of
from gateway.finding import Domain, Drive, Help, OrderLine, Place, Recovery, Remedy, Severity
from tests.dispatch.conftest import none, only

if TYPE_CHECKING:
    from conftest import Room

CASE = "volta/car-1/1-7"
CALL = f"{CASE}/call"


def test_a_fault_becomes_case_truck_slot_and_call_at_once(room: Room, start: float) -> None:
    """One finding opens the case, stops the driver, sends the truck, asks the workshop, queues the call and says so."""
    room.truck("t-1")
    actions = room.found()
    decided = [OpenCase, TellDriverToStop, SendTow, BookWorkshop, QueueCall, SendNotice]
    assert [type(action) for action in actions] == decided
    tow = only(actions, SendTow)
    assert tow.truck == "t-1"
    assert 110 < tow.eta - start < 150, "1.11 km at 40 km/h with circuity 1.3 takes about 130 s"
    assert only(actions, BookWorkshop).workshop == "workshop-near"


def test_the_nearest_free_and_able_truck_goes(room: Room) -> None:
    """Distance decides among the trucks that are on duty, free, able and of the same provenance."""
    near = Place(56.951, 24.10, 10, room.now, "gnss")
    room.truck("busy-elsewhere", on_duty=False, place=near)
    room.truck("cannot", skills=("tow",), place=near)
    room.truck("real", provenance="real", place=near)
    room.truck("far", place=Place(57.10, 24.10, 10, room.now, "gnss"))
    room.truck("right", place=Place(56.97, 24.10, 10, room.now, "gnss"))
    assert only(room.found(), SendTow).truck == "right"


def test_a_simulated_fault_never_moves_a_real_truck_workshop_or_agent(room: Room) -> None:
    """With only real trucks and agents about, a simulated case gets neither."""
    room.truck("real", provenance="real")
    room.tell(AgentBecameFree("agent-real", ("lv",), "real"))
    actions = room.found()
    assert none(actions, SendTow, AssignCall)
    assert none(room.wait(3600), SendTow, AssignCall)


def test_without_a_free_truck_the_case_waits_and_is_served_when_one_is_free(room: Room) -> None:
    """Nothing is lost when no truck is free: the next that reports gets the job, the call is queued meanwhile."""
    assert none(room.found(), SendTow)
    assert only(room.truck("t-1"), SendTow).case == CASE


def test_the_most_urgent_waiting_case_gets_the_first_free_truck(room: Room) -> None:
    """A car that must not be driven is served before one that came earlier and can wait."""
    room.found(key="volta/car-2/1-1", episode="volta/car-2/1-1", customer="c-2", drive=Drive.TO_WORKSHOP)
    room.wait(60)
    room.found()
    assert only(room.truck("t-1"), SendTow).case == CASE


def test_a_truck_that_declines_is_replaced_by_the_next(room: Room) -> None:
    """The job moves to the next truck; there is still one tow."""
    room.truck("t-1")
    room.truck("t-2", place=Place(56.99, 24.10, 10, room.now, "gnss"))
    room.found()
    moved = only(room.truck("t-1", "declined"), ReassignTow)
    assert (moved.truck, moved.from_truck, moved.tow) == ("t-2", None, f"{CASE}/tow")
    assert sum(isinstance(action, SendTow) for _, action in room.decided) == 1


def test_a_truck_that_does_not_answer_loses_the_job(room: Room) -> None:
    """After the policy's time the offer goes to the next truck, and once that said yes a late yes changes nothing."""
    room.truck("t-1")
    room.truck("t-2", place=Place(56.99, 24.10, 10, room.now, "gnss"))
    room.found()
    assert only(room.wait(61), ReassignTow).truck == "t-2"
    room.truck("t-2", "accepted")
    assert room.truck("t-1", "accepted") == []
    assert none(room.wait(600), ReassignTow, SendTow)


def test_when_all_trucks_decline_they_are_asked_again(room: Room) -> None:
    """A customer is not forgotten because every truck declined once."""
    room.truck("t-1")
    room.found()
    assert none(room.truck("t-1", "declined"), ReassignTow)
    assert only(room.wait(121), ReassignTow).truck == "t-1"


def test_never_a_truck_to_a_stale_vague_or_missing_position(room: Room) -> None:
    """The agent is to ask first; what the customer says sends the truck."""
    room.truck("t-1")
    for number, place in enumerate(
        (None, Place(56.95, 24.1, 900, room.now, "gnss"), Place(56.95, 24.1, 5, room.now - 3600, "gnss"))
    ):
        episode = f"volta/car-{number}/1-1"
        actions = room.found(key=episode, episode=episode, customer=f"c-{number}", place=place)
        assert none(actions, SendTow, BookWorkshop)
        assert only(actions, QueueCall)
    first = "volta/car-0/1-1/call"
    assert only(room.agent(), AssignCall).call == first
    room.connected(first)
    said = Place(56.93, 24.05, 50, room.now, "customer")
    assert only(room.ended(first, Outcome.INFORMED, place=said), SendTow).place == said


def test_the_same_finding_twice_is_one_case(room: Room) -> None:
    """A repeat revises nothing and sends nobody."""
    room.truck("t-1")
    room.found()
    again = room.found(key="volta/car-1/1-8")
    assert [type(action) for action in again] == [ReviseCase]
    assert only(again, ReviseCase).changed == ()


def test_a_better_diagnosis_moves_the_job_to_a_truck_that_can_do_it(room: Room) -> None:
    """A battery that turns out to be the alternator needs a tow truck, not the patrol that is on its way."""
    room.truck("patrol", skills=("battery",))
    room.truck("flatbed", skills=("tow",), place=Place(57.0, 24.1, 10, room.now, "gnss"))
    assert only(room.found(), SendTow).truck == "patrol"
    alternator = Remedy(Help.TOW, "tow", 900, 7200)
    actions = room.found(key="volta/car-1/1-9", part="alternator", remedy=alternator)
    assert set(only(actions, ReviseCase).changed) == {"part", "remedy"}
    assert only(actions, ReassignTow).truck == "flatbed"


def test_the_call_goes_to_the_agent_who_waited_longest_and_speaks_the_language(room: Room) -> None:
    """Language first; once the call is overdue, anybody."""
    room.agent("anna", "en")
    assert none(room.found(), AssignCall)
    assert only(room.agent("juris", "lv"), AssignCall).agent == "juris"
    room.found(key="volta/car-3/1-1", episode="volta/car-3/1-1", customer="c-3")
    assert only(room.wait(121), AssignCall).agent == "anna"


def test_the_call_goes_to_an_agent_who_knows_what_broke(room: Room) -> None:
    """Who lacks the skill takes it once it is overdue; who names none knows everything, and is written down as ever."""
    novice = AgentBecameFree("anna", ("lv",), "simulated", ("payment", "appliance"))
    room.tell(novice)
    assert none(room.found(), AssignCall)
    assert only(room.tell(AgentBecameFree("juris", ("lv",), "simulated")), AssignCall).agent == "juris"
    room.found(key="volta/car-3/1-1", episode="volta/car-3/1-1", customer="c-3")
    assert only(room.wait(121), AssignCall).agent == "anna"
    assert '"skills":["payment","appliance"]' in body_of(novice)
    assert "skills" not in body_of(AgentBecameFree("juris", ("lv",), "simulated"))


def test_calls_are_handed_out_when_an_agent_becomes_free(room: Room) -> None:
    """A queued call does not need another event to be assigned."""
    room.found()
    assert only(room.agent(), AssignCall).call == CALL


def test_nobody_answers_so_the_call_is_made_again_and_then_given_up(room: Room) -> None:
    """Six attempts, 15 s apart and then twice as long each time; then it is withdrawn as unreachable. The truck comes anyway."""
    room.truck("t-1")
    room.found()
    room.truck("t-1", "accepted")
    for attempt in range(1, 7):
        assert only(room.agent(), AssignCall).attempt == attempt
        ended = room.ended(CALL, Outcome.NO_ANSWER, attempt)
        if attempt < 6:
            assert none(ended, WithdrawCall)
            assert none(room.wait(15 * 2 ** (attempt - 1) - 0.1), QueueCall)
            assert only(room.wait(0.1), QueueCall).attempt == attempt + 1
    assert only(ended, WithdrawCall).reason == "unreachable"
    assert none(room.wait(7_200), QueueCall)


def test_an_agent_who_vanishes_does_not_keep_the_call(room: Room) -> None:
    """A call that was handed out and neither connected nor ended comes back into the queue."""
    room.found()
    room.agent("gone")
    assert only(room.wait(181), QueueCall).attempt == 2
    assert only(room.agent("anna"), AssignCall).attempt == 2


def test_a_customer_who_phones_first_finds_their_case_and_our_call_is_withdrawn(room: Room) -> None:
    """The open case is found, the outbound call withdrawn, and the inbound call is served before all others."""
    room.truck("t-1")
    room.found(key="volta/car-9/1-1", episode="volta/car-9/1-1", customer="c-9")
    room.found()
    actions = room.phones()
    assert only(actions, WithdrawCall).reason == "customer_phoned"
    assert only(actions, QueueCall).case == CASE
    assert only(room.agent(), AssignCall).call == "in/1"
    room.connected("in/1")
    room.ended("in/1", Outcome.INFORMED)
    room.agent("anna")
    room.wait(7200)
    assert not any(isinstance(action, AssignCall) and action.call == CALL for _, action in room.decided)


def test_a_customer_who_hangs_up_unheard_is_still_called(room: Room) -> None:
    """We owe them the call: it is queued again."""
    room.found()
    room.phones()
    again = only(room.ended("in/1", Outcome.ABANDONED), QueueCall)
    assert (again.call, again.attempt) == (CALL, 2)


def test_the_customer_is_on_the_line_when_the_fault_arrives(room: Room) -> None:
    """A report that was late finds its customer already talking to us: nobody rings them."""
    room.agent()
    room.phones()
    room.connected("in/1")
    actions = room.found()
    assert only(actions, WithdrawCall).reason == "customer_phoned"
    room.ended("in/1", Outcome.INFORMED)
    assert none(room.agent(), AssignCall)


def test_a_customer_who_wants_no_help_is_not_sent_any(room: Room) -> None:
    """The truck is called off and the case closed."""
    room.truck("t-1")
    room.found()
    room.truck("t-1", "accepted")
    room.tell(BookingAnswered(f"{CASE}/booking", 1, accepted=True, slot_at=room.now + 7200))
    room.agent()
    room.connected(CALL)
    actions = room.ended(CALL, Outcome.DECLINED_HELP)
    assert only(actions, CancelTow).truck == "t-1"
    assert only(actions, CloseCase).reason == "declined"


def test_a_case_closes_when_help_was_there_and_the_customer_knows(room: Room) -> None:
    """Neither the truck nor the call alone ends a case."""
    room.truck("t-1")
    room.found()
    room.tell(BookingAnswered(f"{CASE}/booking", 1, accepted=True, slot_at=room.now + 7200))
    for state in ("accepted", "arrived", "finished"):
        assert none(room.truck("t-1", state), CloseCase)
    room.agent()
    actions = [*room.connected(CALL), *room.ended(CALL, Outcome.INFORMED)]
    assert only(actions, CloseCase).reason == "helped"
    assert only(room.found(key="b", episode="b"), SendTow).truck == "t-1", "the truck is free again"


def test_a_workshop_that_refuses_is_replaced_and_the_truck_is_told(room: Room) -> None:
    """The next workshop is asked; a car on the hook goes where it is taken."""
    room.truck("t-1")
    room.found(part="alternator", remedy=Remedy(Help.TOW, "tow", 900, 7200))
    refused = room.tell(BookingAnswered(f"{CASE}/booking", 1, accepted=False, slot_at=None))
    assert only(refused, BookWorkshop).workshop == "workshop-far"
    taken = room.tell(BookingAnswered(f"{CASE}/booking", 2, accepted=True, slot_at=room.now + 9000))
    assert only(taken, RedirectTow).tow_to == "workshop-far"


def test_a_workshop_that_is_silent_is_passed_over(room: Room) -> None:
    """After the policy's time the next one is asked, once each."""
    room.truck("t-1")
    room.found()
    room.truck("t-1", "accepted")
    passed_over = room.wait(301)
    assert only(passed_over, WithdrawRequest).partner == "workshop-near"
    assert only(passed_over, BookWorkshop).workshop == "workshop-far"
    assert none(room.wait(301), BookWorkshop)


def compressor(room: Room, **changes: object) -> list[Action]:
    """A fridge's compressor fails."""
    defaults: dict[str, object] = {
        "domain": Domain.APPLIANCE,
        "part": "compressor",
        "drive": Drive.NOT_A_CAR,
        "remedy": Remedy(Help.TECHNICIAN, "refrigeration", 5400, 0),
    }
    return room.found(**{**defaults, **changes})


def test_a_broken_fridge_gets_a_technician_and_a_call(room: Room) -> None:
    """No truck; the visit is ordered from the nearest supplier and the customer is called."""
    actions = compressor(room)
    order = only(actions, PlaceOrder)
    assert (order.what, order.supplier) == ("technician", "supplier-1")
    assert only(actions, QueueCall)
    assert none(actions, SendTow, TellDriverToStop, BookWorkshop)
    room.tell(OrderAnswered(f"{CASE}/order", 1, accepted=True, arrives_at=room.now + 7200))
    room.agent()
    room.connected(CALL)
    room.ended(CALL, Outcome.INFORMED)
    assert only(room.tell(OrderFulfilled(f"{CASE}/order")), CloseCase).reason == "helped"


def test_a_supplier_that_refuses_is_replaced(room: Room) -> None:
    """The next supplier is asked; a late answer of the first changes nothing."""
    compressor(room)
    assert only(room.tell(OrderAnswered(f"{CASE}/order", 1, accepted=False, arrives_at=None)), PlaceOrder).attempt == 2
    assert room.tell(OrderAnswered(f"{CASE}/order", 1, accepted=True, arrives_at=room.now)) == []


def test_a_silent_supplier_is_told_that_it_is_out_and_its_late_yes_orders_nothing(room: Room) -> None:
    """One order, not two: whoever is passed over is told, and an answer after that changes nothing."""
    compressor(room)
    passed_over = room.wait(301)
    assert only(passed_over, WithdrawRequest).partner == "supplier-1"
    assert only(passed_over, PlaceOrder).supplier == "supplier-2"
    assert room.tell(OrderAnswered(f"{CASE}/order", 1, accepted=True, arrives_at=room.now + 60)) == []


def test_a_customer_who_wants_no_technician_gets_none(room: Room) -> None:
    """What was ordered is called off with the supplier, and the case closed."""
    compressor(room)
    room.tell(OrderAnswered(f"{CASE}/order", 1, accepted=True, arrives_at=room.now + 7200))
    room.agent()
    room.connected(CALL)
    actions = room.ended(CALL, Outcome.DECLINED_HELP)
    assert only(actions, WithdrawRequest).reason == "declined_help"
    assert only(actions, CloseCase).reason == "declined"


def test_a_supplier_that_comes_all_the_same_is_let_come_and_the_other_is_not(room: Room) -> None:
    """Too late to be passed over: the one asked in its place is withdrawn, and its coming closes the case."""
    compressor(room)
    room.wait(301)
    late = WithdrawalAnswered(f"{CASE}/order", 1, "supplier-1", too_late=True, at=room.now + 600)
    withdrawn = only(room.tell(late), WithdrawRequest)
    assert (withdrawn.partner, withdrawn.reason) == ("supplier-2", "other_comes")
    assert room.tell(OrderAnswered(f"{CASE}/order", 2, accepted=True, arrives_at=room.now + 60)) == []
    assert none(room.wait(301), PlaceOrder, WithdrawRequest)
    room.agent()
    room.connected(CALL)
    room.ended(CALL, Outcome.INFORMED)
    assert only(room.tell(OrderFulfilled(f"{CASE}/order")), CloseCase).reason == "helped"


def test_what_cannot_be_called_off_any_more_closes_as_too_late(room: Room) -> None:
    """A customer who wants no help, and a supplier that comes all the same: it is not withdrawn twice."""
    compressor(room)
    room.wait(301)
    room.tell(WithdrawalAnswered(f"{CASE}/order", 1, "supplier-1", too_late=True, at=room.now + 600))
    room.agent()
    room.connected(CALL)
    actions = room.ended(CALL, Outcome.DECLINED_HELP)
    assert none(actions, WithdrawRequest)
    assert only([*actions, *room.tell(OrderFulfilled(f"{CASE}/order"))], CloseCase).reason == "too_late"


def test_a_truck_on_the_scene_is_not_called_off(room: Room) -> None:
    """It finishes, and the case says that it was too late."""
    room.truck("t-1")
    room.found()
    for state in ("accepted", "arrived"):
        room.truck("t-1", state)
    room.agent()
    room.connected(CALL)
    actions = room.ended(CALL, Outcome.DECLINED_HELP)
    assert only(actions, LetTowFinish).truck == "t-1"
    assert none(actions, CancelTow, CloseCase)
    assert only(room.truck("t-1", "finished"), CloseCase).reason == "too_late"


def test_a_withdrawal_that_is_noted_changes_nothing(room: Room) -> None:
    """Nor does an answer about what nobody asked."""
    compressor(room)
    room.wait(301)
    assert room.tell(WithdrawalAnswered(f"{CASE}/order", 1, "supplier-1", too_late=False)) == []
    assert room.tell(WithdrawalAnswered(f"{CASE}/order", 9, "supplier-1", too_late=True)) == []
    assert room.tell(WithdrawalAnswered("nobody/order", 1, "supplier-1", too_late=True)) == []


def test_an_open_door_sends_nobody(room: Room) -> None:
    """A message to the owner, and that is all."""
    actions = compressor(room, part="door_ajar", remedy=Remedy(Help.NOTICE, "none", 0, 0), severity=Severity.LOW)
    assert [type(action) for action in actions] == [OpenCase, SendNotice, CloseCase]


def test_low_stock_is_ordered_once_and_nobody_is_rung(room: Room) -> None:
    """Goods are ordered and the owner gets a message."""
    milk = (OrderLine("4006381333931", "milk", 2),)
    actions = compressor(room, part="stock", remedy=Remedy(Help.SUPPLIES, "goods", 0, 0), lines=milk)
    assert only(actions, PlaceOrder).lines == milk
    assert none(actions, QueueCall)
    assert only(actions, SendNotice)


def test_consent_is_kept(room: Room) -> None:
    """Who agreed to neither orders nor calls gets a message instead."""
    milk = compressor(room, part="stock", remedy=Remedy(Help.SUPPLIES, "goods", 0, 0), may_order=False)
    assert none(milk, PlaceOrder)
    assert only(milk, SendNotice)
    broken = compressor(room, key="x", episode="x", may_call=False)
    assert none(broken, QueueCall)
    assert only(broken, SendNotice)


def test_a_payment_that_went_through_after_all_needs_no_call(room: Room) -> None:
    """The call is withdrawn and the case closed when the payment succeeds before anybody rang."""
    talk = Remedy(Help.TALK, "payments", 0, 0)
    actions = room.found(domain=Domain.PAYMENT, part="technical", remedy=talk, place=None, drive=Drive.NOT_A_CAR)
    assert none(actions, SendTow, PlaceOrder)
    done = room.tell(DeviceRecovered(Recovery("k", CASE, "volta/phone-1", room.now)))
    assert only(done, WithdrawCall).reason == "recovered"
    assert only(done, CloseCase).reason == "recovered"


def test_a_flapping_code_does_not_call_the_truck_off(room: Room) -> None:
    """A car that says it is well again before the truck is there keeps its truck: the agent asks."""
    room.truck("t-1")
    room.found()
    assert none(room.tell(DeviceRecovered(Recovery("k", CASE, "volta/car-1", room.now))), CancelTow, CloseCase)


def test_late_alarms_early_alarms_and_a_replay_decide_the_same(room: Room) -> None:
    """Rule 3: the same inputs give the same decisions at the same times, however the alarms are driven."""
    room.truck("t-1")
    room.found()
    room.wait(61)
    room.truck("t-2")
    room.agent()
    room.ended(CALL, Outcome.NO_ANSWER)
    room.wait(30)
    room.wait(31)
    room.agent("agent-2")
    lazy, eager = Desk(), Desk()
    late, early = [], []
    for event, at in room.told:
        late.extend(lazy.handle(event, at))
        while (due := eager.next_wake()) is not None and due <= at:
            early.extend(eager.wake(due))
        early.extend(eager.handle(event, at))
    assert late == early == room.decided


def test_an_answer_about_an_unknown_case_changes_nothing(room: Room) -> None:
    """Late, mistaken and malicious answers are taken note of and lead to nothing."""
    assert room.tell(BookingAnswered("nobody/booking", 1, accepted=True, slot_at=None)) == []
    assert room.tell(OrderFulfilled("nobody/order")) == []
    assert room.ended("nobody/call", Outcome.INFORMED) == []
    assert room.truck("t-9", "finished", job="nobody/tow") == []
