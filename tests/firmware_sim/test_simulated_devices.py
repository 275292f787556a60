"""What each kind of device says and does."""

from __future__ import annotations

import json

import pytest

from firmware_sim.device.device import COMMANDS_REMEMBERED, Device, Outgoing
from firmware_sim.device.fix import Fix
from firmware_sim.device.moments import utc
from firmware_sim.kinds.car.device import Car
from firmware_sim.kinds.fridge.device import Fridge
from firmware_sim.kinds.phone.device import Phone
from firmware_sim.kinds.truck.device import Truck
from firmware_sim.links.memory import MemoryUplink
from firmware_sim.wallet.wallet import Wallet
from gateway.contract.commands import (
    JobDestination,
    JobDestinationCommand,
    JobOffer,
    JobOfferCommand,
    JobScene,
    JobSceneCommand,
    JobWithdrawal,
    JobWithdrawalCommand,
    Notice,
    NoticeCommand,
    StopSafely,
    StopSafelyCommand,
)
from gateway.contract.envelope import DeviceEvent
from gateway.contract.messages import parse_event, parse_state
from gateway.kinds.car.messages import VehicleFaultEvent, VehicleStatusEvent
from gateway.kinds.fridge.messages import ApplianceFaultEvent, ApplianceStatusEvent, StockItem
from gateway.kinds.truck.messages import TruckLoad, TruckStatusEvent
from gateway.payments.messages import PaymentAttemptEvent

NOW = 1_767_247_200.0
FIX = Fix(52.52, 13.405, 8.0, NOW - 3)
OFFER = JobOffer(
    job="j1", case="c1", latitude=52.5, longitude=13.4, accuracy_m=10, part="battery", skill="roadside", on_scene_s=900
)


def connected(device: Device) -> list[Outgoing]:
    """Put the device online and return the list of what it sends from then on."""
    sent: list[Outgoing] = []
    device.uplink = MemoryUplink(sent.append)
    device.go_online(NOW)
    sent.clear()
    return sent


def heard(sent: list[Outgoing]) -> DeviceEvent:
    """Read the last message as the gateway does."""
    return parse_event(sent[-1].payload)


def stop(command_id: str = "stop-1") -> bytes:
    """Return the command "stop safely"."""
    data = StopSafely(case="c1", reason="oil")
    return StopSafelyCommand(id=command_id, time=utc(NOW), provenance="simulated", data=data).encode()


def offer(command_id: str = "offer-1") -> bytes:
    """Return the offer of job j1."""
    return JobOfferCommand(id=command_id, time=utc(NOW), provenance="simulated", data=OFFER).encode()


def withdrawal(job: str) -> bytes:
    """Return the withdrawal of a job."""
    data = JobWithdrawal(job=job, reason="closer truck")
    return JobWithdrawalCommand(id=f"w-{job}", time=utc(NOW), provenance="simulated", data=data).encode()


def test_going_online_is_announced_retained_and_being_cut_speaks_the_last_will() -> None:
    """The retained state says online with the boot, and offline with the same boot after a cut."""
    sent: list[Outgoing] = []
    car = Car("acme/car-1", boot=7)
    car.uplink = MemoryUplink(sent.append)
    car.go_online(NOW)
    car.go_offline()
    states = [parse_state(outgoing.payload) for outgoing in sent]
    assert [(state.online, state.boot) for state in states] == [(True, 7), (False, 7)]
    assert all(outgoing.retain and outgoing.topic == "callahead/v1/acme/car-1/state" for outgoing in sent)


def test_a_device_without_an_uplink_says_what_is_missing() -> None:
    """Going online without a line names the device and the remedy, and leaves it offline."""
    car = Car("acme/car-1")
    with pytest.raises(RuntimeError, match=r"acme/car-1 has no uplink\. Set device\.uplink"):
        car.go_online(NOW)
    assert not car.online


def test_every_event_is_simulated_and_known_by_its_key() -> None:
    """Provenance, source, topic and key of an event follow from the device and its boot and sequence."""
    car = Car("acme/car-1", boot=3)
    sent = connected(car)
    car.status(NOW)
    car.status(NOW)
    event = heard(sent)
    assert (event.provenance, event.source, sent[-1].key) == ("simulated", "/acme/car-1", "acme/car-1/3-1")
    assert sent[-1].topic == "callahead/v1/acme/car-1/event"
    assert event.key == sent[-1].key


