"""What was promised when a truck said yes, and when it was there: how well the house reckons arrivals. Read row by row.

A promise is what the customer of a truck that said yes is told first. It is made anew where the truck is sent to another
place; one of a truck that does not come all the way, because it declined or another was sent, was not kept and has no error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dispatch.core.actions import AdoptTow, MoveTow, ReassignTow, RenewEta, SendTow
from dispatch.core.case_place import is_redirected
from gateway.finding import TruckReport


@dataclass(frozen=True, slots=True)
class Promise:
    """A truck said yes ``at``, and was to be there at ``eta``; POSIX seconds."""

    truck: str
    at: float
    eta: float


@dataclass(frozen=True, slots=True)
class PromisedArrival:
    """How long a truck was to take from the promise on, and how long it took, seconds."""

    promised_s: float
    took_s: float

    @property
    def late_s(self) -> float:
        """Behind what was promised; negative: it was there sooner."""
        return self.took_s - self.promised_s


@dataclass(slots=True)
class Expected:
    """The truck of one case. ``offered``: who was asked last, and when it could be there, POSIX seconds."""

    offered: tuple[str, float] = ("", 0.0)
    promise: Promise | None = None

    def offer(self, action: SendTow | ReassignTow) -> None:
        """A truck is asked."""
        self.offered, self.promise = (action.truck, action.eta), None

    def adopt(self, action: AdoptTow, at: float) -> None:
        """A truck that was passed over comes all the same."""
        said_yes = action.reason == "accepted"
        self.promise = Promise(action.truck, at, action.eta) if said_yes else None

    def renew(self, action: RenewEta, at: float) -> None:
        """What is said together with the yes is the promise; whatever is said later was not promised."""
        if self.promise is not None and at == self.promise.at:
            self.promise = Promise(action.truck, at, action.eta)

    def move(self, action: MoveTow, at: float) -> None:
        """The truck is sent elsewhere."""
        if self.promise is not None and is_redirected(action.metres):
            self.promise = Promise(action.truck, at, action.eta)

    def report(self, report: TruckReport, at: float) -> PromisedArrival | None:
        """A truck says how its job stands; what it promised and kept, where it has arrived."""
        if report.job_state == "accepted" and report.truck == self.offered[0]:
            self.promise = self.promise or Promise(report.truck, at, max(self.offered[1], at))
        elif report.job_state == "arrived" and self.promise is not None and report.truck == self.promise.truck:
            promise, self.promise = self.promise, None
            return PromisedArrival(promise.eta - promise.at, at - promise.at)
        return None


def bias(arrivals: Iterable[PromisedArrival]) -> float | None:
    """Return how much longer all drives together took than was promised, as a share; ``None`` without any."""
    kept = list(arrivals)
    promised = sum(one.promised_s for one in kept)
    return round(sum(one.late_s for one in kept) / promised, 4) if promised > 0 else None


def p90_error(arrivals: Iterable[PromisedArrival]) -> float | None:
    """Return what nine of ten drives were no further off than, as a share of what was promised; ``None`` without any."""
    errors = [abs(one.late_s) / max(one.promised_s, SHORTEST_S) for one in arrivals]
    return round(float(np.percentile(errors, 90)), 4) if errors else None


SHORTEST_S = 60.0
"""Of a truck that is around the corner nobody is told seconds."""
