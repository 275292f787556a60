"""Tells partners what the desk decided, by webhook: as soon as it is stored, and again until it has arrived or is dead.

How it is posted is said here, and the answer given to the desk; the rest is ``outbox_sender``. A partner without an address
fetches what it is asked (``GET /requests``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from dispatch.core.actions import RequestAction, WithdrawRequest
from dispatch.core.events import Event
from dispatch.core.ids import EventKind, attempt_in, event_key
from dispatch.delivery.outbox_sender import OutboxSender
from dispatch.delivery.partner_directory import PartnerDirectory
from dispatch.delivery.webhooks import Door, NoAnswer, WebhookAnswer
from dispatch.engine.clock import Clock
from dispatch.ledger.rows import read
from dispatch.outgoing.outbox import Errand, ErrandOutcome, Failed, Objection, Refused, Result, Taken
from dispatch.outgoing.partner_messages import (
    UnreadableAnswer,
    answer_in,
    attempt_of,
    called_off,
    envelope,
    partner_of,
)
from dispatch.store.journal import Journal
from dispatch.store.outbox_rows import Letter

WITHDRAWAL_S = 86_400.0
"""So long a partner is told that it is out, before it becomes a dead letter."""
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


class WebhookSender(OutboxSender[RequestAction]):
    """``patience_s``: how long the desk waits for a partner's answer before it asks the next."""

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
        super().__init__(journal, clock, backoff)
        self._book = book
        self._desk = desk
        self._patience_s = patience_s
        self._door = door

    async def run(self) -> None:
        """Send what is due until ``stop``."""
        async with self._door:
            await super().run()

    def send_again(self, key: str) -> bool:
        """Try a dead letter again; ``False`` where that makes no sense any more. Raises ``KeyError``."""
        errand, now = self.outbox.dead[key], self._clock.now()
        action, decided_at = self._actions[key]
        until = self._until(action, now if errand.withdraws else decided_at)
        asked = attempt_in(errand.request)
        over = self._has_answered(errand.request) or self._desk.withdrawn(asked.of, asked.number) is not None
        if now > until or (over and not errand.withdraws):
            return False
        self._revive(key, now, until)
        return True

    def _is_mine(self, action: object) -> RequestAction | None:
        return action if isinstance(action, RequestAction) else None

    def _take(self, letter: Letter) -> None:
        action = self._is_mine(read(letter.row))
        errand = None if action is None else self._errand(action, letter)
        if errand is not None and self._book.get(errand.partner) is None and errand.outcome is None:
            self._changed[errand.key] = replace(errand, outcome=ErrandOutcome.POLLED)
            return
        super()._take(letter)

    def _is_answered(self, action: RequestAction) -> bool:
        return isinstance(action, WithdrawRequest) and self._has_answered(attempt_of(action))

    def _has_answered(self, request: str) -> bool:
        return self._desk.heard(event_key(EventKind.ANSWERED, request))

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
        if not errand.withdraws and self._has_answered(errand.request):
            return ErrandOutcome.ANSWERED, None
        return None

    async def _send(self, errand: Errand, action: RequestAction, decided_at: float) -> Result:
        record = self._book.get(errand.partner)
        if record is None:
            return Failed("its address was taken away")
        try:
            secrets = record.secrets(self._clock.now())
            answer = await self._door.post(record.url, errand.key, envelope(action, decided_at), secrets)
            return await self._understood(action, answer)
        except NoAnswer as error:
            return Failed(str(error))

    async def _understood(self, action: RequestAction, answer: WebhookAnswer) -> Result:
        """Give the desk what a partner answered at once, and tell what that means for the errand."""
        if isinstance(action, WithdrawRequest) and answer.status in _UNKNOWN:
            await self._desk.tell(called_off(action))
            return Taken()
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's classes
            return refused_or_failed(answer)
        if answer.is_json and answer.body.strip() not in {b"", b"{}"}:
            try:
                await self._desk.tell(answer_in(action, answer.body))
            except UnreadableAnswer as unreadable:
                return Failed(f"answered {answer.status} with something that is no answer: {unreadable}")
        elif isinstance(action, WithdrawRequest) and answer.status != _LATER:
            await self._desk.tell(called_off(action))
        return Taken()


def refused_or_failed(answer: WebhookAnswer) -> Result:
    """Return what a status beside 2xx means: tried again, or never."""
    final = 300 <= answer.status < 500 and answer.status not in _TRY_AGAIN  # noqa: PLR2004 - HTTP's classes
    why = f"answered {answer.status}"  # and not with what: that may be somebody else's page
    return Refused(why) if final else Failed(why, answer.retry_after_s)
