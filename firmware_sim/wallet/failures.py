"""What makes a payment fail: each cause as a change in what the banks know, in the order, or in an institution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np

from firmware_sim.wallet.accounts import Card, Instrument, Order
from firmware_sim.wallet.iban import mistyped
from firmware_sim.wallet.institution import Institution, Outage

Change = Callable[[Order, np.random.Generator], None]
"""Spoils an order that would have gone through."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause: how it changes an order that would have gone through, and what is paid with."""

    change: Change
    instruments: tuple[Instrument, ...] = ("account", "card", "wallet")
    debits: float = 0.4
    """Share of those from accounts that the payee draws [fit]: who has no account any more cannot send a transfer."""


def _wrong_number(order: Order, dice: np.random.Generator) -> None:
    """Two slips in three break the check digits; else the number is well formed, and nobody's."""
    if dice.random() < 0.67:
        order.payee_iban = mistyped(order.payee_iban, dice)
    elif order.payee:
        order.payee.exists = False


def _payee_account(order: Order, dice: np.random.Generator) -> None:
    if order.payee:
        order.payee.is_closed = bool(dice.random() < 0.65)
        order.payee.is_blocked = not order.payee.is_closed


def _bank_code(order: Order, dice: np.random.Generator) -> None:
    order.payee_bank = f"{order.payer.bank[:3]}Q{order.payer.bank[4:6]}{int(dice.integers(20, 99))}"


def _on_payer(**state: object) -> Change:
    def change(order: Order, dice: np.random.Generator) -> None:  # noqa: ARG001 - nothing is left to chance
        for name, value in state.items():
            setattr(order.payer, name, value)

    return change


def _on_order(**state: object) -> Change:
    def change(order: Order, dice: np.random.Generator) -> None:  # noqa: ARG001 - nothing is left to chance
        for name, value in state.items():
            setattr(order, name, value)

    return change


def _no_funds(order: Order, dice: np.random.Generator) -> None:
    order.payer.balance = (order.amount * Decimal(str(round(float(dice.random()), 3)))).quantize(Decimal("0.01"))


def _over_limit(order: Order, dice: np.random.Generator) -> None:
    """A large amount, 300 to 9,000, or the many small ones before it [fit]."""
    if dice.random() < 0.7:
        order.amount = Decimal(str(round(float(np.exp(dice.uniform(np.log(300), np.log(9_000)))), 2)))
        order.payer.balance = order.amount * 2
    order.payer.day_limit = (order.amount * Decimal(str(round(float(dice.uniform(0.2, 0.95)), 3)))).quantize(Decimal(1))


def _expired(order: Order, dice: np.random.Generator) -> None:
    """The card ran out one to eight months ago."""
    if order.payer.card:
        year, month = order.payer.card.drawn_in
        months = year * 12 + month - 1 - int(dice.integers(1, 9))
        order.payer.card.expires = (months // 12, months % 12 + 1)


def _card_number(order: Order, dice: np.random.Generator) -> None:
    if order.payer.card:
        order.payer.card.is_known = bool(dice.random() < 0.5)
        order.payer.card.is_stopped = order.payer.card.is_known


def _no_mandate(order: Order, dice: np.random.Generator) -> None:
    """Never given, or cancelled since."""
    order.payer.debits = "never" if dice.random() < 0.45 else "no_more"


def _currency(order: Order, dice: np.random.Generator) -> None:
    order.currency = ("USD", "GBP", "SEK", "NOK", "CHF", "PLN")[int(dice.integers(6))]


def _late(order: Order, dice: np.random.Generator) -> None:
    order.amount = Decimal(int(dice.integers(5_000, 15_000)))
    order.payer.balance = order.amount * 2


_CARDS: tuple[Instrument, ...] = ("card", "wallet")
_ACCOUNT: tuple[Instrument, ...] = ("account",)
TRANSFER = Cause(lambda _order, _dice: None, _ACCOUNT, debits=0)
"""Nothing is wrong with a transfer."""

CAUSES: dict[str, Cause] = {
    "account_number": Cause(_wrong_number, _ACCOUNT, debits=0),
    "payee_account": Cause(_payee_account, _ACCOUNT, debits=0),
    "bank_code": Cause(_bank_code, _ACCOUNT, debits=0),
    "account_closed": Cause(_on_payer(is_closed=True), debits=0.85),
    "account_blocked": Cause(_on_payer(is_blocked=True), debits=0.8),
    "insufficient_funds": Cause(_no_funds, debits=0.55),
    "limit_exceeded": Cause(_over_limit, debits=0.3),
    "card_expired": Cause(_expired, _CARDS),
    "card_number": Cause(_card_number, _CARDS),
    "mandate": Cause(_no_mandate, _ACCOUNT, debits=1),
    "not_permitted": Cause(_on_payer(takes_everything=False)),
    "cut_off": Cause(_late, _ACCOUNT, debits=0),
    "currency": Cause(_currency),
    "authentication": Cause(_on_order(is_signed=False), debits=0),
    "fraud_suspected": Cause(_on_payer(holder_is_suspect=True), debits=0.15),
    "regulatory": Cause(_on_payer(listed=True)),
    "name_mismatch": Cause(_on_order(name_fits=False), _ACCOUNT, debits=0),
    "refused_by_payer": Cause(_on_order(payer_agrees=False), debits=0.75),
    "payer_deceased": Cause(_on_payer(holder_lives=False), debits=0.9),
    "format_error": Cause(_on_order(is_readable=False)),
}
"""Causes that lie with one customer. Outages, chance failures and repeats lie with the institutions."""


def fail_for_a_while(institution: Institution, now: float, lasts: float, dice: np.random.Generator) -> None:
    """Let an institution fail from ``now`` on: six in ten wholly, else in part."""
    fails = 1.0 if dice.random() < 0.6 else float(dice.uniform(0.6, 0.97))
    institution.outages.append(Outage(now, now + lasts, fails))


def new_card(now: float, dice: np.random.Generator) -> Card:
    """Return a card that is good to the end of this month, or of one in the next four years."""
    today = datetime.fromtimestamp(now, UTC)
    months = today.year * 12 + today.month - 1 + int(dice.integers(0, 49))
    return Card((months // 12, months % 12 + 1), (today.year, today.month))
