"""Plays round after round, and judges each: everything healed and drained, then ledger and world held against each other."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

from dispatch.journal import Journal
from dispatch.ledger import Row
from scenarios.chaos.agenda import Agenda
from scenarios.chaos.build import Cast, stage_of
from scenarios.chaos.injections import inject
from scenarios.chaos.judge import Verdict, judge
from scenarios.chaos.kinds import Kind
from scenarios.chaos.plan import FAULTS, ROUNDS_A_STAGE, RoundPlan, draw_round, kinds_in, layout_of
from scenarios.chaos.stage import Stage

OVER_WITHIN_S = 60.0
"""From a round's beginning until everything is healed, answered and closed."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """What is to be played."""

    rounds: int
    seed: int
    kinds: tuple[Kind, ...]
    mosquitto: bool = False
    out: Path | None = None
    """Where the evidence of a failed round is kept."""


@dataclass(slots=True)
class Outcome:
    """What a campaign came to."""

    rounds: int = 0
    sent: int = 0
    cases: int = 0
    lost: int = 0
    twice: int = 0
    ledger_ok: bool = True
    commands: int = 0
    unheard: int = 0
    """Commands that never reached their device."""
    unfinished: int = 0
    """Cases that nobody saw to the end, and messages that the broker never took."""
    crashes: int = 0
    """Ends of the service that nobody asked for."""
    seconds_refused: int = 0
    repeated: int = 0
    reordered: int = 0
    wall_s: float = 0.0
    faults: dict[Kind, int] = field(default_factory=dict)
    """Kind → how often it was done."""
    disk: str = ""
    """How the disk was made full."""
    evidence: list[str] = field(default_factory=list)
    """Folders of failed rounds."""

    @property
    def holds(self) -> bool:
        """Was nothing lost and nothing done twice, and did the service go on?"""
        return self.ledger_ok and not (self.lost or self.twice or self.unheard or self.unfinished or self.crashes)


def run(campaign: Campaign, progress: Callable[[float], None] = lambda _share: None) -> Outcome:
    """Play all rounds. A failed round ends its stage: the next begins on a new store."""
    began, outcome = time.monotonic(), Outcome(faults=dict.fromkeys(campaign.kinds, 0))
    number = stage = 0
    while number < campaign.rounds:
        played = _play_stage(campaign, stage, number, outcome, progress)
        number, stage = number + played, stage + 1
    outcome.wall_s = round(time.monotonic() - began, 1)
    return outcome


def _play_stage(
    campaign: Campaign,
    number: int,
    first: int,
    outcome: Outcome,
    progress: Callable[[float], None],
) -> int:
    """Play up to ``ROUNDS_A_STAGE`` rounds from ``first`` on, and return how many."""
    layout = layout_of(number, campaign.kinds, embedded=not campaign.mosquitto)
    kinds = kinds_in(layout, campaign.kinds)
    plans = [
        draw_round(campaign.seed, one, kinds) for one in range(first, min(first + ROUNDS_A_STAGE, campaign.rounds))
    ]
    troubles = [trouble for plan in plans for _, trouble in plan.faults]
    with _folder() as folder:
        cast = Cast(folder, layout, kinds, troubles, f"{campaign.seed}/{number}", campaign.mosquitto)
        with stage_of(cast) as stage:
            outcome.disk = stage.disk.name
            for played, plan in enumerate(plans, 1):
                verdict = _play(stage, plan, (plan.number - first) * FAULTS)
                for one in plan.injections:
                    outcome.faults[one.kind] += 1
                outcome.rounds += 1
                progress(outcome.rounds / campaign.rounds)
                good = verdict.holds and not stage.service.crashes
                if not good or played == len(plans):
                    _add(outcome, stage, verdict)
                if not good:
                    outcome.evidence.append(str(_keep(campaign, stage, plan, verdict)))
                    return played
    return len(plans)


def _play(stage: Stage, plan: RoundPlan, first_device: int) -> Verdict:
    """Play one round, wait until all of it is over, and judge the ledger so far."""
    stage.chronicle.note("round", number=plan.number)
    agenda = Agenda()
    devices: list[str] = []
    for place, (at_s, _) in enumerate(plan.faults):
        agenda.at(at_s, partial(_break_down, stage, first_device + place, devices))
    for injection in plan.injections:
        agenda.at(injection.at_s, partial(inject, stage, agenda, injection))
    late = [] if stage.live(agenda, partial(_over, stage, devices), OVER_WITHIN_S) else list(_left(stage, devices))
    stage.chronicle.note("over", late=late)
    verdict = judge(_ledger(stage), stage.seen)
    if late:
        verdict = replace(verdict, unfinished=tuple(dict.fromkeys((*verdict.unfinished, *late))))
    return verdict


def _break_down(stage: Stage, number: int, devices: list[str]) -> None:
    devices.append(stage.fleet.break_down(number))


def _over(stage: Stage, devices: Sequence[str]) -> bool:
    return next(_left(stage, devices), None) is None


def _left(stage: Stage, devices: Sequence[str]) -> Iterator[str]:
    """Yield, in words, what is still to come."""
    if stage.fleet.outstanding():
        yield f"the broker has not taken {stage.fleet.outstanding()} messages"
    if not stage.service.ready():
        yield "the service is not up"
    sent = set(stage.seen.sent.values())
    for device in devices:
        if device not in sent:
            yield f"{device}'s fault is not acknowledged"
        if stage.cases.get(device) not in stage.closed:
            yield f"{stage.cases.get(device, device)} is not closed"


def _ledger(stage: Stage) -> list[Row]:
    with Journal.look(stage.folder / "service") as journal:
        return list(journal.rows())


def _add(outcome: Outcome, stage: Stage, verdict: Verdict) -> None:
    outcome.sent += verdict.sent
    outcome.cases += verdict.cases
    outcome.lost += len(verdict.lost)
    outcome.twice += len(verdict.twice)
    outcome.ledger_ok = outcome.ledger_ok and not verdict.unsound
    outcome.commands += verdict.commands
    outcome.unheard += len(verdict.unheard)
    outcome.unfinished += len(verdict.unfinished)
    outcome.crashes += stage.service.crashes
    outcome.seconds_refused += stage.refused
    if stage.link:
        repeated, swapped = stage.link.counts()
        outcome.repeated += repeated
        outcome.reordered += swapped


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="callahead-chaos-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _keep(campaign: Campaign, stage: Stage, plan: RoundPlan, verdict: Verdict) -> Path:
    """Keep what a failed round leaves: its plan, what happened, the verdict, logs and ledger."""
    kept = (campaign.out or Path("runs")) / f"chaos-{campaign.seed}-round-{plan.number}"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    (kept / "plan.json").write_text(json.dumps({"seed": campaign.seed, **asdict(plan)}, indent=1))
    (kept / "verdict.json").write_text(json.dumps(asdict(verdict), indent=1))
    (kept / "ledger.jsonl").write_text("".join(json.dumps(asdict(row)) + "\n" for row in _ledger(stage)))
    stage.chronicle.write(kept / "happened.jsonl")
    for log in [*stage.folder.glob("*.log"), *stage.folder.glob("*/*.log"), *stage.folder.glob("service/broker/*.log")]:
        shutil.copy(log, kept / log.name)
    return kept
