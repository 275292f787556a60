"""The desk: the pure core of dispatch. ``handle(event, now)``, ``wake(now)``, ``next_wake()``, and nothing else.

No clock, no network, no store, no dice: time is an argument, ids are derived, decisions are returned. ``handle`` begins
with whatever came due at or before ``now``, as of its own hour, so that late timers, early timers and a replay of the
inputs alone all give the same decisions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, assert_never

from dispatch.core import notices
from dispatch.core.actions import (
    Action,
    CloseCase,
    CloseReason,
    MoveCase,
    OpenCase,
    QueueReason,
    ReviseCase,
    SendNotice,
    TellDriverToStop,
    WithdrawRequest,
)
from dispatch.core.bookings import Bookings, Workshop
from dispatch.core.calls import UNHEARD, Calls
from dispatch.core.case import Call, Case, Request, nobody_would_come
from dispatch.core.case_place import apart, choose, is_redirected, same_spot
from dispatch.core.desk_state import Standing
from dispatch.core.ended import Endings
from dispatch.core.escalation import escalated
from dispatch.core.events import (
    AgentBecameFree,
    AgentLeft,
    BookingAnswered,
    CallConnected,
    CallEnded,
    CaseReported,
    CustomerPhoned,
    DeviceRecovered,
    Event,
    FaultFound,
    OrderAnswered,
    OrderFulfilled,
    Outcome,
    PlaceChanged,
    ServiceStarted,
    SupplierOpened,
    TruckReported,
    WithdrawalAnswered,
    WorkshopOpened,
)
from dispatch.core.ids import (
    ASKS,
    Asked,
    Asks,
    asked_by,
    case_id,
    case_of_booking,
    case_of_order,
    case_of_tow,
    request_id,
)
from dispatch.core.moved_notice import moved_notice
from dispatch.core.orders import Orders
from dispatch.core.patience import patience_s
from dispatch.core.policy import PlaceGate, Policy
from dispatch.core.timers import About, Alarm, Alarms
from dispatch.core.towing import VISIT, Tows
from dispatch.core.transitions import CallState, HelpMove, HelpState
from dispatch.words.parts import message
from gateway.finding import Domain, Drive, Finding, Grade, Help, Place, TruckReport

Decision = tuple[float, Action]
"""When it was decided, POSIX seconds, and what."""


class Desk:
    """Opens one case for each fault episode and sees it through: help on its way, the customer informed, closed."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self._alarms = Alarms()
        self._tows = Tows(self.policy, self._alarms)
        self._bookings = Bookings(self.policy, self._alarms)
        self._orders = Orders(self.policy, self._alarms)
        self._calls = Calls(self.policy, self._alarms)
        self._cases: dict[str, Case] = {}
        self._open_of: dict[str, dict[str, Case]] = {}
        """Customer → their open cases, oldest first."""
        self._of_episode: dict[str, Case] = {}
        """Episode → the open case it belongs to."""
        self._episodes: dict[str, list[str]] = {}
        """Open case → the episodes that belong to it."""
        self._of_device: dict[tuple[str, str], Case] = {}
        """Device and customer → the open case of what is broken in it."""
        self._endings = Endings()
        self._hour = 0.0
        """As of when is being decided, POSIX seconds."""
        self.woken_at = 0.0
        """Until when alarms were rung, POSIX seconds."""

    def handle(self, event: Event, now: float) -> list[Decision]:
        """Take note of ``event`` and return what is decided, in order."""
        decisions = self._hear_again(event, now) if isinstance(event, ServiceStarted) else []
        decisions.extend(self.wake(now))
        self._hour = now
        decisions.extend((now, action) for action in self._on(event, now))
        return decisions

    def wake(self, now: float) -> list[Decision]:
        """Return what is decided about everything that came due at or before ``now``."""
        decisions: list[Decision] = []
        self.woken_at = max(self.woken_at, now)
        while (alarm := self._alarms.pop_due(now)) is not None:
            self._hour = alarm.due
            decisions.extend((alarm.due, action) for action in self._ring(alarm))
        return decisions

    def next_wake(self) -> float | None:
        """When ``wake`` wants to be called next, POSIX seconds."""
        return self._alarms.next()

    def to_be_helped(self, event: Event) -> Case | None:
        """Return the open case that an event may end the help of: a truck is through, or a technician has been."""
        if isinstance(event, OrderFulfilled):
            case = self._cases.get(case_of_order(event.order) or "")
            return None if case is None or case.finding.remedy.help is Help.SUPPLIES else case
        if isinstance(event, TruckReported) and event.report.job_state == "finished" and event.report.job:
            return self._cases.get(case_of_tow(event.report.job))
        return None

    def agents_waiting(self) -> list[str]:
        """Return the agents who wait for a call."""
        return [event.agent for event in self._calls.free()]

    def follows(self, episode: str) -> bool:
        """Tell whether it matters where the device of a fault episode is: its case is open, and help may still go there."""
        case = self._of_episode.get(episode)
        return case is not None and case.help not in _HELP_IS_OVER

    def standing(self) -> Standing:
        """Return how everything stands, as it can be written down."""
        return Standing(
            cases=list(self._cases.values()),
            of_customer={customer: list(cases) for customer, cases in self._open_of.items()},
            of_episode={episode: case.case for episode, case in self._of_episode.items()},
            of_device=[(*device, case.case) for device, case in self._of_device.items()],
            ended=dict(self._endings.items()),
            alarms=self._alarms.standing(),
            trucks=list(self._tows.trucks.values()),
            waiting_for_trucks=[case.case for case in self._tows.waiting()],
            workshops=list(self._bookings.workshops.values()),
            suppliers=list(self._orders.suppliers.values()),
            calls=list(self._calls.calls.values()),
            waiting_calls=self._calls.waiting(),
            free_agents=self._calls.free(),
            passed_calls=self._calls.passed(),
            woken_at=self.woken_at,
        )

    def stand(self, standing: Standing) -> None:
        """Take up an earlier standing, and go on from there as if nothing had been between."""
        calls = {call.call: call for call in standing.calls}
        self._cases = {case.case: case for case in standing.cases}
        for case in standing.cases:
            if case.call is not None:  # one call, whoever looks at it
                case.call = calls.get(case.call.call, case.call)
        self._open_of = {
            who: {name: self._cases[name] for name in names} for who, names in standing.of_customer.items()
        }
        self._of_episode = {episode: self._cases[case] for episode, case in standing.of_episode.items()}
        self._episodes = {case.case: [] for case in standing.cases}
        for episode, name in standing.of_episode.items():
            self._episodes[name].append(episode)
        self._of_device = {(device, who): self._cases[case] for device, who, case in standing.of_device}
        self._endings, self.woken_at = Endings(standing.ended.items()), standing.woken_at
        self._alarms.stand(standing.alarms)
        self._tows.stand(standing.trucks, [self._cases[case] for case in standing.waiting_for_trucks])
        self._bookings.workshops = {shop.workshop: shop for shop in standing.workshops}
        self._orders.suppliers = {one.supplier: one for one in standing.suppliers}
        self._calls.stand(calls, standing.waiting_calls, standing.free_agents, standing.passed_calls)

    def _on(self, event: Event, now: float) -> Iterator[Action]:  # noqa: C901, PLR0912 - the whole vocabulary on one screen
        match event:
            case FaultFound() | CaseReported():
                yield from self._found(event, now)
            case DeviceRecovered():
                yield from self._recovered(event)
            case PlaceChanged():
                yield from self._place_changed(event, now)
            case TruckReported():
                yield from self._truck(event.report, now)
            case WorkshopOpened():
                shop = Workshop(event.workshop, event.latitude, event.longitude, event.provenance)
                self._bookings.workshops[event.workshop] = shop
            case SupplierOpened():
                self._orders.suppliers[event.supplier] = event
            case AgentBecameFree():
                yield from self._agent_free(event, now)
            case AgentLeft():
                yield from self._agent_left(event, now)
            case CallConnected():
                yield from self._connected(event, now)
            case CallEnded():
                yield from self._call_ended(event, now)
            case CustomerPhoned():
                yield from self._calls.phoned(event, self._case_to_talk_about(event.customer), now)
            case BookingAnswered():
                yield from self._booking_answered(event, now)
            case OrderAnswered():
                yield from self._order_answered(event, now)
            case OrderFulfilled():
                yield from self._fulfilled(event)
            case WithdrawalAnswered():
                yield from self._withdrawal_answered(event)
            case ServiceStarted():
                pass  # seen to before anything rang
            case _:
                assert_never(event)

    # --- cases -------------------------------------------------------------------------------------------------------

    def _found(self, event: FaultFound | CaseReported, now: float) -> Iterator[Action]:
        """Open a case, or revise the one that is open. What comes for a closed case opens one where it asks for more."""
        finding = event.finding
        case = self._of_episode.get(finding.episode)
        if case is None and not self._endings.opens(finding, now):
            return
        if case is None and _shares_a_case(finding):
            case = self._of_device.get((finding.device, finding.customer))
        if case is not None and _fails_after_help(case, finding):
            yield from self._give_over(case)
            case = None
        if case is None:
            yield from self._open(event, now)
        elif case.finding.looked_at and not finding.told:
            self._joins(case, finding.episode)  # who looked at it knows better than the device
        elif finding.episode == case.finding.episode:
            yield from self._revise(case, finding, now)
        elif case.finding.told:  # the device knows better what its owner could only describe
            self._joins(case, finding.episode)
            yield from self._revise(case, finding, now)
        else:
            yield from self._also(case, finding, now)

    def _give_over(self, case: Case) -> Iterator[Action]:
        """Close a case whose help has been, though nobody was reached: what fails now has a case and help of its own."""
        if case.call is not None:
            yield from self._calls.withdraw(case.call, "closed")
        yield from self._close(case, "helped")

    def _joins(self, case: Case, episode: str) -> None:
        """Note that an episode belongs to a case."""
        self._of_episode[episode] = case
        if episode not in self._episodes[case.case]:
            self._episodes[case.case].append(episode)

    def _also(self, case: Case, finding: Finding, now: float) -> Iterator[Action]:
        """Something else is broken in a device that has a case: it is added, and leads where it is the more urgent."""
        self._joins(case, finding.episode)
        case.others[finding.episode] = finding
        if (finding.urgency, not finding.sends) < (case.finding.urgency, not case.finding.sends):
            case.others[case.finding.episode] = case.finding
            del case.others[finding.episode]
            yield from self._revise(case, finding, now, "also")
        else:
            yield ReviseCase(case.case, finding.key, ("also",))
            if finding.place is not None:
                yield from self._told_place(case, finding.place, finding.near, now)

    def _open(self, event: FaultFound | CaseReported, now: float) -> Iterator[Action]:
        finding = event.finding
        number = self._endings.next_number(finding)
        name = case_id(finding.episode, number)
        wishes = (event.language, event.may_call, event.may_order)
        case = Case(name, finding, *wishes, now, number, place=finding.place, near=finding.near)
        self._cases[case.case], self._episodes[case.case] = case, []
        self._joins(case, finding.episode)
        if _shares_a_case(finding):
            self._of_device[finding.device, finding.customer] = case
        self._open_of.setdefault(finding.customer, {})[case.case] = case
        yield OpenCase(case.case, finding.customer, finding.device, finding.provenance, finding.key)
        caller = self._caller(event)
        if caller is None:
            yield from self._stop_driver(case)
        if caller is not None:
            caller.case, case.informed = case.case, True
        yield from self._send_help(case, now)
        if caller is None:
            yield from self._inform(case, now)
        yield from self._close_if_done(case)

    def _caller(self, event: FaultFound | CaseReported) -> Call | None:
        """Return the call on which a fault is being told: who tells it is told at once what is done about it."""
        call = self._calls.calls.get(event.call or "") if isinstance(event, CaseReported) else None
        return call if call is not None and call.state is CallState.CONNECTED else None

    @staticmethod
    def _stop_driver(case: Case) -> Iterator[Action]:
        finding = case.finding
        if finding.domain is Domain.VEHICLE and finding.drive is Drive.STOP_NOW and not case.told_to_stop:
            case.told_to_stop = True
            also = finding.notify
            text = notices.please_stop(finding, case.language) if also else ""
            yield TellDriverToStop(case.case, finding.device, finding.name, finding.provenance, also, text)

    def _send_help(self, case: Case, now: float) -> Iterator[Action]:
        if case.needs_truck:
            if not case.asks_first and self.policy.gate(case.place, now) is PlaceGate.GOOD:
                yield from self._send_truck(case, now)
            else:
                case.move(HelpMove.ASK)
                yield from self._escalate_if_not_asked(case)
        elif case.order is None and not case.asks_first and _wants_order(case):
            yield from self._orders.place(case, now)

    def _send_truck(self, case: Case, now: float) -> Iterator[Action]:
        shop = self._bookings.nearest(case.place, case.finding.provenance, [])
        yield from self._tows.need(case, now, shop)
        if case.remedy.workshop_s > 0:
            yield from self._bookings.book(case, now)

    def _inform(self, case: Case, now: float) -> Iterator[Action]:
        """Call the customer, and show them that we do; a message alone where a call is not wanted or not worth it."""
        finding = case.finding
        if _wants_call(case) and case.may_call:
            behind = self._calls.overdue(finding.provenance, now)
            yield from self._calls.queue(case, now)
            caller = self._calls.on_the_line(finding.customer)
            if caller is not None and case.call is not None:
                caller.case = caller.case or case.case  # what they ring about; of the other we ring them afterwards
                yield from self._calls.withdraw(case.call, "customer_phoned")
            elif case.call is not None and case.call.not_before <= now:
                yield from self._notice(case, self._announcement(case, behind=behind), beside_call=True)
        elif finding.notify is not None:
            case.informed = True
            yield from self._notice(case, message(finding, case.language, _sought(case)))

    @staticmethod
    def _notice(case: Case, text: str, *, beside_call: bool = False) -> Iterator[Action]:
        """Show the owner a message, where a device can; one is shown beside a call, however often the call is made."""
        to = case.finding.notify
        if to is None or (beside_call and case.notices):
            return
        case.notices += 1
        yield SendNotice(case.case, to, text, case.finding.provenance, case.notices, beside_call)

    def _announcement(self, case: Case, *, behind: bool) -> str:
        sought = _sought(case)
        within = None if behind else self.policy.call_due_s
        return notices.beside_call(
            case.finding, notices.Standing(case.needs_answer and sought is None, sought, within), case.language
        )

    def _revise(self, case: Case, finding: Finding, now: float, *more: str) -> Iterator[Action]:
        before, case.finding = case.finding, finding
        case.recovered = False
        fields = ("part", "grade", "severity", "drive", "remedy", "place", "relapse")
        changed = tuple(name for name in fields if getattr(before, name) != getattr(finding, name))
        yield ReviseCase(case.case, finding.key, (*changed, *more))
        if finding.place is not None:
            yield from self._choose_place(case, finding.place, finding.near, now)
        yield from self._stop_driver(case)
        if not case.needs_truck and case.move(HelpMove.SPARE) and _no_call(case):
            yield from self._close_if_done(case)
        elif case.help in {HelpState.NONE, HelpState.ASKING}:
            yield from self._send_help_if_new(case, before, now)
        else:
            yield from self._revise_truck(case, before, now)
        yield from self._ring_who_must_stop(case, before, now)

    def _ring_who_must_stop(self, case: Case, before: Finding, now: float) -> Iterator[Action]:
        """Whoever was spoken to may drive by what was said then; a screen alone does not take that back."""
        newly = case.finding.drive is Drive.STOP_NOW is not before.drive and not case.finding.told
        if newly and case.informed and not case.closed and case.may_call and _wants_call(case) and _no_call(case):
            yield from self._ring_again(case, now)

    def _revise_truck(self, case: Case, before: Finding, now: float) -> Iterator[Action]:
        """Another truck goes where the one that was sent cannot mend it; else that one is told what it is sent to now."""
        sent, shop = case.truck, self._bookings.workshops.get(case.tow_to or "")
        yield from self._tows.reskill(case, now, shop)
        yield from self._move_truck(case, now)
        yield from self._tows.serve(now, self._bookings.workshops)
        newly_towed = case.finding.remedy.help is Help.TOW and before.remedy.help is not Help.TOW
        if newly_towed and case.truck == sent and shop is not None and case.told_tow_to != shop.workshop:
            yield from self._tows.redirect(case, shop, 0)

    # --- where it is -------------------------------------------------------------------------------------------------

    def _place_changed(self, event: PlaceChanged, now: float) -> Iterator[Action]:
        """The device stands elsewhere. A jump that nobody believes yet moves nothing; the row says that it was told."""
        case, report = self._of_episode.get(event.report.episode), event.report
        if case is not None and report.believed and self.follows(report.episode):
            yield from self._told_place(case, report.place, report.near, now)

    def _told_place(self, case: Case, place: Place, near: str, now: float) -> Iterator[Action]:
        """Whoever told it: the case goes by the better place, and help is sent there, or sent on."""
        yield from self._choose_place(case, place, near, now)
        if case.help is HelpState.ASKING:
            yield from self._send_help(case, now)
        yield from self._move_truck(case, now)

    @staticmethod
    def _choose_place(case: Case, told: Place, near: str, now: float) -> Iterator[Action]:
        before, revised = case.place, told is case.finding.place
        choice = choose(before, told, now)
        case.place = choice.place
        case.near = case.near if choice.place is before else near
        shown = told if revised else before
        if choice.overruled is None and same_spot(shown, choice.place) and same_spot(before, choice.place):
            return
        case.places += 1
        moved = None if before is None else round(apart(before, choice.place), 1)
        yield MoveCase(case.case, case.places, choice.place, case.near, moved, choice.overruled)

    def _move_truck(self, case: Case, now: float) -> Iterator[Action]:
        """Send the truck on where it was sent elsewhere, and say so to a customer who was told when it comes.

        That a crew is told the spot to a few metres is nothing to a customer.
        """
        promised = case.eta
        move = self._tows.move(case, now)
        if move is None:
            return
        yield move
        yield from self._move_booking(case, now)
        if is_redirected(move.metres) and case.informed:
            yield from self._notice(case, moved_notice(move, promised, now, case.language))

    def _move_booking(self, case: Case, now: float) -> Iterator[Action]:
        """The workshop was chosen by where the car stood, and asked for a slot when the truck should have brought it."""
        booking = case.booking
        if booking is None or not self._bookings.is_outdated(case, booking):
            return
        yield _withdrawal(case, "booking", booking, "moved")
        booking.settled, booking.at = False, None
        yield from self._bookings.book(case, now, again=True)

    def _send_help_if_new(self, case: Case, before: Finding, now: float) -> Iterator[Action]:
        surer = before.grade is Grade.ASK and case.finding.grade is Grade.ACT
        newly = case.help is HelpState.ASKING or surer or before.remedy.help is not case.finding.remedy.help
        if newly and case.order is None:
            yield from self._send_help(case, now)
            if case.call is None and not case.informed:
                yield from self._inform(case, now)
            elif case.needs_answer and case.may_call and _no_call(case):
                yield from self._ring_again(case, now)

    def _recovered(self, event: DeviceRecovered) -> Iterator[Action]:
        """The device is well again. Nobody is called off for that: a flapping code must not cost a customer the truck."""
        case = self._of_episode.get(event.recovery.episode)
        if case is None:
            return
        if event.recovery.episode != case.finding.episode:
            case.others.pop(event.recovery.episode, None)
            return
        case.recovered = True
        talk_only = case.finding.remedy.help is Help.TALK and case.help_over and not case.informed
        if case.call is not None and (talk_only or self._rung_in_vain(case)):
            yield from self._calls.withdraw(case.call, "recovered")
            if case.call.state is CallState.WITHDRAWN:
                yield from self._close(case, "recovered")

    def _rung_in_vain(self, case: Case) -> bool:
        """Was who must be asked first rung so often that they are only rung seldom?"""
        tried = case.call is not None and case.call.unanswered >= self.policy.dial_attempts
        return tried and case.needs_answer

    def _close_if_done(self, case: Case) -> Iterator[Action]:
        if case.closed or not case.call_over or self._speak(case):
            return
        if case.needs_answer and case.call is not None:
            if case.call.state is CallState.GIVEN_UP and case.recovered:
                yield from self._close(case, "recovered")
            return
        if not case.help_over:
            return
        if case.too_late:
            yield from self._close(case, "too_late")
        elif case.help is HelpState.CANCELLED or case.declined_help:
            yield from self._close(case, "declined")
        elif case.help is HelpState.DONE or (case.order is not None and case.order.fulfilled):
            yield from self._close(case, "helped")
        elif not case.informed:
            yield from self._close(case, "unreachable")
        else:
            yield from self._close(case, "informed")

    def _close(self, case: Case, reason: CloseReason) -> Iterator[Action]:
        case.closed = True
        del self._cases[case.case]
        found = {finding.episode: finding for finding in (case.finding, *case.others.values())}
        for episode in self._episodes.pop(case.case):
            self._of_episode.pop(episode, None)
            found.setdefault(episode, replace(case.finding, episode=episode, relapse=0))
        self._endings.note(case, found.values(), reason, self._hour)
        device = (case.finding.device, case.finding.customer)
        if self._of_device.get(device) is case:
            del self._of_device[device]
        mine = self._open_of[case.finding.customer]
        del mine[case.case]
        if not mine:
            del self._open_of[case.finding.customer]
        if case.call is not None:
            yield from self._calls.withdraw(case.call, "closed")
            self._calls.calls.pop(case.call.call, None)
        yield CloseCase(case.case, reason)

    # --- trucks, workshops, suppliers --------------------------------------------------------------------------------

    def _truck(self, report: TruckReport, now: float) -> Iterator[Action]:
        truck = self._tows.hear(report, now)
        case = self._cases.get(case_of_tow(report.job)) if report.job else None
        if case is not None:
            yield from self._job_moved(case, report, now)
        elif report.job is not None:
            yield from self._tows.nobodys(report)
        expected = self._cases.get(case_of_tow(truck.tow or ""))
        if expected is not None:
            yield from self._tows.promised.on_the_way(expected, truck, now)
        yield from self._tows.serve(now, self._bookings.workshops)

    def _job_moved(self, case: Case, report: TruckReport, now: float) -> Iterator[Action]:
        shop = self._bookings.workshops.get(case.tow_to or "")
        match report.job_state:
            case "accepted":
                yield from self._tows.accepted(case, report, now, shop)
            case "declined":
                yield from self._tows.declined(case, report, now, shop)
                yield from self._close_if_done(case)
            case "arrived":
                yield from self._tows.arrived(case, report, now, shop)
            case "finished":
                yield from self._tows.finished(case, report, now, shop)
                if case.help is HelpState.DONE:
                    case.helped_at = now
                yield from self._close_if_done(case)
            case None:
                pass

    def _booking_answered(self, event: BookingAnswered, now: float) -> Iterator[Action]:
        case = self._cases.get(case_of_booking(event.booking) or "")
        if case is None or case.booking is None or case.booking.settled or event.attempt != case.booking.attempt:
            return
        if event.accepted:
            case.booking.settled, case.booking.at = True, event.slot_at
            yield from self._redirect(case, event.attempt)
        else:
            yield from self._bookings.book(case, now)
        yield from self._close_if_done(case)

    def _redirect(self, case: Case, attempt: int) -> Iterator[Action]:
        booking = case.booking
        if booking is None or booking.partner is None or booking.partner == case.tow_to:
            return
        if case.remedy.help is Help.TOW:
            yield from self._tows.redirect(case, self._bookings.workshops[booking.partner], attempt)

    def _order_answered(self, event: OrderAnswered, now: float) -> Iterator[Action]:
        case = self._cases.get(case_of_order(event.order) or "")
        if case is None or case.order is None or case.order.settled or event.attempt != case.order.attempt:
            return
        if event.accepted:
            case.order.settled, case.order.at = True, event.arrives_at
            if event.arrives_at is not None and case.remedy.help is Help.TECHNICIAN:
                self._alarms.set(event.arrives_at + self.policy.unfinished_s, About.AWAITED, case.case, VISIT)
        else:
            yield from self._orders.place(case, now)
        yield from self._close_if_done(case)

    def _fulfilled(self, event: OrderFulfilled) -> Iterator[Action]:
        case = self._cases.get(case_of_order(event.order) or "")
        if case is not None and case.order is not None:
            case.order.settled = case.order.fulfilled = True
            case.helped_at = self._hour
            yield from self._close_if_done(case)

    def _withdrawal_answered(self, event: WithdrawalAnswered) -> Iterator[Action]:
        """Too late: who was told that it is out comes all the same. Then nobody else does, and the case says so."""
        asked = asked_by(event.request)
        case = self._cases.get(asked.case) if asked is not None else None
        request = case.request(asked.what) if case is not None and asked is not None else None
        if asked is None or case is None or request is None or not event.too_late or event.attempt > len(request.asked):
            return
        if case.declined_help:
            case.too_late = request.too_late = True
        elif not request.too_late and not request.fulfilled:
            yield from self._other_comes(case, asked.what, request, event)
        yield from self._close_if_done(case)

    def _other_comes(self, case: Case, what: Asks, request: Request, event: WithdrawalAnswered) -> Iterator[Action]:
        nobody = request.settled and request.at is None
        if event.attempt != request.attempt and not nobody:
            yield _withdrawal(case, what, request, "other_comes")
        request.settled = request.too_late = True
        request.partner, request.at = event.partner, event.at
        if what == "booking":
            yield from self._redirect(case, event.attempt)

    # --- calls -------------------------------------------------------------------------------------------------------

    def _case_to_talk_about(self, customer: str) -> Case | None:
        """Return the customer's open case: the newest of which they do not know yet, else the newest."""
        mine = list(self._open_of.get(customer, {}).values())
        untold = [case for case in mine if not case.informed]
        found = untold or mine
        return found[-1] if found else None

    def _case_of(self, call: Call) -> Case | None:
        if call.case is not None:
            return self._cases.get(call.case)
        return self._case_to_talk_about(call.customer) if call.inbound else None

    def _speak(self, case: Case) -> bool:
        """Do an agent and the customer speak about it just now?"""
        caller = self._calls.on_the_line(case.finding.customer)
        called = caller is not None and caller.case == case.case and caller.state is CallState.CONNECTED
        return called or (case.call is not None and case.call.state is CallState.CONNECTED)

    def _in_hand(self, event: CallConnected | CallEnded) -> Call | None:
        """Return the call meant, unless it was handed on or withdrawn, or somebody tells of it whom it was not given to."""
        call = self._calls.calls.get(event.call)
        if call is None or event.attempt != call.attempt or event.agent not in {None, call.agent}:
            return None
        held = call.state in {CallState.ASSIGNED, CallState.CONNECTED}
        return call if held or (call.inbound and call.state is CallState.QUEUED) else None

    def _connected(self, event: CallConnected, now: float) -> Iterator[Action]:
        call = self._in_hand(event)
        if call is None or not self._calls.connected(call, now):
            return
        case = self._case_of(call)
        if case is not None:
            case.informed, call.case = True, case.case
            if case.call is not None and case.call is not call:
                yield from self._calls.withdraw(case.call, "customer_phoned")

    def _call_ended(self, event: CallEnded, now: float) -> Iterator[Action]:
        call = self._in_hand(event)
        if call is None:
            return
        case = self._case_of(call)
        if event.outcome in UNHEARD:
            yield from self._unheard(call, case, now)
        else:
            self._calls.finish(call)
            if case is not None:
                yield from self._heard(case, event, now)
                yield from self._ask_again(case, now)
        if call.inbound:
            yield from self._ring_whom_we_owe(call.customer, now)
        if case is not None:
            yield from self._close_if_done(case)

    def _agent_free(self, event: AgentBecameFree, now: float) -> Iterator[Action]:
        """Whoever asks for the next call holds none any more."""
        for call in self._calls.held_by(event.agent):
            if call.state is CallState.CONNECTED:
                yield from self._lost(call, now)
            else:
                yield from self._requeue(call, now)
        yield from self._calls.agent_free(event, now)

    def _agent_left(self, event: AgentLeft, now: float) -> Iterator[Action]:
        self._calls.agent_left(event.agent)
        for call in self._calls.held_by(event.agent):
            if call.state is CallState.CONNECTED:
                yield from self._lost(call, now)

    def _lost(self, call: Call, now: float) -> Iterator[Action]:
        """They spoke and the agent never said how it ended: whoever did not answer counts as unknown, and is rung at once."""
        case = self._case_of(call)
        if case is None and not call.inbound:  # it was closed meanwhile
            self._calls.finish(call)
            return
        if case is not None and call.case is not None:  # else they began to speak before there was a case to speak of
            case.informed = False
        if case is not None and case.may_call and self._calls.on_the_line(call.customer) is not None:
            yield from self._calls.lost(call)
            yield from self._ring_again(case, now, "agent_lost")
            yield from self._ring_whom_we_owe(call.customer, now)
        else:
            call.unanswered = 0  # they answered
            yield from self._requeue(call, now, "agent_lost")

    def _requeue(self, call: Call, now: float, reason: QueueReason = "") -> Iterator[Action]:
        """Have another agent take a call; a customer's own is no longer about a case that was closed meanwhile."""
        if call.inbound and call.case not in self._cases:
            call.case = None
        yield from self._calls.requeue(call, now, reason)

    def _unheard(self, call: Call, case: Case | None, now: float) -> Iterator[Action]:
        if case is not None and call.state is CallState.CONNECTED:
            case.informed = False
        if call.inbound:
            self._calls.finish(call)
            return
        keep_on = case is not None and case.needs_answer and not case.recovered
        if case is not None and call.unanswered + 1 >= self.policy.dial_attempts:
            call.at_once = case.finding.drive is Drive.STOP_NOW  # who did not answer so often is let sleep
        yield from self._calls.unanswered(call, now, keep_on=keep_on)
        if self._calls.on_the_line(call.customer) is not None:
            yield from self._calls.withdraw(call, "customer_phoned")

    def _ask_again(self, case: Case, now: float) -> Iterator[Action]:
        """They spoke, and what nobody can be sent without was not said: it is asked once more, later."""
        if case.needs_answer and case.may_call:
            yield from self._ring_again(case, now, "open_question", self.policy.later_redial_s)
        else:
            yield from self._escalate_if_not_asked(case)

    def _escalate_if_not_asked(self, case: Case) -> Iterator[Action]:
        """Who must be asked where it is, does not want to be called and does not speak to us: a person finds another way."""
        if case.help is HelpState.ASKING and not case.may_call and not self._speak(case):
            yield from escalated(case, "may_not_be_asked")

    def _ring_whom_we_owe(self, customer: str, now: float) -> Iterator[Action]:
        """A customer's own call is over, for which ours gave way: what was not spoken about is still owed."""
        for case in list(self._open_of.get(customer, {}).values()):
            owed = case.needs_answer or (not case.informed and _wants_call(case))
            if owed and case.may_call and _no_call(case):
                yield from self._ring_again(case, now)
            elif not owed and not case.informed and _no_call(case):
                case.call = None  # nobody is rung any more for what has turned out to need no call
                yield from self._inform(case, now)
                yield from self._close_if_done(case)

    def _ring_again(self, case: Case, now: float, reason: QueueReason = "", after_s: float = 0.0) -> Iterator[Action]:
        """Queue our call once more, unless the customer holds the line."""
        if self._calls.on_the_line(case.finding.customer) is None:
            yield from self._calls.queue(case, now, reason, after_s)

    def _heard(self, case: Case, event: CallEnded, now: float) -> Iterator[Action]:
        case.informed = True
        if event.place is not None:
            yield from self._choose_place(case, event.place, event.near, now)
        if event.outcome is Outcome.DECLINED_HELP or (event.wants_help is False and case.sends):
            case.declined_help = case.helped_at is None  # who was helped already declined nothing
            yield from self._tows.cancel(case, "the customer wants no help")
            yield from self._withdraw_requests(case)
            yield from self._tows.serve(now, self._bookings.workshops)
            return
        if event.wants_help and nobody_would_come(case):
            case.asked_for_help = True
            yield from self._send_help(case, now)
        elif case.asks_first and event.wants_help:
            case.confirmed = True
            if case.nobody_sent and case.needs_truck and event.place is not None:
                yield from self._send_truck(case, now)  # however well they know where: nobody is asked twice
            elif case.nobody_sent:
                yield from self._send_help(case, now)
        elif event.place is not None and case.help is HelpState.ASKING and not case.asks_first:
            yield from self._send_truck(case, now)
        elif event.place is not None:
            yield from self._tows.reskill(case, now, self._bookings.workshops.get(case.tow_to or ""))
            yield from self._move_truck(case, now)

    @staticmethod
    def _withdraw_requests(case: Case) -> Iterator[Action]:
        for what in ASKS:
            request = case.request(what)
            gone = request is None or request.partner is None or request.fulfilled or request.too_late
            case.too_late = case.too_late or (request is not None and request.too_late)
            if request is not None and not gone and not (request.settled and request.at is None):
                yield _withdrawal(case, what, request, "declined_help")
                request.give_up()

    # --- alarms ------------------------------------------------------------------------------------------------------

    def _hear_again(self, event: ServiceStarted, now: float) -> list[Decision]:
        """Nobody could be heard for a while: that they said nothing says nothing, and they have their time once more.

        What came due before has rung, and rings first. Agents who waited hung up with the service, and are given no call.
        """
        rung = self.wake(event.silent_since)
        self._alarms.put_off(now, lambda alarm: patience_s(self.policy, alarm.about, self._cases.get(alarm.case)))
        self._tows.nobody_was_heard(now)
        for waiting in self._calls.free():
            self._calls.agent_left(waiting.agent)
        return rung

    def _ring(self, alarm: Alarm) -> Iterator[Action]:
        if alarm.about in {About.CLAIM, About.REDIAL, About.TALK, About.OVERDUE_CALL}:
            yield from self._ring_about_call(alarm)
            return
        case = self._cases.get(alarm.case)
        if case is None:
            return
        if alarm.about in {About.BOOKING, About.ORDER}:
            yield from self._ring_about_request(alarm, case)
        else:
            yield from self._ring_about_tow(alarm, case)

    def _ring_about_request(self, alarm: Alarm, case: Case) -> Iterator[Action]:
        """The partner kept silent: it is told that it is out, and the next is asked."""
        booked = alarm.about is About.BOOKING
        request = case.booking if booked else case.order
        if request is None or request.settled or request.attempt != alarm.attempt:
            return
        yield _withdrawal(case, "booking" if booked else "order", request, "no_answer")
        yield from self._bookings.book(case, alarm.due) if booked else self._orders.place(case, alarm.due)
        yield from self._close_if_done(case)

    def _ring_about_tow(self, alarm: Alarm, case: Case) -> Iterator[Action]:
        shop = self._bookings.workshops.get(case.tow_to or "")
        if alarm.about is About.LATE:
            yield from self._tows.overdue(case, alarm.attempt, alarm.due, shop)
        elif alarm.about is About.AWAITED:
            yield from self._tows.awaited(case, alarm.attempt, alarm.due, shop)
        elif alarm.attempt == case.tow_attempt:
            asked = self._tows.unanswered if alarm.about is About.OFFER else self._tows.ask_again
            yield from asked(case, alarm.due, shop)
        yield from self._tows.serve(alarm.due, self._bookings.workshops)  # who lost the job is free for others

    def _ring_about_call(self, alarm: Alarm) -> Iterator[Action]:
        call = self._calls.calls.get(alarm.case)
        if call is None or call.attempt != alarm.attempt:
            return
        if alarm.about is About.OVERDUE_CALL:
            yield from self._calls.assign_any(alarm.due)
        elif call.state is not _RUNG_IN[alarm.about]:
            return
        elif alarm.about is About.TALK:
            yield from self._lost(call, alarm.due)
        else:
            yield from self._requeue(call, alarm.due)


