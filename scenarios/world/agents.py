"""Agents: they claim the next call, ring or pick up, talk, say how it ended, and claim again.

Who writes with several customers beside a call claims while they do: each of their conversations goes on by itself.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, cast

import simpy

from dispatch.core.conversation.channels import SPOKEN
from dispatch.core.ids import device_of_case
from scenarios.story.hours import Span
from scenarios.story.schema import Pause
from scenarios.world.doors import Ticket
from scenarios.world.guidance import guided
from scenarios.world.hours import agent_away, agent_pauses
from scenarios.world.identity import make_sure
from scenarios.world.messages import refuses, spot, wants_somebody
from scenarios.world.misdiagnosis import take_down
from scenarios.world.offering import is_offered
from scenarios.world.plan import AgentPlan
from scenarios.world.town import Point
from scenarios.world.world import Breakdown, LastTalk, Life, Person, World

Conversation = Generator[simpy.Event, Any, bool]
"""What an agent does with a call; its value: whether they spoke."""
ENGAGED_S = 3.0
"""To hear that a line is engaged."""


@dataclass(slots=True)
class _Hours:
    """When an agent is not there, the next first; POSIX seconds."""

    away: list[Span]
    pauses: list[tuple[float, Pause]]

    @property
    def goes_at(self) -> float:
        """When they go next."""
        return min((since for since, _ in (*self.away[:1], *self.pauses[:1])), default=math.inf)


@dataclass(slots=True)
class _InHand:
    """The conversations that an agent has."""

    over: simpy.Store
    """Those that have ended: the ticket, and whether they spoke."""
    tickets: dict[tuple[str, int], Ticket] = field(default_factory=dict)

    @property
    def holds(self) -> tuple[str, ...]:
        """The calls that they go on with."""
        return tuple(call for call, _ in self.tickets)

    def has_room(self, chats: int) -> bool:
        """Tell whether they can take anything: a call, or one more customer who writes."""
        spoken = sum(ticket.channel in SPOKEN for ticket in self.tickets.values())
        return not spoken or len(self.tickets) - spoken < chats


def work(world: World, agent: AgentPlan) -> Life:
    """One agent's day."""
    hours = _Hours(agent_away(world.story, world.plan, agent), agent_pauses(world.story, world.plan, agent))
    chats = world.story.agents[agent.group].chats
    yield from _at_once(world, agent, hours, chats) if chats else _one_by_one(world, agent, hours)


def _one_by_one(world: World, agent: AgentPlan, hours: _Hours) -> Life:
    """One conversation after the other, of whichever channel."""
    while True:
        yield from _be_away(world, agent, hours)
        found = yield from _next_call(world, agent, hours.goes_at)
        if found is not None:
            spoke = yield from _converse(world, agent, found)
            yield from _recover(world, agent, found, spoke=spoke)


def _at_once(world: World, agent: AgentPlan, hours: _Hours, chats: int) -> Life:
    """Write with so many customers beside one who speaks. Who is to go takes nothing more, and ends what they have in hand."""
    mine = _InHand(simpy.Store(world.env))
    over = mine.over.get()
    while True:
        if not mine.tickets:
            yield from _be_away(world, agent, hours)
        takes = world.now < hours.goes_at and mine.has_room(chats)
        claim = _claim(world, agent, mine.holds) if takes else None
        waits: list[simpy.Event] = [over, *([claim] if claim is not None else [])]
        if claim is not None and hours.goes_at < math.inf:
            waits.append(world.until(hours.goes_at))
        yield world.env.any_of(waits)
        if claim is not None and claim.triggered:
            found = cast("Ticket", claim.value)
            mine.tickets[found.call, found.attempt] = found
            world.env.process(_beside_others(world, agent, found, mine))
        elif claim is not None:
            world.doors.left(agent.agent, mine.holds)
        if over.triggered:
            ticket, spoke = cast("tuple[Ticket, bool]", over.value)
            over = mine.over.get()
            yield from _recover(world, agent, ticket, spoke=spoke)


def _beside_others(world: World, agent: AgentPlan, ticket: Ticket, mine: _InHand) -> Life:
    """One of several conversations."""
    spoke = yield from _converse(world, agent, ticket)
    del mine.tickets[ticket.call, ticket.attempt]
    mine.over.put((ticket, spoke))


