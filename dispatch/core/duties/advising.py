"""Helps customers to manage their money: what devices paid in a week, what will be due, what may fail before it fails. Pure.

One message on Monday morning, for who agreed (purpose ``spending``), never a call; nothing where nothing was paid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from dispatch.core.duties.paying import Decided
from dispatch.core.messages import Messages, OfMoney
from dispatch.core.purse.actions import MoneyTold, TellSpending, WarnOfMoney
from dispatch.core.purse.coming import coming, next_of
from dispatch.core.purse.expected import AHEAD_S, Due, of_what
from dispatch.core.purse.money import as_text
from dispatch.core.purse.payments import Payment
from dispatch.core.purse.purse import Purse
from dispatch.core.purse.reminders import is_of_week
from dispatch.core.purse.spending import WeekDue, WeekSums, clock_of, spent, week_of
from dispatch.core.timers import About, Alarm
from dispatch.words import say
from dispatch.words.amounts import amount_in, counted

WEEK_S = 7 * 86_400.0
HOLDS_S = 86_400.0
"""Until then the message is tried: on Tuesday it is no news of Monday's any more [fit]."""


@dataclass(frozen=True, slots=True)
class Advising:
    """Tells customers of their weeks."""

    purse: Purse
    messages: Messages

    def ring(self, alarm: Alarm) -> Decided:
        """A customer's week is over, or something will be due."""
        yield from self._ahead(alarm) if alarm.about is About.DUE else self._week(alarm)

    def _ahead(self, alarm: Alarm) -> Decided:
        """Tell of one payment that may fail, where they have not heard that of it this week."""
        last, now = self.purse.payments.get(alarm.case), alarm.due
        if last is None or not (last.payer.may_spending and last.payer.may_message):
            return
        after = next_of(self.purse, last)
        if after is not None and after.at >= now:
            found = coming(self.purse, last.customer, now, after.at)
            mine = [one for one in found if of_what(one.expected) == of_what(after)]
            yield from self._tell(last, [*self._warned(last, mine)], now)

    def _tell(self, last: Payment, told: list[MoneyTold], now: float, more: str = "") -> Decided:
        for one in told:
            self.purse.decided(one, now)
            yield one
        if told:
            yield from self.messages.of_money(_message(last, [*(one.words for one in told), more], now), now)

    def _week(self, alarm: Alarm) -> Decided:
        customer, now = alarm.case, alarm.due
        week = self.purse.weeks.get(customer)
        wishes = [one for one in self.purse.of_customer(customer) if one.payer.may_spending]
        if week is None or not is_of_week(alarm, week) or not wishes or not wishes[-1].payer.may_message:
            return
        told = list(self._told(wishes[-1], week, now))
        yield from self._tell(wishes[-1], told, now, say("money_week_page", wishes[-1].payer.language))

    def _told(self, last: Payment, week: WeekDue, now: float) -> Iterator[MoneyTold]:
        language, of = last.payer.language, week_of(week.due - WEEK_S, last.payer.time_zone)
        mine = [*self.purse.of_customer(last.customer)]
        for currency, sums in spent(mine, of).items():
            words = said_of_week(sums, currency, language)
            yield TellSpending(last.customer, of.name, sums.count, sums.amount, currency, words, last.provenance)
        yield from self._warned(last, coming(self.purse, last.customer, now, now + AHEAD_S))

    def _warned(self, last: Payment, found: list[Due]) -> Iterator[WarnOfMoney]:
        """Yield the first that may fail and that they have not heard of: each device and purpose is told once a week."""
        for one in found:
            expected, zone = one.expected, last.payer.time_zone
            ref = f"{week_of(expected.at, zone).name}/{expected.device}/{expected.category}"
            words = said_of_due(one, last.payer.language, zone) if one.fails else ""
            warning = WarnOfMoney(
                last.customer, ref, expected.at, expected.amount, expected.currency, words, last.provenance
            )
            if one.fails and warning.key not in self.purse.warned:
                yield warning
                return


def _message(last: Payment, said: list[str], now: float) -> OfMoney:
    payer = last.payer
    text = " ".join(one for one in said if one)
    return OfMoney(last.customer, text, payer.language, now + HOLDS_S, last.provenance, payer.reach, payer.time_zone)


def said_of_week(sums: WeekSums, currency: str, language: str) -> str:
    """Say what was paid in a week, in one currency."""

    def amount(minor: int) -> str:
        return amount_in(as_text(minor, currency), currency, language)

    largest = sorted(sums.by_category.items(), key=lambda one: (-one[1], one[0]))
    parts = [f"{say(f'page_m_for_{category}', language)} {amount(minor)}" for category, minor in largest]
    payments = counted("money_payments", sums.count, language)
    return say("money_week", language, payments=payments, amount=amount(sums.amount), parts=", ".join(parts))


def said_of_due(one: Due, language: str, zone: str) -> str:
    """Say what will be due within a week, on which day, and why it may fail."""
    due = one.expected
    amount = amount_in(as_text(due.amount, due.currency), due.currency, language)
    purpose = say(f"page_m_for_{due.category}", language)
    short = amount_in(as_text(one.short, due.currency), due.currency, language) if one.short else ""
    day = say(f"money_on_{datetime.fromtimestamp(due.at, clock_of(zone)).weekday()}", language)
    fails = say(f"page_m_fails_{one.fails}", language, short=short)
    return f"{say('money_due', language, day=day, amount=amount, purpose=purpose)} {fails}"
