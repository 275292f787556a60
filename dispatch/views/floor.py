"""How the floor is: who waits on which channel in which language, how soon callers are answered, and how every agent is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dispatch.core.conversation.channels import SPOKEN
from dispatch.views.agent_view import AgentView
from dispatch.views.case_view import CallView
from dispatch.views.casebook import Casebook

WITHIN_S = 20.0
"""Callers should be answered within this."""
LOOKED_BACK_S = 8 * 3600.0
"""Of so long the service level is."""


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """Those who wait on one channel in one language."""

    channel: str
    language: str
    theirs: int
    """Customers who rang in or wrote."""
    ours: int
    """Calls of ours that may be made now."""
    longest_s: float


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """How soon callers were answered lately."""

    calls: int
    """That count: answered, given up after ``WITHIN_S``, or waiting for longer."""
    within: int
    given_up: int

    @property
    def share(self) -> float | None:
        """Return how many of them were answered within ``WITHIN_S``; ``None``: there were none."""
        return self.within / self.calls if self.calls else None


@dataclass(frozen=True, slots=True)
class HeldCall:
    """A conversation that an agent has. ``since``: POSIX seconds."""

    call: str
    attempt: int
    channel: str
    customer: str
    state: str
    since: float


@dataclass(frozen=True, slots=True)
class FloorAgent:
    """One agent. ``since``: POSIX seconds."""

    agent: str
    state: str
    reason: str
    since: float
    conversations: int
    occupancy: float | None
    """Of the time that they did not pause, how much they talked, wrote or wrapped up."""
    held: tuple[HeldCall, ...]
    seen: float
    """When they said anything last, POSIX seconds."""
    unseen_since: float | None
    """Since when no sign of life comes, of who gave some."""
    lost: tuple[HeldCall, ...]
    """What went to others while they were gone; ``since``: when."""


@dataclass(frozen=True, slots=True)
class Floor:
    """Everything, as of ``at``, POSIX seconds."""

    at: float
    lines: tuple[WaitingLine, ...]
    level: ServiceLevel
    occupancy: float | None
    agents: tuple[FloorAgent, ...]


def floor(book: Casebook, now: float) -> Floor:
    """Return how the floor is at ``now``, POSIX seconds."""
    agents = [book.agents[name] for name in sorted(book.agents)]
    spans = [_spans(one, now) for one in agents]
    return Floor(
        now,
        tuple(_lines(book.queue(), now)),
        service_level(book.calls.values(), now),
        _share(sum(busy for busy, _ in spans), sum(there for _, there in spans)),
        tuple(_agent(book, one, now) for one in agents),
    )


def service_level(calls: Iterable[CallView], now: float) -> ServiceLevel:
    """Return how soon who rang in lately was answered. Who gave up sooner than anybody promised counts neither way."""
    theirs = [one for one in calls if _rang_in_lately(one, now)]
    within = sum(_waited(one, now) <= WITHIN_S for one in theirs if one.connected_at is not None)
    answered = sum(one.connected_at is not None for one in theirs)
    missed = [one for one in theirs if one.connected_at is None and _waited(one, now) > WITHIN_S]
    given_up = sum(one.ended_at is not None for one in missed)
    return ServiceLevel(answered + len(missed), within, given_up)


def _rang_in_lately(call: CallView, now: float) -> bool:
    return call.direction == "inbound" and call.channel in SPOKEN and now - call.queued_at <= LOOKED_BACK_S


def _waited(call: CallView, now: float) -> float:
    over = call.connected_at if call.connected_at is not None else call.ended_at
    return (now if over is None else over) - call.queued_at


def _lines(queue: Iterable[CallView], now: float) -> Iterator[WaitingLine]:
    waiting: dict[tuple[str, str], list[CallView]] = {}
    for call in queue:
        if call.not_before <= now:
            waiting.setdefault((str(call.channel), call.language), []).append(call)
    for (channel, language), calls in sorted(waiting.items()):
        theirs = sum(one.direction == "inbound" for one in calls)
        longest = max(now - max(one.queued_at, one.not_before) for one in calls)
        yield WaitingLine(channel, language, theirs, len(calls) - theirs, longest)


def _agent(book: Casebook, agent: AgentView, now: float) -> FloorAgent:
    held = (_held(book, call, since) for call, since in agent.calls.items() if call in book.calls)
    day, share = agent.day, _share(*_spans(agent, now))
    lost = (_held(book, call, at) for call, at in agent.lost.items() if call in book.calls)
    return FloorAgent(
        agent.agent,
        agent.state,
        agent.reason,
        agent.since,
        day.conversations,
        share,
        tuple(held),
        agent.seen_at,
        agent.unseen_since,
        tuple(lost),
    )


def _held(book: Casebook, name: str, since: float) -> HeldCall:
    call = book.calls[name]
    return HeldCall(name, call.attempt, str(call.channel), call.customer, call.state, since)


def _spans(agent: AgentView, now: float) -> tuple[float, float]:
    """Return for how long an agent was busy, and for how long there and not in a pause, seconds."""
    day, lasts = agent.day, max(0.0, now - agent.since)
    talks = sum(max(0.0, now - since) for since in agent.calls.values())
    busy = day.talk_s + day.wrap_up_s + talks + (lasts if agent.state == "wrapping_up" else 0.0)
    paused = sum(day.paused_s.values()) + (lasts if agent.state in {"paused", "away"} else 0.0)
    there = max(0.0, now - day.began_at - paused)
    return min(busy, there), there


def _share(busy: float, there: float) -> float | None:
    return busy / there if there > 0 else None
