"""Which case and which call a row of the ledger is about, as far as is known when it is read. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.actions import Action, CallAction, Replanned
from dispatch.core.acts import MuteAct, OfCase
from dispatch.core.conversation.events import (
    AgentWrote,
    CustomerAnswered,
    CustomerWrote,
    MessageReported,
    PreferenceChanged,
    StrangerIdentified,
    VoicePlayed,
)
from dispatch.core.events import (
    AgentEvent,
    AnswerEvent,
    CallConnected,
    CallEnded,
    CallEvent,
    CaseReported,
    CustomerPhoned,
    DeviceEvent,
    DeviceRecovered,
    Event,
    FaultFound,
    GuidanceEvent,
    HearingEvent,
    OpeningEvent,
    OwnerChanged,
    PlaceChanged,
    PrivacyEvent,
    TruckReported,
)
from dispatch.core.ids import case_of_tow, request_of
from dispatch.core.invitations.events import InvitationEvent
from dispatch.core.offers.events import OfferEvent
from dispatch.core.purse.events import PurseEvent
from dispatch.core.surveys.events import SurveyEvent
from dispatch.core.verification.events import CheckEvent, PrintEvent
from dispatch.ledger.rows import Row, Said
from dispatch.views.reading.known import Known


def call_of(said: Said) -> str | None:
    """Return the call that a row is about; ``None``: it is about none."""
    if isinstance(said, AgentEvent):
        return None
    return said.call if isinstance(said, CaseReported | CallEvent | CallAction | CheckEvent) else None


def spoken_of(known: Known, said: Said) -> str | None:
    """Return the case that is spoken of in a call, as it was before the row: what is said changes it."""
    if not isinstance(said, CallConnected | CallEnded):
        return None
    call = known.calls.get(said.call)
    case = known.case_for(call) if call is not None else None
    return case.case if case is not None else None


def case_touched(known: Known, said: Said) -> str | None:
    """Return the case that a row is about, as it is behind the row."""
    return _of_event(known, said) if isinstance(said, Event) else _of_action(known, said)


def _of_event(known: Known, event: Event) -> str | None:  # noqa: PLR0911 - the whole vocabulary on one screen
    if isinstance(event, DeviceEvent):
        return known.of_episode.get(_episode(event))
    if isinstance(event, TruckReported):
        job = event.report.job
        return case_of_tow(job) if job and event.report.job_state else None
    if isinstance(event, AnswerEvent):
        asked = request_of(event.request)
        return asked.case if asked is not None else None
    if isinstance(event, CallEvent | CheckEvent):
        return _of_call(known, event)
    if isinstance(event, OfCase | CustomerAnswered | CustomerWrote | AgentWrote):
        return event.case or None
    if isinstance(event, SurveyEvent):
        view = known.surveys.get(event.survey)
        return view.case if view is not None else None
    if isinstance(event, _OF_NO_CASE):
        return None
    assert_never(event)


_OF_NO_CASE = (
    OpeningEvent
    | PrivacyEvent
    | HearingEvent
    | GuidanceEvent
    | MuteAct
    | MessageReported
    | PreferenceChanged
    | StrangerIdentified
    | InvitationEvent
    | OfferEvent
    | PurseEvent
    | VoicePlayed
    | PrintEvent
)


def _of_action(known: Known, action: Action) -> str | None:
    if isinstance(action, CallAction):
        return action.case if action.case is not None else _of_call(known, action)
    return action.case


def _of_call(known: Known, said: CallEvent | CallAction | CheckEvent) -> str | None:
    if isinstance(said, AgentEvent):
        return None
    call = known.calls.get(said.call)
    return None if call is None else call.case or call.about


def _episode(event: DeviceEvent) -> str:
    match event:
        case FaultFound() | CaseReported():
            return event.finding.episode
        case DeviceRecovered():
            return event.recovery.episode
        case PlaceChanged():
            return event.report.episode
        case OwnerChanged():
            return event.episode
        case _:
            assert_never(event)


def file_row(known: Known, row: Row, said: Said, case: str | None) -> None:
    """Put a row where it is read again: with its case, or with its call until that turns out to be about a case."""
    name = call_of(said)
    call = known.calls.get(name or "")
    if case is not None and case in known.cases:
        if name is not None:
            known.filed.hand_over(name, case)
        known.filed.add(case, row)
        if call is not None and call.direction == "inbound" and call.about != case:
            known.is_about(call, case)
    elif isinstance(said, Replanned):
        for moved in said.moved:
            if moved.case in known.cases:
                known.filed.add(moved.case, row)
    elif name is not None and (isinstance(said, CustomerPhoned) or (call is not None and call.case is None)):
        known.filed.add(name, row)
