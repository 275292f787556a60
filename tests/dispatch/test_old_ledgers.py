"""Ledgers that an earlier version wrote: they verify, are read as they were, and a service goes on from them.

``ledgers/v1_*.json.gz`` were recorded on 2026-11-29 from shortened stories, seed 1, cut in the middle: every row, how the desk
stood (``dispatch.standing``) and what the casebook told (``dispatch.casebook.Shelf``) in the version that wrote them.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from dispatch.casebook import Casebook, Shelf
from dispatch.desk import Desk
from dispatch.fold import Fold
from dispatch.ledger import Kind, Row, faults, read
from dispatch.policy import Policy
from dispatch.standing import Standing

OLD = Path(__file__).parent / "ledgers"
NAMES = sorted(path.name.removesuffix(".json.gz") for path in OLD.glob("*.json.gz"))
THEN = Policy(dial_attempts=3, redial_s=60.0)
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


def test_a_desk_goes_on_from_it(old: dict[str, Any]) -> None:
    """Every alarm that still matters is set, and the desk takes up what the fold says."""
    fold = Fold(THEN)
    for row in old["rows"]:
        fold.feed(row)
    desk = Desk()
    desk.stand(fold.standing())
    assert {case.case for case in desk.standing().cases} == {case["case"] for case in old["standing"]["cases"]}
    silent = {(case.case, case.help) for case in fold.cases.values()}
    assert desk.next_wake() is not None or not any(state == "offered" for _, state in silent)
