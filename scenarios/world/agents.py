"""Agents: they claim the next call, ring or pick up, talk, say how it ended, and claim again."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, cast

import simpy

from dispatch.core.conversation.channels import SPOKEN
from dispatch.core.ids import device_of_case
from scenarios.story.schema import Pause
from scenarios.world.doors import Ticket
from scenarios.world.hours import agent_away, agent_pauses
from scenarios.world.messages import refuses, spot, wants_somebody
from scenarios.world.misdiagnosis import take_down
from scenarios.world.plan import AgentPlan
from scenarios.world.town import Point
from scenarios.world.world import Breakdown, Life, Person, World

Conversation = Generator[simpy.Event, Any, bool]
"""What an agent does with a call; its value: whether they spoke."""
ENGAGED_S = 3.0
"""To hear that a line is engaged."""


def work(world: World, agent: AgentPlan) -> Life:
    """One agent's day."""
    away = agent_away(world.story, world.plan, agent)
    pauses = agent_pauses(world.story, world.plan, agent)
    while True:
        while away and away[0][0] <= world.now:
            yield world.until(away.pop(0)[1])
        while pauses and pauses[0][0] <= world.now:
            yield from _pause(world, agent, pauses.pop(0)[1])
        found = yield from _next_call(world, agent, [since for since, _ in (*away[:1], *pauses[:1])])
        if found is None:
            continue
        ticket: Ticket = found
        person = world.person(ticket.customer)
        if ticket.channel not in SPOKEN:
            spoke = yield from _write_back(world, agent, ticket, person)
        elif ticket.direction == "inbound":
            spoke = yield from _pick_up(world, agent, ticket, person)
        else:
            spoke = yield from _ring(world, agent, ticket, person)
        if spoke:
            yield from _wrap_up(world, agent, ticket)
        yield world.env.timeout(_rest(world, agent, ticket))


def _pause(world: World, agent: AgentPlan, pause: Pause) -> Life:
    """Rest; whoever had a call when it was time rests behind it, as long."""
    yield world.doors.paused(agent.agent, pause.reason)
    yield world.env.timeout(pause.lasts)
    yield world.doors.resumed(agent.agent)


def _wrap_up(world: World, agent: AgentPlan, ticket: Ticket) -> Life:
    """See to what is left of a call."""
    spans, most = world.story.agents[agent.group].wrap_up, world.story.policy.wrap_up
    if spans is None:
        return
    lasts = spans.one(world.streams.hashed("wrap_up", ticket.call, ticket.attempt))
    yield world.env.timeout(min(lasts, most) if most else lasts)
    yield world.doors.wrapped_up(agent.agent)


def _next_call(world: World, agent: AgentPlan, goes_at: list[float]) -> Generator[simpy.Event, Any, Ticket | None]:
    """Wait for the next call; ``None``: the agent had to go before one came."""
    group = world.story.agents[agent.group]
    claim = world.doors.claim(agent.agent, agent.languages, group.skills, group.proficiencies)
    if not goes_at:
        yield claim
    else:
        yield world.env.any_of([claim, world.until(min(goes_at))])
    if claim.triggered:
        return cast("Ticket", claim.value)
    world.doors.left(agent.agent)
    return None


def _rest(world: World, agent: AgentPlan, ticket: Ticket) -> float:
    rests = world.story.agents[agent.group].rests
    if rests.constant is not None:
        return rests.constant
    return rests.one(world.streams.hashed("rests", ticket.call, ticket.attempt))


def _ring(world: World, agent: AgentPlan, ticket: Ticket, person: Person) -> Conversation:
    habits = world.story.customers
    dice = world.streams.hashed("answers", ticket.customer, _subject(world, ticket), ticket.attempt)
    waits = person.app_help is not None
    can_after = 0.0 if waits else person.availability.since(world.now) - world.now
    after = can_after + habits.picks_up_after.one(dice)
    answers = (can_after == 0 or after <= habits.ringing) and not refuses(world, person, _breakdown(world, ticket))
    if person.busy:
        yield world.doors.rings(ticket, None, ENGAGED_S, engaged=True)
        yield world.doors.ended(ticket, "no_answer")
        return False
    person.busy = True
    answered = yield world.doors.rings(ticket, min(after, habits.ringing) if answers else None, habits.ringing)
    spoke = bool(answered) and (yield from _talk(world, agent, ticket))
    person.busy = False
    if not answered:
        yield world.doors.ended(ticket, "no_answer")
    return spoke


