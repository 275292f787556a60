"""People who struggle with an app, and people who only look like it: who is invited, rung, told; the world knows no sign of it."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.desk import Desk
from dispatch.core.invitations.actions import ExplainStruggle, InviteCustomer
from dispatch.ledger.fold import Fold
from dispatch.ledger.replay import restore
from dispatch.ledger.rows import read
from dispatch.service.policy_file import desk_policy
from gateway.apps.reasons import reasons
from scenarios.bench.struggle import screens_before_voice
from scenarios.runner.virtual import Result, run_story
from scenarios.score.struggle_facts import FRAUDS, REASONS, StruggleFacts, judged_struggles
from scenarios.story.loader import StoryError, open_story
from scenarios.world import app_truth, app_users
from scenarios.world.app_truth import AppUse

SHORT = ("duration=100 min", "settle=15 min", "phones.count=160", "apps.every={exponential: {mean: 25 min}}")


@pytest.fixture(scope="module")
def played() -> Result:
    """An hour and a half of it."""
    return run_story(open_story("toms_bill", SHORT), 101)


def test_who_struggles_is_recognised_and_who_looks_like_it_is_not(played: Result) -> None:
    """On a seed that nothing was tuned on; and the reason is mostly the true one."""
    found = judged_struggles(played.uses, played.kept.facts.struggles)
    assert found.hits >= 0.85 * (found.hits + found.missed)
    assert found.hits >= 0.8 * (found.hits + found.false)
    assert found.reasons_right >= 0.85 * found.hits
    assert found.hits > 50


def test_nobody_is_invited_on_fraud_nor_without_consent(played: Result) -> None:
    """Of who did not agree there is not a word in the ledger."""
    facts = played.kept.facts.struggles
    assert judged_struggles(played.uses, facts).frauds_invited == 0
    assert any(use.sort in FRAUDS for use in played.uses)
    strangers = {use.customer for use in played.uses if not use.agrees}
    assert strangers
    assert not [row for row in played.rows if any(f'"{one}"' in row.body for one in strangers)]


def test_who_takes_it_is_spoken_with_soon_has_it_on_the_screen_and_is_told(played: Result) -> None:
    """Rung by somebody free within seconds, who sees it before they speak; told once what it was."""
    card = played.scorecard
    assert card["invited_to_voice_p50_s"] is not None
    assert float(card["invited_to_voice_p50_s"]) <= 20
    assert float(card["invitation_p95_s"] or 0) <= 5
    shown = screens_before_voice(played.rows)
    assert shown
    assert all(shown)
    said = [read(row) for row in played.rows]
    told = Counter(one.invitation for one in said if isinstance(one, ExplainStruggle))
    invited = Counter(one.invitation for one in said if isinstance(one, InviteCustomer))
    assert told
    assert set(told) <= set(invited)
    assert {*told.values(), *invited.values()} == {1}


def test_the_ledger_replays_and_folds_to_the_same(played: Result) -> None:
    """Nobody who struggles is invited twice after a restart or an upgrade."""
    policy = desk_policy(open_story("toms_bill", SHORT).policy)
    again, fold = Desk(policy), Fold(policy, version=DECISIONS_VERSION)
    drift = restore(played.rows, again)
    assert not drift, drift.examples
    for row in played.rows:
        fold.feed(row)
    folded, stands = fold.standing(), again.standing()
    assert folded.struggling == stands.struggling
    assert folded.invited == stands.invited
    assert folded.calls == stands.calls


def test_fewer_give_up_and_fewer_phone_where_the_house_invites() -> None:
    """The same people, with and without: who is helped neither gives up nor phones."""
    gave_up, phoned = Counter[bool](), Counter[bool]()
    for invites in (True, False):
        for seed in (101, 102):
            settings = (*SHORT, "apps.accepts=60%", f"policy.invites={str(invites).lower()}")
            result = run_story(open_story("toms_bill", settings), seed)
            gave_up[invites] += sum(use.gave_up_at is not None for use in result.uses)
            phoned[invites] += int(result.scorecard["customer_calls"] or 0)
    assert gave_up[True] < gave_up[False]
    assert phoned[True] < phoned[False]


def test_the_world_knows_nothing_of_what_the_service_takes_for_a_sign() -> None:
    """People act by causes and patience: neither they nor their app import a rule of the recogniser."""
    for path in (Path(app_users.__file__), *Path("firmware_sim/apps").glob("*.py")):
        names = [
            node.module or ""
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.ImportFrom)
        ]
        assert not [name for name in names if name.startswith("gateway.apps.") and name != "gateway.apps.messages"]


def test_every_cause_of_the_world_has_a_reason_in_the_catalogue() -> None:
    """What hinders people is something that the house has a word for."""
    causes = {flaw for one in app_users.HINDRANCES.values() for _, flaw, _ in one} | {"bug"}
    assert causes <= REASONS.keys()
    assert set(REASONS.values()) <= reasons().keys()


def test_the_truth_is_kept_beside_the_ledger(tmp_path: Path) -> None:
    """And read again as it was; where nobody uses an app there is none."""
    use = AppUse(
        "pingo/phone-1/1-1", "p1", "log_in", "4.1.0", "hindered", "locked", agrees=True, began_at=1.0, stuck_at=9.0
    )
    app_truth.write(tmp_path, [use])
    assert app_truth.read(tmp_path) == [use]
    assert use.struggles
    assert judged_struggles([use], StruggleFacts()).missed == 1
    assert app_truth.read(tmp_path / "nobody") == []


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("apps.bugs.0.step=password", "apps.bugs.0.step"),
        ("apps.people={sleepy: 1}", "people.sleepy"),
        ("apps.flows={fly: 1}", "flows.fly"),
        ("apps.accepts=120%", "apps.accepts"),
    ],
)
def test_a_mistake_of_the_author_is_told_by_key(setting: str, says: str) -> None:
    """Before anything is played."""
    with pytest.raises(StoryError) as told:
        open_story("toms_bill", (setting,))
    assert says in str(told.value)
