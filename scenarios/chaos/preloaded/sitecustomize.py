"""Python runs this before the service: its wall clock differs from the machine's by what stands in a file, at any moment.

libfaketime would do the same in C, but makes Python's sleeps fail (0.9.10: ``clock_nanosleep`` with a deadline).
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from pathlib import Path

OFFSET = struct.Struct("d")
"""Seconds."""
FILE = "CALLAHEAD_CHAOS_CLOCK"
"""The environment's name for the file."""


def _live_by(file: Path) -> None:
    true_time = time.time
    with file.open("r+b") as opened:
        offset = mmap.mmap(opened.fileno(), OFFSET.size)

    def stepped() -> float:
        return true_time() + float(OFFSET.unpack_from(offset)[0])

    time.time = stepped


if FILE in os.environ:
    _live_by(Path(os.environ[FILE]))
