"""Paths about people who struggle with an app: who does, and what of the app it is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.views.struggle_view import AppFault, StruggleView
from dispatch.web.dependencies import ServiceDep
from dispatch.web.may import may
from dispatch.web.problems import answers

router = APIRouter(tags=["struggles"], responses=answers(422, 503))
MOST = 1_000


class StruggleOut(BaseModel):
    """One run through a flow in which somebody struggles. Times are POSIX seconds."""

    episode: str
    customer: str
    device: str
    flow: str
    step: str
    reason: str
    sure: float = Field(description="P(that reason).")
    probability: float = Field(description="P(they struggle).")
    errors: list[str]
    why: list[str]
    fraud: bool = Field(description="It looks as if they were being cheated, or were the cheat.")
    app_version: str
    seen_at: float
    invited_at: float | None
    left_alone: str = Field(description="Why they are not invited.")
    reply: str = Field(description="talk, chat, later, no.")
    call: str = Field(description="What came of it: a call or a written contact.")
    explained_at: float | None
    over: str = Field(description="done, left, silent.")


class AppFaultOut(BaseModel):
    """How often something of an app made people struggle. Frauds are not counted."""

    app_version: str
    flow: str
    step: str
    reason: str
    first_at: float
    last_at: float
    seen: int
    customers: int
    invited: int
    accepted: int
    done: int = Field(description="Who came through all the same.")
    left: int = Field(description="Who gave up.")


class StrugglesOut(BaseModel):
    """Who struggles, the newest first; and what of the app it is, the most customers first."""

    struggles: list[StruggleOut]
    faults: list[AppFaultOut]


@router.get(
    "/struggles",
    dependencies=[may(Permission.READ_CASES)],
    summary="Who struggles with an app, and what of it: by version, flow, step and reason",
)
async def show_struggles(
    service: ServiceDep, most: Annotated[int, Query(ge=1, le=MOST, description="Of each.")] = 100
) -> StrugglesOut:
    """Of customers who agreed to be helped in the app; of the others nothing is kept."""
    book = service.casebook
    return StrugglesOut(
        struggles=[_struggle(one) for one in book.struggles()[:most]],
        faults=[_fault(one) for one in book.app_faults()[:most]],
    )


def _struggle(view: StruggleView) -> StruggleOut:
    one = view.struggle
    return StruggleOut(
        episode=one.episode,
        customer=one.customer,
        device=one.device,
        flow=one.flow,
        step=one.step,
        reason=one.reason,
        sure=one.sure,
        probability=one.probability,
        errors=list(one.errors),
        why=list(one.why),
        fraud=one.fraud,
        app_version=one.app_version,
        seen_at=view.seen_at,
        invited_at=view.invited_at,
        left_alone=view.left_alone,
        reply=view.reply,
        call=view.call,
        explained_at=view.explained_at,
        over=view.over,
    )


def _fault(one: AppFault) -> AppFaultOut:
    shown = {name: getattr(one, name) for name in AppFaultOut.model_fields if name != "customers"}
    return AppFaultOut(**shown, customers=len(one.customers))
