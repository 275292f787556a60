"""``callahead shadow``: what another policy would have decided, at each decision that stands in a ledger."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dispatch.service.policy_file import BadPolicyFile
from scenarios import cli
from scenarios.runner import run_notes
from scenarios.runner.recorded import NothingRecorded
from scenarios.runner.virtual import run_story
from scenarios.story.expectations import check
from scenarios.story.loader import open_story

SMALL = (
    *("duration=3 h", "cars.count=60", "trucks.0.count=2", "trucks.1.count=2", "policy.dial_attempts=3"),
    *("faults.0={part: battery_12v, count: 6}", "faults.1={part: starter, count: 2}"),
    *("faults.2={parts: {tyre: 1, alternator: 1}, count: 3}", "faults.3.count=0", "faults.4.count=0"),
)


@pytest.fixture(scope="module", name="run")
def _run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short winter morning with two trucks, of a house that says what it goes by."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    story = open_story("winter_morning", SMALL)
    result = run_story(story, 5, folder)
    run_notes.write(folder, story, 5, result.scorecard, check(story.expect, result.scorecard))
    return folder


@pytest.fixture
def plans(tmp_path: Path) -> Path:
    """A policy that plans."""
    (file := tmp_path / "plans.yaml").write_text("plan: insertion\ndial_attempts: 3")
    return file


def test_each_decision_is_compared_and_nothing_is_written(
    run: Path, plans: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table and the last differences for people, all of it for machines."""
    before = (run / "ledger.sqlite").read_bytes()
    cli.app(["shadow", str(run), str(plans), "--json"], standalone_mode=False)
    found = json.loads(capsys.readouterr().out)
    totals = found["totals"]
    assert totals["choices"] > 5
    apart = totals["another_truck"] + totals["shadow_waits"] + totals["shadow_sends"]
    assert totals["choices"] == totals["alike"] + apart
    assert apart == sum(len(one["cases"]) for one in found["differences"]) > 0
    assert found["spent"]["shadow_s"] > 0
    cli.app(["shadow", str(run), str(plans)], standalone_mode=False)
    said = capsys.readouterr().out
    assert "searches for a truck" in said
    assert "; beside: " in said
    assert (run / "ledger.sqlite").read_bytes() == before


def test_what_the_ledger_was_decided_by_has_to_be_known(run: Path, plans: Path, tmp_path: Path) -> None:
    """Another policy than the run's own is told where the two part, and nothing is told of the rest."""
    (wrong := tmp_path / "wrong.yaml").write_text("plan: insertion")
    with pytest.raises(NothingRecorded, match=r"row \d+: .*say by --policy"):
        cli.app(["shadow", str(run), str(plans), "--policy", str(wrong)], standalone_mode=False)


def test_bad_input_is_told(run: Path, tmp_path: Path, plans: Path) -> None:
    """No such run, no such file, no such key."""
    with pytest.raises(NothingRecorded, match="there is no such run"):
        cli.app(["shadow", str(tmp_path / "none"), str(plans)], standalone_mode=False)
    (bad := tmp_path / "bad.yaml").write_text("plann: insertion")
    for file, says in ((bad, "plann"), (tmp_path / "missing.yaml", "cannot be read")):
        with pytest.raises(BadPolicyFile, match=says):
            cli.app(["shadow", str(run), str(file)], standalone_mode=False)
