"""Paths for agents while they speak: which articles may help, and what became of them."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.channels.knowledge.articles import articles
from dispatch.core.conversation.channels import Channel
from dispatch.core.hints.article import Article
from dispatch.core.hints.events import HintJudged, HintsShown, HintWay, Verdict
from dispatch.core.hints.ranking import hints
from dispatch.core.policy import HintsBy
from dispatch.service.service import Service
from dispatch.views.case_view import CallView
from dispatch.web.api.conversations import Written, write
from dispatch.web.dependencies import Body, Done, ServiceDep, tell
from dispatch.web.may import Who, may, not_allowed
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import BuiltId, Id, Language, Words

router = APIRouter(tags=["calls"], responses=answers(404, 422, 503))
IN_HAND = frozenset({"assigned", "connected"})
LAST_LINES = 4
"""So much of what the customer wrote since the call began is looked up beside what the agent types [fit]."""


class HintsAsked(BaseModel):
    """What an agent looks for."""

    q: Words = Field("", description="What the customer says, as typed, or as captions tell it. It is kept nowhere.")
    language: Language = Field("en", description="The agent's, BCP 47.")
    way: HintWay = Field("pulled", description="Did the agent ask, or are they shown unasked?")


class Caption(Body):
    """A sentence of the customer's."""

    text: Words = Field(min_length=1)


class HintText(BaseModel):
    """An article in one language."""

    language: str
    translated: bool = Field(
        description="``false``: it is not written in the language that was wanted, but in this one."
    )
    title: str
    answer: list[str] = Field(description="To be read, a step or a fact each.")
    went_wrong: str
    next_time: str


class HintOut(BaseModel):
    """An article that may help."""

    article: str
    sure: float = Field(description="P(it answers what is asked).")
    agent: HintText
    customer: HintText = Field(description="The same in the customer's language.")
    said: Verdict | None = Field(description="What was said of it on this call.")


class HintsOut(BaseModel):
    """At most three, the likeliest first."""

    policy: HintsBy
    about: str = Field(
        description="By what the call is about: ``car/alternator``, ``app/log_in/code``; empty: nothing is known."
    )
    hints: list[HintOut] = Field(description="None: it is likelier that none fits, or the policy shows none.")


class Judged(Body):
    """What became of an article."""

    said: Verdict = Field(
        description="``used``, ``overridden`` (they knew better), and afterwards ``helpful`` or ``not_helpful``."
    )
    tell_on: Channel | None = Field(
        None,
        description="Writes to the customer there, in their language, what went wrong and what to do the next time.",
    )
    agent: Id | None = Field(None, description="Who says so. Left out, whom the call is given to.")


@router.get(
    "/calls/{call:path}/hints",
    dependencies=[may(Permission.TAKE_CALLS)],
    summary="What may help while they speak",
)
async def show_hints(
    call: BuiltId,
    service: ServiceDep,
    who: Who,
    asked: Annotated[HintsAsked, Query()],
) -> HintsOut:
    """By what the customer says and wrote, what broke, what goes on in the app, and what became of articles before.

    To whom has the call in hand it is written down which articles they were shown, and not a word of what was said.
    """
    view, policy = _view(service, call), service.room.desk.policy.hints
    context = service.room.desk.hint_context(call)
    if policy == "none":
        return HintsOut(policy=policy, about=context.name, hints=[])
    words = service.knowledge().find(
        " ".join([*_written(service, view), *service.heard_words.of(call, service.now()), asked.q])
    )
    found = hints(articles().values(), words, context, service.room.desk.hints)
    if found and view.state in IN_HAND and who.acts_as(view.agent or ""):
        names = tuple(one.article.article for one in found)
        await tell(
            service, HintsShown(call, view.agent or "", names, context.name, asked.way), who.actor_as(view.agent)
        )
    return HintsOut(
        policy=policy,
        about=context.name,
        hints=[
            HintOut(
                article=one.article.article,
                sure=round(one.sure, 3),
                agent=_text(one.article, asked.language),
                customer=_text(one.article, _language(service, view)),
                said=view.hints.get(one.article.article),
            )
            for one in found
        ],
    )


@router.post(
    "/calls/{call:path}/captions",
    dependencies=[may(Permission.TAKE_CALLS)],
    summary="Tell what the customer says",
    status_code=204,
)
async def hear_caption(call: BuiltId, said: Caption, service: ServiceDep) -> None:
    """As a telephone exchange or a recogniser hears it, sentence by sentence: hints go by it for two minutes. No row holds it."""
    _view(service, call)
    service.heard_words.caption(call, said.text, service.now())


@router.post(
    "/calls/{call:path}/hints/{article}",
    dependencies=[may(Permission.TAKE_CALLS)],
    summary="Say what became of a hint",
    responses=answers(403, 409),
)
async def judge_hint(call: BuiltId, article: Id, said: Judged, service: ServiceDep, who: Who) -> Done:
    """It moves the article up or down, here and where a call is about the same. Said twice, it counts once."""
    view, known = _view(service, call), articles().get(article)
    if known is None:
        raise ApiProblem(404, "unknown-article", "There is no such article", f"nobody wrote an article {article!r}")
    agent = said.agent or (view.agent or "" if who.speaks_for_all else who.name)
    if not who.acts_as(agent):
        raise not_allowed(who, Permission.TAKE_CALLS, f" as {agent!r}")
    if view.agent not in {None, agent} and who.may(Permission.TAKE_OVER_CALLS) is None:
        raise ApiProblem(409, "not-your-call", "The call is another agent's", f"{call} was given to {view.agent}")
    about = service.room.desk.hint_context(call).name
    turn = await tell(service, HintJudged(call, agent, article, said.said, about), who.actor_as(agent))
    if said.tell_on is not None:
        text = known.in_language(_language(service, view)).text
        words = f"{text.went_wrong} {text.next_time}"
        ref = f"{call}/{article}"[-200:]
        await write(view.customer, Written(ref=ref, channel=said.tell_on, text=words, agent=agent), service, who)
    return Done(repeat=turn.repeat)


def _view(service: Service, call: str) -> CallView:
    view = service.casebook.calls.get(call)
    if view is None:
        raise ApiProblem(404, "unknown-call", "There is no such call", f"no call {call!r} was ever queued")
    return view


def _written(service: Service, view: CallView) -> list[str]:
    """Return what the customer wrote last, since the call was queued or just before."""
    lines = reversed(service.casebook.conversation(view.customer).lines)
    theirs = (
        one.text for one in lines if one.side == "customer" and one.sort == "written" and one.at >= view.queued_at - 60
    )
    return list(islice(theirs, LAST_LINES))[::-1]


def _language(service: Service, view: CallView) -> str:
    known = service.customers.get(view.customer)
    return known.language if known is not None else view.language


def _text(article: Article, language: str) -> HintText:
    shown = article.in_language(language)
    return HintText(
        language=shown.language,
        translated=shown.language == shown.wanted,
        title=shown.text.title,
        answer=list(shown.text.answer),
        went_wrong=shown.text.went_wrong,
        next_time=shown.text.next_time,
    )
