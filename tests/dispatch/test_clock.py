"""The real time, steadied: what happens to deadlines when somebody sets the machine's clock."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from dispatch.engine.clock import FOLLOWED_AT_ONCE_S, SLEW, WallClock

START = 1_768_197_600.0


@dataclass
class Machine:
    """A machine's clocks: one that is set, one that only goes on."""

    wall: float = START
    up: float = 100.0

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self.wall += seconds
        self.up += seconds

    def clock(self) -> WallClock:
        """Return a clock that lives by it."""
        return WallClock(lambda: self.wall, lambda: self.up)


def test_it_is_the_machines_time() -> None:
    """As long as nobody sets it."""
    machine = Machine()
    clock = machine.clock()
    machine.passes(60)
    assert clock.now() == START + 60
    assert clock.real_seconds_until(START + 90) == 30


@pytest.mark.parametrize("step", [-240.0, 240.0])
def test_a_step_moves_no_deadline_by_much(step: float) -> None:
    """A minute stays about a minute, time never goes back, and after a while it agrees with the machine again."""
    machine = Machine()
    clock = machine.clock()
    machine.wall += step
    seen = [clock.now()]
    for _ in range(60):
        machine.passes(1)
        seen.append(clock.now())
    assert seen == sorted(seen)
    assert abs(seen[-1] - (START + 60)) <= 60 * SLEW
    for _ in range(round(abs(step) / SLEW)):
        machine.passes(1)
        clock.now()
    assert clock.now() == pytest.approx(machine.wall)


def test_a_restart_behind_a_clock_that_was_set_back_stands_still_for_nobody() -> None:
    """Deadlines go on from where the ledger ends, a little slower than the machine, until both agree; found by a campaign."""
    machine = Machine()
    machine.wall -= 240.0
    clock = machine.clock()
    clock.go_on_from(START)
    assert clock.now() == START
    machine.passes(4)
    assert clock.now() == START + 4 * (1 - SLEW)
    for _ in range(round(240 / SLEW)):
        machine.passes(1)
        clock.now()
    assert clock.now() == pytest.approx(machine.wall)


@pytest.mark.parametrize("ends", [0.0, START - 60.0, START + FOLLOWED_AT_ONCE_S + 1.0])
def test_a_ledger_that_ends_before_or_all_wrong_changes_nothing(ends: float) -> None:
    """An empty one, one of a minute ago, and one of a machine that had the wrong date."""
    clock = Machine().clock()
    clock.go_on_from(ends)
    assert clock.now() == START


def test_a_clock_that_was_all_wrong_is_followed_at_once() -> None:
    """As when a machine without a battery learns the date."""
    machine = Machine()
    clock = machine.clock()
    machine.wall += FOLLOWED_AT_ONCE_S + 3_600
    assert clock.now() == machine.wall
    machine.wall -= 7_200
    assert clock.now() == machine.wall


def test_a_machine_that_slept_has_not_been_set() -> None:
    """What passed is counted, and deadlines with it."""
    machine = Machine()
    clock = machine.clock()
    machine.passes(7_200)
    assert clock.now() == START + 7_200
