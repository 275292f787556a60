"""Agents who wait for the next call on an open request, and the call that comes to them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from dispatch.core.actions import AssignCall
from dispatch.core.events import AgentBecameFree, AgentLeft
from dispatch.engine.driver import Driver
from dispatch.ledger.rows import Row, read


class WaitingAgents:
    """One waiting request for each agent; a newer one takes the older one's place."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[str | None]] = {}
        self._closing = False

    def feed(self, row: Row) -> None:
        """Take one row, in the ledger's order: an assignment wakes the agent it is for."""
        action = read(row)
        if isinstance(action, AssignCall):
            self._answer(action.agent, action.call)

    async def claim(self, driver: Driver, agent: AgentBecameFree, within_s: float, gone: Awaitable[None]) -> str | None:
        """Return the call handed to ``agent``; ``None`` where none comes in time, or the agent is ``gone`` first.

        Whoever gets none is no longer counted as free. An assignment that crosses with that is still returned.
        """
        leaving = asyncio.ensure_future(gone)
        mine: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        try:
            if self._closing:
                return None
            self._answer(agent.agent, None)
            self._waiting[agent.agent] = mine
            await driver.tell(agent)
            await asyncio.wait({mine, leaving}, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
            if not mine.done():
                await driver.tell(AgentLeft(agent.agent, by=agent.by, holds=agent.holds))
            return mine.result() if mine.done() else None
        finally:
            leaving.cancel()
            if self._waiting.get(agent.agent) is mine:
                del self._waiting[agent.agent]

    def send_away(self) -> None:
        """Answer everybody with nothing, and whoever asks again: the service ends, and would wait for them."""
        self._closing = True
        for agent in list(self._waiting):
            self._answer(agent, None)

    def send_away_one(self, agent: str) -> None:
        """Answer one agent with nothing: they are not free any more, and said so."""
        self._answer(agent, None)

    def _answer(self, agent: str, call: str | None) -> None:
        waiter = self._waiting.pop(agent, None)
        if waiter is not None and not waiter.done():
            waiter.set_result(call)
