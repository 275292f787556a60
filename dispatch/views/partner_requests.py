"""What partners are asked: bookings of a workshop, orders of a supplier, in the ledger's order. A projection; pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import assert_never

from dispatch.core.actions import BookWorkshop, OpenCase, PlaceOrder, RequestAction, WithdrawRequest
from dispatch.core.events import CustomerErased, DataExpired
from dispatch.core.ids import attempt_key
from dispatch.ledger.rows import Row, read


@dataclass(frozen=True, slots=True)
class PartnerRequest:
    """One thing a partner is asked. ``at``: POSIX seconds."""

    seq: int
    at: float
    type: str
    body: RequestAction


@dataclass(frozen=True, slots=True)
class RequestsShelf:
    """What partners were asked, written down."""

    by_partner: dict[str, list[PartnerRequest]]
    partner_of: dict[str, str]
    withdrawn: dict[str, str]
    customer_of: dict[str, str] = field(default_factory=dict)
    """Case → customer; of the cases of older snapshots, nothing."""


class Requests:
    """Every request, by partner. Fed row by row."""

    def __init__(self) -> None:
        self._by_partner: dict[str, list[PartnerRequest]] = {}
        self._partner_of: dict[str, str] = {}
        self._withdrawn: dict[str, str] = {}
        self._customer_of: dict[str, str] = {}

    def feed(self, row: Row) -> None:
        """Take one row, in the ledger's order."""
        said = read(row)
        if isinstance(said, RequestAction):
            self._ask(PartnerRequest(row.seq, row.at, row.type, said))
        elif isinstance(said, OpenCase):
            self._customer_of[said.case] = said.customer
        elif isinstance(said, CustomerErased):
            self._erase(lambda one: self._customer_of.get(one.body.case) == said.customer)
        elif isinstance(said, DataExpired) and said.what == "words":
            self._erase(lambda one: one.at < said.before)

    def _erase(self, is_erased: Callable[[PartnerRequest], bool]) -> None:
        """Know no more which goods were ordered."""
        for mine in self._by_partner.values():
            for at, one in enumerate(mine):
                if isinstance(one.body, PlaceOrder) and is_erased(one):
                    mine[at] = replace(one, body=replace(one.body, lines=()))

    def _ask(self, request: PartnerRequest) -> None:
        action = request.body
        match action:
            case BookWorkshop():
                self._note(action.workshop, attempt_key(action.booking, action.attempt), request)
            case PlaceOrder():
                self._note(action.supplier, attempt_key(action.order, action.attempt), request)
            case WithdrawRequest():
                key = attempt_key(action.request, action.attempt)
                self._withdrawn[key] = action.reason
                self._note(action.partner, key, request)
            case _:
                assert_never(action)

    def customer_of(self, case: str) -> str | None:
        """Return whose a case is, that was opened since there is a ledger or an older snapshot."""
        return self._customer_of.get(case)

    def standing(self) -> RequestsShelf:
        """Return it written down."""
        return RequestsShelf(self._by_partner, self._partner_of, self._withdrawn, self._customer_of)

    def stand(self, shelf: RequestsShelf) -> None:
        """Take up what was written down."""
        self._by_partner, self._partner_of, self._withdrawn = shelf.by_partner, shelf.partner_of, shelf.withdrawn
        self._customer_of = shelf.customer_of

    def after(self, partner: str, seq: int) -> list[PartnerRequest]:
        """Return what ``partner`` was asked behind row ``seq``, oldest first."""
        mine = self._by_partner.get(partner, [])
        first = len(mine)
        while first and mine[first - 1].seq > seq:
            first -= 1
        return mine[first:]

    def asked(self, request: str, attempt: int = 1) -> bool:
        """Tell whether a booking or order was ever asked for."""
        return attempt_key(request, attempt) in self._partner_of

    def asks(self, partner: str, request: str, attempt: int | None = None) -> bool:
        """Tell whether it was ``partner`` who was asked, at ``attempt`` or at any."""
        if attempt is not None:
            return self._partner_of.get(attempt_key(request, attempt)) == partner
        attempts = range(1, len(self._partner_of) + 1)
        found = (self._partner_of.get(attempt_key(request, number)) for number in attempts)
        return partner in takewhile(lambda one: one is not None, found)

    def withdrawn(self, request: str, attempt: int) -> str | None:
        """Return why a booking or order was withdrawn; ``None``: it was not."""
        return self._withdrawn.get(attempt_key(request, attempt))

    def _note(self, partner: str, key: str, request: PartnerRequest) -> None:
        self._by_partner.setdefault(partner, []).append(request)
        self._partner_of[key] = partner
