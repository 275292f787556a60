"""The connections to one broker: one hears everything, one what is urgent, and others speak.

A broker gives a session what is for it in order: behind half a million statuses a fault would wait, so that urgent topics are read
by a session of their own, too. And one that is short of processor's time may read one packet of each connection in a turn, as
Mosquitto does: thousands of devices have a packet each before we have a second one, so that commands go by other connections than
acknowledgements. What is for one device goes by the same one, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
    ) -> None:
        first = FirstCopy(receive)
        self._hears = [
            MqttLink(address, first.of_all, now=now, client_id=client_id, filters=filters),
            MqttLink(
                address,
                first.of_urgent,
                now=now,
                client_id=f"{client_id}-{URGENT}",
                subscription=URGENT_SUBSCRIPTION,
            ),
        ]
        self._speak = [
            MqttLink(address, receive, now=now, client_id=f"{client_id}-{number}", subscription=None)
            for number in range(SPEAKERS)
        ]
        self._changed: list[Callable[[LinkStatus], None]] = []
        self._told = self.status
        for link in self._all:
            link.on_change(self._turned)

    @property
    def _all(self) -> list[MqttLink]:
        return [*self._hears, *self._speak]

    @property
    def status(self) -> LinkStatus:
        """How the first connection stands that is not up, or else the one that hears everything."""
        found = [link.status for link in self._all]
        return next((status for status in found if status.state is not LinkState.READY), found[0])

    def on_change(self, call: Callable[[LinkStatus], None]) -> None:
        """Have ``call`` told of every change, too."""
        self._changed.append(call)

    def start(self) -> None:
        """Connect in the background, again and again where the broker is not there."""
        for link in self._all:
            link.start()

    def stop(self) -> None:
        """Send what is queued and take leave. The session stays, and with it the backlog."""
        for link in self._all:
            link.stop()

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
