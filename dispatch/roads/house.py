"""The roads that a policy names, read and put behind it."""

from __future__ import annotations

from dataclasses import replace

from dispatch.core.policy import Policy
from dispatch.core.travel import GreatCircle
from dispatch.roads.file import read_roads
from dispatch.roads.graph import RoadGraph
from dispatch.roads.times import TREES_KEPT, RoadTimes


def with_roads(policy: Policy) -> Policy:
    """Return a policy whose arrivals are reckoned by the roads it names; one that names none, as it is. Raises ``BadRoads``."""
    if policy.roads is None:
        return policy
    return replace(policy, drives=times_on(policy, read_roads(policy.roads)))


def times_on(policy: Policy, graph: RoadGraph, trees: int = TREES_KEPT) -> RoadTimes:
    """Return how long trucks drive on a graph, and where there are no roads, as a policy has it.

    ``trees``: to so many places the ways are kept.
    """
    return RoadTimes(graph, GreatCircle(policy.circuity, policy.speed_mps), policy.road_pace, trees)
