"""Account numbers that nobody has: IBANs with right check digits, and the slips of people who type them."""

from __future__ import annotations

import numpy as np

LENGTHS = {"LV": 21, "LT": 20, "EE": 20, "DE": 22, "PL": 28, "FI": 18}
"""Of a country's IBANs (ISO 13616 registry)."""


def check_digits(country: str, rest: str) -> str:
    """Return the two check digits of an IBAN (ISO/IEC 7064 MOD 97-10)."""
    digits = "".join(str(int(character, 36)) for character in f"{rest}{country}00")
    return f"{98 - int(digits) % 97:02d}"


def made_up(country: str, bank: str, dice: np.random.Generator) -> str:
    """Return an account at the bank with this national code."""
    width = LENGTHS[country] - 4 - len(bank)
    rest = bank + f"{int(dice.integers(10**15)):015d}{int(dice.integers(10**9)):09d}"[:width]
    return f"{country}{check_digits(country, rest)}{rest}"


def mistyped(iban: str, dice: np.random.Generator) -> str:
    """Return what a slip of the finger makes of an account number: one digit wrong, or two swapped."""
    place = int(dice.integers(9, len(iban) - 1))
    here, there = iban[place], iban[place + 1]
    if dice.random() < 0.35 and here != there:
        return f"{iban[:place]}{there}{here}{iban[place + 2 :]}"
    wrong = str((int(here) + int(dice.integers(1, 10))) % 10) if here.isdigit() else "7"
    return f"{iban[:place]}{wrong}{iban[place + 1 :]}"
