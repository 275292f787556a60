"""Paths that dispatchers read before they act: whom they could send, why somebody was sent, how the shift and the house stand."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.access.roles import GRANTS
from dispatch.core.candidates import Contractor
from dispatch.service.service import Service
from dispatch.views.capacity import Capacity, capacity
from dispatch.views.case_view import CaseView, MutedView
from dispatch.views.choices import TruckChoice, choices
from dispatch.views.shift import Shift, due_at, shift
from dispatch.views.why import TruckDecision, decisions
from dispatch.web.acting import must_be_known
from dispatch.web.dependencies import Limit, ServiceDep
from dispatch.web.may import Who, may
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import Id

router = APIRouter(tags=["dispatching"], responses=answers(422))
MAY = may(Permission.DISPATCH_CASES)


class Candidates(BaseModel):
    """Whom a dispatcher may send."""

    version: int = Field(description="Of the case; what is chosen is chosen by it.")
    due: float = Field(description="When help should be there, POSIX seconds.")
    pinned: str | None
    trucks: list[TruckChoice] = Field(description="The best first, then those that cannot go.")
    contractors: list[Contractor]


class Dispatcher(BaseModel):
    """Somebody who may have cases."""

    dispatcher: str = Field(description="What ``hand-over`` takes as ``to``.")
    cases: int = Field(description="How many open ones they have.")


@router.get(
    "/cases/candidates",
    dependencies=[MAY],
    summary="Which trucks could go, with what each costs",
    responses=answers(404, 409),
)
async def candidates(case: Id, service: ServiceDep, limit: Limit = 3) -> Candidates:
    """The best ``limit``, and whoever has the job."""
    view = must_be_known(service, case)
    desk, now = service.room.desk, service.now()
    try:
        trucks, contractors = desk.candidates(case, now), desk.contractors(case)
    except KeyError:
        raise ApiProblem(409, "case-closed", "The case is closed", f"{case} is closed: nobody is sent") from None
    due = due_at(view, desk.policy)
    found = choices(trucks, due, now)
    shown = [one for number, one in enumerate(found) if number < limit or one.state == "sent"]
    return Candidates(
        version=view.version, due=due, pinned=view.care.pinned, trucks=shown, contractors=contractors[:limit]
    )


@router.get("/cases/why", dependencies=[MAY], summary="Why this truck", responses=answers(404))
async def why(case: Id, service: ServiceDep) -> list[TruckDecision]:
    """Each decision about the truck of a case, oldest first, with whom it was chosen from where that was recorded."""
    must_be_known(service, case)
    return decisions(service.casebook.rows_of(case))


@router.get("/dispatchers", dependencies=[MAY], summary="Who may have cases")
async def dispatchers(service: ServiceDep) -> list[Dispatcher]:
    """Those with an account, and whoever has a case."""
    may_have = [one for one in service.log_in.registers.accounts.values() if one.can_log_in]
    names = {f"user/{one.name}" for one in may_have if Permission.DISPATCH_CASES in GRANTS[one.role]}
    owned = _owned(service)
    return [Dispatcher(dispatcher=name, cases=owned.count(name)) for name in sorted(names | set(owned))]


def _owned(service: Service) -> list[str]:
    open_: list[CaseView] = service.casebook.open_cases()
    return [case.care.owner for case in open_ if case.care.owner is not None]


@router.get("/devices/muted", dependencies=[MAY], summary="Which devices are muted")
async def muted(service: ServiceDep, limit: Limit = 500) -> list[MutedView]:
    """With what they told meanwhile."""
    return service.casebook.muted(service.now())[:limit]


@router.get("/shift", dependencies=[MAY], summary="What whoever takes over has to know")
async def handover(service: ServiceDep, who: Who, dispatcher: Id | None = None) -> Shift:
    """For ``dispatcher``, as ``GET /dispatchers`` has them; left out, for whoever asks."""
    return shift(service.casebook, dispatcher or who.actor, service.room.desk.policy, service.now())


@router.get("/capacity", dependencies=[MAY], summary="Trucks by skill, who waits, and what crossed a threshold")
async def how_many(service: ServiceDep) -> Capacity:
    """Thresholds are the policy's ``alert_wait`` and ``alert_free``."""
    return capacity(service.casebook, service.room.desk.policy, service.now())
