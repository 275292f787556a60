"""What happens to money: mandates, asks of devices, answers of customers and of the bank. Part of ``events``. Pure."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from dispatch.core.acts import Actor
from dispatch.core.consent import Way
from dispatch.core.conversation.channels import Channel
from dispatch.core.ids import EventKind, event_key, payment_id
from dispatch.core.purse.actions import Puzzling, puzzle_key
from dispatch.core.purse.mandate import Mandate, MandateState
from gateway.finding import CaptureAsk, PaymentAsk, Provenance

Empty = Field(exclude_if=operator.not_)


@dataclass(frozen=True, slots=True)
class MandateGiven:
    """A customer lets a device pay. The same id says the same: another content is refused at the door."""

    mandate: Mandate
    way: Way
    strong: Annotated[bool, Empty] = False
    """They were strongly authenticated when they gave it: whom it names needs no authentication any more (RTS Art. 13)."""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.MANDATED, self.mandate.mandate)


@dataclass(frozen=True, slots=True)
class MandateChanged:
    """A customer suspends a mandate, has it go on, or revokes it for good."""

    mandate: str
    to: MandateState
    provenance: Provenance
    reason: Annotated[str, Empty] = ""
    key: None = None
    by: Actor = None


@dataclass(frozen=True, slots=True)
class PaymentAsked:
    """A device asks to pay. What its customer agrees to, and how they are reached, is as the register says at that hour."""

    ask: PaymentAsk
    may_pay: Annotated[bool, Field(exclude_if=bool)] = True
    """The customer agreed that devices pay; left out of the row where they did."""
    may_message: Annotated[bool, Field(exclude_if=bool)] = True
    language: Annotated[str, Field(exclude_if="en".__eq__)] = "en"
    time_zone: Annotated[str, Empty] = ""
    reach: Annotated[tuple[Channel, ...], Empty] = ()
    """On which channels, beside their devices, they can be written to."""
    may_spending: Annotated[bool, Empty] = False
    """They want to be told each week what their devices paid."""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.ASKED, self.ask.key)

    @property
    def payment(self) -> str:
        """The payment's id, the same however often its device asks."""
        return payment_id(self.ask.device, self.ask.payment_ref)


@dataclass(frozen=True, slots=True)
class PaymentCaptured:
    """A device tells what is paid of what was set aside for it at most."""

    capture: CaptureAsk
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.CAPTURED, self.capture.key)

    @property
    def payment(self) -> str:
        """The payment's id."""
        return payment_id(self.capture.device, self.capture.payment_ref)


@dataclass(frozen=True, slots=True)
class PaymentConfirmed:
    """A customer says whether a payment is wanted."""

    payment: str
    agreed: bool
    strong: bool
    """With a second factor that is fresh; without it a yes counts for nothing."""
    provenance: Provenance
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        said = "yes" if self.agreed else "no"
        return event_key(EventKind.CONFIRMED, f"{self.payment}/{'strong' if self.strong else 'weak'}/{said}")


BankStatus = Literal["ACSC", "ACSP", "PDNG", "RJCT"]
"""Settled, in process, pending, rejected: ISO 20022 ``pain.002``."""


@dataclass(frozen=True, slots=True)
class BankAnswered:
    """The bank says how an instruction stands."""

    instruction: str
    attempt: int
    status: BankStatus
    provenance: Provenance
    reason: Annotated[str, Empty] = ""
    """ISO 20022 status reason of a rejection."""
    reference: Annotated[str, Empty] = ""
    """The bank's own, of what it booked."""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.BANKED, f"{self.instruction}/{self.attempt}/{self.status}/{self.reference}")


@dataclass(frozen=True, slots=True)
class MoneyArrived:
    """Money came in for a customer's purse (``camt.054``)."""

    customer: str
    amount: int
    """Minor units."""
    currency: str
    reference: str
    """The bank's own: it books nothing twice under it."""
    provenance: Provenance
    instruction: Annotated[str, Empty] = ""
    """Of ours that it answers: a top-up."""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.ARRIVED, self.reference)


