"""Gateway processes: what is decided with them is what is decided without; whoever dies takes nothing along."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dispatch.core.desk import Desk
from dispatch.core.events import CaseReported, CustomerErased
from dispatch.engine.driver import Driver
from dispatch.engine.frames import read_frame
from dispatch.engine.load_shedding import Overload
from dispatch.engine.recovery import heard_again
from dispatch.engine.sender_budgets import Limits
from dispatch.gateways import line
from dispatch.gateways.door import DoorTaken, GatewayDoor, JoinDoor
from dispatch.gateways.edition import edition
from dispatch.gateways.join_key import NoJoinKey, gateway_side, made_in, service_side
from dispatch.gateways.lending import Lending, shard_of
from dispatch.gateways.messages import (
    GatewayAnswer,
    HeardOfLent,
    LentDevice,
    NotYours,
    ShardClaim,
    read_from_gateway,
    read_from_service,
    written,
)
from dispatch.gateways.process import GatewayProcess
from dispatch.gateways.reach import ByNetwork, BySocket
from dispatch.gateways.shard import FRESH_WITHIN_S, Shard
from dispatch.ledger.pipeline import ControlRoom
from dispatch.registers.customers import Customers
from dispatch.store.inbox_rows import framed
from dispatch.store.journal import Journal
from dispatch.store.kept_twins import KEPT_WITHIN_S
from gateway.access.authority import KeyReadByOthers
from gateway.access.listen import Listen
from gateway.contract.event_types import event_types
from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twin import Twin
from gateway.devices.twin_text import read_twin, write_twin
from gateway.devices.twins import Twins
from gateway.intake.human_report import HumanReport
from gateway.intake.intake import Intake
from gateway.kinds.registry import kinds
from gateway.links.handover.delivery import Delivery
from scenarios.service.ports import free_port
from tests.conftest import until
from tests.dispatch.conftest import START, ToldClock, vehicle_event

pytestmark = pytest.mark.anyio
CARS = [f"volta/car-{number}" for number in range(8)]
PHONES = [f"volta/phone-{number}" for number in range(8)]
"""Each is paired with a car."""
OTHERS = {f"volta/{kind.name}-8": kind for kind in kinds() if kind.routine is not None and kind.name != "car"}
"""One of every other kind whose statuses are of routine, paired with nobody."""
LENT = [*CARS, *OTHERS]
Message = tuple[str, bytes]


class AlwaysBehind(Overload):
    """There is always too much to do."""

    def look(self, waiting: int, oldest_s: float, now: float) -> bool:
        """It is."""
        del waiting, oldest_s, now
        return True


class GatewayHouse:
    """A service without doors but that of its gateways; with ``count`` of them, 1: it has none."""

    def __init__(self, folder: Path, clock: ToldClock, count: int = 2, door: JoinDoor | None = None) -> None:
        self.clock, self.count = clock, count
        self.journal = Journal.open(folder)
        registry = Registry([_car(number, car) for number, car in enumerate(CARS)])
        for number, phone in enumerate(PHONES):
            registry.add(DeviceRecord(phone, "phone", f"c-{number}", "simulated"))
        for device, kind in OTHERS.items():
            registry.add(DeviceRecord(device, kind.name, "c-8", "simulated"))
        self.intake = Intake(registry, twins=Twins(kept=self.journal.twins.one))
        self.room = ControlRoom(self.intake, Desk(), Customers([]), self.journal.ledger.pen())
        again = heard_again(self.journal, self.room)
        self.driver = Driver(self.room, self.journal, clock, checkpoint=again.checkpoint)
        self.driver.offer_again(again.undecided)
        self.lending = Lending(self.driver, self.room, self.journal, count)
        self.socket = folder / "gateways"
        self.door = GatewayDoor(self.lending, Limits(0.0, 0.0), door or self.socket)
        self.tasks = [asyncio.create_task(part.run()) for part in (self.driver, self.door)]
        self.gateways: dict[int, asyncio.Task[None]] = {}

    async def begins(self) -> None:
        """Have the gateways there."""
        for shard in range(self.count if self.count > 1 else 0):
            await self.starts(shard)
        await self.hears(*(_placed(phone, self.clock.at) for phone in PHONES))

    async def starts(self, shard: int) -> None:
        """Have one there."""
        await until(self.socket.exists)
        gateway = GatewayProcess(BySocket(str(self.socket)), shard)
        self.gateways[shard] = asyncio.create_task(gateway.run(asyncio.Event()))
        await until(lambda: not self.lending.is_free(shard))

    async def loses(self, shard: int) -> None:
        """Have one die; returns when it is seen."""
        self.gateways.pop(shard).cancel()
        await until(lambda: shard in {int(one.split()[1]) - 1 for one in self.lending.troubles()})

    def offer(self, message: Message) -> asyncio.Future[None]:
        """Have a message come; returns what is done once it is acknowledged."""
        acked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        topic, payload = message
        self.lending.receive(
            Delivery(topic, payload, retained=False, received_at=self.clock.at, ack=lambda: acked.set_result(None))
        )
        return acked

    async def hears(self, *messages: Message) -> None:
        """Hear messages; returns once all are acknowledged."""
        await asyncio.wait_for(asyncio.gather(*map(self.offer, messages)), 60)

    async def calm(self) -> None:
        """Have every car drive on, and everything else go on, so that it is lent."""
        for seq in (1, 2, 3):
            self.clock.at += 1.0
            await self.hears(*(_status(one, seq, self.clock.at) for one in LENT))

    async def dies(self) -> None:
        """End as by kill -9: nothing more is written."""
        for task in (*self.gateways.values(), *self.tasks):
            task.cancel()
        await asyncio.wait({*self.gateways.values(), *self.tasks})
        self.journal.close()
        self.socket.unlink(missing_ok=True)

    async def ends(self) -> None:
        """End as asked."""
        self.door.stop()
        self.driver.stop()
        await asyncio.wait_for(asyncio.gather(*self.tasks), 60)
        for task in self.gateways.values():
            task.cancel()
        self.journal.close()
        self.socket.unlink(missing_ok=True)

    async def comes_home(self) -> list[Any]:
        """Return every device's twin, with all that it said."""
        for shard in [*self.gateways]:
            await self.loses(shard)
        await until(lambda: not self.lending.away)
        return self.twins()

    def twins(self) -> list[Any]:
        """Return every twin as it stands; how dense samples, of readings and its clock, are depends on when it was looked at."""
        return [_seen(twin) for one in LENT if (twin := self.intake.twins.get(one)) is not None]

    def decided(self) -> list[tuple[str, str | None, str]]:
        """Return each device's rows in order, but for numbers and seals of what is personal.

        Whose turn it is among devices that told something in the same moment depends on whose gateway answers first.
        """
        rows = [(row.type, row.key, row.case or "") for row in self.journal.ledger.rows()]
        return sorted(rows, key=lambda row: next(one for one in LENT if f"{one}/" in (row[1] or "")))


