"""The ledger's inputs told to a fresh desk, and what it decides held against what stands there. Pure.

Where rules were changed since, the two differ: that is drift, and what stands there holds. Only a decision under a key that
stands for another thing or another case is a fault: carried on from there, the store would refuse it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dispatch.core.actions import Action
from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.desk import Desk
from dispatch.core.events import Event
from dispatch.core.policy import Policy
from dispatch.ledger.audit.flaw import Flaw, Law
from dispatch.ledger.findings import decided_alike
from dispatch.ledger.fold import Fold
from dispatch.ledger.rows import Row, case_of


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. ``seq``: the input at which it shows."""

    seq: int
    what: str

    def __str__(self) -> str:
        return f"row {self.seq}: {self.what}"


class Again:
    """``heard`` for each input, with the actions that stand between it and the next; ``ended`` behind the last row."""

    def __init__(self, policy: Policy | None = None) -> None:
        self._desk = Desk(policy)

    def fold(self) -> Fold:
        """Return what takes rows as they stand, by the same policy."""
        return Fold(self._desk.policy, DECISIONS_VERSION)

    def goes_on_from(self, fold: Fold) -> None:
        """Stand as rows that were taken as they stand left it."""
        self._desk.stand(fold.standing())

    def heard(self, event: Event, at: float, stand: Sequence[Row], seq: int) -> Iterator[Difference | Flaw]:
        """Yield how what is decided about ``event`` at ``at`` differs from what stands there."""
        yield from _differences([action for _, action in self._desk.handle(event, at)], stand, seq)

    def ended(self, at: float, stand: Sequence[Row], seq: int) -> Iterator[Difference | Flaw]:
        """Yield the same for the alarms behind the last input."""
        yield from _differences([action for _, action in self._desk.wake(at)], stand, seq)


def _differences(decided: Sequence[Action], stand: Sequence[Row], seq: int) -> Iterator[Difference | Flaw]:
    if [one.key for one in decided] == [row.key for row in stand] and all(map(decided_alike, stand, decided)):
        return
    of_key = {row.key: row for row in stand}
    for action in decided:
        row = of_key.pop(action.key, None)
        if row is None:
            yield Difference(seq, f"{type(action).__name__} {action.key} would be decided now")
        elif (row.type, row.case) != (type(action).__name__, case_of(action)):
            yield Flaw(
                Law.CLASH, f"{type(action).__name__} would be decided under the key {row.key} of {row.type}", row.seq
            )
        elif not decided_alike(row, action):
            yield Difference(seq, f"{row.type} {row.key} would be decided otherwise now")
    yield from (Difference(seq, f"{row.type} {key} would not be decided now") for key, row in of_key.items())
