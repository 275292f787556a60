"""Every id and key of dispatch, built and taken apart: nobody else puts a slash into one or looks behind it. Pure.

An id is derived, never drawn: an event's from its device (``vendor/device/boot-seq``), an episode's from the event it began
with, a case's from its episode, and from the case all that is done about it. A key is what the ledger holds once.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NamedTuple

_AGAIN = "/again-"
_TOW, _BOOKING, _ORDER, _CALL = "/tow", "/booking", "/order", "/call"
_INBOUND = "in/"
_CONVERSATION, _STRANGER = "con/", "stranger/"
_BACK = "back/"
_INVITATION = "inv/"
_SURVEY, _RATED_CHAT = "svy/", f"{_INBOUND}svy-"
_INVITED, _INVITED_CHAT = f"{_BACK}{_INVITATION}", f"{_INBOUND}app-inv-"
_MANDATE, _PAYMENT, _TOP_UP, _BANK, _ARRIVAL, _PURSE = "mnd/", "pay/", "top/", "/bank", "arrived/", "purse/"
_UNKNOWN, _PRINT, _ROBOT = "unknown/", "print/", "robot/"
_EVENT_PARTS = 3
"""Vendor, device, boot and number."""

# --- what belongs to a case -----------------------------------------------------------------------------------------


def case_id(episode: str, number: int) -> str:
    """Return what a case of an episode is called: as the episode, which is mostly the only one, or ``…/again-1``."""
    return f"{episode}{_AGAIN}{number}" if number else episode


def case_number(case: str, episode: str) -> int:
    """Return which of its episode's cases it is, 0 the first. Raises ``ValueError`` where it is none of them."""
    if case == episode:
        return 0
    begin = f"{episode}{_AGAIN}"
    if not case.startswith(begin):
        message = f"{case} is no case of the episode {episode}"
        raise ValueError(message)
    return int(case.removeprefix(begin))


def tow_id(case: str) -> str:
    """Return the id of a case's tow, which a truck knows as its job; there is never a second."""
    return f"{case}{_TOW}"


def is_tow(job: str) -> bool:
    """Tell whether a job that a truck names is one of ours."""
    return job.endswith(_TOW)


def case_of_tow(job: str) -> str:
    """Return the case of a job that a truck names. A truck that names the case itself is understood as well."""
    return job.removesuffix(_TOW)


def booking_id(case: str) -> str:
    """Return the id of a case's booking."""
    return f"{case}{_BOOKING}"


def order_id(case: str) -> str:
    """Return the id of a case's order."""
    return f"{case}{_ORDER}"


Requested = Literal["booking", "order"]
REQUESTED: tuple[Requested, ...] = ("booking", "order")
"""What partners are asked for."""


class RequestOf(NamedTuple):
    """What a partner is asked for: a case's booking, or its order."""

    case: str
    what: Requested


def request_id(asked: RequestOf) -> str:
    """Return the id of a booking or an order."""
    return booking_id(asked.case) if asked.what == "booking" else order_id(asked.case)


def request_of(request: str) -> RequestOf | None:
    """Return the case of a booking or an order, and which of them it is; ``None``: it is neither."""
    if request.endswith(_BOOKING):
        return RequestOf(request.removesuffix(_BOOKING), "booking")
    if request.endswith(_ORDER):
        return RequestOf(request.removesuffix(_ORDER), "order")
    return None


def case_of_booking(booking: str) -> str | None:
    """Return the case of a booking; ``None``: it is none."""
    asked = request_of(booking)
    return asked.case if asked is not None and asked.what == "booking" else None


def case_of_order(order: str) -> str | None:
    """Return the case of an order; ``None``: it is none."""
    asked = request_of(order)
    return asked.case if asked is not None and asked.what == "order" else None


def call_id(case: str) -> str:
    """Return the id of our call about a case; there is one, made as often as it takes."""
    return f"{case}{_CALL}"


def case_of_call(call: str) -> str | None:
    """Return the case that a call of ours is about; ``None``: a customer rang in, and that may be about anything."""
    return call.removesuffix(_CALL) if call.endswith(_CALL) and not is_inbound(call) else None


def inbound_call_id(ref: str) -> str:
    """Return the id of a customer's own call. ``ref``: the telephone exchange's."""
    return f"{_INBOUND}{ref}"


