"""What goes wrong with the payments of a home, and what its customer is to be asked about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

from gateway.finding import PayFor
from scenarios.bench.unusual.homes import (
    DAY_S,
    DAYS,
    START,
    Household,
    Wish,
    hour,
    measured,
)
from scenarios.bench.unusual.town import spot_away

Fault = Literal["stuck_orders", "stolen_key", "wrong_tariff", "creeping_price", "unused", "two_suppliers"]
EACH = 0.045
"""Share of the homes that each befalls."""
FOUND_AS: dict[Fault, frozenset[str]] = {
    "stuck_orders": frozenset({"daily_orders"}),
    "stolen_key": frozenset({"place"}),
    "wrong_tariff": frozenset({"amount"}),
    "creeping_price": frozenset({"price_drift"}),
    "unused": frozenset({"unused"}),
    "two_suppliers": frozenset({"two_payees"}),
}
"""What the customer is to be asked, so that it counts as found."""


@dataclass(slots=True)
class Befallen:
    """Something that goes wrong in one home."""

    home: int
    fault: Fault
    begins: float
    found: bool = False

    @property
    def name(self) -> str:
        """Home and fault."""
        return f"{self.home}/{self.fault}"


def befall(home: Household, lived: list[Wish], one: Befallen) -> list[Wish]:
    """Have one thing go wrong in a home."""
    return _FAULTS[one.fault](home, lived, one)


def _stuck(home: Household, lived: list[Wish], one: Befallen) -> list[Wish]:
    """It thinks that it is empty: the same basket, day after day, for two weeks."""
    usual = next(wish for wish in lived if wish.device == "larder")
    for day in range(14):
        at = one.begins + day * DAY_S + hour(home.dice)
        if home.dice.random() < 0.9:  # noqa: PLR2004 - a share
            lived.append(usual._replace(at=at, fault=one.name))
    return lived


def _stolen(home: Household, lived: list[Wish], one: Befallen) -> list[Wish]:
    """Somebody pays with the key of the car, which stands elsewhere: at its home, far from where they charge."""
    stands = spot_away("home", home.dice, 0.0)
    for _ in range(home.dice.randint(3, 8)):
        at = one.begins + home.dice.uniform(0, 2.0) * DAY_S
        spot = home.dice.choice((*home.town.chargers, *home.town.parking))
        charging = spot.payee.startswith("charger")
        payee, what = (f"charge-{spot.payee}", "charging") if charging else (spot.payee, "parking")
        amount = round(home.dice.uniform(12, 55) * 45) if charging else home.dice.choice((300, 450, 900))
        fix = measured(home.dice, stands, told=1.0)
        kind: PayFor = "charging" if what == "charging" else "parking"
        lived.append(Wish(at, home.number, "car", payee, amount, kind, fix, one.name))
    return lived


def _tariff(home: Household, lived: list[Wish], one: Befallen) -> list[Wish]:
    """What is paid for energy is two and a half to five times what it should be."""
    times = home.dice.uniform(2.5, 5.0)
    return [
        wish._replace(amount=round(wish.amount * times), fault=one.name)
        if wish.payee == "power" and wish.at >= one.begins
        else wish
        for wish in lived
    ]


def _creeping(home: Household, lived: list[Wish], one: Befallen) -> list[Wish]:
    """A subscription takes a little more each time: four to nine percent."""
    step, risen, found = home.dice.uniform(1.04, 1.09), 1.0, []
    for wish in sorted(lived):
        if wish.payee == "stream-0" and wish.at >= one.begins:
            risen *= step
            found.append(wish._replace(amount=round(wish.amount * risen), fault=one.name))
        else:
            found.append(wish)
    return found


def _unused(home: Household, lived: list[Wish], one: Befallen) -> list[Wish]:
    """They watch no more, and go on paying."""
    home.used_tv = [at for at in home.used_tv if at < one.begins]
    kept = [wish for wish in lived if wish.payee != "films" or wish.at < one.begins]
    paid = [wish for wish in kept if wish.category == "subscription" and wish.at > one.begins]
    return [wish for wish in kept if wish not in paid] + [wish._replace(fault=one.name) for wish in paid]


def _two(_home: Household, lived: list[Wish], one: Befallen) -> list[Wish]:
    """They have changed their supplier, and the old one collects on."""
    old = [wish for wish in lived if wish.payee == "power" and wish.at >= one.begins]
    lived += [wish._replace(at=wish.at + 3 * DAY_S, payee="new-power", fault=one.name) for wish in old]
    return [wish._replace(fault=one.name) if wish in old else wish for wish in lived]


_FAULTS: dict[Fault, Callable[[Household, list[Wish], Befallen], list[Wish]]] = {
    "stuck_orders": _stuck,
    "stolen_key": _stolen,
    "wrong_tariff": _tariff,
    "creeping_price": _creeping,
    "unused": _unused,
    "two_suppliers": _two,
}


def drawn_faults(homes: int, dice: Random) -> list[Befallen]:
    """Draw what goes wrong, where and when: one thing a home at most, and never in its first three months."""
    left = list(range(homes))
    dice.shuffle(left)
    found = []
    for fault in _FAULTS:
        for _ in range(max(1, round(EACH * homes))):
            latest = 120 if fault in {"creeping_price", "unused", "two_suppliers"} else DAYS - 30
            found.append(Befallen(left.pop(), fault, START + dice.uniform(90, latest) * DAY_S))
    return found
