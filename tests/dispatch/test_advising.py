"""What customers are told of their money: weeks by their own clock, what will be due, what may fail; sums as they write them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.core.actions import SendMessage
from dispatch.core.consent import Purpose, Way
from dispatch.core.conversation.channels import Channel
from dispatch.core.desk import Desk
from dispatch.core.events import ConsentChanged, Event
from dispatch.core.ids import instruction_id
from dispatch.core.policy import MessagePolicy, Policy
from dispatch.core.purse.actions import TellSpending, WarnOfMoney
from dispatch.core.purse.events import (
    BankAnswered,
    MandateChanged,
    MandateGiven,
    MoneyArrived,
    PaymentAsked,
    PaymentDisputed,
)
from dispatch.core.purse.expected import DAY_S, ExpectedPayment, Paid, due, expected
from dispatch.core.purse.given import Given
from dispatch.core.purse.mandate import Alignment, Mandate, Payee, Period, PeriodicLimit
from dispatch.core.purse.money import as_text
from dispatch.core.purse.spending import week_of
from dispatch.words import LANGUAGES
from dispatch.words.amounts import amount_in, counted, plural
from gateway.finding import PaymentAsk

MONDAY = datetime(2026, 11, 23, tzinfo=ZoneInfo("Europe/Riga")).timestamp()
CAR, PARKING = "volta/car-1", "LV80BANK0000435195001"
MANDATE = Mandate(
    "mnd/c-1/parking", "c-1", CAR, (Payee(PARKING, "City parking"),), "parking", "EUR", 20_00,
    (PeriodicLimit(Period.MONTH, Alignment.CONSENT, 50_00),), MONDAY - 40 * DAY_S, None, "Europe/Riga", "", "simulated",
)  # fmt: skip


class Week:
    """A desk whose customer wants to be told."""

    def __init__(
        self, *, money: int = 500_00, may_spending: bool = True, may_message: bool = True, mandate: Mandate = MANDATE,
    ) -> None:  # fmt: skip
        self.desk = Desk(Policy(messages=MessagePolicy(channels=(Channel.SMS,))))
        self.may_spending, self.may_message, self.decided = may_spending, may_message, list[Any]()
        self.at = MONDAY - 40 * DAY_S
        self.tell(MoneyArrived("c-1", money, "EUR", "in-1", "simulated"), self.at)
        self.tell(MandateGiven(mandate, Way.LINK, strong=True), self.at)

    def tell(self, event: Event, at: float) -> list[Any]:
        """Tell the desk at an hour."""
        found = [action for _, action in self.desk.handle(event, at)]
        self.decided += found
        return found

    def pays(self, ref: str, at: float, amount: int = 3_50) -> str:
        """The car pays."""
        ask = PaymentAsk(
            f"{CAR}/1-{ref}", ref, CAR, "c-1", "", PARKING, amount, "EUR", "parking", "", None, "", at, "simulated"
        )
        asked = PaymentAsked(
            ask, may_message=self.may_message, language="lv", time_zone="Europe/Riga", reach=(Channel.SMS,),
            may_spending=self.may_spending,
        )  # fmt: skip
        self.tell(asked, at)
        self.tell(BankAnswered(instruction_id(asked.payment), 1, "ACSC", "simulated", reference=ref), at + 5.0)
        return asked.payment

    def wake(self, at: float) -> list[Any]:
        """Let time pass."""
        found = [action for _, action in self.desk.wake(at)]
        self.decided += found
        return found


def test_on_monday_morning_one_message_says_what_was_paid() -> None:
    """At nine of their clock, in their language, never a call; once; and the next week is another."""
    week = Week()
    for number in range(3):
        week.pays(f"p-{number}", MONDAY + number * 86_400.0 + 3_600.0, 4_00 + number)
    assert week.wake(MONDAY + 7 * DAY_S + 9 * 3_600.0 - 1.0) == []
    told, *others = week.wake(MONDAY + 7 * DAY_S + 9 * 3_600.0)
    assert isinstance(told, TellSpending)
    assert (told.week, told.payments, told.amount, told.currency) == ("2026-W48", 3, 12_03, "EUR")
    assert told.words == "Pagājušajā nedēļā jūsu ierīces veica 3 maksājumus, kopā 12,03 €: par stāvvietu 12,03 €."
    (message,) = others
    assert isinstance(message, SendMessage)
    assert (message.purpose, message.channel, message.text.startswith(told.words)) == ("money", Channel.SMS, True)
    assert week.wake(MONDAY + 30 * DAY_S) == []
    week.pays("q", MONDAY + 31 * DAY_S)
    (again, _) = week.wake(MONDAY + 40 * DAY_S)
    assert again.week == "2026-W52"


@pytest.mark.parametrize("wish", [{"may_spending": False}, {"may_message": False}])
def test_who_does_not_want_that_is_told_nothing(wish: dict[str, bool]) -> None:
    """Neither who did not agree to it, nor who wants no messages."""
    week = Week(**wish)
    week.pays("p-1", MONDAY)
    assert week.wake(MONDAY + 8 * DAY_S) == []


def test_withdrawn_it_is_not_told_and_given_again_it_is() -> None:
    """Withdrawal acts before the next message, also for payments that were asked for before it."""
    week = Week()
    week.pays("p-1", MONDAY)
    week.tell(ConsentChanged("c-1", Purpose.SPENDING, given=False, way=Way.LINK), MONDAY + 60.0)
    assert week.wake(MONDAY + 8 * DAY_S) == []
    week.pays("p-2", MONDAY + 8 * DAY_S + 60.0)
    assert isinstance(week.wake(MONDAY + 15 * DAY_S)[0], TellSpending)


def test_what_came_back_is_not_counted_and_what_is_disputed_is() -> None:
    """Until somebody decides about it."""
    week = Week()
    first = week.pays("p-1", MONDAY)
    week.tell(PaymentDisputed(first, "", "simulated"), MONDAY + 60.0)
    assert week.wake(MONDAY + 8 * DAY_S)[0].payments == 1


def test_what_may_fail_is_said_before_it_fails() -> None:
    """Three parkings a week apart; the purse will not do for the fourth: how much is missing is told with the week."""
    week = Week(money=31_00)
    for number in range(3):
        week.pays(f"p-{number}", MONDAY - 14 * DAY_S + number * 7 * DAY_S + 12 * 3_600.0, 10_00)
    assert week.wake(MONDAY + 4 * DAY_S + 9 * 3_600.0 - 1.0) == []
    told = week.wake(MONDAY + 4 * DAY_S + 9 * 3_600.0)  # three days and more before, at nine
    warned = next(one for one in told if isinstance(one, WarnOfMoney))
    assert warned.words == "Drīz, pirmdien, jāmaksā 10,00 € par stāvvietu. Tas var neizdoties: trūks 9,00 €."
    message = next(one for one in told if isinstance(one, SendMessage))
    assert warned.words in message.text
    assert warned.due == MONDAY + 7 * DAY_S + 12 * 3_600.0
    monday = week.wake(MONDAY + 7 * DAY_S + 9 * 3_600.0)
    assert [type(one) for one in monday] == [TellSpending, SendMessage]  # they have heard of it


def test_a_mandate_that_runs_out_or_rests_is_said_before() -> None:
    """After Monday, too: what was agreed on changes in mid-week. Who pays in time all the same hears of nothing."""
    for ends, says in ((MANDATE.valid_from + 46 * DAY_S, "mandate"), (None, "")):
        week = Week(mandate=replace(MANDATE, valid_to=ends))
        for number in range(3):
            week.pays(f"p-{number}", MONDAY - 14 * DAY_S + number * 7 * DAY_S + 12 * 3_600.0, 10_00)
        warned = [one for one in week.wake(MONDAY + 6 * DAY_S) if isinstance(one, WarnOfMoney)]
        assert [("vairs neļaujat" in one.words) for one in warned] == ([True] if says else [])
    week.tell(MandateChanged(MANDATE.mandate, "suspended", "", "simulated"), MONDAY + 7 * DAY_S)
    week.pays("late", MONDAY + 7 * DAY_S + 12 * 3_600.0, 10_00)
    (warned_of,) = {one.ref for one in week.decided if isinstance(one, WarnOfMoney)} or {""}
    assert warned_of == "2026-W49/volta/car-1/parking"  # what is due at noon, told at nine of that Monday
    week.wake(MONDAY + 40 * DAY_S)
    assert len([one for one in week.decided if isinstance(one, WarnOfMoney)]) == 1


def test_a_limit_that_is_reached_by_then_is_said_before() -> None:
    """What other payments have used of it counts: they come in between."""
    month = replace(MANDATE, limits=(PeriodicLimit(Period.HALF_YEAR, Alignment.CONSENT, 36_00),))
    week = Week(mandate=month)
    for number in range(3):
        week.pays(f"p-{number}", MONDAY - 14 * DAY_S + number * 7 * DAY_S + 12 * 3_600.0, 10_00)
    week.wake(MONDAY + 6 * DAY_S)
    (warned,) = (one for one in week.decided if isinstance(one, WarnOfMoney))
    assert warned.due == MONDAY + 7 * DAY_S + 12 * 3_600.0
    assert "vairāk, nekā jūs atļāvāt" in warned.words


def test_what_is_under_way_is_due_too() -> None:
    """An order with a day is set aside and cannot fail; a collection fills the purse before what comes behind it."""
    order = ExpectedPayment("", "shop", "groceries", "EUR", 30_00, MONDAY + 15 * DAY_S, 0.0, "order")
    collected = ExpectedPayment("", "", "top_up", "EUR", 50_00, MONDAY + 20 * DAY_S, 0.0, "collection")
    regular = expected(paid(0, 7, 14, amount=10_00), MONDAY + 15 * DAY_S, MONDAY + 29 * DAY_S)
    found = due([order, collected, *regular], [Given(MANDATE)], {"EUR": 0})
    assert [one.fails for one in found] == ["", "", "", ""]
    assert [one.fails for one in due([order, *regular], [Given(MANDATE)], {"EUR": 0})] == ["", "purse", "purse"]


def test_a_purse_is_topped_up_as_far_as_its_mandate_reaches() -> None:
    """Which the house cannot go beyond either."""
    coming = expected(paid(0, 7, 14, amount=20_00), MONDAY + 15 * DAY_S, MONDAY + 30 * DAY_S)
    top_up = replace(MANDATE, mandate="mnd/c-1/top", device="", category="top_up", limits=(
        PeriodicLimit(Period.HALF_YEAR, Alignment.CONSENT, 20_00),
    ))  # fmt: skip
    assert [one.fails for one in due(coming, [Given(MANDATE), Given(top_up)], {"EUR": 0})] == ["", "purse"]


def paid(*days: float, amount: int = 10_00) -> list[Paid]:
    """Payments of the same, so many days after Monday."""
    return [Paid(CAR, PARKING, "parking", "EUR", amount, MONDAY + day * DAY_S) for day in days]


@pytest.mark.parametrize(
    ("days", "next_days"),
    [
        ((0, 7, 14), [21]),
        ((0, 7.5, 14), [21]),
        ((0, 7, 21), []),  # one gap is twice the other
        ((0, 7), []),  # twice is no habit
        ((0, 31), [62]),  # but the same sum a month later is a subscription
        ((0, 0.2, 0.4, 0.6), []),  # several a day are no bills
        ((0, 1, 2, 3), [17.0 + n for n in range(8)][:0]),  # missed long ago: given up
    ],
)
def test_what_is_regular_is_expected(days: tuple[float, ...], next_days: list[float]) -> None:
    """The rule of ``expected``, case by case."""
    now = MONDAY + max(days[-1], 0) * DAY_S + (15 * DAY_S if days == (0, 1, 2, 3) else DAY_S)
    found = [one.at for one in expected(paid(*days), now, now + 40 * DAY_S)][:1]
    assert [(at - MONDAY) / DAY_S for at in found] == pytest.approx(next_days)


def test_what_one_takes_the_next_has_not() -> None:
    """Balance and limits run down payment by payment; a new period begins anew; topped-up purses do not run dry."""
    coming = expected(paid(0, 7, 14, amount=10_00), MONDAY + 15 * DAY_S, MONDAY + 40 * DAY_S)
    assert len(coming) == 3
    assert [one.fails for one in due(coming, [Given(MANDATE)], {"EUR": 25_00})] == ["", "", "purse"]
    assert due(coming, [Given(MANDATE)], {"EUR": 25_00})[2].short == 5_00
    small = replace(MANDATE, limits=(PeriodicLimit(Period.FORTNIGHT, Alignment.CONSENT, 10_00),))
    assert [one.fails for one in due(coming, [Given(small)], {"EUR": 99_00})].count("limit") == 1
    assert [one.fails for one in due(coming, [], {"EUR": 99_00})] == ["mandate"] * 3
    top_up = replace(MANDATE, mandate="mnd/c-1/top", device="", category="top_up")
    assert [one.fails for one in due(coming, [Given(MANDATE), Given(top_up)], {"EUR": 0})] == [""] * 3
    for over in (
        Given(top_up, state="revoked"),
        Given(replace(top_up, valid_to=MONDAY)),
        Given(replace(top_up, currency="SEK")),
    ):
        assert [one.fails for one in due(coming, [Given(MANDATE), over], {"EUR": 0})] == [
            "purse"
        ] * 3  # nothing is collected


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants them so
    st.sampled_from(["Europe/Riga", "Asia/Tehran", "Pacific/Auckland", "America/St_Johns", "", "No/where"]),
)
def test_a_week_is_from_monday_to_monday_of_their_clock(at: datetime, zone: str) -> None:
    """Whatever the clock does in it; told at nine on the Monday that ends it."""
    week, clock = week_of(at.timestamp(), zone), ZoneInfo(zone if zone and "No" not in zone else "UTC")
    begin, end, told = (datetime.fromtimestamp(one, clock) for one in (week.begin, week.end, week.told_at))
    assert week.begin <= at.timestamp() < week.end
    assert (begin.weekday(), end.weekday(), begin.hour, end.hour) == (0, 0, 0, 0)
    assert (told.date(), told.hour) == (end.date(), 9)
    assert week.name == f"{begin.isocalendar()[0]}-W{begin.isocalendar()[1]:02d}"


@given(st.integers(0, 10**15), st.sampled_from(["EUR", "JPY", "BHD", "USD", "SEK"]), st.sampled_from(LANGUAGES))
def test_a_sum_in_words_is_that_sum(amount: int, currency: str, language: str) -> None:
    """Read back digit by digit, in each language's figures, it is the same; and its currency is said."""
    text = amount_in(as_text(amount, currency), currency, language)
    figures = "".join(one for one in text if one.isdigit() or one in ",.\u066b")
    back = Decimal("".join(str(int(one)) if one.isdigit() else "." for one in figures))
    assert back == Decimal(as_text(amount, currency))
    assert any(sign in text for sign in ("€", "$", currency))
    if language == "fa":
        assert not any(one in text for one in "0123456789.")


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", {1: "one", 0: "other", 2: "other", 11: "other"}),
        ("lv", {1: "one", 21: "one", 11: "other", 111: "other", 0: "other", 10: "other", 101: "one"}),
        (
            "ru",
            {1: "one", 2: "few", 4: "few", 5: "other", 11: "other", 12: "other", 21: "one", 22: "few", 111: "other"},
        ),
        ("uk", {1: "one", 3: "few", 13: "other", 0: "other", 101: "one"}),
        ("fa", {0: "one", 1: "one", 2: "other"}),
        ("zh", {1: "other", 2: "other"}),
    ],
)
def test_words_go_with_their_number(language: str, forms: dict[int, str]) -> None:
    """The forms of CLDR, of which ours has three."""
    assert {count: plural(count, language) for count in forms} == forms
    assert counted("money_payments", 2, "lv") == "2 maksājumus"
