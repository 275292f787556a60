"""How much faster ``compare`` is on all cores than on one: the same trials played by one process and by as many as there are cores.

On a machine with nothing else to do: at least 1.7 on two cores.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from scenarios.experiments.against import two_sides
from scenarios.experiments.comparison import compared
from scenarios.experiments.workers import cores, hired

SETTINGS = ("duration=3 h", "cars.count=500", "faults.0.count=30", "faults.3.count=0", "faults.4.count=0")


def main(seeds: str = "6") -> None:
    """Print the seconds of both and their ratio; the workers' start is in it, as it is for who waits."""
    sides = two_sides("winter_morning", "reactive", SETTINGS, None)
    took: dict[int, float] = {}
    for workers in (1, cores()):
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder, hired(workers) as hands:
            compared(sides, range(1, int(seeds) + 1), hands, Path(folder))
        took[workers] = time.perf_counter() - began
        sys.stdout.write(f"{workers} worker(s): {took[workers]:.1f} s for {2 * int(seeds)} runs\n")
    sys.stdout.write(f"ratio: {took[1] / took[cores()]:.2f}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
