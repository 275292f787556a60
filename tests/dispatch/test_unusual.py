"""What is unusual about devices' payments: the statistics against slow references, and what becomes of it from ask to answer."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random
from statistics import median
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from dispatch.core.actions import SendMessage
from dispatch.core.consent import Purpose, Way
from dispatch.core.conversation.channels import Channel
from dispatch.core.desk import Desk
from dispatch.core.events import ConsentChanged, CustomerErased, Event
from dispatch.core.objections import Ground
from dispatch.core.policy import MessagePolicy, Policy
from dispatch.core.purse import actions as act
from dispatch.core.purse.events import (
    BankAnswered,
    DisputeDecided,
    MandateGiven,
    MoneyAnswer,
    MoneyAnswered,
    MoneyArrived,
    PaymentAsked,
    PaymentConfirmed,
    PaymentDisputed,
)
from dispatch.core.purse.habits import KEPT_PAYMENTS, KEPT_SIGHTINGS, Habit, Habits, Was
from dispatch.core.purse.mandate import Category, Mandate, Payee
from dispatch.core.purse.payments import PaymentState
from dispatch.core.purse.unusual import (
    DAY_S,
    USUAL,
    at_least,
    cusum,
    drifting,
    level,
    too_much,
    too_often,
    twice_paid,
    unused,
    weekly_rate,
)
from dispatch.ledger.fold import Fold
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen, Row
from dispatch.registers.customers import Customers
from dispatch.views.snapshot import desk_written, standing_read
from gateway.devices.registry import Registry
from gateway.finding import PaymentAsk, Place
from gateway.intake.intake import Intake

AT = 1_796_000_000.0
FRIDGE, SCREEN, CAR = "volta/fridge-1", "volta/tv-1", "volta/car-1"
PAYEES = tuple(Payee(name, name.title()) for name in ("grocer", "stream", "charger", "power", "other"))


# --- statistics ------------------------------------------------------------------------------------------------------


@given(count=st.integers(0, 60), mean=st.floats(0.01, 20), size=st.floats(0.05, 50))
def test_the_tail_of_the_negative_binomial(count: int, mean: float, size: float) -> None:
    """As scipy has it."""
    assert at_least(count, mean, size) == pytest.approx(
        nbinom.sf(count - 1, size, size / (size + mean)), rel=1e-6, abs=1e-12
    )


@given(values=st.lists(st.floats(-5, 5), max_size=30), slack=st.floats(0, 2))
def test_cusum_is_the_largest_sum_that_ends_now(values: list[float], slack: float) -> None:
    """Reckoned from each beginning anew."""
    ends = [sum(one - slack for one in values[begin:]) for begin in range(len(values))]
    assert cusum(values, slack) == pytest.approx(max([0.0, *ends]), abs=1e-9)


@given(payments=st.integers(0, 200), weeks=st.floats(0, 60), category=st.sampled_from(list(USUAL)))
def test_a_rate_lies_between_the_category_s_and_one_s_own(payments: int, weeks: float, category: Category) -> None:
    """And nearer to one's own the more is known."""
    usual = USUAL[category]
    mean, size = weekly_rate(payments, weeks, usual)
    own = payments / weeks if weeks else math.inf
    assert usual.a_week <= mean * (1 + 1e-9)
    assert mean <= max(usual.a_week, own, (payments + 2) / (2 / usual.a_week)) * (1 + 1e-9)
    assert 0 < size <= 2 + payments


@given(amounts=st.lists(st.integers(1, 10**9), min_size=4, max_size=24), outlier=st.integers(1, 10**12))
def test_one_outlier_moves_no_middle_beyond_its_neighbours(amounts: list[int], outlier: int) -> None:
    """The median stays among the others, and the spread is never less than it can be."""
    usual = USUAL["groceries"]
    middle = level([*amounts, outlier], usual).middle
    assert math.log(min(amounts)) - 1e-9 <= middle <= math.log(max(amounts)) + 1e-9
    assert level(amounts, usual).spread >= usual.least_spread
    assert level(amounts, usual).middle == pytest.approx(median(map(math.log, amounts)))


