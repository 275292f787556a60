"""From bytes to findings: what the gateway concludes, and what it keeps quiet about."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.contract.refusals import Rule
from gateway.devices.episodes import HOLD_S, RELAPSE_S
from gateway.devices.liveness import Liveness
from gateway.devices.registry import DeviceRecord, Registry
from gateway.diagnosis.conditions import WINDOW_S
from gateway.finding import Conclusion, Drive, Finding, Help, Load, Recovery, TruckReport
from gateway.intake.intake import Intake, Verdict
from gateway.kinds.registry import kinds

NOW = 1_768_197_600.0
HERE = {"latitude": 56.95, "longitude": 24.10, "accuracy_m": 8}
VOLTAGE = "Vehicle.LowVoltageBattery.CurrentVoltage"
RUNNING = "Vehicle.Powertrain.CombustionEngine.IsRunning"
TYRE = "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure"


def iso(at: float) -> str:
    """Return POSIX seconds as RFC 3339."""
    return datetime.fromtimestamp(at, UTC).isoformat()


def fix(at: float = NOW, **changes: float) -> dict[str, Any]:
    """Return a position."""
    return {**HERE, **changes, "fix_time": iso(at)}


@dataclass
class Gate:
    """An intake with a car, its phone, a fridge, a truck and six more phones."""

    open_demo: bool = False
    intake: Intake = field(init=False)
    seq: int = 0
    now: float = NOW

    def __post_init__(self) -> None:
        """Register the devices."""
        phones = [DeviceRecord(f"volta/phone-{n}", "phone", f"c-{n}", "simulated") for n in range(1, 8)]
        self.intake = Intake(
            Registry(
                [
                    DeviceRecord("volta/car-1", "car", "c-1", "simulated", "volta/phone-1"),
                    DeviceRecord("cool/fridge-1", "fridge", "c-1", "simulated", "volta/phone-1", "", 56.9, 24.2),
                    DeviceRecord("tow/truck-1", "truck", None, "simulated", skills=("tow",)),
                    *phones,
                ]
            ),
            open_demo=self.open_demo,
        )

    def send(self, kind: str, data: dict[str, Any], device: str = "volta/car-1", **attributes: Any) -> Verdict:
        """Publish an event on the device's own topic."""
        self.seq += 1
        event = {
            "specversion": "1.0",
            "type": f"callahead.{kind}.v1",
            "source": f"/{device}",
            "id": f"1-{self.seq}",
            "time": iso(self.now),
            "provenance": "simulated",
            "data": data,
        }
        event.update(attributes)
        topic = f"callahead/v1/{attributes.get('via', '/' + device)[1:]}/event"
        return self.intake.receive(topic, json.dumps(event).encode(), self.now)

    def fault(self, *codes: str, frame: dict[str, Any] | None = None, **rest: Any) -> tuple[Conclusion, ...]:
        """Send a car's fault with a position."""
        data = {"codes": [{"code": code} for code in codes], "freeze_frame": frame or {}, "position": fix(self.now)}
        return self.send("vehicle.fault", {**data, **rest}).conclusions


@pytest.fixture
def gate() -> Gate:
    """An intake that knows some devices."""
    return Gate()


def the_finding(conclusions: tuple[Conclusion, ...]) -> Finding:
    """Return the one finding."""
    (found,) = conclusions
    assert isinstance(found, Finding)
    return found


