"""Who pays whom: a few banks and processors, people with accounts and cards, and what their phones tell of a payment."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from firmware_sim.banking.accounts import Account, Instrument, Order
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
TELLS = {"creditor_account": 0.6, "debtor_agent": 0.6, "instrument": 0.65, "instrument_expires": 0.5}
"""Share of the apps that tell each [fit]."""


@dataclass(frozen=True, slots=True)
class Payer:
    """Somebody with a phone."""

    phone: Phone
    account: Account
    processor: str
    tells: frozenset[str]
    """Fields of ``Means``."""


@dataclass(slots=True)
class Market:
    """All institutions, and the dice that decide on everything."""

    clearing: Clearing
    dice: np.random.Generator
    orders: int = 0

    @classmethod
    def drawn(cls, processors: list[str], dice: np.random.Generator) -> Market:
        """Draw the manners of all banks and of these processors."""
        banks = {bic: draw_institution(bic, dice) for bic in BANKS}
        return cls(Clearing(banks, {name: draw_institution(name, dice) for name in processors}, dice), dice)

    def payer(self, phone: Phone, processor: str, now: float, bank: str | None = None) -> Payer:
        """Draw the account, the card and the app of somebody."""
        bank = bank or self._any_bank()
        account = Account(made_up(*BANKS[bank], self.dice), bank, card=new_card(now, self.dice))
        luck = self.dice.random(len(TELLS)).tolist()
        tells = frozenset(name for name, one in zip(TELLS, luck, strict=True) if one < TELLS[name])
        return Payer(phone, account, processor, tells)

    def order(self, payer: Payer, cause: Cause = USUAL, payee_bank: str | None = None) -> Order:
        """Draw a payment, and let ``cause`` spoil it."""
        self.orders += 1
        instrument = self._instrument(cause)
        payee = None
        if instrument == "account":
            bank = payee_bank or self._any_bank()
            payee = Account(made_up(*BANKS[bank], self.dice), bank)
        name = payer.phone.name.rpartition("/")[2]
        order = Order(
            f"{name}-{self.orders}",
            self._amount(instrument),
            "EUR",
            payer.account,
            payee,
            payee.iban if payee else "",
            instrument,
            is_debit=cause.is_debit,
        )
        payer.account.balance = max(payer.account.balance, order.amount + 10)
        cause.change(order, self.dice)
        return order

    def pay(self, payer: Payer, order: Order, now: float) -> PaymentAttemptEvent:
        """Try to pay, and let the phone tell what came of it."""
        answer = self.clearing.attempt(order, payer.processor, now)
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

    def _any_bank(self) -> str:
        return list(BANKS)[int(self.dice.integers(len(BANKS)))]

    def _instrument(self, cause: Cause) -> Instrument:
        shares = {"account": 0.45, "card": 0.35, "wallet": 0.2}
        heights = np.cumsum([shares[one] for one in cause.instruments]).tolist()
        luck = float(self.dice.random()) * heights[-1]
        return next(one for one, height in zip(cause.instruments, heights, strict=True) if luck < height)

    def _amount(self, instrument: Instrument) -> Decimal:
        median = 90.0 if instrument == "account" else 24.0
        return Decimal(str(round(min(1_900.0, median * float(self.dice.lognormal(0, 1.0))), 2))) + Decimal("0.50")


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
