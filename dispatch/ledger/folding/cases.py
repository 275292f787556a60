"""What was found, and which case came of it. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from dispatch.core.actions import CaseAction, CloseCase, CloseReason, EscalateCase, MoveCase, OpenCase, ReviseCase
from dispatch.core.case import Case, Request
from dispatch.core.case_place import same_spot
from dispatch.core.consent import Purpose
from dispatch.core.events import (
    CaseReported,
    ConsentChanged,
    CustomerErased,
    DeviceEvent,
    DeviceRecovered,
    FaultFound,
    OwnerChanged,
    PlaceChanged,
    PrivacyEvent,
)
from dispatch.core.ids import case_number
from dispatch.core.routing.events import NumberConfirmed
from dispatch.core.timers import About
from dispatch.core.transitions import CallState, HelpState
from dispatch.ledger.folding import acts
from dispatch.ledger.folding.folded import Folded
from dispatch.ledger.rows import Row
from gateway.finding import Domain, Finding, Help, Place

BEFORE_HELP = {HelpState.NONE, HelpState.ASKING, HelpState.WAITING}


def happened(folded: Folded, event: DeviceEvent, row: Row) -> None:
    """Fold what a device or a person told."""
    match event:
        case FaultFound() | CaseReported():
            folded.findings.note(row, event)
            if isinstance(event, CaseReported) and event.corrects:
                acts.corrected(folded, event)
            _seen_by_crew(folded, event.finding)
        case DeviceRecovered():
            _recovered(folded, event.recovery.episode)
        case PlaceChanged():
            if event.report.believed:
                case = folded.cases.get(folded.of_episode.get(event.report.episode, ""))
                _seen(folded, case, event.report.place)
        case OwnerChanged():
            case = folded.cases.get(folded.of_episode.get(event.episode, ""))
            if case is not None and case.finding.customer != event.customer:
                case.may_call = False
        case _:
            assert_never(event)


def agreed(folded: Folded, event: PrivacyEvent) -> None:
    """Fold what a customer agrees to from now on; what becomes of the cases of one who is erased, rows say."""
    if isinstance(event, ConsentChanged):
        for case in [one for one in folded.cases.values() if one.finding.customer == event.customer]:
            _agrees(case, event)
        if event.purpose is Purpose.CALL and not event.given:
            _ring_back_no_more(folded, event.customer)
        if event.purpose is Purpose.SPENDING and not event.given:
            folded.purse.advise_no_more(event.customer)
        if event.purpose is Purpose.MESSAGE and not event.given:
            folded.purse.questions.drop(event.customer)
        if event.purpose is Purpose.PAYMENT:
            folded.purse.agrees(event.customer, given=event.given)
    elif isinstance(event, NumberConfirmed):
        for case in [one for one in folded.cases.values() if one.finding.customer == event.customer]:
            case.wrong_number = False
    elif isinstance(event, CustomerErased):
        _ring_back_no_more(folded, event.customer)
        folded.talks.forget(event.customer)
        folded.reasons.forget(event.customer)
        folded.purse.erase(event.customer)


def _ring_back_no_more(folded: Folded, customer: str) -> None:
    for call in folded.calls.values():
        if call.inbound and call.customer == customer:
            call.may_ring_back = False


def _agrees(case: Case, event: ConsentChanged) -> None:
    match event.purpose:
        case Purpose.CALL:
            case.may_call = event.given
        case Purpose.MESSAGE:
            case.may_message = event.given
        case Purpose.ORDER:
            case.may_order = event.given
        case (
            Purpose.PAYMENT
            | Purpose.APP_HELP
            | Purpose.SPENDING
            | Purpose.LISTEN
            | Purpose.OFFERS
            | Purpose.VOICE_PRINT
        ):
            pass  # about no case
        case _:
            assert_never(event.purpose)


def decided(folded: Folded, action: CaseAction) -> None:
    """Fold what became of a case."""
    match action:
        case OpenCase():
            _open(folded, action)
        case ReviseCase():
            _revise(folded, action)
        case MoveCase():
            case = folded.cases[action.case]
            case.place, case.near, case.places = action.place, action.near, action.number
            folded.needs_help.setdefault(case.case, 0.0)
        case CloseCase():
            _close(folded, folded.cases.pop(action.case), action.reason)
        case EscalateCase():
            _escalate(folded, folded.cases[action.case], action)
        case _:
            assert_never(action)


def _seen_by_crew(folded: Folded, finding: Finding) -> None:
    """What a device tells of a case that a crew has looked at belongs to it, and no row says so."""
    case = folded.cases.get(folded.of_device.get((finding.device, finding.customer), ""))
    if case is not None and case.finding.looked_at and not finding.told:
        folded.of_episode[finding.episode] = case.case


def _seen(folded: Folded, case: Case | None, place: Place | None) -> None:
    """A device that is seen where it was leaves no row, but help may be sent there now; of another place a row follows."""
    if case is None or place is None or case.care.stood.place_is_told or not same_spot(case.place, place):
        return
    if case.place is None or place.fix_time > case.place.fix_time:
        case.place = place
    folded.needs_help.setdefault(case.case, 0.0)


def _recovered(folded: Folded, episode: str) -> None:
    case = folded.cases.get(folded.of_episode.get(episode, ""))
    if case is None:
        return
    if case.finding.episode == episode:
        case.recovered = True
    else:
        case.others.pop(episode, None)


def _open(folded: Folded, action: OpenCase) -> None:
    event = folded.findings.behind(action).event
    finding = event.finding
    wishes = (event.language, event.may_call, event.may_order)
    number = case_number(action.case, finding.episode)
    case = Case(action.case, finding, *wishes, folded.at, number, place=finding.place, near=finding.near)
    case.may_message, case.time_zone, case.reach = event.may_message, event.time_zone, event.reach
    case.wrong_number = event.wrong_number
    case.too_long = not folded.policy.outages_by_message
    folded.cases[action.case] = case
    folded.begin_watch(case)
    folded.begin_wait(case, None)
    folded.of_episode[finding.episode] = action.case
    broken = finding.remedy.help not in {Help.NOTICE, Help.SUPPLIES}
    if finding.domain is Domain.VEHICLE or (finding.domain is Domain.APPLIANCE and broken):
        folded.of_device[finding.device, finding.customer] = action.case
    folded.needs_help.setdefault(action.case, 0.0)
    call = folded.calls.get(event.call or "") if isinstance(event, CaseReported) else None
    if call is not None and call.state is CallState.CONNECTED:
        call.case, case.informed = case.case, True


def _revise(folded: Folded, action: ReviseCase) -> None:
    case, finding = folded.cases[action.case], folded.findings.behind(action).finding
    folded.of_episode[finding.episode] = action.case
    if action.changed == ("also",):
        case.others[finding.episode] = finding
        _seen(folded, case, finding.place)
        return
    if "also" in action.changed:
        case.others[case.finding.episode] = case.finding
    case.others.pop(finding.episode, None)
    before = case.finding
    case.found(finding)
    folded.begin_wait(case, before)
    folded.begin_watch(case)
    if case.help is HelpState.ASKING and not case.needs_truck and not folded.by_first_rules:
        case.help = HelpState.NONE
    settled = case.care.stood.place_is_told and finding.place is not None and finding.place.source != "customer"
    if finding.place is not None and not settled and (case.help in BEFORE_HELP or not folded.by_first_rules):
        case.place, case.near = finding.place, finding.near
    folded.needs_help.setdefault(action.case, 0.0)


def _close(folded: Folded, case: Case, reason: CloseReason) -> None:
    found = {finding.episode: finding for finding in (case.finding, *case.others.values())}
    for episode in [episode for episode, name in folded.of_episode.items() if name == case.case]:
        found.setdefault(episode, replace(case.finding, episode=episode, relapse=0))
    folded.endings.note(case, found.values(), reason, folded.at)
    folded.talks.closed(case.finding.customer, case.case, folded.at)
    into = folded.merging.pop(case.case, None) if reason == "merged" else None
    theirs = {episode: name for episode, name in folded.of_episode.items() if name != case.case}
    mine = [episode for episode, name in folded.of_episode.items() if name == case.case and into is not None]
    folded.of_episode = theirs | dict.fromkeys(mine, into or "")
    for call in folded.calls.values():
        if into is not None and call.inbound and call.case == case.case:
            call.case = into
    folded.of_device = {device: name for device, name in folded.of_device.items() if name != case.case}
    if case.call is not None:
        folded.calls.pop(case.call.call, None)
        folded.queued.pop(case.call.call, None)


def _escalate(folded: Folded, case: Case, action: EscalateCase) -> None:
    case.escalated.add(action.reason)
    if action.number:
        case.care.raised = action.number
    if action.reason == "pin_not_kept":
        case.care.unpin()
    if action.reason == "unacknowledged":
        case.care.alarmed += 1
        if case.care.alarmed < folded.policy.acknowledge_times:
            folded.remind(folded.policy.acknowledge_within_s, About.UNSEEN, case.case, case.care.watches)
    if action.reason == "no_technician":  # there was nobody left to be asked, and nobody said when they come
        case.order = case.order or Request()
        case.order.settled = True
    roadside = case.finding.remedy.help is Help.ROADSIDE and case.skill != "tow"
    case.tow_instead = case.tow_instead or (action.reason == "no_truck_with_skill" and roadside)
