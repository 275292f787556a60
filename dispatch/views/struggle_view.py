"""Who struggles with an app, as people see it; and how often, by version, flow, step and reason. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.finding import Struggle

SHOWN_FOR_S = 24 * 3600.0
"""So long after it was seen an agent who speaks with them is shown it."""


@dataclass(slots=True)
class StruggleView:
    """One run through a flow in which somebody struggles. Times are POSIX seconds."""

    struggle: Struggle
    """As it was concluded last."""
    seen_at: float
    language: str
    invited_at: float | None = None
    left_alone: str = ""
    """Why they are not invited."""
    reply: str = ""
    """talk, chat, later, no."""
    replied_at: float | None = None
    call: str = ""
    """The call, or the written contact, that came of it."""
    explained_at: float | None = None
    over: str = ""
    """done, left, silent."""
    over_at: float | None = None

    @property
    def wants_somebody(self) -> bool:
        """Do they want to talk or to chat?"""
        return self.reply in {"talk", "chat"}


class AppFaultKey(NamedTuple):
    """What of an app it is."""

    app_version: str
    flow: str
    step: str
    reason: str


@dataclass(slots=True)
class AppFault:
    """How often it was. Frauds are not counted."""

    app_version: str
    flow: str
    step: str
    reason: str
    first_at: float
    last_at: float
    seen: int = 0
    customers: set[str] = field(default_factory=set)
    """At most ``MOST_CUSTOMERS``."""
    invited: int = 0
    accepted: int = 0
    done: int = 0
    """They came through all the same."""
    left: int = 0
    """They gave up."""


MOST_CUSTOMERS = 1_000


def key_of(struggle: Struggle) -> AppFaultKey:
    """Return under what a struggle is counted."""
    return AppFaultKey(struggle.app_version, struggle.flow, struggle.step, struggle.reason)
