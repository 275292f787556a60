"""Stories in which people are asked how a talk was: who answers when, who is rung back by whom, and what a report makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from dispatch.core.actions import AssignCall, QueueCall, SendMessage
from dispatch.core.events import CallEnded
from dispatch.core.surveys.actions import AskSurvey
from dispatch.core.surveys.events import SurveyAnswered
from dispatch.ledger.rows import read
from scenarios import cli
from scenarios.report.agents_told import AgentsTold, section
from scenarios.runner import run_notes
from scenarios.runner.virtual import Result, run_story
from scenarios.score.nonresponse import bounds, corrected
from scenarios.story.loader import open_story
from scenarios.story.schema import Story
from scenarios.story.scorecard_keys import WHERE_USED

STRAINED = (
    *("policy.surveys=true", "duration=6 h", "settle=4 h", "cars.count=60", "phones.count=60", "fridges.count=60"),
    *("faults=[]", "expect={}", "agents.0.count=5", "agents.1.count=3", "calls.rate=150 per h"),
    "customers.patience=1 h",
    *("customers.channels.surveys={answers: 60%, unhappy: 1.6, happy: 1.0}", "customers.languages={lv: 1}"),
)
"""Eight agents for a hundred and fifty patient callers in each of two hours, of whom more than half answer."""


@pytest.fixture(scope="module", name="story")
def _story() -> Story:
    return open_story("seven_channels", STRAINED)


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs") / "asked"


@pytest.fixture(scope="module", name="run")
def _run(story: Story, folder: Path) -> Result:
    result = run_story(story, 3, folder)
    run_notes.write(folder, story, 3, result.scorecard, [])
    return result


def test_they_are_asked_at_once_and_most_answer_within_two_hours(run: Result) -> None:
    """Each message leaves with the end of its talk; four in five of those who answer do so within two hours."""
    rows = [(row.at, read(row)) for row in run.rows]
    ended = {(said.call, said.attempt): at for at, said in rows if isinstance(said, CallEnded)}
    asked = {said.survey: (at, said) for at, said in rows if isinstance(said, AskSurvey)}
    assert len(asked) > 200
    assert all(at == ended[said.call, said.attempt] for at, said in asked.values())
    sent = {said.key for _, said in rows if isinstance(said, SendMessage) and said.purpose == "survey"}
    assert sent == {said.message for _, said in asked.values()}
    first_hour = {name: at for name, (at, _) in asked.items() if at < rows[0][0] + 3_600}
    took = [
        at - first_hour[said.survey]
        for at, said in rows
        if isinstance(said, SurveyAnswered) and said.survey in first_hour
    ]
    assert 0.7 < np.mean(np.array(took) <= 7_200) <= 1.0


def test_who_gives_little_is_rung_by_another(run: Result) -> None:
    """Nobody is rung back by whom they were not content with."""
    rows = [read(row) for row in run.rows]
    about = {said.customer: said.agent for said in rows if isinstance(said, AskSurvey)}
    low = {said.customer for said in rows if isinstance(said, SurveyAnswered) and said.score <= 2}
    queued = {said.call: said.customer for said in rows if isinstance(said, QueueCall) and said.reason == "low_score"}
    given = [(queued[said.call], said.agent) for said in rows if isinstance(said, AssignCall) and said.call in queued]
    assert low
    assert set(queued.values()) <= low
    assert given
    assert all(about[customer] != agent for customer, agent in given)


def test_the_scorecard_has_mean_interval_and_truth_where_somebody_was_asked(run: Result) -> None:
    """And none of it where the policy does not ask."""
    card = run.scorecard
    low, mean, high, truth = (
        card[key] for key in ("survey_mean_low", "survey_mean_weighted", "survey_mean_high", "survey_truth")
    )
    assert isinstance(low, float)
    assert isinstance(mean, float)
    assert isinstance(high, float)
    assert isinstance(truth, float)
    assert low <= truth <= high
    assert abs(mean - truth) < 0.1
    silent = open_story("seven_channels", (*STRAINED, "policy.surveys=false", "duration=40 min", "settle=20 min"))
    assert not set(run_story(silent, 3).scorecard) & set(WHERE_USED)


def test_the_report_tells_groups_and_surveys(run: Result, folder: Path) -> None:
    """As a page and for machines; both means, the bounds around them and the truth."""
    assert run.folder == folder
    told = json.loads(CliRunner().invoke(cli.app, ["report", str(folder), "--json"]).output)
    assert {one["group"] for one in told["groups"]} == {"everything (lv, ru)", "everything (en, lv)"}
    surveys = told["surveys"]
    assert surveys["truth"] == run.scorecard["survey_truth"]
    assert surveys["mean"]["value"] == run.scorecard["survey_mean"]
    assert surveys["bounds"]["2"]["low"] < surveys["bounds"]["1.5"]["low"] < surveys["weighted"]["value"]
    section_ = section(AgentsTold.of(run.kept.facts, None))
    assert "corrected for who is silent" in section_
    assert "too few to say" in section_
    assert "in truth" not in section_  # which nobody told it


# --- the correction itself -------------------------------------------------------------------------------------------


def test_answers_of_a_few_are_not_corrected() -> None:
    """Nine answers say nothing; nor does a column that is the same for everybody."""
    assert corrected([5] * 9 + [None] * 90, np.zeros((99, 1))) is None
    found = corrected([5] * 10 + [1] * 10 + [None] * 80, np.ones((100, 1)))
    assert found is not None
    assert found.weighted.value == pytest.approx(found.raw.value) == 3.0


def test_what_is_known_of_the_silent_moves_the_mean() -> None:
    """Half of all waited, give two and answer five times as often: the mean goes back to the middle."""
    rng = np.random.default_rng(5)
    waited = np.arange(4_000) % 2
    answers = rng.random(4_000) < np.where(waited, 0.25, 0.05)
    found = corrected(
        [(2 if late else 4) if says else None for late, says in zip(waited, answers, strict=True)],
        waited[:, None].astype(float),
    )
    assert found is not None
    assert found.raw.value < 2.5
    assert abs(found.weighted.value - 3.0) < 0.05
    assert found.weighted.low < 3.0 < found.weighted.high


def test_bounds_are_the_mean_where_nothing_is_hidden_and_grow_with_what_may_be() -> None:
    """By hand: two answers, 1 and 5, each likely by a half; odds of two give weights of 1.5 to 3."""
    given, likely = np.array([1.0, 5.0]), np.array([0.5, 0.5])
    assert bounds(given, likely, 1.0) == pytest.approx((3.0, 3.0))
    low, high = bounds(given, likely, 2.0)
    assert low == pytest.approx((3.0 * 1 + 1.5 * 5) / 4.5)
    assert high == pytest.approx((1.5 * 1 + 3.0 * 5) / 4.5)
