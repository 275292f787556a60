"""The gateway's Bluetooth link with simulated devices: stored before acknowledged, sent again, believed only with the key."""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pytest

from firmware_sim.kinds.car.device import Car
from firmware_sim.links.ble_fleet import BleFleet
from firmware_sim.links.radio_faults import RadioFaults
from gateway.contract.messages import parse_event, parse_state
from gateway.contract.state import DeviceState
from gateway.contract.topics import Channel, topic
from gateway.links.ble.adapter import Adapter
from gateway.links.ble.link import BleLink
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkState
from gateway.links.schedule.presence import Presence
from tests.firmware_sim.told import fault_of

pytestmark = pytest.mark.anyio


def key_of(device: str) -> bytes:
    """Return a device's key."""
    return sha256(device.encode()).digest()


@dataclass
class Gateway:
    """A link, and what it handed over."""

    link: BleLink
    came: list[Delivery] = field(default_factory=list)

    def events(self) -> list[str]:
        """Return the keys of the events that came, in order."""
        return [parse_event(one.payload).key for one in self.came if one.topic.endswith("/event")]


@asynccontextmanager
async def gateway(moniker: str, *, acknowledge: bool = True, **settings: Any) -> AsyncIterator[Gateway]:
    """Run a link that acknowledges at once, or never."""
    came: list[Delivery] = []

    def receive(delivery: Delivery) -> None:
        came.append(delivery)
        if acknowledge:
            delivery.ack()

    link = BleLink(Adapter(moniker), receive, settings.pop("key_of", key_of), **settings)
    task = asyncio.create_task(link.run())
    try:
        yield Gateway(link, came)
    finally:
        link.stop()
        await asyncio.wait_for(task, 10)


async def soon(what: Callable[[], Any], within_s: float = 12.0) -> Any:
    """Return the first true answer."""
    async with asyncio.timeout(within_s):
        while not (found := what()):  # noqa: ASYNC110 - devices live on another thread
            await asyncio.sleep(0.01)
    return found


class Fleet(BleFleet):
    """Cars with radios, and what came down to them."""

    def __init__(self, count: int = 1, keys: dict[str, bytes] | None = None, **settings: Any) -> None:
        self.cars = [Car(f"volta/car-{number}") for number in range(1, count + 1)]
        self.commands: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self.acknowledged: list[str] = []
        super().__init__(
            self.cars,
            {car.name: key_of(car.name) for car in self.cars} | (keys or {}),
            on_command=lambda device, payload: self.commands.put((device, payload)),
            on_rejected=lambda device, payload: self.commands.put((device, payload)),
            on_acknowledged=self.acknowledged.append,
            **settings,
        )

    def go_online(self) -> None:
        """Bring every car into range."""
        for car in self.cars:
            car.go_online(time.time())


async def test_an_event_arrives_as_it_was_made_and_is_acknowledged() -> None:
    """The contract's bytes, on the device's own topic, over a bonded link."""
    with Fleet() as fleet:
        fleet.go_online()
        event = fault_of(fleet.cars[0], time.time())
        async with gateway(fleet.adapter()) as ours:
            await soon(lambda: fleet.acknowledged)
            assert [(one.topic, one.payload) for one in ours.came if "event" in one.topic] == [
                (topic("volta/car-1", Channel.EVENT), event)
            ]
            assert fleet.acknowledged == [parse_event(event).key]
            assert any(one.topic == topic("volta/car-1", Channel.STATE) for one in ours.came)
            assert ours.link.status.state is LinkState.READY


async def test_what_is_not_stored_is_not_acknowledged_and_comes_again() -> None:
    """A gateway that stores nothing is left with everything unacknowledged; the next one gets it all, in order."""
    with Fleet() as fleet:
        fleet.go_online()
        made = [fleet.cars[0].fault(["P0562"], time.time()).key for _ in range(3)]
        async with gateway(fleet.adapter("one"), acknowledge=False) as first:
            await soon(lambda: first.events() == made)
        assert fleet.acknowledged == []
        async with gateway(fleet.adapter("other")) as second:
            await soon(lambda: fleet.acknowledged == made)
            assert second.events() == made


async def test_a_killed_gateways_adapter_serves_the_next() -> None:
    """The process is gone without a word; the one that opens the adapter after it gets everything."""
    with Fleet() as fleet:
        fleet.go_online()
        adapter = fleet.adapter()
        first = BleLink(Adapter(adapter), lambda _: None, key_of)
        task = asyncio.create_task(first.run())
        await soon(lambda: first.conversations)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        event = fleet.cars[0].fault(["P0562"], time.time())
        async with gateway(adapter):
            await soon(lambda: event.key in fleet.acknowledged)


async def test_a_connection_dropped_in_the_middle_loses_nothing() -> None:
    """However often the link breaks, every event is acknowledged in the end, and none is damaged."""
    with Fleet() as fleet:
        fleet.go_online()
        made: list[str] = []
        async with gateway(fleet.adapter()) as ours:
            for _ in range(4):
                await soon(lambda: ours.link.conversations)
                made += [fleet.cars[0].fault(["P0562"], time.time()).key for _ in range(20)]
                await asyncio.to_thread(fleet.drop, "volta/car-1")
            await soon(lambda: set(fleet.acknowledged) == set(made), 30)
            assert list(dict.fromkeys(ours.events())) == made


