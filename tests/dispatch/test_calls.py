"""Calls: an agent is lost, a customer says no, who is served first, whose word counts, what is shown beside a call."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from dispatch.core import notices
from dispatch.core.actions import (
    Action,
    AssignCall,
    CancelTow,
    CloseCase,
    LetTowFinish,
    QueueCall,
    SendNotice,
    SendTow,
    TellDriverToStop,
    WithdrawCall,
    WithdrawRequest,
)
from dispatch.core.desk import Desk
from dispatch.core.events import (
    AgentBecameFree,
    AgentLeft,
    CallConnected,
    CallEnded,
    CustomerPhoned,
    FaultFound,
    OrderAnswered,
    Outcome,
)
from dispatch.core.policy import Policy
from dispatch.core.quiet_hours import QuietHours
from dispatch.ledger.rows import Pen, body_of, read
from dispatch.outgoing.device_commands import commands_of
from dispatch.views.casebook import Casebook
from dispatch.views.contact import Contact
from dispatch.words import say
from gateway.contract.commands import NoticeCommand, StopSafelyCommand
from gateway.finding import Domain, Drive, Grade, Help, OrderLine, Place, Remedy, Severity

if TYPE_CHECKING:
    from conftest import Room

CASE = "volta/car-1/1-7"
CALL = f"{CASE}/call"
A = TypeVar("A", bound=Action)


def of(actions: list[Action], kind: type[A]) -> list[A]:
    """Return the actions of one kind."""
    return [action for action in actions if isinstance(action, kind)]


def book_of(room: Room) -> Casebook:
    """Return what is read from the ledger of everything that was told and decided so far."""
    desk, pen, book = Desk(room.desk.policy), Pen(), Casebook()
    for event, at in room.told:
        for due, action in desk.wake(at):
            book.feed(pen.write(action, due))
        book.feed(pen.write(event, at))
        for _, action in desk.handle(event, at):
            book.feed(pen.write(action, at, pen.seq))
    for due, action in desk.wake(room.now):
        book.feed(pen.write(action, due))
    return book


# --- B.1: an agent's session is lost ---------------------------------------------------------------------------------


@pytest.mark.parametrize("finding", [{"grade": Grade.ASK}, {"place": None}, {}])
@pytest.mark.parametrize("how", ["claims again", "leaves", "says nothing for an hour"])
def test_a_customer_whose_agent_is_lost_is_rung_again_at_once(room: Room, finding: dict[str, Any], how: str) -> None:
    """What they said is unknown, so they are not informed and are rung again, before others of their urgency."""
    room.truck("t-1")
    room.found(**finding)
    room.agent()
    room.connected(CALL)
    assert book_of(room).cases[CASE].informed_at is not None
    if how == "claims again":
        actions = room.agent("agent-1", "lv")
    elif how == "leaves":
        actions = room.tell(AgentLeft("agent-1"))
    else:
        assert not of(room.wait(3_599), QueueCall)
        actions = room.wait(1)
    (again,) = of(actions, QueueCall)
    assert (again.call, again.attempt, again.reason) == (CALL, 2, "agent_lost")
    assert again.not_before == room.now
    assert again.due <= room.now + 120
    assert not of(actions, CloseCase)
    assert book_of(room).cases[CASE].informed_at is None
    if how != "claims again":
        actions = room.agent("agent-2")
    assert [one.attempt for one in of(actions, AssignCall)] == [2]


def test_what_an_agent_says_who_was_taken_for_lost_holds(room: Room) -> None:
    """An hour on the telephone: it is rung again, and then they do say how it ended. Help is sent, and nobody rings any more."""
    room.truck("t-1")
    room.found(grade=Grade.ASK)
    room.agent()
    room.connected(CALL)
    assert of(room.wait(3_600), QueueCall)
    here = Place(56.95, 24.10, 30.0, room.now, "customer")
    late = CallEnded(CALL, 1, Outcome.INFORMED, here, wants_help=True, agent="agent-2")
    assert room.tell(late) == []  # nobody's word but theirs
    actions = room.tell(replace(late, agent="agent-1"), 60)
    assert of(actions, SendTow)
    assert [one.reason for one in of(actions, WithdrawCall)] == ["spoken_to"]
    case = book_of(room).cases[CASE]
    assert (case.wants_help, case.contact) == (True, Contact.SPOKEN)
    assert room.tell(replace(late, agent="agent-1", attempt=2)) == []


def test_late_words_of_a_customers_own_call_hold_too(room: Room) -> None:
    """Theirs was over and ours was queued in its place: it is withdrawn."""
    room.truck("t-1")
    room.found(grade=Grade.ASK)
    room.phones()
    room.agent()
    room.connected("in/1")
    room.wait(3_600)
    here = Place(56.95, 24.10, 30.0, room.now, "customer")
    actions = room.tell(CallEnded("in/1", 1, Outcome.INFORMED, here, wants_help=True, agent="agent-1"), 60)
    assert of(actions, SendTow)
    assert [(one.call, one.reason) for one in of(actions, WithdrawCall)] == [(CALL, "spoken_to")]


def test_a_lost_call_about_a_car_that_must_stop_gets_its_truck(room: Room) -> None:
    """The oil pump of the issue: asked first, the agent gone, asked again, and the truck comes."""
    room.truck("t-1")
    room.found(grade=Grade.ASK)
    room.agent()
    room.connected(CALL)
    room.agent()
    room.tell(CallConnected(CALL, 2), 20)
    assert of(room.ended(CALL, Outcome.INFORMED, 2, wants_help=True), SendTow)


def test_a_lost_call_of_a_customer_who_rang_in_becomes_ours(room: Room) -> None:
    """Whether they still hold the line nobody knows: theirs is over, and we ring them."""
    room.truck("t-1")
    room.found(grade=Grade.ASK)
    room.phones()
    room.agent()
    room.connected("in/1")
    actions = room.agent()
    assert [(one.call, one.reason) for one in of(actions, WithdrawCall)] == [("in/1", "agent_lost")]
    assert [(one.call, one.reason) for one in of(actions, QueueCall)] == [(CALL, "agent_lost")]
    assert [one.call for one in of(actions, AssignCall)] == [CALL]
    assert book_of(room).cases[CASE].informed_at is None


def test_a_lost_call_about_nothing_we_know_goes_back_into_the_queue(room: Room) -> None:
    """There is no case and nobody to ring: whoever is free next picks up."""
    room.phones()
    room.agent()
    room.connected("in/1")
    actions = room.agent("agent-1")
    assert [(one.call, one.attempt, one.reason) for one in of(actions, QueueCall)] == [("in/1", 2, "agent_lost")]


def test_the_next_agent_is_told_that_they_may_have_spoken(room: Room) -> None:
    """It stands in the row, on the timeline, and not in rows that need not say it."""
    room.found()
    room.agent()
    room.connected(CALL)
    (again,) = of(room.agent(), QueueCall)
    assert '"reason":"agent_lost"' in body_of(again)
    first = next(action for _, action in room.decided if isinstance(action, QueueCall))
    assert "reason" not in body_of(first)
    assert any("may have spoken already" in one.what for one in book_of(room).timeline(CASE))


def test_a_case_is_not_closed_while_they_speak(room: Room) -> None:
    """Help is done during the call; were the agent lost now, the customer would still be owed an answer."""
    talk = Remedy(Help.TECHNICIAN, "refrigeration", 3_600, 0)
    room.found(domain=Domain.APPLIANCE, drive=Drive.NOT_A_CAR, remedy=talk)
    room.agent()
    room.connected(CALL)
    for attempt in (1, 2):
        assert not of(room.tell(OrderAnswered(f"{CASE}/order", attempt, accepted=False, arrives_at=None)), CloseCase)
    assert of(room.ended(CALL, Outcome.INFORMED), CloseCase)


def test_a_machine_that_answered_informs_nobody(room: Room) -> None:
    """Connected and then nobody there: rung again, and not counted as informed."""
    room.found()
    room.agent()
    room.connected(CALL)
    room.ended(CALL, Outcome.NO_ANSWER)
    assert book_of(room).cases[CASE].informed_at is None
    assert of(room.wait(15), QueueCall)


def test_whose_call_gave_way_is_rung_though_the_customer_spoke_of_something_else(room: Room) -> None:
    """Two cases, one call of the customer's: what it was not about is still owed."""
    fridge = {"domain": Domain.APPLIANCE, "drive": Drive.NOT_A_CAR, "device": "cool/fridge-1"}
    visit = Remedy(Help.TECHNICIAN, "refrigeration", 3_600, 0)
    room.phones()
    room.found()
    room.found(**fridge, remedy=visit, key="cool/fridge-1/1-1", episode="cool/fridge-1/1-1")
    room.agent()
    room.connected("in/1")
    actions = room.ended("in/1", Outcome.INFORMED)
    assert [one.call for one in of(actions, QueueCall)] == ["cool/fridge-1/1-1/call"]


