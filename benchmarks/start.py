"""How long a start takes: ``callahead run`` until it tells the desk its first event, and to its end; the help; one check.

    .venv/bin/python benchmarks/start.py [--story winter_morning] [--rounds 3]

Each is a process of its own, from before it is made until after it has ended. Beside the wall stands the processor's time,
which other work on the machine changes less. The fastest of the rounds is told.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time

FIRST_EVENT = """
import sys, time
from scenarios.cli import main
from scenarios.terminal.listed import loading
import gc
gc.set_threshold(100_000, 20, 50)
with loading():
    from scenarios.runner.in_process import InProcessDoors
    import scenarios.commands.play
def told(self, event):
    raise SystemExit(0)
InProcessDoors.tell = told
sys.argv = ["callahead", "run", sys.argv[1], "--out", sys.argv[2]]
main()
"""
"""Ends where the first event is told to the desk."""


def main() -> None:
    """Print seconds."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--story", default="winter_morning")
    asked.add_argument("--rounds", type=int, default=3)
    told = asked.parse_args()
    with tempfile.TemporaryDirectory() as out:
        python = sys.executable
        for name, words in {
            "until the first event": [python, "-c", FIRST_EVENT, told.story, out],
            "the whole run": [python, "-m", "scenarios.cli", "run", told.story, "--out", out],
            "callahead --help": [python, "-m", "scenarios.cli", "--help"],
            "callahead-serve --help": [python, "-m", "dispatch.cli.serve", "--help"],
            "callahead validate --help": [python, "-m", "scenarios.cli", "validate", "--help"],
        }.items():
            wall, processor = map(min, zip(*(_took(words) for _ in range(told.rounds)), strict=True))
            sys.stdout.write(f"{name}: {wall:.2f} s, processor {processor:.2f} s\n")


def _took(words: list[str]) -> tuple[float, float]:
    """Return the seconds of the wall and of the processor that a process took."""
    began, before = time.perf_counter(), os.times()
    subprocess.run(words, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - our own commands
    after = os.times()
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - began, processor


if __name__ == "__main__":
    main()
