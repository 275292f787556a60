"""Who was rung, who rang in, who spoke; and what owners were shown. Pure."""

from __future__ import annotations

from itertools import islice
from typing import assert_never

from dispatch.core.actions import (
    AssignCall,
    CallAction,
    OwnerAction,
    QueueCall,
    SendNotice,
    TellDriverToStop,
    WithdrawCall,
)
from dispatch.core.calls import NOW, UNHEARD, URGED_AFTER_S
from dispatch.core.case import INBOUND_PRIORITY, Call, Case, nobody_would_come
from dispatch.core.duties.conversations import SaidByCustomer
from dispatch.core.duties.inviting import SKILL
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
from dispatch.core.hints.events import HintJudged, HintsShown
from dispatch.core.ids import is_call_back, is_invited, is_rated
from dispatch.core.reasons.events import ReasonTold
from dispatch.core.reasons.model import skill_wanted
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
from dispatch.core.skills import NEEDED
from dispatch.core.timers import About
from dispatch.core.transitions import CallState, HelpState
from dispatch.ledger.folding import conversations
from dispatch.ledger.folding.cases import BEFORE_HELP
from dispatch.ledger.folding.folded import Folded
from gateway.finding import Drive, Severity

_OVER = {CallState.WITHDRAWN, CallState.DONE, CallState.GIVEN_UP}
PLACE_HOLDS = 6
"""The version from which on a place that was good when an agent was given a call is so when the talk is over."""
LATE_WORDS = 5
"""The version of the rules from which on an agent who was taken for lost is heard."""
_ANEW = {"agent_lost", "open_question", "call_back", *NOW}
_WITHDRAWN_AS = {"unreachable": CallState.GIVEN_UP, "agent_lost": CallState.DONE, "joined": CallState.DONE}


def happened(folded: Folded, event: CallEvent) -> None:
    """Fold what agents and customers did."""
    if isinstance(event, AgentEvent):
        _of_agent(folded, event)
        return
    match event:
        case CallTransferred():
            _transferred(folded, event)
        case CallListenedTo() | HintsShown():
            pass  # nothing is decided by it
        case HintJudged():
            folded.hints.judged(event)
        case CallNoted():
            _noted(folded, event)
        case ReasonTold():
            folded.reasons.told(event)
        case CallConnected():
            _connected(folded, event)
        case CallEnded():
            _ended(folded, event)
        case CustomerPhoned():
            folded.unheard.turned_to_us(event.customer, folded.at)
            folded.calls[event.call] = _theirs(event, folded.unheard.since(event.customer, folded.at))
        case _:
            assert_never(event)


def _of_agent(folded: Folded, event: AgentEvent) -> None:
    match event:
        case AgentBecameFree():
            _agent_free(folded, event)
        case AgentLeft() | AgentPaused():
            folded.free.pop(event.agent, None)
        case AgentResumed() | AgentWrappedUp():
            pass  # who waits for a call says so
        case AgentSeen():
            folded.presence.seen(event.agent, begins=True)
        case AgentUnseen():
            folded.expect_back(folded.presence.unseen(event.agent, event.holds, folded.at))
        case _:
            assert_never(event)


def _transferred(folded: Folded, event: CallTransferred) -> None:
    call = _in_hand(folded, event)
    if call is not None and call.state is CallState.CONNECTED and not _rings_beside(folded, call):
        call.to_agent, call.needs, call.on_hold = event.to_agent, event.needs or call.needs, True


def _rings_beside(folded: Folded, call: Call) -> bool:
    """Does the customer of our call hold another line of ours? Then it is not handed on: a row says so."""
    others = (one for one in folded.calls.values() if one.inbound and one.is_spoken and one.customer == call.customer)
    return not call.inbound and any(others)


def _noted(folded: Folded, event: CallNoted) -> None:
    call = folded.calls.get(event.call)
    case = _case_of(folded, call) if call is not None else None
    for one in (call, case):
        if one is not None and event.concern:
            one.concern = event.concern


def _theirs(event: CustomerPhoned, since: float) -> Call:
    return Call(
        event.call,
        None,
        event.customer,
        inbound=True,
        language=event.language,
        provenance=event.provenance,
        priority=INBOUND_PRIORITY,
        channel=event.channel,
        concern=event.concern,
        may_ring_back=event.may_call,
        since=since,
    )