def test_a_fault_carries_codes_freeze_frame_and_position() -> None:
    """A fault holds what the sensors say at that moment, with the lamp on and the codes counted."""
    car = Car("acme/car-1")
    sent = connected(car)
    car.sensors.fix, car.sensors.battery_voltage, car.sensors.air_temperature = FIX, 9.314, -11.04
    car.fault(["P0562", "B1325"], NOW)
    event = heard(sent)
    assert isinstance(event, VehicleFaultEvent)
    frame = event.data.freeze_frame
    assert [dtc.code for dtc in event.data.codes] == ["P0562", "B1325"]
    assert (frame.battery_voltage, frame.air_temperature, frame.dtc_count, frame.mil_on) == (9.31, -11.0, 2, True)
    assert event.data.position is not None
    assert (event.data.position.latitude, event.data.position.fix_time) == (52.52, utc(NOW - 3))


def test_a_fault_without_a_fix_has_no_position() -> None:
    """A car in a garage reports its fault without a place, instead of a wrong one."""
    car = Car("acme/car-1")
    sent = connected(car)
    car.fault(["P0562"], NOW)
    event = heard(sent)
    assert isinstance(event, VehicleFaultEvent)
    assert event.data.position is None


def test_a_repair_is_told_by_a_status_that_is_never_dropped() -> None:
    """After the repair no code is stored, the lamp is off, and the status that says so is not perishable."""
    car = Car("acme/car-1")
    sent = connected(car)
    car.fault(["P0562"], NOW)
    car.clear_codes(NOW)
    event = heard(sent)
    assert isinstance(event, VehicleStatusEvent)
    assert (event.data.signals.dtc_count, event.data.signals.mil_on, sent[-1].perishable) == (0, False, False)
    car.status(NOW)
    assert sent[-1].perishable


def test_stop_safely_is_shown_to_the_driver_and_answered_once() -> None:
    """The first "stop safely" asks the driver to stop and sends one status; its repeat does nothing."""
    car = Car("acme/car-1")
    sent = connected(car)
    assert car.receive(stop(), NOW) is not None
    assert car.stop_requested
    car.stop_requested = False
    assert car.receive(stop(), NOW) is None
    assert not car.stop_requested
    assert len(sent) == 1


def test_the_memory_for_commands_is_bounded_and_survives_a_restart() -> None:
    """A repeat after a restart is still a repeat; only the oldest of very many commands is forgotten."""
    car = Car("acme/car-1")
    connected(car)
    for number in range(COMMANDS_REMEMBERED):
        car.receive(stop(f"s-{number}"), NOW)
    car.restart(NOW)
    assert car.receive(stop("s-0"), NOW) is None
    car.receive(stop("one more"), NOW)
    assert car.receive(stop("s-0"), NOW) is not None


def test_a_command_that_cannot_be_read_is_counted_and_harms_nothing() -> None:
    """Bytes that are no command return nothing and are counted."""
    car = Car("acme/car-1")
    assert car.receive(b"\xff{", NOW) is None
    assert car.receive(b'{"type": "callahead.command.dance.v1"}', NOW) is None
    assert car.unreadable_commands == 2


def test_a_fridge_speaks_matter() -> None:
    """Temperatures go out in hundredths of a degree and the open door as bit 0 of the alarm state."""
    fridge = Fridge("cool/fridge-1")
    sent = connected(fridge)
    fridge.sensors.temperature_c, fridge.sensors.door_open = 11.234, True
    fridge.status(NOW)
    event = heard(sent)
    assert isinstance(event, ApplianceStatusEvent)
    assert (event.data.attributes.temperature, event.data.attributes.door_open) == (1123, True)
    fridge.fault(["HighTemperature"], NOW)
    fault = heard(sent)
    assert isinstance(fault, ApplianceFaultEvent)
    assert (fault.data.alarms, sent[-1].perishable) == (("HighTemperature",), False)


