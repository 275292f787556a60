"""Reads the calls, ours and the customers', and what is shown to owners: who knows what. Pure."""

from __future__ import annotations

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
from dispatch.core.calls import UNHEARD
from dispatch.core.conversation.channels import SPOKEN
from dispatch.core.events import AgentEvent, CallConnected, CallEnded, CallEvent, CustomerPhoned, Outcome
from dispatch.core.hints.events import HintJudged, HintsShown
from dispatch.core.reasons.events import ReasonTold
from dispatch.core.routing.events import CallListenedTo, CallNoted, CallTransferred
from dispatch.views.case_view import CallView, CaseView, NoteView
from dispatch.views.contact import Contact
from dispatch.views.reading import agents
from dispatch.views.reading.known import Known

MOST_NOTES = 50
"""Of one call."""


def happened(known: Known, event: CallEvent, at: float) -> None:
    """Read what agents and customers did."""
    if isinstance(event, AgentEvent):
        agents.happened(known, event, at)
        return
    match event:
        case CallConnected():
            _connected(known, event, at)
        case CallEnded():
            _ended(known, event, at)
        case CallTransferred():
            _transferred(known, event, at)
        case CallNoted():
            _noted(known, event, at)
        case CallListenedTo():
            _listened_to(known, event)
        case ReasonTold():
            _reason_told(known, event)
        case HintJudged():
            _hinted(known, event)
        case HintsShown() | CustomerPhoned():
            pass  # the timeline, and what is decided about it, tell all there is to show
        case _:
            assert_never(event)


def decided(known: Known, action: CallAction, at: float) -> None:
    """Read what is decided about a call."""
    match action:
        case QueueCall():
            _queue(known, action, at)
        case AssignCall():
            _assign(known, action, at)
        case WithdrawCall():
            _withdraw(known, action, at)
        case _:
            assert_never(action)


def shown(known: Known, action: OwnerAction, at: float) -> None:
    """Read what the owner is shown."""
    match action:
        case SendNotice():
            _notice(known, action, at)
        case TellDriverToStop():
            pass  # the timeline has it
        case _:
            assert_never(action)


def _notice(known: Known, action: SendNotice, at: float) -> None:
    known.counts.notices += 1
    case = known.cases[action.case]
    case.notice = action.text
    if not action.beside_call and (action.number == 1 or case.informed_at is None):
        case.informed_at = at
    if case.contact is Contact.NONE:
        case.set_contact(Contact.MESSAGE, at)


def _queue(known: Known, action: QueueCall, at: float) -> None:
    before = known.calls.get(action.call)
    if before is None:
        known.counts.phoned += action.direction == "inbound" and action.channel in SPOKEN
    elif action.attempt > before.attempt:
        at = min(at, before.queued_at) if before.state == "assigned" else at
    if before is not None:
        let_lie = action.reason == "agent_lost" or (not action.reason and before.state == "assigned")
        agents.taken(known, before.agent, action.call, at, let_lie=let_lie)
    known.calls[action.call] = _queued(action, before, at)
    case = known.cases.get(action.case or "")
    if case is not None:
        _queued_about(case, action, before, at)


def _transferred(known: Known, event: CallTransferred, at: float) -> None:
    call = known.calls.get(event.call)
    if call is None or not call.given_to(event.attempt, event.agent) or call.state != "connected":
        return
    call.to_agent, call.needs = event.to_agent, {one.attribute: one.level for one in event.needs} or call.needs
    if event.text:
        _note(call, NoteView(at, event.agent, event.text))


def _noted(known: Known, event: CallNoted, at: float) -> None:
    call = known.calls.get(event.call)
    if call is not None:
        call.concern = event.concern or call.concern
        _note(call, NoteView(at, event.agent, event.text))


def _reason_told(known: Known, event: ReasonTold) -> None:
    call = known.calls.get(event.call)
    if call is not None:
        call.told_reason = event.reason


def _listened_to(known: Known, event: CallListenedTo) -> None:
    call = known.calls.get(event.call)
    if call is not None and call.given_to(event.attempt, event.agent):
        others = [name for name in call.listeners if name != event.listener]
        call.listeners = [*others, event.listener] if event.listens else others


