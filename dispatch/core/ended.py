"""How the cases of fault episodes ended, and whether what is found later asks for more than was given. Pure.

A device that becomes surer after its case was closed must be heard: an appliance whose owner was told of low voltage may need
a technician nineteen hours later. What only repeats what was told, or was made before help came, opens nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dispatch.core.actions import CloseReason
from dispatch.core.case import Case
from gateway.finding import Domain, Drive, Finding, Grade

KEPT_S = 14 * 86_400.0
"""So long after it ended, or was told of once more, an episode is remembered."""
GRACE_S = {Domain.VEHICLE: 30 * 60.0, Domain.APPLIANCE: 6 * 3_600.0, Domain.PAYMENT: 0.0}
"""After help was given: what is told so soon may be left over. As in ``gateway.intake.conclude``, which knows what cannot be."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How the last case of an episode ended. Times are POSIX seconds."""

    relapse: int
    """Of the episode, when it ended."""
    number: int
    """The next case of the episode is numbered higher: no two cases have one name."""
    reason: CloseReason
    part: str
    grade: Grade
    drive: Drive
    sent: bool
    """Somebody came."""
    at: float
    """When help was given; where nobody came, when the case was closed."""
    told_at: float
    """When it ended, or was told of last."""

    def asks_for_more(self, finding: Finding, now: float) -> bool:
        """Tell whether a finding of the episode needs a case of its own: it is a relapse, surer, or more dangerous."""
        if finding.relapse > self.relapse:
            return True  # the gateway knows what was made before help came, and what that may have left over
        helped = self.reason == "helped"
        if helped and finding.observed_at <= self.at:
            return False
        if finding.drive is Drive.STOP_NOW and self.drive is not Drive.STOP_NOW:
            return True
        rests = helped and now - self.at < GRACE_S[finding.domain]
        if rests or (self.reason in {"declined", "too_late", "cancelled"} and finding.part == self.part):
            return False
        if finding.grade is not Grade.ACT:
            return False
        surer = self.grade is not Grade.ACT and finding.part != self.part
        return surer or (finding.sends and not self.sent)


class Endings:
    """Episode → how its last case ended, for ``KEPT_S``; those told of longest ago first."""

    def __init__(self, ended: Iterable[tuple[str, Ending]] = ()) -> None:
        self._ended = dict(ended)

    def items(self) -> list[tuple[str, Ending]]:
        """Return all of them, to be written down."""
        return list(self._ended.items())

    def note(self, case: Case, episodes: Iterable[Finding], reason: CloseReason, now: float) -> None:
        """Note that a case was closed, for each episode that belonged to it."""
        sent = case.helped_at is not None
        at = now if case.helped_at is None else case.helped_at
        for finding in episodes:
            known = self._ended.pop(finding.episode, None)
            number = max(finding.relapse, case.number, known.number if known else 0)
            self._ended[finding.episode] = Ending(
                finding.relapse, number, reason, finding.part, finding.grade, finding.drive, sent, at, now
            )
        self._forget(now)

    def opens(self, finding: Finding, now: float) -> bool:
        """Tell whether a finding that belongs to no open case needs one."""
        ended = self._ended.get(finding.episode)
        return ended is None or ended.asks_for_more(finding, now)

    def next_number(self, finding: Finding) -> int:
        """Return the number of the next case of an episode; 0: it is the first, and named after the episode alone."""
        ended = self._ended.get(finding.episode)
        return finding.relapse if ended is None else max(finding.relapse, ended.number + 1)

    def _forget(self, now: float) -> None:
        for episode in list(self._ended):
            if now - self._ended[episode].told_at <= KEPT_S:
                return
            del self._ended[episode]
