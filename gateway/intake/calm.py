"""A device from whose next status nothing is expected to follow, what it told lately, and how that comes into its twin. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from zlib import crc32

import msgspec

from gateway.conclude.routine import RoutineStatus, Shape
from gateway.contract.routine_decoder import Fix, PlainStatus
from gateway.contract.values import Readings
from gateway.devices import history
from gateway.devices.order import CONTENTS
from gateway.devices.plausible import contradictions
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import Twin
from gateway.diagnosis.conditions import Seen
from gateway.finding import Place
from gateway.kinds.kind import Kind
from gateway.places.impossible import NEAR_DEG as SAME_SIDE_DEG
from gateway.places.impossible import NULL_DEG, OLD_S
from gateway.places.location import NEAR_DEG, is_believed


class KindOfStatus:
    """How the statuses of one kind are read."""

    def __init__(self, kind: Kind, status: RoutineStatus) -> None:
        self.kind, self.status, self.type = kind, status, status.type
        self.looks_at_each = status.remember is not None or kind.used is not None
        """What one says counts, however soon the next says something else."""
        self.lately: dict[str, Shape] = {}
        """Vendor → what a status of one of its devices was last like."""
        self._contradictions = contradictions(kind.contradictions)

    def shape(self, told: Readings, *, alarms: bool) -> Shape | None:
        """Return what a status is like; ``None``: it is none of routine."""
        return self.status.shape(told, self._contradictions, alarms=alarms)

    def is_calm(self, twin: Twin) -> bool:
        """Tell whether nothing is told of a device that its next status might end, follow or be held against."""
        if twin.told or twin.episodes.open or twin.repair is not None or twin.pulse.said is False:
            return False
        return self.status.calm(twin)

    def agree(self, shape: Shape, twin: Twin, told: Readings, at: float) -> bool:
        """Tell whether readings say nothing together."""
        plan = shape.plan
        for spread in plan.spreads:
            known = [float(told[name]) for name in spread.names]
            apart = max(known) - min(known)
            if not any(low < apart <= high for low, high in spread.quiet):
                return False
        if not plan.asked or self.status.derive is None:
            return True
        seen = Seen({**told, **self.status.derive(twin, told, at)}, {}, at)
        return not any(test(seen) for test in plan.asked)


Heard = tuple[PlainStatus | bytes, int, float, float]
"""A status that is not in the twin yet: what was read of it, or itself where it is not looked at; its number, when it was made by
the device's clock, and when it arrived by ours, POSIX seconds."""
NOWHERE = float("nan")
"""Near to nothing."""
MOST_HEARD = 16
"""So many wait to be put into the twin."""


