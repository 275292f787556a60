"""Client ids: a session at a broker belongs to its user. Pure.

An id is the user's name, or the name, a dot or a colon, and a suffix of the user's own choice: ``acme/car-1``,
``acme/car-1:spare``, ``acme:line-2``. No name holds a dot or a colon, so ``acme/car-1`` owns nothing of ``acme/car-10``.
The embedded broker takes no dot in an id; the colon goes everywhere.
"""

from __future__ import annotations

import re

from gateway.contract.topics import DEVICE_PATTERN, VENDOR_PATTERN

USER_PATTERN = rf"{VENDOR_PATTERN}(?:/{DEVICE_PATTERN})?"
SUFFIX_PATTERN = r"[A-Za-z0-9_-]{1,200}"
_USER = re.compile(USER_PATTERN)
_ID = re.compile(rf"({USER_PATTERN})(?:[.:]{SUFFIX_PATTERN})?")


def client_id(user: str | None, suffix: str) -> str:
    """Return an id of ``user``'s for one of its connections. Who is no vendor or device, as the service, has the suffix alone."""
    return f"{user}:{suffix}" if user and _USER.fullmatch(user) else suffix


def owner_of(client_id: str) -> str | None:
    """Return the only user an id belongs to; ``None``: it is nobody's."""
    found = _ID.fullmatch(client_id)
    return found[1] if found else None
