"""Reads who was asked how a talk was, and what they gave. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.actions import QueueCall
from dispatch.core.ids import is_rated
from dispatch.core.surveys.actions import AskSurvey, LeaveUnasked, SurveyAction
from dispatch.core.surveys.asked import IN_TIME_S
from dispatch.core.surveys.events import SurveyEvent
from dispatch.views.conversation import Utterance
from dispatch.views.reading import conversations
from dispatch.views.reading.known import Known
from dispatch.views.survey_view import SurveyView, group_of

MOST_SURVEYS = 5_000
"""The last ones."""


def happened(known: Known, event: SurveyEvent, at: float) -> None:
    """Read what somebody gave."""
    said = f"{event.score} of 5{f': {event.words}' if event.words else ''}"
    conversations.of(known, event.customer).add(Utterance(at, event.channel, "customer", said, key=event.ref))
    view = known.surveys.get(event.survey)
    if view is None or view.customer != event.customer or view.score is not None:  # the first one stands
        return
    view.score, view.words, view.answered_at = event.score, event.words, at
    view.state = "late" if at - view.asked_at > IN_TIME_S else "counted"


def decided(known: Known, action: SurveyAction, at: float) -> None:
    """Read who is asked."""
    match action:
        case AskSurvey():
            agent = known.agents.get(action.agent)
            group = group_of(agent.languages, agent.skills) if agent is not None else ""
            known.surveys[action.survey] = SurveyView(
                action.survey, action.call, action.customer, action.agent, group, action.case, at
            )
            if len(known.surveys) > MOST_SURVEYS:
                del known.surveys[next(iter(known.surveys))]
        case LeaveUnasked():
            pass  # nothing that anybody is shown
        case _:
            assert_never(action)


def queued(known: Known, action: QueueCall) -> None:
    """Note with which call who gave little is spoken with again."""
    view = of_customer(known, action.customer)
    if is_rated(action.call) and view is not None:
        view.spoken_again = action.call


def of_customer(known: Known, customer: str) -> SurveyView | None:
    """Return a customer's last survey that they answered, or else the last one."""
    mine = [one for one in known.surveys.values() if one.customer == customer]
    given = [one for one in mine if one.score is not None]
    return next(iter([*given[::-1], *mine[::-1]]), None)


def forget(known: Known, customer: str) -> None:
    """Forget who is erased."""
    for survey in [name for name, one in known.surveys.items() if one.customer == customer]:
        del known.surveys[survey]


def forget_words(known: Known, before: float) -> None:
    """Forget what was written before ``before``, POSIX seconds."""
    for view in known.surveys.values():
        if view.answered_at is not None and view.answered_at < before:
            view.words = ""