def _new(folded: Folded, action: QueueCall) -> Call:
    """Return ours, or what a customer wrote; who rang in is known by the event."""
    writes = action.direction == "inbound" and not (is_invited(action.call) or is_rated(action.call))
    return Call(
        action.call,
        action.case,
        action.customer,
        inbound=action.direction == "inbound",
        language=action.language,
        provenance=action.provenance,
        priority=action.priority,
        channel=action.channel,
        back=is_call_back(action.call),
        skill=SKILL if is_invited(action.call) else None,
        since=folded.unheard.since(action.customer, folded.at) if writes else 0.0,
    )


def _note_rated(folded: Folded, call: Call, action: QueueCall) -> None:
    """Of a call with who gave little: when it may be made, and who is not to make it."""
    asked = folded.surveys.of_customer.get(action.customer)
    if is_rated(action.call) and asked is not None:
        call.at_once, call.time_zone, call.not_by = call.inbound, asked.time_zone, asked.agent
        folded.remind(URGED_AFTER_S, About.SCORE, call.call, 0)


def decided(folded: Folded, action: CallAction) -> None:
    """Fold what was decided about a call."""
    match action:
        case QueueCall():
            _queue(folded, action)
        case AssignCall():
            _assign(folded, action)
        case WithdrawCall():
            _withdraw(folded, action)
        case _:
            assert_never(action)


def shown(folded: Folded, action: OwnerAction) -> None:
    """Fold what the owner was shown."""
    case = folded.cases[action.case]
    match action:
        case TellDriverToStop():
            case.told_to_stop = True
        case SendNotice():
            conversations.note_sent(folded, action, case)
            case.notices = action.number
            case.informed = case.informed or not action.beside_call  # more are shown only to who is informed
        case _:
            assert_never(action)


def _agent_free(folded: Folded, event: AgentBecameFree) -> None:
    for call in [one for one in folded.calls.values() if one.agent == event.agent]:
        if call.state is CallState.CONNECTED and folded.by_first_rules:
            _over(folded, call, CallState.DONE)  # later versions say in rows what becomes of it
    folded.presence.seen(event.agent, begins=False)
    folded.free.pop(event.agent, None)
    folded.free[event.agent] = event


def _connected(folded: Folded, event: CallConnected) -> None:
    call = _in_hand(folded, event)
    if call is None or call.state is not CallState.ASSIGNED:
        return
    call.state, call.on_hold = CallState.CONNECTED, False
    if folded.policy.robots:
        folded.talks.dialogues.person_has(call.customer, call.channel, folded.at, begins=not call.is_spoken)
    if call.is_spoken:
        folded.unheard.reached(call.customer)
        folded.talks.spoke(call.customer, folded.at)
    folded.remind(folded.policy.talk_timeout_s, About.TALK, call.call, call.attempt)
    speaks_about(folded, call)


def speaks_about(folded: Folded, call: Call) -> None:
    """Fold what becomes of the case that is spoken about."""
    case = _case_of(folded, call)
    if case is not None and call.state is CallState.CONNECTED:
        call.case = case.case
        if call.is_spoken:
            case.informed, case.spoke_with = True, call.agent or ""


def _in_hand(folded: Folded, event: CallConnected | CallEnded | CallTransferred) -> Call | None:
    """Return the call meant, where it was in the hand of whoever tells of it."""
    call = folded.calls.get(event.call)
    if call is None or call.attempt != event.attempt or event.agent not in {None, call.agent}:
        return None
    if folded.by_first_rules:
        return None if call.state in {CallState.WITHDRAWN, CallState.RESTING} else call
    held = call.state in {CallState.ASSIGNED, CallState.CONNECTED}
    return call if held or ((call.inbound or call.on_hold) and call.state is CallState.QUEUED) else None


def _ended(folded: Folded, event: CallEnded) -> None:
    call = _in_hand(folded, event)
    if call is None:
        _said_late(folded, event)
        return
    if event.outcome is Outcome.NOT_TAKEN:  # a row says what becomes of it
        return
    if not call.inbound:
        folded.unheard.reached(call.customer)
    about_it = call.is_spoken or call.case is not None
    case, unheard = _case_of(folded, call) if about_it else None, event.outcome in UNHEARD
    if unheard and case is not None and call.state is CallState.CONNECTED and call.is_spoken:
        case.informed = False
    if event.outcome is Outcome.WRONG_NUMBER and not call.inbound:
        _wrong_number(folded, call.customer)
        return
    if unheard and not call.inbound and event.outcome is not Outcome.CALL_BACK:
        if not (call.on_hold and event.outcome is Outcome.ABANDONED):  # else a row says what becomes of it
            _rests(folded, call, event.outcome)
        return
    _over(folded, call, CallState.DONE)
    if case is not None and not unheard:
        heard(folded, case, _said(event, call.handed_at))


