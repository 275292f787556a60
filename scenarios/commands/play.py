"""``callahead run`` and ``callahead live``: a story in virtual time, or against the real service."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from scenarios.capture.recording import is_recording
from scenarios.runner import run_notes
from scenarios.runner.virtual import Result, run_story
from scenarios.score.scorecard import Figure
from scenarios.story.expectations import check
from scenarios.story.loader import StoryError, naming, open_story
from scenarios.story.schema import Story
from scenarios.terminal import scorecard_table, show
from scenarios.terminal.exit_codes import FAILED, INTERRUPTED

StoryName = Annotated[
    str, typer.Argument(metavar="STORY", help="A story's file, or the bare name of one that is shipped.")
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same world.")]
Out = Annotated[Path | None, typer.Option(help="Folder for ledger and truth.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change any value of the story, as cars.count=500."),
]


class Telephony(StrEnum):
    """How people are rung while a story plays."""

    NONE = "none"
    SIP = "sip"


def run(story: StoryName, *, seed: Seed = 1, out: Out = None, as_json: Json = False, settings: Set = None) -> None:
    """Play a story in virtual time, as fast as the machine can; a recorded one to a desk, comparing what it decides."""
    if is_recording(Path(story)):
        if settings:
            message = f"{story}: --set: a recorded story has no values to change"
            raise StoryError(message)
        from scenarios.commands.capture import play_recording  # noqa: PLC0415 - it takes longer to import than the world

        play_recording(Path(story), as_json=as_json)
        return
    told = open_story(story, settings or ())
    folder = out or Path("runs") / f"{told.name}-{seed}"
    with naming(story), show.bar(told.name) as progress:
        result = run_story(told, seed, folder, progress)
    if result.played < 1:
        _stopped(told, seed, result, folder, as_json=as_json)
    _finish(told, seed, result.scorecard, folder, as_json=as_json)


def live(
    story: StoryName,
    *,
    speed: Annotated[float, typer.Option(min=0.1, max=10_000, help="Story seconds to a real one.")] = 60.0,
    broker: Annotated[
        str | None, typer.Option(metavar="URL", help="mqtt[s]://… instead of the embedded broker.")
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Of console and API while it plays; 0: any that is free.")
    ] = 0,
    telephony: Annotated[
        Telephony, typer.Option(help="sip: agents' and customers' telephones really ring, on this machine.")
    ] = Telephony.NONE,
    seed: Seed = 1,
    out: Out = None,
    as_json: Json = False,
    settings: Set = None,
) -> None:
    """Play a story on a real broker against the real service, in processes of their own that end with it."""
    from scenarios.runner.real_time import play_live  # noqa: PLC0415 - `run` does without the network

    told = open_story(story, settings or ())
    with naming(story):
        rung = telephony is Telephony.SIP
        result = play_live(told, seed, speed=speed, broker=broker, port=port, out=out, quiet=as_json, telephony=rung)
    _finish(told, seed, result.scorecard, result.folder, as_json=as_json, **result.latency, slowed=result.slowed)


def _stopped(story: Story, seed: int, result: Result, folder: Path, *, as_json: bool) -> None:
    """Print the scorecard of a story that Ctrl-C ended, marked as partial; nothing is expected of it."""
    played = f"{result.played:.1%} of the story"
    if as_json:
        typer.echo(scorecard_table.report(story.name, seed, result.scorecard, [], out=str(folder), partial=played))
    else:
        show.OUT.print(scorecard_table.table(f"{story.name}: PARTIAL, {played}", result.scorecard, []))
    show.complain(f"stopped after {played}; ledger and truth so far: {folder}")
    raise typer.Exit(INTERRUPTED)


def _finish(
    story: Story, seed: int, figures: dict[str, Figure], folder: Path, *, as_json: bool, **more: Figure
) -> None:
    """Print the scorecard, and leave with the exit code it earns."""
    expect = check(story.expect, figures)
    run_notes.write(folder, story, seed, figures, expect)
    if as_json:
        typer.echo(scorecard_table.report(story.name, seed, figures, expect, out=str(folder), **more))
    else:
        show.OUT.print(scorecard_table.table(f"{story.name}: {story.about}", figures, expect))
        for key, value in more.items():
            show.OUT.print(scorecard_table.beside(key, value))
        show.OUT.print(f"ledger and truth: {folder}", style="dim")
    broken = [one for one in expect if not one.holds]
    for one in broken:
        show.complain(f"{story.name}: expect.{one.key}: {one.value} does not hold {one.rule!r}")
    raise typer.Exit(FAILED if broken else 0)
