"""The durable inbox: what is acknowledged is safe, though its twin is written later; a restart makes it of the messages again."""

from __future__ import annotations

import asyncio
import logging
import random
import sqlite3
from collections import Counter
from contextlib import closing
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from dispatch.core.desk import Desk
from dispatch.core.events import CustomerErased
from dispatch.engine.checkpoint import AT_ONCE, LET_GO_BYTES, MOST_BYTES, Checkpoint
from dispatch.engine.driver import Driver
from dispatch.engine.recovery import heard_again
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen
from dispatch.registers.customers import Customers
from dispatch.store import inbox_rows, tables
from dispatch.store.address import StoreAddress
from dispatch.store.batch import Batch, batch_of
from dispatch.store.errors import JournalFailed
from dispatch.store.inbox_rows import InboxRow, TakenMessage, framed
from dispatch.store.journal import Journal
from dispatch.store.kept_twins import KEPT_WITHIN_S, KeptTwins
from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twin import Twin
from gateway.devices.twins import MOST, Twins
from gateway.intake.intake import Intake
from gateway.links.handover.delivery import Delivery
from gateway.mapping.read import parse_mapping
from gateway.mapping.translate import Translators
from tests.conftest import until
from tests.dispatch.conftest import START, ToldClock, vehicle_event

pytestmark = pytest.mark.anyio
CARS = [f"volta/car-{number}" for number in range(8)]


class House:
    """A service without doors: started, told things, and killed."""

    def __init__(self, folder: Path, clock: ToldClock, *, most: int = MOST, mapping: str = "") -> None:
        self.clock = clock
        self.journal = Journal.open(folder)
        registry = Registry([DeviceRecord(car, "car", f"c-{car[-1]}", "simulated") for car in CARS])
        twins = Twins(self.journal.twins.all(), self.journal.twins.one, most)
        translators = Translators([parse_mapping(mapping, "volta.toml")] if mapping else [])
        self.intake = Intake(registry, twins=twins, translators=translators)
        room = ControlRoom(self.intake, Desk(), Customers([]), self.journal.ledger.pen())
        again = heard_again(self.journal, room)
        self.lost = again.lost
        self.driver = Driver(room, self.journal, clock, checkpoint=again.checkpoint)
        self.driver.offer_again(again.undecided)
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
        found = [twin for car in CARS if (twin := self.intake.twins.get(car)) is not None]
        return list(map(_seen, found))


def _seen(twin: Twin) -> Any:
    return deepcopy((twin.device, twin.order.taken, twin.order.seq, _parts(twin)))


def _parts(twin: Twin) -> list[object]:
    names = ("place", "moving", "read_at", "readings", "told", "episodes", "repair", "memories")
    return [getattr(twin, name) for name in names]


def _status(device: str, seq: int, at: float) -> tuple[str, bytes]:
    return vehicle_event(device, seq, "status", {"signals": {"Vehicle.Speed": 40.0 + seq}}, at)


def _fault(device: str, seq: int, at: float) -> tuple[str, bytes]:
    return vehicle_event(device, seq, "fault", {"codes": [{"code": "P0217", "status": "confirmed"}]}, at)


async def test_a_twin_looks_at_the_same_statuses_after_a_kill(tmp_path: Path) -> None:
    """Of those that come each four seconds one in three tells of a clock: which, does not depend on when the twin was written."""
    clock = ToldClock()
    house = House(tmp_path, clock)
    for seq in range(1, 41):
        clock.at += 4.0
        await house.hears(*(_status(car, seq, clock.at - seq % 7 / 100) for car in CARS))
    stood = [deepcopy(house.intake.twins[car].clock) for car in CARS]
    assert all(one.as_of > 0 for one in house.journal.twins.all())
    await house.dies()
    again = House(tmp_path, clock)
    assert [again.intake.twins[car].clock for car in CARS] == stood
    await again.ends()


async def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path) -> None:
    """Every twin as it was, and nothing is decided by hearing it again."""
    clock = ToldClock()
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
    clock = ToldClock()
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
    clock = ToldClock()
    house = House(tmp_path, clock, most=2)
    for seq in range(1, 4):
        for car in CARS:
            await house.hears(_status(car, seq, clock.at))
    assert [house.intake.twins[car].order.taken for car in CARS] == [3] * len(CARS)
    await house.ends()


