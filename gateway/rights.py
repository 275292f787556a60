"""Who may say and hear what at a broker, told from the name alone: a vendor, one of its devices, the service, anybody.

A vendor is named ``acme``, its device ``acme/car-1``. The other two names hold a dot, which no vendor's name can.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.contract.topics import DEVICE_PATTERN, VENDOR_PATTERN, Channel, topic

SERVICE = "callahead.service"
"""The service itself: it may do everything."""
ANYBODY = "callahead.anybody"
"""Whoever connects without a name, where the service runs in open demo mode."""
UP = (Channel.EVENT, Channel.STATE)
DOWN = (Channel.COMMAND, Channel.REJECTED)
_NAME = re.compile(rf"{VENDOR_PATTERN}(/{DEVICE_PATTERN})?")


@dataclass(frozen=True, slots=True)
class Rights:
    """What one user may do, as MQTT topic filters. Everything else is denied."""

    scope: str
    """``acme/car-1``, ``acme/+`` or ``+/+``: whose topics."""

    @property
    def publish(self) -> list[str]:
        """What it may send."""
        return [topic(self.scope, channel) for channel in UP]

    @property
    def subscribe(self) -> list[str]:
        """What it may read."""
        return [topic(self.scope, channel) for channel in DOWN]


def rights_of(username: str) -> Rights:
    """Return a vendor's, a device's or anybody's rights. Raises ``ValueError`` for what is no such name."""
    if username == ANYBODY:
        return Rights("+/+")
    if not _NAME.fullmatch(username):
        message = f"{username!r} is neither a vendor nor a device of one"
        raise ValueError(message)
    return Rights(username if "/" in username else f"{username}/+")
