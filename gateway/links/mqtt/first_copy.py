"""What two sessions of ours at one broker are both given is handed over once, as it came first.

The session that hears everything hears what is urgent, too: MQTT knows no filter that leaves something out, and a session that
is lost with its broker is then made up for by the other. Each copy is acknowledged on its own session. The second is at once: the
first stays with its session until it is stored, and comes again where that does not happen.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from gateway.contract.topics import Channel
from gateway.links.handover.delivery import Delivery

COPIES = 20_000
"""So many are remembered until the second comes. One that is forgotten is handed over twice, which is harmless: a repeat."""
_URGENT = f"/{Channel.URGENT}"


class FirstCopy:
    """Hands over to ``receive``. In the loop's thread."""

    def __init__(self, receive: Callable[[Delivery], None]) -> None:
        self._receive = receive
        self._waiting: OrderedDict[int, bool] = OrderedDict()
        """A message → whether the session that hears what is urgent had it first. Its second copy has not come."""

    def of_all(self, delivery: Delivery) -> None:
        """Take what came by the session that hears everything."""
        if delivery.topic.endswith(_URGENT):
            self._take(delivery, by_urgent=False)
        else:
            self._receive(delivery)

    def of_urgent(self, delivery: Delivery) -> None:
        """Take what came by the other."""
        self._take(delivery, by_urgent=True)

    def _take(self, delivery: Delivery, *, by_urgent: bool) -> None:
        said = hash((delivery.topic, delivery.payload, delivery.content_type, delivery.properties))
        if self._waiting.get(said, by_urgent) is not by_urgent:
            del self._waiting[said]
            delivery.ack()
            return
        self._waiting[said] = by_urgent
        if len(self._waiting) > COPIES:
            self._waiting.popitem(last=False)
        self._receive(delivery)
