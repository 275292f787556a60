"""What no row says and follows from the rows all the same: who waits for what, and which alarms are still to ring. Pure."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from dispatch.core.case import Case
from dispatch.core.case_place import judged_at
from dispatch.core.events import ServiceStarted
from dispatch.core.invitations.struggling import InvitationStage
from dispatch.core.patience import patience_s
from dispatch.core.policy import PlaceGate
from dispatch.core.purse import reminders
from dispatch.core.timers import About, Alarm
from dispatch.core.transitions import CallState, HelpState
from dispatch.ledger.folding.folded import Folded

_ABOUT_MONEY = {About.PAYMENT, About.BANK, About.MANDATE, About.WEEK, About.MONEY, About.DUE}


def started(folded: Folded, event: ServiceStarted) -> None:
    """The service was down: who waited hung up, and who owed an answer has their time once more."""
    folded.version = event.decisions_version
    folded.free.clear()
    for truck in folded.trucks.values():
        truck.heard_at = max(truck.heard_at, folded.at)
    missed = [one for one in folded.alarms if event.silent_since < one.due <= folded.at]
    for alarm in [one for one in missed if matters(folded, replace(one, due=inf))]:
        wait_s = patience_s(folded.policy, alarm.about, folded.cases.get(alarm.case))
        folded.remind(wait_s, alarm.about, alarm.case, alarm.attempt)
    for sight in folded.presence.everybody_unseen(folded.at):
        folded.expect_back(sight)


def ask_all_again(folded: Folded, at: float) -> None:
    """Forget which trucks declined, where all are asked again before ``at``, POSIX seconds."""
    for name in [name for name, due in folded.asked_again.items() if due <= at]:
        del folded.asked_again[name]
        if name in folded.cases:
            folded.cases[name].declined.clear()


def settle(folded: Folded) -> None:
    """Tell a case whose place has to be asked for from one that waits for a truck: neither is decided in so many words."""
    for name, asked_at in folded.needs_help.items():
        case = folded.cases.get(name)
        if case is not None and case.needs_truck and case.help in {HelpState.NONE, HelpState.ASKING}:
            as_of = judged_at(case.place, asked_at, folded.at)
            sure = not case.asks_first and folded.policy.gate(case.place, as_of) is PlaceGate.GOOD
            case.help = HelpState.WAITING if sure else HelpState.ASKING
            if sure:
                folded.look_after(case)
    folded.needs_help.clear()


def look_again(folded: Folded) -> None:
    """A truck that stays silent while no other is free is looked after again and again, and no row says so."""
    for case in folded.cases.values():
        if case.help not in {HelpState.OFFERED, HelpState.PROMISED}:
            continue
        mine = [alarm for alarm in folded.alarms if alarm.case == case.case and _of_the_truck(case, alarm)]
        if not any(alarm.due > folded.at for alarm in mine):
            every = folded.policy.retry_tow_s
            due = max((alarm.due for alarm in mine), default=folded.at)
            about, attempt = _reminds(case)
            folded.remind(every - (folded.at - due) % every, about, case.case, attempt)


def matters(folded: Folded, alarm: Alarm) -> bool:  # noqa: PLR0911 - the whole vocabulary on one screen
    """Tell whether an alarm is still to ring: what it reminds of stands as it stood when it was set."""
    case, call = folded.cases.get(alarm.case), folded.calls.get(alarm.case)
    if alarm.due <= folded.at:
        return False
    if alarm.about is About.VANISH:
        return folded.presence.gone(alarm.case, alarm.attempt) is not None
    if alarm.about is About.MESSAGE:
        return folded.talks.holding(alarm.case) is not None
    if alarm.about is About.INVITATION:
        return is_held(folded, alarm.case)
    if alarm.about in _ABOUT_MONEY:
        return reminders.matters(folded.purse, alarm)
    if alarm.about is About.SCORE:
        return call is not None and bool(call.not_by)
    if call is not None:
        rung_in = {
            About.CLAIM: CallState.ASSIGNED,
            About.REDIAL: CallState.RESTING,
            About.TALK: CallState.CONNECTED,
        }
        return alarm.attempt == call.attempt and call.state is rung_in.get(alarm.about, CallState.QUEUED)
    return case is not None and _still_awaited(case, alarm)


def is_held(folded: Folded, episode: str) -> bool:
    """Tell whether somebody who struggles waits for a better moment to be invited."""
    one = folded.strugglers.of_episode.get(episode)
    return one is not None and one.stage is InvitationStage.HELD


def _of_the_truck(case: Case, alarm: Alarm) -> bool:
    """Tell whether an alarm reminds of the truck that was asked last."""
    return alarm.about in {About.OFFER, About.TOW_RETRY, About.LATE} and _still_awaited(case, alarm)


def _reminds(case: Case) -> tuple[About, int]:
    if case.help is HelpState.OFFERED:
        return About.TOW_RETRY, case.tow_attempt
    return About.LATE, case.eta_number


def _still_awaited(case: Case, alarm: Alarm) -> bool:  # noqa: PLR0911 - the whole vocabulary on one screen
    match alarm.about:
        case About.AWAITED:
            return case.help not in {HelpState.DONE, HelpState.CANCELLED}
        case About.WAITS:
            return alarm.attempt == case.waits and case.is_waiting
        case About.UNSEEN:
            return alarm.attempt == case.care.watches and not case.care.is_seen
        case About.LATE:
            return case.help is HelpState.PROMISED and alarm.attempt == case.eta_number
        case About.OFFER:
            return case.help is HelpState.OFFERED and alarm.attempt == case.tow_attempt
        case About.TOW_RETRY:
            return case.help in {HelpState.WAITING, HelpState.OFFERED} and alarm.attempt == case.tow_attempt
        case _:
            request = case.booking if alarm.about is About.BOOKING else case.order
            return request is not None and not request.settled and request.attempt == alarm.attempt