def call_ref(call: str) -> str:
    """Return the exchange's reference of a customer's own call."""
    return call.rpartition("/")[2]


def call_back_id(inbound: str) -> str:
    """Return the id of our call to somebody who hung up before anybody answered. ``inbound``: theirs."""
    return f"{_BACK}{call_ref(inbound)}"


def is_call_back(call: str) -> bool:
    """Tell whether it is our call to somebody who hung up."""
    return call.startswith(_BACK)


def is_inbound(call: str) -> bool:
    """Tell whether a customer rang in."""
    return call.startswith(_INBOUND)


# --- people who struggle with an app ---------------------------------------------------------------------------------


def invitation_id(struggle: str) -> str:
    """Return the id of the invitation that somebody who struggles has, or would have; there is one. ``struggle``: its episode."""
    return f"{_INVITATION}{struggle}"


def struggle_of(invitation: str) -> str:
    """Return the episode of the struggle that an invitation is about."""
    return invitation.removeprefix(_INVITATION)


def invited_call_id(invitation: str, *, in_writing: bool) -> str:
    """Return the id of the call, or of the written contact, of somebody who was invited and wants it."""
    ref = struggle_of(invitation).replace("/", "-")
    return f"{_INVITED_CHAT}{ref}" if in_writing else f"{_INVITED}{ref}"


def is_invited(call: str) -> bool:
    """Tell whether it is with somebody who was invited to talk or to chat."""
    return call.startswith((_INVITED, _INVITED_CHAT))


# --- surveys -------------------------------------------------------------------------------------------------------


def survey_id(call: str, attempt: int) -> str:
    """Return the id of the survey about a conversation, as it had one or would have had."""
    return f"{_SURVEY}{attempt_key(call, attempt)}"


def rated_call_id(survey: str, *, in_writing: bool) -> str:
    """Return the id of our call to who gave little, or of the written contact with them."""
    return f"{_RATED_CHAT}{survey.removeprefix(_SURVEY).replace('/', '-')}" if in_writing else f"{_BACK}{survey}"


def is_rated(call: str) -> bool:
    """Tell whether it is with somebody who gave little when they were asked how it was."""
    return call.startswith((f"{_BACK}{_SURVEY}", _RATED_CHAT))


# --- conversations ---------------------------------------------------------------------------------------------------


def message_key(customer: str, number: int) -> str:
    """Return the key of a message to a customer; they are counted over all of their cases."""
    return f"{_CONVERSATION}{customer}/message/{number}"


def contact_id(message: str) -> str:
    """Return the id of the call that a written contact waits as for an agent. ``message``: ``{channel}/{ref}``."""
    return inbound_call_id(message.replace("/", "-"))


def robot_key(message: str, kind: ActionKind) -> str:
    """Return the key of what a robot does about a customer's message, ``{channel}/{ref}``: it does each once."""
    return action_key(f"{_ROBOT}{message}", kind)


def stranger_id(digest: str) -> str:
    """Return under what somebody is known whose address is no customer's, or several customers'."""
    return f"{_STRANGER}{digest}"


def is_stranger(customer: str) -> bool:
    """Tell whether it is somebody whom nobody has identified."""
    return customer.startswith(_STRANGER)


def digest_of(stranger: str) -> str:
    """Return what tells a stranger from others, without a slash."""
    return stranger.removeprefix(_STRANGER)


# --- money -----------------------------------------------------------------------------------------------------------


def mandate_id(customer: str, ref: str) -> str:
    """Return the id of what a customer lets a device pay. ``ref``: theirs, or drawn at the door."""
    return f"{_MANDATE}{customer}/{ref}"


def payment_id(device: str, end_to_end_id: str) -> str:
    """Return the id of what a device pays, however often it asks."""
    return f"{_PAYMENT}{device}/{end_to_end_id}"


def end_to_end_of(payment: str, device: str) -> str:
    """Return as what a device knows its payment."""
    return payment.removeprefix(f"{_PAYMENT}{device}/")


def event_id_of(key: str) -> str:
    """Return as what a device knows its event, of the event's key."""
    return key.rpartition("/")[2]


