"""The fleet on a real broker."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from firmware_sim.kinds.car.device import Car
from firmware_sim.links.mqtt import MqttFleet
from firmware_sim.links.trouble import BrokerRefused, BrokerUnreachable
from gateway.contract.messages import parse_event, parse_state
from gateway.contract.topics import SUBSCRIPTION, Channel, topic
from tests.firmware_sim.told import fault_of

if TYPE_CHECKING:
    from tests.firmware_sim.conftest import NatsBroker

NOW = 1_767_247_200.0
PATIENCE = 10.0


@dataclass
class Gateway:
    """The other end: hears everything under our root, and sends down."""

    client: Client
    arrived: queue.Queue[MQTTMessage] = field(default_factory=queue.Queue)

    def until(self, device: str, channel: Channel) -> bytes:
        """Return the next payload of that device and channel, within a deadline."""
        while True:
            message = self.arrived.get(timeout=PATIENCE)
            if message.topic == topic(device, channel):
                return bytes(message.payload)

    def send(self, device: str, channel: Channel, payload: bytes) -> None:
        """Send down and wait for the broker."""
        self.client.publish(topic(device, channel), payload, 1).wait_for_publish(PATIENCE)


def listen(broker: NatsBroker, client_id: str) -> Gateway:
    """Connect the other end and wait for its subscription."""
    gateway = Gateway(Client(CallbackAPIVersion.VERSION2, client_id, clean_session=False))
    subscribed = threading.Event()
    gateway.client.reconnect_delay_set(1, 1)
    gateway.client.on_connect = lambda client, *_: client.subscribe(SUBSCRIPTION, 1)
    gateway.client.on_subscribe = lambda *_: subscribed.set()
    gateway.client.on_message = lambda _c, _u, message: gateway.arrived.put(message)
    gateway.client.connect("127.0.0.1", broker.port)
    gateway.client.loop_start()
    assert subscribed.wait(PATIENCE)
    return gateway


@pytest.fixture
def gateway(broker: NatsBroker, request: pytest.FixtureRequest) -> Iterator[Gateway]:
    """The other end, connected for one test."""
    listening = listen(broker, f"gateway-{request.node.name}")
    yield listening
    listening.client.disconnect()
    listening.client.loop_stop()


@dataclass
class Crew:
    """A fleet and what it was told."""

    fleet: MqttFleet
    commands: queue.Queue[tuple[str, bytes]]
    rejected: queue.Queue[tuple[str, bytes]]
    acknowledged: queue.Queue[str]
    troubles: list[str]


def crew(url: str, cars: list[Car], run: str, own: int, shards: int = 2) -> Crew:
    """Build a fleet that writes down everything."""
    commands: queue.Queue[tuple[str, bytes]] = queue.Queue()
    rejected: queue.Queue[tuple[str, bytes]] = queue.Queue()
    acknowledged: queue.Queue[str] = queue.Queue()
    troubles: list[str] = []
    fleet = MqttFleet(
        url,
        cars,
        run=run,
        on_command=lambda device, payload: commands.put((device, payload)),
        on_rejected=lambda device, payload: rejected.put((device, payload)),
        own_connections=own,
        shards=shards,
        on_acknowledged=acknowledged.put,
        on_trouble=troubles.append,
    )
    return Crew(fleet, commands, rejected, acknowledged, troubles)


@pytest.mark.parametrize("own", [1, 0], ids=["own", "shard"])
def test_an_event_arrives_and_is_acknowledged(broker: NatsBroker, gateway: Gateway, own: int) -> None:
    """State and event of a device reach the other end; the fleet tells the key the broker has taken."""
    car = Car(f"acme/arrive-{own}")
    told = crew(broker.url, [car], f"arrive-{own}", own)
    with told.fleet:
        car.go_online(NOW)
        event = parse_event(fault_of(car, NOW))
        assert parse_state(gateway.until(car.name, Channel.STATE)).online
        assert parse_event(gateway.until(car.name, Channel.EVENT)) == event
        assert told.acknowledged.get(timeout=PATIENCE) == event.key
        assert told.fleet.drain(PATIENCE) == 0


@pytest.mark.parametrize("own", [1, 0], ids=["own", "shard"])
def test_the_last_will_speaks_when_a_device_is_cut(broker: NatsBroker, gateway: Gateway, own: int) -> None:
    """A device that loses coverage is offline for all to see, and online again with its stored fault after."""
    car = Car(f"acme/cut-{own}", boot=4)
    with crew(broker.url, [car], f"cut-{own}", own).fleet:
        car.go_online(NOW)
        assert parse_state(gateway.until(car.name, Channel.STATE)).online
        car.go_offline()
        offline = parse_state(gateway.until(car.name, Channel.STATE))
        assert (offline.online, offline.boot) == (False, 4)
        event = parse_event(fault_of(car, NOW))
        car.go_online(NOW)
        assert parse_state(gateway.until(car.name, Channel.STATE)).online
        assert parse_event(gateway.until(car.name, Channel.EVENT)) == event


@pytest.mark.parametrize("own", [2, 0], ids=["own", "shard"])
def test_a_command_reaches_its_device_only_and_once(broker: NatsBroker, gateway: Gateway, own: int) -> None:
    """Commands and refusals reach the device they are for, one time, on either kind of line."""
    cars = [Car(f"acme/command-{own}-{number}") for number in range(5)]
    told = crew(broker.url, cars, f"command-{own}", own)
    with told.fleet:
        for car in cars:
            car.go_online(NOW)
            gateway.until(car.name, Channel.STATE)
        for car in cars:
            gateway.send(car.name, Channel.COMMAND, car.name.encode())
        gateway.send(cars[0].name, Channel.REJECTED, b"no")
        got = sorted(told.commands.get(timeout=PATIENCE) for _ in cars)
        assert got == [(car.name, car.name.encode()) for car in cars]
        assert told.rejected.get(timeout=PATIENCE) == (cars[0].name, b"no")
        assert told.commands.empty()


@pytest.mark.parametrize("own", [1, 0], ids=["own", "shard"])
def test_a_command_sent_while_cut_off_arrives_later(broker: NatsBroker, gateway: Gateway, own: int) -> None:
    """What is sent to a device without coverage waits for it, and does not arrive before."""
    car = Car(f"acme/later-{own}")
    told = crew(broker.url, [car], f"later-{own}", own)
    with told.fleet:
        car.go_online(NOW)
        gateway.until(car.name, Channel.STATE)
        car.go_offline()
        gateway.until(car.name, Channel.STATE)
        gateway.send(car.name, Channel.COMMAND, b"stop")
        assert told.commands.empty()
        car.go_online(NOW)
        assert told.commands.get(timeout=PATIENCE) == (car.name, b"stop")


@pytest.mark.parametrize("own", [1, 0], ids=["own", "shard"])
def test_a_restart_online_ends_online_under_the_new_boot(broker: NatsBroker, gateway: Gateway, own: int) -> None:
    """A restart speaks the old boot's last will, and ends with the new boot's state.

    Of a shard it always does. Of a connection of its own, NATS forgets it where the client connects anew before the end was
    noticed (``mqtt.go``: "Remove will of existing client"); that it speaks where nobody comes back is claimed above.
    """
    car = Car(f"acme/restart-{own}", boot=1)
    with crew(broker.url, [car], f"restart-{own}", own).fleet:
        car.go_online(NOW)
        gateway.until(car.name, Channel.STATE)
        car.restart(NOW)
        event = parse_event(fault_of(car, NOW))
        states, events = [], []
        while (True, 2) not in states or not events:
            message = gateway.arrived.get(timeout=PATIENCE)
            if message.topic == topic(car.name, Channel.EVENT):
                events.append(parse_event(bytes(message.payload)))
            elif message.topic == topic(car.name, Channel.STATE):
                state = parse_state(bytes(message.payload))
                states.append((state.online, state.boot))
        assert events == [event]
        assert states[-1] == (True, 2)
        assert own or (False, 1) in states


def test_events_made_while_the_broker_restarts_arrive_in_order(own_broker: NatsBroker) -> None:
    """A broker that goes away and comes back has every event, in order, from either kind of line."""
    cars = [Car("acme/own"), Car("acme/shared")]
    told = crew(own_broker.url, cars, "outage", 1, shards=1)
    gateway = listen(own_broker, "gateway-outage")
    try:
        with told.fleet:
            for car in cars:
                car.go_online(NOW)
                gateway.until(car.name, Channel.STATE)
            own_broker.stop()
            keys = [car.fault(["P0562"], NOW + number).key for number in range(50) for car in cars]
            own_broker.start()
            heard = [told.acknowledged.get(timeout=PATIENCE) for _ in keys]
            assert told.fleet.drain(PATIENCE) == 0
            for car in cars:
                assert [key for key in heard if car.name in key] == [key for key in keys if car.name in key]
            assert any("Reconnecting" in trouble for trouble in told.troubles)
    finally:
        gateway.client.disconnect()
        gateway.client.loop_stop()


def test_many_devices_and_events_share_few_connections(broker: NatsBroker) -> None:
    """300 devices on two shards send 3,000 events, more than are let in flight at once, and all arrive in order."""
    cars = [Car(f"acme/many-{number}") for number in range(300)]
    told = crew(broker.url, cars, "many", 0)
    threads = threading.active_count()
    with told.fleet:
        assert threading.active_count() <= threads + 2
        for car in cars:
            car.go_online(NOW)
        keys = [car.fault(["P0562"], NOW + number).key for number in range(10) for car in cars]
        assert told.fleet.drain(PATIENCE) == 0
        acknowledged = [told.acknowledged.get(timeout=PATIENCE) for _ in keys]
    for car in cars[:20]:
        ours = [key for key in acknowledged if key.startswith(f"{car.name}/")]
        assert ours == [f"{car.name}/1-{seq}" for seq in range(10)]


def test_nothing_is_left_running(broker: NatsBroker) -> None:
    """After close no thread of the fleet is alive, cut devices included."""
    before = set(threading.enumerate())
    cars = [Car(f"acme/left-{number}") for number in range(6)]
    with crew(broker.url, cars, "left", 3).fleet:
        for car in cars:
            car.go_online(NOW)
        cars[0].go_offline()
    assert set(threading.enumerate()) <= before


def test_a_missing_broker_is_named(free_port: int) -> None:
    """Nobody at the address: the message says host and port and what to do, and nothing is left running."""
    before = set(threading.enumerate())
    with pytest.raises(BrokerUnreachable, match=rf"host 127\.0\.0\.1, port {free_port} .*Start one there"):
        crew(f"mqtt://127.0.0.1:{free_port}", [Car("acme/car-1")], "nobody", 0).fleet.start()
    assert set(threading.enumerate()) <= before


def test_credentials_come_from_the_url_and_wrong_ones_are_told(locked_broker: NatsBroker) -> None:
    """The right user is let in, percent-encoding read; a wrong password is refused with what to check."""
    door = f"127.0.0.1:{locked_broker.port}"
    with crew(f"mqtt://car:p%40ss@{door}", [Car("acme/car-1")], "right", 0).fleet as fleet:
        assert fleet.outstanding == 0
    with pytest.raises(BrokerRefused, match="Check user and password") as refused:
        crew(f"mqtt://car:wrong@{door}", [Car("acme/car-1")], "wrong", 0).fleet.start()
    assert "wrong" not in str(refused.value)


@pytest.mark.parametrize(("run", "own", "shards"), [("a.b", 0, 1), ("", 0, 1), ("run", -1, 1), ("run", 0, 0)], ids=str)
def test_settings_that_serve_nobody_are_refused(run: str, own: int, shards: int) -> None:
    """A run name no client id can hold, or no connection at all, is refused before anything starts."""
    with pytest.raises(ValueError, match="needed"):
        crew("mqtt://127.0.0.1", [Car("acme/car-1")], run, own, shards)
