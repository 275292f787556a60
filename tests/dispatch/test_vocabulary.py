"""Whole vocabularies are closed: who reads events or actions knows every kind, drops none, and fails on one it does not know."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dispatch.core.actions import Action
from dispatch.core.desk import Desk
from dispatch.core.events import Event
from dispatch.core.policy import Policy
from dispatch.ledger.audit.cases import Cases
from dispatch.ledger.fold import Fold
from dispatch.ledger.pipeline import Turn
from dispatch.ledger.rows import GENESIS, Kind, Pen, Row, Said, body_of, case_of, read
from dispatch.outgoing import partner_messages as partners
from dispatch.outgoing.device_commands import commands_of
from dispatch.outgoing.superseded import still_wanted
from dispatch.store.batch import PUSHED, TOLD, batch_of
from dispatch.views.casebook import Casebook
from dispatch.views.counters import Tallies
from dispatch.views.partner_requests import Requests
from dispatch.views.timeline import line
from scenarios.chaos.judge import WorldRecord, judge
from scenarios.report.day import Day
from scenarios.runner.narrator import Narrator
from scenarios.score.ledger_facts import Facts

_NO_NUMBER = re.compile(r"(=|\(|, )-?(inf|nan)\b|[\ud800-\udfff]|\\ud[89a-f]")
"""What JSON does not hold."""
EVENTS, ACTIONS = get_args(Event), get_args(Action)


@dataclass(frozen=True, slots=True)
class Unheard:
    """A kind that nobody ever wrote a reader for."""

    key: None = None
    case: str = "v/d/1-1"
    provenance: str = "simulated"


def _row(said: Any) -> Row:
    kind = Kind.INPUT if isinstance(said, Event) else Kind.ACTION
    row = Row(1, 1_000.0, kind, type(said).__name__, said.key, None, None, "{}", GENESIS)
    object.__setattr__(row, "said", said)
    return row


def _decide(row: Row) -> None:
    said = read(row)
    if isinstance(said, Event):
        Desk().handle(said, row.at)


def _command(row: Row) -> None:
    said = read(row)
    if not isinstance(said, Event):
        still_wanted(said, commands_of(said, row.at), Casebook())


READERS: dict[str, Callable[[Row], object]] = {
    "desk": _decide,
    "fold": lambda row: Fold(Policy()).feed(row),
    "casebook": lambda row: Casebook().feed(row),
    "timeline": line,
    "audit": lambda row: list(Cases().check(read(row), row.seq)),
    "device commands": _command,
    "partner requests": lambda row: Requests().feed(row),
    "counters": lambda row: Tallies().stored([], [Turn(rows=[row])], row.at, taken=False),
    "store": lambda row: batch_of([Turn(rows=[row])], row.at),
    "scorecard": lambda row: Facts().feed(row),
    "day": lambda row: Day().feed(row),
    "chaos judge": lambda row: judge([row], WorldRecord()),
    "narrator": lambda row: list(Narrator([], None).feed(row)),
}
"""Everyone who reads rows whatever they say."""
LET_PASS = {"partner requests", "counters", "store"}
"""Those who look for what is theirs: a new kind that is for a partner or a device is of that subject, and known by it."""


@pytest.mark.parametrize("kind", [*EVENTS, *ACTIONS], ids=lambda kind: kind.__name__)
@settings(max_examples=3, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_reader_knows_every_kind(kind: type[Said], data: st.DataObject) -> None:
    """What a row out of nowhere is about may be unknown, but never what it says."""
    said = data.draw(st.builds(kind))
    for name, reads in READERS.items():
        try:
            reads(_row(said))
        except AssertionError as error:
            assert "unreachable" not in str(error), f"{name} does not know {kind.__name__}"  # noqa: PT017
        except (ArithmeticError, LookupError, OSError, ValueError):
            pass  # of a case that was never opened


@pytest.mark.parametrize("name", sorted(READERS.keys() - LET_PASS))
def test_no_reader_drops_a_kind_that_it_does_not_know(name: str) -> None:
    """A new kind of row stops it with its name, so that nothing is shown, counted or sent without it."""
    if name == "desk":
        with pytest.raises(AssertionError, match="Unheard"):
            Desk().handle(Unheard(), 1_000.0)  # type: ignore[arg-type]
        return
    with pytest.raises(AssertionError, match="Unheard"):
        READERS[name](_row(Unheard()))


def test_the_subjects_are_the_whole_vocabulary() -> None:
    """No kind stands in two subjects or is written twice; a row says its case where it has one."""
    names = [kind.__name__ for kind in (*EVENTS, *ACTIONS)]
    assert len(names) == len(set(names)) == 87 + 50
    assert all("key" in dir(kind) for kind in (*EVENTS, *ACTIONS))
    assert all("case" in kind.__dataclass_fields__ for kind in ACTIONS)


def test_what_leaves_the_house_is_for_somebody() -> None:
    """Actions that devices and partners are told are no others'; the store knows both by the vocabulary."""
    assert {"SendTow", "SendNotice", "TellDriverToStop"} < PUSHED
    assert {"BookWorkshop", "PlaceOrder", "WithdrawRequest"} == TOLD
    assert not PUSHED & TOLD
    for tells in (partners.type_of, partners.attempt_of, partners.partner_of):
        with pytest.raises(AssertionError, match="Unheard"):
            tells(Unheard())  # type: ignore[arg-type]


def test_a_row_of_an_unknown_type_is_told() -> None:
    """It is not read as anything else."""
    with pytest.raises(KeyError, match="Unheard"):
        read(Row(1, 0.0, Kind.ACTION, "Unheard", None, None, None, "{}", GENESIS))


@pytest.mark.parametrize("kind", [*EVENTS, *ACTIONS], ids=lambda kind: kind.__name__)
@settings(max_examples=5, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_written_is_read_again(kind: type[Said], data: st.DataObject) -> None:
    """As JSON and back, with its key and its case."""
    said = data.draw(st.builds(kind))
    assume(not _NO_NUMBER.search(repr(said)))
    row = Pen().write(said, 1_000.0)
    bare = Row(row.seq, row.at, row.kind, row.type, row.key, row.case, row.cause, row.body, row.hash)
    again = read(bare)
    assert type(again) is kind
    assert (again.key, case_of(again)) == (row.key, row.case)
    assert body_of(again) == row.body
