"""The driver under load: too much to do, more devices than are at hand, keys that stand already."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import pytest

from dispatch.core.actions import OpenCase, SendNotice
from dispatch.core.desk import Desk
from dispatch.core.events import AgentLeft
from dispatch.engine.driver import Driver
from dispatch.engine.inputs import Input, Stopped
from dispatch.engine.load_shedding import BACKLOG, LATE_S, MANY, Overload
from dispatch.ledger.pipeline import ControlRoom, Turn
from dispatch.ledger.rows import Pen, faults
from dispatch.ledger.seen_keys import BY_HEART, Keys
from dispatch.registers.customers import Customers
from dispatch.store.journal import Journal
from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twin import Twin
from gateway.devices.twins import Twins
from gateway.intake.intake import Intake
from gateway.links.handover.delivery import Delivery
from tests.conftest import until
from tests.dispatch.conftest import vehicle_event

pytestmark = pytest.mark.anyio
START = 1_768_197_600.0
CARS = [f"volta/car-{number}" for number in range(40)]


class Now:
    """A clock that stands still, far behind everything."""

    def now(self) -> float:
        """POSIX seconds."""
        return START + 1e6

    def real_seconds_until(self, at: float) -> float:
        """An hour."""
        return 3_600.0 if at > self.now() else 0.0

    def real_seconds(self, span: float) -> float:
        """As many."""
        return span


def _status(device: str, seq: int, at: float, speed: float = 40.0) -> tuple[str, bytes]:
    return vehicle_event(device, seq, "status", {"signals": {"Vehicle.Speed": speed}}, at)


def _fault(device: str, seq: int, at: float) -> tuple[str, bytes]:
    return vehicle_event(device, seq, "fault", {"codes": [{"code": "P0562", "status": "confirmed"}]}, at)


def _room(twins: Twins, keys: Keys | None = None) -> ControlRoom:
    registry = Registry([DeviceRecord(car, "car", f"c-{car[-1]}", "simulated") for car in CARS])
    return ControlRoom(Intake(registry, twins=twins), Desk(), Customers([]), Pen(), keys)


class Logged(logging.Handler):
    """Says when the first line is logged, while it is used."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__()
        self.first = asyncio.Event()
        self._logger = logger

    def emit(self, _record: logging.LogRecord) -> None:
        """Note it."""
        self.first.set()

    def __enter__(self) -> Self:
        """Listen."""
        self._logger.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        self._logger.removeHandler(self)


async def _drive(room: ControlRoom, journal: Journal, messages: list[tuple[str, bytes]]) -> tuple[Driver, Counter[str]]:
    driver, acked = Driver(room, journal, Now()), Counter[str]()
    for number, (topic, payload) in enumerate(messages):
        key = f"{topic} {number}"
        ack = acked.update
        driver.offer(
            Delivery(topic, payload, retained=False, received_at=START + 100.0, ack=lambda key=key, ack=ack: ack([key]))
        )  # type: ignore[misc]
    running = asyncio.create_task(driver.run())
    await asyncio.wait_for(driver.tell(AgentLeft("nobody")), 60)
    await until(lambda: len(acked) == len(messages))  # whoever asks goes first
    driver.stop()
    await running
    return driver, acked


async def test_a_backlog_is_thinned_by_positions_never_by_faults() -> None:
    """Every delivery is acknowledged once, every fault is found, and each car is where its last status says."""
    rounds = BACKLOG // len(CARS) + 20
    messages = [_status(car, seq, START + seq, float(seq)) for seq in range(rounds) for car in CARS]
    for number, car in enumerate(CARS):
        messages.insert((number + 1) * 100, _fault(car, rounds + 1 + number, START - 1))
    journal = Journal.in_memory()
    driver, acked = await _drive(_room(Twins()), journal, messages)
    assert driver.decider.overload.thinned > rounds * len(CARS) / 2
    assert set(acked.values()) == {1}
    assert len(acked) == len(messages)
    found = Counter(row.type for row in journal.ledger.rows())
    assert found["FaultFound"] >= len(CARS)
    assert found["OpenCase"] == len(CARS)
    for twin in journal.twins.all():
        assert twin.order.taken == rounds + 1
        assert twin.readings["Vehicle.Speed"] == float(rounds - 1)
    journal.close()


