"""Softphones and listening in over websockets and a real line, without a browser: who is rung, who vanishes, what is refused."""

from __future__ import annotations

import json
import os
import signal
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from dispatch.channels.sip.sound import MOST_BUFFERED, MOST_FRAMES, SLACK, Mixer, SoftphoneSound
from dispatch.channels.telephony import FRAME
from dispatch.core.consent import Purpose, Way
from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.events import AgentLeft, CallConnected, CallEnded, ConsentChanged, Outcome, ServiceStarted
from dispatch.core.policy import Policy
from dispatch.core.routing.events import CallListenedTo
from dispatch.service import exchange
from dispatch.service.softphones import Softphones
from dispatch.web.api.app import create_app
from dispatch.web.console.agent_page import mount_agent
from dispatch.web.console.agent_sound import FLOOD_AT_ONCE
from tests.conftest import until
from tests.dispatch.sip_house import ANNA, NEEDS_SIP, House, house
from tests.dispatch.test_agent_feed import Browser

pytestmark = [pytest.mark.anyio]
SILENCE = bytes(FRAME)


class SoundBrowser(Browser):
    """A page with sound, from the browser's side."""

    async def says(self, **said: str) -> None:
        """The page says something."""
        await self.asks.put({"type": "websocket.receive", "text": json.dumps(said)})

    async def speaks(self, pcm: bytes) -> None:
        """The page's microphone."""
        await self.asks.put({"type": "websocket.receive", "bytes": pcm})

    async def told_of(self, kind: str) -> dict[str, Any]:
        """What it is told next of a kind; sound is passed over."""
        while True:
            message = await self.next()
            assert message["type"] == "websocket.send", message
            if message.get("text") and (said := json.loads(message["text"]))["type"] == kind:
                return dict(said)

    async def hears(self) -> bytes:
        """The next frame that is not silent."""
        while True:
            message = await self.next()
            if any(message.get("bytes") or b""):
                return bytes(message["bytes"])

    async def closed(self) -> int:
        """With which code it is closed."""
        while (message := await self.next())["type"] != "websocket.close":
            pass
        return int(message["code"])


class Line:
    """A house whose agents have sound in their pages, and its app."""

    def __init__(self, at: House) -> None:
        self.at = at
        self.app: FastAPI = create_app(at.service)
        mount_agent(self.app, at.service)
        self.api = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://127.0.0.1/api/v1")

    async def sound(self, agent: str) -> SoundBrowser:
        """An agent's page with sound."""
        page = SoundBrowser(self.app, f"agent={agent}", "/agent/sound")
        await page.open()
        return page

    async def speaks(self, agent: str = "ina") -> SoundBrowser:
        """Anna's car is broken, and the agent speaks with her in their page."""
        page = await self.sound(agent)
        await self.at.breaks()
        await self.at.free(agent)
        await page.says(type="take", call=(await page.told_of("rings"))["call"])
        await self.at.first(CallConnected)
        return page

    async def listen(self) -> httpx.Response:
        """Somebody asks to listen in."""
        call = self.at.said(CallConnected)[0].call if self.at.said(CallConnected) else "volta/car-9/1-1/call"
        return await self.api.post("/calls/listen", json={"call": call})

    async def agrees(self, *, given: bool) -> None:
        """Anna agrees to that, or does not any more."""
        await self.at.tell(ConsentChanged("c-1", Purpose.LISTEN, given, Way.TELEPHONE))


@asynccontextmanager
async def line(**settings: Any) -> AsyncIterator[Line]:
    """One."""
    async with house(softphones=True, **settings) as at:
        found = Line(at)
        yield found
        await found.api.aclose()


@NEEDS_SIP
async def test_a_page_is_rung_and_carries_the_voice_until_the_call_is_over() -> None:
    """The customer is rung when the agent takes it, and not by another call's name; frames are of 20 ms; then it is free again."""
    async with line() as on:
        page = await on.sound("ina")
        assert await page.told_of("free") == {"type": "free"}
        await on.at.breaks()
        await on.at.free("ina")
        rings = await page.told_of("rings")
        await page.says(type="take", call="volta/car-9/1-1/call")
        await page.speaks(SILENCE)
        assert on.at.phones.rang == []
        await page.says(type="take", call=rings["call"])
        assert await page.told_of("speaks") == rings | {"type": "speaks"}
        call = await on.at.first(CallConnected)
        assert (on.at.phones.rang, call.by) == ([ANNA], "telephone")
        assert len(await page.hears()) == FRAME
        await on.at.tell(CallEnded(call.call, call.attempt, Outcome.INFORMED, agent="ina"))
        assert (await page.told_of("free"))["type"] == "free"
        await until(lambda: not on.at.phones.speaks(ANNA))
        assert on.at.words() == []
        await page.close()


