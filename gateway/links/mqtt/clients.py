"""The service's ways to speak MQTT to its broker, behind one interface, and which of them is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Protocol

from gateway.broker.embedded import BrokerAddress
from gateway.links.handover.delivery import Delivery, Link
from gateway.links.handover.status import LinkStatus
from gateway.links.mqtt.link import AsyncMqttLink
from gateway.links.mqtt.paho_link import MqttLink


class MqttClient(StrEnum):
    """Who speaks MQTT for the service."""

    ASYNCIO = "asyncio"
    """In the service's own loop: the fast one."""
    PAHO = "paho"
    """On a thread of its own: the portable one."""


class BrokerLink(Link, Protocol):
    """The connection to a broker. ``start`` it; it keeps itself connected until ``stop``."""

    status: LinkStatus

    def on_change(self, call: Callable[[LinkStatus], None]) -> None:
        """Have ``call`` told of every change, on any thread."""

    def start(self) -> None:
        """Connect in the background."""

    def stop(self) -> None:
        """Take leave."""


def broker_link(
    client: MqttClient,
    address: BrokerAddress,
    receive: Callable[[Delivery], None],
    *,
    now: Callable[[], float],
    client_id: str,
    filters: Iterable[str],
) -> BrokerLink:
    """Make a link for the running loop."""
    make = MqttLink if client is MqttClient.PAHO else AsyncMqttLink
    return make(address, receive, now=now, client_id=client_id, filters=filters)
