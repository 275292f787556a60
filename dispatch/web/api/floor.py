"""The path of supervisors: how the floor is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.service.service import Service
from dispatch.views.floor import FloorAgent, HeldCall, WaitingLine, floor
from dispatch.views.survey_view import LOOKED_BACK_S, Scores, by_group
from dispatch.web.dependencies import ServiceDep
from dispatch.web.may import may
from dispatch.web.problems import answers

router = APIRouter(tags=["agents"], responses=answers(503))


class HeldOut(BaseModel):
    """A conversation that an agent has."""

    call: str
    attempt: int
    channel: str
    customer: str
    name: str = Field(description="The customer's; empty: not known.")
    state: str
    since: float


class FloorAgentOut(BaseModel):
    """One agent."""

    agent: str
    state: str
    reason: str = Field(description="Of a pause.")
    since: float
    conversations: int
    occupancy: float | None = Field(description="Busy, of the time that they did not pause.")
    held: list[HeldOut]
    seen: float = Field(description="When they said anything last.")
    unseen_since: float | None = Field(description="Since when no sign of life comes, of who gave some before.")
    lost: list[HeldOut] = Field(description="What went to others while they were gone; ``since``: when.")


class GroupScores(BaseModel):
    """What customers gave for talks with a group of agents, within 30 days; not corrected for who did not answer."""

    group: str = Field(description="What they are there for.")
    asked: int
    answered: int
    mean: float | None = Field(description="1 to 5; null: too few answers, or too few agents, to say.")
    low: float | None = Field(description="Of 95%.")
    high: float | None


class FloorOut(BaseModel):
    """How the floor is. Times are POSIX seconds."""

    at: float
    lines: list[WaitingLine]
    calls: int = Field(description="Callers of the last eight hours who count for the service level.")
    within_20_s: float | None = Field(description="How many of them were answered within 20 s; null: there were none.")
    given_up: int
    occupancy: float | None
    agents: list[FloorAgentOut]
    scores: list[GroupScores] = Field(description="By group of agents; of no single one.")


@router.get(
    "/floor",
    dependencies=[may(Permission.TAKE_OVER_CALLS)],
    summary="How the floor is: who waits, how soon callers are answered, how every agent is",
)
async def show_floor(service: ServiceDep) -> FloorOut:
    """Queues by channel and language, the share of callers answered within 20 s, occupancy, and who has what in hand."""
    found = floor(service.casebook, service.now())
    return FloorOut(
        at=found.at,
        lines=list(found.lines),
        calls=found.level.calls,
        within_20_s=found.level.share,
        given_up=found.level.given_up,
        occupancy=found.occupancy,
        agents=[_agent(service, one) for one in found.agents],
        scores=[_scores(group, one) for group, one in by_group(service.casebook.surveys(found.at - LOOKED_BACK_S))],
    )


def _scores(group: str, found: Scores) -> GroupScores:
    return GroupScores(
        group=group, asked=found.asked, answered=found.answered, mean=found.mean, low=found.low, high=found.high
    )


def _agent(service: Service, agent: FloorAgent) -> FloorAgentOut:
    shown: dict[str, Any] = {
        name: getattr(agent, name) for name in FloorAgentOut.model_fields if name not in {"held", "lost"}
    }
    held, lost = ([_held(service, one) for one in some] for some in (agent.held, agent.lost))
    return FloorAgentOut(**shown, held=held, lost=lost)


def _held(service: Service, held: HeldCall) -> HeldOut:
    known = service.customers.get(held.customer)
    shown: dict[str, Any] = {name: getattr(held, name) for name in HeldOut.model_fields if name != "name"}
    return HeldOut(**shown, name=known.name if known is not None else "")
