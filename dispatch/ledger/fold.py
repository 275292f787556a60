"""A ledger's rows folded into how the desk stood behind them: what was decided is taken as it stands, never decided anew. Pure.

Telling the inputs again gives the same only where the same version of the rules decided. What another version decided was
done all the same, and a desk that goes on from there has to know what was done, not what it would have done.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf
from typing import NamedTuple, assert_never

from dispatch.core import actions as act
from dispatch.core import events as ev
from dispatch.core.bookings import Workshop
from dispatch.core.case import Call, Case, Request, nobody_would_come
from dispatch.core.case_place import is_redirected, same_spot
from dispatch.core.decisions import FIRST_VERSION, TELLS_REST
from dispatch.core.desk_state import Standing
from dispatch.core.ended import Endings
from dispatch.core.events import Outcome
from dispatch.core.free_trucks import Truck
from dispatch.core.ids import Asks, asked_by, case_number, case_of_tow
from dispatch.core.lateness import OVERDUE_S, worth_telling
from dispatch.core.patience import patience_s
from dispatch.core.policy import PlaceGate, Policy
from dispatch.core.promised import drive_s
from dispatch.core.skills import NEEDED
from dispatch.core.timers import About, Alarm
from dispatch.core.towing import DUE, FIRST_LOOK, LONG_WAIT, UNFINISHED, VISIT
from dispatch.core.transitions import CallState, HelpState
from dispatch.ledger.rows import Row, read
from gateway.finding import Domain, Drive, Finding, Help, Place, Provenance, Severity, TruckReport

_BEFORE_HELP = {HelpState.NONE, HelpState.ASKING, HelpState.WAITING}
_UNDER_WAY = {HelpState.OFFERED, HelpState.PROMISED, HelpState.ON_SCENE, HelpState.TOO_LATE}


_OVER = {CallState.WITHDRAWN, CallState.DONE, CallState.GIVEN_UP}
_WITHDRAWN_AS = {"unreachable": CallState.GIVEN_UP, "agent_lost": CallState.DONE}


class _Requested(NamedTuple):
    """What a partner was asked for."""

    case: Case
    what: Asks
    request: Request


@dataclass(slots=True)
class Fold:
    """``feed`` it a ledger from its first row on; ``standing`` tells how the desk stood behind the last row."""

    policy: Policy
    at: float = 0.0
    cases: dict[str, Case] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    of_episode: dict[str, str] = field(default_factory=dict)
    of_device: dict[tuple[str, str], str] = field(default_factory=dict)
    endings: Endings = field(default_factory=Endings)
    trucks: dict[str, Truck] = field(default_factory=dict)
    workshops: dict[str, Workshop] = field(default_factory=dict)
    suppliers: dict[str, ev.SupplierOpened] = field(default_factory=dict)
    free: dict[str, ev.AgentBecameFree] = field(default_factory=dict)
    queued: dict[str, None] = field(default_factory=dict)
    """Calls that wait for an agent, as they were queued."""
    passed: dict[Provenance, int] = field(default_factory=dict)
    """How many who rang in were served in a row while a call of ours was overdue."""
    alarms: list[Alarm] = field(default_factory=list)
    """As they would have been set; which of them still matter, ``standing`` says."""
    version: int = FIRST_VERSION
    """Of the rules that decided the rows at hand."""
    asked_again: dict[str, float] = field(default_factory=dict)
    """Case → when all trucks are asked again, however they answered."""
    told: ev.FaultFound | ev.CaseReported | None = None
    """The finding at hand."""
    needs_help: set[str] = field(default_factory=set)
    """Cases of which the input at hand may have had help sent, or asked for the place: no row says which."""

    @classmethod
    def after(cls, policy: Policy, stood: Standing, version: int) -> Fold:
        """Go on from how a desk stood, with rows that ``version`` of the rules decided."""
        calls = {call.call: call for call in stood.calls}
        for case in stood.cases:
            if case.call is not None:  # one call, whoever looks at it
                case.call = calls.get(case.call.call, case.call)
        return cls(
            policy,
            at=stood.woken_at,
            cases={case.case: case for case in stood.cases},
            calls=calls,
            of_episode=dict(stood.of_episode),
            of_device={(device, who): case for device, who, case in stood.of_device},
            endings=Endings(stood.ended.items()),
            trucks={truck.truck: truck for truck in stood.trucks},
            workshops={shop.workshop: shop for shop in stood.workshops},
            suppliers={one.supplier: one for one in stood.suppliers},
            free={agent.agent: agent for agent in stood.free_agents},
            queued=dict.fromkeys(stood.waiting_calls),
            alarms=list(stood.alarms),
            version=version,
        )

    def feed(self, row: Row) -> None:
        """Take the next row."""
        item = read(row)
        for name in [name for name, due in self.asked_again.items() if due <= row.at]:
            del self.asked_again[name]
            if name in self.cases:
                self.cases[name].declined.clear()
        if isinstance(item, ev.Event):
            self._settle()
            self.at = row.at
            self._happened(item)
        else:
            if row.cause is None:  # an alarm's: what the input before came to was settled at its own hour
                self._settle()
            self.at = row.at
            self._decided(item)

    def standing(self) -> Standing:
        """Return how the desk stood behind the last row."""
        self._settle()
        self._look_again()
        waiting = [case for case in self.cases.values() if case.help is HelpState.WAITING]
        waiting.sort(key=lambda case: (case.urgency, case.opened_at, case.case))
        of_customer: dict[str, list[str]] = {}
        for case in self.cases.values():
            of_customer.setdefault(case.finding.customer, []).append(case.case)
        return Standing(
            cases=list(self.cases.values()),
            of_customer=of_customer,
            of_episode=self.of_episode,
            of_device=[(*device, case) for device, case in self.of_device.items()],
            ended=dict(self.endings.items()),
            alarms=[alarm for alarm in sorted(self.alarms) if self._matters(alarm)],
            trucks=list(self.trucks.values()),
            waiting_for_trucks=[case.case for case in waiting],
            workshops=list(self.workshops.values()),
            suppliers=list(self.suppliers.values()),
            calls=list(self.calls.values()),
            waiting_calls=list(self.queued),
            free_agents=list(self.free.values()),
            passed_calls={provenance: count for provenance, count in self.passed.items() if count},
        )

    # --- what happened -----------------------------------------------------------------------------------------------

    def _happened(self, event: ev.Event) -> None:  # noqa: C901, PLR0912 - the whole vocabulary on one screen
        match event:
            case ev.FaultFound() | ev.CaseReported():
                self.told = event
                self._seen_by_crew(event.finding)
            case ev.DeviceRecovered():
                self._recovered(event.recovery.episode)
            case ev.TruckReported():
                self._truck(event.report)
            case ev.WorkshopOpened():
                shop = Workshop(event.workshop, event.latitude, event.longitude, event.provenance)
                self.workshops[event.workshop] = shop
            case ev.SupplierOpened():
                self.suppliers[event.supplier] = event
            case ev.AgentBecameFree():
                self._agent_free(event)
            case ev.AgentLeft():
                self.free.pop(event.agent, None)
            case ev.CallConnected():
                self._connected(event)
            case ev.CallEnded():
                self._call_ended(event)
            case ev.CustomerPhoned():
                call = Call(event.call, None, event.customer, inbound=True, language=event.language,
                            provenance=event.provenance, priority=0)  # fmt: skip
                self.calls[event.call] = call
            case ev.BookingAnswered():
                self._answered(event.booking, event.attempt, accepted=event.accepted, at=event.slot_at)
            case ev.OrderAnswered():
                self._answered(event.order, event.attempt, accepted=event.accepted, at=event.arrives_at)
            case ev.OrderFulfilled():
                found = self._requested(event.order)
                if found is not None:
                    found.request.settled = found.request.fulfilled = True
                    found.case.helped_at = self.at
            case ev.WithdrawalAnswered():
                self._withdrawal_answered(event)
            case ev.ServiceStarted():
                self.version = event.decisions_version
                self._heard_again(event.silent_since)
            case ev.PlaceChanged():
                if event.report.believed:
                    self._seen(self.cases.get(self.of_episode.get(event.report.episode, "")), event.report.place)
            case _:
                assert_never(event)

    def _heard_again(self, silent_since: float) -> None:
        """The service was down: who waited hung up, and who owed an answer has their time once more."""
        self.free.clear()
        for truck in self.trucks.values():
            truck.heard_at = max(truck.heard_at, self.at)
        missed = [one for one in self.alarms if silent_since < one.due <= self.at]
        for alarm in [one for one in missed if self._matters(replace(one, due=inf))]:
            wait_s = patience_s(self.policy, alarm.about, self.cases.get(alarm.case))
            self._remind(wait_s, alarm.about, alarm.case, alarm.attempt)

    def _seen_by_crew(self, finding: Finding) -> None:
        """What a device tells of a case that a crew has looked at belongs to it, and no row says so."""
        case = self.cases.get(self.of_device.get((finding.device, finding.customer), ""))
        if case is not None and case.finding.looked_at and not finding.told:
            self.of_episode[finding.episode] = case.case

    def _seen(self, case: Case | None, place: Place | None) -> None:
        """A device that is seen where it was leaves no row, but help may be sent there now; of another place a row follows."""
        if case is None or place is None or not same_spot(case.place, place):
            return
        if case.place is None or place.fix_time > case.place.fix_time:
            case.place = place
        self.needs_help.add(case.case)

    def _recovered(self, episode: str) -> None:
        case = self.cases.get(self.of_episode.get(episode, ""))
        if case is None:
            return
        if case.finding.episode == episode:
            case.recovered = True
        else:
            case.others.pop(episode, None)

    def _truck(self, report: TruckReport) -> None:
        truck = self.trucks.get(report.truck)
        if truck is None:
            truck = Truck(report.truck, report.place, report.on_duty, report.skills, report.provenance)
            self.trucks[report.truck] = truck
        truck.place, truck.on_duty, truck.skills, truck.heard_at = report.place, report.on_duty, report.skills, self.at
        case = self.cases.get(case_of_tow(report.job or ""))
        if report.job_state in {"declined", "finished"} and case is not None and truck.tow == case.tow:
            truck.tow = None
        if case is not None and report.job_state == "declined":
            case.refused.add(report.truck)
        if case is not None and report.truck == case.truck and case.help in _UNDER_WAY:
            self._job_moved(case, report)

    def _job_moved(self, case: Case, report: TruckReport) -> None:
        match report.job_state:
            case "accepted" if case.help is HelpState.OFFERED:
                case.help = HelpState.PROMISED
                eta = self.at + drive_s(self.policy, self.trucks[report.truck].point, case.place)
                self._expect(case, eta, case.eta_number + 1)
            case "arrived" if case.help in {HelpState.OFFERED, HelpState.PROMISED}:
                case.help = HelpState.ON_SCENE
                self._remind(self.policy.unfinished_s, About.AWAITED, case.case, UNFINISHED)
            case "finished" if case.help is not HelpState.OFFERED or self.version != FIRST_VERSION:
                case.help, case.helped_at = HelpState.DONE, self.at
            case "declined" if case.help is HelpState.TOO_LATE:
                left = self.version != FIRST_VERSION
                case.help, case.too_late = (HelpState.CANCELLED, False) if left else (case.help, case.too_late)
            case "declined":
                case.help, case.truck, case.eta = HelpState.WAITING, None, None
                case.declined.add(report.truck)
                self.asked_again[case.case] = self.at + self.policy.retry_tow_s
                self._remind(self.policy.retry_tow_s, About.TOW_RETRY, case.case, case.tow_attempt)
                self._look_after(case)
            case _:
                pass

    def _expect(self, case: Case, eta: float, number: int) -> None:
        case.eta, case.eta_number = eta, number
        case.promised_eta = case.promised_eta or eta
        if not case.informed or case.told_eta is None or worth_telling(eta, case.told_eta, case.promised_eta):
            case.told_eta = eta
        self._remind(max(0.0, eta + OVERDUE_S - self.at), About.LATE, case.case, number)

    def _agent_free(self, event: ev.AgentBecameFree) -> None:
        for call in [one for one in self.calls.values() if one.agent == event.agent]:
            if call.state is CallState.CONNECTED and self.version == FIRST_VERSION:
                self._over(call, CallState.DONE)  # later versions say in rows what becomes of it
        self.free.pop(event.agent, None)
        self.free[event.agent] = event

    def _connected(self, event: ev.CallConnected) -> None:
        call = self._in_hand(event)
        if call is None or call.state is not CallState.ASSIGNED:
            return
        call.state = CallState.CONNECTED
        self._remind(self.policy.talk_timeout_s, About.TALK, call.call, call.attempt)
        case = self._case_of(call)
        if case is not None:
            case.informed, call.case = True, case.case

    def _in_hand(self, event: ev.CallConnected | ev.CallEnded) -> Call | None:
        """Return the call meant, where it was in the hand of whoever tells of it."""
        call = self.calls.get(event.call)
        if call is None or call.attempt != event.attempt or event.agent not in {None, call.agent}:
            return None
        if self.version == FIRST_VERSION:
            return None if call.state in {CallState.WITHDRAWN, CallState.RESTING} else call
        held = call.state in {CallState.ASSIGNED, CallState.CONNECTED}
        return call if held or (call.inbound and call.state is CallState.QUEUED) else None

    def _call_ended(self, event: ev.CallEnded) -> None:
        call = self._in_hand(event)
        if call is None:
            return
        case = self._case_of(call)
        unheard = event.outcome in {Outcome.NO_ANSWER, Outcome.ABANDONED}
        if unheard and case is not None and call.state is CallState.CONNECTED:
            case.informed = False
        if unheard and not call.inbound:
            call.unanswered += 1
            if call.unanswered >= self.policy.dial_attempts:
                return  # a row says what becomes of it
            call.state = CallState.RESTING
            self._remind(self.policy.rests_s(call.unanswered), About.REDIAL, call.call, call.attempt)
            return
        self._over(call, CallState.DONE)
        if case is not None and event.outcome not in {Outcome.NO_ANSWER, Outcome.ABANDONED}:
            self._heard(case, event)

    def _heard(self, case: Case, event: ev.CallEnded) -> None:
        case.informed = True
        if event.place is not None and case.help in _BEFORE_HELP and self.version == FIRST_VERSION:
            case.place, case.near = event.place, event.near
        could_say_no = case.asks_first if self.version == FIRST_VERSION else case.sends
        if event.outcome is Outcome.DECLINED_HELP or (could_say_no and event.wants_help is False):
            case.declined_help = case.helped_at is None or self.version == FIRST_VERSION
            case.too_late = any(one is not None and one.too_late for one in (case.booking, case.order))
            if case.help in {HelpState.ASKING, HelpState.WAITING}:
                case.help = HelpState.CANCELLED
        elif event.wants_help and self.version != FIRST_VERSION and nobody_would_come(case):
            case.asked_for_help = True
            self.needs_help.add(case.case)
        elif case.asks_first and event.wants_help:
            case.confirmed = True
            if case.nobody_sent and case.needs_truck and event.place is not None and self.version != FIRST_VERSION:
                self._waits(case)
            elif case.nobody_sent:
                self.needs_help.add(case.case)
        elif event.place is not None and case.help is HelpState.ASKING and not case.asks_first:
            self._waits(case)

    def _waits(self, case: Case) -> None:
        """The customer said where: a truck is wanted."""
        case.help = HelpState.WAITING
        self._look_after(case)

    def _answered(self, name: str, attempt: int, *, accepted: bool, at: float | None) -> None:
        found = self._requested(name)
        if found is None or found.request.settled or found.request.attempt != attempt:
            return
        case, request = found.case, found.request
        request.settled, request.at = True, at if accepted else None
        if accepted and found.what == "booking" and case.remedy.help is Help.TOW:
            case.tow_to = request.partner
        if request.at is not None and found.what == "order" and case.remedy.help is Help.TECHNICIAN:
            self._remind(max(0.0, request.at + self.policy.unfinished_s - self.at), About.AWAITED, case.case, VISIT)

    def _withdrawal_answered(self, event: ev.WithdrawalAnswered) -> None:
        found = self._requested(event.request)
        if found is None or not event.too_late or event.attempt > len(found.request.asked):
            return
        case, request = found.case, found.request
        if case.declined_help:
            case.too_late = request.too_late = True
        elif not request.too_late and not request.fulfilled:
            request.settled = request.too_late = True
            request.partner, request.at = event.partner, event.at

    # --- what was decided --------------------------------------------------------------------------------------------

    def _decided(self, action: act.Action) -> None:  # noqa: C901, PLR0912, PLR0915 - the whole vocabulary on one screen
        match action:
            case act.OpenCase():
                self._open(action)
            case act.ReviseCase():
                self._revise(action)
            case act.MoveCase():
                case = self.cases[action.case]
                case.place, case.near, case.places = action.place, action.near, action.number
                self.needs_help.add(case.case)
            case act.MoveTow():
                self._moved(action)
            case act.CloseCase():
                self._close(self.cases.pop(action.case), action.reason)
            case act.SendTow() | act.ReassignTow():
                self._offered(action)
            case act.AdoptTow():
                self._adopted(action)
            case act.RenewEta():
                self._expect(self.cases[action.case], action.eta, action.number)
            case act.EscalateCase():
                self._escalated(self.cases[action.case], action.reason)
            case act.DismissTruck():
                self._release(action.truck, action.tow)
            case act.RedirectTow():
                case = self.cases[action.case]
                case.tow_to = case.told_tow_to = action.tow_to
            case act.CancelTow():
                self.cases[action.case].help = HelpState.CANCELLED
                self._release(action.truck, action.tow)
            case act.LetTowFinish():
                case = self.cases[action.case]
                case.help, case.too_late = HelpState.TOO_LATE, True
            case act.BookWorkshop():
                case = self.cases[action.case]
                case.booking = case.booking or Request()
                self._asked(case, case.booking, action.workshop, action.attempt, About.BOOKING)
            case act.PlaceOrder():
                case = self.cases[action.case]
                case.order = case.order or Request()
                self._asked(case, case.order, action.supplier, action.attempt, About.ORDER)
            case act.WithdrawRequest():
                found = self._requested(action.request)
                if found is not None and action.reason == "moved":
                    found.request.settled, found.request.at = False, None
                elif found is not None and action.reason != "other_comes":
                    found.request.give_up()
            case act.TellDriverToStop():
                self.cases[action.case].told_to_stop = True
            case act.SendNotice():
                case = self.cases[action.case]
                case.notices = action.number
                case.informed = case.informed or not action.beside_call  # more are shown only to who is informed
            case act.QueueCall():
                self._queue(action)
            case act.AssignCall():
                self._assign(action)
            case act.WithdrawCall():
                self._withdraw(action)
            case _:
                assert_never(action)

    def _open(self, action: act.OpenCase) -> None:
        told = self.told
        assert told is not None  # noqa: S101 - a case is opened for what was found
        finding = told.finding
        number = case_number(action.case, finding.episode)
        wishes = (told.language, told.may_call, told.may_order)
        case = Case(action.case, finding, *wishes, self.at, number, place=finding.place, near=finding.near)
        self.cases[action.case] = case
        self.of_episode[finding.episode] = action.case
        broken = finding.remedy.help not in {Help.NOTICE, Help.SUPPLIES}
        if finding.domain is Domain.VEHICLE or (finding.domain is Domain.APPLIANCE and broken):
            self.of_device[finding.device, finding.customer] = action.case
        self.needs_help.add(action.case)
        call = self.calls.get(told.call or "") if isinstance(told, ev.CaseReported) else None
        if call is not None and call.state is CallState.CONNECTED:
            call.case, case.informed = case.case, True

    def _revise(self, action: act.ReviseCase) -> None:
        assert self.told is not None  # noqa: S101 - a case is revised by what was found
        case, finding = self.cases[action.case], self.told.finding
        self.of_episode[finding.episode] = action.case
        if action.changed == ("also",):
            case.others[finding.episode] = finding
            self._seen(case, finding.place)
            return
        if "also" in action.changed:
            case.others[case.finding.episode] = case.finding
        case.others.pop(finding.episode, None)
        case.finding, case.recovered = finding, False
        if case.help is HelpState.ASKING and not case.needs_truck and self.version != FIRST_VERSION:
            case.help = HelpState.NONE
        if finding.place is not None and (case.help in _BEFORE_HELP or self.version != FIRST_VERSION):
            case.place, case.near = finding.place, finding.near
        self.needs_help.add(action.case)

    def _close(self, case: Case, reason: act.CloseReason) -> None:
        found = {finding.episode: finding for finding in (case.finding, *case.others.values())}
        for episode in [episode for episode, name in self.of_episode.items() if name == case.case]:
            found.setdefault(episode, replace(case.finding, episode=episode, relapse=0))
        self.endings.note(case, found.values(), reason, self.at)
        self.of_episode = {episode: name for episode, name in self.of_episode.items() if name != case.case}
        self.of_device = {device: name for device, name in self.of_device.items() if name != case.case}
        if case.call is not None:
            self.calls.pop(case.call.call, None)
            self.queued.pop(case.call.call, None)

    def _offered(self, action: act.SendTow | act.ReassignTow) -> None:
        case = self.cases[action.case]
        if case.truck is not None:
            self._release(case.truck, action.tow)
        self.asked_again.pop(case.case, None)
        case.sent_to, case.sent_for = action.place, action.part
        case.tow_instead = case.tow_instead and action.skill == "tow"
        case.help, case.truck, case.eta, case.place = HelpState.OFFERED, action.truck, action.eta, action.place
        case.tow_attempt = action.attempt if isinstance(action, act.ReassignTow) else 1
        case.tow_to, case.told_tow_to = action.tow_to or case.tow_to, action.tow_to
        if action.truck in self.trucks:
            self.trucks[action.truck].tow = action.tow
        self._remind(self.policy.offer_timeout_s, About.OFFER, case.case, case.tow_attempt)

        case.asked_trucks.add(action.truck)
        case.refused.discard(action.truck)
        case.promised_eta = None
        if case.tow_attempt == 1:
            self._look_after(case)

    def _moved(self, action: act.MoveTow) -> None:
        case = self.cases[action.case]
        case.tow_moves, case.sent_for = action.number, action.part
        if not action.metres:
            return
        case.sent_to = action.place
        if self.version >= TELLS_REST and not is_redirected(action.metres):
            return
        if case.help is HelpState.PROMISED:
            case.told_eta = action.eta if case.told_eta is not None else None
            self._expect(case, action.eta, case.eta_number + 1)
        case.eta = action.eta

    def _adopted(self, action: act.AdoptTow) -> None:
        case = self.cases[action.case]
        if action.instead_of is not None:
            self._release(action.instead_of, action.tow)
        case.help = {"accepted": HelpState.PROMISED, "arrived": HelpState.ON_SCENE, "finished": HelpState.DONE}[
            action.reason
        ]
        case.truck, case.tow_attempt, case.promised_eta = action.truck, action.attempt, None
        case.told_tow_to = action.tow_to
        if self.version >= TELLS_REST:
            case.sent_to, case.sent_for = action.place, action.part
        case.declined.discard(action.truck)
        case.refused.discard(action.truck)
        truck = self.trucks.get(action.truck)
        if truck is not None and truck.tow is None and case.help is not HelpState.DONE:
            truck.tow = action.tow
        if case.help is HelpState.ON_SCENE:
            self._remind(self.policy.unfinished_s, About.AWAITED, case.case, UNFINISHED)
        self._expect(case, action.eta, case.eta_number + 1)

    @staticmethod
    def _escalated(case: Case, reason: act.EscalationReason) -> None:
        case.escalated.add(reason)
        roadside = case.finding.remedy.help is Help.ROADSIDE and case.skill != "tow"
        case.tow_instead = case.tow_instead or (reason == "no_truck_with_skill" and roadside)

    def _look_after(self, case: Case) -> None:
        for look, after in ((FIRST_LOOK, self.policy.retry_tow_s), (LONG_WAIT, self.policy.no_truck_s)):
            self._remind(after, About.AWAITED, case.case, look)
        due = max(self.policy.retry_tow_s, case.opened_at + self.policy.due_s - self.at)
        self._remind(due, About.AWAITED, case.case, DUE)

    def _asked(self, case: Case, request: Request, partner: str, attempt: int, about: About) -> None:
        request.attempt, request.partner, request.settled, request.at = attempt, partner, False, None
        request.asked.append(partner)
        if about is About.BOOKING:
            case.tow_to = case.tow_to or partner
        self._remind(self.policy.answer_timeout_s, about, case.case, attempt)

    def _queue(self, action: act.QueueCall) -> None:
        call, case = self.calls.get(action.call), self.cases.get(action.case or "")
        if call is None:
            call = Call(action.call, action.case, action.customer, inbound=False, language=action.language,
                        provenance=action.provenance, priority=action.priority)  # fmt: skip
            self.calls[action.call] = call
        call.case = action.case
        if case is not None and action.reason == "agent_lost":
            case.informed = False
        anew = action.reason in {"agent_lost", "open_question"} or call.state in _OVER
        if anew:
            call.unanswered = 0
        call.state, call.agent, call.attempt = CallState.QUEUED, None, action.attempt
        call.due, call.not_before, call.priority = action.due, action.not_before, action.priority
        if case is not None:
            finding = case.finding
            call.skill = NEEDED[finding.domain]
            if not call.inbound:
                case.call = call
                stop, worst = finding.drive is Drive.STOP_NOW, finding.severity is Severity.CRITICAL
                if anew or action.attempt == 1:
                    call.at_once = finding.sends or stop or worst
                elif action.reason == "unanswered":
                    call.at_once = stop
        self.queued[action.call] = None
        self._remind(max(0.0, call.not_before - self.at), About.OVERDUE_CALL, call.call, call.attempt)
        self._remind(max(0.0, call.due - self.at), About.OVERDUE_CALL, call.call, call.attempt)

    def _assign(self, action: act.AssignCall) -> None:
        call = self.calls[action.call]
        self._passes(call)
        call.state, call.agent = CallState.ASSIGNED, action.agent
        self.queued.pop(action.call, None)
        self.free.pop(action.agent, None)
        self._remind(self.policy.claim_timeout_s, About.CLAIM, call.call, call.attempt)

    def _passes(self, call: Call) -> None:
        """Note whose turn it was: a customer's who rang in, while a call of ours is overdue, or ours."""
        ours = (one for one in map(self.calls.__getitem__, self.queued) if not one.inbound)
        overdue = any(one.provenance == call.provenance and one.due <= self.at for one in ours)
        self.passed[call.provenance] = self.passed.get(call.provenance, 0) + 1 if call.inbound and overdue else 0

    def _withdraw(self, action: act.WithdrawCall) -> None:
        call = self.calls[action.call]
        call.agent = None
        self.queued.pop(action.call, None)
        call.state = _WITHDRAWN_AS.get(action.reason, CallState.WITHDRAWN)
        case = self.cases.get(action.case or "")
        if case is not None and action.reason == "agent_lost":
            case.informed = False
        for one in self.calls.values():
            rang_in = one.inbound and one.customer == call.customer and action.reason == "customer_phoned"
            if rang_in:  # who holds the line is asked about what broke meanwhile
                one.case = one.case or action.case
        if call.state in _OVER - {CallState.WITHDRAWN}:
            del self.calls[action.call]

    # --- what no row says --------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Tell a case whose place has to be asked for from one that waits for a truck: neither is decided in so many words."""
        for name in self.needs_help:
            case = self.cases.get(name)
            if case is not None and case.needs_truck and case.help in {HelpState.NONE, HelpState.ASKING}:
                sure = not case.asks_first and self.policy.gate(case.place, self.at) is PlaceGate.GOOD
                case.help = HelpState.WAITING if sure else HelpState.ASKING
                if sure:
                    self._look_after(case)
        self.needs_help.clear()

    def _look_again(self) -> None:
        """A truck that stays silent while no other is free is looked after again and again, and no row says so."""
        for case in self.cases.values():
            if case.help not in {HelpState.OFFERED, HelpState.PROMISED}:
                continue
            mine = [alarm for alarm in self.alarms if alarm.case == case.case and _of_the_truck(case, alarm)]
            if not any(alarm.due > self.at for alarm in mine):
                every = self.policy.retry_tow_s
                due = max((alarm.due for alarm in mine), default=self.at)
                about, attempt = _reminds(case)
                self._remind(every - (self.at - due) % every, about, case.case, attempt)

    def _matters(self, alarm: Alarm) -> bool:
        """Tell whether an alarm is still to ring: what it reminds of stands as it stood when it was set."""
        case, call = self.cases.get(alarm.case), self.calls.get(alarm.case)
        if alarm.due <= self.at:
            return False
        if call is not None:
            rung_in = {
                About.CLAIM: CallState.ASSIGNED,
                About.REDIAL: CallState.RESTING,
                About.TALK: CallState.CONNECTED,
            }
            return alarm.attempt == call.attempt and call.state is rung_in.get(alarm.about, CallState.QUEUED)
        return case is not None and _still_awaited(case, alarm)

    def _remind(self, after_s: float, about: About, name: str, attempt: int) -> None:
        number = self.alarms[-1].number + 1 if self.alarms else 1
        self.alarms.append(Alarm(self.at + after_s, number, about, name, attempt))

    def _requested(self, name: str) -> _Requested | None:
        asked = asked_by(name)
        case = self.cases.get(asked.case) if asked is not None else None
        request = case.request(asked.what) if case is not None and asked is not None else None
        return _Requested(case, asked.what, request) if case and asked and request else None

    def _case_of(self, call: Call) -> Case | None:
        if call.case is not None:
            return self.cases.get(call.case)
        mine = [case for case in self.cases.values() if case.finding.customer == call.customer]
        untold = [case for case in mine if not case.informed]
        found = untold or mine
        return found[-1] if found and call.inbound else None

    def _over(self, call: Call, state: CallState) -> None:
        call.state, call.agent = state, None
        self.calls.pop(call.call, None)
        self.queued.pop(call.call, None)

    def _release(self, name: str, tow: str) -> None:
        truck = self.trucks.get(name)
        if truck is not None and truck.tow == tow:
            truck.tow = None


def _of_the_truck(case: Case, alarm: Alarm) -> bool:
    """Tell whether an alarm reminds of the truck that was asked last."""
    return alarm.about in {About.OFFER, About.TOW_RETRY, About.LATE} and _still_awaited(case, alarm)


def _reminds(case: Case) -> tuple[About, int]:
    if case.help is HelpState.OFFERED:
        return About.TOW_RETRY, case.tow_attempt
    return About.LATE, case.eta_number


def _still_awaited(case: Case, alarm: Alarm) -> bool:
    match alarm.about:
        case About.AWAITED:
            return case.help not in {HelpState.DONE, HelpState.CANCELLED}
        case About.LATE:
            return case.help is HelpState.PROMISED and alarm.attempt == case.eta_number
        case About.OFFER:
            return case.help is HelpState.OFFERED and alarm.attempt == case.tow_attempt
        case About.TOW_RETRY:
            return case.help in {HelpState.WAITING, HelpState.OFFERED} and alarm.attempt == case.tow_attempt
        case _:
            request = case.booking if alarm.about is About.BOOKING else case.order
            return request is not None and not request.settled and request.attempt == alarm.attempt
