"""``callahead validate``: the real desk and the world's actors against known answers, and wrong worlds are found out."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from typer.testing import CliRunner

from scenarios import cli
from scenarios.commands.validate import SHELF
from scenarios.story.loader import StoryError, open_story
from scenarios.validation import shares
from scenarios.validation.answer import Known, RunFigure
from scenarios.validation.checks import answer_of, judge, validate

SMALL = ("agents.count=3", "calls.rate=15 per 30 min", "duration=10 h")
SHORT: dict[str, tuple[str, ...]] = {
    "causes": ("cars.count=400", "faults.count=200"),
    "erlang_a": SMALL,
    "erlang_c": SMALL,
    "hypercube": ("duration=6 days",),
    "learned_order": (),
    "mm3": ("calls.rate=0.15 per s", "duration=40 min"),
    "offers": ("duration=3 h",),
    "offers_forbidden": ("duration=15 min",),
    "priority": (
        *("agents.count=4", "calls.rate=20 per h", "duration=4 h 30 min"),
        *("phones.count=80", "faults.count=80"),
    ),
    "priority_by_index": (
        *("agents.count=4", "calls.rate=20 per h", "duration=4 h 30 min"),
        *("phones.count=80", "faults.count=80"),
    ),
    "skills": ("duration=20 h",),
    "surveys": ("cars.count=600",),
    "unit_square": (),
}
"""Short runs: agents who are busy half of their time forget soon how they began."""


def test_each_story_whose_answer_is_known_is_tried_here() -> None:
    """None is shipped untried."""
    assert {path.stem for path in SHELF.glob("*.yaml")} == set(SHORT)


@pytest.mark.parametrize("name", sorted(SHORT))
def test_what_is_known_comes_out(name: str) -> None:
    """A short run of each; ``callahead validate`` plays them at their length."""
    story = open_story(str(SHELF / f"{name}.yaml"), SHORT[name])
    assert [check.name for check in validate([story], range(1, 9), cores=1) if not check.holds] == []


@pytest.mark.parametrize(
    ("name", "wrong", "seeds"),
    [
        ("causes", "faults.0.parts.tyre=20%", 6),
        ("erlang_a", "customers.patience.exponential.mean=1 min", 6),
        ("erlang_c", "agents.count=4", 6),
        ("hypercube", "trucks.0.depots=[two, one, three]", 6),
        ("learned_order", "customers.channels.social.reads=30%", 6),
        ("mm3", "agents.count=4", 6),
        ("priority", "agents.count=5", 6),
        ("priority_by_index", "agents.count=5", 6),
        ("unit_square", "place.shape=disc", 12),
    ],
)
def test_a_wrong_world_is_found_out(name: str, wrong: str, seeds: int) -> None:
    """One agent too many, less patience, a round town: the intervals do not hold what is known of the right one."""
    right = open_story(str(SHELF / f"{name}.yaml"), SHORT[name])
    other = open_story(str(SHELF / f"{name}.yaml"), (*SHORT[name], wrong))
    answer = answer_of(right)
    runs = [answer.seen(other, seed) for seed in range(1, seeds + 1)]
    figures = answer.known(right).items()
    assert not all(judge(name, key, figure, [run[key] for run in runs]).holds for key, figure in figures)


def test_other_shares_are_found_out() -> None:
    """Tyres twice as often as asked for: chi-square is far from the number of causes less one."""
    asked = {"tyre": 0.1, "battery_12v": 0.9}
    drawn = [shares.measured(Counter(tyre=200 + luck, battery_12v=800 - luck), asked) for luck in (-9, 4, 0, 7)]
    assert not judge("causes", "chi-square", Known(1.0, "Pearson", 0.0), [one["chi-square"] for one in drawn]).holds


def test_seeds_that_agree_by_chance_prove_no_more_than_they_saw() -> None:
    """Nobody of 400 waited: that something happens once in a thousand is not refuted."""
    nobody = [RunFigure(0.0, 100)] * 4
    assert judge("", "P(wait)", Known(0.001, ""), nobody).holds
    assert not judge("", "P(wait)", Known(0.01, ""), nobody).holds


def test_it_prints_each_check_for_machines() -> None:
    """With any value changed: the formula goes along."""
    command = ["validate", "mm3", "--seeds", "3", "--set", "duration=30 min", "--set", "agents.count=4", "--json"]
    printed = CliRunner().invoke(cli.app, command)
    checks = {check["name"]: check for check in json.loads(printed.stdout)["checks"]}
    assert checks["mean wait, s"]["formula"] == pytest.approx(0.8696, abs=1e-4)
    assert {"name", "formula", "simulated", "ci99_low", "ci99_high", "holds"} <= set(checks["P(wait)"])
    assert printed.exit_code == (0 if all(check["holds"] for check in checks.values()) else 1)


@pytest.mark.parametrize(
    ("name", "setting", "complaint"),
    [
        ("erlang_c", "agents.count=10", "agents.0.count: 10 servers carry 10 erlangs"),
        ("erlang_c", "agents.count=0", "one group of agents"),
        ("erlang_c", "agents.handling=180 s", "agents.0.handling"),
        ("erlang_c", "agents.rests=5 s", "agents.0"),
        ("erlang_c", "customers.languages={lv: 1}", "agents.0.languages"),
        ("erlang_c", "calls.rate=0 per h", "calls.rate"),
        ("erlang_c", "calls.rate=100", "is not a rate"),
        ("erlang_a", "customers.patience=5 min", "customers.patience"),
        ("erlang_a", "answers=null", "answers: is missing"),
        ("priority", "customers.answer=0.5", "customers"),
        ("unit_square", "trucks.count=2", "one truck that is alone"),
        ("causes", "faults.count=0", "faults.0.parts"),
        ("hypercube", "trucks.0.count=4", "trucks: Larson's example has 3 trucks with a depot of its own each"),
        ("hypercube", "trucks.0.depots=[one, one, two]", "trucks: Larson"),
        ("hypercube", "trucks.0.depots=[one, two, four]", "there is no depot 'four'"),
    ],
)
def test_what_has_no_known_answer_is_said_before_anything_runs(name: str, setting: str, complaint: str) -> None:
    """By file, key and rule."""
    with pytest.raises(StoryError, match=complaint):
        cli.app(["validate", name, "--set", setting], standalone_mode=False)
