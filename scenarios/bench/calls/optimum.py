"""How many customers one agent speaks to before they phone: at best, by dynamic programming over subsets, and by the index. Pure.

Times are exponential, so what is to come depends on nothing but who still waits. While the agent speaks with ``i`` and the set
``R`` waits, either the talk ends first or one of ``R`` phones and is lost: ``W(i, R) = (mu_i V(R) + sum of theta_j W(i, R - j))
÷ (mu_i + sum of theta_j)``, and ``V(R)`` is 1 and ``W(i, R - i)`` of whoever is called next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dispatch.core.call_order.index import in_order
from scenarios.bench.calls.jobs import CallJob, placeables

Next = Callable[[list[int]], int]
"""Returns whom of those who wait the agent calls next."""


@dataclass(frozen=True, slots=True)
class Solved:
    """How many are called first, of one instance."""

    optimum: float
    index: float
    order: list[int]
    """Numbers of the jobs, from 0, as the index places them where nobody phones meanwhile."""


def solved(jobs: Sequence[CallJob]) -> Solved:
    """Return what the best way to call comes to, and the index."""
    chosen = by_index(jobs)
    return Solved(called_first(jobs), called_first(jobs, chosen), _in_turn(len(jobs), chosen))


def by_index(jobs: Sequence[CallJob]) -> Next:
    """Return who calls by the index, reckoned anew each time."""
    known = placeables(jobs)
    return lambda waiting: int(in_order([known[job] for job in waiting])[0].name)


def called_first(jobs: Sequence[CallJob], chosen: Next | None = None) -> float:
    """Return how many are spoken to before they phone, on average; ``chosen``: by whom, ``None``: by who does best."""
    values, talking = [0.0], [[0.0] for _ in jobs]
    for waiting in range(1 << len(jobs)):
        there = [job for job in range(len(jobs)) if waiting >> job & 1]
        if there:
            values.append(1 + _next(there, waiting, talking, chosen))
            for row in talking:
                row.append(0.0)
        _talk(jobs, waiting, there, values, talking)
    return values[-1]


def _next(there: list[int], waiting: int, talking: list[list[float]], chosen: Next | None) -> float:
    """Return what comes after whoever is called of those who wait."""
    calls = there if chosen is None else [chosen(there)]
    return max(talking[job][waiting & ~(1 << job)] for job in calls)


def _talk(
    jobs: Sequence[CallJob], waiting: int, there: list[int], values: list[float], talking: list[list[float]]
) -> None:
    """Reckon, for each who may be spoken with while the set waits, how many will be called first of it."""
    leave = [(jobs[job].theta, waiting & ~(1 << job)) for job in there]
    leaving = sum(theta for theta, _ in leave)
    for job, spoken in enumerate(jobs):
        if not waiting >> job & 1:
            row = talking[job]
            lost = sum(theta * row[left] for theta, left in leave)
            row[waiting] = (spoken.mu * values[waiting] + lost) / (spoken.mu + leaving)


def _in_turn(count: int, chosen: Next) -> list[int]:
    waiting, order = list(range(count)), list[int]()
    while waiting:
        order.append(chosen(waiting))
        waiting.remove(order[-1])
    return order
