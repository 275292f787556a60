"""Any episode by its number: the same catalogue, seed and number give the same bytes."""

from __future__ import annotations

from scenarios.episodes.episode import Episode, Episodes
from scenarios.story.registry import KINDS, platform
from scenarios.story.streams import Streams

PAYMENTS = "payment"
"""What the catalogue is called that knows why payments fail: of those of any kind, played by one that has ``payments.py``."""


def all_episodes() -> dict[str, Episodes]:
    """Return how episodes are drawn, by the catalogue that knows their parts. Raises ``KindError``."""
    found: dict[str, Episodes] = {}
    for kind in KINDS:
        for file, catalogue in (("episode", kind), ("payments", PAYMENTS)):
            episodes = platform(kind, file, "EPISODES", Episodes)
            if episodes is not None:
                found[catalogue] = episodes
    return found


def counts(episodes: int) -> dict[str, int]:
    """Return how many of so many episodes are drawn from each catalogue: by their weights, so many in all."""
    weights = {name: one.weight for name, one in all_episodes().items()}
    whole, shared, given = sum(weights.values()), 0.0, 0
    found: dict[str, int] = {}
    for name, weight in weights.items():
        shared += weight
        found[name] = round(episodes * shared / whole) - given
        given += found[name]
    return found


def draw(catalogue: str, seed: int, number: int) -> Episode:
    """Return one episode."""
    return all_episodes()[catalogue].draw(number, Streams(seed))
