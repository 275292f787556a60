"""Path for the operator's voice menu (IVR): what to say to who rings in, and what a pressed key comes to."""

from __future__ import annotations

from typing import Literal, NamedTuple

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.core.conversation.channels import Answer, Channel
from dispatch.core.conversation.events import CustomerAnswered, CustomerWrote
from dispatch.core.events import CustomerPhoned
from dispatch.core.ids import inbound_call_id, is_stranger
from dispatch.core.robots.actions import AnswerByRobot
from dispatch.core.robots.model import ConversationOwner, RobotStage, Wish
from dispatch.service.service import Service
from dispatch.views.voice_menu import AGENT_KEY, Option, VoiceMenu, voice_menu
from dispatch.web.api.calls import Caller, Inbound, caller_of
from dispatch.web.dependencies import ServiceDep, tell
from dispatch.web.may import Who, may
from dispatch.web.problems import ApiProblem, answers
from dispatch.words import say
from gateway.contract.bounds import Id, Letter

router = APIRouter(tags=["calls"], responses=answers(404, 409, 422, 503))


class Pressed(Inbound):
    """Who rings, and which key was pressed; none: the call has just come in."""

    key: str | None = Field(None, max_length=1, pattern=r"^[0-9*#]$", examples=["1"])
    case: Id | None = Field(None, description="Of the option that was pressed, as the menu gave it.")
    answer: Answer | None = Field(None, description="Of the option that was pressed, as the menu gave it.")
    wish: Wish | None = Field(None, description="Of the option that was pressed, as the menu gave it.")
    step: int | None = Field(
        None,
        ge=0,
        le=99,
        description="As the menu gave it: which of a robot's questions is answered. A repeat is heard once.",
    )
    words: Letter | None = Field(None, description="What they said instead of a key, where the exchange hears words.")


class MenuOption(BaseModel):
    """One key, and what it means: send it back as it stands with the key that was pressed."""

    key: str
    case: str | None
    answer: Answer | None
    wish: Wish | None = None


class Menu(BaseModel):
    """What the exchange says next."""

    state: Literal["menu", "queued", "done"] = Field(
        description="``queued``: the caller waits for an agent, hold the line; ``done``: say it and hang up."
    )
    language: str
    say: list[str]
    options: list[MenuOption]
    step: int | None = Field(
        None, description="Of a robot's question: send it back with the key or the words that answer it."
    )


@router.post(
    "/calls/menu",
    dependencies=[may(Permission.ANNOUNCE_CALLS)],
    summary="What a voice menu says to who rings in",
)
async def menu(said: Pressed, service: ServiceDep, who: Who) -> Menu:
    """Ask without a key first; then with each key that is pressed.

    To an agent at once goes of whom nothing is broken, and who rings from a number that several customers have: a machine tells
    nobody of another's car. A number that is nobody's is 404: let your exchange put it through as it always does.
    """
    _must_be_somebodys(service, said)
    caller = await caller_of(service, said)
    language = service.room.desk.preference_of(caller.customer).language or caller.language
    robots = service.room.desk.policy.robots and not is_stranger(caller.customer)
    found = voice_menu(service.room.desk.offers(caller.customer, service.now()), language, robots=robots)
    wish = said.wish or _wished(found, said)
    if robots and (wish is not None or said.step is not None or said.words is not None):
        return await _by_robot(service, said, _Rings(caller, language, who.actor), wish)
    if said.key == AGENT_KEY or not found.say:
        return await _queued(service, said, caller, language, who.actor)
    if said.key is None:
        return _menu("menu", language, found, found.say)
    repeat = said.answer is not None and service.heard(_answered(said, said.case, said.answer, caller).key)
    chosen = None if repeat else _chosen(found, said)
    if chosen is not None and chosen.answer is not None:
        await tell(service, _answered(said, chosen.case, chosen.answer, caller), who.actor)
    elif not repeat:
        return _menu("menu", language, found, tuple(one.text for one in found.options))
    stands = [one.text for one in service.room.desk.offers(caller.customer, service.now())]
    thanks = [say("ack_thanks", language), *stands]
    if _holds_the_line(service, said):  # who asked for a person before has one coming, whatever they press meanwhile
        return Menu(state="queued", language=language, say=[*thanks, say("menu_agent", language)], options=[])
    return Menu(state="done", language=language, say=thanks, options=[])


