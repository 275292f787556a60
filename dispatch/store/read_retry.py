"""Reads again while the store is away. What is half decided cannot be begun anew: its device has been heard already."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from dispatch.store.errors import JournalFailed

log = logging.getLogger(__name__)

AGAIN_AFTER_S = 0.2
WITHIN_S = 30.0
"""The driver decides nothing meanwhile. A store that is away for longer ends the service: started again, it waits at the door."""
Found = TypeVar("Found")


def patiently(read: Callable[[], Found], within_s: float = WITHIN_S) -> Found:
    """Return what ``read`` returns, as soon as it does not raise ``JournalFailed``. Raises that after ``within_s``."""
    deadline = time.monotonic() + within_s
    told = False
    while True:
        try:
            return read()
        except JournalFailed as error:
            if time.monotonic() > deadline:
                raise
            if not told:
                log.error("%s; nothing is decided, trying again", error)  # noqa: TRY400 - one line
                told = True
        time.sleep(AGAIN_AFTER_S)
