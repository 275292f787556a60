"""Whose account an order to the bank is about: payees' by mandate or partner register, customers' by their own register.

None of these numbers stands in the ledger, but where a customer named a payee by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from dispatch.channels.bank.names import short_name
from dispatch.channels.bank.orders import CannotOrder, CollectedBy, Order, Scheme
from dispatch.channels.bank.settings import BankSettings
from dispatch.core.ids import end_to_end_of, top_up_id
from dispatch.core.purse.actions import InstructBank
from dispatch.core.purse.mandate import Mandate
from dispatch.core.purse.purse import Purse
from dispatch.delivery.partner_directory import PartnerDirectory
from dispatch.registers.customers import Customers
from dispatch.registers.iban import BadIban, iban_of

DEAREST = 999_999_999_99
"""Cents of one SEPA order."""
_CENTS = Decimal(100)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class BankAccounts:
    """Everything is looked up at the moment of asking."""

    purse: Purse
    customers: Customers
    partners: PartnerDirectory

    def order_of(self, action: InstructBank, settings: BankSettings, now: float) -> Order:
        """Return what is to be done. ``now``: POSIX seconds. Raises ``CannotOrder``."""
        if action.currency != "EUR":
            raise CannotOrder("AM03", f"SEPA pays in euro, and not in {action.currency}")
        if action.amount < 1:
            raise CannotOrder("AM01", "an order of nothing")
        if action.amount > DEAREST:
            raise CannotOrder("AM02", "SEPA moves less than a billion at once")
        today = datetime.fromtimestamp(now, UTC).date()
        return (
            self._payment(action, settings, today)
            if action.method == "TRF"
            else self._collection(action, settings, today)
        )

    def _payment(self, action: InstructBank, settings: BankSettings, today: date) -> Order:
        instant = action.amount <= settings.instant_up_to * _CENTS
        scheme: Scheme = "INST" if instant else "SCT"
        return Order(
            short_name(action.instruction), scheme, self._name_of_payee(action), self._account_of_payee(action),
            action.amount, today, self._words(action),
        )  # fmt: skip

    def _account_of_payee(self, action: InstructBank) -> str:
        partner = self.partners.get(action.payee)
        if partner is not None and partner.provenance != action.provenance:
            raise CannotOrder("AG01", f"the order is {action.provenance} and {action.payee} is {partner.provenance}")
        try:
            return iban_of(partner.iban if partner is not None else action.payee)
        except BadIban:
            raise CannotOrder("AC03", "no account of the payee is known: an IBAN, or a partner that has one") from None

    def _name_of_payee(self, action: InstructBank) -> str:
        payment = self.purse.payments.get(action.payment)
        given = self.purse.given.get(payment.mandate) if payment is not None else None
        payees = given.mandate.payees if given is not None else ()
        told = payment.payee_name if payment is not None else ""
        return next((one.name for one in payees if one.payee == action.payee and one.name), told or action.payee)

    def _words(self, action: InstructBank) -> str:
        """Return the payee's own reference: as which the device named the payment."""
        payment = self.purse.payments.get(action.payment)
        return end_to_end_of(action.payment, payment.device) if payment is not None else action.payment

    def _collection(self, action: InstructBank, settings: BankSettings, today: date) -> Order:
        if settings.creditor_id is None:
            raise CannotOrder("AG01", "the house may not collect: bank.creditor_id is not given")
        customer, by = self.customers.get(action.customer), self._collected_by(action)
        if customer is None or not customer.iban:
            raise CannotOrder("AC02", "no account of the customer is known")
        if customer.provenance != action.provenance:
            raise CannotOrder("AG01", f"the order is {action.provenance} and the customer is {customer.provenance}")
        return Order(
            short_name(action.instruction), "CORE", customer.name, customer.iban, action.amount,
            _banking_day(today + timedelta(days=settings.collect_days)), f"Top-up {action.payment}", by,
        )  # fmt: skip

    def _collected_by(self, action: InstructBank) -> CollectedBy:
        top_up = self.purse.top_ups.get(action.payment)
        given = self.purse.given.get(top_up.mandate) if top_up is not None else None
        if top_up is None or given is None:
            raise CannotOrder("MD01", "there is no mandate to collect by")
        first = self._is_first(given.mandate, action.payment)
        return CollectedBy(short_name(given.mandate.mandate), _signed(given.mandate), "FRST" if first else "RCUR")

    def _is_first(self, mandate: Mandate, payment: str) -> bool:
        names = (top_up_id(mandate.customer, one + 1) for one in range(self.purse.topped_up.get(mandate.customer, 0)))
        known = (self.purse.top_ups.get(name) for name in names if name != payment)
        return not any(one is not None and one.mandate == mandate.mandate for one in known)


def _signed(mandate: Mandate) -> date:
    return datetime.fromtimestamp(mandate.valid_from, ZoneInfo(mandate.zone)).date()


def _banking_day(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= _SATURDAY else 0)
