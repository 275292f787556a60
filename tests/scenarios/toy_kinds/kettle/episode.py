"""Episodes of kettles: nothing is ever wrong with them."""

from __future__ import annotations

from scenarios.episodes.episode import Episode, Episodes, EpisodeTruth
from scenarios.story.streams import Streams


def _drawn(number: int, streams: Streams) -> Episode:
    at = float(streams.keyed("kettles", number).random())
    return Episode("kettle", EpisodeTruth("nothing", needs_help=False, at=at, latitude=None, longitude=None), (), ())


EPISODES = Episodes(1.0, _drawn)
