"""A customer on the line is known by their voice, or asked; enrols by their word; and what is wanted before money is touched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("numpy")
pytest.importorskip("miniaudio", reason="callahead[voice] is not installed")

from dispatch.channels.voiceprint.worker import VoiceWorker
from dispatch.core.consent import Purpose, Way
from dispatch.core.conversation.channels import Channel
from dispatch.core.events import CallConnected, ConsentChanged
from dispatch.core.policy import Identity, Policy
from dispatch.core.verification.events import (
    SensitiveAct,
    VoiceCheckBegan,
    VoiceCompared,
    VoiceEnrolled,
)
from dispatch.core.verification.limits import VoiceState
from dispatch.web.api.app import create_app
from scenarios.bench.voice.recordings import read_speakers
from tests.conftest import until
from tests.dispatch.sip_house import NEEDS_SIP, House, house

pytestmark = [pytest.mark.anyio, NEEDS_SIP]
VOICES = Path(__file__).parent / "voices"
SECOND = 16_000
"""Bytes."""


@pytest.fixture(scope="module")
def worker() -> VoiceWorker:
    """The real one."""
    return VoiceWorker()


@pytest.fixture(scope="module")
def voices() -> list[bytes]:
    """What three speakers say: a minute each, what they have said again and again."""
    found = [b"".join(one.sounds) for one in read_speakers(VOICES)]
    return [(one * (60 * SECOND // len(one) + 1))[: 60 * SECOND] for one in found]


@dataclass
class Line:
    """A house that knows by voice, Anna on the line."""

    at: House
    api: httpx.AsyncClient

    @property
    def voices(self) -> Any:
        """What listens."""
        assert self.at.service.exchange is not None
        return self.at.service.exchange.voices

    @property
    def state(self) -> VoiceState:
        """How it stands with the call that is under way."""
        call = self.at.said(CallConnected)[-1]
        check = self.at.service.room.desk.verification.of(call.call, call.attempt)
        return VoiceState.UNHEARD if check is None else check.voice

    async def speaks(self) -> dict[str, Any]:
        """Anna's car is broken, and the agent speaks with her."""
        await self.at.breaks()
        await self.at.free("ina")
        call = await self.at.first(CallConnected)
        await self.at.first(VoiceCheckBegan)
        return {"call": call.call, "attempt": call.attempt}

    async def says(self, pcm: bytes) -> None:
        """She says something, one second after the other; whoever listens has looked at it."""
        await until(lambda: self.voices._ears)
        (ear,) = self.voices._ears.values()
        for start in range(0, len(pcm), SECOND):
            self.voices.hear(ear.leg, pcm[start : start + SECOND])
            await until(lambda: (not ear.looks and not ear.sound) or ear.leg not in self.voices._ears)

    async def post(self, path: str, body: Any, status: int = 200) -> Any:
        """Ask the API, expecting a status."""
        answer = await self.api.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def enrolled(self, numbers: bytes) -> None:
        """She agreed, and has a print."""
        name = "print/c-1/in/0/1"
        await self.at.tell(ConsentChanged("c-1", Purpose.VOICE_PRINT, given=True, way=Way.TELEPHONE))
        await asyncio.to_thread(self.at.service.journal.voice_prints.keep, name, "c-1", self.at.service.now(), numbers)
        await self.at.tell(VoiceEnrolled(name, "c-1", self.voices.worker.edition, 20.0))


@asynccontextmanager
async def line(worker: VoiceWorker | None) -> AsyncIterator[Line]:
    """One."""
    async with house(policy=Policy(identity=Identity.VOICE)) as at:
        app = create_app(at.service)
        assert at.service.exchange is not None
        at.service.exchange.voices.worker = worker
        at.line.hear_sound = lambda _leg, _pcm: (
            None
        )  # what the world's telephones play is no voice: tests say what is heard
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1/api/v1") as api:
            yield Line(at, api)


@pytest.fixture(scope="module")
def annas(worker: VoiceWorker, voices: list[bytes]) -> bytes:
    """A print of the first of them."""
    made = worker.enrolment().take(voices[0][: 26 * SECOND])
    assert made.numbers is not None
    return made.numbers


async def test_a_voice_is_known_and_another_is_not(worker: VoiceWorker, voices: list[bytes], annas: bytes) -> None:
    """By the real model, over a real line; the score is a row, and nothing of the sound is anywhere."""
    for speaks, state in ((voices[0], VoiceState.ACCEPTED), (voices[1], VoiceState.REJECTED)):
        async with line(worker) as on:
            await on.enrolled(annas)
            await on.speaks()
            assert on.state is VoiceState.LISTENING
            await on.says(speaks[26 * SECOND : 46 * SECOND])
            said = await on.at.first(VoiceCompared)
            assert on.state is state
            assert (said.likeness >= said.wanted) is (state is VoiceState.ACCEPTED)
            assert said.speech_s >= 4
            assert not on.voices._ears


