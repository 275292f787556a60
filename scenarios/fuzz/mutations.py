"""Makes hostile values and texts of sound ones, by dice that a seed throws."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from random import Random
from typing import Any

POISON: tuple[Any, ...] = (
    "a\u0000b", "\u0000", "\ud800", "x" * 3_000, "\u001b[31mred", "line\r\nbreak\u0007", "\u202egnp.exe", "\u2028",
    float("nan"), float("inf"), float("-inf"), 1e308, 2**63, 2**64, -(2**63), 10**40,
)  # fmt: skip
"""Fits no value of ours, whatever it is for."""
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1.5, "", " ", "0", "null", "ā💥", 'say "hi"', "<img src=x onerror=alert(1)>", "../../etc/passwd",
    "'; DROP TABLE ledger; --", "${jndi:ldap://x}", "%00", "{}", [], {}, [[]], {"": ""}, "9" * 190, -0.0, 5e-324, 1_795_954_887_000,
)  # fmt: skip
"""May or may not fit."""
_DEEP = 400
_WIDE = 30_000


def poisoned(dice: Random, sound: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a value with something in it that is to be refused wherever it stands."""
    return _with(dice, sound, lambda _value: dice.choice(POISON))


def odd(dice: Random, sound: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a value with one to three parts changed, taken away, renamed or blown up."""
    found = sound
    for _ in range(dice.randint(1, 3)):
        found = dice.choice(_CHANGES)(dice, found)
    return found


def written(dice: Random, value: Any) -> bytes:  # noqa: ANN401 - any JSON
    """Return it as bytes that are mostly JSON."""
    text = json.dumps(value).encode()
    return spoilt(dice, text) if dice.random() < 0.1 else text  # noqa: PLR2004 - now and then


def spoilt(dice: Random, text: bytes) -> bytes:
    """Return bytes with some of them changed, cut, doubled or thrown in."""
    found = bytearray(text or b" ")
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(found) + 1)
        match dice.randrange(5):
            case 0:
                found[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                found[at:at] = dice.randbytes(dice.randint(1, 16))
            case 2:
                del found[at : at + dice.randint(1, 32)]
            case 3:
                found[at:at] = found[at : at + dice.randint(1, 64)] * dice.randint(1, 4)
            case _:
                found[at:at] = dice.choice((b"\x00", b"\xff\xfe", b"\r\n\r\n", b"[" * 200, b'{"a":' * 100, b"9" * 500))
    return bytes(found)


def _replaced(dice: Random, value: Any) -> Any:  # noqa: ANN401 - any JSON
    return _with(dice, value, lambda _value: deepcopy(dice.choice(ODD)))


def _poisoned(dice: Random, value: Any) -> Any:  # noqa: ANN401 - any JSON
    return poisoned(dice, value)


def _left_out(dice: Random, value: Any) -> Any:  # noqa: ANN401 - any JSON
    return _with_object(dice, value, lambda one: {key: one[key] for key in one if dice.random() < 0.7})  # noqa: PLR2004


def _renamed(dice: Random, value: Any) -> Any:  # noqa: ANN401 - any JSON
    return _with_object(
        dice, value, lambda one: {dice.choice((key, key.upper(), f"{key}\u0000")): one[key] for key in one}
    )


def _crowded(dice: Random, value: Any) -> Any:  # noqa: ANN401 - any JSON
    return _with_object(
        dice, value, lambda one: one | {f"k{number}": number for number in range(dice.randrange(_WIDE))}
    )


def _deep(dice: Random, value: Any) -> Any:  # noqa: ANN401 - any JSON
    def nest(one: Any) -> Any:  # noqa: ANN401 - likewise
        for _ in range(dice.randrange(_DEEP)):
            one = [one] if dice.random() < 0.5 else {"a": one}  # noqa: PLR2004 - either
        return one

    return _with(dice, value, nest)


def _wide(dice: Random, value: Any) -> Any:  # noqa: ANN401 - any JSON
    return _with(dice, value, lambda one: [one] * dice.randrange(_WIDE) if len(json.dumps(one)) < 50 else one)  # noqa: PLR2004


_CHANGES: Sequence[Callable[[Random, Any], Any]] = (
    *(_replaced, _replaced, _replaced, _replaced, _poisoned, _left_out, _renamed, _crowded, _deep, _wide),
)


def _with(dice: Random, value: Any, change: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - any JSON
    """Return a copy in which one part, mostly a leaf, is changed."""
    if isinstance(value, dict) and value:
        key = dice.choice(list(value))
        return value | {key: _with(dice, value[key], change)}
    if isinstance(value, list) and value:
        at = dice.randrange(len(value))
        return [*value[:at], _with(dice, value[at], change), *value[at + 1 :]]
    return change(value)


def _with_object(dice: Random, value: Any, change: Callable[[dict[str, Any]], Any]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, list) and value and len(value) < 100:  # noqa: PLR2004 - a list of records
        at = dice.randrange(len(value))
        return [*value[:at], _with_object(dice, value[at], change), *value[at + 1 :]]
    return change(value) if isinstance(value, dict) else value
