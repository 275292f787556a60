"""A row of the ledger in words a dispatcher reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import assert_never

from dispatch.core import actions as act
from dispatch.core import events as ev
from dispatch.core.acts import DispatcherEvent
from dispatch.core.case_place import apart, is_redirected
from dispatch.core.consent import Purpose
from dispatch.core.conversation import events as con
from dispatch.core.conversation.channels import Channel
from dispatch.core.hints.events import HintJudged, HintsShown
from dispatch.core.invitations.actions import InvitationAction
from dispatch.core.invitations.events import InvitationEvent
from dispatch.core.offers.actions import ProductAction
from dispatch.core.offers.events import OfferEvent
from dispatch.core.purse.actions import PaymentAction
from dispatch.core.purse.events import PurseEvent
from dispatch.core.reasons.events import ReasonTold
from dispatch.core.robots.actions import RobotAction
from dispatch.core.routing.events import (
    AgentPaused,
    AgentResumed,
    AgentSeen,
    AgentUnseen,
    AgentWrappedUp,
    CallListenedTo,
    CallNoted,
    CallTransferred,
    InHandEvent,
    NumberConfirmed,
)
from dispatch.core.surveys.actions import SurveyAction
from dispatch.core.surveys.events import SurveyEvent
from dispatch.core.verification.events import VerificationEvent
from dispatch.ledger.rows import Row, read
from dispatch.views.acts_said import act_said, person
from dispatch.views.durations import clock, waited
from dispatch.views.money_said import money_decided, money_happened
from dispatch.views.offer_said import offer_decided, offer_heard
from dispatch.views.reason_said import REASON_WORDS
from dispatch.views.robot_said import robot_said
from dispatch.views.struggle_said import invitation_said, struggle_said
from dispatch.views.survey_said import survey_answered, survey_said
from dispatch.views.verification_said import verification_said
from gateway.finding import Finding, Grade


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One thing that happened. ``at``: POSIX seconds."""

    seq: int
    at: float
    kind: str
    what: str


def line(row: Row, case: str | None = None) -> TimelineLine:
    """Tell a row in words; ``case``: of whose story it is a part."""
    item = read(row)
    moved = [one for one in item.moved if one.case == case] if isinstance(item, act.Replanned) else []
    if isinstance(item, ev.Event):
        what = _happened(item, row.at)
    else:
        what = _planned_for(item, moved[0]) if moved and isinstance(item, act.Replanned) else _decided(item, row.at)
    return TimelineLine(row.seq, row.at, row.kind, what)


_QUEUED_FOR: dict[act.QueueReason, str] = {
    "": "",
    "agent_lost": ": the agent's session was lost, they may have spoken already",
    "unanswered": ", from {}: nobody answers, and nobody is sent without the customer's word",
    "open_question": ", from {}: they spoke, and what had to be asked was not answered",
    "dispatcher": " before all others: a dispatcher wants it made now",
    "call_back": ", at {}: the customer asked for that hour",
    "abandoned": ": they hung up before anybody answered",
    "transferred": ": handed on, the customer holds the line",
    "asked_for": " before all others: the customer wrote that they want to be rung",
    "invited": " before all others: they struggle with the app, were invited, and want to",
    "low_score": ", from {}: they gave little when they were asked how the last talk was; another agent speaks with them",
}
_CHANGED = {
    "also": "something else is broken too",
    "grade": "how sure we are",
    "drive": "whether to drive on",
    "remedy": "what helps",
    "relapse": "it came back",
}
"""What changed about a finding, as a dispatcher says it."""


