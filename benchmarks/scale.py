"""How the time of a story grows: ten times the devices with the same faults, and twice and four times the faults.

    .venv/bin/python benchmarks/scale.py [--cars 100000] [--faults 200]

Seconds of processor time, each run in a process of its own; what counts are the ratios, taken within one call of this.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import sys
import time

from scenarios.runner.virtual import run_story
from scenarios.story.loader import open_story

TRUCKS_PER_FAULT = 1_700 / 19_714
AGENTS_PER_FAULT = 320 / 19_714


def main() -> None:
    """Play the national day in several sizes."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cars", type=int, default=100_000)
    asked.add_argument("--faults", type=int, default=200)
    told = asked.parse_args()
    cars, faults = told.cars, told.faults
    took = {
        size: _in_a_process(*size)
        for size in ((cars, faults), (10 * cars, faults), (cars, 2 * faults), (cars, 4 * faults))
    }
    first = took[cars, faults]
    for (many, broken), seconds in took.items():
        ratio = seconds / first
        grows = broken * math.log(broken) / (faults * math.log(faults))
        allowed = "1.50 is wanted at most" if many > cars else f"n log n would be {grows:.2f}"
        rest = "" if (many, broken) == (cars, faults) else f", {ratio:.2f} times the first; {allowed}"
        sys.stdout.write(
            f"{many:>10,} cars, {broken:>5,} faults: {seconds:6.1f} s, {1000 * seconds / broken:5.1f} ms a fault{rest}\n"
        )
        sys.stdout.flush()


def _in_a_process(cars: int, faults: int) -> float:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_play, (cars, faults))


def _play(cars: int, faults: int) -> float:
    changes = {
        "cars.count": cars,
        "faults.0.count": faults,
        "trucks.0.count": max(2, round(faults * TRUCKS_PER_FAULT * 800 / 1700)),
        "trucks.1.count": max(2, round(faults * TRUCKS_PER_FAULT * 900 / 1700)),
        "agents.0.count": max(2, round(faults * AGENTS_PER_FAULT)),
        "place.radius": f"{max(10, round(337 * math.sqrt(faults / 19_714)))} km",
    }
    story = open_story("national_peak_day", [f"{path}={value}" for path, value in changes.items()])
    began = time.process_time()
    run_story(story, 1)
    return time.process_time() - began


if __name__ == "__main__":
    main()
