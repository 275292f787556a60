"""Paths for what dispatchers do with a case, or a device; what each means and when it is refused: ``docs/dispatching.md``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from dispatch.access.permissions import Permission
from dispatch.access.principal import KnownBy, Principal
from dispatch.access.roles import GRANTS
from dispatch.core.acts import (
    ActUndone,
    CallHastened,
    CaseAcknowledged,
    CaseCancelled,
    CaseHandedOver,
    CaseLetGo,
    CaseNoted,
    CaseRaised,
    CasesMerged,
    CaseTaken,
    ContractorCalled,
    DeviceMuted,
    DeviceUnmuted,
    EscalatedTo,
    PlaceCorrected,
    TruckChosen,
    TruckPinned,
    TruckUnpinned,
)
from dispatch.core.mutes import LONGEST_S
from dispatch.service.service import Service
from dispatch.views.case_view import CaseView
from dispatch.web.acting import ActAsked, Acted, ActOnAnybodys, ActOnCase, Needed, act, actor, must_be_known, takes_over
from dispatch.web.dependencies import SaidPlace, ServiceDep
from dispatch.web.may import Who, may
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import Id, Line, Words
from gateway.devices.registry import DeviceRecord
from gateway.finding import Grade
from gateway.intake.human_report import HumanReport, NoSuchPart
from gateway.kinds.registry import kinds
from gateway.places.place_names import gazetteer

router = APIRouter(tags=["dispatching"], responses=answers(404, 409, 422, 503))
MAY = may(Permission.DISPATCH_CASES)


class HandOver(ActOnAnybodys):
    """To whom."""

    to: Id = Field(description="Of ``GET /dispatchers``.")


class WithTruck(ActOnAnybodys):
    """Which truck."""

    truck: Id


class WithContractor(ActOnAnybodys):
    """Which partner."""

    contractor: Id


class ChangePlace(ActOnAnybodys):
    """Where it is."""

    place: SaidPlace
    near: Line = Field("", description="The place in words; left out, the nearest town.")


class Correct(ActOnAnybodys):
    """What is broken."""

    part: Id
    grade: Grade = Field(Grade.ACT, description="``ask``: the customer is asked before anybody is sent.")


class Merge(ActOnAnybodys):
    """Which case goes on."""

    into: Id


class Note(ActOnCase):
    """What is to be remembered."""

    text: Words = Field(min_length=1)


class Cancel(ActOnAnybodys):
    """Why nobody is to come."""

    reason: Needed


class Escalate(ActOnCase):
    """Who is to look, and why."""

    to: EscalatedTo
    reason: Needed


class Undo(ActOnAnybodys):
    """What is taken back."""

    act: Id = Field(description="The ``ref`` of the last act.")


class ActOnDevice(ActAsked):
    """An act about a device."""

    device: Id = Field(examples=["volta/car-17"])


class Mute(ActOnDevice):
    """For how long, and why."""

    for_s: float = Field(gt=0, le=LONGEST_S, description="Seconds; a day at most.")
    reason: Needed


@router.post("/cases/acknowledge", dependencies=[MAY], summary="I have seen it")
async def acknowledge(said: ActOnCase, service: ServiceDep, who: Who) -> Acted:
    """Nobody is alarmed about it any more."""
    event = CaseAcknowledged(case=said.case, ref=said.ref, reason=said.reason, by=actor(who, said))
    return await act(service, event, said.ref, said.seen)


@router.post("/cases/take", dependencies=[MAY], summary="It is mine")
async def take(said: ActOnAnybodys, service: ServiceDep, who: Who) -> Acted:
    """409 ``not-yours`` where it is another's."""
    return await act(service, CaseTaken(**_common(said, who)), said.ref, said.seen)


@router.post("/cases/hand-over", dependencies=[MAY], summary="It is a colleague's")
async def hand_over(said: HandOver, service: ServiceDep, who: Who) -> Acted:
    """They have to acknowledge it; where they do not, it is escalated."""
    event = CaseHandedOver(**_common(said, who), to=_colleague(service, who, said.to))
    return await act(service, event, said.ref, said.seen)


