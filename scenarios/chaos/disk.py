"""A disk that can be full. As root a small tmpfs, so that the kernel says ENOSPC; else a limit on how long files may be.

The limit (``RLIMIT_FSIZE``) needs no rights: the kernel refuses to write past it (EFBIG), which SQLite tells as a disk error.
"""

from __future__ import annotations

import os
import resource
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Protocol

SIZE = "48m"
CHUNK = 1024 * 1024


class Disk(Protocol):
    """Where the service's folder lies."""

    name: str

    def started(self, pid: int) -> None:
        """A service was started on it."""

    def fill(self) -> None:
        """Nothing more can be written from now on."""

    def free(self) -> None:
        """There is room again."""

    def close(self) -> None:
        """Take it away."""


class Tmpfs:
    """A file system of its own, in memory."""

    name = "tmpfs"

    def __init__(self, folder: Path, size: str) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0777", "callahead-chaos", str(folder)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own words

    def started(self, pid: int) -> None:
        """Nothing to do: it is full for everybody."""

    def fill(self) -> None:
        """Write until there is no room."""
        with (self._folder / "filler").open("ab", buffering=0) as filler:
            for size in (CHUNK, 1024, 1):
                with suppress(OSError):
                    while filler.write(bytes(size)) == size:
                        pass

    def free(self) -> None:
        """There is room again."""
        (self._folder / "filler").unlink(missing_ok=True)

    def close(self) -> None:
        """Take it away, also where somebody still has a file open there."""
        subprocess.run(["umount", "-l", str(self._folder)], check=False, capture_output=True)  # noqa: S603, S607


class LimitedFiles:
    """The service may not write files longer than nothing."""

    name = "rlimit"

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._pid: int | None = None
        self._full = False

    def started(self, pid: int) -> None:
        """Hold the new process to it, too."""
        self._pid = pid
        if self._full:
            self._limit(0)

    def fill(self) -> None:
        """Refuse every write to a file."""
        self._full = True
        self._limit(0)

    def free(self) -> None:
        """There is room again."""
        self._full = False
        self._limit(resource.RLIM_INFINITY)

    def close(self) -> None:
        """Nothing to take away."""

    def _limit(self, size: int) -> None:
        if self._pid is None:
            return
        with suppress(ProcessLookupError):  # it was killed meanwhile
            hard = resource.prlimit(self._pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (size if size >= 0 else hard, hard))


def disk_at(folder: Path, size: str = SIZE) -> Disk:
    """Return the best there is: a small tmpfs where we may mount one, else the limit."""
    if os.geteuid() == 0:
        with suppress(subprocess.CalledProcessError, FileNotFoundError):
            return Tmpfs(folder, size)
    return LimitedFiles(folder)
