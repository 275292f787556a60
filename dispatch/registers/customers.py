"""Who they are: the only place with names, telephone numbers and addresses. The ledger knows customers by id alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dispatch.registers.telephone import dialled, means
from gateway.finding import Provenance


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer."""

    customer: str
    """Id; says nothing about the person."""
    name: str
    phone: str
    """E.164."""
    language: str
    """BCP 47."""
    provenance: Provenance
    may_call: bool = True
    may_order: bool = True
    time_zone: str | None = None
    """IANA, as ``Europe/Riga``; ``None``: that of the place where it broke."""


class Customers:
    """Every customer, by id. Held in memory; ``journal`` keeps them."""

    def __init__(self, customers: Iterable[Customer] = ()) -> None:
        self._by_id = {customer.customer: customer for customer in customers}

    def add(self, customer: Customer) -> None:
        """Register a customer, or replace what was registered under the id."""
        self._by_id[customer.customer] = customer

    def get(self, customer: str) -> Customer | None:
        """Return the customer with this id."""
        return self._by_id.get(customer)

    def by_phone(self, phone: str) -> list[Customer]:
        """Return who may ring from a number, written in any notation: a household has one telephone."""
        number = dialled(phone)
        return [found for found in self._by_id.values() if means(found.phone, number)]

    def __iter__(self) -> Iterator[Customer]:
        """Iterate over all customers, in the order they were registered."""
        return iter(self._by_id.values())

    def __len__(self) -> int:
        """How many customers are registered."""
        return len(self._by_id)
