"""Statuses from which nothing follows, each taken in one pass: nearly all there is to hear. Pure.

A device is *calm* while nothing is told of it, open or doubted. Its next status is decoded once, and the decoder itself refuses
what lies where something may follow (``gateway.conclude.routine``). What it takes is kept as it is, and goes into the twin once
somebody looks; nothing else is made of it. Of a device that says the same again within ``LOOKS_EVERY_S``, only the latest is kept.
One that was not heard lately is expected to say what others of its vendor do. Whatever is more than that goes the ordinary way
(``Intake``), untouched: both ways come to the same twin (``tests/gateway/test_routine.py``).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from sys import intern

import msgspec

from gateway.conclude.routine import NAME_SETS, Shape
from gateway.contract.envelope import CONTENT_TYPE, EVENT_BYTES
from gateway.contract.routine_decoder import Fix, PlainStatus
from gateway.contract.topics import Channel, parse_topic
from gateway.contract.topics import topic as topic_of
from gateway.contract.values import Readings
from gateway.devices.our_clock import AHEAD_S, BEHIND_S
from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twin import Twin
from gateway.devices.twins import Twins
from gateway.intake.calm import Calm, KindOfStatus
from gateway.intake.message_counts import MessageCounts
from gateway.kinds.registry import Kinds
from gateway.places.impossible import NEAR_DEG

LOOKS_EVERY_S = 10.0
"""By the device's clock. What is looked at over time, as a voltage that falls, does so over minutes."""
_STRUCTURED = {None, CONTENT_TYPE}
_ID = re.compile("(0|[1-9][0-9]{0,9})-(0|[1-9][0-9]{0,14})")
"""As the contract has it."""


class OnePass:
    """Takes the statuses of calm devices. Whoever changes a twin otherwise says so: ``forget``."""

    def __init__(self, kinds: Kinds, registry: Registry, twins: Twins, heard: MessageCounts) -> None:
        self._readers = {kind.name: KindOfStatus(kind, kind.routine) for kind in kinds if kind.routine is not None}
        self._registry = registry
        self._twins = twins
        self._heard = heard
        self._calm: dict[str, Calm] = {}
        """By topic."""
        self._most = twins.most

    def take(self, topic: str, payload: bytes, content_type: str | None, now: float) -> Twin | None:
        """Take a status and return its twin; ``None``: it is none of routine, and nothing was changed."""
        if content_type not in _STRUCTURED or len(payload) > EVENT_BYTES:
            return None
        calm = self._calm.get(topic)
        if calm is None or not (calm.seen == self._twins.changes + self._registry.changes or self._is_current(calm)):
            return self._meet(topic, payload, now)
        event = _read(calm.shape, payload)
        if event is None:
            return None
        newest = calm.newest
        if event.id == f"{calm.prefix}{newest + 1}":
            return self._goes_on(calm, event, payload, newest + 1, now)
        found = _ID.fullmatch(event.id)
        if found is None or int(found[1]) != calm.boot or int(found[2]) <= newest:
            return None
        return self._goes_on(calm, event, payload, int(found[2]), now)

    def forget(self, device: str) -> None:
        """Look anew whether a device is calm: its twin is changed otherwise."""
        calm = self._calm.pop(topic_of(device, Channel.EVENT), None)
        if calm is not None:
            self._twins.settle(device)

    def begin(self, record: DeviceRecord, twin: Twin, type_: str, told: Readings, *, alarms: bool) -> None:
        """Expect a device's next status to be like the one that was just taken, where it is calm.

        ``told``: its readings; ``alarms``: it said which stand.
        """
        reader = self._readers.get(record.kind)
        if reader is None or reader.type != type_ or not reader.is_calm(twin):
            return
        shape = reader.shape(told, alarms=alarms)
        if shape is None or not _knows_no_more(twin, shape):
            return
        vendor = twin.device.partition("/")[0]
        if len(reader.lately) >= NAME_SETS and vendor not in reader.lately:
            reader.lately.clear()
        reader.lately[vendor] = shape
        self._expect(_calm(record, twin, reader, shape, twin.order.boot or 0))

    def _expect(self, calm: Calm) -> None:
        """Take a device's next statuses in one pass."""
        if len(self._calm) >= self._most:
            self._let_go()
        self._calm[topic_of(calm.device, Channel.EVENT)] = calm

    def go_on(self, record: DeviceRecord, twin: Twin, names: Collection[str], *, alarms: bool) -> None:
        """Expect a device's next status to be like the last, of whoever took that, where it is calm.

        ``names``: of the readings that it told.
        """
        reader = self._readers.get(record.kind)
        if reader is not None:
            told = {name: value for name, value in twin.readings.items() if name in names}
            self.begin(record, twin, reader.type, told, alarms=alarms)

    def expects(self, device: str) -> bool:
        """Tell whether the next status of a device is expected to be one of routine."""
        calm = self._calm.get(topic_of(device, Channel.EVENT))
        return calm is not None and self._is_current(calm)

    def has_twins(self, topic: str) -> bool:
        """Tell whether a device is expected to say something of routine, and what it takes to look at that is at hand."""
        calm = self._calm.get(topic)
        if calm is None or not self._is_current(calm):
            return False
        return calm.phone is None or self._twins.is_at_hand(calm.phone)

    def lend(self, device: str) -> Calm:
        """Expect no more of a device of which a status is expected; return what was, with a twin that has all that was heard."""
        calm = self._calm[topic_of(device, Channel.EVENT)]
        self.forget(device)
        return calm

    def _let_go(self) -> None:
        """Keep those whose twins are at hand: of a large fleet, few are."""
        self._calm = {topic: calm for topic, calm in self._calm.items() if self._twins.has(calm.device, calm.twin)}
        self._most = max(self._twins.most, 2 * len(self._calm))

    def _meet(self, topic: str, payload: bytes, now: float) -> Twin | None:
        """Take a status of a device that is not expected to send one, if it is what others of its vendor send."""
        where = parse_topic(topic)
        record = self._registry.get(where.device) if where is not None and where.channel is Channel.EVENT else None
        reader = self._readers.get(record.kind) if record is not None else None
        shape = (
            reader.lately.get(record.device.partition("/")[0]) if record is not None and reader is not None else None
        )
        event = _read(shape, payload) if shape is not None else None
        found = _ID.fullmatch(event.id) if event is not None else None
        if record is None or reader is None or shape is None or event is None or found is None:
            return None
        self.forget(record.device)
        known = self._twins.get(record.device)
        twin, boot, number = known or Twin(record.device), int(found[1]), int(found[2])
        if twin.order.boot not in {None, boot} or not reader.is_calm(twin) or not _knows_no_more(twin, shape):
            return None
        calm = _calm(record, twin, reader, shape, boot)
        if number <= calm.newest or self._goes_on(calm, event, payload, number, now) is None:
            return None
        if known is None:
            self._twins[record.device] = twin
        self._expect(calm)
        return twin

    def _goes_on(self, calm: Calm, event: PlainStatus, payload: bytes, number: int, now: float) -> Twin | None:
        """Take a status that has the shape that was expected, where nothing follows from it after all."""
        made_at, fix, fix_at = event.time.timestamp(), event.data.position, 0.0
        if event.source != calm.source or made_at < calm.at or not now - BEHIND_S < made_at <= now + AHEAD_S:
            return None
        if fix is not None:
            fix_at = made_at if fix.fix_time == event.time else fix.fix_time.timestamp()
            if fix_at > now + AHEAD_S or not calm.could_be_at(fix, fix_at, made_at):
                return None
            if calm.phone is not None and self._is_abroad(calm.phone, fix):
                return None
        looked = calm.reader.looks_at_each or not 0.0 <= made_at - calm.looked_at < LOOKS_EVERY_S
        if looked and made_at <= calm.quiet_from:
            return None
        if not calm.shape.is_plain and not _says_nothing(calm, event, made_at):
            return None
        if calm.glanced is None and not calm.heard:
            self._twins.later(calm.device, calm.put)
        if looked:
            calm.look(event, number, made_at, now)
        else:
            calm.glance(payload, number, made_at, now)
        if fix is not None:
            calm.is_at(fix, fix_at)
        self._heard.count_as(calm.heard_as)
        return calm.twin

    def _is_current(self, calm: Calm) -> bool:
        """Tell whether a device's twin and what it is registered as are those that it became calm with."""
        if calm.seen == self._twins.changes + self._registry.changes:  # as nearly always
            return True
        if not self._twins.has(calm.device, calm.twin) or self._registry.get(calm.device) is not calm.record:
            return False
        calm.seen = self._twins.changes + self._registry.changes
        return True

    def _is_abroad(self, phone: str, fix: Fix) -> bool:
        """Tell whether a device is far from its owner's phone: latitude and longitude may have changed places."""
        twin = self._twins.get(phone)
        if twin is None or twin.place is None:
            return False
        return not -NEAR_DEG < fix.latitude - twin.place.latitude < NEAR_DEG


