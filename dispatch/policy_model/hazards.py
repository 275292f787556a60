"""When customers phone, as a file says it: what ``callahead learn hazards`` writes, and a policy's ``hazards:`` names. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from dispatch.core.call_order.hazards import ANY, Hazard, HazardModel
from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Duration, Share

DAY_S = 86_400.0
Name = Annotated[str, Field(min_length=1, max_length=200)]


def _within(low: float, high: float, said: str) -> Callable[[float], float]:
    def check(value: float) -> float:
        if not low <= value <= high:
            message = f"{value:g} s is not {said}"
            raise ValueError(message)
        return value

    return check


Median = Annotated[Duration, AfterValidator(_within(1, 365 * DAY_S, "from 1 s to 365 days"))]
Span = Annotated[Duration, AfterValidator(_within(1, DAY_S, "from 1 s to a day"))]


class HazardClass(StrictModel):
    """One class of faults. The time from the opening of a case until its customer phones is log-normal."""

    median: Median
    """Half have phoned by then."""
    sigma: Annotated[float, Field(ge=0.05, le=5)]
    """Of its logarithm."""
    talk: Span
    """One conversation, on average."""
    phoned: Annotated[int, Field(ge=0)] = 0
    """How many it was learned from; 0: it is as usual."""
    unheard: Annotated[int, Field(ge=0)] = 0
    """And how many of whom is known only that they had not phoned by then."""


def _has_any(found: dict[str, HazardClass]) -> dict[str, HazardClass]:
    if ANY not in found:
        message = f"the class '{ANY}' is missing, for whatever has none of its own"
        raise ValueError(message)
    return found


class HazardsFile(StrictModel):
    """A model of when customers phone."""

    version: Name
    """By which it is known in the ledger."""
    answers: Annotated[tuple[Share, ...], Field(min_length=1, max_length=20, strict=False)]
    """How often somebody answers: rung the first time, after one vain attempt, …; the last holds from there on."""
    ring: Span
    """An attempt that nobody answers."""
    holds: Span
    """Who rang in hangs up after so long, on average."""
    classes: Annotated[dict[Name, HazardClass], Field(max_length=1_000), AfterValidator(_has_any)]
    """By name: ``vehicle/starter``, else ``vehicle``, else ``any``."""

    def model(self) -> HazardModel:
        """Return what a desk goes by."""
        classes = (
            Hazard(of, one.median, one.sigma, one.talk, one.phoned, one.unheard) for of, one in self.classes.items()
        )
        return HazardModel(self.version, tuple(classes), self.answers, self.ring, self.holds)


def hazards_written(model: HazardModel) -> dict[str, Any]:
    """Return a model as a file has it: each figure with its unit."""
    classes = {one.of: _class_written(one) for one in model.classes}
    times = {"ring": f"{model.ring_s:g} s", "holds": f"{model.holds_s:g} s"}
    return {"version": model.version, "answers": list(model.answers), **times, "classes": classes}


def _class_written(one: Hazard) -> dict[str, Any]:
    figures: dict[str, Any] = {"median": f"{one.median_s:.1f} s", "sigma": round(one.sigma, 4)}
    counts = {"phoned": one.phoned, "unheard": one.unheard} if one.phoned else {}
    return figures | {"talk": f"{one.talk_s:.1f} s"} | counts
