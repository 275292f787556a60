"""What a ledger says of each conversation of an agent with a customer: how long it took, and whether they had to turn to us again.

Fed row by row, in order; whatever of it a story's rules would decide otherwise, is as the rows have it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field

from dispatch.core.actions import AssignCall, QueueCall
from dispatch.core.conversation.events import CustomerWrote
from dispatch.core.events import AgentBecameFree, CallConnected, CallEnded, CustomerPhoned, Outcome
from dispatch.core.routing.events import AgentWrappedUp, CallTransferred
from dispatch.ledger.rows import Said
from dispatch.views.survey_view import group_of

DAY_S = 86_400.0
_SETTLES = {Outcome.INFORMED, Outcome.DECLINED_HELP}
OF_CONTACTS = frozenset[type](
    {
        *(AgentBecameFree, AgentWrappedUp, AssignCall, CallConnected, CallEnded, CallTransferred),
        *(CustomerPhoned, CustomerWrote, QueueCall),
    }
)
"""What is looked at."""


@dataclass(slots=True)
class ContactFacts:
    """One conversation. Times in POSIX seconds; ``None``: it has not happened."""

    call: str
    attempt: int
    customer: str
    channel: str
    language: str
    inbound: bool
    queued_at: float
    agent: str = ""
    group: str = ""
    connected_at: float | None = None
    ended_at: float | None = None
    wrapped_up_at: float | None = None
    settled: bool = False
    """It ended with the customer informed, and was not handed on."""

    @property
    def waited_s(self) -> float:
        """How long the customer waited, who turned to us; whom we rang has not waited."""
        return max(0.0, (self.connected_at or self.queued_at) - self.queued_at) if self.inbound else 0.0

    @property
    def handled_s(self) -> float | None:
        """How long it took, with what was left of it; ``None``: it is not over, or nobody spoke."""
        if self.connected_at is None or self.ended_at is None:
            return None
        return (self.wrapped_up_at or self.ended_at) - self.connected_at


@dataclass(slots=True)
class AgentContacts:
    """All of them, and when customers turned to us."""

    of: dict[tuple[str, int], ContactFacts] = field(default_factory=dict)
    turned: dict[str, list[float]] = field(default_factory=dict)
    """Customer → when they rang in or wrote, POSIX seconds, in order."""
    groups: dict[str, str] = field(default_factory=dict)
    """Agent → what they were there for, as they said last."""
    last_at: float = 0.0
    _last_of: dict[str, ContactFacts] = field(default_factory=dict)
    """Agent → the conversation that they ended last."""

    def feed(self, said: Said, at: float) -> None:
        """Take the next row's event or action."""
        match said:
            case AgentBecameFree():
                self.groups[said.agent] = group_of(said.languages, said.skills)
            case CustomerPhoned() | CustomerWrote():
                insort(self.turned.setdefault(said.customer, []), at)
            case QueueCall():
                self._queue(said, at)
            case AssignCall():
                one = self.of.get((said.call, said.attempt))
                if one is not None:
                    one.agent, one.group = said.agent, self.groups.get(said.agent, "")
            case CallConnected() | CallEnded() | CallTransferred():
                self._goes_on(said, at)
            case AgentWrappedUp():
                if (done := self._last_of.pop(said.agent, None)) is not None:
                    done.wrapped_up_at = at
            case _:
                pass  # no conversation is about it

    def held(self) -> Iterator[ContactFacts]:
        """Iterate over those in which somebody spoke or wrote, and which are over."""
        return (one for one in self.of.values() if one.handled_s is not None)

    def turned_before(self, one: ContactFacts) -> bool:
        """Did the customer turn to us within a day before, but for this time?"""
        times = self.turned.get(one.customer, [])
        until = (one.connected_at or one.queued_at) + 1e-9
        count = bisect_right(times, until) - bisect_left(times, one.queued_at - DAY_S)
        return count > one.inbound

    def turned_again(self, one: ContactFacts) -> bool | None:
        """Did the customer turn to us within a day behind it? ``None``: the ledger ends before that day is over.

        Who did so already is not told either: those alone would be counted of whose day the rest is not known.
        """
        if one.ended_at is None or one.ended_at + DAY_S > self.last_at:
            return None
        times = self.turned.get(one.customer, [])
        return bisect_right(times, one.ended_at + DAY_S) > bisect_right(times, one.ended_at)

    def _queue(self, said: QueueCall, at: float) -> None:
        before = self.of.get((said.call, said.attempt - 1))
        since = before.queued_at if before is not None and before.connected_at is None else at
        self.of[said.call, said.attempt] = ContactFacts(
            *(said.call, said.attempt, said.customer, str(said.channel), said.language, said.direction == "inbound"),
            queued_at=since,
        )

    def _goes_on(self, said: CallConnected | CallEnded | CallTransferred, at: float) -> None:
        one = self.of.get((said.call, said.attempt))
        if one is None:
            return
        if isinstance(said, CallConnected):
            one.connected_at = one.connected_at or at
            return
        one.ended_at = at
        self._last_of[said.agent or one.agent] = one
        one.settled = isinstance(said, CallEnded) and said.outcome in _SETTLES
