"""The desk: the pure core of dispatch. ``handle(event, now)``, ``wake(now)``, ``next_wake()``, and nothing else.

No clock, no network, no store, no dice: time is an argument, ids are derived, decisions are returned. ``handle`` begins
with whatever came due at or before ``now``, as of its own hour, so that late timers, early timers and a replay of the
inputs alone all give the same decisions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, assert_never

from dispatch.actions import (
    Action,
    CloseCase,
    CloseReason,
    OpenCase,
    ReviseCase,
    SendNotice,
    TellDriverToStop,
    WithdrawRequest,
)
from dispatch.alarms import About, Alarm, Alarms
from dispatch.calls import UNHEARD, Calls
from dispatch.case import Call, Case, Request
from dispatch.events import (
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
    SupplierOpened,
    TruckReported,
    WithdrawalAnswered,
    WorkshopOpened,
)
from dispatch.moves import CallState, HelpMove, HelpState
from dispatch.policy import PlaceGate, Policy
from dispatch.standing import Standing
from dispatch.supplies import Orders
from dispatch.tow import Tows
from dispatch.words.parts import message
from dispatch.workshop import Bookings, Workshop
from gateway.finding import Domain, Drive, Finding, Grade, Help, TruckReport

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
        self._ended: dict[str, int] = {}
        """Episode → its relapses when its case was closed."""

    def handle(self, event: Event, now: float) -> list[Decision]:
        """Take note of ``event`` and return what is decided, in order."""
        decisions = self.wake(now)
        decisions.extend((now, action) for action in self._on(event, now))
        return decisions

    def wake(self, now: float) -> list[Decision]:
        """Return what is decided about everything that came due at or before ``now``."""
        decisions: list[Decision] = []
        while (alarm := self._alarms.pop_due(now)) is not None:
            decisions.extend((alarm.due, action) for action in self._ring(alarm))
        return decisions

    def next_wake(self) -> float | None:
        """When ``wake`` wants to be called next, POSIX seconds."""
        return self._alarms.next()

    def agents_waiting(self) -> list[str]:
        """Return the agents who wait for a call."""
        return [event.agent for event in self._calls.free()]

    def standing(self) -> Standing:
        """Return how everything stands, as it can be written down."""
        return Standing(
            cases=list(self._cases.values()),
            of_customer={customer: list(cases) for customer, cases in self._open_of.items()},
            of_episode={episode: case.case for episode, case in self._of_episode.items()},
            of_device=[(*device, case.case) for device, case in self._of_device.items()],
            ended=self._ended,
            alarms=self._alarms.standing(),
            trucks=list(self._tows.trucks.values()),
            waiting_for_trucks=[case.case for case in self._tows.waiting()],
            workshops=list(self._bookings.workshops.values()),
            suppliers=list(self._orders.suppliers.values()),
            calls=list(self._calls.calls.values()),
            waiting_calls=self._calls.waiting(),
            free_agents=self._calls.free(),
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
        self._ended = standing.ended
        self._alarms.stand(standing.alarms)
        self._tows.stand(standing.trucks, [self._cases[case] for case in standing.waiting_for_trucks])
        self._bookings.workshops = {shop.workshop: shop for shop in standing.workshops}
        self._orders.suppliers = {one.supplier: one for one in standing.suppliers}
        self._calls.stand(calls, standing.waiting_calls, standing.free_agents)

    def _on(self, event: Event, now: float) -> Iterator[Action]:  # noqa: C901, PLR0912 - the whole vocabulary on one screen
        match event:
            case FaultFound() | CaseReported():
                yield from self._found(event, now)
            case DeviceRecovered():
                yield from self._recovered(event)
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
                self._calls.agent_left(event.agent)
            case CallConnected():
                yield from self._connected(event)
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
            case _:
                assert_never(event)

    # --- cases -------------------------------------------------------------------------------------------------------

    def _found(self, event: FaultFound | CaseReported, now: float) -> Iterator[Action]:
        """Open a case, or revise the one that is open. What comes late for a case that is closed is no new fault."""
        finding = event.finding
        case = self._of_episode.get(finding.episode)
        if case is None and self._ended.get(finding.episode, -1) >= finding.relapse:
            return
        if case is None and _shares_a_case(finding):
            case = self._of_device.get((finding.device, finding.customer))
        if case is None:
            yield from self._open(event, now)
        elif case.finding.looked_at and not finding.told:
            self._of_episode[finding.episode] = case  # who looked at it knows better than the device
        elif finding.episode == case.finding.episode:
            yield from self._revise(case, finding, now)
        elif case.finding.told:  # the device knows better what its owner could only describe
            self._of_episode[finding.episode] = case
            yield from self._revise(case, finding, now)
        else:
            yield from self._also(case, finding, now)

    def _also(self, case: Case, finding: Finding, now: float) -> Iterator[Action]:
        """Something else is broken in a device that has a case: it is added, and leads where it is the more urgent."""
        self._of_episode[finding.episode] = case
        self._episodes[case.case].append(finding.episode)
        case.others[finding.episode] = finding
        if (finding.urgency, not finding.sends) < (case.finding.urgency, not case.finding.sends):
            case.others[case.finding.episode] = case.finding
            del case.others[finding.episode]
            yield from self._revise(case, finding, now, "also")
        else:
            yield ReviseCase(case.case, finding.key, ("also",))

    def _open(self, event: FaultFound | CaseReported, now: float) -> Iterator[Action]:
        finding = event.finding
        case = Case(finding.case, finding, event.language, event.may_call, event.may_order, now, place=finding.place)
        self._cases[case.case] = self._of_episode[finding.episode] = case
        self._episodes[case.case] = [finding.episode]
        if _shares_a_case(finding):
            self._of_device[finding.device, finding.customer] = case
        self._open_of.setdefault(finding.customer, {})[case.case] = case
        yield OpenCase(case.case, finding.customer, finding.device, finding.provenance)
        caller = self._caller(event)
        if caller is None:
            yield from self._stop_driver(case)
        yield from self._send_help(case, now)
        if caller is not None:
            caller.case, case.informed = case.case, True
        else:
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
            yield TellDriverToStop(case.case, finding.device, finding.name, finding.provenance)

    def _send_help(self, case: Case, now: float) -> Iterator[Action]:
        if case.needs_truck:
            if not case.asks_first and self.policy.gate(case.place, now) is PlaceGate.GOOD:
                yield from self._send_truck(case, now)
            else:
                case.move(HelpMove.ASK)
        elif case.order is None and not case.asks_first and _wants_order(case):
            yield from self._orders.place(case, now)

    def _send_truck(self, case: Case, now: float) -> Iterator[Action]:
        shop = self._bookings.nearest(case.place, case.finding.provenance, [])
        yield from self._tows.need(case, now, shop)
        if case.finding.remedy.workshop_s > 0:
            yield from self._bookings.book(case, now)

    def _inform(self, case: Case, now: float) -> Iterator[Action]:
        """Call the customer, or send a message where a call is not wanted or not worth it."""
        finding = case.finding
        wants_call = finding.remedy.help not in {Help.NOTICE, Help.SUPPLIES}
        if wants_call and case.may_call:
            yield from self._calls.queue(case, now)
            caller = self._calls.on_the_line(finding.customer)
            if caller is not None and case.call is not None:
                caller.case = case.case
                yield from self._calls.withdraw(case.call, "customer_phoned")
        elif finding.notify is not None:
            case.informed = True
            sought = finding.remedy.help if case.help in _SOUGHT or case.order is not None else None
            text = message(finding, case.language, sought)
            yield SendNotice(case.case, finding.notify, text, finding.provenance)

    def _revise(self, case: Case, finding: Finding, now: float, *more: str) -> Iterator[Action]:
        before, case.finding = case.finding, finding
        case.recovered = False
        if finding.place is not None and case.help in {HelpState.NONE, HelpState.ASKING, HelpState.WAITING}:
            case.place = finding.place
        fields = ("part", "grade", "severity", "drive", "remedy", "place", "relapse")
        changed = tuple(name for name in fields if getattr(before, name) != getattr(finding, name))
        yield ReviseCase(case.case, finding.key, (*changed, *more))
        yield from self._stop_driver(case)
        if case.help in {HelpState.NONE, HelpState.ASKING}:
            yield from self._send_help_if_new(case, before, now)
        else:
            yield from self._tows.reskill(case, now, self._bookings.workshops.get(case.tow_to or ""))

    def _send_help_if_new(self, case: Case, before: Finding, now: float) -> Iterator[Action]:
        surer = before.grade is Grade.ASK and case.finding.grade is Grade.ACT
        newly = case.help is HelpState.ASKING or surer or before.remedy.help is not case.finding.remedy.help
        if newly and case.order is None:
            yield from self._send_help(case, now)
            if case.call is None and not case.informed:
                yield from self._inform(case, now)

    def _recovered(self, event: DeviceRecovered) -> Iterator[Action]:
        """The device is well again. Nobody is called off for that: a flapping code must not cost a customer the truck."""
        case = self._of_episode.get(event.recovery.episode)
        if case is None:
            return
        if event.recovery.episode != case.finding.episode:
            case.others.pop(event.recovery.episode, None)
            return
        case.recovered = True
        if case.finding.remedy.help is Help.TALK and case.call is not None and not case.informed:
            yield from self._calls.withdraw(case.call, "recovered")
            if case.call.state is CallState.WITHDRAWN:
                yield from self._close(case, "recovered")

    def _close_if_done(self, case: Case) -> Iterator[Action]:
        if case.closed or not case.call_over:
            return
        if case.asks_first and case.call is not None:
            if case.call.state is CallState.GIVEN_UP:
                yield from self._close(case, "unreachable")
            return
        if not case.help_over:
            return
        if case.too_late:
            yield from self._close(case, "too_late")
        elif case.help is HelpState.CANCELLED or case.declined_help:
            yield from self._close(case, "declined")
        elif case.help is HelpState.DONE or (case.order is not None and case.order.fulfilled):
            yield from self._close(case, "helped")
        elif not case.informed and case.call is not None:
            yield from self._close(case, "unreachable")
        else:
            yield from self._close(case, "informed")

    def _close(self, case: Case, reason: CloseReason) -> Iterator[Action]:
        case.closed = True
        del self._cases[case.case]
        for finding in (case.finding, *case.others.values()):
            self._ended[finding.episode] = finding.relapse
        for episode in self._episodes.pop(case.case):
            self._of_episode.pop(episode, None)
        device = (case.finding.device, case.finding.customer)
        if self._of_device.get(device) is case:
            del self._of_device[device]
        mine = self._open_of[case.finding.customer]
        del mine[case.case]
        if not mine:
            del self._open_of[case.finding.customer]
        if case.call is not None:
            self._calls.calls.pop(case.call.call, None)
        yield CloseCase(case.case, reason)

    # --- trucks, workshops, suppliers --------------------------------------------------------------------------------

    def _truck(self, report: TruckReport, now: float) -> Iterator[Action]:
        self._tows.hear(report)
        case = self._cases.get(report.job.removesuffix("/tow")) if report.job else None
        if case is not None:
            yield from self._job_moved(case, report, now)
        yield from self._tows.serve(now, self._bookings.workshops)

    def _job_moved(self, case: Case, report: TruckReport, now: float) -> Iterator[Action]:
        match report.job_state:
            case "accepted":
                self._tows.accepted(case, report, now)
            case "declined":
                yield from self._tows.declined(case, report, now, self._bookings.workshops.get(case.tow_to or ""))
            case "arrived":
                self._tows.arrived(case, report)
            case "finished":
                self._tows.finished(case, report)
                yield from self._close_if_done(case)
            case None:
                pass

    def _booking_answered(self, event: BookingAnswered, now: float) -> Iterator[Action]:
        case = self._cases.get(event.booking.removesuffix("/booking"))
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
        if case.finding.remedy.help is Help.TOW:
            yield from self._tows.redirect(case, self._bookings.workshops[booking.partner], attempt)

    def _order_answered(self, event: OrderAnswered, now: float) -> Iterator[Action]:
        case = self._cases.get(event.order.removesuffix("/order"))
        if case is None or case.order is None or case.order.settled or event.attempt != case.order.attempt:
            return
        if event.accepted:
            case.order.settled, case.order.at = True, event.arrives_at
        else:
            yield from self._orders.place(case, now)
        yield from self._close_if_done(case)

    def _fulfilled(self, event: OrderFulfilled) -> Iterator[Action]:
        case = self._cases.get(event.order.removesuffix("/order"))
        if case is not None and case.order is not None:
            case.order.settled = case.order.fulfilled = True
            yield from self._close_if_done(case)

    def _withdrawal_answered(self, event: WithdrawalAnswered) -> Iterator[Action]:
        """Too late: who was told that it is out comes all the same. Then nobody else does, and the case says so."""
        case = self._cases.get(event.request.rpartition("/")[0])
        name = event.request.rpartition("/")[2]
        request = None if case is None else case.booking if name == "booking" else case.order
        if case is None or request is None or not event.too_late or event.attempt > len(request.asked):
            return
        if case.declined_help:
            case.too_late = request.too_late = True
        elif not request.too_late and not request.fulfilled:
            yield from self._other_comes(case, name, request, event)
        yield from self._close_if_done(case)

    def _other_comes(self, case: Case, name: str, request: Request, event: WithdrawalAnswered) -> Iterator[Action]:
        nobody = request.settled and request.at is None
        if event.attempt != request.attempt and not nobody:
            yield _withdrawal(case, name, request, "other_comes")
        request.settled = request.too_late = True
        request.partner, request.at = event.partner, event.at
        if name == "booking":
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

    def _connected(self, event: CallConnected) -> Iterator[Action]:
        call = self._calls.calls.get(event.call)
        if call is None or event.attempt != call.attempt or not self._calls.connected(call):
            return
        case = self._case_of(call)
        if case is not None:
            case.informed = True
            if case.call is not None and case.call is not call:
                yield from self._calls.withdraw(case.call, "customer_phoned")

    def _call_ended(self, event: CallEnded, now: float) -> Iterator[Action]:
        call = self._calls.calls.get(event.call)
        if call is None or event.attempt != call.attempt:
            return
        case = self._case_of(call)
        if event.outcome in UNHEARD:
            yield from self._unheard(call, case, now)
        else:
            self._calls.finish(call)
            if case is not None:
                yield from self._heard(case, event, now)
        if case is not None:
            yield from self._close_if_done(case)

    def _agent_free(self, event: AgentBecameFree, now: float) -> Iterator[Action]:
        """Whoever asks for the next call has ended the one before, said or not."""
        for call in self._calls.held_by(event.agent):
            if call.state is CallState.CONNECTED:
                yield from self._call_ended(CallEnded(call.call, call.attempt, Outcome.INFORMED), now)
            else:
                yield from self._calls.requeue(call, now)
        yield from self._calls.agent_free(event, now)

    def _unheard(self, call: Call, case: Case | None, now: float) -> Iterator[Action]:
        if not call.inbound:
            yield from self._calls.unanswered(call, now)
            return
        self._calls.finish(call)
        if case is not None and not case.informed and case.call is not None:
            yield from self._calls.requeue(case.call, now)

    def _heard(self, case: Case, event: CallEnded, now: float) -> Iterator[Action]:
        case.informed = True
        if event.place is not None and case.help in {HelpState.NONE, HelpState.ASKING, HelpState.WAITING}:
            case.place = event.place
        if event.outcome is Outcome.DECLINED_HELP or (case.asks_first and event.wants_help is False):
            case.declined_help = True
            yield from self._tows.cancel(case, "the customer wants no help")
            yield from self._withdraw_requests(case)
            return
        if case.asks_first and event.wants_help:
            case.confirmed = True
            yield from self._send_help(case, now)
        elif event.place is not None and case.help is HelpState.ASKING and not case.asks_first:
            yield from self._send_truck(case, now)
        elif event.place is not None:
            yield from self._tows.reskill(case, now, self._bookings.workshops.get(case.tow_to or ""))

    @staticmethod
    def _withdraw_requests(case: Case) -> Iterator[Action]:
        for name, request in (("booking", case.booking), ("order", case.order)):
            gone = request is None or request.partner is None or request.fulfilled or request.too_late
            case.too_late = case.too_late or (request is not None and request.too_late)
            if request is not None and not gone and not (request.settled and request.at is None):
                yield _withdrawal(case, name, request, "declined_help")
                request.give_up()

    # --- alarms ------------------------------------------------------------------------------------------------------

    def _ring(self, alarm: Alarm) -> Iterator[Action]:
        if alarm.about in {About.CLAIM, About.REDIAL, About.OVERDUE_CALL}:
            yield from self._ring_about_call(alarm)
            return
        case = self._cases.get(alarm.case)
        if case is None:
            return
        if alarm.about in {About.OFFER, About.TOW_RETRY}:
            yield from self._ring_about_tow(alarm, case)
        else:
            yield from self._ring_about_request(alarm, case)

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
        if alarm.attempt != case.tow_attempt:
            return
        shop = self._bookings.workshops.get(case.tow_to or "")
        if alarm.about is About.OFFER:
            yield from self._tows.unanswered(case, alarm.due, shop)
        else:
            yield from self._tows.ask_again(case, alarm.due, shop)

    def _ring_about_call(self, alarm: Alarm) -> Iterator[Action]:
        call = self._calls.calls.get(alarm.case)
        if call is None or call.attempt != alarm.attempt:
            return
        if alarm.about is About.OVERDUE_CALL:
            yield from self._calls.assign_any(alarm.due)
        elif call.state is _RUNG_IN[alarm.about]:
            yield from self._calls.requeue(call, alarm.due)


def _withdrawal(
    case: Case, name: str, request: Request, reason: Literal["no_answer", "declined_help", "other_comes"]
) -> WithdrawRequest:
    """Tell the partner who was asked last that it no longer is."""
    asked = (f"{case.case}/{name}", request.attempt, request.partner or "")
    return WithdrawRequest(case.case, *asked, reason, case.finding.provenance)


def _shares_a_case(finding: Finding) -> bool:
    """Tell whether what is broken joins the device's open case: one truck takes the car, one technician mends the fridge."""
    broken = finding.remedy.help not in {Help.NOTICE, Help.SUPPLIES}
    return finding.domain is Domain.VEHICLE or (finding.domain is Domain.APPLIANCE and broken)


def _wants_order(case: Case) -> bool:
    wanted = case.finding.remedy.help
    return wanted is Help.TECHNICIAN or (wanted is Help.SUPPLIES and case.may_order)


_SOUGHT = {HelpState.OFFERED, HelpState.WAITING}
"""A truck is looked for, and none has promised to come."""
_RUNG_IN = {About.CLAIM: CallState.ASSIGNED, About.REDIAL: CallState.RESTING}
"""In which state of the call an alarm still matters."""
