"""How agents are: ready, with something in hand, wrapping up, paused, away. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.calls import UNHEARD
from dispatch.core.events import AgentBecameFree, AgentEvent, AgentLeft, CallEnded
from dispatch.core.routing.events import AgentPaused, AgentResumed, AgentSeen, AgentUnseen, AgentWrappedUp
from dispatch.views.agent_view import NEW_DAY_S, AgentDay, AgentView
from dispatch.views.reading.known import Known


def happened(known: Known, event: AgentEvent, at: float) -> None:
    """Read what an agent says of themselves."""
    if isinstance(event, AgentSeen | AgentUnseen):
        _sign(known, event, at)
        return
    vanished = isinstance(event, AgentLeft) and (event.by or "").startswith("service")
    before = known.agents.get(event.agent)
    agent = before if vanished and before is not None else _seen(known, event.agent, at)
    agent.vanished = vanished or (isinstance(event, AgentLeft) and agent.vanished)
    match event:
        case AgentBecameFree():
            agent.calls = {call: since for call, since in agent.calls.items() if call in event.holds}
            agent.chats, agent.reason, agent.unseen_since, agent.lost = event.chats, "", None, {}
            agent.languages, agent.skills = event.languages, tuple(event.skills)
            agent.turn("talking" if agent.calls else "ready", at)
        case AgentLeft():
            agent.calls = {call: since for call, since in agent.calls.items() if call in event.holds}
            if agent.state != "paused":
                agent.turn("talking" if agent.calls else "away", at)
        case AgentPaused() | AgentResumed() | AgentWrappedUp():
            _turned(agent, event, at)
        case _:
            assert_never(event)


def _turned(agent: AgentView, event: AgentPaused | AgentResumed | AgentWrappedUp, at: float) -> None:
    match event:
        case AgentPaused():
            if not agent.calls:
                agent.turn("away", at)  # a pause for another reason is another span
                agent.turn("paused", at)
            agent.reason = event.reason
        case AgentResumed():
            if not agent.calls:
                agent.turn("ready", at)
            agent.reason = ""
        case AgentWrappedUp():
            if agent.state == "wrapping_up":
                agent.turn("ready", at)
        case _:
            assert_never(event)


def _sign(known: Known, event: AgentSeen | AgentUnseen, at: float) -> None:
    """Signs of life come, or come no more: what was taken from them meanwhile they are told when they are back.

    Whose page is open and who never asked for a call has no day yet.
    """
    agent = known.agents.get(event.agent)
    if agent is not None:
        agent.unseen_since = None if isinstance(event, AgentSeen) else at
    if agent is not None and isinstance(event, AgentSeen):
        agent.seen_at = at


def given(known: Known, name: str, call: str, at: float) -> None:
    """An agent has a call in hand."""
    agent = _seen(known, name, at)
    agent.calls[call] = at
    agent.turn("talking", at)


def ended(known: Known, name: str, event: CallEnded, at: float) -> None:
    """An agent says that a call is over: what is left of it is seen to, and a pause that was asked for begins behind that."""
    agent = _seen(known, name, at)
    since = agent.calls.pop(event.call, None)
    if since is None:
        return
    heard = event.outcome not in UNHEARD
    agent.day.conversations, agent.day.unanswered = agent.day.conversations + heard, agent.day.unanswered + (not heard)
    agent.day.talk_s += at - since
    agent.last_call = event.call
    if not agent.calls:
        agent.turn("paused" if agent.reason else "wrapping_up", at)


def taken(known: Known, name: str | None, call: str, at: float, *, let_lie: bool = False) -> None:
    """A call is no longer in an agent's hand, who did not say that it is over: handed on, withdrawn, or they are gone.

    ``let_lie``: they have not seen to it.
    """
    agent = known.agents.get(name or "")
    since = agent.calls.pop(call, None) if agent is not None else None
    if agent is None or since is None:
        return
    agent.day.talk_s += at - since
    agent.last_call = call
    if let_lie and agent.unseen_since is not None:
        agent.vanished = True
        agent.lost[call] = at
    if not agent.calls:
        agent.turn("paused" if agent.reason else "away" if agent.vanished else "wrapping_up", at)


def _seen(known: Known, name: str, at: float) -> AgentView:
    """Return an agent who says something."""
    agent = known.agents.get(name)
    if agent is None:
        agent = known.agents[name] = AgentView(name, "away", at, AgentDay(at))
    elif agent.state == "away" and at - agent.since > NEW_DAY_S:
        agent.day = AgentDay(at)
    agent.seen_at = at
    return agent
