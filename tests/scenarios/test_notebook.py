"""``import scenarios`` in a notebook: the command line's figures, and tables whose columns are documented."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scenarios
import scenarios.runner.virtual  # the room's own modules and the functions live beside each other
from dispatch.ledger.rows import faults
from scenarios import cli
from scenarios.notebook.columns import CASES, CONVERSATIONS, DIFFERENCES, LEDGER, TRUCKS, Column
from scenarios.notebook.run import Run
from scenarios.runner.recorded import NothingRecorded
from scenarios.service.process import CannotPlay
from scenarios.story.loader import StoryError
from scenarios.terminal.extras import ExtraMissing

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "notebook.md"
SMALL = {
    "duration": "1 h",
    "cars.count": 60,
    "trucks.0.count": np.int64(5),
    "trucks.1.count": 4,
    "faults.0": {"part": "battery_12v", "count": 6},
    "faults.1.count": 2,
    "faults.2.count": 3,
    "faults.3.count": 0,
    "faults.4.count": 0,
}
"""A short winter morning with some faults."""


SHORT = {"duration": "20 min", "settle": 0, "phones.count": 50}


@pytest.fixture(scope="module", name="run")
def _run() -> Run:
    return scenarios.play("winter_morning", seed=5, settings=SMALL)


def elsewhere(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a few lines in a process of their own."""
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)


def test_importing_it_loads_nothing(tmp_path: Path) -> None:
    """``callahead --help`` and whoever needs one module of it pay for no other; completion knows the names all the same."""
    code = "import sys; before = set(sys.modules); import scenarios; print(*set(sys.modules) - before, *dir(scenarios))"
    words = set(elsewhere(code, tmp_path).stdout.split())
    assert {"play", "compare", "stories", "open_run"} <= words
    packages = {word.partition(".")[0] for word in words if "." in word}
    assert not packages & {"scenarios", "dispatch", "gateway", "numpy", "pandas", "pydantic", "rich", "simpy", "typer"}


