"""A phone forwards its car's events: over real Bluetooth calls, once each, acknowledged when the broker has them."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pytest
from bumble.device import Device as Radio

from firmware_sim.device.fix import Fix
from firmware_sim.device.store import Store
from firmware_sim.device.uplink import Outgoing
from firmware_sim.kinds.car.device import Car
from firmware_sim.kinds.phone.device import Phone
from firmware_sim.kinds.phone.relay import Relay
from firmware_sim.links.ble_fleet import BleFleet
from firmware_sim.links.memory import MemoryUplink
from firmware_sim.links.radio_faults import RadioFaults
from gateway.contract.messages import parse_event
from gateway.kinds.car.messages import VehicleFaultEvent
from gateway.links.ble import bumble_backend as bumble
from tests.firmware_sim.told import fault_of

CAR, PHONE = "volta/car-1", "pingo/phone-1"
KEY = sha256(b"car").digest()
FIX = Fix(56.95, 24.1, 15.0, 1_767_258_000.0)
Eventually = Callable[..., Any]


def by_bumble(radio: Radio) -> tuple[dict[str, Any], dict[str, Any]]:
    """Have bleak reach the simulated air."""
    own = bumble.BumbleAdapter(radio)
    return {"backend": bumble.BumbleScanner, "radio": own}, {"backend": bumble.BumbleClient, "radio": own}


@dataclass
class Pair:
    """A car without a modem and its owner's phone; the broker is a list."""

    car: Car
    phone: Phone
    relay: Relay
    fleet: BleFleet
    published: list[Outgoing] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    came: queue.SimpleQueue[tuple[bytes, Callable[[], None]]] = field(default_factory=queue.SimpleQueue)

    def events(self) -> list[Any]:
        """Take what came over the air, and return the events that the broker has."""
        while not self.came.empty():
            self.relay.take(*self.came.get())
        for outgoing in self.published:
            if outgoing.key:
                self.relay.acknowledged(outgoing.key)
        return [parse_event(outgoing.payload) for outgoing in self.published if outgoing.key]


@contextmanager
def paired(faults: RadioFaults | None = None, *, acknowledges: bool = True, key: bytes = KEY) -> Iterator[Pair]:
    """Put both next to each other."""
    car, phone = Car(CAR), Phone(PHONE)
    acknowledged: list[str] = []
    fleet = BleFleet(
        [car], {CAR: key}, on_command=_nobody, on_rejected=_nobody, on_acknowledged=acknowledged.append, faults=faults
    )
    with fleet:
        pair = Pair(car, phone, Relay(phone, CAR, lambda: FIX), fleet, acknowledged=acknowledged)
        phone.uplink = MemoryUplink(pair.published.append)
        fleet._keys = {CAR: KEY}  # what the phone believes
        fleet.add_phone(PHONE, CAR, lambda *told: pair.came.put(told), by_bumble, acknowledges=acknowledges)
        car.go_online(time.time())
        fleet.near(PHONE, near=True)
        yield pair


def _nobody(_device: str, _payload: bytes) -> None:
    """Nothing comes down."""


def test_what_the_car_tells_goes_out_with_via_and_the_phones_position(eventually: Eventually) -> None:
    """In the car's name, on the phone's topic; the phone's fix stands in for the one the car does not have."""
    with paired() as pair:
        pair.phone.go_online(time.time())
        told = pair.car.fault(["P0562"], time.time())
        (event,) = eventually(pair.events)
        assert isinstance(event, VehicleFaultEvent)
        assert (event.key, event.via, event.source) == (told.key, f"/{PHONE}", f"/{CAR}")
        assert event.data.position == FIX.position()
        assert pair.published[-1].topic == f"callahead/v1/{PHONE}/event"
        eventually(lambda: pair.events() and pair.acknowledged == [told.key])


def test_a_cars_own_position_stays() -> None:
    """Only where it has none the phone's is added."""
    sent: list[Outgoing] = []
    phone = Phone(PHONE, fix=FIX)
    phone.uplink = MemoryUplink(sent.append)
    phone.go_online(0.0)
    car = Car(CAR)
    car.sensors.fix = Fix(57.0, 25.0, 5.0, 1_767_258_001.0)
    car.uplink = MemoryUplink(lambda _: None)
    told = parse_event(fault_of(car, 1_767_258_002.0))
    phone.relay(told)
    assert parse_event(sent[-1].payload).data == told.data


def test_nothing_is_acknowledged_before_the_broker_has_it(eventually: Eventually) -> None:
    """Without coverage the phone keeps it, and so does the car; back online both let go, and it was sent once."""
    with paired() as pair:
        told = pair.car.fault(["P0562"], time.time())
        eventually(lambda: pair.events() == [] and pair.phone.store.waiting)
        assert pair.acknowledged == []
        pair.phone.go_online(time.time())
        eventually(lambda: [event.key for event in pair.events()] == [told.key] and pair.acknowledged == [told.key])


def test_a_bad_radio_costs_time_and_nothing_else(eventually: Eventually) -> None:
    """Links that break in mid-message, frames that come twice, lost advertisements: every event once at the broker."""
    with paired(RadioFaults(drops=0.1, replays=0.2, advertising_loss=0.3)) as pair:
        pair.phone.go_online(time.time())
        made = [pair.car.fault(["P0562"], time.time()).key for _ in range(15)]
        eventually(lambda: pair.events() and set(pair.acknowledged) == set(made), 60)
        assert sorted(event.key for event in pair.events()) == sorted(made)
        assert pair.fleet.station(CAR).link.connections > 1


def test_a_phone_whose_acknowledgements_never_arrive_forwards_once(
    eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The car tells it again and again; the phone knows it."""
    monkeypatch.setattr("firmware_sim.radio.peripheral.AGAIN_AFTER_S", 0.3)
    with paired(acknowledges=False) as pair:
        pair.phone.go_online(time.time())
        told = pair.car.fault(["P0562"], time.time())
        eventually(pair.events)
        eventually(lambda: pair.came.qsize() >= 2)
        assert [event.key for event in pair.events()] == [told.key]
        assert pair.acknowledged == []


def test_a_stranger_that_says_it_is_the_car_is_not_forwarded(eventually: Eventually) -> None:
    """It advertises the car's hash and bonds; without the key it gets no session."""
    with paired(key=bytes(32)) as pair:
        pair.phone.go_online(time.time())
        pair.car.fault(["P0562"], time.time())
        eventually(lambda: pair.fleet.station(CAR).link.connections >= 2, 20)
        assert pair.events() == []


def test_a_car_cannot_speak_for_another() -> None:
    """What the paired car sends in another's name is neither forwarded nor acknowledged."""
    other = Car("volta/car-2")
    other.uplink = MemoryUplink(lambda _: None)
    acknowledged: list[str] = []
    relay = Relay(Phone(PHONE), CAR, lambda: FIX)
    relay.take(fault_of(other, 1_767_258_000.0), lambda: acknowledged.append("!"))
    assert (relay.refused, acknowledged) == (1, [])


def test_a_fault_does_not_wait_behind_positions() -> None:
    """Where the way is narrow, what must not be lost goes first, and the rest in order."""
    store, made = Store(10), list[Outgoing]()
    for number, perishable in enumerate([True, True, False, True, False]):
        made.append(Outgoing("", b"", retain=False, perishable=perishable, key=f"volta/car-1/1-{number}"))
        store.keep(made[-1])
    assert [store.next() for _ in range(5)] == [made[2], made[4], made[0], made[1], made[3]]