# --- B.3: a customer says no -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [None, "accepted"])
@pytest.mark.parametrize("inbound", [False, True])
def test_a_no_is_honoured_whatever_the_outcome_is_called(room: Room, state: str | None, *, inbound: bool) -> None:
    """Informed, and wants nobody: the truck is called off, what was booked withdrawn, the case declined."""
    room.truck("t-1")
    room.found()
    if state:
        room.truck("t-1", state)
    if inbound:
        room.phones()
    room.agent()
    call = "in/1" if inbound else CALL
    room.connected(call)
    actions = room.ended(call, Outcome.INFORMED, wants_help=False)
    assert [one.truck for one in of(actions, CancelTow)] == ["t-1"]
    assert [one.reason for one in of(actions, WithdrawRequest)] == ["declined_help"]
    assert [one.reason for one in of(actions, CloseCase)] == ["declined"]


def test_a_no_that_comes_too_late_says_so(room: Room) -> None:
    """The truck is on the scene: it finishes."""
    room.truck("t-1")
    room.found()
    room.truck("t-1", "arrived")
    room.agent()
    room.connected(CALL)
    actions = room.ended(CALL, Outcome.INFORMED, wants_help=False)
    assert of(actions, LetTowFinish)
    assert not of(actions, CancelTow)


def test_a_no_to_somebody_coming_is_no_no_to_goods(room: Room) -> None:
    """Nobody is to come, and nobody was to: the milk that was ordered is."""
    milk = (OrderLine("4006381333931", "milk", 2),)
    supplies = Remedy(Help.SUPPLIES, "goods", 0, 0)
    room.found(domain=Domain.APPLIANCE, drive=Drive.NOT_A_CAR, remedy=supplies, lines=milk, severity=Severity.LOW)
    room.phones()
    room.agent()
    room.connected("in/1")
    assert not of(room.ended("in/1", Outcome.INFORMED, wants_help=False), WithdrawRequest)


