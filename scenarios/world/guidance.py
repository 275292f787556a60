"""What agents of a known skill do with hints: they pull them, or are shown them unasked, and speak from the right one.

Published figures: with guidance novices solve 34% more issues an hour, and the best agents none more, 14% over all (Brynjolfsson
2023); of hints that were pushed 1% were used (Sun Country). Whether the right one is there, the service decides: from the case
and from what goes on in the app, since nobody speaks in a story.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Literal

import simpy

from dispatch.channels.knowledge.articles import articles
from scenarios.world.doors import Ticket
from scenarios.world.plan import AgentPlan
from scenarios.world.world import Breakdown, World

AgentSkill = Literal["novice", "expert"]
FASTER: dict[AgentSkill, float] = {"novice": 1.34, "expert": 1.0}
"""So many times as many issues an hour, with the right hint."""
PUSHED_USED = 0.01


def guided(
    world: World, agent: AgentPlan, ticket: Ticket, breakdown: Breakdown | None
) -> Generator[simpy.Event, Any, float]:
    """Look for what may help; return how many times as fast the conversation is. Of no known skill: nobody looks."""
    skill, policy = world.story.agents[agent.group].skill, world.story.policy.hints
    if skill is None or policy == "none":
        return 1.0
    found: tuple[str, ...] = yield world.doors.hints(ticket, policy)
    dice = world.streams.hashed("hints", ticket.call, ticket.attempt)
    if not found or (policy == "pushed" and dice.random() >= PUSHED_USED):
        return 1.0
    part = breakdown.fault.part if breakdown is not None else ""
    is_right = not part or part in articles()[found[0]].parts
    yield world.doors.judged(ticket, found[0], "used" if is_right else "overridden")
    return FASTER[skill] if is_right else 1.0
