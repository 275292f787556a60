"""Paths for agents and the telephone exchange: claim the next call, connect, end, a customer rang in."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, Field, WithJsonSchema, model_validator

from dispatch.access.permissions import Permission
from dispatch.access.principal import Principal
from dispatch.core.calls import UNHEARD
from dispatch.core.conversation.channels import Channel
from dispatch.core.events import AgentBecameFree, CallConnected, CallEnded, CustomerPhoned, Outcome
from dispatch.core.ids import inbound_call_id
from dispatch.core.reasons.events import ReasonTold
from dispatch.core.reasons.model import Reason
from dispatch.core.routing.events import CallNoted, CallTransferred
from dispatch.core.routing.model import BEST, LEAST, SUPERVISOR, Concern, Proficiency
from dispatch.core.skills import Skill
from dispatch.ledger.rows import Row, read
from dispatch.registers.telephone import dialled
from dispatch.service.listening import MayNotListen, NotHeard
from dispatch.service.service import Service
from dispatch.service.who_rings import Ringing, ringing
from dispatch.views.call_brief import Brief
from dispatch.views.case_view import CallView
from dispatch.web.api.agents import must_not_pause
from dispatch.web.dependencies import (
    Body,
    Done,
    SaidPlace,
    ServiceDep,
    Simulated,
    tell,
)
from dispatch.web.may import Who, may, not_allowed
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import Attempt, Few, Id, Language, Line, Words
from gateway.finding import Place, Provenance
from gateway.places.place_names import gazetteer

router = APIRouter(tags=["calls"], responses=answers(422, 503))
Level = Annotated[int, Field(ge=LEAST, le=BEST)]
NO_CALL: dict[int | str, dict[str, Any]] = {204: {"description": "No call came in time; ask again."}}
LATE_S = 15 * 60.0
"""An hour that just passed while it was written down is now."""
LATEST_S = 60 * 86_400.0
RFC3339 = r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)$"
Hour = Annotated[
    AwareDatetime, WithJsonSchema({"type": "string", "format": "date-time", "maxLength": 40, "pattern": RFC3339})
]
"""A moment as people write it; pydantic reads it, and the pattern tells who reads the contract what it looks like."""
MAY_NOT_LISTEN = "You may not listen in on that"
WHO = "Whose word it is; another's than whom the call was given to is refused. Left out, theirs."


class Claim(Body):
    """An agent waits for a call."""

    languages: Few[Language] = Field(min_length=1, examples=[["lv", "en"]], description="BCP 47.")
    skills: Few[Skill] = Field((), description="What they can talk about; none named: everything.")
    proficiencies: dict[Line, Level] = Field(
        default_factory=dict,
        max_length=64,
        description="How well they can do what, 1 to 5, by name: a language, a skill, a channel, ``empathy``, ``supervisor``. "
        "A language or skill that is only named above they can do as well as can be.",
        examples=[{"ru": 3, "empathy": 4}],
    )
    chats: int = Field(
        0,
        ge=0,
        le=20,
        description="So many conversations in writing beside one by voice; 0: one at a time, of any channel.",
    )
    holds: Few[Id] = Field(
        (), description="The calls they have in hand and go on with; all others they had are over for them."
    )
    provenance: Simulated
    wait_s: float = Field(30.0, ge=0, le=60, description="How long to wait, in real seconds.")


class Connected(Body):
    """Agent and customer speak."""

    call: Id
    attempt: Attempt
    agent: Id | None = Field(None, description=WHO)


class Ended(Body):
    """An attempt at a call is over."""

    call: Id
    attempt: Attempt
    outcome: Outcome
    place: SaidPlace | None = Field(None, description="Where it is, when the agent had to ask.")
    wants_help: bool | None = Field(
        None,
        description="Shall somebody come? Needed with ``informed`` where the brief says ``ask_help``. "
        "``false`` calls off who is on the way, asked for or not.",
    )
    call_back_at: Hour | None = Field(
        None,
        description="With ``call_back``: when the customer wants to be rung, RFC 3339; within 60 days. By day or night.",
        examples=["2026-01-12T17:30:00+02:00"],
    )
    agent: Id | None = Field(None, description=WHO)


class Transferred(Body):
    """A call is handed on while the customer holds the line: to one agent, to a skill, or to a supervisor."""

    call: Id
    attempt: Attempt
    to_agent: Id | None = None
    needs: dict[Line, Level] = Field(
        default_factory=dict,
        max_length=8,
        description="How well the next agent must do what.",
        examples=[{"appliance": 3}],
    )
    to_supervisor: bool = False
    text: Words = Field("", description="What they are to know beside all that stands in the brief.")
    agent: Id | None = Field(None, description=WHO)

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum((self.to_agent is not None, bool(self.needs), self.to_supervisor)) != 1:
            message = "one of 'to_agent', 'needs' and 'to_supervisor' is needed, and no two"
            raise ValueError(message)
        return self


class Noted(Body):
    """Something to be known of a call."""

    ref: Id = Field(description="Drawn by whoever notes it, unique for each note; a repeat changes nothing.")
    call: Id
    text: Words = Field(min_length=1)
    concern: Concern = Field("", description="What asks for empathy from here on.")
    agent: Id | None = Field(None, description="Who notes it. Left out, whom the call is given to.")


class WhyTold(Body):
    """Why a customer turned to us."""

    ref: Id = Field(description="Drawn by whoever says it, unique for each time; a repeat changes nothing.")
    call: Id
    reason: Reason
    agent: Id | None = Field(None, description="Who says it. Left out, whom the call is given to.")


class Listen(Body):
    """A supervisor wants to listen in on a call."""

    call: Id


class MayListen(BaseModel):
    """They may: within ten seconds, by the websocket ``/agent/listening?listening=…``."""

    listening: str
    call: str
    agent: str = Field(description="Who has the call, and sees that somebody listens.")


class Inbound(Body):
    """A customer rang in: who, by ``customer`` or by the number that rings."""

    ref: Id = Field(description="The telephone exchange's reference of the call.")
    customer: Id | None = None
    phone: Line | None = Field(None, examples=["+37120000017"], description="In any notation, best E.164.")
    concern: Concern = Field("", description="What asks for empathy, as far as is known.")
    about: Reason | None = Field(None, description="What they chose in the exchange's own menu.")
    provenance: Provenance | None = Field(
        None,
        description="Of whoever rings from ``phone``; left out, as all who have that number, and ``real`` of a stranger.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.customer is None) == (self.phone is None):
            message = "either 'customer' or 'phone' is needed, and not both"
            raise ValueError(message)
        return self


class Arrived(Inbound):
    """A customer rang in, or came."""

    channel: Literal["phone", "video", "branch"] = Field("phone", description="``branch``: they stand there.")


class Caller(BaseModel):
    """Whom an inbound call is from."""

    customer: str
    language: str
    provenance: Provenance
    may_call: bool = True
    candidates: tuple[str, ...] = ()


@router.post(
    "/agents/{agent}/claim",
    dependencies=[may(Permission.TAKE_CALLS)],
    summary="Wait for the next call",
    response_model=Brief,
    responses=answers(409) | NO_CALL,
)
async def claim(agent: Id, asked: Claim, request: Request, service: ServiceDep, who: Who) -> Brief | Response:
    """Answers with the brief of the call that is now this agent's. Asking again ends the call before, said or not."""
    if not who.acts_as(agent):
        raise not_allowed(who, Permission.TAKE_CALLS, f" as {agent!r}")
    must_not_pause(service, agent)
    free = AgentBecameFree(
        agent,
        asked.languages,
        asked.provenance,
        asked.skills,
        by=who.actor_as(agent),
        proficiencies=_levels(asked.proficiencies),
        chats=asked.chats,
        holds=asked.holds,
    )
    call = await service.waiting_agents.claim(service.driver, free, asked.wait_s, _gone(request))
    return Response(status_code=204) if call is None else _brief(service, call)


