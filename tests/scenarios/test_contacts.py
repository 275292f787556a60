"""People who write of their own accord, with robots and without: what they want, who sees to it, and what is left for people."""

from __future__ import annotations

import numpy as np
import pytest

from dispatch.core.conversation.events import CustomerWrote
from dispatch.core.robots.actions import AnswerByRobot, HandToPerson
from dispatch.core.robots.hearing import hear
from dispatch.core.robots.model import RobotStage, Wish
from dispatch.ledger.rows import read
from dispatch.words import LANGUAGES
from scenarios.runner.virtual import Result, run_story
from scenarios.score.scorecard import meaning
from scenarios.story.loader import StoryError, open_story
from scenarios.story.scorecard_keys import KEYS, WHERE_USED
from scenarios.world.contacts import misspelt, phrases

TOWN = (
    *("duration=26 h", "settle=2 h", "cars.count=400", "calls.rate=2 per h", "faults=[{part: battery_12v, count: 60}]"),
    (
        "contacts=[{wish: eta, per_day: 120}, {wish: limits, per_day: 60}, {wish: outage, per_day: 60},"
        " {wish: password, per_day: 60}, {wish: stock, per_day: 40}, {wish: other, per_day: 60}]"
    ),
    "customers.languages={en: 40%, lv: 30%, ru: 20%, uk: 4%, fa: 3%, zh: 3%}",
)
AGENTS_ONLY = "policy.robots=false"


def played(*settings: str) -> Result:
    """A day of a town whose people write."""
    return run_story(open_story("seven_channels", [*TOWN, "policy.robots=true", *settings]), 1)


ROBOT_KEYS = ("simple_contacts", "by_people_share", "contained_share", "handover_context_share", "robot_after_handover")


@pytest.fixture(scope="module")
def by_robots() -> Result:
    """With robots."""
    return played()


@pytest.fixture(scope="module")
def by_agents() -> Result:
    """The same people, and no robots."""
    return played(AGENTS_ONLY)


def test_people_handle_a_third_of_what_is_simple_at_most(by_robots: Result) -> None:
    """Every hand-over has it all, and no robot speaks behind one."""
    card = by_robots.scorecard
    assert tuple(card) == tuple(key for key in KEYS if key not in WHERE_USED or key in ROBOT_KEYS)
    assert card["by_people_share"] <= 1 / 3  # type: ignore[operator]
    assert card["contained_share"] >= 1 / 3  # type: ignore[operator]
    assert (card["handover_context_share"], card["robot_after_handover"]) == (1.0, 0)


def test_the_same_people_write_the_same_first_words_without_robots(by_robots: Result, by_agents: Result) -> None:
    """Two policies meet the same ones; without robots people handle them all."""
    card = by_agents.scorecard
    assert card["simple_contacts"] == by_robots.scorecard["simple_contacts"]
    assert (card["by_people_share"], card["contained_share"], card.get("handover_context_share")) == (1.0, 0.0, None)
    assert not any(isinstance(read(row), AnswerByRobot | HandToPerson) for row in by_agents.rows)
    first, other = ([said.text for said in map(read, one.rows) if _is_first(said)] for one in (by_robots, by_agents))
    assert sorted(first) == sorted(other)


def _is_first(said: object) -> bool:
    return isinstance(said, CustomerWrote) and said.customer.startswith("w") and said.message.endswith("-1")


def test_a_story_without_contacts_has_nobody_who_writes_so() -> None:
    """And no figures of it: its scorecard is as it was. One that has some has them."""
    card = run_story(
        open_story("winter_morning", ["cars.count=50", "faults=[{part: battery_12v, count: 2}]"]), 1
    ).scorecard
    assert tuple(card) == tuple(key for key in KEYS if key not in WHERE_USED)
    assert all(meaning(key).endswith(".") for key in KEYS)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("contacts=[{wish: weather, per_day: 1}]", "wish"),
        ("contacts=[{wish: eta, per_day: 0}]", "per_day"),
        ("contacts=[{wish: eta, per_day: 1, channels: {pigeon: 100%}}]", "people write on"),
    ],
)
def test_a_mistake_in_the_section_is_told_by_its_key(setting: str, says: str) -> None:
    """The author learns what to mend."""
    with pytest.raises(StoryError, match=says):
        open_story("seven_channels", [setting])


def test_what_people_write_is_kept_apart_and_understood_for_the_most_part() -> None:
    """In every language; hardly ever as something else, for a miss is asked about and a wrong answer is not."""
    heard = [
        (wish, hear(text, RobotStage.START))
        for wish in Wish
        for language in LANGUAGES
        for text in phrases()[wish][language]
    ]
    assert sum(one.wish is wish for wish, one in heard) >= 0.75 * len(heard)
    assert sum(one.wish not in {wish, None} for wish, one in heard) <= 0.02 * len(heard)


def test_a_misspelt_word_has_the_same_letters() -> None:
    """Two of them the other way round."""
    dice = np.random.default_rng(1)
    assert sorted(misspelt("my password is gone", dice)) == sorted("my password is gone")
    assert misspelt("a b", dice) == "a b"
