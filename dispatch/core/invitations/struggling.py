"""Who struggles, and how far it is with inviting them. Changed by rows alone: the desk and who folds a ledger remember the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from dispatch.core.consent import Purpose
from dispatch.core.events import ConsentChanged, CustomerErased, DataExpired, PrivacyEvent
from dispatch.core.ids import invitation_id, struggle_of
from dispatch.core.invitations.actions import ExplainStruggle, InvitationAction, InviteCustomer, LeaveAlone
from dispatch.core.invitations.events import InvitationAnswered, InvitationEvent, Reply, StruggleEnded, StruggleSeen
from dispatch.core.routing.events import NumberConfirmed
from gateway.finding import Struggle

DAY_S = 86_400.0
WORST_FROM_S, WORST_UNTIL_S = 10.0, 30.0
"""Since the screen last changed: the worst moment to invite anybody (BoldChat)."""
KEPT_S = DAY_S
"""For so long an answer to an invitation is understood, and what went wrong is told."""


class InvitationStage(StrEnum):
    """How far it is with inviting somebody."""

    HELD = "held"
    """They struggle, and it is no moment to be invited."""
    INVITED = "invited"
    WANTED = "wanted"
    """They want to talk or to chat."""
    READS = "reads"
    """They want to read about it, later."""
    DECLINED = "declined"
    """They were invited, and do not want to talk."""
    ALONE = "alone"
    """They are not invited: there is nothing that they could answer."""


@dataclass(slots=True)
class Struggling:
    """Somebody who struggles. Times are POSIX seconds, by our clock."""

    struggle: Struggle
    language: str
    since: float
    may_message: bool = True
    time_zone: str = ""
    wrong_number: bool = False
    stage: InvitationStage = InvitationStage.HELD
    over: str = ""
    """How it ended; empty: it has not, as far as anybody knows."""
    explained: bool = False

    @property
    def invitation(self) -> str:
        """The id of the invitation that they have, or would have."""
        return invitation_id(self.struggle.episode)

    def good_moment(self, now: float) -> float:
        """Return when to invite them: ``now``, or once they have looked at the same screen for longer than is worst."""
        unchanged_s = self.struggle.page_s + max(0.0, now - self.struggle.at)
        bad = bool(self.struggle.page_s) and WORST_FROM_S <= unchanged_s < WORST_UNTIL_S and not self.struggle.fraud
        return now + WORST_UNTIL_S - unchanged_s if bad else now


@dataclass(slots=True)
class Lately:
    """How often somebody was invited."""

    at: list[float] = field(default_factory=list)
    """Within the last day, POSIX seconds."""
    said_no_at: float | None = None


_STAGE: dict[Reply, InvitationStage] = {
    "talk": InvitationStage.WANTED,
    "chat": InvitationStage.WANTED,
    "later": InvitationStage.READS,
    "no": InvitationStage.DECLINED,
}
_NEVER_INVITED = frozenset({InvitationStage.HELD, InvitationStage.ALONE})


class Strugglers:
    """Everybody who struggles or did within a day, by episode."""

    def __init__(self) -> None:
        self.of_episode: dict[str, Struggling] = {}
        self.lately: dict[str, Lately] = {}
        """Customer → how often they were invited."""

    def of_customer(self, customer: str) -> list[Struggling]:
        """Return what a customer struggles with, the newest last."""
        return [one for one in self.of_episode.values() if one.struggle.customer == customer]

    def invited(self, invitation: str, customer: str) -> Struggling | None:
        """Return whom an invitation was for; ``None``: it is not theirs, or was never made."""
        one = self.of_episode.get(struggle_of(invitation))
        theirs = one is not None and one.struggle.customer == customer
        return one if theirs and one is not None and one.stage not in _NEVER_INVITED else None

    def shows_fraud(self, customer: str) -> bool:
        """Tell whether it looked like fraud with a customer, in this run or another within a day."""
        return any(one.struggle.fraud for one in self.of_customer(customer))

    def happened(self, event: InvitationEvent, now: float) -> None:
        """Note what was heard. What is decided about it follows in rows."""
        match event:
            case StruggleSeen():
                self._forget_old(now)
                self._seen(event, now)
            case StruggleEnded():
                one = self.of_episode.get(event.over.episode)
                if one is not None:
                    one.over = event.over.how
            case InvitationAnswered():
                self._answered(event, now)
            case _:
                assert_never(event)

    def decided(self, action: InvitationAction, now: float) -> None:
        """Note what was decided."""
        one = self.of_episode.get(struggle_of(action.invitation))
        match action:
            case InviteCustomer():
                lately = self.lately.setdefault(action.customer, Lately())
                lately.at = [*(at for at in lately.at if now - at < DAY_S), now]
                if one is not None:
                    one.stage = InvitationStage.INVITED
            case LeaveAlone():
                if one is not None:
                    one.stage = InvitationStage.ALONE
            case ExplainStruggle():
                if one is not None:
                    one.explained = True
            case _:
                assert_never(action)

    def agreed(self, event: PrivacyEvent) -> None:
        """Go by what a customer wants from now on: who is not to be watched any more is not invited either."""
        match event:
            case ConsentChanged():
                self._consents(event)
            case CustomerErased():
                self._forget(event.customer)
                self.lately.pop(event.customer, None)
            case NumberConfirmed():
                for one in self.of_customer(event.customer):
                    one.wrong_number = False
            case DataExpired():
                pass  # nobody is remembered for longer than a day
            case _:
                assert_never(event)

    def standing(self) -> tuple[list[Struggling], dict[str, Lately]]:
        """Return who struggles and who was invited, to be written down."""
        return list(self.of_episode.values()), dict(self.lately)

    def stand(self, struggling: list[Struggling], lately: dict[str, Lately]) -> None:
        """Take up what was written down."""
        self.of_episode = {one.struggle.episode: one for one in struggling}
        self.lately = dict(lately)

    def _seen(self, event: StruggleSeen, now: float) -> None:
        known = self.of_episode.get(event.struggle.episode)
        if known is not None:
            known.struggle = event.struggle
            return
        self.of_episode[event.struggle.episode] = Struggling(
            event.struggle, event.language, now, event.may_message, event.time_zone, event.wrong_number
        )

    def _answered(self, event: InvitationAnswered, now: float) -> None:
        one = self.invited(event.invitation, event.customer)
        if one is None or one.stage is InvitationStage.WANTED:
            return
        one.stage = _STAGE[event.reply]
        if event.reply == "no":
            self.lately.setdefault(event.customer, Lately()).said_no_at = now

    def _consents(self, event: ConsentChanged) -> None:
        if event.purpose is Purpose.APP_HELP and not event.given:
            for one in [one for one in self.of_customer(event.customer) if one.stage is not InvitationStage.WANTED]:
                del self.of_episode[one.struggle.episode]
        if event.purpose is Purpose.MESSAGE:
            for one in self.of_customer(event.customer):
                one.may_message = event.given

    def _forget(self, customer: str) -> None:
        for one in self.of_customer(customer):
            del self.of_episode[one.struggle.episode]

    def _forget_old(self, now: float) -> None:
        for episode in list(self._older_than(self.of_episode, now - KEPT_S)):
            del self.of_episode[episode]

    @staticmethod
    def _older_than(of_episode: dict[str, Struggling], before: float) -> Iterator[str]:
        for episode, one in of_episode.items():  # in the order in which they began
            if one.since >= before:
                return
            yield episode
