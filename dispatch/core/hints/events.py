"""What agents are shown while they speak and say of it: ids of articles, and never a word of the customer's. Pure."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from dispatch.core.acts import Actor
from dispatch.core.ids import EventKind, event_key

HintWay = Literal["pulled", "pushed"]
"""The agent asked, or was shown them unasked."""
Verdict = Literal["used", "overridden", "helpful", "not_helpful"]
"""Said from it; knew better and said something else; and, afterwards, whether it was any good."""


@dataclass(frozen=True, slots=True)
class HintsShown:
    """An agent was shown articles, the likeliest first."""

    call: str
    agent: str
    articles: tuple[str, ...]
    about: Annotated[str, Field(exclude_if=operator.not_)] = ""
    """``HintContext.name`` at that moment: under which it is counted."""
    way: HintWay = "pulled"
    key: None = None
    by: Actor = None


@dataclass(frozen=True, slots=True)
class HintJudged:
    """An agent says what became of an article."""

    call: str
    agent: str
    article: str
    verdict: Verdict
    about: Annotated[str, Field(exclude_if=operator.not_)] = ""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.HINTED, f"{self.call}/{self.agent}/{self.article}/{self.verdict}")


HintEvent = HintsShown | HintJudged
