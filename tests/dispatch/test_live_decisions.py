"""One story told three ways, without a network: virtual = asyncio driver = replay, decision for decision."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.desk import Desk
from dispatch.core.events import (
    AgentBecameFree,
    AgentLeft,
    CallConnected,
    CallEnded,
    CustomerPhoned,
    Event,
    Outcome,
    ServiceStarted,
    WorkshopOpened,
)
from dispatch.core.policy import Policy
from dispatch.delivery.device_sender import DeviceSender
from dispatch.engine.driver import Driver
from dispatch.ledger.pipeline import ControlRoom, Turn
from dispatch.ledger.replay import replay, restore
from dispatch.ledger.rows import Kind, Pen, Row, read
from dispatch.ledger.seen_keys import Keys
from dispatch.registers.customers import Customer, Customers
from dispatch.store.journal import Journal
from dispatch.views.casebook import Casebook
from dispatch.views.partner_requests import Requests
from dispatch.views.snapshot import desk_written, snapshot, take_up
from gateway.devices.registry import DeviceRecord, Registry
from gateway.intake.intake import Intake
from gateway.links.handover.delivery import Delivery

pytestmark = pytest.mark.anyio
Words = Any
"""What the fixture of that name gives."""
START = 1_768_197_600.0
CALL = "volta/car-1/1-2/call"
TOW = "volta/car-1/1-2/tow"


class StoodStill:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> float:
        """POSIX seconds."""
        return self.at

    def real_seconds_until(self, at: float) -> float:
        """Not at all: whoever waits looks again at once."""
        return 0.0 if at <= self.at else 3_600.0

    def real_seconds(self, span: float) -> float:
        """As many."""
        return span


def _room(words: Words, pen: Pen | None = None) -> ControlRoom:
    registry = Registry(
        DeviceRecord(**{"customer": None} | one | {"kind": one["kind"], "skills": tuple(one.get("skills", ()))})
        for one in words.registered
    )
    return ControlRoom(Intake(registry), Desk(), Customers([Customer(**words.customer)]), pen or Pen())


def _story(words: Words) -> list[tuple[float, tuple[str, bytes] | Event]]:
    """A flat battery; the truck does not answer, the first agent reaches nobody, then the customer phones in.

    The truck says yes after all, the service is down for an hour, and behind that the truck is late, silent, and there.
    """
    at = START
    fault = words.truck(at), words.flat_battery(at)
    return [
        (at, WorkshopOpened("w-1", 56.9, 24.1, "simulated")),
        (at + 1, fault[0]),
        (at + 2, fault[1]),
        (at + 2, fault[1]),
        (at + 3, AgentBecameFree("a-1", ("lv",), "simulated")),
        (at + 30, CallEnded(CALL, 1, Outcome.NO_ANSWER)),
        (at + 40, ("callahead/v1/volta/car-1/event", b"{nonsense")),
        (at + 155, AgentBecameFree("a-2", ("en",), "simulated")),
        (at + 165, CustomerPhoned("in/1", "c-1", "lv", "simulated")),
        (at + 400, words.truck(at + 400)),
        (at + 900, CallConnected("in/1", 1)),
        (at + 960, CallEnded("in/1", 1, Outcome.INFORMED)),
        (at + 1_000, words.truck(at + 1_000, job={"id": TOW, "state": "accepted"})),
        (at + 5_000, ServiceStarted(DECISIONS_VERSION, at + 1_000)),
        (at + 5_400, words.truck(at + 5_400)),
        (at + 6_500, words.truck(at + 6_500, job={"id": TOW, "state": "arrived"})),
        (at + 7_500, words.truck(at + 7_500, job={"id": TOW, "state": "finished"})),
        (at + 7_600, words.truck(at + 7_600, job={"id": TOW, "state": "arrived"})),
        (at + 7_700, AgentLeft("a-2")),
    ]


def _virtual(story: Sequence[tuple[float, Any]], room: ControlRoom) -> list[Row]:
    turns: list[Turn] = []
    for at, said in story:
        down = isinstance(said, ServiceStarted)  # nobody was there whom an alarm could have woken
        while not down and (wake := room.next_wake()) is not None and wake < at:
            turns.append(room.wake(wake))
        turns.append(room.deliver(*said, at) if isinstance(said, tuple) else room.tell(said, at))
    return [row for turn in turns for row in turn.rows]


async def _driven(story: Sequence[tuple[float, Any]], room: ControlRoom, journal: Journal, batch: int) -> list[Row]:
    clock, acked = StoodStill(), asyncio.Semaphore(0)
    driver = Driver(room, journal, clock, batch=batch)
    running = asyncio.create_task(driver.run())
    for begin in range(0, len(story), batch):  # were there more than one batch takes, faults would go first
        answers: list[asyncio.Future[Turn]] = []
        some = story[begin : begin + batch]
        for at, said in some:
            if isinstance(said, tuple):
                driver.offer(Delivery(*said, retained=False, received_at=at, ack=acked.release))
            else:
                answers.append(driver.submit(said, at))
        async with asyncio.timeout(60):
            await asyncio.gather(*answers)
            for _ in range(len(some) - len(answers)):
                await acked.acquire()
    driver.stop()
    await running
    return list(journal.ledger.rows())


@pytest.mark.parametrize("batch", [1, 3, 200])
async def test_virtual_is_driver_is_replay(words: Words, batch: int) -> None:
    """The same rows and hashes, whatever the batches; and a desk that is told the inputs again decides the same."""
    story = _story(words)
    journal = Journal.in_memory()
    virtual = _virtual(story, _room(words))
    driven = await _driven(story, _room(words), journal, batch)
    assert [(row.type, row.at, row.key) for row in driven] == [(row.type, row.at, row.key) for row in virtual]
    assert driven[-1].hash == virtual[-1].hash
    decided = [action for _, decisions in replay(driven, Desk()) for _, action in decisions]
    assert decided == [read(row) for row in driven if row.kind is Kind.ACTION]
    kinds = {"SendTow", "QueueCall", "WithdrawCall", "AssignCall", "RenewEta", "EscalateCase", "DismissTruck"}
    assert kinds <= {row.type for row in driven}
    journal.close()


async def test_a_desk_brought_back_goes_on_the_same(words: Words) -> None:
    """Stopped after any row of inputs and restored from the ledger, the rest of the story comes out the same."""
    story = _story(words)
    whole = _virtual(story, _room(words))
    for cut in range(1, len(story)):
        before = _room(words)
        rows = _virtual(story[:cut], before)
        after = ControlRoom(
            before.intake, Desk(), before.customers, Pen(rows[-1].seq, rows[-1].hash, rows[-1].at),
            Keys(row.key for row in rows if row.key),
        )  # fmt: skip
        restore(rows, after.desk)
        assert (rows + _virtual(story[cut:], after))[-1].hash == whole[-1].hash


async def test_a_snapshot_goes_on_the_same(words: Words) -> None:
    """Written down after any input, taken up by new ones, the rest comes out the same, and so does what is shown."""
    story = _story(words)
    whole = _virtual(story, _room(words))
    for cut in range(1, len(story)):
        before = _room(words)
        rows = _virtual(story[:cut], before)
        book, requests = _fed(rows)
        kept = snapshot(desk_written(before.desk), book, requests, rows[-1].seq, rows[-1].hash)
        desk, shown, asked = (
            Desk(),
            Casebook(row_of=partial(_picked, rows)),
            Requests(),
        )
        assert take_up(kept, desk, shown, asked)
        assert (shown.shelf(), asked.standing()) == (book.shelf(), requests.standing())
        pen = Pen(rows[-1].seq, rows[-1].hash, rows[-1].at)
        after = ControlRoom(before.intake, desk, before.customers, pen, Keys(row.key for row in rows if row.key))
        rest = _virtual(story[cut:], after)
        assert (rows + rest)[-1].hash == whole[-1].hash
        for row in rest:
            shown.feed(row)
        assert shown.shelf() == _fed(whole)[0].shelf()


def _picked(rows: Sequence[Row], seqs: Sequence[int]) -> list[Row]:
    return [rows[seq - 1] for seq in seqs]


def _fed(rows: Sequence[Row]) -> tuple[Casebook, Requests]:
    book, requests = Casebook(), Requests()
    for row in rows:
        book.feed(row)
        requests.feed(row)
    return book, requests


async def test_what_a_newer_desk_decides_otherwise_is_reported(words: Words) -> None:
    """What stands, stands: other words, decisions that are gone and new ones are counted and named, and none is lost."""
    rows = _virtual(_story(words), _room(words))
    assert not restore(rows, Desk())
    drift = restore(rows, Desk(Policy(call_due_s=999.0, dial_attempts=1)))
    assert (drift.otherwise > 0, drift.not_now > 0) == (True, True)
    assert any("QueueCall volta/car-1/1-2/call/1 would be decided otherwise now" in one for one in drift.examples)
    assert any("stands and would not be decided now" in one for one in drift.examples)


async def test_a_finding_that_comes_again_too_late_for_its_twin(words: Words) -> None:
    """Behind the window of sequence numbers a repeat is told by the ledger's keys; the store would refuse its batch."""
    room = _room(words)
    first, newest = words.flat_battery(START, 1), words.flat_battery(START, 5_000)
    for message in (first, newest):
        room.deliver(*message, START)
    room.intake.twins["volta/car-1"].episodes.open.clear()  # it was well again meanwhile
    again = room.deliver(*first, START)
    assert (again.repeat, again.rows) == (True, [])


