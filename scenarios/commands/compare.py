"""``callahead compare``: two policies, or two stories, on the same seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dispatch.policy_model.strict_model import suggestion
from scenarios.experiments import shown
from scenarios.experiments.against import two_sides
from scenarios.experiments.comparison import compared
from scenarios.experiments.paired import NOT_COMPARED
from scenarios.experiments.trial import must_be_playable
from scenarios.experiments.workers import hired
from scenarios.service.process import CannotPlay
from scenarios.story.scorecard_keys import EVERY
from scenarios.terminal import show
from scenarios.terminal.exit_codes import INTERRUPTED

Workers = Annotated[int | None, typer.Option(min=1, max=1024, help="Processes; as many as there are cores by default.")]
Cluster = Annotated[
    str | None, typer.Option(metavar="dask://HOST:PORT", help="Play on an existing Dask cluster instead.")
]


def compare(
    story: Annotated[
        str, typer.Argument(metavar="STORY", help="A story's file, or the bare name of one that is shipped.")
    ],
    *,
    against: Annotated[
        str,
        typer.Option(
            metavar="WHAT", help="'reactive', a policy's file, settings as 'path=value,path=value', or another story."
        ),
    ] = "reactive",
    seeds: Annotated[int, typer.Option(min=2, max=1_000_000, help="How many.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="The first.")] = 1,
    policy: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="STORY's side: a file as callahead-serve takes it, or 'reactive'."),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value of the story on both sides.")
    ] = None,
    until_ci: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIGURE=WIDTH", help="Stop once the difference in a figure is known to ± WIDTH, from 5 seeds on."
        ),
    ] = None,
    workers: Workers = None,
    cluster: Cluster = None,
    out: Annotated[Path | None, typer.Option(help="Folder for every seed's scorecard (trials.jsonl).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Play both sides on the same seeds, and print paired differences with 95% intervals.

    Both sides meet the same faults and the same people. Ctrl-C ends it and shows what is done.
    """
    ends = dict(map(_end, until_ci or ()))
    sides = two_sides(story, against, settings or (), policy)
    must_be_playable([side.story for side in sides], seed)
    folder = out or Path("runs") / f"compare-{sides[0].story.name}-{seed}"
    with hired(workers, cluster) as hands, show.bar(f"{sides[0].name} against {sides[1].name}") as progress:
        found = compared(sides, range(seed, seed + seeds), hands, folder, ends=ends, progress=progress)
    if as_json:
        typer.echo(shown.report(found, seeds, str(folder)))
    else:
        show.OUT.print(shown.table(found))
        show.OUT.print(
            f"difference: {sides[0].name} - {sides[1].name}; each seed: {folder}", style="dim", soft_wrap=True
        )
    if found.interrupted:
        show.complain(f"stopped: {len(found.pairs)} of {seeds} seeds are done")
        raise typer.Exit(INTERRUPTED)


def _end(written: str) -> tuple[str, float]:
    key, equals, width = written.partition("=")
    known = [name for name in EVERY if name not in NOT_COMPARED]
    if not equals:
        message = f"--until-ci {written}: write a figure and half its interval's width, as called_first_share=0.02"
        raise CannotPlay(message)
    if key not in known:
        message = f"--until-ci {written}: '{key}' is no figure to compare; {suggestion(key, known)}"
        raise CannotPlay(message)
    try:
        value = float(width)
    except ValueError:
        value = 0.0
    if not value > 0:
        message = f"--until-ci {written}: '{width}' is not a width above 0"
        raise CannotPlay(message)
    return key, value
