"""How long to wait before trying again: the one rule, whoever waits."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.retry.backoff import Backoff

WAITS = st.tuples(st.floats(0.001, 100.0), st.floats(1.0, 1_000.0)).map(lambda two: Backoff(two[0], two[0] * two[1]))


def test_waits_double_up_to_the_longest() -> None:
    """And stay there."""
    assert [Backoff(0.5, 30.0).after(failures) for failures in range(1, 9)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


@given(backoff=WAITS, failures=st.integers(-5, 10**9), jitter_s=st.floats(0.0, 1_000.0))
def test_a_wait_keeps_to_its_bounds(backoff: Backoff, failures: int, jitter_s: float) -> None:
    """However often it failed, and whatever the dice say; without failures it is the first."""
    assert backoff.first_s <= backoff.after(failures, jitter_s) <= backoff.most_s
    assert backoff.after(0) == backoff.after(1) == backoff.first_s


@given(backoff=WAITS)
def test_no_wait_is_shorter_than_the_one_before(backoff: Backoff) -> None:
    """Nor longer than twice as long."""
    waits = [backoff.after(failures) for failures in range(1, 30)]
    assert all(before <= after <= 2 * before for before, after in pairwise(waits))


@pytest.mark.parametrize("waits", [(0.0, 1.0), (-1.0, 1.0), (2.0, 1.0), (1.0, float("inf")), (float("nan"), 1.0)])
def test_waits_that_are_none_are_refused(waits: tuple[float, float]) -> None:
    """Nobody would wait, or for ever."""
    with pytest.raises(ValueError, match="the first must be above 0 and the last finite"):
        Backoff(*waits)
