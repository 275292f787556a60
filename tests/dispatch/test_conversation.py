"""One conversation: what is written and where, what an answer comes to, what is learned of who reads what."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from dispatch.core.actions import (
    Action,
    AssignCall,
    CloseCase,
    QueueCall,
    SendMessage,
    SendNotice,
    SendTow,
    WithdrawCall,
)
from dispatch.core.consent import Purpose, Way
from dispatch.core.conversation.channels import Answer, Channel, Preference
from dispatch.core.conversation.events import (
    AgentWrote,
    CustomerAnswered,
    CustomerWrote,
    MessageReported,
    PreferenceChanged,
    StrangerIdentified,
)
from dispatch.core.conversation.talk import STEP, USUAL, Heard, Reading, Talk
from dispatch.core.desk import Desk
from dispatch.core.events import (
    AgentBecameFree,
    CallConnected,
    CallEnded,
    ConsentChanged,
    CustomerErased,
    CustomerPhoned,
    Outcome,
)
from dispatch.core.policy import MessagePolicy, Policy
from dispatch.core.quiet_hours import QuietHours
from dispatch.ledger.rows import Pen
from dispatch.words import say
from gateway.finding import Domain, Drive, Grade, Help, Place, Remedy, Severity

if TYPE_CHECKING:
    from conftest import Room

ALL = (Channel.PUSH, Channel.SMS, Channel.SOCIAL, Channel.EMAIL)
WRITES = Policy(messages=MessagePolicy(channels=ALL))
TALK = Remedy(Help.TALK, "engine", 0, 0)
CASE, OURS = "volta/car-1/1-7", "volta/car-1/1-7/call"
SITUATIONS: dict[str, dict[str, Any]] = {
    "comes": {},
    "asked first": {"grade": Grade.ASK},
    "where": {"place": None},
    "must stop": {"remedy": TALK},
    "plain": {"remedy": TALK, "drive": Drive.TO_WORKSHOP, "severity": Severity.MEDIUM},
}


@pytest.fixture
def desk(room: Room) -> Room:
    """A desk that writes on every channel."""
    room.desk = Desk(WRITES)
    return room


def found(room: Room, reach: tuple[Channel, ...] = (Channel.SMS, Channel.EMAIL), **changes: Any) -> list[Action]:
    """Something breaks; the customer can be written to on these channels."""
    return room.found(reach=reach, **changes)


def sent(actions: list[Action]) -> list[tuple[Channel, str]]:
    """Where something was written, and what."""
    return [
        (one.channel if isinstance(one, SendMessage) else Channel.APP, one.text)
        for one in actions
        if isinstance(one, SendMessage | SendNotice)
    ]


def channels(actions: list[Action]) -> list[Channel]:
    """Where something was written."""
    return [channel for channel, _ in sent(actions)]


def answered(
    room: Room, answer: Answer, place: Place | None = None, channel: Channel = Channel.APP, case: str = CASE
) -> list[Action]:
    """The customer answers."""
    ref = f"{channel}/{len(room.told)}"
    return room.tell(CustomerAnswered(ref, "c-1", case, channel, answer, "simulated", place, "Riga" if place else ""))


def wrote(room: Room, text: str, channel: Channel = Channel.CHAT, customer: str = "c-1") -> list[Action]:
    """The customer writes."""
    return room.tell(CustomerWrote(f"{channel}/{len(room.told)}", customer, channel, text, "lv", "simulated"))


def of(actions: list[Action], kind: type[Any]) -> list[Any]:
    """The actions of a kind."""
    return [one for one in actions if isinstance(one, kind)]


# --- what may be answered, and what it comes to ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("situation", "offered"),
    [
        ("comes", (Answer.HAS_STOPPED, Answer.CALL_ME)),
        ("asked first", (Answer.WANTS_HELP, Answer.WANTS_NO_HELP, Answer.CALL_ME)),
        ("where", (Answer.PLACE, Answer.CALL_ME)),
        ("must stop", (Answer.HAS_STOPPED, Answer.CALL_ME)),
        ("plain", (Answer.NEEDS_NO_CALL, Answer.CALL_ME)),
    ],
)
def test_what_is_asked_is_what_the_house_has_to_know(desk: Room, situation: str, offered: tuple[Answer, ...]) -> None:
    """By what the case is at."""
    (notice,) = of(found(desk, **SITUATIONS[situation]), SendNotice)
    assert notice.answers == offered


RINGS, STOPS, GOES_ON = "rings", "rings no more", "our call stays"


@pytest.mark.parametrize(
    ("situation", "answer", "then"),
    [
        (situation, answer, then)
        for situation, by_answer in {
            "comes": [GOES_ON, GOES_ON, RINGS, STOPS, STOPS, STOPS, GOES_ON],
            "asked first": [GOES_ON, GOES_ON, RINGS, STOPS, STOPS, GOES_ON, GOES_ON],
            "where": [GOES_ON, GOES_ON, RINGS, GOES_ON, STOPS, GOES_ON, GOES_ON],
            "must stop": [GOES_ON, GOES_ON, RINGS, GOES_ON, STOPS, STOPS, GOES_ON],
            "plain": [GOES_ON, STOPS, RINGS, GOES_ON, STOPS, STOPS, GOES_ON],
        }.items()
        for answer, then in zip(
            [
                Answer.UNDERSTOOD,
                Answer.NEEDS_NO_CALL,
                Answer.CALL_ME,
                Answer.WANTS_HELP,
                Answer.WANTS_NO_HELP,
                Answer.HAS_STOPPED,
                Answer.PLACE,
            ],
            by_answer,
            strict=True,
        )
    ],
)
def test_an_answer_in_every_situation(desk: Room, situation: str, answer: Answer, then: str) -> None:
    """Our call is spared where nothing has to be said or asked any more, and made at once where they want it.

    A place that is none tells nothing.
    """
    if situation == "comes":
        desk.truck("t-1")
    found(desk, **SITUATIONS[situation])
    actions = answered(desk, answer)
    withdrawn, queued = of(actions, WithdrawCall), of(actions, QueueCall)
    case = next((one for one in desk.desk.standing().cases if one.case == CASE), None)
    spared = [one.reason for one in withdrawn] == ["answered"] or case is None
    # Help that is wanted where nobody would have come is sent: then they know enough, and nobody rings.
    if then == GOES_ON and answer is Answer.WANTS_HELP and case is not None and not case.needs_answer:
        then = STOPS
    assert spared == (then == STOPS), (withdrawn, case)
    assert [one.reason for one in queued] == (["asked_for"] if then == RINGS else [])


def test_who_says_where_is_sent_a_truck(desk: Room) -> None:
    """And nobody asks again."""
    desk.truck("t-1")
    found(desk, place=None)
    actions = answered(desk, Answer.PLACE, Place(56.95, 24.1, 20.0, desk.now, "customer"))
    assert len(of(actions, SendTow)) == 1
    assert [one.reason for one in of(actions, WithdrawCall)] == ["answered"]


def test_who_is_asked_first_and_wants_help_is_sent_it(desk: Room) -> None:
    """Who wants none is sent none, and the case is closed."""
    desk.truck("t-1")
    found(desk, grade=Grade.ASK)
    assert len(of(answered(desk, Answer.WANTS_HELP), SendTow)) == 1
    found(desk, grade=Grade.ASK, key="volta/car-2/1-1", episode="volta/car-2/1-1", device="volta/car-2")
    refused = answered(desk, Answer.WANTS_NO_HELP, case="volta/car-2/1-1")
    assert [one.reason for one in of(refused, CloseCase)] == ["declined"]


def test_an_answer_is_acknowledged_where_nobody_sees_what_it_came_to(desk: Room) -> None:
    """On SMS; a page and an app show it. What is still to be said is asked there as well."""
    found(desk, grade=Grade.ASK, place=None)
    (ack,) = of(answered(desk, Answer.WANTS_HELP, channel=Channel.SMS), SendMessage)
    assert (ack.channel, ack.purpose, ack.answers) == (Channel.SMS, "reply", (Answer.PLACE, Answer.CALL_ME))
    assert say("notice_ask_when_free", "lv") in ack.text
    assert not of(answered(desk, Answer.WANTS_HELP), SendMessage)


def test_nobody_is_rung_twice_who_asks_for_it_while_it_rings(desk: Room) -> None:
    """Nor who holds the line."""
    found(desk)
    desk.tell(AgentBecameFree("a-1", ("lv",), "simulated"))
    assert not of(answered(desk, Answer.CALL_ME), QueueCall)
    desk.tell(CallEnded(OURS, 1, Outcome.NO_ANSWER, agent="a-1"))
    desk.tell(CustomerPhoned("in/1", "c-1", "lv", "simulated"))
    assert not of(answered(desk, Answer.CALL_ME), QueueCall)


def test_who_answers_what_is_over_reaches_an_agent(desk: Room) -> None:
    """Nothing is lost: somebody wants to be rung about a case that was closed."""
    actions = answered(desk, Answer.CALL_ME, channel=Channel.SMS, case="volta/car-1/1-3")
    (queued,) = of(actions, QueueCall)
    assert (queued.direction, queued.channel, queued.case) == ("inbound", Channel.SMS, None)
    assert not answered(desk, Answer.UNDERSTOOD, case="volta/car-1/1-3")


def test_a_strangers_answer_changes_nothing_of_a_case(desk: Room) -> None:
    """It is another's."""
    found(desk)
    told = CustomerAnswered("sms/9", "c-2", CASE, Channel.SMS, Answer.WANTS_NO_HELP, "simulated")
    assert not of(desk.tell(told), WithdrawCall)


