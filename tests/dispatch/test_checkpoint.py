"""The durable inbox: what is acknowledged is safe, though its twin is written later; a restart makes it of the messages again."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from dispatch.core.desk import Desk
from dispatch.core.events import CustomerErased
from dispatch.engine.driver import Driver
from dispatch.engine.recovery import heard_again
from dispatch.ledger.pipeline import ControlRoom
from dispatch.registers.customers import Customers
from dispatch.store import inbox_rows, tables
from dispatch.store.address import StoreAddress
from dispatch.store.inbox_rows import InboxRow, TakenMessage, framed
from dispatch.store.journal import Journal
from dispatch.store.kept_twins import KEPT_WITHIN_S
from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twin import Twin
from gateway.devices.twins import Twins
from gateway.intake.intake import Intake
from gateway.links.handover.delivery import Delivery

pytestmark = pytest.mark.anyio
START = 1_768_197_600.0
CARS = [f"volta/car-{number}" for number in range(8)]


class Clock:
    """Goes on when it is told to."""

    at = START

    def now(self) -> float:
        """POSIX seconds."""
        return self.at

    def real_seconds_until(self, at: float) -> float:
        """Of the wall."""
        return 0.0 if at <= self.at else 3_600.0

    def real_seconds(self, span: float) -> float:
        """As many."""
        return span


class House:
    """A service without doors: started, told things, and killed."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.clock = clock
        self.journal = Journal.open(folder)
        registry = Registry([DeviceRecord(car, "car", f"c-{car[-1]}", "simulated") for car in CARS])
        twins = Twins(self.journal.twins.all(), self.journal.twins.one)
        self.intake = Intake(registry, twins=twins)
        checkpoint = heard_again(self.journal, self.intake)
        room = ControlRoom(self.intake, Desk(), Customers([]), self.journal.ledger.pen())
        self.driver = Driver(room, self.journal, clock, checkpoint=checkpoint)
        self.running = asyncio.create_task(self.driver.run())

    async def hears(self, *messages: tuple[str, bytes]) -> None:
        """Hear messages; returns once all are acknowledged."""
        acked = [asyncio.get_running_loop().create_future() for _ in messages]
        for (topic, payload), future in zip(messages, acked, strict=True):
            done = lambda future=future: future.set_result(None)  # noqa: E731 - bound to its own
            self.driver.offer(Delivery(topic, payload, retained=False, received_at=self.clock.at, ack=done))
        await asyncio.wait_for(asyncio.gather(*acked), 30)

    async def dies(self) -> None:
        """End as by kill -9: nothing more is written."""
        self.running.cancel()
        await asyncio.wait({self.running})
        self.journal.close()

    async def ends(self) -> None:
        """End as asked."""
        self.driver.stop()
        await self.running
        self.journal.close()

    def twins(self) -> list[Any]:
        """Return every twin as it stands; how dense its samples are depends on when it was looked at."""
        found = [self.intake.twins[car] for car in CARS if car in self.intake.twins]
        return [(twin.device, twin.order.taken, twin.order.seq, _parts(twin)) for twin in found]


def _parts(twin: Twin) -> list[object]:
    names = ("place", "moving", "read_at", "readings", "told", "episodes", "repair", "memories")
    return [getattr(twin, name) for name in names]


def _event(device: str, seq: int, kind: str, data: dict[str, Any], at: float) -> tuple[str, bytes]:
    event = {
        "specversion": "1.0",
        "type": f"callahead.vehicle.{kind}.v1",
        "source": f"/{device}",
        "id": f"1-{seq}",
        "time": datetime.fromtimestamp(at, UTC).isoformat(),
        "data": data,
    }
    return f"callahead/v1/{device}/event", json.dumps(event, indent=1).encode()  # with line breaks


def _status(device: str, seq: int, at: float) -> tuple[str, bytes]:
    return _event(device, seq, "status", {"signals": {"Vehicle.Speed": 40.0 + seq}}, at)


def _fault(device: str, seq: int, at: float) -> tuple[str, bytes]:
    return _event(device, seq, "fault", {"codes": [{"code": "P0217", "status": "confirmed"}]}, at)


