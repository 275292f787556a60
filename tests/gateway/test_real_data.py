"""What real devices send: one unreadable part, a clock that is off, a fix that cannot be. Nothing of it loses a fault."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.contract.refusals import Rule
from gateway.devices.registry import DeviceRecord, Registry
from gateway.finding import Finding, Recovery
from gateway.intake.intake import Intake, Verdict
from gateway.kinds.car.messages import Dtc

NOW = 1_768_197_600.0
CAR, PHONE, TRUCK = "volta/car-1", "volta/phone-1", "tow/truck-1"
STARVES = {
    "Vehicle.LowVoltageBattery.CurrentVoltage": 11.7,
    "Vehicle.Powertrain.CombustionEngine.IsRunning": True,
    "Vehicle.Powertrain.CombustionEngine.Speed": 1900,
}
CODES = [{"code": "P0562"}, {"code": "U0121"}]
HOURS, DAYS = 3_600.0, 86_400.0


def iso(at: float) -> str:
    """Return POSIX seconds as RFC 3339."""
    return datetime.fromtimestamp(at, UTC).isoformat()


def fix(latitude: float = 56.95, longitude: float = 24.10, at: float = NOW) -> dict[str, Any]:
    """Return a position."""
    return {"latitude": latitude, "longitude": longitude, "accuracy_m": 8, "fix_time": iso(at)}


@dataclass
class Gate:
    """An intake with a car, its phone and a truck."""

    intake: Intake = field(init=False)
    seq: int = 0
    now: float = NOW

    def __post_init__(self) -> None:
        """Register the devices."""
        self.intake = Intake(
            Registry(
                [
                    DeviceRecord(CAR, "car", "c-1", "simulated", PHONE),
                    DeviceRecord(PHONE, "phone", "c-1", "simulated"),
                    DeviceRecord(TRUCK, "truck", None, "simulated", skills=("tow",)),
                ]
            )
        )

    def event(self, kind: str, data: Any, device: str = CAR, **attributes: Any) -> dict[str, Any]:
        """Return an event with the next number."""
        self.seq += 1
        made = {"specversion": "1.0", "type": f"callahead.{kind}.v1", "source": f"/{device}", "id": f"1-{self.seq}"}
        return {**made, "time": iso(self.now), "provenance": "simulated", "data": data, **attributes}

    def publish(self, payload: bytes, device: str = CAR) -> Verdict:
        """Publish on a device's own topic."""
        return self.intake.receive(f"callahead/v1/{device}/event", payload, self.now)

    def send(self, kind: str, data: Any, device: str = CAR, **attributes: Any) -> Verdict:
        """Publish an event."""
        return self.publish(json.dumps(self.event(kind, data, device, **attributes)).encode(), device)

    def fault(self, *, frame: dict[str, Any] | None = None, **data: Any) -> Verdict:
        """Report low voltage while driving."""
        return self.send("vehicle.fault", {"codes": CODES, "freeze_frame": {**STARVES, **(frame or {})}, **data})


@pytest.fixture
def gate() -> Gate:
    """Return one in which nothing happened yet."""
    return Gate()


def found(verdict: Verdict) -> Finding:
    """Return the one finding a message came to."""
    [finding] = [one for one in verdict.conclusions if isinstance(one, Finding)]
    return finding


def told(verdict: Verdict, rule: Rule = Rule.LEFT_OUT) -> str:
    """Return what the sender is told, by a rule."""
    assert verdict.refusal is not None
    assert verdict.refusal.rule is rule
    return verdict.refusal.problem.detail


@pytest.mark.parametrize(
    ("frame", "pointer"),
    [
        ({"Vehicle.OBD.OilTemperature": 65_535}, "/data/freeze_frame/Vehicle.OBD.OilTemperature"),
        ({"Vehicle.Speed": 511.875}, "/data/freeze_frame/Vehicle.Speed"),
        ({"Vehicle.Speed": "n/a"}, "/data/freeze_frame/Vehicle.Speed"),
        ({"Vehicle.Sped": 5}, "/data/freeze_frame/Vehicle.Sped"),
        ({"Vehicle.Diagnostics.DTCList": ["P0562", 7]}, "/data/freeze_frame/Vehicle.Diagnostics.DTCList/1"),
    ],
)
def test_an_unreadable_reading_is_left_out_and_told(gate: Gate, frame: dict[str, Any], pointer: str) -> None:
    """The codes beside it count, and the sender reads which reading did not."""
    whole, less = found(Gate().fault()), gate.fault(frame=frame)
    assert found(less).part == whole.part
    assert pointer in told(less)
    assert less.refusal is not None
    assert less.refusal.problem.pointer == pointer


