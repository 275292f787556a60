"""``callahead learn hazards``: when customers phone, from a ledger; our own calls censor."""

from __future__ import annotations

import json
from math import exp
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from dispatch.core.call_order.hazards import USUAL
from dispatch.core.desk import Desk
from dispatch.core.events import HazardsAdopted
from dispatch.ledger.replay import restore
from dispatch.ledger.rows import read
from dispatch.service.hazards_file import read_hazards
from scenarios import cli
from scenarios.learning.hazards import FEWEST, NothingToLearn, kaplan_meier, learned, lognormal
from scenarios.learning.phoning import Attempt, Hold, Seen, Spell, phoning
from scenarios.runner.virtual import Result, run_story
from scenarios.story.loader import open_story

SHORT = ("duration=2 h", "settle=10 min", "cars.count=400", "faults.0.count=50", "faults.2.count=20", "faults.3.count=0",
         "faults.4.count=0", "trucks.0.count=12", "trucks.1.count=8", "agents.0.count=2", "agents.1.count=1")  # fmt: skip
CAR = ("vehicle/battery_12v", "vehicle", "any")


def spells(median_s: float, sigma: float, rung_after_s: float, count: int, seed: int = 1) -> list[Spell]:
    """Draw customers who phone at log-normal times, unless we ring first, at exponential ones."""
    dice, found = Random(seed), []
    for _ in range(count):
        phones, rung = median_s * exp(sigma * dice.gauss(0, 1)), dice.expovariate(1 / rung_after_s)
        found.append(Spell(CAR, min(phones, rung), phones <= rung))
    return found


@pytest.mark.parametrize("rung_after_s", [100.0, 300.0, 3_000.0])
def test_what_was_drawn_is_learned_however_often_we_ring_first(rung_after_s: float) -> None:
    """Without censoring, the median would be that of whoever phoned before we could ring."""
    drawn = spells(300.0, 0.8, rung_after_s, 3_000)
    median, sigma = lognormal(drawn)
    assert median == pytest.approx(300, rel=0.08)
    assert sigma == pytest.approx(0.8, rel=0.08)
    naive = sorted(one.seconds for one in drawn if one.phoned)
    assert naive[len(naive) // 2] < median


def test_kaplan_and_meier_by_hand() -> None:
    """Five customers: 1 - 4/5 x 2/3 phone within the fourth second; who was rung at the second one counts until then."""
    told = [(1.0, True), (2.0, False), (3.0, True), (5.0, True), (6.0, False)]
    found = [Spell(("any",), seconds, phoned) for seconds, phoned in told]
    assert kaplan_meier(found, 4.0) == pytest.approx(1 - 4 / 5 * 2 / 3)


def test_both_estimates_agree() -> None:
    """The form is assumed by one of them alone."""
    drawn = spells(300.0, 0.8, 300.0, 2_000)
    found = learned(Seen(drawn), USUAL)
    assert found.model.hazard(None).phones(0, 120) == pytest.approx(found.phoned_soon["any"], abs=0.03)


def test_of_what_it_shows_too_little_the_model_before_is_kept() -> None:
    """And the same ledger gives the same version."""
    some = Seen(spells(300.0, 0.8, 300.0, 200), [Attempt(CAR, 0, answered=True, seconds=200.0)] * 30)
    found = learned(some, USUAL).model
    known = {one.of: one for one in found.classes}
    assert {one.of for one in found.classes} == {*CAR, "appliance", "payment"}
    assert known["appliance"] == USUAL.classes[2]
    assert known["vehicle"].talk_s == 200.0
    assert (found.answers, found.ring_s, found.holds_s) == ((1.0,), USUAL.ring_s, USUAL.holds_s)
    assert found.version.startswith("learned-")
    assert learned(some, USUAL).model == found
    assert learned(Seen(some.spells), USUAL).model.version != found.version


def test_who_holds_the_line_hangs_up_at_any_time_alike() -> None:
    """All the time they held it, to how many hung up."""
    holds = [Hold(100.0, hung_up=True)] * FEWEST + [Hold(50.0, hung_up=False)] * 20
    assert learned(Seen(spells(300.0, 0.8, 300.0, 200), holds=holds), USUAL).model.holds_s == 200.0


@pytest.mark.parametrize("few", [Seen(), Seen([Spell(CAR, 60.0, phoned=True)] * (FEWEST - 1))])
def test_of_a_handful_nothing_is_learned(few: Seen) -> None:
    """It is said how many there were."""
    with pytest.raises(NothingToLearn, match=r"\d customers phoned"):
        learned(few, USUAL)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Three agents on a morning that is too busy for them, by severity and due time."""
    story = open_story("busy_morning", (*SHORT, "policy.call_order=due"))
    return run_story(story, 1, tmp_path_factory.mktemp("before"))


def test_a_ledger_shows_what_the_world_did(played: Result) -> None:
    """Whoever phoned about what we knew of, phoned; everybody we spoke to first had not."""
    seen = phoning(played.rows)
    phoned = [fault for fault in played.truth if fault.phoned_at is not None]
    assert FEWEST <= sum(one.phoned for one in seen.spells) <= len(phoned)
    first = [fault for fault in played.truth if fault.connected_at is not None and fault.phoned_at is None]
    assert sum(not one.phoned for one in seen.spells) >= len(first) > 0
    assert all(one.seconds >= 0 for one in seen.spells)
    answered = [one.answered for one in seen.attempts if one.unanswered == 0]
    assert sum(answered) / len(answered) == pytest.approx(0.7, abs=0.2)


def test_what_is_learned_is_adopted_and_a_replay_needs_no_file(played: Result, tmp_path: Path) -> None:
    """The whole way: a ledger, its model, a policy that names it, a ledger that holds it, a replay that decides alike."""
    assert played.folder is not None
    out = tmp_path / "hazards.yaml"
    ran = CliRunner().invoke(cli.app, ["learn", "hazards", str(played.folder), "--out", str(out), "--json"])
    assert ran.exit_code == 0, ran.output
    model = read_hazards(out)
    assert json.loads(ran.stdout)["version"] == model.version
    story = open_story("busy_morning", (*SHORT, f"policy.hazards={out}"))
    rows = run_story(story, 2).rows
    (adopted,) = [row for row in rows if row.type == HazardsAdopted.__name__]
    assert (adopted.seq, read(adopted)) == (2, HazardsAdopted(model))
    out.unlink()
    desk = Desk(story.policy.desk())
    assert not restore(rows, desk)
    assert desk.hazards == model


def test_the_model_before_may_be_a_file(played: Result, tmp_path: Path) -> None:
    """As learned last; and what cannot be read or written is told."""
    out = tmp_path / "hazards.yaml"
    command = ["learn", "hazards", str(played.folder), "--out"]
    assert CliRunner().invoke(cli.app, [*command, str(out)]).exit_code == 0
    again = CliRunner().invoke(cli.app, [*command, str(tmp_path / "b.yaml"), "--base", str(out), "--json"])
    assert read_hazards(tmp_path / "b.yaml") == read_hazards(out)
    assert json.loads(again.stdout)["phoned_soon"]
    for wrong in ([str(tmp_path)], [str(out), "--base", str(tmp_path / "none.yaml")]):
        assert CliRunner().invoke(cli.app, [*command, *wrong]).exit_code
    assert CliRunner().invoke(cli.app, ["learn", "hazards", str(tmp_path / "none")]).exit_code