@router.post("/cases/let-go", dependencies=[MAY], summary="It is nobody's")
async def let_go(said: ActOnAnybodys, service: ServiceDep, who: Who) -> Acted:
    """Whoever wants may take it."""
    return await act(service, CaseLetGo(**_common(said, who)), said.ref, said.seen)


@router.post("/cases/pin", dependencies=[MAY], summary="This truck and no other")
async def pin(said: WithTruck, service: ServiceDep, who: Who) -> Acted:
    """While it is busy, the case waits for it."""
    return await act(service, TruckPinned(**_common(said, who), truck=said.truck), said.ref, said.seen)


@router.post("/cases/unpin", dependencies=[MAY], summary="Any truck again")
async def unpin(said: ActOnAnybodys, service: ServiceDep, who: Who) -> Acted:
    """A case that waited for one truck is offered to the next that is free."""
    return await act(service, TruckUnpinned(**_common(said, who)), said.ref, said.seen)


@router.post("/cases/send", dependencies=[MAY], summary="Send this truck instead")
async def send(said: WithTruck, service: ServiceDep, who: Who) -> Acted:
    """See ``GET /cases/candidates`` first. The one before is told that the job is withdrawn."""
    event = TruckChosen(**_common(said, who), truck=said.truck)
    return await act(service, _against_the_other(service, event), said.ref, said.seen)


@router.post("/cases/call-contractor", dependencies=[MAY], summary="Ask a partner for a truck")
async def call_contractor(said: WithContractor, service: ServiceDep, who: Who) -> Acted:
    """It may decline. Whoever says yes first comes, it or a truck of ours."""
    event = ContractorCalled(**_common(said, who), contractor=said.contractor)
    return await act(service, event, said.ref, said.seen)


@router.post("/cases/change-place", dependencies=[MAY], summary="It is elsewhere")
async def change_place(said: ChangePlace, service: ServiceDep, who: Who) -> Acted:
    """Whatever its device tells from now on."""
    place = replace(said.place.place(service.now()), source="dispatcher")
    near = said.near or gazetteer().near(place.latitude, place.longitude)
    return await act(service, PlaceCorrected(**_common(said, who), place=place, near=near), said.ref, said.seen)


@router.post("/cases/correct", dependencies=[MAY], summary="It is another part, or we are less sure")
async def correct(said: Correct, service: ServiceDep, who: Who) -> Acted:
    """Another skill may need another truck."""
    view = must_be_known(service, said.case)
    try:
        event = service.room.reported(_told(service, said, view), _device(service, view))
    except NoSuchPart as error:
        raise ApiProblem(422, "unknown-part", "There is no such part", str(error)) from None
    finding = replace(event.finding, grade=said.grade, place=view.place, near=view.near)
    over = takes_over(who, said)
    corrected = replace(event, finding=finding, by=actor(who, said), corrects=said.case, takes_over=over)
    return await act(service, corrected, said.ref, said.seen)


@router.post("/cases/merge", dependencies=[MAY], summary="Two cases of one trouble")
async def merge(said: Merge, service: ServiceDep, who: Who) -> Acted:
    """``case`` is closed, ``into`` goes on."""
    return await act(service, CasesMerged(**_common(said, who), into=said.into), said.ref, said.seen)


@router.post("/cases/note", dependencies=[MAY], summary="Write a note")
async def note(said: Note, service: ServiceDep, who: Who) -> Acted:
    """Colleagues read it in the case and its timeline."""
    event = CaseNoted(case=said.case, ref=said.ref, reason=said.reason, by=actor(who, said), text=said.text)
    return await act(service, event, said.ref, said.seen)


@router.post("/cases/cancel", dependencies=[MAY], summary="Nobody is to come")
async def cancel(said: Cancel, service: ServiceDep, who: Who) -> Acted:
    """Truck, workshop, order and call are withdrawn, and the customer is told; ``told`` says whether a message reaches them."""
    return await act(service, CaseCancelled(**_common(said, who)), said.ref, said.seen)


@router.post("/cases/call-now", dependencies=[MAY], summary="Ring the customer before all others")
async def call_now(said: ActOnAnybodys, service: ServiceDep, who: Who) -> Acted:
    """In quiet hours, too."""
    return await act(service, CallHastened(**_common(said, who)), said.ref, said.seen)


