"""Paths for what people tell: a customer rings in about something no device told of, or a crew looked at what was told."""

from __future__ import annotations

from typing import Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from dispatch.access.permissions import Permission
from dispatch.access.principal import KnownBy, Principal
from dispatch.service.service import Service
from dispatch.views.case_view import CaseView
from dispatch.web.dependencies import Body, SaidPlace, ServiceDep, tell
from dispatch.web.kind_name import KindName
from dispatch.web.may import Own, Who, may, must_own, not_allowed
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import Id, Line, Moment, Words
from gateway.devices.registry import DeviceRecord
from gateway.intake.human_report import HumanReport, NoSuchPart
from gateway.kinds.registry import kinds

router = APIRouter(tags=["calls"], responses=answers(404, 422, 503))
UNREGISTERED = "unregistered"
"""The vendor of what no vendor registered: a customer's device that sends nothing."""


def _meant() -> str:
    return kinds().meant_unsaid.name


class Report(Body):
    """What somebody told of a fault."""

    ref: Id = Field(description="Unique for each report; a repeat changes nothing.")
    by: Literal["customer", "crew"] = "customer"
    case: Id | None = Field(None, description="The open case that a crew looked at.")
    device: Line | None = Field(
        None, examples=["volta/car-0017"], description="``vendor/device``, where it is registered."
    )
    customer: Id | None = Field(None, description="Instead of ``device``: whose it is that no device told of.")
    kind: KindName = Field(
        default_factory=_meant,
        description="With ``customer``: what is broken.",
        json_schema_extra=lambda schema: schema.update(default=_meant()),
    )
    part: Id | None = Field(
        None, description="As far as it could be made out; left out, somebody comes who can help in any case."
    )
    words: Words = Field("", description="What the customer says, in a few words.")
    since: Moment | None = Field(None, description="When it began, POSIX seconds; now where it is left out.")
    place: SaidPlace | None = Field(None, description="Where it is.")
    call: Id | None = Field(None, description="The customer's call on which it is told.")
    agent: Id | None = Field(None, description="Who takes it down; left out, the agent whom ``call`` was given to.")

    @model_validator(mode="after")
    def _about_one_thing(self) -> Self:
        if sum(one is not None for one in (self.case, self.device, self.customer)) != 1:
            message = "exactly one of 'case', 'device' and 'customer' is needed"
            raise ValueError(message)
        return self


class Reported(BaseModel):
    """The case it belongs to now."""

    case: str
    repeat: bool = False


@router.post(
    "/cases/reported",
    dependencies=[may(Permission.REPORT_FAULTS, Own.IN_BODY)],
    summary="A customer or a crew tells of a fault",
)
async def reported(said: Report, service: ServiceDep, who: Who) -> Reported:
    """Opens a case as a device's fault does, or revises ``case``; help is sent at once where the place is known."""
    _must_be_ones_own_word(said, who)
    now = service.now()
    view = _open_case(service, said.case) if said.case else None
    place = said.place.place(now) if said.place else None
    told = HumanReport(
        said.ref,
        said.by,
        said.part,
        now if said.since is None else min(said.since, now),
        place or (view.place if view else None),
        said.words,
        view.finding.episode if view else None,
    )
    record = _looked_at(service, view) if view else _record(service, said)
    must_own(who, Permission.REPORT_FAULTS, record.customer or "")
    try:
        event = service.room.reported(told, record, said.call, _agent(service, said, who))
    except NoSuchPart as error:
        raise ApiProblem(422, "unknown-part", "There is no such part", str(error)) from None
    turn = await tell(service, event, who.actor_as(event.agent))
    case = service.casebook.case_of_episode(event.finding.episode) or event.finding.episode
    return Reported(case=case, repeat=turn.repeat)


def _must_be_ones_own_word(said: Report, who: Principal) -> None:
    """A customer tells what they see themselves: no crew's finding, on nobody's call, for no agent. Raises ``ApiProblem``."""
    if who.owns is not None and (said.by == "crew" or said.call is not None or said.agent is not None):
        raise not_allowed(who, Permission.REPORT_FAULTS, " for a crew or an agent, or on a call")


def _agent(service: Service, said: Report, who: Principal) -> str | None:
    """Return who takes it down: whoever asks, unless it is a machine that says who."""
    if who.known_by is KnownBy.USER:
        return who.name if who.may(Permission.TAKE_CALLS) else None
    view = service.casebook.calls.get(said.call or "")
    return said.agent or (view.agent if view is not None else None)


def _open_case(service: Service, case: str) -> CaseView:
    view = service.casebook.cases.get(case)
    if view is None or not view.open:
        raise ApiProblem(404, "unknown-case", "There is no such case", f"no case {case!r} is open")
    return view


def _looked_at(service: Service, view: CaseView) -> DeviceRecord:
    known = service.room.intake.registry.get(view.device)
    return known or DeviceRecord(
        view.device, kinds().of_finding(view.finding).name, view.customer, view.finding.provenance
    )


def _record(service: Service, said: Report) -> DeviceRecord:
    if said.device is not None:
        record = service.room.intake.registry.get(said.device)
        if record is None:
            detail = f"nothing is registered as {said.device}; give 'customer' and 'kind' instead"
            raise ApiProblem(404, "unknown-device", "There is no such device", detail)
        return record
    customer = service.customers.get(said.customer or "")
    if customer is None:
        detail = f"nobody is registered as {said.customer}; register the customer (POST /api/v1/customers)"
        raise ApiProblem(404, "unknown-customer", "There is no such customer", detail)
    return DeviceRecord(
        f"{UNREGISTERED}/{said.kind}-{customer.customer}", said.kind, customer.customer, customer.provenance
    )
