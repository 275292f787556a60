"""The number of a bank account, as the API takes it: checked, and never said back where it is wrong."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from dispatch.registers.iban import iban_of

Iban = Annotated[str, StringConstraints(max_length=68, pattern=r"^[A-Za-z0-9 -]+$"), AfterValidator(iban_of)]