async def _gone(request: Request) -> None:
    """Return when the client hung up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


@router.post(
    "/calls/connected",
    dependencies=[may(Permission.TAKE_CALLS)],
    summary="Agent and customer speak",
    responses=answers(404, 409),
)
async def connected(said: Connected, service: ServiceDep, who: Who) -> Done:
    """409 where the call was withdrawn or handed on meanwhile: hang up and claim the next."""
    view = _view(service, said.call)
    _must_be_yours(view, said, who)
    event = CallConnected(said.call, said.attempt, _speaker(view, said, who))
    if service.room.heard(event.key):
        return Done(repeat=True)
    _must_be_in_hand(view, said.attempt)
    turn = await tell(service, event, who.actor_as(event.agent))
    view = _view(service, said.call)
    if not turn.repeat and view.withdrawn:
        raise _withdrawn(view)
    return Done(repeat=turn.repeat)


@router.post(
    "/calls/ended",
    dependencies=[may(Permission.TAKE_CALLS)],
    summary="An attempt at a call is over",
    responses=answers(404, 409),
)
async def ended(said: Ended, service: ServiceDep, who: Who) -> Done:
    """``no_answer`` has it rung again later; all others end it. Who ends it twice must say the same twice."""
    view = _view(service, said.call)
    _must_be_yours(view, said, who)
    _must_not_contradict_itself(said)
    _must_say_when(said, service.now())
    _must_be_rung(view, said)
    place = said.place.place(service.now()) if said.place else None
    wants_help = None if said.outcome in UNHEARD else said.wants_help  # nobody spoke
    near = gazetteer().near(place.latitude, place.longitude) if place else ""
    back_at = said.call_back_at.timestamp() if said.call_back_at is not None else None
    speaker = _speaker(view, said, who)
    event = CallEnded(said.call, said.attempt, said.outcome, place, wants_help, speaker, near, call_back_at=back_at)
    if not service.room.heard(event.key):
        _must_say_whether_to_come(service, view, said)
        waits = view.direction == "inbound" or view.reason == "transferred"
        hung_up = waits and view.state == "queued" and event.agent is None
        late = view.was_lost(said.attempt, event.agent) and event.outcome not in UNHEARD  # what was said then holds
        if not late and not (hung_up and view.attempt == said.attempt):
            _must_be_in_hand(view, said.attempt)
    turn = await tell(service, event, who.actor_as(event.agent))
    if turn.repeat:
        _must_say_the_same(service.journal.ledger.under(event.key), event)
    return Done(repeat=turn.repeat)


@router.post(
    "/calls/listen",
    dependencies=[may(Permission.LISTEN_IN)],
    summary="Listen in on a call",
    responses=answers(409),
)
async def listen(asked: Listen, service: ServiceDep, who: Who) -> MayListen:
    """Only where its customer agreed (403 ``no-consent``), and its agent sees it (409 ``agent-not-told``). It is recorded."""
    if service.exchange is None:
        raise ApiProblem(
            409, NotHeard.NOT_ON_THE_LINE, MAY_NOT_LISTEN, "The service rings nobody: --telephony is none."
        )
    try:
        ear = await service.exchange.listening.begin(asked.call, who.name, who.actor)
    except MayNotListen as error:
        status = 403 if error.reason is NotHeard.NO_CONSENT else 409
        raise ApiProblem(status, error.reason, MAY_NOT_LISTEN, str(error)) from None
    return MayListen(listening=ear.leg, call=ear.call, agent=ear.agent)


@router.post(
    "/calls/transfer",
    dependencies=[may(Permission.TAKE_CALLS)],
    summary="Hand a call on while the customer holds the line",
    responses=answers(404, 409),
)
async def transfer(said: Transferred, service: ServiceDep, who: Who) -> Done:
    """It is the next that a fitting agent gets, with all that was said, and nothing is asked twice.

    One agent is waited for as long as the policy's ``transfer_waits``; then, and in the end whoever asked for what, others take it.
    """
    view = _view(service, said.call)
    _must_be_yours(view, said, who)
    agent = _speaker(view, said, who) or ""
    needs = (Proficiency(SUPERVISOR, LEAST),) if said.to_supervisor else _levels(said.needs)
    event = CallTransferred(said.call, said.attempt, agent, said.to_agent or "", needs, said.text)
    if not service.room.heard(event.key):
        _must_be_in_hand(view, said.attempt)
        if view.state != "connected":
            detail = f"{view.call} is {view.state}: say that it is connected first"
            raise ApiProblem(409, "call-not-connected", "Nobody speaks yet", detail)
    turn = await tell(service, event, who.actor_as(agent))
    return Done(repeat=turn.repeat)


@router.post(
    "/calls/note",
    dependencies=[may(Permission.TAKE_CALLS)],
    summary="Write something down about a call",
    responses=answers(404, 409),
)
async def note(said: Noted, service: ServiceDep, who: Who) -> Done:
    """During the call or behind it: whoever speaks with the customer next reads it. It is sealed with what else is theirs."""
    agent = _writes_of(service, said, who)
    event = CallNoted(said.ref, said.call, said.text, agent, said.concern)
    turn = await tell(service, event, who.actor_as(agent))
    first = service.journal.ledger.under(event.key) if turn.repeat else None
    known = read(first) if first is not None else None
    if isinstance(known, CallNoted) and (known.call, known.text) != (said.call, said.text):
        raise ApiProblem(409, "ref-taken", "Another note has that ref", f"{said.ref} is a note about {known.call}")
    return Done(repeat=turn.repeat)


@router.post(
    "/calls/reason",
    dependencies=[may(Permission.TAKE_CALLS)],
    summary="Say why a customer turned to us",
    responses=answers(404, 409),
)
async def reason(said: WhyTold, service: ServiceDep, who: Who) -> Done:
    """What was expected is confirmed by it, or corrected, during the call or behind it; the last word holds."""
    agent = _writes_of(service, said, who)
    event = ReasonTold(said.ref, said.call, said.reason, agent)
    turn = await tell(service, event, who.actor_as(agent))
    first = service.journal.ledger.under(event.key) if turn.repeat else None
    known = read(first) if first is not None else None
    if isinstance(known, ReasonTold) and (known.call, known.reason) != (said.call, said.reason):
        detail = f"{said.ref} says of {known.call} that it was {known.reason}"
        raise ApiProblem(409, "ref-taken", "Another word has that ref", detail)
    return Done(repeat=turn.repeat)


def _writes_of(service: Service, said: Noted | WhyTold, who: Principal) -> str:
    """Return who says something of a call. Raises ``ApiProblem`` where it is another's."""
    view = _view(service, said.call)
    agent = said.agent or (view.agent or "" if who.speaks_for_all else who.name)
    if not who.acts_as(agent):
        raise not_allowed(who, Permission.TAKE_CALLS, f" as {agent!r}")
    if view.agent not in {None, agent} and who.may(Permission.TAKE_OVER_CALLS) is None:
        raise _not_yours(said.call, view.agent or "")
    return agent


