"""The formulas that the simulator is held against, themselves held against other ways to the same figures."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from scenarios.commands.validate import SHELF
from scenarios.story.loader import open_story
from scenarios.validation import formulas, hypercube

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


LARSON = (0.5574, 0.4734, 0.4693)
"""Larson and Odoni, "Urban Operations Research" (1981), section 5.5.3: the exact workloads of the three-server example."""
EXAMPLE = [(0.50, (0, 1, 2)), (0.25, (0, 2, 1)), (0.35, (1, 0, 2)), (0.40, (2, 0, 1))]
"""Its places that have the same order of servers, together: calls in a mean service time."""


def with_the_queue(atoms: list[tuple[float, tuple[int, ...]]], servers: int, most: int) -> list[float]:
    """Return how busy each server is from the whole chain: each set of busy servers, and all busy with 1 to ``most`` who wait."""
    states = 2**servers + most
    flow = np.zeros((states, states))
    for state in range(2**servers - 1):
        for rate, preferred in atoms:
            flow[state, state + 2 ** next(one for one in preferred if not state & 2**one)] += rate
    for state, one in itertools.product(range(2**servers), range(servers)):
        if state & 2**one:
            flow[state, state - 2**one] += 1.0
    for state in range(2**servers - 1, states - 1):
        flow[state, state + 1] += sum(rate for rate, _ in atoms)
        flow[state + 1, state] += float(servers)
    balance = np.vstack([flow.T - np.diag(flow.sum(axis=1)), np.ones(states)])
    chance = np.linalg.lstsq(balance, np.eye(states + 1)[-1], rcond=None)[0]
    return [
        sum(chance[state] for state in range(states) if state >= 2**servers or state & 2**one) for one in range(servers)
    ]


def test_larsons_example_comes_out_as_published() -> None:
    """To the last digit; from the chain with its queue, state by state, too; and the story's town leads to the same."""
    busy = formulas.hypercube(EXAMPLE, 3)
    assert [round(one, 4) for one in busy] == list(LARSON)
    assert busy == pytest.approx(with_the_queue(EXAMPLE, 3, 80), abs=1e-9)
    story = open_story(str(SHELF / "hypercube.yaml"))
    assert [round(one.value, 4) for one in hypercube.known(story).values()][:3] == list(LARSON)


def test_the_hypercube_of_servers_who_are_alike_is_erlangs_queue() -> None:
    """Who is preferred everywhere alike is busy alike, and all together as M/M/c says."""
    orders = list(itertools.permutations(range(3)))
    assert formulas.hypercube([(1.5 / len(orders), order) for order in orders], 3) == pytest.approx([0.5] * 3)
    assert sum(formulas.hypercube(EXAMPLE, 3)) == pytest.approx(1.5)
    with pytest.raises(formulas.Unstable, match="3 servers carry 3 erlangs"):
        formulas.hypercube([(3.0, (0, 1, 2))], 3)
