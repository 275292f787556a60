"""The store's files are their owner's: they hold names, numbers and the secrets that webhooks are signed with."""

from __future__ import annotations

import logging
import os
from pathlib import Path

log = logging.getLogger("callahead")

_OTHERS = 0o007


def private_folder(folder: Path) -> None:
    """Make a folder that its owner alone enters; one that is there is left as it is. Raises ``OSError``."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def private_file(file: Path) -> None:
    """Make an empty file that its owner alone reads; one that is there is left as it is. Raises ``OSError``.

    SQLite gives what it writes beside a file the file's own mode.
    """
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))


def warn_of_others(file: Path) -> None:
    """Say so where every user of the machine reads a file; the operator may have meant it, and is told how to end it."""
    mode = file.stat().st_mode & 0o777
    if mode & _OTHERS and file.parent.stat().st_mode & _OTHERS:
        log.warning("every user of this machine reads %s (mode %03o): chmod o= %s", file, mode, file)
