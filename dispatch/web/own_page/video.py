"""A room for two, a customer and the agent who has their conversation: passes on what their browsers agree on, and no picture.

Sound and picture go from browser to browser. Nobody is let in who has no part in it, nothing is kept, and nothing is looked at but
whether it is one of the few things that browsers say to begin with.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Literal

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from dispatch.access.permissions import Permission
from dispatch.access.principal import Principal
from dispatch.access.roles import Role
from dispatch.engine.sender_budgets import Buckets
from dispatch.service.service import Service
from dispatch.web.own_page.live import LivePages

NOT_ALLOWED, ELSEWHERE, TOO_MUCH = 4403, 4409, 1009
"""As a websocket says why it ends: no conversation of theirs; a newer page of the same; too long, or too often."""
LONGEST = 16_384
"""Letters of one message: the longest are descriptions of a session, which have a few thousand."""
PER_SECOND, AT_ONCE = 10.0, 80.0
"""Messages of one browser: ways to reach it come in a burst."""
LOOK_EVERY_S = 2.0
Seat = Literal["customer", "agent"]
OTHER: dict[Seat, Seat] = {"customer": "agent", "agent": "customer"}


class Signal(msgspec.Struct):
    """What browsers say to begin with; what else stands in it is theirs."""

    type: Literal["offer", "answer", "candidate"]


_read = msgspec.json.Decoder(Signal).decode
_READY, _GONE = '{"type":"ready"}', '{"type":"gone"}'


@dataclass(slots=True)
class VideoRooms:
    """``pages`` are told where an agent waits for a customer, who is asked first."""

    service: Service
    pages: LivePages
    _seats: dict[tuple[str, Seat], WebSocket] = field(default_factory=dict)
    _budget: Buckets = field(default_factory=lambda: Buckets(PER_SECOND, AT_ONCE))

    async def customer(self, browser: WebSocket) -> None:
        """A customer agreed, and takes their seat: only where an agent waits for them."""
        who: Principal = browser.state.principal
        name = who.owns or ""
        waits = (name, "agent") in self._seats
        await self._take(browser, name, "customer", allowed=who.role is Role.CUSTOMER and waits)

    async def agent(self, browser: WebSocket) -> None:
        """An agent asks a customer whose conversation they have: ``?customer=…``, and for whom a machine speaks, ``&agent=…``."""
        who: Principal = browser.state.principal
        name = browser.query_params.get("customer", "")
        await self._take(browser, name, "agent", allowed=self._has(browser, who, name))

    async def _take(self, browser: WebSocket, name: str, seat: Seat, *, allowed: bool) -> None:
        await browser.accept()
        if not allowed:
            await _close(browser, NOT_ALLOWED)
            return
        before = self._seats.get((name, seat))
        self._seats[name, seat] = browser
        if before is not None:
            await _close(before, ELSEWHERE)
        try:
            await self._arrived(name, seat)
            await _close(browser, await self._first_to_end(browser, name, seat))
        finally:
            if self._seats.get((name, seat)) is browser:
                del self._seats[name, seat]
                await self._left(name, seat)

    async def _arrived(self, name: str, seat: Seat) -> None:
        if seat == "agent":
            self.pages.invite(name, asked=True)
        if (name, OTHER[seat]) in self._seats:
            for one in OTHER:
                await self._say(name, one, _READY)

    async def _left(self, name: str, seat: Seat) -> None:
        if seat == "agent":
            self.pages.invite(name, asked=False)
        await self._say(name, OTHER[seat], _GONE)

    async def _first_to_end(self, browser: WebSocket, name: str, seat: Seat) -> int:
        tasks = [
            asyncio.create_task(way) for way in (self._pass_on(browser, name, seat), self._look(browser, name, seat))
        ]
        done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in others:
            task.cancel()
        return next(iter(done)).result()

    async def _pass_on(self, browser: WebSocket, name: str, seat: Seat) -> int:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, KeyError):
            while self._may_say(text := await browser.receive_text(), f"{seat}/{name}"):
                await self._say(name, OTHER[seat], text)
            return TOO_MUCH
        return 1000

    def _may_say(self, text: str, whose: str) -> bool:
        if len(text) > LONGEST or not self._budget.take(whose, self.service.now()):
            return False
        try:
            _read(text)
        except msgspec.DecodeError:
            return False
        return True

    async def _look(self, browser: WebSocket, name: str, seat: Seat) -> int:
        """It ends with the session, and with the conversation."""
        who: Principal = browser.state.principal
        while self.service.log_in.still(who) and (seat == "customer" or self._has(browser, who, name)):  # noqa: ASYNC110
            await asyncio.sleep(LOOK_EVERY_S)
        return NOT_ALLOWED

    def _has(self, browser: WebSocket, who: Principal, name: str) -> bool:
        """Has this agent the customer's conversation just now?"""
        agent, book = browser.query_params.get("agent") or who.name, self.service.casebook
        held = (book.calls.get(call) for call in self.service.room.desk.held_by(agent))
        mine = any(call is not None and call.customer == name for call in held)
        return mine and who.may(Permission.TAKE_CALLS) is not None and who.acts_as(agent)

    async def _say(self, name: str, seat: Seat, text: str) -> None:
        browser = self._seats.get((name, seat))
        if browser is not None:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await browser.send_text(text)


async def _close(browser: WebSocket, code: int) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await browser.close(code)
