"""An event as it counts: as of an hour by our clock, and without a place that cannot be. What was changed is told. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from gateway.conclude.readings import place_of
from gateway.contract.amend import position_of, with_moments, with_place
from gateway.contract.envelope import DeviceEvent
from gateway.contract.refusals import Rule
from gateway.contract.salvage import LeftOut
from gateway.contract.values import Position
from gateway.devices.clock_skew import DeviceClock
from gateway.devices.our_clock import AHEAD_S, correction_s
from gateway.finding import Place
from gateway.places.impossible import why_impossible

CLOCK = "/time"
FIX_TIME, POSITION = "/data/position/fix_time", "/data/position"
_NEVER_HEARD = DeviceClock()


class Sound(NamedTuple):
    """An event as it counts."""

    event: DeviceEvent
    changed: tuple[LeftOut, ...] = ()


Whole = Callable[[], DeviceEvent]
"""Reads an event by its model: what ``read_plain`` returns cannot be copied."""


def by_our_clock(event: DeviceEvent, whole: Whole, clock: DeviceClock | None, now: float) -> Sound:
    """Return the event with hours that our clock can follow; ``now``: POSIX seconds."""
    made_at, position = event.time.timestamp(), position_of(event.data)
    by = correction_s(made_at, now, clock or _NEVER_HEARD)
    if not by and (position is None or position.fix_time.timestamp() <= now + AHEAD_S):
        return Sound(event)
    hour = datetime.fromtimestamp(made_at + by, UTC)
    read = whole()
    data = with_moments(read.data, lambda moment: _corrected(moment, by, hour, now + AHEAD_S))
    part = _clock_off(event.time, by) if by else _fix_ahead(position)
    return Sound(read.model_copy(update={"time": hour, "data": data}), (part,))


def without_impossible_place(event: DeviceEvent, whole: Whole, seen: Iterable[Place], last: Place | None) -> Sound:
    """Return the event without a fix that cannot be. One that cannot be without a fix has the ``last`` that was good."""
    position = position_of(event.data)
    if position is None:
        return Sound(event)
    why = why_impossible(place_of(position, "gnss"), event.time.timestamp(), seen)
    if why is None:
        return Sound(event)
    read = whole() if not hasattr(event, "model_copy") else event
    good = None if last is None else _as_position(last)
    once = with_place(read.data, None)
    data = once if position_of(once) is None else with_place(read.data, good)
    return Sound(read.model_copy(update={"data": data}), (LeftOut(POSITION, f"{POSITION}: {why}."),))


def _corrected(moment: datetime, by: float, hour: datetime, latest: float) -> datetime:
    """Return a moment of a clock that is off: another clock, of a receiver of GNSS, may be right where the device's is not."""
    at = moment.timestamp()
    if at + by <= latest and (by > 0 or at > latest):
        return datetime.fromtimestamp(at + by, UTC)
    return hour if at > latest else moment


def _clock_off(time: datetime, by: float) -> LeftOut:
    how, rule = ("behind", Rule.LEFT_OUT) if by > 0 else ("ahead of", Rule.TIME_IN_FUTURE)
    says = (
        f"{CLOCK}: {time.isoformat()} is {abs(by):.0f} s {how} ours; set the device's clock, in UTC or with its offset."
    )
    return LeftOut(CLOCK, f"{says} The event was heard as of our hour.", rule)


def _fix_ahead(position: Position | None) -> LeftOut:
    time = position.fix_time.isoformat() if position else ""
    says = f"{FIX_TIME}: {time} is ahead of ours; set the clock. The fix was taken as of the event's hour."
    return LeftOut(FIX_TIME, says, Rule.TIME_IN_FUTURE)


def _as_position(place: Place) -> Position:
    return Position(
        latitude=place.latitude,
        longitude=place.longitude,
        accuracy_m=place.accuracy_m,
        fix_time=datetime.fromtimestamp(place.fix_time, UTC),
    )
