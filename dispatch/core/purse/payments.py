"""How one payment stands, and the legal moves. A test walks the table. Pure."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from dispatch.core.conversation.channels import Channel
from dispatch.core.purse.mandate import Category
from dispatch.core.purse.unusual import Odd
from gateway.finding import Place, Provenance


class PaymentState(StrEnum):
    """How a payment stands."""

    ASKED = "asked"
    CONFIRMING = "confirming"
    """The customer is asked whether it is wanted."""
    RESERVED = "reserved"
    """The money is set aside, and the bank was told to pay."""
    SETTLED = "settled"
    VOIDED = "voided"
    """Nothing was paid."""
    REFUSED = "refused"
    DISPUTED = "disputed"
    """The customer says that it was not right; a person decides."""
    REFUNDED = "refunded"
    UPHELD = "upheld"


class PaymentMove(StrEnum):
    """What is done about a payment."""

    ASK = "ask"
    RESERVE = "reserve"
    REFUSE = "refuse"
    SETTLE = "settle"
    VOID = "void"
    DISPUTE = "dispute"
    REFUND = "refund"
    UPHOLD = "uphold"


_S, _M = PaymentState, PaymentMove

PAYMENT: dict[tuple[PaymentState, PaymentMove], PaymentState] = {
    (_S.ASKED, _M.ASK): _S.CONFIRMING,
    (_S.ASKED, _M.RESERVE): _S.RESERVED,
    (_S.ASKED, _M.REFUSE): _S.REFUSED,
    (_S.CONFIRMING, _M.RESERVE): _S.RESERVED,
    (_S.CONFIRMING, _M.REFUSE): _S.REFUSED,
    (_S.CONFIRMING, _M.VOID): _S.VOIDED,
    (_S.RESERVED, _M.SETTLE): _S.SETTLED,
    (_S.RESERVED, _M.VOID): _S.VOIDED,
    (_S.SETTLED, _M.DISPUTE): _S.DISPUTED,
    (_S.SETTLED, _M.REFUND): _S.REFUNDED,
    (_S.DISPUTED, _M.REFUND): _S.REFUNDED,
    (_S.DISPUTED, _M.UPHOLD): _S.UPHELD,
    (_S.UPHELD, _M.REFUND): _S.REFUNDED,
}
"""What was called off before the bank paid is voided; afterwards it is refunded, also where a dispute was lost before."""


def payment_after(state: PaymentState, move: PaymentMove) -> PaymentState | None:
    """Return where ``move`` leads from ``state``; ``None`` where it is not legal."""
    return PAYMENT.get((state, move))


@dataclass(frozen=True, slots=True)
class Payer:
    """How the customer is reached about a payment, as the register said when it was asked for."""

    may_message: bool = True
    language: str = "en"
    time_zone: str = ""
    reach: tuple[Channel, ...] = ()
    may_spending: bool = False
    """They want to be told each week what their devices paid."""


Left = Field(exclude_if=operator.not_)


@dataclass(frozen=True, slots=True)
class ToldBeside:
    """What a device told beside a payment, by its own clock, POSIX seconds: when, where it was, and when it was used last."""

    at: float
    place: Annotated[Place | None, Left] = None
    used_at: float | None = None


@dataclass(slots=True)
class Payment:
    """One payment, from being asked for until nothing can become of it any more. Times are POSIX seconds."""

    payment: str
    customer: str
    device: str
    mandate: str
    """Empty: none fits, or the house pays."""
    payee: str
    amount: int
    """Minor units."""
    currency: str
    category: Category
    asked_at: float
    provenance: Provenance
    payer: Payer = Payer()
    state: PaymentState = PaymentState.ASKED
    case: Annotated[str | None, Left] = None
    asked_mandate: Annotated[str, Left] = ""
    """As the device named it."""
    reason: Annotated[str, Left] = ""
    """ISO 20022 status reason, where it was refused or not paid."""
    until: Annotated[float, Left] = 0.0
    """By when the customer has to say yes."""
    reserved_at: Annotated[float, Left] = 0.0
    settled_at: Annotated[float, Left] = 0.0
    attempts: Annotated[int, Left] = 0
    """How often the bank was told."""
    answered: Annotated[str, Left] = ""
    """What the bank said for good: ``ACSC`` or ``RJCT``."""
    reference: Annotated[str, Left] = ""
    """The bank's own."""
    puzzling: Annotated[str, Left] = ""
    """Why a person has to look."""
    called_off: Annotated[bool, Left] = False
    """Nobody wants it any more: where the bank pays all the same, it is refunded."""
    contested: Annotated[bool, Left] = False
    """The customer disputed it before the bank had paid."""
    ended_at: Annotated[float, Left] = 0.0
    told: Annotated[ToldBeside | None, Left] = None
    """What its device told beside it, until it is paid."""
    odd: Annotated[Odd | None, Left] = None
    """What is unusual about it, where the customer was asked for that."""
    payee_name: Annotated[str, Left] = ""
    """Who is paid, as its device said."""
    most: Annotated[int, Left] = 0
    """Asked for at most so much, minor units: its device tells later what is paid of it; 0: it was asked for as it is."""
    due: Annotated[float, Left] = 0.0
    """When what the house ordered will be there and is paid; 0: nobody said."""

    @property
    def is_held(self) -> bool:
        """Is it set aside at most, and its device has not told what is paid of it?"""
        return self.state is PaymentState.RESERVED and self.most > 0 and not self.attempts

    def move(self, move: PaymentMove) -> bool:
        """Make a move, where it is legal; tell whether it was."""
        after = payment_after(self.state, move)
        if after is None:
            return False
        self.state = after
        return True

    def can(self, move: PaymentMove) -> bool:
        """Is a move legal?"""
        return payment_after(self.state, move) is not None


@dataclass(slots=True)
class TopUp:
    """Money that is collected from a customer's bank for their purse."""

    top_up: str
    customer: str
    mandate: str
    amount: int
    """Minor units."""
    currency: str
    provenance: Provenance
    asked_at: float
    attempts: int = 1
    answered: Annotated[str, Left] = ""
    """What the bank said for good."""
    credited: Annotated[bool, Left] = False
    returned: Annotated[str, Left] = ""
    """The ISO reason for which it was given back after it was booked; nothing more is collected until a person has looked."""