@router.post(
    "/calls/inbound",
    dependencies=[may(Permission.ANNOUNCE_CALLS)],
    summary="A customer rang in",
    responses=answers(404),
)
async def inbound(said: Arrived, service: ServiceDep, who: Who) -> Brief:
    """Answers with what is known and done; ``case`` is null where nothing is. Our own call to them is withdrawn.

    Of a number that is nobody's, or several customers', nobody is guessed: ``customer`` is null, ``telephone`` says what to ask,
    and an agent says who it is (``POST /conversations/{stranger}/identify``).
    """
    call = inbound_call_id(said.ref)
    if call in service.casebook.calls:
        return _brief(service, call)
    caller = await caller_of(service, said)
    event = CustomerPhoned(
        call,
        caller.customer,
        caller.language,
        caller.provenance,
        None,
        Channel(said.channel),
        said.concern,
        caller.may_call,
        caller.candidates,
        said.about,
    )
    await tell(service, event, who.actor)
    return _brief(service, call)


def _brief(service: Service, call: str) -> Brief:
    return service.brief_of(call)


def _view(service: Service, call: str) -> CallView:
    view = service.casebook.calls.get(call)
    if view is None:
        raise ApiProblem(404, "unknown-call", "There is no such call", f"no call {call!r} was ever queued")
    return view


