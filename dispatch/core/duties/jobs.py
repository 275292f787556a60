"""What trucks say of their jobs, and what is done when they say nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from dispatch.core.actions import Action
from dispatch.core.case import Case
from dispatch.core.duties.closing import Closing
from dispatch.core.duties.open_cases import OpenCases
from dispatch.core.duties.sending import Sending
from dispatch.core.ids import case_of_tow
from dispatch.core.timers import About, Alarm
from dispatch.core.towing import Tows
from dispatch.core.transitions import HelpState
from gateway.finding import TruckReport


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs that trucks were offered."""

    cases: OpenCases
    tows: Tows
    closing: Closing
    sending: Sending

    def reported(self, report: TruckReport, now: float) -> Iterator[Action]:
        """See to what a truck said."""
        truck = self.tows.note_report(report, now)
        yield from self.tows.off_duty(truck)
        case = self.cases.by_name.get(case_of_tow(report.job)) if report.job else None
        if case is not None:
            yield from self._job_moved(case, report, now)
        elif report.job is not None:
            yield from self.tows.nobodys(report)
        expected = self.cases.by_name.get(case_of_tow(truck.tow or ""))
        if expected is not None:
            yield from self.tows.on_the_way(expected, truck, now)
        yield from self.sending.serve(now)

    def ring(self, alarm: Alarm, case: Case) -> Iterator[Action]:
        """An alarm about the truck of a case rings."""
        shop = self.sending.shop_of(case)
        if alarm.about is About.LATE:
            yield from self.tows.overdue(case, alarm.attempt, alarm.due, shop)
        elif alarm.about is About.AWAITED:
            yield from self.tows.awaited(case, alarm.attempt, alarm.due, shop)
        elif alarm.attempt == case.tow_attempt:
            asked = self.tows.unanswered if alarm.about is About.OFFER else self.tows.ask_again
            yield from asked(case, alarm.due, shop)
        yield from self.sending.serve(alarm.due)  # who lost the job is free for others

    def _job_moved(self, case: Case, report: TruckReport, now: float) -> Iterator[Action]:
        shop = self.sending.shop_of(case)
        match report.job_state:
            case "accepted":
                yield from self.tows.accepted(case, report, now, shop)
            case "declined":
                yield from self.tows.declined(case, report, now, shop)
                yield from self.closing.close_if_done(case, now)
            case "arrived":
                yield from self.tows.arrived(case, report, now, shop)
            case "finished":
                yield from self.tows.finished(case, report, now, shop)
                if case.help is HelpState.DONE:
                    case.helped_at = now
                yield from self.closing.close_if_done(case, now)
            case None:
                pass
            case _:
                assert_never(report.job_state)
        yield from self.sending.spare_contractor(case)
