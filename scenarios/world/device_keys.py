"""The keys with which simulated devices sign what they ask to pay: each its own, the same in every run."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from functools import lru_cache
from hashlib import blake2b

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def key_of(device: str) -> Ed25519PrivateKey:
    """Return a device's key. It guards nothing: no such device pays anything real."""
    return Ed25519PrivateKey.from_private_bytes(blake2b(device.encode(), digest_size=32, person=b"simulated").digest())


@lru_cache(maxsize=16_384)
def public_key_of(device: str) -> str:
    """Return the public key as it is registered, base64url without padding."""
    return urlsafe_b64encode(key_of(device).public_key().public_bytes_raw()).rstrip(b"=").decode()
