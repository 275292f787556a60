"""Plays round after round, on a new store now and then, and counts."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from scenarios.chaos.build import Cast, stage_of
from scenarios.chaos.clock import SteppedClock
from scenarios.chaos.database import SQLITE, FillablePostgres, Store, store_of
from scenarios.chaos.evidence import keep
from scenarios.chaos.judge import LedgerVerdict
from scenarios.chaos.kinds import BrokerChoice, FaultKind
from scenarios.chaos.paying.verdict import MoneyVerdict
from scenarios.chaos.plan import FAULTS, ROUNDS_A_STAGE, RoundPlan, draw_round, kinds_in, layout_of
from scenarios.chaos.rounds import end, play
from scenarios.chaos.stage import ChaosStage
from scenarios.chaos.troubles import ways
from scenarios.service.forks import Copies, copies_of_service


@dataclass(frozen=True, slots=True)
class Campaign:
    """What is to be played."""

    rounds: int
    seed: int
    kinds: tuple[FaultKind, ...]
    broker: BrokerChoice = BrokerChoice.EMBEDDED
    store: str = SQLITE
    """``sqlite``, ``postgresql``, or the DSN of a server that runs."""
    out: Path | None = None
    """Where the evidence of a failed round is kept."""


@dataclass(slots=True)
class CampaignOutcome:
    """What a campaign came to."""

    rounds: int = 0
    sent: int = 0
    cases: int = 0
    lost: int = 0
    twice: int = 0
    ledger_ok: bool = True
    payments: int = 0
    """That devices asked for; of these some are settled, and some refused."""
    settled: int = 0
    refused: int = 0
    over_limit: int = 0
    debits_minus_credits: int = 0
    """And by how much the bank's books differ from the ledger's, minor units."""
    commands: int = 0
    unheard: int = 0
    """Commands that never reached their device."""
    unfinished: int = 0
    """Cases that nobody saw to the end, and messages that the broker never took."""
    forgotten: int = 0
    """Twins without what their devices said."""
    crashes: int = 0
    """Ends of the service that nobody asked for."""
    services_refused: int = 0
    heard_again: int = 0
    """Messages that restarts took from the inbox."""
    repeated: int = 0
    reordered: int = 0
    wall_s: float = 0.0
    faults: dict[FaultKind, int] = field(default_factory=dict)
    """Kind → how often it was done."""
    disk: str = ""
    """How the disk was made full."""
    evidence: list[str] = field(default_factory=list)
    """Folders of failed rounds."""

    def count(self, plan: RoundPlan) -> None:
        """A round was played."""
        self.rounds += 1
        for injection in plan.injections:
            self.faults[injection.kind] += 1

    @property
    def holds(self) -> bool:
        """Was nothing lost and nothing done twice, and did the service go on?"""
        undone = self.lost or self.unheard or self.unfinished or self.forgotten or self.crashes
        return self.ledger_ok and not (undone or self.twice or self.over_limit or self.debits_minus_credits)


def run(campaign: Campaign, progress: Callable[[float], None] = lambda _share: None) -> CampaignOutcome:
    """Play all rounds. A failed round ends its stage: the next begins on a new store."""
    began, outcome = time.monotonic(), CampaignOutcome(faults=dict.fromkeys(campaign.kinds, 0))
    with _house(campaign) as house, suppress(KeyboardInterrupt):  # what was played counts
        for stage in count():
            if outcome.rounds == campaign.rounds:
                break
            _play_stage(campaign, house, stage, outcome, progress)
    outcome.wall_s = round(time.monotonic() - began, 1)
    return outcome


def _play_stage(
    campaign: Campaign, house: _House, number: int, outcome: CampaignOutcome, progress: Callable[[float], None]
) -> None:
    """Play the next rounds, ``ROUNDS_A_STAGE`` at most, on a new store."""
    layout = layout_of(number, campaign.kinds, campaign.broker)
    first, kinds = outcome.rounds, kinds_in(layout, campaign.kinds)
    last = min(first + ROUNDS_A_STAGE, campaign.rounds)
    plans = [draw_round(campaign.seed, one, kinds, list(ways())) for one in range(first, last)]
    troubles = [broken for plan in plans for _, broken in plan.faults]
    with _folder() as folder:
        at = house.store.fresh(folder / "service", number)
        database = house.store if isinstance(house.store, FillablePostgres) else None
        seed = f"{campaign.seed}/{number}"
        gateways = 2 if {FaultKind.KILL_GATEWAY, FaultKind.KILL_ROUTER} & {*campaign.kinds} else 1
        cast = Cast(folder, layout, troubles, seed, campaign.broker, house.copies, house.clock, at, database, gateways)
        if house.clock:
            house.clock.step(0.0)
        with stage_of(cast) as stage, _counted(outcome, stage) as verdicts:
            for plan in plans:
                verdict = play(stage, plan, (plan.number - first) * FAULTS)
                verdicts.append(verdict)
                outcome.count(plan)
                progress(outcome.rounds / campaign.rounds)
                if not verdict.holds or stage.service.crashes:
                    outcome.evidence.append(str(keep(campaign.out, campaign.seed, stage, plan, verdict)))
                    return
            ended = end(stage, verdicts[-1])
            verdicts.append(ended)
            if not ended.holds or stage.service.crashes:
                outcome.evidence.append(str(keep(campaign.out, campaign.seed, stage, plans[-1], ended)))


@contextmanager
def _counted(outcome: CampaignOutcome, stage: ChaosStage) -> Iterator[list[LedgerVerdict]]:
    """Have the last verdict counted, however the stage ends: each judges all there is so far."""
    verdicts: list[LedgerVerdict] = []
    try:
        yield verdicts
    finally:
        if verdicts:
            _add(outcome, stage, verdicts[-1])


def _add(outcome: CampaignOutcome, stage: ChaosStage, verdict: LedgerVerdict) -> None:
    outcome.sent += verdict.sent
    outcome.cases += verdict.cases
    outcome.lost += len(verdict.lost)
    outcome.twice += len(verdict.twice)
    outcome.ledger_ok = outcome.ledger_ok and not verdict.unsound
    outcome.commands += verdict.commands
    outcome.unheard += len(verdict.unheard)
    outcome.unfinished += len(verdict.unfinished)
    if verdict.money is not None:
        _add_money(outcome, verdict.money)
    outcome.forgotten += len(verdict.forgotten)
    outcome.heard_again += stage.service.heard_again()
    outcome.crashes += stage.service.crashes
    outcome.services_refused += stage.refused
    outcome.disk = stage.disk.name
    if stage.link:
        repeated, swapped = stage.link.counts()
        outcome.repeated += repeated
        outcome.reordered += swapped


def _add_money(outcome: CampaignOutcome, verdict: MoneyVerdict) -> None:
    outcome.payments += verdict.asked
    outcome.settled += verdict.settled
    outcome.refused += verdict.refused
    outcome.over_limit += len(verdict.over_limit)
    outcome.debits_minus_credits += verdict.unbalanced


@dataclass(frozen=True, slots=True)
class _House:
    """What all stages share."""

    store: Store
    copies: Copies
    clock: SteppedClock | None


@contextmanager
def _house(campaign: Campaign) -> Iterator[_House]:
    with ExitStack() as running:
        store = running.enter_context(store_of(campaign.store))
        clock = SteppedClock(running.enter_context(_folder())) if FaultKind.CLOCK in campaign.kinds else None
        copies = running.enter_context(copies_of_service(clock.environment() if clock else {}))
        yield _House(store, copies, clock)


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="callahead-chaos-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
