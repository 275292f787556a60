"""Reads what was recorded, once: the evidence, the course of the day, the scorecard."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dispatch.core.policy import Policy
from scenarios.report.day import Day
from scenarios.runner.recorded import Recorded
from scenarios.score.scorecard import Figure, ScoreEvidence, Setting, figures, gather

BESIDE_THE_LEDGER = ("devices", "events", "wall_s", "sim_s")
"""Figures that a run knows and its ledger does not."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a ledger says, with what lies beside it."""

    evidence: ScoreEvidence
    day: Day
    scorecard: dict[str, Figure]
    """Of a live service's ledger: only what it knows."""


def read_through(found: Recorded) -> Reading:
    """Read a ledger from beginning to end."""
    day = Day()
    gathered = gather(day.through(found.rows()), _setting(found), found.truth, wrongs=found.wrongs)
    evidence = replace(gathered, contentment=found.contentment)
    return Reading(evidence, day, _scorecard(found, figures(evidence), day))


def _setting(found: Recorded) -> Setting:
    """Return what the story's house called late; the rest a ledger does not know."""
    due = found.policy.get("due_s", Policy().due_s)
    return Setting(None, None, 0.0, 0.0, float(due))


def _scorecard(found: Recorded, card: dict[str, Figure], day: Day) -> dict[str, Figure]:
    if found.notes is not None:
        return card | {key: found.notes.scorecard.get(key) for key in BESIDE_THE_LEDGER}
    left: dict[str, Figure] = {
        key: value for key, value in card.items() if key not in BESIDE_THE_LEDGER and value is not None
    }
    return left | {"sim_s": round(day.last_at - (day.first_at or 0.0), 1)}
