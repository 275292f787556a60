"""The exact optimum in hindsight: all jobs known at minute 0, no truck leaves for one before its release. Pure.

For each truck and each set of jobs, the cheapest order: labels of (free again, cost so far) by set and last job, of which only
those are kept that no other beats in both. Then the sets are shared out among the trucks.
"""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.bench.dispatch.instance import Instance, Spot, drive, job_cost

Label = tuple[float, float]
"""When the truck is free again, and what it cost so far, minutes."""
_NEVER = float("inf")


def clairvoyant(instance: Instance, at_most: float) -> float:
    """Return the least mean cost. ``at_most``: a mean cost that is known to be possible; what costs more is not looked at."""
    bound = at_most * len(instance.jobs) + 1e-6
    drives = [[drive(one.end, other.at) for other in instance.jobs] for one in instance.jobs]
    best = _OneTruck(instance, drives, bound).by_set(instance.trucks[0])
    for start in instance.trucks[1:]:
        best = _shared(best, _OneTruck(instance, drives, bound).by_set(start))
    return best[-1] / len(instance.jobs)


@dataclass(frozen=True, slots=True)
class _OneTruck:
    instance: Instance
    drives: list[list[float]]
    bound: float

    def by_set(self, start: Spot) -> list[float]:
        """Return the least cost of each set of jobs, by its bits."""
        jobs = self.instance.jobs
        sets: list[dict[int, list[Label]]] = [{} for _ in range(1 << len(jobs))]
        for number, job in enumerate(jobs):
            arrival = job.release + drive(start, job.at)
            sets[1 << number][number] = [(arrival + job.busy, job_cost(arrival - job.release))]
        least = [0.0, *[_NEVER] * (len(sets) - 1)]
        for members in range(1, len(sets)):
            for last, labels in sets[members].items():
                kept = _undominated(labels)
                least[members] = min(least[members], kept[-1][1]) if kept else least[members]
                self._extend(sets, members, last, kept)
            sets[members] = {}
        return least

    def _extend(self, sets: list[dict[int, list[Label]]], members: int, last: int, labels: list[Label]) -> None:
        for number, job in enumerate(self.instance.jobs):
            if members >> number & 1:
                continue
            way, found = self.drives[last][number], sets[members | 1 << number].setdefault(number, [])
            for free, cost in labels:
                arrival = max(free, job.release) + way
                more = cost + job_cost(arrival - job.release)
                if more <= self.bound:
                    found.append((arrival + job.busy, more))


def _undominated(labels: list[Label]) -> list[Label]:
    kept: list[Label] = []
    for label in sorted(labels):
        if not kept or label[1] < kept[-1][1]:
            kept.append(label)
    return kept


def _shared(one: list[float], other: list[float]) -> list[float]:
    """Return the least cost of each set when two share it."""
    found = list(one)
    for members in range(len(one)):
        part = members
        while part:
            cost = one[members ^ part] + other[part]
            found[members] = min(found[members], cost)
            part = (part - 1) & members
    return found
