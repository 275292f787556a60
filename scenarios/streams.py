"""Random streams, one for each purpose, from one seed: drawing trucks differently does not change who breaks down."""

from __future__ import annotations

from zlib import crc32

import numpy as np


class Streams:
    """Generators by purpose. ``keyed`` gives a person, a call or a job dice of their own, whenever they are thrown.

    Live and virtual runs ask in different orders; with keyed dice they meet the same people all the same.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._streams: dict[str, np.random.Generator] = {}

    def stream(self, purpose: str) -> np.random.Generator:
        """Return the generator of ``purpose``: the same one every time."""
        if purpose not in self._streams:
            self._streams[purpose] = self.keyed(purpose)
        return self._streams[purpose]

    def keyed(self, purpose: str, *key: str | int) -> np.random.Generator:
        """Return a new generator that depends on seed, purpose and key alone (NumPy SeedSequence with a spawn key)."""
        spawn_key = tuple(crc32(str(part).encode()) for part in (purpose, *key))
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=spawn_key)))
