"""What is learned from a payment that was made: its device's habit, where its payee is, and what is odd about it for long. Pure."""

from __future__ import annotations

from dispatch.core.purse.habits import Habit, Habits, Was
from dispatch.core.purse.payments import Payment
from dispatch.core.purse.questions import MoneyQuestions, Question
from dispatch.core.purse.unusual import Odd, afterwards, compare


def learnt(habits: Habits, questions: MoneyQuestions, payment: Payment, at: float) -> None:
    """Learn from a payment that was made at ``at``, POSIX seconds; what the house pays for a case is nobody's habit."""
    if payment.case is not None or not payment.device:
        return
    habit = habits.began(payment.customer, payment.device, payment.category, payment.currency, payment.asked_at)
    was = Was(payment.payment, payment.payee, payment.amount, payment.asked_at)
    compare(habits, habit, was)
    habit.add(was)
    told, payment.told = payment.told, None
    if told is not None:
        habits.saw(payment.payee, habit, told.place, told.at)
    for odd in afterwards(habit, payment.payee, told.used_at if told is not None else None, payment.asked_at):
        questions.found(_question(habit, odd, payment, at))


def forgotten(habits: Habits, payment: Payment) -> None:
    """A payment came back: it was no habit."""
    habits.given_back(payment.payment, (payment.customer, payment.device, payment.category, payment.currency))


def _question(habit: Habit, odd: Odd, payment: Payment, at: float) -> Question:
    name = (habit.customer, habit.device, habit.category, habit.currency)
    payments = tuple(one.payment for one in habit.of(payment.payee)[-5:])
    return Question(
        f"{odd.what}/{payment.payment}", payment.customer, name, odd, payments, payment.mandate, payment.payer,
        payment.provenance, at,
    )  # fmt: skip
