"""Customers who would have phoned about a fault, by the world's truth, and what we did before they could. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scenarios.score.ledger_facts import CaseFacts
from scenarios.world.ground_truth import Fault

RING_S = 15.0
"""What a call takes at least to be set up: one ring."""


@dataclass(frozen=True, slots=True)
class WouldPhone:
    """One fault whose customer phones unless they hear of it first, and the cases that were opened for it."""

    fault: Fault
    cases: Sequence[CaseFacts]

    @property
    def connected_at(self) -> float | None:
        """When our call was answered first, POSIX seconds."""
        return min((case.connected_at for case in self.cases if case.connected_at is not None), default=None)

    @property
    def phones_at(self) -> float | None:
        """When they phoned, or would have; ``None``: there was nothing to notice yet."""
        return self.fault.would_phone_at if self.fault.phoned_at is None else self.fault.phoned_at

    @property
    def told_at(self) -> float | None:
        """When somebody's device first told the service: the device itself, or another from whose words a case was opened."""
        told = [case.opened_at for case in self.cases if not case.by_customer]
        if self.fault.told_first_at is not None:
            told.append(self.fault.told_first_at)
        return min(told, default=None)

    @property
    def is_reachable(self) -> bool:
        """Was the service told so early that one ring could have come first? Whether they could answer is not asked."""
        told, phones = self.told_at, self.phones_at
        return told is not None and (phones is None or told + RING_S < phones)

    @property
    def is_called_first(self) -> bool:
        """Did we speak to them before they phoned, if they phoned at all?"""
        connected, phoned = self.connected_at, self.fault.phoned_at
        return connected is not None and (phoned is None or connected < phoned)

    @property
    def is_spared(self) -> bool:
        """Did they read a true notice before they would have phoned, and then neither phone nor need our call?"""
        read, would = self.fault.read_notice_at, self.fault.would_phone_at
        never_spoke = self.fault.phoned_at is None and self.connected_at is None
        return never_spoke and read is not None and would is not None and read < would


def would_phone(truth: Sequence[tuple[Fault, list[CaseFacts]]], end: float) -> list[WouldPhone]:
    """Return those who were called, or would have phoned by ``end``, when the ledger ends (POSIX seconds)."""
    found = [WouldPhone(fault, cases) for fault, cases in truth if fault.phones_after is not None]
    return [one for one in found if one.connected_at is not None or _by(one.fault.would_phone_at, end)]


def _by(at: float | None, end: float) -> bool:
    return at is not None and at <= end
