"""Decides beside a ledger, by another policy: at each decision from how everything stood, never from a history of its own. Pure.

A desk by the policy that decides is told the ledger's inputs, and so stands as the live one does. Where something was decided, a
second desk takes up that very standing, hears the same, and is held against what stands in the ledger; then it is dropped. So
trucks are where they are, and not where the shadow would have sent them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast, get_args

from dispatch.core.actions import Action
from dispatch.core.acts import DispatcherEvent
from dispatch.core.desk import Desk
from dispatch.core.events import CaseReported, Event, PlanProposed, ServiceStarted
from dispatch.core.plan.model import Level
from dispatch.core.policy import Policy
from dispatch.ledger.findings import decided_alike
from dispatch.ledger.rows import Row, read
from dispatch.views.shadow.judge import Judge, SideDecided
from dispatch.views.shadow.moments import Moment
from dispatch.views.shadow.report import Spent
from dispatch.views.snapshot import desk_written, standing_read
from gateway.errors import InternalError

_ACTIONS = get_args(Action)


class NotAlike(InternalError):  # noqa: N818 - says what is the matter
    """What is followed decides otherwise than stands in the ledger: another policy or version wrote it, or it is erased."""


class Shadow:
    """``follow`` each moment behind where ``live`` stands. ``live`` is changed by it, and must be nobody else's.

    ``processor_s``: how much time of the processor was spent, seconds.
    """

    def __init__(self, live: Desk, policy: Policy, processor_s: Callable[[], float] = lambda: 0.0) -> None:
        self.policy = policy
        self.judge = Judge(live.policy)
        self.spent = Spent()
        self._live = live
        self._processor_s = processor_s

    def goes_on_from(self, live: Desk) -> None:
        """Follow from another standing, and count on."""
        self._live = live

    def follow(self, moment: Moment) -> None:
        """Take the next moment. Raises ``NotAlike``, and what the shadow's own decision raises."""
        self._until(moment)
        before = desk_written(self._live) if self._is_a_choice(moment) else None
        event = moment.event
        self._must_be_alike(
            moment, self._live.wake(moment.at) if event is None else self._live.handle(event, moment.at)
        )
        if before is not None:
            self._compare(moment, before)

    def _until(self, moment: Moment) -> None:
        """Ring what led to nothing until then; a start says itself what is to ring."""
        if moment.event is None or isinstance(moment.event, ServiceStarted):
            return
        if self._live.wake(moment.at):
            raise NotAlike(f"row {moment.seq}: something would have come due before it, and did not")

    def _is_a_choice(self, moment: Moment) -> bool:
        """Was anything decided, by the house and not by a person's order?"""
        event = moment.event
        ordered = isinstance(event, DispatcherEvent | ServiceStarted) or (
            isinstance(event, CaseReported) and bool(event.corrects)
        )
        return bool(moment.decided) and not ordered

    def _compare(self, moment: Moment, before: bytes) -> None:
        began, stood = self._processor_s(), standing_read(before)
        attempts = {case.case: case.tow_attempt for case in stood.cases}
        desk = Desk(self.policy)
        desk.stand(stood)
        shadow = SideDecided(self._hears(desk, moment.event, moment.at), desk.standing())
        self._note_spent(self._processor_s() - began)
        live = SideDecided([_action(row) for row in moment.decided], self._live.standing())
        self.judge.judge(moment, attempts, live, shadow)

    def _note_spent(self, took_s: float) -> None:
        self.spent.shadow_s += took_s
        self.spent.worst_s = max(self.spent.worst_s, took_s)

    def _hears(self, desk: Desk, event: Event | None, at: float) -> list[Action]:
        """Tell a desk the same. What a worker proposed to the one that decides is no proposal to a house that has none."""
        if event is None or (isinstance(event, PlanProposed) and self.policy.plan is not Level.PARTITION):
            return [action for _, action in desk.wake(at)]
        return [action for _, action in desk.handle(event, at)]

    @staticmethod
    def _must_be_alike(moment: Moment, decisions: list[tuple[float, Action]]) -> None:
        decided = [action for _, action in decisions]
        if len(decided) == len(moment.decided) and all(map(decided_alike, moment.decided, decided)):
            return
        raise NotAlike(f"row {moment.seq}: what stands behind it would not be decided so by this policy")


def _action(row: Row) -> Action:
    said = read(row)
    assert isinstance(said, _ACTIONS)  # noqa: S101 - a row of an action
    return cast("Action", said)
