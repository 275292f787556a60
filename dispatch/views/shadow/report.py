"""What a shadow comes to: by decision, by case, in totals. Pure data, as it is told to people and machines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class ComparedChoice:
    """What is to become of a case. ``truck`` and ``arrives`` (POSIX seconds) are ``None`` where no truck can help it."""

    truck: str | None
    goes: bool
    """It is sent now; else the case waits for it, and ``arrives`` is as it is planned."""
    arrives: float | None


@dataclass(frozen=True, slots=True)
class CaseCompared:
    """One case at a decision."""

    case: str
    live: ComparedChoice
    shadow: ComparedChoice
    sooner_s: float | None
    """By how much the shadow's truck would be there sooner; negative: later."""


@dataclass(frozen=True, slots=True)
class ShadowDifference:
    """One moment at which the shadow would have decided otherwise. ``at``: POSIX seconds; costs as a plan's, of all who wait."""

    seq: int
    """Of the ledger's row."""
    at: float
    trigger: str
    """The input, or ``alarm``."""
    cases: list[CaseCompared]
    cost_live: float | None
    cost_shadow: float | None
    calls_live: list[str]
    """Calls of ours that were queued, and would not have been."""
    calls_shadow: list[str]
    """Calls that would have been queued."""


@dataclass(slots=True)
class Side:
    """Of choices that differ, and for which both know an arrival."""

    wait_s: float = 0.0
    """From the opening of a case until the arrival that was to be expected; all together."""
    late: int = 0
    """Expected later than the house's target."""
    calls: int = 0
    """Calls of ours to customers that were queued, and the other would not have queued."""


@dataclass(slots=True)
class ShadowTotals:
    """Each search for a truck counts once: where the first of the two sends one."""

    moments: int = 0
    """Decisions that were looked at, of any kind."""
    choices: int = 0
    """Searches for a truck."""
    alike: int = 0
    another_truck: int = 0
    shadow_waits: int = 0
    """A truck was sent, and the shadow would have the case wait for another."""
    shadow_sends: int = 0
    """The case waits, and the shadow would have sent a truck."""
    compared: int = 0
    """Choices that differ and for which both know an arrival."""
    live: Side = field(default_factory=Side)
    shadow: Side = field(default_factory=Side)
    cost_s: float = 0.0
    """What the shadow's choices cost more than those that were made, in seconds of waiting; negative: less."""
    others_live: dict[str, int] = field(default_factory=dict)
    """By type: what else was decided, and would not have been."""
    others_shadow: dict[str, int] = field(default_factory=dict)
    """By type: what else would have been decided."""


@dataclass(slots=True)
class Spent:
    """Processor seconds. ``share``: of one processor, since the shadow began."""

    shadow_s: float = 0.0
    """Deciding beside."""
    whole_s: float = 0.0
    """All of it: following the ledger and measuring included."""
    worst_s: float = 0.0
    """Of one decision of the shadow's."""
    share: float | None = None


State = Literal["starting", "running", "stopped"]


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """How a shadow stands. Figures begin anew with each start of the service: ``since`` says when (POSIX seconds)."""

    state: State
    why: str | None
    """Why it was stopped."""
    policy: dict[str, Any]
    """What it goes by, where that is not as usual: the keys of a policy file."""
    since: float | None = None
    from_seq: int | None = None
    """Behind which row of the ledger it began."""
    seq: int | None = None
    """The last row that it looked at."""
    begun_again: int = 0
    """How often it had to begin anew from the store, and went on counting."""
    totals: ShadowTotals = field(default_factory=ShadowTotals)
    spent: Spent = field(default_factory=Spent)
    differences: list[ShadowDifference] = field(default_factory=list)
    """The last of them, the newest last."""
