"""Sends what was decided, as soon as it is stored, and again until it has arrived or is dead: to whom, and how, heirs say.

``outbox`` says what is due; here it is stored and tried. What hangs or breaks is one partner's, or one channel's: the service and
the others go on.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from random import uniform
from typing import Generic, TypeVar

from dispatch.core.actions import Action
from dispatch.engine.clock import Clock
from dispatch.engine.inputs import Stopped
from dispatch.ledger.rows import Row, read
from dispatch.outgoing.outbox import AT_ONCE, Errand, Failed, Objection, Outbox, Result
from dispatch.store.errors import JournalFailed
from dispatch.store.journal import Journal
from dispatch.store.outbox_rows import Letter
from gateway.retry.backoff import Backoff

log = logging.getLogger(__name__)

AGAIN = Backoff(2.0, 300.0)
JITTER_S = 2.0
STORE_AGAIN_S = 2.0
"""After the store did not take how errands stand."""
LOOK_AGAIN_S = 30.0
"""The longest wait in one go, so that a wall clock that was set is noticed."""
ALL_AT_ONCE = 256
"""To all together."""
Sendable = TypeVar("Sendable", bound=Action)


class OutboxSender(ABC, Generic[Sendable]):
    """``carry_out`` actions, ``run`` it as a task, ``stop`` it. In one event loop."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        backoff: Callable[[int], float] | None = None,
        at_once: int = AT_ONCE,
    ) -> None:
        self.outbox = Outbox(backoff or wait_after, at_once)
        self._journal = journal
        self._clock = clock
        self._actions: dict[str, tuple[Sendable, float]] = {}
        """Key → what waits or is dead, and when it was decided."""
        self._resumed_to: int | None = None
        """The last row that lay in the store when what waits there was taken; ``None``: it is not taken yet."""
        self._changed: dict[str, Errand] = {}
        """Key → how it stands, not stored yet."""
        self._trying: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(ALL_AT_ONCE)
        self._something = asyncio.Event()
        self._stopped = asyncio.Event()

    # --- what heirs say ----------------------------------------------------------------------------------------------

    @abstractmethod
    def _is_mine(self, action: object) -> Sendable | None:
        """Return an action that is sent here; ``None``: it is not."""

    @abstractmethod
    def _errand(self, action: Sendable, letter: Letter) -> Errand:
        """Return what is to be done, as the letter says that it stands."""

    @abstractmethod
    def _objection(self, errand: Errand) -> Objection | None:
        """Tell why an errand must not be sent."""

    @abstractmethod
    async def _send(self, errand: Errand, action: Sendable, decided_at: float) -> Result:
        """Try it."""

    def _is_answered(self, action: Sendable) -> bool:
        """Tell whether whoever is told has answered already what is withdrawn."""
        del action
        return False

    def _ended(self, errand: Errand, action: Sendable) -> None:
        """Take note of how it ended."""

    # --- taking ------------------------------------------------------------------------------------------------------

    def carry_out(self, row: Row) -> None:
        """Send what an action says that was stored just now. Returns at once.

        What is decided at the start before ``resume`` waits for that, behind what was decided before; it is told once.
        """
        if self._resumed_to is not None and row.seq > self._resumed_to and self._is_mine(read(row)) is not None:
            self._take(Letter(row, 0, None, None, None))
            self._something.set()

    def resume(self) -> int:
        """Go on where the service ended; return how much still waits."""
        letters = self._journal.outbox.letters()
        self._resumed_to = max((letter.row.seq for letter in letters), default=0)
        for letter in letters:
            if self._is_mine(read(letter.row)) is not None:
                self._take(letter)
        self._something.set()
        return len(self.outbox)

    def forget(self, is_forgotten: Callable[[Sendable], bool]) -> None:
        """Know nothing more of some dead letters; the store has them as over."""
        for key in [key for key in self.outbox.dead if is_forgotten(self._actions[key][0])]:
            del self.outbox.dead[key], self._actions[key]
            self._changed.pop(key, None)

    async def run(self) -> None:
        """Send what is due until ``stop``."""
        while not self._stopped.is_set():
            self._something.clear()
            await self._send_due()
            await self._wait()
        for task in self._trying:
            task.cancel()
        await asyncio.gather(*self._trying, return_exceptions=True)
        await self._store()

    def stop(self) -> None:
        """Send no more. What is under way is sent again at the next start."""
        self._stopped.set()
        self._something.set()

    def _take(self, letter: Letter) -> None:
        action = self._is_mine(read(letter.row))
        assert action is not None  # noqa: S101 - whoever calls has asked
        errand = self._errand(action, letter)
        self._actions[errand.key] = (action, letter.row.at)
        self._note(self.outbox.take(errand, answered=self._is_answered(action)))

    def _revive(self, key: str, now: float, until: float) -> None:
        """Have a dead letter tried once more."""
        self._note(self.outbox.revive(key, now, until))
        self._something.set()

    def _note(self, changed: list[Errand]) -> None:
        """Remember to store how errands stand; what is over is forgotten, but for the dead letters."""
        for errand in changed:
            self._changed[errand.key] = errand
            known = self._actions.get(errand.key)
            if errand.outcome is None or known is None:
                continue
            self._ended(errand, known[0])
            if errand.outcome.dead:
                told = {"key": errand.key, "partner": errand.partner}
                log.warning("%s is a dead letter (%s): %s", errand.key, errand.outcome, errand.trouble, extra=told)
            else:
                del self._actions[errand.key]

    # --- sending -----------------------------------------------------------------------------------------------------

    async def _send_due(self) -> None:
        """Store first, also that it is about to be tried; then send."""
        if not await self._store():
            return
        tried, ended = self.outbox.begin(self._clock.now(), self._objection)
        self._note([*ended, *tried])
        if not await self._store():
            return
        for errand in tried:
            task = asyncio.create_task(self._try(errand))
            self._trying.add(task)
            task.add_done_callback(partial(self._tried, errand))

    async def _try(self, errand: Errand) -> None:
        action, decided_at = self._actions[errand.key]
        async with self._room:
            result = await self._send(errand, action, decided_at)
        self._note(self.outbox.end(errand, result, self._clock.now()))
        self._something.set()

    def _tried(self, errand: Errand, task: asyncio.Task[None]) -> None:
        self._trying.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, Stopped):  # a mistake of ours: it must not hold up anybody
            told = {"key": errand.key, "partner": errand.partner}
            log.error("telling %s of %s broke off", errand.partner, errand.key, exc_info=error, extra=told)
            self._note(self.outbox.end(errand, Failed(f"our fault: {error!r}"), self._clock.now()))
            self._something.set()

    # --- storing and waiting -----------------------------------------------------------------------------------------

    async def _store(self) -> bool:
        """Write how errands stand, again and again where the store does not take it; ``False`` where stopped first."""
        while self._changed:
            changed, self._changed = self._changed, {}
            try:
                await asyncio.to_thread(self._journal.outbox.note_letters, list(changed.values()), self._clock.now())
            except JournalFailed as error:
                self._changed = changed | self._changed
                log.error("%s; nobody is told anything, trying again in %.0f s", error, STORE_AGAIN_S)  # noqa: TRY400
                if await _within(STORE_AGAIN_S, self._stopped):
                    return False
        return True

    async def _wait(self) -> None:
        due = self.outbox.next_due()
        wait_s = LOOK_AGAIN_S if due is None else min(LOOK_AGAIN_S, self._clock.real_seconds_until(due))
        await _within(wait_s, self._something)


async def _within(seconds: float, event: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


def wait_after(attempts: int) -> float:
    """Return how long to wait after so many attempts, seconds: doubled each time, with jitter."""
    return AGAIN.after(attempts, uniform(0.0, JITTER_S))  # noqa: S311 - it spreads, and keeps nothing secret
