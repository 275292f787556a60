"""Beside a plain model: one simpy process for each device that sends a heartbeat a minute, and breaks down when its time comes.

    .venv/bin/python benchmarks/simpy_baseline.py [--cars 20000] [--hours 3]

The plain model does nothing with a heartbeat but count it, and with a fault but wait an hour: no bytes, no diagnosis, no
desk. Ours plays the same hours with as many cars and, by ADAC's peak day, as many faults through the real gateway and desk.
Both in this process, one after the other; what counts is the ratio.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Generator

import numpy as np
import simpy

from scenarios.runner.virtual import run_story
from scenarios.story.loader import open_story

FAULTS_PER_CAR_AND_DAY = 19_714 / 10_000_000
HEARTBEAT_S, MENDED_AFTER_S = 60.0, 3_600.0


def main() -> None:
    """Play both."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cars", type=int, default=20_000)
    asked.add_argument("--hours", type=int, default=3)
    told = asked.parse_args()
    faults = max(1, round(told.cars * FAULTS_PER_CAR_AND_DAY * told.hours / 24))
    ours = _ours(told.cars, told.hours, faults)
    gc.collect()
    plain, heartbeats = _plain(told.cars, told.hours, faults)
    sys.stdout.write(
        f"plain simpy: {plain:.1f} s for {heartbeats:,} heartbeats of {told.cars:,} devices in {told.hours} h\n"
    )
    sys.stdout.write(f"ours: {ours:.2f} s for as many devices and {faults} faults; {plain / ours:.0f} times faster\n")


def _ours(cars: int, hours: int, faults: int) -> float:
    start = "2026-01-12T07:00:00+01:00"
    changes = {
        "cars.count": cars,
        "duration": f"{hours} h",
        "settle": "30 min",
        "start": start,
        "faults.0.count": faults,
    }
    changes |= {"cars.departs": "{lognormal: {median: 45 min, sigma: 0.5}}", "place.radius": "30 km"}
    changes |= {
        "trucks.0.count": 4,
        "trucks.1.count": 4,
        "agents.0.count": 4,
        "agents.1.count": 1,
        "workshops.count": 4,
    }
    story = open_story("national_peak_day", [f"{path}={value}" for path, value in changes.items()])
    began = time.process_time()
    run_story(story, 1)
    return time.process_time() - began


class _Count:
    heartbeats = 0


def _plain(cars: int, hours: int, faults: int) -> tuple[float, int]:
    began, dice, count = time.process_time(), np.random.default_rng(1), _Count()
    env = simpy.Environment()
    breaks = dict(zip(dice.choice(cars, faults, replace=False), dice.uniform(0, hours * 3_600, faults), strict=True))
    for number in range(cars):
        env.process(_car(env, float(dice.uniform(0, HEARTBEAT_S)), breaks.get(number), count))
    env.run(until=hours * 3_600)
    return time.process_time() - began, count.heartbeats


def _car(
    env: simpy.Environment, phase: float, breaks_at: float | None, count: _Count
) -> Generator[simpy.Event, None, None]:
    yield env.timeout(phase)
    while True:
        count.heartbeats += 1
        if breaks_at is not None and env.now >= breaks_at:
            yield env.timeout(MENDED_AFTER_S)
            breaks_at = None
        yield env.timeout(HEARTBEAT_S)


if __name__ == "__main__":
    main()
