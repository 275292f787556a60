"""Calls, whatever happens in whatever order: a machine that queues, rings, loses agents and lets time pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dispatch.core.actions import AssignCall, CloseCase, QueueCall, SendNotice, WithdrawCall
from dispatch.core.case import Call, Case
from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.desk import Desk
from dispatch.core.events import (
    AgentBecameFree,
    AgentLeft,
    CallConnected,
    CallEnded,
    CustomerPhoned,
    DeviceRecovered,
    Event,
    FaultFound,
    Outcome,
    TruckReported,
)
from dispatch.core.policy import Policy
from dispatch.core.routing.events import (
    AgentPaused,
    AgentSeen,
    AgentUnseen,
    CallNoted,
    CallTransferred,
    NumberConfirmed,
)
from dispatch.core.routing.model import Proficiency
from dispatch.core.timers import About
from dispatch.core.transitions import CallState
from dispatch.ledger.audit.cases import Cases
from dispatch.ledger.fold import Fold
from dispatch.ledger.rows import Pen, Row
from dispatch.views.casebook import Casebook
from gateway.finding import Domain, Drive, Finding, Grade, Help, Place, Recovery, Remedy, Severity, TruckReport

START = 1_768_197_600.0
TOW = Remedy(Help.TOW, "tow", 900, 0)
TALK = Remedy(Help.TALK, "engine", 0, 0)
VISIT = Remedy(Help.TECHNICIAN, "refrigeration", 3_600, 0)
KINDS: dict[str, dict[str, Any]] = {
    "sure": {},
    "asked first": {"grade": Grade.ASK},
    "nowhere": {"place": None},
    "talked about": {"remedy": TALK, "drive": Drive.TO_WORKSHOP},
    "stops, talked about": {"remedy": TALK},
    "fridge": {"remedy": VISIT, "domain": Domain.APPLIANCE, "drive": Drive.NOT_A_CAR},
    "fridge, asked first": {
        "remedy": VISIT,
        "domain": Domain.APPLIANCE,
        "drive": Drive.NOT_A_CAR,
        "grade": Grade.ASK,
    },
}
HEARD = {Outcome.INFORMED, Outcome.DECLINED_HELP}
TO_BE_MADE = {CallState.QUEUED, CallState.ASSIGNED, CallState.CONNECTED, CallState.RESTING}
AGENTS = st.sampled_from(["agent-1", "agent-2"])
CUSTOMERS = st.integers(0, 2)


def finding_of(customer: int, number: int, kind: str) -> Finding:
    """Return a fault of a customer's own car or fridge."""
    device = f"volta/{'fridge' if 'fridge' in kind else 'car'}-{customer}"
    key = f"{device}/1-{number}"
    plain = Finding(
        key=key,
        episode=f"{device}/1-0",
        device=device,
        domain=Domain.VEHICLE,
        customer=f"c-{customer}",
        part="oil_pump",
        name="oil pump",
        probability=0.9,
        alternatives=(),
        why=("P0520",),
        severity=Severity.HIGH,
        drive=Drive.STOP_NOW,
        remedy=TOW,
        advice="Please stop.",
        place=Place(56.95, 24.10, 8.0, START + 1e9, "gnss"),
        near="Riga",
        observed_at=START,
        provenance="simulated",
        notify=f"volta/phone-{customer}",
        relapse=number,
    )
    return replace(plain, **KINDS[kind])


def _given_up_for_now(case: Case) -> bool:
    """Is the number not theirs, and a person told so?"""
    return case.wrong_number and "wrong_number" in case.escalated


