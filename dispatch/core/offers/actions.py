"""What is decided about offers. Pure."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from dispatch.core.acts import Actor
from dispatch.core.ids import ActionKind, action_key, attempt_key
from dispatch.core.offers.forbidden import NoOffer
from dispatch.core.offers.products import ProductKind, Segment
from dispatch.core.offers.sampling import Weighed
from gateway.finding import Provenance

Empty = Field(exclude_if=operator.not_)


@dataclass(frozen=True, slots=True)
class ProposeOffer:
    """Offer this to the customer, before the call ends. One for each attempt at a call."""

    call: str
    attempt: int
    customer: str
    offer: str
    gives: ProductKind
    provider: str
    segment: Segment
    propensity: float
    """How likely just this one was to be chosen of ``among``."""
    among: tuple[Weighed, ...]
    """All that fitted."""
    text: str
    """To be said, in the customer's language."""
    language: str
    currency: str
    provenance: Provenance
    about: Annotated[str, Empty] = ""
    """The product that it betters, or the device that it is for."""
    rate_held: Annotated[str, Empty] = ""
    rate: Annotated[str, Empty] = ""
    """Percent a year."""
    price: Annotated[int, Empty] = 0
    """Minor units."""
    gain: Annotated[int, Empty] = 0
    """What it brings the customer a year, minor units."""
    agent: Actor = None
    case: None = None

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(attempt_key(self.call, self.attempt), ActionKind.PROPOSE)


@dataclass(frozen=True, slots=True)
class WithholdOffer:
    """Offer nothing, and say why."""

    call: str
    attempt: int
    customer: str
    ref: str
    """Of who asked."""
    why: NoOffer
    provenance: Provenance
    case: None = None

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(attempt_key(self.call, self.attempt), ActionKind.WITHHOLD, self.ref)


@dataclass(frozen=True, slots=True)
class OpenProduct:
    """Have the provider open what a customer took, on these terms: a task of the back office's."""

    call: str
    attempt: int
    customer: str
    offer: str
    gives: ProductKind
    provider: str
    currency: str
    provenance: Provenance
    about: Annotated[str, Empty] = ""
    rate: Annotated[str, Empty] = ""
    price: Annotated[int, Empty] = 0
    agent: Actor = None
    case: None = None

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(attempt_key(self.call, self.attempt), ActionKind.OPEN_PRODUCT)


ProductAction = ProposeOffer | WithholdOffer | OpenProduct
