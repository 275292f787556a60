"""What the page tells of a run, and the page's file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scenarios.report.agents_told import AgentsTold
from scenarios.report.cases import told, worst
from scenarios.report.excerpt import excerpts
from scenarios.report.page import Content, page
from scenarios.report.paid import Paid
from scenarios.report.reading import read_through
from scenarios.report.unusual import UnusualPaid
from scenarios.report.why_phoned_first import why_phoned_first
from scenarios.runner.recorded import NothingRecorded, Recorded
from scenarios.story.expectations import check

WORST = 10


def write_page(found: Recorded, path: Path) -> None:
    """Write the page. Raises ``NothingRecorded`` where its file cannot be written."""
    text = page(content_of(found))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"{path}: the page cannot be written: {error.strerror}; name another file"
        raise NothingRecorded(message) from None


def figures_of(found: Recorded) -> dict[str, Any]:
    """Return what a ledger says in figures: the scorecard, groups of agents, surveys."""
    reading = read_through(found)
    told_of_agents = AgentsTold.of(reading.evidence.facts, reading.evidence.contentment)
    return {"name": found.name, "scorecard": reading.scorecard, **told_of_agents.as_json()}


def content_of(found: Recorded) -> Content:
    """Read everything that the page tells."""
    reading = read_through(found)
    evidence, day, card = reading.evidence, reading.day, reading.scorecard
    cases = told(evidence)
    chosen = worst(cases, WORST)
    timelines = excerpts(found.rows(), [one.case for one in chosen]) if chosen else {}
    expect = {one.key: one.rule for one in found.notes.expect} if found.notes else {}
    shown = [(one, timelines[one.case.case]) for one in chosen]
    agents, known = len(evidence.facts.free_since), found.truth is not None
    due_s, why = evidence.setting.due_s, why_phoned_first(evidence)
    paid = Paid.of(evidence.facts.payments)
    odd = UnusualPaid.of(found.wrongs, evidence.facts.payments)
    told_of_agents = AgentsTold.of(evidence.facts, evidence.contentment)
    head = found.name, found.notes, card, check(expect, card), cases, day, agents, known, shown, due_s
    return Content(*head, why, paid, odd, told_of_agents)