@pytest.mark.parametrize(
    ("codes", "frame", "part", "drive", "help_"),
    [
        (["P0562", "U3003"], {VOLTAGE: 8.9, RUNNING: False}, "battery_12v", Drive.STOP_NOW, Help.ROADSIDE),
        (["P0562"], {VOLTAGE: 12.1, RUNNING: True}, "alternator", Drive.STOP_NOW, Help.TOW),
        (["C0077"], {TYRE: 90}, "tyre", Drive.STOP_NOW, Help.ROADSIDE),
        (["P0301", "P0351"], {VOLTAGE: 14.1, RUNNING: True}, "ignition_coil", Drive.STOP_NOW, Help.TOW),
        (["p0616"], {VOLTAGE: 12.4, RUNNING: False}, "starter_relay", Drive.STOP_NOW, Help.ROADSIDE),
        (["U0100", "U0121", "C0561", "P0562"], {VOLTAGE: 8.2, RUNNING: False}, "battery_12v", None, Help.ROADSIDE),
        (["P2A31"], {VOLTAGE: 14.1, RUNNING: True}, "unknown", Drive.TO_WORKSHOP, Help.TALK),
    ],
)
def test_the_part_is_told_from_codes_and_freeze_frame(  # noqa: PLR0917
    gate: Gate, codes: list[str], frame: dict[str, Any], part: str, drive: Drive | None, help_: Help
) -> None:
    """The same code means another part with another freeze frame, a storm of codes is the battery, unknown is an answer."""
    found = the_finding(gate.fault(*codes, frame=frame))
    assert (found.part, found.remedy.help) == (part, help_)
    assert drive is None or found.drive is drive
    assert found.why or part == "unknown"
    assert found.near
    assert (found.customer, found.notify) == ("c-1", "volta/phone-1")


def test_one_pending_code_is_not_a_breakdown(gate: Gate) -> None:
    """Pending codes with nothing to show for them lead to nothing."""
    assert gate.fault(codes=[{"code": "P0301", "status": "pending"}]) == ()


def test_one_episode_is_one_finding_until_the_car_is_well(gate: Gate) -> None:
    """The same fault told again is no news; cleared codes end the episode; the next fault opens another."""
    flat = {VOLTAGE: 8.9, RUNNING: False}
    well = {"signals": {"Vehicle.Diagnostics.DTCCount": 0, VOLTAGE: 12.6, RUNNING: False}}
    first = the_finding(gate.fault("P0562", frame=flat))
    assert gate.fault("P0562", frame=flat) == ()
    gate.now += WINDOW_S + 60
    assert gate.send("vehicle.status", well).conclusions == ()
    gate.now += HOLD_S
    (recovery,) = gate.send("vehicle.status", well).conclusions
    assert isinstance(recovery, Recovery)
    assert recovery.episode == first.episode
    gate.now += RELAPSE_S + 60
    assert the_finding(gate.fault("P0562", frame=flat)).episode != first.episode


def test_a_code_that_flaps_is_one_episode(gate: Gate) -> None:
    """Cleared and back within minutes, five times: one finding, no recovery, nothing told twice."""
    flat = {VOLTAGE: 8.9, RUNNING: False}
    told = list(gate.fault("P0562", frame=flat))
    for _ in range(5):
        gate.now += 90
        told += gate.send("vehicle.status", {"signals": {"Vehicle.Diagnostics.DTCCount": 0, VOLTAGE: 12.6}}).conclusions
        gate.now += 90
        told += gate.fault("P0562", frame=flat)
    assert len(told) == 1


def test_a_repaired_part_that_fails_again_is_told_again(gate: Gate) -> None:
    """Within two hours it is the same episode with a relapse, so that dispatch revises its case or opens one more."""
    flat = {VOLTAGE: 8.9, RUNNING: False}
    first = the_finding(gate.fault("P0562", frame=flat))
    gate.now += 3_000
    for _ in range(2):
        gate.send("vehicle.status", {"signals": {"Vehicle.Diagnostics.DTCCount": 0, VOLTAGE: 12.7, RUNNING: False}})
        gate.now += HOLD_S
    again = the_finding(gate.fault("P0562", frame=flat))
    assert (again.episode, again.relapse) == (first.episode, 1)


def test_contradictory_readings_are_told_and_the_fault_counts(gate: Gate) -> None:
    """A sensor that lies refuses no fault: the pair is not used, the sender learns why."""
    frame = {VOLTAGE: 12.1, RUNNING: True, "Vehicle.Powertrain.CombustionEngine.Speed": 0}
    data = {"codes": [{"code": "P0622"}], "freeze_frame": frame, "position": fix()}
    verdict = gate.send("vehicle.fault", data)
    assert the_finding(verdict.conclusions).part == "alternator"
    assert verdict.refusal is not None
    assert verdict.refusal.rule is Rule.CONTRADICTION
    assert RUNNING in verdict.refusal.problem.detail


