"""Who we are to push services: the section ``[push]``."""

from __future__ import annotations

from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AfterValidator, Field, StringConstraints

from dispatch.channels.section import Secret, Section


def private_key(pem: str) -> EllipticCurvePrivateKey:
    """Read a key of P-256. Raises ``ValueError``."""
    try:
        found = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        raise ValueError("is no private key in PEM: make one with openssl ecparam -name prime256v1 -genkey") from None
    if not isinstance(found, EllipticCurvePrivateKey) or not isinstance(found.curve, SECP256R1):
        raise ValueError("is a key of another kind: push services take prime256v1 (P-256) alone")  # noqa: TRY004 - pydantic's
    return found


def _a_key(pem: str) -> str:
    private_key(pem)
    return pem


class PushSettings(Section):
    """The house as push services know it."""

    contact: Annotated[str, StringConstraints(pattern=r"^(mailto:[^@\s]+@[^@\s]+|https://[^\s]+)$", max_length=200)]
    """Whom a push service writes to where something is wrong with what we send."""
    key: Annotated[Secret, AfterValidator(_a_key)] = Field(repr=False)
    """Our VAPID key; browsers' subscriptions are for it."""