def _withdrawal(
    case: Case, what: Asks, request: Request, reason: Literal["no_answer", "declined_help", "other_comes", "moved"]
) -> WithdrawRequest:
    """Tell the partner who was asked last that it no longer is."""
    asked = (request_id(Asked(case.case, what)), request.attempt, request.partner or "")
    return WithdrawRequest(case.case, *asked, reason, case.finding.provenance)


def _fails_after_help(case: Case, finding: Finding) -> bool:
    """Tell whether a device failed again, or in another way, when help for an open case had been there already."""
    known = (case.finding, *case.others.values())
    again = all(finding.episode != one.episode or finding.relapse > one.relapse for one in known)
    return case.helped_at is not None and case.help_over and again and finding.sends and not finding.told


def _shares_a_case(finding: Finding) -> bool:
    """Tell whether what is broken joins the device's open case: one truck takes the car, one technician the appliance."""
    broken = finding.remedy.help not in {Help.NOTICE, Help.SUPPLIES}
    return finding.domain is Domain.VEHICLE or (finding.domain is Domain.APPLIANCE and broken)


def _wants_call(case: Case) -> bool:
    """Is it worth a call?"""
    return case.finding.remedy.help not in {Help.NOTICE, Help.SUPPLIES}


def _no_call(case: Case) -> bool:
    """Is no call of ours about it queued, in hand or to be made later?"""
    over = {CallState.DONE, CallState.GIVEN_UP, CallState.WITHDRAWN}
    return case.call is None or case.call.state in over


def _wants_order(case: Case) -> bool:
    wanted = case.remedy.help
    return wanted is Help.TECHNICIAN or (wanted is Help.SUPPLIES and case.may_order)


def _sought(case: Case) -> Help | None:
    """Return what is looked for and has not been promised; ``None``: nothing."""
    return case.finding.remedy.help if case.help in _SOUGHT or case.order is not None else None


_SOUGHT = {HelpState.WAITING, HelpState.OFFERED}
_HELP_IS_OVER = {HelpState.DONE, HelpState.CANCELLED, HelpState.TOO_LATE}
"""Nobody goes to where the device is any more: it drives home, or stands in the workshop."""
_RUNG_IN = {About.CLAIM: CallState.ASSIGNED, About.REDIAL: CallState.RESTING, About.TALK: CallState.CONNECTED}
"""In which state of the call an alarm still matters."""
