"""Paths of an agent's working life: pause and go on, wrap up, how they are and what their day came to. Times are RFC 3339."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.access.principal import Principal
from dispatch.core.policy import Policy
from dispatch.core.routing.events import AgentPaused, AgentResumed, AgentWrappedUp
from dispatch.core.routing.model import PauseReason
from dispatch.service.service import Service
from dispatch.views.agent_view import AgentState, AgentView
from dispatch.views.durations import rfc3339
from dispatch.views.survey_view import LOOKED_BACK_S, Scores, scores_of
from dispatch.web.dependencies import Body, Done, ServiceDep, tell
from dispatch.web.may import Who, may, not_allowed
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import PathId

router = APIRouter(tags=["agents"], responses=answers(422, 503))
AWAY_S = 90.0
"""Whoever asks for calls asks again within a minute: between two requests they are not away."""
SILENT_S = 5 * 60.0
"""An agent with something in hand who has said nothing for so long may be gone [fit]."""


class Pause(Body):
    """An agent takes no calls for a while."""

    reason: PauseReason


class HeldSince(BaseModel):
    """A conversation that an agent has."""

    call: str
    channel: str
    since: str


class Day(BaseModel):
    """What an agent's day came to so far; spans in seconds."""

    began: str
    conversations: int
    unanswered: int
    talk_s: float
    wrap_up_s: float
    paused_s: dict[str, float] = Field(description="By reason.")


class AgentOut(BaseModel):
    """How an agent is."""

    agent: str
    state: AgentState
    since: str
    reason: str = Field(description="Of a pause; with something in hand, the pause begins behind it.")
    in_hand: list[HeldSince]
    last_call: str = Field(description="What they had in hand last; empty: nothing.")
    wrap_up_until: str = Field(description="While they wrap up: until then at most; empty: no policy says so.")
    chats: int
    seen: str = Field(description="When they said anything last.")
    unseen_since: str = Field(description="Since when no sign of life comes, of who gave some; empty: they are there.")
    lost: list[str] = Field(
        description="Calls that went to others while they were gone, until they ask for calls again."
    )
    silent: bool = Field(
        description="They have something in hand and have said nothing for long: see whether they are there."
    )
    day: Day
    scores: Scores | None = Field(
        None, description="What customers gave for their talks within 30 days; told to nobody but them."
    )


class Colleague(BaseModel):
    """Somebody to whom a conversation can be handed on."""

    agent: str
    state: AgentState
    since: str
    reason: str = Field(description="Of a pause.")
    in_hand: int
    languages: tuple[str, ...] = Field(description="As they said last.")
    skills: tuple[str, ...] = Field(description="As they said last; none named: all.")


@router.get(
    "/agents",
    dependencies=[may(Permission.TAKE_OVER_CALLS)],
    summary="How all agents are",
)
async def agents(service: ServiceDep) -> list[AgentOut]:
    """Those who were there once, by name."""
    known = service.casebook.agents
    return [_shown(service, known[name]) for name in sorted(known)]


@router.get(
    "/colleagues",
    dependencies=[may(Permission.TAKE_CALLS)],
    summary="To whom a conversation can be handed on",
)
async def colleagues(service: ServiceDep, who: Who, beside: PathId | None = None) -> list[Colleague]:
    """Those who are there, ready ones first; ``beside``: but this one, the one who asks where a person does."""
    me = beside if who.speaks_for_all else who.name
    found = (_shown(service, one) for one in service.casebook.agents.values() if one.agent != me)
    there = sorted((one for one in found if one.state != "away"), key=lambda one: (_TURN[one.state], one.agent))
    return [_colleague(service.casebook.agents[one.agent], one) for one in there]


_TURN: dict[AgentState, int] = {"ready": 0, "wrapping_up": 1, "talking": 2, "paused": 3, "away": 4}


def _colleague(known: AgentView, shown: AgentOut) -> Colleague:
    return Colleague(
        agent=known.agent,
        state=shown.state,
        since=shown.since,
        reason=shown.reason,
        in_hand=len(known.calls),
        languages=known.languages,
        skills=known.skills,
    )


@router.get(
    "/agents/{agent}",
    dependencies=[may(Permission.TAKE_CALLS)],
    summary="How an agent is, and what their day came to",
    responses=answers(404),
)
async def agent_state(agent: PathId, service: ServiceDep, who: Who) -> AgentOut:
    """Their own, or for a supervisor anybody's."""
    known = _must_know(service, agent)
    _must_be_theirs(agent, who, Permission.TAKE_OVER_CALLS)
    shown = _shown(service, known)
    if who.acts_as(agent):
        lately = service.casebook.surveys(service.now() - LOOKED_BACK_S)
        shown.scores = scores_of(one for one in lately if one.agent == agent)
    return shown


class Here(Body):
    """An agent's program says that they are there."""

    within_s: float = Field(
        60.0, ge=5, le=600, description="It says so again within so long, real seconds; else they are out of sight."
    )


@router.post("/agents/{agent}/here", dependencies=[may(Permission.TAKE_CALLS)], summary="A sign of life")
async def here(agent: PathId, said: Here, service: ServiceDep, who: Who) -> Done:
    """For programs; an open page is one. Whoever gave one and gives none any more is gone after the policy's ``agent_gone``.

    Then what they have in hand is another's, but what their telephone carries on. Who never gives one is left alone.
    """
    _must_be_theirs(agent, who)
    service.present_agents.beat(agent, said.within_s)
    return Done()