def test_better_evidence_revises_the_finding_within_its_episode(gate: Gate) -> None:
    """The battery that turns out to be the alternator keeps its episode."""
    first = the_finding(gate.fault("P0562", frame={VOLTAGE: 8.9, RUNNING: False}))
    second = the_finding(gate.fault("P0622", frame={VOLTAGE: 11.8, RUNNING: True}))
    assert (first.part, second.part) == ("battery_12v", "alternator")
    assert second.episode == first.episode


def test_a_car_without_a_fix_is_where_its_owners_phone_is(gate: Gate) -> None:
    """The paired phone's position stands in while it is fresh, and says so."""
    gate.send("phone.status", {"position": fix(NOW - 60, latitude=56.99)}, "volta/phone-1")
    place = the_finding(gate.fault("P0562", position=None)).place
    assert place is not None
    assert (place.latitude, place.source) == (56.99, "phone")


def test_a_car_nobody_can_place_has_no_place(gate: Gate) -> None:
    """No fix, no phone, never seen: the finding says so instead of guessing."""
    assert the_finding(gate.fault("P0562", position=None)).place is None


def test_an_event_is_taken_once_whatever_way_it_comes(gate: Gate) -> None:
    """The same event directly, again, and relayed by the phone is one event."""
    data = {"codes": [{"code": "P0562"}]}
    assert gate.send("vehicle.fault", data, id="3-1").conclusions
    assert gate.send("vehicle.fault", data, id="3-1").repeat
    assert gate.send("vehicle.fault", data, id="3-1", via="/volta/phone-1").repeat


def test_a_relay_has_to_be_paired(gate: Gate) -> None:
    """A phone speaks only for the car it is registered with."""
    refused = gate.send("vehicle.fault", {"codes": [{"code": "P0562"}]}, via="/volta/phone-2").refusal
    assert refused is not None
    assert refused.rule is Rule.NOT_PAIRED


def test_a_device_speaks_only_for_itself(gate: Gate) -> None:
    """The source must be the topic's device."""
    payload = json.dumps({
        "specversion": "1.0", "type": "callahead.phone.status.v1", "source": "/volta/phone-2", "id": "1-1",
        "time": iso(NOW), "data": {},
    }).encode()  # fmt: skip
    refused = gate.intake.receive("callahead/v1/volta/phone-1/event", payload, NOW).refusal
    assert refused is not None
    assert (refused.rule, refused.device) == (Rule.SOURCE_MISMATCH, "volta/phone-1")


@pytest.mark.parametrize(
    ("topic", "rule"),
    [
        ("callahead/v1/volta/phone-1/events", Rule.WRONG_TOPIC),
        ("callahead/v1/volta", Rule.WRONG_TOPIC),
        ("callahead/v1/volta/phone-1/command", Rule.WRONG_TOPIC),
        ("callahead/v1/nobody/phone-1/state", Rule.UNKNOWN_DEVICE),
    ],
)
def test_the_wrong_topic_is_answered(gate: Gate, topic: str, rule: Rule) -> None:
    """Wherever vendor and device can be read, there is somebody to tell."""
    refused = gate.intake.receive(topic, b'{"online": true, "boot": 1}', NOW).refusal
    assert refused is not None
    assert refused.rule is rule


def test_strangers_are_refused_and_in_demo_mode_admitted_as_simulated() -> None:
    """An unregistered device is told so; an open demo takes it, but never as a real one."""
    data = {"codes": [{"code": "P0562"}], "position": fix()}
    refused = Gate().send("vehicle.fault", data, "acme/car-9").refusal
    assert refused is not None
    assert refused.rule is Rule.UNKNOWN_DEVICE
    admitted = the_finding(
        Gate(open_demo=True).send("vehicle.fault", data, "acme/car-9", provenance="real").conclusions
    )
    assert admitted.provenance == "simulated"


def test_a_kind_of_device_sends_its_own_types(gate: Gate) -> None:
    """A phone that reports a car's fault on its own behalf is refused."""
    refused = gate.send("vehicle.fault", {"codes": [{"code": "P0562"}]}, "volta/phone-1").refusal
    assert refused is not None
    assert refused.rule is Rule.WRONG_KIND


