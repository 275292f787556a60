"""Double entry, as TigerBeetle has it: immutable transfers, each under an id that is booked once. Pure.

Each transfer debits one account and credits another by the same sum, so that debits are credits whatever happens. A pending one
holds the sum until it is posted, whole or in part, voided or expired. What customers have is never spent twice: an account that
is theirs takes no debit, pending or booked, beyond what was credited to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from dispatch.core.ids import is_purse
from gateway.errors import InternalError

TransferKind = Literal["booked", "pending", "post", "void", "expire"]
"""``post``, ``void``, ``expire``: what becomes of a pending one."""
Booked = Literal["booked", "repeat"]


class BookError(InternalError):
    """Nothing was booked."""


class SameIdOtherContent(BookError):  # noqa: N818 - says what is wrong
    """The id was booked before, and says something else."""


class Overdrawn(BookError):  # noqa: N818 - says what is wrong
    """The account has not so much."""


class NoSuchPending(BookError):  # noqa: N818 - says what is wrong
    """There is no pending transfer of that id."""


class PendingIsOver(BookError):  # noqa: N818 - says what is wrong
    """It was posted, voided or expired before."""


class NotThatMuch(BookError):  # noqa: N818 - says what is wrong
    """A sum below 1, or more than is pending."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One booking. Never changed, never taken away."""

    id: str
    debit: str
    credit: str
    amount: int
    """Minor units; of a ``void`` or ``expire`` what is set free."""
    kind: TransferKind = "booked"
    pending: str = ""
    """Which pending transfer it posts, voids or expires."""


@dataclass(slots=True)
class BookAccount:
    """What was booked on one account, minor units."""

    account: str
    debits: int = 0
    credits: int = 0
    debits_pending: int = 0
    credits_pending: int = 0

    @property
    def available(self) -> int:
        """What can be spent."""
        return self.credits - self.debits - self.debits_pending


class Book:
    """All accounts and transfers."""

    def __init__(self) -> None:
        self._accounts: dict[str, BookAccount] = {}
        self._transfers: dict[str, Transfer] = {}
        self._over: dict[str, str] = {}
        """Pending transfer → the one that ended it."""

    def standing(self) -> tuple[list[BookAccount], list[Transfer]]:
        """Return all of it, to be written down."""
        return list(self._accounts.values()), list(self._transfers.values())

    def stand(self, accounts: Iterable[BookAccount], transfers: Iterable[Transfer]) -> None:
        """Take up what was written down."""
        self._accounts = {one.account: one for one in accounts}
        self._transfers = {one.id: one for one in transfers}
        self._over = {one.pending: one.id for one in self._transfers.values() if one.pending}

    def account(self, account: str) -> BookAccount:
        """Return how an account stands."""
        return self._accounts.get(account) or BookAccount(account)

    def accounts(self) -> Iterator[BookAccount]:
        """Yield all accounts that were ever booked on."""
        return iter(self._accounts.values())

    def transfer(self, transfer: str) -> Transfer | None:
        """Return a transfer by its id."""
        return self._transfers.get(transfer)

    def balance(self) -> int:
        """Return debits minus credits over all accounts, pending ones too: 0."""
        return sum(
            one.debits + one.debits_pending - one.credits - one.credits_pending for one in self._accounts.values()
        )

    def book(self, transfer: Transfer) -> Booked:
        """Book a transfer, once. Raises ``BookError``; nothing is booked then."""
        known = self._transfers.get(transfer.id)
        if known is not None:
            if known != transfer:
                raise SameIdOtherContent(f"{transfer.id} was booked before as {known}, not as {transfer}")
            return "repeat"
        if transfer.pending:
            self._end(transfer)
        else:
            self._begin(transfer)
        self._transfers[transfer.id] = transfer
        return "booked"

    def post(self, pending: str, transfer: str, amount: int | None = None) -> Booked:
        """Book a pending transfer, whole or in part; what is left of it is free. Raises ``BookError``."""
        held = self._held(pending)
        posted = held.amount if amount is None else amount
        return self.book(Transfer(transfer, held.debit, held.credit, posted, "post", pending))

    def void(self, pending: str, transfer: str, *, expired: bool = False) -> Booked:
        """Set a pending transfer free. Raises ``BookError``."""
        held = self._held(pending)
        kind: TransferKind = "expire" if expired else "void"
        return self.book(Transfer(transfer, held.debit, held.credit, held.amount, kind, pending))

    def forget(self, transfers: Iterable[str]) -> None:
        """Remember transfers no more that nobody repeats: what they came to stays booked. Those that are pending stay."""
        for name in transfers:
            known = self._transfers.get(name)
            if known is not None and (known.kind != "pending" or name in self._over):
                del self._transfers[name]
                self._over.pop(name, None)

    def _held(self, pending: str) -> Transfer:
        held = self._transfers.get(pending)
        if held is None or held.kind != "pending":
            raise NoSuchPending(f"nothing is pending as {pending}")
        return held

    def _begin(self, transfer: Transfer) -> None:
        if transfer.amount < 1:
            raise NotThatMuch(f"{transfer.id}: {transfer.amount} cannot be booked")
        debit, credit = self._open(transfer.debit), self._open(transfer.credit)
        if is_purse(transfer.debit) and debit.available < transfer.amount:
            raise Overdrawn(f"{transfer.id}: {transfer.debit} has {debit.available}, not {transfer.amount}")
        if transfer.kind == "pending":
            debit.debits_pending += transfer.amount
            credit.credits_pending += transfer.amount
        else:
            debit.debits += transfer.amount
            credit.credits += transfer.amount

    def _end(self, transfer: Transfer) -> None:
        held = self._held(transfer.pending)
        if transfer.pending in self._over:
            raise PendingIsOver(f"{transfer.pending} was ended by {self._over[transfer.pending]}")
        if not 1 <= transfer.amount <= held.amount:
            raise NotThatMuch(f"{transfer.id}: {transfer.amount} of {held.amount} cannot be booked")
        debit, credit = self._open(held.debit), self._open(held.credit)
        debit.debits_pending -= held.amount
        credit.credits_pending -= held.amount
        if transfer.kind == "post":
            debit.debits += transfer.amount
            credit.credits += transfer.amount
        self._over[transfer.pending] = transfer.id

    def _open(self, account: str) -> BookAccount:
        return self._accounts.setdefault(account, BookAccount(account))