async def test_who_waits_where_the_ledger_ends(words: Words) -> None:
    """Whoever was given a call, or left, waits no more."""
    story = _story(words)
    waiting = []
    for told in (5, 8, 9):
        room = _room(words.__class__())
        _virtual(story[:told], room)
        waiting.append(room.desk.agents_waiting())
    assert waiting == [[], ["a-2"], []]


class Wire:
    """A link that keeps what is sent, and takes charge of it when it is told to."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.taken: list[Any] = []

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, delivered: Any = None) -> None:  # noqa: ARG002
        """Keep it."""
        self.sent.append((topic, payload))
        self.taken.append(delivered)


async def test_what_was_not_sent_is_sent_again(words: Words) -> None:
    """After a crash between decision and PUBACK; with the same id, so that the device ignores a second one."""
    journal, room = Journal.in_memory(), _room(words)
    await _driven(_story(words)[:3], room, journal, 10)
    first, second = Wire(), Wire()
    for wire in (first, second):
        DeviceSender(wire, room.intake.registry, journal, lambda: START).resume()
    assert first.sent == second.sent
    assert {topic for topic, _ in first.sent} == {
        "callahead/v1/help/truck-1/command",
        "callahead/v1/volta/car-1/command",
        "callahead/v1/volta/phone-1/command",
    }
    partners = DeviceSender(wire := Wire(), room.intake.registry, journal, lambda: START)
    partners.resume()
    running = asyncio.create_task(partners.run())
    for delivered in wire.taken:
        delivered()
    await asyncio.sleep(0)
    partners.stop()
    await running
    assert journal.outbox.commands() == []
    journal.close()


async def test_a_simulated_action_never_reaches_a_real_device(words: Words) -> None:
    """It goes to the dead letters, with the reason."""
    journal, room = Journal.in_memory(), _room(words)
    await _driven(_story(words)[:3], room, journal, 10)
    registry = Registry(
        DeviceRecord(one.device, one.kind, one.customer, "real" if one.kind == "truck" else one.provenance)
        for one in room.intake.registry
    )
    partners = DeviceSender(wire := Wire(), registry, journal, lambda: START)
    partners.resume()
    running = asyncio.create_task(partners.run())
    partners.stop()
    await running
    told = ["volta/car-1", "volta/phone-1", "volta/phone-1"]  # to stop, on both screens, and that we ring
    assert [topic for topic, _ in wire.sent] == [f"callahead/v1/{device}/command" for device in told]
    assert [dead.reason for dead in journal.outbox.dead_letters(0, 10)] == [
        "the action is simulated and help/truck-1 is real"
    ]
    journal.close()


async def test_what_needs_no_command_is_done_at_once(words: Words) -> None:
    """A truck that declined is there after all, and nobody was asked in its place: nobody is told anything."""
    journal, room = Journal.in_memory(), _room(words)
    at, told = START + 10, [*_story(words)[:3]]
    told += [(at, words.truck(at, job={"id": TOW, "state": state})) for state in ("declined", "arrived")]
    await _driven([*told, (at, AgentLeft("nobody"))], room, journal, 10)
    (adopted,) = [row for row in journal.outbox.commands() if row.type == "AdoptTow"]
    partners = DeviceSender(wire := Wire(), room.intake.registry, journal, lambda: START)
    partners.carry_out(adopted)
    running = asyncio.create_task(partners.run())
    partners.stop()
    await running
    assert wire.sent == []
    assert "AdoptTow" not in {row.type for row in journal.outbox.commands()}
    journal.close()