def test_a_clock_that_runs_ahead_is_told_so(gate: Gate) -> None:
    """An event from the future is heard as of our hour, and its sender told."""
    refused = gate.send("phone.status", {}, "volta/phone-1", time=iso(NOW + 3600)).refusal
    assert refused is not None
    assert (refused.rule, refused.problem.pointer) == (Rule.TIME_IN_FUTURE, "/time")
    ahead = gate.send("phone.status", {"position": fix(NOW + 3600)}, "volta/phone-1").refusal
    assert ahead is not None
    assert (ahead.rule, ahead.problem.pointer) == (Rule.TIME_IN_FUTURE, "/data/position/fix_time")


def test_an_old_last_will_does_not_end_a_newer_session(gate: Gate) -> None:
    """A device that has restarted stays online when the will of its former life arrives."""
    topic = "callahead/v1/volta/phone-1/state"
    gate.send("phone.status", {}, "volta/phone-1", id="5-1")
    gate.intake.receive(topic, b'{"online": true, "boot": 5}', NOW)
    assert gate.intake.receive(topic, b'{"online": false, "boot": 4}', NOW).repeat
    assert gate.intake.twin("volta/phone-1").pulse.said is True
    assert gate.intake.receive(topic, b'{"online": false, "boot": 5}', NOW).twins


def test_an_old_last_will_does_not_end_a_newer_session_that_sent_no_event_yet(gate: Gate) -> None:
    """The state alone tells the boot, and so does an event without a state."""
    topic = "callahead/v1/volta/phone-1/state"
    gate.intake.receive(topic, b'{"online": true, "boot": 5}', NOW)
    assert gate.intake.receive(topic, b'{"online": false, "boot": 4}', NOW).repeat
    assert gate.intake.twin("volta/phone-1").standing(kinds().named("phone").cadence, NOW).state is Liveness.ONLINE
    gate.send("phone.status", {}, "volta/phone-2", id="5-0")
    will = gate.intake.receive(topic.replace("phone-1", "phone-2"), b'{"online": false, "boot": 4}', NOW)
    assert will.repeat
    assert gate.intake.twin("volta/phone-2").standing(kinds().named("phone").cadence, NOW).state is Liveness.ONLINE


def test_an_id_that_another_event_had_is_refused_and_not_lost_as_a_repeat(gate: Gate) -> None:
    """A device that forgets its boot count sends new faults under old ids: it is told, instead of being taken for a repeat."""
    data = {"codes": [{"code": "P0562"}]}
    gate.send("vehicle.fault", data, id="1-0")
    assert gate.send("vehicle.fault", data, id="1-0").repeat
    refused = gate.send("vehicle.fault", data, id="1-0", time=iso(NOW + 30)).refusal
    assert refused is not None
    assert (refused.rule, refused.problem.pointer, refused.problem.event_id) == (Rule.REUSED_ID, "/id", "1-0")


def fridge(gate: Gate, *alarms: str, **attributes: Any) -> tuple[Conclusion, ...]:
    """Send a fridge's fault."""
    return gate.send("appliance.fault", {"alarms": alarms, "attributes": attributes}, "cool/fridge-1").conclusions


def test_a_door_left_open_is_not_a_broken_fridge(gate: Gate) -> None:
    """The door is a message; a failing compressor is a visit, and both are episodes of their own."""
    door = the_finding(fridge(gate, "DoorOpen", **{"TemperatureMeasurement.MeasuredValue": 610}))
    assert (door.part, door.remedy.help) == ("door_ajar", Help.NOTICE)
    cold = {"TemperatureMeasurement.MeasuredValue": 400, "RefrigeratorAlarm.State": 0, "Callahead.CompressorDuty": 40}
    for _ in range(30):
        gate.now += 1_800
        gate.send("appliance.status", {"attributes": cold}, "cool/fridge-1")
    gate.now += 1_800
    warm = {
        "TemperatureMeasurement.MeasuredValue": 1150,
        "Callahead.CompressorDuty": 0,
        "Callahead.CompressorCurrent": 0.0,
    }
    broken = the_finding(fridge(gate, "CompressorStart", "HighTemperature", **warm, **{"RefrigeratorAlarm.State": 0}))
    assert broken.remedy.help is Help.TECHNICIAN
    assert broken.part in {"compressor", "compressor_starter"}
    assert broken.episode != door.episode
    assert broken.place is not None
    assert broken.place.source == "home"


