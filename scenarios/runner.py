"""Plays a story in virtual time: world and real control room in one process, on the same bytes as over a network."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import simpy

from dispatch.control import ControlRoom
from dispatch.customers import Customers
from dispatch.desk import Desk
from dispatch.events import Event
from dispatch.journal import Journal
from dispatch.ledger import Pen, Row
from gateway.intake import Intake
from gateway.registry import Registry
from scenarios import truth
from scenarios.in_process import InProcessDoors
from scenarios.schema import Story
from scenarios.scorecard import Figure, Setting, scorecard
from scenarios.truth import Fault
from scenarios.world.begin import build_fleet, prepare, set_in_motion
from scenarios.world.plan import Plan

SLICES = 200
"""How often progress is told."""


@dataclass(slots=True)
class Result:
    """What a run came to."""

    scorecard: dict[str, Figure]
    rows: list[Row]
    truth: list[Fault]
    folder: Path | None = None
    """Where ledger and truth were written."""


def run_story(
    story: Story, seed: int, out: Path | None = None, progress: Callable[[float], None] | None = None
) -> Result:
    """Play a story from beginning to end. ``progress`` is told the share that is done. Raises ``StoryError``."""
    began = time.perf_counter()
    streams, plan, faults = prepare(story, seed)
    env = simpy.Environment(initial_time=story.start_s)
    room = ControlRoom(Intake(Registry(plan.devices())), Desk(story.policy.desk()), Customers(plan.customers()), Pen())
    doors = InProcessDoors(env, room, simpy.Store(env), deaf=story.policy.reactive)
    _open_partners(plan, doors)
    with _rarely_collected():
        set_in_motion(env, story, streams, plan, faults, doors, build_fleet(plan))
        _play(env, story, progress)
    if story.policy.reactive:
        truth.forget_devices(faults)
    rows = [row for turn in doors.turns for row in turn.rows]
    setting = Setting(
        len(room.intake.registry), doors.events, time.perf_counter() - began, story.duration, story.policy.due
    )
    result = Result(scorecard(rows, setting, faults), rows, faults)
    if out is not None:
        _keep(result, doors, plan, out)
    return result


def _open_partners(plan: Plan, doors: InProcessDoors) -> None:
    opened: list[Event] = [*plan.workshops, *plan.suppliers]
    for event in opened:
        doors.tell(event)


@contextmanager
def _rarely_collected() -> Iterator[None]:
    """Let Python look for cyclic garbage rarely: a world's objects live to its end, and looking took 30% of a run."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(200_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _play(env: simpy.Environment, story: Story, progress: Callable[[float], None] | None) -> None:
    for part in range(1, SLICES + 1):
        env.run(until=story.start_s + story.duration * part / SLICES)
        if progress is not None:
            progress(part / SLICES)


def _keep(result: Result, doors: InProcessDoors, plan: Plan, out: Path) -> None:
    """Write the ledger, the registries and the truth into ``out``, in place of an earlier run's."""
    out.mkdir(parents=True, exist_ok=True)
    for stale in out.glob("ledger.sqlite*"):
        stale.unlink()
    with Journal.open(out) as journal:
        journal.register_devices(plan.devices())
        journal.register_customers(plan.customers())
        journal.commit(doors.turns, doors.env.now)
        told = [*journal.undone(), *(letter.row for letter in journal.letters())]
        journal.mark_done([row.key for row in told if row.key], doors.env.now)
    truth.write(out / "truth.jsonl", result.truth)
    result.folder = out
