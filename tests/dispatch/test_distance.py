"""What is decided by a distance is decided as by the geodesic, though few geodesics are reckoned."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.core.distance import between, least, metres
from dispatch.core.lateness import may_have_moved, moved
from dispatch.core.travel import GreatCircle

north = st.floats(-89.9, 89.9)
points = st.tuples(north, st.floats(-180, 180))
near = st.tuples(st.floats(-4, 4), st.floats(-6, 6))


@settings(max_examples=100)
@given(points, near)
def test_a_geodesic_lies_between_its_bounds(a: tuple[float, float], by: tuple[float, float]) -> None:
    """No two points lie nearer or farther than they are said to."""
    b = (max(-90.0, min(90.0, a[0] + by[0])), (a[1] + by[1] + 180) % 360 - 180)
    low, high = between(a, b)
    assert low <= metres(a, b) <= high


@settings(max_examples=100)
@given(points, st.lists(near, max_size=5))
def test_the_nearest_by_bounds_is_the_nearest(here: tuple[float, float], ways: list[tuple[float, float]]) -> None:
    """Measuring only those that it can be finds the one that measuring all of them finds."""
    ends = [(max(-90.0, min(90.0, here[0] + north)), here[1] + east) for north, east in ways]
    exact = [metres(end, here) for end in ends]
    found = least([between(end, here) for end in ends], exact.__getitem__)
    assert found == min(range(len(exact)), key=exact.__getitem__, default=None)


@settings(max_examples=100)
@given(points, near, st.floats(-3_600, 3_600))
def test_whoever_comes_as_told_has_not_moved(here: tuple[float, float], way: tuple[float, float], told: float) -> None:
    """A truck that is not looked at more closely would not have been told of anew."""
    travel, there = GreatCircle(1.3, 15.0), (max(-90.0, min(90.0, here[0] + way[0])), here[1] + way[1])
    low, high = travel.between(here, there, 0.0)
    eta = round(travel.leg(here, there, 0.0).seconds, 1)
    if not may_have_moved(low - 0.1, high + 0.1, eta + told, 0.0):
        assert not moved(eta, eta + told, 0.0)