class _Rings(NamedTuple):
    """Who rings, the language they are spoken to in, and who tells of it."""

    caller: Caller
    language: str
    by: str


def _wished(found: VoiceMenu, said: Pressed) -> Wish | None:
    """Return the wish that a key of the first menu stands for."""
    option = found.option(said.key or "") if said.step is None and said.answer is None else None
    return option.wish if option is not None else None


async def _by_robot(service: Service, said: Pressed, rings: _Rings, wish: Wish | None) -> Menu:
    """Have a robot answer a key or words, and put through whom it hands over, or whom a person has."""
    caller, language, by = rings
    step, customer = said.step or 0, caller.customer
    text = said.words or (said.key or "" if wish is None else say(f"robot_wish_{wish}", language))
    name = f"{Channel.IVR}/{said.ref}-{step}"
    turn = await tell(service, CustomerWrote(name, customer, Channel.IVR, text, language, caller.provenance), by)
    if service.room.desk.owner_of(customer) is not ConversationOwner.ROBOT:
        return await _queued(service, said, caller, language, by)
    stage = next((one.stage for one in turn.actions if isinstance(one, AnswerByRobot)), None)
    line = next((one for one in reversed(service.casebook.conversation(customer).lines) if one.side == "robot"), None)
    if line is None or line.channel is not Channel.IVR:
        return await _queued(service, said, caller, language, by)
    options = [MenuOption(key=str(number), case=None, answer=None) for number, _ in enumerate(line.choices)]
    spoken = [say("robot_option", language, number=number, what=what) for number, what in enumerate(line.choices)]
    state: Literal["menu", "done"] = "done" if stage is RobotStage.DONE else "menu"
    return Menu(state=state, language=language, say=[line.text, *spoken], options=options, step=step + 1)


def _must_be_somebodys(service: Service, said: Pressed) -> None:
    if said.phone is not None and not service.customers.by_phone(said.phone):
        detail = f"nobody is registered with {said.phone}; put them through (POST /api/v1/calls/inbound)"
        raise ApiProblem(404, "unknown-customer", "There is no such customer", detail)


def _answered(said: Pressed, case: str | None, answer: Answer, caller: Caller) -> CustomerAnswered:
    ref = f"{Channel.IVR}/{said.ref}-{answer}"
    return CustomerAnswered(ref, caller.customer, case or "", Channel.IVR, answer, caller.provenance)


def _chosen(found: VoiceMenu, said: Pressed) -> Option | None:
    """Return what a key means: what it meant when it was said, while that may still be answered."""
    option = found.option(said.key or "")
    if said.answer is None or option is None:
        return option
    meant = next((one for one in found.options if one.answer is said.answer and one.case == said.case), None)
    if meant is None:
        detail = (
            f"{said.answer} of {said.case} can be answered no more: it stands otherwise by now; ask for the menu again"
        )
        raise ApiProblem(409, "menu-changed", "The menu has changed", detail)
    return meant


def _holds_the_line(service: Service, said: Pressed) -> bool:
    call = service.casebook.calls.get(inbound_call_id(said.ref))
    return call is not None and call.state in {"queued", "assigned", "connected"}


async def _queued(service: Service, said: Pressed, caller: Caller, language: str, by: str) -> Menu:
    call = inbound_call_id(said.ref)
    event = CustomerPhoned(
        call,
        caller.customer,
        language,
        caller.provenance,
        channel=Channel.IVR,
        candidates=caller.candidates,
        about=said.about,
    )
    await tell(service, event, by)
    return Menu(state="queued", language=language, say=[say("menu_agent", language)], options=[])


def _menu(state: Literal["menu"], language: str, found: VoiceMenu, texts: tuple[str, ...]) -> Menu:
    options = [MenuOption(key=one.key, case=one.case, answer=one.answer, wish=one.wish) for one in found.options]
    return Menu(state=state, language=language, say=list(texts), options=options)
