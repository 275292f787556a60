"""Which version decided stands in the ledger: deciding anew is held against it only where the rules are the same."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dispatch.core.decisions import DECISIONS_VERSION, FIRST_VERSION
from dispatch.core.desk import Desk
from dispatch.core.events import Event, FaultFound, ServiceStarted, TruckReported
from dispatch.core.policy import Policy
from dispatch.engine.recovery import restored
from dispatch.ledger.pipeline import ControlRoom, Turn
from dispatch.ledger.replay import restore
from dispatch.ledger.rows import Pen
from dispatch.registers.customers import Customers
from dispatch.store.journal import Journal
from gateway.devices.registry import Registry
from gateway.finding import Place, TruckReport
from gateway.intake.intake import Intake

if TYPE_CHECKING:
    from conftest import Room


def room_of(pen: Pen | None = None) -> ControlRoom:
    """Return a control room without devices."""
    return ControlRoom(Intake(Registry([])), Desk(), Customers([]), pen or Pen())


def kept(folder: Path, told: list[tuple[Event, float]]) -> Journal:
    """Keep what a service decides about ``told``."""
    room, journal = room_of(), Journal.open(folder)
    turns: list[Turn] = [room.tell(event, at) for event, at in told]
    journal.commit(turns, told[-1][1])
    return journal


def an_hour_away(room: Room, version: int | None = DECISIONS_VERSION) -> list[tuple[Event, float]]:
    """Two trucks, a fault, and an hour in which nobody could be heard."""
    room.truck("t-1")
    room.truck("t-2")
    room.found()
    since = room.now
    told = list(room.told)
    if version is not None:
        told.insert(0, (ServiceStarted(version, told[0][1]), told[0][1]))
        told.append((ServiceStarted(version, since), since + 3600))
    return told


def test_a_restart_under_the_same_version_shows_no_drift(room: Room, tmp_path: Path) -> None:
    """Nor does what was put off because nobody could be heard."""
    with kept(tmp_path, an_hour_away(room)) as journal:
        found = restored(journal)
        assert (found.drift.count, found.versions) == (0, {DECISIONS_VERSION})
        assert not restore(journal.ledger.rows(), Desk())
        assert next(row.type for row in journal.ledger.rows()) == "ServiceStarted"


def test_what_rang_before_the_service_was_gone_has_rung(room: Room, tmp_path: Path) -> None:
    """An alarm whose row is the last one: told again, the desk rings it at its hour, and puts off what was due behind it."""
    told = an_hour_away(room)
    (started, back_at), since = told[-1], room.now + 70
    control, journal = room_of(), Journal.open(tmp_path)
    turns = [control.tell(event, at) for event, at in told[:-1]]
    turns.append(control.wake(since))
    assert [row.type for row in turns[-1].rows] == ["ReassignTow"]
    assert isinstance(started, ServiceStarted)
    turns.append(control.tell(ServiceStarted(DECISIONS_VERSION, since), back_at))
    journal.commit(turns, back_at)
    with journal:
        assert restored(journal).drift.count == 0


def test_what_is_due_when_the_service_is_back_is_caused_by_that(room: Room) -> None:
    """Its row comes first: the alarms that ring then ring for its sake, and at its hour."""
    control, told = room_of(), an_hour_away(room)
    for event, at in told[:-1]:
        control.tell(event, at)
    turn = control.tell(*told[-1])
    assert next(row.type for row in turn.rows) == "ServiceStarted"
    assert len(turn.rows) > 1
    assert {row.cause for row in turn.rows[1:]} == {turn.rows[0].seq}
    assert {row.at for row in turn.rows} == {told[-1][1]}


@pytest.mark.parametrize(("version", "other"), [(None, FIRST_VERSION), (DECISIONS_VERSION + 1, DECISIONS_VERSION + 1)])
def test_a_restart_under_another_version_says_so_and_compares_nothing(
    room: Room, tmp_path: Path, caplog: pytest.LogCaptureFixture, version: int | None, other: int
) -> None:
    """One line, and no drift, even where the rules decide otherwise."""
    caplog.set_level(logging.INFO, "callahead")
    with kept(tmp_path, an_hour_away(room, version)) as journal:
        found = restored(journal, policy=Policy(call_due_s=999.0))
    assert found.drift.count == 0
    assert found.of_another_version == other
    said = [record.message for record in caplog.records if "decided by version" in record.message]
    assert said == [
        (
            f"the ledger was decided by version {other}, this is version {DECISIONS_VERSION}: decisions are not compared; "
            "what was done stands"
        )
    ]
    assert not any("decides otherwise" in record.message for record in caplog.records)


def test_an_accepted_offer_in_the_backlog_is_heard_before_the_offer_runs_out(room: Room, tmp_path: Path) -> None:
    """Over a restart: the truck said yes while the service was down, and keeps its job."""
    told = an_hour_away(room)
    with kept(tmp_path, told[:-1]) as journal:
        found = restored(journal)
        control = ControlRoom(Intake(Registry([])), found.desk, Customers([]), journal.ledger.pen())
        case = next(event.finding for event, _ in told if isinstance(event, FaultFound))
        place = Place(56.96, 24.10, 10.0, told[-1][1], "gnss")
        yes: dict[str, Any] = {"job": f"{case.episode}/tow", "job_state": "accepted"}
        report = TruckReport("t-1/9", "t-1", place, True, ("battery",), "simulated", **yes)  # noqa: FBT003
        turns = [control.tell(*told[-1]), control.tell(TruckReported(report), told[-1][1] + 1)]
        turns.append(control.wake(told[-1][1] + 90))
        assert not any(row.type == "ReassignTow" for turn in turns for row in turn.rows)