@NEEDS_SIP
async def test_who_does_not_take_it_leaves_it_to_the_next() -> None:
    """As with any telephone: nobody is rung in vain."""
    async with line(policy=Policy(claim_timeout_s=4.0)) as on:
        first, second = await on.sound("ina"), await on.sound("oto")
        await on.at.breaks()
        await on.at.free("ina")
        await first.told_of("rings")
        await on.at.free("oto")
        call = (await second.told_of("rings"))["call"]
        assert [one.outcome for one in on.at.said(CallEnded)] == [Outcome.NOT_TAKEN]
        assert "not taken in time" in (await first.told_of("free"))["why"]
        await second.says(type="take", call=call)
        assert (await on.at.first(CallConnected)).agent == "oto"
        for page in (first, second):
            await page.close()


@NEEDS_SIP
async def test_a_page_that_comes_back_goes_on_and_one_that_does_not_has_hung_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The customer stays on the line either way; of two pages the one that came last counts."""
    monkeypatch.setattr(exchange, "GRACE_S", 0.1)
    monkeypatch.setattr(exchange, "Softphones", lambda: Softphones(gone_after_s=0.5))
    async with line() as on:
        page = await on.speaks()
        await page.close()
        again = await on.sound("ina")
        assert (await again.told_of("speaks"))["type"] == "speaks"
        assert await again.hears()
        newer = await on.sound("ina")
        assert await again.closed() == 4409
        assert await newer.hears()
        await newer.close()
        assert (await on.at.first(AgentLeft)).agent == "ina"
        assert on.at.phones.speaks(ANNA)


@NEEDS_SIP
async def test_what_is_no_frame_no_word_or_too_much_ends_it() -> None:
    """What comes faster than anybody speaks is dropped; far more of it, and what nobody understands, ends the page's sound."""
    async with line() as on:
        assert on.at.service.exchange
        for said in (bytes(FRAME + 2), bytes(1), "{", "[]"):
            page = await on.sound("ina")
            await page.asks.put({"type": "websocket.receive", "bytes" if isinstance(said, bytes) else "text": said})
            assert await page.closed() == 4400
        page = await on.sound("ina")
        for _ in range(int(FLOOD_AT_ONCE) + 50):
            await page.speaks(SILENCE)
        assert await page.closed() == 1009
        assert not on.at.service.exchange.softphones.is_here("ina")


@NEEDS_SIP
async def test_listening_in_is_refused_allowed_seen_cut_and_written_down() -> None:
    """Without a call, without consent, without the agent's page: each has its name. Then it is heard, and cut at once."""
    async with line() as on:
        assert _refusal(await on.listen()) == (409, "not-on-the-line")
        page = await on.speaks()
        assert _refusal(await on.listen()) == (403, "no-consent")
        await on.agrees(given=True)
        assert _refusal(await on.listen()) == (409, "agent-not-told")
        feed = await Browser(on.app, "agent=ina").open()
        may = (await on.listen()).json()
        (began,) = on.at.said(CallListenedTo)
        assert (began.listens, began.agent, may["agent"], began.by) == (True, "ina", "ina", began.listener)
        assert on.at.service.casebook.calls[may["call"]].listeners == [began.listener]
        nobody = SoundBrowser(on.app, "listening=leg-99", "/agent/listening")
        await nobody.open()
        assert await nobody.closed() == 4403
        ear = SoundBrowser(on.app, f"listening={may['listening']}", "/agent/listening")
        await ear.open()
        assert len(await ear.hears()) == FRAME
        await on.agrees(given=False)
        assert (await ear.told_of("over"))["why"] == "the customer agrees no longer"
        over = await on.at.first(CallListenedTo, 2)
        assert (over.listens, over.why) == (False, "the customer agrees no longer")
        assert on.at.service.casebook.calls[may["call"]].listeners == []
        assert on.at.phones.speaks(ANNA)
        await on.agrees(given=True)
        await on.listen()
        await on.at.first(CallListenedTo, 3)
        await on.at.tell(
            ServiceStarted(DECISIONS_VERSION, on.at.service.now())
        )  # as after a crash: nobody listens any more
        assert on.at.service.casebook.calls[may["call"]].listeners == []
        for one in (page, feed):
            await one.close()


