"""Agents of a story: their pauses, what is left of a call, how well they can do what; and the N-model's known answer."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

import scenarios.validation
from dispatch.core.events import AgentBecameFree, CallEnded
from dispatch.core.routing.events import AgentPaused, AgentResumed, AgentWrappedUp
from dispatch.ledger.rows import read
from scenarios.runner.virtual import run_story
from scenarios.story.loader import StoryError, open_story
from scenarios.validation import formulas
from scenarios.validation.skills import NModel, centre_of, waiting

SHORT = (
    "duration=3 h",
    "cars.count=60",
    "faults=[{part: battery_12v, count: 8}]",
    "calls.rate=20 per h",
    """agents=[{count: 3, languages: [lv, ru, en], wrap_up: 2 min, proficiencies: {ru: 3},
      pauses: [{at: "06:30", lasts: 20 min, reason: meal}]}]""",
)


def test_agents_rest_one_after_the_other_and_wrap_up() -> None:
    """Each once a day; whoever pauses is given no call; occupancy counts the wrap-up and leaves the pause out."""
    result = run_story(open_story("busy_morning", SHORT), 3)
    said = [(row.at, read(row)) for row in result.rows]
    pauses = [(at, one.agent) for at, one in said if isinstance(one, AgentPaused)]
    back = {one.agent: at for at, one in said if isinstance(one, AgentResumed)}
    assert [agent for _, agent in pauses] == ["agent-01", "agent-02", "agent-03"]
    assert all(back[agent] - at == pytest.approx(1_200) for at, agent in pauses)
    for at, agent in pauses:
        assert not any(
            isinstance(one, AgentBecameFree) and one.agent == agent and at < then < back[agent] for then, one in said
        )
    ended = [(at, one.agent) for at, one in said if isinstance(one, CallEnded) and one.outcome == "informed"]
    wrapped = [(at, one.agent) for at, one in said if isinstance(one, AgentWrappedUp)]
    assert [(at + 120, agent) for at, agent in ended if at + 120 < result.rows[-1].at][:5] == wrapped[:5]
    assert next(one for _, one in said if isinstance(one, AgentBecameFree)).proficiencies[0].level == 3
    assert result.scorecard["lost"] == 0


def test_a_policy_cuts_a_wrap_up_short() -> None:
    """At most so long, whatever agents would like."""
    result = run_story(open_story("busy_morning", (*SHORT, "policy.wrap_up=30 s")), 3)
    said = [(row.at, read(row)) for row in result.rows]
    ends = {one.agent: at for at, one in said if isinstance(one, CallEnded) and one.agent}
    assert ends
    mine = [(at, one) for at, one in said if isinstance(one, CallEnded | AgentWrappedUp) and one.agent == "agent-01"]
    spans = [then - at for (at, one), (then, other) in pairwise(mine) if isinstance(other, AgentWrappedUp)]
    assert spans
    assert spans == pytest.approx([30.0] * len(spans))


@pytest.mark.parametrize(
    ("agents", "told"),
    [
        ("agents=[{count: 1, languages: [lv], proficiencies: {lv: 6}}]", "less than or equal to 5"),
        ('agents=[{count: 1, languages: [lv], pauses: [{at: "26:00", lasts: 5 min}]}]', "not an hour of the day"),
        ('agents=[{count: 1, languages: [lv], pauses: [{at: "06:00", lasts: 5 min, reason: bored}]}]', "reason"),
        ('agents=[{count: 1, languages: [lv], pauses: [{at: "06:00", lasts: 0 s}]}]', "greater than 0"),
    ],
)
def test_what_is_wrong_with_agents_is_told(agents: str, told: str) -> None:
    """By key and rule."""
    with pytest.raises(StoryError, match=told):
        open_story("busy_morning", [agents])


# --- the N-model -----------------------------------------------------------------------------------------------------


def test_with_one_class_the_n_model_is_erlangs() -> None:
    """Nearly nobody speaks the other language: both agents serve all, as M/M/2."""
    centre = NModel(both=24 / 3600, one=1e-9, served=1 / 180)
    queue = formulas.erlang_c(2, 1.2, 180.0)
    assert waiting(centre)[0] / centre.both == pytest.approx(queue.mean_wait, rel=1e-3)


def test_with_the_other_class_alone_it_is_one_server() -> None:
    """M/M/1: the first agent can speak with nobody."""
    centre = NModel(both=1e-9, one=8 / 3600, served=1 / 180)
    assert waiting(centre)[1] / centre.one == pytest.approx(formulas.erlang_c(1, 0.4, 180.0).mean_wait, rel=1e-3)


@pytest.mark.parametrize(
    "changed",
    [
        "agents.0.count=2",
        "agents.0.languages=[lv, ru]",
        "policy.routing=[]",
        "agents.1.rests=3 s",
        "calls.rate=0 per h",
    ],
)
def test_a_story_that_is_no_n_model_is_refused(changed: str) -> None:
    """With the key that is in the way."""
    path = Path(scenarios.validation.__file__).parent / "skills.yaml"
    centre_of(open_story(str(path), ()))
    with pytest.raises(StoryError, match="N-model"):
        centre_of(open_story(str(path), [changed]))
