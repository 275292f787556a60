"""The telephones of a story's people while it plays live: who is rung answers as the story has it, who phones in really rings.

Everything happens on a thread of theirs; the world's thread waits for what it comes to. They are there before the service is,
which asks at its start whether it can ring them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

from dispatch.channels.telephony import LegState, LineAway
from dispatch.registers.telephone import dialled
from scenarios.runner.story_clock import StoryClock
from scenarios.runner.telephones import HOME, Manner, Telephones, free_port
from scenarios.service.process import CannotPlay
from scenarios.world.doors import Ticket
from scenarios.world.plan import Plan

START_WITHIN_S = 20.0
RINGS_S = 30.0
"""Of the story, for whoever dials by hand."""
WITHIN_S = 30.0
"""Seconds of the wall within which a call that was given out comes to something."""
_TRUNK = """# The telephones of a story's people, on this machine.
[world]
proxy = "{world}"
listen = "{service}"
agent_address = "sip:{{agent}}@{world}"
"""


@dataclass(slots=True)
class StoryTelephones:
    """``write`` where they are, bring them ``up``, and have them do what people do."""

    numbers: dict[str, str]
    """Customer → the number they have."""
    clock: StoryClock
    phones: Telephones = field(default_factory=lambda: Telephones(f"{HOME}:{free_port()}"))
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _waiting: dict[str, asyncio.Future[bool]] = field(default_factory=dict)
    """Agent → whether the customer they are to speak with answers."""
    _spoken_to_by: dict[str, str] = field(default_factory=dict)
    """Number → the agent."""

    @classmethod
    def of(cls, plan: Plan, clock: StoryClock) -> StoryTelephones:
        """Return the telephones of a story's people. Raises ``CannotPlay`` where there is nothing that speaks SIP."""
        if find_spec("baresip") is None:  # it runs in a process of its own
            raise CannotPlay("--telephony sip needs baresip-python: pip install 'callahead[telephony]'")
        return cls({one.customer: dialled(one.phone) for one in plan.customers()}, clock)

    def write(self, file: Path) -> Path:
        """Write the trunk file by which the service rings them."""
        file.write_text(_TRUNK.format(world=self.phones.at, service=self.phones.service), "utf-8")
        return file

    def start(self, doing: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Do something on the telephones' thread. From any thread."""
        return asyncio.run_coroutine_threadsafe(doing, self._loop)

    @contextmanager
    def up(self) -> Iterator[None]:
        """Have them there for a while. Raises ``CannotPlay``."""
        self.phones.otherwise, self.phones.on_change = Manner(answers_after_s=None), self._changed
        thread = Thread(target=self._loop.run_forever, name="telephones", daemon=True)
        thread.start()
        try:
            self.start(self.phones.start()).result(START_WITHIN_S)
            yield
        except LineAway as error:
            raise CannotPlay(str(error)) from None
        finally:
            self.start(self._stop()).result(START_WITHIN_S)
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(START_WITHIN_S)
            self._loop.close()

    async def _stop(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            if task is not self.phones.listening:
                task.cancel()
        await self.phones.stop()

    async def rings(self, ticket: Ticket, answers_after: float | None, *, engaged: bool) -> bool:
        """Have an agent take their leg and the customer do as the story says; return whether they speak."""
        number = self.numbers[ticket.customer]
        if ticket.by_hand:
            return await self._dials(answers_after)
        after_s = None if answers_after is None else answers_after / self.clock.speed
        self.phones.will[number] = Manner(after_s, busy=engaged)
        return await self._takes(ticket, number, 0.0)

    async def picks_up(self, ticket: Ticket, after: float) -> bool:
        """Have an agent take their leg of a call that came in; return whether they speak."""
        if ticket.by_hand:
            return await self._dials(after)
        return await self._takes(ticket, self.numbers[ticket.customer], after / self.clock.speed)

    async def ring_in(self, customer: str) -> None:
        """Have a customer ring the service."""
        self.phones.ring_in(self.numbers[customer])

    async def put_down(self, customer: str) -> None:
        """Have a customer give up."""
        self.phones.put_down(self.numbers[customer])

    async def _dials(self, answers_after: float | None) -> bool:
        """An agent dials on a telephone of their own, of which nobody here knows."""
        await asyncio.sleep((answers_after or RINGS_S) / self.clock.speed)
        return answers_after is not None

    async def _takes(self, ticket: Ticket, number: str, after_s: float) -> bool:
        agent = ticket.agent or ""
        answers: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[agent] = answers
        self._spoken_to_by[number] = agent
        self.phones.pick_up(agent, after_s)
        try:
            async with asyncio.timeout(WITHIN_S):
                return await answers
        except TimeoutError:
            return False
        finally:
            self._waiting.pop(agent, None)

    def _changed(self, telephone: str, state: LegState) -> None:
        if state is LegState.RINGING:
            self.phones.will.pop(telephone, None)  # said of one call
        elif state is LegState.ANSWERED:
            self._come_to(self._spoken_to_by.pop(telephone, ""), speak=True)
        else:
            self._come_to(telephone, speak=False)

    def _come_to(self, agent: str, *, speak: bool) -> None:
        answers = self._waiting.get(agent)
        if answers is not None and not answers.done():
            answers.set_result(speak)