Houses = Callable[..., Any]


@pytest.fixture
def house(tmp_path: Path) -> Houses:
    """Have a house that ends with the test."""

    @asynccontextmanager
    async def made(name: str = "one", clock: ToldClock | None = None, count: int = 2) -> AsyncIterator[GatewayHouse]:
        found = GatewayHouse(tmp_path / name, clock or ToldClock(), count)
        await found.begins()
        try:
            yield found
        finally:
            if not all(task.done() for task in found.tasks):
                await found.ends()

    return made


def _car(number: int, name: str) -> DeviceRecord:
    return DeviceRecord(name, "car", f"c-{number}", "simulated", paired_phone=f"volta/phone-{number}")


def _seen(twin: Twin) -> Any:
    written = json.loads(write_twin(twin))
    names = ("place", "moving", "read_at", "readings", "told", "repair", "memories", "used_at", "episodes")
    return (twin.device, twin.order.taken, twin.order.seq, twin.clock.skew_s, *(written.get(name) for name in names))


def _event(device: str, seq: int, type_: str, data: dict[str, Any], at: float) -> Message:
    topic, payload = vehicle_event(device, seq, "status", data, at)
    return topic, payload.replace(b"callahead.vehicle.status.v1", type_.encode())


def _placed(phone: str, at: float) -> Message:
    return _event(phone, 1, "callahead.phone.status.v1", {"position": _position(at)}, at)


