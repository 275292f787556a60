"""The connections to one broker: one hears, others speak, so that a command never waits behind thousands of acknowledgements.

A broker that is short of processor's time may read one packet of each connection in a turn, as Mosquitto does: thousands of
devices have a packet each before we have a second one. What is for one device goes by the same connection, in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol
from zlib import crc32

from gateway.contract.broker_address import BrokerAddress
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkState, LinkStatus
from gateway.links.mqtt.link import MqttLink

SPEAKERS = 8
"""So many connections speak. Behind the name of the session that hears, each has a number; it begins anew with each connection."""


class HearingLink(Protocol):
    """The connection that hears: an ``MqttLink``, or what stands for one in another process."""

    status: LinkStatus

    def on_change(self, call: Callable[[LinkStatus], None]) -> None:
        """Have ``call`` told of every change, too."""

    def start(self) -> None:
        """Connect in the background, again and again where the broker is not there."""

    async def stopped(self) -> None:
        """Take leave, and return once that is done."""


class BrokerLinks:
    """Used as an ``MqttLink`` is. It is up when all connections are; where one is not, its ``status`` says why."""

    def __init__(
        self,
        address: BrokerAddress,
        receive: Callable[[Delivery], None],
        *,
        now: Callable[[], float],
        client_id: str,
        filters: Iterable[str] = (),
        hears: HearingLink | None = None,
    ) -> None:
        """``hears``: what hears and calls ``receive``, where that is not a connection in this process."""
        self._hears = hears or MqttLink(address, receive, now=now, client_id=client_id, filters=filters)
        self._speak = [
            MqttLink(address, receive, now=now, client_id=f"{client_id}-{number}", hears=False)
            for number in range(SPEAKERS)
        ]
        self._changed: list[Callable[[LinkStatus], None]] = []
        self._told = self.status
        for link in self._all:
            link.on_change(self._turned)

    @property
    def _all(self) -> list[HearingLink]:
        return [self._hears, *self._speak]

    @property
    def status(self) -> LinkStatus:
        """How the first connection stands that is not up, or else the one that hears."""
        found = [link.status for link in self._all]
        return next((status for status in found if status.state is not LinkState.READY), found[0])

    def on_change(self, call: Callable[[LinkStatus], None]) -> None:
        """Have ``call`` told of every change, too."""
        self._changed.append(call)

    def start(self) -> None:
        """Connect in the background, again and again where the broker is not there."""
        for link in self._all:
            link.start()

    async def stopped(self) -> None:
        """Send what is queued and take leave. The session stays, and with it the backlog."""
        await asyncio.gather(*(link.stopped() for link in self._all))

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, delivered: Callable[[], None] | None = None
    ) -> None:
        """Send with QoS 1 once there is a connection. ``delivered`` is called after the PUBACK."""
        link = self._speak[crc32(topic.encode()) % SPEAKERS]
        link.publish(topic, payload, retain=retain, delivered=delivered)

    def _turned(self, _status: LinkStatus) -> None:
        status = self.status
        if status == self._told:
            return
        self._told = status
        for call in self._changed:
            call(status)
