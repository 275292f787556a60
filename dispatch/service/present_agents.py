"""Signs of life of agents: an open page, or a program that says so. The desk is told when they begin and when none comes any more.

What follows from that, and after how long, the desk decides (``Policy.agent_gone_s``): here are only pages and lines that break.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from dispatch.core.events import Event
from dispatch.core.routing.events import AgentSeen, AgentUnseen
from dispatch.core.routing.presence import Sight
from dispatch.engine.inputs import Stopped

BACK_WITHIN_S = 3.0
"""A page that is loaded anew is away for less, seconds of the wall: nobody is told of that."""
BY = "service"


class AgentPage(Protocol):
    """An agent's open page."""

    def give_way(self) -> None:
        """The agent opened another page, which counts from now on."""


class ToldOfAgents(Protocol):
    """Who is told, and asked how agents stand."""

    async def tell(self, event: Event) -> object:
        """Tell the desk."""

    def sight_of(self, agent: str) -> Sight | None:
        """Return whether the desk sees an agent."""

    def has_work(self, agent: str) -> bool:
        """Tell whether they have something in hand, or wait for it."""

    def speaks_by_telephone(self, agent: str) -> tuple[str, ...]:
        """Return the calls that an agent's telephone carries just now."""


class PresentAgents:
    """Which agents are there; of several pages of one agent, the one that came last counts. In one event loop."""

    def __init__(self, desk: ToldOfAgents, back_within_s: float = BACK_WITHIN_S) -> None:
        self._desk = desk
        self.back_within_s = back_within_s
        self.looks: Callable[[str, bool], None] = lambda _agent, _looks: None
        """Is told at once whose page is open, and whose is not any more."""
        self._pages: dict[str, AgentPage] = {}
        self._expected: dict[str, asyncio.TimerHandle] = {}
        """Agent → when they are out of sight, unless they show themselves before."""
        self._telling: set[asyncio.Task[Any]] = set()

    def come(self, agent: str, page: AgentPage) -> None:
        """An agent opened the page, or it found its way back."""
        self._shown(agent)
        before, self._pages[agent] = self._pages.get(agent), page
        self.looks(agent, True)  # noqa: FBT003 - as it is told
        if before is not None:
            before.give_way()

    def go(self, agent: str, page: AgentPage) -> None:
        """A page is closed, or its line is dead."""
        if self._pages.get(agent) is page:
            del self._pages[agent]
            self.looks(agent, False)  # noqa: FBT003 - likewise
            self._expect(agent, self.back_within_s)

    def beat(self, agent: str, within_s: float) -> None:
        """A program says that its agent is there, and will say so again ``within_s`` seconds of the wall."""
        self._shown(agent)
        if agent not in self._pages:
            self._expect(agent, within_s)

    def telephone_is_over(self, agent: str) -> None:
        """What their telephone carried on is over: whoever is out of sight is waited for from now on."""
        sight = self._desk.sight_of(agent)
        if sight is not None and sight.unseen_since is not None:
            self._tell(AgentUnseen(agent, self._desk.speaks_by_telephone(agent), by=BY))

    def _shown(self, agent: str) -> None:
        expected = self._expected.pop(agent, None)
        if expected is not None:
            expected.cancel()
        sight = self._desk.sight_of(agent)
        if sight is None or sight.unseen_since is not None:
            self._tell(AgentSeen(agent, by=BY))

    def _expect(self, agent: str, within_s: float) -> None:
        self._expected[agent] = asyncio.get_running_loop().call_later(within_s, self._out_of_sight, agent)

    def _out_of_sight(self, agent: str) -> None:
        self._expected.pop(agent, None)
        if self._desk.has_work(agent):
            self._tell(AgentUnseen(agent, self._desk.speaks_by_telephone(agent), by=BY))

    def _tell(self, event: AgentSeen | AgentUnseen) -> None:
        task = asyncio.create_task(_told(self._desk, event))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)


async def _told(desk: ToldOfAgents, event: Event) -> None:
    with suppress(Stopped):  # the next start expects everybody to show themselves
        await desk.tell(event)
