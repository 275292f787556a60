"""What is kept of a round that failed, so that it can be understood, and played again from its seed."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

from scenarios.chaos.judge import LedgerVerdict
from scenarios.chaos.plan import RoundPlan
from scenarios.chaos.rounds import ledger_of
from scenarios.chaos.stage import ChaosStage


def keep(out: Path | None, seed: int, stage: ChaosStage, plan: RoundPlan, verdict: LedgerVerdict) -> Path:
    """Keep what a failed round leaves: its plan, what happened, the verdict, logs and ledger."""
    kept = (out or Path("runs")) / f"chaos-{seed}-round-{plan.number}"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    (kept / "plan.json").write_text(json.dumps({"seed": seed, **asdict(plan)}, indent=1))
    (kept / "verdict.json").write_text(json.dumps(asdict(verdict), indent=1))
    (kept / "ledger.jsonl").write_text("".join(json.dumps(asdict(row)) + "\n" for row in ledger_of(stage)))
    stage.chronicle.write(kept / "happened.jsonl")
    for log in [*stage.folder.glob("*.log"), *stage.folder.glob("*/*.log"), *stage.folder.glob("service/broker/*.log")]:
        shutil.copy(log, kept / log.name)
    return kept