@pytest.mark.parametrize("printed", ["nan", "NaN", "-nan", "Infinity", "-inf"])
def test_what_c_prints_for_no_number_is_left_out(gate: Gate, printed: str) -> None:
    """A dead sensor's ``nan`` is no JSON, and the message is read all the same; in binary mode, too."""
    event = gate.event("vehicle.fault", {"codes": CODES, "freeze_frame": {**STARVES, "Vehicle.Speed": 0.5}})
    text = json.dumps(event).replace("0.5", printed)
    assert "Vehicle.Speed" in told(gate.publish(text.encode()))
    binary = Gate()
    properties = tuple((name, value) for name, value in event.items() if isinstance(value, str))
    data = json.dumps(event["data"]).replace("0.5", printed).encode()
    topic, media = f"callahead/v1/{CAR}/event", "application/json"
    verdict = binary.intake.receive(topic, data, NOW, content_type=media, properties=properties)
    assert found(verdict).why
    assert "Vehicle.Speed" in told(verdict)


def test_a_nul_behind_the_text_is_told(gate: Gate) -> None:
    """Firmware in C publishes one byte too many."""
    verdict = gate.publish(json.dumps(gate.event("vehicle.fault", {"codes": CODES})).encode() + b"\0")
    assert found(verdict).why
    assert "NUL" in told(verdict)


def test_codes_that_can_be_read_count(gate: Gate) -> None:
    """Of several codes one is no code, one has no status that we know."""
    codes = [{"code": "P0562"}, {"code": "ABS 12"}, {"code": "U0121", "status": "historic"}]
    verdict = gate.send("vehicle.fault", {"codes": codes, "freeze_frame": STARVES})
    assert set(gate.intake.twin(CAR).told) == {"P0562", "U0121"}
    assert "/data/codes/1/code" in told(verdict)
    assert "/data/codes/2/status" in told(verdict)


def test_each_of_many_wrong_parts_is_told_by_its_number_in_what_was_sent(gate: Gate) -> None:
    """Of a list that is read up to its first mistake, too; and a text that is too long takes its neighbours not along."""
    name = "Vehicle.Powertrain.TractionBattery.Temperature.CellTemperature"
    cells: list[Any] = [20.0] * 300
    cells[7] = cells[200] = "n/a"
    verdict = gate.send("vehicle.fault", {"codes": CODES, "freeze_frame": STARVES | {name: cells}})
    for number in (7, 200):
        assert f"/data/freeze_frame/{name}/{number}:" in told(verdict)
    name = "Vehicle.Powertrain.TractionBattery.ErrorCodes"
    verdict = gate.send("vehicle.fault", {"codes": CODES, "freeze_frame": STARVES | {name: ["x" * 100, "relay"]}})
    assert f"/data/freeze_frame/{name}/0" in told(verdict)


def test_nan_is_no_text(gate: Gate) -> None:
    """Where a text is expected it is one part that cannot be read, and no text of these letters."""
    job = {"id": float("nan"), "state": "accepted"}
    event = json.dumps(gate.event("truck.status", {"position": fix(), "duty": "on", "job": job}, TRUCK)).encode()
    assert "/data/job" in told(gate.publish(event, TRUCK))


def test_a_fault_whose_every_alarm_is_unreadable_is_refused(gate: Gate) -> None:
    """It says nothing; and a list that is wrong in each and too short in all is one mistake."""
    verdict = gate.send("vehicle.fault", {"codes": [{"code": 7}], "symptoms": [None]})
    assert verdict.refusal is not None
    gate.intake.registry.add(DeviceRecord("frosty/fridge-1", "fridge", "c-1", "simulated"))
    verdict = gate.send("appliance.fault", {"alarms": [-(2**63)]}, "frosty/fridge-1")
    assert "/data/alarms/0" in told(verdict, Rule.INVALID_VALUE)


def test_more_codes_than_are_taken_lose_none_of_the_first(gate: Gate) -> None:
    """A bus that starves stores codes by the dozen."""
    verdict = gate.send("vehicle.fault", {"codes": [{"code": f"U01{number:02X}"} for number in range(80)]})
    assert len(gate.intake.twin(CAR).told) == 64
    assert "/data/codes" in told(verdict)


@pytest.mark.parametrize(
    "data",
    [
        3,
        {},
        {"codes": []},
        {"codes": [{"code": "ABS 12"}]},
        {"codes": "P0562"},
        {"codes": CODES, **{f"x{n}": n for n in range(70)}},
    ],
)
def test_what_says_nothing_that_counts_is_refused(gate: Gate, data: Any) -> None:
    """Nothing is left that makes it a fault, or it speaks of something else altogether."""
    verdict = gate.send("vehicle.fault", data)
    assert not verdict.conclusions
    told(verdict, Rule.INVALID_VALUE)


