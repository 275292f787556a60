"""Statuses from which nothing follows, each taken in one pass: nearly all there is to hear. Pure.

A device is *calm* while nothing is told of it, open or doubted. Its next status is decoded once, and the decoder itself refuses
what lies where something may follow (``gateway.conclude.routine``). What it takes goes into the twin, and nothing else is made of
it. Of a device that says the same again within ``LOOKS_EVERY_S``, the latest status is kept as it is and goes into the twin once
somebody looks, or the next is due. Whatever is more than that, be it only a number out of order, goes the ordinary way
(``Intake``), untouched: both ways come to the same twin (``tests/gateway/test_routine.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from zlib import crc32

import msgspec

from gateway.conclude.readings import home_of
from gateway.conclude.routine import Plan, RoutineStatus
from gateway.contract.envelope import CONTENT_TYPE, EVENT_BYTES
from gateway.contract.routine_decoder import Bound, Decode, Fix, PlainStatus
from gateway.contract.topics import Channel
from gateway.contract.topics import topic as topic_of
from gateway.contract.values import Readings
from gateway.devices import history
from gateway.devices.order import Arrivals
from gateway.devices.our_clock import AHEAD_S, BEHIND_S
from gateway.devices.plausible import contradictions
from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twin import Twin
from gateway.devices.twins import Twins
from gateway.diagnosis.conditions import WINDOW_S
from gateway.finding import Place
from gateway.intake.message_counts import MessageCounts
from gateway.kinds.kind import Kind
from gateway.kinds.registry import Kinds
from gateway.places.impossible import NEAR_DEG as SAME_SIDE_DEG
from gateway.places.impossible import NULL_DEG, OLD_S
from gateway.places.location import NEAR_DEG

LOOKS_EVERY_S = 10.0
"""By the device's clock. What is looked at over time, as a voltage that falls, does so over minutes."""
MOST_DIGITS = 15
"""Of ``seq``, by the contract."""
_STRUCTURED = {None, CONTENT_TYPE}


class _Reader:
    """How the statuses of one kind are read."""

    def __init__(self, kind: Kind, status: RoutineStatus) -> None:
        self.kind, self.status, self.type = kind, status, status.type
        self._contradictions = contradictions(kind.contradictions)

    def plan(self, told: Readings) -> Plan | None:
        """Return how readings of such names are looked at; ``None``: they are none of routine."""
        return self.status.plan(tuple(told), self._contradictions)

    def is_calm(self, twin: Twin) -> bool:
        """Tell whether nothing is told of a device that its next status might end, follow or be held against."""
        if twin.told or twin.episodes.open or twin.repair is not None or twin.pulse.said is False:
            return False
        return self.status.calm(twin)


LATEST = datetime.max.replace(tzinfo=UTC)


def _nothing() -> None:
    """Nothing is to be put into the twin."""


@dataclass(slots=True)
class _Calm:
    """A calm device, and what its next status is expected to be like."""

    twin: Twin
    record: DeviceRecord
    reader: _Reader
    source: str
    boot: str
    arrivals: Arrivals
    """Of that boot, the newest."""
    home: Place | None
    heard_as: tuple[str, str]
    plan: Plan
    decode: Decode
    switches: tuple[tuple[str, bool], ...]
    """Attributes of the readings that the decoder does not hold against anything, and what they have to be."""
    looked_at: float
    """The hour of its last status that was looked at, by the device's clock."""
    fix_from: datetime = LATEST
    """No fix of a later one is older. The latest there is: each is to be looked at."""
    settle: Callable[[], None] = _nothing
    last: PlainStatus | None = None
    """What was heard since."""
    fix: Fix | None = None
    """The last that was told since."""


