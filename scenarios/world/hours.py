"""Who is not there when: off their shift, absent, or of a depot that is closed."""

from __future__ import annotations

from scenarios.story.hours import Shift, Span, daily, merged, outside, when
from scenarios.story.schema import Pause, Story
from scenarios.world.plan import AgentPlan, Plan, TruckPlan
from scenarios.world.town import Point


def agent_away(story: Story, plan: Plan, agent: AgentPlan) -> list[Span]:
    """Return when an agent takes no calls. Of those who are absent the last in the list are the first."""
    absent = [
        one for one in story.incidents if one.agents_absent is not None and agent in plan.agents[-one.agents_absent :]
    ]
    spans = [(when(one.at, story.start), when(one.at, story.start) + one.lasts) for one in absent]
    return merged([*_off(story, story.agents[agent.group].shift), *spans])


def agent_pauses(story: Story, plan: Plan, agent: AgentPlan) -> list[tuple[float, Pause]]:
    """Return when an agent rests, and how: those of a group one after the other; not while they are away."""
    away, group = agent_away(story, plan, agent), story.agents[agent.group]
    place = [one.agent for one in plan.agents if one.group == agent.group].index(agent.agent)
    found = [
        (at, pause)
        for pause in group.pauses
        for at in daily(pause.at + place * pause.lasts, story.start, story.end_s)
        if not any(since <= at < until for since, until in away)
    ]
    return sorted(found, key=lambda one: one[0])


def truck_away(story: Story, truck: TruckPlan) -> list[Span]:
    """Return when a truck takes no jobs."""
    closed = [one for one in story.incidents if one.depot_closed and _stands_at(story, truck, one.depot_closed)]
    spans = [(when(one.at, story.start), when(one.at, story.start) + one.lasts) for one in closed]
    return merged([*_off(story, truck.kind.shift), *spans])


def shift_end(story: Story, shift: Shift | None, at: float) -> float | None:
    """Return when the shift ends that a crew is in ``at``; POSIX seconds; ``None``: it works around the clock."""
    spans = [] if shift is None else shift.spans(story.start, story.end_s)
    return next((ends for begins, ends in spans if begins <= at < ends), None)


def _off(story: Story, shift: Shift | None) -> list[Span]:
    return [] if shift is None else outside(shift.spans(story.start, story.end_s), story.start_s, story.end_s)


def _stands_at(story: Story, truck: TruckPlan, depot: str) -> bool:
    there = story.depots[depot]
    return truck.depot == Point(there.latitude, there.longitude)
