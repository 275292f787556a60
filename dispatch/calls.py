"""The call queue: who is rung next, by whom, and what happens when nobody answers."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dispatch.actions import Action, AssignCall, QueueCall, WithdrawCall
from dispatch.alarms import About, Alarms
from dispatch.case import Call, Case
from dispatch.events import AgentBecameFree, CustomerPhoned, Outcome
from dispatch.moves import CallMove, CallState
from dispatch.policy import Policy
from dispatch.skills import NEEDED
from gateway.finding import Drive, Severity

INBOUND_PRIORITY = 0
"""A customer on the line is served before any call of ours."""


Turn = tuple[int, float, str]
"""The order in which calls are served: priority, when due, name."""


@dataclass(frozen=True, slots=True)
class FreeAgent:
    """An agent who waits for a call."""

    agent: str
    event: AgentBecameFree


class Calls:
    """Every call that is not over, and the agents who wait. Assigns again on every change of either."""

    def __init__(self, policy: Policy, alarms: Alarms) -> None:
        self._policy = policy
        self._alarms = alarms
        self.calls: dict[str, Call] = {}
        self._waiting: dict[str, Call] = {}
        self._line: list[Turn] = []
        """Of the waiting calls, in the order they are served."""
        self._free: dict[str, FreeAgent] = {}
        self._held: dict[str, dict[str, Call]] = {}
        """Agent → the calls they were given that are not over."""
        self._on_the_line: dict[str, dict[str, Call]] = {}
        """Customer → their own calls that are not over."""

    def waiting(self) -> list[str]:
        """Return the calls that wait for an agent, as they were queued."""
        return list(self._waiting)

    def free(self) -> list[AgentBecameFree]:
        """Return the agents who wait for a call, who waited longest first."""
        return [agent.event for agent in self._free.values()]

    def stand(self, calls: dict[str, Call], waiting: list[str], free: list[AgentBecameFree]) -> None:
        """Take up an earlier standing."""
        self.calls = calls
        self._waiting = {name: calls[name] for name in waiting}
        self._line = sorted(map(_turn, self._waiting.values()))
        self._free = {event.agent: FreeAgent(event.agent, event) for event in free}
        self._held, self._on_the_line = {}, {}
        for call in calls.values():
            if call.agent is not None:
                self._held.setdefault(call.agent, {})[call.call] = call
            if call.inbound:
                self._on_the_line.setdefault(call.customer, {})[call.call] = call

    def queue(self, case: Case, now: float) -> Iterator[Action]:
        """Queue our call to the customer of ``case``."""
        finding = case.finding
        case.call = Call(
            f"{case.case}/call",
            case.case,
            finding.customer,
            inbound=False,
            language=case.language,
            provenance=finding.provenance,
            priority=INBOUND_PRIORITY + 1 + case.urgency,
            at_once=finding.sends or finding.drive is Drive.STOP_NOW or finding.severity is Severity.CRITICAL,
            skill=NEEDED[finding.domain],
        )
        self.calls[case.call.call] = case.call
        yield from self._enqueue(case.call, now)

    def phoned(self, event: CustomerPhoned, case: Case | None, now: float) -> Iterator[Action]:
        """A customer rang in: our own call to them is withdrawn, theirs is queued before all others."""
        if case is not None and case.call is not None:
            yield from self.withdraw(case.call, "customer_phoned")
        call = Call(
            event.call,
            case.case if case else None,
            event.customer,
            inbound=True,
            language=event.language,
            provenance=event.provenance,
            priority=INBOUND_PRIORITY,
            skill=NEEDED[case.finding.domain] if case else None,
        )
        self.calls[call.call] = call
        self._on_the_line.setdefault(event.customer, {})[call.call] = call
        yield from self._enqueue(call, now)

    def on_the_line(self, customer: str) -> Call | None:
        """Return the call of a customer who rang in and is not done."""
        mine = self._on_the_line.get(customer, {}).values()
        return next((call for call in mine if call.state is not CallState.DONE), None)

    def agent_free(self, event: AgentBecameFree, now: float) -> Iterator[Action]:
        """An agent waits for a call."""
        self._free[event.agent] = FreeAgent(event.agent, event)
        yield from self._assign(now)

    def agent_left(self, agent: str) -> None:
        """An agent waits no longer."""
        self._free.pop(agent, None)

    def held_by(self, agent: str) -> list[Call]:
        """Return the calls an agent was given and has not ended."""
        held = {CallState.ASSIGNED, CallState.CONNECTED}
        return [call for call in self._held.get(agent, {}).values() if call.state in held]

    def connected(self, call: Call) -> bool:
        """They speak; ``False`` where the call was withdrawn or handed on meanwhile."""
        return call.move(CallMove.CONNECT)

    def unanswered(self, call: Call, now: float) -> Iterator[Action]:
        """Nobody answered: ring again later, or give up after the policy's number of attempts."""
        call.unanswered += 1
        if call.unanswered >= self._policy.dial_attempts:
            if call.move(CallMove.GIVE_UP):
                self._over(call)
                yield WithdrawCall(call.call, call.case, call.attempt, "unreachable")
        elif call.move(CallMove.REST):
            self._alarms.set(now + self._policy.redial_s, About.REDIAL, call.call, call.attempt)

    def requeue(self, call: Call, now: float) -> Iterator[Action]:
        """Put a call that is not over back into the queue."""
        yield from self._enqueue(call, now)

    def finish(self, call: Call) -> None:
        """The call is over."""
        if call.move(CallMove.FINISH):
            self._over(call)

    def withdraw(self, call: Call, reason: Literal["customer_phoned", "recovered", "closed"]) -> Iterator[Action]:
        """Take a call of ours back, unless they already speak."""
        if call.move(CallMove.WITHDRAW):
            self._over(call)
            yield WithdrawCall(call.call, call.case, call.attempt, reason)

    def assign_any(self, now: float) -> Iterator[Action]:
        """Match waiting calls and free agents once more."""
        yield from self._assign(now)

    def _enqueue(self, call: Call, now: float) -> Iterator[Action]:
        if not call.move(CallMove.QUEUE):
            return
        call.attempt += 1
        self._let_go(call)
        call.not_before = now if call.at_once or self._policy.quiet is None else self._policy.quiet.over(now)
        call.due = call.not_before + self._policy.call_due_s
        self.calls[call.call] = call
        self._waiting[call.call] = call
        insort(self._line, _turn(call))
        yield _queued(call)
        yield from self._assign(now)
        if call.call in self._waiting:
            if call.not_before > now:
                self._alarms.set(call.not_before, About.OVERDUE_CALL, call.call, call.attempt)
            self._alarms.set(call.due, About.OVERDUE_CALL, call.call, call.attempt)

    def _assign(self, now: float) -> Iterator[Action]:
        if not self._free or not self._waiting:
            return
        for turn in list(self._line):
            call = self._waiting[turn[2]]
            agent = self._agent_for(call, now) if call.not_before <= now else None
            if agent is not None and call.move(CallMove.ASSIGN):
                del self._free[agent.agent]
                self._wait_no_longer(call)
                call.agent = agent.agent
                self._held.setdefault(agent.agent, {})[call.call] = call
                self._alarms.set(now + self._policy.claim_timeout_s, About.CLAIM, call.call, call.attempt)
                yield AssignCall(call.call, call.case, call.attempt, agent.agent)
                if not self._free:
                    return

    def _agent_for(self, call: Call, now: float) -> FreeAgent | None:
        """Return the agent who waited longest of those it suits; whoever is free once the call is due."""
        late = now >= call.due
        for agent in self._free.values():
            if agent.event.provenance == call.provenance and (late or _suits(call, agent.event)):
                return agent
        return None

    def _over(self, call: Call) -> None:
        self._wait_no_longer(call)
        self._let_go(call)
        if call.state is not CallState.WITHDRAWN:
            self.calls.pop(call.call, None)
            self._hangs_up(call)

    def _wait_no_longer(self, call: Call) -> None:
        if self._waiting.pop(call.call, None) is not None:
            del self._line[bisect_left(self._line, _turn(call))]

    def _let_go(self, call: Call) -> None:
        """No agent holds the call any more."""
        if call.agent is not None:
            self._held.get(call.agent, {}).pop(call.call, None)
        call.agent = None

    def _hangs_up(self, call: Call) -> None:
        mine = self._on_the_line.get(call.customer, {})
        mine.pop(call.call, None)
        if not mine:
            self._on_the_line.pop(call.customer, None)


def _turn(call: Call) -> Turn:
    return call.priority, call.due, call.call


def _queued(call: Call) -> QueueCall:
    return QueueCall(
        call.call,
        call.case,
        call.customer,
        "inbound" if call.inbound else "outbound",
        call.attempt,
        call.priority,
        not_before=call.not_before,
        due=call.due,
        language=call.language,
        provenance=call.provenance,
    )


UNHEARD = {Outcome.NO_ANSWER, Outcome.ABANDONED}
"""Outcomes after which the customer knows no more than before."""


def _suits(call: Call, agent: AgentBecameFree) -> bool:
    """Do they speak the customer's language, and can they talk about what broke?"""
    trained = call.skill is None or not agent.skills or call.skill in agent.skills
    return trained and call.language in agent.languages
