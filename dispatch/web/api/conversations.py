"""Paths by which agents read and write the one conversation that a customer has with the house, over all channels."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.access.principal import Principal
from dispatch.core.consent import Purpose
from dispatch.core.conversation.channels import SPOKEN, UNASKED, Answer, Channel, Preference, Task
from dispatch.core.conversation.events import AgentWrote, PreferenceChanged, StrangerIdentified
from dispatch.core.ids import is_stranger
from dispatch.core.robots.model import ConversationOwner
from dispatch.ledger.rows import read
from dispatch.registers.customers import Customer
from dispatch.service.service import Service
from dispatch.views.conversation import ConversationView, Fact, HandedOver, Side, Sort
from dispatch.views.ease import Ease, at_ease
from dispatch.web.api.customers import must_know
from dispatch.web.api.me import PreferenceIn
from dispatch.web.dependencies import Body, Done, Limit, ServiceDep, tell
from dispatch.web.may import Who, may, not_allowed
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import Id, Letter
from gateway.finding import Provenance

router = APIRouter(tags=["conversations"], responses=answers(404, 422, 503))
READS_AND_WRITES = may(Permission.TAKE_CALLS)


class LineOut(BaseModel):
    """One thing that was said or done."""

    at: float
    channel: Channel
    side: Side
    sort: Sort
    text: str = Field(description="As it was written; what was not written is told in English.")
    case: str | None
    who: str = Field(description="The agent, where one said it.")
    key: str
    status: str = Field(
        description="Of a message of ours: sent, delivered, read, failed, refused; of a call: its outcome."
    )
    why: str
    answers: tuple[Answer, ...] = Field(description="What may be answered to it.")
    answer: Answer | None = Field(description="What they answered, where it is an answer.")
    near: str = Field(description="The place they told, in words.")
    voice_s: float = Field(0.0, description="Of a voice message: how long it is; ``text`` is what they wrote with it.")
    choices: tuple[str, ...] = Field((), description="Of a robot's: what may be chosen by its number here, from 0.")


class ToldOut(BaseModel):
    """A fact that they told: nobody asks it again."""

    at: float
    channel: Channel
    said: str
    to: str = Field(description="The agent, or empty.")


class CandidateOut(BaseModel):
    """Whose the address is from which somebody wrote."""

    customer: str
    name: str


class ConversationOut(BaseModel):
    """A conversation, over all channels."""

    customer: str
    name: str = Field(description="Empty: of somebody whom nobody has identified.")
    language: str
    lines: list[LineOut] = Field(description="Oldest first; the last ones, the ledger has all.")
    told: dict[str, dict[Fact, ToldOut]] = Field(description="Case → what they told about it, and to whom.")
    reach: tuple[Channel, ...] = Field(description="On which an agent may write to them.")
    preference: Preference
    at_ease: dict[Task, Ease] = Field(description="Task → the channel on which they do it most, as far as was learned.")
    open_cases: list[str]
    calls: list[str] = Field(description="What of theirs waits for an agent, or is in an agent's hand.")
    candidates: list[CandidateOut] = Field(description="Of somebody who is not identified: whose address it is.")
    owner: ConversationOwner | None = Field(
        None,
        description="Who answers what they write: a robot, nobody yet, or a person; null: no robot has to do with it.",
    )
    handed_over: HandedOver | None = Field(
        None, description="What a robot knew when a person took over, the last time."
    )


class StrangerOut(BaseModel):
    """Somebody who wrote and is not identified."""

    stranger: str
    last_at: float
    channel: Channel
    text: str
    candidates: list[CandidateOut]


class Written(Body):
    """What an agent writes."""

    ref: Id = Field(description="Unique for each message; a repeat changes nothing.")
    channel: Channel
    text: Letter
    case: Id | None = Field(None, description="What it is about; left out, what is open of theirs.")
    agent: Id | None = Field(None, description="For whom a machine writes. A person is themselves.")


class PreferenceSaid(PreferenceIn):
    """What a customer tells an agent of how they want to be reached."""

    agent: Id | None = Field(None, description="For whom a machine writes it down. A person is themselves.")


class Identified(Body):
    """Who a stranger is."""

    customer: Id


@router.get(
    "/customers/{customer:path}/conversation",
    dependencies=[READS_AND_WRITES],
    summary="A customer's one conversation, over all channels",
)
async def conversation(customer: Id, service: ServiceDep) -> ConversationOut:
    """What was said by whom on which channel, what they told already, and where they can be written to.

    Of a stranger, too, by the id that ``GET /conversations/strangers`` tells.
    """
    view = service.casebook.conversation(customer)
    known = service.customers.get(customer)
    if known is None and not (is_stranger(customer) and view.lines):
        must_know(service, customer)
    calls = service.casebook.calls.values()
    return ConversationOut(
        customer=customer,
        name=known.name if known is not None else "",
        language=_language(service, customer, known),
        lines=[LineOut(**asdict(line)) for line in view.lines],
        told={case: {fact: ToldOut(**asdict(one)) for fact, one in facts.items()} for case, facts in view.told.items()},
        reach=reach(service, customer, known),
        preference=service.room.desk.preference_of(customer),
        at_ease=at_ease(view.lines),
        open_cases=service.room.desk.open_of(customer),
        calls=[one.call for one in calls if one.customer == customer and one.state in _WAITS],
        candidates=_candidates(service, view),
        owner=service.room.desk.owner_of(customer),
        handed_over=view.handed_over,
    )


_WAITS = {"queued", "assigned", "connected"}


@router.post(
    "/customers/{customer:path}/preference",
    dependencies=[READS_AND_WRITES],
    summary="How a customer wants to be reached, as they tell an agent",
    responses=answers(403, 409),
)
async def prefer(customer: Id, said: PreferenceSaid, service: ServiceDep, who: Who) -> Done:
    """It holds at once, as a whole, and stands in their history as told to that agent."""
    agent = _agent(who, said)
    if is_stranger(customer):
        detail = "what somebody prefers is kept with the customer: say who they are first (identify)"
        raise ApiProblem(409, "not-identified", "Nobody knows who it is", detail)
    known = must_know(service, customer)
    wanted = said.preference()
    if wanted == service.room.desk.preference_of(customer):
        return Done(repeat=True)
    _must_have_addresses(known, wanted)
    turn = await tell(service, PreferenceChanged(customer, wanted, agent=agent), who.actor_as(agent))
    return Done(repeat=turn.repeat)


def _must_have_addresses(known: Customer, wanted: Preference) -> None:
    """Nobody is promised a channel on which they have no address. Raises ``ApiProblem`` (409)."""
    by_address = (Channel.SMS, Channel.EMAIL, Channel.SOCIAL)
    missing = [one for one in wanted.channels if one in by_address and one not in known.reach(by_address)]
    if missing:
        detail = f"{', '.join(missing)}: they have no address there that holds; register one, or leave it out"
        raise ApiProblem(409, "not-reached", "They cannot be written to there", detail)


@router.post(
    "/conversations/{customer:path}/messages",
    dependencies=[READS_AND_WRITES],
    summary="An agent writes to a customer",
    responses=answers(403, 409),
)
async def write(customer: Id, said: Written, service: ServiceDep, who: Who) -> Done:
    """It leaves on the channel named; on the customer's own page they see it at once."""
    agent = _agent(who, said)
    known = service.customers.get(customer)
    if known is None and not (is_stranger(customer) and service.casebook.conversation(customer).lines):
        must_know(service, customer)
    _must_be_possible(service, customer, known, said)
    provenance = _provenance(service, customer, known)
    event = AgentWrote(said.ref, customer, said.channel, said.text, agent, provenance, said.case or "")
    turn = await tell(service, event, who.actor_as(agent))
    if turn.repeat:
        _must_be_the_same(service, event)
    return Done(repeat=turn.repeat)