_NEEDLESS = {
    "closed": "the case was closed",
    "cancelled": "the customer wants no help",
    "done": "another truck has done it",
    "another_is_there": "another truck is there",
}
ESCALATED = {
    "no_truck_with_skill": "no truck has the skill, or none that has it is on duty",
    "not_there_in_time": "help is due, and no truck is there",
    "not_finished": "help was to be there hours ago, and nobody says that it is done",
    "may_not_be_asked": "nobody is sent before the customer has answered, and they may not be called",
    "no_technician": "no technician can be had: all who could be asked refused or kept silent",
    "unacknowledged": "no dispatcher has acknowledged it",
    "asked_for": "a dispatcher asks for it",
    "pin_not_kept": "the truck that was pinned to it does not come, and any other may go",
    "wrong_number": "somebody else answers at the customer's number: nobody rings there before it is confirmed",
    "no_contractor": "the contractor declined or kept silent; another has to be chosen, and our own trucks are looked for",
}
"""Why a person has to look at a case."""


def _adopted(action: act.AdoptTow, at: float) -> str:
    """Say that a truck has the job that it had lost."""
    why = {"accepted": "takes it after all", "arrived": "is there after all", "finished": "has done it after all"}
    off = f"; {action.instead_of} is called off" if action.instead_of else ""
    eta = f", ETA {clock(action.eta, at)}" if action.reason == "accepted" else ""
    return f"{action.truck} {why[action.reason]}{eta}{off}"


def _happened(event: ev.Event, at: float) -> str:  # noqa: C901, PLR0911, PLR0912 - the whole vocabulary on one screen
    if isinstance(event, ev.DeviceEvent):
        return _device_told(event)
    if isinstance(event, ev.TruckReported):
        takes = f", for it takes {event.report.load}" if event.report.load else ""
        return f"{event.report.truck}: {event.report.job_state or 'position'}{takes}"
    if isinstance(event, ev.OpeningEvent):
        return _opened(event)
    if isinstance(event, ev.CallEvent):
        return _called(event, at)
    if isinstance(event, ev.AnswerEvent):
        return _answered(event, at)
    if isinstance(event, ev.PrivacyEvent):
        return _wanted(event, at)
    if isinstance(event, ev.HearingEvent):
        return _heard(event, at)
    if isinstance(event, DispatcherEvent):
        return act_said(event, at)
    if isinstance(event, ev.GuidanceEvent):
        return _guided(event)
    if isinstance(event, con.ConversationEvent):
        return _conversed(event)
    if isinstance(event, InvitationEvent):
        return struggle_said(event)
    if isinstance(event, SurveyEvent):
        return survey_answered(event)
    if isinstance(event, OfferEvent):
        return offer_heard(event)
    if isinstance(event, PurseEvent):
        return money_happened(event)
    if isinstance(event, VerificationEvent):
        return verification_said(event)
    assert_never(event)


def _conversed(event: con.ConversationEvent) -> str:  # noqa: PLR0911 - the whole vocabulary on one screen
    match event:
        case con.CustomerWrote():
            spoke = (
                f"sends a voice message of {event.voice.seconds:.0f} s" if event.voice else f"writes by {event.channel}"
            )
            return f"the customer {spoke}{event.text and f': {event.text}'}"
        case con.VoicePlayed():
            return f"{event.by or 'somebody'} listens to a voice message of {event.customer}"
        case con.CustomerAnswered():
            where = f": {event.near}" if event.near else ""
            return f"the customer answers by {event.channel}: {event.answer.replace('_', ' ')}{where}"
        case con.AgentWrote():
            return f"{event.agent} writes by {event.channel}"
        case con.MessageReported():
            return f"message {event.status}{f': {event.why}' if event.why else ''}"
        case con.PreferenceChanged():
            return f"the customer says{f' to {event.agent}' if event.agent else ''} how they want to be reached"
        case con.StrangerIdentified():
            return f"who wrote is {event.customer}"
        case _:
            assert_never(event)


def _written(action: act.MessageAction) -> str:
    match action:
        case act.SendMessage():
            who = f" from {action.agent}" if action.agent else " from a robot" if action.purpose == "robot" else ""
            instead = f", for it was not read by {action.tried[-1]}" if action.tried else ""
            return f"message by {action.channel}{who}{instead}: {action.text}"
        case _:
            assert_never(action)


