"""Which decisions this version of the code makes. Pure.

Count ``DECISIONS_VERSION`` up whenever the same inputs may lead to other actions than before: a new action, another order,
another key, another waiting time. It stands in the ledger with every start of the service. Deciding anew what a ledger holds
gives the same only under the same version; under another one decisions are not compared.
"""

from __future__ import annotations

DECISIONS_VERSION = 9
"""1: ledgers in which no version stands. 2: what is true in the world wins, late trucks, escalations. 3: a crew
that was sent while the car still drove is told where it came to rest, and a truck that took a job over is sent where it is told.
4: who goes by a plan remembers it, and writes down each that is another; the nearest truck goes as before. Who asked for help where
nobody would have come is sent a truck once they said where. 5: who hung up before anybody answered is rung back. 6: where it
is and was known well enough when an agent was given a call, nobody is asked after the talk; by the index, who rings
again waits on. 7: on which channel somebody is written to first is learned from how long messages lay there unread. 8: a
collection is waited for longer than a payment, and one that is given back is taken from the purse; whose payment may pass by itself
is written to, and rung only where it has not; what may fail is told three days before it is due, also between two Mondays, once
a week. 9: where trucks are short, each helps those around it (``Policy.truck_reach_m``) before who waits longer further off."""
FIRST_VERSION = 1
"""Of a ledger in which none stands."""
TELLS_REST = 3
"""From which on a crew is told where a car came to rest that drove when they were sent, and one that took a job over is sent."""


def not_compared(written_by: int) -> str:
    """Say why decisions of a ledger that version ``written_by`` decided are not held against this version's."""
    return f"decided by version {written_by}, this is version {DECISIONS_VERSION}: decisions are not compared"
