"""Agents of a story: their pauses, what is left of a call, how well they can do what; and the N-model's known answer."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

import scenarios.validation
from dispatch.core.actions import AssignCall, QueueCall
from dispatch.core.conversation.channels import SPOKEN
from dispatch.core.events import AgentBecameFree, CallEnded
from dispatch.core.routing.events import AgentPaused, AgentResumed, AgentWrappedUp
from dispatch.ledger.rows import Row, read
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


WRITERS = (
    *("duration=2 h", "settle=15 min", "cars.count=150", "calls.rate=10 per h", "expect={}"),
    "faults=[{part: starter, empirical: [10 min]}, {part: battery_12v, count: 25, when: {from: 20 min, until: 90 min}}]",
    *("customers.channels.turns_to={chat: 80%, phone: 20%}", "customers.channels.knows_number=0"),
    "customers.channels.takes_unknown=0",
)
ONE_BY_ONE = "agents=[{count: 2, languages: [lv, ru, en], chats: 0, wrap_up: 1 min}]"
AT_ONCE = """agents=[{count: 2, languages: [lv, ru, en], chats: 3, wrap_up: 1 min,
              pauses: [{at: "08:00", lasts: 10 min, reason: break}]}]"""


def spans_in_hand(rows: list[Row]) -> dict[str, list[tuple[float, float, bool]]]:
    """Agent → from when until when they had each conversation, and whether it was spoken."""
    written, since, found = set(), {}, defaultdict(list)
    for row in rows:
        said = read(row)
        if isinstance(said, QueueCall) and said.channel not in SPOKEN:
            written.add(said.call)
        elif isinstance(said, AssignCall):
            since[said.call, said.attempt] = row.at
        elif isinstance(said, CallEnded) and said.agent and (said.call, said.attempt) in since:
            found[said.agent].append((since.pop((said.call, said.attempt)), row.at, said.call not in written))
    return found


def most_at_once(spans: list[tuple[float, float]]) -> int:
    """How many of them overlap, at most."""
    return max((sum(since <= at < until for since, until in spans) for at, _ in spans), default=0)


def test_agents_write_with_several_beside_one_who_speaks() -> None:
    """Never with more than the routing allows, never two voices; who pauses ends what they have in hand before; nothing is lost."""
    result = run_story(open_story("seven_channels", (*WRITERS, AT_ONCE)), 3)
    held = spans_in_hand(result.rows)
    for spans in held.values():
        assert most_at_once([(since, until) for since, until, spoken in spans if spoken]) == 1
        assert 1 < most_at_once([(since, until) for since, until, spoken in spans if not spoken]) <= 3
    said = [(row.at, read(row)) for row in result.rows]
    paused = [(at, one.agent) for at, one in said if isinstance(one, AgentPaused)]
    assert len(paused) == 2
    assert not any(since < at < until for at, agent in paused for since, until, _ in held[agent])
    assert any(isinstance(one, AgentBecameFree) and one.chats == 3 and one.holds for _, one in said)
    card = result.scorecard
    assert (card["told_twice"], card["lost"], card["duplicates"]) == (0, 0, 0)


def test_who_is_in_several_conversations_is_busy_once() -> None:
    """The union of the spans, wrap-ups included; less than their sum, and never more than all of the time."""
    result = run_story(open_story("seven_channels", (*WRITERS, AT_ONCE)), 3)
    found = result.kept.facts
    talked = sum(until - since for spans in spans_in_hand(result.rows).values() for since, until, _ in spans)
    assert 0 < found.busy_s < talked
    assert 0 < float(str(result.scorecard["agent_occupancy"])) <= 1


def test_who_has_one_conversation_at_a_time_has_it_alone() -> None:
    """As ever, of whichever channel."""
    result = run_story(open_story("seven_channels", (*WRITERS, ONE_BY_ONE)), 3)
    for spans in spans_in_hand(result.rows).values():
        assert most_at_once([(since, until) for since, until, _ in spans]) == 1


@pytest.mark.parametrize(
    ("agents", "told"),
    [
        ("agents=[{count: 1, languages: [lv], proficiencies: {lv: 6}}]", "less than or equal to 5"),
        ("agents=[{count: 1, languages: [lv], chats: 21}]", "less than or equal to 20"),
        ("agents=[{count: 1, languages: [lv], chats: -1}]", "greater than or equal to 0"),
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
