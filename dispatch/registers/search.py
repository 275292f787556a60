"""Finds a customer by what somebody says of them: a name, a part of a number, an address, a plate, a contract, a device. Pure.

Accents and case make no difference. Of a number four digits are enough, in any notation; a name is found by how its words begin.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from dispatch.registers.customers import Customer
from gateway.devices.registry import DeviceRecord

LEAST_DIGITS = 4
LEAST_LETTERS = 2
MOST = 20
"""So many are found at most: whoever looks for one person gives more of what they know."""
By = Literal["customer", "contract", "plate", "device", "phone", "email", "name"]
_STROKES = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "\u0131": "i", "ß": "ss", "æ": "ae", "œ": "oe"})
"""Letters that Unicode takes for no letter with a mark."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One who may be meant, and by what."""

    customer: Customer
    by: By
    devices: tuple[DeviceRecord, ...]
    """Theirs; with a plate where they have one."""


def folded(text: str) -> str:
    """Return a text as it is compared: small, without accents, each space one."""
    small = unicodedata.normalize("NFKD", text.casefold()).translate(_STROKES)
    return " ".join("".join(sign for sign in small if not unicodedata.combining(sign)).split())


def is_enough(said: str) -> bool:
    """Tell whether it says enough to look for somebody."""
    digits, letters = len(_digits(said)), sum(sign.isalpha() for sign in said)
    return digits >= LEAST_DIGITS or letters >= LEAST_LETTERS or bool(digits and letters)


def found(said: str, customers: Iterable[Customer], devices_of: Callable[[str], Iterable[DeviceRecord]]) -> list[Hit]:
    """Return the customers who may be meant, those that are named exactly first; at most ``MOST``."""
    wanted = folded(said)
    if not is_enough(said):
        return []
    hits = (_hit(said, wanted, customer, tuple(devices_of(customer.customer))) for customer in customers)
    exactly, nearly = list[Hit](), list[Hit]()
    for hit in islice((hit for hit in hits if hit is not None), 10 * MOST):
        (nearly if hit.by in {"name", "phone"} else exactly).append(hit)
    return [*exactly, *nearly][:MOST]


def _hit(said: str, wanted: str, customer: Customer, devices: tuple[DeviceRecord, ...]) -> Hit | None:
    by = next(_by(said, wanted, customer, devices), None)
    return None if by is None else Hit(customer, by, devices)


def _by(said: str, wanted: str, customer: Customer, devices: tuple[DeviceRecord, ...]) -> Iterator[By]:
    if said.strip() == customer.customer:
        yield "customer"
    if customer.contract and same_sign(said, customer.contract):
        yield "contract"
    if any(one.plate and same_sign(said, one.plate) for one in devices):
        yield "plate"
    if any(said.strip() in {one.device, one.device.partition("/")[2]} for one in devices):
        yield "device"
    digits = _digits(said)
    if len(digits) >= LEAST_DIGITS and not any(sign.isalpha() for sign in said) and _is_in(digits, customer.phone):
        yield "phone"
    if "@" in wanted and wanted == folded(customer.email):
        yield "email"
    if (
        wanted
        and not digits
        and all(any(word.startswith(part) for word in _words(customer.name)) for part in _words(wanted))
    ):
        yield "name"


def same_sign(said: str, registered: str) -> bool:
    """Tell whether two plates or contract numbers are the same, however they are spaced."""
    one, other = ("".join(sign for sign in folded(text) if sign.isalnum()) for text in (said, registered))
    return bool(one) and one == other


def _is_in(digits: str, phone: str) -> bool:
    """Tell whether digits are a part of a number, with the trunk's zero or the exchange's zeros before it or not."""
    number = _digits(phone)
    return any(len(part) >= LEAST_DIGITS and part in number for part in (digits, digits.lstrip("0")))


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign in "0123456789")


def _words(text: str) -> list[str]:
    return folded(text).replace("-", " ").split()
