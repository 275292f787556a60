"""How much one sender may ask of us: over it, it is thinned, told and written down, and nobody else waits for it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from dispatch.core.actions import Action
from dispatch.core.desk import Desk
from dispatch.core.events import AgentLeft, Event, SenderThinned
from dispatch.engine.driver import Driver
from dispatch.engine.inbox import OF_FIRST, Inbox, Sorting
from dispatch.engine.inputs import Input, lane_of, series_of
from dispatch.engine.sender_budgets import (
    CALM_BURST,
    DEVICE_BURST_S,
    KNOWN,
    MESSAGE_CPU_S,
    REFUSALS_BURST,
    THINNED_BURST,
    WAITING,
    WAITING_BYTES,
    WINDOW_S,
    Limits,
    SenderBudgets,
    Why,
)
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.replay import restore
from dispatch.ledger.rows import Pen, read
from dispatch.registers.customers import Customers
from dispatch.store.journal import Journal
from dispatch.store.refused_messages import COUNTED_APART, KEPT_OF_VENDOR, KEPT_REFUSALS
from gateway.contract.broker_address import BrokerAddress
from gateway.contract.refusals import Refused, Rule
from gateway.contract.topics import Channel
from gateway.contract.topics import topic as topic_of
from gateway.devices.registry import DeviceRecord, Registry
from gateway.intake.intake import Intake, refused_unread
from gateway.intake.overtaking import Rank
from gateway.links.handover.delivery import Delivery
from tests.conftest import until

START = 1_768_197_600.0
SLOW = Limits(device_rate=1.0, vendor_rate=10.0)
CARS = [f"volta/car-{number}" for number in range(40)]
OTHER = "zeta/car-1"


# ---- the buckets


def taken(budgets: SenderBudgets, device: str, count: int, now: float) -> int:
    """Return how many of ``count`` messages are within the budget."""
    return sum(budgets.admit(device, now) is None for _ in range(count))


def test_a_device_has_a_burst_and_a_rate() -> None:
    """What it kept while it had no line may come at once; after that so much a second."""
    budgets = SenderBudgets(Limits(device_rate=2.0, vendor_rate=1_000.0))
    assert taken(budgets, "acme/a", 1_000, START) == 2 * DEVICE_BURST_S
    assert taken(budgets, "acme/a", 100, START + 10) == 20
    assert taken(budgets, "acme/b", 100, START + 10) == 100


def test_over_is_news_once_in_a_while() -> None:
    """Its sender, or its vendor, by name; and again after a minute."""
    budgets = SenderBudgets(SLOW)
    taken(budgets, "acme/a", int(DEVICE_BURST_S), START)
    first, second = budgets.admit("acme/a", START), budgets.admit("acme/a", START)
    assert first is not None
    assert second is not None
    assert (first.sender, first.why, first.is_news, second.is_news) == ("acme/a", Why.MESSAGES, True, False)
    later = budgets.admit("acme/a", START + 0.5 + WINDOW_S - 1)
    assert later is None  # it has waited
    for number in range(400):
        over = budgets.admit(f"acme/{number}", START)
    assert over is not None
    assert over.sender == "acme"


def test_what_piled_up_while_nobody_was_heard_is_no_flood() -> None:
    """As many as might have come meanwhile, also of who is new; not once more."""
    budgets = SenderBudgets(Limits(device_rate=2.0, vendor_rate=1_000.0))
    burst = int(2 * DEVICE_BURST_S)
    assert taken(budgets, "acme/a", burst, START) == burst
    budgets.nobody_was_heard_for(600.0, START)
    assert taken(budgets, "acme/a", 5_000, START) == 1_200
    assert taken(budgets, "acme/b", 5_000, START) == burst + 1_200
    assert taken(budgets, "acme/c", 5_000, START + 600.0 + 2 * WINDOW_S) == burst


def test_what_costs_too_much_thins_its_sender() -> None:
    """For a minute only some of what it sends is looked at; its neighbour is let alone."""
    budgets = SenderBudgets(Limits(0.0, 0.0))
    assert budgets.admit("acme/a", START) is None
    over = budgets.spent("acme/a", 2 * MESSAGE_CPU_S, START)
    assert over is not None
    assert (over.sender, over.why, over.is_news) == ("acme/a", Why.PROCESSOR, True)
    assert taken(budgets, "acme/a", 100, START) == THINNED_BURST
    assert taken(budgets, "acme/b", 100, START) == 100
    assert taken(budgets, "acme/a", 100, START + 2 * WINDOW_S) == 100


def test_no_vendor_fills_the_room_that_others_need() -> None:
    """Alone it may; where there is another one, half is the other's; what piled up while nobody was heard is let in."""
    two = SenderBudgets(Limits(0.0, 1e9), lambda: 2)
    assert taken(two, "acme/a", WAITING + 10, START) == WAITING // 2
    budgets = SenderBudgets(Limits(0.0, 1e9))
    assert taken(budgets, "acme/a", WAITING + 10, START) == WAITING + 10
    assert budgets.admit(OTHER, START) is None
    over = budgets.admit("acme/a", START)
    assert over is not None
    assert (over.sender, over.why) == ("acme", Why.WAITING)
    assert budgets.admit(OTHER, START) is None
    for _ in range(WAITING // 2 + 10):
        budgets.done("acme/a")
    assert budgets.admit("acme/a", START) is not None
    budgets.done("acme/a")
    assert budgets.admit("acme/a", START) is None
    budgets.nobody_was_heard_for(60.0, START)
    assert taken(budgets, "acme/a", WAITING, START) == WAITING


def test_a_fleet_that_connects_at_once_is_no_flood() -> None:
    """Each device says a few things, and all of them are looked at; one that says more has to wait; a name made up is no device."""
    budgets = SenderBudgets(vendors=lambda: 2, knows=lambda device: "car" in device)
    assert sum(taken(budgets, f"acme/car-{number}", 3, START) for number in range(2 * WAITING)) == 6 * WAITING
    assert taken(budgets, "acme/car-0", 100, START) == CALM_BURST - 3
    assert sum(taken(budgets, f"acme/ghost-{number}", 1, START) for number in range(100)) == 0
    budgets.vendors = lambda: 1
    assert taken(budgets, "acme/ghost-0", 1, START) == 1  # nobody else waits


def test_no_vendor_fills_the_memory_with_what_waits() -> None:
    """As many messages as may wait have as many bytes as a message may have; what was looked at counts no more."""
    budgets, size = SenderBudgets(Limits(0.0, 1e9)), WAITING_BYTES // 10
    assert sum(budgets.admit("acme/a", START, size) is None for _ in range(15)) == 10
    assert budgets.admit(OTHER, START, size) is None
    budgets.done("acme/a", size)
    assert budgets.admit("acme/a", START, size) is None
    over = budgets.admit("acme/a", START, size)
    assert over is not None
    assert over.why is Why.WAITING


def test_made_up_names_are_not_remembered_for_ever() -> None:
    """A quarter of a million devices that never were."""
    budgets = SenderBudgets(Limits(1.0, 0.0))
    for number in range(KNOWN + 10_000):
        budgets.admit(f"acme/{number}", START)
    assert len(budgets._devices) <= KNOWN


# ---- the inbox


@pytest.mark.anyio
async def test_each_lane_has_its_turn_where_not_all_is_taken() -> None:
    """A thousand of one vendor's do not go before one of another's; each keeps its order."""
    inbox: Inbox[str] = Inbox(Sorting(lambda item: item[0], is_brief=lambda item: item.endswith("!")))
    for item in [*(f"a{number}" for number in range(6)), "b0", "a!", "b1"]:
        inbox.put(item)
    assert sorted(inbox.waiting()) == ["a0"]
    found = await inbox.take(4, 0)
    assert found == [["a!"], ["a0"], ["b0"], ["a1"], ["b1"]]
    inbox.put_back(found[2:])  # first in its lane, and it is b's turn
    inbox.put("c0")
    assert len(inbox) == 8
    assert await inbox.take(5, 0) == [["b0"], ["a1"], ["c0"], ["b1"], ["a2"]]
    assert await inbox.take(9, 0) == [["a3"], ["a4"], ["a5"]]
    for item in ("b2", "a6"):
        inbox.put(item)
    assert await inbox.take(9, 0) == [["b2"], ["a6"]]  # all of it at once: as it came
    assert await inbox.take(9, 0) == []


@pytest.mark.anyio
async def test_nobody_waits_for_ever_where_one_thing_is_done_at_a_time() -> None:
    """One more of a's comes for each that is done, as faults do while trucks are planned: b has its turn all the same."""
    inbox: Inbox[str] = Inbox(Sorting(lambda item: item[0]))
    for item in ("a0", "a1", "b0"):
        inbox.put(item)
    done = []
    for number in range(2, 6):
        taken = await inbox.take(1_000, 0)
        done += taken[0]
        inbox.put_back(taken[1:])
        inbox.put(f"a{number}")
    assert done == ["a0", "a1", "b0", "a2"]


@pytest.mark.anyio
async def test_what_goes_first_has_its_turns_by_lane_and_lets_the_rest_through() -> None:
    """A flood of a's faults keeps neither b's fault nor the statuses waiting for long."""
    rank = {"f": Rank.FIRST, "s": Rank.STATUS}
    inbox: Inbox[str] = Inbox(Sorting(lambda item: item[0], lambda item: item[:2], lambda item: rank[item[2]]))
    faults = [f"a{chr(65 + number)}f" for number in range(2 * OF_FIRST)]
    for item in (*faults, "a1s1", "b2s1", "bXf", "a1s2"):
        inbox.put(item)
    taken = await inbox.take(2 * OF_FIRST + 2, 0, backlog=True)
    assert taken[:3] == [[faults[0]], ["bXf"], [faults[1]]]
    assert taken[OF_FIRST] == ["a1s1", "a1s2"]
    assert taken[-1] == ["b2s1"]


def said_on(channel: Channel, payload: bytes) -> Delivery:
    """Return what a car says on one of its topics."""
    return Delivery(topic_of("acme/car-1", channel), payload, retained=False, received_at=START, ack=lambda: None)


@pytest.mark.anyio
async def test_an_urgent_event_takes_along_what_its_device_said_on_another_topic() -> None:
    """A fault is judged beside what was said before it, as far as that is here."""
    other = Delivery("own/topic", b"other", retained=False, received_at=START, ack=lambda: None)
    ranks = {b"fault": Rank.FIRST, b"status": Rank.STATUS, b"other": Rank.IN_TURN}
    inbox: Inbox[Delivery] = Inbox(Sorting(lane_of, series_of, lambda item: ranks[item.payload]))
    for item in (other, said_on(Channel.EVENT, b"status"), said_on(Channel.URGENT, b"fault")):
        inbox.put(item)
    taken = await inbox.take(3, 0, backlog=True)
    assert [item.payload for run in taken for item in run] == [b"status", b"fault", b"other"]


# ---- the driver


class Now:
    """A clock that stands still, by itself far behind everything."""

    def __init__(self, hour: float = START + 1e6) -> None:
        self._hour = hour

    def now(self) -> float:
        """POSIX seconds."""
        return self._hour

    def real_seconds_until(self, at: float) -> float:
        """An hour."""
        return 3_600.0 if at > self.now() else 0.0

    def real_seconds(self, span: float) -> float:
        """As many."""
        return span


def message(device: str, seq: int, at: float, kind: str = "status", **data: Any) -> tuple[str, bytes]:
    """Return what a car says: topic and payload."""
    event = {
        "specversion": "1.0",
        "type": f"callahead.vehicle.{kind}.v1",
        "source": f"/{device}",
        "id": f"1-{seq}",
        "time": datetime.fromtimestamp(at, UTC).isoformat(),
        "data": data,
    }
    return f"callahead/v1/{device}/event", json.dumps(event).encode()


def fault(device: str, seq: int, at: float) -> tuple[str, bytes]:
    """Return a fault."""
    return message(device, seq, at, "fault", codes=[{"code": "P0562", "status": "confirmed"}])


def room(desk: Desk | None = None) -> ControlRoom:
    """Return a control room that knows the cars."""
    records = [DeviceRecord(car, "car", f"c-{number}", "simulated") for number, car in enumerate([*CARS, OTHER])]
    return ControlRoom(Intake(Registry(records)), desk or Desk(), Customers([]), Pen())


class Outlet:
    """Notes what senders are told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def refuse(self, refusal: Any) -> None:
        """A refusal."""
        self.told.append(refusal)

    def carry_out(self, _row: Any) -> None:
        """Nothing."""

    def confirm(self, _receipt: Any) -> None:
        """Nothing."""


async def drive(
    journal: Journal,
    messages: Sequence[tuple[str, bytes]],
    limits: Limits | None,
    *,
    retained: bool = False,
    clock: Now | None = None,
) -> tuple[Driver, Counter[int], Outlet]:
    """Hand over messages, all at once; return the driver, which are acknowledged, and what was told."""
    driver, acked, outlet = (
        Driver(room(), journal, clock or Now(), budgets=limits and SenderBudgets(limits)),
        Counter[int](),
        Outlet(),
    )
    driver.announcer.send_through(outlet)
    for number, (topic, payload) in enumerate(messages):
        ack = lambda number=number: acked.update([number])  # noqa: E731 - one line
        driver.offer(Delivery(topic, payload, retained, START + 100.0, ack))
    running = asyncio.create_task(driver.run())
    await asyncio.wait_for(driver.tell(AgentLeft("nobody")), 60)
    await until(lambda: len(acked) == len(messages))  # whoever asks goes first
    driver.stop()
    await running
    return driver, acked, outlet


@pytest.mark.anyio
async def test_a_flood_is_refused_told_once_counted_and_written_down() -> None:
    """The other vendor's fault is a case; every message is acknowledged; a replay of the inputs decides alike."""
    flood = [message(CARS[number % 4], number, START + number / 100) for number in range(2_000)]
    with Journal.in_memory() as journal:
        driver, acked, outlet = await drive(journal, [*flood, fault(OTHER, 1, START)], Limits(1.0, 0.0))
        rows = list(journal.ledger.rows())
        thinned = [said for said in map(read, rows) if isinstance(said, SenderThinned)]
        assert [(one.sender, one.why) for one in thinned] == [(car, "messages") for car in CARS[:4]]
        assert [row.type for row in rows if row.type in {"FaultFound", "OpenCase"}] == ["FaultFound", "OpenCase"]
        assert not restore(rows, Desk())
        refused = len(flood) - 4 * int(DEVICE_BURST_S)
        assert [one.problem.type for one in outlet.told] == ["urn:callahead:rule:over-budget"] * 4
        assert {one.device for one in outlet.told} == set(CARS[:4])
        assert journal.refused.counts("volta") == {"over-budget": refused}
        assert len(journal.refused.newest("volta", 10_000)) == 4
        assert driver.tallies.refusals["over-budget"] == refused
        assert len(acked) == len(flood) + 1


class Planner(Desk):
    """A desk that thinks for long about everything it is told, as one that plans many trucks does."""

    def handle(self, event: Event, now: float) -> list[tuple[float, Action]]:
        """Think, and decide."""
        until = time.thread_time() + 2 * MESSAGE_CPU_S
        while time.thread_time() < until:
            pass
        return super().handle(event, now)


@pytest.mark.anyio
async def test_what_the_house_thinks_about_costs_no_sender_anything() -> None:
    """A plan of all trucks that a fault leads to is not the car's fault: it is heard as before."""
    topic, payload = fault(CARS[0], 1, START)
    with Journal.in_memory() as journal:
        decider = Driver(room(Planner()), journal, Now(), budgets=SenderBudgets(Limits())).decider
        (turn,) = await decider.decide(
            [[Delivery(topic, payload, retained=False, received_at=START + 100.0, ack=lambda: None)]], backlog=False
        )
    assert [row.type for row in turn.rows][:2] == ["FaultFound", "OpenCase"]
    assert "SenderThinned" not in {row.type for row in turn.rows}


@pytest.mark.anyio
async def test_what_was_looked_at_waits_no_longer() -> None:
    """Neither its messages nor their bytes, also of those that were only glanced at since a later one overtakes them."""
    budgets = SenderBudgets(Limits(0.0, 1e9))
    said = [message(CARS[0], number, START + number / 100) for number in range(100)]
    flood: list[Input] = [
        Delivery(topic, payload, retained=False, received_at=START + 100.0, ack=lambda: None) for topic, payload in said
    ]
    with Journal.in_memory() as journal:
        decider = Driver(room(), journal, Now(), budgets=budgets).decider
        assert not any(map(decider.is_over, flood))
        await decider.decide([flood[:1], flood[1:-1]], backlog=True)
    assert decider.overload.thinned > len(flood) // 2
    volta = budgets._vendors["volta"]
    assert (volta.waiting, volta.waiting_bytes) == (1, len(said[-1][1]))


@pytest.mark.anyio
async def test_without_limits_nothing_is_thinned() -> None:
    """As in virtual time."""
    flood = [message(CARS[0], number, START + number / 100) for number in range(2_000)]
    with Journal.in_memory() as journal:
        _, _, outlet = await drive(journal, flood, None)
        assert (outlet.told, journal.refused.counts()) == ([], {})


@pytest.mark.anyio
async def test_refusals_are_told_and_kept_up_to_a_measure_and_always_counted() -> None:
    """One vendor's devices that never were, each refused."""
    strangers = [message(f"volta/ghost-{number}", 1, START) for number in range(2_500)]
    with Journal.in_memory() as journal:
        _, acked, outlet = await drive(journal, strangers, Limits(0.0, 0.0), clock=Now(START + 100.0))
        assert len(acked) == 2_500
        told = len(outlet.told)
        assert told == len(journal.refused.newest("volta", 10_000))
        assert told == REFUSALS_BURST
        assert journal.refused.counts("volta") == {"unknown-device": 2_500}


@pytest.mark.anyio
async def test_a_retained_message_is_refused_once_however_often_the_broker_shows_it() -> None:
    """At each new connection it stands there; another one on its topic is looked at."""
    standing = [("callahead/v1/volta/car-1/event", b"{nonsense")] * 5
    other = [("callahead/v1/volta/car-1/event", b"{another")]
    with Journal.in_memory() as journal:
        _, acked, outlet = await drive(journal, standing + other + other, None, retained=True)
        assert (len(acked), len(outlet.told), journal.refused.counts()) == (7, 2, {"not-json": 2})


# ---- the store


def refusals_of(devices: Sequence[str], topic: str = "t") -> list[Any]:
    """Return a refusal of each."""
    return [refused_unread(Refused(Rule.NOT_JSON, "no"), device, topic, b"") for device in devices]


def test_made_up_names_do_not_fill_the_store(tmp_path: Any) -> None:
    """So many are kept of a device, of a vendor and in all; so many are counted apart, and none is not counted."""
    from dispatch.ledger.pipeline import Turn  # noqa: PLC0415 - here alone

    with Journal.open(tmp_path) as journal:
        for begin in range(0, 5_000, 500):
            named = [f"acme/ghost-{number}" for number in range(begin, begin + 500)]
            journal.commit([Turn(refusal=one) for one in refusals_of(named)], START)
        journal.commit([Turn(refusal=one) for one in refusals_of(["zeta/car-1"] * 300)], START)
        assert journal.refused.counts("acme") == {"not-json": 5_000}
        newest = journal.refused.newest("acme", 10_000)
        assert len(newest) == KEPT_OF_VENDOR
        assert newest[0].device == "acme/ghost-4999"
        assert len(journal.refused.newest("zeta", 10_000)) == KEPT_REFUSALS
        assert journal.refused.counts("zeta") == {"not-json": 300}
        with journal._database.reading() as connection:
            lines = connection.exec_driver_sql("SELECT count(*) FROM refusal_counts").scalar()
        assert lines is not None
        assert lines <= COUNTED_APART + 2


# ---- from outside


@dataclass(slots=True)
class Sender:
    """A vendor's connection."""

    client: paho.Client
    told: list[bytes] = field(default_factory=list)

    def say(self, topic: str, payload: bytes) -> None:
        """Publish with QoS 1."""
        self.client.publish(topic, payload, 1)


@pytest.fixture
def sender() -> Iterator[Callable[..., Sender]]:
    """Connect a vendor."""
    with ExitStack() as stack:

        def connect(address: BrokerAddress, vendor: str, password: str) -> Sender:
            client = paho.Client(CallbackAPIVersion.VERSION2, f"{vendor}:test")
            client.max_inflight_messages_set(1_000)
            client.max_queued_messages_set(0)
            client.username_pw_set(vendor, password)
            made = Sender(client)
            client.on_message = lambda _c, _u, heard: made.told.append(heard.payload)
            client.connect(address.host, address.port)
            client.loop_start()
            client.subscribe([(f"callahead/v1/{vendor}/+/{channel}", 1) for channel in ("command", "rejected")])
            stack.callback(client.loop_stop)
            stack.callback(client.disconnect)
            return made

        yield connect


HOSTILE = "4000 " * 3_000


def test_another_vendors_fault_is_a_case_in_the_midst_of_a_flood(
    serve: Callable[..., Any], sender: Callable[..., Sender], eventually: Callable[..., Any]
) -> None:
    """One vendor sends five times what it may: faults, and events full of what is nearly a card number.

    How long the other waits, beside how long without a flood: benchmarks/flood.py.
    """
    served = serve("--vendor-rate", "200")
    api = httpx.Client(base_url=f"{served.http}/api/v1", timeout=30)
    for vendor in ("volta", "zeta"):
        api.post("/vendors", json=[{"vendor": vendor, "provenance": "simulated"}]).raise_for_status()
    cars = [*CARS, *(f"zeta/car-{number}" for number in range(8))]
    registered = [{"device": car, "kind": "car", "customer": "c-1", "provenance": "simulated"} for car in cars]
    api.post("/devices", json=registered).raise_for_status()
    lines = {
        vendor: sender(served.broker, vendor, api.post(f"/vendors/{vendor}/credentials", json={}).json()["password"])
        for vendor in ("volta", "zeta")
    }
    over = threading.Event()

    def flood() -> None:
        seq = 0
        while not over.is_set():
            for car in CARS:
                seq += 1
                topic, payload = fault(car, seq, time.time())
                if seq % 5 == 0:
                    payload = json.dumps(json.loads(payload) | {"x": HOSTILE}).encode()
                lines["volta"].say(topic, payload)
            over.wait(len(CARS) / 1_000)

    flooding = threading.Thread(target=flood)
    flooding.start()
    try:
        eventually(lambda: any(b"over-budget" in payload for payload in list(lines["volta"].told)), within_s=60.0)
        for number in range(5):
            _until_a_case(lines["zeta"], api, f"zeta/car-{number}", eventually)
        assert flooding.is_alive()
    finally:
        over.set()
        flooding.join()
    assert api.get("/vendors/volta/rejections").json()["counts"].get("over-budget", 0) > 0
    assert api.get("/vendors/zeta/rejections").json()["counts"] == {}


def _until_a_case(line: Sender, api: httpx.Client, car: str, eventually: Callable[..., Any]) -> None:
    """Tell of a fault of a car, and return once it is a case."""
    line.say(*fault(car, 1, time.time()))

    def is_case() -> bool:
        return any(case["device"] == car for case in api.get("/cases").json())

    eventually(is_case, within_s=60.0)
