"""Listening in: a supervisor hears a call, where its customer agreed to that and its agent sees it. Each time is a row.

It is cut at once where the customer agrees no longer, the agent's page is closed, or the call is out of the agent's hand.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from dispatch.channels.telephony import LegReport, LegState, LineAway, Telephony
from dispatch.core.consent import Purpose
from dispatch.core.events import ConsentChanged, CustomerErased, Event
from dispatch.core.routing.events import CallListenedTo
from dispatch.engine.inputs import Stopped
from dispatch.ledger.pipeline import Turn
from dispatch.service.softphones import SoundPage
from gateway.errors import SenderError

if TYPE_CHECKING:
    from dispatch.service.service import Service  # which has the exchange

log = logging.getLogger("callahead")

COME_WITHIN_S = 10.0
"""Whoever may listen and does not come does not listen."""
MOST_EARS = 3
"""On one call."""


class NotHeard(StrEnum):
    """Why somebody may not listen, as the API names it."""

    NO_CONSENT = "no-consent"
    NOT_TOLD = "agent-not-told"
    NOT_ON_THE_LINE = "not-on-the-line"
    TOO_MANY = "too-many-listen"


class MayNotListen(SenderError):  # noqa: N818 - says what holds
    """The message is a sentence for whoever asked."""

    def __init__(self, reason: NotHeard, says: str) -> None:
        super().__init__(says)
        self.reason = reason


class TalkOnLine(Protocol):
    """A call on a line, as the exchange has it."""

    attempt: int
    agent: str
    customer: str
    line: Telephony
    agent_leg: str
    spoke: bool


@dataclass(slots=True)
class Ear:
    """Somebody who may listen, and perhaps does."""

    leg: str
    call: str
    attempt: int
    agent: str
    customer: str
    by: str
    listener: str
    line: Telephony
    page: SoundPage | None = None
    waits: asyncio.TimerHandle | None = None


class Listening:
    """Everybody who listens in; in the event loop's thread."""

    def __init__(self, service: Service, talk: Callable[[str], TalkOnLine | None], new_leg: Callable[[], str]) -> None:
        self._service, self._talk, self._new_leg = service, talk, new_leg
        self._ears: dict[str, Ear] = {}
        self._looking: set[str] = set()
        """Agents whose page is open."""

    def looks(self, agent: str, *, looks: bool) -> None:
        """An agent's page is opened, or closed: who cannot be told is not listened to."""
        (self._looking.add if looks else self._looking.discard)(agent)
        if not looks:
            self._stop_where(lambda ear: ear.agent == agent, "the agent's page is closed")

    async def begin(self, call: str, listener: str, by: str) -> Ear:
        """Have somebody listen soon: it is written down, and shown to the agent, first. Raises ``MayNotListen``."""
        talk = self._must_be_heard(call)
        ear = Ear(self._new_leg(), call, talk.attempt, talk.agent, talk.customer, by, listener, talk.line)
        self._ears[ear.leg] = ear
        try:
            await self._service.tell(_row(ear, listens=True))
        except BaseException:
            self._ears.pop(ear.leg, None)
            raise
        if ear.leg not in self._ears or self._talk(call) is not talk:
            self._stop(ear, "the call is over")
            raise MayNotListen(NotHeard.NOT_ON_THE_LINE, "The call is over, or the customer agrees no longer.")
        ear.waits = asyncio.get_running_loop().call_later(COME_WITHIN_S, self._stop, ear, "nobody came to listen")
        return ear

    def come(self, leg: str, by: str, page: SoundPage) -> Ear | None:
        """Whoever may listen is there; ``None``: nobody may by that name any more."""
        ear = self._ears.get(leg)
        talk = None if ear is None else self._talk(ear.call)
        if ear is None or talk is None or ear.by != by or ear.page is not None:
            return None
        try:
            ear.line.listen_in(leg, talk.agent_leg)
        except LineAway as error:
            self._stop(ear, str(error))
            return None
        if ear.waits is not None:
            ear.waits.cancel()
        ear.page = page
        return ear

    def go(self, ear: Ear) -> None:
        """They listen no more."""
        self._stop(ear, "")

    def hear(self, leg: str, pcm: bytes) -> None:
        """Something is said on a call."""
        ear = self._ears.get(leg)
        if ear is not None and ear.page is not None:
            ear.page.hear(pcm)

    def heard(self, report: LegReport) -> None:
        """A leg fares."""
        ear = self._ears.get(report.leg)
        if ear is not None and report.state is LegState.ENDED:
            self._stop(ear, "the call is over")

    def feed(self, event: Event) -> None:
        """What a customer wants holds at once."""
        withdrawn = isinstance(event, ConsentChanged) and event.purpose is Purpose.LISTEN and not event.given
        if withdrawn or isinstance(event, CustomerErased):
            customer = event.customer  # type: ignore[union-attr]
            self._stop_where(lambda ear: ear.customer == customer, "the customer agrees no longer")

    def over(self, call: str) -> None:
        """A call is out of its agent's hand."""
        self._stop_where(lambda ear: ear.call == call, "the call is over")

    def _must_be_heard(self, call: str) -> TalkOnLine:
        talk = self._talk(call)
        if talk is None or not talk.spoke:
            raise MayNotListen(NotHeard.NOT_ON_THE_LINE, f"Nobody speaks on a line of ours in call {call!r} just now.")
        customer = self._service.customers.get(talk.customer)
        if customer is None or not customer.agrees(Purpose.LISTEN):
            says = (
                f"{talk.customer} has not agreed that somebody listens in: the agent may ask them, and write it down."
            )
            raise MayNotListen(NotHeard.NO_CONSENT, says)
        if talk.agent not in self._looking:
            says = f"{talk.agent} has no page open on which they would see that somebody listens."
            raise MayNotListen(NotHeard.NOT_TOLD, says)
        if sum(ear.call == call for ear in self._ears.values()) >= MOST_EARS:
            raise MayNotListen(NotHeard.TOO_MANY, f"{MOST_EARS} listen in on that call already.")
        return talk

    def _stop_where(self, ends: Callable[[Ear], bool], why: str) -> None:
        for ear in [one for one in self._ears.values() if ends(one)]:
            self._stop(ear, why)

    def _stop(self, ear: Ear, why: str) -> None:
        """Cut it, tell whoever listens why, and write it down."""
        if self._ears.pop(ear.leg, None) is None:
            return
        ear.line.hang_up(ear.leg)
        if ear.waits is not None:
            ear.waits.cancel()
        if ear.page is not None:
            ear.page.tell({"type": "over", "why": why})
            ear.page.give_way()
        told = self._service.driver.submit(_row(ear, listens=False, why=why))
        told.add_done_callback(_stored)


def _row(ear: Ear, *, listens: bool, why: str = "") -> CallListenedTo:
    return CallListenedTo(ear.call, ear.attempt, ear.agent, ear.listener, listens, why, by=ear.by)


def _stored(told: asyncio.Future[Turn]) -> None:
    error = None if told.cancelled() else told.exception()
    if error is not None and not isinstance(error, Stopped):  # the next start says so (``ServiceStarted``)
        log.error("that nobody listens in any more could not be written down: %s", error)
