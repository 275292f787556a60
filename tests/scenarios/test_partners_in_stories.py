"""Workshops give slots out of their book, suppliers goods off their shelf, and each sends the rest to the next."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import date, datetime

import pytest

from dispatch.core.actions import BookWorkshop, PlaceOrder, WithdrawRequest
from dispatch.core.events import BookingAnswered, OrderAnswered, OrderFulfilled
from dispatch.ledger.rows import read
from gateway.finding import OrderLine
from scenarios.runner.in_process import asked_of
from scenarios.runner.network import asked_of as told_by_api
from scenarios.runner.virtual import Result, run_story
from scenarios.story.loader import open_story
from scenarios.story.schema import Story
from scenarios.world.shelf import Shelf
from scenarios.world.slots import Slots

HOUR = 3600.0
MORNING = (
    "duration=3 h", "settle=45 min", "cars.count=150", "faults=[{part: alternator, count: 14, when: {until: 2 h}}]",
    "cars.departs={uniform: {low: 10 min, high: 110 min}}", "network={}",
)  # fmt: skip
KITCHENS = ("duration=2 days", "settle=26 h", "fridges.count=40", "faults=[{part: stock, count: 14}]", "network={}")
SHOPS = "{{count: {count}, serves: [supplies], refuses: 0, lead: 2 h, {more}}}"


def test_the_first_free_slot_is_given() -> None:
    """Two places: the third car comes when the first has gone, and one that is struck out leaves its place."""
    book, always = Slots(2), [(0.0, 100 * HOUR)]
    for expected in (0.0, 0.0, 2 * HOUR):
        assert book.first_free(0.0, 2 * HOUR, 9 * HOUR, always) == expected
        book.take(expected, 2 * HOUR)
    assert book.first_free(0.0, 2 * HOUR, 1 * HOUR, always) is None
    book.give_back(0.0, 2 * HOUR)
    assert book.first_free(0.0, 2 * HOUR, 1 * HOUR, always) == 0.0


def test_a_slot_lies_within_the_opening_hours_and_is_free_throughout() -> None:
    """Closed from 4 to 10; a car booked for later is not in the way of a short repair, but of a long one."""
    book, hours = Slots(1), [(0.0, 4 * HOUR), (10 * HOUR, 14 * HOUR)]
    book.take(3 * HOUR, HOUR)
    assert book.first_free(HOUR, HOUR, 20 * HOUR, hours) == HOUR
    assert book.first_free(HOUR, 3 * HOUR, 20 * HOUR, hours) == 10 * HOUR
    assert book.first_free(5 * HOUR, 3 * HOUR, 9 * HOUR, hours) is None


def booked(settings: str) -> tuple[Story, list[BookingAnswered], Result]:
    """Play a tiny morning and return what workshops answered."""
    story = open_story("winter_morning", [*MORNING, f"workshops={settings}"])
    result = run_story(story, 5)
    return story, [item for row in result.rows if isinstance(item := read(row), BookingAnswered)], result


def test_workshops_give_slots_within_their_hours_and_capacity() -> None:
    """One place each, open from nine: nobody gets a slot before, and no two cars the same."""
    story, answers, result = booked("{count: 2, slots: 1, open: '09:00..18:00', refuses: 0}")
    back = {(one.request, one.attempt) for one in map(read, result.rows) if isinstance(one, WithdrawRequest)}
    kept = [item for item in answers if (item.booking, item.attempt) not in back]  # what was given back is given again
    given = [item.slot_at for item in kept if item.slot_at is not None]
    hours = [datetime.fromtimestamp(at, story.start.tzinfo).hour for at in given]
    assert len(given) > 3
    assert all(9 <= hour < 18 for hour in hours)
    assert max(Counter(given).values()) <= 2
    assert len(set(given)) > 1
    assert result.scorecard["lost"] == 0


def test_a_full_workshop_refuses_and_the_next_is_asked() -> None:
    """No horizon at all: one place is taken once, then each workshop refuses."""
    _, answers, _ = booked("{count: 3, slots: 1, refuses: 0, horizon: 0 min}")
    refused = [item.booking for item in answers if not item.accepted]
    assert refused
    assert {item.booking for item in answers if item.accepted} & set(refused)


def test_a_shelf_gives_what_it_has_and_is_filled_up_every_day() -> None:
    """By GTIN, by name, or the same of all; an order is served in full or not at all."""
    milk, cheese = OrderLine("4001234567891", "milk 1 l", 4.0), OrderLine("4001234567892", "cheese", 1.0)
    today, tomorrow = date(2026, 3, 2), date(2026, 3, 3)
    for stock in (6.0, {"milk 1 l": 6.0}, {"4001234567891": 6.0}):
        shelf = Shelf(stock)
        assert shelf.take((milk,), today)
        assert not shelf.take((milk,), today)
        assert shelf.take((milk,), tomorrow)
        shelf.put_back((milk,), today)
        assert shelf.take((milk,), today)
    assert not Shelf({"milk 1 l": 6.0}).take((milk, cheese), today)


def ordered(*groups: str) -> tuple[Story, Result]:
    """Play two days in 40 kitchens that run out of milk."""
    story = open_story("kitchen_week", [*KITCHENS, f"suppliers=[{', '.join(groups)}]"])
    return story, run_story(story, 3)


def test_who_is_out_of_stock_refuses_and_the_next_supplier_delivers() -> None:
    """Nobody has much: no supplier gives away more in a day than it has, and the rest is delivered by others."""
    groups = (SHOPS.format(count=3, more="stock: {milk 1 l: 9}"), SHOPS.format(count=1, more="stock: 400"))
    story, result = ordered(*groups)
    asked = {item.key: item for row in result.rows if isinstance(item := read(row), PlaceOrder)}
    sold, refused = Counter[tuple[str, date]](), set[str]()
    for row in result.rows:
        if isinstance(item := read(row), OrderAnswered):
            order = asked[f"{item.order}/{item.attempt}"]
            if item.accepted:
                day = datetime.fromtimestamp(row.at, story.start.tzinfo).date()
                sold[order.supplier, day] += round(sum(line.quantity for line in order.lines))
            else:
                refused.add(item.order)
    assert refused
    assert max(units for (supplier, _), units in sold.items() if supplier != "supplier-04") <= 9
    fulfilled = {item.order for row in result.rows if isinstance(item := read(row), OrderFulfilled)}
    assert refused <= fulfilled


def test_an_order_after_the_cut_off_goes_out_the_next_day() -> None:
    """Before eight it comes in two hours, later at two the next morning."""
    story, result = ordered(SHOPS.format(count=2, more="cut_off: '08:00'"))
    late = 0
    for row in result.rows:
        item = read(row)
        if isinstance(item, OrderAnswered) and item.arrives_at is not None:
            taken = datetime.fromtimestamp(row.at, story.start.tzinfo)
            comes = datetime.fromtimestamp(item.arrives_at, story.start.tzinfo)
            midnight = taken.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() + 24 * HOUR
            late += taken.hour >= 8
            assert comes.timestamp() == pytest.approx(row.at + 2 * HOUR if taken.hour < 8 else midnight + 2 * HOUR)
    assert late


def test_a_partner_is_asked_the_same_with_a_network_between() -> None:
    """What the house tells by its API reads as what it decided: how long the car stays, which goods are wanted."""
    milk = OrderLine("4001234567891", "milk 1 l", 4.0)
    booking = BookWorkshop("c", "c/booking", 1, "workshop-01", 100.0, 7200.0, "tyre", "simulated")
    order = PlaceOrder("c", "c/order", 2, "supplier-01", "supplies", "stock", "stock", (milk,), "simulated")
    for action in (booking, order):
        assert told_by_api(type(action).__name__, asdict(action)) == asked_of(action)
