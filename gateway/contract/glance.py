"""A status at a glance: whose it is and which number it has, for one that is not worth more when there is too much to do. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import from_json

STATUSES = frozenset({"callahead.vehicle.status.v1", "callahead.phone.status.v1"})
"""Where a newer one tells all that an older one told. A fridge is judged by its course, a truck's status moves a case."""
_ID = re.compile(r"(\d{1,18})-(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Glance:
    """What is seen of it. ``made_at``: POSIX seconds by the device's clock."""

    device: str
    boot: int
    seq: int
    made_at: float


def glance_at(payload: bytes) -> Glance | None:
    """Look at a message; ``None`` where it is no status that may be overtaken, or anything about it is out of the ordinary."""
    try:
        found: Any = from_json(payload)
        if found["type"] not in STATUSES or found["specversion"] != "1.0" or found.keys() & {"via", "receipt"}:
            return None
        numbers = _ID.fullmatch(found["id"])
        made_at = datetime.fromisoformat(found["time"])
        source = found["source"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if numbers is None or made_at.tzinfo is None or not isinstance(source, str):
        return None
    return Glance(source[1:], int(numbers[1]), int(numbers[2]), made_at.timestamp())