def _speaker(view: CallView, said: Connected | Ended | Transferred, who: Principal) -> str | None:
    """Return whose word it is: whom the call was given to, or the agent who says so; a person speaks for nobody else."""
    given_to = view.agent if view.attempt == said.attempt else None
    return given_to or (said.agent if who.speaks_for_all else who.name)


def _must_be_yours(view: CallView, said: Connected | Ended | Transferred, who: Principal) -> None:
    """A call is connected and ended by whom it was given to. Raises ``ApiProblem``.

    A supervisor may take over; the row then has whom it was given to, and by whom it was taken.
    """
    says = said.agent if who.speaks_for_all else said.agent or who.name
    if not who.acts_as(says or "") and who.may(Permission.TAKE_OVER_CALLS) is None:
        raise not_allowed(who, Permission.TAKE_OVER_CALLS, f" as {says!r}")
    given_to = view.agent if view.attempt == said.attempt else None
    takes_over = not who.speaks_for_all and who.may(Permission.TAKE_OVER_CALLS) is not None
    if given_to is not None and says not in {None, given_to} and not takes_over:
        raise _not_yours(said.call, given_to)


def _not_yours(call: str, agent: str) -> ApiProblem:
    return ApiProblem(409, "not-your-call", "The call is another agent's", f"{call} was given to {agent}")


