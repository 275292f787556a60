"""Devices that pay of themselves: what they pay, what is refused, who is asked, and what is found of what goes wrong."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.desk import Desk
from dispatch.core.purse.actions import AskPayer, CapturePayment, RefusePayment, ReservePayment, SettlePayment
from dispatch.core.purse.events import MandateGiven
from dispatch.ledger.fold import Fold
from dispatch.ledger.replay import restore
from dispatch.ledger.rows import read
from dispatch.service.policy_file import desk_policy
from gateway.contract.payments import REASONS
from scenarios.runner.virtual import Result, run_story
from scenarios.score.payment_facts import WEEK_S, PaymentFacts, Unusual, judged_unusual
from scenarios.story.loader import StoryError, open_story
from scenarios.story.parameters import parameters
from scenarios.world import money_truth
from scenarios.world.money_truth import Wrong

SHORT = (
    "households.count=16", "duration=24 days", "payers.disputed=5%", "payers.prepaid=60%", "payers.sites=4",
    "payers.goes_wrong={wrong_tariff: 1, daily_orders: 1, stolen_key: 3, known_after: 10 days}",
    "bank.down=[{at: 2 days 6 h, lasts: 3 h}]",
)  # fmt: skip
DAY_S = 86_400.0


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Some homes, some weeks; its ledger lies in a folder."""
    return run_story(open_story("silent_payments", SHORT), 3, tmp_path_factory.mktemp("silent"))


def test_nothing_is_paid_twice_over_a_limit_or_out_of_the_books(played: Result) -> None:
    """Though devices repeat themselves, the bank says things twice or never, and is away for hours."""
    card = played.scorecard
    assert (card["payments_twice"], card["payments_over_limit"], card["debits_minus_credits"]) == (0, 0, 0)
    assert (card["duplicates"], card["lost"], card["calls_connected"], card["customer_calls"]) == (0, 0, 0, 0)
    facts = played.kept.facts
    assert len(facts.payments.asked) > 300
    assert facts.money.reserved.keys() - facts.money.settled.keys() <= {
        said.payment for said in map(read, played.rows) if type(said).__name__ == "VoidPayment"
    }, "what was set aside while the bank was away was paid when it was back"


def test_every_kind_of_device_pays_within_what_its_customer_allowed(played: Result) -> None:
    """By a mandate of its own, bound to its key."""
    said = [read(row) for row in played.rows]
    kinds = {one.device.rpartition("-")[0] for one in said if isinstance(one, ReservePayment)}
    assert kinds == {"pingo/handset", "volta/family", "frosta/larder", "visora/screen", "varma/house"}
    mandates = [one.mandate for one in said if isinstance(one, MandateGiven)]
    assert all(one.key and len(one.payees) <= 20 for one in mandates if one.category != "top_up")


def test_cars_set_aside_at_most_while_they_charge_and_park_and_pay_what_they_used(played: Result) -> None:
    """Less than was set aside; what they tell is what is paid."""
    said = [read(row) for row in played.rows]
    held = {one.payment: one.amount for one in said if isinstance(one, ReservePayment) and one.category == "charging"}
    used = {one.payment: one.amount for one in said if isinstance(one, CapturePayment)}
    settled = {one.payment: one.amount for one in said if isinstance(one, SettlePayment)}
    assert len(held) > 40
    assert held.keys() - used.keys() <= {name for name in held if name not in settled}
    assert all(settled.get(name, used[name]) == used[name] <= held[name] for name in held.keys() & used.keys())
    assert sum(used[name] for name in held.keys() & used.keys()) < 0.6 * sum(held.values())


def test_every_refusal_has_its_iso_reason_and_most_is_paid_without_anybody(played: Result) -> None:
    """Some are to nobody's list, or too much for the purse; hardly anything needs a word."""
    refused = [one for one in map(read, played.rows) if isinstance(one, RefusePayment)]
    assert played.scorecard["refusals_without_reason"] == 0
    assert {one.reason for one in refused} <= REASONS.keys()
    assert "SL11" in {one.reason for one in refused}
    assert float(played.scorecard["without_a_person_share"] or 0) > 0.8


