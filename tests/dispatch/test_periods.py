"""Periods of mandates and exemptions, each against a slow reference that walks day by day and payment by payment."""

from __future__ import annotations

import json
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from dispatch.core.purse.exemption import Exemptions
from dispatch.core.purse.mandate import Alignment, Period, PeriodicLimit
from dispatch.core.purse.money import BadAmount, as_text, in_minor_units
from dispatch.core.purse.periods import BadPeriod, Days, Periods, begin_of, day_of, window
from dispatch.core.purse.rules import Exemption, LowValue
from scenarios.cli import app

MONTHS = {Period.MONTH: 1, Period.HALF_YEAR: 6, Period.YEAR: 12}
KINDS = [
    (period, alignment)
    for period in Period
    for alignment in Alignment
    if (period, alignment) != (Period.FORTNIGHT, Alignment.CALENDAR)
]
ONE_DAY = timedelta(days=1)


def _begins_one(day: date, first: date, period: Period, alignment: Alignment) -> bool:
    """Does a period begin with a day? Asked of one day after the other."""
    if period is Period.DAY:
        return True
    if alignment is Alignment.CALENDAR:
        begins = {
            Period.WEEK: day.weekday() == 0,
            Period.MONTH: day.day == 1,
            Period.HALF_YEAR: day.day == 1 and day.month in {1, 7},
            Period.YEAR: (day.month, day.day) == (1, 1),
        }
        return begins[period]
    if period in {Period.WEEK, Period.FORTNIGHT}:
        return (day - first).days % (7 if period is Period.WEEK else 14) == 0
    months = (day.year - first.year) * 12 + day.month - first.month
    return months % MONTHS[period] == 0 and day.day == min(first.day, monthrange(day.year, day.month)[1])


def _walked(day: date, first: date, period: Period, alignment: Alignment) -> tuple[Days, int]:
    """Return the period of a day and how many days a whole one has, by walking."""
    begin, end = day, day + ONE_DAY
    while begin > first and not _begins_one(begin, first, period, alignment):
        begin -= ONE_DAY
    while not _begins_one(end, first, period, alignment):
        end += ONE_DAY
    whole = begin
    while not _begins_one(whole, first, period, alignment):
        whole -= ONE_DAY
    return Days(begin, end), (end - whole).days


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    first=st.dates(date(2019, 12, 1), date(2029, 1, 31)),
    days=st.integers(0, 900),
)
def test_a_day_is_in_the_period_that_walking_finds(kind: tuple[Period, Alignment], first: date, days: int) -> None:
    """Whatever the first day, leap days and year ends included."""
    periods, day = Periods(*kind, first), first + timedelta(days=days)
    walked, whole = _walked(day, first, *kind)
    found = periods.at(day)
    assert found == walked
    assert periods.share(found) == ((found.end - found.begin).days, whole)


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(KINDS), first=st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_periods_follow_each_other_without_a_gap(kind: tuple[Period, Alignment], first: date) -> None:
    """The end of one is the begin of the next, and each day of it is in it."""
    listed = list(islice(Periods(*kind, first), 30))
    assert listed[0].begin == first
    assert all(one.end == other.begin for one, other in pairwise(listed))
    assert all(Periods(*kind, first).at(one.end - ONE_DAY) == one for one in listed)


EDGES = [
    (date(2026, 8, 31), Period.MONTH, ["2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28"]),
    (date(2026, 8, 30), Period.MONTH, ["2026-09-30", "2026-10-30", "2026-11-30", "2026-12-30", "2027-01-30", "2027-02-28"]),
    (date(2027, 8, 31), Period.HALF_YEAR, ["2028-02-29", "2028-08-31", "2029-02-28"]),
    (date(2024, 2, 29), Period.YEAR, ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
    (date(2026, 12, 25), Period.FORTNIGHT, ["2027-01-08", "2027-01-22"]),
]  # fmt: skip


@pytest.mark.parametrize(("first", "period", "ends"), EDGES, ids=str)
def test_edge_dates(first: date, period: Period, ends: list[str]) -> None:
    """A day that a month does not have is its last, and the day after that the day it was again."""
    found = [str(days.end) for days in islice(Periods(period, Alignment.CONSENT, first), len(ends))]
    assert found == ends


def test_the_first_period_of_the_calendar_is_cut_short_and_its_limit_with_it() -> None:
    """Ten of thirty days of September leave a third."""
    zone = "Europe/Riga"
    limit = PeriodicLimit(Period.MONTH, Alignment.CALENDAR, 300_00)
    begin = datetime(2026, 9, 21, 15, tzinfo=ZoneInfo(zone)).timestamp()
    first, second = window(limit, begin, zone, begin), window(limit, begin, zone, begin + 30 * 86_400)
    assert (first.amount, second.amount) == (100_00, 300_00)
    assert first.end == second.begin == datetime(2026, 10, 1, tzinfo=ZoneInfo(zone)).timestamp()


ZONES = ["Europe/Riga", "America/New_York", "America/Sao_Paulo", "Asia/Tehran", "Pacific/Apia", "UTC", "Asia/Beirut"]


@settings(max_examples=150, deadline=None)
@given(zone=st.sampled_from(ZONES), hour=st.integers(0, 15 * 365 * 24), kind=st.sampled_from(KINDS))
def test_periods_are_of_the_customers_clock(zone: str, hour: int, kind: tuple[Period, Alignment]) -> None:
    """Whatever the clock does meanwhile: an instant is in its window, and a day never begins before it was another."""
    begin = datetime(2010, 1, 15, 11, tzinfo=UTC).timestamp()
    at = begin + hour * 3_600.0
    found = window(PeriodicLimit(*kind, 100), begin, zone, at)
    assert found.begin <= at < found.end
    days = Periods(*kind, day_of(begin, zone)).at(day_of(at, zone))
    assert day_of(found.begin, zone) == days.begin
    assert day_of(found.end, zone) == days.end
    assert day_of(begin_of(days.end, zone) - 1.0, zone) < days.end


def test_a_fortnight_of_the_calendar_is_none() -> None:
    """No calendar says where one begins; and no day is before the first."""
    with pytest.raises(BadPeriod, match="fortnight"):
        Periods(Period.FORTNIGHT, Alignment.CALENDAR, date(2026, 1, 1))
    with pytest.raises(ValueError, match="before the first"):
        Periods(Period.DAY, Alignment.CONSENT, date(2026, 1, 2)).at(date(2026, 1, 1))


def _cli(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["mandate", "periods", *words])
    return result.exit_code, result.output + str(result.exception or "")


def test_the_command_line_tells_the_ends() -> None:
    """As a JSON list for machines, as lines for people."""
    words = ["--from", "2026-08-31", "--type", "Month", "--alignment", "Consent", "--count", "6"]
    code, told = _cli(*words, "--json")
    assert (code, json.loads(told)) == (0, EDGES[0][2])
    assert "2026-08-31 to 2026-09-30" in _cli(*words)[1]
    assert "10 of 30 days" in _cli("--from", "2026-09-21", "--alignment", "Calendar", "--count", "1")[1]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--from", "31.8.2026"], "is no date"),
        (["--from", "2026-02-30"], "is no date"),
        (["--from", "9999-12-01", "--count", "9"], "there are no 9"),
        (["--from", "2026-08-31", "--type", "Fortnight", "--alignment", "Calendar"], "a fortnight is aligned"),
    ],
    ids=str,
)
def test_bad_input_is_told_in_a_sentence(words: list[str], says: str) -> None:
    """The error says what is wrong; ``main`` ends with 2."""
    assert says in _cli(*words)[1]