def _said_late(folded: Folded, event: CallEnded) -> None:
    talk = (event.call, event.attempt, event.agent or "")
    case = next((one for one in folded.cases.values() if one.lost_talk == talk), None)
    if case is not None and event.outcome not in UNHEARD and event.outcome is not Outcome.NOT_TAKEN:
        case.lost_talk = None
        heard(folded, case, _said(event))


def _note_lost(folded: Folded, call: Call, case: Case | None) -> None:
    """Of a talk of which nobody said how it ended they may say so yet; older rules heard nothing of it."""
    if case is not None and call.state is CallState.CONNECTED and call.is_spoken and folded.version >= LATE_WORDS:
        case.lost_talk = (call.call, call.attempt, call.agent or "")


def _wrong_number(folded: Folded, customer: str) -> None:
    for case in folded.cases.values():
        if case.finding.customer == customer:
            case.wrong_number = True


def _rests(folded: Folded, call: Call, outcome: Outcome) -> None:
    call.unanswered, call.on_hold = call.unanswered + 1, False
    if call.unanswered < folded.policy.dial_attempts:  # else a row says what becomes of it
        call.state, policy = CallState.RESTING, folded.policy
        rests_s = policy.later_redial_s if outcome is Outcome.VOICEMAIL else policy.rests_s(call.unanswered)
        folded.remind(rests_s, About.REDIAL, call.call, call.attempt)


def _said(event: CallEnded, asked_at: float = 0.0) -> SaidByCustomer:
    refused = event.outcome is Outcome.DECLINED_HELP
    return SaidByCustomer(event.place, event.near, event.wants_help, refused=refused, asked_at=asked_at)


def heard(folded: Folded, case: Case, event: SaidByCustomer) -> None:
    """Fold what a customer said, in a call or in writing."""
    case.informed = True
    if event.place is not None and case.help in BEFORE_HELP and folded.by_first_rules:
        case.place, case.near = event.place, event.near
    could_say_no = case.asks_first if folded.by_first_rules else case.sends
    if event.refused or (could_say_no and event.wants_help is False):
        _declined(folded, case)
    elif (
        event.wants_help and not folded.by_first_rules and nobody_would_come(case.finding, nobody_sent=case.nobody_sent)
    ):
        case.asked_for_help = True
        folded.needs_help[case.case] = event.asked_at if folded.version >= PLACE_HOLDS else 0.0
    elif case.asks_first and event.wants_help:
        case.confirmed = True
        if case.nobody_sent and case.needs_truck and event.place is not None and not folded.by_first_rules:
            _waits(folded, case)
        elif case.nobody_sent:
            folded.needs_help[case.case] = event.asked_at if folded.version >= PLACE_HOLDS else 0.0
    elif event.place is not None and case.help is HelpState.ASKING and not case.asks_first:
        _waits(folded, case)


def _declined(folded: Folded, case: Case) -> None:
    case.declined_help = case.helped_at is None or folded.by_first_rules
    case.too_late = any(one is not None and one.too_late for one in (case.booking, case.order))
    if case.help in {HelpState.ASKING, HelpState.WAITING, HelpState.CONTRACTED}:
        case.help = HelpState.CANCELLED


def _waits(folded: Folded, case: Case) -> None:
    """The customer said where: a truck is wanted."""
    case.help = HelpState.WAITING
    folded.look_after(case)


def _case_of(folded: Folded, call: Call) -> Case | None:
    if call.case is not None:
        return folded.cases.get(call.case)
    return to_talk_about(folded, call.customer) if call.is_about_anything else None


def to_talk_about(folded: Folded, customer: str) -> Case | None:
    """Return the open case that a customer turns to us about, as ``OpenCases`` has it."""
    mine = [case for case in folded.cases.values() if case.finding.customer == customer]
    found = [case for case in mine if not case.informed] or mine
    return found[-1] if found else None


def _over(folded: Folded, call: Call, state: CallState) -> None:
    call.state, call.agent = state, None
    folded.calls.pop(call.call, None)
    folded.queued.pop(call.call, None)


