"""How far from the car help is sent, pooled over seeds, by who told the place: ``python benchmarks/location.py --seeds 10``."""

from __future__ import annotations

import argparse
import sys

import numpy as np

from scenarios.runner.virtual import run_story
from scenarios.score.location_error import LocationError, by_source, location_errors
from scenarios.score.scorecard import Setting, paired
from scenarios.story.loader import open_story


def main() -> None:
    """Print count, median, 95th percentile and worst, in metres."""
    asked = _arguments()
    errors: list[LocationError] = []
    for seed in range(asked.first, asked.first + asked.seeds):
        errors += _errors(asked.story, asked.set, seed)
    for source, metres in by_source(errors).items():
        if metres:
            half, most = np.percentile(metres, (50, 95))
            line = f"{source:30} {len(metres):5}  p50 {half:6.1f} m  p95 {most:6.1f} m  worst {max(metres):7.1f} m"
            sys.stdout.write(f"{line}\n")
    for error in sorted(errors, key=lambda error: -error.metres)[: asked.worst]:
        sys.stdout.write(f"  {error.case} {error.told_by} {error.metres:.0f} m\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("story", nargs="?", default="winter_morning")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--set", action="append", default=[], help="path=value, as for callahead run")
    parser.add_argument("--worst", type=int, default=0, help="name so many cases, the worst first")
    return parser.parse_args()


def _errors(name: str, settings: list[str], seed: int) -> list[LocationError]:
    result = run_story(open_story(name, settings), seed)
    setting = Setting(devices=None, events=None, wall_s=0.0, sim_s=0.0)
    return location_errors(paired(result.kept.facts, setting, result.truth).truth or ())


if __name__ == "__main__":
    main()
