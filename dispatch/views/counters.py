"""What passes through the service, as plain numbers: filled once a batch, read by ``metrics``. Pure.

A counter of the Prometheus client costs a microsecond, as much as all of this for one event. Everything counts from the start
of the process; a restart begins at nothing, which who reads counters expects.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from dispatch.core.actions import CloseCase
from dispatch.core.events import FaultFound
from dispatch.core.robots.actions import HandToPerson
from dispatch.ledger.pipeline import ROUTINE, Turn
from dispatch.ledger.rows import Row, read

LATENCY_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0)
DEVICE_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0, 3_600.0, 21_600.0, 86_400.0)
SIZES = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0, 20_000.0)


class Histogram:
    """How often a value was at most so large."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count one value. A clock that was set may make a latency negative; it counts as none."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += max(0.0, value)

    def observe_all(self, values: Sequence[float]) -> None:
        """Count many at once: sorted, they cost a look for each bound instead of one for each value."""
        ordered, below = sorted(values), 0
        for number, bound in enumerate(self.bounds):
            upto = bisect_right(ordered, bound)
            self.counts[number] += upto - below
            below = upto
        self.counts[-1] += len(ordered) - below
        self.total += max(0.0, sum(ordered))

    def buckets(self) -> Iterator[tuple[str, int]]:
        """Yield each bound, as Prometheus writes it, with how many values were at most so large."""
        below = 0
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self.counts, strict=True):
            below += count
            yield bound, below


def _latency() -> Histogram:
    return Histogram(LATENCY_S)


@dataclass(slots=True)
class Tallies:
    """The driver tells it of each batch, partners of what was carried out, in seconds of the service's clock.

    What it says of the machine is in seconds of the wall; only what began at a device stays in the clock's.
    """

    real_seconds: Callable[[float], float] = float
    """How many seconds of the wall a span of the service's clock lasts; the same without a story."""
    batch_sizes: Histogram = field(default_factory=lambda: Histogram(SIZES))
    commit_s: Histogram = field(default_factory=_latency)
    """What the store took for a batch, by the wall's clock."""
    received_to_stored_s: Histogram = field(default_factory=_latency)
    """Every delivery: from its receipt until what it caused is stored, by the wall's clock."""
    observed_to_stored_s: Histogram = field(default_factory=lambda: Histogram(DEVICE_S))
    """Every finding: from the device's own hour until it is stored."""
    decided_to_done_s: Histogram = field(default_factory=_latency)
    """Every command: from the receipt of what caused it until the broker has it, by the wall's clock."""
    repeats: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    """By rule."""
    rows: Counter[str] = field(default_factory=Counter)
    """Rows of the ledger, by type of event or action."""
    findings: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By part and grade."""
    closed: Counter[str] = field(default_factory=Counter)
    """Cases, by reason."""
    handed_over: Counter[str] = field(default_factory=Counter)
    """Conversations that robots handed over to people, by why."""
    store_failures: int = 0
    """Batches that the store did not take at the first go, each try counted."""
    connects: Counter[str] = field(default_factory=Counter)
    """How often a link came up: the first time, and again after each loss."""
    done_with: Callable[[str], None] | None = None
    """Is told the key of each command that is carried out."""
    _in_hand: deque[tuple[int, float]] = field(default_factory=deque)
    """Batches that are not stored yet: how many inputs, and when the first of them was received."""

    @property
    def in_hand(self) -> int:
        """How many inputs were taken from the inbox and are not stored yet."""
        return sum(count for count, _ in self._in_hand)

    @property
    def oldest_in_hand(self) -> float | None:
        """When the first of them was received, POSIX seconds."""
        return self._in_hand[0][1] if self._in_hand else None

    def take(self, count: int, received: float) -> None:
        """Note that a batch of ``count`` inputs was taken from the inbox, and when the first of them was received."""
        self.batch_sizes.observe(count)
        self._in_hand.append((count, received))

    def take_only(self, count: int) -> None:
        """Note that of the batch that was taken last only the first ``count`` inputs are handled; the others wait again."""
        _, received = self._in_hand[-1]
        self._in_hand[-1] = (count, received)

    def stored(self, received: Sequence[float], turns: Sequence[Turn], now: float, *, taken: bool = True) -> None:
        """Note that the oldest batch in hand is stored, and what it came to; ``received``: its deliveries' hours.

        ``taken`` is ``False`` where it held no input: alarms alone.
        """
        if taken:
            self._in_hand.popleft()
        waited = [
            [self.real_seconds(now - at)] * count for at, count in Counter(received).items()
        ]  # many came together
        self.received_to_stored_s.observe_all([*chain.from_iterable(waited)])
        for turn in turns:
            if turn is not ROUTINE and (turn.rows or turn.refusal or turn.repeat):
                self._turn(turn, now)

    def done(self, key: str, after_s: float) -> None:
        """Note that a command is carried out, so long after what caused it was received."""
        self.decided_to_done_s.observe(self.real_seconds(after_s))
        if self.done_with is not None:
            self.done_with(key)

    def _turn(self, turn: Turn, now: float) -> None:
        self.repeats += turn.repeat
        if turn.refusal:
            self.refusals[turn.refusal.rule.value] += 1
        for row in turn.rows:
            self._row(row, now)

    def _row(self, row: Row, now: float) -> None:
        self.rows[row.type] += 1
        said = read(row)
        if isinstance(said, FaultFound):
            finding = said.finding
            self.findings[finding.part, finding.grade] += 1
            self.observed_to_stored_s.observe(now - finding.observed_at)
        elif isinstance(said, CloseCase):
            self.closed[said.reason] += 1
        elif isinstance(said, HandToPerson):
            self.handed_over[said.why] += 1
