"""Coverage: who loses the network, when and for how long. Devices store meanwhile and tell afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from firmware_sim.device.device import Device
from scenarios.story.hours import when
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.world.ground_truth import Fault
from scenarios.world.world import Life, World

BEFORE_S = 20.0
"""A car that breaks down in an underground garage has lost the network on the way in."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without coverage. POSIX seconds."""

    device: str
    begin: float
    end: float


def draw_gaps(
    story: Story,
    devices: Iterable[str],
    faults: Iterable[Fault],
    streams: Streams,
    phones: Mapping[str, str] | None = None,
) -> list[Gap]:
    """Draw the gaps of some devices. None begins in the story's quiet end, and all end before it ends.

    ``phones``: of cars that speak to one; it loses the network in the same place, and finds it again by itself.
    """
    there = set(devices)
    found = [*_at_any_time(story, sorted(there), streams), *_at_faults(story, faults, streams, phones or {})]
    found.extend(_at_incidents(story, sorted(there), streams))
    found = [gap for gap in found if gap.device in there]
    return [Gap(gap.device, gap.begin, min(gap.end, story.quiet_s)) for gap in found if gap.begin < story.quiet_s]


def _at_any_time(story: Story, devices: list[str], streams: Streams) -> Iterator[Gap]:
    share = story.network.outage_share
    for device in devices if share else ():
        chance, time = streams.uniforms("coverage", device)
        if chance < share:
            begin = story.start_s + time * story.duration
            yield Gap(device, begin, begin + story.network.outage.one(streams.hashed("outage", device)))


def _at_faults(story: Story, faults: Iterable[Fault], streams: Streams, phones: Mapping[str, str]) -> Iterator[Gap]:
    for fault in faults if story.network.fault_share else ():
        dice = streams.hashed("network", fault.device, round(fault.at))
        if float(dice.random()) < story.network.fault_share:
            yield Gap(fault.device, fault.at - BEFORE_S, fault.at + story.network.outage.one(dice))
            if fault.device in phones:
                yield Gap(phones[fault.device], fault.at - BEFORE_S, fault.at + story.network.outage.one(dice))


def _at_incidents(story: Story, devices: list[str], streams: Streams) -> Iterator[Gap]:
    """A cell site fails. What belongs together has the same number, and hangs on the same site."""
    for number, incident in enumerate(story.incidents):
        if incident.cell_site is None:
            continue
        begin = when(incident.at, story.start)
        for device in devices:
            if streams.uniforms(f"cell site {number}", device.rpartition("-")[2])[0] < incident.cell_site.share:
                yield Gap(device, begin, begin + incident.lasts)


def lose(world: World, device: Device, gap: Gap, gaps_open: Counter[str]) -> Life:
    """Lose the network for one gap; where gaps overlap, coverage is back after the last."""
    yield world.until(gap.begin)
    gaps_open[device.name] += 1
    device.go_offline()
    yield world.until(gap.end)
    gaps_open[device.name] -= 1
    if not gaps_open[device.name]:
        device.go_online(world.now)
