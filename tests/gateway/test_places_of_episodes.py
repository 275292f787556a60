"""While a fault is being seen to, dispatch hears where the car stands, and nothing it need not hear."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twin_text import read_twin, write_twin
from gateway.finding import Finding, Place, PlaceReport
from gateway.intake.intake import Intake
from gateway.places.location import APART_M, Sighting, apart, confirmed, is_believed, is_news

START = datetime(2026, 1, 20, 7, 0, tzinfo=UTC).timestamp()
LATITUDE, LONGITUDE = 56.95, 24.10
METRE = 1 / 111_320
DRIVES = {"Vehicle.Powertrain.CombustionEngine.IsRunning": True, "Vehicle.Speed": 60.0}
STANDS = {"Vehicle.Powertrain.CombustionEngine.IsRunning": False, "Vehicle.Speed": 0.0}


@dataclass
class Car:
    """A car with a paired phone, and the places dispatch hears of."""

    now: float = START
    seq: int = 0
    found: list[Finding] = field(default_factory=list)
    places: list[PlaceReport] = field(default_factory=list)
    intake: Intake = field(init=False)

    def __post_init__(self) -> None:
        """Register both."""
        car = DeviceRecord("volta/car-1", "car", "c-1", "simulated", paired_phone="volta/phone-1")
        phone = DeviceRecord("volta/phone-1", "phone", "c-1", "simulated")
        self.intake = Intake(Registry([car, phone]))

    def status(
        self, north: float | None, signals: dict[str, Any], after: float = 60, **fix: float
    ) -> list[PlaceReport]:
        """Tell of a status ``north`` metres of the start; return the places that are told on."""
        return self._send(
            "car-1", "vehicle.status", {"signals": signals, "position": self._fix(north, after, **fix)}, after
        )

    def fault(self, north: float | None, signals: dict[str, Any], after: float = 10) -> list[PlaceReport]:
        """Tell of three codes that nobody overlooks."""
        codes = [{"code": code, "status": "confirmed"} for code in ("P0562", "U0100", "C0800")]
        frame = {**signals, "Vehicle.LowVoltageBattery.CurrentVoltage": 6.4}
        data = {"codes": codes, "freeze_frame": frame, "position": self._fix(north, after)}
        return self._send("car-1", "vehicle.fault", data, after)

    def phone(self, north: float, after: float = 10) -> list[PlaceReport]:
        """The owner's phone tells its place."""
        return self._send("phone-1", "phone.status", {"position": self._fix(north, after, accuracy=20)}, after)

    def _fix(self, north: float | None, after: float, accuracy: float = 6.0, age: float = 0.0) -> dict[str, Any] | None:
        if north is None:
            return None
        return {
            "latitude": LATITUDE + north * METRE, "longitude": LONGITUDE, "accuracy_m": accuracy,
            "fix_time": _utc(self.now + after - age),
        }  # fmt: skip

    def _send(self, device: str, kind: str, data: dict[str, Any], after: float) -> list[PlaceReport]:
        self.now += after
        self.seq += 1
        event = {
            "specversion": "1.0", "type": f"callahead.{kind}.v1", "source": f"/volta/{device}", "id": f"1-{self.seq}",
            "time": _utc(self.now), "provenance": "simulated",
            "data": {name: value for name, value in data.items() if value is not None},
        }  # fmt: skip
        verdict = self.intake.receive(f"callahead/v1/volta/{device}/event", json.dumps(event).encode(), self.now)
        assert verdict.refusal is None, verdict.refusal
        self.found += [one for one in verdict.conclusions if isinstance(one, Finding)]
        told = [one for one in verdict.conclusions if isinstance(one, PlaceReport)]
        self.places += told
        return told


