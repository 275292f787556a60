"""Banks and processors: what is wrong is refused, in words that depend on who is asked."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from firmware_sim.kinds.phone.device import Phone
from firmware_sim.links.memory import MemoryUplink
from firmware_sim.wallet.failures import CAUSES, fail_for_a_while
from firmware_sim.wallet.iban import LENGTHS, made_up, mistyped
from firmware_sim.wallet.institution import Answer, draw_institution
from firmware_sim.wallet.market import BANKS, Market, Payer
from firmware_sim.wallet.troubles import BLUNT, CODES, HUSHED, RESPONSES, Trouble
from gateway.contract.payments import RESPONSES as KNOWN_RESPONSES
from gateway.contract.payments import iban_holds
from gateway.payments.messages import PaymentAttempt

EVENING = 1_767_301_200.0
"""21:00 UTC, after every cut-off."""


def market(seed: int = 3) -> tuple[Market, Payer]:
    """Return a market where nothing fails by chance, and somebody who pays there."""
    dice = np.random.default_rng(seed)
    made = Market.drawn(["baltpay", "nordcard"], dice)
    made.clearing.hiccups = 0.0
    phone = Phone("pear/phone-1")
    phone.uplink = MemoryUplink(lambda _: None)
    phone.go_online(EVENING)
    return made, made.payer(phone, "baltpay", EVENING, dice)


def attempt(made: Market, payer: Payer, part: str) -> PaymentAttempt:
    """Return what the phone tells of one payment that ``part`` stands in the way of."""
    return made.pay(payer, made.order(payer, CAUSES[part]), EVENING).data


@pytest.mark.parametrize("country", sorted(LENGTHS))
def test_made_up_accounts_hold_and_slips_do_not(country: str) -> None:
    """MOD 97-10 finds every wrong digit and every swap of two neighbours."""
    dice = np.random.default_rng(1)
    bank = next(code for _, (where, code) in BANKS.items() if where == country)
    for _ in range(50):
        account = made_up(country, bank, dice)
        assert len(account) == LENGTHS[country]
        assert iban_holds(account)
        assert not iban_holds(mistyped(account, dice))


@pytest.mark.parametrize("seed", range(20))
def test_what_is_in_order_settles(seed: int) -> None:
    """Whoever pays with whatever."""
    made, payer = market(seed)
    assert made.pay(payer, made.order(payer), EVENING).data.status == "ACSC"


@pytest.mark.parametrize("part", sorted(CAUSES))
def test_what_is_wrong_never_settles_until_it_is_put_right(part: str) -> None:
    """However often it is tried; then it goes through."""
    for seed in range(15):
        made, payer = market(seed)
        order = made.order(payer, CAUSES[part])
        assert {made.pay(payer, order, EVENING + n).data.status for n in range(4)} <= {"RJCT", "PDNG"}
        made.put_right(payer, order)
        order.amount = min(order.amount, order.amount.__class__(100))
        assert made.pay(payer, order, EVENING + 60).data.status == "ACSC"


def test_causes_are_told_in_many_words() -> None:
    """Lack of money is mostly AM04, and is also told by words that fit anything."""
    told = Counter(attempt(*market(seed), "insufficient_funds").reason for seed in range(200))
    assert told["AM04"] > 80
    assert {"MS03"} < set(told)
    assert len(told) >= 5


def test_a_discreet_bank_tells_a_stranger_nothing_of_its_customer() -> None:
    """MS03 for every trouble that it hushes, mostly."""
    bank = draw_institution("KRASLV22", np.random.default_rng(1))
    bank.is_discreet = True
    dice = np.random.default_rng(2)
    for trouble in HUSHED:
        said = Counter(bank.refuse(trouble, dice) for _ in range(20))
        assert set(said) <= {Answer("RJCT", "MS03"), Answer("PDNG")}


def test_a_blunt_bank_answers_for_a_card_without_saying_why() -> None:
    """05 for whatever it decides itself; not for what the processor finds, and never where no card is."""
    bank = draw_institution("KRASLV22", np.random.default_rng(1))
    bank.bluntness = 1.0
    dice = np.random.default_rng(2)
    for trouble in Trouble:
        said = {bank.refuse(trouble, dice, by_card=True).response for _ in range(20)} - {None}
        assert ("05" in said) is (trouble in BLUNT)
        assert bank.refuse(trouble, dice).response is None


def test_a_card_bank_answers_in_the_words_of_iso_8583() -> None:
    """Each answer is one that the contract knows; most phones of those who pay by card tell it."""
    assert {code for answers in RESPONSES.values() for code in answers} <= set(KNOWN_RESPONSES)
    told = [attempt(*market(seed), "card_expired") for seed in range(200)]
    answers = Counter(one.processor_response for one in told if one.status == "RJCT")
    assert answers["54"] > answers["05"] > 0
    assert 0.2 < answers[None] / len(told) < 0.4


def test_a_careful_bank_says_what_fits_and_mostly_the_same() -> None:
    """Habits are kept."""
    bank = draw_institution("KRASLV22", np.random.default_rng(1))
    bank.is_discreet, bank.carelessness = False, 0.0
    dice = np.random.default_rng(2)
    for trouble in Trouble:
        said = Counter(bank.refuse(trouble, dice) for _ in range(40))
        assert {answer.reason or "" for answer in said if answer.status == "RJCT"} <= set(CODES[trouble])
        assert said.most_common(1)[0][1] >= 25


def test_an_outage_fails_everybody_while_it_lasts() -> None:
    """Before and after it, nobody."""
    made, payer = market()
    down = made.clearing.processors["baltpay"]
    fail_for_a_while(down, EVENING, 600, np.random.default_rng(1))
    down.outages[0].fails = 1.0
    told = [made.pay(payer, made.order(payer), EVENING + at).data.status for at in (-1, 0, 300, 599, 600)]
    assert told[0] == told[-1] == "ACSC"
    assert "ACSC" not in told[1:4]


def test_a_payment_that_settled_is_not_taken_again() -> None:
    """Not even when everything is in order."""
    made, payer = market()
    order = made.order(payer)
    told = [made.pay(payer, order, EVENING).data.status for _ in range(2)]
    assert told[0] == "ACSC"
    assert told[1] != "ACSC"


def test_an_expired_card_is_seen_by_its_month() -> None:
    """Where the app tells it."""
    months = [attempt(*market(seed), "card_expired").instrument_expires for seed in range(30)]
    told = [month for month in months if month is not None]
    assert len(told) > 5
    assert all(month < "2026-01" for month in told)
