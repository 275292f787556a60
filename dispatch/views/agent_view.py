"""How an agent is, as the ledger tells it: in which state since when, what they have in hand, and what their day came to. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

AgentState = Literal["ready", "talking", "wrapping_up", "paused", "away"]
"""``talking``: they have a call or another conversation in hand, which may still ring. ``wrapping_up``: they see to what is left
of the last one. ``away``: they wait for no call and have said nothing of a pause."""
NEW_DAY_S = 4 * 3600.0
"""Who was away for so long begins another day [fit]."""


@dataclass(slots=True)
class AgentDay:
    """What an agent's day came to so far. Spans in seconds."""

    began_at: float
    """POSIX seconds."""
    conversations: int = 0
    """Ended by word of mouth or in writing: somebody answered."""
    unanswered: int = 0
    talk_s: float = 0.0
    """From when a call was handed to them until it ended."""
    wrap_up_s: float = 0.0
    paused_s: dict[str, float] = field(default_factory=dict)
    """By reason."""


@dataclass(slots=True)
class AgentView:
    """One agent. Times are POSIX seconds."""

    agent: str
    state: AgentState
    since: float
    day: AgentDay
    reason: str = ""
    """Of a pause; where they have something in hand, the pause begins behind it."""
    calls: dict[str, float] = field(default_factory=dict)
    """What they have in hand → since when."""
    last_call: str = ""
    """What they had in hand last."""
    chats: int = 0
    """So many conversations in writing beside one by voice, as they said last."""
    languages: tuple[str, ...] = ()
    """As they said last, BCP 47."""
    skills: tuple[str, ...] = ()
    """As they said last; none named: all."""
    seen_at: float = 0.0
    """When they said anything last."""
    vanished: bool = False
    """The service noticed that they are gone, and they have said nothing since."""
    unseen_since: float | None = None
    """Since when no sign of life of them comes, who gave some before; ``None``: they are there, or never gave one."""
    lost: dict[str, float] = field(default_factory=dict)
    """What was taken from them while they were gone, and when, until they ask for calls again."""

    def turn(self, state: AgentState, at: float) -> None:
        """Be in another state from ``at`` on; the span of the one before is counted."""
        if state == self.state:
            return
        if self.state == "wrapping_up":
            self.day.wrap_up_s += at - self.since
        elif self.state == "paused":
            self.day.paused_s[self.reason] = self.day.paused_s.get(self.reason, 0.0) + at - self.since
        self.state, self.since = state, at