def _must_not_contradict_itself(said: Ended) -> None:
    if said.outcome is Outcome.DECLINED_HELP and said.wants_help:
        detail = "the outcome declined_help says that the customer wants no help, and wants_help that they do"
        raise ApiProblem(422, "wants-help-contradicts", "Shall somebody come or not?", detail)


def _must_say_when(said: Ended, now: float) -> None:
    """A customer is rung at an hour that they named: not one that is past, nor one that nobody will remember."""
    at = said.call_back_at
    if (at is None) is (said.outcome is Outcome.CALL_BACK):
        detail = "the outcome call_back needs call_back_at, and no other outcome has it"
        raise ApiProblem(422, "call-back-at", "When do they want to be rung?", detail)
    if at is not None and not now - LATE_S <= at.timestamp() <= now + LATEST_S:
        detail = f"{at.isoformat()} is not within the next 60 days"
        raise ApiProblem(422, "call-back-at", "When do they want to be rung?", detail)


def _must_be_rung(view: CallView, said: Ended) -> None:
    """Who rings in has no answering machine, and is whoever they are."""
    if view.direction == "inbound" and said.outcome in {Outcome.VOICEMAIL, Outcome.WRONG_NUMBER}:
        detail = f"{view.call} is a customer's own call: {said.outcome} is an outcome of ours"
        raise ApiProblem(422, "outcome-of-ours", "They rang us", detail)


def _levels(told: dict[str, int]) -> tuple[Proficiency, ...]:
    return tuple(Proficiency(attribute, level) for attribute, level in told.items())


