"""Paths of oneself: who one is; and, of a customer, what is theirs: answers, letters, wishes."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Self, cast

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, field_validator, model_validator

from dispatch.access.permissions import Permission
from dispatch.access.principal import Principal
from dispatch.access.roles import Role
from dispatch.core.conversation.channels import Answer, Channel, Preference, Task
from dispatch.core.conversation.events import CustomerAnswered, CustomerWrote, MessageReported, PreferenceChanged
from dispatch.core.invitations.events import InvitationAnswered, Reply
from dispatch.core.quiet_hours import BadQuietHours, QuietHours
from dispatch.engine.sender_budgets import Buckets
from dispatch.ledger.rows import read
from dispatch.registers.customers import Customer
from dispatch.service.service import Service
from dispatch.views.case_view import CaseView
from dispatch.views.own_page import OwnPage, Reader, own_page
from dispatch.web.api.customers import must_know
from dispatch.web.api.money import money_of
from dispatch.web.dependencies import Body, Done, SaidPlace, ServiceDep, tell
from dispatch.web.may import Own, Who, may, not_allowed
from dispatch.web.problems import ApiProblem, answers
from dispatch.words import LANGUAGES
from gateway.contract.bounds import Id, Letter
from gateway.places.place_names import gazetteer

router = APIRouter(tags=["me"], responses=answers(401, 403, 422, 503))
CONVERSES = may(Permission.CONVERSE, Own.IN_BODY)
LETTERS_AT_ONCE, LETTER_EVERY_S = 12, 3.0
"""What one customer may write: nobody types quicker for long, and an agent reads each [fit]."""
TAPS_AT_ONCE, TAP_EVERY_S = 30, 1.0
"""The same for what is done by a tap."""
VOICES_AT_ONCE, VOICE_EVERY_S = 4, 30.0
"""The same for voice messages, of which each is up to a megabyte."""
SEEN_AT_ONCE = 64
_TOO_MANY = {"letters": "too-many-messages", "taps": "too-many-taps", "voice": "too-many-voice-messages"}


class Me(BaseModel):
    """Who asks."""

    actor: str = Field(description="As rows of the ledger have it.")
    role: Role | None
    owns: str | None
    may: dict[Permission, str] = Field(description="What, and with whose things: ``all`` or ``own``.")
    now: float = Field(description="The service's time, POSIX seconds.")
    push_key: str | None = Field(description="The house's public key for Web Push, base64url; null: that door is shut.")
    page: OwnPage | None = Field(description="Of a customer: all that their page shows.")


class AnswerIn(Body):
    """A customer answers by a tap."""

    ref: Id = Field(description="Drawn by the page, unique for each answer; a repeat changes nothing.")
    case: Id
    answer: Answer
    place: SaidPlace | None = Field(None, description="Where it is; needed with ``place``.")

    @model_validator(mode="after")
    def _has_its_place(self) -> Self:
        if self.answer is Answer.PLACE and self.place is None:
            message = "the answer 'place' needs a place"
            raise ValueError(message)
        return self


class InvitedIn(Body):
    """A customer answers an invitation to be helped with the app."""

    invitation: Id
    reply: Reply


class LetterIn(Body):
    """A customer writes in the chat of their page."""

    ref: Id = Field(description="Drawn by the page, unique for each message; a repeat changes nothing.")
    text: Letter
    case: Id | None = Field(None, description="What it is about, where they say so.")


class SeenIn(Body):
    """What of ours was shown on the page."""

    keys: Annotated[tuple[Id, ...], Field(max_length=SEEN_AT_ONCE)]


Channels = Annotated[tuple[Channel, ...], Field(max_length=len(Channel))]


class PreferenceIn(Body):
    """How a customer wants to be reached; what is left out is learned, or as the house has it."""

    channels: Channels = Field((), description="On which they want to be written to, the dearest first.")
    avoid: Channels = Field((), description="On which they do not.")
    language: str = Field("", pattern=f"^({'|'.join(LANGUAGES)})?$")
    quiet: str = Field("", max_length=80, pattern=r"^[0-9A-Za-z:@/_+\-]*$", examples=["22:00-07:00@Europe/Riga"])
    same_agent: bool = False
    technology: dict[Task, Channel] = Field({}, description="Task → the channel on which they are at ease with it.")

    @field_validator("quiet")
    @classmethod
    def _are_hours(cls, quiet: str) -> str:
        try:
            return str(QuietHours.parse(quiet)) if quiet else ""
        except BadQuietHours as error:
            raise ValueError(str(error).removeprefix("--quiet-hours ")) from None

    @model_validator(mode="after")
    def _wants_what_it_does_not_avoid(self) -> Self:
        both = sorted({*self.channels} & {*self.avoid})
        if both or len({*self.channels}) < len(self.channels):
            message = f"{', '.join(both) or 'a channel'}: wanted and avoided, or named twice"
            raise ValueError(message)
        if Channel.PHONE in self.avoid:
            message = "phone: not to be rung is a consent; withdraw it (POST /customers/{customer}/consent)"
            raise ValueError(message)
        return self

    def preference(self) -> Preference:
        """Return it as the desk has it."""
        return Preference(
            self.channels,
            self.avoid,
            self.language,
            self.quiet,
            self.same_agent,
            {str(one): on for one, on in self.technology.items()},
        )


@router.get("/me", dependencies=[may(Permission.BE_SOMEBODY)], summary="Who asks, and what they may do")
async def me(service: ServiceDep, who: Who) -> Me:
    """As the service knows them; of a customer, also what is theirs: cases, who comes and when, the one conversation."""
    granted = {permission: str(reach) for permission, reach in who.grants.items()}
    return Me(
        actor=who.actor,
        role=who.role,
        owns=who.owns,
        may=granted,
        now=service.now(),
        push_key=service.doors.push.public_key if service.doors.push is not None else None,
        page=page_of(service, who),
    )


def page_of(service: Service, who: Principal) -> OwnPage | None:
    """Return what a customer's page shows; ``None``: it is no customer, or none that is registered."""
    customer = service.customers.get(who.owns or "") if who.role is Role.CUSTOMER else None
    if customer is None:
        return None
    desk = service.room.desk
    name, now = customer.customer, service.now()
    money = money_of(service, name)
    reader = Reader(customer, desk.preference_of(name), desk.policy, now, desk.open_of(name), desk.offered, money)
    return own_page(service.casebook, reader)


