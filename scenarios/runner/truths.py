"""What the world knows of how it really was: written beside the ledger, and held against it by the scorecard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from scenarios.score.scorecard import ScoreEvidence
from scenarios.world import app_truth, money_truth, survey_truth
from scenarios.world import ground_truth as truth
from scenarios.world.ground_truth import Fault
from scenarios.world.plan import Plan


def write_truths(folder: Path, plan: Plan, faults: list[Fault]) -> None:
    """Write the files ``truth*.jsonl`` of a run."""
    truth.write(folder / "truth.jsonl", faults)
    app_truth.write(folder, plan.app_uses)
    money_truth.write(folder, plan.wrongs)
    survey_truth.write(folder, plan.contentment)


def with_truths(evidence: ScoreEvidence, plan: Plan) -> ScoreEvidence:
    """Return what a ledger says, with what else the world knows of those who lived in it."""
    return replace(
        evidence,
        uses=plan.app_uses,
        wrongs=plan.wrongs,
        contentment=plan.contentment,
        contacts=plan.contact_truths,
        offers=plan.offers,
        talks=plan.true_talks or None,
    )