def _utc(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


@pytest.fixture
def car() -> Car:
    """A car that drives, and has told of a fault."""
    car = Car()
    car.status(0, DRIVES)
    assert car.fault(100, DRIVES) == []
    assert len(car.found) == 1
    return car


def test_a_car_that_comes_to_rest_further_on_is_told_at_once(car: Car) -> None:
    """The finding said where it drove; the first status at rest says where it stands, for the same episode."""
    (report,) = car.status(840, STANDS, 20)
    assert (report.episode, report.device) == (car.found[0].episode, "volta/car-1")
    assert report.believed
    assert not report.place.moving
    assert report.place.accuracy_m == 6.0
    assert abs(report.place.latitude - (LATITUDE + 840 * METRE)) < METRE
    assert report.near


def test_a_car_that_drives_is_not_chased(car: Car) -> None:
    """Where it is while it drives is no place to send anybody to."""
    assert car.found[0].place is not None
    assert car.found[0].place.moving
    assert [car.status(north, DRIVES) for north in (1_000, 2_000, 3_000)] == [[], [], []]


def test_a_place_is_told_once(car: Car) -> None:
    """The same again, or so near that one sees it from there, is no news."""
    assert len(car.status(840, STANDS)) == 1
    assert [car.status(840 + more, STANDS) for more in (0, 10, -20)] == [[], [], []]


def test_a_vague_fix_has_to_lie_further_off(car: Car) -> None:
    """What lies within twice its accuracy may be the same place."""
    car.status(840, STANDS)
    assert car.status(900, STANDS, accuracy=40) == []
    assert len(car.status(925, STANDS, accuracy=40)) == 1


def test_a_fix_older_than_what_was_told_says_nothing(car: Car) -> None:
    """A receiver that lost the sky repeats its last fix."""
    car.status(840, STANDS)
    assert car.status(300, STANDS, 30, age=60) == []


def test_a_place_by_the_phone_gives_way_to_a_fix() -> None:
    """Relayed without a fix of its own the car is where its owner's phone is, vaguely; its own fix improves that."""
    lost = Car()
    lost.phone(0)
    lost.fault(None, STANDS)
    assert lost.found[0].place is not None
    assert lost.found[0].place.source == "phone"
    (better,) = lost.status(60, STANDS)
    assert (better.place.source, better.place.accuracy_m) == ("gnss", 6.0)
    assert lost.phone(400) == []
    assert lost.status(60, STANDS) == []


def test_a_finding_without_a_place_gets_one() -> None:
    """Nobody knew where it was; the first fix at rest is told on."""
    lost = Car()
    lost.fault(None, STANDS)
    assert lost.found[0].place is None
    assert len(lost.status(0, STANDS)) == 1


def test_a_jump_that_no_car_drives_is_believed_when_a_second_fix_confirms_it(car: Car) -> None:
    """It is told as what it is, and once; then the car comes back, or it is there indeed."""
    car.status(840, STANDS)
    (doubted,) = car.status(400_000, STANDS, 10)
    assert not doubted.believed
    assert car.status(840, STANDS, 10) == []
    assert car.status(400_000, STANDS, 10) == []
    (believed,) = car.status(400_000, STANDS, 10)
    assert believed.believed


def test_a_fault_is_not_placed_where_no_car_can_be() -> None:
    """A finding goes by the last fix that can be true."""
    car = Car()
    car.status(0, STANDS)
    car.fault(400_000, STANDS)
    assert car.found[0].place is not None
    assert abs(car.found[0].place.latitude - LATITUDE) < METRE


def test_without_an_open_fault_nothing_is_told() -> None:
    """A sound car may stand where it likes."""
    car = Car()
    assert [car.status(north, STANDS, 600) for north in (0, 3_000, 9_000)] == [[], [], []]


def test_the_place_that_was_told_is_stored_with_the_twin(car: Car) -> None:
    """After a restart it is not told again; a twin stored before there was one is read."""
    text = write_twin(car.intake.twin("volta/car-1"))
    assert read_twin(text) == car.intake.twin("volta/car-1")
    bare = json.loads(text)
    for episode in bare["episodes"]["open"].values():
        del episode["place"], episode["jumped"]
    del bare["doubted"], bare["place"]["moving"]
    old = read_twin(json.dumps(bare))
    assert [one.place for one in old.episodes.open.values()] == [None]


PLACES = st.builds(
    lambda north, accuracy, at, moving: Place(
        LATITUDE + north * METRE, LONGITUDE, accuracy, START + at, "gnss", moving
    ),
    st.floats(-5_000, 5_000),
    st.floats(1, 2_000),
    st.floats(0, 3_600),
    st.booleans(),
)


@given(PLACES, PLACES)
def test_news_moves_a_case_or_makes_it_surer(told: Place, stands: Place) -> None:
    """Nothing older is news, nothing that may be the same place is unless it is better known, and nothing twice."""
    if is_news(told, stands):
        assert stands.fix_time > told.fix_time
        moved = apart(told, stands) > max(APART_M, 2 * stands.accuracy_m)
        assert moved or stands.accuracy_m < told.accuracy_m or (told.moving and not stands.moving)
        assert not is_news(stands, replace(stands, fix_time=stands.fix_time + 60))


@given(st.floats(0, 400), st.floats(1, 3_600), PLACES)
def test_what_a_car_can_drive_is_believed(kmh: float, after: float, begins: Place) -> None:
    """Up to 250 km/h whatever the time between; a thousand kilometres in a minute never."""
    there = replace(begins, latitude=begins.latitude + kmh / 3.6 * after * METRE, fix_time=begins.fix_time + after)
    assert is_believed(begins, there) or kmh > 250
    assert not is_believed(begins, replace(begins, latitude=begins.latitude - 9, fix_time=begins.fix_time + 60))


def test_a_customers_word_that_fits_is_where_the_car_was_left() -> None:
    """What they describe to 150 m is the place its last fix tells to 6 m; a place further off is the customer's."""
    left = Place(LATITUDE, LONGITUDE, 6.0, START, "gnss")
    said = Place(LATITUDE + 200 * METRE, LONGITUDE, 151.0, START + 1_800, "customer")
    where = confirmed(said, Sighting(left, moving=False))
    assert (where.latitude, where.accuracy_m, where.source) == (LATITUDE, 6.0, "last_known")
    assert confirmed(said, Sighting(left, moving=True)) == said
    assert confirmed(said, None) == said
    far = replace(said, latitude=LATITUDE + 500 * METRE)
    assert confirmed(far, Sighting(left, moving=False)) == far
