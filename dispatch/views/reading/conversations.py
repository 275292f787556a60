"""Reads what customers and the house say to each other, on whatever channel, into one conversation each. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.actions import MessageAction, OwnerAction, SendMessage, SendNotice, TellDriverToStop
from dispatch.core.conversation.channels import SPOKEN, Answer, Channel
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
from dispatch.core.events import AgentBecameFree, AgentLeft, CallConnected, CallEnded, CallEvent, CustomerPhoned
from dispatch.core.hints.events import HintJudged, HintsShown
from dispatch.core.reasons.events import ReasonTold
from dispatch.core.robots.actions import AnswerByRobot, HandToPerson, RobotAction
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
from dispatch.views.case_view import CallView, CaseView
from dispatch.views.contact import Contact
from dispatch.views.conversation import ConversationView, Fact, HandedOver, Side, Told, Utterance, preferred
from dispatch.views.reading.calls import speak_about
from dispatch.views.reading.known import Known
from gateway.finding import Drive


def happened(known: Known, event: ConversationEvent, at: float) -> None:
    """Read what was written, answered or reported."""
    match event:
        case CustomerWrote():
            _wrote(known, event, at)
        case CustomerAnswered():
            _answered(known, event, at)
        case MessageReported():
            _reported(known, event)
        case StrangerIdentified():
            _identified(known, event, at)
        case PreferenceChanged():
            if event.agent:
                _prefers(known, event, at)
        case AgentWrote() | VoicePlayed():
            pass  # what is decided about it tells all there is to show
        case _:
            assert_never(event)


def written(known: Known, action: MessageAction, at: float) -> None:
    """Read what we write."""
    match action:
        case SendMessage():
            known.counts.messages += 1
            side: Side = "agent" if action.agent else "robot" if action.purpose == "robot" else "house"
            of(known, action.customer).add(
                Utterance(
                    at,
                    action.channel,
                    side,
                    action.text,
                    action.case,
                    action.agent,
                    action.key,
                    answers=action.answers,
                    choices=action.choices,
                )
            )
            case = known.cases.get(action.case or "")
            if case is None or action.purpose != "notice":
                return
            case.notice = action.text
            if not action.beside_call and case.informed_at is None:
                case.informed_at = at
            if case.contact is Contact.NONE:
                case.set_contact(Contact.MESSAGE, at)
        case _:
            assert_never(action)


def by_robot(known: Known, action: RobotAction, at: float) -> None:
    """Read what a robot knew when a person took over; what it said is a message."""
    match action:
        case AnswerByRobot():
            pass
        case HandToPerson():
            of(known, action.customer).handed_over = HandedOver(
                at, action.channel, action.why, action.wish, action.verified, action.said, action.tried
            )
        case _:
            assert_never(action)


def shown(known: Known, action: OwnerAction, at: float) -> None:
    """Read what a device shows."""
    case = known.cases.get(action.case)
    if case is None:
        return
    match action:
        case SendNotice():
            line = Utterance(at, Channel.APP, "house", action.text, action.case, key=action.key, answers=action.answers)
        case TellDriverToStop():
            line = Utterance(at, Channel.APP, "house", action.text, action.case, key=action.key)
            if not action.text:  # a car's own display says it in its own words
                line.text, line.sort = "stop at the next safe place", "told_to_stop"
        case _:
            assert_never(action)
    of(known, case.customer).add(line)


def called(known: Known, event: CallEvent, at: float) -> None:
    """Read who rang in, who spoke, and what they said: before the call itself is read."""
    match event:
        case CustomerPhoned():
            view = of(known, event.customer)
            view.candidates = event.candidates or view.candidates
            view.add(
                Utterance(
                    at,
                    event.channel,
                    "customer",
                    _CAME.get(event.channel, "turned to us"),
                    key=event.call,
                    sort="rang_in",
                )
            )
        case CallConnected():
            call = known.calls.get(event.call)
            if call is not None and call.given_to(event.attempt, event.agent) and call.state == "assigned":
                _speak(known, call, event, at)
        case CallEnded():
            call = known.calls.get(event.call)
            if (
                call is not None
                and call.given_to(event.attempt, event.agent)
                and call.state not in {"withdrawn", "done"}
            ):
                _over(known, call, event, at)
        case AgentBecameFree() | AgentLeft() | AgentPaused() | AgentResumed() | AgentWrappedUp():
            pass  # no customer has to do with it
        case AgentSeen() | AgentUnseen():
            pass  # no customer has to do with it
        case CallTransferred() | CallNoted() | CallListenedTo() | ReasonTold() | HintsShown() | HintJudged():
            pass  # agents alone see it
        case _:
            assert_never(event)


_CAME = {
    Channel.PHONE: "rang in",
    Channel.IVR: "rang in, and wants to speak with somebody",
    Channel.VIDEO: "wants to speak by video",
    Channel.BRANCH: "is at a branch",
}


def of(known: Known, customer: str) -> ConversationView:
    """Return a customer's conversation, as the one that was spoken in last."""
    view = known.conversations.pop(customer, None) or ConversationView(customer)
    known.conversations[customer] = view
    return view


