"""Who pays whom: a few banks and processors, people with accounts and cards, and what their phones tell of a payment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from firmware_sim.banking.accounts import Account, Card, Instrument, Order
from firmware_sim.banking.clearing import Clearing
from firmware_sim.banking.failures import Cause, new_card
from firmware_sim.banking.iban import made_up
from firmware_sim.banking.institution import draw_institution
from firmware_sim.phone import Means, Phone
from gateway.contract.messages import PaymentAttemptEvent

BANKS = {
    "AMBRLV22": ("LV", "AMBR"),
    "DZINLV2X": ("LV", "DZIN"),
    "KRASLV22": ("LV", "KRAS"),
    "GULBLT21": ("LT", "70417"),
    "VILKLT2X": ("LT", "30119"),
    "MERIEE2X": ("EE", "43"),
    "TAMMEE22": ("EE", "91"),
    "EICHDEFF": ("DE", "50093011"),
    "WISLPLPW": ("PL", "29700004"),
    "SUOMFIHH": ("FI", "799"),
}
"""Banks that do not exist: BIC → country and national code."""
USUAL = Cause(lambda _order, _dice: None)
"""Nothing is wrong."""
TRANSFER = Cause(USUAL.change, ("account",))
"""Nor here, with a transfer."""
TELLS = {"creditor_account": 0.6, "debtor_agent": 0.6, "instrument": 0.65, "instrument_expires": 0.5}
"""Share of the apps that tell each [fit]."""


@dataclass(slots=True)
class Payer:
    """Somebody with a phone. ``dice`` decide on everything that befalls this person."""

    phone: Phone
    account: Account
    processor: str
    tells: frozenset[str]
    """Fields of ``Means``."""
    dice: np.random.Generator
    orders: int = 0
    """Made so far."""


@dataclass(frozen=True, slots=True)
class Market:
    """All institutions."""

    clearing: Clearing

    @classmethod
    def drawn(cls, processors: Iterable[str], dice: np.random.Generator) -> Market:
        """Draw the manners of all banks and of these processors."""
        banks = {bic: draw_institution(bic, dice) for bic in BANKS}
        return cls(Clearing(banks, {name: draw_institution(name, dice) for name in processors}))

    def payer(
        self, phone: Phone, processor: str, now: float, dice: np.random.Generator, bank: str | None = None
    ) -> Payer:
        """Draw the account, the card and the app of somebody."""
        bank = bank or any_bank(dice)
        account = Account(made_up(*BANKS[bank], dice), bank, card=new_card(now, dice))
        luck = dice.random(len(TELLS)).tolist()
        tells = frozenset(name for name, one in zip(TELLS, luck, strict=True) if one < TELLS[name])
        return Payer(phone, account, processor, tells, dice)

    def order(self, payer: Payer, cause: Cause = USUAL, payee_bank: str | None = None) -> Order:
        """Draw a payment, and let ``cause`` spoil it."""
        payer.orders += 1
        dice, instrument = payer.dice, _instrument(cause, payer.dice)
        payee = None
        if instrument == "account":
            bank = payee_bank or any_bank(dice)
            payee = Account(made_up(*BANKS[bank], dice), bank)
        order = Order(
            f"{payer.phone.name.rpartition('/')[2]}-{payer.orders}",
            _amount(instrument, dice),
            "EUR",
            payer.account,
            payee,
            payee.iban if payee else "",
            instrument,
            is_debit=cause.is_debit,
        )
        payer.account.balance = max(payer.account.balance, order.amount + 10)
        payer.account.spent *= 0
        cause.change(order, dice)
        return order

    def put_right(self, payer: Payer, order: Order) -> None:
        """Let everything be as it should for this order: the customer saw to it."""
        account = payer.account = Account(order.payer.iban, order.payer.bank, card=order.payer.card)
        account.balance = account.day_limit = order.amount * 3
        if account.card and order.payer.card:
            year, month = account.card.drawn_in
            account.card = Card(max(account.card.expires, (year + 1, month)), account.card.drawn_in)
        if order.payee:
            order.payee = Account(order.payee.iban, order.payee.bank)
            order.payee_iban = order.payee.iban
        order.payer, order.payee_bank, order.currency = account, "", "EUR"
        order.is_signed = order.is_readable = order.name_fits = order.payer_agrees = True

    def pay(self, payer: Payer, order: Order, now: float) -> PaymentAttemptEvent:
        """Try to pay, and let the phone tell what came of it."""
        answer = self.clearing.attempt(order, payer.processor, now, payer.dice)
        return payer.phone.pay(
            now,
            end_to_end_id=order.id,
            amount=f"{order.amount:.2f}",
            currency=order.currency,
            processor=payer.processor,
            status=answer.status,
            reason=answer.reason,
            means=_means(payer, order),
        )

    def is_settled(self, order: Order) -> bool:
        """Tell whether this payment has gone through."""
        return order.id in self.clearing.taken


def any_bank(dice: np.random.Generator) -> str:
    """Draw a bank."""
    return list(BANKS)[int(dice.integers(len(BANKS)))]


def _instrument(cause: Cause, dice: np.random.Generator) -> Instrument:
    shares = {"account": 0.45, "card": 0.35, "wallet": 0.2}
    left = float(dice.random()) * sum(shares[one] for one in cause.instruments)
    for one in cause.instruments:
        left -= shares[one]
        if left < 0:
            return one
    return cause.instruments[-1]


def _amount(instrument: Instrument, dice: np.random.Generator) -> Decimal:
    median = 90.0 if instrument == "account" else 24.0
    return Decimal(str(round(min(1_900.0, median * float(dice.lognormal(0, 1.0))), 2))) + Decimal("0.50")


def _means(payer: Payer, order: Order) -> Means:
    told, card = payer.tells, payer.account.card if order.instrument != "account" else None
    return Means(
        creditor_account=order.payee_iban if order.payee_iban and "creditor_account" in told else None,
        debtor_agent=payer.account.bank if "debtor_agent" in told else None,
        instrument=order.instrument if "instrument" in told else None,
        instrument_expires=f"{card.expires[0]}-{card.expires[1]:02d}"
        if card and "instrument_expires" in told
        else None,
    )
