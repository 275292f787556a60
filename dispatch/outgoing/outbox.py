"""What partners are still to be told, in which order and when: a state machine without clock, network, store or dice.

Whoever drives it (``courier``) stores what ``take``, ``begin``, ``end`` and ``settle`` return before it does anything else.
An errand's ``attempts`` are written before it is tried, so that after a crash nobody believes that it never left.

- At most one errand of a request is under way, in the order decided: a withdrawal never overtakes what it withdraws.
- A request withdrawn before it was tried is neither sent nor withdrawn outside; once tried, it may have arrived, and the
  withdrawal goes out.
- At most ``AT_ONCE`` errands of one partner are under way: a partner that hangs holds up itself alone.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

AT_ONCE = 4
"""To one partner."""


class ErrandOutcome(StrEnum):
    """How an errand ended."""

    SENT = "sent"
    """The other side has taken charge of it."""
    ANSWERED = "answered"
    """The partner has answered already, another way."""
    WITHDRAWN = "withdrawn"
    """It was withdrawn before it was tried, or withdraws what was never taken."""
    POLLED = "polled"
    """The partner has no address: it fetches it."""
    EXPIRED = "expired"
    """Nobody waits for it any more. A dead letter."""
    REFUSED = "refused"
    """The partner says that it will never take it. A dead letter."""
    FORBIDDEN = "forbidden"
    """Simulated to a real partner, or the other way round. A dead letter, never tried."""

    @property
    def dead(self) -> bool:
        """Is it one of the dead letters?"""
        return self in {ErrandOutcome.EXPIRED, ErrandOutcome.REFUSED, ErrandOutcome.FORBIDDEN}


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing a partner is to be told, as the store has it. Times are POSIX seconds."""

    key: str
    seq: int
    partner: str
    request: str
    """The booking or order and its attempt: what the errand asks for or withdraws."""
    withdraws: bool
    until: float
    """Not tried after it."""
    attempts: int = 0
    next_at: float = 0.0
    outcome: ErrandOutcome | None = None
    """``None``: it waits."""
    trouble: str | None = None
    """Why the last attempt failed, or why it is dead."""

    @property
    def never_taken(self) -> bool:
        """Is it certain that the partner never took it? One refusal is; a refusal after something else was tried is not."""
        if self.outcome in {ErrandOutcome.SENT, ErrandOutcome.ANSWERED}:
            return False
        return self.attempts == 0 or (self.outcome is ErrandOutcome.REFUSED and self.attempts == 1)


@dataclass(frozen=True, slots=True)
class Taken:
    """The partner has taken charge of it. ``refs``: what the other side calls it, where it does: reports name it so."""

    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """It may or may not have arrived; try again, not before ``retry_after_s`` where the partner says so."""

    why: str
    retry_after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Refused:
    """The partner will not take it, however often it is tried."""

    why: str


Result = Taken | Failed | Refused
Objection = tuple[ErrandOutcome, str | None]


@dataclass(slots=True)
class _Lane:
    """One partner's errands."""

    ready: list[tuple[float, int, str]] = field(default_factory=list)
    """A heap of (hour, seq, request): the first errand of each request that is not under way."""
    requests: dict[str, deque[Errand]] = field(default_factory=dict)
    under_way: set[str] = field(default_factory=set)
    """Requests of which an errand is under way."""


