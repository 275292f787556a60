"""One round: what is to happen happens, everything heals and is seen to, then ledger and world are held against each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from dispatch.ledger.rows import Row
from dispatch.store.journal import Journal
from scenarios.chaos.agenda import Agenda
from scenarios.chaos.injections import inject
from scenarios.chaos.judge import LedgerVerdict, judge
from scenarios.chaos.plan import RoundPlan
from scenarios.chaos.stage import ChaosStage

OVER_WITHIN_S = 90.0
"""From a round's beginning until everything is healed, answered and closed."""


def play(stage: ChaosStage, plan: RoundPlan, first_device: int) -> LedgerVerdict:
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
    verdict = judge(ledger_of(stage), stage.seen)
    if late:
        verdict = replace(verdict, unfinished=tuple(dict.fromkeys((*verdict.unfinished, *late))))
    return verdict


def _break_down(stage: ChaosStage, number: int, devices: list[str]) -> None:
    devices.append(stage.fleet.break_down(number))


def _over(stage: ChaosStage, devices: Sequence[str]) -> bool:
    return next(_left(stage, devices), None) is None


def _left(stage: ChaosStage, devices: Sequence[str]) -> Iterator[str]:
    """Yield, in words, what is still to come."""
    if stage.fleet.outstanding():
        yield f"the broker has not taken {stage.fleet.outstanding()} messages"
    if not stage.service.ready():
        yield "the service is not up"
    for device, command in stage.commands:
        if not stage.seen.effects[device, command]:
            yield f"{device} has not got {command}"
    sent = set(stage.seen.sent.values())
    for device in devices:
        if device not in sent:
            yield f"{device}'s fault is not acknowledged"
        if stage.cases.get(device) not in stage.closed:
            yield f"{stage.cases.get(device, device)} is not closed"


def ledger_of(stage: ChaosStage) -> list[Row]:
    """Return the ledger, read from the store beside the service."""
    with Journal.look_at(stage.store) as journal:
        return list(journal.ledger.rows())
