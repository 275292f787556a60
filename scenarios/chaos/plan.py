"""What happens in which round, drawn from the seed: the same seed, the same plan. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from scenarios.chaos.kinds import WIRE, BrokerChoice, FaultKind, Layout
from scenarios.chaos.paying.plan import MoneyPlan, draw_money
from scenarios.chaos.troubles import WayOfFailing

ROUNDS_A_STAGE = 10
"""So many rounds are played on one store, then a new one is begun: a service that restarts reads its whole ledger."""
FAULTS = 12
"""Of devices, in a round."""
TRAFFIC_S = 0.9
"""Devices' faults are spread over so many seconds."""
MORE = (0, 0, 1, 1, 2)
"""How many further things are done in a round, drawn from these."""
STATUSES = 24
"""In a round: of devices that are sound."""
LONGEST_S = 1.2
"""A disk is full, and a broker repeats, for that long at most."""
FURTHEST_S = 240.0
"""A clock is set this far from the true time at most. A device's clock may run 600 s ahead of ours."""


@dataclass(frozen=True, slots=True)
class Injection:
    """One thing done to the service. Seconds from the round's beginning."""

    at_s: float
    kind: FaultKind
    lasts_s: float
    amount: float
    """0 to 1: how far, how many, which way."""


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """One round."""

    number: int
    faults: tuple[tuple[float, WayOfFailing], ...]
    injections: tuple[Injection, ...]
    money: MoneyPlan
    statuses: tuple[tuple[float, int], ...]
    """Seconds from the round's beginning, and any number of a sound device, of which there are counted round."""


def draw_round(seed: int, number: int, kinds: Sequence[FaultKind], ways: Sequence[WayOfFailing]) -> RoundPlan:
    """Draw a round; each kind, and each way in which devices break, has its turn, and whatever else may come on top."""
    dice = Random(f"{seed}/{number}")  # noqa: S311 - dice
    breaks = [ways[(number + place) % len(ways)] for place in range(FAULTS)]
    faults = tuple(sorted(((dice.uniform(0, TRAFFIC_S), broken) for broken in breaks), key=lambda one: one[0]))
    chosen = [kinds[number % len(kinds)], *(dice.choice(kinds) for _ in range(dice.choice(MORE)))]
    injections: list[Injection] = []
    at_s = 0.0
    for kind in chosen:
        at_s = at_s + dice.uniform(0.0, TRAFFIC_S if not injections else 2 * TRAFFIC_S)
        injections.append(Injection(at_s, kind, dice.uniform(0.2, LONGEST_S), dice.random()))
    return RoundPlan(number, faults, tuple(injections), draw_money(seed, number), _draw_statuses(seed, number))


def _draw_statuses(seed: int, number: int) -> tuple[tuple[float, int], ...]:
    dice = Random(f"{seed}/{number}/statuses")  # noqa: S311 - dice
    return tuple(sorted((dice.uniform(0, 2 * TRAFFIC_S), number * STATUSES + one) for one in range(STATUSES)))


def layout_of(stage: int, kinds: Sequence[FaultKind], broker: BrokerChoice) -> Layout:
    """Return whose child the broker is in a stage."""
    if broker is BrokerChoice.OWN:
        return Layout.OWN
    in_turn = broker is BrokerChoice.EMBEDDED and not set(kinds) <= WIRE
    return Layout.OWN if in_turn and stage % 2 else Layout.APART


def kinds_in(layout: Layout, kinds: Sequence[FaultKind]) -> list[FaultKind]:
    """Return what can be done in a layout."""
    return [kind for kind in kinds if layout is Layout.APART or kind not in WIRE]