@router.post("/agents/{agent}/pause", dependencies=[may(Permission.TAKE_CALLS)], summary="Take no calls for a while")
async def pause(agent: PathId, asked: Pause, service: ServiceDep, who: Who) -> Done:
    """A request for the next call that is open is answered with 204. What they have in hand they go on with."""
    _must_be_theirs(agent, who)
    known = service.casebook.agents.get(agent)
    if known is not None and known.reason == asked.reason:
        return Done(repeat=True)
    await tell(service, AgentPaused(agent, asked.reason), who.actor_as(agent))
    service.waiting_agents.send_away_one(agent)
    return Done()


@router.post(
    "/agents/{agent}/resume",
    dependencies=[may(Permission.TAKE_CALLS)],
    summary="The pause is over",
    responses=answers(404),
)
async def resume(agent: PathId, service: ServiceDep, who: Who) -> Done:
    """From here on they may ask for calls again."""
    known = _must_know(service, agent)
    _must_be_theirs(agent, who)
    if known.state != "away" and not known.reason:
        return Done(repeat=True)
    await tell(service, AgentResumed(agent), who.actor_as(agent))
    return Done()


@router.post(
    "/agents/{agent}/wrap-up",
    dependencies=[may(Permission.TAKE_CALLS)],
    summary="The wrap-up is done",
    responses=answers(404),
)
async def wrap_up(agent: PathId, service: ServiceDep, who: Who) -> Done:
    """It begins by itself when a call ends, and is over at the latest when they ask for the next."""
    known = _must_know(service, agent)
    _must_be_theirs(agent, who)
    if known.state != "wrapping_up":
        return Done(repeat=True)
    await tell(service, AgentWrappedUp(agent), who.actor_as(agent))
    return Done()


def must_not_pause(service: Service, agent: str) -> None:
    """Whoever pauses is given no call. Raises ``ApiProblem`` (409)."""
    known = service.casebook.agents.get(agent)
    if known is not None and known.reason:
        detail = f"{agent} pauses ({known.reason}): POST /agents/{agent}/resume first"
        raise ApiProblem(409, "paused", "You pause", detail)


def _must_know(service: Service, agent: str) -> AgentView:
    known = service.casebook.agents.get(agent)
    if known is None:
        raise ApiProblem(
            404, "unknown-agent", "There is no such agent", f"{agent!r} has neither asked for a call nor paused"
        )
    return known


def _must_be_theirs(agent: str, who: Principal, otherwise: Permission | None = None) -> None:
    """Raise ``ApiProblem`` (403) where somebody speaks for another, unless they may ``otherwise``."""
    if not who.acts_as(agent) and (otherwise is None or who.may(otherwise) is None):
        raise not_allowed(who, Permission.TAKE_CALLS, f" as {agent!r}")


def _shown(service: Service, known: AgentView) -> AgentOut:
    now, policy, calls = service.now(), service.room.desk.policy, service.casebook.calls
    in_hand = [(name, calls[name].channel if name in calls else "phone", at) for name, at in known.calls.items()]
    return AgentOut(
        agent=known.agent,
        state=_state(known, policy, now),
        since=rfc3339(known.since),
        reason=known.reason,
        in_hand=[HeldSince(call=name, channel=channel, since=rfc3339(at)) for name, channel, at in in_hand],
        last_call=known.last_call,
        wrap_up_until=_wrap_up_until(known, policy),
        chats=known.chats,
        seen=rfc3339(known.seen_at),
        unseen_since=rfc3339(known.unseen_since) if known.unseen_since is not None else "",
        lost=list(known.lost),
        silent=bool(known.calls) and now - known.seen_at > SILENT_S,
        day=_day(known, now),
    )


def _state(known: AgentView, policy: Policy, now: float) -> AgentState:
    """Return the state as it is by now: nobody wraps up for ever, and between two requests nobody is away."""
    if known.state == "wrapping_up" and policy.wrap_up_s and now - known.since >= policy.wrap_up_s:
        return "ready"
    asks_again = known.state == "away" and not known.vanished and now - known.seen_at < AWAY_S
    return "ready" if asks_again else known.state


def _wrap_up_until(known: AgentView, policy: Policy) -> str:
    limited = known.state == "wrapping_up" and policy.wrap_up_s
    return rfc3339(known.since + policy.wrap_up_s) if limited else ""


def _day(known: AgentView, now: float) -> Day:
    """Return the day with the span that is under way."""
    day, lasts = known.day, max(0.0, now - known.since)
    paused = dict(day.paused_s)
    if known.state == "paused":
        paused[known.reason] = paused.get(known.reason, 0.0) + lasts
    wraps_up = lasts if known.state == "wrapping_up" else 0.0
    talks = sum(max(0.0, now - since) for since in known.calls.values())
    return Day(
        began=rfc3339(day.began_at),
        conversations=day.conversations,
        unanswered=day.unanswered,
        talk_s=round(day.talk_s + talks, 1),
        wrap_up_s=round(day.wrap_up_s + wraps_up, 1),
        paused_s={reason: round(span, 1) for reason, span in paused.items()},
    )