def test_a_list_of_which_nothing_can_be_read_says_nothing(gate: Gate) -> None:
    """It does not say that no code is stored any more."""
    gate.fault()
    gate.now += 60
    gate.send("vehicle.status", {"signals": {"Vehicle.Diagnostics.DTCList": ["ABS 12"]}})
    assert set(gate.intake.twin(CAR).told) == {"P0562", "U0121"}


def test_a_card_number_in_a_part_that_is_left_out_is_refused(gate: Gate) -> None:
    """And not kept."""
    verdict = gate.fault(frame={"note": "4111 1111 1111 1111"})
    told(verdict, Rule.CARD_NUMBER)
    assert verdict.refusal is not None
    assert "4111 1111" not in verdict.refusal.excerpt


@pytest.mark.parametrize(
    ("written", "read", "byte"),
    [
        ("P0562-00", "P0562", "00"),
        ("u012187", "U0121", "87"),
        ("P0562", "P0562", None),
        ("SPN168-FMI1", "P0562", None),
        ("SPN 168 FMI 4", "P0562", None),
        ("SPN110/FMI0", "P0217", None),
        ("SPN110-FMI3", "P0115", None),
        ("SPN520192-FMI31", "SPN520192-FMI31", None),
    ],
)
def test_codes_of_other_standards_are_understood(written: str, read: str, byte: str | None) -> None:
    """Failure type bytes are kept; J1939 becomes the J2012 code that says the same."""
    dtc = Dtc.model_validate_json(json.dumps({"code": written}))
    assert (dtc.code, dtc.failure_type) == (read, byte)


def test_a_lorry_tells_its_codes_by_numbers(gate: Gate) -> None:
    """One that no J2012 code says is a fault all the same."""
    verdict = gate.send("vehicle.fault", {"codes": [{"spn": 168, "fmi": 1}], "freeze_frame": STARVES})
    assert any("P0562" in why for why in found(verdict).why)
    assert verdict.refusal is None
    empty = Gate().send("vehicle.fault", {"codes": [{"code": None, "spn": 168, "fmi": 1}], "freeze_frame": STARVES})
    assert (found(empty).why, empty.refusal) == (found(verdict).why, None)
    unknown = Gate()
    unknown.send("vehicle.fault", {"codes": [{"spn": 520_192, "fmi": 31}]})
    assert set(unknown.intake.twin(CAR).told) == {"SPN520192-FMI31"}


def test_local_time_sent_as_utc_is_heard_by_our_clock(gate: Gate) -> None:
    """Eight hours ahead: a case as of now, with a place as of now, and the clock is seen to be off."""
    verdict = gate.fault(position=fix(at=NOW + 8 * HOURS))
    assert found(verdict).observed_at == NOW
    first = gate.send(
        "vehicle.fault", {"codes": CODES, "position": fix(at=NOW + 8 * HOURS)}, time=iso(NOW + 8 * HOURS), id="2-1"
    )
    assert "8" in told(first, Rule.TIME_IN_FUTURE)
    clock = gate.intake.twin(CAR).clock
    assert clock.is_off
    assert clock.skew_s == pytest.approx(8 * HOURS)
    gate.now += 60  # the clock is set: what it tells now is not older than what it told before
    gate.send("vehicle.status", {"signals": {"Vehicle.Speed": 30}})
    assert gate.intake.twin(CAR).readings["Vehicle.Speed"] == 30


def test_a_clock_that_is_steadily_hours_behind_is_corrected(gate: Gate) -> None:
    """A late event is just late; three that are late by the same five hours have a clock in another zone."""
    for _ in range(3):
        gate.now += 60
        gate.send("vehicle.status", {"signals": {"Vehicle.Speed": 30}}, time=iso(gate.now - 5 * HOURS))
    gate.now += 60
    late = iso(gate.now - 5 * HOURS)
    verdict = gate.send("vehicle.fault", {"codes": CODES, "position": fix(at=gate.now - 5 * HOURS)}, time=late)
    assert found(verdict).observed_at == pytest.approx(gate.now)
    assert found(verdict).place is not None
    assert found(verdict).place.fix_time == pytest.approx(gate.now)  # type: ignore[union-attr]
    assert "behind" in told(verdict)


def test_a_clock_that_was_never_set_says_nothing_of_the_hour(gate: Gate) -> None:
    """1970, after a power cut; the receiver's own time is right."""
    verdict = gate.send("vehicle.fault", {"codes": CODES, "position": fix()}, time="1970-01-01T00:00:09Z")
    assert found(verdict).observed_at == NOW
    assert found(verdict).place is not None


