"""Whether what a device asks of a payment bears the signature of its device's own key, and was made a short while ago. Pure.

Ed25519 (RFC 8032) over the request's canonical bytes. A device that has a key signs whatever it asks for: who carries its
messages, a relaying phone or a broker, could leave the signature out as well as change what is signed.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.contract.canonical import canonical
from gateway.contract.payments import REQUEST_LASTS_S
from gateway.contract.signing import TEST_KEY
from gateway.devices.our_clock import AHEAD_S
from gateway.payments.messages import SignedAsk


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """What a device signs with, as it is registered."""

    key: str
    """The public key, 32 bytes in base64url; empty: it has none."""
    expires: float | None = None
    """POSIX seconds; ``None``: it does not."""


class KeyObjection(NamedTuple):
    """Why a request cannot be decided about: ISO 20022 status reason, and more of it in words."""

    reason: str
    words: str


_P = 2**255 - 19
_Y8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL = frozenset({0, 1, _P - 1, _Y8, _P - _Y8})
"""Of the eight points of small order the second coordinate (RFC 8032, 8.5 and 5.1.7; ``_Y8`` has order eight)."""


def why_unfit(key: str) -> str:
    """Say why nobody may sign by a public key, 32 bytes in base64url; empty: one may.

    By a point of small order, all zeros among them, one signature holds for very many messages: anybody could sign.
    """
    second = int.from_bytes(_bytes(key), "little") % 2**255 % _P
    if second in _SMALL:
        return "that is no Ed25519 key that was drawn: it has small order, and anybody could sign by it"
    return "that is the contract's own test key, and everybody knows it" if key == TEST_KEY else ""


def thumbprint(key: str) -> str:
    """Return what names a public key: RFC 7638 of its JWK (RFC 8037)."""
    return _unpadded(sha256(canonical({"crv": "Ed25519", "kty": "OKP", "x": key})).digest())


def objection(request: SignedAsk, registered: DeviceKey, now: float) -> KeyObjection | None:
    """Say what is wrong with a request's signature or with its hour; ``None``: nothing. ``now``: POSIX seconds by our clock."""
    return _hour(request, now) or _signature(request, registered, now)


def _hour(request: SignedAsk, now: float) -> KeyObjection | None:
    late = now - request.created_at
    if late < -AHEAD_S:
        return KeyObjection("CH03", f"created lies {-late:.0f} s ahead of our clock; set the device's by NTP or GNSS")
    if late > REQUEST_LASTS_S:
        return KeyObjection(
            "CH04", f"created lies {late:.0f} s back, and a request is good for {REQUEST_LASTS_S} s: ask anew"
        )
    return None


def _signature(request: SignedAsk, registered: DeviceKey, now: float) -> KeyObjection | None:
    if not registered.key:
        unknown = "no payment_key is registered for the device; register it, or do not sign"
        return KeyObjection("DS18", unknown) if request.signature else None
    if request.signature is None:
        return KeyObjection("DS0A", "the device has a payment_key, so whatever it asks for is signed with it")
    if registered.expires is not None and now >= registered.expires:
        return KeyObjection("TKXP", "the device's payment_key has expired; register its next one")
    if not _holds(registered.key, request.signature, request.signed):
        said = sha256(request.signed).hexdigest()
        return KeyObjection(
            "DS0B", f"the signature is not that of the device's payment_key over the canonical bytes, SHA-256 {said}"
        )
    return None


def _holds(key: str, signature: str, signed: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(_bytes(key)).verify(_bytes(signature), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _unpadded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