@router.post(
    "/me/answers", dependencies=[CONVERSES], summary="A customer answers by a tap", responses=answers(404, 409, 429)
)
async def answer(said: AnswerIn, request: Request, service: ServiceDep, who: Who) -> Done:
    """It holds at once: who needs no call is not rung, who wants one is next."""
    customer = own_customer(service, who)
    case = own_case(service, customer, said.case)
    place = said.place.place(service.now()) if said.place else None
    near = gazetteer().near(place.latitude, place.longitude) if place else ""
    ref, provenance = own_ref(customer, said.ref), customer.provenance
    event = CustomerAnswered(ref, customer.customer, said.case, Channel.CHAT, said.answer, provenance, place, near)
    if not service.heard(event.key):
        _must_be_open(case)
        must_not_flood(request, "taps", customer, service.now())
    turn = await tell(service, event, who.actor)
    if turn.repeat:
        must_be_the_same(service, event)
    return Done(repeat=turn.repeat)


@router.post(
    "/me/invitations",
    dependencies=[CONVERSES],
    summary="A customer answers an invitation to be helped with the app",
    responses=answers(404, 429),
)
async def answer_invitation(said: InvitedIn, request: Request, service: ServiceDep, who: Who) -> Done:
    """``talk``: they are rung at once; ``chat``: an agent writes; ``later``: they are told in writing what went wrong."""
    customer = own_customer(service, who)
    if not service.casebook.was_invited(customer.customer, said.invitation):
        detail = f"{said.invitation!r} is none of yours"
        raise ApiProblem(404, "unknown-invitation", "There is no such invitation", detail)
    event = InvitationAnswered(said.invitation, customer.customer, said.reply, customer.provenance, Channel.CHAT)
    if not service.heard(event.key):
        must_not_flood(request, "taps", customer, service.now())
    turn = await tell(service, event, who.actor)
    return Done(repeat=turn.repeat)


@router.post("/me/messages", dependencies=[CONVERSES], summary="A customer writes", responses=answers(404, 409, 429))
async def write(said: LetterIn, request: Request, service: ServiceDep, who: Who) -> Done:
    """An agent answers, on the page too. 429 with ``too-many-messages``: what was taken before stays taken."""
    customer = own_customer(service, who)
    if said.case is not None:
        own_case(service, customer, said.case)
    language = service.room.desk.preference_of(customer.customer).language or customer.language
    ref = own_ref(customer, said.ref)
    event = CustomerWrote(
        ref, customer.customer, Channel.CHAT, said.text, language, customer.provenance, case=said.case or ""
    )
    if not service.heard(event.key):
        must_not_flood(request, "letters", customer, service.now())
    turn = await tell(service, event, who.actor)
    if turn.repeat:
        must_be_the_same(service, event)
    return Done(repeat=turn.repeat)