def _hinted(known: Known, event: HintJudged) -> None:
    call = known.calls.get(event.call)
    if call is not None:
        call.hints[event.article] = event.verdict


def nobody_listens(known: Known) -> None:
    """The service ended, and with it whatever anybody listened to."""
    for call in known.calls.values():
        if call.listeners:
            call.listeners = []


def _note(call: CallView, note: NoteView) -> None:
    call.notes = [*call.notes, note][-MOST_NOTES:]


def _queued(action: QueueCall, before: CallView | None, at: float) -> CallView:
    call = _newly_queued(action, at)
    if before is not None:
        call.notes, call.needs, call.told_reason = before.notes, before.needs, before.told_reason
        call.lost_attempt, call.lost_agent = before.lost_attempt, before.lost_agent
        if action.reason == "agent_lost" and before.state == "connected":
            call.lost_attempt, call.lost_agent = before.attempt, before.agent
        call.to_agent = before.to_agent if action.reason == "transferred" else ""
    return call


def _newly_queued(action: QueueCall, at: float) -> CallView:
    return CallView(
        action.call,
        action.case,
        action.customer,
        action.direction,
        action.language,
        action.provenance,
        action.priority,
        action.attempt,
        "queued",
        at,
        action.due,
        action.not_before,
        reason=action.reason,
        channel=action.channel,
        concern=action.concern,
        expects=action.expects,
    )


def _queued_about(case: CaseView, action: QueueCall, before: CallView | None, at: float) -> None:
    if action.reason == "transferred":
        return  # they speak with us, and with another agent next
    spoke = before is not None and before.state == "connected" and action.reason != "open_question"
    lost = action.reason == "agent_lost" or spoke
    if lost and action.channel in SPOKEN:  # what the agent said, in this call or in the customer's own, is not known
        case.informed_at = None
    if action.direction == "inbound":
        case.set_contact(Contact.RANG_IN if action.channel in SPOKEN else Contact.WROTE, at)
        return
    case.call = action.call
    case.open_question = case.open_question or action.reason == "open_question"
    unanswered = before is not None and before.state == "resting"
    case.set_contact(Contact.UNANSWERED if unanswered else Contact.QUEUED, at)


def _assign(known: Known, action: AssignCall, at: float) -> None:
    call = known.calls[action.call]
    call.state, call.agent, call.listeners = "assigned", action.agent, []
    agents.given(known, action.agent, action.call, at)
    case = known.cases.get(action.case or "")
    if case is not None and call.direction == "outbound":
        case.set_contact(Contact.RUNG, at)


def _withdraw(known: Known, action: WithdrawCall, at: float) -> None:
    call = known.calls[action.call]
    agents.taken(known, call.agent, call.call, at, let_lie=action.reason == "agent_lost")
    cut_off = action.reason == "agent_lost" or (
        action.reason in {"consent_withdrawn", "wrong_number"} and call.state == "connected"
    )
    if action.reason == "agent_lost" and call.state == "connected":
        call.lost_attempt, call.lost_agent = call.attempt, call.agent
    call.state, call.withdrawn, call.ended_at = "withdrawn", action.reason, at
    if action.case is not None and cut_off:
        known.cases[action.case].informed_at = None
    if call.case is None:
        known.over[call.call] = None
    case = known.cases.get(action.case or "")
    if case is not None:
        _withdrawn_about(known, case, call, action, at)


def _withdrawn_about(  # noqa: C901 - the whole vocabulary on one screen
    known: Known, case: CaseView, call: CallView, action: WithdrawCall, at: float
) -> None:
    match action.reason:
        case "customer_phoned":
            _rang_in_instead(known, case, at)
        case "unreachable" | "wrong_number":
            case.set_contact(Contact.NOT_REACHED, at)  # a message beside the call may have been read or not
        case (
            "agent_lost" | "joined"
        ):  # they hold the line, or write with an agent; else our call to them is queued next
            if call.direction == "outbound":
                case.set_contact(Contact.RANG_IN if action.reason == "agent_lost" else Contact.WROTE, at)
        case "consent_withdrawn":
            if not case.contact.in_talk:
                case.set_contact(Contact.NOT_WANTED, at)
        case "answered":
            case.informed_at = at if case.informed_at is None else case.informed_at
            case.set_contact(Contact.ANSWERED, at)
        case "spoken_to":
            case.set_contact(Contact.SPOKEN, at)
        case "recovered" | "closed" | "other_call" | "waits":
            if not case.contact.in_talk:
                case.set_contact(Contact.NOT_NEEDED, at)
        case _:
            assert_never(action.reason)


