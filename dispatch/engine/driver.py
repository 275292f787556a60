"""The asyncio driver: one queue, one consumer. Takes what has come, asks the control room, stores, and only then acts.

While one batch is being stored the next is decided; they are stored in order, and nothing is acknowledged, shown or carried
out before it is stored. It knows neither MQTT nor HTTP: links put deliveries in, the API puts events in, and what is to be
done outside goes to an ``Outlet``. The hour of an input is the hour it came in, not the hour its turn came.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from dispatch.core.events import Event
from dispatch.engine.clock import Clock
from dispatch.engine.inbox import Bell, Inbox
from dispatch.engine.load_shedding import AT_ONCE, Newest, Overload
from dispatch.ledger.duplicate_rows import drop_second_keys
from dispatch.ledger.pipeline import ControlRoom, Turn
from dispatch.ledger.rows import Kind, Pen, Row
from dispatch.store.batch import Batch, batch_of, rewritten
from dispatch.store.errors import JournalFailed, KeyTaken
from dispatch.store.journal import Journal
from dispatch.views.counters import Tallies
from dispatch.views.snapshot import EVERY_ROWS, Snapshot, desk_written
from gateway.contract.receipts import Receipt
from gateway.errors import LineError
from gateway.intake.intake import Refusal
from gateway.links.handover.delivery import Delivery
from gateway.retry.backoff import Backoff

log = logging.getLogger(__name__)

BATCH = 1_000
"""Inputs to one transaction, at most."""
LOOK_AGAIN_S = 30.0
"""The longest wait for an alarm in one go, so that a wall clock that was set is noticed."""
LATE_S = 1.0
"""A store that takes so long for a batch is told of."""
RETRY = Backoff(0.1, 5.0)


class Outlet(Protocol):
    """Where decisions go once they are stored."""

    def carry_out(self, row: Row) -> None:
        """Do what an action says."""

    def refuse(self, refusal: Refusal) -> None:
        """Tell the sender of a message that it was refused, and why."""

    def confirm(self, receipt: Receipt) -> None:
        """Tell the sender who asked what became of a message."""


class Tracing(Protocol):
    """Follows faults through the service; ``dispatch.observe.traces`` where the operator asks for it."""

    def now(self) -> int:
        """Return the wall's time in nanoseconds."""

    def decided(self, delivery: Delivery, turn: Turn, began: int) -> None:
        """Take note of what a delivery came to, whose handling began at ``began``."""

    def stored(self, turns: Sequence[Turn], seconds: float) -> None:
        """Take note that a batch was stored, which took the store ``seconds``."""


class Stopped(LineError):  # noqa: N818 - says what happened
    """The service is being stopped; what was told has not been handled."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event that somebody waits to see stored."""

    event: Event
    at: float
    answer: asyncio.Future[Turn]


Input = Delivery | Told


@dataclass(frozen=True, slots=True)
class DeskWritten:
    """How a desk stood behind row ``seq``, whose hash is ``hash``."""

    body: bytes
    seq: int
    hash: str


class TakeSnapshot(Protocol):
    """Puts a snapshot together."""

    def __call__(self, desk: bytes, *, seq: int, seal: str) -> Snapshot:
        """Return the snapshot behind row ``seq``."""


@dataclass(slots=True)
class Decided:
    """A batch on its way into the store."""

    inputs: list[Input]
    turns: list[Turn]
    batch: Batch
    desk: DeskWritten | None
    """How the desk stood behind it, where a snapshot is due."""


