"""The asyncio driver: one queue, one consumer. Takes what has come, has it decided, stored, and only then announced.

While one batch is being stored the next is decided; they are stored in order, and nothing is acknowledged, shown or carried
out before it is stored. It knows neither MQTT nor HTTP: links put deliveries in, the API puts events in, and what is to be
done outside goes to an ``Outlet``. The hour of an input is the hour it came in, not the hour its turn came.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from math import inf

from dispatch.core.events import Event
from dispatch.engine.announcer import Announcer
from dispatch.engine.checkpoint import Checkpoint
from dispatch.engine.clock import Clock
from dispatch.engine.committer import Committer
from dispatch.engine.decided import Decided
from dispatch.engine.decider import Decider
from dispatch.engine.fault_tracing import FaultTracing
from dispatch.engine.inbox import Inbox, Sorting
from dispatch.engine.inputs import AwaitedEvent, Input, MissedMessage, Stopped, came_in_at, give_up, lane_of, series_of
from dispatch.engine.load_shedding import AT_LEAST, ROOM
from dispatch.engine.sender_budgets import SenderBudgets
from dispatch.engine.snapshot_taker import PutTogether, SnapshotTaker
from dispatch.ledger.pipeline import ROUTINE, ControlRoom, Turn
from dispatch.ledger.rows import Row
from dispatch.store.batch import batch_of
from dispatch.store.inbox_rows import TakenMessage
from dispatch.store.journal import Journal
from dispatch.views.counters import Tallies
from dispatch.views.snapshot import EVERY_ROWS
from gateway.links.handover.delivery import Delivery

BATCH = 1_000
"""Inputs to one transaction, at most."""


def _never(_item: AwaitedEvent) -> bool:
    """Hold nothing back."""
    return False


class Driver:
    """Drives the control room in real time. ``run`` it as a task; ``offer`` and ``tell`` it what happens; ``stop`` it.

    What is done is done by its parts: ``inbox``, ``decider``, ``committer``, ``announcer``; each says how it stands.
    """

    def __init__(
        self,
        room: ControlRoom,
        journal: Journal,
        clock: Clock,
        *,
        feeds: Sequence[Callable[[Row], None]] = (),
        batch: int = BATCH,
        snapshot: PutTogether | None = None,
        budgets: SenderBudgets | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        """``feeds`` are told every row after it is stored; ``batch``: so many inputs to one transaction, at most.

        ``budgets``: how much one sender may ask of us, and what more waits is taken of each in turn; ``None``: any amount.
        ``checkpoint`` knows which twins the store does not have as they are; where it is left out, it has all of them.
        """
        self.tallies = Tallies(real_seconds=clock.real_seconds)
        self.decider = Decider(room, clock, journal.twins, budgets)
        self.checkpoint = Checkpoint(room.intake.twins) if checkpoint is None else checkpoint  # an empty one is false
        self.inbox: Inbox[Input] = Inbox(Sorting(lane_of, series_of, self.decider.rank, self.decider.is_over))
        self.announcer = Announcer(feeds, clock, self.tallies)
        self._clock = clock
        self._batch = batch
        self._done = 0
        """How many runs were decided the last time."""
        self._undecided: list[TakenMessage] = []
        self.is_held: Callable[[AwaitedEvent], bool] = _never
        """Whoever holds an event back, until the twins that it is about are here, puts it into the inbox later."""
        self._stopping = asyncio.Event()
        self._snapshots = SnapshotTaker(room, journal.snapshots, snapshot)
        self.committer = Committer(room, journal, self.tallies, self._snapshots, self._stopping)

    def follow_faults(self, traces: FaultTracing) -> None:
        """Have ``traces`` told when a fault is decided about and when it is stored."""
        self.decider.traces = self.committer.traces = traces

    def waits_since(self) -> float | None:
        """Return when the oldest input that is not stored was received, POSIX seconds; ``None`` where all are."""
        return self.tallies.oldest_in_hand if self.tallies.in_hand else self._waiting_since()

    def _waiting_since(self) -> float | None:
        return min(map(came_in_at, self.inbox.waiting()), default=None)

    def offer(self, delivery: Delivery) -> None:
        """Take a delivery, from any thread. It is acknowledged once what it caused is stored."""
        self.inbox.put(delivery)

    def refuse(self, missed: MissedMessage) -> None:
        """Take what never came to us, from any thread: it is counted, kept and told as any other refusal."""
        self.inbox.put(missed)

    def offer_again(self, undecided: Iterable[TakenMessage]) -> None:
        """Take messages that were acknowledged by another process, before anything else (``dispatch.engine.recovery``)."""
        self._undecided += undecided

    def submit(self, event: Event, at: float | None = None, seen: int | None = None) -> asyncio.Future[Turn]:
        """Take an event; the future holds what it came to, once that is stored, or ``Stopped``.

        ``seen``: the version of the case that a dispatcher acts by.
        """
        answer: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        if self._stopping.is_set():
            answer.set_exception(Stopped())
        else:
            item = AwaitedEvent(event, self._clock.now() if at is None else at, answer, seen)
            if not self.is_held(item):
                self.inbox.put(item)
        return answer

    async def tell(self, event: Event) -> Turn:
        """Take an event and return what it came to, once that is stored. Raises ``Stopped``."""
        return await self.submit(event)

    async def run(self) -> None:
        """Handle what comes until ``stop``. Raises what the store raises when it is not ours any more."""
        deciding, storing = asyncio.ensure_future(self._decide_all()), asyncio.ensure_future(self._store_all())
        await asyncio.wait({deciding, storing}, return_when=asyncio.FIRST_EXCEPTION)
        for half in (deciding, storing):
            half.cancel()  # the other one of a half that broke
        await asyncio.wait({deciding, storing})
        for left in self.committer.left():
            give_up(left.inputs)
        give_up(self.inbox.drain())
        for half in (storing, deciding):
            if not half.cancelled():
                half.result()

    def stop(self) -> None:
        """Finish what is decided and take no more. What waits stays unacknowledged and is delivered again."""
        self._stopping.set()
        self.announcer.news.close()
        self.inbox.wake()

    async def _decide_all(self) -> None:
        """Decide batch after batch, at most one ahead of the store."""
        if self._undecided:  # all in one batch: twins are of no row in part
            await self.committer.put(self._together([], self.decider.decide_again(self._undecided)))
            self._undecided.clear()
        while not self._stopping.is_set():
            runs = await self._next_runs()
            async with self.committer.numbering:
                decided = await self._decided(runs)
            if decided is not None:
                await self.committer.put(decided)
        while (rest := self.checkpoint.rest()) is not None:
            await self.committer.put(Decided([], [], batch_of((), self.decider.now, rest), None))
        await self.committer.end()

    async def _next_runs(self) -> list[list[Input]]:
        """Return what is to be decided next: under a backlog, twice as much as there was time for the last time."""
        backlog = self.decider.too_much(len(self.inbox), self._waiting_since())
        most = max(AT_LEAST, ROOM * self._done) if backlog else self._batch
        runs = await self.inbox.take(most, self._seconds_to_look(), backlog=backlog)
        inputs = list(chain.from_iterable(runs))
        if inputs:
            self.tallies.take(len(inputs), came_in_at(inputs[0]))
        await self.decider.bring_twins(inputs)
        return runs

    async def _decided(self, runs: list[list[Input]]) -> Decided | None:
        """Decide a batch, of as many inputs as there is time for; ``None``: there is nothing to store."""
        turns = await self.decider.decide(runs, backlog=self.decider.overload.on)
        inputs = self._not_all(runs, len(turns))
        if not len(self.inbox):
            turns += self.decider.ring_alarms()
        due = self.checkpoint.seconds_to_next(self._clock.now()) <= 0
        return self._together(inputs, turns) if inputs or turns or due else None

    def _together(self, inputs: list[Input], turns: list[Turn]) -> Decided:
        """Return a batch, with the twins that are due."""
        busy = [turn for turn in turns if turn is not ROUTINE]
        kept = self.checkpoint.take(busy, self.decider.kept(), self._clock.now(), self.decider.kept_of_lent())
        batch = batch_of(busy, self.decider.now, kept)
        due = 1 if batch.forgets else EVERY_ROWS  # the snapshots before hold what is erased
        return Decided(inputs, turns, batch, self._snapshots.desk_if_due(due))

    def _seconds_to_look(self) -> float:
        """Return for how many seconds of the wall to wait for inputs, before alarms are looked for or twins are written."""
        now = self._clock.now()
        due = self.checkpoint.seconds_to_next(now)
        alarm = self.decider.seconds_to_alarm()
        return alarm if due == inf else min(alarm, self._clock.real_seconds_until(now + due))

    def _not_all(self, runs: list[list[Input]], decided: int) -> list[Input]:
        """Put back what there was no time for, and return the inputs that were decided."""
        inputs = list[Input]()
        for self._done, run in enumerate(runs):
            if len(inputs) >= decided:
                self.inbox.put_back(runs[self._done :])
                self.tallies.take_only(decided)
                return inputs
            inputs += run
        self._done = len(runs)
        return inputs

    async def _store_all(self) -> None:
        """Store batch after batch and announce each, until no more come or we are stopped while the store takes nothing."""
        while (decided := await self.committer.next_batch()) is not None:
            if not await self.committer.store(decided):
                give_up(decided.inputs)
                while (left := await self.committer.next_batch()) is not None:
                    give_up(left.inputs)
                return
            self.announcer.announce(decided)
            await self._snapshots.keep(decided.desk)
        await self._snapshots.keep(self._snapshots.desk_if_due(rows=1))
