"""What people really did in the app, for the scorecard alone: the service never sees it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "truth_apps.jsonl"


@dataclass(slots=True)
class AppUse:
    """One run through a flow. Times in POSIX seconds, ``None``: it has not happened."""

    episode: str
    """The app's first step, ``vendor/device/boot-seq``."""
    customer: str
    flow: str
    version: str
    sort: str
    """What sort of use it is, ``apps.people`` of the story."""
    cause: str
    """What hinders them: a flaw of ``firmware_sim.apps``, or ``bug``; empty: nothing."""
    agrees: bool
    """Did they agree to be helped in the app?"""
    began_at: float
    met_at: float | None = None
    """They met what hinders them."""
    stuck_at: float | None = None
    """They tried again and did not see through it, or gave up at once: from then on they struggle."""
    invited_at: float | None = None
    reply: str = ""
    helped_at: float | None = None
    gave_up_at: float | None = None
    done_at: float | None = None
    phoned_at: float | None = None

    @property
    def struggles(self) -> bool:
        """Did they struggle, in truth?"""
        return self.stuck_at is not None


def write(folder: Path, uses: Iterable[AppUse]) -> None:
    """Write one line of JSON for each use, where there is any."""
    lines = [json.dumps(asdict(use), ensure_ascii=False) for use in uses]
    if lines:
        (folder / FILE).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read(folder: Path) -> list[AppUse]:
    """Read what ``write`` wrote; nothing where nobody used an app."""
    path = folder / FILE
    return [AppUse(**json.loads(line)) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
