"""Any episode by its number: the same kind, seed and number give the same bytes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scenarios.episodes.episode import Episode
from scenarios.kinds.car.episode import car_episode
from scenarios.kinds.fridge.episode import fridge_episode
from scenarios.kinds.phone.episode import payment_episode
from scenarios.story.streams import Streams

DRAWN: dict[str, Callable[[int, np.random.Generator], Episode]] = {
    "fridge": fridge_episode,
    "payment": payment_episode,
}
"""Kind → how an episode of it is drawn."""


def draw(kind: str, seed: int, number: int) -> Episode:
    """Return one episode."""
    if kind == "car":
        return car_episode(number, Streams(seed))
    return DRAWN[kind](number, Streams(seed).keyed("episodes", kind, number))