# --- channels ----------------------------------------------------------------------------------------------------------


def test_a_message_that_nobody_reads_goes_on_to_the_next_channel(desk: Room) -> None:
    """App, SMS, e-mail, each after the time for it; then no further. It says what is true by then."""
    first = found(desk)
    assert channels(first) == [Channel.APP]
    assert not sent(desk.wait(119.0))
    second = sent(desk.wait(1.0))
    assert [channel for channel, _ in second] == [Channel.SMS]
    assert sent(first)[0][1] != second[0][1]  # the call was promised within two minutes, and has not come
    assert say("notice_ring_when_free", "lv") in second[0][1]
    assert channels(desk.wait(120.0)) == [Channel.EMAIL]
    assert not [one for one in channels(desk.wait(3_600.0)) if one is not Channel.APP]


def test_who_read_it_is_not_written_to_again(desk: Room) -> None:
    """A receipt says so. That our call comes later than they read is another message."""
    found(desk)
    desk.tell(MessageReported(f"{CASE}/notice", "read"))
    assert not sent(desk.wait(119.0))
    assert sent(desk.wait(1.0)) == [(Channel.APP, say("notice_ring_when_free", "lv"))]
    desk.tell(MessageReported(f"{CASE}/notice/2", "read"))
    assert not sent(desk.wait(3_600.0))


