"""An outage told in writing: nobody is rung who would have paid again by himself, and who was told all there is does not ring."""

from __future__ import annotations

import pytest

from dispatch.core.actions import QueueCall, SendNotice
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.events import CustomerAnswered
from dispatch.core.events import CustomerPhoned
from dispatch.words import LANGUAGES, say
from scenarios.runner.virtual import Result, run_story
from scenarios.story.loader import open_story
from scenarios.world.ground_truth import Fault
from scenarios.world.messages import says_wait


def evening(*settings: str) -> Result:
    """Play the evening."""
    return run_story(open_story("written_outage", settings), 3)


@pytest.fixture(scope="module")
def played() -> Result:
    """By app and SMS, with a machine on the telephone."""
    return evening()


def hit(result: Result) -> list[Fault]:
    """Return whom the outage hit."""
    return [fault for fault in result.truth if fault.part == "processor_outage"]


def test_nobody_is_rung_about_it_and_each_is_told(played: Result) -> None:
    """All have paid in the end; who had a trouble of their own was rung."""
    theirs = {fault.device for fault in hit(played)}
    said = [row.said for row in played.rows]
    rung = {_device(one.case) for one in said if isinstance(one, QueueCall) and one.direction == "outbound"}
    own = {fault.device for fault in played.truth} - theirs
    assert (rung & theirs, rung & own) == (set(), own)
    assert {_device(one.case) for one in said if isinstance(one, SendNotice)} >= theirs
    assert all(fault.mended_at is not None for fault in played.truth)


def test_who_is_content_with_the_machine_waits_for_no_agent(played: Result) -> None:
    """They have phoned all the same, and are counted."""
    alone = evening("policy.channels=[]", "phones.count=200")
    pressed = [
        row.said for row in alone.rows if isinstance(row.said, CustomerAnswered) and row.said.channel is Channel.IVR
    ]
    asked = [row.said for row in alone.rows if isinstance(row.said, CustomerPhoned)]
    assert pressed
    assert not {one.customer for one in pressed} & {one.customer for one in asked}
    assert alone.scorecard["customer_calls"] == len(pressed) + len(asked)
    assert played.scorecard["told_twice"] == 0


@pytest.mark.parametrize(("wants_more", "phones"), [("0%", False), ("100%", True)])
def test_only_who_wants_more_phones_who_has_read_all_there_is(wants_more: str, *, phones: bool) -> None:
    """A figure of the world, with its source; with nobody of that kind only those phone who had read nothing."""
    short = ("phones.count=200", "duration=110 min", "calls.machine=false")
    result = evening(f"customers.notices.wants_more={wants_more}", *short)
    phoned = [one for one in hit(result) if one.phoned_at is not None]
    had_read = [one for one in phoned if one.read_notice_at is not None and one.read_notice_at < one.phoned_at - 300.0]
    assert bool(had_read) is phones


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_read_that_it_passes_in_their_own_language(language: str) -> None:
    """And in nothing else that is said of it."""
    assert says_wait(f"{say('payment_processor_outage', language)} {say('notice_wait', language)}")
    assert not says_wait(say("payment_processor_outage", language))
    assert not says_wait(say("notice_may_pass", language))


def _device(case: str | None) -> str:
    return "/".join((case or "").split("/")[:2])