def test_a_customer_who_wants_nobody_about_what_needs_nobody_was_informed(room: Room) -> None:
    """There is nothing to decline: a payment that failed is talked about."""
    room.found(domain=Domain.PAYMENT, drive=Drive.NOT_A_CAR, remedy=Remedy(Help.TALK, "", 0, 0), place=None)
    room.agent()
    room.connected(CALL)
    closed = of(room.ended(CALL, Outcome.INFORMED, wants_help=False), CloseCase)
    assert [one.reason for one in closed] == ["informed"]


# --- B.9: who is served first ----------------------------------------------------------------------------------------


def overload(room: Room, seconds: int, every: int) -> dict[str, int]:
    """Two agents who talk for four minutes each, with a caller ``every`` so many seconds; count whom they serve."""
    served = {"inbound": 0, "outbound": 0}
    busy: dict[str, tuple[float, str, int]] = {}
    begin = room.now
    for second in range(seconds):
        room.now = begin + second
        actions = room.wait(0)
        if second % every == 0:
            actions += room.phones(f"caller-{second}", f"in/{second}")
        for agent in ("agent-1", "agent-2"):
            until, call, attempt = busy.get(agent, (0.0, "", 0))
            if room.now < until:
                continue
            if call:
                actions += room.tell(CallEnded(call, attempt, Outcome.INFORMED, agent=agent))
            if agent not in room.desk.agents_waiting():
                busy.pop(agent, None)
                actions += room.agent(agent)
        for one in of(actions, AssignCall):
            actions += room.tell(CallConnected(one.call, one.attempt, one.agent))
            busy[one.agent] = (room.now + 240, one.call, one.attempt)
            served["inbound" if one.call.startswith("in/") else "outbound"] += 1
    return served


