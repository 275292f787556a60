"""Reads who struggles with an app, who was invited and what came of it. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.actions import QueueCall
from dispatch.core.conversation.channels import Channel
from dispatch.core.ids import is_invited, struggle_of
from dispatch.core.invitations.actions import ExplainStruggle, InvitationAction, InviteCustomer, LeaveAlone
from dispatch.core.invitations.events import InvitationAnswered, InvitationEvent, StruggleEnded, StruggleSeen
from dispatch.views.conversation import Utterance
from dispatch.views.reading import conversations
from dispatch.views.reading.known import Known
from dispatch.views.struggle_view import MOST_CUSTOMERS, SHOWN_FOR_S, AppFault, AppFaultKey, StruggleView, key_of
from gateway.finding import Struggle

MOST_STRUGGLES, MOST_FAULTS = 5_000, 1_000
"""The last ones; of faults, those of which something was heard last."""


def happened(known: Known, event: InvitationEvent, at: float) -> None:
    """Read what was heard."""
    match event:
        case StruggleSeen():
            _seen(known, event, at)
        case StruggleEnded():
            _ended(known, event, at)
        case InvitationAnswered():
            _answered(known, event, at)
        case _:
            assert_never(event)


def decided(known: Known, action: InvitationAction, at: float) -> None:
    """Read what was decided."""
    view = known.struggles.get(struggle_of(action.invitation))
    match action:
        case InviteCustomer():
            if view is not None:
                view.invited_at = at
                _fault(known, view.struggle, at).invited += 1
            _say(known, action.customer, action.text, action.key, at)
        case LeaveAlone():
            if view is not None:
                view.left_alone = action.why
        case ExplainStruggle():
            if view is not None:
                view.explained_at = at
            _say(known, action.customer, action.text, action.key, at)
        case _:
            assert_never(action)


def queued(known: Known, action: QueueCall) -> None:
    """Note which call came of an invitation."""
    if is_invited(action.call):
        for view in of_customer(known, action.customer):
            if view.wants_somebody and not view.call:
                view.call = action.call


def of_customer(known: Known, customer: str) -> list[StruggleView]:
    """Return a customer's struggles, the newest last."""
    return [one for one in known.struggles.values() if one.struggle.customer == customer]


def to_talk_about(known: Known, customer: str, now: float) -> StruggleView | None:
    """Return what an agent who speaks with a customer is shown: what they want to speak about, else the newest."""
    lately = [one for one in of_customer(known, customer) if now - one.seen_at <= SHOWN_FOR_S]
    wanted = [one for one in lately if one.wants_somebody]
    found = wanted or [one for one in lately if one.over != "done"]
    return found[-1] if found else None


def _seen(known: Known, event: StruggleSeen, at: float) -> None:
    struggle = event.struggle
    view = known.struggles.get(struggle.episode)
    if view is None:
        known.struggles[struggle.episode] = view = StruggleView(struggle, at, event.language)
        _count(known, struggle, at, 1)
        if len(known.struggles) > MOST_STRUGGLES:
            del known.struggles[next(iter(known.struggles))]
        return
    if key_of(view.struggle) != key_of(struggle) or struggle.fraud:
        _count(known, view.struggle, at, -1)
        _count(known, struggle, at, 1)
    view.struggle = struggle


def _count(known: Known, struggle: Struggle, at: float, by: int) -> None:
    if struggle.fraud:
        return
    fault = _fault(known, struggle, at)
    fault.seen = max(0, fault.seen + by)
    if by > 0 and len(fault.customers) < MOST_CUSTOMERS:
        fault.customers.add(struggle.customer)
    elif by < 0:
        fault.customers.discard(struggle.customer)


def _fault(known: Known, struggle: Struggle, at: float) -> AppFault:
    key: AppFaultKey = key_of(struggle)
    fault = known.app_faults.pop(key, None)
    if fault is None:
        fault = AppFault(*key, first_at=at, last_at=at)
    fault.last_at = at
    known.app_faults[key] = fault
    if len(known.app_faults) > MOST_FAULTS:
        del known.app_faults[next(iter(known.app_faults))]
    return fault


def _ended(known: Known, event: StruggleEnded, at: float) -> None:
    view = known.struggles.get(event.over.episode)
    if view is None or view.over:
        return
    view.over, view.over_at = event.over.how, at
    if not view.struggle.fraud:
        fault = _fault(known, view.struggle, at)
        fault.done += event.over.how == "done"
        fault.left += event.over.how == "left"


def _answered(known: Known, event: InvitationAnswered, at: float) -> None:
    view = known.struggles.get(struggle_of(event.invitation))
    if view is None or view.struggle.customer != event.customer or view.invited_at is None or view.wants_somebody:
        return
    view.reply, view.replied_at = event.reply, at
    _fault(known, view.struggle, at).accepted += view.wants_somebody
    line = Utterance(at, event.channel, "customer", _SAID[event.reply], None, sort="answer", key=event.key)
    conversations.of(known, event.customer).add(line)


_SAID = {"talk": "wants to talk", "chat": "wants to chat", "later": "later", "no": "wants no help"}


def _say(known: Known, customer: str, text: str, key: str, at: float) -> None:
    conversations.of(known, customer).add(Utterance(at, Channel.APP, "house", text, None, key=key))