def test_stock_is_never_dropped() -> None:
    """What is left in the fridge goes out as an event that is not perishable."""
    fridge = Fridge("cool/fridge-1")
    sent = connected(fridge)
    fridge.stock([StockItem(gtin="4006381333931", name="Milk", quantity=1, reorder_at=2, reorder_quantity=6)], NOW)
    assert heard(sent).type == "callahead.appliance.stock.v1"
    assert not sent[-1].perishable


@pytest.mark.parametrize("device", [Fridge("cool/fridge-1"), Phone("pear/phone-1")], ids=["fridge", "phone"])
def test_a_notice_is_shown_once(device: Fridge | Phone) -> None:
    """A notice delivered twice is shown once."""
    notice = NoticeCommand(
        id="n1", time=utc(NOW), provenance="simulated", data=Notice(case="c1", text="Help is coming")
    )
    device.receive(notice.encode(), NOW)
    device.receive(notice.encode(), NOW)
    assert device.shown == ["Help is coming"]


def test_a_payment_attempt_is_told_in_iso_20022() -> None:
    """Status, reason, amount and processor arrive as given, and are never dropped."""
    phone = Phone("pear/phone-1", fix=FIX)
    sent = connected(phone)
    Wallet(phone).pay(
        NOW, end_to_end_id="e2e-1", amount="12.50", currency="EUR", processor="paywell", status="RJCT", reason="AC01"
    )
    event = heard(sent)
    assert isinstance(event, PaymentAttemptEvent)
    assert (event.data.status, event.data.reason, event.data.amount) == ("RJCT", "AC01", "12.50")
    assert not sent[-1].perishable


def told(sent: list[Outgoing]) -> list[tuple[str, str]]:
    """Return what the truck has said of its jobs."""
    events = [parse_event(outgoing.payload) for outgoing in sent]
    return [
        (event.data.job.id, event.data.job.state)
        for event in events
        if isinstance(event, TruckStatusEvent) and event.data.job
    ]


def test_a_truck_takes_a_job_from_offer_to_finish() -> None:
    """Accepted, arrived, finished: each is told once, is never dropped, and frees the truck at the end."""
    offered: list[str] = []
    truck = Truck("tow/t-1", FIX, on_offer=lambda job, _now: offered.append(job.job))
    sent = connected(truck)
    truck.receive(offer(), NOW)
    truck.receive(offer(), NOW)
    for move in (truck.accept, truck.arrive, truck.finish):
        move(NOW)
    assert offered == ["j1"]
    assert told(sent) == [("j1", "accepted"), ("j1", "arrived"), ("j1", "finished")]
    assert not any(outgoing.perishable for outgoing in sent)
    assert truck.job is None


def test_a_truck_that_is_offered_the_job_it_has_says_yes_again() -> None:
    """Who passed it over and has it back wants to know: the crew drives on, and is asked nothing."""
    offered: list[str] = []
    truck = Truck("tow/t-1", FIX, on_offer=lambda job, _now: offered.append(job.job))
    sent = connected(truck)
    truck.receive(offer(), NOW)
    truck.accept(NOW)
    truck.receive(offer("offer-2"), NOW)
    assert offered == ["j1"]
    assert told(sent) == [("j1", "accepted"), ("j1", "accepted")]
    assert truck.job is not None
    assert truck.offer is None


def test_a_truck_without_a_job_says_nothing_of_one() -> None:
    """A move without its job returns nothing, sends nothing and changes nothing."""
    truck = Truck("tow/t-1", FIX)
    sent = connected(truck)
    assert [move(NOW) for move in (truck.accept, truck.decline, truck.arrive, truck.finish)] == [None] * 4
    assert sent == []


def test_a_declined_offer_is_gone() -> None:
    """After declining, the offer cannot be accepted any more."""
    truck = Truck("tow/t-1", FIX)
    sent = connected(truck)
    truck.receive(offer(), NOW)
    truck.decline(NOW)
    assert truck.accept(NOW) is None
    assert told(sent) == [("j1", "declined")]


