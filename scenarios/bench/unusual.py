"""Homes that pay, and what goes wrong in a few of them: how much of it the desk finds, and how often it asks about nothing.

The homes are drawn by people's lives, and know nothing of how the desk looks at payments: trips, guests, seasons, a new job, prices
that rise by a few percent, a monthly big shop; places as phones and cars measure them, or untold. What goes wrong is drawn on top.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal, NamedTuple

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
from gateway.finding import PayFor, PaymentAsk, Place

DAY_S = 86_400.0
START = 1_788_220_800.0
"""1 September 2026."""
DAYS, HOMES = 240, 60
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


class Wish(NamedTuple):
    """A payment that a device will ask for. ``at``: POSIX seconds."""

    at: float
    home: int
    device: str
    payee: str
    amount: int
    """Minor units."""
    category: PayFor
    place: Place | None = None
    fault: str = ""
    """The fault that makes it, as ``home/fault``; empty: all is well."""


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


@dataclass(frozen=True, slots=True)
class UnusualFigures:
    """What was found of what went wrong, and what of the questions was about nothing."""

    befallen: int
    found: int
    asked: int
    """Questions, each about one thing."""
    right: int
    messages: int
    payments: int
    missed: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, int] = field(default_factory=dict)

    @property
    def recall(self) -> float:
        """Of what went wrong, the share that was asked about."""
        return self.found / self.befallen if self.befallen else 1.0

    @property
    def precision(self) -> float:
        """Of the questions, the share that was about something that went wrong."""
        return self.right / self.asked if self.asked else 1.0

    def __add__(self, other: UnusualFigures) -> UnusualFigures:
        """Put two together."""
        return UnusualFigures(
            self.befallen + other.befallen, self.found + other.found, self.asked + other.asked,
            self.right + other.right, self.messages + other.messages, self.payments + other.payments,
            _summed(self.missed, other.missed), _summed(self.wrong, other.wrong),
        )  # fmt: skip


def _summed(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in sorted({*one, *other})}


# --- the town --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spot:
    """Somewhere one pays: who is paid there and where that is, WGS 84 degrees."""

    payee: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Streets:
    """Where homes pay."""

    parking: tuple[Spot, ...]
    chargers: tuple[Spot, ...]
    far: tuple[Spot, ...]
    """Of other towns, where only travellers pay."""


def drawn_town(dice: Random) -> Streets:
    """Draw one of some 12 km across, and others 80 to 300 km away. One parking app is good everywhere."""

    def spots(name: str, count: int, away: float) -> tuple[Spot, ...]:
        return tuple(_spot(f"{name}-{number}", dice, away) for number in range(count))

    return Streets(spots("parking", 12, 0.0), spots("charger", 10, 0.0), spots("far", 24, dice.uniform(0.8, 2.5)))


def _spot(payee: str, dice: Random, away: float) -> Spot:
    turn, off = dice.uniform(0, 2 * math.pi), away + abs(dice.gauss(0, 0.05))
    return Spot(payee, 56.95 + off * math.cos(turn), 24.1 + 1.8 * off * math.sin(turn))


# --- homes -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Household:
    """One home as it lives."""

    number: int
    dice: Random
    town: Streets
    trips: list[tuple[float, float]] = field(default_factory=list)
    """From and until when nobody is at home, POSIX seconds."""
    guests: list[tuple[float, float]] = field(default_factory=list)
    job: tuple[float, Spot | None] = (0.0, None)
    """From when on they park at work, and where."""
    used_tv: list[float] = field(default_factory=list)
    """When the television set was on, POSIX seconds, oldest first."""

    @property
    def customer(self) -> str:
        """Their id."""
        return f"h-{self.number}"

    def away(self, at: float) -> bool:
        """Are they on a trip?"""
        return any(begin <= at < end for begin, end in self.trips)


def drawn_household(number: int, dice: Random, town: Streets) -> Household:
    """Draw how they live."""
    home = Household(number, dice, town)
    for _ in range(dice.choice((0, 1, 1, 2))):
        begin = START + dice.uniform(10, DAYS - 20) * DAY_S
        home.trips.append((begin, begin + dice.choice((3, 7, 10, 14, 21)) * DAY_S))
    for _ in range(dice.choice((0, 1, 2))):
        begin = START + dice.uniform(5, DAYS - 10) * DAY_S
        home.guests.append((begin, begin + dice.uniform(2, 9) * DAY_S))
    if dice.random() < 0.4:  # noqa: PLR2004 - a share
        begins = START if dice.random() < 0.7 else START + dice.uniform(40, DAYS) * DAY_S  # noqa: PLR2004
        home.job = (begins, dice.choice(town.parking))
    return home


def _days() -> Iterator[float]:
    for day in range(DAYS):
        yield START + day * DAY_S


def _hour(dice: Random, mean: float = 13.0) -> float:
    return 3600 * min(23.5, max(0.2, dice.gauss(mean, 3.0)))


def _season(at: float) -> float:
    """How much more heating takes than in summer: the middle of January is the coldest."""
    return 1.0 + 1.6 * max(0.0, math.cos(2 * math.pi * (at - START - 137 * DAY_S) / (365 * DAY_S)))


def groceries(home: Household) -> Iterator[Wish]:
    """Food is ordered about weekly; now and then a big shop; guests eat; some shop oftener; nothing while nobody is there."""
    dice = home.dice
    every, basket = dice.uniform(4.5, 10.0), dice.lognormvariate(math.log(42), 0.35)
    inflation, payee = dice.uniform(0.0, 0.05), f"grocer-{dice.randrange(4)}"
    at = START + dice.uniform(0, every) * DAY_S
    while at < START + DAYS * DAY_S:
        guests = any(begin <= at < end for begin, end in home.guests)
        christmas = 108 <= (at - START) / DAY_S < 122  # noqa: PLR2004 - the last weeks of December
        size = dice.lognormvariate(0, 0.3) * (1.5 if guests else 1) * (1.5 if christmas else 1)
        size *= 2.3 if dice.random() < 0.08 else 1.0  # noqa: PLR2004 - a share
        if not home.away(at):
            amount = round(100 * basket * size * (1 + inflation * (at - START) / (365 * DAY_S)))
            yield Wish(at + _hour(dice), home.number, "larder", payee, amount, "groceries")
        step = every * dice.lognormvariate(0, 0.25) * (0.5 if guests or christmas else 1.0)
        at += max(0.6, step) * DAY_S


def driving(home: Household) -> Iterator[Wish]:
    """A car parks and charges: by habit at a few places, at work day after day, elsewhere on trips; tolls only there."""
    dice, town = home.dice, home.town
    mine = dice.sample(town.parking, 3), dice.sample(town.chargers, 2)
    parks, charges = dice.uniform(0.05, 0.35), dice.uniform(0.08, 0.25)
    app = "easy-parking" if dice.random() < 0.2 else ""  # noqa: PLR2004 - some park by an app that is good everywhere
    far = dice.sample(town.far, 4)
    for day in _days():
        away, works = home.away(day), home.job[1] is not None and day >= home.job[0]
        weekday = int(day / DAY_S + 3) % 7 < 5  # noqa: PLR2004 - 1 January 1970 was a Thursday
        if works and weekday and not away and dice.random() < 0.8 and home.job[1] is not None:  # noqa: PLR2004
            yield _park(home, day, home.job[1], app, mean=8.5)
        if dice.random() < (0.6 if away else parks):
            yield _park(home, day, dice.choice(far if away else mine[0]), app)
        if dice.random() < (0.5 if away else charges):
            spot = dice.choice(far if away else mine[1])
            kwh = dice.uniform(12, 55)
            yield Wish(
                day + _hour(dice, 17), home.number, "car", f"charge-{spot.payee}", round(kwh * dice.choice((29, 45, 59))),
                "charging", _fix(dice, spot),
            )  # fmt: skip
        if away and dice.random() < 0.4:  # noqa: PLR2004 - a share
            yield Wish(day + _hour(dice), home.number, "car", "motorway", dice.choice((350, 480, 1250)), "toll")


def _park(home: Household, day: float, spot: Spot, payee: str = "", mean: float = 14.0) -> Wish:
    dice = home.dice
    at = day + _hour(dice, mean)
    return Wish(
        at,
        home.number,
        "car",
        payee or spot.payee,
        dice.choice((150, 200, 300, 450, 600, 900)),
        "parking",
        _fix(dice, spot),
    )


def _fix(dice: Random, spot: Spot, told: float = 0.85) -> Place | None:
    """A place as the car measured it: some tell none, some an older one. ``fix_time``: its age, until somebody asks."""
    if dice.random() > told:
        return None
    off = dice.expovariate(1 / 30.0) / 111_320
    turn = dice.uniform(0, 2 * math.pi)
    age = dice.choice((5.0, 30.0, 60.0, 240.0, 1500.0))
    return Place(
        spot.latitude + off * math.cos(turn), spot.longitude + off * math.sin(turn), dice.choice((6.0, 12.0, 40.0)),
        age, "gnss",
    )  # fmt: skip


def bills(home: Household) -> Iterator[Wish]:
    """A home pays energy weekly or monthly by what it takes, more in winter; water every month; some pay gas beside."""
    dice = home.dice
    every = dice.choice((7.0, 30.4))
    size, phase = dice.lognormvariate(math.log(4.2 * every), 0.3), dice.uniform(0, every)
    rise = 1 + (dice.uniform(0.02, 0.06) if dice.random() < 0.4 else 0.0)  # noqa: PLR2004 - a share
    rises = START + dice.uniform(60, DAYS) * DAY_S
    for count in range(int(DAYS / every)):
        at = START + (phase + count * every) * DAY_S
        amount = size * _season(at) * dice.lognormvariate(0, 0.12) * (rise if at > rises else 1.0)
        amount *= 0.6 if home.away(at) else 1.0
        yield Wish(at + 6 * 3600, home.number, "home", "power", round(100 * amount), "energy")
    gas, waters = dice.random() < 0.25, dice.uniform(18, 40)  # noqa: PLR2004 - a share
    for count in range(int(DAYS / 30.4)):
        at = START + (2.0 + count * 30.4) * DAY_S
        yield Wish(at, home.number, "home", "waterworks", round(100 * waters * dice.lognormvariate(0, 0.1)), "water")
        if gas:
            amount = 25 * _season(at) * dice.lognormvariate(0, 0.15)
            yield Wish(at + 3600, home.number, "home", "gas", round(100 * amount), "energy")


def watching(home: Household) -> Iterator[Wish]:
    """A television set's subscriptions each month, and a film now and then; it is on most evenings, but for trips and summers."""
    dice = home.dice
    keen = dice.uniform(0.15, 0.95)
    home.used_tv = [day + 20 * 3600 for day in _days() if dice.random() < keen and not home.away(day)]
    for number in range(dice.choice((1, 1, 2))):
        price, phase = dice.choice((799, 999, 1299, 1799)), dice.uniform(0, 30)
        rises = START + dice.uniform(30, DAYS) * DAY_S if dice.random() < 0.3 else math.inf  # noqa: PLR2004
        rise = dice.uniform(1.02, 1.08)
        for count in range(int(DAYS / 30.4)):
            at = START + (phase + count * 30.4) * DAY_S
            paid = round(price * rise) if at > rises else price
            yield Wish(at, home.number, "tv", f"stream-{number}", paid, "subscription")
    for at in home.used_tv:
        if dice.random() < 0.06:  # noqa: PLR2004 - a share
            yield Wish(at, home.number, "tv", "films", dice.choice((299, 399, 499, 999)), "media")