@router.post("/me/seen", dependencies=[CONVERSES], summary="What of ours was shown on the page", responses=answers(429))
async def seen(said: SeenIn, request: Request, service: ServiceDep, who: Who) -> Done:
    """What they have read is not said once more on another channel."""
    customer = own_customer(service, who)
    lines = service.casebook.conversation(customer.customer).lines
    unread = {
        line.key for line in lines if line.side != "customer" and line.sort == "written" and line.status != "read"
    }
    found = [key for key in dict.fromkeys(said.keys) if key in unread]
    if found:
        must_not_flood(request, "taps", customer, service.now())
    for key in found:
        await tell(service, MessageReported(key, "read"), who.actor)
    return Done(repeat=not found)


@router.post(
    "/me/preference", dependencies=[CONVERSES], summary="How a customer wants to be reached", responses=answers(429)
)
async def prefer(said: PreferenceIn, request: Request, service: ServiceDep, who: Who) -> Done:
    """It holds at once, as a whole."""
    customer = own_customer(service, who)
    wanted = said.preference()
    if wanted == service.room.desk.preference_of(customer.customer):
        return Done(repeat=True)
    must_not_flood(request, "taps", customer, service.now())
    await tell(service, PreferenceChanged(customer.customer, wanted), who.actor)
    return Done()


def own_customer(service: Service, who: Principal) -> Customer:
    """Return whose page it is. Raises ``ApiProblem`` (403) for whoever is no customer: nobody speaks for one here."""
    if who.role is not Role.CUSTOMER or who.owns is None:
        raise not_allowed(who, Permission.CONVERSE, " as a customer")
    return must_know(service, who.owns)


def own_case(service: Service, customer: Customer, case: str) -> CaseView:
    """Return a case of theirs; another's is as one that never was."""
    found = service.casebook.cases.get(case)
    if found is None or found.customer != customer.customer:
        raise ApiProblem(404, "unknown-case", "There is no such case", f"{case!r} is none of yours")
    return found


def _must_be_open(case: CaseView) -> None:
    if not case.open:
        raise ApiProblem(409, "case-closed", "The case is closed", f"{case.case} is over; write to us about it")


def own_ref(customer: Customer, ref: str) -> str:
    """Return a page's reference as the ledger has it: nobody's is another's."""
    return f"{Channel.CHAT}/{customer.customer}/{ref}"


def must_not_flood(request: Request, what: str, customer: Customer, now: float) -> None:
    """Raise ``ApiProblem`` (429) where somebody does more than anybody's fingers can."""
    limits = cast("OwnLimits", request.app.state.own_limits)
    wait_s = limits.wait_s(what, customer.customer, now)
    if wait_s:
        detail = f"wait {wait_s:.0f} s and send it again; what was taken before stays taken"
        raise ApiProblem(429, _TOO_MANY[what], "Not so quickly", detail)


class OwnLimits:
    """How much customers may write and tap."""

    def __init__(self) -> None:
        self._buckets = {
            "letters": (Buckets(1 / LETTER_EVERY_S, LETTERS_AT_ONCE), LETTER_EVERY_S),
            "taps": (Buckets(1 / TAP_EVERY_S, TAPS_AT_ONCE), TAP_EVERY_S),
            "voice": (Buckets(1 / VOICE_EVERY_S, VOICES_AT_ONCE), VOICE_EVERY_S),
        }

    def wait_s(self, what: str, customer: str, now: float) -> float:
        """Count one; return how long to wait where it is one too many, and is not counted; 0: it is not."""
        buckets, every_s = self._buckets[what]
        return 0.0 if buckets.take(customer, now) else max(1.0, every_s)


def must_be_the_same(service: Service, event: CustomerAnswered | CustomerWrote) -> None:
    """Raise ``ApiProblem`` (409) where a repeat says something else than what was taken first."""
    row = service.journal.ledger.under(event.key)
    first = read(row) if row is not None else event
    if not _same(first, event):
        detail = "this ref stands for something else; draw a new one for each"
        raise ApiProblem(409, "ref-used", "The ref belongs to another answer", detail)


def _same(first: object, event: CustomerAnswered | CustomerWrote) -> bool:
    match first, event:
        case CustomerAnswered(), CustomerAnswered():
            return (first.case, first.answer) == (event.case, event.answer)
        case CustomerWrote(), CustomerWrote():
            return replace(first, by=None) == replace(event, by=None, language=first.language, reach=first.reach)
    return False