def _read(shape: Shape, payload: bytes) -> PlainStatus | None:
    """Return a status of a shape; ``None``: it has another."""
    try:
        return shape.decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _says_nothing(calm: Calm, event: PlainStatus, made_at: float) -> bool:
    """Tell whether what the decoder does not look at says nothing. The kind's memory has the status then."""
    readings, shape, reader = event.data.readings, calm.shape, calm.reader
    if shape.switches and not all(getattr(readings, name) is wanted for name, wanted in shape.switches):
        return False
    if shape.contradict is not None and shape.contradict(readings):
        return False
    if shape.is_alone:
        return True
    told: Readings = msgspec.to_builtins(readings)
    remember = reader.status.remember
    return reader.agree(shape, calm.twin, told, made_at) and (
        remember is None or remember(calm.twin, told, made_at, calm.boot)
    )


@lru_cache(NAME_SETS)
def _heard_as(vendor: str, type_: str) -> tuple[str, str]:
    """Return the same for all devices: one thing less to be fetched for each."""
    return vendor, type_


def _calm(record: DeviceRecord, twin: Twin, reader: KindOfStatus, shape: Shape, boot: int) -> Calm:
    """Return what is known of a calm device. ``boot``: the newest."""
    device = twin.device
    return Calm(
        device,
        twin,
        record,
        reader,
        shape,
        f"/{device}",
        record.paired_phone,
        record.home_latitude,
        _heard_as(device.partition("/")[0], reader.type),
        boot,
        twin.order.boots[boot].newest if boot in twin.order.boots else -1,
        intern(f"{boot}-"),
        twin.read_at,
        twin.clock.made_at,  # and not ``read_at``: what is restored from a store has to look at the same ones
        shape.plan.quiet_from(twin),
        twin.place,
    )


def _knows_no_more(twin: Twin, shape: Shape) -> bool:
    """Tell whether a status says all that is known of its device, so that nothing of before counts beside it."""
    return not shape.is_read or twin.readings.keys() <= shape.plan.names