@router.get(
    "/conversations/strangers",
    dependencies=[READS_AND_WRITES],
    summary="Who wrote and is not identified",
)
async def strangers(service: ServiceDep, limit: Limit = 500) -> list[StrangerOut]:
    """Who wrote last stands first, each with the customers who have that address: an agent asks, and says who it is."""
    return [_stranger(service, view) for view in service.casebook.strangers()[:limit]]


@router.post(
    "/conversations/{stranger:path}/identify",
    dependencies=[READS_AND_WRITES],
    summary="Say who a stranger is",
    responses=answers(409),
)
async def identify(stranger: Id, said: Identified, service: ServiceDep, who: Who) -> Done:
    """What they wrote, and what they will write from there, is that customer's. Nobody is ever merged by the machine."""
    known = must_know(service, said.customer)
    event = StrangerIdentified(stranger, said.customer, known.language, may_call=known.may_call)
    if not service.heard(event.key):
        if not (is_stranger(stranger) and service.casebook.conversation(stranger).lines):
            raise ApiProblem(404, "unknown-stranger", "There is no such conversation", f"{stranger!r} never wrote")
        _must_be_as_real(service, stranger, known)
    turn = await tell(service, event, who.actor)
    if turn.repeat:
        _must_be_the_same(service, event)
    return Done(repeat=turn.repeat)


