"""``callahead validate --expect``: expectations are held to every seed, and to three standard deviations from the mean."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from scenarios import cli
from scenarios.commands import expect as expect_command
from scenarios.experiments.trial import Card
from scenarios.story.loader import SHELF, StoryError, open_story
from scenarios.story.scorecard_keys import KEYS
from scenarios.validation.room import Room, failing, means, rooms

SHORT = ("--set", "duration=100 min", "--set", "phones.count=150")


def room(rule: str, *values: float | None) -> Room:
    """Judge one rule by some seeds, from 1 on."""
    blank: Card = dict.fromkeys(KEYS)
    cards = {seed: blank | {"called_first_share": value} for seed, value in enumerate(values, 1)}
    (found,) = rooms("story", {"called_first_share": rule}, cards)
    return found


@pytest.mark.parametrize(
    ("rule", "has_room", "held"),
    [
        (">= 0.7", True, True),
        (">= 0.78", False, True),  # 0.8 less three times 0.0082 is 0.7755
        (">= 0.795", False, False),
        ("<= 0.9", True, True),
        ("<= 0.82", False, True),
        ("<= 0.805", False, False),
        ("0.7 .. 0.9", True, True),
        ("0.78 .. 0.9", False, True),
        ("0.7 .. 0.82", False, True),
        ("== 0.7", False, False),
        ("!= 0", True, True),
    ],
)
def test_a_rule_has_room_where_three_deviations_keep_it(rule: str, *, has_room: bool, held: bool) -> None:
    """On the side, or the sides, on which it may break."""
    found = room(rule, 0.79, 0.8, 0.81, 0.8)
    assert (found.has_room, found.held, found.is_well) == (has_room, held, has_room and held)
    assert (not failing([found])) is found.is_well


def test_the_worst_seed_is_named() -> None:
    """The nearest to breaking the rule: the lowest from below, the highest from above; an unknown figure is worse than any."""
    assert room(">= 0.7", 0.79, 0.75, 0.81).worst_seed == 2
    assert room("<= 0.9", 0.79, 0.75, 0.81).worst_seed == 3
    assert room("0.7 .. 0.9", 0.79, 0.75, 0.88).worst_seed == 3
    assert room(">= 0.7", 0.79, None, 0.71).worst_seed == 2


def test_what_never_varies_stands_where_it_is() -> None:
    """Nothing lost on any seed holds with room; what is unknown on every seed holds nowhere."""
    assert room("== 0", 0, 0, 0).is_well
    assert not room("== 0", 0, 1, 0).held
    assert not room(">= 0", None, None).is_well
    assert "does not hold on seed 2 (1)" in failing([room("== 0", 0, 1, 0)])[0]


def test_stories_are_played_and_judged() -> None:
    """Two seeds of a short card outage; what does not hold ends with 1 and is named with its seed."""
    arguments = ["validate", "card_outage", "--expect", "--seeds", "2", "--workers", "1", *SHORT, "--json"]
    good = CliRunner().invoke(cli.app, [*arguments, "--set", "expect={lost: '== 0', duplicates: '== 0'}"])
    assert good.exit_code == 0, good.output
    told = json.loads(good.stdout)
    assert told["seeds"] == [1, 2]
    assert [(one["key"], one["held"], one["mean"]) for one in told["expectations"]] == [
        ("lost", True, 0),
        ("duplicates", True, 0),
    ]
    bad = CliRunner().invoke(cli.app, [*arguments, "--set", "expect={cases: '== 0'}"])
    assert bad.exit_code == 1
    assert "card_outage: cases == 0: does not hold on seed" in bad.stderr


def test_every_shipped_story_is_played_but_the_slow_one() -> None:
    """``make expectations`` names none; a new story is played without being listed."""
    shipped = {path.stem for path in SHELF.glob("*.yaml")}
    assert set(expect_command.shelved()) == shipped - expect_command.SLOW
    assert shipped >= expect_command.SLOW


def test_a_story_that_expects_nothing_is_told() -> None:
    """There is nothing to hold it to."""
    found = CliRunner().invoke(cli.app, ["validate", "card_outage", "--expect", *SHORT, "--set", "expect={}"])
    assert isinstance(found.exception, StoryError)
    assert "card_outage: expect: is missing" in str(found.exception)


def test_what_is_expected_of_the_mean_holds_at_three_standard_errors() -> None:
    """Whatever one seed is like: 0.8 plus three times 0.0082 / 2 is 0.8122."""
    blank: Card = dict.fromkeys(KEYS)
    cards = {seed: blank | {"eta_bias": value} for seed, value in enumerate((0.79, 0.8, 0.81, 0.8), 1)}
    for rule, well in (("<= 0.805", False), ("<= 0.813", True), ("0.78 .. 0.82", True), (">= 0.81", False)):
        (found,) = means("story", {"eta_bias": rule}, cards)
        assert found.is_well is well
        assert (not failing([found])) is well
        assert found.key == "eta_bias, mean"
    (unknown,) = means("story", {"eta_bias": "<= 1"}, {1: blank, 2: blank})
    assert "unknown" in failing([unknown])[0]


def test_what_is_expected_of_the_mean_must_be_on_the_scorecard() -> None:
    """As what is expected of one run."""
    with pytest.raises(StoryError, match=r"expect_mean.*not on the scorecard"):
        open_story("winter_morning", ["expect_mean={eta_bais: '<= 1'}"])