def house_payment_id(case: str, what: str) -> str:
    """Return the id of what the house pays about a case: ``tow``, ``order/1`` for the first attempt at an order."""
    return f"{_PAYMENT}{case}/{what}"


def top_up_id(customer: str, number: int) -> str:
    """Return the id of one top-up of a customer's purse; they are counted from 1."""
    return f"{_TOP_UP}{customer}/{number}"


def is_top_up(payment: str) -> bool:
    """Tell whether something is collected for a purse, and not paid."""
    return payment.startswith(_TOP_UP)


def instruction_id(payment: str) -> str:
    """Return the id under which the bank is asked for a payment or a top-up; it does nothing twice under it."""
    return f"{payment}{_BANK}"


def unknown_instruction_id(named: str) -> str:
    """Return as what an instruction is known that the bank names and nobody gave: no payment is called so."""
    return f"{_UNKNOWN}{named}"


def payment_of(instruction: str) -> str | None:
    """Return what the bank was asked for; ``None``: it is no instruction of ours."""
    return instruction.removesuffix(_BANK) if instruction.endswith(_BANK) else None


TransferOf = Literal["reserve", "release", "capture", "post", "void", "refund", "credit", "return", "owed"]
"""``release``, ``capture``: of what was set aside at most all is set free, and what is paid of it is set aside instead."""


def transfer_id(payment: str, what: TransferOf) -> str:
    """Return the id of what is booked about a payment: the books take each once."""
    return f"{payment}/{what}"


def purse_account(customer: str, currency: str) -> str:
    """Return the account of what a customer has with us: what they may spend."""
    return f"{_PURSE}{customer}/{currency}"


def is_purse(account: str) -> bool:
    """Tell whether an account is a customer's, which never owes."""
    return account.startswith(_PURSE)


def holder_of(account: str) -> str:
    """Return whose purse an account is."""
    return account.removeprefix(_PURSE).rpartition("/")[0]


def return_id(customer: str, reference: str) -> str:
    """Return the id of the transfer that books money which a customer got back from their purse."""
    return f"returned/{customer}/{reference}"


def payee_account(payee: str, currency: str) -> str:
    """Return the account of what a payee was paid."""
    return f"payee/{payee}/{currency}"


def owed_account(customer: str, currency: str) -> str:
    """Return the account of what a customer owes us: a collection was given back that is spent."""
    return f"owed/{customer}/{currency}"


def bank_account(currency: str) -> str:
    """Return the account of what came in at the bank for all customers."""
    return f"bank/{currency}"


def arrival_id(reference: str) -> str:
    """Return the id of the transfer that books money which came in without being collected."""
    return f"{_ARRIVAL}{reference}"


# --- attempts --------------------------------------------------------------------------------------------------------


class Attempt(NamedTuple):
    """A tow, booking, order or call, and how often somebody was asked or rung for it."""

    of: str
    number: int


def attempt_key(of: str, number: int) -> str:
    """Return the key of one attempt."""
    return f"{of}/{number}"


def attempt_in(key: str) -> Attempt:
    """Return of what a key is an attempt, and which. Raises ``ValueError``."""
    of, _, number = key.rpartition("/")
    return Attempt(of, int(number))


def voice_print_id(customer: str, call: str, attempt: int) -> str:
    """Return the id of the print that was made of what a customer said in an attempt at a call."""
    return f"{_PRINT}{customer}/{attempt_key(call, attempt)}"


# --- keys of actions -------------------------------------------------------------------------------------------------


class ActionKind(StrEnum):
    """What is done about a case, a tow, a request or a call, as its key says."""

    OPEN = "open"
    REVISE = "revise"
    PLACE = "place"
    CLOSE = "close"
    ESCALATE = "escalate"
    DISMISS = "dismiss"
    ETA = "eta"
    REDIRECT = "redirect"
    MOVE = "move"
    CANCEL = "cancel"
    TOO_LATE = "too_late"
    WITHDRAW = "withdraw"
    STOP = "stop"
    NOTICE = "notice"
    ASSIGN = "assign"
    REPLAN = "replan"
    REFUSE = "refuse"
    INVITE = "invite"
    LEAVE_ALONE = "leave_alone"
    EXPLAIN = "explain"
    RESERVE = "reserve"
    CAPTURE = "capture"
    ASK = "ask"
    SETTLE = "settle"
    VOID = "void"
    REFUND = "refund"
    UPHOLD = "uphold"
    REVERSE = "reverse"
    TELL = "tell"
    SPENT = "spent"
    WARN = "warn"
    ANSWER = "answer"
    HAND_OVER = "hand_over"
    PHONE = "phone"
    """Shown on the owner's phone beside another device."""
    PROPOSE = "propose"
    """Something is offered to who is on the line."""
    WITHHOLD = "withhold"
    OPEN_PRODUCT = "open_product"


