"""A story whose people write, live: what the house writes really comes by its providers, and is answered from there."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from dispatch.core.actions import SendMessage
from dispatch.core.conversation.channels import Answer, Channel
from dispatch.core.conversation.events import CustomerAnswered, CustomerWrote, MessageReported
from dispatch.core.desk import Desk
from dispatch.core.events import CustomerPhoned
from dispatch.ledger.replay import restore
from dispatch.ledger.rows import faults, read
from dispatch.policy_model.house_policy import HousePolicy
from dispatch.service.policy_file import read_policy, write_policy
from dispatch.store.journal import Journal
from scenarios.runner.mailbag import Mailbag
from scenarios.runner.real_time import play_live
from scenarios.story.loader import open_story
from scenarios.world.inboxes.letters import InboxLetter

FEW = (
    *("duration=14 min", "settle=4 min", "cars.count=40", "calls.rate=0 per h", "expect={}"),
    *("trucks.0.count=6", "trucks.1.count=4", "agents.0.count=4", "agents.1.count=2", "policy.message_fallback=20 s"),
    "cars.departs={uniform: {low: 1 min, high: 8 min}}",
    "faults=[{part: battery_12v, count: 3, when: {until: 8 min}}]",
)
NOBODY_RINGS = (
    *("customers.channels.knows_number=0", "customers.channels.takes_unknown=0", "customers.channels.app={has: 0}"),
    "customers.phones_in={share: 0}",
)


@pytest.mark.skipif(find_spec("smpp34") is None, reason="the extra channels is not installed")
def test_an_sms_leaves_by_smpp_and_its_answer_stands_in_the_ledger(tmp_path: Path) -> None:
    """By the number of what was offered; the ledger replays, and nothing was asked twice, lost or doubled."""
    likes = "customers.channels.sms={has: 1, reads: 1, answers: 1, after: {constant: 20 s}}"
    story = open_story(
        "seven_channels", [*FEW, *NOBODY_RINGS, likes, "policy.channels=[sms]", "customers.channels.journey=[]"]
    )
    card = play_live(story, 1, speed=150, out=tmp_path, quiet=True).scorecard
    assert (card["told_twice"], card["lost"], card["duplicates"]) == (0, 0, 0)
    with Journal.open(tmp_path) as journal:
        rows = list(journal.ledger.rows())
    said = [read(row) for row in rows]
    sent = {one.key for one in said if isinstance(one, SendMessage) and one.channel is Channel.SMS}
    came = {one.message for one in said if isinstance(one, MessageReported) and one.status == "delivered"}
    assert sent
    assert sent & came
    answered = [one for one in said if isinstance(one, CustomerAnswered) and one.channel is Channel.SMS]
    assert answered
    assert {one.by for one in answered} == {"service/doors"}
    assert (list(faults(rows)), restore(rows, Desk(story.policy.desk())).examples) == ([], [])


@pytest.mark.skipif(find_spec("smpp34") is None, reason="the extra channels is not installed")
def test_a_customer_goes_from_channel_to_channel_and_others_tap(tmp_path: Path) -> None:
    """SMS, mail, the messenger, the chat of their page, and the machine on the telephone: each by its own door.

    Who taps on a notification does so on their page, which is opened once though it tells at the same time that it was read.
    """
    ways = ("customers.channels.journey=[sms, email, social, chat, ivr]", "customers.channels.journey_every=20 s")
    has = ("customers.channels.social={has: 1}", "customers.channels.email={has: 1}", "customers.channels.sms={has: 1}")
    push = "customers.channels.push={has: 1, reads: 1, tells: 1, answers: 1, after: {constant: 20 s}}"
    starter = "{part: starter, empirical: [4 min]}"
    broken = f"faults=[{starter}, {{part: battery_12v, count: 3, when: {{from: 5 min, until: 9 min}}}}]"
    patience = ("customers.channels.patience={constant: 20 s}", "customers.channels.menu=5 s")
    handling = ("agents.0.handling={constant: 30 s}", "agents.1.handling={constant: 30 s}")
    changes = (*ways, *has, push, *patience, *handling, *NOBODY_RINGS, "policy.channels=[push]", broken)
    live = play_live(open_story("seven_channels", [*FEW, *changes]), 1, speed=120, out=tmp_path, quiet=True)
    with Journal.open(tmp_path) as journal:
        said = [read(row) for row in journal.ledger.rows()]
    wrote = {one.channel for one in said if isinstance(one, CustomerWrote)}
    assert wrote == {Channel.SMS, Channel.EMAIL, Channel.SOCIAL, Channel.CHAT}
    assert {one.customer for one in said if isinstance(one, CustomerWrote)} == {live.truth[0].customer}
    assert Channel.IVR in {one.channel for one in said if isinstance(one, CustomerPhoned)}
    tapped = [one for one in said if isinstance(one, CustomerAnswered)]
    assert {one.by for one in tapped} == {f"link/customer/{one.customer}" for one in tapped} != set()
    assert any(isinstance(one, MessageReported) and one.status == "read" for one in said)
    assert (live.scorecard["told_twice"], live.scorecard["lost"], live.scorecard["duplicates"]) == (0, 0, 0)


def test_a_policy_with_channels_is_written_and_read(tmp_path: Path) -> None:
    """As it was."""
    policy = HousePolicy.model_validate({"channels": ["sms", "email"]})
    write_policy(tmp_path / "policy.yaml", policy)
    assert read_policy(tmp_path / "policy.yaml") == policy


@pytest.mark.parametrize("letter_first", [True, False])
def test_a_letter_is_the_decision_whose_words_it_has(*, letter_first: bool) -> None:
    """Whichever is heard first; one that never came is passed over, and a text whose lines were broken is the same."""
    lost, here = (SendMessage("c", number, Channel.SMS, "v/d/1-1", "notice", text, "en", 9.0, "simulated", answers)
                  for number, text, answers in ((1, "one", ()), (2, "two words", (Answer.PLACE, Answer.CALL_ME))))  # fmt: skip
    letter, bag = InboxLetter("+1", "two\nwords 2: call me", "w1"), Mailbag()
    if letter_first:
        assert bag.arrived("c", Channel.SMS, letter) is None
        assert (bag.decided(lost), bag.decided(here)) == (None, here)
    else:
        assert (bag.decided(lost), bag.decided(here)) == (None, None)
        assert bag.arrived("c", Channel.SMS, letter) is here
    assert bag.brought(lost.key) is None
    asked = bag.asked("c", Channel.SMS)
    assert asked is not None
    assert [asked.number_of(one) for one in (Answer.PLACE, Answer.CALL_ME, Answer.HAS_STOPPED)] == [None, 2, None]
    assert bag.arrived("c", Channel.SMS, letter) is None  # what comes again is nobody's
