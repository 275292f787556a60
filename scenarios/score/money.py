"""What a ledger says of money, reckoned anew from its rows alone: is anything over a limit, or twice, or not balanced?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from dispatch.channels.bank.names import short_name
from dispatch.core.ids import bank_account, instruction_id, owed_account, payee_account, purse_account
from dispatch.core.purse.actions import (
    CapturePayment,
    InstructBank,
    RefundPayment,
    ReservePayment,
    ReverseTopUp,
    SettlePayment,
    VoidPayment,
)
from dispatch.core.purse.book import Book
from dispatch.core.purse.events import (
    BalanceReturned,
    BankAnswered,
    MandateChanged,
    MandateGiven,
    MoneyAnswered,
    MoneyArrived,
    PaymentConfirmed,
)
from dispatch.core.purse.mandate import Mandate, MandateState
from dispatch.core.purse.periods import window
from dispatch.ledger.rows import Row, Said, read


@dataclass(slots=True)
class MoneyFacts:
    """Feed it a ledger's rows; sums are minor units."""

    reserved: dict[str, ReservePayment] = field(default_factory=dict)
    settled: dict[str, int] = field(default_factory=dict)
    over_limit: list[str] = field(default_factory=list)
    """Payments that were reserved over a limit, and not confirmed by their customer."""
    not_let: list[str] = field(default_factory=list)
    """Payments that were reserved by a mandate that rested, was revoked, had not begun or had run out."""
    twice: list[str] = field(default_factory=list)
    """What was reserved, settled, set free or given back more than once, or after it was over."""
    overdrawn: list[str] = field(default_factory=list)
    """Purses that were spent beyond what was in them."""
    debits: Counter[str] = field(default_factory=Counter)
    credits: Counter[str] = field(default_factory=Counter)
    """Account → booked."""
    _mandates: dict[str, Mandate] = field(default_factory=dict)
    _states: dict[str, MandateState] = field(default_factory=dict)
    """Mandate → what was said of it last."""
    _confirmed: set[str] = field(default_factory=set)
    _top_ups: dict[str, InstructBank] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    """What the bank was asked for, under its own names."""
    _credited: set[str] = field(default_factory=set)
    _of_mandate: dict[str, list[tuple[float, str, int]]] = field(default_factory=dict)
    _captured: set[str] = field(default_factory=set)
    _held: Counter[str] = field(default_factory=Counter)
    """Purse → what is reserved and not booked."""
    _over: dict[str, str] = field(default_factory=dict)
    """Payment → how it ended."""

    def feed(self, row: Row) -> None:
        """Take the next row."""
        self.note(read(row), row.at)

    def note(self, said: Said, at: float) -> None:
        """Take what the next row says, and when, POSIX seconds."""
        match said:
            case ReservePayment():
                self._reserve(said, at)
            case CapturePayment():
                self._capture(said)
            case SettlePayment():
                self._end(said.payment, "settled", said.amount)
                self.settled[said.payment] = said.amount
            case VoidPayment():
                if said.payment in self.reserved:
                    self._end(said.payment, "voided", 0)
            case RefundPayment():
                self._give_back(said)
            case ReverseTopUp():
                self._reverse(said)
            case _:
                self._let(said)
                self._came_in(said)

    def _let(self, said: Said) -> None:
        match said:
            case MandateGiven(mandate=mandate):
                self._mandates.setdefault(mandate.mandate, mandate)
            case MandateChanged():
                self._changed(said.mandate, said.to)
            case MoneyAnswered(answer="stop"):
                self._changed(said.mandate, "suspended")
            case MoneyAnswered(answer="stop_and_dispute"):
                device = self._mandates[said.mandate].device
                for name in [name for name, one in self._mandates.items() if one.device == device]:
                    self._changed(name, "suspended")
            case PaymentConfirmed(agreed=True, strong=True):
                self._confirmed.add(said.payment)
            case _:
                pass  # says nothing of what may be paid

    def _came_in(self, said: Said) -> None:
        match said:
            case InstructBank(method="TRF"):
                self._asked.add(short_name(said.instruction))
            case InstructBank(method="DD"):
                self._asked.add(short_name(said.instruction))
                self._top_ups.setdefault(said.instruction, said)
            case BankAnswered(status="ACSC") if said.instruction in self._top_ups:
                self._top_up(self._top_ups[said.instruction])
            case MoneyArrived():
                self._arrived(said)
            case BalanceReturned():
                self._returned(said)
            case _:
                pass  # books nothing

    def differs(self, book: Book) -> int:
        """Return by how much a book's debits are not its credits, and its accounts not what the rows say, minor units: 0."""
        accounts, _ = book.standing()
        names = {one.account for one in accounts} | set(self.debits) | set(self.credits)
        off = ((book.account(name), self.debits[name], self.credits[name]) for name in names)
        return abs(book.balance()) + sum(
            abs(one.debits - debits) + abs(one.credits - credits_) for one, debits, credits_ in off
        )

    def booked(self) -> dict[str, int]:
        """Return what is booked as done by the bank, by its own names: minor units."""
        paid = {short_name(instruction_id(name)): amount for name, amount in self.settled.items()}
        return paid | {short_name(name): self._top_ups[name].amount for name in self._credited}

    def otherwise(self, executed: Mapping[str, int]) -> int:
        """Return how much was booked that the bank has not done, or the other way round, minor units.

        ``executed``: what it has really done, by its own names. What it may be doing is not booked yet, and differs in nothing.
        """
        booked = self.booked()
        void = {short_name(instruction_id(name)) for name, how in self._over.items() if how == "voided"}
        not_done = sum(abs(amount - executed.get(name, 0)) for name, amount in booked.items())
        others = {name: amount for name, amount in executed.items() if name not in booked}
        return not_done + sum(sum_ for name, sum_ in others.items() if name in void or name not in self._asked)

    @property
    def open(self) -> list[str]:
        """What is reserved and has come to no end."""
        return [payment for payment in self.reserved if payment not in self._over]

    def available(self, purse: str) -> int:
        """Return what a purse has by the rows."""
        return self.credits[purse] - self.debits[purse] - self._held[purse]

    def _arrived(self, said: MoneyArrived) -> None:
        asked = self._top_ups.get(said.instruction)
        if asked is not None and (asked.customer, asked.amount, asked.currency) == (
            said.customer, said.amount, said.currency,
        ):  # fmt: skip
            self._top_up(asked)
        elif not said.instruction:
            self._book(bank_account(said.currency), purse_account(said.customer, said.currency), said.amount)

    def _returned(self, said: BalanceReturned) -> None:
        purse = purse_account(said.customer, said.currency)
        if 1 <= said.amount <= self.available(purse):
            self._book(purse, bank_account(said.currency), said.amount)

    def _reverse(self, said: ReverseTopUp) -> None:
        """What was collected was given back, once: as far as it was there, it leaves the purse."""
        asked = self._top_ups.get(instruction_id(said.payment))
        if asked is None or said.payment in self._over or asked.amount != said.amount + said.short:
            self.twice.append(f"{said.payment} is given back twice, or otherwise")
            return
        self._over[said.payment] = "returned"
        purse = purse_account(said.customer, said.currency)
        if said.amount > self.available(purse):
            self.overdrawn.append(said.payment)
        self._book(purse, bank_account(said.currency), said.amount)
        self._book(owed_account(said.customer, said.currency), bank_account(said.currency), said.short)

    def _top_up(self, asked: InstructBank) -> None:
        """Book what was collected, once, however often the bank says so."""
        if asked.instruction not in self._credited:
            self._credited.add(asked.instruction)
            self._book(bank_account(asked.currency), purse_account(asked.customer, asked.currency), asked.amount)

    def _book(self, debit: str, credit: str, amount: int) -> None:
        self.debits[debit] += amount
        self.credits[credit] += amount

    def _reserve(self, said: ReservePayment, at: float) -> None:
        if said.payment in self.reserved:
            self.twice.append(f"{said.payment} is reserved a second time")
            return
        self.reserved[said.payment] = said
        purse = purse_account(said.customer, said.currency)
        self._held[purse] += said.amount
        if self.available(purse) < 0:
            self.overdrawn.append(said.payment)
        if said.mandate and not self._is_let(said.mandate, at):
            self.not_let.append(said.payment)
        if said.mandate and said.payment not in self._confirmed and self._is_over(said, at):
            self.over_limit.append(said.payment)
        self._of_mandate.setdefault(said.mandate, []).append((at, said.payment, said.amount))

    def _changed(self, mandate: str, to: MandateState) -> None:
        if self._states.get(mandate) != "revoked":
            self._states[mandate] = to

    def _is_let(self, mandate: str, at: float) -> bool:
        known = self._mandates.get(mandate)
        return (
            known is not None
            and self._states.get(mandate, "active") == "active"
            and known.valid_from <= at
            and (known.valid_to is None or at < known.valid_to)
        )

    def _is_over(self, said: ReservePayment, at: float) -> bool:
        mandate = self._mandates.get(said.mandate)
        if mandate is None or said.amount > mandate.per_payment:
            return True
        counted = [one for one in self._of_mandate.get(said.mandate, ()) if self._over.get(one[1]) != "voided"]
        for limit in mandate.limits:
            span = window(limit, mandate.valid_from, mandate.zone, at)
            spent = sum(amount for when, _, amount in counted if span.begin <= when < span.end)
            if spent + said.amount > span.amount:
                return True
        return False

    def _capture(self, said: CapturePayment) -> None:
        """Of what was set aside less is paid: the rest counts no more."""
        before = self.reserved.get(said.payment)
        if before is None or said.payment in self._captured or said.payment in self._over:
            self.twice.append(f"{said.payment} is captured twice, or is not set aside")
            return
        if not 1 <= said.amount <= before.amount:
            self.over_limit.append(said.payment)
        self._captured.add(said.payment)
        self.reserved[said.payment] = replace(before, amount=said.amount)
        self._held[purse_account(said.customer, said.currency)] -= before.amount - said.amount
        counted = self._of_mandate[before.mandate]
        counted[:] = [(at, name, said.amount if name == said.payment else amount) for at, name, amount in counted]

    def _end(self, payment: str, how: str, amount: int) -> None:
        if payment in self._over or payment not in self.reserved:
            self.twice.append(f"{payment} is {how} after it was {self._over.get(payment, 'never reserved')}")
            return
        said = self.reserved[payment]
        purse = purse_account(said.customer, said.currency)
        self._over[payment] = how
        self._held[purse] -= said.amount
        if amount > said.amount:
            self.over_limit.append(payment)
        if amount:
            self._book(purse, payee_account(said.payee, said.currency), amount)

    def _give_back(self, action: RefundPayment) -> None:
        said = self.reserved.get(action.payment)
        if said is None or self._over.get(action.payment) != "settled":
            self.twice.append(f"{action.payment} is given back after it was {self._over.get(action.payment, 'never')}")
            return
        self._over[action.payment] = "refunded"
        self._book(payee_account(said.payee, said.currency), purse_account(said.customer, said.currency), action.amount)


def money_facts(rows: Iterable[Row]) -> MoneyFacts:
    """Reckon a whole ledger."""
    facts = MoneyFacts()
    for row in rows:
        facts.feed(row)
    return facts
