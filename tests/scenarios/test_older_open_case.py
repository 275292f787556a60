"""Ledgers in which ``OpenCase`` does not say which finding opened the case: decided alike, and read as they always were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from dispatch.core.actions import OpenCase
from dispatch.core.desk import Desk
from dispatch.core.events import FindingEvent
from dispatch.ledger.audit.ledger import AuditReport, audit
from dispatch.ledger.findings import Findings, decided_alike
from dispatch.ledger.fold import Fold
from dispatch.ledger.replay import restore
from dispatch.ledger.rows import Pen, Row, read
from dispatch.views.casebook import Casebook
from scenarios.runner.virtual import run_story
from scenarios.score.ledger_facts import facts
from scenarios.story.loader import open_story
from tests.golden.record import SHORTENED

STORY = open_story("winter_morning", SHORTENED["winter_morning"])


@pytest.fixture(scope="module")
def rows() -> Sequence[Row]:
    """A ledger as it is written now."""
    return run_story(STORY, 1).rows


@pytest.fixture(scope="module")
def older(rows: Sequence[Row]) -> list[Row]:
    """The same as it was written before: sealed anew, and nothing carried along."""
    pen, found = Pen(), list[Row]()
    for row in rows:
        said = read(row)
        found.append(
            replace(pen.write(replace(said, finding="") if isinstance(said, OpenCase) else said, row.at, row.cause))
        )
    return found


def test_the_finding_is_said(rows: Sequence[Row]) -> None:
    """By its key, which is that of the row that caused the action."""
    opened = [row for row in rows if row.type == "OpenCase"]
    assert len(opened) > 10
    for row in opened:
        action, cause = read(row), read(rows[(row.cause or 0) - 1])
        assert isinstance(action, OpenCase)
        assert isinstance(cause, FindingEvent)
        assert action.finding == cause.finding.key


def test_an_older_row_is_as_it_was(older: Sequence[Row]) -> None:
    """The member that nobody wrote is not there."""
    assert not [row for row in older if row.type == "OpenCase" and "finding" in row.body]


def test_an_older_ledger_is_decided_alike(older: Sequence[Row]) -> None:
    """Neither a restart nor an audit speaks of drift."""
    assert restore(older, Desk(STORY.policy.desk())).count == 0
    report = AuditReport()
    assert len(list(audit(older, report, STORY.policy.desk()))) == len(older)
    assert (report.sound, report.drift) == (True, 0)


def test_an_older_ledger_is_read_alike(rows: Sequence[Row], older: Sequence[Row]) -> None:
    """By the casebook, the scorecard, and who takes what was decided as it stands."""
    books, folds = (Casebook(), Casebook()), (Fold(STORY.policy.desk()), Fold(STORY.policy.desk()))
    for ledger, book, fold in zip((rows, older), books, folds, strict=True):
        for row in ledger:
            book.feed(row)
            fold.feed(row)
    assert books[0].shelf() == books[1].shelf()
    assert folds[0].standing() == folds[1].standing()
    assert replace(facts(rows), sha256="", _findings=Findings()) == replace(
        facts(older), sha256="", _findings=Findings()
    )


def test_nobody_guesses_where_it_is_said(rows: Sequence[Row]) -> None:
    """An action about another finding than the last one is no action about the last one."""
    findings = Findings()
    opened = next(said for said in map(read, rows) if isinstance(said, OpenCase))
    with pytest.raises(KeyError, match=opened.finding):
        findings.behind(opened)
    for row in rows:
        said = read(row)
        if isinstance(said, FindingEvent):
            findings.note(row, said)
    with pytest.raises(KeyError, match=opened.finding):
        findings.behind(opened)


def test_only_that_member_is_no_difference(rows: Sequence[Row], older: Sequence[Row]) -> None:
    """Another customer, another case or another action is one."""
    row = next(row for row in older if row.type == "OpenCase")
    now = read(rows[row.seq - 1])
    assert isinstance(now, OpenCase)
    assert decided_alike(row, now)
    assert decided_alike(rows[row.seq - 1], now)
    assert not decided_alike(row, replace(now, customer="another"))
    assert not decided_alike(
        row, next(said for said in map(read, rows) if not isinstance(said, OpenCase | FindingEvent))
    )  # type: ignore[arg-type]