def _position(at: float) -> dict[str, Any]:
    time = datetime.fromtimestamp(at, UTC).isoformat()
    return {"latitude": 56.95, "longitude": 24.1, "accuracy_m": 5, "fix_time": time}


def _status(device: str, seq: int, at: float) -> Message:
    kind = OTHERS.get(device)
    if kind is None:
        data = {"signals": {"Vehicle.Speed": 40.0 + seq % 9}, "position": _position(at)}
        return vehicle_event(device, seq, "status", data, at)
    assert kind.routine is not None
    data = dict(event_types().examples[kind.routine.type]["data"])
    data.pop("position", None)
    if "alarms" in data:
        data["alarms"] = []
    return _event(device, seq, kind.routine.type, data, at)


def _fault(device: str, seq: int, at: float) -> Message:
    kind = OTHERS.get(device)
    if kind is None:
        return vehicle_event(device, seq, "fault", {"codes": [{"code": "P0217", "status": "confirmed"}]}, at)
    assert kind.routine is not None
    type_ = kind.routine.type.replace("status", "fault")
    data = dict(event_types().examples[type_]["data"])
    data.pop("position", None)
    return _event(device, seq, type_, data, at)


def _relayed(message: Message, phone: str) -> Message:
    """The same, told by a phone."""
    _, payload = message
    return f"callahead/v1/{phone}/event", payload.replace(b'"id"', f'"via": "/{phone}", "id"'.encode(), 1)


def _day(seed: int) -> list[list[Message]]:
    """Return what comes in each second of some: statuses, faults, repeats, relays and nonsense."""
    dice, seqs, rounds = random.Random(seed), dict.fromkeys(LENT, 0), list[list[Message]]()
    for second in range(1, 25):
        said = list[Message]()
        for one in LENT:
            for _ in range(dice.choice((0, 1, 1, 2))):
                seqs[one] += 1
                fails = second > 4 and dice.random() < 0.03
                said.append((_fault if fails else _status)(one, seqs[one], START + second))
                if one in CARS and dice.random() < 0.1:
                    said[-1] = _relayed(said[-1], one.replace("car", "phone"))
                if dice.random() < 0.1:
                    said.append(said[-1])
        said.append((f"callahead/v1/{CARS[0]}/event", b"{"))
        rounds.append(said)
    return rounds


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_it_comes_to_the_same_with_gateways_and_without(house: Houses, seed: int) -> None:
    """Rows and twins, whatever comes in between, and a gateway that dies and comes back among it."""
    found = []
    for count in (1, 2):
        clock = ToldClock()
        async with house(f"of-{count}", clock, count) as one:
            lent = 0
            for second, said in enumerate(_day(seed), 1):
                clock.at = START + second
                heard = [one.offer(message) for message in said]
                if count > 1 and second % 9 == 0:
                    await one.loses(second % 2)
                await asyncio.wait_for(asyncio.gather(*heard), 60)
                lent += one.lending.away
                if count > 1 and second % 9 == 0:
                    await until(lambda: one.lending.is_free(second % 2))  # noqa: B023 - awaited here
                    await one.starts(second % 2)
            assert (lent > 80) == (count > 1)
            found.append((one.decided(), await one.comes_home()))
    assert found[0] == found[1]
    assert any(kind == "FaultFound" for kind, _, _ in found[0][0])


async def test_what_gateways_took_is_there_after_the_service_was_killed(house: Houses) -> None:
    """Its twins are made of the inbox, and the twins that gateways told let the inbox go."""
    clock = ToldClock()
    async with house("one", clock) as first:
        await first.calm()
        clock.at += 1.0
        await first.hears(*(_status(one, 4, clock.at) for one in LENT))
        assert first.lending.away == len(LENT)
        await first.dies()
    async with house("one", clock) as again:
        assert {order for _, order, *_ in again.twins()} == {4}
        assert again.lending.away == 0
        await again.hears(_status(CARS[0], 5, clock.at), _status(CARS[0], 5, clock.at), _fault(CARS[1], 5, clock.at))
        assert [row.type for row in again.journal.ledger.rows()].count("FaultFound") == 1
        assert again.intake.twins[CARS[0]].order.taken == 5