def _guided(event: ev.GuidanceEvent) -> str:
    match event:
        case ev.PlanProposed():
            return f"a plan for {len(event.routes)} trucks is proposed, to better plan {event.plan}"
        case ev.HazardsAdopted():
            return f"when customers phone is reckoned by {event.model.version} from now on"
        case _:
            assert_never(event)


_PURPOSES = {
    Purpose.CALL: "be rung",
    Purpose.MESSAGE: "be shown messages",
    Purpose.ORDER: "have goods ordered for them",
    Purpose.PAYMENT: "have their devices pay",
    Purpose.APP_HELP: "be helped in an app by what they do there",
    Purpose.SPENDING: "be told what their devices paid, and advised",
    Purpose.OFFERS: "be offered what fits them, once their problem is solved",
    Purpose.LISTEN: "be listened to by a supervisor while they speak with us",
    Purpose.VOICE_PRINT: "be known by their voice",
}


def _wanted(event: ev.PrivacyEvent, at: float) -> str:
    match event:
        case ev.ConsentChanged():
            wants = "agrees to" if event.given else "does not want to"
            return f"the customer {wants} {_PURPOSES[event.purpose]} from now on"
        case ev.CustomerErased():
            return f"{event.customer} is erased"
        case NumberConfirmed():
            return f"the telephone number of {event.customer} is confirmed"
        case ev.DataExpired():
            return f"what is older than {clock(event.before, at)} is erased: {event.what.replace('_', ' ')}"
        case _:
            assert_never(event)


def _heard(event: ev.HearingEvent, at: float) -> str:
    match event:
        case ev.ServiceStarted(silent_since=since):
            return f"the service hears again, for the first time since {clock(since, at)}"
        case ev.SenderThinned(sender=sender, why=why):
            return f"{sender} is thinned: it sends too much ({why})"
        case _:
            assert_never(event)


def _device_told(event: ev.DeviceEvent) -> str:
    match event:
        case ev.FaultFound(finding=found):
            where = f"; {found.near}" if found.near else ""
            again = ", back again" if found.relapse else ""
            return f"{found.name} ({found.probability:.0%}{again}{_asked_first(found)}): {'; '.join(found.why)}{where}"
        case ev.CaseReported():
            return _taken_down(event)
        case ev.DeviceRecovered():
            return "the device reports that it is well again"
        case ev.PlaceChanged(report=told):
            if not told.believed:
                return f"the device tells a place where it cannot be so soon ({told.near}): not believed before it says so again"
            return f"the device stands {told.near} (±{told.place.accuracy_m:.0f} m)"
        case ev.OwnerChanged():
            return "the device belongs to somebody else from now on"
        case _:
            assert_never(event)


def _taken_down(event: ev.CaseReported) -> str:
    found = event.finding
    why = "; ".join(found.why)
    if event.corrects:
        return f"{person(event.by)} corrects the diagnosis: {found.name}{_asked_first(found)}: {why}"
    return f"taken down: {found.name}: {why}{f'; {found.near}' if found.near else ''}"


def _asked_first(found: Finding) -> str:
    """Say that a customer is to be asked before anybody is sent."""
    return ", to be asked first" if found.grade is Grade.ASK else ""


def _opened(event: ev.OpeningEvent) -> str:
    match event:
        case ev.WorkshopOpened():
            return f"{event.workshop} takes bookings"
        case ev.SupplierOpened():
            return f"{event.supplier} takes orders"
        case _:
            assert_never(event)


