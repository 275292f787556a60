# ruff: noqa: RUF001 - digits and words of six languages
"""Whoever was spoken with is asked how it was, once a month at most and at no bad time; who gives little is spoken with again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.core.actions import AssignCall, QueueCall, SendMessage, WithdrawCall
from dispatch.core.consent import Purpose, Way
from dispatch.core.conversation.channels import Channel, Preference
from dispatch.core.conversation.events import PreferenceChanged
from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.desk import Desk
from dispatch.core.events import (
    AgentBecameFree,
    CallConnected,
    CallEnded,
    ConsentChanged,
    CustomerErased,
    CustomerPhoned,
    FaultFound,
    Outcome,
)
from dispatch.core.policy import MessagePolicy, Policy
from dispatch.core.quiet_hours import QuietHours
from dispatch.core.routing.events import CallNoted
from dispatch.core.surveys.actions import AskSurvey, LeaveUnasked
from dispatch.core.surveys.events import SurveyAnswered
from dispatch.core.surveys.model import SurveyReach
from dispatch.core.surveys.rating import rating_in
from dispatch.ledger.fold import Fold
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen, read
from dispatch.policy_model.house_policy import HousePolicy
from dispatch.registers.customers import Customer, Customers
from dispatch.views.call_brief import brief_of
from dispatch.views.survey_view import SurveyView, by_group, scores_of
from dispatch.words import say
from gateway.devices.registry import Registry
from gateway.intake.intake import Intake
from tests.dispatch.conftest import FLAT_BATTERY, START, all_of, none, only
from tests.dispatch.test_inviting import Bank

DAY_S = 86_400.0
ASKS = Policy(surveys=True, messages=MessagePolicy((Channel.SMS, Channel.EMAIL)))
REACHED = SurveyReach("lv", (Channel.SMS, Channel.EMAIL))


@pytest.fixture
def house() -> Bank:
    """One that asks, with two agents who wait."""
    made = Bank(Desk(ASKS))
    made.free("anna", "lv", skills=())
    made.free("juris", "lv", skills=())
    return made


def talk(house: Bank, ref: str = "1", reached: SurveyReach | None = REACHED, **said: Any) -> list[Any]:
    """A customer rings in and is spoken with; return what is decided at its end."""
    agent = only(house.tell(CustomerPhoned(f"in/{ref}", "c-1", "lv", "simulated")), AssignCall).agent
    house.tell(CallConnected(f"in/{ref}", 1, agent), 5)
    if concern := said.pop("concern", ""):
        house.tell(CallNoted(f"n-{ref}", f"in/{ref}", "", agent, concern))
    ended = CallEnded(f"in/{ref}", 1, said.pop("outcome", Outcome.INFORMED), agent=agent, survey=reached)
    decided = house.tell(ended, 120)
    house.free(agent, "lv", skills=())
    return decided


def gives(house: Bank, score: int, after: float = 600.0, **said: Any) -> list[Any]:
    """The customer answers what they were asked last."""
    asked = all_of([action for _, action in house.decided], AskSurvey)[-1]
    ref, survey = said.pop("ref", f"sms/{len(house.rows)}"), said.pop("survey", asked.survey)
    return house.tell(
        SurveyAnswered(ref, survey, said.pop("customer", "c-1"), Channel.SMS, score, "simulated", **said), after
    )


def test_whoever_was_spoken_with_is_asked_at_once_by_sms(house: Bank) -> None:
    """In their language, by one message that no door sends later than two minutes; and it is known about whom."""
    decided = talk(house)
    asked, sent = only(decided, AskSurvey), only(decided, SendMessage)
    assert (asked.agent, asked.call, asked.message, asked.channel) == ("anna", "in/1", sent.key, Channel.SMS)
    assert (sent.purpose, sent.text, sent.until) == ("survey", say("survey_ask", "lv"), house.now + 120)
    assert none(gives(house, 5), QueueCall)


def test_nothing_of_it_is_where_the_house_does_not_ask() -> None:
    """The policy is off by default: what was decided without it stays so."""
    silent = Bank()
    silent.free("anna", "lv", skills=())
    assert none(talk(silent), AskSurvey, LeaveUnasked, SendMessage)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"reached": replace(REACHED, may_message=False)}, "withdrawn"),
        ({"reached": replace(REACHED, reach=())}, "no_channel"),
        ({"reached": replace(REACHED, reach=(Channel.PUSH,))}, "no_channel"),
        ({"concern": "distress"}, "concern"),
        ({"concern": "bereavement"}, "concern"),
    ],
)
def test_who_is_not_asked_is_so_for_a_reason(house: Bank, changes: dict[str, Any], why: str) -> None:
    """It is a row, and nothing is sent."""
    decided = talk(house, **changes)
    assert only(decided, LeaveUnasked).why == why
    assert none(decided, SendMessage)


def test_a_complaint_keeps_nobody_from_being_asked(house: Bank) -> None:
    """Or a bad score could be noted away."""
    assert only(talk(house, concern="complaint"), AskSurvey)


def test_nobody_is_asked_again_within_a_month(house: Bank) -> None:
    """Whether or not they answered."""
    talk(house)
    house.wait(29 * DAY_S)
    assert only(talk(house, "2"), LeaveUnasked).why == "too_often"
    house.wait(1.1 * DAY_S)
    assert only(talk(house, "3"), AskSurvey)


def test_at_night_nobody_is_asked_nor_the_morning_after(house: Bank) -> None:
    """By the house's hours, by the customer's own zone, or as they said."""
    asleep = PreferenceChanged("c-1", Preference(quiet="05:00-09:00@UTC"))
    house.tell(asleep)
    assert only(talk(house), LeaveUnasked).why == "quiet_hours"
    assert none(house.wait(DAY_S), SendMessage)
    quiet = Bank(Desk(replace(ASKS, quiet=QuietHours.parse("22:00-07:00@America/New_York"))))
    quiet.free("anna", "lv", skills=())
    assert only(talk(quiet), LeaveUnasked).why == "quiet_hours"  # one in the morning there
    assert only(talk(quiet, "2", replace(REACHED, time_zone="Europe/Riga")), AskSurvey)


def test_who_said_stop_by_sms_is_asked_elsewhere_or_not_at_all(house: Bank) -> None:
    """By the next channel on which they can write back."""
    house.tell(PreferenceChanged("c-1", Preference(avoid=(Channel.SMS,))))
    assert only(talk(house), SendMessage).channel is Channel.EMAIL
    house.tell(PreferenceChanged("c-1", Preference(avoid=(Channel.SMS, Channel.EMAIL))))
    house.wait(31 * DAY_S)
    assert only(talk(house, "2"), LeaveUnasked).why == "no_channel"


@pytest.mark.parametrize("outcome", [Outcome.NO_ANSWER, Outcome.ABANDONED, Outcome.CALL_BACK, Outcome.NOT_TAKEN])
def test_who_was_not_spoken_with_is_not_asked(house: Bank, outcome: Outcome) -> None:
    """There is nothing to give."""
    assert none(talk(house, outcome=outcome), AskSurvey, LeaveUnasked)


def test_nobody_is_asked_while_nobody_helps(house: Bank) -> None:
    """A car that stands, and no truck is found: how the talk was is no question yet."""
    house.tell(FaultFound(FLAT_BATTERY, "lv", may_call=False, may_order=True))
    assert only(talk(house), LeaveUnasked).why == "no_help_yet"


def test_little_is_a_reason_to_be_rung_by_another_agent(house: Bank) -> None:
    """Within a day, with the reason, in quiet hours not; and they are told so."""
    talk(house)
    decided = gives(house, 2, words="2, nobody listened")
    queued = only(decided, QueueCall)
    assert (queued.reason, queued.concern, queued.direction) == ("low_score", "complaint", "outbound")
    assert only(decided, SendMessage).text == say("survey_sorry", "lv")
    assert only(decided, AssignCall).agent == "juris"
    brief = brief_of(house.book, queued.call, Customers([]), policy=ASKS, now=house.now + DAY_S)
    assert brief.gave == 'gave 2 of 5 for the talk with anna, 24 h ago, and wrote "2, nobody listened"'
    assert "put it right" in brief.again


def test_whom_it_is_about_rings_only_where_nobody_else_does() -> None:
    """After twenty hours anybody may, before all others."""
    left = Bank(Desk(ASKS))
    left.free("anna", "lv", skills=())
    talk(left)
    assert none(gives(left, 1), AssignCall)
    assert none(left.wait(19 * 3_600.0), AssignCall)
    late = left.wait(3_600.0)
    assert (only(late, QueueCall).priority, only(late, AssignCall).agent) == (0, "anna")
    _same_folded(left)


def test_who_may_not_be_rung_is_written_with(house: Bank) -> None:
    """They withdrew it after the talk: an agent writes instead, and nobody says that they are rung."""
    talk(house)
    house.tell(ConsentChanged("c-1", Purpose.CALL, given=False, way=Way.WRITING))
    decided = gives(house, 1)
    queued = only(decided, QueueCall)
    assert (queued.direction, queued.channel) == ("inbound", Channel.SMS)
    assert none(decided, SendMessage)
    _same_folded(house)


def test_who_withdraws_it_once_rung_back_is_not(house: Bank) -> None:
    """The call that waits is taken back."""
    talk(house)
    house.tell(AgentBecameFree("juris", ("lv",), "simulated"))
    for agent in ("juris", "anna"):
        house.desk._calls.agent_left(agent)
    gives(house, 1)
    withdrawn = house.tell(ConsentChanged("c-1", Purpose.CALL, given=False, way=Way.WRITING))
    assert only(withdrawn, WithdrawCall).reason == "consent_withdrawn"


def test_late_twice_anothers_and_of_nothing_are_states_of_their_own(house: Bank) -> None:
    """None of them is counted, and nobody is rung for it; the row is there."""
    talk(house)
    assert gives(house, 1, customer="c-2") == []
    assert gives(house, 1, survey="svy/in/9/1") == []
    assert gives(house, 5) == []
    assert gives(house, 1) == []  # the first one stands
    assert [(one.score, one.state) for one in house.book.surveys(0.0)] == [(5, "counted")]
    _same_folded(house)
    later = Bank(Desk(ASKS))
    later.free("anna", "lv", skills=())
    talk(later)
    assert gives(later, 1, after=7 * DAY_S + 1) == []
    assert [(one.score, one.state) for one in later.book.surveys(0.0)] == [(1, "late")]
    _same_folded(later)


def test_who_is_erased_was_never_asked(house: Bank) -> None:
    """Neither desk nor page knows what they gave."""
    talk(house)
    gives(house, 4)
    house.tell(CustomerErased("c-1"))
    assert house.desk.survey_of("c-1") is None
    assert house.book.surveys(0.0) == []


def test_a_desk_that_is_folded_from_its_rows_stands_as_it_stood(house: Bank) -> None:
    """Behind each step."""
    steps: list[Callable[[], Any]] = [
        lambda: talk(house),
        lambda: gives(house, 2),
        lambda: house.wait(3_600.0),
        lambda: house.wait(30 * 3_600.0),
    ]
    for step in steps:
        step()
        _same_folded(house)


def _same_folded(house: Bank) -> None:
    fold, again = Fold(house.desk.policy, version=DECISIONS_VERSION), Desk(house.desk.policy)
    for row in house.rows:
        fold.feed(row)
    folded, stands = fold.standing(), house.desk.standing()
    assert folded.surveys == stands.surveys
    assert folded.calls == stands.calls
    assert folded.waiting_calls == stands.waiting_calls
    assert [one.due for one in folded.alarms if one.about == "score"] == [
        one.due for one in stands.alarms if one.about == "score" and one.due > house.now
    ]
    again.stand(folded)
    assert again.standing().surveys == stands.surveys


def test_the_room_knows_how_a_customer_is_reached_as_the_call_ends() -> None:
    """By the register: consents, channels, language and zone as they are then; of a stranger nothing."""
    anna = Customer("c-1", "Anna", "+37120000001", "lv", "simulated", time_zone="Europe/Riga", may_call=False)
    room = ControlRoom(Intake(Registry([])), Desk(ASKS), Customers([anna]), Pen())
    ended = []
    for name in ("c-1", "stranger/5"):
        room.tell(AgentBecameFree("juris", ("lv",), "simulated"), START)
        room.tell(CustomerPhoned(f"in/{name[0]}", name, "lv", "simulated"), START)
        room.tell(CallConnected(f"in/{name[0]}", 1, "juris"), START)
        ended.append(room.tell(CallEnded(f"in/{name[0]}", 1, Outcome.INFORMED, agent="juris"), START + 9))
    said = [read(turn.rows[0]) for turn in ended]
    assert [one.survey for one in said if isinstance(one, CallEnded)] == [
        SurveyReach("lv", (Channel.SMS,), may_call=False, time_zone="Europe/Riga"),
        None,
    ]
    assert [len(all_of(turn.actions, AskSurvey)) for turn in ended] == [1, 0]


def test_a_policy_that_asks_nobody_who_can_answer_is_told() -> None:
    """A browser's notification takes no answer."""
    with pytest.raises(ValueError, match="name one of email, sms, social in channels"):
        HousePolicy(surveys=True, channels=("push",))  # type: ignore[arg-type] # as a file has it
    assert HousePolicy(surveys=True, channels=("sms",)).desk().surveys  # type: ignore[arg-type] # likewise


