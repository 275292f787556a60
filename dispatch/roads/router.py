"""The quickest ways to a place, from every junction at once: Dijkstra by scipy, on the graph turned round.

Where trucks go (cases, workshops, homes) changes seldom, where they are changes always: so a tree is grown to each end, and any
start reads its time from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from dispatch.roads.graph import Real, RoadGraph, Whole
from dispatch.roads.nearest import OnRoads

Short = npt.NDArray[np.float32]
LEAST_S = 1e-6
"""A drive of no length: scipy takes zero for no way at all."""


@dataclass(frozen=True, slots=True)
class Trees:
    """To each of some ends: a row. From each junction: a column."""

    seconds: Real
    onward: Whole
    """The next junction; as many as there are, or more: this one is the last."""


class Router:
    """Quickest ways, on stretches that take ``seconds``; without them as long as on empty dry roads."""

    def __init__(self, graph: RoadGraph, seconds: Real | None = None) -> None:
        self.graph = graph
        self.seconds = graph.seconds if seconds is None else seconds
        columns = graph.columns
        back = np.flatnonzero((columns.one_way == 0) & (columns.tail != columns.head))
        tail, head = (
            np.concatenate([columns.tail, columns.head[back]]),
            np.concatenate([columns.head, columns.tail[back]]),
        )
        stretch = np.concatenate([np.arange(graph.stretches), back])
        takes = self.seconds[stretch]
        order = np.lexsort((takes, tail, head))
        keys = head[order] * graph.junctions + tail[order]
        first = np.ones(len(keys), dtype=bool)
        first[1:] = keys[1:] != keys[:-1]  # of two ways between the same junctions, the quicker
        self._keys, self._stretch = keys[first], stretch[order][first]
        self._tail, self._takes = tail[order][first], takes[order][first]
        self._rows = np.concatenate([[0], np.cumsum(np.bincount(head[order][first], minlength=graph.junctions))])

    def stretch_of(self, tail: Whole, head: Whole) -> Whole:
        """Return by which stretch the quickest ways go from one junction to the next."""
        found: Whole = self._stretch[np.searchsorted(self._keys, head * self.graph.junctions + tail)]
        return found

    def towards(self, ends: OnRoads) -> Trees:
        """Return the quickest ways to some ends."""
        size, count = self.graph.junctions, len(ends)
        seconds, onward = dijkstra(self._with(ends), indices=np.arange(size, size + count), return_predecessors=True)
        return Trees(seconds[:, :size], onward[:, :size].astype(np.int64))

    def metres(self, ends: OnRoads, trees: Trees) -> Real:
        """Return how long these ways are: to each end a row, from each junction a column."""
        return np.stack([self._metres(ends, number, onward) for number, onward in enumerate(trees.onward)])

    def _with(self, ends: OnRoads) -> csr_array:
        """Return the graph turned round, with a junction more for each end, which leads to those from where one comes to it."""
        columns, stretch = self.graph.columns, ends.stretch
        takes = self.seconds[stretch]
        from_tail, from_head = np.maximum(LEAST_S, ends.share * takes), np.maximum(LEAST_S, (1 - ends.share) * takes)
        from_head = np.where(columns.one_way[stretch] == 0, from_head, np.inf)
        near = np.stack([columns.tail[stretch], columns.head[stretch]], axis=1).ravel()
        cost = np.stack([from_tail, from_head], axis=1).ravel()
        size = self.graph.junctions + len(ends)
        rows = np.concatenate([self._rows, self._rows[-1] + 2 * np.arange(1, len(ends) + 1)])
        return csr_array((np.concatenate([self._takes, cost]), np.concatenate([self._tail, near]), rows), (size, size))

    def _metres(self, ends: OnRoads, number: int, onward: Whole) -> Real:
        """Return how long the quickest way is from each junction: steps are added up twice as far each time."""
        size, stretch, share = self.graph.junctions, ends.stretch[number], ends.share[number]
        stop = size
        goes = onward < size
        at = np.flatnonzero(goes)
        found = np.zeros(size + 1)
        found[at] = self.graph.length[self.stretch_of(at, onward[at])]
        last = np.flatnonzero(~goes)
        whole = self.graph.length[stretch]
        found[last] = np.where(last == self.graph.columns.tail[stretch], share * whole, (1 - share) * whole)
        step = np.append(np.where(goes, onward, stop), stop)
        while (step != stop).any():
            found += found[step]
            step = step[step]
        return found[:size]