def _converse(world: World, agent: AgentPlan, ticket: Ticket) -> Conversation:
    person = world.person(ticket.customer)
    if ticket.channel not in SPOKEN:
        return (yield from _write_back(world, agent, ticket, person))
    if ticket.direction == "inbound":
        return (yield from _pick_up(world, agent, ticket, person))
    return (yield from _ring(world, agent, ticket, person))


def _recover(world: World, agent: AgentPlan, ticket: Ticket, *, spoke: bool) -> Life:
    if spoke:
        yield from _wrap_up(world, agent, ticket)
    yield world.env.timeout(_rest(world, agent, ticket))


def _be_away(world: World, agent: AgentPlan, hours: _Hours) -> Life:
    """Be away, or pause, where it is time."""
    while hours.away and hours.away[0][0] <= world.now:
        yield world.until(hours.away.pop(0)[1])
    while hours.pauses and hours.pauses[0][0] <= world.now:
        yield from _pause(world, agent, hours.pauses.pop(0)[1])


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


def _claim(world: World, agent: AgentPlan, holds: tuple[str, ...] = ()) -> simpy.Event:
    group = world.story.agents[agent.group]
    able = group.skills, group.proficiencies
    return world.doors.claim(agent.agent, agent.languages, *able, chats=group.chats, holds=holds)


def _next_call(world: World, agent: AgentPlan, goes_at: float) -> Generator[simpy.Event, Any, Ticket | None]:
    """Wait for the next call; ``None``: the agent had to go before one came."""
    claim = _claim(world, agent)
    if goes_at == math.inf:
        yield claim
    else:
        yield world.env.any_of([claim, world.until(goes_at)])
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
    _note_talk(world, ticket, breakdown)
    yield from _hears_why(world, ticket)
    if breakdown is not None and not breakdown.told.triggered:
        breakdown.told.succeed()
        if ticket.direction == "outbound":
            breakdown.fault.connected_at = world.now
    if ticket.case is None and breakdown is not None and breakdown.fault.needs_help:
        yield from take_down(world, ticket, breakdown.fault)
    faster = yield from guided(world, agent, ticket, breakdown)
    yield from make_sure(world, ticket)
    dice = world.streams.hashed("handling", ticket.customer, ticket.direction)
    yield world.env.timeout(world.story.agents[agent.group].handling.one(dice) / faster)
    _explains(world.person(ticket.customer))
    yield from is_offered(world, ticket, breakdown)
    yield from _end(world, ticket, breakdown)
    return True


def _write_back(world: World, agent: AgentPlan, ticket: Ticket, person: Person) -> Conversation:
    """Read what a customer wrote, answer it, and ask what is owed; whoever writes is one conversation on every channel."""
    breakdown = _breakdown(world, ticket)
    if not (yield world.doors.connected(ticket)):
        return False
    _begins(person)
    _note_talk(world, ticket, breakdown)
    yield from _hears_why(world, ticket)
    if ticket.case is None and breakdown is not None and breakdown.fault.needs_help:
        yield from take_down(world, ticket, breakdown.fault)
    faster = yield from guided(world, agent, ticket, breakdown)
    dice = world.streams.hashed("handling", ticket.customer, ticket.channel)
    yield world.env.timeout(world.story.agents[agent.group].handling.one(dice) / faster)
    if not (yield world.doors.wrote_back(ticket, "It is being seen to; we tell you as soon as anything changes.")):
        return False
    _answer_letters(person)
    _explains(person)
    if breakdown is not None and not breakdown.told.triggered:
        breakdown.told.succeed()
    yield from _end(world, ticket, breakdown)
    return True


def _note_talk(world: World, ticket: Ticket, breakdown: Breakdown | None) -> None:
    """Remember how it was for them until now: they may be asked."""
    person, inbound = world.person(ticket.customer), ticket.direction == "inbound"
    fault = breakdown.fault if breakdown is not None else None
    person.talk = LastTalk(
        waited_s=world.now - person.turned_at if inbound and person.turns else 0.0,
        again=person.turns > inbound,
        asked_twice=fault is not None and fault.told_twice > 0,
        called_first=not inbound and fault is not None and fault.phoned_at is None,
    )


def _hears_why(world: World, ticket: Ticket) -> Life:
    """Who turned to us tells why, and the agent writes it down where the house thinks of it."""
    if world.story.policy.reasons and ticket.direction == "inbound":
        yield world.doors.says_why(ticket, world.person(ticket.customer).about)


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
