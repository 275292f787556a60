"""What the desk wants to be reminded of. An alarm is never cancelled: whoever gets it looks whether it still matters."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class About(StrEnum):
    """What an alarm reminds of."""

    OFFER = "offer"
    """The truck has not answered."""
    TOW_RETRY = "tow_retry"
    """Every truck declined a while ago."""
    BOOKING = "booking"
    """The workshop has not answered."""
    ORDER = "order"
    """The supplier has not answered."""
    CLAIM = "claim"
    """The agent has done nothing with the call."""
    REDIAL = "redial"
    """Time to ring again."""
    TALK = "talk"
    """They have spoken for longer than anybody does: the agent is lost."""
    VANISH = "vanish"
    """No sign of life of an agent came for so long that they are gone."""
    OVERDUE_CALL = "overdue_call"
    """From now on any agent takes it."""
    LATE = "late"
    """The truck should be there."""
    AWAITED = "awaited"
    """A truck was needed a while ago."""
    UNSEEN = "unseen"
    """No dispatcher has acknowledged the case."""
    MESSAGE = "message"
    """A message should have been read."""
    INVITATION = "invitation"
    """Somebody who struggles may be invited now."""
    PAYMENT = "payment"
    """The customer has not said whether a payment is wanted."""
    BANK = "bank"
    """The bank has not answered."""
    MANDATE = "mandate"
    """A mandate runs out."""
    WEEK = "week"
    """A week is over in which devices paid: its customer is told."""
    DUE = "due"
    """What a device pays again and again will be due: does its customer have to know that it may fail?"""
    WAITS = "waits"
    """Something was waited for, for long."""
    MONEY = "money"
    """What devices paid is to be looked at."""
    SCORE = "score"
    """Who gave little was to be spoken with by now."""


@dataclass(frozen=True, slots=True, order=True)
class Alarm:
    """Due at ``due`` (POSIX seconds); ``number`` keeps alarms of one instant in the order they were set."""

    due: float
    number: int
    about: About
    case: str
    """The case; for calls the call, for messages the key of the message, for money the payment, the mandate or the customer, for
    agents the agent, for who struggles the episode."""
    attempt: int


class Alarms:
    """A queue of alarms by time."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Alarm]] = []
        """By ``due`` and ``number``, which are compared faster than alarms are."""
        self._number = 0

    def set(self, due: float, about: About, case: str, attempt: int) -> None:
        """Remind of ``case`` at ``due``."""
        self._number += 1
        heapq.heappush(self._heap, (due, self._number, Alarm(due, self._number, about, case, attempt)))

    def standing(self) -> list[Alarm]:
        """Return every alarm that is set, as they ring."""
        return [alarm for _, _, alarm in sorted(self._heap)]

    def stand(self, alarms: list[Alarm]) -> None:
        """Set the alarms of an earlier standing."""
        self._heap = sorted((alarm.due, alarm.number, alarm) for alarm in alarms)
        self._number = max((alarm.number for alarm in alarms), default=0)

    def put_off(self, now: float, patience_s: Callable[[Alarm], float]) -> None:
        """Set anew, from ``now`` on and in their order, what came due while nobody could be heard.

        ``patience_s`` tells how long each waits from now. None rings as of its own hour: what it leads to happens now.
        """
        standing = self.standing()
        late = [alarm for alarm in standing if alarm.due <= now]
        self._heap = [(alarm.due, alarm.number, alarm) for alarm in standing if alarm.due > now]
        for alarm in late:
            self.set(now + patience_s(alarm), alarm.about, alarm.case, alarm.attempt)

    def next(self) -> float | None:
        """When the first alarm is due."""
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: float) -> Alarm | None:
        """Take the first alarm that is due at or before ``now``."""
        return heapq.heappop(self._heap)[2] if self._heap and self._heap[0][0] <= now else None