def _agent_said(event: ev.AgentEvent) -> str:
    match event:
        case ev.AgentBecameFree():
            return f"{event.agent} waits for a call"
        case ev.AgentLeft():
            return f"{event.agent} left"
        case AgentPaused():
            return f"{event.agent} pauses: {event.reason}"
        case AgentResumed():
            return f"{event.agent} is back"
        case AgentWrappedUp():
            return f"{event.agent} has wrapped up"
        case AgentSeen() | AgentUnseen():
            return _sign_of(event)
        case _:
            assert_never(event)


def _sign_of(event: AgentSeen | AgentUnseen) -> str:
    if isinstance(event, AgentSeen):
        return f"{event.agent} is there"
    return (
        f"no sign of life of {event.agent} comes any more{'; they still speak on the telephone' if event.holds else ''}"
    )


def _called(event: ev.CallEvent, at: float) -> str:
    if isinstance(event, ev.AgentEvent):
        return _agent_said(event)
    match event:
        case ev.CallConnected():
            return f"{event.agent or 'agent'} and customer speak{_taken_over(event)}"
        case ev.CallEnded():
            wants = {True: ", wants help", False: ", wants no help", None: ""}[event.wants_help]
            taken_over = _taken_over(event)
            by = f" ({event.agent})" if event.agent and not taken_over else ""
            when = f" at {clock(event.call_back_at, at)}" if event.call_back_at is not None else ""
            return f"call ended: {event.outcome.replace('_', ' ')}{when}{wants}{by}{taken_over}"
        case CallTransferred() | CallNoted() | CallListenedTo() | ReasonTold() | HintsShown() | HintJudged():
            return _in_hand(event)
        case ev.CustomerPhoned():
            return (
                "the customer rang in"
                if event.channel is Channel.PHONE
                else f"the customer turned to us: {event.channel}"
            )
        case _:
            assert_never(event)


def _in_hand(event: InHandEvent) -> str:
    match event:
        case CallTransferred():
            to = event.to_agent or ", ".join(f"{one.attribute} {one.level}" for one in event.needs) or "another agent"
            return f"{event.agent} hands the call on to {to}{f': {event.text}' if event.text else ''}"
        case CallNoted():
            return f"note by {event.agent}{f' ({event.concern})' if event.concern else ''}: {event.text}"
        case CallListenedTo():
            how = "listens in on" if event.listens else "listens no more in on"
            return f"{event.listener} {how} {event.agent}'s call{f': {event.why}' if event.why else ''}"
        case ReasonTold():
            return f"{event.agent}: they turned to us about {REASON_WORDS[event.reason]}"
        case HintsShown():
            unasked = ", unasked" if event.way == "pushed" else ""
            return f"{event.agent} reads what may help{unasked}: {', '.join(event.articles) or 'nothing fits'}"
        case HintJudged():
            return f"{event.agent} on {event.article}: {event.verdict.replace('_', ' ')}"
        case _:
            assert_never(event)


def _taken_over(event: ev.CallConnected | ev.CallEnded) -> str:
    """Say that another person spoke than whom the call was given to: a machine speaks for all of its agents."""
    person = (event.by or "").removeprefix("user/")
    took = person not in {event.by or "", event.agent or ""}
    return f" ({event.agent}'s, taken over by {person})" if took else ""


def _answered(event: ev.AnswerEvent, at: float) -> str:
    match event:
        case ev.BookingAnswered():
            return f"workshop: slot at {clock(event.slot_at, at)}" if event.accepted else "workshop: no slot"
        case ev.OrderAnswered():
            return f"supplier: there at {clock(event.arrives_at, at)}" if event.accepted else "supplier: refused"
        case ev.OrderFulfilled():
            return "supplier: done"
        case ev.WithdrawalAnswered():
            when = f", at {clock(event.at, at)}" if event.at is not None else ""
            too_late = f"too late, it comes all the same{when}"
            return f"{event.partner}: {too_late if event.too_late else 'called off'}"
        case _:
            assert_never(event)


