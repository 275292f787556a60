"""``callahead report``: one page about a run, or about a live service's ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dispatch.core.policy import Policy
from scenarios.report.cases import told, worst
from scenarios.report.day import Day
from scenarios.report.excerpt import excerpts
from scenarios.report.page import Content, page
from scenarios.report.why_phoned_first import why_phoned_first
from scenarios.runner.recorded import NothingRecorded, Recorded, open_recorded
from scenarios.score.scorecard import Figure, Setting, figures, gather
from scenarios.story.expectations import check

WORST = 10
BESIDE_THE_LEDGER = ("devices", "events", "wall_s", "sim_s")
"""Figures that a run knows and its ledger does not."""


def report(
    recorded: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's or a service's folder, a ledger's file, or a DSN.")
    ],
    *,
    out: Annotated[Path | None, typer.Option(help="The page's file; without: report.html in the folder.")] = None,
) -> None:
    """Write one self-contained HTML page about a run or a live service's ledger."""
    found = open_recorded(recorded)
    path = out or _beside(found)
    text = page(content_of(found))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"{path}: the page cannot be written: {error.strerror}; name another file with --out"
        raise NothingRecorded(message) from None
    typer.echo(path)


def content_of(found: Recorded) -> Content:
    """Read everything that the page tells."""
    day = Day()
    evidence = gather(day.through(found.rows()), _setting(found), found.truth)
    card = _scorecard(found, figures(evidence), day)
    cases = told(evidence)
    chosen = worst(cases, WORST)
    timelines = excerpts(found.rows(), [one.case for one in chosen]) if chosen else {}
    expect = {one.key: one.rule for one in found.notes.expect} if found.notes else {}
    shown = [(one, timelines[one.case.case]) for one in chosen]
    agents, known = len(evidence.facts.free_since), found.truth is not None
    due_s, why = evidence.setting.due_s, why_phoned_first(evidence)
    return Content(found.name, found.notes, card, check(expect, card), cases, day, agents, known, shown, due_s, why)


def _setting(found: Recorded) -> Setting:
    """Return what the story's house called late; the rest a ledger does not know."""
    due = found.policy.get("due_s", Policy().due_s)
    return Setting(None, None, 0.0, 0.0, float(due))


def _scorecard(found: Recorded, card: dict[str, Figure], day: Day) -> dict[str, Figure]:
    if found.notes is not None:
        return card | {key: found.notes.scorecard.get(key) for key in BESIDE_THE_LEDGER}
    left: dict[str, Figure] = {
        key: value for key, value in card.items() if key not in BESIDE_THE_LEDGER and value is not None
    }
    return left | {"sim_s": round(day.last_at - (day.first_at or 0.0), 1)}


def _beside(found: Recorded) -> Path:
    file = found.address.file
    return file.parent / "report.html" if file is not None else Path("report.html")