async def test_a_row_that_cannot_be_read_is_told_of_and_costs_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The service starts, and its devices tell it again."""
    clock = ToldClock()
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
    says = "row 2 of the inbox: it cannot be read; what was said then is not in the devices' twins. They tell it again"
    assert [record.message for record in caplog.records] == [f"{says} with their next status"]
    assert again.intake.twins[CARS[0]].order.seq == 3
    assert again.intake.twins[CARS[0]].order.missing(clock.at) == 1
    await again.hears(_status(CARS[0], 4, clock.at))
    await again.ends()


@pytest.mark.parametrize("sealed", ["text", 10**15, 1.5])
async def test_rows_of_anything_are_told_of_in_one_sentence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, sealed: object
) -> None:
    """SQLite keeps whatever is written, of any type."""
    clock = ToldClock()
    house = House(tmp_path, clock)
    for seq in (1, 2, 3):
        await house.hears(_status(CARS[0], seq, clock.at))
    await house.dies()
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as file, file:
        file.execute("UPDATE inbox SET sealed = ? WHERE seq < 3", [sealed])
    with caplog.at_level(logging.ERROR):
        again = House(tmp_path, clock)
    (told,) = again.lost
    assert [record.message for record in caplog.records] == [told]
    assert told.startswith("2 rows of the inbox from row 1 on cannot be read, or not whole")
    assert (again.intake.twins[CARS[0]].order.seq, again.intake.twins[CARS[0]].order.taken) == (3, 1)
    await again.ends()


@pytest.mark.parametrize("body", ["{broken", '{"device": "volta/car-1", "order": 17}', 17, b"\xff"])
async def test_a_twin_that_cannot_be_read_is_made_of_the_inbox_and_costs_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, body: object
) -> None:
    """The service starts, and says whose it was."""
    clock = ToldClock()
    house = House(tmp_path, clock)
    await house.hears(*(_status(car, 1, clock.at) for car in CARS))
    await house.ends()
    house = House(tmp_path, clock)
    await house.hears(_status(CARS[0], 2, clock.at))
    await house.dies()
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as file, file:
        file.execute("UPDATE twins SET body = ? WHERE id = ?", [body, CARS[0]])
    with caplog.at_level(logging.ERROR):
        again = House(tmp_path, clock)
    (told,) = again.lost
    assert [record.message for record in caplog.records] == [told]
    assert told.startswith(f"the stored twin of {CARS[0]} cannot be read")
    assert [again.intake.twins[car].order.seq for car in CARS] == [2, *[1] * (len(CARS) - 1)]
    await again.ends()
    again = House(tmp_path, clock)
    assert again.lost == ()
    await again.ends()


async def test_a_key_that_is_damaged_costs_what_it_sealed_and_no_more(tmp_path: Path) -> None:
    """The service starts, seals with a new one, and is whole with the next statuses."""
    clock = ToldClock()
    house = House(tmp_path, clock)
    await house.hears(*(_status(car, 1, clock.at) for car in CARS))
    await house.dies()
    engine = StoreAddress.in_folder(tmp_path).engine()
    with engine.begin() as connection:
        connection.execute(update(tables.meta).where(tables.meta.c.name == inbox_rows.KEY).values(value="damaged"))
    engine.dispose()
    house = House(tmp_path, clock)
    assert not house.intake.twins
    await house.hears(*(_status(car, 2, clock.at) for car in CARS))
    await house.dies()
    house = House(tmp_path, clock)
    assert [house.intake.twins[car].order.seq for car in CARS] == [2] * len(CARS)
    await house.dies()


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
    clock = ToldClock()
    house = House(tmp_path, clock)
    await house.hears(*(_status(car, 1, clock.at) for car in CARS))
    assert b"Vehicle.Speed" not in _bytes_in(tmp_path)
    await house.driver.tell(CustomerErased("c-0", by="user/anna"))
    assert list(house.journal.inbox.rows()) == []
    assert [twin.device for twin in house.journal.twins.all()] == CARS[1:]
    await house.dies()


async def test_a_store_goes_on_numbering_behind_an_inbox_that_was_emptied(tmp_path: Path) -> None:
    """Twins say up to which row they are: a row that is numbered as one before it would be passed over by a restart."""
    clock = ToldClock()
    house = House(tmp_path, clock)
    for seq in range(1, 6):
        await house.hears(_status(CARS[0], seq, clock.at))
    await house.ends()
    house = House(tmp_path, clock)
    await house.hears(_status(CARS[0], 6, clock.at))
    await house.dies()
    house = House(tmp_path, clock)
    assert house.intake.twins[CARS[0]].order.taken == 6
    await house.dies()


async def test_twins_are_written_in_time_though_nobody_says_anything_more(tmp_path: Path) -> None:
    """Also where the clock is set back meanwhile; and the loop does not spin until somebody does."""
    for step in (KEPT_WITHIN_S, -3_600.0):
        clock = ToldClock()
        house = House(tmp_path / str(step), clock)
        await house.hears(*(_status(car, 1, clock.at) for car in CARS))
        clock.at += step
        house.driver.inbox.wake()
        await until(lambda house=house: len(house.journal.twins.all()) == len(CARS))  # type: ignore[misc]
        assert house.driver.checkpoint.seconds_to_next(clock.at) == float("inf")
        await house.hears(*(_status(car, 2, clock.at) for car in CARS))
        await house.dies()
        clock.at += step
        house = House(tmp_path / str(step), clock)
        await until(lambda house=house: [one.order.taken for one in house.journal.twins.all()] == [2] * len(CARS))  # type: ignore[misc]
        await house.ends()


async def test_a_batch_that_was_stored_though_the_store_could_not_say_so_is_stored_again(tmp_path: Path) -> None:
    """As when the line to it breaks while it commits."""
    clock = ToldClock()
    house = House(tmp_path, clock)
    write, failures = house.journal.write, iter([JournalFailed("the line broke")])

    def stored_and_unsaid(batch: Batch) -> None:
        write(batch)
        for failure in failures:
            raise failure

    house.journal.write = stored_and_unsaid  # type: ignore[method-assign]
    await house.hears(*(_status(car, 1, clock.at) for car in CARS))
    await house.dies()
    house = House(tmp_path, clock)
    assert [house.intake.twins[car].order.taken for car in CARS] == [1] * len(CARS)
    await house.dies()


async def test_a_fleet_that_does_not_fit_is_made_whole_of_the_inbox(tmp_path: Path) -> None:
    """No twin is let go of between two of its messages, before the store has it."""
    clock = ToldClock()
    house = House(tmp_path, clock)
    for seq in range(1, 4):
        await house.hears(*(_status(car, seq, clock.at) for car in CARS))
    await house.dies()
    house = House(tmp_path, clock, most=2)
    assert [house.intake.twins[car].order.taken for car in CARS] == [3] * len(CARS)
    await house.ends()
    with Journal.open(tmp_path) as journal:
        assert [twin.order.taken for twin in journal.twins.all()] == [3] * len(CARS)


async def test_what_means_something_only_now_is_decided_now_and_once(tmp_path: Path) -> None:
    """As in a newer version, or behind a row that is lost: a twin must not know of a fault that nobody was told of."""
    clock = ToldClock()
    house = House(tmp_path, clock)
    await house.hears(*(_status(car, 1, clock.at) for car in CARS[:2]))
    said = (_fault(CARS[0], 2, clock.at), _status(CARS[1], 2, clock.at), _status(CARS[0], 3, clock.at))
    frames = [framed(TakenMessage(clock.at, glanced=False, topic=topic, payload=payload)) for topic, payload in said]
    row = InboxRow(house.journal.inbox.last() + 1, tuple(frames))  # as an older version took it: nothing followed
    house.journal.write(batch_of((), clock.at, KeptTwins(row=row)))
    await house.dies()
    for seq in (1, 2):
        house = House(tmp_path, clock)
        await house.hears(_status(CARS[2], seq, clock.at))
        opened = [row.case for row in house.journal.ledger.rows() if row.type == "OpenCase"]
        assert opened == [f"{CARS[0]}/1-2"]
        assert [house.intake.twins[car].order.taken for car in CARS[:3]] == [3, 2, seq]
        await house.dies()


async def test_an_erasure_ends_its_batch(tmp_path: Path) -> None:
    """What comes behind it is of nobody's device, and is kept; nothing that lay in the inbox before can be read any more."""
    clock = ToldClock()
    house = House(tmp_path, clock)
    await house.hears(_status(CARS[0], 1, clock.at))
    copy = [house.journal.inbox._database.first(tables.inbox.select()).sealed]
    erased = house.driver.submit(CustomerErased("c-0", by="user/anna"))
    await house.hears(_status(CARS[0], 2, clock.at), _status(CARS[1], 1, clock.at))
    await erased
    await house.dies()
    house = House(tmp_path, clock)
    assert house.intake.twins[CARS[0]].order.taken == 1
    assert [house.journal.inbox._opened(1, one) for one in copy] == [None]
    await house.dies()


