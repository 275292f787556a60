"""How often an ordinary payload is taken for one with a card number in it: ``python benchmarks/card_false_alarms.py``.

A million payloads without any card number, made from a seed: order, serial and telephone numbers, coordinates with many
decimals, time stamps, GTINs, IBANs, VINs, lists of readings, in fields of every kind. As a check of the check, the share
of real card numbers that are found in the same payloads is printed too.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from gateway.contract.cards import card_number_at, may_hold_card_number

Dice = random.Random


def _digits(dice: Dice, size: int) -> str:
    return "".join(dice.choices("0123456789", k=size))


def _order(dice: Dice) -> str:
    return dice.choice([
        f"ORD-{_digits(dice, 8)}",
        _digits(dice, dice.randint(6, 12)),
        f"2026-{_digits(dice, 4)}-{_digits(dice, 6)}",
        f"INV/2026/{_digits(dice, 5)}",
        f"{_digits(dice, 3)}-{_digits(dice, 7)}-{_digits(dice, 7)}",  # a large shop's order number, 17 digits
        _digits(dice, dice.randint(13, 16)),  # a counter of a database
    ])  # fmt: skip


def _phone(dice: Dice) -> str:
    number = _digits(dice, 8)
    return dice.choice(
        [
            f"+371 {number}",
            f"00371{number}",
            f"+49 151 {number}",
            f"4915{_digits(dice, 9)}",
            f"+1-202-{number[:3]}-{number[3:7]}",
        ]
    )


def _serial(dice: Dice) -> str:
    letters = "".join(dice.choices("ABCDEFGHJKLMNPRSTUVWXYZ", k=3))
    return dice.choice([
        f"SN{_digits(dice, 12)}",
        f"{letters}-{_digits(dice, 10)}",
        f"{dice.getrandbits(128):032x}",
        f"{dice.getrandbits(32):08x}-{dice.getrandbits(16):04x}-4{dice.getrandbits(12):03x}-a{dice.getrandbits(12):03x}-{dice.getrandbits(48):012x}",
        _digits(dice, 15),  # IMEI-like, in a field that does not say so
        _digits(dice, 20),  # ICCID-like
    ])  # fmt: skip


def _stamp(dice: Dice) -> str:
    at = dice.randint(1_700_000_000, 1_800_000_000)
    moment = time.gmtime(at)
    return dice.choice([str(at), str(at * 1000 + 123), str(at * 1_000_000 + 456_789), time.strftime("%Y%m%d%H%M%S", moment),
                        time.strftime("%Y-%m-%d %H:%M:%S", moment), time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)])  # fmt: skip


def _place(dice: Dice) -> str:
    return f"{dice.uniform(-90, 90)},{dice.uniform(-180, 180)}"


def _readings(dice: Dice) -> str:
    return " ".join(str(dice.randint(0, 300)) for _ in range(dice.randint(3, 10)))


TEXTS: dict[str, Callable[[Dice], str]] = {
    "order": _order, "phone": _phone, "serial": _serial, "stamp": _stamp, "place": _place, "readings": _readings,
}  # fmt: skip


def payload(dice: Dice) -> tuple[str, dict[str, Any]]:
    """Return one event with ordinary numbers in its text fields, and which kind of number stands there."""
    kind = dice.choice(list(TEXTS))
    text = TEXTS[kind](dice)
    position = {
        "latitude": dice.uniform(-90, 90),
        "longitude": dice.uniform(-180, 180),
        "accuracy_m": dice.uniform(1, 50),
        "fix_time": "2026-01-12T06:00:00.123456Z",
    }
    item = {"gtin": "4006381333931", "name": f"article {text}", "quantity": dice.random() * 10, "reorder_at": 1}
    event = {
        "specversion": "1.0",
        "type": "callahead.appliance.stock.v1",
        "source": f"/frosty/{_digits(dice, 15)}",
        "id": f"{dice.randint(0, 999)}-{dice.randint(0, 10**9)}",
        "time": "2026-01-12T06:00:00.123456+01:00",
        "trace": text,
        "creditor_account": "LV80BANK0000435195001",
        "vin": "WVWZZZ1JZXW000001",
        "data": {"position": position, "items": [item], "end_to_end_id": text.replace(" ", "-")},
    }
    return kind, event


def with_card(event: dict[str, Any], dice: Dice) -> bytes:
    """Return the payload with a card number as people write it, in place of the ordinary text."""
    digits = dice.choice(
        ["4111111111111111", "5500000000000004", "2223003122003222", "6011111111111117", "378282246310005"]
    )
    groups = (
        [digits[:4], digits[4:10], digits[10:]]
        if len(digits) == 15
        else [digits[at : at + 4] for at in range(0, 16, 4)]
    )  # American Express prints 4-6-5
    event["trace"] = f"paid by {dice.choice(['', ' ', '-']).join(groups)} at noon"
    return json.dumps(event).encode()


def main() -> None:
    """Print the rates."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--payloads", type=int, default=1_000_000)
    asked.add_argument("--seed", type=int, default=1)
    options = asked.parse_args()
    dice = random.Random(options.seed)  # noqa: S311 - a repeatable sample
    told, alarms, missed = Counter[str](), Counter[str](), 0
    for _ in range(options.payloads):
        kind, event = payload(dice)
        told[kind] += 1
        found = json.dumps(event).encode()
        alarms[kind] += may_hold_card_number(found) and card_number_at(found) is not None
        card = with_card(event, dice)
        missed += not (may_hold_card_number(card) and card_number_at(card))
    total = sum(alarms.values())
    sys.stdout.write(f"false alarms: {total} of {options.payloads:,} payloads, {total / options.payloads:.4%}\n")
    for kind, count in told.items():
        sys.stdout.write(f"  {kind:9} {alarms[kind]:6} of {count:,}, {alarms[kind] / count:.4%}\n")
    sys.stdout.write(f"card numbers missed: {missed} of {options.payloads:,}\n")


if __name__ == "__main__":
    main()