def habit(amounts: list[int], every_d: float = 30.0, category: Category = "subscription", payee: str = "p") -> Habit:
    """What was paid every so many days, until now."""
    begun = AT - every_d * DAY_S * len(amounts)
    last = [Was(f"x-{n}", payee, one, begun + n * every_d * DAY_S) for n, one in enumerate(amounts)]
    return Habit("c", "v/d", category, "EUR", begun, last)


@given(amount=st.integers(1, 10**9), times=st.integers(0, 40), every=st.floats(0.5, 40))
def test_who_pays_as_ever_is_never_asked(amount: int, times: int, every: float) -> None:
    """The same amount at the same interval, whatever is paid for."""
    for category in USUAL:
        mine = habit([amount] * times, every, category)
        assert too_much(mine, "p", amount) is None
        assert drifting(mine, "p") is None
        if every >= 4:
            assert too_often(mine, "p", AT) is None


@pytest.mark.parametrize(
    ("prices", "creeps"),
    [
        ([999] * 8, False),
        ([999] * 4 + [1029] * 4, False),
        ([999, 999, 999, 1040, 1085, 1130, 1180], True),
        ([999, 1040, 1085, 1130], False),
        ([999, 1400, 700, 999, 1500, 800, 1300], False),
        ([1180, 1130, 1085, 1040, 999, 999, 999], False),
    ],
)
def test_a_price_that_creeps_up(prices: list[int], creeps: bool) -> None:  # noqa: FBT001 - a case
    """One rise of three percent, a fall, and what goes up and down are none."""
    assert (drifting(habit(prices), "p") is not None) is creeps


def test_what_is_paid_and_never_used() -> None:
    """Two periods and fifty days without use; a device that tells nothing of its use is asked about nothing."""
    mine = habit([999] * 6)
    assert unused(mine, "p", AT - 100 * DAY_S, AT) is not None
    assert unused(mine, "p", AT - 30 * DAY_S, AT) is None
    assert unused(mine, "p", None, AT) is None
    assert unused(habit([999] * 6, category="groceries"), "p", 0.0, AT) is None
    assert unused(habit([999]), "p", 0.0, AT) is None


def test_two_suppliers_of_one_thing() -> None:
    """A last bill of the old one is none, and so is who is paid otherwise, or was from the beginning."""
    mine = habit([8_000] * 8, category="energy", payee="old")
    one, two = (Was(f"n-{n}", "new", 8_200, AT - (40 - 30 * n) * DAY_S) for n in range(2))
    mine.last += [one, two]
    mine.last.sort(key=lambda was: was.at)
    assert twice_paid(mine, "new", AT) is None  # the old one was paid once since
    mine.last.append(Was("o", "old", 8_000, AT))
    assert twice_paid(mine, "new", AT) is not None
    mine.last = [replace(was, amount=900) if was.payee == "new" else was for was in mine.last]
    assert twice_paid(mine, "new", AT) is None


def test_memory_is_bounded() -> None:
    """However much is paid, wherever."""
    habits, mine = Habits(), Habit("c", "v/d", "parking", "EUR", AT)
    for number in range(500):
        mine.add(Was(f"x-{number}", "p", 100, AT + number))
        one = replace(mine, device=f"v/d-{number % 90}")
        habits.saw("p", one, Place(56.9, 24.1, 10.0, AT, "gnss"), AT)
    assert len(mine.last) == KEPT_PAYMENTS
    assert len(habits.standing().sightings["p"]) == KEPT_SIGHTINGS
    mine.add(Was("later", "p", 100, AT + 500 * DAY_S))
    assert [was.payment for was in mine.last] == ["later"]


# --- from ask to answer ----------------------------------------------------------------------------------------------


