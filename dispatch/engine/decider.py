"""Decides a batch: each input at the hour it came in, alarms when they are due, and under a backlog no more than must be.

Here is the edge: a sender that is over its budget is thinned before anything of its message is read (``sender_budgets``).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256

from dispatch.core.events import SenderThinned
from dispatch.engine.clock import Clock
from dispatch.engine.fault_tracing import FaultTracing
from dispatch.engine.inputs import AwaitedEvent, FromGateway, Input, MissedMessage
from dispatch.engine.load_shedding import Overload
from dispatch.engine.replan_times import ReplanTimes
from dispatch.engine.sender_budgets import Over, SenderBudgets, Why
from dispatch.ledger.pipeline import ROUTINE, ControlRoom, Turn
from dispatch.store.inbox_rows import TakenMessage, framed
from dispatch.store.twin_rows import TwinRows
from gateway.contract.refusals import Refused, Rule
from gateway.contract.topics import ROOT
from gateway.devices.twin import Twin
from gateway.intake.intake import Refusal, refused_unread
from gateway.intake.overtaking import Rank
from gateway.links.handover.delivery import Delivery

SLICE_S = 0.2
"""So long one batch is decided: what comes behind it, of whomever, is to be a case within a second."""
BREATH_S, BREATH_CPU_S = 0.02, 0.005
"""So long at a time, and so much of it on the processor: then links are read, and requests answered. On a machine that has little
time for us, next to nothing would be decided in a time of the wall alone, and all of it spent on reading."""
LOOK_AFTER = 16
"""So many statuses of routine are decided between two looks at the clock."""
SLOW_S, AFTER_SLOW = 0.05, 0.2
"""One input that took longer, as a plan of many trucks does, is followed by such a share of that for whoever else waits: a request
takes several turns of the loop, and would wait for one more plan at each."""
STOOD_STILL_S = 5.0
"""So long nothing was decided though something waited, as while the store takes nothing: what piles up then is no flood."""
LOOK_AGAIN_S = 30.0
"""The longest wait for an alarm in one go, so that a wall clock that was set is noticed."""
NOBODY = "-/-"
"""Whose topic cannot be told: they share a budget."""
SENDERS = 65_536
"""Of so many topics it is known by heart whose they are."""
STANDING = 10_000
"""So many retained messages that were refused are known again."""


class Cost:
    """What a message costs to understand, seconds of the processor. What is decided then, as all trucks' plan, is the house's."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began = time.thread_time()

    def end(self) -> None:
        """It is understood."""
        self.seconds = time.thread_time() - self._began


class StandingMessages:
    """Retained messages that were refused: the broker shows them anew with every connection, and once is enough."""

    def __init__(self) -> None:
        self._refused: dict[str, bytes] = {}

    def was_refused(self, item: Delivery) -> bool:
        """Tell whether the same message on the same topic was refused before."""
        known = self._refused.get(item.topic)
        return known is not None and known == sha256(item.payload).digest()

    def note(self, item: Delivery) -> None:
        """Note that it was."""
        if len(self._refused) >= STANDING:
            del self._refused[next(iter(self._refused))]
        self._refused[item.topic] = sha256(item.payload).digest()


