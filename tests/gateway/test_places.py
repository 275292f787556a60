"""A position becomes a place that an agent can say on the telephone, and that a crew finds."""

from __future__ import annotations

import math
import re

import pytest
from geopy.distance import great_circle
from hypothesis import assume, example, given
from hypothesis import strategies as st

from gateway.places.place_names import Gazetteer, NamedPlace, gazetteer, index_of
from gateway.places.prepare import prepared

LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180)
SHORT = 100
"""Letters an agent can say in one breath."""


@pytest.mark.parametrize(
    ("latitude", "longitude", "said"),
    [
        (56.9475, 24.1069, "Riga"),
        (56.963, 24.013, "Riga, 5.9 km west of the centre"),
        (56.935, 24.20, "1.9 km south-east of Dārzciems, Riga"),
        (50.4501, 30.5234, "Stare Misto, Kyiv"),
        (50.51, 30.79, "Brovary"),
        (39.99, 116.31, "Beijing, 12 km north-west of the centre"),
        (35.737, 51.515, "4.7 km north-east of Vaḩīdīyeh, Tehran"),
        (57.5, 24.4, "19 km west of Limbaži"),
        (57.775, 26.01, "Valka, Latvia"),
        (44.47, -71.2, "1.2 km west of Berlin, New Hampshire"),
        (40.735, -74.17, "Newark"),
        (23.4, 5.0, "87 km north-west of Tamanghasset (23.4000° N, 5.0000° E)"),
        (30.0, -40.0, "30.0000° N, 40.0000° W"),
        (90.0, 0.0, "90.0000° N, 0.0000° E"),
        (-90.0, 0.0, "90.0000° S, 0.0000° E"),
    ],
)
def test_an_agent_can_say_where_it_is(latitude: float, longitude: float, said: str) -> None:
    """City, quarter, border town, a name that others have, open country, desert, sea and the poles."""
    assert gazetteer().near(latitude, longitude) == said


def test_the_date_line_is_no_edge() -> None:
    """A point is named alike from both its longitudes, and by a place on the other side of the line."""
    assert gazetteer().near(-16.8, 180.0) == gazetteer().near(-16.8, -180.0)
    other_side = _knowing([NamedPlace("Taveuni", -16.85, 179.98, 5_000, "FJ")])
    assert other_side.near(-16.85, -179.99) == "3.2 km east of Taveuni"


@given(latitude=LATITUDES, longitude=LONGITUDES)
@example(latitude=90.0, longitude=180.0)
@example(latitude=-90.0, longitude=-180.0)
@example(latitude=0.0, longitude=-0.0)
def test_every_position_has_words(latitude: float, longitude: float) -> None:
    """Wherever it is, there is a name with distance and direction, or the degrees; never an error, never nothing."""
    said = gazetteer().near(latitude, longitude)
    assert said.strip() == said
    assert 0 < len(said) < SHORT, said


@given(
    latitude=st.floats(-70, 70),
    longitude=LONGITUDES,
    places=st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=30),
)
def test_the_nearest_place_is_told(latitude: float, longitude: float, places: list[tuple[float, float]]) -> None:
    """Against a search through all of them by great circle: no other is more than 6% nearer."""
    known = [
        NamedPlace(f"P{number}", latitude + north, (longitude + east + 180) % 360 - 180, 5_000)
        for number, (north, east) in enumerate(places)
    ]
    least = min(_km(place, latitude, longitude) for place in known)
    assume(least < 250)
    found = _knowing(known).nearest(latitude, longitude)
    assert found is not None
    assert _km(found, latitude, longitude) <= least * 1.06 + 0.1


@given(
    points=st.lists(st.tuples(st.floats(-0.4, 0.4), st.floats(-0.4, 0.4)), min_size=2, max_size=8),
    latitude=st.floats(-85, 85),
    longitude=LONGITUDES,
)
def test_what_was_asked_before_changes_nothing(
    points: list[tuple[float, float]], latitude: float, longitude: float
) -> None:
    """Of a point the same is said by who was asked for its neighbourhood as by who was asked for nothing."""
    places = [
        NamedPlace(f"P{row}/{column}", latitude + row / 9, (longitude + column / 9 + 180) % 360 - 180, 5_000)
        for row in range(-3, 4)
        for column in range(-3, 4)
    ]
    knows, index = _knowing(places), index_of(places, {}, {})
    for north, east in points:
        point = latitude + north, (longitude + east + 180) % 360 - 180
        assert knows.near(*point) == Gazetteer(index).near(*point)


@given(bearing=st.floats(0, 2 * math.pi), km=st.floats(1.1, 9.9), latitude=st.floats(-70, 70), longitude=LONGITUDES)
def test_distance_and_direction_are_right(bearing: float, km: float, latitude: float, longitude: float) -> None:
    """Walking back as it is said leads to the place: within 0.1 km and half a wind."""
    east = km * math.sin(bearing) / 111.2 / math.cos(math.radians(latitude))
    point = (latitude + km * math.cos(bearing) / 111.2, (longitude + east + 180) % 360 - 180)
    said = _knowing([NamedPlace("Town", latitude, longitude, 5_000)]).near(*point)
    told = re.match(r"^([\d.]+) km ([a-z-]+) of Town$", said)
    assert told is not None, said
    assert float(told[1]) == pytest.approx(km, abs=0.1)
    winds = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"]
    assert math.cos(bearing - winds.index(told[2]) * math.pi / 4) > math.cos(math.pi / 8) - 0.01


def test_the_index_is_what_geonames_has() -> None:
    """The index that is shipped is made of the release of the wheel that is installed: else ``make places``."""
    shipped, made = gazetteer(), Gazetteer(prepared())
    for latitude in range(-60, 75, 3):
        for longitude in range(-180, 180, 3):
            assert shipped.nearest(latitude, longitude) == made.nearest(latitude, longitude)
            assert shipped.around(latitude, longitude) == made.around(latitude, longitude)


def _knowing(places: list[NamedPlace]) -> Gazetteer:
    return Gazetteer(index_of(places, {}, {}))


def _km(place: NamedPlace, latitude: float, longitude: float) -> float:
    return float(great_circle((place.latitude, place.longitude), (latitude, longitude)).km)