@pytest.mark.parametrize(
    ("position", "says"),
    [
        (fix(0.0, 0.0), "no fix"),
        (fix(0.001, -0.002), "no fix"),
        (fix(at=NOW - 1024 * 7 * DAYS), "rolled over"),
        (fix(at=NOW - 90 * DAYS), "90 days older"),
        (fix(24.10, 56.97), "changed places"),
        (fix(91.0, 24.1), "less than or equal to 90"),
        ({"latitude": 56.9, "longitude": 24.1}, "accuracy_m"),
    ],
)
def test_a_fix_that_cannot_be_is_no_place(gate: Gate, position: dict[str, Any], says: str) -> None:
    """The owner's phone is asked instead, and the sender told."""
    gate.send("phone.status", {"position": fix(56.97, 24.10)}, PHONE)
    verdict = gate.fault(position=position)
    place = found(verdict).place
    assert place is not None
    assert (place.latitude, place.longitude, place.source) == (56.97, 24.10, "phone")
    assert says in told(verdict)
    assert gate.intake.twin(CAR).place is None


def test_coordinates_that_change_places_again_confirm_nothing(gate: Gate) -> None:
    """However often they come, the car is where it was."""
    gate.send("vehicle.status", {"position": fix()})
    for _ in range(3):
        gate.now += 60
        gate.send("vehicle.status", {"position": fix(24.10, 56.95, gate.now)})
    place = gate.intake.twin(CAR).place
    assert place is not None
    assert place.latitude == 56.95


def test_a_truck_without_a_fix_still_tells_of_its_job(gate: Gate) -> None:
    """It is where it was seen last."""
    gate.send("truck.status", {"position": fix(), "duty": "on"}, TRUCK)
    gate.now += 60
    verdict = gate.send("truck.status", {"position": fix(0, 0), "job": {"id": "j", "state": "arrived"}}, TRUCK)
    [report] = verdict.conclusions
    assert report.job_state == "arrived"  # type: ignore[union-attr]
    assert report.place.latitude == 56.95  # type: ignore[union-attr]
    assert "no fix" in told(verdict)


def test_another_event_under_the_same_id_is_told_whatever_its_clock_says(gate: Gate) -> None:
    """Older, as old or younger; a repeat is a repeat, by whatever way it comes."""
    event = gate.event("vehicle.fault", {"codes": CODES})
    gate.publish(json.dumps(event).encode())
    for changed in ({"data": {"codes": [{"code": "P0300"}]}}, {"time": iso(NOW - 60)}, {"time": iso(NOW + 60)}):
        told(gate.publish(json.dumps({**event, **changed}).encode()), Rule.REUSED_ID)
    assert gate.publish(json.dumps(event, indent=1).encode()).repeat


def test_what_follows_from_stored_codes_is_screened_in_every_status(gate: Gate) -> None:
    """Silent control units, told by a list in a status: an alarm needs no report of a fault."""
    codes = ["U0100", "U0101", "U0121", "U0140", "U0155"]
    signals = {"Vehicle.Diagnostics.DTCList": codes, "Vehicle.LowVoltageBattery.CurrentVoltage": 12.4}
    assert found(gate.send("vehicle.status", {"signals": signals})).why


def test_an_electric_car_needs_no_code_for_its_12_v_battery(gate: Gate) -> None:
    """That it is one follows from what it measures."""
    signals = {
        "Vehicle.LowVoltageSystemState": "OFF",
        "Vehicle.LowVoltageBattery.CurrentVoltage": 10.9,
        "Vehicle.Powertrain.TractionBattery.StateOfCharge.Current": 62,
    }
    assert found(gate.send("vehicle.status", {"signals": signals})).part == "battery_12v"


def test_a_lorry_of_24_v_is_no_overcharged_car(gate: Gate) -> None:
    """23.8 V just after the start is little for it, not much."""
    signals = {
        "Vehicle.LowVoltageBattery.NominalVoltage": 24,
        "Vehicle.LowVoltageBattery.CurrentVoltage": 23.8,
        "Vehicle.Powertrain.CombustionEngine.IsRunning": True,
        "Vehicle.Powertrain.CombustionEngine.Speed": 650,
    }
    assert not gate.send("vehicle.status", {"signals": signals}).conclusions


def test_bad_reports_interrupt_being_well(gate: Gate) -> None:
    """A car that drives well, but for a code that comes back in every second report, has not recovered."""
    gate.fault()
    for number in range(30):
        gate.now += 60
        codes = {"Vehicle.Diagnostics.DTCList": ["P0562"]} if number % 2 else {"Vehicle.Diagnostics.DTCCount": 0}
        driving = {"Vehicle.Speed": 50, "Vehicle.Powertrain.CombustionEngine.IsRunning": True, **codes}
        verdict = gate.send("vehicle.status", {"signals": driving})
        assert not any(isinstance(one, Recovery) for one in verdict.conclusions)
