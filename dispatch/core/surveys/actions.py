"""What is decided about asking how it was. The message itself is a row of its own (``SendMessage``). Pure."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from dispatch.core.conversation.channels import Channel
from dispatch.core.ids import ActionKind, action_key, survey_id
from gateway.finding import Provenance

LeftOut = Literal["withdrawn", "concern", "too_often", "quiet_hours", "speaking", "no_help_yet", "no_channel"]
"""``withdrawn``: they want no messages; ``concern``: in distress or grief, by what an agent noted; ``speaking``: they
speak or write with us again; ``no_help_yet``: what is broken is not settled; ``no_channel``: none to
answer on, or none that they want."""


@dataclass(frozen=True, slots=True)
class AskSurvey:
    """A customer is asked how it was."""

    call: str
    attempt: int
    customer: str
    agent: str
    """Whom it is about: who had the conversation last."""
    spoke_on: Channel
    """On what they spoke or wrote."""
    channel: Channel
    """On which they are asked, and can answer."""
    message: str
    """Key of the message."""
    language: str
    case: str | None
    provenance: Provenance
    may_call: Annotated[bool, Field(exclude_if=bool)] = True
    """They may be rung back; left out of the row where they may."""
    time_zone: Annotated[str, Field(exclude_if=operator.not_)] = ""

    @property
    def survey(self) -> str:
        """Its id; there is one for each conversation."""
        return survey_id(self.call, self.attempt)

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.survey, ActionKind.ASK)


@dataclass(frozen=True, slots=True)
class LeaveUnasked:
    """A customer is not asked how it was, and why not."""

    call: str
    attempt: int
    customer: str
    agent: str
    why: LeftOut
    case: str | None
    provenance: Provenance

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(survey_id(self.call, self.attempt), ActionKind.LEAVE_ALONE)


SurveyAction = AskSurvey | LeaveUnasked
