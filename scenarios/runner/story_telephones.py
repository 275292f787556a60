"""The telephones of a story's people while it plays live: who is rung answers as the story has it, who phones in really rings.

Everything happens on the API's thread; the world's thread waits for what it comes to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from dispatch.channels.telephony import LegState, LineAway
from dispatch.registers.telephone import dialled
from scenarios.runner.story_clock import StoryClock
from scenarios.runner.telephones import HOME, Manner, Telephones, free_port
from scenarios.service.http import Api
from scenarios.service.process import CannotPlay
from scenarios.world.doors import Ticket
from scenarios.world.plan import Plan

START_WITHIN_S = 20.0
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

    @contextmanager
    def up(self, api: Api) -> Iterator[StoryTelephones]:
        """Have them there for a while. Raises ``CannotPlay``."""
        self.phones.otherwise, self.phones.on_change = Manner(answers_after_s=None), self._changed
        try:
            api.start(self.phones.start()).result(START_WITHIN_S)
            yield self
        except LineAway as error:
            raise CannotPlay(str(error)) from None
        finally:
            api.start(self.phones.stop()).result(START_WITHIN_S)

    async def rings(self, ticket: Ticket, answers_after: float | None, *, engaged: bool) -> bool:
        """Have an agent take their leg and the customer do as the story says; return whether they speak."""
        number = self.numbers[ticket.customer]
        after_s = None if answers_after is None else answers_after / self.clock.speed
        self.phones.will[number] = Manner(after_s, busy=engaged)
        return await self._takes(ticket, number, 0.0)

    async def picks_up(self, ticket: Ticket, after: float) -> bool:
        """Have an agent take their leg of a call that came in; return whether they speak."""
        return await self._takes(ticket, self.numbers[ticket.customer], after / self.clock.speed)

    async def ring_in(self, customer: str) -> None:
        """Have a customer ring the service."""
        self.phones.ring_in(self.numbers[customer])

    async def put_down(self, customer: str) -> None:
        """Have a customer give up."""
        self.phones.put_down(self.numbers[customer])

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