def test_stock_is_ordered_when_low_and_again_only_after_it_was_filled_up(gate: Gate) -> None:
    """One finding each time the stock runs low."""

    def level(quantity: float) -> tuple[Conclusion, ...]:
        item = {"gtin": "4006381333931", "name": "milk", "quantity": quantity, "reorder_at": 1, "reorder_quantity": 2}
        return gate.send("appliance.stock", {"items": [item]}, "cool/fridge-1").conclusions

    assert level(3) == ()
    assert the_finding(level(0.5)).lines[0].quantity == 2
    assert level(0.2) == ()
    assert isinstance(level(2)[0], Recovery)
    assert the_finding(level(0.5)).remedy.help is Help.SUPPLIES


def pay(gate: Gate, phone: int, payment: str, reason: str | None = "AB08", status: str = "RJCT") -> Verdict:
    """A phone tells of an attempt to pay."""
    attempt = {
        "end_to_end_id": payment, "status": status, "reason": reason, "amount": "12.50", "currency": "EUR",
        "processor": "baltpay",
    }  # fmt: skip
    return gate.send("payment.attempt", attempt, f"volta/phone-{phone}")


def test_one_failed_attempt_is_everyday_life_and_two_are_a_finding(gate: Gate) -> None:
    """The second rejection of one payment is told, the third is not told again, success ends it."""
    assert pay(gate, 1, "p", "AC01").conclusions == ()
    assert the_finding(pay(gate, 1, "p", "AC01").conclusions).part == "account_number"
    assert pay(gate, 1, "p", "AC01").conclusions == ()
    assert isinstance(pay(gate, 1, "p", None, "ACSC").conclusions[0], Recovery)


def test_everybodys_problem_is_told_from_one_customers(gate: Gate) -> None:
    """Five customers failing at one processor are an outage, which the fifth hears of at once, for another try is in vain.

    The one with a wrong account number is still told apart.
    """
    for phone in range(1, 5):
        pay(gate, phone, f"p-{phone}")
    assert the_finding(pay(gate, 5, "p-5").conclusions).part == "processor_outage"
    pay(gate, 6, "p-6", "AC01")
    assert the_finding(pay(gate, 6, "p-6", "AC01").conclusions).part == "account_number"


def test_a_truck_is_reported_with_its_skills(gate: Gate) -> None:
    """What dispatch needs to choose a truck comes with each of its reports."""
    (report,) = gate.send("truck.status", {"position": fix()}, "tow/truck-1").conclusions
    assert isinstance(report, TruckReport)
    assert (report.skills, report.on_duty) == (("tow",), True)


def test_when_a_trucks_shift_ends_is_reported(gate: Gate) -> None:
    """With where it goes then, where that is registered: here it is not."""
    told = {"position": fix(), "shift_end": "2026-01-12T14:00:00+01:00"}
    (report,) = gate.send("truck.status", told, "tow/truck-1").conclusions
    assert isinstance(report, TruckReport)
    assert (report.shift_end, report.home) == (1_768_222_800.0, None)
    assert gate.send("truck.status", told | {"shift_end": "14:00"}, "tow/truck-1").refusal is not None


def test_what_a_crew_found_that_it_takes_is_reported_with_its_no(gate: Gate) -> None:
    """With any other word it says nothing of the truck's job; a word that nobody knows is refused."""
    found = {"needs": ["all_wheels_up"], "mass_kg": 1_900.0}
    for state, load in (("declined", Load(("all_wheels_up",), 1_900.0)), ("arrived", Load())):
        told = {"position": fix(), "job": {"id": "j", "state": state, "load": found}}
        (report,) = gate.send("truck.status", told, "tow/truck-1").conclusions
        assert isinstance(report, TruckReport)
        assert (report.job_state, report.load) == (state, load)
    told = {"position": fix(), "job": {"id": "j", "state": "declined", "load": {"needs": ["crane"]}}}
    assert gate.send("truck.status", told, "tow/truck-1").refusal is not None
