"""Why this truck: each decision about the truck of a case, by whom, and whom it was chosen from, as the ledger has it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.core.actions import AdoptTow, OfferAction, ReassignTow, SendTow, TruckCandidate
from dispatch.core.acts import ActUndone, OfCase, TruckChosen, TruckPinned
from dispatch.ledger.rows import Row, read
from dispatch.views.timeline import line


@dataclass(frozen=True, slots=True)
class TruckDecision:
    """A truck was given the job. Times are POSIX seconds."""

    seq: int
    at: float
    truck: str
    instead_of: str | None
    eta: float
    skill: str
    by: str | None
    """The person who wanted it; ``None``: the house decided."""
    reason: str
    """The person's."""
    candidates: tuple[TruckCandidate, ...]
    """Whom it was chosen from, the nearest first; none where the nearest free one went as a matter of course."""
    said: str
    """The decision as a sentence."""


def decisions(rows: Sequence[Row]) -> list[TruckDecision]:
    """Return the decisions about the truck of a case, oldest first. ``rows``: the case's."""
    acts = {row.seq: said for row in rows if isinstance(said := read(row), OfCase)}
    return [
        _decision(row, said, acts.get(row.cause or 0))
        for row in rows
        if isinstance(said := read(row), SendTow | ReassignTow | AdoptTow)
    ]


def _decision(row: Row, action: OfferAction, act: OfCase | None) -> TruckDecision:
    theirs = isinstance(act, TruckChosen | TruckPinned | ActUndone) and act.case == action.case
    by, reason = (act.by, act.reason) if theirs and act is not None else (None, "")
    candidates = () if isinstance(action, AdoptTow) else action.why
    return TruckDecision(
        *(row.seq, row.at, action.truck, _before(action), action.eta, action.skill),
        *(by, reason, candidates, line(row).what),
    )


def _before(action: OfferAction) -> str | None:
    match action:
        case SendTow():
            return None
        case ReassignTow():
            return action.from_truck
        case AdoptTow():
            return action.instead_of
