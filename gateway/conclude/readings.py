"""What an event adds to the twin: readings by their published names, samples over time, the place."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from gateway.contract.envelope import DeviceEvent
from gateway.contract.values import Position, Readings
from gateway.devices import history
from gateway.devices.plausible import Clash
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import Twin
from gateway.finding import Place, Provenance
from gateway.places.location import is_believed

FRESH_S = 150.0
"""Readings that an event does not repeat are taken to be as they were so long ago at the most."""


@dataclass(frozen=True, slots=True)
class Lasting:
    """For how long a kind's readings say anything."""

    lasts: frozenset[str] = frozenset()
    """Readings that hardly change while nobody looks."""
    states: frozenset[str] = frozenset()
    """What a device is doing. An event that tells it leaves no momentary reading of what it did before."""
    momentary: frozenset[str] = frozenset()
    """Readings that belong to what the device is doing."""


_ALIKE = Lasting()


def sound(readings: Readings, contradictory: Iterable[Clash]) -> Readings:
    """Return the readings without those that contradict each other."""
    doubted = {name for clash in contradictory for name in (clash.one, clash.other)}
    return {name: value for name, value in readings.items() if name not in doubted} if doubted else readings


def take_readings(
    twin: Twin, readings: Readings, at: float, watched: Collection[str], lasting: Lasting = _ALIKE
) -> Readings:
    """Put readings of ``at`` into the twin unless newer are there. Return what is known as of ``at``: they and what is fresh."""
    if at < twin.read_at:
        return dict(readings)
    known, told = twin.readings, readings.keys()
    if told >= known.keys():  # as nearly always: a device tells the same each time
        together = dict(readings)
    else:
        fresh = known if at - twin.read_at <= FRESH_S else {name: known[name] for name in lasting.lasts & known.keys()}
        if not told.isdisjoint(lasting.states):
            fresh = {name: value for name, value in fresh.items() if name not in lasting.momentary}
        together = {**fresh, **readings}
    known.update(readings)
    twin.read_at = at
    history.keep(twin.samples, watched, readings, at)
    return together


def take_place(twin: Twin, position: Position | None) -> bool:
    """Remember where the device is, unless it has been seen later. ``False``: nobody can have come there so soon.

    Such a fix is believed once a second one confirms it.
    """
    if position is None:
        return True
    place, before = place_of(position, "gnss"), twin.place
    if before is not None and place.fix_time < before.fix_time:
        return is_believed(before, place)
    doubted = twin.doubted
    if is_believed(before, place) or (
        doubted is not None and place.fix_time > doubted.fix_time and is_believed(doubted, place)
    ):
        twin.place, twin.doubted = place, None
        return True
    twin.doubted = place
    return False


def place_of(position: Position, source: str) -> Place:
    """Return a contract's position as a place."""
    return Place(position.latitude, position.longitude, position.accuracy_m, position.fix_time.timestamp(), source)


HOME_ACCURACY_M = 30.0
"""A geocoded address."""


def home_of(record: DeviceRecord, at: float) -> Place | None:
    """Return where a device that does not move is registered to stand."""
    if record.home_latitude is None or record.home_longitude is None:
        return None
    return Place(record.home_latitude, record.home_longitude, HOME_ACCURACY_M, at, "home")


def provenance_of(event: DeviceEvent, record: DeviceRecord) -> Provenance:
    """Simulated if anybody says so."""
    return "simulated" if "simulated" in {event.provenance, record.provenance} else "real"