async def test_a_device_that_vanishes_without_a_goodbye_is_noticed() -> None:
    """No supervision on the virtual link: the pulse ends the conversation, and a new one begins when it is back."""
    with Fleet() as fleet:
        fleet.go_online()
        async with gateway(fleet.adapter(), pulse_s=0.3) as ours:
            await soon(lambda: ours.link.conversations)
            fleet.cars[0].go_offline()
            await soon(lambda: not ours.link.conversations)
            event = fleet.cars[0].fault(["P0562"], time.time())
            fleet.cars[0].go_online(time.time())
            await soon(lambda: event.key in fleet.acknowledged)


async def test_a_device_that_is_gone_is_told_to_be_offline_and_back() -> None:
    """What a broker does with a last will: the gateway speaks it, with the device's boot, and takes it back."""
    states = topic("volta/car-1", Channel.STATE)
    with Fleet() as fleet:
        fleet.go_online()
        async with gateway(fleet.adapter(), pulse_s=0.3, presence=Presence(gone_after_s=1.5)) as ours:
            await soon(lambda: any(one.topic == states for one in ours.came))
            await asyncio.to_thread(fleet.station("volta/car-1").link.range, within=False)
            offline = DeviceState(online=False, boot=1).encode()
            await soon(lambda: offline in [one.payload for one in ours.came if one.topic == states])
            fleet.station("volta/car-1").link.range(within=True)
            await soon(lambda: [one.payload for one in ours.came if one.topic == states][-1] != offline)
            assert parse_state(ours.came[-1].payload).online


async def test_commands_go_down_and_wait_for_a_device_that_is_away() -> None:
    """``delivered`` is called once the device has taken it, whether it was there or came later."""
    delivered: list[int] = []
    with Fleet() as fleet:
        async with gateway(fleet.adapter()) as ours:
            ours.link.publish(topic("volta/car-1", Channel.COMMAND), b"early", delivered=lambda: delivered.append(1))
            fleet.go_online()
            await soon(lambda: delivered == [1])
            ours.link.publish(topic("volta/car-1", Channel.REJECTED), b"refused", delivered=lambda: delivered.append(2))
            await soon(lambda: delivered == [1, 2])
    assert fleet.commands.get_nowait() == ("volta/car-1", b"early")
    assert fleet.commands.get_nowait() == ("volta/car-1", b"refused")


async def test_a_peer_that_does_not_know_the_key_becomes_no_event() -> None:
    """It says it is volta/car-1, has bonded like any other, and is not believed; the true one is."""
    with Fleet(2, keys={"volta/car-1": bytes(32)}) as fleet:
        fleet.go_online()
        for car in fleet.cars:
            car.fault(["P0562"], time.time())
        async with gateway(fleet.adapter()) as ours:
            await soon(lambda: ours.link.refused)
            await soon(lambda: fleet.acknowledged)
            assert fleet.acknowledged == ["volta/car-2/1-0"]
            assert set(ours.events()) == {"volta/car-2/1-0"}
            assert set(ours.link.conversations) == {"volta/car-2"}


async def test_a_device_nobody_registered_is_told_nothing() -> None:
    """Without a key on our side there is no session."""
    with Fleet() as fleet:
        fleet.go_online()
        fleet.cars[0].fault(["P0562"], time.time())
        async with gateway(fleet.adapter(), key_of=lambda _: None) as ours:
            await soon(lambda: ours.link.refused)
            assert ours.came == []


async def test_more_devices_than_connections_take_turns_and_faults_come_first() -> None:
    """Six devices on two connections: the one with a fault is served before the others, and all are in the end."""
    with Fleet(6) as fleet:
        for car in fleet.cars:
            car.go_online(time.time())
            car.status(time.time())
        fault = fleet.cars[4].fault(["P0562"], time.time())
        async with gateway(fleet.adapter(), connections=2) as ours:
            await soon(lambda: len(fleet.acknowledged) == 7, 40)
            assert fault.key in ours.events()[:4]
            assert len(ours.link.conversations) <= 2


async def test_an_adapter_that_is_not_there_is_tried_again() -> None:
    """The link says what is wrong and goes on trying; it never ends by itself."""
    async with gateway("tcp-client:127.0.0.1:9") as ours:
        await soon(lambda: ours.link.status.state is LinkState.LOST)
        assert "cannot be opened" in ours.link.status.reason


async def test_lost_advertisements_only_cost_time() -> None:
    """Half of all advertisements are lost; every device is found."""
    with Fleet(3, faults=RadioFaults(advertising_loss=0.5)) as fleet:
        fleet.go_online()
        made = {car.fault(["P0562"], time.time()).key for car in fleet.cars}
        async with gateway(fleet.adapter()):
            await soon(lambda: set(fleet.acknowledged) == made)


async def test_a_gateway_that_never_acknowledges_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The device breaks the link and offers itself again; nothing is lost of what it keeps."""
    monkeypatch.setattr("firmware_sim.radio.peripheral.GIVES_UP_AFTER_S", 0.5)
    with Fleet() as fleet:
        fleet.go_online()
        fleet.cars[0].fault(["P0562"], time.time())
        async with gateway(fleet.adapter(), acknowledge=False):
            await soon(lambda: fleet.station("volta/car-1").link.connections >= 2, 20)
        assert fleet.acknowledged == []
        assert fleet.outstanding >= 1
