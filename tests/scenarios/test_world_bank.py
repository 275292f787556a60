"""The world's bank: each order once, whoever asks in which order, and books that a ledger is held against."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.core.consent import Way
from dispatch.core.purse import actions as act
from dispatch.core.purse.events import MandateGiven, MoneyArrived, PaymentAsked
from dispatch.ledger.rows import read
from dispatch.registers.iban import is_iban
from dispatch.service.channels_file import read_channels
from scenarios.runner.cast import prepare
from scenarios.runner.record import Record
from scenarios.runner.story_bank import StoryBank
from scenarios.runner.story_clock import StoryClock
from scenarios.runner.virtual import _doors
from scenarios.score.money import money_facts
from scenarios.story.bank import Bank, BankAway
from scenarios.story.loader import StoryError, open_story
from scenarios.story.parameters import parameters
from scenarios.story.streams import Streams
from scenarios.world.bank import BankAsk, WorldBank
from tests.dispatch.test_paying import CUSTOMER, MANDATE, TOP_UP, ask

ORDERS = [BankAsk(f"pay-{one}", "TRF", 100 + one, "EUR") for one in range(40)]
ROUGH = Bank(rejects={"AC04": 0.2, "AM04": 0.1}, twice=0.3, never=0.2, contradicts=0.1)
LITTLE = ("duration=2 h", "settle=30 min", "cars.count=5", "faults=[]", "expect={}", "expect_mean={}")


def _bank(habits: Bank = ROUGH) -> WorldBank:
    return WorldBank(habits, Streams(7), 0.0)


@given(st.permutations(ORDERS), st.lists(st.sampled_from(ORDERS), max_size=30))
def test_the_same_order_meets_the_same_fate(orders: list[BankAsk], again: list[BankAsk]) -> None:
    """In whichever order they come and however often; each is done once."""
    plain, other = _bank(), _bank()
    for one in ORDERS:
        plain.asked(one, 1.0)
    for one in [*orders, *again]:
        other.asked(one, 2.0)
    assert (plain.executed, plain.rejected) == (other.executed, other.rejected)
    assert plain.executed.keys() | plain.rejected.keys() == {one.name for one in ORDERS}
    assert not plain.executed.keys() & plain.rejected.keys()
    assert other.asked_again == len(again)


def test_what_it_says_is_what_it_did() -> None:
    """But where it contradicts itself; and asked again it says what it had kept to itself."""
    bank = _bank(ROUGH.model_copy(update={"contradicts": 0.0}))
    said = {one.name: bank.asked(one, 1.0) for one in ORDERS}
    assert any(len(found) > 1 for found in said.values())
    assert any(not found for found in said.values())
    for one in ORDERS:
        [later] = bank.asked(one, 2.0)
        assert (later.status == "ACSC") == (one.name in bank.executed)
        assert {found.status for found in said[one.name]} <= {later.status}
        assert {found.reference for found in said[one.name]} <= {later.reference}


def test_one_that_is_down_does_nothing() -> None:
    """And says nothing, until it is back."""
    bank = _bank(Bank(down=(BankAway.model_validate({"at": "1 h", "lasts": "1 h"}),)))
    assert bank.asked(ORDERS[0], 4_000.0) == []
    assert bank.executed == bank.rejected == {}
    bank.asked(ORDERS[0], 8_000.0)
    assert ORDERS[0].name in bank.executed


def test_the_same_name_with_another_sum_is_noticed() -> None:
    """It takes the first."""
    bank = _bank(Bank(rejects={}))
    bank.asked(ORDERS[0], 1.0)
    bank.asked(replace(ORDERS[0], amount=9), 1.0)
    assert bank.otherwise == [ORDERS[0].name]
    assert bank.books() == {ORDERS[0].name: 100}


@pytest.mark.parametrize(
    "said",
    ["bank.rejects=[AC04]", "bank.rejects={nonsense: 1%}", "bank.twice=2", "bank.down=[{at: 1 h}]", "bank.kind=x"],
)
def test_a_bank_that_cannot_be_is_told_to_the_author(said: str) -> None:
    """By key and rule."""
    with pytest.raises(StoryError, match="bank"):
        open_story("winter_morning", [*LITTLE, said])


@pytest.mark.parametrize(
    "habits", ["{}", "{twice: 1, never: 0.3}", "{rejects: {AC04: 50%}}", "{down: [{at: 0 s, lasts: 1 h}]}"]
)
def test_a_ledger_agrees_with_the_banks_books(habits: str) -> None:
    """Whatever it does: payments and top-ups are booked as it has done them."""
    story = open_story("winter_morning", [*LITTLE, f"bank={habits}"])
    streams, plan, _ = prepare(story, 1)
    record = Record()
    doors = _doors(story, plan, streams, record)
    begin = story.start_s
    doors.tell(MoneyArrived(CUSTOMER, 30_00, "EUR", "in-1", "simulated"))
    given: list[Any] = [replace(MANDATE, valid_from=begin, limits=()), replace(TOP_UP, valid_from=begin)]
    for mandate in given:
        doors.tell(MandateGiven(mandate, Way.LINK, strong=True))
    for number in range(20):
        doors.env.run(until=begin + 60.0 * (number + 1))
        doors.tell(PaymentAsked(ask(f"p-{number}", at=doors.env.now)))
    doors.env.run(until=begin + 7_200.0)
    bank, facts = doors.bank, money_facts(record.rows)
    assert bank is not None
    if "down" not in habits:
        assert facts.settled or bank.rejected
    asked = [one for row in record.rows if isinstance(one := read(row), act.InstructBank)]
    assert {one.amount for one in asked if one.method == "DD"} == {100_00}
    assert (facts.twice, facts.overdrawn, facts.over_limit, facts.otherwise(bank.books())) == ([], [], [], 0)
    assert facts.differs(doors.room.desk.purse.book) == 0


def test_a_run_tells_what_its_bank_was_like() -> None:
    """Beside its other figures."""
    told = {
        one.path: one.value for one in parameters(open_story("winter_morning", [*LITTLE, "bank={rejects: {AC04: 2%}}"]))
    }
    assert told["bank.rejects"] == "AC04 0.02"


def test_books_that_differ_are_found() -> None:
    """A payment that the bank never made, one that nobody asked for."""
    facts = money_facts([])
    facts.settled["pay/x/1"] = 5_00
    assert facts.otherwise({}) == 5_00
    assert facts.otherwise({"pay/x/1/bank": 5_00, "other": 7}) == 7
    assert facts.otherwise({"pay/x/1/bank": 6_00}) == 1_00


def test_a_live_service_finds_the_bank_by_its_file(tmp_path: Path) -> None:
    """Beside what stands there of others; and the story's customers have accounts that nobody has."""
    story = open_story("winter_morning", [*LITTLE, "bank={}"])
    streams, plan, _ = prepare(story, 1)
    assert story.bank is not None
    bank = StoryBank(story.bank, streams, StoryClock(tmp_path / "clock.json", story.start_s, 60.0), story.start_s)
    with bank.up():
        found = read_channels(bank.write(tmp_path / "channels.toml"), {}).bank
    assert found is not None
    assert found.provenance == "simulated"
    assert str(found.url).startswith("http://127.0.0.1:")
    assert all(is_iban(one.iban) for one in plan.customers())
