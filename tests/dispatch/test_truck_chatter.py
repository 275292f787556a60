"""Whatever trucks say, in whatever order: one truck at a time, one story told by desk and ledger, the same however woken."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.desk import Desk
from dispatch.core.events import Event, FaultFound, ServiceStarted, TruckReported
from dispatch.core.transitions import HelpState
from dispatch.ledger.audit.ledger import AuditReport, audit
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen, Row
from dispatch.registers.customers import Customers
from dispatch.views.casebook import Casebook
from gateway.devices.registry import Registry
from gateway.finding import Place, TruckReport
from gateway.intake.intake import Intake

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Room

TOW = "volta/car-1/1-7/tow"
Said = tuple[int, str | None, float, float, bool]
"""Which truck, what of the job, how many seconds later, how far north of the car in degrees, was the service down before."""
SAID = st.tuples(
    st.integers(1, 3),
    st.sampled_from([None, "accepted", "declined", "arrived", "finished"]),
    st.sampled_from([1.0, 20.0, 61.0, 300.0, 1_000.0]),
    st.sampled_from([0.0, 0.01, 0.05, 0.2]),
    st.booleans(),
)


def story(room: Room, said: list[Said]) -> list[tuple[Event, float]]:
    """Three trucks, a fault, and what the trucks say."""
    start = room.now
    for number in (1, 2, 3):
        room.truck(f"t-{number}", place=Place(56.95 + number / 100, 24.1, 10, start, "gnss"))
    room.found()
    told: list[tuple[Event, float]] = [(ServiceStarted(DECISIONS_VERSION, start), start), *room.told]
    now = start
    for number, (truck, state, after, north, down) in enumerate(said):
        if down:
            told.append((ServiceStarted(DECISIONS_VERSION, now), now + after))
        now += after
        place = Place(56.95 + north, 24.1, 10, now, "gnss")
        about = (TOW, state) if state else (None, None)
        report = TruckReport(f"t-{truck}/r{number}", f"t-{truck}", place, True, ("battery", "tow"), "simulated", *about)  # type: ignore[arg-type] # noqa: FBT003
        told.append((TruckReported(report), now))
    return told


def rows_of(told: list[tuple[Event, float]], *, eager: bool) -> tuple[Desk, list[Row]]:
    """Write down what a desk decides, woken at each alarm or never but by what it is told."""
    room = ControlRoom(Intake(Registry([])), Desk(), Customers([]), Pen())
    rows: list[Row] = []
    for event, at in told:
        down = isinstance(event, ServiceStarted)
        while eager and not down and (due := room.next_wake()) is not None and due <= at:
            rows += room.wake(due).rows
        turn = room.tell(event, at)
        assert turn.twice is None, "a key twice"
        rows += turn.rows
    return room.desk, rows


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SAID, max_size=14))
def test_whatever_trucks_say(bare: Callable[[], Room], said: list[Said]) -> None:
    """Lazy is eager; the ledger is sound and replays; what is read from it is what the desk knows."""
    told = story(bare(), said)
    desk, rows = rows_of(told, eager=False)
    assert [row.body for row in rows_of(told, eager=True)[1]] == [row.body for row in rows]
    report = AuditReport()
    for _ in audit(rows, report):
        pass
    assert (dict(report.flaws), report.drift) == ({}, 0)
    book = Casebook()
    for row in rows:
        book.feed(row)
    assert_told_alike(desk, book)
    offered = Counter(row.type for row in rows)
    assert offered["SendTow"] == 1
    assert any(isinstance(event, FaultFound) for event, _ in told)


def assert_told_alike(desk: Desk, book: Casebook) -> None:
    """The casebook says of the truck what the desk knows, and no truck is bound to a case that is another's."""
    standing = desk.standing()
    (view,) = book.cases.values()
    if not view.open:
        assert all(truck.tow is None for truck in standing.trucks)
        return
    (case,) = standing.cases
    assert view.help is not None
    if case.help in {HelpState.OFFERED, HelpState.PROMISED, HelpState.ON_SCENE, HelpState.DONE}:
        assert (view.help.state, view.help.truck) == (case.help.value, case.truck)
    if case.help is HelpState.PROMISED:
        assert view.help.eta == pytest.approx(case.eta, abs=181 + 0.2 * 2_500)
        assert case.eta_number
    bound = [truck.truck for truck in standing.trucks if truck.tow]
    assert bound == ([case.truck] if case.help in {HelpState.OFFERED, HelpState.PROMISED, HelpState.ON_SCENE} else [])
