"""Where those who watch are told from: a process beside the one that decides, which is not there before anybody watches."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Watch(Protocol):
    """The process that shows."""

    def soon(self) -> None:
        """Have it there: somebody is about to watch."""

    async def socket(self) -> Path:
        """Return where it answers, once it does. Raises ``OSError`` where it does not in good time."""