@pytest.mark.parametrize("status", ["failed", "refused"])
def test_what_cannot_be_delivered_goes_on_at_once(desk: Room, status: Any) -> None:
    """Nobody waits for what was not taken."""
    found(desk)
    assert channels(desk.tell(MessageReported(f"{CASE}/notice", status), after=3.0)) == [Channel.SMS]
    assert channels(desk.tell(MessageReported("con/c-1/message/1", status), after=3.0)) == [Channel.EMAIL]
    assert not sent(desk.tell(MessageReported("con/c-1/message/2", status)))
    assert not sent(desk.tell(MessageReported("con/c-9/message/1", status)))


def test_nothing_goes_on_after_they_spoke(desk: Room) -> None:
    """In our call, or in theirs; but what changes afterwards does."""
    found(desk)
    desk.tell(AgentBecameFree("a-1", ("lv",), "simulated"))
    desk.tell(CallConnected(OURS, 1, "a-1"))
    desk.tell(CallEnded(OURS, 1, Outcome.INFORMED, agent="a-1"))
    assert not sent(desk.wait(900.0))


def test_nothing_goes_on_after_they_rang_in(desk: Room) -> None:
    """Whoever they spoke with told them."""
    found(desk)
    desk.tell(CustomerPhoned("in/1", "c-1", "lv", "simulated"))
    desk.tell(AgentBecameFree("a-1", ("lv",), "simulated"))
    desk.tell(CallConnected("in/1", 1, "a-1"))
    desk.tell(CallEnded("in/1", 1, Outcome.INFORMED, agent="a-1"))
    assert not sent(desk.wait(900.0))


