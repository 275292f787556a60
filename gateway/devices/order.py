"""The numbers of a device's events: what is new, what came twice, what is missing, what is lost. Pure.

Whatever is up to the newest number of a boot and lies in no gap has arrived. Gaps are kept as ranges, so that a long
outage costs as much as a single lost event.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

LOST_AFTER_S = 120.0
"""A number that is missing for longer counts as lost, until it arrives after all."""
GAPS = 48
"""How many gaps of one boot are remembered. What is behind a forgotten one cannot be told from a repeat any more."""
OLD_GAPS = 8
"""And how many of one before the newest."""
BOOTS = 4
"""Of how many boots the arrivals are remembered."""
CONTENTS = 8
"""Of so many events it is remembered what they said, to tell a repeat from another event of the same id."""
COUNTS_BELOW = 10**9
"""A larger number is no count of events: its device numbers by the hour, and leaves gaps that mean nothing."""

Gap = tuple[int, int, float]
"""First and last number that is missing, and since when, POSIX seconds by our clock."""


class Arrival(Enum):
    """What the number of an event says."""

    NEW = auto()
    REPEAT = auto()
    TOO_OLD = auto()
    """Behind what is remembered: it may be new or a repeat. A finding is told apart by the ledger's unique key."""
    REUSED = auto()
    """Taken, and this one says something else, or is younger than any we know: another event under an old id."""


@dataclass(slots=True)
class Arrivals:
    """Which events of one boot have arrived."""

    newest: int = -1
    expected_from: int = 0
    """What is before was made before we listened, and is not missed."""
    remembered_from: int = 0
    """What is before lies behind a forgotten gap."""
    gaps: list[Gap] = field(default_factory=list)
    """Ascending."""
    forgotten: int = 0
    """Missing for good: numbers of gaps that are not remembered any more."""

    def take(self, seq: int, now: float, most: int = GAPS) -> tuple[Arrival, float | None]:
        """Note that ``seq`` arrived, and remember ``most`` gaps. For one that was missing, also since when."""
        if seq > self.newest:
            if seq > self.newest + 1:
                self._open((self.newest + 1, seq - 1, now))
            self.newest = seq
            return Arrival.NEW, None
        if seq < self.remembered_from:
            return Arrival.TOO_OLD, None
        at = bisect_right(self.gaps, seq, key=_first) - 1
        if at < 0 or self.gaps[at][1] < seq:
            return Arrival.REPEAT, None
        since = self._fill(at, seq)
        self.forget(most)
        return Arrival.NEW, since

    def count(self, *, before: float = float("inf")) -> int:
        """How many numbers are missing since before an hour."""
        return sum(self._size(gap) for gap in self.gaps if gap[2] < before)

    def _open(self, gap: Gap) -> None:
        self.gaps.append(gap)
        self.forget(GAPS)

    def forget(self, most: int) -> None:
        """Remember the ``most`` latest gaps."""
        while len(self.gaps) > most:
            oldest = self.gaps.pop(0)
            self.forgotten += self._size(oldest)
            self.remembered_from = oldest[1] + 1

    def _fill(self, at: int, seq: int) -> float:
        first, last, since = self.gaps[at]
        left = [part for part in ((first, seq - 1, since), (seq + 1, last, since)) if part[0] <= part[1]]
        self.gaps[at : at + 1] = left
        self.expected_from = min(self.expected_from, seq)
        return since

    def _size(self, gap: Gap) -> int:
        first, last, _ = gap
        return max(0, last - max(first, self.expected_from) + 1) if last < COUNTS_BELOW else 0


def _first(gap: Gap) -> int:
    return gap[0]


_FIRST = {Arrival.NEW, Arrival.TOO_OLD}


