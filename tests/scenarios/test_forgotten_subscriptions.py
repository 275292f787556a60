"""What is paid and never used: found after fifty days, asked about, and what customers answer plays to its end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest

from dispatch.core.ids import payment_id
from dispatch.core.purse.actions import AskAboutMoney, RefundPayment, SettlePayment
from dispatch.core.purse.events import DisputeDecided, MandateChanged, MoneyAnswered
from dispatch.ledger.rows import Row, Said, read
from scenarios.report.content import content_of
from scenarios.report.page import page
from scenarios.runner.recorded import NothingRecorded, open_recorded
from scenarios.runner.virtual import Result, run_story
from scenarios.story.loader import open_story
from scenarios.world import money_truth

DAY_S = 86_400.0
FEW = ("televisions.count=24", "payers.goes_wrong={unused: 12}", "payers.unsure=0", "payers.refunded=100%")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Everybody who is asked answers; its ledger and the truth lie in a folder."""
    story = open_story("forgotten_subscriptions", (*FEW, "payers.answers_later=100%"))
    return run_story(story, 3, tmp_path_factory.mktemp("forgotten"))


def told(played: Result) -> list[tuple[Row, Said]]:
    """Return what the ledger says, with its rows."""
    return [(row, read(row)) for row in played.rows]


def test_it_is_found_asked_about_and_nobody_rings(played: Result) -> None:
    """By what the sets tell of their use alone; nothing else of theirs is taken for it."""
    card = played.scorecard
    assert float(card["unusual_recall"] or 0) >= 0.75
    assert float(card["unusual_precision"] or 0) >= 0.75
    assert (card["calls_connected"], card["customer_calls"], card["payments_twice"]) == (0, 0, 0)
    asked = [said for _, said in told(played) if isinstance(said, AskAboutMoney)]
    wrong = {payment for one in played.wrongs for payment in one.payments}
    assert all(not wrong.isdisjoint(one.payments) for one in asked if one.what == "unused")


def test_what_they_answer_ends_it(played: Result) -> None:
    """Some at once, some late: the subscription is ended for good, and nothing is paid for it any more."""
    rows = told(played)
    asked_at = {said.ref: row.at for row, said in rows if isinstance(said, AskAboutMoney)}
    answers = [(row.at - asked_at[said.ref], said) for row, said in rows if isinstance(said, MoneyAnswered)]
    assert {said.answer for _, said in answers} >= {"stop", "stop_and_dispute"}
    assert min(after for after, _ in answers) < 3_600.0 < max(after for after, _ in answers)
    stopped = [one for one in played.wrongs if one.stopped_at is not None]
    assert len(stopped) >= 6
    for one in stopped:
        paid = [row.at for row, said in rows if isinstance(said, SettlePayment) and said.payment in one.payments]
        assert max(paid) < (one.stopped_at or 0.0)
    revoked = {said.mandate for _, said in rows if isinstance(said, MandateChanged) and said.to == "revoked"}
    assert len(revoked) == len(stopped)


def test_who_wants_it_back_gets_it_and_their_set_pays_again(played: Result) -> None:
    """The device stands still for a day; a person decides about the last payment, and the money comes back."""
    rows = told(played)
    disputed = {
        said.payment for _, said in rows if isinstance(said, MoneyAnswered) and said.answer == "stop_and_dispute"
    }
    assert disputed
    assert disputed <= {said.payment for _, said in rows if isinstance(said, DisputeDecided)}
    assert disputed <= {said.payment for _, said in rows if isinstance(said, RefundPayment)}
    devices = {one.device for one in played.wrongs if disputed & set(one.payments)}
    active = [said.mandate for _, said in rows if isinstance(said, MandateChanged) and said.to == "active"]
    assert len(active) == len(devices) == len(disputed)
    assert all(any(payment.startswith(payment_id(device, "")) for payment in disputed) for device in devices)


def test_who_never_answers_goes_on_paying() -> None:
    """Nobody rings them, and nothing is stopped for them; they are asked once."""
    played = run_story(open_story("forgotten_subscriptions", (*FEW, "payers.answers_later=0%", "duration=100 days")), 3)
    said = [one for _, one in told(played)]
    assert not [one for one in said if isinstance(one, MoneyAnswered | MandateChanged)]
    asked = [one.customer for one in said if isinstance(one, AskAboutMoney) and one.what == "unused"]
    assert len(asked) == len(set(asked)) > 0
    assert all(one.stopped_at is None for one in played.wrongs)


def test_the_report_judges_what_was_asked_against_the_truth(played: Result) -> None:
    """As the scorecard does, sort by sort, with what customers said; where the truth is not known nothing is judged."""
    assert played.folder is not None
    found = open_recorded(str(played.folder))
    shown = content_of(found)
    odd, card = shown.unusual, played.scorecard
    assert (round(odd.recall or 0, 4), round(odd.precision or 0, 4)) == (
        card["unusual_recall"], card["unusual_precision"],
    )  # fmt: skip
    assert shown.scorecard["unusual_recall"] == card["unusual_recall"]
    (unused,) = odd.found
    assert (unused.kind, unused.asked / unused.shown) == ("unused", odd.recall)
    assert unused.stopped == sum(one.stopped_at is not None for one in played.wrongs)
    assert 50 * DAY_S < (unused.after_s or 0.0) < 110 * DAY_S
    asked = {one.what: one for one in odd.questions}["unused"]
    assert sum(dict(asked.answers).values()) == asked.asked == asked.right
    text = page(shown)
    assert f"recall {odd.recall:.3f}, precision {odd.precision:.3f}" in text
    assert "recall" not in page(content_of(replace(found, wrongs=None))).partition("What devices paid")[2]


def test_a_truth_that_is_none_is_told_by_its_file(played: Result, tmp_path: Path) -> None:
    """And nothing is shown in its stead."""
    assert played.folder is not None
    copytree(played.folder, tmp_path / "run")
    (tmp_path / "run" / money_truth.FILE).write_text('{"kind": "unused"}\n', "utf-8")
    with pytest.raises(NothingRecorded, match="truth_money"):
        open_recorded(str(tmp_path / "run"))
