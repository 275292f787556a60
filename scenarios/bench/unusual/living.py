"""Homes that live before a desk: asked by their devices, paid by a bank, answered by customers who know the truth."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from dispatch.core.consent import Way
from dispatch.core.desk import Decision, Desk
from dispatch.core.ids import instruction_id, mandate_id
from dispatch.core.purse.actions import AskAboutMoney, AskPayer, InstructBank
from dispatch.core.purse.events import (
    BankAnswered,
    MandateGiven,
    MoneyAnswered,
    MoneyArrived,
    PaymentAsked,
    PaymentConfirmed,
)
from dispatch.core.purse.mandate import Category, Mandate, Payee
from gateway.finding import PaymentAsk
from scenarios.bench.unusual.figures import UnusualFigures, summed
from scenarios.bench.unusual.homes import (
    DAY_S,
    START,
    Household,
    Wish,
    bills,
    drawn_household,
    driving,
    groceries,
    watching,
)
from scenarios.bench.unusual.town import drawn_town
from scenarios.bench.unusual.wrongs import FOUND_AS, befall, drawn_faults

HOMES = 60


class Lived:
    """Homes that live before a desk: it is asked by their devices, the bank pays, and customers say the truth of what they know."""

    def __init__(self, homes: int, seed: int) -> None:
        dice, self.desk, self.now = Random(seed), Desk(), START - DAY_S  # noqa: S311 - a simulation
        town = drawn_town(dice)
        self.faults = {one.home: one for one in drawn_faults(homes, dice)}
        self.homes = [drawn_household(number, Random(f"{seed}/{number}"), town) for number in range(homes)]  # noqa: S311
        self._agenda: list[tuple[float, int, Wish]] = []
        self._answers: list[tuple[float, int, MoneyAnswered | PaymentConfirmed]] = []
        self._number = 0
        self._fault_of: dict[str, str] = {}
        """Payment → the fault that makes it."""
        self._stopped: set[str] = set()
        self.figures = UnusualFigures(len(self.faults), 0, 0, 0, 0, 0)
        for home in self.homes:
            self._begin(home)

    def _begin(self, home: Household) -> None:
        lived = [*groceries(home), *driving(home), *bills(home), *watching(home)]
        one = self.faults.get(home.number)
        if one is not None:
            lived = befall(home, lived, one)
        for wish in lived:
            self._number += 1
            heapq.heappush(self._agenda, (wish.at, self._number, wish))
        self.desk.handle(MoneyArrived(home.customer, 10_000_000, "EUR", f"in-{home.number}", "simulated"), self.now)
        whats: dict[str, tuple[Category, ...]] = {
            "larder": ("groceries",), "car": ("parking", "charging", "toll"), "home": ("energy", "water"),
            "tv": ("subscription", "media"),
        }  # fmt: skip
        for device, categories in whats.items():
            for category in categories:
                self.desk.handle(MandateGiven(_mandate(home, device, category), Way.LINK, strong=True), self.now)

    def live(self) -> UnusualFigures:
        """Live to the end."""
        while self._agenda:
            at, _, wish = heapq.heappop(self._agenda)
            self._answer_until(at)
            self.now = at
            if wish.fault and wish.fault in self._stopped:
                continue
            self._ask(wish)
        missed = [one.fault for one in self.faults.values() if not one.found]
        found = replace(self.figures, found=len(self.faults) - len(missed))
        return replace(found, missed={name: missed.count(name) for name in missed})

    def _ask(self, wish: Wish) -> None:
        home = self.homes[wish.home]
        self._number += 1
        device, ref = f"volta/{wish.device}-{wish.home}", f"p-{self._number}"
        used = None
        if wish.device == "tv":
            used = max((at for at in home.used_tv if at <= wish.at), default=0.0)
        place = wish.place and replace(wish.place, fix_time=wish.at - wish.place.fix_time)
        ask = PaymentAsk(
            f"{device}/1-{self._number}", ref, device, home.customer, "", wish.payee, max(1, wish.amount), "EUR",
            wish.category, "", place, "", wish.at, "simulated", used_at=used,
        )  # fmt: skip
        event = PaymentAsked(ask)
        self._fault_of[event.payment] = wish.fault
        self.figures = replace(self.figures, payments=self.figures.payments + 1)
        self._hear(self.desk.handle(event, wish.at))

    def _answer_until(self, at: float) -> None:
        while True:
            due = min((one[0] for one in self._answers[:1]), default=math.inf)
            wake = self.desk.next_wake() or math.inf
            if min(due, wake) > at:
                return
            if wake <= due:
                self._hear(self.desk.wake(wake))
            else:
                when, _, event = heapq.heappop(self._answers)
                self._hear(self.desk.handle(event, when))

    def _hear(self, decided: Sequence[Decision]) -> None:
        asked = False
        for at, action in decided:
            if isinstance(action, InstructBank):
                self._paid(action, at)
            elif isinstance(action, AskPayer) and action.odd is not None:
                wrong = self._judged(action.odd.what, (action.payment,), action.customer)
                self._say(PaymentConfirmed(action.payment, not wrong, not wrong, "simulated"), at + 60)
                self.figures = replace(self.figures, messages=self.figures.messages + 1)
            elif isinstance(action, AskAboutMoney):
                wrong = self._judged(action.what, action.payments, action.customer)
                self._say(
                    MoneyAnswered(action.customer, action.ref, "stop" if wrong else "fine", "simulated"), at + 3600
                )
                asked = True
        if asked:
            self.figures = replace(self.figures, messages=self.figures.messages + 1)

    def _paid(self, asked: InstructBank, at: float) -> None:
        instruction = instruction_id(asked.payment)
        self._hear(self.desk.handle(BankAnswered(instruction, asked.attempt, "ACSC", "simulated", "", "b"), at))

    def _say(self, said: MoneyAnswered | PaymentConfirmed, at: float) -> None:
        self._number += 1
        heapq.heappush(self._answers, (at, self._number, said))

    def _judged(self, what: str, payments: tuple[str, ...], customer: str) -> bool:
        """Note what a customer is asked, and tell whether it is something that went wrong; then they see to it."""
        fault = next((name for name in map(self._fault_of.get, reversed(payments)) if name), "")
        one = self.faults.get(int(customer.removeprefix("h-")))
        right = bool(fault) and one is not None and what in FOUND_AS[one.fault]
        wrong = self.figures.wrong if right else summed(self.figures.wrong, {what: 1})
        self.figures = replace(
            self.figures, asked=self.figures.asked + 1, right=self.figures.right + right, wrong=wrong
        )  # fmt: skip
        if right and one is not None:
            one.found = True
            self._stopped.add(one.name)
        return right


def _mandate(home: Household, device: str, category: Category) -> Mandate:
    return Mandate(
        mandate_id(home.customer, f"{device}-{category}"), home.customer, f"volta/{device}-{home.number}", _PAYEES, category,
        "EUR", 10_000_000, (), START - DAY_S, None, "Europe/Riga", "", "simulated",
    )  # fmt: skip


_PAYEES = tuple(
    Payee(name)
    for name in (
        *(f"grocer-{number}" for number in range(4)), "easy-parking", "motorway", "power", "new-power", "gas", "waterworks",
        *(f"stream-{number}" for number in range(2)), "films",
        *(f"{name}-{number}" for name in ("parking", "far") for number in range(24)),
        *(f"charge-{name}-{number}" for name in ("charger", "far") for number in range(24)),
    )
)  # fmt: skip
"""All whom they trust: nobody has to be asked for strong authentication."""


def lived(seed: int, homes: int = HOMES) -> UnusualFigures:
    """Let homes live through eight months, and say what the desk found of what went wrong."""
    return Lived(homes, seed).live()
