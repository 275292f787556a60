"""A story whose people have telephones: the service rings agents and customers over SIP, on this machine."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from dispatch.core.events import CallConnected, CallEnded, Outcome
from dispatch.ledger.rows import read
from dispatch.store.journal import Journal
from scenarios.runner.real_time import play_live
from scenarios.story.loader import open_story

FEW = (
    *("duration=9 min", "settle=4 min", "cars.count=30", "expect={}", "customers.picks_up_after={constant: 6 s}"),
    *("agents.0.handling={constant: 40 s}", "agents.1.handling={constant: 40 s}"),
    "faults=[{part: battery_12v, count: 4, when: {until: 4 min}}]",
    "cars.departs={uniform: {low: 1 min, high: 3 min}}",
)


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