async def test_a_gateway_that_dies_while_it_is_asked_loses_nothing(house: Houses) -> None:
    """What it had not answered is decided by the desk, in order, and each is acknowledged once."""
    clock = ToldClock()
    async with house("one", clock) as one:
        await one.calm()
        clock.at += 1.0
        waiting = [one.offer(_status(car, 4, clock.at)) for car in LENT]
        waiting += [one.offer(_fault(car, 5, clock.at)) for car in LENT]
        for shard in (0, 1):
            one.gateways[shard].cancel()
        waiting += [one.offer(_status(car, 6, clock.at)) for car in LENT]
        await asyncio.wait_for(asyncio.gather(*waiting), 60)
        assert [row.type for row in one.journal.ledger.rows()].count("FaultFound") >= len(CARS)
        assert {twin.order.taken for car in LENT if (twin := one.intake.twins.get(car))} == {6}
        assert one.lending.away == 0
        assert len(list(one.lending.troubles())) == 2


async def test_a_person_who_tells_of_a_lent_car_finds_it_at_home(house: Houses) -> None:
    """It comes home first, and stays as long as somebody sees to it."""
    clock = ToldClock()
    async with house("one", clock) as one:
        await one.calm()
        record = one.intake.registry.get(CARS[0])
        report = one.room.reported(HumanReport("r-1", "customer", None, clock.at), record)
        assert isinstance(report, CaseReported)
        turn = await one.driver.tell(report)
        assert any(row.type == "OpenCase" for row in turn.rows)
        assert one.lending.away == len(LENT) - 1
        clock.at += 1.0
        await one.hears(_status(CARS[0], 4, clock.at))
        assert one.lending.away == len(LENT) - 1
        assert one.intake.twins[CARS[0]].order.taken == 4


async def test_who_is_erased_is_in_no_gateway_and_no_inbox(house: Houses) -> None:
    """Everybody comes home for it; what the inbox held can be read by nobody."""
    clock = ToldClock()
    async with house("one", clock) as one:
        await one.calm()
        await one.driver.tell(CustomerErased("c-0", by="user/anna"))
        assert one.lending.away == 0
        assert one.intake.twins.get(CARS[0]) is None
        assert list(one.journal.inbox.rows()) == []
        clock.at += 1.0
        await one.hears(*(_status(car, 4, clock.at) for car in LENT[1:]))
        assert one.lending.away == len(LENT) - 1
        assert one.intake.registry.get(CARS[1]).customer == "c-1"


async def test_a_device_that_is_registered_anew_comes_home(house: Houses) -> None:
    """What is known of it is looked at anew."""
    clock = ToldClock()
    async with house("one", clock) as one:
        await one.calm()
        one.intake.registry.add(_car(7, CARS[0]))
        await until(lambda: one.lending.away == len(LENT) - 1)
        clock.at += 1.0
        await one.hears(_status(CARS[0], 4, clock.at))
        assert one.lending.away == len(LENT)


async def test_a_phone_that_is_looked_at_with_a_car_stays_at_home(house: Houses) -> None:
    """One that is paired later comes home for good."""
    clock = ToldClock()
    async with house("one", clock) as one:
        await one.calm()
        one.intake.registry.add(DeviceRecord("volta/car-8", "car", "c-8", "simulated", paired_phone="volta/phone-8"))
        await until(lambda: one.lending.away == len(LENT) - 1)
        for seq in (4, 5, 6):
            clock.at += 1.0
            await one.hears(_status("volta/phone-8", seq, clock.at), _status("volta/car-8", seq, clock.at))
        assert one.lending.away == len(LENT) - 1  # and a car waits until one knows where its phone is


async def test_who_looks_at_a_lent_device_sees_all_that_it_said(house: Houses) -> None:
    """It comes home for that; all do at the end, and then nothing is left in the inbox."""
    clock = ToldClock()
    async with house("one", clock) as one:
        await one.calm()
        clock.at += 1.0
        await one.hears(*(_status(device, 4, clock.at) for device in LENT))
        await asyncio.gather(*(one.lending.see_home(CARS[0]) for _ in range(3)))
        assert one.intake.twins[CARS[0]].order.taken == 4
        assert one.lending.away == len(LENT) - 1
        await one.lending.end()
        await one.hears(*(_status(device, 5, clock.at) for device in LENT))
        assert one.lending.away == 0
        one.driver.stop()
        await one.tasks[0]
        assert {twin.order.taken for twin in one.journal.twins.all() if twin.device in LENT} == {5}
        assert list(one.journal.inbox.rows()) == []


