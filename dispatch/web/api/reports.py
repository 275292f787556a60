"""Paths for what people tell: a customer rings in about something no device told of, or a crew looked at what was told."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from dispatch.access.permissions import Permission
from dispatch.access.principal import KnownBy, Principal
from dispatch.core.conversation.channels import Channel
from dispatch.core.events import CaseReported
from dispatch.core.ids import digest_of, is_stranger
from dispatch.registers.search import found, same_sign
from dispatch.registers.strangers import Stranger
from dispatch.registers.telephone import dialled
from dispatch.service.service import Service
from dispatch.views.case_view import CaseView
from dispatch.web.api.conversations import of_stranger
from dispatch.web.dependencies import Body, SaidPlace, ServiceDep, tell
from dispatch.web.kind_name import KindName
from dispatch.web.may import Own, Who, may, must_own, not_allowed
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import Few, Id, Language, Line, Moment, Words
from gateway.devices.registry import DeviceRecord
from gateway.diagnosis.catalogue import NOTHING, UNKNOWN, catalogue, name_in
from gateway.diagnosis.knowledge import Knowledge
from gateway.finding import Drive
from gateway.intake.human_report import HumanReport, NoSuchPart, NoSuchSign
from gateway.kinds.kind import Kind
from gateway.kinds.registry import kinds
from gateway.payments.features import KNOWLEDGE as PAYMENTS

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
    customer: Id | None = Field(
        None,
        description="Instead of ``device``: whose it is that no device told of; a stranger, too, who rang or wrote.",
    )
    kind: KindName = Field(
        default_factory=_meant,
        description="With ``customer``: what is broken.",
        json_schema_extra=lambda schema: schema.update(default=_meant()),
    )
    part: Id | None = Field(
        None, description="As far as it could be made out; left out, somebody comes who can help in any case."
    )
    words: Words = Field("", description="What the customer says, in a few words.")
    symptoms: Few[Id] = Field((), description="What they see, of those that ``GET /kinds`` names for the kind.")
    drivable: bool | None = Field(None, description="Do they say that it drives? ``false``: it is not driven on.")
    wants_help: bool = Field(default=True, description="``false``: they only tell of it, and nobody is to come.")
    plate: Line = Field("", description="Of a vehicle: a registered one of theirs is meant by it.")
    name: Line = Field("", description="Of a stranger (``customer``): how they are called.")
    phone: Line = Field("", description="Of a stranger: where they can be rung, where it is not the number that rang.")
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


class PartOut(BaseModel):
    """What can be broken."""

    part: str
    name: str


class SymptomOut(BaseModel):
    """What can be seen or heard of it."""

    symptom: str
    says: str = Field(description="In English.")


class KindOut(BaseModel):
    """A kind of device of which a fault can be told."""

    kind: str
    drives: bool = Field(description="Is it to be asked whether it may be driven?")
    meant: bool = Field(description="Is it what a customer means who does not say?")
    parts: list[PartOut]
    symptoms: list[SymptomOut]


@router.get(
    "/kinds",
    dependencies=[may(Permission.REPORT_FAULTS)],
    summary="Of what a fault can be told, and what can be seen of it",
)
async def reportable(language: Language = "en") -> list[KindOut]:
    """Each kind of customers' devices with its catalogue's parts, by name in a language, and its symptoms."""
    return [
        _kind(one, one.knowledge, language) for one in kinds() if one.knowledge is not None and one.domain is not None
    ]


def _kind(kind: Kind, knowledge: Knowledge, language: str) -> KindOut:
    """Return what can be told of a kind: what breaks in it, and why payments fail where it is what people pay with."""
    known = catalogue(knowledge)
    told = (knowledge, PAYMENTS) if kind.pays_first else (knowledge,)
    names = [
        (part, name_in(each, part, language) or one.name)
        for each in told
        for part, one in catalogue(each).parts.items()
    ]
    return KindOut(
        kind=kind.name,
        drives=any(part.drive is not Drive.NOT_A_CAR for part in known.parts.values()),
        meant=kind.meant_unsaid,
        parts=[PartOut(part=part, name=name) for part, name in names if part not in {UNKNOWN, NOTHING}],
        symptoms=[SymptomOut(symptom=name, says=one.says) for name, one in known.symptoms.items()],
    )


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
        _words(said),
        view.finding.episode if view else None,
        said.symptoms,
        said.drivable,
        said.wants_help,
    )
    record = _looked_at(service, view) if view else _record(service, said, who)
    must_own(who, Permission.REPORT_FAULTS, record.customer or "")
    await service.see_home(record.device)
    event = _event(service, told, record, said, _agent(service, said, who))
    await _note_who(service, said, now)
    turn = await tell(service, event, who.actor_as(event.agent))
    case = service.casebook.case_of_episode(event.finding.episode) or event.finding.episode
    return Reported(case=case, repeat=turn.repeat)


def _event(service: Service, told: HumanReport, record: DeviceRecord, said: Report, agent: str | None) -> CaseReported:
    try:
        event = service.room.reported(told, record, said.call, agent)
    except NoSuchPart as error:
        raise ApiProblem(422, "unknown-part", "There is no such part", str(error)) from None
    except NoSuchSign as error:
        raise ApiProblem(422, "unknown-symptom", "There is no such symptom", str(error)) from None
    if is_stranger(record.customer or ""):  # who tells of it and says where they can be rung, wants to be
        call = service.casebook.calls.get(said.call or "")
        return replace(event, may_call=True, language=call.language if call is not None else event.language)
    return event


async def _note_who(service: Service, said: Report, now: float) -> None:
    """Keep what a stranger says of themselves, who is to be found and rung by it. Raises ``ApiProblem``."""
    stranger = said.customer or ""
    if not is_stranger(stranger):
        if said.name or said.phone:
            detail = "name and phone are a stranger's; how a customer is called and rung says their registration"
            raise ApiProblem(422, "not-a-stranger", "It is known who they are", detail)
        return
    strangers = service.doors.strangers
    provenance = of_stranger(service, stranger) or "real"
    known = strangers.get(stranger) or Stranger(stranger, Channel.PHONE, "", provenance, (), now)
    who = replace(known, name=said.name or known.name, phone=dialled(said.phone) or known.phone)
    if not who.name or not who.rung_at:
        owed = "a name" if not who.name else "a number: theirs is withheld"
        raise ApiProblem(422, "who-missing", "Who is it?", f"of somebody whom nobody knows, {owed} is needed")
    if who != known:
        await strangers.told(who)


def _words(said: Report) -> str:
    plate = f"plate {said.plate}" if said.plate else ""
    return "; ".join(one for one in (said.words, plate) if one)


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


def _record(service: Service, said: Report, who: Principal) -> DeviceRecord:
    if said.device is not None:
        record = service.room.intake.registry.get(said.device)
        if record is None:
            detail = f"nothing is registered as {said.device}; give 'customer' and 'kind' instead"
            raise ApiProblem(404, "unknown-device", "There is no such device", detail)
        return record
    name = said.customer or ""
    if said.plate and who.owns is None and (registered := _with_plate(service, said.plate, name)) is not None:
        return registered
    customer = service.customers.get(name)
    if customer is None and is_stranger(name) and service.casebook.conversation(name).lines:
        provenance = of_stranger(service, name) or "real"
        return DeviceRecord(f"{UNREGISTERED}/{said.kind}-{digest_of(name)}", said.kind, name, provenance)
    if customer is None:
        detail = f"nobody is registered as {said.customer}; register the customer (POST /api/v1/customers)"
        raise ApiProblem(404, "unknown-customer", "There is no such customer", detail)
    return DeviceRecord(
        f"{UNREGISTERED}/{said.kind}-{customer.customer}", said.kind, customer.customer, customer.provenance
    )


def _with_plate(service: Service, plate: str, customer: str) -> DeviceRecord | None:
    """Return the registered device of theirs that has a plate; ``None``: nobody's has. Raises ``ApiProblem`` for another's."""
    for hit in found(plate, service.customers, service.room.intake.registry.of_customer):
        if hit.by == "plate" and hit.customer.customer == customer:
            return next(one for one in hit.devices if one.plate and same_sign(plate, one.plate))
        if hit.by == "plate":
            detail = f"{plate} is registered as {hit.customer.customer}'s: ask who rings, and say so (identify), or leave it out"
            raise ApiProblem(409, "plate-known", "The plate is a customer's", detail)
    return None
