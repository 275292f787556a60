"""Plays a story in virtual time: world and real control room in one process, on the same bytes as over a network."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import simpy

from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.desk import Desk
from dispatch.core.events import Event, PlanProposed, ServiceStarted
from dispatch.core.plan.model import Level
from dispatch.core.plan.waiting import ToPropose
from dispatch.core.policy import Policy
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen, Row
from dispatch.observe.garbage import left_alone
from dispatch.registers.customers import Customers
from dispatch.service.hazards_file import to_adopt
from dispatch.service.policy_file import desk_policy
from dispatch.store.journal import Journal
from gateway.devices.registry import Registry
from gateway.intake.intake import Intake
from scenarios.runner.cast import build_fleet, may_sleep, prepare, set_in_motion, set_in_motion_by_events
from scenarios.runner.in_process import InProcessDoors
from scenarios.runner.record import Record
from scenarios.runner.truths import with_truths, write_truths
from scenarios.score.scorecard import Figure, Setting, figures, paired
from scenarios.story.loader import StoryError
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.world import ground_truth as truth
from scenarios.world.app_truth import AppUse
from scenarios.world.bank import WorldBank
from scenarios.world.ground_truth import Fault
from scenarios.world.identity import enrolments
from scenarios.world.money_truth import Wrong
from scenarios.world.plan import Plan

SLICES = 200
"""How often progress is told."""


@dataclass(slots=True)
class Result:
    """What a run came to."""

    scorecard: dict[str, Figure]
    truth: list[Fault]
    kept: Record
    folder: Path | None = None
    """Where ledger and truth were written."""
    played: float = 1.0
    """The share of the story that was played: less than all of it after Ctrl-C."""
    uses: list[AppUse] = field(default_factory=list)
    """What people did in the app in truth."""
    wrongs: list[Wrong] = field(default_factory=list)
    """What went wrong with what devices paid in truth."""

    @property
    def rows(self) -> list[Row]:
        """The ledger."""
        if self.folder is None:
            return self.kept.rows
        with Journal.open(self.folder) as journal:
            return list(journal.ledger.rows())


def run_story(
    story: Story, seed: int, out: Path | None = None, progress: Callable[[float], None] | None = None
) -> Result:
    """Play a story from beginning to end, or until Ctrl-C: then ``played`` is less than 1 and what is done is kept.

    ``progress`` is told the share that is done. Raises ``StoryError``.
    """
    began = time.perf_counter()
    by_events = may_sleep(story)
    streams, plan, faults = prepare(story, seed, sleepers=by_events)
    with ExitStack() as open_store:
        record = Record(open_store.enter_context(_store(out, plan)) if out is not None else None)
        doors = _doors(story, plan, streams, record)
        with _rarely_collected():
            _begin(story, streams, plan, faults, doors, by_events=by_events)
            played = _play(doors.env, story, progress)
        record.flush()
    if story.policy.reactive:
        truth.forget_devices(faults)
    wall_s, sim_s = time.perf_counter() - began, story.duration * played
    executed = None if doors.bank is None else doors.bank.books()
    setting = Setting(plan.devices_there, doors.events, wall_s, sim_s, story.policy.due, executed)
    if out is not None:
        write_truths(out, plan, faults)
    card = figures(with_truths(paired(record.facts, setting, faults), plan))
    return Result(card, faults, record, out, played, plan.app_uses, plan.wrongs)


def _doors(story: Story, plan: Plan, streams: Streams, record: Record) -> InProcessDoors:
    env = simpy.Environment(initial_time=story.start_s)
    room = ControlRoom(
        Intake(Registry(plan.devices())), Desk(desk_policy(story.policy)), Customers(plan.customers()), Pen()
    )
    for held in plan.products():
        room.products.add(held)
    stores = simpy.Store(env), simpy.Store(env)
    bank = None if story.bank is None else WorldBank(story.bank, streams, story.start_s)
    planner = _planner(room.desk.policy)
    return InProcessDoors(env, room, *stores, record, deaf=story.policy.reactive, planner=planner, bank=bank)


def _planner(policy: Policy) -> Callable[[ToPropose], PlanProposed | None] | None:
    """Return who proposes plans at once, where the house goes by such. Raises ``StoryError``."""
    if policy.plan is not Level.PARTITION:
        return None
    try:
        from dispatch.planner.proposing import proposal  # noqa: PLC0415 - needs the extra plan
    except ImportError as error:
        raise StoryError(f"policy.plan: partition needs the extra plan: {error}") from None
    return proposal


def _begin(
    story: Story, streams: Streams, plan: Plan, faults: list[Fault], doors: InProcessDoors, *, by_events: bool
) -> None:
    started, adopts = ServiceStarted(DECISIONS_VERSION, story.start_s), to_adopt(story.policy, None)
    customers = (one.customer for one in plan.customers())
    opened: list[Event] = [started, *([adopts] if adopts else []), *plan.workshops, *plan.suppliers]
    opened += enrolments(story, streams, customers)
    for event in opened:
        doors.tell(event)
    if by_events:
        set_in_motion_by_events(doors.env, story, streams, plan, faults, doors)
    else:
        set_in_motion(doors.env, story, streams, plan, faults, doors, build_fleet(plan))


@contextmanager
def _rarely_collected() -> Iterator[None]:
    """Let Python look for cyclic garbage rarely: a world's objects live to its end, and looking took 30% of a run."""
    before = gc.get_threshold()
    with left_alone():
        gc.set_threshold(200_000, 50, 100)
        try:
            yield
        finally:
            gc.set_threshold(*before)


def _play(env: simpy.Environment, story: Story, progress: Callable[[float], None] | None) -> float:
    """Play, and return the share that was played."""
    try:
        for part in range(1, SLICES + 1):
            env.run(until=story.start_s + story.duration * part / SLICES)
            if progress is not None:
                progress(part / SLICES)
    except KeyboardInterrupt:
        return (float(env.now) - story.start_s) / story.duration
    return 1.0


@contextmanager
def _store(out: Path, plan: Plan) -> Iterator[Journal]:
    """Open a store in ``out``, in place of an earlier run's, with those registered who play."""
    out.mkdir(parents=True, exist_ok=True)
    for stale in out.glob("ledger.sqlite*"):
        stale.unlink()
    with Journal.open(out) as journal:
        journal.devices.keep(plan.devices())
        journal.customers.keep(plan.customers())
        journal.products.keep(plan.products())
        yield journal
