"""What is unusual, in the words of a language. Pure."""

from __future__ import annotations

from dispatch.core.purse.unusual import Odd
from dispatch.words import say


def named_by_device(payee: str, told: str) -> str:
    """Return who is paid as a device says, with the account, or by that alone: nobody has checked the name."""
    return f"{told} ({payee})" if told else payee


def explained_in(odd: Odd, language: str, payee: str = "") -> str:
    """Say what is unusual, and what is usual; ``payee``: as the customer calls them."""
    return say(f"money_odd_{odd.what}", language, payee=payee or odd.payee, found=odd.found, usual=odd.usual)