class Driver:
    """Drives the control room in real time. ``run`` it as a task; ``offer`` and ``tell`` it what happens; ``stop`` it.

    ``feeds`` are told every row after it is stored: the casebook and whatever else is read from the ledger.
    """

    def __init__(
        self,
        room: ControlRoom,
        journal: Journal,
        clock: Clock,
        *,
        feeds: Sequence[Callable[[Row], None]] = (),
        outlet: Outlet | None = None,
        batch: int = BATCH,
        snapshot: TakeSnapshot | None = None,
    ) -> None:
        """``snapshot`` puts together what a desk was, as written down, and what the feeds made of the rows up to one."""
        self.room = room
        self.journal = journal
        self.clock = clock
        self.news = Bell()
        self.overload = Overload()
        self.tallies = Tallies(real_seconds=clock.real_seconds)
        self.traces: Tracing | None = None
        self.trouble: str | None = None
        """Why the store does not take anything just now."""
        self.handled = 0
        """Deliveries acknowledged since the start."""
        self.second_keys = 0
        """Rows that were dropped because their key stood in the store already: mistakes of ours."""
        self._feeds = list(feeds)
        self._outlet = outlet
        self._watchers: list[Callable[[Delivery], None]] = []
        self._batch = batch
        self._inbox: Inbox[Input] = Inbox()
        self._decided: asyncio.Queue[Decided | None] = asyncio.Queue(1)
        self._unstored: deque[Decided] = deque()
        """What is decided and not stored, in order; the first is on its way into the store."""
        self._stopping = asyncio.Event()
        self._now = room.pen.at
        self._snapshot = snapshot
        self._snapshot_at = room.pen.seq
        """Behind which row the last snapshot was taken."""

    @property
    def waiting(self) -> int:
        """How many inputs wait for their turn."""
        return len(self._inbox)

    def waits_since(self) -> float | None:
        """Return when the oldest input that is not stored was received, POSIX seconds; ``None`` where all are."""
        first = self._inbox.first()
        waiting = None if first is None else _hour_of(first)
        return self.tallies.oldest_in_hand if self.tallies.in_hand else waiting

    def send_through(self, outlet: Outlet) -> None:
        """Carry out decisions through ``outlet`` from now on."""
        self._outlet = outlet

    def watch(self, call: Callable[[Delivery], None]) -> None:
        """Have ``call`` told of every delivery once it is stored, before what it caused is carried out."""
        self._watchers.append(call)

    def offer(self, delivery: Delivery) -> None:
        """Take a delivery, from any thread. It is acknowledged once what it caused is stored."""
        self._inbox.put(delivery)

    def told(self, event: Event, at: float | None = None) -> asyncio.Future[Turn]:
        """Take an event; the future holds what it came to, once that is stored."""
        answer: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        if self._stopping.is_set():
            answer.set_exception(Stopped("the service is being stopped; send it again"))
        else:
            self._inbox.put(Told(event, self.clock.now() if at is None else at, answer))
        return answer

    async def tell(self, event: Event) -> Turn:
        """Take an event and return what it came to, once that is stored. Raises ``Stopped``."""
        return await self.told(event)

    async def run(self) -> None:
        """Handle what comes until ``stop``. Raises what the store raises when it is not ours any more."""
        deciding, storing = asyncio.ensure_future(self._decide()), asyncio.ensure_future(self._store_all())
        await asyncio.wait({deciding, storing}, return_when=asyncio.FIRST_EXCEPTION)
        for half in (deciding, storing):
            half.cancel()  # the other one of a half that broke
        await asyncio.wait({deciding, storing})
        self._leave_the_rest()
        for half in (storing, deciding):
            if not half.cancelled():
                half.result()

    def stop(self) -> None:
        """Finish what is decided and take no more. What waits stays unacknowledged and is delivered again."""
        self._stopping.set()
        self.news.close()
        self._inbox.wake()

    # --- deciding ----------------------------------------------------------------------------------------------------

    async def _decide(self) -> None:
        """Decide batch after batch, at most one ahead of the store."""
        while not self._stopping.is_set():
            overload = self.overload.look(len(self._inbox), self.clock.now())
            inputs = await self._inbox.take(AT_ONCE if overload else self._batch, self._patience())
            self.tallies.take([_hour_of(item) for item in inputs])
            await self._bring_twins(inputs)
            turns = self._skimming(inputs) if overload else [self._handle(item) for item in inputs]
            turns += self._wake()
            if inputs or turns:
                decided = Decided(inputs, turns, batch_of(turns, self._now), self._desk_if_due(EVERY_ROWS))
                self._unstored.append(decided)
                await self._decided.put(decided)
        await self._decided.put(None)

    async def _bring_twins(self, inputs: Sequence[Input]) -> None:
        """Load the twins of a batch at once, where not all of them are at hand."""
        twins = self.room.intake.twins
        if twins.whole:
            return
        topics = dict.fromkeys(item.topic for item in inputs if isinstance(item, Delivery))
        missing = twins.missing(device for topic in topics for device in self.room.intake.devices_of(topic))
        if missing:
            twins.bring(missing, await asyncio.to_thread(self.journal.twins.of, missing))

    def _patience(self) -> float:
        wake = self.room.next_wake()
        return LOOK_AGAIN_S if wake is None else min(LOOK_AGAIN_S, self.clock.real_seconds_until(wake))

    def _handle(self, item: Input) -> Turn:
        if isinstance(item, Told):
            return self.room.tell(item.event, self._at(item.at))
        at = self._at(item.received_at)
        began = self.traces.now() if self.traces else 0
        turn = self.room.deliver(
            item.topic, item.payload, at, content_type=item.content_type, properties=item.properties
        )
        if self.traces:
            self.traces.decided(item, turn, began)
        return turn

    def _skimming(self, inputs: Sequence[Input]) -> list[Turn]:
        """Handle a backlog; a status that a later one in it overtakes is only glanced at."""
        newest = Newest.of([item.topic if isinstance(item, Delivery) else None for item in inputs])
        return [self._skim(item, newest, number) or self._handle(item) for number, item in enumerate(inputs)]

    def _skim(self, item: Input, newest: Newest, number: int) -> Turn | None:
        if not isinstance(item, Delivery) or not newest.overtakes(number, item.topic):
            return None
        turn = self.room.skim(item.topic, item.payload, self._at(item.received_at))
        self.overload.thinned += turn is not None
        return turn

    def _wake(self) -> list[Turn]:
        """Ring what is due, unless earlier inputs still wait: they do it themselves, each at its own hour."""
        wake, now = self.room.next_wake(), self.clock.now()
        if wake is None or wake > now or len(self._inbox):
            return []
        return [self.room.wake(self._at(now))]

    def _at(self, at: float) -> float:
        """Time never goes back."""
        self._now = max(self._now, at)
        return self._now

    # --- storing -----------------------------------------------------------------------------------------------------

    async def _store_all(self) -> None:
        """Store batch after batch and act on each, until there is no more or we are stopped while the store takes nothing."""
        while (decided := await self._decided.get()) is not None:
            began = time.perf_counter()
            if not await self._store(decided):
                _give_up(decided.inputs)
                while await self._decided.get() is not None:
                    pass
                return
            self._unstored.popleft()
            if self.traces:
                self.traces.stored(decided.turns, time.perf_counter() - began)
            self._act(decided.inputs, decided.turns)
            await self._keep_snapshot(decided.desk)
        await self._keep_snapshot(self._desk_if_due(1))

    def _desk_if_due(self, rows: int) -> DeskWritten | None:
        """Return how the desk stands now, where ``rows`` rows were written since the last snapshot."""
        pen = self.room.pen
        if self._snapshot is None or pen.seq < self._snapshot_at + rows:
            return None
        self._snapshot_at = pen.seq
        return DeskWritten(desk_written(self.room.desk), pen.seq, pen.hash)

    async def _keep_snapshot(self, desk: DeskWritten | None) -> None:
        """Keep a snapshot of a desk whose rows are stored and fed. Without it a restart takes longer, and nothing else."""
        if desk is None or self._snapshot is None:
            return
        kept = self._snapshot(desk.body, seq=desk.seq, seal=desk.hash)
        try:
            await asyncio.to_thread(self.journal.snapshots.keep, kept)
        except JournalFailed as error:
            log.warning("no snapshot was kept: %s", error, extra={"seq": desk.seq})

    async def _store(self, decided: Decided) -> bool:
        """Write the batch, again and again where the store does not take it; ``False`` where we are stopped first."""
        failures = 0
        while True:
            began = time.perf_counter()
            try:
                if decided.batch:
                    await self._write(decided)
                    self._stored_within(time.perf_counter() - began, decided.batch)
            except JournalFailed as error:
                self.trouble = str(error)
                self.tallies.store_failures += 1
                failures += 1
                wait_s = RETRY.after(failures)
                told = {"seconds": wait_s, "rows": len(decided.batch.ledger)}
                log.error("%s; nothing is acknowledged, trying again in %.1f s", error, wait_s, extra=told)  # noqa: TRY400 - one line
            else:
                self.trouble = None
                return True
            if await self._stopped_within(wait_s):
                return False

    async def _write(self, decided: Decided) -> None:
        """Write a batch, without what stands in the store already."""
        try:
            await asyncio.to_thread(self.journal.write, decided.batch)
        except KeyTaken:
            keys = [row.key for turn in decided.turns for row in turn.rows if row.key is not None]
            ledger = self.journal.ledger
            pen, taken = await asyncio.to_thread(lambda: (ledger.pen(), ledger.taken(keys)))
            if not self._drop(pen, taken):  # somebody else writes into our store
                raise
            await asyncio.to_thread(self.journal.write, decided.batch)

    def _drop(self, pen: Pen, taken: set[str]) -> int:
        """Number everything anew that is not stored, without what is ``taken``; return how much that was."""
        turns = (turn for decided in self._unstored for turn in decided.turns)
        dropped = drop_second_keys(turns, pen, taken)
        if dropped:
            for decided in self._unstored:
                decided.batch = rewritten(decided.batch, decided.turns)
                decided.desk = None  # its row has another number now; the next snapshot comes soon
            self.room.pen, self._snapshot_at = pen, pen.seq
            self.second_keys += dropped
        return dropped

    def _stored_within(self, seconds: float, batch: Batch) -> None:
        self.tallies.commit_s.observe(seconds)
        if self.trouble is not None:
            log.warning("the store takes batches again")
        if seconds > LATE_S:
            told = {"seconds": round(seconds, 3), "rows": len(batch.ledger), "flood": "late"}
            log.warning("the store took %.1f s for a batch", seconds, extra=told)

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._stopping.wait()
        except TimeoutError:
            return False

    def _act(self, inputs: Sequence[Input], turns: Sequence[Turn]) -> None:
        """Everything is stored: acknowledge it, show it, do it, say so."""
        received = [item.received_at for item in inputs if isinstance(item, Delivery)]
        self.tallies.stored(received, turns, self.clock.now(), taken=bool(inputs))
        for item in inputs:
            if isinstance(item, Delivery):
                item.ack()
                self.handled += 1
                for watcher in self._watchers:
                    watcher(item)
        for turn in turns:
            self._spread(turn)
        for item, turn in zip(inputs, turns, strict=False):  # the alarms' turn comes behind them
            if isinstance(item, Told) and not item.answer.done():
                item.answer.set_result(turn)
        if any(turn.rows for turn in turns):
            self.news.ring()

    def _spread(self, turn: Turn) -> None:
        for row in turn.rows:
            for feed in self._feeds:
                feed(row)
            if self._outlet and row.kind is Kind.ACTION:
                self._outlet.carry_out(row)
        if turn.twice:
            log.error("decided a second time, and not written", extra={"key": turn.twice, "flood": "twice"})
        if turn.refusal:
            _tell_of(turn.refusal)
        if self._outlet and turn.refusal:
            self._outlet.refuse(turn.refusal)
        if self._outlet and turn.receipt:
            self._outlet.confirm(turn.receipt)

    def _leave_the_rest(self) -> None:
        while not self._decided.empty():
            decided = self._decided.get_nowait()
            _give_up(decided.inputs if decided else [])
        _give_up(self._inbox.drain())


def _give_up(inputs: Sequence[Input]) -> None:
    """Tell whoever waits that it was not handled. Deliveries stay unacknowledged."""
    for item in inputs:
        if isinstance(item, Told) and not item.answer.done():
            item.answer.set_exception(Stopped("the service is being stopped; send it again"))


def _tell_of(refusal: Refusal) -> None:
    """Log that a message was refused: whose and by which rule, and nothing of what stands in it."""
    problem, device = refusal.problem, refusal.device or "unknown"
    told = {"device": device, "vendor": device.partition("/")[0], "rule": refusal.rule.value}
    more = {"event_id": problem.event_id, "pointer": problem.pointer, "flood": f"refused {device} {refusal.rule}"}
    log.info("a message was refused", extra=told | {name: value for name, value in more.items() if value})


def _hour_of(item: Input) -> float:
    """Return when an input came in, POSIX seconds."""
    return item.at if isinstance(item, Told) else item.received_at
