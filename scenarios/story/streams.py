"""Random streams, one for each purpose, from one seed: drawing trucks differently does not change who breaks down."""

from __future__ import annotations

from hashlib import blake2b
from struct import Struct
from typing import Any
from zlib import crc32

import numpy as np
from numpy.random.bit_generator import ISeedSequence

_BYTES = 32
"""What a PCG64 wants to be seeded with."""
_TWO_NUMBERS = Struct("<QQ16x").unpack


class Streams:
    """Generators by purpose. ``keyed`` gives a person, a call or a job dice of their own, whenever they are thrown.

    Live and virtual runs ask in different orders; with keyed dice they meet the same people all the same.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._streams: dict[str, np.random.Generator] = {}
        root = np.random.SeedSequence(seed).generate_state(8).tobytes()
        self._keyed_hash = blake2b(digest_size=_BYTES, key=root)

    def stream(self, purpose: str) -> np.random.Generator:
        """Return the generator of ``purpose``: the same one every time."""
        if purpose not in self._streams:
            self._streams[purpose] = self.keyed(purpose)
        return self._streams[purpose]

    def keyed(self, purpose: str, *key: str | int) -> np.random.Generator:
        """Return a new generator that depends on seed, purpose and key alone (NumPy SeedSequence with a spawn key)."""
        spawn_key = tuple(crc32(str(part).encode()) for part in (purpose, *key))
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=spawn_key)))

    def hashed(self, purpose: str, *key: str | float) -> np.random.Generator:
        """Return the like of ``keyed`` for an eighth of the time, for what is drawn by the ten thousand.

        BLAKE2b over the key, keyed with the seed's SeedSequence, takes the place of a SeedSequence for each.
        """
        return np.random.Generator(np.random.PCG64(_Digest(self._digest(purpose, key))))  # type: ignore[arg-type] # a Protocol, by NumPy's documentation

    def uniforms(self, purpose: str, *key: str | float) -> tuple[float, float]:
        """Return two numbers, each at least 0 and less than 1, that depend on seed, purpose and key alone."""
        first, second = _TWO_NUMBERS(self._digest(purpose, key))
        return (first >> 11) * 2.0**-53, (second >> 11) * 2.0**-53

    def _digest(self, purpose: str, key: tuple[str | float, ...]) -> bytes:
        hashing = self._keyed_hash.copy()
        hashing.update("\x1f".join((purpose, *map(str, key))).encode())
        return hashing.digest()


class _Digest(ISeedSequence):
    """A digest in the place of a SeedSequence."""

    def __init__(self, digest: bytes) -> None:
        self._digest = digest

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> np.ndarray[Any, Any]:  # noqa: ANN401 - NumPy's own
        """Return the digest as words."""
        return np.frombuffer(self._digest, dtype=dtype, count=n_words)