def _speak(known: Known, call: CallView, event: CallConnected, at: float) -> None:
    agent = event.agent or call.agent or ""
    case = known.case_for(call)
    name = case.case if case is not None else call.case
    of(known, call.customer).add(
        Utterance(
            at, call.channel, "agent", "speaks with the customer", name, agent, call.call, "connected", sort="spoke"
        )
    )


def _over(known: Known, call: CallView, event: CallEnded, at: float) -> None:
    view, agent = of(known, call.customer), event.agent or call.agent or ""
    case = known.case_for(call)
    name = case.case if case is not None else call.case
    line = view.of_key(call.call)
    if line is not None and line.status == "connected":
        line.status = event.outcome
    said = [f"{event.outcome}".replace("_", " ")]
    if event.wants_help is not None:
        said.append("wants help" if event.wants_help else "wants no help")
    side: Side = "agent" if agent else "customer"
    view.add(
        Utterance(
            at, call.channel, side, ", ".join(said), name, agent, status=event.outcome, sort="ended", near=event.near
        )
    )
    if name is not None:
        told = view.told.setdefault(name, {})
        if event.place is not None:
            told[Fact.PLACE] = Told(at, call.channel, event.near, agent)
        if event.wants_help is not None:
            told[Fact.WANTS_HELP] = Told(at, call.channel, "yes" if event.wants_help else "no", agent)


def _wrote(known: Known, event: CustomerWrote, at: float) -> None:
    view = of(known, event.customer)
    view.candidates = event.candidates or view.candidates
    line = Utterance(at, event.channel, "customer", event.text, event.case or None, key=event.message)
    line.voice_s = event.voice.seconds if event.voice is not None else 0.0
    view.add(line)


def _answered(known: Known, event: CustomerAnswered, at: float) -> None:
    view = of(known, event.customer)
    text = f"{event.answer}".replace("_", " ")
    line = Utterance(
        at, event.channel, "customer", text, event.case, sort="answer", answer=event.answer, near=event.near
    )
    view.add(line)
    case = known.cases.get(event.case)
    if case is None or case.customer != event.customer or not case.open:
        return
    told = view.told.setdefault(event.case, {})
    if event.place is not None:
        told[Fact.PLACE] = Told(at, event.channel, event.near)
    wants = {Answer.WANTS_HELP: True, Answer.WANTS_NO_HELP: False}.get(event.answer)
    if wants is not None:
        told[Fact.WANTS_HELP] = Told(at, event.channel, "yes" if wants else "no")
    if event.answer is Answer.HAS_STOPPED:
        case.has_stopped = True
        told[Fact.HAS_STOPPED] = Told(at, event.channel, "yes")
    if _settles(case, event):
        case.informed_at = at if case.informed_at is None else case.informed_at
        case.note_answer(place=event.place, wants_help=wants)
        if not case.contact.in_talk:
            case.set_contact(Contact.ANSWERED, at)


def _settles(case: CaseView, event: CustomerAnswered) -> bool:
    """Do they know by what they answered (``written.settles``)?"""
    match event.answer:
        case Answer.UNDERSTOOD | Answer.CALL_ME:
            return False
        case Answer.NEEDS_NO_CALL:
            return case.informed_at is not None or case.finding.drive is not Drive.STOP_NOW
        case Answer.PLACE:
            return event.place is not None
        case Answer.HAS_STOPPED | Answer.WANTS_HELP | Answer.WANTS_NO_HELP:
            return True
        case _:
            assert_never(event.answer)


def _prefers(known: Known, event: PreferenceChanged, at: float) -> None:
    """Tell what an agent wrote down of how they want to be reached."""
    theirs = (one for one in known.calls.values() if one.customer == event.customer and one.agent == event.agent)
    channel = next((one.channel for one in theirs if one.state == "connected"), Channel.PHONE)
    text = preferred(event.preference)
    of(known, event.customer).add(Utterance(at, channel, "agent", text, who=event.agent, sort="preferred"))


def _reported(known: Known, event: MessageReported) -> None:
    for view in reversed(known.conversations.values()):
        line = view.of_key(event.message)
        if line is not None:
            line.status, line.why = event.status, event.why
            return


def _identified(known: Known, event: StrangerIdentified, at: float) -> None:
    theirs = known.conversations.pop(event.stranger, None)
    view = of(known, event.customer)
    view.lines = sorted([*view.lines, *(theirs.lines if theirs is not None else ())], key=lambda line: line.at)
    theirs_too: list[CallView | CaseView] = [*known.calls.values(), *known.cases.values()]
    moved = [one for one in theirs_too if one.customer == event.stranger]
    for one in moved:
        one.customer = event.customer
    for one in moved:
        if isinstance(one, CallView) and one.state == "connected" and one.channel in SPOKEN:
            speak_about(known, one, at)
    view.told |= theirs.told if theirs is not None else {}
    view.handed_over = (theirs.handed_over if theirs is not None else None) or view.handed_over
