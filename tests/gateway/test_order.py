"""Each event is taken once and the counts are right, whatever is lost, late, repeated or restarted on the way."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.devices.order import BOOTS, GAPS, LOST_AFTER_S, Arrival, Arrivals, Order


class DeviceAndWay(RuleBasedStateMachine):
    """A device that numbers its events, a way that delays, loses and repeats them, and a plain model of what is known."""

    def __init__(self) -> None:
        """Nothing was sent yet."""
        super().__init__()
        self.order = Order()
        self.now = 1_000_000.0
        self.boot = 3
        self.seq = 0
        self.made: dict[tuple[int, int], float] = {}
        self.under_way: list[tuple[int, int]] = []
        self.arrived: dict[tuple[int, int], float] = {}
        self.repeats = 0
        self.first: tuple[int, int] | None = None
        self.missing_since: dict[tuple[int, int], float] = {}
        self.reordered = 0
        self.late = 0

    @initialize(began=st.integers(0, 30))
    def begin(self, began: int) -> None:
        """It may have sent events before we listened."""
        self.seq = began

    @rule(count=st.integers(1, 5))
    def make(self, count: int) -> None:
        """The device makes events."""
        for _ in range(count):
            self.now += 0.001
            self.made[self.boot, self.seq] = self.now
            self.under_way.append((self.boot, self.seq))
            self.seq += 1

    @rule(seconds=st.sampled_from([1.0, 50.0, LOST_AFTER_S + 1]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.now += seconds

    @precondition(lambda self: self.under_way)
    @rule(pick=st.integers(0, 10**6), lost=st.booleans())
    def carry(self, pick: int, lost: bool) -> None:  # noqa: FBT001 - drawn
        """Any event under way arrives, or never will."""
        event = self.under_way.pop(pick % len(self.under_way))
        if not lost:
            self.hear(event)

    @precondition(lambda self: self.under_way)
    @rule()
    def carry_the_oldest(self) -> None:
        """The way keeps the order, mostly."""
        self.hear(self.under_way.pop(0))

    @precondition(lambda self: self.arrived)
    @rule(pick=st.integers(0, 10**6))
    def repeat(self, pick: int) -> None:
        """What arrived arrives again."""
        boot, seq = list(self.arrived)[pick % len(self.arrived)]
        assert self.order.take(boot, seq, self.made[boot, seq], self.now) is Arrival.REPEAT
        self.repeats += 1

    @precondition(lambda self: self.boot < 3 + BOOTS - 1)
    @rule()
    def restart(self) -> None:
        """The device starts again; what is under way stays under way."""
        self.boot, self.seq = self.boot + 1, 0

    def hear(self, event: tuple[int, int]) -> None:
        """An event arrives for the first time."""
        boot, seq = event
        assert self.order.take(boot, seq, self.made[event], self.now) is Arrival.NEW
        self._note_order(boot, seq)
        self.arrived[event] = self.now
        if self.first is None:
            self.first = event

    def _note_order(self, boot: int, seq: int) -> None:
        newest = max((number for each, number in self.arrived if each == boot), default=-1)
        for number in range(newest + 1, seq):
            self.missing_since[boot, number] = self.now
        since = self.missing_since.pop((boot, seq), None)
        if since is not None:
            self.late += self.now - since > LOST_AFTER_S
            self.reordered += self.now - since <= LOST_AFTER_S

    @invariant()
    def the_counts_are_right(self) -> None:
        """As the model has them."""
        order = self.order
        assert (order.taken, order.repeats) == (len(self.arrived), self.repeats)
        assert (order.reordered, order.late) == (self.reordered, self.late)
        assert (order.reused, order.went_back) == (0, order.went_back)
        wanted = [since for event, since in self.missing_since.items() if self._was_expected(event)]
        lost = sum(self.now - since > LOST_AFTER_S for since in wanted)
        assert (order.lost(self.now), order.missing(self.now)) == (lost, len(wanted) - lost)

    @invariant()
    def restarts_are_counted(self) -> None:
        """From the boot heard first to the highest."""
        if self.first is not None:
            heard = [boot for boot, _ in self.arrived]
            assert (self.order.boot, self.order.restarts) == (max(heard), max(heard) - self.first[0])

    def _was_expected(self, event: tuple[int, int]) -> bool:
        """What was made before the first we heard is not missed."""
        assert self.first is not None
        boot, seq = event
        if boot > self.first[0]:
            return True
        return seq > min(number for each, number in self.arrived if each == boot)


DeviceAndWay.TestCase.settings = settings(max_examples=150, stateful_step_count=60)
TestDeviceAndWay = DeviceAndWay.TestCase


def test_a_lost_number_is_taken_back_when_it_comes_after_all() -> None:
    """Missing at first, lost after the window, late when it is there."""
    order = Order()
    order.take(1, 0, 0.0, 0.0)
    order.take(1, 3, 3.0, 3.0)
    assert (order.missing(3.0), order.lost(3.0)) == (2, 0)
    later = 3.0 + LOST_AFTER_S + 1
    assert (order.missing(later), order.lost(later)) == (0, 2)
    assert order.take(1, 2, 2.0, later) is Arrival.NEW
    assert (order.missing(later), order.lost(later), order.late, order.reordered) == (0, 1, 1, 0)


def test_more_gaps_than_are_remembered_stay_lost() -> None:
    """The oldest gap is given up: its numbers are lost for good, and what comes from there is too old to be told."""
    arrivals = Arrivals()
    for number in range(GAPS + 5):
        arrivals.take(2 * number + 1, 0.0)
    assert len(arrivals.gaps) == GAPS
    assert arrivals.forgotten + arrivals.count() == GAPS + 5
    assert arrivals.take(0, 0.0)[0] is Arrival.TOO_OLD
    assert arrivals.take(2 * GAPS, 0.0)[0] is Arrival.NEW


def test_a_boot_long_gone_is_too_old_and_what_it_missed_stays_lost() -> None:
    """Four boots are remembered."""
    order = Order()
    for boot in range(BOOTS + 2):
        order.take(boot, 0, float(boot), 0.0)
        order.take(boot, 2, float(boot), 0.0)
    assert order.take(0, 1, 0.0, 0.0) is Arrival.TOO_OLD
    assert order.missing(0.0) + order.lost(0.0) == BOOTS + 2


def test_numbers_made_of_the_hour_leave_no_gaps_that_count() -> None:
    """A device that numbers by milliseconds loses nothing between two of them, and repeats are told all the same."""
    order = Order()
    for number in (176_819_760_000_000, 176_819_760_060_000, 176_819_760_030_000):
        assert order.take(0, number, 0.0, 0.0) is Arrival.NEW
    assert order.take(0, 176_819_760_060_000, 0.0, 0.0) is Arrival.REPEAT
    assert (order.missing(0.0), order.lost(1e9), order.reordered) == (0, 0, 0)


def test_a_boot_that_goes_backwards_is_told() -> None:
    """An event of an earlier boot that is younger than all: the device does not count its restarts. A stored one is older."""
    order = Order()
    order.take(7, 0, 100.0, 100.0)
    order.take(6, 9, 90.0, 101.0)
    assert order.went_back == 0
    assert order.take(1, 0, 110.0, 110.0) is Arrival.NEW
    assert order.went_back == 1


def test_a_former_boots_stored_events_are_taken_once() -> None:
    """What was stored before a restart arrives after it and is new, once."""
    order = Order()
    assert order.take(2, 0, 50.0, 50.0) is Arrival.NEW
    assert order.take(1, 17, 40.0, 51.0) is Arrival.NEW
    assert order.take(1, 17, 40.0, 52.0) is Arrival.REPEAT