@dataclass(slots=True, eq=False)
class Calm:
    """A calm device, and what its next status is expected to be like."""

    device: str
    twin: Twin
    record: DeviceRecord
    reader: KindOfStatus
    shape: Shape
    source: str
    phone: str | None
    """That it is paired with."""
    home: float | None
    """The latitude where it stands, for what does not move."""
    heard_as: tuple[str, str]
    boot: int
    newest: int
    """The highest number of that boot; -1: it was never heard."""
    prefix: str
    """Of ids in that boot."""
    at: float
    """The hour of its last status, by the device's clock."""
    looked_at: float
    """Of its last that was looked at."""
    quiet_from: float
    """Behind that hour nothing of before says anything."""
    place: Place | None
    """Where it was when it became calm, and as its twin has it."""
    seen: int = -1
    """Changes of twins and register that it was compared with: it is current until there are more."""
    north: float = NOWHERE
    """Of its last fix, degrees."""
    east: float = NOWHERE
    accuracy_m: float = 0.0
    fix_at: float = 0.0
    """POSIX seconds."""
    moved: bool = False
    """That fix is not in the twin yet."""
    heard: list[Heard] = field(default_factory=list)
    """What is not in the twin yet, oldest first."""
    glanced: bytes | None = None
    """The status behind those, where it is not looked at. What was read of it would be a dozen objects for each device."""
    glanced_at: float = 0.0
    """When that arrived."""
    uncounted: int = 0
    """How many statuses the twin does not count yet, each with the number behind the one before."""

    def __post_init__(self) -> None:
        if self.place is not None:
            self.north, self.east, self.fix_at = self.place.latitude, self.place.longitude, self.place.fix_time

    def could_be_at(self, fix: Fix, at: float, made_at: float) -> bool:
        """Tell whether a device can be where a fix of the hour ``at`` has it: nobody has to be told that it cannot, or waits."""
        north, east, home = fix.latitude, fix.longitude, self.home
        if at < self.fix_at or made_at - at > OLD_S:
            return False
        if -NULL_DEG < north < NULL_DEG and -NULL_DEG < east < NULL_DEG:
            return False
        if home is not None and not -SAME_SIDE_DEG < north - home < SAME_SIDE_DEG:
            return False  # latitude and longitude may have changed places
        if -NEAR_DEG < north - self.north < NEAR_DEG and -NEAR_DEG < east - self.east < NEAR_DEG:
            return True
        before = self._last_place()
        return before is None or (
            -SAME_SIDE_DEG < north - before.latitude < SAME_SIDE_DEG
            and is_believed(before, Place(north, east, fix.accuracy_m, at, "gnss"))
        )

    def _last_place(self) -> Place | None:
        """Return where it was last."""
        return Place(self.north, self.east, self.accuracy_m, self.fix_at, "gnss") if self.moved else self.place

    def glance(self, payload: bytes, number: int, made_at: float, now: float) -> None:
        """Note a status that is not looked at. Of those that follow each other only the latest is kept."""
        self._count(number, made_at, now)
        self.glanced, self.glanced_at = payload, now

    def look(self, event: PlainStatus, number: int, made_at: float, now: float) -> None:
        """Note a status that is looked at: its readings are kept over time, too."""
        if len(self.heard) >= MOST_HEARD:
            self.put()
        self._set_aside()
        self._count(number, made_at, now)
        self.heard.append((event, number, made_at, now))
        self.looked_at = made_at

    def is_at(self, fix: Fix, at: float) -> None:
        """Note where it was at an hour."""
        self.north, self.east, self.accuracy_m, self.fix_at = fix.latitude, fix.longitude, fix.accuracy_m, at
        self.moved = True

    def _count(self, number: int, made_at: float, now: float) -> None:
        """Note the number of a status, which is higher than all before."""
        if number - 1 == self.newest >= 0:  # as nearly always
            self.uncounted += 1
        else:
            self.put()
            self.twin.order.take(self.boot, number, made_at, now)
        self.newest, self.at = number, made_at

    def _set_aside(self) -> None:
        if self.glanced is not None:
            self.heard.append((self.glanced, self.newest, self.at, self.glanced_at))
            self.glanced = None

    def put(self) -> None:
        """Put what was heard into the twin."""
        self._set_aside()
        heard, self.heard = self.heard, []
        twin, cadence = self.twin, self.reader.kind.cadence
        if self.uncounted:
            twin.order.go_on(self.boot, self.newest, self.uncounted, self.at)
            self.uncounted = 0
        for said, _, made_at, now in heard:
            if isinstance(said, bytes):
                twin.pulse.heard_at = now
                self._read(self.shape.decode(said), made_at, looked=False)
            else:
                twin.beat(cadence, self.boot, made_at, now)
                self._read(said, made_at, looked=True)
        for _, number, made_at, _ in heard[-CONTENTS:]:
            twin.order.remember(self.boot, number, crc32(f"{self.reader.type}{made_at}".encode()))
        if self.moved:
            self.place = twin.place = self._last_place()
            twin.doubted, self.moved = None, False

    def _read(self, event: PlainStatus, made_at: float, *, looked: bool) -> None:
        """Put readings into the twin, where there are any that count."""
        if not self.shape.is_read:
            return
        twin, speed, used = self.twin, self.reader.status.speed, self.reader.kind.used
        told: Readings = msgspec.to_builtins(event.data.readings)
        if used is not None and (uses := used(told)) is not None:
            twin.tells_use(made_at, used=uses)
        if looked:
            history.keep(twin.samples, self.shape.plan.watched, told, made_at)
        if speed is not None:
            twin.moving = bool(told.get(speed))
        twin.readings.update(told)
        twin.read_at = made_at
