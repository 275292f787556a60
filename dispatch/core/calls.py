"""The call queue: who is rung next, by whom, and what happens when nobody answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dispatch.core.actions import Action, AssignCall, QueueCall, QueueReason, WithdrawCall, WithdrawReason
from dispatch.core.call_order.hazards import USUAL, HazardModel
from dispatch.core.call_order.turns import IndexTurns
from dispatch.core.call_order.unheard import Unheard
from dispatch.core.call_queue import CallLine
from dispatch.core.case import CALL_BACK_PRIORITY, INBOUND_PRIORITY, Call, Case
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.events import CustomerWrote
from dispatch.core.events import AgentBecameFree, CustomerPhoned, Outcome
from dispatch.core.ids import call_back_id, call_id, contact_id, invited_call_id, rated_call_id
from dispatch.core.invitations.struggling import Struggling
from dispatch.core.policy import CallOrder, Policy
from dispatch.core.reasons.model import Expects, skill_wanted
from dispatch.core.reasons.reasons import Reasons
from dispatch.core.routing.events import CallTransferred
from dispatch.core.routing.fit import Routing
from dispatch.core.routing.model import Concern
from dispatch.core.skills import NEEDED, Skill
from dispatch.core.surveys.asked import AskedSurvey
from dispatch.core.timers import About, Alarms
from dispatch.core.transitions import CallMove, CallState
from gateway.finding import Drive, Provenance, Severity

RUNG_BACK_WITHIN_S = 3_600.0
"""Who hung up waits at most so long for a moment when an agent can be spared [fit]: sooner, it costs others their call."""
URGED_AFTER_S = 20 * 3_600.0
"""Whoever gave little and was not reached by then is before all others: within a day they are spoken with [fit]."""


@dataclass(frozen=True, slots=True)
class FreeAgent:
    """An agent who waits for a call."""

    agent: str
    event: AgentBecameFree


class Calls:
    """Every call that is not over, and the agents who wait. Assigns again on every change of either."""

    def __init__(self, policy: Policy, alarms: Alarms, case_of: Callable[[str], Case | None]) -> None:
        self._policy = policy
        self._alarms = alarms
        self._case_of = case_of
        self.unheard = Unheard()
        """Who turned to us and was not spoken to."""
        self.reasons = Reasons()
        """Who turned to us lately, and why."""
        self._turns = IndexTurns(case_of, policy.call_cap_s, self.unheard)
        self._routing = Routing(policy, self.held_by)
        self.wants_same_agent: Callable[[str], bool] = lambda _: False
        """Tells of a customer whether whom they spoke with last shall have their next call."""
        self.is_there: Callable[[str], bool] = lambda _: True
        """Tells of an agent whether they may be given a call, as far as can be seen."""
        self.left_in_peace: Callable[[str, float, str], float] = lambda _, at, __: at
        """Tells of a customer, an hour and their time zone when they may be rung: then, or when quiet hours are over."""
        self.expects: Callable[[CustomerPhoned | CustomerWrote, float], Expects | None] = lambda _, __: None
        """Tells of who turns to us, and when, why they do; ``None``: nobody asks."""
        self.hazards: HazardModel | None = None
        """As adopted last; ``None``: none was, and the usual ones hold."""
        self.calls: dict[str, Call] = {}
        self._waiting: dict[str, Call] = {}
        self._lines: dict[Provenance, CallLine] = {}
        """The waiting calls, in the order they are served. What is simulated never keeps anybody real waiting."""
        self._free: dict[str, FreeAgent] = {}
        self._held: dict[str, dict[str, Call]] = {}
        """Agent → the calls they were given that are not over."""
        self._on_the_line: dict[str, dict[str, Call]] = {}
        """Customer → their own calls that are not over."""
        self._back: dict[str, Call] = {}
        """Customer → our call to who hung up, that is not over."""

    def waiting(self) -> list[str]:
        """Return the calls that wait for an agent, as they were queued."""
        return list(self._waiting)

    def in_turn(self, now: float) -> list[str]:
        """Return the calls that wait for an agent, in the order in which they are served; those of quiet hours last."""
        turns = [call.call for line in self._lines.values() for call in self._in_turn(line, now)]
        ready = dict.fromkeys(name for name in turns if self._waiting[name].not_before <= now)
        return [*ready, *(name for name in self._waiting if name not in ready)]

    def free(self) -> list[AgentBecameFree]:
        """Return the agents who wait for a call, who waited longest first."""
        return [agent.event for agent in self._free.values()]

    def passed(self) -> dict[Provenance, int]:
        """Return how many who rang in were served in a row while a call of ours was overdue."""
        return {provenance: line.passed for provenance, line in self._lines.items() if line.passed}

    def stand(
        self,
        calls: dict[str, Call],
        waiting: list[str],
        free: list[AgentBecameFree],
        passed: dict[Provenance, int],
    ) -> None:
        """Take up an earlier standing."""
        self.calls = calls
        self._waiting = {name: calls[name] for name in waiting}
        self._lines = {provenance: CallLine(passed=count) for provenance, count in passed.items()}
        for call in self._waiting.values():
            self._line_of(call).put(call)
        self._free = {event.agent: FreeAgent(event.agent, event) for event in free}
        self._held, self._on_the_line, self._back = {}, {}, {}
        for call in calls.values():
            if call.agent is not None:
                self._held.setdefault(call.agent, {})[call.call] = call
            if call.inbound:
                self._on_the_line.setdefault(call.customer, {})[call.call] = call
            elif call.back and call.state is not CallState.WITHDRAWN:
                self._back[call.customer] = call

    def adopt(self, hazards: HazardModel | None) -> None:
        """Go by this model from now on; ``None``: by the usual one."""
        self.hazards = hazards
        self._turns.model = hazards or USUAL

    def queue(self, case: Case, now: float, reason: QueueReason = "", after_s: float = 0.0) -> Iterator[Action]:
        """Queue our call to the customer of ``case``, or queue it once more: to be made in ``after_s`` seconds at the earliest."""
        yield from self._back_no_more(case.finding.customer, "other_call")
        if case.is_waiting:
            case.wait_too_long()
        if case.call is None or case.call.state in _OVER:
            case.call = _ours(case)
        case.call.unanswered, case.call.at_once = 0, _at_once(case) or reason == "call_back"
        if reason == "call_back":  # they asked for that hour: it is before all others of ours then
            case.call.priority = INBOUND_PRIORITY
        yield from self._enqueue(case.call, now, reason, after_s)

    def hasten(self, case: Case, now: float, reason: QueueReason = "dispatcher") -> Iterator[Action]:
        """Make our call to the customer of ``case`` before all others of ours, in quiet hours, too."""
        yield from self._back_no_more(case.finding.customer, "other_call")
        if case.is_waiting:
            case.wait_too_long()
        if case.call is None or case.call.state in _OVER:
            case.call = _ours(case)
        call = case.call
        if call.move(CallMove.WITHDRAW):  # it stands elsewhere in the line
            self._wait_no_longer(call)
        call.unanswered, call.at_once, call.priority = 0, True, INBOUND_PRIORITY
        yield from self._enqueue(call, now, reason)

    def phoned(self, event: CustomerPhoned, case: Case | None, now: float) -> Iterator[Action]:
        """A customer rang in: our own call to them is withdrawn, theirs is queued before all others."""
        self.unheard.turned_to_us(event.customer, now)
        yield from self._back_no_more(event.customer, "customer_phoned")
        if case is not None and case.call is not None:
            case.call.on_hold = False  # whoever rings anew does not hold the line any more
            yield from self.withdraw(case.call, "customer_phoned")
        concern: Concern = event.concern or (case.concern if case else "")
        yield from self._turns_to_us(event.call, event, case, concern, now, may_ring_back=event.may_call)

    def on_the_line(self, customer: str) -> Call | None:
        """Return the call of a customer who rang in and is not done, or is being rung back."""
        theirs = next((call for call in self.turned_to_us(customer) if call.is_spoken), None)
        return theirs or next((call for call in self._rung_back(customer) if call.state in _IN_HAND), None)

    def contacts_of(self, customer: str) -> list[Call]:
        """Return what a customer wrote that waits for an agent, or that one has in hand."""
        return [call for call in self.turned_to_us(customer) if not call.is_spoken]

    def contact_of(self, customer: str) -> Call | None:
        """Return what an agent has in hand of a customer just now, or what they wrote that waits; ``None``: there is none.

        Who waits on the telephone may hang up, and has told nobody what they write meanwhile.
        """
        mine = [call for call in self.calls.values() if call.customer == customer]
        in_hand = [call for call in mine if call.state is CallState.CONNECTED]
        return next(iter([*in_hand, *self.contacts_of(customer)]), None)

    def turned_to_us(self, customer: str) -> list[Call]:
        """Return a customer's own calls, and what they wrote, that are not over."""
        mine = self._on_the_line.get(customer, {}).values()
        return [call for call in mine if call.state is not CallState.DONE]

    def wrote(self, event: CustomerWrote, case: Case | None, now: float, concern: Concern = "") -> Iterator[Action]:
        """A customer wrote, and nobody has them in hand: it waits for an agent as who rang in does."""
        concern = concern or (case.concern if case else "")
        yield from self._turns_to_us(contact_id(event.message), event, case, concern, now)

    def _turns_to_us(
        self,
        name: str,
        event: CustomerPhoned | CustomerWrote,
        case: Case | None,
        concern: Concern,
        now: float,
        *,
        may_ring_back: bool = True,
    ) -> Iterator[Action]:
        expects = self.expects(event, now)
        call = Call(
            name,
            case.case if case else None,
            event.customer,
            inbound=True,
            language=event.language,
            provenance=event.provenance,
            priority=INBOUND_PRIORITY,
            skill=skill_wanted(expects, NEEDED[case.finding.domain] if case else None),
            channel=event.channel,
            concern=concern,
            may_ring_back=may_ring_back,
            expects=expects,
            since=self.unheard.since(event.customer, now),
        )
        self.calls[call.call] = call
        self._on_the_line.setdefault(event.customer, {})[call.call] = call
        yield from self._enqueue(call, now)

    def join(self, customer: str, into: Call) -> Iterator[Action]:
        """Whoever speaks or writes with a customer has in hand what they wrote and nobody has begun to answer.

        Who speaks with them has it all: two who ask at once would ask the same.
        """
        for call in self.contacts_of(customer):
            taken = call.state is CallState.CONNECTED and not into.is_spoken
            if call is not into and not taken and call.move(CallMove.FINISH):
                self._over(call)
                yield WithdrawCall(call.call, call.case, call.attempt, "joined")

    def hand_over(self, stranger: str, customer: str, language: str, case: Case | None) -> Iterator[Action]:
        """It turned out who rang or wrote. Nobody is rung back twice."""
        self.reasons.hand_over(stranger, customer)
        for call in self.turned_to_us(stranger):
            self._hangs_up(call)
            call.customer, call.language = customer, language
            call.case = call.case or (case.case if case is not None else None)
            self._on_the_line.setdefault(customer, {})[call.call] = call
        back = self._back.pop(stranger, None)
        if back is not None and customer in self._back:
            yield from self.withdraw(back, "other_call")
        elif back is not None:
            back.customer, back.language = customer, language
            self._back[customer] = back

    def call_back(self, theirs: Call, now: float, reason: QueueReason, after_s: float = 0.0) -> Iterator[Action]:
        """Queue our call to somebody who turned to us, of whom we know of nothing that is broken."""
        yield from self._back_no_more(theirs.customer, "other_call")
        call = self._back[theirs.customer] = _call_back(theirs)
        if reason == "call_back":
            call.priority = INBOUND_PRIORITY
        yield from self._enqueue(call, now, reason, after_s)

    def accepted(self, one: Struggling, skill: Skill, now: float, *, in_writing: bool = False) -> Iterator[Action]:
        """Somebody who was invited wants to speak, and is rung before all others of ours; or to chat, and waits as who wrote."""
        call = Call(
            invited_call_id(one.invitation, in_writing=in_writing),
            None,
            one.struggle.customer,
            inbound=in_writing,
            language=one.language,
            provenance=one.struggle.provenance,
            priority=INBOUND_PRIORITY,
            skill=skill,
            channel=Channel.CHAT if in_writing else Channel.PHONE,
            back=not in_writing,
        )
        yield from self._speak_with(call, now, "invited")

    def rated_low(self, asked: AskedSurvey, now: float) -> Iterator[Action]:
        """Somebody gave little: another agent rings them within a day, or writes to who may not be rung."""
        call = Call(
            rated_call_id(asked.survey, in_writing=not asked.may_call),
            None,
            asked.customer,
            inbound=not asked.may_call,
            language=asked.language,
            provenance=asked.provenance,
            priority=CALL_BACK_PRIORITY if asked.may_call else INBOUND_PRIORITY,
            at_once=not asked.may_call,
            channel=Channel.PHONE if asked.may_call else asked.channel,
            time_zone=asked.time_zone,
            concern="complaint",
            back=asked.may_call,
            not_by=asked.agent,
        )
        yield from self._speak_with(call, now, "low_score")
        self._alarms.set(now + URGED_AFTER_S, About.SCORE, call.call, 0)

    def urge(self, name: str, now: float) -> Iterator[Action]:
        """Nobody has spoken with who gave little so far: it is before all others now, and whoever is there may do it."""
        call = self.calls.get(name)
        if call is None or not call.not_by or call.state not in {CallState.QUEUED, CallState.RESTING}:
            return
        if call.move(CallMove.WITHDRAW):  # it stands elsewhere in the line
            self._wait_no_longer(call)
        call.not_by, call.priority = "", INBOUND_PRIORITY
        yield from self._enqueue(call, now, "low_score")

    def _speak_with(self, call: Call, now: float, reason: QueueReason) -> Iterator[Action]:
        """Queue our call to somebody about nothing that is broken; or have them wait as who wrote does."""
        if call.back:
            yield from self._back_no_more(call.customer, "other_call")
            self._back[call.customer] = call
        else:
            self._on_the_line.setdefault(call.customer, {})[call.call] = call
        self.calls[call.call] = call
        yield from self._enqueue(call, now, reason)

    def ring_back_no_more(self, customer: str) -> Iterator[Action]:
        """Their consent is withdrawn: whoever turned to us is not rung back either."""
        for call in self._on_the_line.get(customer, {}).values():
            call.may_ring_back = False
        yield from self._back_no_more(customer, "consent_withdrawn")

    def agent_free(self, event: AgentBecameFree, now: float) -> Iterator[Action]:
        """An agent waits for a call."""
        self._free[event.agent] = FreeAgent(event.agent, event)
        yield from self._assign(now)

    def agent_left(self, agent: str) -> None:
        """An agent waits no longer."""
        self._free.pop(agent, None)

    def held_by(self, agent: str) -> list[Call]:
        """Return the calls an agent was given and has not ended."""
        return [call for call in self._held.get(agent, {}).values() if call.state in _IN_HAND]

    def connected(self, call: Call, now: float) -> bool:
        """They speak; ``False`` where the call was withdrawn or handed on meanwhile."""
        if not call.move(CallMove.CONNECT):
            return False
        call.on_hold = False
        if call.is_spoken:
            self.unheard.reached(call.customer)
        self._alarms.set(now + self._policy.talk_timeout_s, About.TALK, call.call, call.attempt)
        return True

    def unanswered(self, call: Call, now: float, *, keep_on: bool, left_word: bool) -> Iterator[Action]:
        """Nobody answered: ring again soon; after the policy's attempts seldom, where we must ``keep_on``, or not at all.

        Where ``left_word`` on a machine, they have time to hear it.
        """
        call.unanswered, call.on_hold = call.unanswered + 1, False
        if call.unanswered < self._policy.dial_attempts:
            rests_s = self._policy.later_redial_s if left_word else self._policy.rests_s(call.unanswered)
            if call.move(CallMove.REST):
                self._alarms.set(now + rests_s, About.REDIAL, call.call, call.attempt)
        elif keep_on:
            yield from self._enqueue(call, now, "unanswered", self._policy.later_redial_s)
        elif call.move(CallMove.GIVE_UP):
            self._over(call)
            yield WithdrawCall(call.call, call.case, call.attempt, "unreachable")

    def requeue(self, call: Call, now: float, reason: QueueReason = "") -> Iterator[Action]:
        """Put a call that is not over back into the queue."""
        yield from self._enqueue(call, now, reason)

    def hand_on(self, call: Call, event: CallTransferred, now: float) -> Iterator[Action]:
        """An agent hands on a call in which they speak: it waits for the other before all others."""
        if call.state is CallState.CONNECTED:
            call.to_agent, call.needs, call.on_hold = event.to_agent, event.needs or call.needs, True
            call.priority, call.at_once = INBOUND_PRIORITY, True
            yield from self._enqueue(call, now, "transferred")

    def hung_up(self, call: Call, now: float) -> Iterator[Action]:
        """Who was handed on waited for too long: they are rung."""
        if call.move(CallMove.WITHDRAW):
            self._wait_no_longer(call)
            yield from self._enqueue(call, now, "abandoned")

    def finish(self, call: Call) -> None:
        """The call is over."""
        if call.move(CallMove.FINISH):
            self._over(call)

    def lost(self, call: Call) -> Iterator[Action]:
        """A call whose agent is gone is over: a customer's own, who may still hold the line or not, or one they ring beside."""
        if call.move(CallMove.FINISH):
            self._over(call)
            yield WithdrawCall(call.call, call.case, call.attempt, "agent_lost")

    def forbid(self, call: Call, reason: WithdrawReason = "consent_withdrawn") -> Iterator[Action]:
        """Ring no more: their consent is withdrawn. Who speaks just now goes on speaking; this is asked when it would be rung."""
        if call.move(CallMove.FORBID):
            call.on_hold = False
            self._over(call)
            yield WithdrawCall(call.call, call.case, call.attempt, reason)

    def withdraw(self, call: Call, reason: WithdrawReason) -> Iterator[Action]:
        """Take a call of ours back, unless they already speak, or hold the line."""
        if not call.on_hold and call.move(CallMove.WITHDRAW):
            self._over(call)
            yield WithdrawCall(call.call, call.case, call.attempt, reason)

    def assign_any(self, now: float) -> Iterator[Action]:
        """Match waiting calls and free agents once more."""
        yield from self._assign(now)

    def overdue(self, provenance: Provenance, now: float) -> bool:
        """Tell whether agents are behind: somebody waits for a call for longer than they should."""
        return provenance in self._lines and self._lines[provenance].overdue(now)

    def _enqueue(self, call: Call, now: float, reason: QueueReason = "", after_s: float = 0.0) -> Iterator[Action]:
        if not call.move(CallMove.QUEUE):
            return
        if reason != "transferred":
            call.to_agent, call.on_hold = "", call.on_hold and not reason
        case = self._case_of(call.case or "")
        call.concern = call.concern or (case.concern if case is not None else "")
        call.attempt += 1
        self._let_go(call)
        earliest = now + after_s
        call.not_before = earliest if call.at_once else self.left_in_peace(call.customer, earliest, call.time_zone)
        kept, due = call.due, call.not_before + self._policy.call_due_s
        call.due = due
        if reason in NOW:
            call.due = now
        if reason == "agent_lost":  # who was cut off keeps their turn
            call.due = min(kept or now, now) if call.not_before <= now else call.not_before
        self.calls[call.call] = call
        self._waiting[call.call] = call
        self._line_of(call).put(call)
        queued = _queued(call, reason)
        self.reasons.queued(queued, now)
        yield queued
        yield from self._assign(now)
        if call.call in self._waiting:
            back = [call.not_before + RUNG_BACK_WITHIN_S] if call.priority == CALL_BACK_PRIORITY else []
            for due in (call.not_before, call.due, *self._routing.changes(call), *back):
                if due > now:
                    self._alarms.set(due, About.OVERDUE_CALL, call.call, call.attempt)

    def _assign(self, now: float) -> Iterator[Action]:
        while self._free and self._waiting and (found := self._next(now)) is not None:
            call, agent = found
            call.move(CallMove.ASSIGN)
            del self._free[agent.agent], self._waiting[call.call]
            self._line_of(call).served(call, now)
            call.agent, call.handed_at = agent.agent, now
            self._held.setdefault(agent.agent, {})[call.call] = call
            self._alarms.set(now + self._policy.claim_timeout_s, About.CLAIM, call.call, call.attempt)
            yield AssignCall(call.call, call.case, call.attempt, agent.agent)

    def _next(self, now: float) -> tuple[Call, FreeAgent] | None:
        """Return the call whose turn it is, of those that an agent can take, and who takes it."""
        for line in self._lines.values():
            for call in self._in_turn(line, now):
                agent = self._agent_for(call, now) if call.not_before <= now else None
                if agent is not None and self._can_be_spared(call, now):
                    return call, agent
        return None

    def _can_be_spared(self, call: Call, now: float) -> bool:
        """Who hung up is rung back while another agent stays free for whoever needs one next, or when they waited for long.

        Who rang again is in need, and waits for no such moment.
        """
        long = now >= call.not_before + RUNG_BACK_WITHIN_S
        if call.priority != CALL_BACK_PRIORITY or long or not self._turns.can_wait(call):
            return True
        return len(self._free) > 1 or self._agents() == 1

    def _in_turn(self, line: CallLine, now: float) -> Iterator[Call]:
        """Yield the waiting calls of one line, whose turn it is first."""
        if self._policy.call_order is CallOrder.DUE:
            return (self._waiting[name] for name in line.in_turn(now, self._policy.inbound_in_a_row))
        return self._turns.in_turn((self._waiting[name] for name in line.names()), now, self._agents())

    def _agents(self) -> int:
        """Return how many agents there are, free and with a call; of both worlds."""
        return max(1, len(self._free) + sum(bool(held) for held in self._held.values()))

    def _line_of(self, call: Call) -> CallLine:
        return self._lines.setdefault(call.provenance, CallLine())

    def _agent_for(self, call: Call, now: float) -> FreeAgent | None:
        """Return the agent who takes it, of those who are free."""
        case = self._case_of(call.case or "")
        prefers = case.spoke_with if case is not None and self.wants_same_agent(call.customer) else ""
        may = (one for one in self._free.values() if one.agent != call.not_by)
        there = (agent.event for agent in may if self.is_there(agent.agent))
        found = self._routing.who(call, there, prefers, now)
        return None if found is None else self._free[found.agent]

    def _rung_back(self, customer: str) -> Iterator[Call]:
        call = self._back.get(customer)
        if call is not None:
            yield call

    def _back_no_more(self, customer: str, reason: WithdrawReason) -> Iterator[Action]:
        """Ring nobody back whom another call reaches, or who does not want it; who is spoken to just now is spoken to."""
        for call in self._rung_back(customer):
            yield from self.withdraw(call, reason)

    def _over(self, call: Call) -> None:
        self._wait_no_longer(call)
        self._let_go(call)
        if call.back:
            self._back.pop(call.customer, None)
        if call.state is not CallState.WITHDRAWN or call.back:
            self.calls.pop(call.call, None)
            self._hangs_up(call)

    def _wait_no_longer(self, call: Call) -> None:
        if self._waiting.pop(call.call, None) is not None:
            self._line_of(call).drop(call)

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


