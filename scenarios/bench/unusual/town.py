"""Where homes pay: one town, and others that are far away. Drawn; knows nothing of who lives there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Spot:
    """Somewhere one pays: who is paid there and where that is, WGS 84 degrees."""

    payee: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Streets:
    """Where homes pay."""

    parking: tuple[Spot, ...]
    chargers: tuple[Spot, ...]
    far: tuple[Spot, ...]
    """Of other towns, where only travellers pay."""


def drawn_town(dice: Random) -> Streets:
    """Draw one of some 12 km across, and others 80 to 300 km away. One parking app is good everywhere."""

    def spots(name: str, count: int, away: float) -> tuple[Spot, ...]:
        return tuple(spot_away(f"{name}-{number}", dice, away) for number in range(count))

    return Streets(spots("parking", 12, 0.0), spots("charger", 10, 0.0), spots("far", 24, dice.uniform(0.8, 2.5)))


def spot_away(payee: str, dice: Random, away: float) -> Spot:
    """Draw where somebody is paid, so many degrees from the middle of the town."""
    turn, off = dice.uniform(0, 2 * math.pi), away + abs(dice.gauss(0, 0.05))
    return Spot(payee, 56.95 + off * math.cos(turn), 24.1 + 1.8 * off * math.sin(turn))