def reach(service: Service, customer: str, known: Customer | None) -> tuple[Channel, ...]:
    """Return on which channels an agent may write to somebody: where they wrote, and where they can be reached and agree."""
    view = service.casebook.conversation(customer)
    wrote = {line.channel for line in view.lines if line.side == "customer" and line.sort == "written"}
    agreed = known.reach(UNASKED) if known is not None and known.may_message else ()
    own_page = (Channel.CHAT,) if known is not None else ()
    return tuple(dict.fromkeys([*own_page, *(one for one in Channel if one in wrote - SPOKEN), *agreed]))


def _agent(who: Principal, said: Written | PreferenceSaid) -> str:
    agent = said.agent or who.name
    if not who.acts_as(agent):
        raise not_allowed(who, Permission.TAKE_CALLS, f" as {agent!r}")
    return agent


def _must_be_possible(service: Service, customer: str, known: Customer | None, said: Written) -> None:
    found = reach(service, customer, known)
    if said.channel not in found:
        agrees = known is None or known.agrees(Purpose.MESSAGE)
        why = (
            "they have no address there, and never wrote there"
            if agrees
            else "they want no messages but where they write"
        )
        where = f"; they can be written to on: {', '.join(found)}" if found else ""
        raise ApiProblem(409, "not-reached", "They cannot be written to there", f"{said.channel}: {why}{where}")
    case = service.casebook.cases.get(said.case or "")
    if said.case and (case is None or case.customer != customer):
        raise ApiProblem(404, "unknown-case", "There is no such case", f"{said.case!r} is no case of {customer!r}")


def _provenance(service: Service, customer: str, known: Customer | None) -> Provenance:
    return known.provenance if known is not None else of_stranger(service, customer) or "real"


def of_stranger(service: Service, stranger: str) -> Provenance | None:
    """Return whether a stranger is simulated, as their own contact says; ``None``: it was put away long ago."""
    calls: list[Provenance] = [
        _as_provenance(one.provenance) for one in service.casebook.calls.values() if one.customer == stranger
    ]
    return calls[-1] if calls else None


def _as_provenance(text: str) -> Literal["simulated", "real"]:
    return "simulated" if text == "simulated" else "real"


def _must_be_as_real(service: Service, stranger: str, known: Customer) -> None:
    found = of_stranger(service, stranger)
    if found is not None and found != known.provenance:
        detail = f"who wrote is {found}, and {known.customer} {known.provenance}"
        raise ApiProblem(409, "provenance-mixed", "Simulated and real are never mixed", detail)


def _must_be_the_same(service: Service, event: AgentWrote | StrangerIdentified) -> None:
    """A ``ref`` stands for one message, and somebody is one customer: whoever says otherwise is told what holds."""
    row = service.journal.ledger.under(event.key)
    first = read(row) if row is not None else event
    match event, first:
        case StrangerIdentified(), StrangerIdentified() if first.customer != event.customer:
            detail = f"{event.stranger} was identified as {first.customer} before. That holds."
            raise ApiProblem(409, "identified-otherwise", "It is another customer", detail)
        case AgentWrote(), AgentWrote() if _said(first) != _said(event):
            detail = "this ref stands for another message; draw a new one for each"
            raise ApiProblem(409, "ref-used", "The ref belongs to another message", detail)


def _said(event: AgentWrote) -> tuple[str, ...]:
    return event.customer, event.agent, event.channel, event.text


def _language(service: Service, customer: str, known: Customer | None) -> str:
    preferred = service.room.desk.preference_of(customer).language
    return preferred or (known.language if known is not None else "")


def _candidates(service: Service, view: ConversationView) -> list[CandidateOut]:
    found = [(one, service.customers.get(one)) for one in view.candidates]
    return [CandidateOut(customer=one, name=known.name) for one, known in found if known is not None]


def _stranger(service: Service, view: ConversationView) -> StrangerOut:
    last = view.lines[-1]
    return StrangerOut(
        stranger=view.customer,
        last_at=last.at,
        channel=last.channel,
        text=last.text,
        candidates=_candidates(service, view),
    )