def _ours(case: Case) -> Call:
    """Return our call to the customer of a case; attempts are counted on where there was one before."""
    finding = case.finding
    return Call(
        call_id(case.case),
        case.case,
        finding.customer,
        inbound=False,
        language=case.language,
        provenance=finding.provenance,
        priority=INBOUND_PRIORITY + 1 + case.urgency,
        attempt=case.call.attempt if case.call is not None else 0,
        at_once=_at_once(case),
        skill=NEEDED[finding.domain],
        time_zone=case.time_zone,
        concern=case.concern,
    )


def _call_back(theirs: Call) -> Call:
    """Return our call to who turned to us."""
    return Call(
        call_back_id(theirs.call),
        None,
        theirs.customer,
        inbound=False,
        language=theirs.language,
        provenance=theirs.provenance,
        priority=CALL_BACK_PRIORITY,
        attempt=theirs.attempt if theirs.back else 0,
        concern=theirs.concern,
        back=True,
    )


def _at_once(case: Case) -> bool:
    """Is the customer rung in quiet hours, too?"""
    finding = case.finding
    return finding.sends or finding.drive is Drive.STOP_NOW or finding.severity is Severity.CRITICAL


def _queued(call: Call, reason: QueueReason) -> QueueCall:
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
        reason=reason,
        channel=call.channel,
        concern=call.concern,
        expects=call.expects,
    )


_OVER = {CallState.DONE, CallState.GIVEN_UP}
_IN_HAND = {CallState.ASSIGNED, CallState.CONNECTED}
NOW: frozenset[QueueReason] = frozenset({"dispatcher", "asked_for"})
"""Reasons for which a call of ours is made before all others, in quiet hours, too."""
UNHEARD = {Outcome.NO_ANSWER, Outcome.ABANDONED, Outcome.VOICEMAIL, Outcome.WRONG_NUMBER, Outcome.CALL_BACK}
"""Outcomes after which the customer knows no more than before."""
