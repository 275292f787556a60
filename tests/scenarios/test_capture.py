"""``callahead capture``: a piece of a live run becomes a story that replays to the same decisions, and tells where it does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from scenarios import cli
from scenarios.capture.again import differences
from scenarios.capture.choose import Past, Wanted
from scenarios.capture.recording import open_recording
from scenarios.commands.capture import recorded_story
from scenarios.runner.real_time import play_live
from scenarios.runner.recorded import NothingRecorded, open_recorded
from scenarios.runner.virtual import run_story
from scenarios.story.loader import StoryError, open_story

FEW = (
    *("duration=20 min", "settle=8 min", "cars.count=40", "trucks.0.count=4", "trucks.1.count=3", "agents.0.count=3"),
    *("cars.departs={uniform: {low: 1 min, high: 10 min}}", "expect={}"),
    "faults=[{part: battery_12v, count: 4, when: {until: 11 min}}, {part: starter, count: 1, when: {until: 11 min}}]",
)

SPOILT = (
    "name: x\nabout: y\nrecorded: {{ledger_sha256: '', until: 1.0, context: own, policy: {{{policy}}}, actions: [], "
    "inputs: [{inputs}]}}"
)


@pytest.fixture(scope="module", name="run")
def _run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same little morning in virtual time."""
    folder = tmp_path_factory.mktemp("runs") / "few"
    run_story(open_story("winter_morning", FEW), 2, folder)
    return folder


def ran(*words: str) -> tuple[int, str]:
    """Run the command line; return its exit code and what it printed."""
    ended = CliRunner().invoke(cli.app, list(words))
    return ended.exit_code, ended.stdout


def test_a_case_of_a_real_live_run_replays_to_the_same_decisions(tmp_path: Path) -> None:
    """Real broker, real service, in processes of their own; then its ledger alone."""
    folder = tmp_path / "live"
    play_live(open_story("winter_morning", FEW), 2, speed=240, out=folder, quiet=True)
    past = Past.of(open_recorded(str(folder)).rows())
    assert past.book.cases
    for number, case in enumerate(past.book.cases):
        file = tmp_path / f"case-{number}.yaml"
        assert ran("capture", str(folder), "--case", case, "--out", str(file))[0] == 0
        code, printed = ran("run", str(file), "--json")
        told = json.loads(printed)
        assert (code, told["differences"], told["holds"]) == (0, [], True)
        assert told["actions"] == len([row for row in past.rows if row.kind == "action" and row.case == case])


def test_every_case_and_stretch_of_a_run_can_be_captured(run: Path) -> None:
    """With less than the whole ledger for a case: the trucks and agents that were free, the partners that were open."""
    found = open_recorded(str(run))
    past = Past.of(found.rows())
    inputs = sum(row.kind == "input" for row in past.rows)
    for case, view in past.book.cases.items():
        made = recorded_story(found, past, Wanted(case, view.opened_at, past.rows[-1].at)).recorded
        assert made.context != "everything"
        assert len(made.inputs) < inputs
    first, last = past.rows[0].at, past.rows[-1].at
    made = recorded_story(found, past, Wanted(None, first + 300, last)).recorded
    assert len(made.actions) == sum(row.kind == "action" and first + 300 <= row.at < last for row in past.rows)


def test_the_choice_between_trucks_is_part_of_the_story(run: Path, tmp_path: Path) -> None:
    """Without the truck that was sent, another is: the difference is told, and the exit code is 1."""
    case = next(iter(Past.of(open_recorded(str(run)).rows()).book.cases))
    file = tmp_path / "case.yaml"
    ran("capture", str(run), "--case", case, "--out", str(file))
    told = yaml.safe_load(file.read_text())
    sent = next(json.loads(one["body"])["truck"] for one in told["recorded"]["actions"] if one["type"] == "SendTow")
    told["recorded"]["inputs"] = [
        one for one in told["recorded"]["inputs"] if one["type"] != "TruckReported" or f'"{sent}"' not in one["body"]
    ]
    file.write_text(yaml.safe_dump(told))
    code, printed = ran("run", str(file), "--json")
    first = json.loads(printed)["differences"][0]
    assert code == 1
    assert first["recorded"].startswith(f"SendTow: send {sent}")
    assert sent not in str(first["replayed"])


def test_another_policy_decides_otherwise(run: Path) -> None:
    """The recording keeps the policy; with another one the due times differ."""
    found = open_recorded(str(run))
    past = Past.of(found.rows())
    case, view = next((case, view) for case, view in past.book.cases.items() if view.call is not None)
    made = recorded_story(found, past, Wanted(case, view.opened_at, past.rows[-1].at)).recorded
    assert differences(made) == []
    assert differences(made.model_copy(update={"policy": {"call_due_s": 60.0}})) != []


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ([], "give either --case ID or --window"),
        (["--case", "volta/car-9999/1-1"], "has no such case"),
        (["--window", "06:10"], "write two times"),
        (["--window", "06:10..06:05"], "must lie after"),
        (["--window", "half past six..07:00"], "is no time"),
        (["--window", "2020-01-01T00:00:00..2020-01-02T00:00:00"], "the ledger reaches from"),
    ],
)
def test_what_cannot_be_captured_is_said(run: Path, options: list[str], complaint: str) -> None:
    """Before anything is written."""
    with pytest.raises(NothingRecorded, match=complaint):
        cli.app(["capture", str(run), *options], standalone_mode=False)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("recorded: {inputs: 3}", "name: Field required"),
        ("recorded: [", "cannot be read"),
        (SPOILT.format(policy="pace: 2", inputs=""), "pace"),
        (SPOILT.format(policy="", inputs="{at: 1.0, type: TruckExploded, body: '{}'}"), "there is no TruckExploded"),
    ],
)
def test_a_recording_that_was_spoilt_is_told_by_file_and_key(tmp_path: Path, change: str, complaint: str) -> None:
    """Bad input, not a difference."""
    file = tmp_path / "spoilt.yaml"
    file.write_text(change)
    with pytest.raises(StoryError, match=complaint):
        open_recording(file)
    with pytest.raises(StoryError, match="no values to change"):
        cli.app(["run", str(file), "--set", "a=1"], standalone_mode=False)
