"""Paths by which it is made sure who speaks: questions, a yes on the customer's own telephone, and the print of a voice."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.access.principal import Principal
from dispatch.core.consent import Purpose, Way
from dispatch.core.conversation.channels import Channel
from dispatch.core.events import ConsentChanged
from dispatch.core.policy import Identity
from dispatch.core.verification.checks import StillWanted
from dispatch.core.verification.events import (
    ConfirmationAnswered,
    ConfirmationAsked,
    QuestionsAnswered,
    SensitiveAct,
    VoicePrintDeleted,
)
from dispatch.ledger.rows import read
from dispatch.registers.customers import Customer
from dispatch.service.payment_codes import HOLDS_S, NoCode, Wanted
from dispatch.service.service import Service
from dispatch.service.voice_checks import MayNotEnrol
from dispatch.views.case_view import CallView
from dispatch.web.api.customers import must_know
from dispatch.web.api.money import Digits, refused_code
from dispatch.web.dependencies import Body, Done, ServiceDep, tell
from dispatch.web.known_customer import refuse_unknown
from dispatch.web.may import Own, Who, may, not_allowed
from dispatch.web.problems import ApiProblem, answers
from dispatch.words import say
from gateway.contract.bounds import Attempt, Id, PathId

router = APIRouter(tags=["calls"], responses=answers(401, 403, 404, 409, 422, 503))
SPEAKS = may(Permission.TAKE_CALLS)


class InTalk(Body):
    """A call in which agent and customer speak."""

    call: Id
    attempt: Attempt


class AnsweredIn(InTalk):
    """How they answered the questions."""

    right: bool


class ConfirmIn(InTalk):
    """What they are to confirm."""

    act: SensitiveAct


class ConfirmedIn(ConfirmIn):
    """What they tell of what came to their telephone."""

    code: Digits


class ConfirmationSent(BaseModel):
    """It is on its way."""

    channel: Channel
    holds_s: Annotated[float, Field(description="For so long the code holds, once.")]


@router.post("/calls/questions", dependencies=[SPEAKS], summary="The customer answered the questions")
async def questions(said: AnsweredIn, service: ServiceDep, who: Who) -> Done:
    """Rightly, or not. The first word holds for the call: who fails may ring again. 409 ``answered-otherwise``."""
    view, agent = _talk(service, said, who)
    event = QuestionsAnswered(said.call, said.attempt, view.customer, said.right, agent)
    turn = await tell(service, event, who.actor_as(agent))
    row = service.journal.ledger.under(event.key) if turn.repeat else None
    first = read(row) if row is not None else event
    if isinstance(first, QuestionsAnswered) and first.right is not said.right:
        detail = f"they were answered {'rightly' if first.right else 'wrongly'}, which holds for this call"
        raise ApiProblem(409, "answered-otherwise", "That was said otherwise before", detail)
    return Done(repeat=turn.repeat)


@router.post(
    "/calls/confirmations",
    dependencies=[SPEAKS],
    summary="Have the customer confirm something on their own telephone",
    responses=answers(429),
)
async def confirm(said: ConfirmIn, service: ServiceDep, who: Who) -> ConfirmationSent:
    """A code comes to their registered number, for this and nothing else; they tell it to the agent.

    409 ``no-way-for-a-code``: they have none that is known to be theirs; then questions do.
    """
    view, agent = _talk(service, said, who)
    known = must_know(service, view.customer)
    language = service.room.desk.preference_of(view.customer).language or known.language
    try:
        channel = await service.payment_codes.send(
            known, Wanted(_about(said), say(f"confirm_{said.act}", language), language)
        )
    except NoCode as error:
        raise refused_code(error) from None
    event = ConfirmationAsked(said.call, said.attempt, view.customer, said.act, agent)
    await tell(service, event, who.actor_as(agent))
    return ConfirmationSent(channel=channel, holds_s=HOLDS_S)


@router.post(
    "/calls/confirmations/answers", dependencies=[SPEAKS], summary="The customer tells the code", responses=answers(429)
)
async def confirmed(said: ConfirmedIn, service: ServiceDep, who: Who) -> Done:
    """403 ``wrong-code``, ``old-code``; each try is written down."""
    view, agent = _talk(service, said, who)
    refused: NoCode | None = None
    try:
        service.payment_codes.check(view.customer, _about(said), said.code)
    except NoCode as error:
        refused = error
    event = ConfirmationAnswered(said.call, said.attempt, view.customer, said.act, refused is None, agent)
    await tell(service, event, who.actor_as(agent))
    if refused is not None:
        raise refused_code(refused)
    return Done()


@router.post(
    "/calls/voice-print", dependencies=[SPEAKS], summary="Make a print of the customer's voice, as they just agreed"
)
async def enrol(said: InTalk, service: ServiceDep, who: Who) -> Done:
    """Of 20 s of what they say from now on. Their explicit consent is written down first, as given by telephone.

    403 ``questions-wanted``, ``confirmation-wanted``: of nobody who is not known for sure; 409 ``no-voices``,
    ``not-on-the-line``.
    """
    view, agent = _talk(service, said, who)
    known = must_know(service, view.customer)
    if service.room.desk.policy.identity is not Identity.VOICE or service.exchange is None:
        raise ApiProblem(409, "no-voices", "No print can be made", "the house knows nobody by their voice")
    _must_be_known_for_sure(service, known, view)
    actor = who.actor_as(agent)
    if not service.room.desk.verification.has_agreed(view.customer):
        await tell(service, ConsentChanged(view.customer, Purpose.VOICE_PRINT, given=True, way=Way.TELEPHONE), actor)
    try:
        service.exchange.voices.enrol(said.call)
    except MayNotEnrol as error:
        raise ApiProblem(409, error.reason, "No print can be made", str(error)) from None
    return Done()


@router.delete(
    "/customers/{customer}/voice-print",
    dependencies=[may(Permission.CHANGE_CONSENT, Own.CUSTOMER)],
    summary="Delete the print of a customer's voice",
)
async def delete(customer: PathId, service: ServiceDep, who: Who) -> Done:
    """Before the next decision; what was accepted by it in a call that goes on counts no more."""
    must_know(service, customer)
    if service.room.desk.verification.print_of(customer) is None:
        return Done(repeat=True)
    await tell(service, VoicePrintDeleted(customer, "asked"), who.actor)
    return Done()


def _must_be_known_for_sure(service: Service, customer: Customer, view: CallView) -> None:
    """A print of whoever happens to speak would let them in for good."""
    check = service.room.desk.verification.of(view.call, view.attempt)
    can_confirm = service.payment_codes.reaches(customer)
    if check is not None and check.questions:  # as their first print is made of: a voice cannot vouch for itself
        can_confirm = False
    wanted = StillWanted.QUESTIONS if check is None else check.wants(SensitiveAct.ENROL, can_confirm=can_confirm)
    refuse_unknown(wanted)


def _talk(service: Service, said: InTalk, who: Principal) -> tuple[CallView, str]:
    """Return the call and its agent, who asks. Raises ``ApiProblem``."""
    view = service.casebook.calls.get(said.call)
    if view is None:
        raise ApiProblem(404, "unknown-call", "There is no such call", f"no call {said.call!r} was ever queued")
    agent = view.agent or ""
    if not who.acts_as(agent):
        raise not_allowed(who, Permission.TAKE_CALLS, f" for a call of {agent!r}")
    if view.state != "connected" or view.attempt != said.attempt:
        detail = f"{view.call} is {view.state}, attempt {view.attempt}"
        raise ApiProblem(409, "call-not-connected", "Nobody speaks just now", detail)
    return view, agent


def _about(said: ConfirmIn) -> str:
    return f"call {said.call}/{said.attempt} {said.act}"
