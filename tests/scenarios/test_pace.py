"""A story goes slower where the machine does not keep up, at most by half; its time never runs away from the world."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dispatch.engine.story_clock import StoryClock as Followed
from scenarios.runner.clock.pace import BEHIND_S, GRACE_S, KEEPS_UP_S, SLOWEST, STANDS_S, Pace
from scenarios.runner.story_clock import LEAD_S, StoryClock

START, WALL, SPEED = 1_768_197_600.0, 1_800_000_000.0, 60.0
TICK_S = 0.05


def looked(pace: Pace, behind: Callable[[float], float], seconds: float, since: float = 0.0) -> list[float]:
    """Have a pace look again and again; return the factor after each look."""
    factors, played = [], since
    for number in range(round(seconds / TICK_S)):
        at = since + number * TICK_S
        pace.look(behind(at), played, at)
        played += pace.factor * TICK_S
        factors.append(pace.factor)
    return factors


def test_a_machine_that_keeps_up_is_not_slowed() -> None:
    """Nor is one that was late for a blink."""
    assert set(looked(Pace(0.0), lambda _: KEEPS_UP_S, 60)) == {1.0}
    assert set(looked(Pace(0.0), lambda at: 2 * BEHIND_S if at % 5 < 0.2 else 0.0, 60)) == {1.0}


def test_a_machine_that_is_behind_gets_half_the_speed_and_no_less() -> None:
    """Within two seconds, and for as long as it lasts."""
    factors = looked(Pace(0.0), lambda _: 2 * BEHIND_S, 60)
    assert factors[round(2 / TICK_S)] == SLOWEST
    assert min(factors) == SLOWEST
    assert factors == sorted(factors, reverse=True)


def test_it_goes_faster_again_slowly() -> None:
    """Not at once, and up to full speed: no see-saw between the bounds."""
    pace = Pace(0.0)
    looked(pace, lambda _: 2 * BEHIND_S, 5)
    factors = looked(pace, lambda _: 0.0, 60, since=5)
    assert factors[0] == SLOWEST
    assert factors[-1] == 1.0
    assert factors == sorted(factors)
    assert factors[round(4 / TICK_S)] < 1.0


def test_what_lies_between_the_bounds_changes_nothing() -> None:
    """Hysteresis."""
    pace = Pace(0.0)
    looked(pace, lambda _: 2 * BEHIND_S, 5)
    assert set(looked(pace, lambda _: (KEEPS_UP_S + BEHIND_S) / 2, 30, since=5)) == {SLOWEST}


def test_what_is_far_behind_is_waited_for_but_not_for_ever() -> None:
    """A whole story takes twice its time and a grace, whatever happens."""
    pace, stood, at, played = Pace(0.0), 0, 0.0, 0.0
    while played < 20:
        pace.look(2 * STANDS_S, played, at)
        stood += pace.stands
        played += 0.0 if pace.stands else pace.factor * TICK_S
        at += TICK_S
    assert stood
    assert at <= 20 / SLOWEST + GRACE_S + 2 * TICK_S


class Stage:
    """A clock that is written, the same as the service follows it, and a hand on the wall's."""

    def __init__(self, path: Path) -> None:
        self.wall = WALL
        self.told = StoryClock(path, START, SPEED, lambda: self.wall)
        self.followed = Followed(path, lambda: self.wall, lambda: self.wall)

    def both(self) -> tuple[float, float]:
        """Return what each says."""
        return self.told.now(), self.followed.now()


def test_world_and_service_have_the_same_time(tmp_path: Path) -> None:
    """At every pace, but for the moment in which the service has not read the file again."""
    stage = Stage(tmp_path / "clock.json")
    assert stage.both() == (START, START)
    stage.told.begin()
    for number in range(400):
        stage.wall += TICK_S / 2
        told, followed = stage.both()
        assert abs(told - followed) <= SPEED * 2 * TICK_S
        stage.told.go_on(told, 1.0 if number < 100 or number > 300 else SLOWEST)
    planned = (199 * 1.0 + 201 * SLOWEST) * TICK_S / 2 * SPEED
    assert abs(stage.told.now() - START - planned) < SPEED * TICK_S


def test_a_world_that_is_held_up_holds_the_time(tmp_path: Path) -> None:
    """A truck of the world that cannot speak loses no job by it: the service's time waits for the world's."""
    stage = Stage(tmp_path / "clock.json")
    stage.told.begin()
    stage.wall += 30
    assert stage.both() == (START + LEAD_S * SPEED,) * 2
    stage.told.go_on(START + LEAD_S * SPEED, 1.0)
    stage.wall += 0.1
    assert stage.both() == pytest.approx((START + (LEAD_S + 0.1) * SPEED,) * 2, abs=1e-3)