def test_customers_who_ring_in_do_not_outrank_ours_for_ever(room: Room) -> None:
    """Two overloaded agents: of three calls they take, one is ours that is overdue; so of four hours about 40 of 120."""
    for number in range(60):
        episode = f"volta/car-{number}/1-1"
        room.found(key=episode, episode=episode, device=f"volta/car-{number}", customer=f"c-{number}")
    served = overload(room, 4 * 3_600, 60)
    assert served["outbound"] == pytest.approx(sum(served.values()) / 3, abs=2)


def test_customers_who_ring_in_are_served_first_while_ours_can_wait(room: Room) -> None:
    """Nothing of ours is overdue: whoever holds the line is served before all that we have to ring."""
    room.found()
    for number in range(5):
        room.phones(f"caller-{number}", f"in/{number}")
    served = [of(room.agent(f"agent-{number}"), AssignCall)[0].call for number in range(6)]
    assert served == ["in/0", "in/1", "in/2", "in/3", "in/4", CALL]


def test_what_is_overdue_takes_every_third_turn_the_most_urgent_first(room: Room) -> None:
    """Two who rang in, then one of ours; and after a snapshot the turn is still known."""
    mild: dict[str, Any] = {"drive": Drive.TO_WORKSHOP, "severity": Severity.LOW}
    room.found(key="volta/car-2/1-1", episode="volta/car-2/1-1", device="volta/car-2", customer="c-2", **mild)
    room.found()
    room.wait(200)
    for number in range(6):
        room.phones(f"caller-{number}", f"in/{number}")
    served = []
    for number in range(8):
        served.append(of(room.agent(f"agent-{number}"), AssignCall)[0].call)
        standing = room.desk.standing()
        room.desk = Desk()
        room.desk.stand(standing)
    assert served == ["in/0", "in/1", CALL, "in/2", "in/3", "volta/car-2/1-1/call", "in/4", "in/5"]


def test_what_is_simulated_keeps_nobody_real_waiting(room: Room) -> None:
    """An overdue simulated call takes no turn from a real customer, nor does a simulated caller count as one who passed."""
    room.found()
    room.wait(200)
    for number in range(4):
        room.tell(CustomerPhoned(f"in/{number}", f"caller-{number}", "lv", "real"))
    served = [
        of(room.tell(AgentBecameFree(f"agent-{number}", ("lv",), "real")), AssignCall)[0].call for number in range(4)
    ]
    assert served == ["in/0", "in/1", "in/2", "in/3"]


# --- B.11: whose word it is ------------------------------------------------------------------------------------------


def test_a_call_is_connected_and_ended_by_whom_it_was_given_to(room: Room) -> None:
    """Another's word changes nothing; the desk and what is read from the ledger agree."""
    room.truck("t-1")
    room.found()
    room.agent("agent-1")
    assert room.tell(CallConnected(CALL, 1, "agent-2")) == []
    room.tell(CallConnected(CALL, 1, "agent-1"))
    assert room.tell(CallEnded(CALL, 1, Outcome.DECLINED_HELP, agent="agent-2")) == []
    assert book_of(room).calls[CALL].state == "connected"
    assert of(room.tell(CallEnded(CALL, 1, Outcome.DECLINED_HELP, agent="agent-1")), CancelTow)
    assert book_of(room).calls[CALL].outcome == "declined_help"


def test_who_did_it_stands_in_the_row_where_it_is_known() -> None:
    """And a row that does not know it is written as it always was."""
    for event in (CallConnected("x", 1), CallEnded("x", 1, Outcome.INFORMED)):
        assert "agent" not in body_of(event)
    assert '"agent":"agent-3"' in body_of(CallConnected("x", 1, "agent-3"))
    assert '"agent":"agent-3"' in body_of(CallEnded("x", 1, Outcome.INFORMED, agent="agent-3"))


def test_rows_of_before_are_still_read() -> None:
    """Without agent, reason, number and what is shown beside a call."""
    old = [
        CallConnected("x", 1),
        CallEnded("x", 1, Outcome.INFORMED),
        SendNotice("c", "v/d", "text", "simulated"),
        TellDriverToStop("c", "v/d", "oil pump", "simulated"),
        QueueCall("x", "c", "c-1", "outbound", 1, 1, 0.0, 120.0, "lv", "simulated"),
    ]
    members = [set(json.loads(body_of(item))) for item in old]
    assert not set().union(*members) & {"agent", "number", "beside_call", "also"}
    assert "text" not in members[3]
    assert "reason" not in members[4]
    assert [read(Pen().write(item, 1.0)) for item in old] == old


