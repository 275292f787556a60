"""What the purse wants to be reminded of: whom it waits for, and which mandates run out. Pure.

Said by what happened and was decided, so that whoever decides and whoever reads a ledger again set the same alarms.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dispatch.core.ids import is_top_up, payment_of
from dispatch.core.purse.actions import AskPayer, InstructBank, PaymentAction, ReservePayment, SettlePayment
from dispatch.core.purse.coming import next_of, warned_at
from dispatch.core.purse.events import BankAnswered, MandateGiven, PurseEvent
from dispatch.core.purse.payments import Payment, PaymentState, TopUp
from dispatch.core.purse.purse import Purse
from dispatch.core.purse.rules import PaymentPolicy
from dispatch.core.purse.spending import WeekDue
from dispatch.core.timers import About, Alarm

QUESTIONS = 0
"""The number of an alarm that reminds of what a customer is to be asked about their money."""


ANSWER, CAPTURE = 0, 1
"""The number of an alarm that reminds of a customer's answer about a payment, of what its device has to tell is paid of it."""


class Reminder(NamedTuple):
    """Remind of something after so many seconds."""

    after_s: float
    about: About
    name: str
    attempt: int


def reminders(said: PurseEvent | PaymentAction, now: float, purse: Purse, policy: PaymentPolicy) -> Iterator[Reminder]:
    """Yield of what to be reminded behind an event or an action, as the purse stands after it."""
    match said:
        case MandateGiven(mandate=mandate) if mandate.valid_to is not None:
            yield Reminder(max(0.0, mandate.valid_to - now), About.MANDATE, mandate.mandate, 0)
        case AskPayer():
            yield Reminder(said.until - now, About.PAYMENT, said.payment, ANSWER)
        case ReservePayment() if (payment := purse.payments.get(said.payment)) is not None and payment.is_held:
            yield Reminder(policy.hold_s, About.PAYMENT, said.payment, CAPTURE)
        case InstructBank():
            patience = policy.bank_s if said.method == "TRF" else policy.collect_s
            yield Reminder(patience, About.BANK, said.instruction, said.attempt)
        case BankAnswered(status="ACSP" | "PDNG"):
            patience = policy.collect_s if is_top_up(payment_of(said.instruction) or "") else policy.bank_pending_s
            yield Reminder(patience, About.BANK, said.instruction, said.attempt)
        case SettlePayment():
            week = purse.weeks.get(said.customer)
            if week is not None and week.payment == said.payment:
                yield Reminder(week.due - now, About.WEEK, said.customer, 0)
            due = purse.questions.due.get(said.customer)
            if due is not None and due.by == said.payment:
                yield Reminder(max(0.0, due.at - now), About.MONEY, said.customer, QUESTIONS)
            yield from _of_the_next(said.payment, now, purse)
        case _:
            pass  # nobody is waited for


def _of_the_next(name: str, now: float, purse: Purse) -> Iterator[Reminder]:
    """Look at what is due next before it is, where its customer wants to be told."""
    payment = purse.payments.get(name)
    if payment is not None and payment.payer.may_spending:
        following = next_of(purse, payment)
        if following is not None:
            wait_s = max(0.0, warned_at(following, payment.payer.time_zone) - now)
            yield Reminder(wait_s, About.DUE, name, 0)


def matters(purse: Purse, alarm: Alarm) -> bool:
    """Tell whether an alarm is still to ring: what it reminds of stands as it stood when it was set."""
    if alarm.about is About.MONEY:
        return alarm.attempt == QUESTIONS and alarm.case in purse.questions.due
    if alarm.about is About.MANDATE:
        return purse.given.get(alarm.case) is not None
    if alarm.about is About.WEEK:
        week = purse.weeks.get(alarm.case)
        return week is not None and is_of_week(alarm, week)
    if alarm.about is About.DUE:
        return alarm.case in purse.payments
    if alarm.about is About.PAYMENT:
        payment = purse.payments.get(alarm.case)
        return payment is not None and is_waited_for(payment, alarm)
    return awaits_bank(purse.asked_for(alarm.case), alarm.attempt)


def is_waited_for(payment: Payment, alarm: Alarm) -> bool:
    """Does a payment still wait for what its alarm reminds of?"""
    return payment.is_held if alarm.attempt == CAPTURE else payment.state is PaymentState.CONFIRMING


def is_of_week(alarm: Alarm, week: WeekDue) -> bool:
    """Is it the alarm by which a customer is told of a week? It may ring late, where nobody could be heard."""
    return alarm.due >= week.due - 1.0


def awaits_bank(asked: Payment | TopUp | None, attempt: int) -> bool:
    """Does the bank still owe an answer that it was asked for the ``attempt``-th time?"""
    if asked is None or asked.answered or asked.attempts != attempt:
        return False
    return not isinstance(asked, Payment) or (asked.state is PaymentState.RESERVED and not asked.puzzling)
