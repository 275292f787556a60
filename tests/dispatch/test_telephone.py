"""Telephone numbers in any notation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.registers.customers import Customer, Customers
from dispatch.registers.telephone import dialled, means


@pytest.mark.parametrize(
    "written",
    [
        "+37120009999", "+371 2000 9999", "00371-2000-9999", "011 371 20009999", "(+371) 20.00.99.99", "tel:+371-2000-9999",
        "tel:+37120009999;phone-context=example.com", "sip:+37120009999@pbx.example.com;user=phone", "20009999",
        "020009999", "+371 (0)20009999", "+371 2000 9999 ext. 12",
        "+۳۷۱ ۲۰۰۰ ۹۹۹۹", "\u202a+371\u00a02000\u20119999\u202c",
    ],
)  # fmt: skip
def test_every_notation_means_the_same_line(written: str) -> None:
    """With the country before it in every way, or as it is dialled within."""
    customers = Customers([Customer("c-1", "Anna", "+37120009999", "lv", "simulated")])
    assert [one.customer for one in customers.by_phone(written)] == ["c-1"]


@pytest.mark.parametrize(
    "written",
    ["", "9999", "+4920009999", "0049 20009999", "anonymous", "+", "+371", "0000000", "anna20009999", "+37120009999#5"],
)
def test_what_is_no_number_of_theirs_is_nobodys(written: str) -> None:
    """A suppressed number, another country's, an extension alone."""
    customers = Customers([Customer("c-1", "Anna", "+37120009999", "lv", "simulated")])
    assert customers.by_phone(written) == []


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    """Whatever an exchange sends."""
    assert means("+37120009999", dialled(text)) in {True, False}