@router.post("/cases/escalate", dependencies=[MAY], summary="Others are to look at it")
async def escalate(said: Escalate, service: ServiceDep, who: Who) -> Acted:
    """It is told again until somebody acknowledges it."""
    event = CaseRaised(case=said.case, ref=said.ref, reason=said.reason, by=actor(who, said), to=said.to)
    return await act(service, event, said.ref, said.seen)


@router.post("/cases/undo", dependencies=[MAY], summary="Take the last act back")
async def undo(said: Undo, service: ServiceDep, who: Who) -> Acted:
    """Within the policy's time, and where the opposite is still legal."""
    last = must_be_known(service, said.case).care.last
    event = ActUndone(**_common(said, who), act=said.act, what=last.what if last is not None else "")
    return await act(service, event, said.ref, said.seen)


@router.post("/devices/mute", dependencies=[may(Permission.MUTE_DEVICES)], summary="Open no cases for a device")
async def mute(said: Mute, service: ServiceDep, who: Who) -> Acted:
    """For a while. What is dangerous, or what a person tells, opens one all the same."""
    _must_be_registered(service, said.device)
    until = service.now() + said.for_s
    event = DeviceMuted(device=said.device, until=until, ref=said.ref, reason=said.reason, by=actor(who, said))
    return await act(service, event, said.ref)


@router.post("/devices/unmute", dependencies=[may(Permission.MUTE_DEVICES)], summary="Hear a device again")
async def unmute(said: ActOnDevice, service: ServiceDep, who: Who) -> Acted:
    """What it tells from now on opens cases."""
    event = DeviceUnmuted(device=said.device, ref=said.ref, reason=said.reason, by=actor(who, said))
    return await act(service, event, said.ref)


def _common(said: ActOnAnybodys, who: Principal) -> dict[str, Any]:
    over, by = takes_over(who, said), actor(who, said)
    return {"case": said.case, "ref": said.ref, "reason": said.reason, "by": by, "takes_over": over}


def _colleague(service: Service, who: Principal, name: str) -> str:
    """Return a colleague as the service knows them. Raises ``ApiProblem`` (404)."""
    if who.known_by is KnownBy.DEMO:
        return who.actor_as(name)
    if who.known_by is KnownBy.KEY and name.startswith(f"{who.actor}/"):
        return name
    account = service.log_in.registers.accounts.get(name.removeprefix(f"{KnownBy.USER}/"))
    if account is None or not account.can_log_in or Permission.DISPATCH_CASES not in GRANTS[account.role]:
        detail = f"{name!r} has no account that may have cases; see GET /dispatchers"
        raise ApiProblem(404, "unknown-dispatcher", "There is no such dispatcher", detail)
    return f"{KnownBy.USER}/{account.name}"


def _against_the_other(service: Service, event: TruckChosen) -> TruckChosen:
    """Return the choice with what it is instead of, and what that gains, as the desk reckons it now."""
    try:
        found = service.room.desk.candidates(event.case, service.now())
    except KeyError:
        return event  # it is closed, and the desk says so
    sent = next((one for one in found if one.state == "sent"), None)
    mine = next((one for one in found if one.truck == event.truck), None)
    sooner = round(sent.eta - mine.eta, 1) if sent and mine else 0.0
    return replace(event, instead_of=sent.truck if sent else None, sooner_s=sooner)


def _told(service: Service, said: Correct, view: CaseView) -> HumanReport:
    now, episode = service.now(), view.finding.episode
    return HumanReport(said.ref, "dispatcher", said.part, now, view.place, said.reason, episode)


def _device(service: Service, view: CaseView) -> DeviceRecord:
    known = service.room.intake.registry.get(view.device)
    kind = kinds().of_finding(view.finding).name
    return known or DeviceRecord(view.device, kind, view.customer, view.finding.provenance)


def _must_be_registered(service: Service, device: str) -> None:
    if service.room.intake.registry.get(device) is None:
        raise ApiProblem(404, "unknown-device", "There is no such device", f"nothing is registered as {device!r}")
