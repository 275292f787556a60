"""What a link hands over: one message, and the way to say that it has been dealt with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

Door = Literal["mqtt", "ble"]


class Delivery(msgspec.Struct, frozen=True, eq=False):
    """One message as it arrived.

    Call ``ack`` from any thread, once what the message caused is stored. What is not acknowledged is delivered again.
    """

    topic: str
    payload: bytes
    retained: bool
    """It stood on the topic before we subscribed."""
    received_at: float
    """POSIX seconds, by the service's clock."""
    ack: Callable[[], None]
    content_type: str | None = None
    """As the sender set it; MQTT 3.1.1 and Bluetooth have none."""
    properties: tuple[tuple[str, str], ...] = ()
    """MQTT 5 user properties, in the sender's order; a name may repeat."""
    door: Door = "mqtt"
    """Which way it came, for what goes back to the device."""


class Link(Protocol):
    """One way to and from devices."""

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, delivered: Callable[[], None] | None = None
    ) -> None:
        """Send at least once; ``delivered`` is called, on any thread, when the other side has taken charge of it."""
