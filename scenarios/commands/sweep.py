"""``callahead sweep``: one story over ranges of its values, into one Parquet file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from dispatch.policy_model.strict_model import suggestion
from scenarios.commands.compare import Cluster, Workers
from scenarios.experiments import sheet
from scenarios.experiments.against import policy_setting
from scenarios.experiments.axes import Point, axis, grid, hypercube
from scenarios.experiments.sheet import SHOWN, SweepLine
from scenarios.experiments.trial import Trial, must_be_playable
from scenarios.experiments.workers import Workers as Hands
from scenarios.experiments.workers import hired
from scenarios.service.process import CannotPlay
from scenarios.story.loader import open_story
from scenarios.story.schema import Story
from scenarios.story.scorecard_keys import EVERY
from scenarios.terminal import show
from scenarios.terminal.exit_codes import INTERRUPTED


def sweep(
    story: Annotated[
        str, typer.Argument(metavar="STORY", help="A story's file, or the bare name of one that is shipped.")
    ],
    *,
    settings: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="PATH=RANGE",
            help="trucks.0.count=10..40..10, agents.0.count=4,8,12, policy=a.yaml,b.yaml, or one value.",
        ),
    ],
    policy: Annotated[
        str | None, typer.Option(metavar="FILE", help="The house's: a file as callahead-serve takes it, or 'reactive'.")
    ] = None,
    lhs: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="Draw so many points instead of the whole grid.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many for each point.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="The first; also draws the points of --lhs.")] = 1,
    out: Annotated[Path, typer.Option(metavar="FILE.parquet", help="Every run, one row each.")] = Path("sweep.parquet"),
    figures: Annotated[
        str | None, typer.Option("--show", metavar="FIGURE,FIGURE", help="Figures of the table.")
    ] = None,
    workers: Workers = None,
    cluster: Cluster = None,
) -> None:
    """Play a story at every point of a grid, or of a Latin hypercube, with the same seeds.

    Ctrl-C ends it and keeps what is done.
    """
    axes = [axis(one) for one in settings]
    points = grid(axes) if lhs is None else hypercube(axes, lhs, seed)
    shown = _figures(figures)
    if out.suffix != ".parquet" or out.is_dir():
        message = f"--out {out}: a file's name that ends in .parquet is needed"
        raise CannotPlay(message)
    house = policy_setting(policy)
    stories = [open_story(story, [*house, *(f"{path}={value}" for path, value in point.items())]) for point in points]
    must_be_playable(stories, seed)
    with hired(workers, cluster) as hands, show.bar(f"{stories[0].name}: {len(points)} points") as progress:
        lines, interrupted = _played(hands, points, stories, range(seed, seed + seeds), progress)
    paths = [one.path for one in axes]
    sheet.write(out, lines, paths)
    title = f"{stories[0].name}: {len(points)} points, {len(lines)} runs"
    show.OUT.print(sheet.table(title, lines, paths, shown))
    show.OUT.print(f"every run: {out}", style="dim", soft_wrap=True)
    if interrupted:
        show.complain(f"stopped: {len(lines)} of {len(points) * seeds} runs are done")
        raise typer.Exit(INTERRUPTED)


def _played(
    hands: Hands, points: Sequence[Point], stories: Sequence[Story], seeds: range, progress: Callable[[float], None]
) -> tuple[list[SweepLine], bool]:
    """Play them; seed by seed, so that what is done is worth something if it is stopped."""
    lines: list[SweepLine] = []
    outcomes = hands.outcomes(_trials(stories, seeds))
    try:
        for one in outcomes:
            number = int(one.label)
            lines.append(SweepLine(number, points[number], one.seed, one.scorecard))
            progress(len(lines) / (len(points) * len(seeds)))
    except KeyboardInterrupt:
        return _in_order(lines), True
    finally:
        outcomes.close()  # type: ignore[attr-defined] # a generator: what is under way is given up
    return _in_order(lines), False


def _in_order(lines: list[SweepLine]) -> list[SweepLine]:
    return sorted(lines, key=lambda line: (line.point, line.seed))


def _trials(stories: Sequence[Story], seeds: range) -> Iterator[Trial]:
    for seed in seeds:
        yield from (Trial(str(number), story, seed) for number, story in enumerate(stories))


def _figures(written: str | None) -> tuple[str, ...]:
    if written is None:
        return SHOWN
    names = tuple(name.strip() for name in written.split(","))
    for name in names:
        if name not in EVERY:
            message = f"--show {written}: '{name}' is not on the scorecard; {suggestion(name, list(EVERY))}"
            raise CannotPlay(message)
    return names
