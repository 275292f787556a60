"""The event id of a vendor's message: ``{boot}-{seq}``, the same however often the message is delivered."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TypeVar
from zlib import crc32

from gateway.contract.refusals import Refused
from gateway.mapping.contract_paths import Target
from gateway.mapping.document import Document
from gateway.mapping.fields import RulePlace, count_of, instant_of
from gateway.mapping.rules import EventIdRule, FieldRule, FieldRules, VendorMapping

MOST_REMEMBERED = 100_000
"""Of so many topics and devices the latest is remembered, where ids are made of the hour of arrival."""
ROOM_MS, ROOM_S = 100, 100_000
"""How many messages of one millisecond, or of one second, can be told apart. With it a seq has 15 digits."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COUNT = Target(())
_Value = TypeVar("_Value")


@dataclass(slots=True)
class Latest:
    """The latest message on a topic: what it was, when it came first, and the numbers it was given by device."""

    digest: bytes
    at: float
    checksum: int
    """CRC-32 of the payload."""
    numbers: dict[str, int] = field(default_factory=dict)


class Numbering:
    """Numbers the messages of one mapping."""

    def __init__(self, mapping: VendorMapping) -> None:
        self._file = mapping.file
        self._identity: EventIdRule = mapping.id
        self._by_arrival = any(rule.received for rule in (*mapping.id.seq, *mapping.time))
        self._latest: OrderedDict[str, Latest] = OrderedDict()
        self._boots: OrderedDict[str, int] = OrderedDict()
        """Device → the newest boot of its events."""
        self._newest: OrderedDict[str, int] = OrderedDict()
        """Device → the newest number made of an hour of arrival."""

    def first_heard(self, topic: str, payload: bytes, received_at: float) -> Latest:
        """Return when a message came first: the same bytes on the same topic, again within a while, are a repeat."""
        digest = blake2b(payload, digest_size=16).digest()
        known = self._latest.get(topic)
        if known and known.digest == digest and received_at - known.at <= self._identity.repeat_within_s:
            return known
        latest = Latest(digest, received_at, crc32(payload))
        if self._by_arrival:
            _remember(self._latest, topic, latest)
        return latest

    def boot(self, document: Document, device: str) -> int:
        """Return how often the device has started, or a number that grows with every start. Raises ``Refused``."""
        boot, _ = self._boot(document)
        _remember(self._boots, device, max(boot, self._boots.get(device, 0)))
        return boot

    def state_boot(self, document: Document, device: str) -> int:
        """Return the boot a state is of: the newest we know, where the message does not say. Raises ``Refused``."""
        boot, invented = self._boot(document)
        return max(boot, self._boots.get(device, 0)) if invented else boot

    def _boot(self, document: Document) -> tuple[int, bool]:
        """Return the number, and whether the mapping made it up."""
        for rule in self._identity.boot:
            if rule.unit is None:
                count = count_of((rule,), document, self._place("boot"))
            else:
                since = self._since(rule, document, "boot")
                count = None if since is None else since // timedelta(seconds=1)
            if count is not None:
                return count, rule.invented
        raise self._missing("boot", self._identity.boot)

    def seq(self, document: Document, device: str, latest: Latest) -> int:
        """Return the number of a message within a boot. Raises ``Refused``."""
        for rule in self._identity.seq:
            if rule.received:
                return self._arrival(device, latest)
            place = self._place("seq")
            is_time = rule.unit is not None
            count = self._stamp(rule, document, latest) if is_time else count_of((rule,), document, place)
            if count is not None:
                return count
        raise self._missing("seq", self._identity.seq)

    def _stamp(self, rule: FieldRule, document: Document, latest: Latest) -> int | None:
        """Return a time with a counter behind it."""
        since = self._since(rule, document, "seq")
        if since is None:
            return None
        unit, room = (timedelta(seconds=1), ROOM_S) if rule.unit == "s" else (timedelta(milliseconds=1), ROOM_MS)
        return since // unit * room + self._counter(document, latest) % room

    def _counter(self, document: Document, latest: Latest) -> int:
        rules = self._identity.counter
        if isinstance(rules, str):
            return latest.checksum
        count = count_of(rules, document, self._place("counter"))
        if count is None:
            raise self._missing("counter", rules)
        return count

    def _arrival(self, device: str, latest: Latest) -> int:
        """Return the hour of arrival, or the next number where that is taken."""
        if device not in latest.numbers:
            number = max(round(latest.at * 1000) * ROOM_MS, self._newest.get(device, -1) + 1)
            latest.numbers[device] = number
            _remember(self._newest, device, number)
        return latest.numbers[device]

    def _since(self, rule: FieldRule, document: Document, key: str) -> timedelta | None:
        place = self._place(key)
        found = instant_of((rule,), document, place)
        if found is not None and found < _EPOCH:
            raise place.refuse(rule, f"{found.isoformat()} is before 1970; set the device's clock.")
        return None if found is None else found - _EPOCH

    def _place(self, key: str) -> RulePlace:
        return RulePlace(self._file, f"id.{key}", _COUNT)

    def _missing(self, key: str, rules: FieldRules) -> Refused:
        return self._place(key).refuse(
            rules[0], "it is missing; without it a repeat could not be told from a new message."
        )


def _remember(known: OrderedDict[str, _Value], key: str, value: _Value) -> None:
    """Put something in, and forget what was put in longest ago where it is too much."""
    known[key] = value
    known.move_to_end(key)
    if len(known) > MOST_REMEMBERED:
        known.popitem(last=False)