async def test_silence_is_no_rejection(worker: VoiceWorker, annas: bytes) -> None:
    """It is a state of its own: she is asked."""
    async with line(worker) as on:
        await on.enrolled(annas)
        await on.speaks()
        await on.says(bytes(31 * SECOND))
        assert (await on.at.first(VoiceCompared)).speech_s == 0
        assert on.state is VoiceState.NOT_ENOUGH_SPEECH


async def test_who_withdraws_it_is_heard_no_more_at_once(
    worker: VoiceWorker, voices: list[bytes], annas: bytes
) -> None:
    """In the middle of a check: no score is told, the print is gone, and the agent reads why."""
    async with line(worker) as on:
        await on.enrolled(annas)
        await on.speaks()
        await on.says(voices[0][: 2 * SECOND])
        await on.at.tell(ConsentChanged("c-1", Purpose.VOICE_PRINT, given=False, way=Way.LINK))
        await until(lambda: not on.voices._ears)
        assert on.state is VoiceState.OPTED_OUT
        assert on.at.said(VoiceCompared) == []
        assert on.at.service.journal.voice_prints.get("print/c-1/in/0/1", "c-1") is None


async def test_she_enrols_by_her_word_once_it_is_sure_who_speaks(worker: VoiceWorker, voices: list[bytes]) -> None:
    """Refused before the questions; her consent is a row before anything is heard; then the next call knows her."""
    async with line(worker) as on:
        talk = await on.speaks()
        assert on.state is VoiceState.NOT_ENROLLED
        assert (await on.post("/calls/voice-print", talk, 403))["type"].endswith("questions-wanted")
        await on.post("/calls/questions", talk | {"right": True})
        assert (await on.post("/calls/questions", talk | {"right": True}))["repeat"]
        await on.post("/calls/questions", talk | {"right": False}, 409)
        await on.post("/calls/voice-print", talk)
        consent = await on.at.first(ConsentChanged)
        assert (consent.purpose, consent.given, consent.way) == (Purpose.VOICE_PRINT, True, Way.TELEPHONE)
        await on.says(voices[0][: 4 * SECOND])
        assert "of the speech that is wanted" in on.voices.word(talk["call"])
        await on.says(voices[0][4 * SECOND : 30 * SECOND])
        made = await on.at.first(VoiceEnrolled)
        kept = on.at.service.journal.voice_prints.get(made.voice_print, "c-1")
        assert kept is not None
        assert worker.comparison(kept).take(voices[0][30 * SECOND : 40 * SECOND]).state is VoiceState.ACCEPTED
        export = (await on.api.get("/customers/c-1/export")).json()
        assert export["voice_print"]["edition"] == worker.edition
        assert not (await on.api.delete("/customers/c-1/voice-print")).json()["repeat"]
        assert (await on.api.delete("/customers/c-1/voice-print")).json()["repeat"]
        await until(lambda: on.at.service.journal.voice_prints.get(made.voice_print, "c-1") is None)


async def test_without_the_extra_it_is_said_and_questions_do(worker: VoiceWorker) -> None:
    """Nobody is kept out for what is not installed."""
    async with line(None) as on:
        on.voices.trouble = "it needs the extra voice"
        await on.at.breaks()
        await on.at.free("ina")
        call = await on.at.first(CallConnected)
        talk = {"call": call.call, "attempt": call.attempt}
        assert on.at.words() == ["nobody is known by their voice: it needs the extra voice; agents ask questions"]
        await on.post("/calls/questions", talk | {"right": True})
        assert (await on.post("/calls/voice-print", talk, 409))["detail"] == "it needs the extra voice"
        assert worker.edition.startswith("ge2e-1-")


async def test_bad_input_is_refused(worker: VoiceWorker) -> None:
    """Calls that nobody holds, other attempts, acts that there are not, codes that nobody sent."""
    async with line(worker) as on:
        await on.post("/calls/questions", {"call": "in/9", "attempt": 1, "right": True}, 404)
        talk = await on.speaks()
        await on.post("/calls/questions", talk | {"attempt": 2, "right": True}, 409)
        await on.post("/calls/questions", talk | {"right": "maybe"}, 422)
        await on.post("/calls/questions", talk | {"call": "x" * 5_000, "right": True}, 422)
        await on.post("/calls/confirmations", talk | {"act": "fly"}, 422)
        refused = await on.post("/calls/confirmations", talk | {"act": SensitiveAct.DISPUTE}, 409)
        assert refused["type"].endswith("no-way-for-a-code")
        await on.post("/calls/confirmations/answers", talk | {"act": SensitiveAct.DISPUTE, "code": "123456"}, 403)
        await on.post("/calls/confirmations/answers", talk | {"act": SensitiveAct.DISPUTE, "code": "12345"}, 422)
        assert Channel.SMS not in on.at.service.doors.by_channel
