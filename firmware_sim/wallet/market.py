"""Who pays whom: a few banks and processors, people with accounts and cards, and what their devices tell of a payment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, cast

import numpy as np

from firmware_sim.device.device import Device
from firmware_sim.wallet.accounts import Account, Card, Instrument, Order
from firmware_sim.wallet.clearing import Clearing
from firmware_sim.wallet.failures import Cause, new_card
from firmware_sim.wallet.iban import made_up
from firmware_sim.wallet.institution import Answer, draw_institution, weighted
from firmware_sim.wallet.wallet import Means, Wallet
from gateway.contract.payments import iban_holds
from gateway.payments.messages import PaymentAttemptEvent

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
Verification = Literal["MTCH", "CMTC", "NMTC", "NOAP"]
USUAL = Cause(lambda _order, _dice: None)
"""Nothing is wrong."""
TELLS = {
    "instrument": (0.85, 0.85),
    "method": (0.85, 0),
    "creditor_account": (0.75, 0),
    "debtor_agent": (0.75, 0.25),
    "instrument_expires": (0, 0.75),
    "rejected_by": (0.6, 0.25),
    "processor_response": (0, 0.7),
    "three_d_secure": (0, 0.6),
    "payee_verification": (0.6, 0),
}
"""Share of the apps that tell each, of payments from accounts and by card [fit]. Most tell what the payer chose or typed, and
the card's month, which comes with its token; fewer what a bank or a payment service hands them; few know a card bank's BIC."""
ABROAD = 0.02
"""Share of payments in another currency, which the account takes [fit]."""
NAMES_ITSELF = 0.95
"""Share of refusals in which the bank named is the one that refused; else it is one on the way [fit]."""
VERIFIED = {"MTCH": 0.82, "CMTC": 0.06, "NMTC": 0.02, "NOAP": 0.1}
"""What a payee's bank says of a name that is right: verification is not possible everywhere yet [fit]."""
MISNAMED = {"NMTC": 0.6, "CMTC": 0.24, "NOAP": 0.1, "MTCH": 0.06}
NOBODYS = {"NOAP": 0.6, "NMTC": 0.4}
"""Of an account that is closed, or nobody's."""
CHALLENGED = {"Y": 0.86, "A": 0.08, "U": 0.04, "N": 0.02}
"""How holders are authenticated (EMV 3-D Secure) who pay by card [fit]."""
NOT_CHALLENGED = {"N": 0.55, "C": 0.15, "R": 0.15, "U": 0.08, "A": 0.04, "Y": 0.03}
DOUBTED = {"Y": 0.7, "R": 0.16, "A": 0.06, "N": 0.05, "U": 0.03}
"""Of payments that look like a thief's."""


@dataclass(slots=True)
class Payer:
    """Somebody with a device that pays. ``dice`` decide on everything that befalls this person."""

    wallet: Wallet
    account: Account
    processor: str
    tells: dict[str, float]
    """Field of ``Means`` → how much the app keeps to itself, 0 to 1: it tells where ``TELLS`` is more."""
    dice: np.random.Generator
    orders: int = 0
    """Made so far."""

    @property
    def device(self) -> Device:
        """What carries the wallet."""
        return self.wallet.device


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
        self, device: Device, processor: str, now: float, dice: np.random.Generator, bank: str | None = None
    ) -> Payer:
        """Draw the account, the card and the app of somebody."""
        bank = bank or any_bank(dice)
        account = Account(made_up(*BANKS[bank], dice), bank, card=new_card(now, dice))
        tells = dict(zip(TELLS, dice.random(len(TELLS)).tolist(), strict=True))
        return Payer(Wallet(device), account, processor, tells, dice)

    def order(self, payer: Payer, cause: Cause = USUAL, payee_bank: str | None = None) -> Order:
        """Draw a payment, and let ``cause`` spoil it."""
        payer.orders += 1
        dice, instrument = payer.dice, _instrument(cause, payer.dice)
        payee = None
        if instrument == "account":
            bank = payee_bank or any_bank(dice)
            payee = Account(made_up(*BANKS[bank], dice), bank)
        order = Order(
            f"{payer.device.name.rpartition('/')[2]}-{payer.orders}",
            _amount(instrument, dice),
            "EUR",
            payer.account,
            payee,
            payee.iban if payee else "",
            instrument,
            is_debit=instrument == "account" and float(dice.random()) < cause.debits,
        )
        payer.account.balance = max(payer.account.balance, order.amount + 10)
        payer.account.spent *= 0
        if dice.random() < ABROAD:
            order.currency, payer.account.currencies = "USD", payer.account.currencies | {"USD"}
        cause.change(order, dice)
        order.verification = _verified(order, dice)
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
        order.verification = _verified(order, payer.dice)

    def pay(self, payer: Payer, order: Order, now: float) -> PaymentAttemptEvent:
        """Try to pay, and let the device tell what came of it."""
        answer = self.clearing.attempt(order, payer.processor, now, payer.dice)
        return payer.wallet.pay(
            now,
            end_to_end_id=order.id,
            amount=f"{order.amount:.2f}",
            currency=order.currency,
            processor=payer.processor,
            status=answer.status,
            reason=answer.reason,
            means=_means(payer, order, answer),
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


def _verified(order: Order, dice: np.random.Generator) -> Verification | None:
    """Ask the payee's bank whose account it is; not of what is drawn, and not of a number that cannot be."""
    luck = float(dice.random())
    if order.payee is None or order.is_debit or not iban_holds(order.payee_iban):
        return None
    known = order.payee.exists and not order.payee.is_closed
    answers = (VERIFIED if order.name_fits else MISNAMED) if known else NOBODYS
    return cast("Verification", weighted(answers, luck))


def _means(payer: Payer, order: Order, answer: Answer) -> Means:
    """Return what the app tells beside the outcome; a field that it does not tell, or that there is not, is left out."""
    card = payer.account.card if order.instrument != "account" else None
    known: dict[str, str | None] = {
        "creditor_account": order.payee_iban or None,
        "debtor_agent": payer.account.bank,
        "instrument": order.instrument,
        "instrument_expires": f"{card.expires[0]}-{card.expires[1]:02d}" if card else None,
        "method": None if card else "DD" if order.is_debit else "TRF",
        "rejected_by": _named(answer, payer.dice),
        "processor_response": answer.response,
        "three_d_secure": _authenticated(order, payer.dice) if card else None,
        "payee_verification": order.verification,
    }
    told = {name: value for name, value in known.items() if payer.tells[name] < TELLS[name][card is not None]}
    return Means(**told)  # type: ignore[arg-type] # the names and values are those of the fields


def _named(answer: Answer, dice: np.random.Generator) -> str | None:
    """Return whom the answer names as the one who refused."""
    luck = float(dice.random())
    return answer.by if answer.by is None or luck < NAMES_ITSELF else any_bank(dice)


def _authenticated(order: Order, dice: np.random.Generator) -> str:
    answers = DOUBTED if order.payer.holder_is_suspect else CHALLENGED
    return weighted(answers if order.is_signed else NOT_CHALLENGED, float(dice.random()))