def test_what_goes_wrong_is_asked_about_before_more_is_paid(played: Result) -> None:
    """The customer says no, and that is the end of it."""
    asked = {one.payment for one in map(read, played.rows) if isinstance(one, AskPayer) and one.why == "unusual"}
    assert {one.kind for one in played.wrongs} == {"wrong_tariff", "daily_orders", "stolen_key"}
    stopped = [one for one in played.wrongs if one.stopped_at is not None]
    assert len(stopped) >= 3
    assert all(asked & set(one.payments) for one in stopped)
    assert float(played.scorecard["unusual_recall"] or 0) >= 0.6
    assert played.folder is not None
    assert money_truth.read(played.folder) == played.wrongs


def test_the_ledger_replays_and_folds_to_the_same(played: Result) -> None:
    """No payment is decided otherwise after a restart."""
    rows, policy = played.rows, desk_policy(open_story("silent_payments", SHORT).policy)
    again, fold = Desk(policy), Fold(policy, version=DECISIONS_VERSION)
    drift = restore(rows, again)
    assert not drift, drift.examples
    for row in rows:
        fold.feed(row)
    folded, stands = fold.standing(), again.standing()
    assert folded.purse == stands.purse


def test_the_same_seed_pays_the_same() -> None:
    """Row for row; another seed does not."""
    little = ("households.count=3", "duration=3 days", "payers.goes_wrong={}")
    cards = [run_story(open_story("silent_payments", little), seed).scorecard["ledger_sha256"] for seed in (5, 5, 6)]
    assert cards[0] == cards[1] != cards[2]


def test_who_does_not_agree_pays_nothing() -> None:
    """Their devices ask, and are told so."""
    story = open_story("silent_payments", ("households.count=4", "duration=4 days", "payers.agrees=0%"))
    played = run_story(story, 1)
    refused = Counter(one.reason for one in map(read, played.rows) if isinstance(one, RefusePayment))
    assert set(refused) == {"MD01"}
    assert played.scorecard["payments_settled"] == 0


def test_an_echo_of_what_went_wrong_is_no_false_alarm() -> None:
    """What the same device pays stands out for a week yet; another device's does not count, nor what comes later."""
    facts = PaymentFacts(asked={"pay/v/d-1/1-1"})
    facts.unusual = [
        Unusual(("pay/v/d-1/1-1",), DAY_S), Unusual(("pay/v/d-1/1-2",), 3 * DAY_S),
        Unusual(("pay/v/d-1/1-3",), 2 * DAY_S + WEEK_S + 1.0), Unusual(("pay/v/d-11/1-2",), 3 * DAY_S),
    ]  # fmt: skip
    wrongs = [
        Wrong("daily_orders", "c", "v/d-1", 0.0, ["pay/v/d-1/1-1"], 2 * DAY_S),
        Wrong("daily_orders", "c", "v/d-2", 0.0, ["never asked for"]),
    ]
    judged = judged_unusual(wrongs, facts)
    assert (judged.wrongs, judged.found, judged.asked, judged.right) == (1, 1, 4, 2)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("payers.sites=21", "payers.sites"),
        ("payers.often=0", "payers.often"),
        ("payers.goes_wrong={wrong_tarif: 1}", "payers.goes_wrong.wrong_tarif"),
        ("payers.agrees=110%", "payers.agrees"),
        ("payers.top_up=0", "payers.top_up"),
    ],
)
def test_what_a_story_says_wrongly_of_them_is_told(setting: str, told: str) -> None:
    """By its key."""
    with pytest.raises(StoryError, match=told):
        open_story("silent_payments", (setting,))


def test_its_parameters_are_told_with_what_the_bank_rejects() -> None:
    """Reason by reason, in the notes of a run."""
    told = {one.path: one.value for one in parameters(open_story("silent_payments"))}
    assert told["bank.rejects"] == "AC04 0.002, AM04 0.004, MS03 0.002"
    assert told["payers.goes_wrong.stolen_key"] == "22"


def test_nothing_is_read_where_nothing_went_wrong(tmp_path: Path) -> None:
    """No file, no truth."""
    money_truth.write(tmp_path, [])
    assert money_truth.read(tmp_path) == []
