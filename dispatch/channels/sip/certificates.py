"""Whose certificates are trusted on a TLS line: the operator's own file, or what this machine trusts."""

from __future__ import annotations

import ssl
from pathlib import Path

from gateway.errors import OperatorError

_MOST_CHARACTERS = 200
"""Of a path that the SIP stack reads."""


class NoCertificates(OperatorError):  # noqa: N818 - says what is wrong
    """There is nothing to hold a certificate against; the message says why."""


def tls_context(ca: Path | None) -> ssl.SSLContext:
    """Return how a certificate is looked at. Raises ``NoCertificates``."""
    try:
        return ssl.create_default_context(cafile=trusted(ca))
    except (OSError, ssl.SSLError) as error:
        raise NoCertificates(f"{ca}: no certificates in PEM can be read there: {error}") from None


def trusted(ca: Path | None) -> str:
    """Return the file that the SIP stack is told of. Raises ``NoCertificates``."""
    found = str(ca.absolute()) if ca is not None else ssl.get_default_verify_paths().cafile
    if found is None:
        raise NoCertificates(
            "this machine has no file of certificates that it trusts (Debian's ca-certificates): name one"
        )
    if len(found) > _MOST_CHARACTERS or any(char.isspace() or char == '"' for char in found):
        raise NoCertificates(
            f"{found}: the SIP stack reads no path with spaces or of more than {_MOST_CHARACTERS} characters"
        )
    return found
