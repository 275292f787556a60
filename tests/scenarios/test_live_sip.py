"""A story whose people have telephones: the service rings agents and customers over SIP, on this machine."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from dispatch.core.actions import SendMessage
from dispatch.core.conversation.channels import Channel
from dispatch.core.desk import Desk
from dispatch.core.events import CallConnected, CallEnded, CustomerPhoned, Outcome
from dispatch.ledger.replay import restore
from dispatch.ledger.rows import faults, read
from dispatch.store.journal import Journal
from scenarios.runner.real_time import play_live
from scenarios.story.loader import open_story

FEW = (
    *("duration=9 min", "settle=4 min", "cars.count=30", "expect={}", "customers.picks_up_after={constant: 6 s}"),
    *("agents.0.handling={constant: 40 s}", "agents.1.handling={constant: 40 s}"),
    "faults=[{part: battery_12v, count: 4, when: {until: 4 min}}]",
    "cars.departs={uniform: {low: 1 min, high: 3 min}}",
)


@pytest.mark.usefixtures("real_python")  # whose children are seen
@pytest.mark.skipif(find_spec("baresip") is None, reason="the extra telephony is not installed")
def test_a_story_is_rung_over_sip(tmp_path: Path) -> None:
    """Who speaks and who does not answer is the line's word, or the agent's who was faster; nothing is left running."""
    live = play_live(open_story("winter_morning", FEW), 1, speed=30, out=tmp_path / "run", quiet=True, telephony=True)
    assert (live.scorecard["lost"], live.scorecard["duplicates"]) == (0, 0)
    with Journal.open(tmp_path / "run") as journal:
        said = [read(row) for row in journal.ledger.rows()]
    assert any(isinstance(one, CallConnected) for one in said)
    assert "telephone" in {one.by for one in said if isinstance(one, CallConnected | CallEnded)}
    assert "by hand" not in (tmp_path / "run" / "service.log").read_text()
    assert any(isinstance(one, CallEnded) and one.outcome is Outcome.INFORMED for one in said)
    left = [one for one in psutil.Process().children(recursive=True) if one.status() != psutil.STATUS_ZOMBIE]
    assert not [one for one in left if "dispatch.channels.sip" in one.cmdline()]


@pytest.mark.skipif(find_spec("baresip") is None or find_spec("smpp34") is None, reason="an extra is not installed")
def test_who_writes_is_rung_over_sip_too(tmp_path: Path) -> None:
    """Doors and telephones together: an SMS leaves, people are rung and ring in, one asks the machine; no drift."""
    likes = ("customers.channels.sms={has: 1}", "customers.channels.app={has: 0}", "policy.channels=[sms]")
    ways = ("customers.channels.journey=[ivr, chat]", "customers.channels.journey_every=20 s")
    small = ("trucks.0.count=6", "trucks.1.count=4", "calls.rate=0 per h", "customers.channels.menu=5 s")
    broken = "faults=[{part: starter, empirical: [1 min]}, {part: battery_12v, count: 4, when: {until: 4 min}}]"
    story = open_story("seven_channels", [*FEW[:-2], *FEW[-1:], broken, *small, *likes, *ways])
    card = play_live(story, 1, speed=40, out=tmp_path / "run", quiet=True, telephony=True).scorecard
    assert (card["told_twice"], card["lost"], card["duplicates"]) == (0, 0, 0)
    with Journal.open(tmp_path / "run") as journal:
        rows = list(journal.ledger.rows())
    said = [read(row) for row in rows]
    assert "telephone" in {one.by for one in said if isinstance(one, CallConnected | CallEnded)}
    assert any(isinstance(one, SendMessage) for one in said)
    assert Channel.IVR in {one.channel for one in said if isinstance(one, CustomerPhoned)}
    assert (list(faults(rows)), restore(rows, Desk(story.policy.desk())).examples) == ([], [])
