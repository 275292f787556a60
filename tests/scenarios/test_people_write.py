"""People who read and write: what a message does to them, what they answer, and what they turn to."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace

import pytest

from dispatch.core.actions import OpenCase, SendMessage, SendNotice
from dispatch.core.conversation.channels import Answer, Channel, Preference
from dispatch.core.conversation.events import CustomerWrote, MessageReported, PreferenceChanged
from dispatch.ledger.rows import read
from scenarios.runner.cast import prepare
from scenarios.runner.record import Record
from scenarios.runner.virtual import Result, _doors, run_story
from scenarios.story.habits import Habits
from scenarios.story.loader import StoryError, open_story
from scenarios.world.ground_truth import Fault
from scenarios.world.messages import chosen, tell

SMALL = ["duration=2 h", "settle=15 min", "cars.count=150", "calls.rate=0 per h"]
FAULTS = (
    "faults=[{part: starter, empirical: [10 min]}, {part: battery_12v, count: 8, when: {from: 20 min, until: 90 min}}]"
)


def played(*settings: str, seed: int = 1) -> Result:
    """A small town with channels."""
    return run_story(open_story("seven_channels", [*SMALL, FAULTS, *settings]), seed)


RUN = played()


def test_one_trouble_over_seven_channels_is_one_case() -> None:
    """App, SMS, web chat, e-mail, a messenger, the machine on the telephone and video: one case, and nothing asked twice."""
    first = RUN.truth[0]
    said = [read(row) for row in RUN.rows]
    assert [one.device for one in said if isinstance(one, OpenCase)].count(first.device) == 1
    house = {one.channel for one in said if isinstance(one, SendMessage) and one.customer == first.customer}
    shown = [one for one in said if isinstance(one, SendNotice) and first.device in one.case]
    theirs = {one.channel for one in said if isinstance(one, CustomerWrote) and one.customer == first.customer}
    rang = {
        json.loads(row.body).get("channel")
        for row in RUN.rows
        if row.type == "CustomerPhoned" and first.customer in row.body
    }
    assert shown
    assert Channel.SMS in house
    assert theirs == {Channel.CHAT, Channel.EMAIL, Channel.SOCIAL}
    assert rang == {"ivr", "video"}
    assert RUN.scorecard["told_twice"] == RUN.scorecard["duplicates"] == RUN.scorecard["lost"] == 0


def test_the_same_seed_writes_the_same_ledger() -> None:
    """And another does not."""
    assert (
        played().scorecard["ledger_sha256"]
        == RUN.scorecard["ledger_sha256"]
        != played(seed=2).scorecard["ledger_sha256"]
    )


def test_who_does_not_know_the_number_takes_no_call() -> None:
    """Unless a message they read announced it: where everybody knows it, more are spoken with."""
    shy = played("customers.channels.knows_number=0", "customers.channels.takes_unknown=0", "policy.channels=[]")
    known = played("customers.channels.knows_number=1", "policy.channels=[]")
    spoken = [Counter(row.type for row in run.rows)["CallConnected"] for run in (shy, known)]
    assert [fault.part for fault in shy.truth] == [fault.part for fault in known.truth]
    assert spoken[0] < spoken[1]


def test_a_story_without_channels_has_people_who_only_phone() -> None:
    """As ever; one whose policy writes has people who read."""
    plain = open_story("winter_morning", [])
    assert plain.habits is None
    assert open_story("winter_morning", ["policy.channels=[sms]"]).habits == Habits()


def test_what_is_answered_is_true() -> None:
    """Of what broke, not of what the house believes."""
    fault = Fault("f1", "v/d", "c", "starter", needs_help=True, at=0.0, latitude=56.9, longitude=24.1)
    asked = (Answer.WANTS_HELP, Answer.WANTS_NO_HELP, Answer.CALL_ME)
    assert chosen(fault, asked, content=True) is Answer.WANTS_HELP
    fault.needs_help = False
    assert chosen(fault, asked, content=True) is Answer.WANTS_NO_HELP
    plain = (Answer.NEEDS_NO_CALL, Answer.CALL_ME)
    assert [chosen(fault, plain, content=one) for one in (True, False)] == [Answer.NEEDS_NO_CALL, Answer.CALL_ME]
    assert chosen(fault, (Answer.PLACE, Answer.CALL_ME), content=True) is Answer.PLACE
    assert chosen(fault, (Answer.HAS_STOPPED, Answer.CALL_ME), content=True) is Answer.HAS_STOPPED
    assert chosen(fault, (), content=True) is None


def test_who_tells_the_same_again_has_told_it_twice() -> None:
    """Another place is another fact."""
    fault = Fault("f1", "v/d", "c", "starter", needs_help=True, at=0.0, latitude=56.9, longitude=24.1)
    tell(fault, Answer.PLACE)
    fault.latitude = 57.0
    tell(fault, Answer.PLACE)
    assert fault.told_twice == 0
    tell(fault, Answer.PLACE)
    assert fault.told_twice == 1


@pytest.mark.parametrize(
    ("setting", "word"),
    [
        ("customers.channels.journey=[pigeon]", "journey"),
        ("customers.channels.turns_to={pigeon: 1}", "turns_to"),
        ("customers.channels.sms={has: 2}", "has"),
        ("customers.channels.knows_number=140%", "knows_number"),
    ],
)
def test_habits_that_cannot_be_are_told(setting: str, word: str) -> None:
    """By their key."""
    with pytest.raises(StoryError, match=word):
        open_story("seven_channels", [setting])


def test_what_is_held_back_is_asked_about_again_as_it_leaves() -> None:
    """By the rule of the live service: consent, wishes, and whether they know by now."""
    story = open_story("seven_channels", [*SMALL, FAULTS])
    streams, plan, _ = prepare(story, 1)
    doors = _doors(story, plan, streams, Record(None))
    customer = plan.homes[0].customer.customer
    said = SendMessage(customer, 1, Channel.SMS, None, "eta", "It comes at nine.", "en", math.inf, "simulated")
    assert doors.leaves(said)
    assert not doors.leaves(replace(said, beside_call=True, case="volta/car-1/1-1"))  # which is over
    doors.tell(PreferenceChanged(customer, Preference(avoid=(Channel.SMS,))))
    assert not doors.leaves(replace(said, number=2))
    assert doors.leaves(replace(said, purpose="reply"))  # who asks is answered
    told = [read(row) for row in doors.record.rows if row.type == "MessageReported"]
    assert [(one.status, one.why) for one in told if isinstance(one, MessageReported)] == [
        ("refused", "they know by now, or it is over"),
        ("refused", "the customer wants no messages by sms"),
    ]
