"""The judge of the fault campaign sees what is wrong: ledgers sabotaged on purpose turn the verdict red."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from dispatch.core.actions import CloseCase, OpenCase, PlaceOrder, QueueCall, SendTow
from dispatch.core.desk import Desk
from dispatch.core.events import AgentBecameFree, CallConnected, CallEnded, Outcome
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Kind, Pen, Row, read
from dispatch.outgoing.device_commands import commands_of
from dispatch.registers.customers import Customer, Customers
from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twin import Twin
from gateway.finding import Place
from gateway.intake.intake import Intake
from scenarios.chaos.judge import WorldRecord, judge
from scenarios.chaos.twins import TwinShown, changed, forgotten

CASE = "volta/car-1/1-1"
Words = Any
Change = Callable[[list[Row]], list[Row]]


@pytest.fixture
def rows(words: Words) -> list[Row]:
    """The ledger of one flat battery, from the fault to the closed case."""
    now = time.time()
    registry = Registry(_record(**one) for one in words.registered)
    room = ControlRoom(Intake(registry), Desk(), Customers([Customer(**words.customer)]), Pen())
    turns = [room.deliver(*words.flat_battery(now), now), room.deliver(*words.truck(now), now)]
    turns.append(room.tell(AgentBecameFree("a-1", ("lv",), "simulated"), now))
    turns += [room.tell(CallConnected(f"{CASE}/call", 1), now), room.tell(_informed(), now)]
    for state in ("accepted", "arrived", "finished"):
        turns.append(room.deliver(*words.truck(now, job={"id": f"{CASE}/tow", "state": state}), now))
    return [row for turn in turns for row in turn.rows]


def _record(kind: str, **more: Any) -> DeviceRecord:
    return DeviceRecord(**{"customer": None, **more, "kind": kind, "skills": tuple(more.get("skills", ()))})


def _informed() -> CallEnded:
    return CallEnded(f"{CASE}/call", 1, Outcome.INFORMED)


@pytest.fixture
def seen(rows: list[Row]) -> WorldRecord:
    """What the world did of it."""
    found = WorldRecord(sent={CASE: "volta/car-1"})
    found.driven[CASE] = found.spoken[CASE] = 1
    for row in rows:
        if row.kind is Kind.ACTION:
            for device, command in commands_of(read(row), row.at):  # type: ignore[arg-type]
                found.effects[device, command.id] = 1
    return found


def _sealed(items: Sequence[tuple[Any, Row]]) -> list[Row]:
    """Write a ledger anew: its chain is sound, whatever it says."""
    pen = Pen()
    return [pen.write(item, row.at, row.cause) for item, row in items]


def _without(kind: type) -> Change:
    return lambda rows: _sealed([(read(row), row) for row in rows if row.type != kind.__name__])


def _with(kind: type, **changes: Any) -> Change:
    """Say once more what a row says, with a change."""

    def change(rows: list[Row]) -> list[Row]:
        again = next(row for row in rows if row.type == kind.__name__)
        return _sealed([*((read(row), row) for row in rows), (replace(read(again), **changes), again)])

    return change


def _order(rows: list[Row]) -> list[Row]:
    tow = next(row for row in rows if row.type == "SendTow")
    orders = [
        PlaceOrder(CASE, f"{CASE}/order", attempt, "s-1", "supplies", "stock", "goods", (), "simulated")
        for attempt in (1, 2)
    ]
    return _sealed([*((read(row), row) for row in rows), *((order, tow) for order in orders)])


def _forged(rows: list[Row]) -> list[Row]:
    return [replace(row, body=row.body.replace("truck-1", "truck-2")) if row.type == "SendTow" else row for row in rows]


SHOWN = TwinShown("v/d/1-1", 2, 0, 0.5, (56.95, 24.1), {"a": 1})
SAID = {"v/d/1-0", "v/d/1-1"}


def test_a_twin_that_has_all_that_was_said_is_not_told_of() -> None:
    """Nor one that is as it was."""
    assert list(forgotten("v/d", SHOWN, SAID)) == []
    assert list(changed({"v/d": SHOWN}, {"v/d": replace(SHOWN), "v/e": SHOWN}, "later")) == []


@pytest.mark.parametrize(
    "shown",
    [None, replace(SHOWN, taken=1), replace(SHOWN, taken=3), replace(SHOWN, missing=1), replace(SHOWN, last="v/d/1-9")],
)
def test_a_twin_without_what_was_said_is_seen(shown: TwinShown | None) -> None:
    """Never made, an event lost or taken twice, a gap, another event than was sent."""
    (sentence,) = forgotten("v/d", shown, SAID)
    assert sentence.startswith("v/d said 2 events")


@pytest.mark.parametrize(
    "after",
    [
        {},
        {"v/d": replace(SHOWN, readings={"a": 2})},
        {"v/d": replace(SHOWN, at=None)},
        {"v/d": replace(SHOWN, skew_s=0.1)},
    ],
)
def test_a_twin_that_a_restart_made_another_is_seen(after: dict[str, TwinShown]) -> None:
    """Gone, or with other readings, at another place, by another clock."""
    (sentence,) = changed({"v/d": SHOWN}, after, "after a restart")
    assert "after a restart" in sentence


def test_a_stored_twin_and_one_that_is_shown_are_read_alike() -> None:
    """From the API's words and from the twin."""
    twin = Twin("v/d", readings={"a": 1}, place=Place(56.95, 24.1, 8.0, 0.0, "gnss"))
    for seq in (0, 1, 3):
        twin.order.take(1, seq, float(seq), float(seq))
    said = {
        "device": "v/d", "boot": 1, "last_seq": 3, "events": {"taken": 3, "missing": 1, "lost": 0}, "clock": {"skew_s": None},
        "place": {"latitude": 56.95, "longitude": 24.1}, "readings": {"a": 1},
    }  # fmt: skip
    assert TwinShown.answered(said) == TwinShown.stored(twin)