class Home:
    """A desk behind its control room, told one thing after the other."""

    def __init__(self) -> None:
        self.policy = Policy(messages=MessagePolicy((Channel.SMS,)))
        self.room = ControlRoom(Intake(Registry()), Desk(self.policy), Customers(), Pen())
        self.now, self.number, self.rows = AT, 0, list[Row]()
        for who in ("c", "c-1", "c-2", "c-3"):
            self.tell(MoneyArrived(who, 10_000_00, "EUR", f"in-{who}", "simulated"))
            for device in (FRIDGE, SCREEN, CAR):
                for category in ("groceries", "subscription", "charging"):
                    self.tell(MandateGiven(_mandate(who, f"{device}-{who}", category), Way.LINK, strong=True))

    @property
    def desk(self) -> Desk:
        """The desk."""
        return self.room.desk

    def tell(self, event: Event) -> list[Any]:
        """Tell it something, and return what is decided."""
        self.now += 1.0
        rows = self.room.wake(self.now).rows + self.room.tell(event, self.now).rows
        self.rows += rows
        return [row.said for row in rows if row.kind == "action"]

    def wait(self, days: float) -> list[Any]:
        """Let time pass."""
        self.now += days * DAY_S
        rows = self.room.wake(self.now).rows
        self.rows += rows
        return [row.said for row in rows]

    def pays(self, amount: int, device: str = FRIDGE, who: str = "c", **other: Any) -> list[Any]:
        """A device asks, and where it may, the bank pays."""
        self.number += 1
        what = {FRIDGE: ("grocer", "groceries"), SCREEN: ("stream", "subscription"), CAR: ("charger", "charging")}[
            device
        ]
        name = f"{device}-{who}"
        plain = PaymentAsk(
            f"{name}/1-{self.number}", f"p-{self.number}", name, who, "", what[0], amount, "EUR", what[1], "", None, "",  # type: ignore[arg-type]
            self.now, "simulated",
        )  # fmt: skip
        event = PaymentAsked(replace(plain, **other), reach=(Channel.SMS,), language="lv")
        decided = self.tell(event)
        if any(isinstance(one, act.InstructBank) for one in decided):
            decided += self.tell(BankAnswered(f"{event.payment}/bank", 1, "ACSC", "simulated", "", f"b-{self.number}"))
        return decided

    def is_folded_and_taken_up(self) -> None:
        """The rows, folded, and the desk, written down and read, come to the same."""
        fold = Fold(self.policy, 5)
        for row in self.rows:
            fold.feed(row)
        stands = self.desk.standing()
        assert fold.standing().purse == stands.purse
        again = Desk(self.policy)
        again.stand(standing_read(desk_written(self.desk)))
        assert again.standing() == stands


def _mandate(who: str, device: str, category: Any) -> Mandate:
    name = f"mnd/{who}/{device}-{category}"
    return Mandate(
        name, who, device, PAYEES, category, "EUR", 1_000_00, (), AT - DAY_S, None, "Europe/Riga", "", "simulated"
    )


@pytest.fixture
def home() -> Home:
    """Four customers with a fridge, a screen and a car each."""
    return Home()


def of(kind: type, decided: list[Any]) -> list[Any]:
    """Return what was decided of a kind."""
    return [one for one in decided if isinstance(one, kind)]


def test_a_fridge_that_orders_daily_is_asked_about_and_learned(home: Home) -> None:
    """Weekly for two months, then daily: asked before it is paid, explained in Latvian; a yes is not asked again."""
    for _ in range(9):
        assert not of(act.AskPayer, home.pays(40_00))
        home.wait(7)
    asked = list[act.AskPayer]()
    while not asked:
        decided = home.pays(40_00)
        asked = of(act.AskPayer, decided)
        home.wait(1) if not asked else None
        assert home.number < 20
    (said,) = of(SendMessage, decided)
    assert (asked[0].why, asked[0].odd.what if asked[0].odd else "") == ("unusual", "daily_orders")
    assert said.text.startswith("Tie būtu")
    assert "Grocer" in said.text
    decided = home.tell(PaymentConfirmed(asked[0].payment, agreed=True, strong=True, provenance="simulated"))
    assert of(act.ReservePayment, decided)
    home.tell(BankAnswered(f"{asked[0].payment}/bank", 1, "ACSC", "simulated"))
    for _ in range(5):
        home.wait(1)
        assert not of(act.AskPayer, home.pays(40_00))
    home.is_folded_and_taken_up()


