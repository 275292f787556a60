"""Under a backlog: what goes first, which status a newer one overtakes, and what is noted of one that is overtaken. Pure.

Nothing is made of an overtaken status but that it came, so that no event counts as missing: of it, only ``type``, ``source``,
``id`` and two attributes are read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto

from gateway.contract.binding import Properties
from gateway.contract.envelope import CONTENT_TYPE, EVENT_ID
from gateway.contract.event_types import event_types
from gateway.contract.messages import gist, read_plain
from gateway.contract.topics import ROOT, Channel
from gateway.devices.our_clock import AHEAD_S
from gateway.devices.registry import Registry
from gateway.devices.twins import Twins
from gateway.intake.message_counts import MessageCounts
from gateway.kinds.registry import Kinds

NEVER = 0.0
"""When an event was made whose time nobody read: before all others."""
_STRUCTURED = {None, CONTENT_TYPE}
_id = re.compile(EVENT_ID).fullmatch


class Rank(Enum):
    """Where a message stands in a backlog."""

    FIRST = auto()
    """A fault, a payment, what somebody does: before everything that is told again and again."""
    STATUS = auto()
    """A newer one of its device overtakes it."""
    IN_TURN = auto()
    """Each is looked at, and whatever cannot be read."""


class Overtaking:
    """Knows what may overtake what. Of a topic, the newest status counts only where it is whole: ask for that first."""

    def __init__(self, kinds: Kinds, registry: Registry, twins: Twins, heard: MessageCounts) -> None:
        self._registry, self._twins, self._heard = registry, twins, heard
        self._of_kind = {name: kind.name for kind in kinds for name in kind.overtaken}
        self._first = frozenset(one.name for one in event_types() if one.is_urgent)

    def rank(self, topic: str, payload: bytes, content_type: str | None, properties: Properties) -> Rank:
        """Return where a message stands, by as little as tells it."""
        if properties or content_type not in _STRUCTURED:
            said = next((value for name, value in properties if name == "type"), "")
            return Rank.FIRST if said in self._first else Rank.IN_TURN
        read = gist(payload)
        if read is None:
            return Rank.IN_TURN
        if read.type in self._of_kind and read.via is None and read.receipt is None and topic == _topic(read.source):
            return Rank.STATUS
        return Rank.FIRST if read.type in self._first else Rank.IN_TURN

    def is_whole(self, topic: str, payload: bytes, now: float) -> bool:
        """Tell whether a status of that rank is right as it stands, and of a device that was heard before."""
        event = read_plain(payload)
        if event is None or topic != _topic(event.source) or event.time.timestamp() > now + AHEAD_S:
            return False
        record = self._registry.get(event.device)
        known = record is not None and record.kind == self._of_kind.get(event.type)
        return known and self._twins.get(event.device) is not None

    def note(self, payloads: Sequence[bytes], now: float) -> tuple[str, ...]:
        """Note that statuses of one device came that a whole one overtakes; return their ids, by which that is noted again."""
        read = [one for one in map(gist, payloads) if one is not None]
        ids = tuple([one.id for one in read])
        if ids:
            device = read[0].source[1:]
            self.note_again(device, ids, now)
            self._heard.count(device, read[0].type, len(ids))
        return ids

    def note_again(self, device: str, ids: Sequence[str], now: float) -> None:
        """Note that events of those ids came. What is no id, nobody misses."""
        twin = self._twins.get(device)
        if twin is None:
            return
        for one in ids[twin.order.take_next(ids) :]:
            if _id(one):
                boot, _, seq = one.partition("-")
                twin.order.take(int(boot), int(seq), NEVER, now)


def _topic(source: str) -> str:
    return f"{ROOT}{source}/{Channel.EVENT.value}"
