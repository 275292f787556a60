"""What a process costs: its processor time, and how high its memory rose. Linux."""

from __future__ import annotations

import os
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_USER, _SYSTEM = 11, 12
"""Places in ``/proc/PID/stat`` behind the name."""


class ProcessMeter:
    """Looks at one process."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")

    def cpu_s(self) -> float:
        """Return the processor time it has used, seconds. Raises ``OSError`` where it is gone."""
        told = (self._folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return (int(told[_USER]) + int(told[_SYSTEM])) * _TICK_S

    def peak(self) -> int:
        """Return how high its memory has risen, bytes. Raises ``OSError``."""
        lines = (self._folder / "status").read_text("utf-8", "replace").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