def _queue(folded: Folded, action: QueueCall) -> None:
    call, case = folded.calls.get(action.call), folded.cases.get(action.case or "")
    if call is None:
        call = folded.calls[action.call] = _new(folded, action)
        _note_rated(folded, call, action)
    call.case, call.expects = action.case, action.expects or call.expects
    folded.reasons.queued(action, folded.at)
    if action.reason == "agent_lost":
        _note_lost(folded, call, case)
    anew, spoke = action.reason in _ANEW or call.state in _OVER, call.state is CallState.CONNECTED
    if anew:
        call.unanswered = 0
    if action.reason != "transferred":
        call.to_agent, call.on_hold = "", call.on_hold and not action.reason
    call.channel, call.concern = action.channel, action.concern
    call.state, call.agent, call.attempt = CallState.QUEUED, None, action.attempt
    urged = action.reason == "low_score" and call.attempt > 1
    call.not_by = "" if urged else call.not_by
    call.due, call.not_before, call.priority = action.due, action.not_before, action.priority
    if case is not None and case.is_waiting and not call.inbound and action.reason != "transferred":
        case.wait_too_long()
    if case is not None:
        _queued_about(case, call, action, anew=anew and not spoke)  # who was cut off keeps what held
    call.skill = skill_wanted(call.expects, call.skill)
    folded.queued[action.call] = None
    for at in (call.not_before, call.due, *folded.routing.changes(call)):
        folded.remind(max(0.0, at - folded.at), About.OVERDUE_CALL, call.call, call.attempt)


def _queued_about(case: Case, call: Call, action: QueueCall, *, anew: bool) -> None:
    finding = case.finding
    if action.reason == "agent_lost" and call.is_spoken:
        case.informed = False
    call.skill = NEEDED[finding.domain]
    if call.is_about_anything:
        return
    case.call, call.time_zone = call, case.time_zone
    stop, worst = finding.drive is Drive.STOP_NOW, finding.severity is Severity.CRITICAL
    if action.reason in {"call_back", "transferred"}:
        call.at_once = True
    elif anew or action.attempt == 1:
        call.at_once = finding.sends or stop or worst or action.reason in NOW
    elif action.reason == "unanswered":
        call.at_once = stop


def _assign(folded: Folded, action: AssignCall) -> None:
    call = folded.calls[action.call]
    _passes(folded, call)
    call.state, call.agent, call.handed_at = CallState.ASSIGNED, action.agent, folded.at
    folded.queued.pop(action.call, None)
    folded.free.pop(action.agent, None)
    folded.remind(folded.policy.claim_timeout_s, About.CLAIM, call.call, call.attempt)


def _passes(folded: Folded, call: Call) -> None:
    """Note whose turn it was: a customer's who rang in, while a call of ours is overdue, or ours."""
    ours = (one for one in map(folded.calls.__getitem__, folded.queued) if not one.inbound)
    overdue = any(one.provenance == call.provenance and one.due <= folded.at for one in ours)
    before = folded.passed.get(call.provenance, 0)
    folded.passed[call.provenance] = before + 1 if call.inbound and overdue else 0


def _withdraw(folded: Folded, action: WithdrawCall) -> None:
    call = folded.calls[action.call]
    cut_off = action.reason == "agent_lost" or (
        action.reason == "consent_withdrawn" and call.state is CallState.CONNECTED
    )
    if action.reason == "agent_lost":
        _note_lost(folded, call, folded.cases.get(action.case or ""))
    call.agent, call.on_hold = None, False
    folded.queued.pop(action.call, None)
    call.state = _WITHDRAWN_AS.get(action.reason, CallState.WITHDRAWN)
    if action.reason == "joined" and not call.inbound:  # it is made again where what is owed was not said
        call.state = CallState.WITHDRAWN
    case = folded.cases.get(action.case or "")
    if case is not None and cut_off:
        case.informed = False
    if action.reason == "customer_phoned":  # who holds the line is asked about what broke meanwhile
        lines = (
            one for one in folded.calls.values() if one.inbound and one.is_spoken and one.customer == call.customer
        )
        for one in islice(lines, 1):  # of two lines the first, as the desk has it
            one.case = one.case or action.case
    if call.state in _OVER - {CallState.WITHDRAWN} or call.back:
        del folded.calls[action.call]