@pytest.mark.parametrize(
    ("text", "score"),
    [
        *(("4", 4), (" 4 ", 4), ("4!", 4), ("4 thanks", 4), ("4, but I waited", 4), ("4/5", 4), ("4 out of 5", 4)),
        *(("۴", 4), ("４", 4), ("٤", 4), ("४", 4), ("four", 4), ("Five stars", 5), ("★★★", 3), ("⭐⭐⭐⭐☆", 4)),
        *(("pieci, paldies", 5), ("četri", 4), ("4 no 5", 4), ("пять", 5), ("Четвёрка", 4), ("п'ять", 5), ("п’ять", 5)),
        *(("оценка: 2", 2), ("دو", 2), ("۵ ممنون", 5), ("四分", 4), ("5分，谢谢", 5), ("评分 3", 3), ("两颗星", 2)),
        *(("1\nnobody came", 1), ("3 - slow", 3)),
        *(
            ("0", None),
            ("6", None),
            ("10", None),
            ("45", None),
            ("4.5", None),
            ("4,5", None),
            ("1-5", None),
            ("4 5", None),
        ),
        *(("2 days I wait", None), ("3 people told me other things", None), ("one of you lied", None), ("", None)),
        *(("3分钟", None), ("یک مشکل دارم", None), ("где машина?", None), ("ok", None), ("👍", None), ("★★★★★★", None)),
        *(("call me", None), ("4" + " very" * 100, None), ("½", None)),
    ],
)
def test_what_is_given_is_read_in_six_languages_and_nothing_else_is(text: str, score: int | None) -> None:
    """Whatever says more is for a person."""
    assert rating_in(text) == score


@given(st.text(max_size=400))
def test_whatever_is_written_is_a_score_or_none(text: str) -> None:
    """Nothing breaks it."""
    assert rating_in(text) in {None, 1, 2, 3, 4, 5}


def _given(count: int, score: int | None, group: str = "g", agent: str = "anna") -> list[SurveyView]:
    state = "counted" if score is not None else "asked"
    return [SurveyView(f"s-{n}", "c", "c", agent, group, None, START, score, "", START, state) for n in range(count)]


def test_few_scores_say_nothing_and_many_have_an_interval() -> None:
    """Late ones are not counted; groups are named, agents are not."""
    assert scores_of([*_given(4, 1), *_given(9, None)]).mean is None
    found = scores_of([*_given(20, 5), *_given(20, 3), *_given(60, None)])
    assert (found.asked, found.answered, found.mean) == (100, 40, 4.0)
    assert found.low is not None
    assert found.high is not None
    assert 3.3 < found.low < 4.0 < found.high < 4.5
    assert [name for name, _ in by_group([*_given(9, 4, "b"), *_given(9, 4, "a")])] == ["a", "b"]
