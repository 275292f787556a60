"""Where a device is: which of several places is believed, and how far."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gateway.finding import Place
from gateway.places.location import FARTHEST_M, Sighting, best

NOW = 1_768_197_600.0


def place(age: float = 0.0, accuracy: float = 8.0, latitude: float = 56.95) -> Place:
    """Return a fix."""
    return Place(latitude, 24.1, accuracy, NOW - age, "gnss")


def test_the_cars_own_fresh_fix_is_believed() -> None:
    """It beats the phone and what was known before."""
    found = best(
        Sighting(place(), moving=True), place(latitude=57.0), Sighting(place(600, latitude=58.0), moving=True), NOW
    )
    assert found == replace(place(), moving=True)


def test_a_fix_taken_while_driving_is_worth_little_after_minutes() -> None:
    """The last fix before a tunnel, ten minutes ago at speed: its accuracy is told as kilometres."""
    found = best(Sighting(place(600), moving=True), None, None, NOW)
    assert found is not None
    assert found.accuracy_m > 5_000


def test_a_parked_car_is_where_it_was_seen_last() -> None:
    """It stood when it was seen last: the place is good, and says that it is old."""
    found = best(None, None, Sighting(place(8 * 3600), moving=False), NOW)
    assert found is not None
    assert (found.source, found.accuracy_m, found.fix_time) == ("last_known", 8.0, NOW - 8 * 3600)


def test_the_owners_phone_stands_in_while_it_is_fresh() -> None:
    """A phone is near its car, not in it; an old position of it says nothing."""
    found = best(None, place(60, latitude=57.0), None, NOW)
    assert found is not None
    assert (found.source, found.latitude) == ("phone", 57.0)
    assert found.accuracy_m >= 150
    assert best(None, place(3600), None, NOW) is None


AGES = st.floats(0, 10 * 86_400)
PLACES = st.builds(place, AGES, st.floats(0, 100_000))
SIGHTINGS = st.none() | st.builds(Sighting, PLACES, st.booleans())


@given(SIGHTINGS, st.none() | PLACES, SIGHTINGS)
def test_a_place_is_never_told_better_than_it_was(
    own: Sighting | None, phone: Place | None, last: Sighting | None
) -> None:
    """Age never improves a fix, and nothing is claimed beyond what says nothing."""
    found = best(own, phone, last, NOW)
    known = [one.place for one in (own, last) if one] + ([phone] if phone else [])
    if found is not None:
        most = max(FARTHEST_M, *(one.accuracy_m for one in known)) + 2_000
        assert found.accuracy_m <= most + 0.1  # told to a decimetre
        assert any(
            found.fix_time == one.fix_time and found.accuracy_m >= round(one.accuracy_m, 1) - 0.1 for one in known
        )
