"""What queueing theory and geometry have proved. Rates in events a second, times in seconds.

Notation: ``load`` is the offered load λ/μ in erlangs, ``servers`` the number c, every service exponential with the same mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc, gammaln

from gateway.errors import OperatorError


class Unstable(OperatorError, ValueError):  # noqa: N818 - says what is the matter
    """More comes than can be served and nobody gives up: the queue grows for ever and has no mean."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue in its steady state. Over all who come."""

    waits: float
    """Probability that somebody has to wait."""
    mean_wait: float
    leaves: float = 0.0
    """Probability that somebody gives up waiting."""


def erlang_b(servers: int, load: float) -> float:
    """Return the probability that all servers are busy where nobody waits (Erlang 1917), by the usual recursion."""
    blocked = 1.0
    for server in range(1, servers + 1):
        blocked = load * blocked / (server + load * blocked)
    return blocked


def erlang_c(servers: int, load: float, service: float) -> Queue:
    """Return M/M/c (Erlang 1917): C = B / (1 - u(1 - B)) for the use u = a/c, mean wait C·s/(c - a). Raises ``Unstable``."""
    if load >= servers:
        raise Unstable(f"{servers} servers carry {load:.4g} erlangs: nobody gives up, so the queue grows for ever")
    blocked = erlang_b(servers, load)
    waits = blocked / (1 - load / servers * (1 - blocked))
    return Queue(waits, waits * service / (servers - load))


def served_within(queue: Queue, servers: int, load: float, service: float, within: float) -> float:
    """Return the share of M/M/c's customers served within ``within``: 1 - C·exp(-(c - a)t/s)."""
    return 1 - queue.waits * math.exp(-(servers - load) * within / service)


def erlang_a(servers: int, load: float, service: float, patience: float) -> Queue:
    """Return M/M/c+M (Palm 1957): exponential patience with mean ``patience``.

    In the form of Garnett, Mandelbaum and Reiman, "Designing a Call Center with Impatient Customers" (2002), section 3:
    with x = cμ/θ, y = λ/θ, A = x·eʸ·y⁻ˣ·gamma(x, y) (the lower incomplete one) and u = λ/(cμ), somebody waits with
    probability A·B/(1 + (A - 1)·B), and of those who wait 1/(u·A) + 1 - 1/u give up. The mean wait is the share that
    gives up times the mean patience (Little's law).
    """
    x, y = servers * patience / service, load * patience / service
    growth = math.exp(math.log(x) + y - x * math.log(y) + gammaln(x)) * float(gammainc(x, y))
    blocked, busy = erlang_b(servers, load), load / servers
    waits = growth * blocked / (1 + (growth - 1) * blocked)
    leaves = waits * (1 / (busy * growth) + 1 - 1 / busy)
    return Queue(waits, leaves * patience, leaves)


def priorities(servers: int, loads: Sequence[float], service: float) -> list[float]:
    """Return the mean wait of each class, first served first, never interrupted (Cobham 1954).

    W_k = C·s/c / ((1 - S_(k-1))(1 - S_k)), S_k the load of classes 1 to k a server. Raises ``Unstable``.
    """
    residual = erlang_c(servers, sum(loads), service).waits * service / servers
    before = [sum(loads[:number]) / servers for number in range(len(loads) + 1)]
    return [residual / ((1 - before[number]) * (1 - before[number + 1])) for number in range(len(loads))]


def relaxation(servers: int, load: float, service: float) -> float:
    """Return how long M/M/c remembers where it began: s/c/(1 - √u)², u the use of each server (Morse 1955)."""
    return service / servers / (1 - math.sqrt(load / servers)) ** 2


def hypercube(atoms: Sequence[tuple[float, Sequence[int]]], servers: int) -> list[float]:
    """Return how busy each server is that is sent by preference, where who finds none free waits (Larson 1974).

    ``atoms``: of each its load (calls in a mean service time) and its servers, the preferred first. State ``s``: bit ``n`` set
    where server ``n`` is busy, and nobody waits; behind the last, with all busy, the queue is geometric as in M/M/c. Raises
    ``Unstable``.
    """
    load = sum(rate for rate, _ in atoms)
    if load >= servers:
        raise Unstable(f"{servers} servers carry {load:.4g} erlangs: the queue grows for ever")
    states = 1 << servers
    flow = np.zeros((states, states))
    for state in range(states):
        for rate, preferred in atoms:
            free = next((server for server in preferred if not state >> server & 1), None)
            if free is not None:
                flow[state, state | 1 << free] += rate
        for server in range(servers):
            if state >> server & 1:
                flow[state, state & ~(1 << server)] += 1.0
    weights = _stationary(flow)
    queue = weights[-1] * load / (servers - load)
    busy = [sum(weights[state] for state in range(states) if state >> server & 1) for server in range(servers)]
    return [float((one + queue) / (1 + queue)) for one in busy]


def _stationary(flow: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float64]:
    """Return the probability of each state of a chain, by the rates from state to state."""
    balance = flow.T - np.diag(flow.sum(axis=1))
    balance[-1] = 1.0
    found: np.typing.NDArray[np.float64] = np.linalg.solve(balance, np.eye(len(flow))[-1])
    return found


SQUARE = (2 + math.sqrt(2) + 5 * math.asinh(1)) / 15
"""Mean distance of two random points of a square, in sides: 0.5214 (Ghosh 1951)."""
DISC = 128 / (45 * math.pi)
"""Mean distance of two random points of a disc, in radii: 0.9054 (Crofton 1885)."""
