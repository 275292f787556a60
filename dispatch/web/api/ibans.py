"""The number of a bank account, as the API takes it: checked, and never said back where it is wrong."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from dispatch.registers.iban import BadIban, iban_of
from dispatch.web.problems import ApiProblem

_LIKE_ONE = re.compile(r"[A-Za-z]{2}[ -]?[0-9]{2}[A-Za-z0-9 -]{11,62}")
Iban = Annotated[str, StringConstraints(max_length=68, pattern=r"^[A-Za-z0-9 -]+$"), AfterValidator(iban_of)]


def payee_of(text: str) -> str:
    """Return a payee as it is kept: what looks like an IBAN is one, without blanks; else a partner's id. Raises ``ApiProblem``."""
    if _LIKE_ONE.fullmatch(text) is None:
        return text
    try:
        return iban_of(text)
    except BadIban as error:
        raise ApiProblem(422, "bad-iban", "That is no account", f"AC03: {error}") from None