class Decider:
    """Asks the control room. In the loop's thread alone; nothing is stored or carried out here."""

    def __init__(
        self, room: ControlRoom, clock: Clock, kept_twins: TwinRows, budgets: SenderBudgets | None = None
    ) -> None:
        self.overload = Overload()
        self.budgets = budgets
        self.traces: FaultTracing | None = None
        self.replans = ReplanTimes()
        self.now = room.pen.at
        """The latest hour that anything was decided at, POSIX seconds: time never goes back."""
        self._room = room
        self._clock = clock
        self._kept_twins = kept_twins
        self._standing = StandingMessages()
        self._over: dict[int, Over] = {}
        """Of messages that wait to be refused, by their identity: whose budget they are over."""
        self._decided_at = clock.now()
        self._kept: list[tuple[Twin, bytes]] = []
        self._lent: list[bytes] = []
        self._senders: dict[str, str] = {}
        """Topic → whose it is."""

    def too_much(self, waiting: int, since: float | None) -> bool:
        """Note how many inputs wait, and since when the oldest; return whether that is more than can be looked at closely."""
        now = self._clock.now()
        if waiting and self.budgets and now - self._decided_at > STOOD_STILL_S:
            self.budgets.nobody_was_heard_for(now - self._decided_at, now)
        oldest_s = 0.0 if since is None else self._clock.real_seconds(now - since)
        return self.overload.look(waiting, oldest_s, now)

    def is_over(self, item: Input) -> bool:
        """Take what came into account; tell whether it is to be refused unread. To be asked once, in the order things come."""
        if self.budgets is None or not isinstance(item, Delivery):
            return False
        sender = self._senders.get(item.topic) or self._sender(item)
        over = self.budgets.admit(sender, item.received_at, len(item.payload))
        if over is not None:
            self._over[id(item)] = over
        return over is not None

    def seconds_to_alarm(self) -> float:
        """Return for how many seconds of the wall to wait for inputs, at most, before alarms are looked for."""
        wake = self._room.next_wake()
        return LOOK_AGAIN_S if wake is None else min(LOOK_AGAIN_S, self._clock.real_seconds_until(wake))

    async def bring_twins(self, inputs: Sequence[Input]) -> None:
        """Load the twins of a batch at once, where not all of them are at hand."""
        intake = self._room.intake
        if intake.twins.whole:
            return
        topics = dict.fromkeys(item.topic for item in inputs if isinstance(item, Delivery))
        missing = intake.twins.missing(device for topic in topics for device in intake.devices_of(topic))
        if missing:
            intake.twins.bring(missing, await asyncio.to_thread(self._kept_twins.of, missing))

    async def decide(self, runs: Iterable[list[Input]], *, backlog: bool) -> list[Turn]:
        """Return what each input came to, in order, of as many as there is time for; whoever else waits has the loop in between.

        Where there is a ``backlog``, of a run only the last is looked at, which overtakes the others: all of it is decided or
        nothing. What is refused unread costs next to no time, and stands at the front.
        """
        brief, taken, began, quick = len(self._over), list[Turn](), time.monotonic(), 0
        breath, spent, since = began + BREATH_S, time.thread_time(), began
        for run in runs:
            taken += self._overtaken(run) if backlog and len(run) > 1 else map(self._decide, run)
            turn = taken[-1]
            if turn is ROUTINE:
                quick += 1
                if quick < LOOK_AFTER:
                    continue
                quick = 0
            elif turn.erased is not None:
                break  # what is erased with this batch is what was known until here
            now = time.monotonic()
            took = now - since
            if turn is not ROUTINE:
                self.replans.note(turn.rows, took)
            since = now
            if now > breath and (now > breath + SLICE_S or took > SLOW_S or time.thread_time() > spent + BREATH_CPU_S):
                over = now > began + SLICE_S and len(taken) >= brief
                if took > SLOW_S or not over:
                    await asyncio.sleep(AFTER_SLOW * took if took > SLOW_S else 0)
                if over:
                    break
                since = time.monotonic()
                breath, spent = since + BREATH_S, time.thread_time()
        self._decided_at = self._clock.now()
        return taken

    def rank(self, item: Input) -> Rank:
        """Return where an input stands in a backlog."""
        if not isinstance(item, Delivery):
            return Rank.FIRST
        return self._room.intake.overtaking.rank(item.topic, item.payload, item.content_type, item.properties)

    def decide_again(self, taken: Iterable[TakenMessage]) -> list[Turn]:
        """Return what messages come to that were acknowledged, and of which something follows only now."""
        items = (one.delivery() for one in taken)
        return [self._looked_at(item, self._sender(item), self._not_before(item.received_at)) for item in items]

    def ring_alarms(self) -> list[Turn]:
        """Return what has come due came to. Where inputs wait, they do that themselves, each at its own hour."""
        wake, now = self._room.next_wake(), self._clock.now()
        if wake is None or wake > now:
            return []
        began = time.monotonic()
        turn = self._room.wake(self._not_before(now))
        self.replans.note(turn.rows, time.monotonic() - began)
        return [turn]

    def _decide(self, item: Input, overtook: tuple[str, ...] = ()) -> Turn:
        if not isinstance(item, Delivery):
            return self._of_no_link(item)
        at = self._not_before(item.received_at)
        if self._over:
            over = self._over.pop(id(item), None)
            if over is not None:
                return self._thin(over, item, at)
        sender, budgets = self._senders.get(item.topic) or self._sender(item), self.budgets
        if budgets is not None:
            budgets.done(sender, len(item.payload))
        if item.retained and self._standing.was_refused(item):
            return Turn(repeat=True)  # it was told when it first stood there
        return self._of_routine(item, at, overtook) or self._looked_at(item, sender, at, overtook)

    def _of_no_link(self, item: AwaitedEvent | MissedMessage | FromGateway) -> Turn:
        at = self._not_before(item.at)
        if isinstance(item, AwaitedEvent):
            return self._room.tell(item.event, at, item.seen)
        if isinstance(item, MissedMessage):
            return Turn(refusal=self._bounded(item.refusal, item.refusal.device or NOBODY, at))
        self._lent += item.frames
        item.decided()
        return ROUTINE

    def _of_routine(self, item: Delivery, at: float, overtook: tuple[str, ...]) -> Turn | None:
        """Take a message from which nothing follows; ``None``: it is to be looked at, and nothing was changed."""
        if item.properties:
            return None
        twin = self._room.intake.routine(item.topic, item.payload, item.content_type, at)
        if twin is None:
            return None
        said = (at, False, item.topic, item.payload)
        self._kept.append((twin, framed((*said, None, (), overtook) if overtook else said)))
        return ROUTINE

    def kept(self) -> list[tuple[Twin, bytes]]:
        """Return what was decided since this was asked last: messages, as the inbox keeps them, and the one twin that has each."""
        found, self._kept = self._kept, []
        return found

    def kept_of_lent(self) -> tuple[bytes, ...]:
        """Return what was decided since this was asked last: messages of which a gateway process has the twin."""
        found, self._lent = tuple(self._lent), []
        return found

    def _keep(self, item: Delivery, at: float, turn: Turn, overtook: tuple[str, ...]) -> None:
        """Have a message kept in the inbox, where no more follows from it than that its sender's twin has it.

        A vendor's own is kept in the contract's words: its mapping may be another one when it is read again.
        """
        if turn.rows or not turn.twins:
            return
        twin, own = turn.twins[0], f"{ROOT}/{turn.twins[0].device}/"
        if not all(one is twin for one in turn.twins) or not all(topic.startswith(own) for topic, _ in turn.meant):
            return
        if turn.meant:
            self._kept += [(twin, framed((at, False, topic, payload))) for topic, payload in turn.meant]
        elif item.topic.startswith(own):
            said = (at, False, item.topic, item.payload, item.content_type, item.properties, overtook)
            self._kept.append((twin, framed(said)))
        else:
            return
        turn.twins.clear()

    def _sender(self, item: Delivery) -> str:
        """Return whose message it is, where that is not known by heart: ask that first."""
        sender = self._room.intake.sender_of(item.topic) or NOBODY
        if item.topic.startswith(ROOT):  # whose a vendor's own topic is may be announced later
            if len(self._senders) >= SENDERS:
                self._senders.clear()
            self._senders[item.topic] = sender
        return sender

    def _looked_at(self, item: Delivery, sender: str, at: float, overtook: tuple[str, ...] = ()) -> Turn:
        began = self.traces.now() if self.traces else 0
        cost = Cost() if self.budgets else None
        turn = self._room.deliver(
            item.topic,
            item.payload,
            at,
            content_type=item.content_type,
            properties=item.properties,
            understood=cost.end if cost else None,
        )
        self._keep(item, at, turn, overtook)
        if self.traces:
            self.traces.decided(item, turn, began)
        if turn.refusal is not None:
            if item.retained:
                self._standing.note(item)
            turn.refusal = self._bounded(turn.refusal, sender, at)
        over = self.budgets.spent(sender, cost.seconds, at) if self.budgets and cost else None
        if over is not None and over.is_news:
            turn.rows += self._room.tell(_thinned(over), at).rows
        return turn

    def _bounded(self, refusal: Refusal, sender: str, at: float) -> Refusal:
        """Return a refusal as it is told and kept, or only counted where its vendor has had too many."""
        if self.budgets is None or self.budgets.may_refuse(sender, at):
            return refusal
        return replace(refusal, counted_only=True)

    def _thin(self, over: Over, item: Delivery, at: float) -> Turn:
        """Refuse a message unread. The first in a while is told to its sender, and written down."""
        if not over.is_news:
            return Turn(refusal=_counted(over.sender, over.why))
        turn = self._room.tell(_thinned(over), at)
        turn.refusal = refused_unread(_OVER[over.why](over.sender), self._sender(item), item.topic, item.payload)
        return turn

    def _overtaken(self, run: list[Input]) -> list[Turn]:
        """Decide the newest of a run of statuses, and note that the others came. As long as it is not whole, each is decided."""
        taken, statuses = list[Turn](), [item for item in run if isinstance(item, Delivery)]
        newest, overtaking = statuses[-1], self._room.intake.overtaking
        before = deque(statuses[:-1])
        while before and not overtaking.is_whole(newest.topic, newest.payload, newest.received_at):
            taken.append(self._decide(before.popleft()))
        self.overload.thinned += len(before)
        if self.budgets is not None:
            for one in before:
                self.budgets.done(self._senders.get(one.topic) or self._sender(one), len(one.payload))
        ids = overtaking.note([one.payload for one in before], self._not_before(newest.received_at))
        return [*taken, *([ROUTINE] * len(before)), self._decide(newest, ids)]

    def _not_before(self, at: float) -> float:
        """Return ``at``, or the latest hour that anything was decided at."""
        if at > self.now:  # noqa: PLR1730 - for each message: a call costs twice as much
            self.now = at
        return self.now


def _thinned(over: Over) -> SenderThinned:
    return SenderThinned(over.sender, over.why.value, over.until)


@lru_cache(10_000)
def _counted(sender: str, why: Why) -> Refusal:
    """Return what stands for every further refusal of a sender that is over: it is counted as the device's or the vendor's."""
    device = sender if "/" in sender else f"{sender}/"
    return replace(refused_unread(_OVER[why](sender), device, "", b""), counted_only=True)


def _too_many(sender: str) -> Refused:
    return Refused(Rule.OVER_BUDGET, f"{sender} sends more messages than it may; what is over is not looked at.")


def _too_dear(sender: str) -> Refused:
    return Refused(
        Rule.OVER_BUDGET, f"what {sender} sends takes too long to look at; only so much of it is looked at now."
    )


def _too_many_wait(sender: str) -> Refused:
    return Refused(Rule.OVER_BUDGET, f"too much of what {sender} sends waits to be looked at, and others wait, too.")


_OVER = {Why.MESSAGES: _too_many, Why.PROCESSOR: _too_dear, Why.WAITING: _too_many_wait}
