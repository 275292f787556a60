"""What is decided about money, imperative. Part of ``actions``. Pure.

Whoever reads a purse reads these: each changes the books in one way (``dispatch.core.purse.purse``), and a key stands once.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from dispatch.core.ids import ActionKind, action_key, attempt_key, money_key
from dispatch.core.purse.mandate import Category
from dispatch.core.purse.payments import PaymentState
from dispatch.core.purse.unusual import Odd, What
from gateway.finding import Provenance

OfCase = Annotated[str | None, Field(exclude_if=operator.not_)]
"""The case that the house pays for; ``None``: a device pays."""
Empty = Field(exclude_if=operator.not_)


@dataclass(frozen=True, slots=True)
class ReservePayment:
    """The money is set aside: nothing else can spend it."""

    payment: str
    mandate: str
    """Empty: the house pays."""
    customer: str
    device: str
    payee: str
    amount: int
    """Minor units."""
    currency: str
    category: Category
    exempt: bool
    """No strong authentication was needed, and it is counted (RTS Art. 16)."""
    provenance: Provenance
    case: OfCase = None
    due: Annotated[float, Empty] = 0.0
    """When what is paid for will be there, POSIX seconds; 0: nobody said."""

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.payment, ActionKind.RESERVE)


@dataclass(frozen=True, slots=True)
class CapturePayment:
    """So much is paid of what was set aside at most; the rest is free again."""

    payment: str
    customer: str
    device: str
    amount: int
    """Minor units; 1 at least, and no more than was set aside."""
    currency: str
    provenance: Provenance
    case: OfCase = None

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.payment, ActionKind.CAPTURE)


@dataclass(frozen=True, slots=True)
class RefusePayment:
    """It is not paid, and this is why."""

    payment: str
    customer: str
    device: str
    reason: str
    """ISO 20022 external status reason code."""
    detail: str
    """In words; empty: the reason says all."""
    provenance: Provenance
    again: Annotated[str, Empty] = ""
    """The ask that names a payment of before with another content, or the capture that is not taken; the payment stands as it
    was."""
    case: OfCase = None

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.payment, ActionKind.REFUSE, self.again or None)


AskedFor = Literal["over_limit", "unusual", "strong_authentication"]
"""Why the customer has to say yes first."""


@dataclass(frozen=True, slots=True)
class AskPayer:
    """Ask the customer whether it is wanted; who says nothing until then has not agreed."""

    payment: str
    customer: str
    device: str
    payee: str
    amount: int
    """Minor units."""
    currency: str
    why: AskedFor
    until: float
    """POSIX seconds."""
    provenance: Provenance
    mandate: Annotated[str, Empty] = ""
    """By which it is paid, where they agree."""
    detail: Annotated[str, Empty] = ""
    """In words."""
    case: OfCase = None
    odd: Annotated[Odd | None, Empty] = None
    """What is unusual about it, where that is why."""

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.payment, ActionKind.ASK)


Method = Literal["TRF", "DD"]
"""ISO 20022 payment method: we pay (``pain.001``), or we collect (``pain.008``)."""


@dataclass(frozen=True, slots=True)
class InstructBank:
    """Have the bank pay a payee, or collect a top-up. Asked again under the same instruction, it does it once."""

    payment: str
    """Or the top-up."""
    instruction: str
    attempt: int
    """Counts how often the bank was asked, from 1."""
    method: Method
    customer: str
    payee: str
    """Of a collection: empty, it is for us."""
    amount: int
    """Minor units."""
    currency: str
    provenance: Provenance
    case: OfCase = None

    @property
    def key(self) -> str:  # noqa: D102
        return attempt_key(self.instruction, self.attempt)


@dataclass(frozen=True, slots=True)
class SettlePayment:
    """The bank has paid: what was reserved is booked."""

    payment: str
    customer: str
    device: str
    amount: int
    """Minor units."""
    currency: str
    provenance: Provenance
    reference: Annotated[str, Empty] = ""
    """The bank's own."""
    case: OfCase = None

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.payment, ActionKind.SETTLE)


@dataclass(frozen=True, slots=True)
class VoidPayment:
    """The bank does not pay, or nobody wants it any more before it was told: the money is free again."""

    payment: str
    customer: str
    device: str
    reason: str
    """ISO 20022 external status reason code."""
    provenance: Provenance
    case: OfCase = None

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.payment, ActionKind.VOID)


GivenBack = Literal["disputed", "cancelled", "returned"]
"""``returned``: the bank gave it back after it had paid, as a person saw."""


@dataclass(frozen=True, slots=True)
class RefundPayment:
    """The customer gets their money back."""

    payment: str
    customer: str
    device: str
    amount: int
    """Minor units."""
    currency: str
    why: GivenBack
    provenance: Provenance
    case: OfCase = None

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.payment, ActionKind.REFUND)