def test_overload_begins_and_ends_apart() -> None:
    """It does not flicker at one length of the queue, and says since when it is."""
    overload = Overload()
    assert not overload.look(BACKLOG, 0.0, 1.0)
    assert overload.look(BACKLOG + 1, 0.0, 2.0)
    assert overload.look(BACKLOG // 2 + 1, 0.0, 3.0)
    assert overload.since == 2.0
    assert not overload.look(BACKLOG // 2, 0.0, 4.0)
    assert overload.since is None


def test_a_slow_machine_is_overloaded_by_less() -> None:
    """Where one of many has waited for too long; few that wait for long are no reason to thin."""
    overload = Overload()
    assert not overload.look(MANY, 10 * LATE_S, 1.0)
    assert not overload.look(MANY + 1, LATE_S, 2.0)
    assert overload.look(MANY + 1, 1.1 * LATE_S, 3.0)
    assert overload.look(MANY, 0.6 * LATE_S, 4.0)
    assert not overload.look(MANY, LATE_S / 2, 5.0)


async def test_a_fault_overtakes_every_status_but_those_of_its_car() -> None:
    """It is taken first of a backlog, behind the run of its own car; the statuses behind it wait until it is gone."""
    driver = Driver(_room(Twins()), Journal.in_memory(), Now())
    said = [_status(car, seq, START + seq) for seq in range(1, 4) for car in CARS]
    said += [_fault(CARS[7], 4, START + 4), _status(CARS[7], 5, START + 5)]
    for topic, payload in said:
        driver.offer(Delivery(topic, payload, retained=False, received_at=START, ack=lambda: None))
    runs = await driver.inbox.take(10, 0, backlog=True)
    taken = [[(item.topic, item.payload) for item in run if isinstance(item, Delivery)] for run in runs]
    of_car_7 = [_status(CARS[7], seq, START + seq) for seq in range(1, 4)]
    assert taken[:2] == [of_car_7, [_fault(CARS[7], 4, START + 4)]]
    assert taken[2] == [_status(CARS[0], seq, START + seq) for seq in range(1, 4)]
    assert len(driver.inbox) == len(said) - sum(map(len, taken))
    driver.inbox.put_back(runs)
    again = await driver.inbox.take(10, 0, backlog=True)
    assert again == runs
    rest = await driver.inbox.take(1_000, 0, backlog=True)
    assert [[item.payload for item in run] for run in rest][-1] == [_status(CARS[7], 5, START + 5)[1]]


async def test_what_is_overtaken_is_acknowledged_with_what_overtakes_it() -> None:
    """Never before: also where there is time for a part of the backlog alone. A newest one that is not whole overtakes nothing."""
    driver = Driver(_room(Twins()), Journal.in_memory(), Now())
    decider = driver.decider

    def run(*messages: tuple[str, bytes]) -> list[Input]:
        return [Delivery(*said, retained=False, received_at=START, ack=lambda: None) for said in messages]

    said = {car: [_status(car, seq, START + seq, 40.0 + seq) for seq in range(1, 6)] for car in CARS[:2]}
    await decider.decide([run(said[car][0]) for car in CARS[:2]], backlog=True)
    broken = (said[CARS[1]][4][0], said[CARS[1]][4][1].replace(b'"Vehicle.Speed": 45.0', b'"Vehicle.Speed": "fast"'))
    turns = await decider.decide(
        [run(*said[CARS[0]][1:]), run(*said[CARS[1]][1:4], broken)],
        backlog=True,
    )
    assert len(turns) == 8
    assert decider.overload.thinned == 3
    whole, other = (decider._room.intake.twins[car] for car in CARS[:2])
    assert (whole.order.taken, whole.order.seq, whole.readings["Vehicle.Speed"]) == (5, 5, 45.0)
    assert other.readings["Vehicle.Speed"] == 44.0
    assert whole.order.missing(START) == 0


async def test_a_fleet_that_does_not_fit_concludes_the_same(tmp_path: Path) -> None:
    """With twins of three cars at hand, the others loaded when they are heard: the same ledger and the same twins."""
    messages = [_status(car, seq, START + seq) for seq in range(1, 4) for car in CARS]
    messages += [_fault(car, 9, START + 9) for car in CARS] + [_status(car, 10, START + 10) for car in reversed(CARS)]
    kept: list[tuple[list[Any], list[Twin]]] = []
    for folder, most in (("all", 1_000), ("few", 3)):
        with Journal.open(tmp_path / folder) as journal:
            twins = Twins(kept=journal.twins.one, most=most)
            room = _room(twins)
            for first in range(0, len(messages), 7):
                await _drive(room, journal, messages[first : first + 7])
            assert len(twins) == len(CARS) if most > len(CARS) else len(twins) <= 2 * most
            kept.append(([row for row in journal.ledger.rows() if row.type != "AgentLeft"], journal.twins.all()))
    assert [row.body for row in kept[0][0]] == [row.body for row in kept[1][0]]
    assert kept[0][1] == kept[1][1]


def test_what_the_store_has_is_asked_once_for_a_batch() -> None:
    """Whom the store does not have either is not asked for again."""
    asked: list[str] = []

    def kept(device: str) -> Twin | None:
        asked.append(device)
        return Twin(device) if device == "v/old" else None

    twins = Twins(kept=kept)
    assert twins.missing(["v/a", "v/b", "v/a"]) == ["v/a", "v/b"]
    twins.bring(["v/a", "v/b"], [Twin("v/b")])
    assert (twins.get("v/a"), twins["v/b"].device, asked) == (None, "v/b", [])
    assert twins["v/old"].device == "v/old"
    assert asked == ["v/old"]


def test_old_keys_are_asked_of_the_ledger() -> None:
    """The latest are known by heart; before anything is forgotten the ledger is asked for what it had before we began."""
    asked: list[str] = []

    def kept(key: str) -> bool:
        asked.append(key)
        return key == "before"

    keys = Keys(kept=kept)
    assert "before" in keys
    for number in range(2 * BY_HEART + 1):
        keys.add(f"k{number}")
    assert keys.lately(f"k{2 * BY_HEART}")
    assert not keys.lately("k0")
    assert "k0" not in keys
    assert asked == ["before", "k0"]


def test_the_ledger_is_asked_only_of_what_its_device_may_have_said_before() -> None:
    """Of a device never heard, and of a number behind its newest; a number beyond all of them is new."""
    asked: list[str] = []

    def kept(key: str) -> bool:
        asked.append(key)
        return False

    room = _room(Twins(), Keys(kept=kept))
    for car, heard in zip(CARS[:3], ((), (5,), (4, 9)), strict=True):
        for seq in heard:
            room.intake.twin(car).order.take(1, seq, START, START)
        assert "FaultFound" in [row.type for row in room.deliver(*_fault(car, 7, START), START).rows]
    assert asked == [f"found/{CARS[0]}/1-7", f"found/{CARS[2]}/1-7"]


def test_an_action_that_stands_is_not_decided_again() -> None:
    """A desk that would decide something twice does not stop the service: the second is left out, and counted."""
    stop = SendNotice("volta/car-1/1-9", "volta/phone-1", "text", "simulated")
    room = _room(Twins(), Keys([f"{stop.case}/open"]))
    turn = room.deliver(*_fault("volta/car-1", 9, START), START)
    assert "OpenCase" not in [row.type for row in turn.rows]
    assert "FaultFound" in [row.type for row in turn.rows]
    assert room.decided_twice == 1
    assert [row.seq for row in turn.rows] == list(range(1, len(turn.rows) + 1))


async def test_a_key_that_stands_in_the_store_does_not_end_the_service(caplog: pytest.LogCaptureFixture) -> None:
    """The second is dropped, told and counted; what else was decided with it and behind it is stored, sealed anew."""
    journal, before = Journal.in_memory(), Pen()
    stands = SendNotice("volta/car-0/1-1", "volta/phone-1", "text", "simulated")
    room = _room(Twins())
    first = room.deliver(*_fault("volta/car-0", 1, START), START)
    opened = next(action for action in first.actions if action.key.endswith("/open"))
    journal.commit([Turn(rows=[before.write(stands, START), before.write(opened, START)])], START)
    room = _room(Twins())
    room.pen = journal.ledger.pen()
    driver, acked = await _drive(room, journal, [_fault(car, 1, START + 1) for car in CARS])
    assert driver.committer.second_keys == 1
    assert "volta/car-0/1-1/open of volta/car-0/1-1 was decided twice" in caplog.text
    assert set(acked.values()) == {1}
    rows = list(journal.ledger.rows())
    assert not list(faults(rows))
    assert Counter(row.type for row in rows)["OpenCase"] == len(CARS)
    assert {row.cause for row in rows if row.cause} <= {row.seq for row in rows if row.type == "FaultFound"}
    journal.close()


async def test_whatever_was_decided_behind_a_second_key_is_numbered_anew() -> None:
    """Batches of one: the next is decided before anybody knows that the one before loses a row."""
    journal, before = Journal.in_memory(), Pen()
    opened = OpenCase("volta/car-0/1-1", "c-0", "volta/car-0", "simulated")
    journal.commit([Turn(rows=[before.write(opened, START)])], START)
    room = _room(Twins())
    room.pen = journal.ledger.pen()
    driver = Driver(room, journal, Now(), batch=1)
    decide = driver.decider.decide

    async def breathing(runs: Iterable[list[Input]], *, backlog: bool) -> list[Turn]:
        """Let others have the loop between what is decided and its being handed over, as a slow machine does."""
        turns = await decide(runs, backlog=backlog)
        written = sum(driver.tallies.commit_s.counts)
        for _ in range(50 if turns and not written else 0):
            await asyncio.sleep(0.002)  # the store works in a thread
        return turns

    driver.decider.decide = breathing  # type: ignore[method-assign]
    acked = Counter[str]()
    for car in CARS[:10]:
        topic, payload = _fault(car, 1, START + 1)
        ack = lambda car=car: acked.update([car])  # noqa: E731 - one line
        driver.offer(Delivery(topic, payload, retained=False, received_at=START + 100.0, ack=ack))
    running = asyncio.create_task(driver.run())
    await until(lambda: len(acked) == 10)
    driver.stop()
    await running
    rows = list(journal.ledger.rows())
    assert (driver.committer.second_keys, list(faults(rows))) == (1, [])
    assert Counter(row.type for row in rows)["FaultFound"] == 10
    journal.close()


async def test_whoever_waits_is_told_when_it_ends_while_the_store_takes_nothing(tmp_path: Path) -> None:
    """Also those whose batch is decided behind the one that the store does not take: all of them send it again."""
    Journal.open(tmp_path).close()
    logged = Logged(logging.getLogger("dispatch.engine.committer"))
    with Journal.look(tmp_path) as read_only, logged:
        driver = Driver(_room(Twins()), read_only, Now(), batch=1)
        answers = [driver.submit(AgentLeft(f"a-{number}")) for number in range(4)]
        running = asyncio.create_task(driver.run())
        async with asyncio.timeout(60):
            await logged.first.wait()
            driver.stop()
            await running
            ended = await asyncio.gather(*answers, return_exceptions=True)
        assert [type(one) for one in ended] == [Stopped] * 4
        assert "is open to be read" in driver.committer.trouble
        assert (driver.announcer.handled, list(read_only.ledger.rows())) == (0, [])
