"""The same story and seeds live and in virtual time: does every live run end as expected, and are all shares alike?

Plays ``callahead live`` as a user would, each seed in a process of its own, with ``--hogs`` processes beside it that do nothing
but use a core, and ``callahead run`` with the same settings. Prints how each live run ended, then the paired difference of
each share with its 95% interval. Exit 1: a live run did not hold what it expects, or an interval is not within ±0.03.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from scenarios.experiments.paired import PairedDifference, differences

CALLAHEAD = (sys.executable, "-c", "from scenarios.cli import main; main()")
HOG = (sys.executable, "-c", "while True: pass")
WITHIN = 0.03
SHARES = ("share", "accuracy", "occupancy", "of_reachable")
"""What the keys of shares end in."""


def main(
    story: str = "winter_morning",
    *,
    duration: Annotated[str, typer.Option(help="Of the story.")] = "2h",
    seeds: Annotated[int, typer.Option(help="From 1 on.")] = 10,
    first: Annotated[int, typer.Option(help="The first seed.")] = 1,
    speed: Annotated[float, typer.Option(help="Story seconds to a real one.")] = 60.0,
    hogs: Annotated[int, typer.Option(help="Processes that use a core each, beside the live runs.")] = 0,
) -> None:
    """Play, compare, print."""
    pairs, ends = [], []
    for seed in range(first, first + seeds):
        settings = (story, "--seed", str(seed), "--json", "--set", f"duration={duration}")
        with hogged(hogs):
            code, live = played("live", *settings, "--speed", str(speed))
        _, virtual = played("run", *settings)
        ends.append(code)
        pairs.append((live["scorecard"], virtual["scorecard"]))
        typer.echo(_ended(seed, code, live))
    found = [one for one in differences(pairs) if one.key.endswith(SHARES)]
    typer.echo(f"\n{sum(card['cases'] for card, _ in pairs)} live cases, {len(pairs)} pairs")
    for one in found:
        typer.echo(_line(one))
    apart = [one.key for one in found if not _alike(one)]
    typer.echo(f"live runs that hold what they expect: {ends.count(0)} of {len(ends)}")
    typer.echo(f"shares not within ±{WITHIN}: {', '.join(apart) or 'none'}")
    raise typer.Exit(1 if any(ends) or apart else 0)


def played(command: str, *settings: str) -> tuple[int, dict[str, Any]]:
    """Run a command in a folder of its own; return its exit code and what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603 - our own command
            [*CALLAHEAD, command, *settings, "--out", str(Path(folder) / "run")],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if not done.stdout:
        raise SystemExit(f"{command} {' '.join(settings)}: {done.stderr}")
    return done.returncode, json.loads(done.stdout)


@contextmanager
def hogged(count: int) -> Iterator[None]:
    """Keep ``count`` cores busy meanwhile."""
    hogs = [subprocess.Popen(HOG) for _ in range(count)]  # noqa: S603 - our own command
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def _ended(seed: int, code: int, live: dict[str, Any]) -> str:
    more = {key: value for key, value in live.items() if key.startswith("publish") or key == "slowed"}
    broken = [f"{one['key']} {one['value']}, not {one['rule']}" for one in live["expect"] if not one["holds"]]
    return f"seed {seed}: exit {code}  {more}  {'; '.join(broken)}"


def _alike(one: PairedDifference) -> bool:
    if one.low is None or one.high is None:
        return abs(one.difference) <= WITHIN
    return one.low >= -WITHIN and one.high <= WITHIN


def _line(one: PairedDifference) -> str:
    low, high = (one.low, one.high) if one.low is not None and one.high is not None else (float("nan"), float("nan"))
    return (
        f"{one.key:24} live {one.story:8.4f}  virtual {one.against:8.4f}  "
        f"difference {one.difference:+.4f} [{low:+.4f}, {high:+.4f}]  {'alike' if _alike(one) else 'APART'}"
    )


if __name__ == "__main__":
    typer.run(main)