def test_what_waits_is_counted_by_what_the_store_still_has() -> None:
    """And not by all that ever came. Beyond what may wait, the twins that the oldest of it waits for are written, and no others."""
    twins, fleet = Twins(), [Twin(f"v/{number}") for number in range(AT_ONCE)]
    checkpoint = Checkpoint(twins)
    for at in range(60):
        checkpoint.take((), [(twin, bytes(10)) for twin in fleet], float(at))
        assert checkpoint._bytes <= 10 * AT_ONCE * KEPT_WITHIN_S
    waited = len(checkpoint)
    written = checkpoint.take((), [(Twin("v/late"), bytes(MOST_BYTES))], 59.0)
    assert len(written.twins) == waited
    assert (len(checkpoint), checkpoint._bytes) == (1, MOST_BYTES)


@pytest.mark.parametrize("every_s", [1, 7, 29, 31, 60])
def test_a_twin_is_written_once_in_its_time_and_those_of_a_fleet_over_all_of_it(every_s: int) -> None:
    """However much a device says, and though all say it in the same second.

    Beside twins that wait as long as they may, there is no more to write than the share that the pause between two messages has of
    that time: nothing for devices that speak all the time, or seldom.
    """
    checkpoint, fleet, seconds = Checkpoint(Twins()), [Twin(f"v/{number}") for number in range(600)], 300
    written, since = {twin.device: list[int]() for twin in fleet}, dict[str, int]()
    for at in range(seconds):
        said = [] if at % every_s else fleet
        since = {twin.device: at for twin in said} | since
        for device, _ in checkpoint.take((), [(twin, bytes(10)) for twin in said], float(at)).twins:
            assert at - since.pop(device) <= KEPT_WITHIN_S
            written[device].append(at)
    assert all(later - sooner >= KEPT_WITHIN_S for one in written.values() for sooner, later in pairwise(one))
    assert max(Counter(at for one in written.values() for at in one).values()) <= 2 * len(fleet) / KEPT_WITHIN_S
    pause = every_s if every_s < KEPT_WITHIN_S else 0
    most = (1 + pause / KEPT_WITHIN_S) * _written_late(every_s, seconds)
    assert max(map(len, written.values())) <= most + 1