class OnePass:
    """Takes the statuses of calm devices. Whoever changes a twin otherwise says so: ``forget``."""

    def __init__(self, kinds: Kinds, registry: Registry, twins: Twins, heard: MessageCounts) -> None:
        self._readers = {kind.name: _Reader(kind, kind.routine) for kind in kinds if kind.routine is not None}
        self._registry = registry
        self._twins = twins
        self._heard = heard
        self._calm: dict[str, _Calm] = {}
        """By topic."""
        self._most = twins.most

    def take(  # noqa: PLR0911 - each ends it for a reason of its own
        self, topic: str, payload: bytes, content_type: str | None, now: float
    ) -> Twin | None:
        """Take a status and return its twin; ``None``: it is none of routine, and nothing was changed."""
        calm = self._calm.get(topic)
        if calm is None or content_type not in _STRUCTURED or len(payload) > EVENT_BYTES:
            return None
        twin = calm.twin
        if not self._twins.has(twin) or self._registry.get(twin.device) is not calm.record:
            return None
        try:
            event = calm.decode(payload)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        made_at = event.time.timestamp()
        if event.source != calm.source or not now - BEHIND_S < made_at <= now + AHEAD_S or not _goes_on(calm, event):
            return None
        number, fix = calm.arrivals.newest + 1, event.data.position
        if (
            not 0.0 <= made_at - calm.looked_at < LOOKS_EVERY_S
            or event.id != f"{calm.boot}-{number}"
            or (fix is not None and not calm.fix_from <= fix.fix_time <= event.time)
        ):
            return self._look(calm, event, now)
        if not calm.plan.alone and not _agree(calm.plan, msgspec.to_builtins(event.data.readings)):
            return None
        self._note(calm, event, number, made_at, now)
        return twin

    def forget(self, device: str) -> None:
        """Look anew whether a device is calm: its twin is changed otherwise."""
        calm = self._calm.pop(topic_of(device, Channel.EVENT), None)
        if calm is not None:
            self._finish(calm)

    def begin(self, record: DeviceRecord, twin: Twin, type_: str, told: Readings) -> None:
        """Expect a device's next status to be like the one that was just taken, where it is calm. ``told``: its readings."""
        reader = self._readers.get(record.kind)
        if reader is None or reader.type != type_ or not reader.is_calm(twin) or twin.readings.keys() != told.keys():
            return
        plan = reader.plan(told)
        bounds = plan.chosen(told) if plan is not None else None
        if plan is None or bounds is None:
            return
        if len(self._calm) >= self._most:
            self._let_go()
        device, boot = twin.device, twin.order.boot or 0
        calm = self._calm[topic_of(device, Channel.EVENT)] = _Calm(
            twin,
            record,
            reader,
            f"/{device}",
            str(boot),
            twin.order.boots[boot],
            home_of(record, 0.0),
            (device.partition("/")[0], reader.type),
            plan,
            reader.status.decoder(bounds),
            tuple((f"r{number}", True in one.words) for number, one in enumerate(bounds) if _is_one_way(one)),
            twin.read_at,
        )
        calm.settle = partial(self._settle, calm)

    def go_on(self, record: DeviceRecord, twin: Twin) -> None:
        """Expect a device's next status to be like the last, of whoever took that, where it is calm."""
        reader = self._readers.get(record.kind)
        if reader is not None:
            self.begin(record, twin, reader.type, twin.readings)

    def expects(self, device: str) -> bool:
        """Tell whether the next status of a device is expected to be one of routine."""
        return topic_of(device, Channel.EVENT) in self._calm

    def _let_go(self) -> None:
        """Keep those whose twins are at hand: of a large fleet, few are."""
        self._calm = {topic: calm for topic, calm in self._calm.items() if self._twins.has(calm.twin)}
        self._most = max(self._twins.most, 2 * len(self._calm))

    def _note(self, calm: _Calm, event: PlainStatus, number: int, made_at: float, now: float) -> None:
        """Keep a status as the latest of its device."""
        twin = calm.twin
        calm.arrivals.newest = number
        twin.order.taken += 1
        twin.order.made_at = max(twin.order.made_at, made_at)
        twin.pulse.heard_at = now
        self._heard.count_as(calm.heard_as)
        calm.last = event
        if event.data.position is not None:
            calm.fix = event.data.position
        self._twins.later(twin.device, calm.settle)

    def _settle(self, calm: _Calm) -> None:
        """Put the latest status into the twin, for whoever looks: what is looked at next does not depend on that."""
        event = calm.last
        if event is None:
            return
        made_at, fix = event.time.timestamp(), calm.fix
        place = None if fix is None else self._place(calm, fix, made_at, made_at)
        self._put(calm, msgspec.to_builtins(event.data.readings), place, made_at)

    def _finish(self, calm: _Calm) -> None:
        """Put the latest status into the twin; what comes is looked at."""
        self._twins.settle(calm.twin.device)
        event, calm.last, calm.fix = calm.last, None, None
        if event is not None:
            content = _content(calm, event.time.timestamp())
            calm.twin.order.remember(int(calm.boot), calm.arrivals.newest, content)

    def _look(self, calm: _Calm, event: PlainStatus, now: float) -> Twin | None:
        """Put a status into the twin, where nothing follows from it; ``None``: something may."""
        boot, _, seq = event.id.partition("-")
        if boot != calm.boot:
            return None
        self._finish(calm)
        twin, made_at, fix = calm.twin, event.time.timestamp(), event.data.position
        if made_at < twin.read_at or not _is_next(seq, calm.arrivals.newest):
            return None
        told: Readings = msgspec.to_builtins(event.data.readings)
        if not _agree(calm.plan, told) or not _were_quiet(calm, told, made_at):
            return None
        place = None if fix is None else self._place(calm, fix, made_at, now)
        if fix is not None and place is None:
            return None
        self._heard.count_as(calm.heard_as)
        twin.hear(calm.reader.kind.cadence, int(calm.boot), int(seq), made_at, now, _content(calm, made_at))
        self._put(calm, told, place, made_at)
        history.keep(twin.samples, calm.plan.watched, told, made_at)
        calm.looked_at = made_at
        if fix is not None:
            calm.fix_from = fix.fix_time
        return twin

    def _place(self, calm: _Calm, fix: Fix, made_at: float, now: float) -> Place | None:
        """Return where a device is by a fix that is near its last; ``None``: that is to be looked at closely."""
        north, east, at = fix.latitude, fix.longitude, fix.fix_time.timestamp()
        before = calm.twin.place
        if before is None or at < before.fix_time or at > now + AHEAD_S or made_at - at > OLD_S:
            return None
        if -NULL_DEG < north < NULL_DEG and -NULL_DEG < east < NULL_DEG:
            return None
        if any(not -SAME_SIDE_DEG < north - seen.latitude < SAME_SIDE_DEG for seen in self._others(calm)):
            return None  # latitude and longitude may have changed places
        return Place(north, east, fix.accuracy_m, at, "gnss")

    def _others(self, calm: _Calm) -> Iterator[Place]:
        """Yield where else a device may be expected: at home, or where its owner is."""
        if calm.home is not None:
            yield calm.home
        phone = self._twins.get(calm.record.paired_phone) if calm.record.paired_phone else None
        if phone is not None and phone.place is not None:
            yield phone.place

    @staticmethod
    def _put(calm: _Calm, told: Readings, place: Place | None, made_at: float) -> None:
        twin, kind, speed = calm.twin, calm.reader.kind, calm.reader.status.speed
        used = kind.used(told)
        if used is not None:
            twin.tells_use(made_at, used=used)
        twin.readings.update(told)
        twin.read_at = made_at
        if place is not None:
            twin.place, twin.doubted = place, None
        if speed is not None:
            twin.moving = bool(told.get(speed))


