"""``callahead validate --expect``: plays stories with many seeds, and says whether what they expect holds with room."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict

import typer
from rich.table import Table
from rich.text import Text

from scenarios.experiments.shown import number
from scenarios.experiments.trial import Card, Trial
from scenarios.experiments.workers import Workers, hired
from scenarios.story.loader import SHELF, StoryError, open_story
from scenarios.story.schema import Story
from scenarios.terminal import show
from scenarios.validation.room import Room, failing, means, rooms

SLOW = frozenset({"national_peak_day", "storm_day"})
"""Played when they are named, and not otherwise: they take a minute a seed, or minutes."""


def hold_with_room(
    names: Sequence[str], seeds: range, settings: Sequence[str], *, workers: int | None, as_json: bool
) -> bool:
    """Play every story with every seed, print a table for each, and tell whether all holds. Raises ``StoryError``."""
    stories = _opened(names or shelved(), settings)
    with hired(workers) as hands, show.bar(f"{len(stories)} stories, {len(seeds)} seeds") as progress:
        cards = played(hands, stories, seeds, progress)
    found = {story.name: _judged(story, cards[story.name]) for story in stories}
    every = [one for of_story in found.values() for one in of_story]
    if as_json:
        typer.echo(json.dumps({"seeds": list(seeds), "expectations": [asdict(one) for one in every]}, indent=2))
    else:
        for name, of_story in found.items():
            show.OUT.print(_table(name, of_story, len(seeds)))
    for complaint in failing(every):
        show.complain(complaint)
    return all(one.is_well for one in every)


def _judged(story: Story, cards: Mapping[int, Card]) -> list[Room]:
    return [*rooms(story.name, story.expect, cards), *means(story.name, story.expect_mean, cards)]


def played(
    hands: Workers, stories: Sequence[Story], seeds: range, progress: Callable[[float], None]
) -> Mapping[str, Mapping[int, Card]]:
    """Return the scorecards by story and seed."""
    cards: dict[str, dict[int, Card]] = {story.name: {} for story in stories}
    for count, one in enumerate(hands.outcomes(_trials(stories, seeds)), 1):
        cards[one.label][one.seed] = one.scorecard
        progress(count / (len(stories) * len(seeds)))
    return cards


def _trials(stories: Sequence[Story], seeds: range) -> Iterator[Trial]:
    for story in stories:
        yield from (Trial(story.name, story, seed) for seed in seeds)


def shelved() -> list[str]:
    """Return the names of the shipped stories that are quick enough to be played with many seeds."""
    return [path.stem for path in sorted(SHELF.glob("*.yaml")) if path.stem not in SLOW]


def _opened(names: Sequence[str], settings: Sequence[str]) -> list[Story]:
    stories = [open_story(name, settings) for name in names]
    told = [story.name for story in stories]
    if len(set(told)) < len(told):
        message = f"{', '.join(names)}: two of these stories have the same name; play them one after the other"
        raise StoryError(message)
    for name, story in zip(names, stories, strict=True):
        if not story.expect:
            message = f"{name}: expect: is missing, so that there is nothing to hold it to"
            raise StoryError(message)
    return stories


def _table(name: str, found: Sequence[Room], seeds: int) -> Table:
    card = Table(title=f"{name}: {seeds} seeds", title_justify="left", show_edge=False, pad_edge=False)
    card.add_column("", no_wrap=True)
    card.add_column("figure", no_wrap=True)
    card.add_column("rule", no_wrap=True)
    for column in ("mean", "sd", "at 3 sd", "worst", "seed"):
        card.add_column(column, justify="right", no_wrap=True)
    for one in found:
        at = " .. ".join(map(_written, one.sides)) or "-"
        mark = Text("✓", style="green") if one.is_well else Text("✗", style="bold red")
        worst = _written(one.worst), str(one.worst_seed)
        card.add_row(mark, one.key, one.rule, _written(one.mean), _written(one.deviation), at, *worst)
    return card


def _written(figure: float | str | None) -> str:
    return number(figure) if isinstance(figure, (int, float)) else "-"