def test_nothing_is_written_after_consent_is_withdrawn(desk: Room) -> None:
    """Not on the next channel either."""
    found(desk)
    desk.tell(ConsentChanged("c-1", Purpose.MESSAGE, given=False, way=Way.LINK))
    assert not sent(desk.wait(900.0))


def test_no_more_than_the_cap_is_written_a_day(desk: Room) -> None:
    """But for the first about a case, and what is urgent."""
    desk.desk = Desk(replace(WRITES, messages=MessagePolicy(channels=(Channel.SMS,), cap=2)))
    calm = {"remedy": Remedy(Help.TALK, "", 0, 0), "drive": Drive.NOT_A_CAR, "severity": Severity.MEDIUM}
    for number in range(4):
        name = f"volta/thing-{number}/1-1"
        told = found(desk, key=name, episode=name, device=name[:-4], notify=None, domain=Domain.PAYMENT, **calm)
        assert channels(told) == [Channel.SMS]
    talk = desk.desk.standing().talks[0]
    assert talk.count_unasked(desk.now) == 4
    assert not channels(desk.wait(125.0))  # that our calls come later is not worth a fifth
    assert talk.count_unasked(desk.now + 86_400.0) == 0


RIGA = QuietHours.parse("22:00-07:00@Europe/Riga")
NIGHT = datetime.fromisoformat("2026-01-12T23:00:00+02:00").timestamp()
MORNING = datetime.fromisoformat("2026-01-13T07:00:00+02:00").timestamp()


def test_what_can_wait_wakes_nobody(desk: Room) -> None:
    """An SMS waits for the morning, is true till then, and is missed only if nobody reads it then."""
    desk.desk, desk.now = Desk(replace(WRITES, quiet=RIGA)), NIGHT
    calm = {"remedy": Remedy(Help.NOTICE, "", 0, 0), "drive": Drive.NOT_A_CAR, "severity": Severity.LOW}
    (held,) = of(found(desk, domain=Domain.APPLIANCE, notify=None, **calm), SendMessage)
    assert (held.not_before, held.until) == (MORNING, MORNING + WRITES.messages.until_s)
    (talk,) = desk.desk.standing().talks
    assert [one.read_by for one in talk.waiting.values()] in ([MORNING + 120.0], [])
    assert not sent(desk.wait(3_600.0))


def test_who_stands_at_the_roadside_is_written_to_at_night(desk: Room) -> None:
    """At once."""
    desk.desk, desk.now = Desk(replace(WRITES, quiet=RIGA)), NIGHT
    (said,) = of(found(desk, notify=None), SendMessage)
    assert said.not_before == 0.0


@pytest.mark.parametrize(("own", "until"), [("20:00-08:00@Europe/Riga", MORNING + 3_600), ("nonsense", MORNING)])
def test_their_own_quiet_hours_go_before_ours(desk: Room, own: str, until: float) -> None:
    """Where they can be read."""
    desk.desk, desk.now = Desk(replace(WRITES, quiet=RIGA)), NIGHT
    desk.tell(PreferenceChanged("c-1", Preference(quiet=own)))
    calm = {"remedy": Remedy(Help.NOTICE, "", 0, 0), "drive": Drive.NOT_A_CAR, "severity": Severity.LOW}
    (held,) = of(found(desk, domain=Domain.APPLIANCE, notify=None, **calm), SendMessage)
    assert held.not_before == until


@pytest.mark.parametrize(("own", "until"), [("20:00-08:00@Europe/Riga", MORNING + 3_600), ("nonsense", MORNING)])
def test_who_wants_to_be_left_in_peace_is_not_rung_either(desk: Room, own: str, until: float) -> None:
    """By the clock that they said it of."""
    desk.desk, desk.now = Desk(replace(WRITES, quiet=RIGA)), NIGHT
    desk.tell(PreferenceChanged("c-1", Preference(quiet=own)))
    calm = {"remedy": TALK, "drive": Drive.NOT_A_CAR, "severity": Severity.LOW}
    (call,) = of(found(desk, domain=Domain.APPLIANCE, notify=None, **calm), QueueCall)
    assert call.not_before == until


def test_who_stands_at_the_roadside_is_rung_whatever_their_quiet_hours(desk: Room) -> None:
    """At once."""
    desk.desk, desk.now = Desk(replace(WRITES, quiet=RIGA)), NIGHT
    desk.tell(PreferenceChanged("c-1", Preference(quiet="20:00-08:00@Europe/Riga")))
    (call,) = of(found(desk), QueueCall)
    assert call.not_before == desk.now


