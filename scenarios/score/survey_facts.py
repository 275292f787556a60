"""What a ledger says of surveys: who was asked, what was given, and what is known of all who were asked, answer or not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import assert_never

from dispatch.core.conversation.events import MessageReported
from dispatch.core.surveys.actions import AskSurvey, LeaveUnasked, LeftOut, SurveyAction
from dispatch.core.surveys.asked import IN_TIME_S
from dispatch.core.surveys.events import SurveyEvent
from scenarios.score.contact_facts import AgentContacts, ContactFacts


@dataclass(slots=True)
class SurveyFacts:
    """One survey. Times in POSIX seconds."""

    asked: AskSurvey
    asked_at: float
    about: ContactFacts | None
    """The talk."""
    had_turned: bool
    """Had the customer turned to us before, within a day?"""
    score: int | None = None
    """What they gave in time; ``None``: nothing."""
    answered_at: float | None = None


@dataclass(slots=True)
class SurveysFacts:
    """All of them."""

    of: dict[str, SurveyFacts] = field(default_factory=dict)
    left_out: Counter[LeftOut] = field(default_factory=Counter)
    """Why how many were not asked."""
    _of_message: dict[str, str] = field(default_factory=dict)

    def decided(self, action: SurveyAction, contacts: AgentContacts, at: float) -> None:
        """Take who is asked."""
        match action:
            case AskSurvey():
                about = contacts.of.get((action.call, action.attempt))
                turned = about is not None and contacts.turned_before(about)
                self.of[action.survey] = SurveyFacts(action, at, about, turned)
                self._of_message[action.message] = action.survey
            case LeaveUnasked():
                self.left_out[action.why] += 1
            case _:
                assert_never(action)

    def happened(self, event: SurveyEvent, at: float) -> None:
        """Take what somebody gives: once, in time, and of their own talk."""
        one = self.of.get(event.survey)
        if one is None or one.asked.customer != event.customer or one.score is not None:
            return
        if at - one.asked_at <= IN_TIME_S:
            one.score, one.answered_at = event.score, at

    def reported(self, event: MessageReported) -> None:
        """Take what became of what was sent: who never got it was not asked."""
        survey = self._of_message.get(event.message)
        if survey is not None and event.status in {"failed", "refused"}:
            self.of.pop(survey, None)
