"""Sound of an agent's page, and of whoever listens in: a websocket each. What is on the line is told as JSON, sound is binary.

A binary message is a frame: 20 ms of PCM, 16 bit, little endian, mono, 8 kHz, so 320 bytes. Nothing waits for a page that is slow:
what it does not take within half a second is dropped, and so is what it says faster than anybody speaks.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from abc import ABC, abstractmethod
from collections import deque

import msgspec
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from dispatch.access.permissions import Permission
from dispatch.access.principal import Principal
from dispatch.channels.telephony import FRAME
from dispatch.engine.sender_budgets import Buckets
from dispatch.service.exchange import Exchange
from dispatch.service.listening import Ear
from dispatch.service.service import Service
from dispatch.service.softphones import Said
from dispatch.web.console.agent_feed import ELSEWHERE, NOT_ALLOWED, NOT_UNDERSTOOD
from dispatch.web.console.feed import LOGGED_OUT, STILL_EVERY_S

OFF, DONE, TOO_MUCH = 4000, 1000, 1009
"""The agent turned it off; the page is gone, and may come back; more than anybody says."""
MOST_WAITING = 25
"""Frames that a page has yet to take."""
PER_SECOND, AT_ONCE = 55.0, 25.0
"""Frames that a page says: fifty, and what a network held back."""
FLOOD_PER_SECOND, FLOOD_AT_ONCE = 150.0, 1_500.0
"""Messages of any kind; whoever sends more is sent away."""
LONGEST_ASKED = 400


class Take(msgspec.Struct, tag="take", frozen=True):
    """The agent takes the call that rings, whose brief is on the screen."""

    call: str


class Off(msgspec.Struct, tag="off", frozen=True):
    """The agent turns the sound off."""


_read = msgspec.json.Decoder(Take | Off).decode


class SoundWire(ABC):
    """A websocket with sound."""

    def __init__(self, service: Service, browser: WebSocket) -> None:
        self._service, self._browser = service, browser
        self._who: Principal = browser.state.principal
        self._waiting: deque[str | bytes] = deque()
        self._news, self._gives_way = asyncio.Event(), asyncio.Event()
        self._frames, self._flood = Buckets(PER_SECOND, AT_ONCE), Buckets(FLOOD_PER_SECOND, FLOOD_AT_ONCE)
        self.dropped = 0
        """Frames, both ways."""

    async def run(self) -> None:
        """Carry sound until the page is closed, another takes its place, or who looks at it is no longer let in."""
        await self._browser.accept()
        exchange = self._service.exchange
        if exchange is None or not self._may() or not self._begin(exchange):
            await self._close(NOT_ALLOWED)
            return
        code = NOT_ALLOWED
        try:
            code = await self._first_to_end()
        finally:
            self._end(exchange, code)
        await self._close(code)

    @abstractmethod
    def _may(self) -> bool:
        """May this one have sound here?"""

    @abstractmethod
    def _begin(self, exchange: Exchange) -> bool:
        """Have sound come; ``False``: there is none to come."""

    @abstractmethod
    def _end(self, exchange: Exchange, code: int) -> None:
        """No sound comes any more."""

    @abstractmethod
    def _takes(self, message: Message) -> int | None:
        """Take what the page says; the code by which it ends, if it does."""

    # --- as the service has it ---------------------------------------------------------------------------------------

    def tell(self, said: Said) -> None:
        """Tell the page how its leg stands."""
        self._waiting.append(json.dumps(said))
        self._news.set()

    def hear(self, pcm: bytes) -> None:
        """Have the page hear something; where it takes nothing, the oldest goes."""
        for at in range(0, len(pcm) - FRAME + 1, FRAME):
            self._waiting.append(pcm[at : at + FRAME])
        if len(self._waiting) > MOST_WAITING:
            self._drop_oldest()
        self._news.set()

    def give_way(self) -> None:
        """Another page counts from now on, or it is over."""
        self._gives_way.set()

    def _drop_oldest(self) -> None:
        """What is told stays, in its order."""
        told = [one for one in self._waiting if isinstance(one, str)]
        frames = [one for one in self._waiting if isinstance(one, bytes)]
        self.dropped += max(0, len(frames) - MOST_WAITING)
        self._waiting = deque([*told, *frames[-MOST_WAITING:]])

    # --- the websocket -----------------------------------------------------------------------------------------------

    async def _first_to_end(self) -> int:
        ways = (self._down(), self._up(), self._while_let_in(), self._until_it_gives_way())
        tasks = [asyncio.create_task(way) for way in ways]
        done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in others:
            task.cancel()
        return next(iter(done)).result()

    async def _down(self) -> int:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                while self._waiting:
                    await self._send(self._waiting.popleft())
                self._news.clear()
                await self._news.wait()
        return DONE

    async def _send(self, said: str | bytes) -> None:
        await (self._browser.send_text(said) if isinstance(said, str) else self._browser.send_bytes(said))

    async def _up(self) -> int:
        now = asyncio.get_running_loop().time
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                message = await self._browser.receive()
                if message["type"] == "websocket.disconnect":
                    return DONE
                code = self._takes(message) if self._flood.take("", now()) else TOO_MUCH
                if code is not None:
                    return code
        return DONE

    async def _while_let_in(self) -> int:
        while self._service.log_in.still(self._who):  # noqa: ASYNC110 - nobody tells when a session is over
            await asyncio.sleep(STILL_EVERY_S)
        return LOGGED_OUT

    async def _until_it_gives_way(self) -> int:
        await self._gives_way.wait()
        while self._waiting:  # the last word is why
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await self._send(self._waiting.popleft())
        return ELSEWHERE

    async def _close(self, code: int) -> None:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await self._browser.close(code)


class AgentSound(SoundWire):
    """An agent's softphone: ``?agent=…``, where one speaks for others."""

    def __init__(self, service: Service, browser: WebSocket) -> None:
        super().__init__(service, browser)
        self._agent = browser.query_params.get("agent") or self._who.name

    def _may(self) -> bool:
        return self._who.may(Permission.TAKE_CALLS) is not None and self._who.acts_as(self._agent)

    def _begin(self, exchange: Exchange) -> bool:
        exchange.softphones.come(self._agent, self)
        return True

    def _end(self, exchange: Exchange, code: int) -> None:
        exchange.softphones.go(self._agent, self, for_good=code in {OFF, LOGGED_OUT, TOO_MUCH, NOT_UNDERSTOOD})

    def _takes(self, message: Message) -> int | None:
        frame = message.get("bytes")
        if frame is None:
            return self._asked(message.get("text") or "")
        if len(frame) != FRAME:
            return NOT_UNDERSTOOD
        if self._frames.take("", asyncio.get_running_loop().time()):
            assert self._service.exchange is not None  # noqa: S101 - there was one at the beginning
            self._service.exchange.softphones.say(self._agent, frame)
        else:
            self.dropped += 1
        return None

    def _asked(self, text: str) -> int | None:
        try:
            asked = _read(text[:LONGEST_ASKED])
        except msgspec.DecodeError:
            return NOT_UNDERSTOOD
        if isinstance(asked, Off):
            return OFF
        self._service.log_in.touch(self._who)
        if isinstance(asked, Take) and self._service.exchange is not None:
            self._service.exchange.softphones.take(self._agent, asked.call)
        return None


class ListeningSound(SoundWire):
    """Whoever listens in hears, and says nothing: ``?listening=…``, as ``POST /calls/listen`` answered."""

    _ear: Ear | None = None

    def _may(self) -> bool:
        return self._who.may(Permission.LISTEN_IN) is not None

    def _begin(self, exchange: Exchange) -> bool:
        leg = self._browser.query_params.get("listening", "")
        self._ear = exchange.listening.come(leg, self._who.actor, self)
        return self._ear is not None

    def _end(self, exchange: Exchange, code: int) -> None:
        del code  # whatever it is
        if self._ear is not None:
            exchange.listening.go(self._ear)

    def _takes(self, message: Message) -> int | None:
        del message  # whatever it says
        return NOT_UNDERSTOOD
