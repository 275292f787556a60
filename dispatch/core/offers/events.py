"""What is heard about offers: an agent asks whether there is one, and what the customer said to it. Pure."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from dispatch.core.acts import Actor
from dispatch.core.conversation.channels import Channel
from dispatch.core.ids import EventKind, attempt_key, event_key
from dispatch.core.offers.products import HeldProduct, OwnedDevice
from gateway.finding import Provenance

Empty = Field(exclude_if=operator.not_)
OfferReply = Literal["yes", "no", "later"]


@dataclass(frozen=True, slots=True)
class OfferSought:
    """An agent says that what the customer turned to us for is solved, and asks whether something is to be offered."""

    ref: str
    """Drawn by whoever asks, unique each time."""
    call: str
    attempt: int
    customer: str
    language: str
    """The customer's, BCP 47."""
    provenance: Provenance
    agent: Actor = None
    may_offers: Annotated[bool, Empty] = False
    """They agreed to be offered things."""
    vulnerable: Annotated[bool, Empty] = False
    """By the register."""
    held: Annotated[tuple[HeldProduct, ...], Empty] = ()
    """What they hold, by the register."""
    owns: Annotated[tuple[OwnedDevice, ...], Empty] = ()
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.SOUGHT, self.ref)


@dataclass(frozen=True, slots=True)
class OfferAnswered:
    """What a customer says to an offer. Once for each offer."""

    call: str
    attempt: int
    customer: str
    answer: OfferReply
    provenance: Provenance
    agent: Actor = None
    may_message: Annotated[bool, Field(exclude_if=bool)] = True
    """They may be written to, left out of the row where they may."""
    reach: Annotated[tuple[Channel, ...], Empty] = ()
    """On which channels they can be."""
    time_zone: Annotated[str, Empty] = ""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.OFFERED, attempt_key(self.call, self.attempt))


OfferEvent = OfferSought | OfferAnswered