def action_key(of: str, kind: ActionKind, which: str | int | None = None) -> str:
    """Return the key of what is done about ``of``. ``which``: a number or a name, where it may be done more than once."""
    return f"{of}/{kind}" if which is None else f"{of}/{kind}/{which}"


def money_key(customer: str, kind: ActionKind, which: str) -> str:
    """Return the key of what a customer is told or asked about their money."""
    return action_key(f"{_PURSE}{customer}", kind, which)


def notice_key(case: str, number: int) -> str:
    """Return the key of a message about a case; the first has no number, as it had before there were others."""
    return action_key(case, ActionKind.NOTICE, None if number == 1 else number)


def is_key_of(kind: ActionKind, key: str) -> bool:
    """Tell whether a key ends with what is done, and no number behind."""
    return key.endswith(f"/{kind}")


# --- keys of events --------------------------------------------------------------------------------------------------


class EventKind(StrEnum):
    """What happened, as its key says."""

    FOUND = "found"
    REPORTED = "reported"
    RECOVERED = "recovered"
    PLACE = "place"
    OWNER = "owner"
    TRUCK = "truck"
    WORKSHOP = "workshop"
    SUPPLIER = "supplier"
    CONNECTED = "connected"
    ENDED = "ended"
    PHONED = "phoned"
    ANSWERED = "answered"
    FULFILLED = "fulfilled"
    WITHDRAWN = "withdrawn"
    THINNED = "thinned"
    ACT = "act"
    PROPOSED = "proposed"
    WROTE = "wrote"
    REPLIED = "replied"
    AGENT_WROTE = "agent_wrote"
    RECEIPT = "receipt"
    IDENTIFIED = "identified"
    TRANSFERRED = "transferred"
    NOTED = "noted"
    REASON = "reason"
    """Why somebody turned to us."""
    STRUGGLED = "struggled"
    CALMED = "calmed"
    """Somebody struggles no more."""
    INVITED = "invited"
    RATED = "rated"
    HINTED = "hinted"
    MANDATED = "mandated"
    ASKED = "asked"
    CAPTURED = "captured"
    CONFIRMED = "confirmed"
    BANKED = "banked"
    ARRIVED = "arrived"
    CANCELLED = "cancelled"
    DISPUTED = "disputed"
    DECIDED = "decided"
    TOLD_OF_MONEY = "told_of_money"
    CLOSED = "closed"
    RETURNED = "returned"
    GIVEN_BACK = "given_back"
    SOUGHT = "sought"
    OFFERED = "offered"
    VOICE_ENROLLED = "voice_enrolled"
    VOICE_CHECKED = "voice_checked"
    VOICE_COMPARED = "voice_compared"
    QUESTIONED = "questioned"


def event_key(kind: EventKind, of: str) -> str:
    """Return the key of what was heard of something: a finding, a report, a partner, an attempt."""
    return f"{kind}/{of}"


def heard_of(kind: EventKind, key: str) -> str:
    """Return of what something was heard, by its key. Raises ``ValueError`` where the key is of another kind."""
    begin = f"{kind}/"
    if not key.startswith(begin):
        message = f"{key} is no key of {kind}"
        raise ValueError(message)
    return key.removeprefix(begin)


def event_of(finding: str) -> str:
    """Return the device's event that a finding is named after; one of several in an event has something behind that."""
    return "/".join(finding.split("/")[:_EVENT_PARTS])


def device_of(event: str) -> str:
    """Return the device that an event is of."""
    return event.rpartition("/")[0]


def device_of_case(case: str) -> str:
    """Return the device a case is about: it is named after the event that began it."""
    vendor, device, *_ = case.split("/")
    return f"{vendor}/{device}"