def test_a_sound_ledger_holds(rows: list[Row], seen: WorldRecord) -> None:
    """One fault, one case, one tow, one call, closed; every command heard."""
    verdict = judge(rows, seen)
    assert (verdict.sent, verdict.cases, verdict.commands, verdict.holds) == (1, 1, 3, True)


@pytest.mark.parametrize(
    ("change", "what", "sentence"),
    [
        (_without(OpenCase), "lost", "was found and is no case"),
        (_without(CloseCase), "unfinished", "is not closed"),
        (_with(OpenCase, case="volta/car-1/1-9"), "twice", "second case"),
        (_with(OpenCase, device="volta/car-9", case="volta/car-9/1-1"), "twice", "sent no fault"),
        (_with(SendTow, tow=f"{CASE}/tow-2"), "twice", "second tow"),
        (_with(QueueCall, call=f"{CASE}/call-2"), "twice", "second call"),
        (_with(QueueCall), "twice", "second call"),
        (_order, "twice", "second order"),
        (_with(SendTow), "unsound", "stands twice"),
        (_forged, "unsound", "the hash does not fit"),
        (lambda rows: rows[:3] + rows[4:], "unsound", "was expected"),
        (lambda rows: [row for row in rows if row.type not in {"FaultFound", "OpenCase"}], "lost", "never found"),
    ],
)
def test_a_sabotaged_ledger_is_seen(
    change: Change, what: str, sentence: str, rows: list[Row], seen: WorldRecord
) -> None:
    """A case removed or doubled, a tow, an order or a call inserted, a row forged or taken out."""
    verdict = judge(change(rows), seen)
    assert not verdict.holds
    assert any(sentence in said for said in getattr(verdict, what))


def _never_arrived(seen: WorldRecord) -> None:
    seen.sent["volta/car-2/1-0"] = "volta/car-2"


def _two_trucks(seen: WorldRecord) -> None:
    seen.driven[CASE] += 1


def _obeyed_twice(seen: WorldRecord) -> None:
    seen.effects["volta/car-1", f"{CASE}/stop"] += 1


def _never_told(seen: WorldRecord) -> None:
    del seen.effects["volta/car-1", f"{CASE}/stop"]


@pytest.mark.parametrize(
    ("change", "what"),
    [(_never_arrived, "lost"), (_two_trucks, "twice"), (_obeyed_twice, "twice"), (_never_told, "unheard")],
)
def test_what_the_world_did_is_held_against_it(
    change: Callable[[WorldRecord], None], what: str, rows: list[Row], seen: WorldRecord
) -> None:
    """An acknowledged fault that the service never got, a second truck on the road, a command unheard or obeyed twice."""
    change(seen)
    assert getattr(judge(rows, seen), what)