class CallMachine(RuleBasedStateMachine):
    """A house with two agents, three customers and one truck."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(Policy(dial_attempts=2, later_redial_s=300.0, talk_timeout_s=600.0, call_back_abandoned=True))
        self.now, self.count = START, 0
        self.audit, self.pen, self.book = Cases(), Pen(), Casebook()
        self.rows: list[Row] = []
        self.given: dict[str, AssignCall] = {}
        """Agent → the call they were given last."""
        self.heard: set[str] = set()
        """Cases of which a call was ended by who spoke, and none was lost since."""
        self.unseen: dict[str, tuple[float, tuple[str, ...]]] = {}
        """Agent → since when no sign of life comes, and the calls that their telephone carries on."""
        self.calling: dict[str, str] = {}
        """Customer → their own call that nobody has ended."""
        self.of_nobody: set[str] = set()
        """Calls from a number that is nobody's, or several customers'."""

    # --- what happens ------------------------------------------------------------------------------------------------

    @rule(customer=CUSTOMERS, kind=st.sampled_from(sorted(KINDS)))
    def breaks(self, customer: int, kind: str) -> None:
        """Something breaks, or is diagnosed anew."""
        self.count += 1
        self._tell(FaultFound(finding_of(customer, self.count, kind), "lv", may_call=True, may_order=True))

    @rule(customer=CUSTOMERS, kind=st.sampled_from(["car", "fridge"]))
    def recovers(self, customer: int, kind: str) -> None:
        """The device is well again."""
        self.count += 1
        device = f"volta/{kind}-{customer}"
        self._tell(DeviceRecovered(Recovery(f"{device}/2-{self.count}", f"{device}/1-0", device, self.now)))

    @rule(agent=AGENTS, language=st.sampled_from(["lv", "en"]))
    def claims(self, agent: str, language: str) -> None:
        """An agent asks for a call: who was connected has lost theirs."""
        self._forget(agent)
        self.unseen.pop(agent, None)
        self._tell(AgentBecameFree(agent, (language,), "simulated"))

    @rule(agent=AGENTS)
    def pauses(self, agent: str) -> None:
        """An agent waits for no call; what they have in hand stays there."""
        self._tell(AgentPaused(agent, "meal"))

    @rule(agent=AGENTS)
    def is_seen(self, agent: str) -> None:
        """An agent's page is opened, or comes back."""
        self.unseen.pop(agent, None)
        self._tell(AgentSeen(agent))

    @rule(agent=AGENTS, on_the_line=st.booleans())
    def is_unseen(self, agent: str, *, on_the_line: bool) -> None:
        """An agent's page is gone; perhaps their telephone goes on."""
        talks = tuple(call.call for call in self._held(agent) if call.state is CallState.CONNECTED)
        self._tell(AgentUnseen(agent, talks if on_the_line else ()))
        self.unseen[agent] = (self.now, talks if on_the_line else ())

    @rule(agent=AGENTS, to=st.sampled_from(["", "agent-1", "agent-2", "nobody"]), concern=st.booleans())
    def hands_on(self, agent: str, to: str, *, concern: bool) -> None:
        """An agent notes what troubles them, and hands a call on while they hold the line."""
        if (held := self.given.get(agent)) is None:
            return
        self.count += 1
        self._tell(CallNoted(f"note-{self.count}", held.call, "in tears", agent, "distress" if concern else ""))
        if self._state(held) is CallState.CONNECTED:
            del self.given[agent]
            if (case := self._about(held.call)) is not None:
                self.heard.add(case)
            self._tell(CallTransferred(held.call, held.attempt, agent, to, (Proficiency("appliance", 3),)))

    @rule(customer=CUSTOMERS)
    def number_is_theirs(self, customer: int) -> None:
        """Somebody confirms a number."""
        self._tell(NumberConfirmed(f"c-{customer}"))

    @rule(agent=AGENTS)
    def leaves(self, agent: str) -> None:
        """An agent goes, whatever they have in hand."""
        if (held := self.given.get(agent)) is not None and self._state(held) is CallState.CONNECTED:
            self._forget(agent)
        self._tell(AgentLeft(agent))

    @rule(agent=AGENTS, named=st.booleans())
    def connects(self, agent: str, *, named: bool) -> None:
        """Somebody answers."""
        if (held := self.given.get(agent)) is not None:
            self._tell(CallConnected(held.call, held.attempt, agent if named else None))

    @rule(
        agent=AGENTS,
        outcome=st.sampled_from(list(Outcome)),
        wants_help=st.sampled_from([None, True, False]),
        says_where=st.booleans(),
        stranger=st.booleans(),
    )
    def ends(self, agent: str, outcome: Outcome, *, wants_help: bool | None, says_where: bool, stranger: bool) -> None:
        """A call is over; sometimes somebody else says so."""
        held = self.given.get(agent)
        if held is None or (outcome is Outcome.ABANDONED and not held.call.startswith("in/")):
            return
        place = Place(56.9, 24.0, 50.0, self.now, "customer") if says_where else None
        state, case = self._state(held), self._about(held.call)
        at = self.now + 900 if outcome is Outcome.CALL_BACK else None
        who = "agent-9" if stranger else agent
        said = CallEnded(held.call, held.attempt, outcome, place, wants_help, who, call_back_at=at)
        self._tell(said)
        if stranger or state not in {CallState.ASSIGNED, CallState.CONNECTED} or self._again(held, agent):
            return
        del self.given[agent]
        if outcome in HEARD and case is not None:
            self.heard.add(case)
        elif state is CallState.CONNECTED and case is not None:
            self.heard.discard(case)

    @rule(customer=CUSTOMERS)
    def phones(self, customer: int) -> None:
        """A customer rings in."""
        if f"c-{customer}" not in self.calling:
            self.count += 1
            self.calling[f"c-{customer}"] = f"in/{self.count}"
            self._tell(CustomerPhoned(f"in/{self.count}", f"c-{customer}", "lv", "simulated"))

    @rule(customer=CUSTOMERS)
    def hangs_up(self, customer: int) -> None:
        """A customer is tired of waiting."""
        call = self._calls().get(self.calling.get(f"c-{customer}", ""))
        if call is not None and call.state is CallState.QUEUED:
            self._tell(CallEnded(call.call, call.attempt, Outcome.ABANDONED))

    @rule(state=st.sampled_from([None, "accepted", "declined", "arrived", "finished"]), customer=CUSTOMERS)
    def drives(self, state: Any, customer: int) -> None:
        """The truck says how it is."""
        self.count += 1
        names = [name for name in self._cases() if name.startswith(f"volta/car-{customer}/")]
        job = f"{names[0]}/tow" if names and state else None
        where, able = Place(56.96, 24.10, 10.0, self.now, "gnss"), ("tow",)
        report = TruckReport(f"t/{self.count}", "t-1", where, on_duty=True, skills=able, provenance="simulated")
        if job is not None:
            report = replace(report, job=job, job_state=state)
        self._tell(TruckReported(report))

    @rule(seconds=st.sampled_from([1.0, 15.0, 121.0, 181.0, 300.0, 601.0]))
    def time_passes(self, seconds: float) -> None:
        """Alarms ring."""
        self.now += seconds
        for due, action in self.desk.wake(self.now):
            self._note(action, due)

    @precondition(lambda self: self.count > 0)
    @rule()
    def restarts(self) -> None:
        """The service goes on from what was written down."""
        standing = self.desk.standing()
        self.desk = Desk(self.desk.policy)
        self.desk.stand(standing)

    @precondition(lambda self: self.count > 0)
    @rule()
    def folds(self) -> None:
        """The service goes on from its ledger's rows, after an upgrade: calls stand as they stood."""
        before, fold = self._standing(), Fold(self.desk.policy, version=DECISIONS_VERSION)
        for row in self.rows:
            fold.feed(row)
        self.desk = Desk(self.desk.policy)
        self.desk.stand(fold.standing())
        assert self._standing() == before

    # --- what holds --------------------------------------------------------------------------------------------------

    @invariant()
    def nobody_is_stranded(self) -> None:
        """Who must answer before anybody is sent has a call that will be made, or holds the line."""
        for case in self._cases().values():
            if case.needs_answer and not _given_up_for_now(case):
                assert self._will_be_spoken_to(case), f"{case.case} is forgotten: {case.help} {case.call}"

    @invariant()
    def who_is_owed_a_call_gets_it(self) -> None:
        """Nobody is left uninformed, unless they could not be reached and somebody is on the way."""
        for case in self._cases().values():
            given_up = case.call is not None and case.call.state is CallState.GIVEN_UP and not case.nobody_sent
            assert case.informed or given_up or _given_up_for_now(case) or self._will_be_spoken_to(case), (
                f"{case.case}: {case.help} {case.call}"
            )

    @invariant()
    def nobody_counts_as_informed_who_was_not(self) -> None:
        """Informed is who spoke with an agent who said so, or speaks with one; the casebook says the same."""
        for case in self._cases().values():
            speaks = any(call.state is CallState.CONNECTED for call in self._calls_about(case))
            assert not case.informed or speaks or case.case in self.heard, f"{case.case} was never told"
            assert (self.book.cases[case.case].informed_at is not None) == case.informed, case.case

    @invariant()
    def one_open_call_for_a_case(self) -> None:
        """While the customer holds the line about it, ours is neither queued nor handed out nor made later.

        Lines from a number that is not one customer's come beside: whose they are is not known when they ring.
        """
        for case in self._cases().values():
            mine = [call for call in self._calls_about(case) if call.state in TO_BE_MADE]
            waits = [call for call in mine if call.state is not CallState.CONNECTED]
            theirs = [call for call in waits if call.call in self.of_nobody]
            ours = [call for call in waits if not call.inbound]
            assert len(waits) - len(theirs) <= 1 or not any(call.inbound for call in mine), mine
            assert len(ours) <= 1, mine
            assert not ours or not theirs, mine

    @invariant()
    def whatever_waits_is_reminded_of(self) -> None:
        """No state waits for somebody who may never come: an alarm stands behind each."""
        alarms = {(one.about, one.case, one.attempt) for one in self.desk.standing().alarms}
        behind = {
            CallState.ASSIGNED: About.CLAIM,
            CallState.CONNECTED: About.TALK,
            CallState.RESTING: About.REDIAL,
        }
        for call in self._calls().values():
            about = behind.get(call.state)
            if call.state is CallState.QUEUED and call.due > self.now:
                about = About.OVERDUE_CALL
            assert about is None or (about, call.call, call.attempt) in alarms, call

    @invariant()
    def who_vanished_has_nothing_in_hand(self) -> None:
        """But what their telephone carries on."""
        for agent, (since, holds) in self.unseen.items():
            late = self.now - since >= self.desk.policy.agent_gone_s
            assert not late or all(call.call in holds for call in self._held(agent)), agent

    # --- how it is known ---------------------------------------------------------------------------------------------

    def _tell(self, event: Event) -> None:
        self.now += 0.5
        for due, action in self.desk.wake(self.now):
            self._note(action, due)
        row = self.pen.write(event, self.now)
        self.rows.append(row)
        self.book.feed(row)
        assert not list(self.audit.check(event, row.seq))
        for _, action in self.desk.handle(event, self.now):
            self._note(action, self.now)
        if isinstance(event, CallEnded):
            self._hung_up()

    def _note(self, action: Any, at: float) -> None:
        row = self.pen.write(action, at)
        self.rows.append(row)
        self.book.feed(row)
        assert not list(self.audit.check(action, row.seq)), action
        if isinstance(action, AssignCall):
            assert action.agent not in self.unseen, "nothing new for whom nobody sees"
            self.given[action.agent] = action
        elif isinstance(action, QueueCall) and action.reason == "agent_lost":
            self.heard.discard(action.case or "")
        elif isinstance(action, WithdrawCall) and action.reason == "agent_lost":
            self.heard.discard(action.case or "")
            self._hung_up()
        elif isinstance(action, SendNotice) and not action.beside_call:
            self.heard.add(action.case)
        elif isinstance(action, CloseCase):
            self.heard.discard(action.case)

    def _forget(self, agent: str) -> None:
        """Whoever had a call and says nothing of it has informed nobody."""
        held = self.given.pop(agent, None)
        if held is not None and self._state(held) is CallState.CONNECTED:
            self.heard.discard(self._about(held.call) or "")

    def _moves_on(self, name: str | None) -> None:
        """Whoever takes the next fault down on a line has spoken of the one before, as whoever hands a call on has."""
        call = self._calls().get(name or "")
        if call is not None and call.state is CallState.CONNECTED and call.case is not None:
            self.heard.add(call.case)

    def _hung_up(self) -> None:
        calls = self._calls()
        self.calling = {who: call for who, call in self.calling.items() if call in calls}

    def _again(self, held: AssignCall, agent: str) -> bool:
        """Was the agent given another call at once?"""
        return self.given.get(agent) is not held

    def _state(self, held: AssignCall) -> CallState | None:
        call = self._calls().get(held.call)
        return call.state if call is not None and call.attempt == held.attempt else None

    def _about(self, name: str) -> str | None:
        call = self._calls().get(name)
        return call.case if call is not None else None

    def _standing(self) -> dict[str, Any]:
        """Return how cases and calls stand, as far as calls go."""
        told = {case.case: (case.informed, case.needs_answer, case.declined_help) for case in self._cases().values()}
        open_calls = [call for call in self._calls().values() if call.state is not CallState.DONE]
        return told | {
            call.call: (
                *(call.state, call.case, call.agent, call.unanswered, call.at_once, call.due, call.not_before),
                *(call.back, call.on_hold, call.to_agent, call.needs, call.concern, call.may_ring_back, call.attempt),
            )
            for call in open_calls
        }

    def _held(self, agent: str) -> list[Call]:
        return [call for call in self._calls().values() if call.agent == agent]

    def _cases(self) -> dict[str, Case]:
        return {case.case: case for case in self.desk.standing().cases}

    def _calls(self) -> dict[str, Call]:
        return {call.call: call for call in self.desk.standing().calls}

    def _calls_about(self, case: Case) -> Iterator[Call]:
        return (call for call in self._calls().values() if call.case == case.case and call.is_spoken)

    def _will_be_spoken_to(self, case: Case) -> bool:
        made = case.call is not None and case.call.state in TO_BE_MADE
        on_the_line = any(
            call.is_about_anything and call.customer == case.finding.customer and call.state in TO_BE_MADE
            for call in self._calls().values()
        )
        return made or on_the_line


CallMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30)
TestCalls = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")(CallMachine.TestCase)
