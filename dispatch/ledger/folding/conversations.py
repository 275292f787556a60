"""What was written both ways, and what customers said in writing. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.actions import MessageAction, SendMessage, SendNotice
from dispatch.core.case import Case
from dispatch.core.conversation.channels import Answer
from dispatch.core.conversation.events import (
    AgentWrote,
    ConversationEvent,
    CustomerAnswered,
    CustomerWrote,
    MessageReported,
    PreferenceChanged,
    StrangerIdentified,
    VoicePlayed,
)
from dispatch.core.duties.conversations import SaidByCustomer
from dispatch.core.duties.correspondence import WANTS
from dispatch.core.duties.informing import is_late
from dispatch.core.messages import as_sent
from dispatch.core.robots.actions import AnswerByRobot, HandToPerson, RobotAction
from dispatch.core.timers import About
from dispatch.core.written import settles
from dispatch.ledger.folding import calls
from dispatch.ledger.folding.folded import Folded


def happened(folded: Folded, event: ConversationEvent) -> None:
    """Fold what was written, answered or reported."""
    match event:
        case CustomerWrote():
            folded.talks.read_on(event.customer, event.channel, folded.at)
        case CustomerAnswered():
            _answered(folded, event)
        case MessageReported():
            folded.talks.reported(event, folded.at)
        case PreferenceChanged():
            folded.talks.of(event.customer).preference = event.preference
            for case in folded.cases.values():
                if case.finding.customer == event.customer:
                    case.language = event.preference.language or case.language
        case StrangerIdentified():
            _identified(folded, event)
        case AgentWrote() | VoicePlayed():
            _by_agent(folded, event)
        case _:
            assert_never(event)


def written(folded: Folded, action: MessageAction | RobotAction) -> None:
    """Fold what we wrote."""
    match action:
        case SendMessage():
            folded.talks.numbered(action)
            case = folded.cases.get(action.case or "")
            if case is not None and action.purpose == "notice":
                note_sent(folded, action, case)
                case.written += 1
                case.informed = case.informed or not action.beside_call
        case AnswerByRobot() | HandToPerson():
            folded.talks.dialogues.decided(action, folded.at)
        case _:
            assert_never(action)


def note_sent(folded: Folded, action: SendNotice | SendMessage, case: Case) -> None:
    """Note a message that may still be read, as the desk does; before it is counted."""
    if not folded.policy.messages.channels:
        return
    if action.instead_of:
        folded.talks.settled(action.instead_of, folded.at)
        late = action.beside_call and not case.no_call_to_come and is_late(case, folded.at)
        case.told_to_wait = case.told_to_wait or late
    elif action.beside_call and case.notices + case.written:
        case.told_to_wait = True
    sent = as_sent(action, case, folded.at, folded.policy.messages)
    folded.talks.sent(case.finding.customer, sent, unasked=not action.instead_of)
    folded.remind(sent.read_by - folded.at, About.MESSAGE, action.key, 0)


def _answered(folded: Folded, event: CustomerAnswered) -> None:
    folded.talks.answered(event, folded.at)
    case = folded.cases.get(event.case)
    if case is None or case.finding.customer != event.customer or not settles(case, event.answer, event.place):
        return
    case.in_writing = True
    case.has_stopped = case.has_stopped or event.answer is Answer.HAS_STOPPED
    refused = event.answer is Answer.WANTS_NO_HELP
    calls.heard(folded, case, SaidByCustomer(event.place, event.near, WANTS.get(event.answer), refused=refused))


def _by_agent(folded: Folded, event: AgentWrote | VoicePlayed) -> None:
    """What is sent is a row, and who listens changes nothing; but whose the conversation is no row says."""
    if isinstance(event, AgentWrote) and event.agent and folded.policy.robots:
        folded.talks.dialogues.person_has(event.customer, event.channel, folded.at, begins=True)


def _identified(folded: Folded, event: StrangerIdentified) -> None:
    for one in folded.cases.values():
        if one.finding.customer == event.stranger:
            one.is_of(event.customer, event.language, may_call=event.may_call)
            whose = folded.of_device.pop((one.finding.device, event.stranger), None)
            if whose is not None:
                folded.of_device[one.finding.device, event.customer] = whose
    folded.talks.hand_over(event.stranger, event.customer)
    folded.reasons.hand_over(event.stranger, event.customer)
    case = calls.to_talk_about(folded, event.customer)
    for call in folded.calls.values():
        if call.customer == event.stranger:
            call.customer, call.language = event.customer, event.language
            call.case = call.case or (case.case if case is not None else None)
            calls.speaks_about(folded, call)
