"""``callahead bench payments``: how many payments are decided and committed a second, and whether any is wrong.

Customers' cars ask to pay: some twice, some out of their order, some over a limit, some to whom they may not. All goes through the
control room, the driver and the committer into a real SQLite store, what is personal sealed; the bank answers, now and then twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from dispatch.core.consent import Way
from dispatch.core.desk import Desk
from dispatch.core.events import Event
from dispatch.core.ids import mandate_id
from dispatch.core.purse.actions import InstructBank, RefusePayment, ReservePayment
from dispatch.core.purse.events import BankAnswered, MandateGiven, MoneyArrived, PaymentAsked
from dispatch.core.purse.mandate import Alignment, Mandate, Payee, Period, PeriodicLimit
from dispatch.engine.clock import WallClock
from dispatch.engine.driver import Driver
from dispatch.ledger.pipeline import ControlRoom
from dispatch.registers.customers import Customers
from dispatch.service.build import sealing
from dispatch.store.journal import Journal
from gateway.devices.registry import Registry
from gateway.finding import PaymentAsk, Place
from gateway.intake.intake import Intake
from scenarios.bench.struggle import LIVE, live_invitation_p95_s, struggle_figures
from scenarios.bench.unusual.living import lived
from scenarios.score.money import money_facts

CUSTOMERS = 500
WAVE = 1_000
"""So many are asked for at once."""
PAYEES = tuple(f"parking-{number}" for number in range(20))
START = 1_796_000_000.0


@dataclass(frozen=True, slots=True)
class PaymentFigures:
    """What was measured. ``None``: nothing was there to be judged."""

    payments: int
    reserved: int
    refused: int
    over_limit: int
    """Reserved over a limit, and not confirmed by the customer."""
    twice: int
    debits_minus_credits: int
    """Of the books, and of the books against the ledger, minor units."""
    decisions_per_s: float
    decisions_per_cpu_s: float
    """To a second of the processor, all threads together: what a machine that does nothing else comes to at least."""
    settled_per_s: float
    """Answers of the bank, decided and committed."""
    struggle_recall: float | None = None
    struggle_precision: float | None = None
    invitation_p95_s: float | None = None
    unusual_recall: float | None = None
    unusual_precision: float | None = None


UNUSUAL_SEEDS = 4
"""In so many towns is looked what is found: a few faults in one say little. None of their seeds was tuned on."""


def unusual_found(found: PaymentFigures, seed: int) -> PaymentFigures:
    """Measure of what goes wrong in homes that are drawn (``scenarios.bench.unusual``) how much customers are asked about."""
    first, *others = (lived(101 + UNUSUAL_SEEDS * seed + more) for more in range(UNUSUAL_SEEDS))
    all_of_them = sum(others, first)
    return replace(
        found, unusual_recall=round(all_of_them.recall, 4), unusual_precision=round(all_of_them.precision, 4)
    )


STRUGGLE_SEEDS = 3
"""So many days of people with an app are judged; none of their seeds was tuned on."""
LIVE_MINUTE = (*LIVE, "duration=60 s", "settle=20 s")
"""People who struggle for a minute of the wall, at the real service."""


def struggles_found(found: PaymentFigures, seed: int) -> PaymentFigures:
    """Measure how well people who struggle with an app are recognised, and live how soon they are invited."""
    del seed  # the seeds that nothing was tuned on stand there
    judged = struggle_figures(STRUGGLE_SEEDS)
    with TemporaryDirectory() as folder:
        soon = live_invitation_p95_s(Path(folder) / "live", settings=LIVE_MINUTE)
    return replace(
        found,
        struggle_recall=round(judged.struggle_recall, 4),
        struggle_precision=round(judged.struggle_precision, 4),
        invitation_p95_s=soon,
    )


Others = Callable[[PaymentFigures, int], PaymentFigures]
"""Measures some of the others with a seed, and puts them in."""
OTHERS: tuple[Others, ...] = (unusual_found, struggles_found)
"""Whoever measures one of the others is put in here."""


def measured(
    payments: int, seed: int, progress: Callable[[float], None] = lambda _: None, others: Sequence[Others] = OTHERS
) -> PaymentFigures:
    """Measure ``payments`` payments of cars that are drawn, and what the ``others`` measure."""
    with TemporaryDirectory() as folder, Journal.open(Path(folder)) as journal:
        found = asyncio.run(_run(journal, payments, seed, progress))
    for measure in others:
        found = measure(found, seed)
    return found


async def _run(journal: Journal, payments: int, seed: int, progress: Callable[[float], None]) -> PaymentFigures:
    pen, desk, dice = journal.ledger.pen(), Desk(), Random(seed)  # noqa: S311 - a simulation
    pen.sealing = sealing(journal, desk)
    room = ControlRoom(Intake(Registry()), desk, Customers(), pen)
    driver = Driver(room, journal, WallClock())
    running = asyncio.ensure_future(driver.run())
    asks = list(_asks(payments, dice))
    first = [event for number in range(CUSTOMERS) for event in _given(number)]
    await _tell_all(driver, first)
    cpu = time.process_time()
    asked = await _tell_all(driver, _as_they_come(asks, dice), progress)
    cpu = time.process_time() - cpu
    answered = await _tell_all(driver, list(_bank(journal, dice)))
    driver.stop()
    await running
    rows = list(journal.ledger.rows())
    facts, names = money_facts(rows), [row.type for row in rows]
    return PaymentFigures(
        len({one.payment_ref for one in asks}),
        names.count(ReservePayment.__name__),
        names.count(RefusePayment.__name__),
        len(facts.over_limit),
        len(facts.twice) + len(facts.overdrawn),
        facts.differs(desk.purse.book),
        round(len(asks) / asked, 1),
        round(len(asks) / cpu, 1),
        round(names.count(BankAnswered.__name__) / answered, 1),
    )


async def _tell_all(
    driver: Driver, events: Sequence[Event], progress: Callable[[float], None] = lambda _: None
) -> float:
    """Tell wave after wave, and return how many seconds it took until all was committed."""
    began = time.perf_counter()
    for first in range(0, len(events), WAVE):
        await asyncio.gather(*[driver.tell(event) for event in events[first : first + WAVE]])
        progress(first / len(events))
    return time.perf_counter() - began


def _device(number: int) -> str:
    return f"volta/car-{number}"


def _given(number: int) -> Iterator[Event]:
    who = f"c-{number}"
    yield MoneyArrived(who, 500_00, "EUR", f"in-{number}", "simulated")
    payees = tuple(Payee(payee) for payee in PAYEES)
    limits = (
        PeriodicLimit(Period.DAY, Alignment.CALENDAR, 60_00),
        PeriodicLimit(Period.MONTH, Alignment.CONSENT, 300_00),
    )
    mandate = Mandate(
        mandate_id(who, "parking"), who, _device(number), payees, "parking", "EUR", 20_00, limits, START, None,
        "Europe/Riga", "", "simulated",
    )  # fmt: skip
    yield MandateGiven(mandate, Way.LINK, strong=True)


def _asks(payments: int, dice: Random) -> Iterator[PaymentAsk]:
    for number in range(payments):
        who = dice.randrange(CUSTOMERS)
        payee = "somebody-else" if dice.random() < 0.02 else dice.choice(PAYEES)  # noqa: PLR2004 - a share
        amount = dice.choice((80, 1_20, 2_50, 4_00, 19_00, 35_00))
        place = Place(56.95 + dice.random() / 10, 24.1, 8.0, START, "gnss")
        device, ref = _device(who), f"p-{number}"
        yield PaymentAsk(
            f"{device}/1-{number}", ref, device, f"c-{who}", "", payee, amount, "EUR", "parking", "an hour of parking",
            place, "", START, "simulated",
        )  # fmt: skip


def _as_they_come(asks: Sequence[PaymentAsk], dice: Random) -> list[Event]:
    """Some come twice, under another event, and some after others that were asked for later."""
    again = [replace(one, key=f"{one.key}b") for one in asks if dice.random() < 0.05]  # noqa: PLR2004 - a share
    all_of_them = [*asks, *again]
    late = {one.key: number + dice.uniform(0.0, 50.0) for number, one in enumerate(all_of_them)}
    return [PaymentAsked(one) for one in sorted(all_of_them, key=lambda one: late[one.key])]


def _bank(journal: Journal, dice: Random) -> Iterator[Event]:
    """Answer what was instructed: now and then twice, and one in fifty is rejected."""
    from dispatch.ledger.rows import read  # noqa: PLC0415 - beside the store alone

    for row in journal.ledger.rows():
        said = read(row)
        if isinstance(said, InstructBank):
            rejected = dice.random() < 0.02  # noqa: PLR2004 - a share
            answer = BankAnswered(
                said.instruction, 1, "RJCT" if rejected else "ACSC", "simulated", "AC04" if rejected else "",
                "" if rejected else f"b-{row.seq}",
            )  # fmt: skip
            yield answer
            if dice.random() < 0.05:  # noqa: PLR2004 - a share
                yield replace(answer, attempt=2)
