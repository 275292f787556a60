"""Store and forward, whatever order coverage, restarts and events come in."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from firmware_sim.device.device import Outgoing
from firmware_sim.kinds.car.device import Car
from firmware_sim.links.memory import MemoryUplink

LIMIT = 4


class CoverageComesAndGoes(RuleBasedStateMachine):
    """A car with a small store under every order of faults, statuses, cuts and restarts."""

    @initialize(limit=st.integers(0, LIMIT))
    def build(self, limit: int) -> None:
        """Build a car that has never been online."""
        self.limit = limit
        self.now = 1_767_247_200.0
        self.arrived: list[Outgoing] = []
        self.made: list[str] = []
        self.faults: list[str] = []
        self.car = Car("acme/car-1", buffer_limit=limit)
        self.car.uplink = MemoryUplink(self.arrived.append)

    @rule()
    def report(self) -> None:
        """Make a perishable event."""
        self.made.append(self.car.status(self._later()).key)

    @rule()
    def break_down(self) -> None:
        """Make an event that must not be lost."""
        self.faults.append(self.car.fault(["P0562"], self._later()).key)
        self.made.append(self.faults[-1])

    @rule()
    def gain_coverage(self) -> None:
        """Go online."""
        self.car.go_online(self._later())

    @rule()
    def lose_coverage(self) -> None:
        """Go offline."""
        self.car.go_offline()

    @rule()
    def restart(self) -> None:
        """Restart, online or not."""
        self.car.restart(self._later())

    @invariant()
    def no_two_events_share_an_id(self) -> None:
        """Ids are unique across restarts, and nothing is sent twice."""
        keys = self._keys()
        assert len(set(self.made)) == len(self.made)
        assert len(set(keys)) == len(keys)

    @invariant()
    def what_arrives_arrives_in_order(self) -> None:
        """What has arrived stands in the order it was made in."""
        place = {key: number for number, key in enumerate(self.made)}
        places = [place[key] for key in self._keys()]
        assert places == sorted(places)

    @invariant()
    def nothing_is_lost_but_what_was_counted_as_dropped(self) -> None:
        """Every fault has arrived or waits; what is missing is perishable and counted."""
        kept = {*self._keys(), *(waiting.key for waiting in self.car.store.waiting)}
        missing = set(self.made) - kept
        assert not missing & set(self.faults)
        assert len(missing) == self.car.dropped

    @invariant()
    def the_store_grows_beyond_its_limit_for_faults_only(self) -> None:
        """Beyond the limit nothing perishable is kept; online, nothing waits."""
        waiting = self.car.store.waiting
        assert len(waiting) <= self.limit or not any(outgoing.perishable for outgoing in waiting)
        assert not (self.car.online and waiting)

    def _keys(self) -> list[str]:
        return [outgoing.key for outgoing in self.arrived if outgoing.key]

    def _later(self) -> float:
        self.now += 1
        return self.now


CoverageComesAndGoes.TestCase.settings = settings(max_examples=60, stateful_step_count=30)
test_store_and_forward_holds_whatever_happens = CoverageComesAndGoes.TestCase


def test_the_oldest_position_is_dropped_first() -> None:
    """A full store gives up its oldest perishable event for a newer one, and keeps the fault before it."""
    car = Car("acme/car-1", buffer_limit=3)
    now = 1_767_247_200.0
    car.fault(["P0562"], now)
    for _ in range(4):
        car.status(now)
    assert [outgoing.key for outgoing in car.store.waiting] == [f"acme/car-1/1-{seq}" for seq in (0, 3, 4)]
    assert car.dropped == 2


def test_stored_events_keep_the_ids_of_the_boot_that_made_them() -> None:
    """A fault stored before a restart goes out first, under its old id, after the new boot's state."""
    sent: list[Outgoing] = []
    car = Car("acme/car-1", boot=1)
    car.uplink = MemoryUplink(sent.append)
    now = 1_767_247_200.0
    car.fault(["P0562"], now)
    car.restart(now)
    car.fault(["P0563"], now)
    car.go_online(now)
    assert [outgoing.key for outgoing in sent] == [None, "acme/car-1/1-0", "acme/car-1/2-0"]