def test_preference_goes_before_all_that_is_learned(desk: Room) -> None:
    """What they avoid is not used at all."""
    desk.tell(PreferenceChanged("c-1", Preference(channels=(Channel.EMAIL,), avoid=(Channel.APP,), language="ru")))
    (said,) = of(found(desk), SendMessage)
    assert said.channel is Channel.EMAIL
    assert channels(desk.wait(120.0)) == [Channel.SMS]
    assert Channel.APP not in channels(desk.wait(900.0))


def test_who_never_reads_the_app_is_written_by_sms(desk: Room) -> None:
    """After a few that they missed on one and read on the other; others are still shown theirs."""
    firsts = []
    for number in range(6):
        name = f"volta/car-1/{number + 1}-1"
        firsts.append(channels(found(desk, key=name, episode=name))[0])
        desk.wait(120.0)
        answered(desk, Answer.UNDERSTOOD, channel=Channel.SMS, case=name)
        answered(desk, Answer.WANTS_NO_HELP, channel=Channel.SMS, case=name)
        desk.wait(90_000.0)
    assert firsts[0] is Channel.APP
    assert firsts[-1] is Channel.SMS
    urgent = [one.heard for one in desk.desk.standing().talks]
    assert urgent[0]["sms/urgent"].read > 0


def test_one_message_judges_nobody() -> None:
    """Beside what is known of everybody, who read the app sooner."""
    everybody = Talk("all", heard={"app/calm": Heard(90, 10), "sms/calm": Heard(50, 50)})
    reading, own = Reading([everybody]), Talk("c-1", heard={"app/calm": Heard(0, 1)})
    assert reading.chance(own, Channel.APP, urgent=False) > reading.chance(own, Channel.SMS, urgent=False)
    own.heard["app/calm"].missed = 6
    assert reading.chance(own, Channel.APP, urgent=False) < reading.chance(own, Channel.SMS, urgent=False)
    assert reading.chance(own, Channel.PUSH, urgent=True) == USUAL
    assert reading.chance(own, Channel.PUSH, urgent=True, place=1) == USUAL * STEP


def test_of_a_channel_without_receipts_silence_says_less() -> None:
    """Nobody tells that an SMS was read: who answers none may read all."""
    unheard = Talk("c-1", heard={f"{one}/urgent": Heard(0, 16) for one in ("app", "sms")})
    chances = [Reading().chance(unheard, one, urgent=True) for one in (Channel.APP, Channel.SMS)]
    assert chances == sorted(chances)
    assert chances[0] < chances[1] < USUAL


def heard(desk: Room) -> dict[str, Heard]:
    """What was heard of the only customer's messages."""
    (talk,) = desk.desk.standing().talks
    return talk.heard


def test_who_reads_late_has_missed_the_time_that_they_had(desk: Room) -> None:
    """Two minutes, eight trials; what is read a second later was not read in time."""
    found(desk, reach=())
    desk.tell(MessageReported(f"{CASE}/notice", "read"), after=121.0)
    (talk,) = desk.desk.standing().talks
    assert (talk.heard, list(talk.waiting)) == ({"app/urgent": Heard(0, 8)}, [f"{CASE}/notice/2"])


@pytest.mark.parametrize(("after", "counted"), [(0.0, Heard(1, 0)), (29.0, Heard(1, 1)), (119.0, Heard(1, 7))])
def test_who_reads_in_time_has_missed_what_went_before(desk: Room, after: float, counted: Heard) -> None:
    """In each quarter of a minute it was read, or was not. Delivered is not read."""
    found(desk, reach=())
    desk.tell(MessageReported(f"{CASE}/notice", "delivered"))
    assert heard(desk) == {}
    desk.tell(MessageReported(f"{CASE}/notice", "read"), after=after)
    assert heard(desk) == {"app/urgent": counted}


def test_who_is_rung_has_another_reason_not_to_read(desk: Room) -> None:
    """It counts until they speak with us. Who takes the telephone in hand for that sees all that stands there: it says nothing."""
    found(desk)
    desk.wait(31.0)
    desk.tell(AgentBecameFree("a-1", ("lv",), "simulated"))
    desk.tell(CallConnected(OURS, 1, "a-1"))
    desk.tell(MessageReported(f"{CASE}/notice", "read"))
    assert heard(desk) == {"app/urgent": Heard(0, 2)}


