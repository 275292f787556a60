"""The way of a payment: processor, payer's bank, payee's bank. Whoever first finds something wrong answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np

from firmware_sim.wallet.accounts import Account, Order
from firmware_sim.wallet.institution import SETTLED, Answer, Institution
from firmware_sim.wallet.troubles import Trouble
from gateway.contract.payments import iban_holds

Found = tuple[Institution, Trouble]
EITHER = 0.5
"""Whether the payer's bank that is down speaks for itself, or the processor for it."""
BATCHED = 5_000
"""From this amount on a transfer goes with the day's batch [fit]."""


@dataclass(slots=True)
class Clearing:
    """Every institution, and what it has carried."""

    banks: dict[str, Institution]
    processors: dict[str, Institution]
    hiccups: float = 0.004
    """Share of payments that fail by chance."""
    taken: set[str] = field(default_factory=set)
    """Orders that settled, or wait."""

    def attempt(self, order: Order, processor: str, now: float, dice: np.random.Generator) -> Answer:
        """Try to pay at ``now`` (POSIX seconds)."""
        found = next(self._objections(order, self.processors[processor], now, dice), None)
        if found is not None:
            return self._refusal(*found, order, dice)
        self.taken.add(order.id)
        order.payer.balance -= order.amount
        order.payer.spent += order.amount
        return SETTLED

    def _refusal(self, who: Institution, trouble: Trouble, order: Order, dice: np.random.Generator) -> Answer:
        """Let ``who`` refuse. A bank names itself; the processor has no BIC to name."""
        answer = who.refuse(trouble, dice, by_card=order.instrument != "account")
        return replace(answer, by=who.name) if who.name in self.banks and answer.status == "RJCT" else answer

    def _objections(
        self, order: Order, processor: Institution, now: float, dice: np.random.Generator
    ) -> Iterator[Found]:
        """Go the way; whatever objects, in order."""
        payer_bank = self.banks[order.payer.bank]
        if processor.fails_now(now, dice):
            yield processor, Trouble.PROCESSOR_DOWN
        if dice.random() < self.hiccups:
            yield processor, Trouble.HICCUP
        yield from self._routing(order, processor)
        if payer_bank.fails_now(now, dice):
            yield (payer_bank if dice.random() < EITHER else processor), Trouble.PAYER_BANK_DOWN
        for trouble in _payer(order, payer_bank, now):
            yield payer_bank, trouble
        yield from self._payee(order, processor, now, dice)

    def _routing(self, order: Order, processor: Institution) -> Iterator[Found]:
        if not order.is_readable:
            yield processor, Trouble.UNREADABLE
        if order.id in self.taken:
            yield processor, Trouble.SEEN_BEFORE
        if order.payee_iban and not iban_holds(order.payee_iban):
            yield processor, Trouble.BAD_CHECK_DIGITS
        if order.payee_bank and order.payee_bank not in self.banks:
            yield processor, Trouble.NO_SUCH_BANK

    def _payee(self, order: Order, processor: Institution, now: float, dice: np.random.Generator) -> Iterator[Found]:
        payee = order.payee
        if payee is None:
            return
        bank = self.banks[payee.bank]
        if bank.fails_now(now, dice):
            yield processor, Trouble.PAYEE_BANK_DOWN
        for trouble in _payee(order, payee):
            yield bank, trouble


def _payer(order: Order, bank: Institution, now: float) -> Iterator[Trouble]:
    """What the payer's bank objects to."""
    account = order.payer
    checks = (
        (account.is_closed, Trouble.PAYER_CLOSED),
        (not account.holder_lives, Trouble.PAYER_DIED),
        (account.is_blocked, Trouble.PAYER_BLOCKED),
        *_card(order, now),
        (not order.is_signed, Trouble.NOT_SIGNED),
        (order.is_debit and account.debits == "never", Trouble.NEVER_ALLOWED_DEBITS),
        (order.is_debit and account.debits == "no_more", Trouble.ALLOWS_DEBITS_NO_MORE),
        (not order.payer_agrees, Trouble.PAYER_SAYS_NO),
        (not account.takes_everything, Trouble.WRONG_KIND_OF_ACCOUNT),
        (order.currency not in account.currencies, Trouble.MONEY_NOT_TAKEN),
        (account.holder_is_suspect, Trouble.LOOKS_STOLEN),
        (account.listed, Trouble.LAW),
        (account.spent + order.amount > account.day_limit, Trouble.OVER_LIMIT),
        (order.amount > account.balance, Trouble.NO_FUNDS),
        (_is_late(order, bank, now), Trouble.TOO_LATE),
    )
    return (trouble for stands, trouble in checks if stands)


def _card(order: Order, now: float) -> Iterator[tuple[bool, Trouble]]:
    card = order.payer.card
    if order.instrument == "account" or card is None:
        return
    today = datetime.fromtimestamp(now, UTC)
    yield not card.is_known, Trouble.CARD_UNKNOWN
    yield card.is_stopped, Trouble.CARD_STOPPED
    yield card.expires < (today.year, today.month), Trouble.CARD_TOO_OLD


def _payee(order: Order, payee: Account) -> Iterator[Trouble]:
    """What the payee's bank objects to."""
    checks = (
        (not payee.exists, Trouble.NO_SUCH_PAYEE),
        (payee.is_closed, Trouble.PAYEE_CLOSED),
        (payee.is_blocked, Trouble.PAYEE_BLOCKED),
        (not order.name_fits, Trouble.OTHER_NAME),
    )
    return (trouble for stands, trouble in checks if stands)


def _is_late(order: Order, bank: Institution, now: float) -> bool:
    """Only what is not instant has a cut-off: large amounts between accounts."""
    is_batch = order.instrument == "account" and not order.is_debit and order.amount >= BATCHED
    return is_batch and now % 86_400 / 3600 > bank.cut_off_hour