@dataclass(frozen=True, slots=True)
class UpholdPayment:
    """A disputed payment was right."""

    payment: str
    customer: str
    device: str
    provenance: Provenance
    case: OfCase = None

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.payment, ActionKind.UPHOLD)


@dataclass(frozen=True, slots=True)
class RepeatStatus:
    """Tell a device that asks once more, for the same, how its payment stands: nothing else is done."""

    payment: str
    customer: str
    device: str
    stands: PaymentState
    again: str
    """The ask that this answers."""
    provenance: Provenance
    reason: Annotated[str, Empty] = ""
    """ISO 20022 external status reason code, where it was refused or not paid."""
    until: Annotated[float, Empty] = 0.0
    """By when the customer has to say yes, POSIX seconds."""
    amount: Annotated[int, Empty] = 0
    """What is paid of what was set aside at most, minor units, once its device has told that."""
    currency: Annotated[str, Empty] = ""
    case: OfCase = None

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.payment, ActionKind.TELL, self.again)


Puzzling = Literal["bank_silent", "contradiction", "unknown_instruction", "booked_otherwise", "given_back"]
"""``bank_silent``: asked as often as it may be, the bank says nothing, and may have paid. ``contradiction``: it says now that it
paid what it had rejected, or the other way round. ``unknown_instruction``: it answers what we never asked. ``booked_otherwise``:
another sum came than we collected, or a sum twice. ``given_back``: the customer, or their bank, took back what we had collected."""


@dataclass(frozen=True, slots=True)
class ReverseTopUp:
    """What was collected was given back after it was booked: it leaves the purse, as far as it is there."""

    payment: str
    """The top-up."""
    customer: str
    amount: int
    """What leaves the purse, minor units."""
    short: int
    """What is spent already, and the customer owes."""
    currency: str
    reason: str
    """ISO 20022, as ``MD06``."""
    provenance: Provenance
    case: None = None

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.payment, ActionKind.REVERSE)


@dataclass(frozen=True, slots=True)
class EscalatePayment:
    """A person has to look: nothing is booked until then, and nothing set free."""

    payment: str
    """Or the top-up, or the instruction that nobody gave."""
    customer: str
    reason: Puzzling
    detail: str
    """In words."""
    provenance: Provenance
    case: OfCase = None
    number: Annotated[int, Empty] = 0
    """How often a person has closed it before."""

    @property
    def key(self) -> str:  # noqa: D102
        return puzzle_key(self.payment, self.reason, self.number)


def puzzle_key(name: str, reason: Puzzling, number: int = 0) -> str:
    """Return under which key a person was told to look at a payment, a top-up or an instruction."""
    return action_key(name, ActionKind.ESCALATE, f"{reason}/{number}" if number else reason)


@dataclass(frozen=True, slots=True)
class AskAboutMoney:
    """Ask the customer about what is unusual in what their devices pay."""

    customer: str
    ref: str
    """What it is about, so that they are asked once."""
    what: What
    payments: tuple[str, ...]
    words: str
    provenance: Provenance
    case: None = None

    @property
    def key(self) -> str:  # noqa: D102
        return money_key(self.customer, ActionKind.ASK, self.ref)


@dataclass(frozen=True, slots=True)
class TellSpending:
    """Tell the customer what their devices paid in a week."""

    customer: str
    week: str
    """ISO 8601, ``2026-W49``."""
    payments: int
    amount: int
    """Minor units."""
    currency: str
    words: str
    provenance: Provenance
    case: None = None

    @property
    def key(self) -> str:  # noqa: D102
        return money_key(self.customer, ActionKind.SPENT, f"{self.week}/{self.currency}")


@dataclass(frozen=True, slots=True)
class WarnOfMoney:
    """Tell the customer what will be due, and may fail, before it does."""

    customer: str
    ref: str
    """What will be due, so that they are told once."""
    due: float
    """POSIX seconds."""
    amount: int
    """Minor units."""
    currency: str
    words: str
    provenance: Provenance
    case: None = None

    @property
    def key(self) -> str:  # noqa: D102
        return money_key(self.customer, ActionKind.WARN, self.ref)


BookAction = ReservePayment | CapturePayment | SettlePayment | VoidPayment | RefundPayment
"""What moves money in the books."""
PaymentTold = BookAction | RefusePayment | AskPayer | RepeatStatus
"""What the device that asked is told of."""
MoneyTold = AskAboutMoney | TellSpending | WarnOfMoney
"""What the customer is told of their money, and nobody else."""
PaymentAction = PaymentTold | InstructBank | ReverseTopUp | UpholdPayment | EscalatePayment | MoneyTold
"""About money."""
