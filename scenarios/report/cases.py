"""Each case with the fault it was about: how help and call came, and how bad that was."""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.policy_model.units import spoken
from scenarios.score.ledger_facts import CaseFacts
from scenarios.score.scorecard import ScoreEvidence, responses
from scenarios.world.ground_truth import Fault

PENALTY_S = 3600.0
"""What a wrong part, a truck in vain or a customer who had to ring weighs, beside seconds of waiting."""


@dataclass(frozen=True, slots=True)
class Told:
    """One case. ``fault``: ``None`` where the truth is not known, or no fault explains the case."""

    case: CaseFacts
    fault: Fault | None
    known: bool
    """The truth is known."""
    end: float
    """When the ledger ends, POSIX seconds."""
    response_s: float | None
    """From the fault to the truck's arrival, as the scorecard counts it; ``None``: none arrived."""
    due_s: float
    """From the fault to when help should be there, by the house's policy."""

    @property
    def head_start_s(self) -> float | None:
        """How long before the customer would have phoned our call connected; negative: after."""
        if self.fault is None or self.fault.would_phone_at is None or self.case.connected_at is None:
            return None
        return self.fault.would_phone_at - self.case.connected_at

    @property
    def waited_for_call_s(self) -> float | None:
        """From the case to our call's connection, or to the end where a call was owed and none connected."""
        if self.case.connected_at is not None:
            return self.case.connected_at - self.case.opened_at
        return (self.case.closed_at or self.end) - self.case.opened_at if self.case.calls else None

    @property
    def late(self) -> bool:
        """Did help come later than it was due?"""
        return self.response_s is not None and self.response_s > self.due_s

    def faults(self) -> list[tuple[float, str]]:
        """Return what went wrong, each with its weight in seconds."""
        found: list[tuple[float, str]] = []
        if self.late and self.response_s is not None:
            found.append((self.response_s - self.due_s, f"help came after {spoken(self.response_s)}"))
        if self.case.tows and not self.case.arrivals and self.case.closed_at is None:
            found.append((max(0.0, self.end - self.case.opened_at - self.due_s), "help had not come at the end"))
        waited = self.waited_for_call_s
        rang = self.fault is not None and self.fault.phoned_at is not None
        if waited is not None and not (rang and self.case.connected_at is None):
            what = (
                "our call reached nobody"
                if self.case.connected_at is None
                else f"our call connected after {spoken(waited)}"
            )
            found.append((waited, what))
        return found + self._against_truth()

    def _against_truth(self) -> list[tuple[float, str]]:
        if not self.known:
            return []
        if self.fault is None:
            return [(PENALTY_S, "nothing was broken")]
        found: list[tuple[float, str]] = []
        if self.fault.phoned_at is not None:
            found.append((PENALTY_S, "the customer had to ring"))
        if self.case.last.part != self.fault.part:
            found.append((PENALTY_S, f"took {self.fault.part} for {self.case.last.part}"))
        if not self.fault.needs_help and (self.case.tows or self.case.orders):
            found.append((PENALTY_S, "help was sent in vain"))
        return found


def told(evidence: ScoreEvidence) -> list[Told]:
    """Return every case, in the order they were opened."""
    known, end = evidence.truth is not None, evidence.facts.last_at
    of_case = {case.case: fault for fault, cases in evidence.truth or () for case in cases}
    came, due_s = responses(evidence), evidence.setting.due_s
    return [
        Told(case, of_case.get(case.case), known, end, came.get(case.case), due_s)
        for case in evidence.facts.cases.values()
    ]


def worst(cases: list[Told], count: int) -> list[Told]:
    """Return the cases that went worst, the worst first."""
    return sorted(cases, key=lambda one: (-sum(weight for weight, _ in one.faults()), one.case.case))[:count]
