"""What is personal in a row is sealed; the chain is over what is sealed, and holds whether or not the key is there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from dispatch.core.actions import Action, SendNotice
from dispatch.core.acts import DispatcherEvent
from dispatch.core.desk import Desk
from dispatch.core.events import AgentLeft, CaseReported, Event, FaultFound
from dispatch.ledger.personal import ERASED, NOWHERE, PERSONAL, DataClass, is_sealed, opened, sealed
from dispatch.ledger.pipeline import Turn
from dispatch.ledger.rows import Pen, Row, Said, body_of, faults, openable, read
from dispatch.ledger.whose import Whose
from dispatch.store.journal import Journal
from dispatch.store.person_keys import WEEK_S, destroy_before, destroy_of
from gateway.finding import Place

if TYPE_CHECKING:
    from conftest import Room

KINDS = {kind.__name__: kind for kind in (*get_args(Event), *get_args(Action))}
AT = 1_768_197_600.0
_NO_NUMBER = re.compile(r"=-?(inf|nan)\b|[\ud800-\udfff]|\\ud[89a-f]")
"""What JSON does not hold."""


def bare(row: Row) -> Row:
    """Return a row as a store gives it, without what it was written of."""
    return Row(row.seq, row.at, row.kind, row.type, row.key, row.case, row.cause, row.body, row.hash)


def pen_of(journal: Journal, desk: Desk | None = None) -> Pen:
    """Return a pen that seals, as the service's does."""
    pen, whose = Pen(), Whose(desk or Desk())

    def seal(said: Said, body: str, at: float) -> str:
        person = whose.of(said)
        return sealed(type(said).__name__, body, lambda what, plain: journal.person_keys.seal(person, what, at, plain))

    pen.sealing = seal
    return pen


_SPOKEN: dict[str, set[str]] = {
    "MandateChanged": {"reason"},
    "PaymentCancelled": {"reason"},
    "PaymentDisputed": {"why"},
    "DisputeDecided": {"why"},
    "BalanceReturned": {"why"},
    "PuzzleClosed": {"why"},
    "AskPayer": {"detail"},
    "OfferSought": {"held", "owns", "vulnerable"},
    "ProposeOffer": {"gain", "rate_held"},
}
"""Where such a member is a person's words, and no code of ours or of ISO 20022."""
_HOLDING = {"Struggle", "Finding", "PlaceReport", "TruckReport", "Mandate", "PaymentAsk"}
"""What has such members of its own."""


def test_what_is_personal_is_known_of_every_kind() -> None:
    """Each member that is a place, its name, a text that was said or goods is in the table: a new one is asked about here."""
    personal = {"place", "near", "overruled", "text", "lines", "words"}
    for name, kind in KINDS.items():
        fields = kind.__dataclass_fields__  # type: ignore[attr-defined]
        known = PERSONAL.get(name, ())
        said = personal | ({"reason"} if issubclass(kind, DispatcherEvent) else _SPOKEN.get(name, set()))
        assert set(fields) & said == {member.path[0] for member in known if len(member.path) == 1}, name
        holds = {one.name for one in fields.values() if one.type in _HOLDING}
        assert holds == {member.path[0] for member in known if len(member.path) > 1}, name


@pytest.mark.parametrize("name", PERSONAL)
@settings(max_examples=3, derandomize=True, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_it_is_read_as_it_was_written_and_as_erased_without_the_key(name: str, data: st.DataObject) -> None:
    """Whatever it says: with the key word for word, without it as something of the same kind."""
    said = data.draw(st.builds(KINDS[name]))
    assume(not _NO_NUMBER.search(repr(said)))
    with Journal.in_memory() as journal:
        row = pen_of(journal).write(said, AT)
        assert read(openable(bare(row), journal.person_keys)) == said
        erased = read(bare(row))
        assert (type(erased), erased.key) == (type(said), said.key)
        assert is_sealed(row.body) is (erased != said) or erased == said


def _reported(room: Room) -> CaseReported:
    room.found()
    found = room.told[-1][0]
    assert isinstance(found, FaultFound)
    place = Place(56.9512, 24.1133, 8.0, AT, "customer")
    why = ("the customer says: it smells of petrol",)
    finding = replace(found.finding, place=place, near="Brīvības iela", why=why)
    return CaseReported(finding, "lv", may_call=True, may_order=True)


@pytest.fixture
def kept(tmp_path: Path, room: Room) -> Iterator[Journal]:
    """A store with what a customer said, twice, and something that is nobody's."""
    with Journal.open(tmp_path) as journal:
        pen = pen_of(journal)
        rows = [
            pen.write(_reported(room), AT),
            pen.write(AgentLeft("a-1"), AT),
            pen.write(
                SendNotice("volta/car-1/1-7", "volta/phone-1", "Your battery is flat.", "simulated"), AT + WEEK_S
            ),
        ]
        journal.commit([Turn(rows=rows)], AT)
        yield journal


def test_nothing_personal_stands_in_the_file_and_the_chain_holds(kept: Journal, tmp_path: Path) -> None:
    """Neither words nor place; who reads the store beside the service reads all the same."""
    with kept._database.reading() as connection:
        bodies = " ".join(connection.scalars(text("SELECT body FROM ledger")))
    assert "petrol" not in bodies
    assert "56.95" not in bodies
    assert "Brīv" not in bodies
    assert '"c-1"' in bodies  # by id alone
    with Journal.look(tmp_path) as beside:
        rows = list(beside.ledger.rows())
        assert not list(faults(rows))
        first = read(rows[0])
        assert isinstance(first, CaseReported)
        assert first.finding.why == ("the customer says: it smells of petrol",)


def test_without_the_key_the_chain_holds_and_the_row_reads_as_erased(kept: Journal) -> None:
    """Who, when and which part stay."""
    kept._database.write(lambda connection: destroy_of(connection, ["c-1"]))
    kept.person_keys.forget()
    rows = list(kept.ledger.rows())
    assert not list(faults(rows))
    first = read(rows[0])
    assert isinstance(first, CaseReported)
    found = first.finding
    assert (found.customer, found.part, found.why, found.near) == ("c-1", "battery_12v", (ERASED,), ERASED)
    assert found.place == Place(**NOWHERE)


def test_keys_go_by_class_and_week(kept: Journal) -> None:
    """Places are forgotten while words are kept; who has an open case is spared."""
    before = AT + WEEK_S
    kept._database.write(lambda connection: destroy_before(connection, DataClass.PLACE, before, ["c-1"]))
    kept.person_keys.forget()
    first = read(next(kept.ledger.rows()))
    assert isinstance(first, FaultFound | CaseReported)
    assert first.finding.near != ERASED
    kept._database.write(lambda connection: destroy_before(connection, DataClass.PLACE, before, []))
    kept.person_keys.forget()
    first = read(next(kept.ledger.rows()))
    assert isinstance(first, FaultFound | CaseReported)
    assert (first.finding.near, first.finding.why[0][:17]) == (ERASED, "the customer says")


@pytest.mark.parametrize(
    "member", ["{}", '{"place":3}', '{"place":["a"]}', '{"place":["a","b","c"]}', '{"place":{"a":1,"b":2}}']
)
def test_a_seal_that_was_tampered_with_is_told(member: str) -> None:
    """It is no reason to break off with something else than a row that cannot be read."""
    body = body_of(SendNotice("c", "d", "t", "simulated"))
    broken = f'{{"sealed":{member},{body[1:]}'
    try:
        told = json.loads(opened("SendNotice", broken, None))
    except ValueError:
        return
    assert told["case"] == "c"
