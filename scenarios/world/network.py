"""Coverage: who loses the network, when and for how long. Devices store meanwhile and tell afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from firmware_sim.device import Device
from scenarios.schema import Story
from scenarios.streams import Streams
from scenarios.truth import Fault
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
    story: Story, devices: list[str], faults: list[Fault], streams: Streams, phones: Mapping[str, str] | None = None
) -> list[Gap]:
    """Draw every gap of the story. None begins in its quiet end, and all end before it ends.

    ``phones``: of cars that speak to one; it loses the network in the same place, and finds it again by itself.
    """
    found = [*_at_any_time(story, devices, streams), *_at_faults(story, faults, streams, phones or {})]
    there = set(devices)
    found = [gap for gap in found if gap.device in there]
    return [Gap(gap.device, gap.begin, min(gap.end, story.quiet_s)) for gap in found if gap.begin < story.quiet_s]


def _at_any_time(story: Story, devices: list[str], streams: Streams) -> Iterator[Gap]:
    dice = streams.stream("network")
    chances, times = dice.random(len(devices)), dice.random(len(devices))
    spans = story.network.outage.draw(dice, len(devices))
    for device, chance, time, span in zip(devices, chances, times, spans, strict=True):
        begin = story.start_s + float(time) * story.duration
        if chance < story.network.outage_share:
            yield Gap(device, begin, begin + float(span))


def _at_faults(story: Story, faults: list[Fault], streams: Streams, phones: Mapping[str, str]) -> Iterator[Gap]:
    for fault in faults:
        dice = streams.keyed("network", fault.device, round(fault.at))
        if float(dice.random()) < story.network.fault_share:
            yield Gap(fault.device, fault.at - BEFORE_S, fault.at + story.network.outage.one(dice))
            if fault.device in phones:
                yield Gap(phones[fault.device], fault.at - BEFORE_S, fault.at + story.network.outage.one(dice))


def lose(world: World, device: Device, gap: Gap, gaps_open: Counter[str]) -> Life:
    """Lose the network for one gap; where gaps overlap, coverage is back after the last."""
    yield world.until(gap.begin)
    gaps_open[device.name] += 1
    device.go_offline()
    yield world.until(gap.end)
    gaps_open[device.name] -= 1
    if not gaps_open[device.name]:
        device.go_online(world.now)
