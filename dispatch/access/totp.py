"""One-time codes of an authenticator app, by RFC 6238: SHA-1, six digits, thirty seconds, as all of them do it. Pure."""

from __future__ import annotations

import base64
import hmac
from urllib.parse import quote

STEP_S = 30
DIGITS = 6
SECRET_BYTES = 20
"""As long as SHA-1's own."""


def code_at(secret: str, step: int) -> str:
    """Return the code of a step, which is POSIX seconds by ``STEP_S``. ``secret``: base32."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def step_of(secret: str, code: str, now: float, after: int = -1) -> int | None:
    """Return the step whose code this is, of the one now, the one before and the next; only one later than ``after``.

    ``None``: it is none of theirs. Whoever keeps the step as ``after`` takes each code once.
    """
    step = int(now // STEP_S)
    around = [one for one in (step - 1, step, step + 1) if one > after]
    given = code.replace(" ", "").encode()
    return next((one for one in around if hmac.compare_digest(code_at(secret, one).encode(), given)), None)


def uri(secret: str, name: str) -> str:
    """Return what an authenticator app reads, as a picture or a link."""
    return f"otpauth://totp/Callahead:{quote(name)}?secret={secret}&issuer=Callahead&digits={DIGITS}&period={STEP_S}"