async def test_statuses_that_overtake_one_another_are_all_heard_before_a_car_is_lent(house: Houses) -> None:
    """And behind it, though both gateways die in between: each is counted once, and none is missing."""
    clock = ToldClock()
    async with house("one", clock) as one:
        one.driver.decider.overload = AlwaysBehind(on=True)
        seq = 0
        for _ in range(3):
            for _ in range(3):
                clock.at += 1.0
                seq += 5
                await one.hears(*(_status(car, number, clock.at) for number in range(seq - 4, seq + 1) for car in CARS))
            assert one.lending.away == len(CARS)
            for shard in (0, 1):
                await one.loses(shard)
                await until(lambda: one.lending.is_free(shard))  # noqa: B023 - awaited here
                await one.starts(shard)
        await one.comes_home()
        orders = [one.intake.twins[car].order for car in CARS]
        assert {(order.taken, order.seq, order.missing(float("inf"))) for order in orders} == {(seq, seq, 0)}
        assert one.driver.decider.overload.thinned


async def test_a_shard_has_one_gateway(house: Houses) -> None:
    """The second that claims it is told why, and so is one that was started for another number, or of another release."""
    async with house() as one:
        for claim, says in (
            (ShardClaim(0, edition()), "shard 1 of 2 has its gateway"),
            (ShardClaim(2, edition()), "there are 2: start it with"),
            (ShardClaim(None, edition()), "each of 2 shards has its gateway"),
            (ShardClaim(None, "0.0.1+old"), "it is Callahead 0.0.1+old, and the service"),
        ):
            reader, writer = await asyncio.open_unix_connection(str(one.socket))
            writer.write(written(claim))
            answer = read_from_service(await read_frame(reader) or b"")
            writer.close()
            assert isinstance(answer, NotYours)
            assert says in answer.says
        assert list(one.lending.troubles()) == []


