"""The connections to one broker: one hears everything, one what is urgent, and others speak.

A broker gives a session what is for it in order: behind half a million statuses a fault would wait, so that urgent topics are read
by a session of their own, too. And one that is short of processor's time may read one packet of each connection in a turn, as
Mosquitto does: thousands of devices have a packet each before we have a second one, so that commands go by other connections than
acknowledgements. What is for one device goes by the same one, in order.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol
from zlib import crc32

from gateway.contract.broker_address import BrokerAddress
from gateway.contract.topics import URGENT_SUBSCRIPTION
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkState, LinkStatus
from gateway.links.mqtt.first_copy import FirstCopy
from gateway.links.mqtt.link import MqttLink

SPEAKERS = 8
"""So many connections speak. Behind the name of the session that hears, each has a number; it begins anew with each connection."""
URGENT = "urgent"
"""What stands behind that name in the name of the session that hears what is urgent; it lasts, as the other does."""


class BrokerLink(Protocol):
    """A connection: an ``MqttLink``, several, or what stands for them in another process."""

    @property
    def status(self) -> LinkStatus:
        """How it stands."""

    def on_change(self, call: Callable[[LinkStatus], None]) -> None:
        """Have ``call`` told of every change, too."""

    def start(self) -> None:
        """Connect in the background, again and again where the broker is not there."""

    async def stopped(self) -> None:
        """Take leave, and return once that is done."""


class _Together:
    """Several links as one. It is up when all are; where one is not, its ``status`` says why."""

    def __init__(self, links: Sequence[BrokerLink]) -> None:
        self._links = links
        self._changed: list[Callable[[LinkStatus], None]] = []
        self._told = self.status
        for link in links:
            link.on_change(self._turned)

    @property
    def status(self) -> LinkStatus:
        """How the first stands that is not up, or else the one that hears everything."""
        found = [link.status for link in self._links]
        return next((status for status in found if status.state is not LinkState.READY), found[0])

    def on_change(self, call: Callable[[LinkStatus], None]) -> None:
        """Have ``call`` told of every change, too."""
        self._changed.append(call)

    def start(self) -> None:
        """Connect in the background, again and again where the broker is not there."""
        for link in self._links:
            link.start()

    async def stopped(self) -> None:
        """Send what is queued and take leave. The session stays, and with it the backlog."""
        await asyncio.gather(*(link.stopped() for link in self._links))

    def _turned(self, _status: LinkStatus) -> None:
        status = self.status
        if status == self._told:
            return
        self._told = status
        for call in self._changed:
            call(status)


class HearingLinks(_Together):
    """Both connections that hear. ``receive`` gets what is urgent once, as it came first."""

    def __init__(
        self,
        address: BrokerAddress,
        receive: Callable[[Delivery], None],
        *,
        client_id: str,
        now: Callable[[], float] = time.time,
        filters: Iterable[str] = (),
    ) -> None:
        first, urgent = FirstCopy(receive), f"{client_id}-{URGENT}"
        super().__init__(
            [
                MqttLink(address, first.of_all, now=now, client_id=client_id, filters=filters),
                MqttLink(address, first.of_urgent, now=now, client_id=urgent, subscription=URGENT_SUBSCRIPTION),
            ]
        )


class BrokerLinks(_Together):
    """Used as an ``MqttLink`` is."""

    def __init__(
        self,
        address: BrokerAddress,
        receive: Callable[[Delivery], None],
        *,
        now: Callable[[], float],
        client_id: str,
        filters: Iterable[str] = (),
        hears: BrokerLink | None = None,
    ) -> None:
        """``hears``: what hears and calls ``receive``, where that is not in this process."""
        hears = hears or HearingLinks(address, receive, now=now, client_id=client_id, filters=filters)
        self._speak = [
            MqttLink(address, receive, now=now, client_id=f"{client_id}-{number}", subscription=None)
            for number in range(SPEAKERS)
        ]
        super().__init__([hears, *self._speak])

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, delivered: Callable[[], None] | None = None
    ) -> None:
        """Send with QoS 1 once there is a connection. ``delivered`` is called after the PUBACK."""
        link = self._speak[crc32(topic.encode()) % SPEAKERS]
        link.publish(topic, payload, retain=retain, delivered=delivered)
