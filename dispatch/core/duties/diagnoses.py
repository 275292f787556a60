"""What was found opens a case or revises the one that is open; a device that is well again says so. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from dispatch.core.actions import Action, OpenCase, ReviseCase
from dispatch.core.case import Call, Case
from dispatch.core.duties.closing import Closing
from dispatch.core.duties.informing import Informing
from dispatch.core.duties.open_cases import OpenCases
from dispatch.core.duties.outlasting import Outlasting
from dispatch.core.duties.places import Places
from dispatch.core.duties.sending import Sending
from dispatch.core.duties.watching import Watching
from dispatch.core.events import (
    CaseReported,
    DeviceEvent,
    DeviceRecovered,
    FaultFound,
    FindingEvent,
    OwnerChanged,
    PlaceChanged,
)
from dispatch.core.ids import case_id
from dispatch.core.mutes import Mutes
from dispatch.core.policy import Policy
from dispatch.core.transitions import CallState, HelpMove, HelpState
from gateway.finding import Drive, Finding, Grade, Help

_UNDER_WAY = {HelpState.OFFERED, HelpState.PROMISED, HelpState.ON_SCENE, HelpState.TOO_LATE}
_REVISED = ("part", "grade", "severity", "drive", "remedy", "place", "relapse")
"""The members of a finding that are told when they change."""


@dataclass(frozen=True, slots=True)
class Diagnoses:
    """What is broken, as it was found last."""

    policy: Policy
    cases: OpenCases
    informing: Informing
    closing: Closing
    sending: Sending
    places: Places
    mutes: Mutes
    watching: Watching
    outlasting: Outlasting

    def on(self, event: DeviceEvent, now: float) -> Iterator[Action]:
        """See to what a device, its owner or a crew told."""
        match event:
            case FaultFound() | CaseReported():
                yield from self._found(event, now)
            case DeviceRecovered():
                yield from self._recovered(event, now)
            case PlaceChanged():
                yield from self.places.changed(event, now)
            case OwnerChanged():
                yield from self._handed_on(event, now)
            case _:
                assert_never(event)

    def _found(self, event: FindingEvent, now: float) -> Iterator[Action]:
        """Open a case, or revise the one that is open. What comes for a closed case opens one where it asks for more."""
        finding = event.finding
        case = self.cases.of_episode.get(finding.episode)
        if case is None and not self.cases.endings.opens(finding, now):
            return
        case = case or self.cases.sharing(finding)
        if case is None and isinstance(event, FaultFound) and self.mutes.silences(finding, now):
            return
        if case is not None and _fails_after_help(case, finding):
            yield from self.closing.give_over(case, now)
            case = None
        if case is None:
            yield from self._open(event, now)
        elif case.finding.looked_at and not finding.told:
            self.cases.join(case, finding.episode)  # who looked at it knows better than the device
        elif finding.episode == case.finding.episode:
            yield from self._revise(case, finding, now)
        elif case.finding.told:  # the device knows better what its owner could only describe
            self.cases.join(case, finding.episode)
            yield from self._revise(case, finding, now)
        else:
            yield from self._also(case, finding, now)

    def _also(self, case: Case, finding: Finding, now: float) -> Iterator[Action]:
        """Something else is broken in a device that has a case: it is added, and leads where it is the more urgent."""
        self.cases.join(case, finding.episode)
        case.others[finding.episode] = finding
        if (finding.urgency, not finding.sends) < (case.finding.urgency, not case.finding.sends):
            case.others[case.finding.episode] = case.finding
            del case.others[finding.episode]
            yield from self._revise(case, finding, now, "also")
        else:
            yield ReviseCase(case.case, finding.key, ("also",))
            if finding.place is not None:
                yield from self.places.told(case, finding.place, finding.near, now)

    def _open(self, event: FindingEvent, now: float) -> Iterator[Action]:
        finding = event.finding
        number = self.cases.endings.next_number(finding)
        wishes = (event.language, event.may_call, event.may_order)
        name = case_id(finding.episode, number)
        case = Case(name, finding, *wishes, now, number, place=finding.place, near=finding.near)
        case.may_message, case.time_zone, case.reach = event.may_message, event.time_zone, event.reach
        case.wrong_number = event.wrong_number
        case.too_long = not self.policy.outages_by_message
        self.cases.add(case)
        self.watching.begin(case, now)
        yield OpenCase(case.case, finding.customer, finding.device, finding.provenance, finding.key)
        caller = self._caller(event)
        if caller is None:
            yield from self.informing.stop_driver(case)
        else:
            caller.case, case.informed = case.case, True
        yield from self.sending.send(case, now)
        self.outlasting.begin(case, None, now)
        if caller is None:
            yield from self.informing.inform(case, now)
        yield from self.closing.close_if_done(case, now)

    def _caller(self, event: FindingEvent) -> Call | None:
        """Return the call on which a fault is being told: who tells it is told at once what is done about it."""
        call = self.informing.calls.calls.get(event.call or "") if isinstance(event, CaseReported) else None
        return call if call is not None and call.state is CallState.CONNECTED else None

    def _revise(self, case: Case, finding: Finding, now: float, *more: str) -> Iterator[Action]:
        before = case.finding
        case.found(finding)
        self.watching.begin(case, now)
        changed = tuple(name for name in _REVISED if getattr(before, name) != getattr(finding, name))
        yield ReviseCase(case.case, finding.key, (*changed, *more))
        if finding.place is not None:
            yield from self.places.go_by_better(case, finding.place, finding.near, now)
        yield from self.informing.stop_driver(case)
        if not case.needs_truck and case.move(HelpMove.SPARE) and case.no_call_to_come:
            yield from self.closing.close_if_done(case, now)
        elif case.help in {HelpState.NONE, HelpState.ASKING}:
            yield from self._send_help_if_new(case, before, now)
        else:
            yield from self.sending.revise_truck(case, before, now)
        yield from self._ring_who_must_stop(case, before, now)
        self.outlasting.begin(case, before, now)
        yield from self.outlasting.turned(case, now)

    def _send_help_if_new(self, case: Case, before: Finding, now: float) -> Iterator[Action]:
        surer = before.grade is Grade.ASK and case.finding.grade is Grade.ACT
        newly = case.help is HelpState.ASKING or surer or before.remedy.help is not case.finding.remedy.help
        if newly and case.order is None:
            yield from self.sending.send(case, now)
            if case.call is None and not case.informed:
                yield from self.informing.inform(case, now)
            elif case.needs_answer and case.may_ring and case.no_call_to_come:
                yield from self.informing.ring_again(case, now)

    def _ring_who_must_stop(self, case: Case, before: Finding, now: float) -> Iterator[Action]:
        """Whoever was spoken to may drive by what was said then; a screen alone does not take that back."""
        newly = case.finding.drive is Drive.STOP_NOW is not before.drive and not case.finding.told
        if newly and case.informed and not case.closed and case.may_ring and case.wants_call and case.no_call_to_come:
            yield from self.informing.ring_again(case, now)

    def _recovered(self, event: DeviceRecovered, now: float) -> Iterator[Action]:
        """The device is well again. Nobody is called off for that: a flapping code must not cost a customer the truck."""
        case = self.cases.of_episode.get(event.recovery.episode)
        if case is None:
            return
        if event.recovery.episode != case.finding.episode:
            case.others.pop(event.recovery.episode, None)
            return
        case.recovered = True
        if case.is_waiting and case.no_call_to_come and not self.informing.are_speaking(case):
            yield from self.closing.close(case, "recovered", now)
            return
        talk_only = case.finding.remedy.help in {Help.TALK, Help.WAIT} and case.help_over and not case.informed
        if case.call is not None and (talk_only or self._rung_in_vain(case)):
            yield from self.informing.calls.withdraw(case.call, "recovered")
            if case.call.state is CallState.WITHDRAWN:
                yield from self.closing.close(case, "recovered", now)

    def _handed_on(self, event: OwnerChanged, now: float) -> Iterator[Action]:
        """Nobody is rung about what is another's by now. A truck that is asked already goes on: somebody stands there."""
        case = self.cases.of_episode.get(event.episode)
        if case is None or case.finding.customer == event.customer:
            return
        case.may_call = False
        if case.call is not None:
            yield from self.informing.calls.withdraw(case.call, "closed")
        if case.help not in _UNDER_WAY and not self.informing.are_speaking(case):
            yield from self.sending.call_off(case, now, "the device belongs to somebody else")
            yield from self.closing.close(case, "handed_on", now)

    def _rung_in_vain(self, case: Case) -> bool:
        """Was who must be asked first rung so often that they are only rung seldom?"""
        tried = case.call is not None and case.call.unanswered >= self.policy.dial_attempts
        return tried and case.needs_answer


def _fails_after_help(case: Case, finding: Finding) -> bool:
    """Tell whether a device failed again, or in another way, when help for an open case had been there already."""
    known = (case.finding, *case.others.values())
    again = all(finding.episode != one.episode or finding.relapse > one.relapse for one in known)
    return case.helped_at is not None and case.help_over and again and finding.sends and not finding.told