def test_what_reaches_nobody_is_missed_and_what_is_kept_back_says_nothing(desk: Room) -> None:
    """A number that is none is no way to reach somebody; that the house kept a message back is not their doing."""
    found(desk, notify=None, reach=(Channel.SMS, Channel.EMAIL))
    desk.tell(MessageReported("con/c-1/message/1", "failed"), after=1.0)
    assert heard(desk) == {"sms/urgent": Heard(0, 8)}
    desk.tell(MessageReported("con/c-1/message/2", "refused"), after=60.0)
    desk.tell(MessageReported("con/c-1/message/2", "read"), after=30.0)
    assert heard(desk) == {"sms/urgent": Heard(0, 8)}


def test_an_answer_on_their_page_counts_for_the_message_that_led_there(desk: Room) -> None:
    """Its link is in every message; what was written about another case says nothing by that."""
    found(desk, notify=None)
    answered(desk, Answer.UNDERSTOOD, channel=Channel.CHAT)
    assert heard(desk) == {"sms/urgent": Heard(1, 0)}


# --- agents ------------------------------------------------------------------------------------------------------------


def test_who_writes_waits_for_one_agent(desk: Room) -> None:
    """However often, and on whatever channel."""
    found(desk)
    (queued,) = of(wrote(desk, "when do you come?"), QueueCall)
    assert (queued.channel, queued.case, queued.direction) == (Channel.CHAT, CASE, "inbound")
    assert not of(wrote(desk, "hello?", Channel.EMAIL), QueueCall)
    (assigned,) = of(desk.tell(AgentBecameFree("a-1", ("lv",), "simulated")), AssignCall)
    taken = desk.tell(CallConnected(assigned.call, 1, "a-1"))
    assert [(one.call, one.reason) for one in of(taken, WithdrawCall)] == [(OURS, "joined")]
    reply = AgentWrote("chat/7", "c-1", Channel.CHAT, "In ten minutes.", "a-1", "simulated")
    (said,) = of(desk.tell(reply), SendMessage)
    assert (said.channel, said.agent, said.purpose, said.case) == (Channel.CHAT, "a-1", "reply", CASE)
    desk.tell(CallEnded(assigned.call, 1, Outcome.INFORMED, wants_help=True, agent="a-1"))
    assert [one.informed for one in desk.desk.standing().cases] == [True]
    assert not of(desk.wait(3_600.0), QueueCall)


def test_an_agent_who_vanishes_loses_nothing(desk: Room) -> None:
    """What was written waits for another; who knew by telephone still knows."""
    found(desk)
    desk.tell(AgentBecameFree("a-1", ("lv",), "simulated"))
    desk.tell(CallConnected(OURS, 1, "a-1"))
    desk.tell(CallEnded(OURS, 1, Outcome.INFORMED, agent="a-1"))
    desk.tell(AgentBecameFree("a-1", ("lv",), "simulated"))
    (given,) = of(wrote(desk, "and the key?"), AssignCall)
    desk.tell(CallConnected(given.call, 1, "a-1"))
    lost = desk.tell(AgentBecameFree("a-1", ("lv",), "simulated"))
    (again,) = of(lost, QueueCall)
    assert (again.call, again.reason) == (given.call, "agent_lost")
    assert [one.informed for one in desk.desk.standing().cases] == [True]


def test_what_waits_is_in_the_hand_of_who_speaks_with_them(desk: Room) -> None:
    """Who wrote and then rings is one conversation; who hangs up before anybody answers is still answered."""
    found(desk)
    (first,) = of(wrote(desk, "it does not start"), QueueCall)
    desk.tell(CustomerPhoned("in/1", "c-1", "lv", "simulated"))
    desk.tell(CallEnded("in/1", 1, Outcome.ABANDONED))
    assert first.call in {call.call for call in desk.desk.standing().calls}
    desk.tell(CustomerPhoned("in/2", "c-1", "lv", "simulated"))
    given = {one.call: one for one in of(desk.tell(AgentBecameFree("a-1", ("lv",), "simulated")), AssignCall)}
    if "in/2" not in given:
        given = {one.call: one for one in of(desk.tell(AgentBecameFree("a-2", ("lv",), "simulated")), AssignCall)}
    joined = desk.tell(CallConnected("in/2", 1, given["in/2"].agent))
    assert [(one.call, one.reason) for one in of(joined, WithdrawCall)][:1] == [(first.call, "joined")]


