"""What is asked and answered about talks, in words. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.surveys.actions import AskSurvey, LeaveUnasked, LeftOut, SurveyAction
from dispatch.core.surveys.events import SurveyEvent
from dispatch.core.surveys.model import MOST
from dispatch.views.durations import ago
from dispatch.views.survey_view import LOOKED_BACK_S, SurveyView

_WHY: dict[LeftOut, str] = {
    "withdrawn": "they want no messages",
    "concern": "they are in distress or grief",
    "too_often": "they were asked within a month",
    "quiet_hours": "they are left in peace at this hour",
    "speaking": "they speak or write with us again",
    "no_help_yet": "what is broken is not settled",
    "no_channel": "there is no channel on which they want to be asked and can answer",
}


def survey_answered(event: SurveyEvent) -> str:
    """Say what a customer gave."""
    return f"the customer gives {event.score} of {MOST}{f': {event.words}' if event.words else ''}"


def survey_said(action: SurveyAction) -> str:
    """Say what is decided about asking them."""
    match action:
        case AskSurvey():
            return f"asked by {action.channel} how the talk with {action.agent} was"
        case LeaveUnasked():
            return f"not asked how the talk was: {_WHY[action.why]}"
        case _:
            assert_never(action)


def gave(view: SurveyView | None, now: float) -> str:
    """Say what a customer gave last, for who speaks with them next; empty: nothing within a month."""
    if view is None or view.score is None or view.answered_at is None or now - view.answered_at > LOOKED_BACK_S:
        return ""
    because = f', and wrote "{view.words}"' if view.words else ""
    return f"gave {view.score} of {MOST} for the talk with {view.agent or 'us'}, {ago(now - view.answered_at)}{because}"
