"""Two connections to one broker: one hears, the other speaks, so that a command never waits behind thousands of acknowledgements.

A broker that is short of processor's time may read one packet of each connection in a turn, as Mosquitto does: everything is
then read as slowly as what stands before it on its own connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gateway.contract.broker_address import BrokerAddress
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkState, LinkStatus
from gateway.links.mqtt.link import MqttLink

SPEAKS = "-speaks"
"""Behind the name of the session that hears: the one that speaks begins anew with each connection, and nothing waits in it."""


class LinkPair:
    """Used as an ``MqttLink`` is. It is up when both connections are; where one is not, its ``status`` says why."""

    def __init__(
        self,
        address: BrokerAddress,
        receive: Callable[[Delivery], None],
        *,
        now: Callable[[], float],
        client_id: str,
        filters: Iterable[str] = (),
    ) -> None:
        self._hears = MqttLink(address, receive, now=now, client_id=client_id, filters=filters)
        self._speaks = MqttLink(address, receive, now=now, client_id=f"{client_id}{SPEAKS}", hears=False)
        self._changed: list[Callable[[LinkStatus], None]] = []
        for link in (self._hears, self._speaks):
            link.on_change(self._turned)

    @property
    def status(self) -> LinkStatus:
        """How the connection stands that is worse off."""
        heard, spoken = self._hears.status, self._speaks.status
        return heard if heard.state is not LinkState.READY else spoken

    def on_change(self, call: Callable[[LinkStatus], None]) -> None:
        """Have ``call`` told of every change of either connection, too."""
        self._changed.append(call)

    def start(self) -> None:
        """Connect in the background, again and again where the broker is not there."""
        self._speaks.start()
        self._hears.start()

    def stop(self) -> None:
        """Send what is queued and take leave. The session stays, and with it the backlog."""
        self._hears.stop()
        self._speaks.stop()

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, delivered: Callable[[], None] | None = None
    ) -> None:
        """Send with QoS 1 once there is a connection. ``delivered`` is called after the PUBACK."""
        self._speaks.publish(topic, payload, retain=retain, delivered=delivered)

    def _turned(self, _status: LinkStatus) -> None:
        for call in self._changed:
            call(self.status)