# --- what goes wrong -------------------------------------------------------------------------------------------------


def befall(home: Household, lived: list[Wish], one: Befallen) -> list[Wish]:
    """Have one thing go wrong in a home."""
    return _FAULTS[one.fault](home, lived, one)


def _stuck(home: Household, lived: list[Wish], one: Befallen) -> list[Wish]:
    """It thinks that it is empty: the same basket, day after day, for two weeks."""
    usual = next(wish for wish in lived if wish.device == "larder")
    for day in range(14):
        at = one.begins + day * DAY_S + _hour(home.dice)
        if home.dice.random() < 0.9:  # noqa: PLR2004 - a share
            lived.append(usual._replace(at=at, fault=one.name))
    return lived


def _stolen(home: Household, lived: list[Wish], one: Befallen) -> list[Wish]:
    """Somebody pays with the key of the car, which stands elsewhere: at its home, far from where they charge."""
    stands = _spot("home", home.dice, 0.0)
    for _ in range(home.dice.randint(3, 8)):
        at = one.begins + home.dice.uniform(0, 2.0) * DAY_S
        spot = home.dice.choice((*home.town.chargers, *home.town.parking))
        charging = spot.payee.startswith("charger")
        payee, what = (f"charge-{spot.payee}", "charging") if charging else (spot.payee, "parking")
        amount = round(home.dice.uniform(12, 55) * 45) if charging else home.dice.choice((300, 450, 900))
        fix = _fix(home.dice, stands, told=1.0)
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


# --- the desk --------------------------------------------------------------------------------------------------------


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
        wrong = self.figures.wrong if right else _summed(self.figures.wrong, {what: 1})
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