async def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path) -> None:
    """Every twin as it was, and nothing is decided by hearing it again."""
    clock = Clock()
    house = House(tmp_path, clock)
    for seq in range(1, 6):
        clock.at = START + 60.0 * seq if seq < 4 else clock.at + 2
        await house.hears(*(_status(car, seq, clock.at) for car in CARS))
    await house.hears(_fault(CARS[0], 6, clock.at), _status(CARS[1], 6, clock.at))
    stood, rows = house.twins(), list(house.journal.ledger.rows())
    await house.dies()
    again = House(tmp_path, clock)
    assert again.twins() == stood
    assert list(again.journal.ledger.rows()) == rows
    await again.hears(_status(CARS[0], 7, clock.at + 1), _status(CARS[1], 6, clock.at))
    assert [again.intake.twins[car].order.taken for car in CARS[:2]] == [7, 6]
    assert again.intake.twins[CARS[1]].order.repeats == 1
    await again.ends()


async def test_a_twin_is_written_with_a_finding_at_once_and_otherwise_in_time(tmp_path: Path) -> None:
    """What is covered by that is in the inbox no more."""
    clock = Clock()
    house = House(tmp_path, clock)
    await house.hears(*(_status(car, 1, clock.at) for car in CARS))
    assert house.journal.twins.all() == []
    await house.hears(_fault(CARS[0], 2, clock.at))
    assert [twin.device for twin in house.journal.twins.all()] == [CARS[0]]
    assert len(list(house.journal.inbox.rows())) >= 1
    clock.at += KEPT_WITHIN_S
    await house.hears(_status(CARS[0], 3, clock.at))
    assert [twin.device for twin in house.journal.twins.all()] == CARS
    left = [message.topic for _, messages, _ in house.journal.inbox.rows() for message in messages]
    assert left == [f"callahead/v1/{CARS[0]}/event"]
    await house.ends()
    with Journal.open(tmp_path) as journal:
        assert list(journal.inbox.rows()) == []
        assert journal.twins.one(CARS[0]).order.taken == 3  # type: ignore[union-attr]


async def test_a_fleet_that_does_not_fit_loses_none_that_is_not_written(tmp_path: Path) -> None:
    """However many others are heard before a twin is written."""
    clock = Clock()
    house = House(tmp_path, clock)
    house.intake.twins.most = 2  # a fleet of fifty thousand takes too long
    for seq in range(1, 4):
        for car in CARS:
            await house.hears(_status(car, seq, clock.at))
    assert [house.intake.twins[car].order.taken for car in CARS] == [3] * len(CARS)
    await house.ends()


async def test_a_row_that_cannot_be_read_is_told_of_and_costs_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The service starts, and its devices tell it again."""
    clock = Clock()
    house = House(tmp_path, clock)
    for seq in (1, 2, 3):
        await house.hears(*(_status(car, seq, clock.at) for car in CARS[:2]))
    await house.dies()
    engine = StoreAddress.in_folder(tmp_path).engine()
    with engine.begin() as connection:
        connection.execute(update(tables.inbox).where(tables.inbox.c.seq == 2).values(sealed=b"broken"))
    engine.dispose()
    with caplog.at_level(logging.ERROR):
        again = House(tmp_path, clock)
    says = "row 2 of the inbox: it cannot be read; what its devices said then is not in their twins. They tell it again"
    assert [record.message for record in caplog.records] == [f"{says} with their next status"]
    assert again.intake.twins[CARS[0]].order.seq == 3
    assert again.intake.twins[CARS[0]].order.missing(clock.at) == 1
    await again.hears(_status(CARS[0], 4, clock.at))
    await again.ends()


def test_one_message_that_cannot_be_read_does_not_cost_its_row() -> None:
    """Neither do line breaks and NULs in the others."""
    journal = Journal.in_memory()
    good = framed(TakenMessage(1.0, glanced=False, topic="a/b", payload=b'{"a":\n"\x00"}', properties=(("k", "v"),)))
    row = InboxRow(1, (good, b"\xc1broken", good))
    sealed = journal.inbox.sealed(row)
    journal.inbox._database.write(lambda connection: inbox_rows.keep(connection, 1, sealed))
    ((seq, messages, lost),) = journal.inbox.rows()
    assert (seq, len(messages), lost) == (1, 2, 1)
    assert messages[0].payload == b'{"a":\n"\x00"}'
    journal.close()


def _bytes_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())


async def test_nothing_of_an_erased_customer_is_left_in_the_inbox(tmp_path: Path) -> None:
    """Nor can what lies there be read by whoever has the file alone: it is sealed."""
    clock = Clock()
    house = House(tmp_path, clock)
    await house.hears(*(_status(car, 1, clock.at) for car in CARS))
    assert b"Vehicle.Speed" not in _bytes_in(tmp_path)
    await house.driver.tell(CustomerErased("c-0", by="user/anna"))
    assert list(house.journal.inbox.rows()) == []
    assert [twin.device for twin in house.journal.twins.all()] == CARS[1:]
    await house.dies()