class Outbox:
    """The errands of all partners. ``backoff`` tells how long to wait after so many attempts, seconds."""

    def __init__(self, backoff: Callable[[int], float], at_once: int = AT_ONCE) -> None:
        self._backoff = backoff
        self._at_once = at_once
        self._lanes: dict[str, _Lane] = {}
        self.dead: dict[str, Errand] = {}
        """The dead letters, by key."""
        self._untaken: set[str] = set()
        """Requests of which a dead letter says that they were never taken."""

    def __len__(self) -> int:
        """How many errands wait or are under way."""
        return sum(len(queue) for lane in self._lanes.values() for queue in lane.requests.values())

    def waiting_for(self, partner: str) -> int:
        """Return how many errands of one partner wait or are under way."""
        lane = self._lanes.get(partner)
        return 0 if lane is None else sum(map(len, lane.requests.values()))

    def oldest(self) -> Errand | None:
        """Return the errand that was decided first of those that wait."""
        heads = (queue[0] for lane in self._lanes.values() for queue in lane.requests.values())
        return min(heads, key=lambda errand: errand.seq, default=None)

    def take(self, errand: Errand, *, answered: bool = False) -> list[Errand]:
        """Take a new errand, or one from the store, in the ledger's order; return what changed.

        ``answered``: the partner has answered the request, whichever way it heard of it.
        """
        if errand.outcome is not None:
            self._bury(errand)
            return []
        lane = self._lanes.setdefault(errand.partner, _Lane())
        queue = lane.requests.get(errand.request)
        if queue is None:
            return self._first(lane, errand)
        queue.append(errand)
        if errand.withdraws and errand.request not in lane.under_way:
            return self._withdraw(lane, queue[0], answered=answered)
        return []

    def _first(self, lane: _Lane, errand: Errand) -> list[Errand]:
        if errand.withdraws and errand.attempts == 0 and errand.request in self._untaken:
            return [replace(errand, outcome=ErrandOutcome.WITHDRAWN)]
        lane.requests[errand.request] = deque([errand])
        self._stand_by(lane, errand)
        return []

    def begin(self, now: float, objection: Callable[[Errand], Objection | None]) -> tuple[list[Errand], list[Errand]]:
        """Return the errands to be tried at ``now``, each counted as tried, and those that ``objection`` ends instead."""
        tried: list[Errand] = []
        ended: list[Errand] = []
        for lane in list(self._lanes.values()):
            while lane.ready and lane.ready[0][0] <= now and len(lane.under_way) < self._at_once:
                _, _, request = heapq.heappop(lane.ready)
                head = lane.requests[request][0]
                objected = (ErrandOutcome.EXPIRED, _late(head)) if now > head.until else objection(head)
                if objected is not None:
                    ended.extend(self._finish(lane, replace(head, outcome=objected[0], trouble=objected[1])))
                    continue
                lane.under_way.add(request)
                lane.requests[request][0] = replace(head, attempts=head.attempts + 1)
                tried.append(lane.requests[request][0])
        return tried, ended

    def end(self, errand: Errand, result: Result, now: float) -> list[Errand]:
        """Take note of how an attempt went; return what changed."""
        lane = self._lanes[errand.partner]
        lane.under_way.discard(errand.request)
        match result:
            case Taken():
                return self._finish(lane, replace(errand, outcome=ErrandOutcome.SENT, trouble=None))
            case Refused(why):
                return self._finish(lane, replace(errand, outcome=ErrandOutcome.REFUSED, trouble=why))
            case Failed(why, retry_after_s):
                return self._later(lane, errand, why, now, retry_after_s)

    def revive(self, key: str, now: float, until: float) -> list[Errand]:
        """Have a dead letter tried once more, from ``now`` until ``until``; return what changed."""
        errand = self.dead.pop(key)
        self._untaken.discard(errand.request)
        again = replace(errand, outcome=None, next_at=now, until=until)
        return [again, *self.take(again)]

    def next_due(self) -> float | None:
        """When ``begin`` wants to be called next, POSIX seconds."""
        lanes = (lane for lane in self._lanes.values() if lane.ready and len(lane.under_way) < self._at_once)
        return min((lane.ready[0][0] for lane in lanes), default=None)

    def _later(self, lane: _Lane, errand: Errand, why: str, now: float, retry_after_s: float) -> list[Errand]:
        again = now + max(self._backoff(errand.attempts), retry_after_s)
        queue = lane.requests[errand.request]
        if len(queue) > 1 and queue[1].withdraws:  # it was withdrawn while it was under way: it may have arrived
            return self._finish(lane, replace(errand, outcome=ErrandOutcome.EXPIRED, trouble=f"{_WITHDRAWN}; {why}"))
        if again > errand.until:
            return self._finish(lane, replace(errand, outcome=ErrandOutcome.EXPIRED, trouble=_late(errand, why)))
        queue[0] = replace(errand, next_at=again, trouble=why)
        self._stand_by(lane, queue[0])
        return [queue[0]]

    def _withdraw(self, lane: _Lane, asked: Errand, *, answered: bool) -> list[Errand]:
        """The request waits and is not under way: it is not tried any more."""
        if answered:
            ended = replace(asked, outcome=ErrandOutcome.ANSWERED)
        elif asked.attempts == 0:
            ended = replace(asked, outcome=ErrandOutcome.WITHDRAWN)
        else:
            ended = replace(
                asked, outcome=ErrandOutcome.EXPIRED, trouble=f"{_WITHDRAWN}; {asked.trouble or 'no answer'}"
            )
        lane.ready = [entry for entry in lane.ready if entry[2] != asked.request]
        heapq.heapify(lane.ready)
        return self._finish(lane, ended)

    def _finish(self, lane: _Lane, ended: Errand) -> list[Errand]:
        """The first errand of a request has ended; the next may go, or ends with it where the first was never taken."""
        changes, queue = [ended], lane.requests[ended.request]
        queue.popleft()
        self._bury(ended)
        while queue and queue[0].withdraws and ended.never_taken and not ended.withdraws:
            changes.append(replace(queue.popleft(), outcome=ErrandOutcome.WITHDRAWN))
        if queue:
            self._stand_by(lane, queue[0])
        else:
            del lane.requests[ended.request]
        return changes

    def _bury(self, errand: Errand) -> None:
        if errand.outcome is not None and errand.outcome.dead:
            self.dead[errand.key] = errand
            if errand.never_taken and not errand.withdraws:
                self._untaken.add(errand.request)

    @staticmethod
    def _stand_by(lane: _Lane, errand: Errand) -> None:
        heapq.heappush(lane.ready, (errand.next_at, errand.seq, errand.request))


_WITHDRAWN = "withdrawn before the partner had taken it"


def _late(errand: Errand, why: str | None = None) -> str:
    tries = f"{errand.attempts} attempts" if errand.attempts != 1 else "1 attempt"
    return f"nobody waits for it any more, after {tries}; the last: {why or errand.trouble or 'none was made'}"