def test_a_car_that_pays_where_it_is_not(home: Home) -> None:
    """Three customers charge there; whose car stands 30 km away is asked. Their device's clock may say what it likes."""
    here, there = (56.95, 24.1), (57.2, 24.1)

    def fix(at: tuple[float, float], age: float = 10.0) -> Place:
        return Place(*at, 10.0, home.now - age, "gnss")

    for number in range(6):
        home.pays(20_00, CAR, f"c-{1 + number % 3}", place=fix(here))
        home.wait(1)
    assert not of(act.AskPayer, home.pays(20_00, CAR, place=fix(here)))
    home.wait(1)
    assert not of(act.AskPayer, home.pays(20_00, CAR, place=fix(there, 1_200.0)))  # it can have come by now
    home.wait(1)
    assert not of(
        act.AskPayer, home.pays(20_00, CAR, place=replace(fix(there), fix_time=home.now + 9e6))
    )  # a clock jumped
    home.wait(1)
    assert not of(act.AskPayer, home.pays(20_00, CAR))  # nothing is told of where it is
    home.wait(1)
    (asked,) = of(act.AskPayer, home.pays(20_00, CAR, place=fix(there)))
    assert (asked.odd.what, asked.odd.found) == ("place", "28 km")
    home.is_folded_and_taken_up()


def test_who_tries_again_and_again_does_not_have_them_asked_again_and_again(home: Home) -> None:
    """Three unusual payments a day are asked about; the others are refused, and no message goes out."""
    for _ in range(6):
        home.pays(10_00)
        home.wait(5)
    decided = [one for number in range(8) for one in home.pays(400_00 + number)]
    assert len(of(act.AskPayer, decided)) == len(of(SendMessage, decided)) == 3
    assert {one.reason for one in of(act.RefusePayment, decided)} == {"SL01"}
    assert len(of(act.RefusePayment, decided)) == 5
    home.wait(2)
    assert of(act.AskPayer, home.pays(400_00))


def never_used(home: Home) -> list[Any]:
    """Pay for what nobody uses, until they are asked."""
    for _ in range(4):
        home.pays(9_99, SCREEN, used_at=0.0)
        asked = home.wait(31)
        if of(act.AskAboutMoney, asked):
            return asked
    return []


def test_a_subscription_nobody_uses_is_asked_about_in_one_message(home: Home) -> None:
    """Hours after it was paid, by message; once: however often it is paid, until they have said something."""
    asked = never_used(home)
    (question,), (message,) = of(act.AskAboutMoney, asked), of(SendMessage, asked)
    assert (question.what, question.words in message.text, message.channel) == ("unused", True, Channel.SMS)
    assert not any("Call" in type(one).__name__ for one in asked)
    home.pays(9_99, SCREEN, used_at=0.0)
    assert not of(act.AskAboutMoney, home.wait(31))
    home.is_folded_and_taken_up()


def test_fine_is_learned_stop_suspends_dispute_disputes(home: Home) -> None:
    """And a second answer is told that nobody asks any more."""
    question = of(act.AskAboutMoney, never_used(home))[0]
    last, mandate = question.payments[-1], f"mnd/c/{SCREEN}-c-subscription"
    twin = standing_read(desk_written(home.desk))
    others = [one.mandate.mandate for one in home.desk.purse.given.of_device("c", f"{SCREEN}-c")]
    assert len(others) == 3
    for answer in get_args(MoneyAnswer):
        home.room.desk.stand(replace(twin))
        twin = standing_read(desk_written(home.desk))
        said = MoneyAnswered("c", question.ref, answer, "simulated")
        assert home.desk.objection_to_money(said) is None
        home.desk.handle(said, home.now + 1)
        given = home.desk.purse.given.get(mandate)
        assert given is not None
        assert (given.state == "suspended") is (answer in {"stop", "stop_and_dispute"})
        rest = [one for one in home.desk.purse.given.of_customer("c") if one.state == "suspended"]
        assert len(rest) == {"stop": 1, "stop_and_dispute": 3}.get(answer, 0)
        is_disputed = home.desk.purse.payments[last].state is PaymentState.DISPUTED
        assert is_disputed is (answer in {"dispute", "stop_and_dispute"})
        refused = home.desk.objection_to_money(said)
        assert refused is not None
        assert refused.ground is Ground.NOT_ASKED


