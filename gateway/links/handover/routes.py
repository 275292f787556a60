"""Which door a message of ours takes: the one its device was heard at last. MQTT, unless the device has a Bluetooth key.

A device with a key that was not heard since the start has what is for it held until it is heard, at whichever door: a broker
would take it at once, for a device that never connects there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.contract.topics import Channel, parse_topic
from gateway.contract.topics import topic as topic_of
from gateway.links.handover.delivery import Delivery, Link


class Held(Protocol):
    """A message that waits for its device."""

    @property
    def channel(self) -> Channel:
        """The last level of its topic."""

    @property
    def payload(self) -> bytes:
        """What it says."""

    @property
    def delivered(self) -> Callable[[], None] | None:
        """Whom to tell."""


class HoldingLink(Link, Protocol):
    """A link that holds messages for devices that are away."""

    def release(self, device: str) -> Sequence[Held]:
        """Return what is held for a device, and hold it no more."""


@dataclass(slots=True)
class Routes:
    """Publishes through ``broker`` or ``radio``. Tell it with ``heard`` what comes in."""

    broker: Link
    radio: HoldingLink
    has_key: Callable[[str], bool]
    _heard_by_radio: dict[str, bool] = field(default_factory=dict)

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, delivered: Callable[[], None] | None = None
    ) -> None:
        """Send at least once."""
        where = parse_topic(topic)
        by_radio = where is not None and self._by_radio(where.device)
        link: Link = self.radio if by_radio else self.broker
        link.publish(topic, payload, retain=retain, delivered=delivered)

    def heard(self, delivery: Delivery) -> None:
        """Note at which door a device was heard. In the loop's thread."""
        where = parse_topic(delivery.topic)
        if where is None or delivery.retained or not self.has_key(where.device):
            return
        by_radio = delivery.door == "ble"
        before = self._heard_by_radio.get(where.device)
        self._heard_by_radio[where.device] = by_radio
        if before is not by_radio and not by_radio:
            for held in self.radio.release(where.device):
                self.broker.publish(topic_of(where.device, held.channel), held.payload, delivered=held.delivered)

    def _by_radio(self, device: str) -> bool:
        return self._heard_by_radio.get(device, self.has_key(device))
