"""The plan of all who wait, as the ledger tells it: what each truck is to do, and what made it another. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from dispatch.core.actions import MovedJob, PlanAction, RefusePlan, ReplanTrigger

RECORDS = 200
"""So many are at hand; the ledger has all."""


@dataclass(frozen=True, slots=True)
class ReplanView:
    """One time that the plan became another. ``at``: POSIX seconds; costs in seconds of waiting."""

    number: int
    at: float
    trigger: ReplanTrigger
    moved: tuple[MovedJob, ...]
    turned: tuple[str, ...]
    """Trucks that were sent elsewhere on their way."""
    cost_before: float
    cost_after: float
    evaluations: int


@dataclass(frozen=True, slots=True)
class RefusedPlan:
    """A plan that was proposed and not taken. ``at``: POSIX seconds."""

    plan: int
    at: float
    why: str


@dataclass(slots=True)
class PlanView:
    """How the plan stands, and the last records, the newest last."""

    routes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Truck → the cases that were planned for it last, in its order; who has got a truck since then is still among them."""
    replans: list[ReplanView] = field(default_factory=list)

    refused: list[RefusedPlan] = field(default_factory=list)
    """The last plans that were proposed and not taken, the newest last."""

    def note(self, action: PlanAction, at: float) -> None:
        """Read another plan, or that one was refused."""
        if isinstance(action, RefusePlan):
            self.refused.append(RefusedPlan(action.plan, at, action.why))
            del self.refused[:-RECORDS]
            return
        self.routes |= {route.truck: route.cases for route in action.routes}
        self.routes = {truck: cases for truck, cases in self.routes.items() if cases}
        costs = (action.cost_before, action.cost_after, action.evaluations)
        self.replans.append(ReplanView(action.number, at, action.trigger, action.moved, action.turned, *costs))
        del self.replans[:-RECORDS]
