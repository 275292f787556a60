"""``callahead report``: one page that needs no network, about a run or a live ledger; what cannot be told is said."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from dispatch.store.journal import Journal
from scenarios import cli
from scenarios.report.content import content_of
from scenarios.report.page import figure_shown as _figure
from scenarios.report.page import page
from scenarios.runner import run_notes
from scenarios.runner.recorded import NothingRecorded, open_recorded
from scenarios.runner.virtual import run_story
from scenarios.story.expectations import check
from scenarios.story.loader import open_story

SMALL = (
    *("duration=1 h", "cars.count=60", "trucks.0.count=5", "trucks.1.count=4"),
    *("faults.0={part: battery_12v, count: 6}", "faults.1={part: starter, count: 2}"),
    *("faults.2={parts: {tyre: 1, alternator: 1}, count: 3}", "faults.3.count=0", "faults.4.count=0"),
)


@pytest.fixture(scope="module", name="run")
def _run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short winter morning with a dozen faults."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    story = open_story("winter_morning", SMALL)
    result = run_story(story, 5, folder)
    run_notes.write(folder, story, 5, result.scorecard, check(story.expect, result.scorecard))
    return folder


def as_live(run: Path, folder: Path) -> Path:
    """Return a copy of a run as a live service leaves it: a ledger, and nobody who knows what was broken."""
    folder.mkdir()
    shutil.copy(run / "ledger.sqlite", folder)
    return folder


def test_the_page_tells_everything_and_needs_no_network(run: Path) -> None:
    """Pictures, tables and styles stand in the file; nothing is fetched."""
    cli.app(["report", str(run)], standalone_mode=False)
    text = (run / "report.html").read_text("utf-8")
    for title in ("Being first", "The day", "The map", "Trucks", "Diagnosis", "Worst cases", "Scorecard", "Parameters"):
        assert f">{title}</h2>" in text
    assert text.count("<svg") == 8
    assert not re.search(r'(?:src|href)="(?!#)', text)
    assert not re.search(r"url\((?!#)|@import|<script|<link", text)
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert '<span class="fit">[fit]</span></td>' in text


def test_the_page_tells_how_far_from_the_car_trucks_were_sent(run: Path, tmp_path: Path) -> None:
    """By who had told the place; where nobody knows where the cars stood, nothing is said of it."""
    told = page(content_of(open_recorded(str(run))))
    assert "<th>place told by</th>" in told
    assert "<td>device, at rest, within 25 m</td>" in told
    live = page(content_of(open_recorded(str(as_live(run, tmp_path / "live")))))
    assert "place told by" not in live


def test_its_figures_are_the_scorecard(run: Path) -> None:
    """Recomputed from the ledger, and beside it what only the run knows."""
    found = open_recorded(str(run))
    assert found.notes is not None
    assert content_of(found).scorecard == found.notes.scorecard


def test_the_worst_cases_come_with_their_timelines(run: Path) -> None:
    """Each line of the case's own, from the fault to the end, although the rest of the ledger is not kept."""
    found = open_recorded(str(run))
    chosen = content_of(found).worst
    assert 0 < len(chosen) <= 10
    for one, excerpt in chosen:
        rows = [row for row in found.rows() if row.case == one.case.case]
        assert {row.seq for row in rows} <= {line.seq for line in excerpt.lines}
        assert any("case opened" in line.what for line in excerpt.lines)


def test_a_live_ledger_is_told_without_what_nobody_knows(run: Path, tmp_path: Path) -> None:
    """No confusion, no head start, no parameters; said instead."""
    text = page(content_of(open_recorded(str(as_live(run, tmp_path / "live")))))
    assert "what needs that is left out" in text
    assert "there is no confusion matrix" in text
    assert "called_first_share" not in text
    assert "Due: 45 min after it, the usual policy" in text
    assert ">Diagnosis</h2>" not in text


def test_queue_and_occupancy_begin_and_end_empty_handed(run: Path) -> None:
    """Every call that came left the queue or still waits; a truck's job has its parts in order."""
    day = content_of(open_recorded(str(run))).day
    assert sum(step for _, step in day.waiting) >= 0
    assert sum(step for _, step in day.talking) >= 0
    assert all(job.since <= (job.there or job.since) <= (job.until or day.last_at) for job in day.jobs)
    assert len(day.trucks) == 9


def test_a_hole_in_the_ledger_is_told_and_no_page_written(run: Path, tmp_path: Path) -> None:
    """A row that somebody changed, a folder without a ledger, a run that is not there, a file that is no ledger."""
    folder = as_live(run, tmp_path / "changed")
    with sqlite3.connect(folder / "ledger.sqlite") as store:
        store.execute("update ledger set body = replace(body, '0.9', '0.8') where type = 'FaultFound'")
    with pytest.raises(NothingRecorded, match=r"is not sound.*the hash does not fit"):
        open_recorded(str(folder))
    with pytest.raises(NothingRecorded, match="no ledger lies there"):
        open_recorded(str(tmp_path))
    with pytest.raises(NothingRecorded, match="there is no such run; beside it lie changed"):
        open_recorded(str(tmp_path / "chnaged"))
    (tmp_path / "notes.txt").write_text("no ledger")
    with pytest.raises(NothingRecorded, match="cannot be read"):
        open_recorded(str(tmp_path / "notes.txt"))
    assert not list(tmp_path.rglob("report.html"))