def test_two_agents_never_ask_the_same_customer_at_once(desk: Room) -> None:
    """While one writes with them, nobody rings; and who rings in while they wait for an answer is spoken with by one alone."""
    found(desk, grade=Grade.ASK)
    (queued,) = of(wrote(desk, "when?"), QueueCall)
    desk.tell(AgentBecameFree("a-1", ("lv",), "simulated"))
    taken = desk.tell(CallConnected(queued.call, 1, "a-1"))
    assert [(one.call, one.reason) for one in of(taken, WithdrawCall)] == [(OURS, "joined")]
    desk.tell(CustomerPhoned("in/1", "c-1", "lv", "simulated"))
    desk.tell(AgentBecameFree("a-2", ("lv",), "simulated"))
    spoken = desk.tell(CallConnected("in/1", 1, "a-2"))
    assert [(one.call, one.reason) for one in of(spoken, WithdrawCall)] == [(queued.call, "joined")]
    ended = desk.tell(CallEnded("in/1", 1, Outcome.ABANDONED, agent="a-2"))
    assert [one.call for one in of(ended, QueueCall)] == [OURS]  # what was not said is still owed


# --- strangers ---------------------------------------------------------------------------------------------------------


def test_two_customers_behind_one_number_are_never_merged(desk: Room) -> None:
    """Who wrote is found out by an agent; then it is one conversation, with one agent."""
    found(desk)
    told = CustomerWrote("sms/1", "stranger/ab", Channel.SMS, "my car!", "lv", "simulated", ("c-1", "c-2"))
    (queued,) = of(desk.tell(told), QueueCall)
    assert (queued.customer, queued.case) == ("stranger/ab", None)
    wrote(desk, "hello")
    assert len([call for call in desk.desk.standing().calls if call.inbound]) == 2
    known = desk.tell(StrangerIdentified("stranger/ab", "c-1", "lv"))
    assert [one.reason for one in of(known, WithdrawCall)] == ["joined"]
    (left,) = [call for call in desk.desk.standing().calls if call.inbound]
    assert (left.customer, left.case) == ("c-1", CASE)


def test_no_number_is_given_twice(desk: Room) -> None:
    """Not to a stranger who turned out to be somebody, nor to a customer who was erased."""
    reply = AgentWrote("sms/a", "stranger/ab", Channel.SMS, "Who are you?", "a-1", "simulated")
    first = desk.tell(reply)
    desk.tell(StrangerIdentified("stranger/ab", "c-1", "lv"))
    again = desk.tell(replace(reply, ref="sms/b"))
    assert [one.key for one in of([*first, *again], SendMessage)] == [
        "con/stranger/ab/message/1",
        "con/stranger/ab/message/2",
    ]
    found(desk, notify=None)
    desk.tell(CustomerErased("c-1"))
    assert [(one.messages, one.waiting) for one in desk.desk.standing().talks if one.customer == "c-1"] == [(1, {})]


def test_who_is_forgotten_is_forgotten_in_what_is_known_of_everybody() -> None:
    """A desk that goes on from what was written down knows the same."""
    desk = Desk(WRITES)
    room_talks = desk._talks
    room_talks.of("c-1").heard["app/calm"] = Heard(3, 1)
    room_talks.reading.count(room_talks.of("c-1"))
    room_talks.forget("c-1")
    assert room_talks.reading.chance(Talk("x"), Channel.APP, urgent=False) == USUAL


# --- rows --------------------------------------------------------------------------------------------------------------


def test_rows_without_the_new_members_are_as_they_were(room: Room) -> None:
    """A house that uses no channels writes what it always wrote."""
    pen = Pen()
    actions = room.found()
    rows = [pen.write(said, 0.0) for said in (room.told[-1][0], *actions)]
    members = {name for row in rows for name in json.loads(row.body)}
    assert not members & {"answers", "instead_of", "tried", "channel", "reach", "urgent", "not_before_s"}
