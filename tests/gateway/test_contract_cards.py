"""Card numbers: found wherever they stand, never kept, and ordinary numbers let alone."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.binding import read_event
from gateway.contract.cards import _RANGES, card_number_at, holds_card_number, masked, shown
from gateway.contract.event_types import event_types
from gateway.contract.messages import parse_event
from gateway.contract.refusals import Refused, Rule
from gateway.devices.registry import Registry
from gateway.intake.intake import Intake

CARDS = [
    "4111111111111111",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "4111\u00a01111\u00a01111\u00a01111",
    "4222222222222",
    "5500-0000-0000-0004",
    "2223003122003222",
    "3782 822463 10005",
    "378282246310005",
    "30569309025904",
    "6011111111111117",
    "3530111333300000",
    "6304000000000000",
    "2200000000000053",
    "6200 0000 0000 0005",
    "6212345678901232",
    "4000000000000000006",
]


@pytest.mark.parametrize("number", CARDS)
def test_every_schemes_numbers_are_known(number: str) -> None:
    """Alone, in a sentence, beside other numbers; and the masked copy shows the last four digits at most."""
    for text in (number, f"paid by {number}.", f"2026-01-12 {number} 12", f"card:{number}\nnext"):
        assert holds_card_number(text), text
        assert number[:9] not in masked(text)
        assert f"[card …{number[-4:]}]" in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # the check digit is wrong
        "1234567890123452",  # no scheme begins so
        "51111111111111",  # no length of that scheme
        "41111111111111111111",  # twenty digits
        "x4111111111111111x",  # a part of a serial number
        "56.4111111111111111",  # decimals
        "+4222222222222",  # a telephone number
        "20260112060000",
        "550e8400-e29b-41d4-a716-446655440000",
        "1768197600000",
    ],
)
def test_other_long_numbers_are_not_card_numbers(text: str) -> None:
    """What only looks like one is let alone."""
    assert not holds_card_number(text)


@given(
    st.lists(st.sampled_from([*"0123456789", " ", "-", "4111111111111111", "3782 822463 10005"]), max_size=40).map(
        "".join
    )
)
def test_what_is_found_does_not_depend_on_how_it_is_looked_for(text: str) -> None:
    """Against a look at each stretch of a run by itself, its check digit summed up digit by digit."""
    assert holds_card_number(text) == any(map(_has_card, re.findall("(?<![0-9A-Za-z+])[0-9]+(?:[ -][0-9]+)*", text)))


def _has_card(run: str) -> bool:
    groups = re.split("[ -]", run)
    stretches = [
        groups,
        *(groups[first:last] for first in range(len(groups)) for last in range(first + 1, len(groups) + 1)),
    ]
    whole, *some = ["".join(one) for one in stretches]
    return _is_card(whole) or any(
        _is_card(digits)
        for digits, one in zip(some, stretches[1:], strict=True)
        if _is_printed([len(each) for each in one])
    )


def _is_printed(sizes: list[int]) -> bool:
    return (
        sizes in ([4, 6, 5], [4, 6, 4], [6, 13])
        or (sizes[:4] == [4, 4, 4, 4] and (len(sizes) == 4 or (len(sizes) == 5 and sizes[4] < 4)))
        or (len(sizes) == 1 and 13 <= sizes[0] <= 19)
    )


def _is_card(digits: str) -> bool:
    sizes = next((sizes for low, high, sizes in _RANGES if low <= int(digits[:4]) <= high), ())
    summed = sum(
        int(one) if number % 2 == 0 else sum(divmod(2 * int(one), 10)) for number, one in enumerate(reversed(digits))
    )
    return len(digits) in sizes and summed % 10 == 0


def changed(kind: str, **changes: Any) -> bytes:
    """Return the example of a kind with changed attributes."""
    return json.dumps({**event_types().examples[f"callahead.{kind}.v1"], **changes}).encode()


def stock(**changes: object) -> bytes:
    """Return a stock event with one article, changed."""
    item = event_types().examples["callahead.appliance.stock.v1"]["data"]["items"][0]
    return changed("appliance.stock", data={"items": [{**item, **changes}]})


@pytest.mark.parametrize(
    ("payload", "pointer"),
    [
        (stock(name="milk 4111 1111 1111 1111"), "/data/items/0/name"),
        (changed("phone.status", comment="4111111111111111"), "/comment"),
        (changed("phone.status", comment={"deep": ["a", "4111111111111111"]}), "/comment/deep/1"),
        (changed("phone.status", comment=4111111111111111), "/comment"),
        (changed("phone.status", gtin="4111111111111111"), "/gtin"),
        (changed("phone.status", subject="card 4111-1111-1111-1111"), "/subject"),
        (
            changed("payment.attempt", data={**event_types().examples["callahead.payment.attempt.v1"]["data"],
                                             "end_to_end_id": "4111111111111111"}),
            "/data/end_to_end_id",
        ),
        (stock(name="NAME").replace(b"NAME", b"".join(rb"\u%04x" % digit for digit in b"4111111111111111")),
         "/data/items/0/name"),
        (changed("phone.status", comment="NAME").replace(b"NAME", rb"no\n4111111111111111\u002e"), "/comment"),
        (stock(name="NAME").replace(b'"NAME"', b'"4111111111111111","name":"hidden"'), "/data/items/0/name"),
        (stock(name="4111\u00a01111\u00a01111\u00a01111"), "/data/items/0/name"),
    ],
)  # fmt: skip
def test_a_card_number_is_refused_wherever_it_stands(payload: bytes, pointer: str) -> None:
    """In text, numbers, extensions, behind escapes, and where a later member hides it. Nothing kept shows it."""
    with pytest.raises(Refused) as refused:
        parse_event(payload)
    assert (refused.value.rule, refused.value.pointer) == (Rule.CARD_NUMBER, pointer)
    kept = Intake(Registry([])).receive("callahead/v1/volta/phone-1/event", payload, 0.0).refusal
    assert kept is not None
    told = kept.excerpt + kept.problem.model_dump_json()
    assert "[card …1111]" in kept.excerpt
    assert "4111111" not in told.replace("\\u003", "").replace(" ", "").replace("-", "").replace("\u00a0", "")


def test_a_card_number_in_a_name_is_refused_and_not_told_back() -> None:
    """A pointer names the place, so it is masked too."""
    with pytest.raises(Refused) as refused:
        parse_event(changed("phone.status", **{"4111111111111111": 1}))
    assert refused.value.pointer == "/[card …1111]"


def test_a_card_number_in_a_user_property_is_refused() -> None:
    """Binary mode is no way round."""
    event = event_types().examples["callahead.phone.status.v1"]
    properties = [(name, value) for name, value in event.items() if isinstance(value, str)]
    with pytest.raises(Refused) as refused:
        read_event(b"{}", "application/json", [*properties, ("note", "4111 1111 1111 1111")])
    assert refused.value.rule is Rule.CARD_NUMBER


@pytest.mark.parametrize(
    "change",
    [
        {"type": "4111 1111 1111 1111"},
        {"id": "4111111111111111"},
        {"time": "4111111111111111"},
        {"data": {"4111-1111-1111-1111": 1}},
    ],
)
def test_no_refusal_tells_a_card_number_back(change: dict[str, Any]) -> None:
    """Also where the message is refused for another reason."""
    with pytest.raises(Refused) as refused:
        parse_event(changed("phone.status", **change))
    told = refused.value.problem(b"").model_dump_json() + str(refused.value)
    assert not holds_card_number(told)


@pytest.mark.parametrize(
    "payload",
    [
        stock(gtin="6011111111077"),  # a GTIN that passes for a Maestro card
        changed("phone.status", imei="378282246310005"),
        changed("phone.status", vin="41111111111111111"),
        changed("phone.status", iban="LV80BANK0000435195001"),
        changed("phone.status", source="/volta/378282246310005"),
        changed("phone.status", id="4111111111-111111"),
        changed("phone.status", comment="1768197600000"),
    ],
)
def test_fields_with_a_format_of_their_own_are_let_alone(payload: bytes) -> None:
    """A GTIN, an IMEI, a VIN, an IBAN, ids and times are what they say."""
    assert parse_event(payload)


def test_a_run_of_groups_ends_before_what_goes_on_as_a_word() -> None:
    """What stands before it counts; nothing is lost by not stepping back."""
    assert masked("4111 1111 1111 1111 12x") == "[card …1111] 12x"
    assert masked("x4 4111 1111 1111 1111y 4111-1111-1111-1111") == "x4 4111 1111 1111 1111y [card …1111]"


@pytest.mark.parametrize(
    "unit",
    ["4000 ", "4000 4000 4000 4001-", "1 ", "3782 822463 1000 ", "630400 0000000000001 ", "4" * 19 + " ", "4000\u00a0"],
)
@pytest.mark.parametrize("end", ["", "x"])
def test_looking_costs_so_much_a_byte_and_no_more(unit: str, end: str) -> None:
    """Groups upon groups that are nearly card numbers: in steps, which no busy machine makes more of."""
    text = unit * (16_000 // len(unit)) + end
    assert _steps(lambda: holds_card_number(text)) < 1.75 * len(text)  # it was 3


def _steps(look: Callable[[], bool]) -> int:
    """Return how many functions are called, Python's own included."""
    called = 0

    def note(_frame: object, event: str, _of: object) -> None:
        nonlocal called
        called += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        assert not look()
    finally:
        sys.setprofile(None)
    return called


@pytest.mark.parametrize("value", [["4000 4000 4000 4001"] * 7_000, [{"id": "4000 4000 4000 4001"}] * 5_000])
def test_nothing_is_found_below_a_long_name(value: object) -> None:
    """A hundred thousand characters of it, and thousands of places below it; what that costs: benchmarks/test_contract.py."""
    payload = json.dumps({"k" * 100_000: value, "escaped": "?"}).replace("?", "\\u0034").encode()
    assert card_number_at(payload) is None


def test_what_is_shown_fits_in_any_store() -> None:
    """No control characters, no half a card number at the end, no more than asked for."""
    assert shown("a\x00b\x1b[31m " + r"\u0034111111111111111", 100) == "a\ufffdb\ufffd[31m [card …1111]"
    assert len(shown("x" * 10_000, 300)) == 300
