"""Whether there is room where the embedded broker keeps what devices send: where it is scarce, by asking for it, as a write would.

Not otherwise: where the disk is told what is free again (``discard``), every commit waits half a second for a file that is deleted.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOM = 4 * 1024 * 1024
"""Bytes. With less a broker soon acknowledges nothing, while the store still fits its lines into files it has."""
PLENTY = 64 * ROOM
"""Where the file system says that it has so much, there is room."""


@dataclass(frozen=True, slots=True)
class DiskProbe:
    """Looks at the disk below ``folder``, which exists."""

    folder: Path

    def trouble(self) -> str | None:
        """Return why nothing more is taken; ``None``: there is room."""
        probe = self.folder / ".room"
        try:
            told = os.statvfs(self.folder)
            if told.f_bavail * told.f_frsize >= PLENTY:
                return None
            handle = os.open(probe, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(handle, 0, ROOM)
            finally:
                os.close(handle)
                probe.unlink(missing_ok=True)
        except OSError as error:
            return f"no room in {self.folder}, where the broker keeps what devices send: {error.strerror}"
        return None
