"""What a browser is pushed, sealed for it, and who says that it is ours."""

from __future__ import annotations

import base64
import binascii
import json
import os

import http_ece
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dispatch.channels.door import BadSubscription
from dispatch.registers.customers import PushSubscription

LONGEST = 3_000
"""Bytes of what is sealed: services take 4,096 in all."""
VALID_S = 12 * 3_600
"""Of our word to a push service; a day is the most it may be."""


def sealed(content: bytes, browser: PushSubscription) -> bytes:
    """Seal content for a browser (``aes128gcm``). Raises ``BadSubscription``."""
    try:
        key, secret = from_base64(browser.p256dh), from_base64(browser.auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
        if len(secret) != 16:  # noqa: PLR2004 - RFC 8291
            raise BadSubscription("its secret has not 16 bytes")
        found: bytes = http_ece.encrypt(
            content,
            salt=os.urandom(16),
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=key,
            auth_secret=secret,
        )
    except (ValueError, binascii.Error, http_ece.ECEException) as error:
        raise BadSubscription(f"its keys cannot be used: {error}") from None
    return found


def content_of(title: str, body: str, language: str, link: str, tag: str) -> bytes:
    """Return a notification as our page's worker shows it; a text that is too long ends with an ellipsis."""
    shown, content = body, _notification(title, body, language, link, tag)
    while len(content) > LONGEST and shown:
        shown = shown[: -max(1, (len(content) - LONGEST) // 4)]
        content = _notification(title, f"{shown}…", language, link, tag)
    return content


def _notification(title: str, body: str, language: str, link: str, tag: str) -> bytes:
    told = {"title": title, "body": body, "lang": language, "link": link, "tag": tag}
    return json.dumps(told, ensure_ascii=False).encode()


def vapid(origin: str, contact: str, key: ec.EllipticCurvePrivateKey, now: float) -> str:
    """Return the ``Authorization`` that says who pushes (RFC 8292). ``now``: POSIX seconds of the wall."""
    head = _json({"typ": "JWT", "alg": "ES256"})
    claims = _json({"aud": origin, "exp": int(now) + VALID_S, "sub": contact})
    signed = f"{head}.{claims}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"vapid t={signed}.{to_base64(r.to_bytes(32) + s.to_bytes(32))}, k={public_key(key)}"


def public_key(key: ec.EllipticCurvePrivateKey) -> str:
    """Return what browsers subscribe for (``applicationServerKey``)."""
    return to_base64(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def to_base64(octets: bytes) -> str:
    """Return bytes as the RFCs write them."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def from_base64(text: str) -> bytes:
    """Read what the RFCs write. Raises ``ValueError``."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _json(told: dict[str, object]) -> str:
    return to_base64(json.dumps(told, separators=(",", ":")).encode())