def _pick_up(world: World, agent: AgentPlan, ticket: Ticket, person: Person) -> Conversation:
    waits, person.waits = person.waits, None
    if waits is None:  # hung up a moment ago
        yield world.doors.ended(ticket, "abandoned")
        return False
    waits.succeed()
    yield world.doors.picks_up(ticket, world.story.agents[agent.group].picks_up)
    spoke = yield from _talk(world, agent, ticket)
    person.busy = False
    return spoke


def _talk(world: World, agent: AgentPlan, ticket: Ticket) -> Conversation:
    breakdown = _breakdown(world, ticket)
    if not (yield world.doors.connected(ticket)):
        return False  # withdrawn while it rang
    _answer_letters(world.person(ticket.customer))
    _begins(world.person(ticket.customer))
    if breakdown is not None and not breakdown.told.triggered:
        breakdown.told.succeed()
        if ticket.direction == "outbound":
            breakdown.fault.connected_at = world.now
    if ticket.case is None and breakdown is not None and breakdown.fault.needs_help:
        yield from take_down(world, ticket, breakdown.fault)
    dice = world.streams.hashed("handling", ticket.customer, ticket.direction)
    yield world.env.timeout(world.story.agents[agent.group].handling.one(dice))
    _explains(world.person(ticket.customer))
    yield from _end(world, ticket, breakdown)
    return True


def _write_back(world: World, agent: AgentPlan, ticket: Ticket, person: Person) -> Conversation:
    """Read what a customer wrote, answer it, and ask what is owed; whoever writes is one conversation on every channel."""
    breakdown = _breakdown(world, ticket)
    if not (yield world.doors.connected(ticket)):
        return False
    _begins(person)
    if ticket.case is None and breakdown is not None and breakdown.fault.needs_help:
        yield from take_down(world, ticket, breakdown.fault)
    dice = world.streams.hashed("handling", ticket.customer, ticket.channel)
    yield world.env.timeout(world.story.agents[agent.group].handling.one(dice))
    if not (yield world.doors.wrote_back(ticket, "It is being seen to; we tell you as soon as anything changes.")):
        return False
    _answer_letters(person)
    _explains(person)
    if breakdown is not None and not breakdown.told.triggered:
        breakdown.told.succeed()
    yield from _end(world, ticket, breakdown)
    return True


def _begins(person: Person) -> None:
    """Who waits for help with the app is spoken or written with."""
    if person.app_help is not None and not person.app_help.begun.triggered:
        person.app_help.begun.succeed()


def _explains(person: Person) -> None:
    """They know now what was wrong in the app."""
    if person.app_help is not None and not person.app_help.given.triggered:
        person.app_help.given.succeed()


def _answer_letters(person: Person) -> None:
    letters, person.letters = person.letters, []
    for letter in letters:
        letter.succeed()


def _end(world: World, ticket: Ticket, breakdown: Breakdown | None) -> Life:
    """Say how it ended, and what the customer said."""
    needs = breakdown is not None and wants_somebody(breakdown.fault) and breakdown.fault.part != "stock"
    asks_where = ticket.ask_where or (ticket.ask_where_if_wanted and needs)
    place = _stands(breakdown) if asks_where else None
    if breakdown is not None and asks_where:
        breakdown.fault.tell("place", spot(breakdown.fault))
    if breakdown is not None and ticket.ask_help:
        breakdown.fault.tell("wants_help", str(wants_somebody(breakdown.fault)))
    # Said whether the brief asked or not: a diagnosis may have grown doubtful while they spoke.
    yield world.doors.ended(ticket, "informed", place, wants_help=needs)


def _breakdown(world: World, ticket: Ticket) -> Breakdown | None:
    if ticket.case is not None:
        return world.broken.get(device_of_case(ticket.case))
    mine = [one for one in world.broken.values() if one.fault.customer == ticket.customer]
    return mine[-1] if mine else None


def _subject(world: World, ticket: Ticket) -> str:
    """Name what the call is about, the same in every run: the fault, not the case that was opened for it."""
    breakdown = _breakdown(world, ticket)
    return breakdown.fault.fault if breakdown else ""


def _stands(breakdown: Breakdown | None) -> Point | None:
    """Where the customer says to be."""
    return Point(breakdown.fault.latitude, breakdown.fault.longitude) if breakdown else None