# --- A.3: a message beside the call ----------------------------------------------------------------------------------


def test_a_message_is_shown_beside_the_call_and_informs_nobody(room: Room) -> None:
    """What broke, what is done, when we ring, how to check that it is genuine; the call is made all the same."""
    room.truck("t-1")
    actions = room.found()
    (shown,) = of(actions, SendNotice)
    assert (shown.device, shown.beside_call, shown.key) == ("volta/phone-1", True, f"{CASE}/notice")
    assert shown.text == (
        "Jūsu automašīna ziņo par bojājumu: 12 V akumulators. Lūdzu, apstājieties drošā vietā un tālāk nebrauciet. "
        "Mēs jums meklējam palīdzības auto; pagaidām neviens vēl nav apstiprinājis. Mēs jums piezvanīsim 2 min laikā. "
        "Nekas cits jums nav jādara. "
        "Lai pārbaudītu, vai šis ziņojums ir īsts, zvaniet uz jūsu līgumā norādīto numuru."
    )
    assert of(actions, QueueCall)
    assert book_of(room).cases[CASE].informed_at is None
    assert book_of(room).cases[CASE].notice == shown.text
    room.agent()
    room.connected(CALL)
    assert book_of(room).cases[CASE].informed_at == room.now


def test_a_message_beside_the_call_promises_only_what_is_known(room: Room) -> None:
    """Asked first: nobody is on the way. Agents are behind: we do not say when."""
    shown = of(room.found(grade=Grade.ASK, drive=Drive.TO_WORKSHOP), SendNotice)[0].text
    assert say("maybe_car", "lv", part="12 V akumulators") in shown
    assert f"{say('notice_ask_within', 'lv', minutes=2)} {say('notice_nothing_until', 'lv')}" in shown
    assert say("help_finding", "lv") not in shown
    room.wait(200)
    car = {"key": "volta/car-2/1-1", "episode": "volta/car-2/1-1", "device": "volta/car-2", "customer": "c-2"}
    assert say("notice_ring_when_free", "lv") in of(room.found(**car), SendNotice)[0].text


def test_one_message_beside_however_many_calls(room: Room) -> None:
    """Attempts, lost agents and a wavering diagnosis show nothing more."""
    room.found(grade=Grade.ASK)
    for attempt in range(1, 4):
        room.agent()
        room.ended(CALL, Outcome.NO_ANSWER, attempt)
        room.wait(15)
        room.found(key=f"volta/car-1/1-{attempt + 7}", grade=Grade.ACT if attempt % 2 else Grade.ASK)
    assert sum(isinstance(action, SendNotice) for _, action in room.decided) == 1


def test_no_message_beside_a_call_that_waits_for_the_morning(room: Room) -> None:
    """Quiet hours are quiet; who must know at once is shown it."""
    room.desk = Desk(Policy(quiet=QuietHours.parse("22:00-09:00@Europe/Riga")))
    talk = {"remedy": Remedy(Help.TALK, "", 0, 0), "drive": Drive.NOT_A_CAR, "domain": Domain.PAYMENT}
    assert not of(room.found(**talk, severity=Severity.MEDIUM), SendNotice)
    assert of(room.found(key="volta/car-2/1-1", episode="volta/car-2/1-1", device="volta/car-2"), SendNotice)


def test_no_message_to_who_is_on_the_line_or_has_no_screen(room: Room) -> None:
    """They are being spoken to; or nothing can show it."""
    room.phones()
    assert not of(room.found(), SendNotice)
    car = {"key": "volta/car-2/1-1", "episode": "volta/car-2/1-1", "device": "volta/car-2", "customer": "c-2"}
    assert not of(room.found(**car, notify=None), SendNotice)


def test_a_message_that_stands_alone_still_informs(room: Room) -> None:
    """Who agreed to no calls is informed by the message, as ever; and its row is written as ever."""
    (shown,) = of(room.found(may_call=False), SendNotice)
    assert not shown.beside_call
    assert book_of(room).cases[CASE].informed_at == room.now
    assert not {"number", "beside_call"} & set(body_of(shown).replace('"', " ").split())


