"""Helps customers to manage their money: what devices paid in a week, what will be due, what may fail before it fails. Pure.

One message on Monday morning, for who agreed (purpose ``spending``), never a call; nothing where nothing was paid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dispatch.core.duties.paying import Decided
from dispatch.core.messages import Messages, OfMoney
from dispatch.core.purse.actions import MoneyTold, TellSpending, WarnOfMoney
from dispatch.core.purse.expected import AHEAD_S, Due, Paid, due, expected
from dispatch.core.purse.money import as_text
from dispatch.core.purse.payments import Payment, PaymentState
from dispatch.core.purse.purse import Purse
from dispatch.core.purse.reminders import is_of_week
from dispatch.core.purse.spending import WeekDue, WeekSums, spent, week_of
from dispatch.core.timers import Alarm
from dispatch.words import say
from dispatch.words.amounts import amount_in, counted

WEEK_S = 7 * 86_400.0
HOLDS_S = 86_400.0
"""Until then the message is tried: on Tuesday it is no news of Monday's any more [fit]."""
_MADE = {PaymentState.RESERVED, PaymentState.SETTLED, PaymentState.DISPUTED, PaymentState.UPHELD}


@dataclass(frozen=True, slots=True)
class Advising:
    """Tells customers of their weeks."""

    purse: Purse
    messages: Messages

    def ring(self, alarm: Alarm) -> Decided:
        """A customer's week is over."""
        customer, now = alarm.case, alarm.due
        week = self.purse.weeks.get(customer)
        wishes = [one for one in self.purse.of_customer(customer) if one.payer.may_spending]
        if week is None or not is_of_week(alarm, week) or not wishes or not wishes[-1].payer.may_message:
            return
        told = list(self._told(wishes[-1], week, now))
        if told:
            yield from told
            yield from self.messages.of_money(_message(wishes[-1], told, now), now)

    def _told(self, last: Payment, week: WeekDue, now: float) -> Iterator[MoneyTold]:
        language, of = last.payer.language, week_of(week.due - WEEK_S, last.payer.time_zone)
        mine = [*self.purse.of_customer(last.customer)]
        for currency, sums in spent(mine, of).items():
            words = said_of_week(sums, currency, language)
            yield TellSpending(last.customer, of.name, sums.count, sums.amount, currency, words, last.provenance)
        failing = next((one for one in self._coming(last.customer, mine, now) if one.fails), None)
        if failing is not None:
            coming, words = failing.expected, said_of_due(failing, language)
            ref = f"{of.name}/{coming.device}/{coming.category}"
            yield WarnOfMoney(last.customer, ref, coming.at, coming.amount, coming.currency, words, last.provenance)

    def _coming(self, customer: str, payments: list[Payment], now: float) -> list[Due]:
        made = [one for one in payments if one.state in _MADE and one.case is None]
        paid = [Paid(one.device, one.payee, one.category, one.currency, one.amount, one.asked_at) for one in made]
        found = expected(paid, now, now + AHEAD_S)
        balances = {one.currency: self.purse.available(customer, one.currency) for one in made}
        return due(found, self.purse.given.of_customer(customer), balances)


def _message(last: Payment, told: list[MoneyTold], now: float) -> OfMoney:
    payer = last.payer
    text = " ".join([*(one.words for one in told), say("money_week_page", payer.language)])
    return OfMoney(last.customer, text, payer.language, now + HOLDS_S, last.provenance, payer.reach, payer.time_zone)


def said_of_week(sums: WeekSums, currency: str, language: str) -> str:
    """Say what was paid in a week, in one currency."""

    def amount(minor: int) -> str:
        return amount_in(as_text(minor, currency), currency, language)

    largest = sorted(sums.by_category.items(), key=lambda one: (-one[1], one[0]))
    parts = [f"{say(f'page_m_for_{category}', language)} {amount(minor)}" for category, minor in largest]
    payments = counted("money_payments", sums.count, language)
    return say("money_week", language, payments=payments, amount=amount(sums.amount), parts=", ".join(parts))


def said_of_due(one: Due, language: str) -> str:
    """Say what will be due and may fail."""
    coming = one.expected
    amount = amount_in(as_text(coming.amount, coming.currency), coming.currency, language)
    purpose = say(f"page_m_for_{coming.category}", language)
    short = amount_in(as_text(one.short, coming.currency), coming.currency, language) if one.short else ""
    fails = say(f"page_m_fails_{one.fails}", language, short=short)
    return f"{say('money_due', language, amount=amount, purpose=purpose)} {fails}"