def _written_late(every_s: int, seconds: int) -> int:
    """Return how often a twin is written that waits as long as it may."""
    count = said = 0
    while said + KEPT_WITHIN_S < seconds:
        count += 1
        said += every_s * int(1 + KEPT_WITHIN_S // every_s)
    return count


def test_a_little_of_the_inbox_is_let_go_with_each_batch() -> None:
    """However much of it is covered at once, as where one twin was the last; and on, though nobody says anything more."""
    each, rows, twin = LET_GO_BYTES // 4, 60, Twin("v/late")
    checkpoint = Checkpoint(Twins(), rows, [(row, each) for row in range(1, rows + 1)])
    checkpoint.is_behind(twin, 1, 0.0)
    assert checkpoint.take((), [], 0.0).covered == 0
    gone = [checkpoint.take((), [], KEPT_WITHIN_S).covered]
    gone.append(checkpoint.take((), [(twin, bytes(4 * each))], KEPT_WITHIN_S).covered)
    assert gone == [4, 4 + 8]  # twice what came, where that is more
    kept = checkpoint.take((), [], 2 * KEPT_WITHIN_S)
    while not checkpoint.seconds_to_next(2 * KEPT_WITHIN_S):
        assert kept.row is None
        gone.append(kept.covered)
        kept = checkpoint.take((), [], 2 * KEPT_WITHIN_S)
    assert [later - sooner for sooner, later in pairwise(gone[1:])] == [4] * 11 + [4]
    assert (kept.row, kept.covered) == (InboxRow(rows + 1), rows + 1)
    assert checkpoint.seconds_to_next(2 * KEPT_WITHIN_S) == float("inf")


def test_what_is_let_go_is_not_written_again_and_what_else_is_deleted_is_overwritten(tmp_path: Path) -> None:
    """Rows of the inbox are sealed: SQLite may leave them lying where they were, and has nothing to write for it."""
    told, large = b"Vehicle.Speed", 1_000_000
    with Journal.open(tmp_path) as journal:
        for row in range(1, 9):
            twins = ((CARS[0], told.decode() * 1_000),) if row == 1 else ()
            journal.write(batch_of((), START, KeptTwins(twins, InboxRow(row, (bytes(large),)))))
        journal._database.settle()
        log = tmp_path / "ledger.sqlite-wal"
        assert log.stat().st_size == 0
        journal.write(batch_of((), START, KeptTwins((), InboxRow(8), covered=8)))
        assert log.stat().st_size < large / 5
        assert told in _bytes_in(tmp_path)
        journal.write(batch_of((), START, KeptTwins(((CARS[0], "{}"),))))
        journal._database.settle()
        assert told not in _bytes_in(tmp_path)


async def test_rows_that_wait_to_be_let_go_are_passed_over_after_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their twins have them; and they go in time, though nobody says anything more."""
    monkeypatch.setattr("dispatch.engine.checkpoint.LET_GO_BYTES", 1)
    clock = ToldClock()
    house = House(tmp_path, clock)
    for seq in range(1, 6):
        await house.hears(*(_status(car, seq, clock.at) for car in CARS))
    clock.at += KEPT_WITHIN_S
    await house.hears(_status(CARS[0], 6, clock.at))
    assert [twin.device for twin in house.journal.twins.all()] == CARS
    assert len(list(house.journal.inbox.rows())) > 1
    await house.dies()
    house = House(tmp_path, clock)
    assert [house.intake.twins[car].order.taken for car in CARS] == [6, *[5] * (len(CARS) - 1)]
    clock.at += KEPT_WITHIN_S
    house.driver.inbox.wake()
    await until(lambda: not list(house.journal.inbox.rows()))
    await house.ends()


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_every_twin_is_as_if_nobody_had_ever_died(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Statuses, faults, repeats, gaps and new boots, a fleet that does not fit, hours that pass, ends and kills.

    Also where of the inbox hardly anything is let go, and where twins are written since it holds too much.
    """
    monkeypatch.setattr("dispatch.engine.checkpoint.LET_GO_BYTES", (LET_GO_BYTES, 1)[seed % 2])
    monkeypatch.setattr("dispatch.engine.checkpoint.MOST_BYTES", (MOST_BYTES, 5_000, 1)[seed % 3])
    dice, clock = random.Random(seed), ToldClock()
    fleet = [DeviceRecord(car, "car", f"c-{car[-1]}", "simulated") for car in CARS]
    ever = ControlRoom(Intake(Registry(fleet)), Desk(), Customers([]), Pen())
    house, last, keys = House(tmp_path, clock, most=3), dict.fromkeys(CARS, 0), list[str | None]()
    for _ in range(40):
        clock.at += dice.choice([0.0, 0.5, 2.0, 11.0, KEPT_WITHIN_S])
        messages = []
        for car in dice.sample(CARS, dice.randrange(1, len(CARS))):
            seq = last[car] + dice.choice([0, 1, 1, 1, 1, 3])
            last[car] = max(last[car], seq)
            messages.append((_fault if dice.random() < 0.05 else _status)(car, seq, START + seq))
        for topic, payload in messages:
            keys += [row.key for row in ever.deliver(topic, payload, clock.at).rows]
        await house.hears(*messages)
        if dice.random() < 0.2:
            await (house.dies() if dice.random() < 0.7 else house.ends())
            house = House(tmp_path, clock, most=3)
    assert [row.key for row in house.journal.ledger.rows()] == keys
    assert house.twins() == [_seen(ever.intake.twins[car]) for car in CARS]
    await house.dies()


async def test_what_was_glanced_at_is_glanced_at_again(tmp_path: Path) -> None:
    """It counts as heard, and is not more than that the second time."""
    clock = ToldClock()
    house = House(tmp_path, clock)
    await house.hears(_status(CARS[0], 1, clock.at))
    said = [_status(CARS[0], seq, clock.at) for seq in (2, 3)]
    frames = [framed(TakenMessage(clock.at, glanced=True, topic=topic, payload=payload)) for topic, payload in said]
    house.journal.write(batch_of((), clock.at, KeptTwins(row=InboxRow(house.journal.inbox.last() + 1, tuple(frames)))))
    await house.dies()
    house = House(tmp_path, clock)
    twin = house.intake.twins[CARS[0]]
    assert (twin.order.taken, twin.order.seq, twin.readings) == (3, 3, {"Vehicle.Speed": 41.0})
    await house.dies()


MAPPING = """
convention = "json"
vendor = "volta"
device = "{car}"
topics = ["volta/{car}/own"]
time = { received = true }
[id]
boot = { constant = 1 }
seq = { from = "/n" }
[[event]]
type = "callahead.vehicle.status.v1"
[event.fields]
"Vehicle.Speed" = { from = "/v", unit = "km/h" }
"""


async def test_a_message_of_a_vendors_own_lies_in_the_inbox_as_it_was_understood(tmp_path: Path) -> None:
    """Its twin is written later, and after a kill made of it again, whatever the mapping says by then."""
    clock = ToldClock()
    house = House(tmp_path, clock, mapping=MAPPING)
    for seq in range(1, 4):
        clock.at += 8.0
        said = (f'{{"n": {seq}, "v": {40 + seq}}}'.encode() for _ in CARS)
        await house.hears(*((f"{car}/own", one) for car, one in zip(CARS, said, strict=True)))
    stood = house.twins()
    assert [one.readings for one in house.intake.twins.values()] == [{"Vehicle.Speed": 43.0}] * len(CARS)
    assert sum(len(messages) for _, messages, _ in house.journal.inbox.rows()) == 3 * len(CARS)
    await house.dies()
    again = House(tmp_path, clock)
    assert again.twins() == stood
    await again.ends()


async def test_what_was_overtaken_is_not_missed_after_a_crash(tmp_path: Path) -> None:
    """It is kept nowhere; the newer one says in the inbox what it overtook, in whatever order that came."""
    clock = ToldClock()
    house = House(tmp_path, clock)
    await house.hears(_status(CARS[0], 1, clock.at))
    topic, payload = _status(CARS[0], 6, clock.at)
    said = TakenMessage(
        clock.at, glanced=False, topic=topic, payload=payload, overtook=("1-2", "1-4", "1-3", "?", "1-5")
    )
    row = InboxRow(house.journal.inbox.last() + 1, (framed(said),))
    house.journal.write(batch_of((), clock.at, KeptTwins(row=row)))
    await house.dies()
    house = House(tmp_path, clock)
    order = house.intake.twins[CARS[0]].order
    assert (order.taken, order.seq, order.missing(clock.at), order.lost(clock.at + 1e6)) == (6, 6, 0, 0)
    await house.dies()


async def test_a_store_that_fails_while_the_service_is_stopped_costs_nothing(tmp_path: Path) -> None:
    """What was acknowledged lies in the inbox, and what was not is delivered again; nobody waits for the store."""
    clock = ToldClock()
    house = House(tmp_path, clock)
    await house.hears(*(_status(car, 1, clock.at) for car in CARS))
    stood = house.twins()

    def fails(_batch: Batch) -> None:
        raise JournalFailed("no room is left")

    house.journal.write = fails  # type: ignore[method-assign]
    waits = asyncio.ensure_future(house.hears(_fault(CARS[0], 2, clock.at), _status(CARS[1], 2, clock.at)))
    await until(lambda: house.driver.committer.trouble)
    async with asyncio.timeout(10):
        await house.ends()
    waits.cancel()
    house = House(tmp_path, clock)
    assert house.twins() == stood
    await house.hears(_fault(CARS[0], 2, clock.at), _status(CARS[1], 2, clock.at))
    assert [house.intake.twins[car].order.taken for car in CARS[:3]] == [2, 2, 1]
    assert [row.case for row in house.journal.ledger.rows() if row.type == "OpenCase"] == [f"{CARS[0]}/1-2"]
    await house.dies()
