"""Paths of voice messages: a customer sends one from their page and hears it again, an agent hears it, which is written down."""

from __future__ import annotations

import asyncio
import binascii
from base64 import b64decode
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from dispatch.access.permissions import Permission
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.events import CustomerWrote, VoicePlayed
from dispatch.core.conversation.voice import LONGEST_BYTES, BadVoice, Reason, VoiceMessage, voice_of
from dispatch.registers.customers import Customer
from dispatch.service.service import Service
from dispatch.store.errors import KeyTaken
from dispatch.store.voice_rows import KeptVoice
from dispatch.web.api.me import CONVERSES, must_be_the_same, must_not_flood, own_case, own_customer, own_ref
from dispatch.web.dependencies import Body, Done, ServiceDep, tell
from dispatch.web.may import Who, may, not_allowed
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import Id, Letter

router = APIRouter(tags=["me"], responses=answers(401, 403, 404, 422, 503))
MEDIA_TYPE = "audio/wav"
MOST_A_DAY, DAY_S = 40, 86_400.0
"""Of one customer: as many megabytes."""
_STATUS: dict[Reason, int] = {"type": 415, "damaged": 422, "empty": 422, "silent": 422, "too-long": 413}
_LONGEST_TEXT = (LONGEST_BYTES + 2) // 3 * 4
_IS_SOUND: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {}}, "description": "The recording, as it was sent."}
}


class VoiceIn(Body):
    """A customer speaks instead of writing."""

    ref: Id = Field(description="Drawn by the page, unique for each message; a repeat changes nothing.")
    type: str = Field(
        max_length=80, pattern=r"^[ -~]*$", description="What it says that it is: audio/wav. What it is, its bytes say."
    )
    recording: str = Field(
        max_length=2 * _LONGEST_TEXT,
        pattern=r"^[ -~]*$",
        description="WAV in base64: PCM of 16 bit, one channel, 8,000 samples a second, 0.5 to 60 s.",
    )
    text: Letter | None = Field(None, description="What they write with it, if they like.")
    case: Id | None = Field(None, description="What it is about, where they say so.")


class PlayedIn(Body):
    """Which message is to be heard."""

    message: Id = Field(description="As ``key`` of a line of the conversation has it.")
    agent: Id | None = Field(None, description="For whom a machine asks. A person is themselves.")


@router.post(
    "/me/voice",
    dependencies=[CONVERSES],
    summary="A customer sends a voice message",
    responses=answers(409, 413, 415, 429),
)
async def speak(said: VoiceIn, request: Request, service: ServiceDep, who: Who) -> Done:
    """It waits for an agent as what is written does.

    Refused by name: ``voice-type``, ``voice-damaged``, ``voice-empty``, ``voice-silent``, ``voice-too-long``,
    ``too-many-voice-messages``.
    """
    customer = own_customer(service, who)
    if said.case is not None:
        own_case(service, customer, said.case)
    recording = _recording(said)
    event = _event(service, customer, said, _voice(recording))
    if not service.heard(event.key):
        must_not_flood(request, "voice", customer, service.now())
        await asyncio.to_thread(_keep, service, event, recording)
    turn = await tell(service, event, who.actor)
    if turn.repeat:
        must_be_the_same(service, event)
    elif service.customers.get(customer.customer) is None:  # erased while it came
        await asyncio.to_thread(service.journal.voices.forget, event.message)
    return Done(repeat=turn.repeat)


@router.get(
    "/me/voice",
    dependencies=[CONVERSES],
    summary="A customer hears what they sent",
    response_class=Response,
    responses=_IS_SOUND,
)
async def own_voice(service: ServiceDep, who: Who, message: Annotated[Id, Query()]) -> Response:
    """404 for another's, as for one that never was."""
    return _sound(await _kept(service, message, own_customer(service, who).customer))


@router.post(
    "/conversations/{customer:path}/voice",
    tags=["conversations"],
    dependencies=[may(Permission.TAKE_CALLS)],
    summary="An agent hears a voice message",
    response_class=Response,
    responses=_IS_SOUND,
)
async def played(customer: Id, said: PlayedIn, service: ServiceDep, who: Who) -> Response:
    """Answered once it is written down who hears it: ``VoicePlayed``. 404: it is another's, was erased, or never was."""
    agent = said.agent or who.name
    if not who.acts_as(agent):
        raise not_allowed(who, Permission.TAKE_CALLS, f" as {agent!r}")
    found = await _kept(service, said.message, customer)
    await tell(service, VoicePlayed(said.message, customer), who.actor_as(agent))
    return _sound(found)


def _recording(said: VoiceIn) -> bytes:
    """Return its bytes. Raises ``ApiProblem`` where it says itself that it is something else, or is no base64."""
    if said.type.partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise _refused(BadVoice("type", f"{said.type!r} is not taken; send {MEDIA_TYPE}"))
    if len(said.recording) > _LONGEST_TEXT:
        raise _refused(BadVoice("too-long", f"at most {LONGEST_BYTES} bytes"))
    try:
        return b64decode(said.recording, validate=True)
    except (binascii.Error, ValueError):
        raise _refused(BadVoice("damaged", "it is no base64")) from None


def _voice(recording: bytes) -> VoiceMessage:
    try:
        return voice_of(recording)
    except BadVoice as bad:
        raise _refused(bad) from None


def _refused(bad: BadVoice) -> ApiProblem:
    return ApiProblem(_STATUS[bad.reason], f"voice-{bad.reason}", "This is no voice message", str(bad))


def _event(service: Service, customer: Customer, said: VoiceIn, voice: VoiceMessage) -> CustomerWrote:
    name = customer.customer
    language = service.room.desk.preference_of(name).language or customer.language
    ref, text, case = own_ref(customer, said.ref), said.text or "", said.case or ""
    return CustomerWrote(ref, name, Channel.CHAT, text, language, customer.provenance, case=case, voice=voice)


def _keep(service: Service, event: CustomerWrote, recording: bytes) -> None:
    """Keep it, before the row that names it. Raises ``ApiProblem`` where the name is of another one, or there are too many."""
    voices, now = service.journal.voices, service.now()
    assert event.voice is not None  # noqa: S101 - as it was made
    if voices.count_since(event.customer, now - DAY_S) >= MOST_A_DAY:
        detail = f"at most {MOST_A_DAY} in a day; write to us"
        raise ApiProblem(429, "too-many-voice-messages", "Too many voice messages", detail)
    try:
        voices.keep(KeptVoice(event.message, event.customer, now, recording), event.voice.sha256)
    except KeyTaken:
        if voices.digest_of(event.message) != event.voice.sha256:
            detail = "this ref stands for another recording; draw a new one for each"
            raise ApiProblem(409, "ref-used", "The ref belongs to another message", detail) from None


async def _kept(service: Service, message: str, customer: str) -> KeptVoice:
    found = await asyncio.to_thread(service.journal.voices.get, message, customer)
    if found is None:
        detail = f"{message!r} is none of {customer!r}, or is kept no longer"
        raise ApiProblem(404, "unknown-voice-message", "There is no such voice message", detail)
    return found


def _sound(found: KeptVoice) -> Response:
    return Response(found.recording, media_type=MEDIA_TYPE, headers={"cache-control": "no-store"})
