"""The master problem: choose one route for each truck so that every job is on one, at the least cost. HiGHS, by scipy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array

from dispatch.core.plan.cost import route_cost
from dispatch.core.plan.tables import Tables
from dispatch.planner.pricing import Prices

Column = tuple[int, tuple[int, ...]]
"""A truck, and a route of visits."""


@dataclass(slots=True)
class Master:
    """The columns so far, each once."""

    tables: Tables
    columns: dict[Column, float] = field(default_factory=dict)
    """With what they cost."""

    def add(self, truck: int, route: Sequence[int]) -> bool:
        """Add a column; ``False``: it was there."""
        column = (truck, tuple(route))
        if column in self.columns:
            return False
        self.columns[column] = route_cost(self.tables, truck, route)
        return True

    def relaxed(self) -> tuple[float, Prices]:
        """Solve it with parts of routes allowed. Returns cost and prices."""
        matrix, right = self._rows()
        found = linprog(self._costs(), A_eq=matrix, b_eq=right, bounds=(0, None), method="highs")
        duals = [float(one) for one in found.eqlin.marginals]
        jobs = len(self._jobs())
        by_job = [0.0] * len(self.tables.visits_of)
        for job, dual in zip(self._jobs(), duals[:jobs], strict=True):
            by_job[job] = dual
        return float(found.fun), Prices(by_job, duals[jobs:])

    def whole(self, gap: float, nodes: int) -> list[list[int]]:
        """Solve it with whole routes, to within ``gap`` of the best. Returns a route for each truck."""
        matrix, right = self._rows()
        found = milp(
            self._costs(),
            constraints=LinearConstraint(matrix, right, right),
            integrality=np.ones(len(self.columns)),
            bounds=Bounds(0, 1),
            options={"mip_rel_gap": gap, "node_limit": nodes},
        )
        routes: list[list[int]] = [[] for _ in self.tables.start]
        if found.x is None:
            return []
        for (truck, route), chosen in zip(self.columns, found.x, strict=True):
            if chosen > 0.5:  # noqa: PLR2004 - whole, but for rounding
                routes[truck] = list(route)
        return routes

    def _jobs(self) -> list[int]:
        """Return the jobs that any truck can do."""
        return sorted(frozenset[int]().union(*self.tables.takes))

    def _costs(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.fromiter(self.columns.values(), float, len(self.columns))

    def _rows(self) -> tuple[csr_array, np.ndarray[tuple[int], np.dtype[np.float64]]]:
        """Return a row for each job, then one for each truck; each holds exactly one route."""
        row_of = {job: number for number, job in enumerate(self._jobs())}
        rows: list[int] = []
        at: list[int] = []
        for number, (truck, route) in enumerate(self.columns):
            mine = [row_of[self.tables.job_of[visit]] for visit in route] + [len(row_of) + truck]
            rows += mine
            at += [number] * len(mine)
        size = len(row_of) + len(self.tables.start)
        return csr_array((np.ones(len(rows)), (rows, at)), shape=(size, len(self.columns))), np.ones(size)