def test_its_figures_are_the_command_lines(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same story, seed and settings: the same ledger, figure for figure but for the time it took."""
    settings = [f"--set={path}={json.dumps(value, default=int)}" for path, value in SMALL.items()]
    words = ["run", "winter_morning", "--seed", "5", "--json", "--out", str(tmp_path), *settings]
    cli.app(words, standalone_mode=False)
    told = json.loads(capsys.readouterr().out)
    assert {**run.scorecard, "wall_s": 0} == {**told["scorecard"], "wall_s": 0}
    assert [(one.key, one.holds) for one in run.expectations] == [(one["key"], one["holds"]) for one in told["expect"]]
    assert run.holds is all(one["holds"] for one in told["expect"])


def types(table: Any) -> dict[str, str]:
    """Return a table's columns with their types."""
    return {name: str(dtype) for name, dtype in table.dtypes.items()}


def documented(columns: tuple[Column[Any], ...]) -> dict[str, str]:
    """Return what the columns should be."""
    return {one.name: one.dtype for one in columns}


def test_the_ledger_is_whole(run: Run) -> None:
    """Every row with its hash, and the time as the story counts it."""
    table, rows = run.ledger, list(run.rows())
    assert types(table) == documented(LEDGER)
    assert list(table.seq) == [row.seq for row in rows]
    assert table.hash.iloc[-1] == run.scorecard["ledger_sha256"]
    assert list(faults(rows)) == []
    assert table.story_s.between(0, 3600).all()
    assert table[table.kind == "action"].cause.dropna().isin(table.seq).all()


def test_the_cases_come_to_the_scorecard(run: Run) -> None:
    """Counted and averaged by pandas, they are what the scorecard says."""
    table, card = run.cases, run.scorecard
    assert types(table) == documented(CASES)
    assert len(table) == card["cases"] > 5
    assert table.tows.sum() == card["tows"]
    assert round(table.response_s.median(), 1) == card["response_p50_s"]
    assert round(table.location_error_m.quantile(0.95), 1) == card["location_error_p95_m"]
    assert round((table.part == table.broken).mean(), 4) == card["part_accuracy"]
    first = table.head_start_s[table.head_start_s > 0]
    assert round(first.median(), 1) == card["head_start_p50_s"]


def test_each_truck_has_a_line(run: Run) -> None:
    """Also one that had nothing to do; who arrived drove there first."""
    table = run.trucks
    assert types(table) == documented(TRUCKS)
    assert len(table) == 9
    assert table.arrivals.sum() == run.cases.arrived_at.notna().sum() > 0
    assert (table.to_scene_s <= table.bound_s).all()
    assert table.bound_share.between(0, 1).all()


def test_conversations_tell_what_was_written_read_and_answered() -> None:
    """A line for each customer who was written to or wrote, with what is true of them beside it; the ledger's sums hold."""
    few = {
        "duration": "2 h",
        "settle": "15 min",
        "cars.count": 150,
        "calls.rate": "0 per h",
        "faults.1.count": 6,
        "faults.2.count": 2,
    }
    few |= {
        "faults.1.when": {"from": "20 min", "until": "80 min"},
        "faults.2.when": {"from": "20 min", "until": "80 min"},
    }
    talked = scenarios.play("seven_channels", seed=1, settings=few)
    table, rows = talked.conversations, talked.ledger
    assert types(table) == documented(CONVERSATIONS)
    assert table.messages.sum() == rows.type.isin(["SendMessage", "SendNotice"]).sum()
    assert table.wrote.sum() == (rows.type == "CustomerWrote").sum()
    assert table.told_twice.sum() == talked.scorecard["told_twice"] == 0
    first = table[table.customer == talked.cases.customer.iloc[0]].iloc[0]
    assert "chat" in first.wrote_by
    assert table.first_channel.isin(["app", "sms", "push", "social", "email"]).any()
    assert 0 <= talked.scorecard["first_channel_hit_share"] <= 1


def test_it_shows_itself(run: Run) -> None:
    """In a cell: every figure, what was expected, and nothing that a story's author could smuggle in."""
    shown = run._repr_html_()
    assert all(f"<code>{key}</code>" in shown for key in run.scorecard)
    assert shown.count("✓") + shown.count("✗") == len(run.expectations)
    assert "<script" not in scenarios.play("card_outage", settings={**SHORT, "about": "<script>"})._repr_html_()
    assert repr(run).startswith(f"<run winter_morning, seed 5: {run.scorecard['cases']} cases, ")


def test_what_is_forgotten_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder goes with the run, and with a story that cannot be played."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    run = scenarios.play("card_outage", settings=SHORT)
    assert len(list(tmp_path.iterdir())) == 1
    del run
    with pytest.raises(StoryError):
        scenarios.play("winter_morning", settings={"faults.0.count": 5000})
    assert list(tmp_path.iterdir()) == []


def test_it_is_kept_and_opened_again(run: Run, tmp_path: Path) -> None:
    """As the command line keeps one, over an earlier one; its page is written where it is wanted."""
    scenarios.play("card_outage", settings=SHORT).save(tmp_path / "kept")
    again = scenarios.open_run(run.save(tmp_path / "kept"))
    assert again.scorecard == run.scorecard
    assert again.expectations == run.expectations
    assert again.cases.equals(run.cases)
    assert again.save(tmp_path / "kept") == tmp_path / "kept"
    assert ">Scorecard</h2>" in run.report(tmp_path / "there" / "page.html").read_text("utf-8")


def test_a_services_ledger_is_read_without_what_nobody_knows(run: Run, tmp_path: Path) -> None:
    """No seed, no truth; and it is the service's to copy."""
    folder = run.save(tmp_path)
    (folder / "run.json").unlink()
    (folder / "truth.jsonl").unlink()
    live = scenarios.open_run(folder)
    assert (live.seed, live.expectations, live.story) == (None, (), str(folder))
    assert len(live.ledger) == len(run.ledger)
    assert live.cases.broken.isna().all()
    assert "Nothing was expected" in live._repr_html_()
    with pytest.raises(NothingRecorded, match="callahead-serve backup"):
        live.save(tmp_path / "copy")


def test_two_policies_are_compared() -> None:
    """Paired, with intervals, as a table; beside the command's own figures."""
    found = scenarios.compare("winter_morning", seeds=2, settings=SMALL, workers=1)
    table = found.figures.set_index("figure")
    assert types(found.figures) == documented(DIFFERENCES)
    assert (found.sides, found.seeds) == (("proactive", "reactive"), 2)
    assert table.difference["calls_connected"] == table.story["calls_connected"] > table.against["calls_connected"] == 0
    assert "<b>" in found._repr_html_()
    assert "proactive against reactive, 2 of 2 seeds" in repr(found)


def test_the_shelf_is_listed() -> None:
    """Name and what it is about, as ``callahead stories`` prints them."""
    assert "winter_morning" in scenarios.stories()


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda: scenarios.play("winter_mornin"), StoryError, "did you mean 'winter_morning'"),
        (lambda: scenarios.play("card_outage", seed=-1), CannotPlay, "seed: -1 is no whole number from 0 on"),
        (lambda: scenarios.play("card_outage", seed="7"), CannotPlay, "seed: '7' is no whole number"),
        (lambda: scenarios.play("card_outage", settings={"agents.9.count": 2}), StoryError, "agents.9.count"),
        (
            lambda: scenarios.play("card_outage", settings={"duration": object()}),
            StoryError,
            "settings: duration: <object",
        ),
        (
            lambda: scenarios.play("winter_morning", settings={"faults.0.count": 5000}),
            StoryError,
            "winter_morning.yaml: faults.0.count: 5000 faults are asked for",
        ),
        (lambda: scenarios.compare("card_outage", seeds=1), CannotPlay, "seeds: 1 is no whole number from 2 on"),
        (lambda: scenarios.compare("card_outage", policy="lazy"), CannotPlay, "--policy lazy"),
        (lambda: scenarios.open_run("nowhere/run"), NothingRecorded, "there is no such run"),
        (lambda: scenarios.plya, AttributeError, "has no attribute 'plya'"),
    ],
)
def test_bad_input_is_named(call: Any, error: type[Exception], told: str) -> None:
    """As the command line names it."""
    with pytest.raises(error, match=re.escape(told)):
        call()