def test_a_second_message_has_a_key_of_its_own() -> None:
    """The store takes each key once."""
    assert SendNotice("c", "v/d", "text", "simulated").key == "c/notice"
    assert SendNotice("c", "v/d", "text", "simulated", 2).key == "c/notice/2"


@pytest.mark.parametrize("domain", list(Domain))
@pytest.mark.parametrize("drive", [Drive.STOP_NOW, Drive.NOT_A_CAR])
def test_a_message_beside_a_call_contradicts_itself_nowhere(room: Room, domain: Domain, drive: Drive) -> None:
    """Whatever broke: it never says to stop and that nothing need be done; and it is short."""
    room.found(domain=domain, drive=drive)
    (finding,) = (event.finding for event, _ in room.told if isinstance(event, FaultFound))
    for asks in (True, False):
        text = notices.beside_call(finding, notices.Situation(asks, None, 90.0), "lv")
        stops, else_ = say("stop", "lv") in text, say("notice_nothing_else", "lv") in text
        assert stops == (drive is Drive.STOP_NOW) == else_
        assert len(text) < 320


# --- B.7: a driver without a modem -----------------------------------------------------------------------------------


def test_the_phone_beside_the_driver_says_to_stop_as_well(room: Room) -> None:
    """The car may have no modem: both are told, each under an id of its own."""
    (stop,) = of(room.found(), TellDriverToStop)
    (car, first), (phone, second) = commands_of(stop, room.now)
    assert (car, phone) == ("volta/car-1", "volta/phone-1")
    assert isinstance(first, StopSafelyCommand)
    assert isinstance(second, NoticeCommand)
    assert (first.id, second.id) == (f"{CASE}/stop", f"{CASE}/stop/phone")
    assert second.data.text == say("notice_stop", "lv", part="12 V akumulators")


def test_a_car_without_a_phone_is_told_as_ever(room: Room) -> None:
    """One command, and a row as it always was."""
    (stop,) = of(room.found(notify=None), TellDriverToStop)
    assert [device for device, _ in commands_of(stop, room.now)] == ["volta/car-1"]
    assert "also" not in body_of(stop)


@pytest.fixture
def hung_up(room: Room) -> Room:
    """Somebody rang in about nothing we know, and hung up before anybody answered."""
    room.desk = Desk(Policy(call_back_abandoned=True))
    room.phones("c-9")
    room.tell(CallEnded("in/1", 1, Outcome.ABANDONED), 30)
    return room


def test_who_hung_up_is_rung_back_by_the_only_agent_there_is(hung_up: Room) -> None:
    """Nobody is kept free for others where there is one."""
    assert [one.call for one in of(hung_up.agent(), AssignCall)] == ["back/1"]


@pytest.mark.parametrize("another", [True, False])
def test_who_hung_up_is_rung_back_while_another_agent_stays_free(hung_up: Room, another: bool) -> None:  # noqa: FBT001
    """One of two speaks: the other is kept for whoever needs one next, until a third is free, or for an hour at most."""
    until = hung_up.now + 3_600
    hung_up.found()
    assert [one.call for one in of(hung_up.agent("agent-1"), AssignCall)] == [CALL]
    hung_up.connected(CALL)
    assert not of(hung_up.agent("agent-2"), AssignCall)
    assert not of(hung_up.wait(3_000), AssignCall)
    actions = hung_up.agent("agent-3") if another else hung_up.wait(until - hung_up.now)
    assert [one.call for one in of(actions, AssignCall)] == ["back/1"]


def test_who_rang_again_and_hung_up_is_in_need(hung_up: Room) -> None:
    """They are rung back by the next agent who is free, whom nobody keeps for others."""
    hung_up.phones("c-9", "in/2")
    hung_up.tell(CallEnded("in/2", 1, Outcome.ABANDONED), 30)
    hung_up.found()
    assert [one.call for one in of(hung_up.agent("agent-1"), AssignCall)] == [CALL]
    hung_up.connected(CALL)
    assert [one.call for one in of(hung_up.agent("agent-2"), AssignCall)] == ["back/2"]
