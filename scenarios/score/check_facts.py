"""What a ledger tells of how it was made sure who speaks: in which calls, how long it took, by what."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from dispatch.core.events import CallConnected
from dispatch.core.verification.events import QuestionsAnswered, VerificationEvent, VoiceCompared
from dispatch.core.verification.limits import LEAST_SPEECH_S


@dataclass(slots=True)
class SpokenCheck:
    """One talk in which it was made sure."""

    call: str
    attempt: int
    customer: str
    began_at: float
    """When they began to speak, POSIX seconds."""
    settled_at: float
    """When it was known, or that it is not them."""
    voice: bool = False
    """Was the voice compared, then?"""
    by_voice: bool = False
    """Was it taken for theirs?"""
    passed: bool = False
    """Were they taken for who they say, by voice or questions?"""

    @property
    def took_s(self) -> float:
        """Seconds of the talk until it was settled."""
        return self.settled_at - self.began_at


@dataclass(slots=True)
class CheckFacts:
    """All of them."""

    of_talk: dict[tuple[str, int], SpokenCheck] = field(default_factory=dict)
    """By call and attempt."""
    _began: dict[tuple[str, int], float] = field(default_factory=dict)

    def connected(self, event: CallConnected, at: float) -> None:
        """A talk begins."""
        self._began[event.call, event.attempt] = at

    def happened(self, event: VerificationEvent, at: float) -> None:
        """Take what was heard."""
        if not isinstance(event, VoiceCompared | QuestionsAnswered):
            return
        talk = event.call, event.attempt
        began = self._began.get(talk, at)
        one = self.of_talk.setdefault(talk, SpokenCheck(*talk, event.customer, began, at))
        one.settled_at = at
        if isinstance(event, VoiceCompared):
            one.voice = True
            one.by_voice = one.passed = event.speech_s >= LEAST_SPEECH_S and event.likeness >= event.wanted
        else:
            one.passed = event.right

    def took_s(self, talks: Container[tuple[str, int]] | None = None) -> list[float]:
        """Return how long each took, seconds; ``talks``: of these alone."""
        return [one.took_s for talk, one in self.of_talk.items() if talks is None or talk in talks]