@settings(max_examples=200, deadline=None)
@given(
    counting=st.sampled_from(["sum", "count"]),
    payments=st.lists(
        st.tuples(st.integers(1, 40_00), st.sampled_from(["EUR", "SEK", "JPY"]), st.booleans()), max_size=60
    ),
)
def test_exemptions_are_those_of_a_slow_reference(counting: str, payments: list[tuple[int, str, bool]]) -> None:
    """Which looks through all that was exempt since the last authentication, each time."""
    rule = Exemption(counting, low_values=(LowValue("EUR", 30_00, 100_00), LowValue("SEK", 300_00, 1_000_00)))  # type: ignore[arg-type]
    exemptions, since = Exemptions(rule), list[tuple[int, str]]()
    for amount, currency, strong in payments:
        before = [one for one, other in since if other == currency]
        low = {"EUR": (30_00, 100_00), "SEK": (300_00, 1_000_00)}.get(currency)
        fits = sum(before) + amount <= low[1] if low and counting == "sum" else len(before) < 5
        expected = low is not None and amount <= low[0] and fits
        assert exemptions.exempts("c-1", amount, currency) is expected
        if strong:
            exemptions.authenticated("c-1")
            since.clear()
        elif expected:
            exemptions.note("c-1", amount, currency)
            since.append((amount, currency))


@settings(max_examples=100, deadline=None)
@given(amount=st.integers(0, 10**15), currency=st.sampled_from(["EUR", "JPY", "KWD", "CLF"]))
def test_money_is_written_and_read_without_a_fraction(amount: int, currency: str) -> None:
    """In currencies with no, two, three and four decimal places."""
    assert in_minor_units(as_text(amount, currency), currency) == amount


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("1.5", "JPY"), ("0.001", "EUR"), ("x", "EUR"), ("-1", "EUR"), ("NaN", "EUR"), ("1", "XXX"),
        ("1e5", "EUR"), ("1e999999", "EUR"),
        ("1_000", "EUR"), (" 1", "EUR"), ("1\n", "EUR"), ("\u0661\u0662", "EUR"), ("\uff11", "EUR"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_told(text: str, currency: str) -> None:
    """Wrong decimal places, no number, no currency; an exponent, blanks, other scripts, as Python would read them."""
    with pytest.raises(BadAmount):
        in_minor_units(text, currency)


@pytest.mark.parametrize(
    "text",
    ["1e99999999", "1e-99999999", "0e99999999", "1e3", "9" * 10**6, "1_000", "٣", "", ".", " 1", "1\n", "Infinity", "sNaN",
     "99999999999999999", "0." + "0" * 31],
)  # fmt: skip
def test_what_is_beyond_all_money_is_told_and_not_reckoned(text: str) -> None:
    """Exponents that overflow, digits without end, other scripts' digits, gaps: refused before anybody counts with them."""
    with pytest.raises(BadAmount, match=r"no amount of money|room for"):
        in_minor_units(text, "EUR")


@pytest.mark.parametrize(
    ("text", "minor"), [("0012.40", 12_40), ("+12.4", 12_40), ("12.", 12_00), (".5", 50), ("1.50000", 1_50), ("0", 0)]
)
def test_a_decimal_of_a_bank_is_read(text: str, minor: int) -> None:
    """As XML Schema lets it be written."""
    assert in_minor_units(text, "EUR") == minor