def _decided(action: act.Action, at: float) -> str:  # noqa: C901, PLR0911 - the whole vocabulary on one screen
    if isinstance(action, act.CaseAction):
        return _about_case(action)
    if isinstance(action, act.TowAction):
        return _about_truck(action, at)
    if isinstance(action, act.RequestAction):
        return _asked(action, at)
    if isinstance(action, act.OwnerAction):
        return _shown(action)
    if isinstance(action, act.MessageAction):
        return _written(action)
    if isinstance(action, act.CallAction):
        return _about_call(action, at)
    if isinstance(action, act.PlanAction):
        return _planned(action)
    if isinstance(action, InvitationAction):
        return invitation_said(action)
    if isinstance(action, SurveyAction):
        return survey_said(action)
    if isinstance(action, ProductAction):
        return offer_decided(action)
    if isinstance(action, PaymentAction):
        return money_decided(action)
    if isinstance(action, RobotAction):
        return robot_said(action)
    assert_never(action)


TRIGGERS: dict[act.ReplanTrigger, str] = {
    "new_job": "a truck is needed",
    "truck_free": "a truck is free",
    "truck_lost": "a truck does not come",
    "late": "a truck is late",
    "cancelled": "a truck is not needed",
    "diagnosis": "a diagnosis is another",
    "duty": "a truck came, left or can do other things",
    "waits": "somebody waits for long",
    "person": "a person ordered it",
    "proposal": "a better plan was proposed",
}


def _planned(action: act.PlanAction) -> str:
    """Say why trucks are planned anew, for how many, and what that saves; or why not as was proposed."""
    if isinstance(action, act.RefusePlan):
        return f"a plan that was proposed is not taken: {action.why}"
    saved = waited(max(0.0, action.cost_before - action.cost_after))
    turned = f", {', '.join(action.turned)} turns round" if action.turned else ""
    others = f"another truck for {len(action.moved)}" if action.moved else "another order"
    return f"trucks are planned anew, as {TRIGGERS[action.trigger]}: {others}, {saved} of waiting less{turned}"


def _planned_for(action: act.Replanned, moved: act.MovedJob) -> str:
    """Say which truck is planned for a case now."""
    why = TRIGGERS[action.trigger]
    if moved.truck is None:
        return f"no truck is planned for it any more, as {why}"
    instead = f" instead of {moved.from_truck}" if moved.from_truck is not None else ""
    return f"planned for {moved.truck}{instead}, as {why}"


def _about_case(action: act.CaseAction) -> str:
    match action:
        case act.OpenCase():
            return "case opened"
        case act.ReviseCase():
            changed = ", ".join(_CHANGED.get(name, name) for name in action.changed)
            return f"diagnosis revised: {changed or 'nothing new'}"
        case act.MoveCase():
            return _moved(action)
        case act.CloseCase():
            return f"case closed: {action.reason}"
        case act.EscalateCase():
            return (
                f"{f'the {action.to} have' if action.to else 'somebody has'} to look at it: {ESCALATED[action.reason]}"
            )
        case _:
            assert_never(action)


def _about_truck(action: act.TowAction, at: float) -> str:
    match action:
        case act.SendTow() | act.ReassignTow() | act.AdoptTow():
            return _sent(action, at)
        case act.DismissTruck():
            return f"{action.truck} arrived although {_NEEDLESS[action.reason]}; it is told that the job is withdrawn"
        case act.RenewEta():
            late = f", {waited(action.late_s)} late" if action.late_s else ""
            silent = f"; nothing heard of it for {waited(action.silent_s)}" if action.silent_s else ""
            return f"{action.truck} is expected at {clock(action.eta, at)}{late}{silent}"
        case act.RedirectTow():
            return f"{action.truck} takes the car to {action.tow_to}"
        case act.MoveTow() | act.CancelTow() | act.LetTowFinish():
            return _sent_on_or_off(action, at)
        case _:
            assert_never(action)


