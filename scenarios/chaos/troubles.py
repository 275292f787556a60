"""What breaks in a campaign: of every kind of device that says how it breaks at once, each way in its turn."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.episodes.trouble import Trouble
from scenarios.story.registry import KINDS, platform


@dataclass(frozen=True, slots=True)
class WayOfFailing:
    """One way in which one kind of device breaks."""

    kind: str
    name: str


def ways() -> dict[WayOfFailing, Trouble]:
    """Return all of them, in the order of the kinds. Raises ``KindError``."""
    return {
        WayOfFailing(kind, name): trouble
        for kind in KINDS
        for name, trouble in (platform(kind, "chaos", "TROUBLES", dict) or {}).items()
    }
