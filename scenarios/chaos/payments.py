"""Devices pay while the till is killed: after every kill what was not said to be committed is told again, in another order.

The bank hears of instructions from the store alone, pays each once, and answers late, twice, or out of turn.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from dispatch.core.consent import Way
from dispatch.core.events import Event
from dispatch.core.ids import end_to_end_of, mandate_id, payment_id
from dispatch.core.purse.actions import AskPayer, InstructBank, RefusePayment, ReservePayment
from dispatch.core.purse.events import (
    BankAnswered,
    MandateChanged,
    MandateGiven,
    MoneyArrived,
    PaymentAsked,
    PaymentCancelled,
    PaymentCaptured,
    PaymentConfirmed,
)
from dispatch.core.purse.mandate import Alignment, Mandate, Payee, Period, PeriodicLimit
from dispatch.engine.recovery import restored
from dispatch.ledger.rows import Row, faults, read
from dispatch.store.journal import Journal
from gateway.finding import CaptureAsk, PaymentAsk
from scenarios.chaos.till import live
from scenarios.score.money import money_facts

CUSTOMERS, ASKS = 8, 25
"""So many customers, and so many asks in a round."""
LIVES_S = 0.25
"""So long at most a till takes what comes before it is killed."""
_TILLS = multiprocessing.get_context("forkserver")
_TILLS.set_forkserver_preload(["scenarios.chaos.till"])


@dataclass(slots=True)
class TillOutcome:
    """What all rounds came to; sums in minor units."""

    rounds: int = 0
    kills: int = 0
    told: int = 0
    """Events, each counted once."""
    told_again: int = 0
    payments: int = 0
    reserved: int = 0
    settled: int = 0
    refused: int = 0
    lost: int = 0
    """Asks about which nothing was decided."""
    over_limit: int = 0
    twice: int = 0
    debits_minus_credits: int = 0
    paid_otherwise: int = 0
    """Payments that the bank made and the books do not have, or the other way round."""
    ledger_ok: bool = True
    wall_s: float = 0.0

    @property
    def holds(self) -> bool:
        """Is all well?"""
        wrong = self.lost or self.over_limit or self.twice or self.debits_minus_credits or self.paid_otherwise
        return self.ledger_ok and not wrong


@dataclass(slots=True)
class _World:
    """What is still to be told, and what the bank has done."""

    dice: Random
    to_tell: dict[int, Event] = field(default_factory=dict)
    told: int = 0
    asked: list[str] = field(default_factory=list)
    seq: int = 0
    """Of the last row that the bank and the customers have read."""
    paid: dict[str, str] = field(default_factory=dict)
    """Instruction → what the bank says of it, for good."""

    def tell(self, event: Event) -> None:
        """Have something told, until it is said to be committed."""
        self.told += 1
        self.to_tell[self.told] = event

    def shuffled(self) -> list[tuple[int, Event]]:
        """Return what is to be told, in no order."""
        return self.dice.sample(list(self.to_tell.items()), len(self.to_tell))


def play(rounds: int, seed: int, progress: Callable[[float], None] = lambda _: None) -> TillOutcome:
    """Play ``rounds`` rounds, each of which ends with a kill, and then see all to its end."""
    began, outcome, world = time.monotonic(), TillOutcome(), _World(Random(seed))  # noqa: S311 - dice
    for event in _beginning():
        world.tell(event)
    with tempfile.TemporaryDirectory(prefix="callahead-till-") as folder:
        for number in range(rounds):
            _ask(world, number)
            outcome.told_again += _live(Path(folder), world, killed=True)
            outcome.kills += 1
            outcome.rounds += 1
            _read_on(Path(folder), world)
            progress(number / rounds)
        while world.to_tell:
            _live(Path(folder), world, killed=False)
            _read_on(Path(folder), world)
        _judge(Path(folder), world, outcome)
    outcome.told, outcome.wall_s = world.told, round(time.monotonic() - began, 1)
    return outcome


def _beginning() -> Iterator[Event]:
    for number in range(CUSTOMERS):
        who, device = f"c-{number}", f"volta/car-{number}"
        yield MoneyArrived(who, 200_00, "EUR", f"in-{number}", "simulated")
        limits = (PeriodicLimit(Period.DAY, Alignment.CALENDAR, 150_00),)
        begin = time.time() - 86_400.0
        mandate = Mandate(
            mandate_id(who, "parking"), who, device, (Payee("parking-1"),), "parking", "EUR", 20_00, limits, begin,
            None, "Europe/Riga", "", "simulated",
        )  # fmt: skip
        yield MandateGiven(mandate, Way.LINK, strong=True)


def _ask(world: _World, number: int) -> None:
    """Devices ask, some of them twice; payees call some of it off."""
    dice = world.dice
    for place in range(ASKS):
        who = dice.randrange(CUSTOMERS)
        device, ref = f"volta/car-{who}", f"p-{number}-{place}"
        amount, now = dice.choice((50, 1_10, 3_00, 20_00, 20_01)), time.time()
        event = f"{device}/{number}-{place}"
        at_most = dice.random() < 0.3  # noqa: PLR2004 - a share
        payee = "parking-1" if dice.random() < 0.95 else "parking-2"  # noqa: PLR2004 - a share
        for key in (event, f"{event}b")[: dice.choice((1, 1, 2))]:
            world.tell(
                PaymentAsked(
                    PaymentAsk(
                        key, ref, device, f"c-{who}", "", payee, amount, "EUR", "parking", "an hour", None, "", now,
                        "simulated", at_most=at_most,
                    )
                )
            )  # fmt: skip
        world.asked.append(payment_id(device, ref))
        if dice.random() < 0.05:  # noqa: PLR2004 - a share
            world.tell(PaymentCancelled(payment_id(device, ref), "not delivered", "simulated"))
    mandate = mandate_id(f"c-{dice.randrange(CUSTOMERS)}", "parking")
    if number % 10 == 0:
        world.tell(MandateChanged(mandate, "suspended", "simulated"))
    world.tell(MandateChanged(mandate, "active", "simulated"))
    world.tell(MoneyArrived(f"c-{dice.randrange(CUSTOMERS)}", 50_00, "EUR", f"more-{number}", "simulated"))


def _live(folder: Path, world: _World, *, killed: bool) -> int:
    """Let a till live, kill it or let it finish, and take note of what it committed; return how much is to be told again."""
    ours, theirs = _TILLS.Pipe()
    till = _TILLS.Process(target=live, args=(str(folder), theirs), daemon=True)
    till.start()
    theirs.close()
    ours.recv()
    for told in world.shuffled():
        ours.send(told)
    if killed:
        time.sleep(world.dice.uniform(0.0, LIVES_S))
        till.kill()
    else:
        ours.send(None)
    with suppress(EOFError, ConnectionError):
        while True:
            world.to_tell.pop(ours.recv(), None)
    till.join()
    return len(world.to_tell)


def _read_on(folder: Path, world: _World) -> None:
    """Bank and customers read what was committed, and answer."""
    with Journal.look(folder) as journal:
        for row in journal.ledger.rows(after=world.seq):
            world.seq = row.seq
            _see_to(world, row)


def _see_to(world: _World, row: Row) -> None:
    said, dice = read(row), world.dice
    if isinstance(said, ReservePayment):
        _use(world, said)
    elif isinstance(said, InstructBank):
        status = world.paid.setdefault(said.instruction, "RJCT" if dice.random() < 0.05 else "ACSC")  # noqa: PLR2004
        reference = f"b/{said.instruction}" if status == "ACSC" else ""
        for attempt in range(said.attempt, said.attempt + dice.choice((1, 1, 2))):
            world.tell(
                BankAnswered(
                    said.instruction, attempt, "RJCT" if status == "RJCT" else "ACSC", "simulated",
                    "" if reference else "AC04", reference,
                )
            )  # fmt: skip
    elif isinstance(said, AskPayer) and dice.random() < 0.5:  # noqa: PLR2004 - a share
        world.tell(PaymentConfirmed(said.payment, dice.random() < 0.7, strong=True, provenance="simulated"))  # noqa: PLR2004


def _use(world: _World, said: ReservePayment) -> None:
    """A device tells what is paid of what was set aside, maybe twice, maybe otherwise; of what was asked for as it is, too."""
    for number in range(world.dice.choice((1, 1, 2))):
        used = world.dice.choice((0, said.amount // 3, said.amount, said.amount + 1))
        ref, key = end_to_end_of(said.payment, said.device), f"{said.payment}/used-{number}"
        capture = CaptureAsk(key, ref, said.device, said.customer, used, "EUR", "", "simulated")
        world.tell(PaymentCaptured(capture))


def _judge(folder: Path, world: _World, outcome: TillOutcome) -> None:
    with Journal.look(folder) as journal:
        rows = list(journal.ledger.rows())
        book = restored(journal).desk.purse.book
    facts = money_facts(rows)
    decided = {
        said.payment
        for row in rows
        for said in [read(row)]
        if isinstance(said, ReservePayment | RefusePayment | AskPayer)
    }
    paid = {one.removesuffix("/bank") for one, status in world.paid.items() if status == "ACSC"}
    outcome.payments, outcome.reserved = len(world.asked), len(facts.reserved)
    outcome.settled, outcome.refused = len(facts.settled), sum(row.type == RefusePayment.__name__ for row in rows)
    outcome.lost = len(set(world.asked) - decided)
    outcome.over_limit = len(facts.over_limit) + len(facts.not_let)
    outcome.twice = len(facts.twice) + len(facts.overdrawn)
    outcome.debits_minus_credits = facts.differs(book)
    outcome.paid_otherwise = len(paid ^ set(facts.settled))
    outcome.ledger_ok = not list(faults(rows))
