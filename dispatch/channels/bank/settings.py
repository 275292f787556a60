"""Which bank, and which account of the house: the section ``[bank]``."""

from __future__ import annotations

import re
import ssl
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from dispatch.channels.section import Secret, Section
from dispatch.channels.social.settings import a_secret
from dispatch.registers.iban import iban_of

_CREDITOR = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{3}[A-Z0-9]{1,28}")
Iban = Annotated[str, AfterValidator(iban_of)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=70)]


def _a_creditor(text: str) -> str:
    if _CREDITOR.fullmatch(text) is None:
        raise ValueError(
            "is a creditor identifier as the bank gave it: country, two digits, business code, national number"
        )
    return text


class BankSettings(Section):
    """The house's account, and the way to its bank: a folder, or an address."""

    name: Line
    """The account holder's."""
    iban: Iban
    bic: Annotated[str, StringConstraints(pattern=r"^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$")] | None = None
    creditor_id: Annotated[str, AfterValidator(_a_creditor)] | None = None
    """With which the house may collect by direct debit; left out: it only pays."""
    folder: Path | None = None
    """``out/`` is what the bank's client sends on, ``in/`` where it puts what the bank says."""
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s#]*)?$", max_length=2_000)] | None = None
    token: Secret | None = Field(None, repr=False)
    """Bearer token of that address."""
    certificate: Path | None = None
    """PEM of our own certificate and its key, for that address."""
    ca: Path | None = None
    """PEM of who vouches for that address, where that is nobody whom everybody knows."""
    secret: Annotated[Secret, AfterValidator(a_secret)] | None = Field(None, repr=False)
    """The bank's side signs with it what it posts to ``/api/v1/bank/statuses``; left out: nothing is taken there."""
    batch: Annotated[int, Field(ge=1, le=250)] = 100
    """At most so many orders in a file."""
    batch_s: Annotated[float, Field(ge=0, le=3_600)] = 5.0
    """So long at most an order waits for others."""
    instant_up_to: Annotated[Decimal, Field(ge=0, le=999_999_999, decimal_places=2)] = Decimal(100_000)
    """What is paid by instant transfer at most, in euro; 0: the bank has none."""
    collect_days: Annotated[int, Field(ge=1, le=14)] = 2
    """Days ahead a collection is announced to the bank; CORE wants one banking day."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.folder is None) == (self.url is None):
            raise ValueError("give either folder or url")
        if self.url is not None and self.provenance == "real" and not self.url.startswith("https://"):
            raise ValueError("url: a real bank is at an https:// address")
        if self.url is not None and self.secret is None:
            raise ValueError("secret: without a folder the bank's answers come by signed webhooks")
        return self

    def tls(self) -> ssl.SSLContext | None:
        """Return how we show who we are, and whom we believe; ``None``: as usual. Raises ``OSError``."""
        if self.certificate is None and self.ca is None:
            return None
        context = ssl.create_default_context(cafile=self.ca)
        if self.certificate is not None:
            context.load_cert_chain(self.certificate)
        return context
