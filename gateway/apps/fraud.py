"""Whether somebody is being cheated, or is the cheat: an invitation would help neither. Pure.

Who is talked into a payment is on the telephone with the cheat, shares the screen with them, has the app new on a device, and goes
on past the bank's warning that the name is another's. One of these is everyday life; together they are not.
"""

from __future__ import annotations

from gateway.apps.memory import AppMemory

NEEDS = 3
"""Points from which on it looks like fraud [fit]."""
NOT_THEIRS = frozenset({"NMTC", "NOAP"})
"""What the payee's bank says of a name that is not, or cannot be known to be, the account's."""


def looks_like_fraud(memory: AppMemory) -> bool:
    """Tell whether a run looks like fraud."""
    warned = memory.ignored and bool(NOT_THEIRS & set(memory.warnings))
    points = 2 * warned + memory.new_device + 2 * memory.remote_control + memory.on_call
    return points >= NEEDS
