"""How a connection to a broker stands, as the console, the API and the operator are told it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MqttVersion(StrEnum):
    """What to speak. The embedded broker knows 3.1.1 only; a sender's binary mode needs 5 on its way to us too."""

    AUTO = "auto"
    """5, and 3.1.1 where the broker answers that it does not know 5."""
    V5 = "5"
    V3 = "3.1.1"


class LinkState(StrEnum):
    """How the connection stands."""

    CONNECTING = "connecting"
    READY = "ready"
    """Connected and subscribed."""
    LOST = "lost"
    """It comes back by itself."""
    REFUSED = "refused"
    """The broker does not take us; somebody has to change the credentials or the permissions."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """How the connection stands, why, and since when (POSIX seconds)."""

    state: LinkState
    reason: str
    since: float
