"""Which platform: the section ``[social]``."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from dispatch.channels.section import Secret, Section

_SHORTEST = 24
"""Bytes, by Standard Webhooks."""


def a_secret(text: str) -> str:
    """Return a secret that both sides can sign with. Raises ``ValueError``."""
    try:
        octets = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        octets = b""
    if len(octets) < _SHORTEST:
        raise ValueError(f"is 'whsec_' and at least {_SHORTEST} bytes in base64: openssl rand -base64 32")
    return text


class SocialSettings(Section):
    """A platform, or what stands between us and one."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s#]*)?$", max_length=2_000)]
    """Where our messages are posted."""
    secret: Annotated[Secret, AfterValidator(a_secret)] = Field(repr=False)
    """Both sides sign with it."""