def _must_say_the_same(row: Row | None, event: CallEnded) -> None:
    """A call that is ended from two windows: what was said first holds, and whoever says otherwise is told what it was."""
    first = read(row) if row is not None else None
    if not isinstance(first, CallEnded):
        return
    if first.agent and event.agent and first.agent != event.agent:
        raise _not_yours(event.call, first.agent)
    unlike = [
        first.outcome is not event.outcome,
        None not in {first.wants_help, event.wants_help} and first.wants_help is not event.wants_help,
        first.call_back_at != event.call_back_at,
        None not in {first.place, event.place} and not _same(first.place, event.place),
    ]
    if any(unlike):
        detail = f"attempt {first.attempt} of {first.call} was ended before: {_as_said(first)}. That holds."
        raise ApiProblem(409, "call-ended-otherwise", "The call was ended with another outcome", detail)


def _same(one: Place | None, other: Place | None) -> bool:
    return one is not None and other is not None and replace(one, fix_time=0.0) == replace(other, fix_time=0.0)


def _as_said(ended: CallEnded) -> str:
    wants = {True: ", wants_help true", False: ", wants_help false", None: ""}[ended.wants_help]
    where = f", place {ended.place.latitude:.5f}, {ended.place.longitude:.5f}" if ended.place else ""
    return f"{ended.outcome}{wants}{where}{f', by {ended.agent}' if ended.agent else ''}"


def _must_be_in_hand(view: CallView, attempt: int) -> None:
    if view.withdrawn:
        raise _withdrawn(view)
    if view.attempt != attempt:
        detail = f"attempt {attempt} of {view.call} is over; it stands at attempt {view.attempt}. Claim the next call."
        raise ApiProblem(409, "call-handed-on", "The call was handed on", detail)
    if view.state not in {"assigned", "connected"}:
        detail = f"attempt {attempt} of {view.call} is {view.state}; nobody has it in hand. Claim the next call."
        raise ApiProblem(409, "call-not-in-hand", "The call is not in anybody's hand", detail)


def _must_say_whether_to_come(service: Service, view: CallView, said: Ended) -> None:
    """Nobody is sent before the customer said so: an answer that leaves it open would leave them waiting."""
    case = service.casebook.case_for(view)
    if said.outcome is Outcome.INFORMED and said.wants_help is None and case is not None and case.asks_first:
        detail = f"nobody was sent for {case.case} yet: say with wants_help whether the customer wants somebody to come"
        raise ApiProblem(422, "wants-help-missing", "Shall somebody come?", detail)


def _withdrawn(view: CallView) -> ApiProblem:
    detail = f"{view.call} was withdrawn: {(view.withdrawn or '').replace('_', ' ')}. Claim the next call."
    return ApiProblem(409, "call-withdrawn", "The call was withdrawn", detail)


async def caller_of(service: Service, said: Inbound) -> Caller:
    """Return who rings in: of nobody's number, and of several customers', a stranger. Raises ``ApiProblem`` for no such id."""
    if said.customer is None:
        return await _at_number(service, said, said.phone or "")
    known = service.customers.get(said.customer)
    if known is not None:
        return _caller(ringing(known), known.provenance)
    for case in service.casebook.cases.values():
        if case.customer == said.customer:  # of a device that the open demo admitted
            return Caller(customer=case.customer, language="en", provenance=case.finding.provenance)
    detail = f"nobody is registered as {said.customer}; register the customer (POST /api/v1/customers), or give 'phone'"
    raise ApiProblem(404, "unknown-customer", "There is no such customer", detail)


async def _at_number(service: Service, said: Inbound, phone: str) -> Caller:
    """Return who rings from a number; nobody is guessed, and whose it may be is asked by an agent."""
    theirs = {one.provenance for one in service.customers.by_phone(phone)} if dialled(phone) else set()
    provenance = said.provenance or (theirs.pop() if len(theirs) == 1 else "real")
    them = service.who_rings.at(phone, provenance)
    alone = ringing(them[0]) if len(them) == 1 else None
    return _caller(alone or await service.who_rings.stranger(said.ref, phone, them, provenance), provenance)


def _caller(who: Ringing, provenance: Provenance) -> Caller:
    return Caller(
        customer=who.customer,
        language=who.language,
        provenance=provenance,
        may_call=who.may_call,
        candidates=who.candidates,
    )
