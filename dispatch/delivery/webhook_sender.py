"""Tells partners what the desk decided, by webhook: as soon as it is stored, and again until it has arrived or is dead.

``outbox`` says what is due; here it is stored, posted, and the answer given to the desk. A partner without an address
fetches what it is asked (``GET /requests``). What hangs or breaks is one partner's: the service and the others go on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import uniform
from typing import Any, Protocol

from dispatch.core.actions import RequestAction, WithdrawRequest
from dispatch.core.events import Event
from dispatch.core.ids import EventKind, attempt_in, event_key
from dispatch.delivery.partner_directory import PartnerDirectory
from dispatch.delivery.webhooks import Door, NoAnswer, WebhookAnswer
from dispatch.engine.clock import Clock
from dispatch.engine.inputs import Stopped
from dispatch.ledger.rows import Row, read
from dispatch.outgoing.outbox import Errand, ErrandOutcome, Failed, Objection, Outbox, Refused, Result, Taken
from dispatch.outgoing.partner_messages import (
    UnreadableAnswer,
    answer_in,
    attempt_of,
    called_off,
    envelope,
    partner_of,
)
from dispatch.store.errors import JournalFailed
from dispatch.store.journal import Journal
from dispatch.store.outbox_rows import Letter
from gateway.retry.backoff import Backoff

log = logging.getLogger(__name__)

WITHDRAWAL_S = 86_400.0
"""So long a partner is told that it is out, before it becomes a dead letter."""
AGAIN = Backoff(2.0, 300.0)
JITTER_S = 2.0
STORE_AGAIN_S = 2.0
"""After the store did not take how errands stand."""
LOOK_AGAIN_S = 30.0
"""The longest wait in one go, so that a wall clock that was set is noticed."""
ALL_AT_ONCE = 256
"""To all partners together."""
_TRY_AGAIN = {408, 409, 425, 429}
"""Of the 4xx, those that may pass: RFC 9110 and RFC 8470. All others are final."""
_UNKNOWN = {404, 410}
"""Of a withdrawal: the partner does not know what it withdraws."""
_LATER = 202


class AnswersTo(Protocol):
    """Whom answers are for."""

    async def tell(self, event: Event) -> Any:  # noqa: ANN401 - what it came to
        """Return once the event is stored."""

    def heard(self, key: str) -> bool:
        """Tell whether an event with this key is stored."""

    def withdrawn(self, request: str, attempt: int) -> str | None:
        """Return why a booking or order was withdrawn; ``None``: it was not."""


class WebhookSender:
    """``carry_out`` actions, ``run`` it as a task, ``stop`` it. In one event loop.

    ``patience_s``: how long the desk waits for a partner's answer before it asks the next.
    """

    def __init__(
        self,
        journal: Journal,
        book: PartnerDirectory,
        clock: Clock,
        desk: AnswersTo,
        *,
        patience_s: float,
        door: Door,
        backoff: Callable[[int], float] | None = None,
    ) -> None:
        self.outbox = Outbox(backoff or wait_after)
        self._journal = journal
        self._book = book
        self._clock = clock
        self._desk = desk
        self._patience_s = patience_s
        self._door = door
        self._actions: dict[str, tuple[RequestAction, float]] = {}
        """Key → what waits or is dead, and when it was decided."""
        self._changed: dict[str, Errand] = {}
        """Key → how it stands, not stored yet."""
        self._posting: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(ALL_AT_ONCE)
        self._something = asyncio.Event()
        self._stopped = asyncio.Event()

    def carry_out(self, row: Row) -> None:
        """Tell a partner what an action says that was stored just now. Returns at once."""
        if isinstance(read(row), RequestAction):
            self._take(Letter(row, 0, None, None, None))
            self._something.set()

    def resume(self) -> int:
        """Go on where the service ended; return how much still waits."""
        for letter in self._journal.outbox.letters():
            self._take(letter)
        self._something.set()
        return len(self.outbox)

    def send_again(self, key: str) -> bool:
        """Try a dead letter again; ``False`` where that makes no sense any more. Raises ``KeyError``."""
        errand, now = self.outbox.dead[key], self._clock.now()
        action, decided_at = self._actions[key]
        until = self._until(action, now if errand.withdraws else decided_at)
        asked = attempt_in(errand.request)
        over = (
            self._desk.heard(event_key(EventKind.ANSWERED, errand.request))
            or self._desk.withdrawn(asked.of, asked.number) is not None
        )
        if now > until or (over and not errand.withdraws):
            return False
        self._note(self.outbox.revive(key, now, until))
        self._something.set()
        return True

    def forget(self, is_forgotten: Callable[[str], bool]) -> None:
        """Know nothing more of dead letters about some cases; the store has them as over."""
        for key in [key for key in self.outbox.dead if is_forgotten(self._actions[key][0].case)]:
            del self.outbox.dead[key], self._actions[key]
            self._changed.pop(key, None)

    async def run(self) -> None:
        """Send what is due until ``stop``."""
        async with self._door:
            while not self._stopped.is_set():
                self._something.clear()
                await self._send_due()
                await self._wait()
            for task in self._posting:
                task.cancel()
            await asyncio.gather(*self._posting, return_exceptions=True)
            await self._store()

    def stop(self) -> None:
        """Send no more. What is under way is sent again at the next start."""
        self._stopped.set()
        self._something.set()

    # --- taking ------------------------------------------------------------------------------------------------------

    def _take(self, letter: Letter) -> None:
        action = read(letter.row)
        assert isinstance(action, RequestAction)  # noqa: S101 - its type says so
        errand = self._errand(action, letter)
        if self._book.get(errand.partner) is None and errand.outcome is None:
            self._note([replace(errand, outcome=ErrandOutcome.POLLED)])
            return
        self._actions[errand.key] = (action, letter.row.at)
        answered = isinstance(action, WithdrawRequest) and self._desk.heard(
            event_key(EventKind.ANSWERED, errand.request)
        )
        self._note(self.outbox.take(errand, answered=answered))

    def _errand(self, action: RequestAction, letter: Letter) -> Errand:
        row = letter.row
        return Errand(
            key=action.key,
            seq=row.seq,
            partner=partner_of(action),
            request=attempt_of(action),
            withdraws=isinstance(action, WithdrawRequest),
            until=self._until(action, row.at),
            attempts=letter.attempts,
            next_at=letter.next_at or row.at,
            outcome=letter.outcome,
            trouble=letter.trouble,
        )

    def _until(self, action: RequestAction, since: float) -> float:
        return since + (WITHDRAWAL_S if isinstance(action, WithdrawRequest) else self._patience_s)

    def _note(self, changed: list[Errand]) -> None:
        """Remember to store how errands stand; what is over is forgotten, but for the dead letters."""
        for errand in changed:
            self._changed[errand.key] = errand
            if errand.outcome is not None and errand.outcome.dead:
                told = {"key": errand.key, "partner": errand.partner}
                log.warning("%s is a dead letter (%s): %s", errand.key, errand.outcome, errand.trouble, extra=told)
            elif errand.outcome is not None:
                self._actions.pop(errand.key, None)

    # --- sending -----------------------------------------------------------------------------------------------------

    async def _send_due(self) -> None:
        """Store first, also that it is about to be tried; then post."""
        if not await self._store():
            return
        tried, ended = self.outbox.begin(self._clock.now(), self._objection)
        self._note([*ended, *tried])
        if not await self._store():
            return
        for errand in tried:
            task = asyncio.create_task(self._post(errand))
            self._posting.add(task)
            task.add_done_callback(partial(self._posted, errand))

    def _objection(self, errand: Errand) -> Objection | None:
        """Tell why an errand must not be sent."""
        record, (action, _) = self._book.get(errand.partner), self._actions[errand.key]
        if record is None:
            return ErrandOutcome.POLLED, None
        if record.provenance != action.provenance:
            return (
                ErrandOutcome.FORBIDDEN,
                f"the action is {action.provenance} and {record.partner} is {record.provenance}",
            )
        if not errand.withdraws and self._desk.heard(event_key(EventKind.ANSWERED, errand.request)):
            return ErrandOutcome.ANSWERED, None
        return None

    async def _post(self, errand: Errand) -> None:
        action, decided_at = self._actions[errand.key]
        record = self._book.get(errand.partner)
        if record is None:
            result: Result = Failed("its address was taken away")
        else:
            try:
                async with self._room:
                    secrets = record.secrets(self._clock.now())
                    answer = await self._door.post(record.url, errand.key, envelope(action, decided_at), secrets)
                result = await self._understood(action, answer)
            except NoAnswer as error:
                result = Failed(str(error))
        self._note(self.outbox.end(errand, result, self._clock.now()))
        self._something.set()

    async def _understood(self, action: RequestAction, answer: WebhookAnswer) -> Result:
        """Give the desk what a partner answered at once, and tell what that means for the errand."""
        if isinstance(action, WithdrawRequest) and answer.status in _UNKNOWN:
            await self._desk.tell(called_off(action))
            return Taken()
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's classes
            return _failed(answer)
        if answer.is_json and answer.body.strip() not in {b"", b"{}"}:
            try:
                await self._desk.tell(answer_in(action, answer.body))
            except UnreadableAnswer as unreadable:
                return Failed(f"answered {answer.status} with something that is no answer: {unreadable}")
        elif isinstance(action, WithdrawRequest) and answer.status != _LATER:
            await self._desk.tell(called_off(action))
        return Taken()

    def _posted(self, errand: Errand, task: asyncio.Task[None]) -> None:
        self._posting.discard(task)
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
                log.error("%s; partners are told nothing, trying again in %.0f s", error, STORE_AGAIN_S)  # noqa: TRY400
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


def _failed(answer: WebhookAnswer) -> Result:
    final = 300 <= answer.status < 500 and answer.status not in _TRY_AGAIN  # noqa: PLR2004 - HTTP's classes
    why = f"answered {answer.status}"  # and not with what: that may be somebody else's page
    return Refused(why) if final else Failed(why, answer.retry_after_s)
