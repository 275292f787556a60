"""One value that cannot be shown does not take the page with it: its line says so, and the log says why."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

log = logging.getLogger(__name__)

Shown = TypeVar("Shown")


def guarded(show: Callable[[], Shown], otherwise: Shown, about: str) -> Shown:
    """Return what ``show`` returns, or ``otherwise`` where it breaks. ``about``: what is shown, for the log."""
    try:
        return show()
    except Exception:
        log.exception("the console cannot show %s", about, extra={"flood": "console"})
        return otherwise
