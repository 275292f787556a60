"""What partners are asked: bookings of a workshop, orders of a supplier, in the ledger's order. A projection; pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from dispatch.core.actions import BookWorkshop, PlaceOrder, WithdrawRequest
from dispatch.core.ids import attempt_key
from dispatch.ledger.rows import Row, read


@dataclass(frozen=True, slots=True)
class Request:
    """One thing a partner is asked. ``at``: POSIX seconds."""

    seq: int
    at: float
    type: str
    body: BookWorkshop | PlaceOrder | WithdrawRequest


@dataclass(frozen=True, slots=True)
class Asked:
    """What partners were asked, written down."""

    by_partner: dict[str, list[Request]]
    partner_of: dict[str, str]
    withdrawn: dict[str, str]


class Requests:
    """Every request, by partner. Fed row by row."""

    def __init__(self) -> None:
        self._by_partner: dict[str, list[Request]] = {}
        self._partner_of: dict[str, str] = {}
        self._withdrawn: dict[str, str] = {}

    def feed(self, row: Row) -> None:
        """Take one row, in the ledger's order."""
        if row.type not in {"BookWorkshop", "PlaceOrder", "WithdrawRequest"}:
            return
        item = read(row)
        if isinstance(item, BookWorkshop):
            self._note(item.workshop, attempt_key(item.booking, item.attempt), Request(row.seq, row.at, row.type, item))
        elif isinstance(item, PlaceOrder):
            self._note(item.supplier, attempt_key(item.order, item.attempt), Request(row.seq, row.at, row.type, item))

        elif isinstance(item, WithdrawRequest):
            self._withdrawn[attempt_key(item.request, item.attempt)] = item.reason
            self._note(item.partner, attempt_key(item.request, item.attempt), Request(row.seq, row.at, row.type, item))

    def standing(self) -> Asked:
        """Return it written down."""
        return Asked(self._by_partner, self._partner_of, self._withdrawn)

    def stand(self, asked: Asked) -> None:
        """Take up what was written down."""
        self._by_partner, self._partner_of, self._withdrawn = asked.by_partner, asked.partner_of, asked.withdrawn

    def after(self, partner: str, seq: int) -> list[Request]:
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

    def _note(self, partner: str, key: str, request: Request) -> None:
        self._by_partner.setdefault(partner, []).append(request)
        self._partner_of[key] = partner