def _goes_on(calm: _Calm, event: PlainStatus) -> bool:
    """Tell whether a device has not gone far since it was looked at, and what the decoder does not look at is as it should be."""
    fix, before = event.data.position, calm.twin.place
    if fix is not None and not (
        before is not None
        and -NEAR_DEG < fix.latitude - before.latitude < NEAR_DEG
        and -NEAR_DEG < fix.longitude - before.longitude < NEAR_DEG
    ):
        return False
    return not calm.switches or all(getattr(event.data.readings, name) is wanted for name, wanted in calm.switches)


def _content(calm: _Calm, made_at: float) -> int:
    """Return what tells the status from another event of its id (``Intake``)."""
    return crc32(f"{calm.reader.type}{made_at}".encode())


def _is_one_way(bound: Bound) -> bool:
    return bound.of is bool and len(bound.words) == 1


def _is_next(seq: str, newest: int) -> bool:
    """Tell whether a number is written as the contract has it, and is higher than all before."""
    if not seq.isdecimal() or not seq.isascii() or len(seq) > MOST_DIGITS or (seq[0] == "0" and seq != "0"):
        return False
    return int(seq) > newest


def _agree(plan: Plan, told: Readings) -> bool:
    """Tell whether readings neither contradict each other nor lie far apart."""
    if plan.contradictions is not None and plan.contradictions.within(told):
        return False
    for spread in plan.spreads:
        known = [float(told[name]) for name in spread.names]
        apart = max(known) - min(known)
        if not any(low < apart <= high for low, high in spread.quiet):
            return False
    return True


def _were_quiet(calm: _Calm, told: Readings, at: float) -> bool:
    """Tell whether the extremes of the last minutes are quiet, with what is told now among them."""
    for one in calm.plan.extremes:
        since = at - WINDOW_S
        values = [value for when, value in calm.twin.samples.get(one.name, ()) if when >= since]
        values.append(float(told[one.name]))
        extreme = max(values) if one.highest else min(values)
        if not any(low < extreme <= high for low, high in one.quiet):
            return False
    return True
