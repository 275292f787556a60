"""What is remembered of the run through a flow that a customer is in: codes, counts and hours. Pure; the twin keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from gateway.devices.memory import Memory

MOST_PAGES = 24
"""So many pages of one run are told apart; no flow has as many."""
MOST_LOOKS = 8
"""So many of the last pages that came up are remembered, each with its hour."""


@dataclass(slots=True)
class Trouble:
    """What went wrong at one page since it was last passed."""

    failures: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    """Error → how often."""
    tapped: int = 0
    """How often somebody tapped one element over and over."""


@dataclass(slots=True)
class AppMemory(Memory):
    """One run through a flow. Hours by the device's clock, POSIX seconds."""

    NAME: ClassVar[str] = "apps"

    customer: str = ""
    session: str = ""
    episode: str = ""
    """Key of the first step."""
    flow: str = ""
    version: str = ""
    began_at: float = 0.0
    last_at: float = 0.0
    page: str = ""
    """In front."""
    changed_at: float = 0.0
    """When the screen last changed: a page came up, or an error did."""
    looks: list[tuple[str, float]] = field(default_factory=list)
    """The last pages that came up: page and hour."""
    at_page: dict[str, Trouble] = field(default_factory=dict)
    failed_at: float | None = None
    """The last error."""
    failed_page: str = ""
    fled: bool = False
    """Left the app right behind an error, and has not come through since."""
    away: bool = False
    circles: bool = False
    """The same page came up again and again, and nothing was passed since."""
    overcame: int = 0
    """Pages that were passed after a failure."""
    warnings: list[str] = field(default_factory=list)
    """What the payee's bank said of the name, where it was warned of."""
    ignored: bool = False
    new_device: bool = False
    remote_control: bool = False
    on_call: bool = False
    over: bool = False
    """The run has ended: whatever comes late is about nothing."""
    told: str = ""
    """The reason that dispatch was told of; empty: it was told nothing."""
    told_fraud: bool = False
    tellings: int = 0
    """How often dispatch was told of it."""

    def trouble(self, page: str) -> Trouble:
        """Return what went wrong at a page, to be changed."""
        if page not in self.at_page and len(self.at_page) >= MOST_PAGES:
            del self.at_page[next(iter(self.at_page))]
        return self.at_page.setdefault(page, Trouble())

    @property
    def worst(self) -> Trouble:
        """What went wrong at the page that was worst."""
        return max(self.at_page.values(), key=lambda one: (one.failures, one.tapped), default=Trouble())

    @property
    def errors(self) -> dict[str, int]:
        """All errors that have not been overcome, the most frequent first."""
        found: dict[str, int] = {}
        for one in self.at_page.values():
            for error, count in one.errors.items():
                found[error] = found.get(error, 0) + count
        return dict(sorted(found.items(), key=lambda one: -one[1]))