def test_a_withdrawal_takes_only_its_own_job() -> None:
    """The withdrawal of another job leaves this one; its own clears it, and is told to the world once."""
    withdrawn: list[str] = []
    truck = Truck("tow/t-1", FIX, on_withdrawal=lambda job, _now: withdrawn.append(job))
    connected(truck)
    truck.receive(offer(), NOW)
    truck.accept(NOW)
    truck.receive(withdrawal("j2"), NOW)
    assert truck.job == OFFER
    truck.receive(withdrawal("j1"), NOW)
    assert truck.job is None
    assert withdrawn == ["j1"]


def test_another_workshop_replaces_the_destination_of_its_own_job_only() -> None:
    """A car on the hook goes where it is taken in: offered or accepted, the job's destination changes; another's does not."""
    truck = Truck("tow/t-1", FIX)
    connected(truck)
    truck.receive(offer(), NOW)
    truck.receive(destination("j1", 57.3), NOW)
    truck.accept(NOW)
    assert truck.job is not None
    assert truck.job.tow_to_latitude == 57.3
    truck.receive(destination("j2", 58.0), NOW)
    assert truck.job.tow_to_latitude == 57.3
    truck.receive(destination("j1", 57.4), NOW)
    assert truck.job.tow_to_latitude == 57.4


def test_another_place_replaces_that_of_its_own_job_only() -> None:
    """Offered or accepted, the tablet shows where the car stands now and what is broken; the crew is told each time."""
    seen: list[str] = []
    truck = Truck("tow/t-1", FIX, on_scene=lambda job, _now: seen.append(job))
    connected(truck)
    truck.receive(offer(), NOW)
    truck.receive(scene("j1", 57.3, part="starter"), NOW)
    truck.accept(NOW)
    assert truck.job is not None
    assert (truck.job.latitude, truck.job.part, truck.job.on_scene_s) == (57.3, "starter", OFFER.on_scene_s)
    truck.receive(scene("j2", 58.0), NOW)
    truck.receive(scene("j1", 57.4), NOW)
    assert (truck.job.latitude, truck.job.part) == (57.4, "starter")
    assert seen == ["j1", "j1"]


def scene(job: str, latitude: float, part: str | None = None) -> bytes:
    """Return a command that says where the car of a job stands."""
    where = JobScene(job=job, latitude=latitude, longitude=24.6, accuracy_m=6.0, part=part)
    return JobSceneCommand(id=f"{job}/move/{latitude}", time=utc(NOW), provenance="simulated", data=where).encode()


def destination(job: str, latitude: float) -> bytes:
    """Return a command that sends a job to another workshop."""
    to = JobDestination(job=job, latitude=latitude, longitude=24.6)
    command_id = f"{job}/redirect/{latitude}"
    return JobDestinationCommand(id=command_id, time=utc(NOW), provenance="simulated", data=to).encode()


def test_off_duty_is_told_and_never_dropped() -> None:
    """A truck that goes home says so with an event that is not perishable."""
    truck = Truck("tow/t-1", FIX)
    sent = connected(truck)
    truck.go_off_duty(NOW)
    event = heard(sent)
    assert isinstance(event, TruckStatusEvent)
    assert (event.data.duty, sent[-1].perishable) == ("off", False)


def test_what_is_written_without_a_model_is_what_the_model_would_write() -> None:
    """A car's status and fault, a truck that declines its job: nothing is missing, and nothing is there that is not published."""
    car, truck = Car("volta/car-1"), Truck("tow/t-1", FIX)
    car.via = "/volta/phone-1"
    sent = connected(car)
    car.sensors.fix, car.sensors.travelled_distance, car.sensors.throttle = FIX, 84_211_300.7, 12
    car.status(NOW)
    car.fault(["p0562", "U012187"], NOW, symptoms=("no_crank",))
    by_truck = connected(truck)
    truck.receive(offer(), NOW)
    truck.accept(NOW)
    truck.eta, truck.shift_end = NOW + 600.5, NOW + 3_600
    truck.status(NOW)
    truck.decline(NOW, TruckLoad(needs=("all_wheels_up",)))
    for outgoing in (*sent, *by_truck):
        assert json.loads(outgoing.payload) == json.loads(parse_event(outgoing.payload).encode())
