"""Routes worth having at given prices: for one truck, those whose cost lies below what their jobs are worth. Deterministic.

Labels are extended job by job. Of two that end at the same visit with the same jobs done, one that is neither sooner free nor
cheaper is dropped; so is one that could not pay even if every other job were reached by the shortest leg there is. Where more than
``beam`` are left, the cheapest go on, and the answer says that it is not complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from dispatch.core.plan.cost import route_cost
from dispatch.core.plan.tables import Tables

PAYS = -1e-6
"""A route pays where it costs less than its prices by more than rounding."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What the master problem pays at present."""

    jobs: Sequence[float]
    trucks: Sequence[float]


@dataclass(frozen=True, slots=True)
class Label:
    """The beginning of a route."""

    cost: float
    """Of its jobs, less what they are worth."""
    at: float
    """When the truck is free again, POSIX seconds."""
    done: int
    """Its jobs, as bits."""
    visits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Priced:
    """What pricing found for one truck."""

    routes: list[tuple[int, ...]]
    least: float
    """By how much the best route lies below its prices, 0 or negative: what a lower bound takes off."""
    complete: bool


@dataclass(slots=True)
class Pricing:
    """Pricing over one snapshot."""

    tables: Tables
    beam: int
    """So many labels of one truck and one length go on."""
    shortest: list[float]
    """Of each job, the shortest leg to it from elsewhere."""
    first: list[list[int]]
    """Of each truck, the jobs that it may begin with."""
    after: list[list[int]]
    """Of each job and what it ends at, the jobs that may follow, by visit."""
    everything: bool
    """May every job follow every other?"""
    longest: int
    """So many stops a route has at most, where not every job may follow every other."""
    most: int = 8
    """So many routes of one truck go into the master at once."""

    @classmethod
    def over(cls, tables: Tables, beam: int, reach: int) -> Pricing:
        """Prepare. ``reach``: so many jobs a route may begin with, or go on with, from one place; those soonest there."""
        jobs = range(len(tables.visits_of))
        followers = {id(row): nsmallest(reach + 1, jobs, key=row.__getitem__) for row in tables.leg}
        first = [nsmallest(reach, sorted(takes), key=row.__getitem__) for takes, row in _trucks(tables)]
        after = [
            [job for job in followers[id(row)] if job != own]
            for row, own in zip(tables.leg, tables.job_of, strict=True)
        ]
        everything = reach >= len(jobs)
        longest = len(jobs) if everything else 4 + 2 * len(jobs) // max(1, len(tables.start))
        return cls(tables, beam, _shortest(tables), first, after, everything, longest)

    def of_truck(self, truck: int, prices: Prices) -> Priced:
        """Return the routes of a truck that pay."""
        labels, complete = [Label(0.0, self.tables.start[truck], 0, ())], self.everything
        worth = [job for job in sorted(self.tables.takes[truck]) if prices.jobs[job] > 0.0]
        found: list[tuple[float, tuple[int, ...]]] = []
        for _ in range(self.longest):
            labels = self._longer(truck, labels, prices)
            if self.everything:
                labels = [one for one in labels if self._may_pay(truck, one, worth, prices)]
            complete = complete and len(labels) <= self.beam
            labels = nsmallest(self.beam, labels, key=self._rank)
            values = [(self._value(truck, one, prices), one.visits) for one in labels]
            found += [one for one in values if one[0] < PAYS]
        found.sort()
        return Priced([route for _, route in found[: self.most]], found[0][0] if found else 0.0, complete)

    def _longer(self, truck: int, labels: Sequence[Label], prices: Prices) -> list[Label]:
        longer: dict[tuple[int, int], list[Label]] = {}
        for label in labels:
            for more in self._extended(truck, label, prices):
                _keep(longer.setdefault((more.done, more.visits[-1]), []), more)
        return [one for some in longer.values() for one in some]

    def _rank(self, label: Label) -> tuple[float, tuple[int, ...]]:
        return label.cost + self.tables.snapshot.weights.busy * label.at, label.visits

    def _value(self, truck: int, label: Label, prices: Prices) -> float:
        """Return the reduced cost of a route."""
        worth = sum(prices.jobs[self.tables.job_of[visit]] for visit in label.visits)
        return route_cost(self.tables, truck, label.visits) - worth - prices.trucks[truck]

    def _extended(self, truck: int, label: Label, prices: Prices) -> Iterator[Label]:
        tables, takes = self.tables, self.tables.takes[truck]
        last = label.visits[-1] if label.visits else None
        row = tables.reach[truck] if last is None else tables.leg[last]
        for job in self.first[truck] if last is None else self.after[last]:
            if label.done >> job & 1 or job not in takes or prices.jobs[job] <= 0.0:
                continue
            at = row[job] if last is None else max(label.at, tables.release[job]) + row[job]
            cost = label.cost + waiting_cost(tables, job, at) - prices.jobs[job]
            for visit in tables.visits_of[job]:
                yield Label(cost, at + tables.stay[visit], label.done | 1 << job, (*label.visits, visit))

    def _may_pay(self, truck: int, label: Label, worth: Sequence[int], prices: Prices) -> bool:
        """Tell whether a route that goes on from here could still pay, or this one pays itself."""
        tables, weights = self.tables, self.tables.snapshot.weights
        least = label.cost + weights.busy * (label.at - tables.snapshot.now) - prices.trucks[truck]
        for job in worth:
            if least < PAYS:
                return True
            if not label.done >> job & 1:
                at = max(label.at, tables.release[job]) + self.shortest[job]
                least += min(0.0, waiting_cost(tables, job, at) - prices.jobs[job])
        return least < PAYS


def _trucks(tables: Tables) -> Iterator[tuple[frozenset[int], list[float]]]:
    yield from zip(tables.takes, tables.reach, strict=True)


def _shortest(tables: Tables) -> list[float]:
    """Return the shortest leg to each job from the end of any other."""
    rows = list({id(row): (row, own) for row, own in zip(tables.leg, tables.job_of, strict=True)}.values())
    ends = {id(row): set[int]() for row, _ in rows}
    for row, own in zip(tables.leg, tables.job_of, strict=True):
        ends[id(row)].add(own)
    jobs = range(len(tables.visits_of))
    return [min((row[job] for row, _ in rows if ends[id(row)] != {job}), default=0.0) for job in jobs]


def waiting_cost(tables: Tables, job: int, at: float) -> float:
    """Return what it costs that a truck is at a job no sooner than ``at``, POSIX seconds."""
    paid, weights = at - tables.release[job], tables.snapshot.weights
    if at > tables.due[job]:
        paid += weights.late * (at - tables.due[job])
        if at > tables.cap[job]:
            paid += weights.aged * (at - tables.cap[job])
    return tables.weight[job] * paid


def _keep(labels: list[Label], label: Label) -> None:
    """Keep a label that no other beats, and drop those that it beats."""
    if any(one.at <= label.at and one.cost <= label.cost for one in labels):
        return
    labels[:] = [one for one in labels if not (label.at <= one.at and label.cost <= one.cost)]
    labels.append(label)