def test_an_empty_ledger_has_an_empty_page(run: Path, tmp_path: Path) -> None:
    """A service that was just started."""
    folder = as_live(run, tmp_path / "new")
    with sqlite3.connect(folder / "ledger.sqlite") as store:
        store.execute("delete from ledger")
    assert "<b>0</b>" in page(content_of(open_recorded(str(folder))))


OTHER_HOUSES = {
    "due in 5 minutes": ("policy.due=5 min",),
    "people ring about something else": ("calls={rate: 60/h}",),
}


@pytest.mark.parametrize("settings", OTHER_HOUSES.values(), ids=OTHER_HOUSES)
def test_the_page_says_what_the_scorecard_says(settings: tuple[str, ...], tmp_path: Path) -> None:
    """Figure for figure as the run printed them, and the pictures' tables with them: lateness by the run's own policy."""
    story, folder = open_story("winter_morning", (*SMALL, *settings)), tmp_path / "run"
    result = run_story(story, 5, folder)
    run_notes.write(folder, story, 5, result.scorecard, check(story.expect, result.scorecard))
    content = content_of(open_recorded(str(folder)))
    text = page(content)
    for key, value in result.scorecard.items():
        assert f'<td><code>{key}</code></td><td class="number">{_figure(key, value)}</td>' in text
    came = [one.response_s for one in content.cases if one.response_s is not None]
    late = sum(one.late for one in content.cases)
    assert len(came) > 5
    assert round(late / len(came), 4) == result.scorecard["late_share"]
    assert round(float(np.median(came)), 1) == result.scorecard["response_p50_s"]
    outcomes = dict(re.findall(r"<tr><td>(helped \w+ ?\w*)</td><td class=\"number\">(\d+)</td></tr>", text))
    assert int(outcomes.get("helped late", 0)) == late
    assert (late > 0) is ("policy.due=5 min" in settings)
    assert ("Due: 5 min" in text) is ("policy.due=5 min" in settings)


def test_what_does_not_hold_stands_at_the_head_of_the_page(run: Path, tmp_path: Path) -> None:
    """Each with its figure, also one that has no card else; where all holds, nothing is said."""
    shutil.copytree(run, tmp_path / "failed")
    found = open_recorded(str(tmp_path / "failed"))
    assert found.notes is not None
    rules = {"lost": "== 0", "cases": ">= 9999", "bookings": "== -1"}
    expect = check(rules, found.notes.scorecard)
    (tmp_path / "failed" / "run.json").write_text(found.notes.model_copy(update={"expect": expect}).model_dump_json())
    head, cards = page(content_of(open_recorded(str(tmp_path / "failed")))).split('<div class="cards">')
    assert "2 of 3 expectations do not hold" in head
    assert f"<code>bookings</code> is <b>{found.notes.scorecard['bookings']}</b>, expected == -1" in head
    assert "<code>lost</code>" not in head
    assert cards.partition("<h2")[0].count('"card bad"') == 2
    assert cards.startswith('<div class="card bad">')
    held = found.notes.model_copy(update={"expect": check({"lost": "== 0"}, found.notes.scorecard)})
    (tmp_path / "failed" / "run.json").write_text(held.model_dump_json())
    assert 'class="alarm"' not in page(content_of(open_recorded(str(tmp_path / "failed"))))


ODD = 'Ķelle "Bob" \\ <b>&\'s'


def test_a_ledger_with_odd_ids_is_told_like_any_other(serve: Callable[..., Any], tmp_path: Path) -> None:
    """Quotes, backslashes, markup, letters beyond ASCII: in the page, and in a timeline that the ledger alone still has."""
    service = serve("--dir", str(tmp_path / "live"))
    api = f"{service.http}/api/v1"
    customer = {"customer": ODD, "name": ODD, "phone": "+37120000001", "language": "lv", "provenance": "simulated"}
    httpx.post(f"{api}/customers", json=[customer]).raise_for_status()
    reported = {"ref": f"r/{ODD}", "customer": ODD, "words": ODD, "place": {"latitude": 56.95, "longitude": 24.1}}
    case = httpx.post(f"{api}/cases/reported", json=reported).raise_for_status().json()["case"]
    httpx.post(f"{api}/calls/inbound", json={"ref": ODD, "customer": ODD}).raise_for_status()
    assert service.stop() == 0
    with Journal.look(tmp_path / "live") as journal:
        rows = journal.ledger.naming(case)
    assert {"CaseReported", "OpenCase"} <= {row.type for row in rows}
    cli.app(["report", str(tmp_path / "live")], standalone_mode=False)
    told = (tmp_path / "live" / "report.html").read_text("utf-8")
    assert escape(case) in told
    assert "the customer rang in" in told
    assert "<b>&'s" not in told