@dataclass(slots=True)
class Order:
    """The events of one device: each is taken once, and what is missing, late or out of order is counted."""

    boots: dict[int, Arrivals] = field(default_factory=dict)
    first_boot: int | None = None
    """The boot we heard first."""
    made_at: float = 0.0
    """When the youngest event was made, by the device's clock."""
    taken: int = 0
    repeats: int = 0
    reordered: int = 0
    """Arrived behind a later one, within ``LOST_AFTER_S``."""
    late: int = 0
    """Arrived when they counted as lost; they do not any more."""
    reused: int = 0
    """Events under an id that another event had."""
    restarts: int = 0
    went_back: int = 0
    """Events of an earlier boot that are younger than all of the later one: the device does not count its restarts."""
    forgotten: int = 0
    """Missing in boots that are not remembered any more."""
    contents: list[tuple[int, int, int]] = field(default_factory=list)
    """Boot, seq and a checksum of what it said, of the latest events, oldest first."""

    @property
    def boot(self) -> int | None:
        """The highest boot heard of."""
        return max(self.boots, default=None)

    @property
    def seq(self) -> int | None:
        """The highest number of that boot."""
        return self.boots[max(self.boots)].newest if self.boots else None

    def is_beyond(self, boot: int, seq: int) -> bool:
        """Tell whether an event is newer, by its numbers, than all that arrived; of a device never heard that is not known."""
        highest = self.boot
        return highest is not None and (boot, seq) > (highest, self.boots[highest].newest)

    def missing(self, now: float) -> int:
        """How many events have not arrived yet and still may."""
        return sum(each.count() for each in self.boots.values()) - self._overdue(now)

    def lost(self, now: float) -> int:
        """How many events are missing for longer than ``LOST_AFTER_S``."""
        gone = self.forgotten + sum(each.forgotten for each in self.boots.values())
        return gone + self._overdue(now)

    def take(self, boot: int, seq: int, made_at: float, now: float, content: int | None = None) -> Arrival:
        """Note that an event arrived. Times in POSIX seconds: ``made_at`` by the device's clock, ``now`` by ours.

        ``content``: a checksum of what it says; ``None``: nobody looked.
        """
        arrival = self._take(boot, seq, made_at, now, content)
        if content is not None and arrival in _FIRST:
            self.remember(boot, seq, content)
        return arrival

    def go_on(self, boot: int, newest: int, count: int, made_at: float) -> None:
        """Note that ``count`` numbers of a boot arrived one after the other up to ``newest``, which was made at ``made_at``."""
        self.boots[boot].newest = newest
        self.taken += count
        self.made_at = max(self.made_at, made_at)

    def take_next(self, ids: Sequence[str]) -> int:
        """Note that events of these ids arrived, as far as each is the next of the newest boot; return how many are."""
        boot = self.boot
        if boot is None:
            return 0
        arrivals, count = self.boots[boot], 0
        expected = arrivals.newest
        for one in ids:
            expected += 1
            if one != f"{boot}-{expected}":
                break
            count += 1
        arrivals.newest += count
        self.taken += count
        return count

    def remember(self, boot: int, seq: int, content: int) -> None:
        """Remember what an event said."""
        self.contents.append((boot, seq, content))
        del self.contents[:-CONTENTS]

    def _take(self, boot: int, seq: int, made_at: float, now: float, content: int | None) -> Arrival:
        arrivals = self.boots.get(boot) or self._begin(boot, seq)
        if arrivals is None:
            return self._count(Arrival.TOO_OLD, made_at)
        newest = len(self.boots) == 1 or boot == max(self.boots)
        arrival, since = arrivals.take(seq, now, GAPS if newest else OLD_GAPS)
        if arrival is Arrival.NEW and since is None and len(self.boots) == 1:  # as nearly always
            self.taken += 1
            self.made_at = max(self.made_at, made_at)
            return arrival
        if arrival is Arrival.REPEAT and self._says_else(boot, seq, made_at, content):
            arrival = Arrival.REUSED
        if since is not None and seq < COUNTS_BELOW:
            late = now - since > LOST_AFTER_S
            self.late += late
            self.reordered += not late
        if made_at > self.made_at and len(self.boots) > 1 and boot < max(self.boots):
            self.went_back += 1
        return self._count(arrival, made_at)

    def _says_else(self, boot: int, seq: int, made_at: float, content: int | None) -> bool:
        """Tell whether an event is another one than that of the same numbers: by what it says, or else by its hour."""
        known = next((one for *numbers, one in reversed(self.contents) if numbers == [boot, seq]), None)
        return made_at > self.made_at if known is None or content is None else content != known

    def _begin(self, boot: int, seq: int) -> Arrivals | None:
        """Hear of a boot for the first time; ``None``: it is too long ago."""
        newest = max(self.boots, default=boot)
        if len(self.boots) >= BOOTS and boot < min(self.boots):
            return None
        self.restarts += max(0, boot - newest)
        if self.first_boot is None:
            self.first_boot = boot
        if boot > newest:
            self.boots[newest].forget(OLD_GAPS)
        arrivals = self.boots[boot] = Arrivals(expected_from=seq if boot <= self.first_boot else 0)
        if len(self.boots) > BOOTS:
            gone = self.boots.pop(min(self.boots))
            self.forgotten += gone.forgotten + gone.count()
        return arrivals

    def _count(self, arrival: Arrival, made_at: float) -> Arrival:
        if arrival is Arrival.REPEAT:
            self.repeats += 1
        elif arrival is Arrival.REUSED:
            self.reused += 1
        else:
            self.taken += 1
            self.made_at = max(self.made_at, made_at)
        return arrival

    def _overdue(self, now: float) -> int:
        return sum(each.count(before=now - LOST_AFTER_S) for each in self.boots.values())