@NEEDS_SIP
async def test_listening_ends_with_the_agents_page_a_word_or_the_line() -> None:
    """Whoever listens says nothing; who is not seen does not listen; nor does anybody where the line's process dies."""
    async with line() as on:
        page = await on.speaks()
        await on.agrees(given=True)
        feed = await Browser(on.app, "agent=ina").open()
        ears = []
        for _ in range(3):
            may = (await on.listen()).json()
            ears.append(SoundBrowser(on.app, f"listening={may['listening']}", "/agent/listening"))
            await ears[-1].open()
            await ears[-1].hears()
        assert _refusal(await on.listen()) == (409, "too-many-listen")
        await ears[0].speaks(SILENCE)
        assert await ears[0].closed() == 4400
        await feed.close()
        assert (await ears[1].told_of("over"))["why"] == "the agent's page is closed"
        assert await ears[2].closed() == 4409
        feed = await Browser(on.app, "agent=ina").open()
        may = (await on.listen()).json()
        last = SoundBrowser(on.app, f"listening={may['listening']}", "/agent/listening")
        await last.open()
        await last.hears()
        assert on.at.line.pid
        os.kill(on.at.line.pid, signal.SIGKILL)
        assert (await last.told_of("over"))["why"] == "the call is over"
        await until(lambda: len(on.at.said(CallListenedTo)) == 8)
        assert [one.listens for one in on.at.said(CallListenedTo)].count(False) == 4
        for one in (page, feed):
            await one.close()


def _refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[-1].rsplit(":", 1)[-1]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=60))
def test_two_voices_are_one_however_they_come(steps: list[tuple[int, int]]) -> None:
    """Nobody is waited for longer than the slack, and nothing is louder than can be."""
    mixer, heard, said = Mixer(), 0, [0, 0]
    loud = array("h", [30_000] * (FRAME // 2)).tobytes()
    for one, other in steps:
        mixed = mixer.mix(loud * one, loud * other)
        heard += len(mixed)
        said = [said[0] + one * FRAME, said[1] + other * FRAME]
        assert set(array("h", mixed)) <= {0, 30_000, 32_767}
        assert heard >= min(said) - SLACK
    assert heard <= sum(said)


def test_a_softphone_keeps_little_and_goes_by_the_others_clock() -> None:
    """What is late is dropped and counted; a cushion at first, nothing where the other has enough, then all of it."""
    sound = SoftphoneSound()
    sound.came(SILENCE)
    assert sound.due(0) == b""
    sound.came(SILENCE)
    assert len(sound.due(0)) == 2 * FRAME
    for _ in range(MOST_FRAMES + 3):
        sound.came(SILENCE)
    assert sound.dropped == 3
    assert sound.due(MOST_BUFFERED + 1) == b""
    assert sound.dropped == 3 + MOST_FRAMES
    sound.write(bytes(FRAME + 10))
    assert (len(sound.heard()), len(sound.heard())) == (FRAME, 0)
    assert sound.read() == b""


@NEEDS_SIP
async def test_who_is_listened_to_alone_is_not_mixed_with_whom_they_speak_with() -> None:
    """A customer is known by what they say, and not by what their agent says."""
    async with line() as on:
        page = await on.speaks()
        talk = on.at.service.exchange._talks[on.at.said(CallConnected)[0].call]  # type: ignore[union-attr]
        assert talk.customer_leg is not None
        heard: dict[str, array[int]] = {"alone": array("h"), "both": array("h")}
        on.at.line.hear_sound = lambda leg, pcm: heard[leg].frombytes(pcm) if leg in heard else None
        on.at.line.listen_in("alone", talk.customer_leg, alone=True)
        on.at.line.listen_in("both", talk.customer_leg)
        loud = array("h", [20_000] * (FRAME // 2)).tobytes()

        def agent_is_heard(leg: str) -> bool:
            on.at.service.exchange.softphones.say("ina", loud)  # type: ignore[union-attr]
            return max(heard[leg], default=0) >= 20_000

        await until(lambda: agent_is_heard("both") and len(heard["alone"]) >= 2_000)
        assert not agent_is_heard("alone")
        await page.close()
