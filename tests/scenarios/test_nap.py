"""Waiting for a moment that something may bring forward."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from scenarios.world.nap import Nap


def test_a_nap_ends_at_its_hour_or_with_what_may_end_it_and_then_once() -> None:
    """The second is cut short, by the first of two; the hour it would have ended at wakes nobody."""
    env = simpy.Environment()
    nap, dropped, moved, woke = Nap(env), env.event(), env.event(), list[float]()

    def sleeps() -> Generator[simpy.Event, Any, None]:
        nap.ends_with(dropped)
        nap.ends_with(moved)
        for hour in (10.0, 30.0, 50.0):
            yield nap.until(hour)
            woke.append(env.now)

    def calls_off() -> Generator[simpy.Event, Any, None]:
        yield env.timeout(17)
        dropped.succeed()
        moved.succeed()

    env.process(sleeps())
    env.process(calls_off())
    env.run()
    assert woke == [10.0, 17.0, 50.0]


def test_what_happens_while_nobody_sleeps_wakes_nobody() -> None:
    """Nor does it spoil the nap that comes next."""
    env = simpy.Environment()
    nap, woke = Nap(env), list[float]()
    nap.ends_with(env.event().succeed())
    env.run()

    def sleeps() -> Generator[simpy.Event, Any, None]:
        yield nap.until(5.0)
        woke.append(env.now)

    env.process(sleeps())
    env.run()
    assert woke == [5.0]
