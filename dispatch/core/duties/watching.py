"""A case that no dispatcher acknowledges is escalated, again and higher: where people ever acted. Pure.

A desk at which nobody ever acted is a machine's: nobody is there who could acknowledge anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dispatch.core.actions import Action
from dispatch.core.case import Case
from dispatch.core.duties.open_cases import OpenCases
from dispatch.core.escalation import raised
from dispatch.core.policy import Policy
from dispatch.core.timers import About, Alarm, Alarms


@dataclass(slots=True)
class Watching:
    """Expects people to acknowledge what is severe."""

    policy: Policy
    alarms: Alarms
    cases: OpenCases
    manned: bool = False
    """A dispatcher has acted once."""

    def somebody_is_there(self, now: float) -> None:
        """A dispatcher acts: from the first time on, they are expected to see what is open."""
        if not self.manned:
            self.manned = True
            for case in self.cases.by_name.values():
                self.begin(case, now)

    def begin(self, case: Case, now: float, *, anew: bool = False) -> None:
        """Expect people to acknowledge a case, unless they are; ``anew``: it was handed over, raised, or taken back."""
        if self.manned and is_to_be_seen(case, self.policy) and (anew or not case.care.watches):
            case.care.watches, case.care.alarmed = case.care.watches + 1, 0
            self.alarms.set(now + self.policy.acknowledge_within_s, About.UNSEEN, case.case, case.care.watches)

    def ring(self, alarm: Alarm, case: Case) -> Iterator[Action]:
        """Nobody has acknowledged it in time."""
        care = case.care
        if alarm.attempt != care.watches or care.is_seen:
            return
        care.alarmed += 1
        yield from raised(case, "unacknowledged", care.raised_to if care.alarmed == 1 else "supervisors")
        if care.alarmed < self.policy.acknowledge_times:
            self.alarms.set(alarm.due + self.policy.acknowledge_within_s, About.UNSEEN, case.case, care.watches)


def is_to_be_seen(case: Case, policy: Policy) -> bool:
    """Is a person to acknowledge a case, as it is severe, or was handed to them or raised, and has nobody done so?"""
    severe = case.finding.severity.rank >= policy.acknowledge_from.rank
    asked = case.care.owner is not None or "asked_for" in case.escalated
    return bool(policy.acknowledge_times) and (severe or asked) and not case.care.is_seen
