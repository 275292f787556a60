"""Paths of offers: an agent asks whether there is one, the customer answers, and who carries out what was taken."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.core.offers.actions import OpenProduct, ProposeOffer
from dispatch.core.offers.events import OfferReply
from dispatch.core.offers.said import sentence
from dispatch.core.purse.money import as_text
from dispatch.ledger.offers_sought import OnCall, answered, sought
from dispatch.service.service import Service
from dispatch.views.case_view import CallView
from dispatch.views.offer_view import WHY_NOT, OfferView, reasons
from dispatch.web.dependencies import Body, Done, Limit, ServiceDep, tell
from dispatch.web.may import Who, may, not_allowed
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import Attempt, BuiltId, Id, Language
from gateway.finding import Provenance

router = APIRouter(tags=["offers"], responses=answers(404, 422, 503))


class Sought(Body):
    """What the customer turned to us for is solved: is something to be offered?"""

    ref: Id = Field(description="Drawn by whoever asks, unique each time; a repeat changes nothing.")
    attempt: Attempt
    agent: Id | None = Field(None, description="For whom a machine asks. A person is themselves.")


class Answered(Body):
    """What the customer says to it."""

    attempt: Attempt
    answer: OfferReply
    agent: Id | None = Field(None, description="For whom a machine says it. A person is themselves.")


class AmongOut(BaseModel):
    """One of the offers that fitted."""

    offer: str
    propensity: float = Field(description="How likely it was to be chosen.")
    yes: int = Field(description="How many like them took it so far.")
    no: int


class OfferOut(BaseModel):
    """What is to be offered, or why nothing is."""

    call: str
    attempt: int
    offer: str = Field(description="Empty: nothing.")
    say: str = Field(description="In the customer's language.")
    reads: str = Field(description="The same in the agent's language.")
    why: list[str] = Field(description="Why just this is offered to them, or why nothing is.")
    gain: str = Field(description="What it brings them a year, a decimal string; empty: nothing in money.")
    currency: str
    propensity: float
    among: list[AmongOut]
    answer: str = Field(description="yes, no, later; empty: they have not said.")


class TakenOut(BaseModel):
    """Something that a customer took, for who carries it out."""

    call: str
    customer: str
    offer: str
    provider: str
    about: str = Field(description="The product that it betters, or the device that it is for.")
    rate: str = Field(description="Percent a year; empty: it bears none.")
    price: str
    currency: str
    at: float
    agent: str


@router.get(
    "/offers/taken",
    dependencies=[may(Permission.REGISTER_PRODUCTS)],
    summary="What customers took, to be carried out",
)
async def taken(service: ServiceDep, limit: Limit = 500) -> list[TakenOut]:
    """The newest first. Once it is there it is registered (``POST /products``)."""
    found = service.casebook.taken()[:limit]
    return [_taken(one, one.opened) for one in found if one.opened is not None]


@router.post(
    "/calls/{call:path}/offer/ask",
    dependencies=[may(Permission.TAKE_CALLS)],
    summary="The problem is solved: is something to be offered?",
    responses=answers(409),
)
async def ask(call: BuiltId, said: Sought, service: ServiceDep, who: Who, language: Language = "en") -> OfferOut:
    """One offer at most on a call, and none where something speaks against it: ``why`` says what. Asked again, it stands."""
    on = _on(service, call, said, who)
    await tell(service, sought(service.room, said.ref, on), who.actor_as(on.agent))
    return _shown(_must_be_asked(service, call), language)


@router.get(
    "/calls/{call:path}/offer",
    dependencies=[may(Permission.TAKE_CALLS)],
    summary="What is to be offered on a call",
)
async def show_offer(call: BuiltId, service: ServiceDep, language: Language = "en") -> OfferOut:
    """As it was decided last; 404 ``no-offer``: nobody asked."""
    return _shown(_must_be_asked(service, call), language)


@router.post(
    "/calls/{call:path}/offer",
    dependencies=[may(Permission.TAKE_CALLS)],
    summary="What the customer says to an offer",
    responses=answers(409),
)
async def answer(call: BuiltId, said: Answered, service: ServiceDep, who: Who) -> Done:
    """``yes`` has it carried out, and its terms written to them; ``later`` has nothing offered for a while, ``no`` not this.

    409: ``nothing-offered``; ``answered-otherwise`` (the first answer holds).
    """
    on = _on(service, call, said, who)
    view = _must_be_asked(service, call)
    if view.proposed is None or view.attempt != said.attempt:
        detail = f"nothing was offered on attempt {said.attempt} of {call}"
        raise ApiProblem(409, "nothing-offered", "Nothing was offered", detail)
    if view.answer not in {"", said.answer}:
        detail = f"they said {view.answer!r} before, and that holds; they may change their mind in writing"
        raise ApiProblem(409, "answered-otherwise", "The offer was answered otherwise", detail)
    turn = await tell(service, answered(service.room, said.answer, on), who.actor_as(on.agent))
    return Done(repeat=turn.repeat)


def _on(service: Service, call: str, said: Sought | Answered, who: Who) -> OnCall:
    """Return on which call it is said, by whom. Raises ``ApiProblem``: it is another agent's, or there is none."""
    view: CallView | None = service.casebook.calls.get(call)
    if view is None:
        raise ApiProblem(404, "unknown-call", "There is no such call", f"no call {call!r} was ever queued")
    agent = said.agent or (view.agent or "" if who.speaks_for_all else who.name)
    if not who.acts_as(agent):
        raise not_allowed(who, Permission.TAKE_CALLS, f" as {agent!r}")
    if view.agent not in {None, agent}:
        detail = f"{call} was given to {view.agent}"
        raise ApiProblem(409, "not-your-call", "The call is another agent's", detail)
    return OnCall(call, said.attempt, view.customer, agent or None, cast("Provenance", view.provenance))


def _must_be_asked(service: Service, call: str) -> OfferView:
    found = service.casebook.offer_on(call)
    if found is None:
        detail = f"nobody asked whether something is to be offered on {call!r} (POST …/offer/ask)"
        raise ApiProblem(404, "no-offer", "Nobody asked for an offer", detail)
    return found


def _shown(view: OfferView, language: str) -> OfferOut:
    made = view.proposed
    if made is None:
        why = [WHY_NOT[view.withheld]] if view.withheld else []
        return OfferOut(
            call=view.call, attempt=view.attempt, offer="", say="", reads="", why=why, gain="", currency="",
            propensity=0.0, among=[], answer="",
        )  # fmt: skip
    return OfferOut(
        call=view.call,
        attempt=view.attempt,
        offer=made.offer,
        say=made.text,
        reads=sentence(made, language),
        why=reasons(made),
        gain=_gain(made),
        currency=made.currency,
        propensity=made.propensity,
        among=[AmongOut(offer=one.offer, propensity=one.propensity, yes=one.yes, no=one.no) for one in made.among],
        answer=view.answer,
    )


def _gain(made: ProposeOffer) -> str:
    return as_text(made.gain, made.currency) if made.gain else ""


def _taken(view: OfferView, task: OpenProduct) -> TakenOut:
    return TakenOut(
        call=view.call,
        customer=view.customer,
        offer=task.offer,
        provider=task.provider,
        about=task.about,
        rate=task.rate,
        price=as_text(task.price, task.currency),
        currency=task.currency,
        at=view.opened_at or 0.0,
        agent=task.agent or "",
    )