def test_what_is_fine_is_not_asked_again(home: Home) -> None:
    """For half a year."""
    question = of(act.AskAboutMoney, never_used(home))[0]
    home.tell(MoneyAnswered("c", question.ref, "fine", "simulated"))
    for _ in range(3):
        home.pays(9_99, SCREEN, used_at=0.0)
        assert not of(act.AskAboutMoney, home.wait(31))
    home.is_folded_and_taken_up()


@pytest.mark.parametrize("wish", [Purpose.MESSAGE, Purpose.PAYMENT, None])
def test_who_withdraws_or_is_erased_is_asked_nothing(home: Home, wish: Purpose | None) -> None:
    """Also where the question was found before: it acts before the next decision."""
    for _ in range(3):
        home.pays(9_99, SCREEN, used_at=0.0)
        home.wait(31) if home.number < 3 else None
    assert home.desk.purse.questions.waiting("c")
    event: Event = (
        CustomerErased("c") if wish is None else ConsentChanged("c", wish, given=False, way=Way.LINK)
    )  # fmt: skip
    home.tell(event)
    assert not of(act.AskAboutMoney, home.wait(31))
    assert (wish is not None) or not list(home.desk.purse.habits.of_customer("c"))
    home.is_folded_and_taken_up()


def test_who_may_not_be_written_to_is_asked_nothing_and_pays_nothing_unusual(home: Home) -> None:
    """It is refused, for a service of the payer's bank stopped it; repeats change nothing."""
    for _ in range(6):
        home.pays(10_00)
        home.wait(5)
    name = f"{FRIDGE}-c"
    ask = PaymentAsk(
        f"{name}/9-9", "big", name, "c", "", "grocer", 400_00, "EUR", "groceries", "", None, "", AT, "simulated"
    )
    (refused,) = home.tell(PaymentAsked(ask, may_message=False))
    assert refused.reason == "SL01"
    assert home.tell(PaymentAsked(ask, may_message=False)) == []
    assert not home.desk.purse.questions.waiting("c")


def test_other_currencies_and_refunds_are_other_habits_or_none(home: Home) -> None:
    """1,000 yen are not ten times 100 cents; what was given back was no habit; what is asked twice is learned once."""
    habits = home.desk.purse.habits
    for _ in range(6):
        home.pays(10_00)
        home.wait(5)
    assert of(act.RefusePayment, home.pays(400_00, currency="JPY"))[0].reason == "AM03"
    mine = habits.get("c", f"{FRIDGE}-c", "groceries", "EUR")
    assert mine is not None
    before = len(mine.last)
    assert before == 6
    last = mine.last[-1].payment
    home.tell(BankAnswered(f"{last}/bank", 1, "ACSC", "simulated"))  # the bank says so again
    assert len(mine.last) == before
    home.tell(PaymentDisputed(last, "no", "simulated"))
    home.tell(DisputeDecided(last, refunded=True, why="", provenance="simulated"))
    assert len(mine.last) == before - 1
    home.is_folded_and_taken_up()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_replay_decides_alike(seed: int) -> None:
    """Whatever is paid: the inputs alone lead to the same rows, and the rows to the same habits."""
    home, dice = Home(), Random(seed)
    for _ in range(60):
        device = dice.choice((FRIDGE, SCREEN, CAR))
        place = Place(56.9 + dice.random(), 24.1, 10.0, home.now - dice.uniform(-99, 9_999), "gnss")
        home.pays(dice.choice((9_99, 10_00, 99_00)), device, used_at=dice.choice((None, 0.0, home.now)), place=place)
        home.wait(dice.choice((0.01, 1, 6, 20)))
    home.is_folded_and_taken_up()
    desk, decided = Desk(home.policy), list[str]()
    for row in home.rows:
        if row.kind == "input":
            decided += [action.key for _, action in desk.handle(row.said, row.at)]  # type: ignore[arg-type]
    decided += [action.key for _, action in desk.wake(home.now)]
    assert decided == [row.key for row in home.rows if row.kind == "action"]