def test_without_the_stories_extra_it_is_named(tmp_path: Path) -> None:
    """Where the service alone is installed."""
    done = elsewhere(
        "import sys; sys.modules['simpy'] = None; import scenarios; scenarios.play('card_outage')", tmp_path
    )
    assert done.stderr.strip().endswith("ExtraMissing: this needs simpy: pip install 'callahead[sim]'")


def test_without_the_reports_extra_all_goes_but_tables_and_pages(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is named."""
    for name in [name for name in sys.modules if name.partition(".")[0] in {"pandas", "matplotlib"}]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("scenarios.report.content", "scenarios.report.why_phoned_first"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    again = scenarios.open_run(run.save(tmp_path))
    assert again._repr_html_() == run._repr_html_()
    with pytest.raises(ExtraMissing, match=re.escape("this needs pandas: pip install 'callahead[report]'")):
        _ = again.cases
    with pytest.raises(ExtraMissing, match=re.escape("this needs matplotlib: pip install 'callahead[report]'")):
        again.report(tmp_path / "page.html")


def test_the_guide_documents_every_column() -> None:
    """Name and meaning, in order, each table."""
    text = GUIDE.read_text("utf-8")
    for name, columns in (
        ("ledger", LEDGER),
        ("cases", CASES),
        ("conversations", CONVERSATIONS),
        ("trucks", TRUCKS),
        ("figures", DIFFERENCES),
    ):
        section = text.partition(f"`{name}`: ")[2].partition("\n\n**")[0]
        rows = re.findall(r"^\| `(\w+)` \| (.*?) \|$", section, re.MULTILINE)
        assert rows == [(one.name, one.says) for one in columns]


def test_the_guides_lines_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they stand there, one block after the other, in one notebook."""
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    there: dict[str, Any] = {}
    for block in blocks:
        exec(block, there)  # noqa: S102 - our own guide
    assert (tmp_path / "morning.html").exists()
    assert len(blocks) >= 3
