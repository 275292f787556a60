"""``callahead validate``: the simulator against answers that are known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from scenarios.commands.expect import hold_with_room
from scenarios.story.loader import StoryError, open_story
from scenarios.story.schema import Story
from scenarios.terminal import show
from scenarios.validation.checks import Check, answer_of, validate

SHELF = Path(__file__).parents[1] / "validation"
DOES_NOT_HOLD = 1


def validate_stories(
    stories: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[STORY]…", help="Of scenarios/validation (--expect: of scenarios), or files; without: all."
        ),
    ] = None,
    *,
    expect: Annotated[
        bool, typer.Option("--expect", help="Instead: does what stories expect hold, at three standard deviations?")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Processes of --expect; as many as there are cores by default.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=2, help="How many worlds.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="The first of the seeds.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change any value of the story.")
    ] = None,
) -> None:
    """Play stories whose answers are known, and hold the simulator against them: 99% intervals over the seeds."""
    if not stories and settings:
        message = (
            "--set: name the story whose value is to be changed, as callahead validate erlang_c --set agents.count=15"
        )
        raise StoryError(message)
    span = range(seed, seed + seeds)
    if expect:
        held = hold_with_room(stories or (), span, settings or (), workers=workers, as_json=as_json)
        raise typer.Exit(0 if held else DOES_NOT_HOLD)
    files = [_file(story) for story in stories] if stories else sorted(SHELF.glob("*.yaml"))
    told = [_opened(file, settings or ()) for file in files]
    checks = _named(files[0], told, span)
    if as_json:
        typer.echo(json.dumps({"seeds": seeds, "checks": [asdict(check) for check in checks]}, indent=2))
    else:
        for one in told:
            show.OUT.print(_table(one, [check for check in checks if check.story == one.name]))
    broken = [check for check in checks if not check.holds]
    for check in broken:
        interval = f"{check.ci99_low:.5g} .. {check.ci99_high:.5g}"
        show.complain(f"{check.story}: {check.name}: {check.formula:.5g} ({check.by}) lies outside {interval}")
    if broken:
        raise typer.Exit(DOES_NOT_HOLD)


def _file(name: str) -> str | Path:
    shelved = SHELF / f"{name}.yaml"
    return shelved if shelved.is_file() else name


def _opened(file: str | Path, settings: Sequence[str]) -> Story:
    story = open_story(str(file), settings)
    try:
        answer_of(story).known(story)
    except StoryError as error:
        message = f"{file}: {error}"
        raise StoryError(message) from None
    return story


def _named(file: str | Path, stories: Sequence[Story], seeds: Sequence[int]) -> list[Check]:
    try:
        return validate(stories, seeds)
    except StoryError as error:
        message = f"{file}: {error}" if len(stories) == 1 else str(error)
        raise StoryError(message) from None


def _table(story: Story, checks: Sequence[Check]) -> Table:
    card = Table(title=f"{story.name}: {story.about}", title_justify="left", show_edge=False)
    card.add_column("figure", no_wrap=True, min_width=22)
    for column in ("known", "simulated", "99% interval"):
        card.add_column(column, justify="right", no_wrap=True)
    card.add_column("by", no_wrap=True)
    card.add_column("", no_wrap=True)
    for check in checks:
        interval = f"{check.ci99_low:.4f} .. {check.ci99_high:.4f}"
        mark = Text("✓", style="green") if check.holds else Text("✗", style="bold red")
        card.add_row(check.name, f"{check.formula:.4f}", f"{check.simulated:.4f}", interval, check.by, mark)
    return card
