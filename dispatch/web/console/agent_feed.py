"""What an agent's open page is told: what they have in hand, before anybody speaks, and whenever it changes.

Whose page is gone is seen (``dispatch.service.present_agents``), and told what was taken from them meanwhile once they are back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Hashable
from dataclasses import replace
from typing import Annotated, Any, assert_never

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from dispatch.access.permissions import Permission
from dispatch.access.principal import Principal
from dispatch.projection.asked import Used
from dispatch.projection.wire import packed
from dispatch.service.service import Service
from dispatch.views.in_hand import OnScreen, Reached, in_hand, marks
from dispatch.web.api.conversations import reach
from dispatch.web.console.feed import LOGGED_OUT, STILL_EVERY_S
from dispatch.words import LANGUAGES
from gateway.kinds.registry import kinds

log = logging.getLogger(__name__)

NOT_ALLOWED, ELSEWHERE, NOT_UNDERSTOOD = 4403, 4409, 4400
AT_MOST_EVERY_S = 0.1
SOMETHING_EVERY_S = 4.0
"""A page that hears nothing for long takes the connection for dead."""
LONGEST_ASKED = 4_096


class Beside(msgspec.Struct, tag="beside", frozen=True):
    """In which language the agent reads what they say."""

    language: Annotated[str, msgspec.Meta(max_length=35)]


_read = msgspec.json.Decoder(Used | Beside).decode


class AgentFeed:
    """One open page of an agent."""

    def __init__(self, service: Service, browser: WebSocket) -> None:
        self._service, self._browser, self._present = service, browser, service.present_agents
        self._who: Principal = browser.state.principal
        self._agent = browser.query_params.get("agent") or self._who.name
        self._beside = "en"
        self._sent: dict[str, Hashable] = {}
        self._gives_way = asyncio.Event()
        self._asked = asyncio.Event()

    async def run(self) -> None:
        """Tell, until the page is closed, another takes its place, or the agent is no longer let in."""
        await self._browser.accept()
        if self._who.may(Permission.TAKE_CALLS) is None or not self._who.acts_as(self._agent):
            await self._close(NOT_ALLOWED)
            return
        self._present.come(self._agent, self)
        try:
            await self._close(await self._first_to_end())
        finally:
            self._present.go(self._agent, self)

    def give_way(self) -> None:
        """The agent opened another page, which counts from now on."""
        self._gives_way.set()

    async def _first_to_end(self) -> int:
        ways = (self._down(), self._up(), self._while_let_in(), self._until_elsewhere())
        tasks = [asyncio.create_task(way) for way in ways]
        done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in others:
            task.cancel()
        return next(iter(done)).result()

    async def _until_elsewhere(self) -> int:
        await self._gives_way.wait()
        return ELSEWHERE

    async def _while_let_in(self) -> int:
        while self._service.log_in.still(self._who):  # noqa: ASYNC110 - nobody tells when a session is over
            await asyncio.sleep(STILL_EVERY_S)
        return LOGGED_OUT

    async def _up(self) -> int:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, KeyError):
            while True:
                try:
                    self._take(_read((await self._browser.receive_text())[:LONGEST_ASKED]))
                except msgspec.DecodeError:
                    return NOT_UNDERSTOOD
        return 1000

    def _take(self, asked: Used | Beside) -> None:
        match asked:
            case Used():
                self._service.log_in.touch(self._who)
            case Beside():
                self._beside = asked.language if asked.language in LANGUAGES else "en"
                self._sent.clear()
                self._asked.set()
            case _:
                assert_never(asked)

    async def _down(self) -> int:
        news = self._service.driver.announcer.news
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            came = False
            while not news.closed:
                said = self._everything()
                if "changed" in said or not came:
                    await self._tell(said)
                came = await self._wait()
                await asyncio.sleep(AT_MOST_EVERY_S)  # then looked at: what comes meanwhile is not missed
        return 1012

    async def _wait(self) -> bool:
        """Wait for news or for what the page asks; ``False``: nothing came for long."""
        self._asked.clear()
        waits = [
            asyncio.ensure_future(self._service.driver.announcer.news.wait(SOMETHING_EVERY_S)),
            asyncio.ensure_future(self._asked.wait()),
        ]
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
        return any(one.result() for one in done)

    def _everything(self) -> dict[str, Any]:
        """Return what this page was not told yet, and what the agent has in hand."""
        service, now = self._service, self._service.now()
        names = [name for name in service.room.desk.held_by(self._agent) if self._is_theirs(name)]
        changed = {name: one for name in names if (one := self._changed(name, now)) is not None}
        gone = [name for name in self._sent if name not in names]
        for name in gone:
            del self._sent[name]
        said: dict[str, Any] = {"now": now, "agent": self._agent, "in_hand": names, "lost": self._lost()}
        return said | ({"changed": changed, "gone": gone} if changed or gone else {})

    def _lost(self) -> list[dict[str, Any]]:
        """Return what was taken from them while they were gone, until they ask for calls again."""
        known, calls = self._service.casebook.agents.get(self._agent), self._service.casebook.calls
        lost = known.lost if known is not None else {}
        return [
            {"call": name, "at": at, "who": self._called(calls[name].customer)}
            for name, at in lost.items()
            if name in calls
        ]

    def _called(self, customer: str) -> str:
        known = self._service.customers.get(customer)
        return known.name if known is not None and known.name else customer

    def _is_theirs(self, call: str) -> bool:
        """Does the ledger say so, too? What is decided and not stored yet is told by nobody."""
        view = self._service.casebook.calls.get(call)
        return view is not None and view.agent == self._agent and view.state in {"assigned", "connected"}

    def _changed(self, call: str, now: float) -> OnScreen | None:
        service = self._service
        voice = service.exchange.voices.word(call) if service.exchange is not None else ""
        mark = (marks(service.casebook, service.customers, call, now), voice)
        if self._sent.get(call) == mark:
            return None
        self._sent[call] = mark
        desk, brief = service.room.desk, service.brief_of(call)
        name = service.casebook.calls[call].customer
        reached = replace(_reached(service, name), voice=voice)
        book, policy = service.casebook, desk.policy
        return in_hand(book, brief, service.customers, reached, policy=policy, beside=self._beside, now=now)

    async def _tell(self, said: dict[str, Any]) -> None:
        await self._browser.send_bytes(packed(said))

    async def _close(self, code: int) -> None:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await self._browser.close(code)


def _reached(service: Service, name: str) -> Reached:
    known, stranger = service.customers.get(name), service.doors.strangers.get(name)
    devices = [one for one in service.room.intake.registry.of_customer(name) if kinds().named(one.kind).domain]
    return Reached(
        reach(service, name, known),
        service.room.desk.preference_of(name),
        stranger.name if stranger is not None else "",
        stranger.rung_at if stranger is not None else "",
        tuple(devices),
    )
