"""On which channel a customer is at ease with what: learned from what they did."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.core.conversation.channels import Answer, Channel, Preference, Task
from dispatch.core.conversation.choice import in_order
from dispatch.core.conversation.talk import Reading, Talk
from dispatch.views.conversation import Utterance
from dispatch.views.ease import at_ease, task_of


def test_each_task_has_the_channel_it_is_done_on_most() -> None:
    """Answers by SMS, tells by telephone, reads in the app; what the house said says nothing."""
    lines = [
        *(Utterance(one, Channel.SMS, "customer", "", sort="answer", answer=Answer.NEEDS_NO_CALL) for one in range(5)),
        Utterance(6, Channel.CHAT, "customer", "", sort="answer", answer=Answer.CALL_ME),
        Utterance(7, Channel.CHAT, "customer", "", sort="answer", answer=Answer.PLACE),
        Utterance(8, Channel.PHONE, "customer", "rang in", sort="rang_in"),
        Utterance(9, Channel.APP, "house", "it comes", status="read"),
        Utterance(10, Channel.EMAIL, "house", "it comes", status="sent"),
    ]
    found = at_ease(lines)
    assert {task: one.channel for task, one in found.items()} == {
        Task.ANSWER: Channel.SMS,
        Task.SAY_WHERE: Channel.CHAT,
        Task.TELL: Channel.PHONE,
        Task.FOLLOW: Channel.APP,
    }
    assert (found[Task.ANSWER].times, found[Task.ANSWER].share) == (6, pytest.approx((5 + 0.1) / 7))
    assert found[Task.TELL].share == pytest.approx(0.55)  # once is no habit


@given(st.lists(st.sampled_from(list(Channel)), min_size=1, max_size=60))
def test_a_share_is_one_and_grows_with_what_is_done(channels: list[Channel]) -> None:
    """Between nothing and all, never all; more of the same is more."""
    lines = [Utterance(at, one, "customer", "x") for at, one in enumerate(channels)]
    ease = at_ease(lines)[Task.TELL]
    assert 0 < ease.share < 1
    assert channels.count(ease.channel) == max(map(channels.count, channels))
    more = at_ease([*lines, Utterance(99, ease.channel, "customer", "x")])[Task.TELL]
    assert (more.channel, more.share > ease.share) == (ease.channel, True)


def test_what_says_nothing_of_a_customer_is_no_task() -> None:
    """That a call ended, or that the house wrote."""
    for line in (Utterance(1, Channel.PHONE, "customer", "", sort="ended"), Utterance(2, Channel.SMS, "agent", "x")):
        assert task_of(line) is None


def test_where_they_follow_who_comes_they_are_written_to_first() -> None:
    """What they said of a task goes before the channels that they prefer, and before what was learned."""
    talk = Talk("c-1", preference=Preference((Channel.EMAIL,), technology={Task.FOLLOW: Channel.SMS}))
    reach = (Channel.APP, Channel.PUSH, Channel.EMAIL, Channel.SMS)
    assert in_order(Reading(), talk, reach, urgent=True) == [Channel.SMS, Channel.EMAIL, Channel.APP, Channel.PUSH]