def _sent(action: act.OfferAction, at: float) -> str:
    match action:
        case act.SendTow():
            return f"send {action.truck} ({action.skill}), ETA {clock(action.eta, at)}{_passed_over(action.why)}"
        case act.ReassignTow():
            before = action.from_truck or "the one that declined"
            return f"send {action.truck} instead of {before}, ETA {clock(action.eta, at)}{_passed_over(action.why)}"
        case act.AdoptTow():
            return _adopted(action, at)
        case _:
            assert_never(action)


def _passed_over(why: Sequence[act.TruckCandidate]) -> str:
    """Say of trucks that are nearer why they do not go."""
    nearer = [one for one in takewhile(lambda one: one.state != "chosen", why) if one.state in _NOT_SENT]
    return "".join(f"; {one.truck} {_NOT_SENT[one.state]}" for one in nearer)


_NOT_SENT = {"free": "is wanted elsewhere", "busy": "is busy", "declined": "declined", "unable": "cannot do it"}


def _sent_on_or_off(action: act.MoveTow | act.CancelTow | act.LetTowFinish, at: float) -> str:
    match action:
        case act.MoveTow():
            return _sent_on(action, at)
        case act.CancelTow():
            return f"call {action.truck} off: {action.reason}"
        case act.LetTowFinish():
            return f"too late to call {action.truck} off: it is on the scene"
        case _:
            assert_never(action)


def _sent_on(action: act.MoveTow, at: float) -> str:
    if not action.metres:
        return f"{action.truck} is told what is broken by now: {action.part.replace('_', ' ')}"
    further = f"the car is {action.metres:.0f} m further"
    if not is_redirected(action.metres):
        return f"{further}: {action.truck} is told where it came to rest, for the {action.part.replace('_', ' ')}"
    return f"{further}: {action.truck} is sent to {action.near}, new ETA {clock(action.eta, at)}"


def _asked(action: act.RequestAction, at: float) -> str:
    match action:
        case act.BookWorkshop():
            return f"ask {action.workshop} for a slot from {clock(action.earliest, at)}"
        case act.PlaceOrder():
            return f"ask {action.supplier} for {'a truck' if action.what == 'tow' else action.what}"
        case act.WithdrawRequest():
            return f"{action.partner} is no longer asked: {action.reason.replace('_', ' ')}"
        case _:
            assert_never(action)


def _shown(action: act.OwnerAction) -> str:
    match action:
        case act.TellDriverToStop():
            return "show the driver to stop" + (", on the phone too" if action.also else "")
        case act.SendNotice():
            return f"message to the owner{', beside the call' if action.beside_call else ''}: {action.text}"
        case _:
            assert_never(action)


def _about_call(action: act.CallAction, at: float) -> str:
    match action:
        case act.QueueCall():
            why = _QUEUED_FOR[action.reason].format(clock(action.not_before, at))
            return f"{action.direction} call queued, attempt {action.attempt}{why}"
        case act.AssignCall():
            return f"call goes to {action.agent}"
        case act.WithdrawCall():
            return f"call withdrawn: {action.reason.replace('_', ' ')}"
        case _:
            assert_never(action)


_WHOSE_WORD = {
    "customer": "the customer's word",
    "dispatcher": "a dispatcher's word",
    "phone": "the owner's phone",
}


def _moved(action: act.MoveCase) -> str:
    place = action.place
    who = _WHOSE_WORD.get(place.source, "the device's own fix")
    if action.overruled is not None:
        off = apart(place, action.overruled)
        return f"customer and device tell places {off:.0f} m apart: {who} counts, {action.near} (±{place.accuracy_m:.0f} m)"
    if action.metres is None:
        return f"place known: {action.near} (±{place.accuracy_m:.0f} m, {who})"
    if not action.metres:
        return f"place unchanged: {action.near} (±{place.accuracy_m:.0f} m, {who})"
    return f"place moved by {action.metres:.0f} m: {action.near} (±{place.accuracy_m:.0f} m, {who})"
