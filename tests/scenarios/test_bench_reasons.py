"""How well it is known why customers turn to us: the measure, the fit, and a town whose people know why they ring."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dispatch.core.actions import QueueCall
from dispatch.core.desk import Desk
from dispatch.core.reasons.model import Chance, Expects, Reason, Sign
from dispatch.core.reasons.weights import Evidence, chances, read_weights, weights
from dispatch.ledger.replay import restore
from dispatch.ledger.rows import read
from dispatch.service.policy_file import desk_policy
from scenarios.bench.reasons.fitted import FEWEST, fitted
from scenarios.bench.reasons.measured import ece, judged
from scenarios.bench.reasons.played import TOWN, Contact, contacts_of
from scenarios.runner.virtual import run_story
from scenarios.story.loader import open_story

SHORT = (
    "duration=7 h", "settle=30 min", "cars.count=90", "phones.count=25", "fridges.count=8", "apps.every=2 h",
    "faults=[{part: battery_12v, count: 30}, {part: stock, count: 4}]",
)  # fmt: skip


def contact(truth: Reason, *signs: Sign, p: float = 0.8, thought: Reason = Reason.APP, seed: int = 1) -> Contact:
    """Return one whose likeliest reason was thought to be ``thought``."""
    return Contact(seed, Expects((Chance(thought, p),), signs), truth, open_case=False)


def test_who_says_eight_in_ten_and_is_right_so_often_is_calibrated() -> None:
    """And who is right half as often is 0.4 off; log loss and shares by hand."""
    right = [contact(Reason.APP)] * 8 + [contact(Reason.OTHER)] * 2
    found = judged(right)
    assert found.ece.value == pytest.approx(0.0)
    assert (found.top1.value, found.top1.of, found.open_case) == (0.8, 10, 0)
    assert found.top1.low < 0.8 < found.top1.high
    left = 0.2 / (len(Reason) - 1)
    assert found.log_loss.value == pytest.approx(-(8 * np.log(0.8) + 2 * np.log(left)) / 10)
    assert found.log_loss_base_rates.value == pytest.approx(-(8 * np.log(0.8) + 2 * np.log(0.2)) / 10)
    assert ece(np.array([[0.8, 1.0]] * 4 + [[0.8, 0.0]] * 6)) == pytest.approx(0.4)


def test_the_fit_finds_what_there_is_and_keeps_what_it_saw_too_little_of() -> None:
    """A sign that means a reason in nine of ten; of a sign that nobody had, and a reason that nobody told, what stands is kept."""
    dice = np.random.Generator(np.random.PCG64(7))
    drawn = []
    for number in range(20 * FEWEST):
        struggles = dice.random() < 0.5
        truth = Reason.APP if dice.random() < (0.9 if struggles else 0.1) else Reason.OTHER
        drawn.append(contact(truth, Sign.STRUGGLES if struggles else Sign.NOTHING, seed=number % 10))
    table = read_weights(fitted(drawn))
    for sign, share in ((Sign.STRUGGLES, 0.9), (Sign.NOTHING, 0.1)):
        assert chances(Evidence((sign,)), {}, table)[Reason.APP] == pytest.approx(share, abs=0.08)
    assert table.signs[Sign.TIGHT] == weights().signs[Sign.TIGHT]


def test_the_table_that_ships_says_what_its_head_says() -> None:
    """All that it needs, and no weight that nobody could look up."""
    assert "[fit]" in (Path(TOWN).parents[3] / "dispatch/core/reasons/weights.toml").read_text("utf-8")
    assert sum(weights().shares.values()) == pytest.approx(1.0, abs=0.02)


def test_people_of_a_town_ring_for_reasons_of_their_own_and_a_replay_expects_the_same() -> None:
    """Agents write down what they are told; who only rings about what broke does so in a story that says no more."""
    story = open_story(str(TOWN), SHORT)
    rows = run_story(story, 5).rows
    found = list(contacts_of(rows, 5))
    assert len(found) > 30
    assert {Reason.PROGRESS, Reason.OTHER, Reason.APP} <= {one.truth for one in found}
    assert any(one.open_case for one in found)
    assert judged(found).log_loss.value < judged(found).log_loss_base_rates.value
    assert not restore(rows, Desk(desk_policy(story.policy)))
    silent = run_story(open_story(str(TOWN), (*SHORT, "policy.reasons=false", "calls.about=null")), 5).rows
    assert not list(contacts_of(silent, 5))
    assert all(said.expects is None for row in silent if isinstance(said := read(row), QueueCall))
