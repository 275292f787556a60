"""One round: what is to happen happens, everything heals and is seen to, then ledger and world are held against each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from dispatch.engine.recovery import restored
from dispatch.ledger.rows import Row
from dispatch.store.journal import Journal
from scenarios.chaos.agenda import Agenda
from scenarios.chaos.injections import inject
from scenarios.chaos.judge import LedgerVerdict, judge, with_money
from scenarios.chaos.paying.bank import POLICY
from scenarios.chaos.paying.plan import PlannedDeed
from scenarios.chaos.paying.verdict import judge_money
from scenarios.chaos.plan import RoundPlan
from scenarios.chaos.stage import ChaosStage

OVER_WITHIN_S = 90.0
"""From a round's beginning until everything is healed, answered and closed."""

SHOWN_WITHIN_S = 20.0
"""From then until twins have what their devices said."""


def play(stage: ChaosStage, plan: RoundPlan, first_device: int) -> LedgerVerdict:
    """Play one round, wait until all of it is over, and judge the ledger so far."""
    stage.chronicle.note("round", number=plan.number)
    agenda = Agenda()
    devices: list[str] = []
    for place, (at_s, _) in enumerate(plan.faults):
        agenda.at(at_s, partial(_break_down, stage, first_device + place, devices))
    for at_s, sound in plan.statuses:
        agenda.at(at_s, partial(stage.fleet.tell_status, sound))
    for ask in plan.money.asks:
        agenda.at(ask.at_s, partial(stage.fleet.payers.ask, ask))
    for deed in plan.money.deeds:
        agenda.at(deed.at_s, partial(_customer_does, stage, deed))
    for injection in plan.injections:
        agenda.at(injection.at_s, partial(inject, stage, agenda, injection))
    late = [] if stage.live(agenda, partial(_over, stage, devices), OVER_WITHIN_S) else list(_left(stage, devices))
    stage.chronicle.note("over", late=late)
    forgotten = stage.loop.run(stage.shown.settle(SHOWN_WITHIN_S), OVER_WITHIN_S)
    verdict = replace(_judged(stage), forgotten=tuple(forgotten))
    wrong = (*verdict.unfinished, *late, *stage.customers.wrong)
    return replace(verdict, unfinished=tuple(dict.fromkeys(wrong)))


def end(stage: ChaosStage, verdict: LedgerVerdict) -> LedgerVerdict:
    """Judge once more after a last kill and an end in order: what is shown then, and what lies in the store."""
    stage.service.kill()
    stage.await_ready()
    wrong = [*verdict.forgotten, *stage.loop.run(stage.shown.again(), OVER_WITHIN_S)]
    stage.service.stop()
    with Journal.look_at(stage.store) as journal:
        wrong += stage.shown.held_against(journal.twins.all())
        wrong += [f"row {seq} of the inbox is left behind by an end in order" for seq, _, _ in journal.inbox.rows()]
    return replace(_judged(stage), unfinished=verdict.unfinished, forgotten=tuple(wrong))


def _judged(stage: ChaosStage) -> LedgerVerdict:
    """Judge the ledger so far, and its money; told again, it has to come to the same."""
    bank, money = stage.bank.bank, stage.seen.money
    with Journal.look_at(stage.store) as journal:
        rows = list(journal.ledger.rows())
        found = restored(journal, policy=POLICY.desk())
    money.executed, money.otherwise = bank.books(), list(bank.otherwise)
    money.contradicted = set(bank.contradicted)
    verdict = with_money(judge(rows, stage.seen), judge_money(rows, found.desk.purse.book, money))
    return replace(verdict, unsound=(*verdict.unsound, *found.drift.examples))


def _customer_does(stage: ChaosStage, deed: PlannedDeed) -> None:
    payers = stage.fleet.payers
    payer = payers.of(deed.payer)
    stage.loop.call(partial(stage.customers.do, payer, deed.what, payers.paid(payer)))


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
    yield from stage.fleet.payers.left()
    if stage.customers.busy:
        yield f"customers have {stage.customers.busy} things to do"
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