@dataclass(frozen=True, slots=True)
class CollectionReturned:
    """What we collected was given back (``camt.054`` with ``RtrInf``): up to eight weeks later, without a reason (``MD06``)."""

    instruction: str
    amount: int
    """Minor units."""
    currency: str
    reason: str
    """ISO 20022 return reason."""
    reference: str
    """The bank's own."""
    provenance: Provenance
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.GIVEN_BACK, f"{self.instruction}/{self.reference}")


@dataclass(frozen=True, slots=True)
class PaymentCancelled:
    """Payee or partner wants a payment no more; what was paid comes back."""

    payment: str
    reason: str
    provenance: Provenance
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.CANCELLED, self.payment)


@dataclass(frozen=True, slots=True)
class PaymentDisputed:
    """A customer says that a payment was not right."""

    payment: str
    why: str
    provenance: Provenance
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.DISPUTED, self.payment)


@dataclass(frozen=True, slots=True)
class DisputeDecided:
    """A person has decided about a disputed payment."""

    payment: str
    refunded: bool
    why: str
    provenance: Provenance
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.DECIDED, self.payment)


MoneyAnswer = Literal["fine", "stop", "dispute", "stop_and_dispute", "unsure"]
"""It is fine, and is not asked again; the device is to pay by that mandate no more; the last payment was not right; the device is
to pay nothing more, and the last was not right; they do not know: all stays as it is, and where it goes on it is asked again."""


@dataclass(frozen=True, slots=True)
class MoneyAnswered:
    """A customer says what they think of what they were asked about (``AskAboutMoney``)."""

    customer: str
    ref: str
    answer: MoneyAnswer
    provenance: Provenance
    mandate: Annotated[str, Empty] = ""
    """What is suspended, as the question has it: for whoever reads the row alone."""
    payment: Annotated[str, Empty] = ""
    """What is disputed."""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.TOLD_OF_MONEY, f"{self.customer}/{self.ref}")


HowClosed = Literal["stands", "came_back"]
"""What is booked is right, whatever the bank said; or the money came back after all, and the customer has it again."""


@dataclass(frozen=True, slots=True)
class PuzzleClosed:
    """A person has looked at what the bank contradicts itself in, or booked otherwise, and says what is so."""

    payment: str
    """Or the top-up, or the instruction that nobody gave."""
    reason: Puzzling
    how: HowClosed
    why: str
    provenance: Provenance
    number: Annotated[int, Empty] = 0
    """How often it was closed before."""
    by: Actor = None

    @property
    def puzzle(self) -> str:
        """The key under which a person was told to look."""
        return puzzle_key(self.payment, self.reason, self.number)

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.CLOSED, self.puzzle)


@dataclass(frozen=True, slots=True)
class BalanceReturned:
    """A person paid back to a customer what was left in their purse: who leaves us, or is erased."""

    customer: str
    amount: int
    """Minor units."""
    currency: str
    reference: str
    """The bank's own, of the transfer: nothing is booked twice under it."""
    why: str
    provenance: Provenance
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.RETURNED, f"{self.customer}/{self.reference}")


MandateEvent = MandateGiven | MandateChanged
"""What customers let devices pay."""
BankEvent = BankAnswered | MoneyArrived | CollectionReturned
"""What the bank says."""
PayerEvent = PaymentConfirmed | PaymentDisputed
"""What the customer says of a payment."""
PersonSays = DisputeDecided | PuzzleClosed | BalanceReturned
"""What a person of the house decides."""
DeviceAsks = PaymentAsked | PaymentCaptured
"""What devices ask about payments."""
PurseEvent = MandateEvent | DeviceAsks | PayerEvent | MoneyAnswered | BankEvent | PaymentCancelled | PersonSays
"""About money."""
