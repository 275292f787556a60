"""Ledgers that an earlier version wrote: they verify, are read as they were, and a service goes on from them.

``ledgers/v1_*.json.gz`` were recorded on 2026-11-29 from shortened stories, seed 1, cut in the middle: every row, how the desk
stood (``dispatch.core.desk_state``) and what the casebook told (``dispatch.views.casebook.Shelf``) in the version that wrote them.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from dispatch.core.decisions import DECISIONS_VERSION, FIRST_VERSION
from dispatch.core.desk_state import Standing
from dispatch.core.events import ServiceStarted
from dispatch.core.policy import Policy
from dispatch.core.transitions import CallState, HelpState
from dispatch.engine.recovery import restored
from dispatch.ledger.fold import Fold
from dispatch.ledger.pipeline import ControlRoom, Turn
from dispatch.ledger.rows import Kind, Row, faults, read
from dispatch.registers.customers import Customers
from dispatch.store.batch import batch_of
from dispatch.store.journal import Journal
from dispatch.views.casebook import Casebook, Shelf
from gateway.devices.registry import Registry
from gateway.intake.intake import Intake

OLD = Path(__file__).parent / "ledgers"
NAMES = sorted(path.name.removesuffix(".json.gz") for path in OLD.glob("*.json.gz"))
THEN = Policy(dial_attempts=3, redial_s=60.0, redial_growth=1.0)
"""What the house went by when they were written."""


@pytest.fixture(params=NAMES)
def old(request: pytest.FixtureRequest) -> dict[str, Any]:
    """One of them."""
    found: dict[str, Any] = json.loads(gzip.decompress((OLD / f"{request.param}.json.gz").read_bytes()))
    found["rows"] = [Row(**row | {"kind": Kind(row["kind"])}) for row in found["rows"]]
    return found


def _differences(old: object, new: object, where: str = "") -> Iterator[str]:
    """Yield what differs in what stood in the old; what is new beside it is passed over."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            yield from _differences(value, new.get(key), f"{where}.{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _differences(one, other, f"{where}.{number}")
    elif old != new:
        yield f"{where}: {old!r} is now {new!r}"


def test_it_verifies(old: dict[str, Any]) -> None:
    """Every row is in order, readable, and its hash fits."""
    assert list(faults(old["rows"])) == []
    assert all(read(row) for row in old["rows"])


def test_it_tells_the_same_of_every_case(old: dict[str, Any]) -> None:
    """Cases, calls, trucks and totals are read from it as they were; where nothing was known of it, more may be told now.

    A customer's call is of the case it turned out to be about, and a truck that declined is no longer told as asked.
    """
    book = Casebook()
    for row in old["rows"]:
        book.feed(row)
    shelf = TypeAdapter(Shelf).dump_python(book.shelf(), mode="json")
    told = [
        one for one in _differences(old["shelf"], shelf) if ": None is now" not in one and not one.startswith(".over")
    ]
    assert [one for one in told if not one.endswith(".help.state: 'offered' is now 'declined'")] == []


def test_it_folds_to_the_same_state(old: dict[str, Any]) -> None:
    """Every case, call, truck and agent stands as it stood, whatever this version would have decided."""
    fold = Fold(THEN)
    for row in old["rows"]:
        fold.feed(row)
    stood, stands = old["standing"], TypeAdapter(Standing).dump_python(fold.standing(), mode="json")
    open_cases = {case["case"] for case in stood["cases"]}
    stood["of_episode"] = {episode: case for episode, case in stood["of_episode"].items() if case in open_cases}
    for left_out in ("alarms", "ended"):  # set anew; counted otherwise
        stood.pop(left_out)
    assert list(_differences(stood, stands)) == []


def test_a_service_goes_on_from_it(old: dict[str, Any], tmp_path: Path) -> None:
    """Opened and started by this version: the desk stands as the old one stood, and what it decides from then on is stored."""
    with Journal.open(tmp_path) as journal:
        turns = [Turn(rows=[row]) for row in old["rows"]]
        journal.write(batch_of(turns, old["rows"][-1].at))
        found = restored(journal, policy=THEN)
        assert (found.drift.count, found.of_another_version) == (0, FIRST_VERSION)
        stands = {case.case: case for case in found.desk.standing().cases}
        assert {name: str(case.help) for name, case in stands.items()} == {
            case["case"]: case["help"] for case in old["standing"]["cases"]
        }
        room = ControlRoom(Intake(Registry([])), found.desk, Customers([]), journal.ledger.pen())
        last = old["rows"][-1].at
        turn = room.tell(ServiceStarted(DECISIONS_VERSION, last), last + 600.0)
        later = room.wake(last + 3_600.0)
        journal.commit([turn, later], last + 3_600.0)
        again = restored(journal, policy=THEN)
        assert again.drift.count == 0
        assert list(faults(journal.ledger.rows())) == []
        assert not again.desk.wake(last + 3_600.0)  # alarms that led to nothing leave no row
        assert again.desk.standing() == room.desk.standing()


def test_nobody_in_it_is_forgotten(old: dict[str, Any]) -> None:
    """Every case that waits for a truck, an answer or a call is waited for by an alarm, or is in a queue."""
    fold = Fold(THEN)
    for row in old["rows"]:
        fold.feed(row)
    standing = fold.standing()
    reminded = {alarm.case for alarm in standing.alarms}
    for case in standing.cases:
        if case.help in {HelpState.OFFERED, HelpState.PROMISED, HelpState.WAITING}:
            assert case.case in reminded
        if case.call is not None and case.call.state in {CallState.ASSIGNED, CallState.RESTING}:
            assert case.call.call in reminded
