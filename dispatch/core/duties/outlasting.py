"""What customers wait for lasts, or is over and they do not try again: nobody waits for ever. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dispatch.core.actions import Action
from dispatch.core.case import Case
from dispatch.core.duties.closing import Closing
from dispatch.core.duties.informing import Informing
from dispatch.core.policy import Policy
from dispatch.core.timers import About, Alarm, Alarms
from gateway.finding import Finding, Help


@dataclass(frozen=True, slots=True)
class Outlasting:
    """Looks after cases that wait, by the clock."""

    policy: Policy
    alarms: Alarms
    informing: Informing
    closing: Closing

    def begin(self, case: Case, before: Finding | None, now: float) -> None:
        """Look again in a while, where something is waited for from now on."""
        if begins_to_wait(case, before):
            case.waits += 1
            self.alarms.set(now + wait_s(case, self.policy), About.WAITS, case.case, case.waits)

    def ring(self, alarm: Alarm, case: Case) -> Iterator[Action]:
        """It lasts, and they are rung; or it is over, they know it, and have not tried again: that is theirs to do."""
        if alarm.attempt != case.waits or not case.is_waiting or self.informing.are_speaking(case):
            return
        if case.again:
            yield from self.closing.close(case, "informed", alarm.due)
        elif case.may_ring:
            yield from self.informing.ring_again(case, alarm.due)

    def turned(self, case: Case, now: float) -> Iterator[Action]:
        """Nobody is rung about what only has to be waited for; who has to hear more than that is."""
        if case.informed or self.informing.are_speaking(case):
            return
        if case.call is None:
            yield from self.informing.inform(case, now) if case.waits and case.wants_call else ()
        elif case.is_waiting:
            yield from self.informing.calls.withdraw(case.call, "waits")
            yield from self.informing.show(case, now) if case.no_call_to_come else ()
        elif case.wants_call and case.waits and case.may_ring and case.no_call_to_come:
            yield from self.informing.ring_again(case, now)


def begins_to_wait(case: Case, before: Finding | None) -> bool:
    """Is something waited for from now on that was not before: its end, that it shows as such, or that they try again?"""
    if before is None or not case.is_waiting:
        return case.is_waiting
    found = case.finding
    return before.remedy.help is not found.remedy.help or before.may_pass is not found.may_pass


def wait_s(case: Case, policy: Policy) -> float:
    """Return how long it is waited for, seconds."""
    if case.finding.remedy.help is Help.WAIT:
        return policy.outlasts_s
    return policy.try_again_s if case.again else policy.shows_within_s
