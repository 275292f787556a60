"""Agents and customers speak, or do not: what was said is done, what was not said is asked again. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from dispatch.core.actions import Action, QueueReason
from dispatch.core.calls import UNHEARD, Calls
from dispatch.core.case import Call, Case, nobody_would_come
from dispatch.core.duties.closing import Closing
from dispatch.core.duties.informing import Informing
from dispatch.core.duties.open_cases import OpenCases
from dispatch.core.duties.places import Places
from dispatch.core.duties.sending import Sending
from dispatch.core.escalation import escalated
from dispatch.core.events import (
    AgentBecameFree,
    AgentEvent,
    AgentLeft,
    CallConnected,
    CallEnded,
    CallEvent,
    CustomerPhoned,
    Outcome,
)
from dispatch.core.hints.counts import HintCounts
from dispatch.core.hints.events import HintJudged, HintsShown
from dispatch.core.policy import Policy
from dispatch.core.reasons.events import ReasonTold
from dispatch.core.routing.events import (
    AgentPaused,
    AgentResumed,
    AgentSeen,
    AgentUnseen,
    AgentWrappedUp,
    CallListenedTo,
    CallNoted,
    CallTransferred,
)
from dispatch.core.routing.presence import Presence, Sight
from dispatch.core.timers import About, Alarm, Alarms
from dispatch.core.transitions import CallState
from gateway.finding import Drive, Place

RUNG_IN = {About.CLAIM: CallState.ASSIGNED, About.REDIAL: CallState.RESTING, About.TALK: CallState.CONNECTED}
"""In which state of the call an alarm still matters."""


@dataclass(frozen=True, slots=True)
class SaidByCustomer:
    """What a customer said, in a call or in writing."""

    place: Place | None = None
    near: str = ""
    """The place in words."""
    wants_help: bool | None = None
    refused: bool = False
    """They want no help, whatever was on its way."""
    asked_at: float = 0.0
    """When an agent was told what to ask them, POSIX seconds; 0: none was."""


@dataclass(frozen=True, slots=True)
class Conversations:
    """The calls, and what comes of them."""

    policy: Policy
    cases: OpenCases
    calls: Calls
    informing: Informing
    closing: Closing
    sending: Sending
    places: Places
    presence: Presence
    alarms: Alarms
    hints: HintCounts = field(default_factory=HintCounts)

    def on(self, event: CallEvent, now: float) -> Iterator[Action]:
        """See to what agents and customers do."""
        if isinstance(event, AgentEvent):
            yield from self._of_agent(event, now)
            return
        match event:
            case CallConnected():
                yield from self._connected(event, now)
            case CallEnded():
                yield from self._ended(event, now)
            case CustomerPhoned():
                yield from self.calls.phoned(event, self.cases.to_talk_about(event.customer), now)
            case CallListenedTo() | HintsShown():
                pass  # it is written down, and shown
            case HintJudged():
                self.hints.judged(event)
            case CallTransferred():
                yield from self._transferred(event, now)
            case CallNoted():
                self._noted(event)
            case ReasonTold():
                self.calls.reasons.told(event)
            case _:
                assert_never(event)

    def _of_agent(self, event: AgentEvent, now: float) -> Iterator[Action]:
        match event:
            case AgentBecameFree():
                yield from self._agent_free(event, now)
            case AgentLeft():
                yield from self._agent_left(event, now)
            case AgentPaused():
                self.calls.agent_left(event.agent)
            case AgentResumed() | AgentWrappedUp():
                pass  # they say themselves that they wait for a call
            case AgentSeen():
                self.presence.seen(event.agent, begins=True)
                yield from self.calls.assign_any(now)
            case AgentUnseen():
                self._expect(self.presence.unseen(event.agent, event.holds, now), now)
            case _:
                assert_never(event)

    def ring(self, alarm: Alarm) -> Iterator[Action]:
        """An alarm about a call rings."""
        if alarm.about is About.VANISH:
            yield from self._vanished(alarm)
            return
        call = self.calls.calls.get(alarm.case)
        if call is None or call.attempt != alarm.attempt:
            return
        if alarm.about is About.OVERDUE_CALL:
            yield from self.calls.assign_any(alarm.due)
            yield from self._tell_to_wait(call, alarm.due)
        elif call.state is not RUNG_IN[alarm.about]:
            return
        elif alarm.about is About.TALK:
            yield from self._lost(call, alarm.due)
        else:
            yield from self._requeue(call, alarm.due)

    def _tell_to_wait(self, call: Call, now: float) -> Iterator[Action]:
        """Who was told within how long we ring is told where it takes longer."""
        case = None if call.inbound else self.cases.of_call(call)
        if case is not None and call.state is CallState.QUEUED and now >= call.due:
            yield from self.informing.tell_to_wait(case, now)

    # --- agents ------------------------------------------------------------------------------------------------------

    def _agent_free(self, event: AgentBecameFree, now: float) -> Iterator[Action]:
        """Whoever asks for the next call holds none any more, but what they say they hold."""
        self.presence.seen(event.agent, begins=False)
        for call in self._let_lie(event):
            if call.state is CallState.CONNECTED:
                yield from self._lost(call, now)
            else:
                yield from self._requeue(call, now)
        yield from self.calls.agent_free(event, now)

    def nobody_was_heard(self, now: float) -> None:
        """The service was down: who is there says so soon."""
        for sight in self.presence.everybody_unseen(now):
            self._expect(sight, now)

    def _expect(self, sight: Sight, now: float) -> None:
        self.alarms.set(now + self.policy.agent_gone_s, About.VANISH, sight.agent, sight.number)

    def _vanished(self, alarm: Alarm) -> Iterator[Action]:
        """No sign of life came: what they had in hand goes to another, unless they go on speaking on the telephone."""
        sight = self.presence.gone(alarm.case, alarm.attempt)
        if sight is None:
            return
        for call in self.calls.held_by(sight.agent):
            if call.call in sight.holds:
                continue
            if call.state is CallState.CONNECTED:
                yield from self._lost(call, alarm.due)
            else:
                yield from self._requeue(call, alarm.due)

    def _agent_left(self, event: AgentLeft, now: float) -> Iterator[Action]:
        self.calls.agent_left(event.agent)
        for call in self._let_lie(event):
            if call.state is CallState.CONNECTED:
                yield from self._lost(call, now)

    def _let_lie(self, event: AgentBecameFree | AgentLeft) -> list[Call]:
        return [call for call in self.calls.held_by(event.agent) if call.call not in event.holds]

    def _lost(self, call: Call, now: float) -> Iterator[Action]:
        """They spoke and the agent never said how it ended: whoever did not answer counts as unknown, and is rung at once."""
        case = self.cases.of_call(call)
        if case is None and not call.is_about_anything:  # it was closed meanwhile
            self.calls.finish(call)
            return
        if not call.is_spoken:  # whoever wrote, was told nothing by that, and waits again
            yield from self._requeue(call, now, "agent_lost")
            return
        if case is not None:
            case.lost_talk = (call.call, call.attempt, call.agent or "")
        if case is not None and call.case is not None:  # else they began to speak before there was a case to speak of
            case.informed = False
        if case is not None and case.may_ring and self.calls.on_the_line(call.customer) is not None:
            yield from self.calls.lost(call)
            yield from self.informing.ring_again(case, now, "agent_lost")
            yield from self._ring_whom_we_owe(call.customer, now)
        else:
            call.unanswered = 0  # they answered
            yield from self._requeue(call, now, "agent_lost")

    def _requeue(self, call: Call, now: float, reason: QueueReason = "") -> Iterator[Action]:
        """Have another agent take a call; a customer's own is no longer about a case that was closed meanwhile."""
        if call.is_about_anything and call.case not in self.cases.by_name:
            call.case = None
        if self._is_forbidden(call):
            yield from self._forbid(call, now)
        else:
            yield from self.calls.requeue(call, now, reason)

    def _is_forbidden(self, call: Call) -> bool:
        """Is it a call of ours to somebody who does not want to be rung any more? It is asked each time it would be rung."""
        case = None if call.inbound else self.cases.of_call(call)
        return case is not None and not case.may_ring

    def _forbid(self, call: Call, now: float) -> Iterator[Action]:
        yield from self.calls.forbid(call)
        case = self.cases.of_call(call)
        if case is not None:
            yield from self.sending.escalate_if_not_asked(case)
            yield from self.closing.close_if_done(case, now)

    # --- what is said ------------------------------------------------------------------------------------------------

    def _in_hand(self, event: CallConnected | CallEnded | CallTransferred) -> Call | None:
        """Return the call meant, unless it was handed on or withdrawn, or somebody tells of it whom it was not given to."""
        call = self.calls.calls.get(event.call)
        if call is None or event.attempt != call.attempt or event.agent not in {None, call.agent}:
            return None
        held = call.state in {CallState.ASSIGNED, CallState.CONNECTED}
        on_the_line = (call.inbound or call.on_hold) and call.state is CallState.QUEUED
        return call if held or on_the_line else None

    def _transferred(self, event: CallTransferred, now: float) -> Iterator[Action]:
        call = self._in_hand(event)
        if call is None:
            return
        other = self.calls.on_the_line(call.customer)
        if (
            not call.inbound and other is not None and other.inbound
        ):  # they hold another line of ours, and one is enough
            yield from self.calls.forbid(call, "customer_phoned")
        else:
            yield from self.calls.hand_on(call, event, now)

    def _noted(self, event: CallNoted) -> None:
        """What asks for empathy holds for whoever speaks with them next, on this call or another about the same."""
        call = self.calls.calls.get(event.call)
        case = self.cases.of_call(call) if call is not None else None
        for one in (call, case):
            if one is not None and event.concern:
                one.concern = event.concern

    def _connected(self, event: CallConnected, now: float) -> Iterator[Action]:
        call = self._in_hand(event)
        if call is None or not self.calls.connected(call, now):
            return
        if call.is_spoken:
            self.informing.messages.talks.spoke(call.customer, now)
        if self.policy.robots:
            self.informing.messages.talks.dialogues.person_has(
                call.customer, call.channel, now, begins=not call.is_spoken
            )
        yield from self.calls.join(call.customer, call)
        case = self.cases.of_call(call)
        if case is not None:
            yield from self._speak_about(call, case)

    def found_out(self, call: Call) -> Iterator[Action]:
        """It turned out who has rung in: nobody rings them meanwhile."""
        case = self.cases.of_call(call)
        if case is not None and call.state is CallState.CONNECTED:
            yield from self._speak_about(call, case)
        elif case is not None and case.call is not None:
            yield from self.calls.withdraw(case.call, "customer_phoned")

    def _speak_about(self, call: Call, case: Case) -> Iterator[Action]:
        call.case = case.case
        if call.is_spoken:  # else an agent reads what they wrote, and has told them nothing yet
            case.informed, case.spoke_with = True, call.agent or ""
        if case.call is not None and case.call is not call:  # nobody else rings them meanwhile, and asks the same
            yield from self.calls.withdraw(case.call, "customer_phoned" if call.is_spoken else "joined")

    def _ended(self, event: CallEnded, now: float) -> Iterator[Action]:
        call = self._in_hand(event)
        if call is None:
            yield from self._said_late(event, now)
            return
        if event.outcome is Outcome.NOT_TAKEN:
            yield from self._not_taken(call, now)
            return
        if not call.inbound:  # they were rung, if in vain
            self.calls.unheard.reached(call.customer)
        case = self.cases.ended_about(call)
        if event.outcome in UNHEARD:
            yield from self._unheard(call, case, event, now)
        else:
            self.calls.finish(call)
            if case is not None:
                yield from self._heard(case, _said(event, call.handed_at), now)
                yield from self._ask_again(case, now)
                if not call.is_spoken and not case.needs_answer and case.call is not None:
                    yield from self.calls.withdraw(case.call, "answered")
        if call.is_about_anything:
            yield from self._ring_whom_we_owe(call.customer, now)
        if case is not None:
            yield from self.closing.close_if_done(case, now)

    def _said_late(self, event: CallEnded, now: float) -> Iterator[Action]:
        """An agent who was taken for lost says how it ended after all: what the customer said then holds, and nobody asks again."""
        talk = (event.call, event.attempt, event.agent or "")
        case = next((one for one in self.cases.by_name.values() if one.lost_talk == talk), None)
        if case is None or event.outcome in UNHEARD or event.outcome is Outcome.NOT_TAKEN:
            return
        case.lost_talk = None
        yield from self._heard(case, _said(event), now)
        if case.call is not None and not case.needs_answer:
            yield from self.calls.withdraw(case.call, "spoken_to")
        yield from self.closing.close_if_done(case, now)

    def _not_taken(self, call: Call, now: float) -> Iterator[Action]:
        """Nobody who was given it speaks: it stays where it was in the line, unless they spoke and never said how it ended."""
        if call.state is CallState.CONNECTED:
            yield from self._lost(call, now)
        elif call.state is CallState.ASSIGNED:
            yield from self._requeue(call, now)

    def _unheard(self, call: Call, case: Case | None, event: CallEnded, now: float) -> Iterator[Action]:
        if case is not None and call.state is CallState.CONNECTED and call.is_spoken:
            case.informed = False
        if event.outcome is Outcome.CALL_BACK:
            yield from self._ring_when_asked(call, case, event, now)
        elif event.outcome is Outcome.WRONG_NUMBER and not call.inbound:
            yield from self._wrong_number(call, now)
        elif call.inbound:
            self.calls.finish(call)
            if event.outcome is Outcome.ABANDONED and case is None and self.policy.call_back_abandoned:
                yield from self._ring_back(call, now, "abandoned")
        elif call.on_hold and event.outcome is Outcome.ABANDONED:
            yield from self.calls.hung_up(call, now)
        else:
            yield from self._in_vain(call, case, event, now)

    def _in_vain(self, call: Call, case: Case | None, event: CallEnded, now: float) -> Iterator[Action]:
        keep_on = case is not None and case.needs_answer and not case.recovered
        if case is not None and not call.back and call.unanswered + 1 >= self.policy.dial_attempts:
            call.at_once = case.finding.drive is Drive.STOP_NOW  # who did not answer so often is let sleep
        if self._is_forbidden(call):
            yield from self._forbid(call, now)
            return
        left_word = event.outcome is Outcome.VOICEMAIL
        yield from self.calls.unanswered(call, now, keep_on=keep_on and not call.back, left_word=left_word)
        if self.calls.on_the_line(call.customer) is not None:
            yield from self.calls.withdraw(call, "customer_phoned")

    def _ring_when_asked(self, call: Call, case: Case | None, event: CallEnded, now: float) -> Iterator[Action]:
        """They cannot speak now, and said when they can: rung then, by day or night."""
        after_s = max(0.0, (event.call_back_at or now) - now)
        self.calls.finish(call)
        if case is None:
            yield from self._ring_back(call, now, "call_back", after_s)
        elif case.may_ring and case.no_call_to_come:  # else another agent speaks with them
            yield from self.calls.queue(case, now, "call_back", after_s)

    def _ring_back(self, call: Call, now: float, reason: QueueReason, after_s: float = 0.0) -> Iterator[Action]:
        """Ring somebody back of whom we know of nothing that is broken."""
        if call.may_ring_back and call.is_spoken and self.calls.on_the_line(call.customer) is None:
            yield from self.calls.call_back(call, now, reason, after_s)

    def _wrong_number(self, call: Call, now: float) -> Iterator[Action]:
        """Somebody else answers there: nobody rings the customer before the number is confirmed, whatever it is about."""
        for mine in self.cases.of_customer(call.customer):
            mine.wrong_number = True
            if mine.call is not None and mine.call is not call:
                yield from self.calls.withdraw(mine.call, "wrong_number")
        yield from self.calls.forbid(call, "wrong_number")
        for mine in self.cases.of_customer(call.customer):
            if not mine.informed and not mine.needs_answer:
                yield from self.informing.show(mine, now)
            if not mine.informed:
                yield from escalated(mine, "wrong_number")

    def _ask_again(self, case: Case, now: float) -> Iterator[Action]:
        """They spoke, and what nobody can be sent without was not said: it is asked once more, later."""
        if case.needs_answer and case.may_ring:
            yield from self.informing.ring_again(case, now, "open_question", self.policy.later_redial_s)
        else:
            yield from self.sending.escalate_if_not_asked(case)

    def _ring_whom_we_owe(self, customer: str, now: float) -> Iterator[Action]:
        """A customer's own call is over, for which ours gave way: what was not spoken about is still owed."""
        for case in self.cases.of_customer(customer):
            owed = case.needs_answer or (not case.informed and (case.wants_call or case.may_pass))
            if owed and case.may_ring and case.no_call_to_come:
                yield from self.informing.ring_again(case, now)
            elif not owed and not case.informed and case.no_call_to_come:
                case.call = None  # nobody is rung any more for what has turned out to need no call
                yield from self.informing.inform(case, now)
                yield from self.closing.close_if_done(case, now)

    def answered(self, case: Case, said: SaidByCustomer, now: float) -> Iterator[Action]:
        """A customer answered in writing: nobody rings to say or to ask what they know and have said."""
        yield from self._heard(case, said, now)
        if not case.needs_answer and case.call is not None:
            yield from self.calls.withdraw(case.call, "answered")
        yield from self.closing.close_if_done(case, now)

    def _heard(self, case: Case, said: SaidByCustomer, now: float) -> Iterator[Action]:
        case.informed = True
        if said.place is not None:
            yield from self.places.go_by_better(case, said.place, said.near, now)
        if said.refused or (said.wants_help is False and case.sends):
            case.declined_help = case.helped_at is None  # who was helped already declined nothing
            yield from self.sending.call_off(case, now)
        elif said.wants_help and nobody_would_come(case.finding, nobody_sent=case.nobody_sent):
            case.asked_for_help = True
            yield from self._send_as_confirmed(case, said, now)
        elif case.asks_first and said.wants_help:
            case.confirmed = True
            yield from self._send_as_confirmed(case, said, now)
        elif said.place is not None:
            yield from self.sending.send_where_told(case, now)

    def _send_as_confirmed(self, case: Case, said: SaidByCustomer, now: float) -> Iterator[Action]:
        """The customer, asked first, wants help."""
        if case.nobody_sent and case.needs_truck and said.place is not None:
            yield from self.sending.send_truck(case, now)  # however well they know where: nobody is asked twice
        elif case.nobody_sent:
            yield from self.sending.send(case, now, said.asked_at)


def _said(event: CallEnded, asked_at: float = 0.0) -> SaidByCustomer:
    refused = event.outcome is Outcome.DECLINED_HELP
    return SaidByCustomer(event.place, event.near, event.wants_help, refused=refused, asked_at=asked_at)
