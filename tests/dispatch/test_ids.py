"""Ids and keys: what one function builds another takes apart, and what is not one of ours is told."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.core import ids
from tests.test_architecture import ours

NAME = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
EVENT = st.builds("{}/{}/{}-{}".format, NAME, NAME, st.integers(0, 99), st.integers(0, 9999))
CASE = st.builds(ids.case_id, EVENT, st.integers(0, 12))
NUMBER = st.integers(1, 99)


@given(EVENT, st.integers(0, 12))
def test_a_case_knows_its_number(episode: str, number: int) -> None:
    """The first is called as its episode; the device can be told from every one."""
    case = ids.case_id(episode, number)
    assert ids.case_number(case, episode) == number
    assert (case == episode) == (number == 0)
    assert ids.device_of_case(case) == ids.device_of(episode)


@given(CASE)
def test_what_belongs_to_a_case_leads_back_to_it(case: str) -> None:
    """And to nothing else: a booking is no order, a customer's own call is of no case."""
    assert ids.case_of_tow(ids.tow_id(case)) == case
    assert ids.is_tow(ids.tow_id(case))
    assert ids.case_of_call(ids.call_id(case)) == case
    assert ids.case_of_booking(ids.booking_id(case)) == ids.case_of_order(ids.order_id(case)) == case
    assert ids.case_of_booking(ids.order_id(case)) is ids.case_of_order(ids.booking_id(case)) is None
    for what in ids.REQUESTED:
        asked = ids.RequestOf(case, what)
        assert ids.request_of(ids.request_id(asked)) == asked


@given(CASE, NUMBER)
def test_an_attempt_is_of_something(case: str, number: int) -> None:
    """Whatever it is an attempt of."""
    for of in (ids.tow_id(case), ids.booking_id(case), ids.order_id(case), ids.call_id(case)):
        assert ids.attempt_in(ids.attempt_key(of, number)) == (of, number)


@given(NAME)
def test_a_customer_who_rings_in_is_told_from_our_call(ref: str) -> None:
    """By the id alone."""
    call = ids.inbound_call_id(ref)
    assert ids.is_inbound(call)
    assert ids.call_ref(call) == ref
    assert ids.case_of_call(call) is None


@given(st.sampled_from(ids.EventKind), EVENT)
def test_a_key_says_what_was_heard(kind: ids.EventKind, of: str) -> None:
    """And of what."""
    assert ids.heard_of(kind, ids.event_key(kind, of)) == of


@given(CASE, st.sampled_from(ids.ActionKind), NUMBER)
def test_a_key_says_what_was_done(case: str, kind: ids.ActionKind, number: int) -> None:
    """No two of them are alike, whatever they are about."""
    assert ids.is_key_of(kind, ids.action_key(case, kind))
    others = {ids.action_key(case, other, which) for other in ids.ActionKind for which in (None, number)}
    assert len(others) == 2 * len(ids.ActionKind)


@given(CASE)
def test_only_the_first_notice_has_no_number(case: str) -> None:
    """As keys of older ledgers have it."""
    assert len({ids.notice_key(case, number) for number in range(1, 5)}) == 4
    assert ids.is_key_of(ids.ActionKind.NOTICE, ids.notice_key(case, 1))


def test_what_is_no_id_of_ours_is_told() -> None:
    """An id of nothing leads nowhere, and a key of another kind is a mistake of ours."""
    assert ids.request_of("volta/car-1/7-1") is ids.request_of("") is None
    assert ids.case_of_call("volta/car-1/7-1") is None
    assert not ids.is_tow("volta/car-1/7-1")
    assert ids.case_of_tow("volta/car-1/7-1") == "volta/car-1/7-1"  # a truck that names the case is understood
    with pytest.raises(ValueError, match="is no key of truck"):
        ids.heard_of(ids.EventKind.TRUCK, "found/volta/car-1/7-1")
    with pytest.raises(ValueError, match="is no case of the episode"):
        ids.case_number("volta/car-2/7-1", "volta/car-1/7-1")
    with pytest.raises(ValueError, match="invalid literal"):
        ids.attempt_in("volta/car-1/7-1/order")


def test_nobody_else_takes_them_apart() -> None:
    """Neither the ending of an id nor the beginning of a key stands anywhere else."""
    marks = "|".join(["/tow", "/booking", "/order", "/call", "/again-", *(f"/{kind}" for kind in ids.ActionKind)])
    endings = re.compile(rf'(removesuffix|removeprefix|endswith|startswith|r?partition)\("({marks}|in/|found/|truck/)')
    built = re.compile(rf'f"\{{[\w.]+\}}({marks})["/]')
    found = [path for path in ours() if path.name != "ids.py"]
    assert not [str(path) for path in found if endings.search(text := path.read_text("utf-8")) or built.search(text)]
