"""How long another server asks us to leave it in peace (RFC 9110, 10.2.3)."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime


def retry_after_s(told: str | None) -> float:
    """Read a ``Retry-After`` header, a number of seconds or an hour; 0 where there is none that can be read."""
    if told is None:
        return 0.0
    try:
        return max(0.0, float(told)) if told.strip().isdigit() else max(0.0, _until(told))
    except (ValueError, OverflowError):
        return 0.0


def _until(hour: str) -> float:
    return parsedate_to_datetime(hour).timestamp() - time.time()
