"""Who was asked how it was, and what they said. Changed by rows alone: the desk and who folds a ledger remember the same. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from dispatch.core.consent import Purpose
from dispatch.core.conversation.channels import Channel
from dispatch.core.events import ConsentChanged, CustomerErased, DataExpired, PrivacyEvent
from dispatch.core.routing.events import NumberConfirmed
from dispatch.core.surveys.actions import AskSurvey, LeaveUnasked, SurveyAction
from dispatch.core.surveys.events import SurveyEvent
from dispatch.core.surveys.model import LOW
from gateway.finding import Provenance

DAY_S = 86_400.0
EVERY_S = 30 * DAY_S
"""So often at most a customer is asked [fit]; whoever was asked longer ago is not remembered."""
IN_TIME_S = 7 * DAY_S
"""What is said later is of something else by then [fit]: it is written down and not counted."""


class Acceptance(StrEnum):
    """What becomes of what somebody gives."""

    COUNTED = "counted"
    LATE = "late"
    TWICE = "twice"
    """They gave one before, which stands."""
    NOT_THEIRS = "not theirs"
    """Somebody else was asked."""
    UNKNOWN = "unknown"
    """Nobody was asked, or it is too long ago."""


@dataclass(slots=True)
class AskedSurvey:
    """The last survey of a customer. Times are POSIX seconds."""

    survey: str
    customer: str
    agent: str
    channel: Channel
    message: str
    language: str
    provenance: Provenance
    asked_at: float
    may_call: bool = True
    time_zone: str = ""
    score: int | None = None
    """``None``: they have said nothing, or too late."""

    @property
    def is_low(self) -> bool:
        """Is it so bad that they are spoken with again?"""
        return self.score is not None and self.score <= LOW


class Surveys:
    """The last survey of each customer, within ``EVERY_S``, in the order in which they were asked."""

    def __init__(self) -> None:
        self.of_customer: dict[str, AskedSurvey] = {}

    def taken(self, event: SurveyEvent, now: float) -> Acceptance:
        """Tell what becomes of what somebody gives, before it is noted."""
        asked = self._named(event)
        if asked is None:
            return Acceptance.UNKNOWN
        if asked.customer != event.customer:
            return Acceptance.NOT_THEIRS
        if asked.score is not None:
            return Acceptance.TWICE
        return Acceptance.LATE if now - asked.asked_at > IN_TIME_S else Acceptance.COUNTED

    def happened(self, event: SurveyEvent, now: float) -> None:
        """Note what somebody gave."""
        if self.taken(event, now) is Acceptance.COUNTED:
            self.of_customer[event.customer].score = event.score

    def decided(self, action: SurveyAction, now: float) -> None:
        """Note who was asked."""
        match action:
            case AskSurvey():
                self._forget_old(now)
                self.of_customer.pop(action.customer, None)
                self.of_customer[action.customer] = _asked(action, now)
            case LeaveUnasked():
                pass  # they may be asked the next time
            case _:
                assert_never(action)

    def agreed(self, event: PrivacyEvent) -> None:
        """Go by what a customer wants from now on."""
        match event:
            case ConsentChanged():
                asked = self.of_customer.get(event.customer)
                if asked is not None and event.purpose is Purpose.CALL:
                    asked.may_call = event.given
            case CustomerErased():
                self.of_customer.pop(event.customer, None)
            case NumberConfirmed() | DataExpired():
                pass  # nobody is remembered for longer than a month, and no word of theirs
            case _:
                assert_never(event)

    def standing(self) -> list[AskedSurvey]:
        """Return who was asked, to be written down."""
        return list(self.of_customer.values())

    def stand(self, asked: list[AskedSurvey]) -> None:
        """Take up what was written down."""
        self.of_customer = {one.customer: one for one in asked}

    def _named(self, event: SurveyEvent) -> AskedSurvey | None:
        mine = self.of_customer.get(event.customer)
        if mine is not None and mine.survey == event.survey:
            return mine
        return next((one for one in self.of_customer.values() if one.survey == event.survey), None)

    def _forget_old(self, now: float) -> None:
        for customer in list(self._older_than(now - EVERY_S)):
            del self.of_customer[customer]

    def _older_than(self, before: float) -> Iterator[str]:
        for customer, one in self.of_customer.items():  # in the order in which they were asked
            if one.asked_at >= before:
                return
            yield customer


def _asked(action: AskSurvey, now: float) -> AskedSurvey:
    return AskedSurvey(
        action.survey,
        action.customer,
        action.agent,
        action.channel,
        action.message,
        action.language,
        action.provenance,
        now,
        action.may_call,
        action.time_zone,
    )
