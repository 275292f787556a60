"""What a ledger tells of what agents read while they spoke: how often they were shown anything, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from dispatch.core.hints.events import HintEvent, HintJudged, HintsShown

GOOD = frozenset({"used", "helpful"})


@dataclass(slots=True)
class HintFacts:
    """Counted by call."""

    shown: int = 0
    """Times that an agent was shown articles."""
    used: set[tuple[str, str]] = field(default_factory=set)
    """Call and article that they spoke from."""
    good: int = 0
    judged: int = 0

    def feed(self, event: HintEvent) -> None:
        """Take what was heard."""
        match event:
            case HintsShown():
                self.shown += bool(event.articles)
            case HintJudged():
                self.judged += 1
                self.good += event.verdict in GOOD
                if event.verdict in GOOD:
                    self.used.add((event.call, event.article))
            case _:
                assert_never(event)
