"""The formulas that the simulator is held against, themselves held against other ways to the same figures."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from scenarios.validation import formulas

SPARE = 4_000
"""Customers beyond which nobody needs to be counted."""


def steady_state(servers: int, load: float, service: float, patience: float) -> tuple[float, float, float]:
    """Return P(wait), the mean wait and the share that gives up from the birth-death chain itself, state by state.

    ``load`` λs, service rate min(n, c)/s, and each of those who wait leaves with rate 1/patience.
    """
    weights = [1.0]
    for state in range(1, SPARE):
        gone = min(state, servers) / service + max(0, state - servers) / patience
        weights.append(weights[-1] * load / service / gone)
        if weights[-1] < 1e-300:
            break
    chance = np.array(weights) / sum(weights)
    queue = np.maximum(np.arange(len(chance)) - servers, 0)
    waiting, rate = float(queue @ chance), load / service
    return float(chance[servers:].sum()), waiting / rate, waiting / patience / rate


def test_the_textbook_figures_come_out() -> None:
    """100 calls in 30 min, 180 s, 14 agents; with patience of 5 min; M/M/3."""
    queue = formulas.erlang_c(14, 10.0, 180.0)
    assert queue.waits == pytest.approx(0.17413, abs=5e-6)
    assert queue.mean_wait == pytest.approx(7.836, abs=5e-4)
    assert formulas.served_within(queue, 14, 10.0, 180.0, 20.0) == pytest.approx(0.88835, abs=5e-6)
    assert formulas.erlang_a(14, 10.0, 180.0, 300.0).leaves == pytest.approx(0.013984, abs=5e-7)
    assert formulas.erlang_c(3, 2.0, 10.0).mean_wait == pytest.approx(4.4444, abs=5e-5)
    assert pytest.approx(0.5214, abs=5e-5) == formulas.SQUARE


@pytest.mark.parametrize(("servers", "load"), [(1, 0.3), (3, 2.0), (14, 10.0), (15, 14.5), (120, 110.0)])
def test_erlang_c_is_the_chain_of_births_and_deaths(servers: int, load: float) -> None:
    """Solved state by state, with customers who never tire."""
    waits, mean_wait, _ = steady_state(servers, load, 180.0, math.inf)
    queue = formulas.erlang_c(servers, load, 180.0)
    assert (queue.waits, queue.mean_wait) == pytest.approx((waits, mean_wait), rel=1e-6)


@pytest.mark.parametrize(
    ("servers", "load", "patience"), [(1, 0.3, 60.0), (14, 10.0, 300.0), (14, 20.0, 300.0), (100, 98.0, 30.0)]
)
def test_erlang_a_is_the_chain_of_births_and_deaths(servers: int, load: float, patience: float) -> None:
    """Solved state by state, overload too."""
    queue = formulas.erlang_a(servers, load, 180.0, patience)
    assert (queue.waits, queue.mean_wait, queue.leaves) == pytest.approx(
        steady_state(servers, load, 180.0, patience), rel=1e-6
    )


def test_more_than_can_be_served_has_no_mean() -> None:
    """Where nobody hangs up."""
    with pytest.raises(formulas.Unstable, match="10 servers carry 10 erlangs"):
        formulas.erlang_c(10, 10.0, 180.0)


def test_priority_only_shares_the_waiting_out_anew() -> None:
    """Kleinrock's conservation law: weighted by load, the classes together wait as long as without classes."""
    loads = (2.0, 1.0, 0.5)
    each = formulas.priorities(5, loads, 180.0)
    together = sum(load * wait for load, wait in zip(loads, each, strict=True)) / sum(loads)
    assert together == pytest.approx(formulas.erlang_c(5, 3.5, 180.0).mean_wait)
    assert all(first < second for first, second in itertools.pairwise(each))


def test_random_points_lie_as_far_apart_as_integration_says() -> None:
    """Square: the differences are triangular. Disc: by its chord density, over a fine grid."""
    grid = (np.arange(1_000) + 0.5) / 1_000
    across, up = np.meshgrid(grid, grid)
    assert (
        pytest.approx(float(np.mean(4 * np.hypot(across, up) * (1 - across) * (1 - up))), rel=1e-5) == formulas.SQUARE
    )
    far = 2 * grid
    density = 4 * far / math.pi * (np.arccos(far / 2) - far / 2 * np.sqrt(1 - far**2 / 4))
    assert pytest.approx(float(np.mean(far * density) * 2), rel=1e-5) == formulas.DISC
