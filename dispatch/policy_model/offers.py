"""What the house has to offer, as written in ``offers.toml``: read whole and checked before anything is offered. Pure."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from dispatch.core.offers.products import HouseOffer, ProductKind
from dispatch.core.purse.money import BadAmount, in_minor_units
from dispatch.policy_model.strict_model import StrictModel
from dispatch.words import knows
from gateway.contract.payments import Amount, Currency
from gateway.errors import AuthorError
from gateway.finding import Domain

FILE = Path(__file__).with_name("offers.toml")
SAID = ("offer_{}", "offer_name_{}", "offer_terms_{}")
"""Phrases that there have to be of each."""
Rate = Annotated[str, Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,4})?$", description="Percent a year, as decimal text.")]


class OfferError(AuthorError):
    """The author's fault: file, offer and rule."""


class OfferEntry(StrictModel):
    """One offer."""

    gives: ProductKind
    provider: Annotated[str, Field(min_length=1, max_length=200)]
    value: Amount
    currency: Currency = "EUR"
    holds: Annotated[tuple[ProductKind, ...], Field(strict=False, max_length=6)] = ()
    owns: Literal["vehicle", "appliance"] | None = None
    older_than: Annotated[int, Field(ge=0, le=100)] = 0
    rate: Rate | None = None
    price: Amount = "0"
    least_gain: Amount = "0"
    least_balance: Amount = "0"

    @model_validator(mode="after")
    def _is_for_somebody(self) -> Self:
        if not self.holds and self.owns is None:
            message = "whom is it for? say what they hold (holds) or own (owns)"
            raise ValueError(message)
        if self.rate is not None and (not self.holds or not Decimal(self.rate)):
            message = "a rate betters an account that somebody holds: say which (holds), and a rate above 0"
            raise ValueError(message)
        return self

    def offer(self, name: str) -> HouseOffer:
        """Return what a desk goes by. Raises ``BadAmount``."""

        def minor(text: str) -> int:
            return in_minor_units(text, self.currency)

        return HouseOffer(
            name,
            self.gives,
            self.provider,
            minor(self.value),
            self.currency,
            self.holds,
            Domain(self.owns) if self.owns is not None else None,
            self.older_than,
            self.rate or "",
            minor(self.price),
            minor(self.least_gain),
            minor(self.least_balance),
        )


@cache
def house_catalogue() -> tuple[HouseOffer, ...]:
    """Return what the house has to offer, by name. Raises ``OfferError``."""
    return read_catalogue(FILE)


def read_catalogue(path: Path) -> tuple[HouseOffer, ...]:
    """Read a catalogue. Raises ``OfferError`` naming file, offer and rule."""
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OfferError(f"{path.name}: file: cannot be read: {error}") from None
    return tuple(_offer(path, name, found[name]) for name in sorted(found))


def _offer(path: Path, name: str, entry: Any) -> HouseOffer:  # noqa: ANN401 - any TOML
    unsaid = [key.format(name) for key in SAID if not knows(key.format(name))]
    if unsaid:
        raise OfferError(f"{path.name}: {name}: dispatch/words has nothing to say of it: {', '.join(unsaid)} missing")
    try:
        return OfferEntry.model_validate(entry).offer(name)
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        where = ".".join([name, *map(str, wrong["loc"])])
        raise OfferError(f"{path.name}: {where}: {wrong['msg'].removeprefix('Value error, ')}") from None
    except BadAmount as error:
        raise OfferError(f"{path.name}: {name}: {error}") from None