def _rang_in_instead(known: Known, case: CaseView, at: float) -> None:
    """Our call is withdrawn for theirs: one that waited before there was a case is about this one."""
    theirs = [call for call in known.calls.values() if call.customer == case.customer and call.direction == "inbound"]
    waiting = [call for call in theirs if call.state in {"queued", "assigned", "connected"}]
    for call in waiting:
        if call.case is None:
            call.case = case.case
            known.is_about(call, case.case)
    if not case.contact.in_talk:
        speak = any(call.state == "connected" for call in waiting)
        case.set_contact(Contact.SPEAKING if speak else Contact.RANG_IN, at)


def _connected(known: Known, event: CallConnected, at: float) -> None:
    call = known.calls.get(event.call)
    if call is None or not call.given_to(event.attempt, event.agent) or call.state != "assigned":
        return
    call.state, call.connected_at = "connected", at
    known.counts.connected += 1
    speak_about(known, call, at)


def speak_about(known: Known, call: CallView, at: float) -> None:
    """An agent and a customer speak about a case, as the customer's turned out to be, or was from the beginning."""
    case = known.case_for(call)
    if case is not None:
        call.case = case.case
        case.set_contact(Contact.SPEAKING, at)
        if call.channel in SPOKEN:  # else an agent reads what they wrote, and has told them nothing yet
            case.informed_at = at if case.informed_at is None else case.informed_at


def _ended(known: Known, event: CallEnded, at: float) -> None:
    call = known.calls.get(event.call)
    if call is not None and call.was_lost(event.attempt, event.agent):
        _said_late(known, call, event, at)
        return
    if call is None or not call.given_to(event.attempt, event.agent) or call.state in {"withdrawn", "done"}:
        return
    if event.outcome is Outcome.NOT_TAKEN:
        return  # what is decided about it tells all there is to show
    if call.agent is not None and call.state in {"assigned", "connected"}:
        agents.ended(known, call.agent, event, at)
    case = known.case_for(call) if call.channel in SPOKEN or call.case is not None else None
    heard = event.outcome not in UNHEARD
    if case is not None and call.state == "connected" and not heard and call.channel in SPOKEN:
        case.informed_at = None
    call.outcome = event.outcome
    resting = not heard and call.direction == "outbound" and event.outcome is not Outcome.CALL_BACK
    call.state, call.ended_at = ("resting", None) if resting else ("done", at)
    if case is not None and heard:
        case.set_contact(Contact.SPOKEN, at)
        case.informed_at = at if case.informed_at is None else case.informed_at
        case.note_answer(place=event.place, wants_help=event.wants_help)
    elif case is not None:
        _unheard(case, call, at)
    if call.case is None:
        known.over[call.call] = None


def _said_late(known: Known, call: CallView, event: CallEnded, at: float) -> None:
    """An agent who was taken for lost says how it ended after all."""
    case = known.case_for(call)
    if case is not None and event.outcome not in UNHEARD and event.outcome is not Outcome.NOT_TAKEN:
        call.lost_attempt, call.lost_agent = 0, None
        case.set_contact(Contact.SPOKEN, at)
        case.informed_at = at if case.informed_at is None else case.informed_at
        case.note_answer(place=event.place, wants_help=event.wants_help)


def _unheard(case: CaseView, call: CallView, at: float) -> None:
    """Nobody was reached, or the customer hung up: whoever was told before knows it still."""
    if call.direction == "outbound":
        case.set_contact(Contact.UNANSWERED, at)
    elif case.informed_at is not None:
        case.set_contact(Contact.MESSAGE if case.notice else Contact.SPOKEN, case.informed_at)
    else:
        case.set_contact(Contact.HUNG_UP, at)
