"""What hostile inputs came to, by surface, and the budget that each of them has."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

CPU_S = 0.1
"""Seconds of processor for one input."""
MEMORY_BYTES = 64 * 1024 * 1024
"""By which the peak may rise for one input."""
KEPT = 20
"""Findings of a surface that are told; more are counted."""
_SHOWN = 160


class Verdict(StrEnum):
    """What is wrong."""

    CRASH = "crash"
    """An error of ours, a process that ended, or no answer at all."""
    SLOW = "over 100 ms of processor"
    LARGE = "over 64 MB of memory"
    TAKEN = "taken, and should not have been"


@dataclass(frozen=True, slots=True)
class HostileFinding:
    """One input that shows a fault, and what was seen."""

    verdict: Verdict
    number: int
    """Of the input: the same seed plays it again."""
    what: str
    seen: str

    def __str__(self) -> str:
        return f"input {self.number}: {self.verdict}: {self.what[:_SHOWN]}: {self.seen[:_SHOWN]}"


@dataclass(slots=True)
class Tally:
    """One surface."""

    surface: str
    inputs: int = 0
    refused: int = 0
    counts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    found: list[HostileFinding] = field(default_factory=list)

    def note(self, verdict: Verdict, what: str, seen: str) -> None:
        """Make note of a fault that the last input showed."""
        self.counts[verdict] += 1
        if len(self.found) < KEPT:
            self.found.append(HostileFinding(verdict, self.inputs, what, seen))

    def judge_cost(self, what: str, cpu_s: float, memory: int) -> None:
        """Hold what the last input cost against the budget."""
        if cpu_s > CPU_S:
            self.note(Verdict.SLOW, what, f"{cpu_s:.3f} s")
        if memory > MEMORY_BYTES:
            self.note(Verdict.LARGE, what, f"{memory / 1024**2:.0f} MB")

    @property
    def faults(self) -> int:
        """How many there were."""
        return sum(self.counts.values())
