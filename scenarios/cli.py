"""``callahead``, for engineers. Exit codes: 0 all that was expected holds, 1 something does not, 2 bad input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from dispatch.journal import JournalRefused
from gateway.diagnosis.catalogue import CatalogueError
from gateway.listen import BadListen
from gateway.mapping.read import MappingError
from scenarios import run_notes, show
from scenarios.bench.commands import app as bench_app
from scenarios.broker_config import broker_config
from scenarios.capture.command import capture, play_recording
from scenarios.capture.recording import is_recording
from scenarios.chaos.command import chaos
from scenarios.contract_pages import contract
from scenarios.device_radio import radio
from scenarios.diagnose import diagnose
from scenarios.doctor.command import doctor
from scenarios.expectations import check
from scenarios.experiments.compare_command import compare
from scenarios.experiments.sweep_command import sweep
from scenarios.partners import partner_app
from scenarios.recorded import NothingRecorded
from scenarios.report.command import report
from scenarios.runner import Result, run_story
from scenarios.schema import Story
from scenarios.scorecard import Figure
from scenarios.service_door import ServiceSaysNo
from scenarios.service_process import CannotPlay
from scenarios.story.shelf_command import new, stories
from scenarios.storybook import StoryError, find, open_story
from scenarios.validation.command import validate_stories
from scenarios.vendor_kit.commands import app as vendor_kit
from scenarios.vendor_kit.heard import KitError
from scenarios.vendors import device_app, vendor_app

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
vendor_app.add_typer(vendor_kit)
device_app.command("radio")(radio)
app.add_typer(vendor_app, name="vendor")
app.add_typer(device_app, name="device")
app.add_typer(partner_app, name="partner")
app.add_typer(bench_app, name="bench")
app.command("broker-config")(broker_config)
app.command()(contract)
app.command()(diagnose)
app.command()(stories)
app.command()(new)
app.command()(report)
app.command()(capture)
app.command()(compare)
app.command()(sweep)
app.command()(doctor)
app.command()(chaos)
app.command("validate")(validate_stories)
BAD = (
    StoryError,
    CannotPlay,
    ServiceSaysNo,
    JournalRefused,
    BadListen,
    MappingError,
    CatalogueError,
    KitError,
    NothingRecorded,
)
"""What is the user's to put right."""

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


@app.callback()
def callahead() -> None:
    """Tell stories of broken cars, fridges and payments, and see who calls first."""


@app.command()
def run(story: StoryName, *, seed: Seed = 1, out: Out = None, as_json: Json = False, settings: Set = None) -> None:
    """Play a story in virtual time, as fast as the machine can; a recorded one to a desk, comparing what it decides."""
    if is_recording(Path(story)):
        if settings:
            message = f"{story}: --set: a recorded story has no values to change"
            raise StoryError(message)
        play_recording(Path(story), as_json=as_json)
        return
    told = open_story(story, settings or ())
    folder = out or Path("runs") / f"{told.name}-{seed}"
    with _named(story), show.bar(told.name) as progress:
        result = run_story(told, seed, folder, progress)
    if result.played < 1:
        _stopped(told, seed, result, folder, as_json=as_json)
    _finish(told, seed, result.scorecard, folder, as_json=as_json)


@app.command()
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
    seed: Seed = 1,
    out: Out = None,
    as_json: Json = False,
    settings: Set = None,
) -> None:
    """Play a story on a real broker against the real service, in processes of their own that end with it."""
    from scenarios.live import play_live  # noqa: PLC0415 - `run` does without the network

    told = open_story(story, settings or ())
    with _named(story):
        result = play_live(told, seed, speed=speed, broker=broker, port=port, out=out, quiet=as_json)
    _finish(told, seed, result.scorecard, result.folder, as_json=as_json, **result.latency, slowed=result.slowed)


@contextmanager
def _named(story: str) -> Iterator[None]:
    """Name the file in what a run, rather than the reading, finds wrong with a story."""
    try:
        yield
    except StoryError as error:
        message = f"{find(story)}: {error}"
        raise StoryError(message) from None


def _stopped(story: Story, seed: int, result: Result, folder: Path, *, as_json: bool) -> None:
    """Print the scorecard of a story that Ctrl-C ended, marked as partial; nothing is expected of it."""
    played = f"{result.played:.1%} of the story"
    if as_json:
        typer.echo(show.report(story.name, seed, result.scorecard, [], out=str(folder), partial=played))
    else:
        show.OUT.print(show.table(f"{story.name}: PARTIAL, {played}", result.scorecard, []))
    show.complain(f"stopped after {played}; ledger and truth so far: {folder}")
    raise typer.Exit(INTERRUPTED)


def _finish(
    story: Story, seed: int, figures: dict[str, Figure], folder: Path, *, as_json: bool, **more: Figure
) -> None:
    """Print the scorecard, and leave with the exit code it earns."""
    expect = check(story.expect, figures)
    run_notes.write(folder, story, seed, figures, expect)
    if as_json:
        typer.echo(show.report(story.name, seed, figures, expect, out=str(folder), **more))
    else:
        show.OUT.print(show.table(f"{story.name}: {story.about}", figures, expect))
        for key, value in more.items():
            show.OUT.print(show.beside(key, value))
        show.OUT.print(f"ledger and truth: {folder}", style="dim")
    broken = [one for one in expect if not one.holds]
    for one in broken:
        show.complain(f"{story.name}: expect.{one.key}: {one.value} does not hold {one.rule!r}")
    raise typer.Exit(FAILED if broken else 0)


def main() -> None:
    """Run the command line; a mistake of the user's is told in a line, without a traceback."""
    try:
        app()
    except BAD as error:
        show.complain(str(error))
        raise SystemExit(BAD_INPUT) from None
    except KeyboardInterrupt:
        show.complain("stopped")
        raise SystemExit(INTERRUPTED) from None


if __name__ == "__main__":
    main()
