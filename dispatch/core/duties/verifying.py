"""Who speaks is known before anything is done for them that only they may want. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dispatch.core.actions import Action
from dispatch.core.calls import Calls
from dispatch.core.policy import Identity, Policy
from dispatch.core.transitions import CallState
from dispatch.core.verification.checks import StillWanted, Verification
from dispatch.core.verification.events import SensitiveAct, VerificationEvent


@dataclass(frozen=True, slots=True)
class Verifying:
    """What is heard of who speaks, and what that permits."""

    policy: Policy
    calls: Calls
    known: Verification = field(default_factory=Verification)

    def on(self, event: VerificationEvent, now: float) -> Iterator[Action]:
        """Note it: nothing is done because of it, and something may be from now on."""
        self.known.happened(event, now)
        yield from ()

    def wants(self, agent: str, customer: str, act: SensitiveAct, *, can_confirm: bool) -> StillWanted | None:
        """Return what an agent still wants of whom they speak with before they do something for them; ``None``: nothing.

        Where the house leaves it to its agents, nothing ever is.
        """
        if self.policy.identity is Identity.AGENT:
            return None
        talks = [one for one in self.calls.held_by(agent) if one.customer == customer]
        checks = [
            check
            for one in talks
            if one.state is CallState.CONNECTED and (check := self.known.of(one.call, one.attempt)) is not None
        ]
        if not checks:
            return StillWanted.QUESTIONS
        wanted = [check.wants(act, can_confirm=can_confirm) for check in checks]
        return None if None in wanted else wanted[0]
