"""POSIX seconds, which the world counts in, as the moments the contract writes."""

from __future__ import annotations

from datetime import UTC, datetime


def utc(now: float) -> datetime:
    """Return ``now`` (POSIX seconds) as an aware moment in UTC."""
    return datetime.fromtimestamp(now, UTC)
