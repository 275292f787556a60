"""The service's clock, set forth and back while it runs. Only its wall clock: the monotonic one goes on, as in life."""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from pathlib import Path

from scenarios.chaos import preloaded
from scenarios.chaos.preloaded.sitecustomize import FILE, OFFSET


class SteppedClock:
    """An offset that the service's wall clock has, in seconds."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock.offset"
        self._file.write_bytes(OFFSET.pack(0.0))
        with self._file.open("r+b") as opened:
            self._offset = mmap.mmap(opened.fileno(), OFFSET.size)

    def environment(self) -> Mapping[str, str]:
        """Return what a Python needs to live by this clock."""
        return {"PYTHONPATH": str(Path(preloaded.__file__).parent), FILE: str(self._file)}

    def step(self, offset_s: float) -> None:
        """Set it."""
        OFFSET.pack_into(self._offset, 0, offset_s)