async def test_gateways_of_other_machines_join_by_a_key(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """They wait for a desk that is away; whoever has another key is told so, on both sides; who comes back is taken again."""
    clock, port = ToldClock(), free_port()
    key, other = made_in(tmp_path), made_in(_made(tmp_path / "other"))
    joined = [_joins(port, key) for _ in range(2)]
    await until(lambda: caplog.text.count("is away (") >= 2)
    one = GatewayHouse(tmp_path / "house", clock, door=JoinDoor(Listen("127.0.0.1", port), service_side(key)))
    strange = _joins(port, other)
    await until(lambda: "it has not our key" in one.lending.sent_away)
    await until(lambda: "has another key than" in caplog.text)
    await until(lambda: list(one.lending.troubles()) == [])
    strange.cancel()
    await one.hears(*(_placed(phone, clock.at) for phone in PHONES))
    await one.calm()
    assert one.lending.away == len(LENT)
    joined[0].cancel()
    clock.at += 1.0
    await one.hears(*(_status(device, 4, clock.at) for device in LENT))
    await until(lambda: one.lending.free_shard() is not None)
    joined.append(_joins(port, key))
    await until(lambda: list(one.lending.troubles()) == [])
    clock.at += 1.0
    await one.hears(*(_status(device, 5, clock.at) for device in LENT))
    await one.lending.end()
    assert {twin.order.taken for device in LENT if (twin := one.intake.twins.get(device))} == {5}
    for task in joined:
        task.cancel()
    await one.ends()


async def test_a_door_that_cannot_be_opened_and_a_key_that_is_none_are_told(tmp_path: Path) -> None:
    """By what to change."""
    key, taken = made_in(tmp_path), socket.create_server(("127.0.0.1", 0))
    at = Listen("127.0.0.1", taken.getsockname()[1])
    with taken, pytest.raises(DoorTaken, match=f"--gateways-at 127.0.0.1:{at.port}: nothing can be listened to there"):
        await GatewayHouse(tmp_path / "house", ToldClock(), door=JoinDoor(at, service_side(key))).tasks[1]
    key.chmod(0o644)
    with pytest.raises(KeyReadByOthers, match="chmod 600"):
        gateway_side(key)
    key.chmod(0o600)
    key.write_text("no key")
    for file in (key, tmp_path / "none.pem"):
        with pytest.raises(NoJoinKey, match=r"copy gateways\.pem from the folder of the service"):
            gateway_side(file)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _joins(port: int, key: Path) -> asyncio.Task[None]:
    return asyncio.create_task(GatewayProcess(ByNetwork("127.0.0.1", port, key)).run(asyncio.Event()))


async def test_a_gateway_that_stands_still_or_talks_nonsense_counts_as_lost(
    house: Houses, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its devices come home, and what it was asked is decided all the same."""
    clock = ToldClock()
    nothing: dict[str, Any] = {"answers": True, "left": [], "home": [], "fresh": [], "counts": []}
    left, strange_twin = (
        GatewayAnswer(**nothing | {"left": [7]}),
        GatewayAnswer(**nothing | {"home": [write_twin(Twin("a/b"))]}),
    )
    strange = (None, left, strange_twin, b"?")
    for number, answer in enumerate(strange):
        monkeypatch.setattr(line, "TICK_S", 0.01 if answer is None else 60.0)
        async with house(f"of-{number}", clock, 3) as one:
            await one.loses(shard_of(CARS[0], 3))
            await until(lambda: one.lending.is_free(shard_of(CARS[0], 3)))
            reader, writer = await asyncio.open_unix_connection(str(one.socket))
            writer.write(written(ShardClaim(shard_of(CARS[0], 3), edition())))
            await one.hears(_status(CARS[0], 1, clock.at))
            said = one.offer(_status(CARS[0], 2, clock.at))
            while not isinstance(read_from_service(await read_frame(reader) or b""), HeardOfLent):
                pass
            if answer is not None:
                writer.write(written(answer) if isinstance(answer, GatewayAnswer) else b"\0\0\0\1?")
            await asyncio.wait_for(said, 60)
            assert one.intake.twins[CARS[0]].order.taken == 2
            writer.close()
    assert "has not answered for" in caplog.text
    assert "what is no answer" in caplog.text


def test_a_gateway_tells_twins_now_and_then_and_thins_who_sends_too_much() -> None:
    """What is over its budget goes to the desk, which tells its sender."""
    shard, car = Shard(Limits(0.05, 0.0)), CARS[0]
    intake = Intake(Registry([_car(0, car)]))
    topic, payload = _status(car, 1, START)
    intake.receive(topic, payload, START)
    calm = intake.lend(car)
    lent = LentDevice(calm.record, write_twin(calm.twin), [*calm.shape.plan.names], calm.shape.alarms)
    shard.lend(lent)
    heard = [framed((START + seq, False, *_status(car, seq, START + seq))) for seq in range(2, 10)]
    answers = [shard.hear(HeardOfLent([car], [frame]), elapsed) for elapsed, frame in enumerate(heard)]
    assert [bool(answer.left) for answer in answers] == [False] * 6 + [True] * 2
    assert read_twin(answers[6].home[0]).order.seq == 7
    assert answers[0].counts == [("volta", "callahead.vehicle.status.v1", 1)]
    assert shard.told_again(100.0) is None
    again = Shard(Limits(0.0, 0.0))
    again.lend(msgspec.structs.replace(lent, twin=answers[6].home[0]))
    assert not again.hear(HeardOfLent([car], [heard[6]]), 100.0).left
    assert again.told_again(100.0 + FRESH_WITHIN_S - 1) is None
    told = again.told_again(100.0 + FRESH_WITHIN_S)
    assert told is not None
    assert read_from_gateway(written(told)[4:]) == told
    assert [read_twin(one).order.seq for one in told.fresh] == [8]


async def test_what_gateways_told_is_written_and_leaves_the_inbox(
    house: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The inbox stays small though devices are away for ever."""
    monkeypatch.setattr("dispatch.gateways.shard.FRESH_WITHIN_S", 0.0)
    clock = ToldClock()
    async with house("one", clock) as one:
        await one.calm()
        clock.at += KEPT_WITHIN_S
        await one.hears(*(_status(car, 4, clock.at) for car in LENT))
        await until(lambda: list(one.journal.inbox.rows()) == [])
        assert one.lending.away == len(LENT)
        assert {one.journal.twins.one(car).order.taken for car in LENT} == {4}
