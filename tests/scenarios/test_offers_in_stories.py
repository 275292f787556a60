"""A bank's hour with offers: made to who may be offered something, taken as the world has it, and judged from the ledger."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.desk import Desk
from dispatch.core.offers.actions import ProposeOffer
from dispatch.core.offers.events import OfferSought
from dispatch.ledger.fold import Fold
from dispatch.ledger.replay import restore
from dispatch.ledger.rows import read
from dispatch.service.policy_file import desk_policy
from scenarios import cli
from scenarios.learning.offers import (
    CHOICES,
    LoggedOffer,
    best_so_far,
    each_alike,
    largest_value,
    logged_offers,
    self_normalised,
    weighted,
)
from scenarios.runner.virtual import Result, run_story
from scenarios.story.loader import StoryError, open_story
from scenarios.validation import offers as validation

HOUR = ("duration=90 min", "settle=15 min", "phones.count=60", "calls.rate=40 per h", "offers.agrees=70%")
OFFERING = (*HOUR, "policy.offers=true")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """It, with a house that offers something, kept."""
    return run_story(open_story("toms_bill", OFFERING), 7, tmp_path_factory.mktemp("offers") / "run")


def test_offers_are_made_and_taken_and_none_is_forbidden(played: Result) -> None:
    """By the truth of the world; who did not agree, or is to be treated with care, hears of none."""
    card = played.scorecard
    assert int(card["offers_made"] or 0) > 5
    assert 0 < int(card["offers_taken"] or 0) < int(card["offers_made"] or 0)
    assert card["offers_forbidden"] == 0
    asked = [found for row in played.rows if isinstance(found := read(row), OfferSought)]
    assert any(not one.may_offers for one in asked)
    assert any(one.vulnerable for one in asked)


def test_a_desk_that_goes_on_from_the_ledger_remembers_the_same(played: Result) -> None:
    """Whether it decides anew or folds what was decided: with the same propensities."""
    policy = desk_policy(open_story("toms_bill", OFFERING).policy)
    again, fold = Desk(policy), Fold(policy, version=DECISIONS_VERSION)
    assert not restore(played.rows, again)
    for row in played.rows:
        fold.feed(row)
    assert fold.standing().offers == again.standing().offers
    made = [found for row in played.rows if isinstance(found := read(row), ProposeOffer)]
    assert [one.proposed for one in again.standing().offers.made] == made


def test_a_house_that_offers_nothing_asks_nobody() -> None:
    """With the same people; and its ledger is that of a story that has no offers at all."""
    without = run_story(open_story("toms_bill", HOUR), 7)
    assert "offers_made" not in without.scorecard
    plain = run_story(open_story("toms_bill", HOUR[:-1]), 7)
    assert without.scorecard["ledger_sha256"] == plain.scorecard["ledger_sha256"]


def test_another_way_is_judged_from_the_ledger(played: Result) -> None:
    """By file, too: what was logged is what was made, and where only one thing fits all ways are alike."""
    log = logged_offers(played.rows)
    assert len(log) == played.scorecard["offers_made"]
    assert sum(one.brought > 0 for one in log) == played.scorecard["offers_taken"]
    told = CliRunner().invoke(cli.app, ["learn", "offers", str(played.folder), "--json"])
    found = json.loads(told.stdout)
    assert found["offers"] == len(log)
    assert set(found["choices"]) == set(CHOICES)
    for name, choice in CHOICES.items():
        assert found["choices"][name]["weighted"]["value"] == pytest.approx(weighted(log, choice).value)


def test_weights_are_of_the_other_way_to_the_logged_one() -> None:
    """By hand: two offers, each as likely, of which the dearer was taken once in two."""
    among = CHOSEN.among
    dear, cheap = CHOSEN, LoggedOffer("saver", "b", 0.5, among, 0.0)
    log = [dear, LoggedOffer("saver", "a", 0.5, among, 0.0), cheap, cheap]
    assert weighted(log, largest_value).value == 40_00 * 2 / 4
    assert weighted(log, each_alike).value == 40_00 / 4
    assert self_normalised(log, largest_value).value == 40_00 / 2
    assert best_so_far(among) == {"b": 1.0}
    assert self_normalised([cheap, cheap], largest_value).covers(1e9), "nothing is known of it"


CHOSEN = LoggedOffer(
    "saver",
    "a",
    0.5,
    tuple(validation.Weighed(name, value, yes, 10, 0.5) for name, value, yes in (("a", 40_00, 0), ("b", 30_00, 9))),
    40_00.0,
)


def test_a_ledger_without_offers_and_a_story_without_them_are_told(tmp_path: Path) -> None:
    """What is missing, and where."""
    run_story(open_story("toms_bill", ("duration=20 min", "settle=5 min", "phones.count=5")), 1, tmp_path / "run")
    told = CliRunner().invoke(cli.app, ["learn", "offers", str(tmp_path / "run")])
    assert told.exit_code != 0
    story = open_story("toms_bill", ("offers.agrees=70%",))
    with pytest.raises(StoryError, match=r"policy\.offers"):
        validation.known_coverage(story)
    with pytest.raises(StoryError, match=r"takes\.a_boat"):
        open_story("toms_bill", ("offers.takes={a_boat: 10%}",))


def test_an_offer_where_none_may_be_ends_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """However seldom it is: a rule that is left out is found at once."""
    story = open_story("scenarios/validation/offers_forbidden.yaml", ("duration=15 min",))
    monkeypatch.setattr("dispatch.core.offers.forbidden._complains", lambda _found, _policy: False)
    with pytest.raises(validation.ForbiddenOffer, match="situation"):
        validation.seen_forbidden(story, 1)
