"""What the ledger says, case by case: the projection that API, console and reports read. Fed row by row, never asked back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from dispatch.actions import (
    AssignCall,
    BookWorkshop,
    CancelTow,
    CloseCase,
    LetTowFinish,
    OpenCase,
    PlaceOrder,
    QueueCall,
    ReassignTow,
    RedirectTow,
    ReviseCase,
    SendNotice,
    SendTow,
    WithdrawCall,
    WithdrawRequest,
)
from dispatch.calls import UNHEARD
from dispatch.events import (
    BookingAnswered,
    CallConnected,
    CallEnded,
    CaseReported,
    DeviceRecovered,
    FaultFound,
    OrderAnswered,
    OrderFulfilled,
    Outcome,
    TruckReported,
    WithdrawalAnswered,
)
from dispatch.ledger import Row, case_of, read
from dispatch.timeline import TimelineLine, line
from gateway.finding import Finding, Grade, Place


@dataclass(slots=True)
class CallView:
    """A call as it stands. Times are POSIX seconds."""

    call: str
    case: str | None
    customer: str
    direction: str
    language: str
    provenance: str
    priority: int
    attempt: int
    state: str
    """queued, assigned, connected, resting, done, withdrawn."""
    queued_at: float
    due: float
    not_before: float = 0.0
    """Nobody rings earlier: quiet hours."""
    agent: str | None = None
    connected_at: float | None = None
    ended_at: float | None = None
    outcome: str | None = None
    withdrawn: str | None = None
    reason: str = ""
    """Why it is queued once more: agent_lost (they may have spoken already), unanswered, open_question."""

    def given_to(self, attempt: int, agent: str | None) -> bool:
        """Is it this attempt, and was it given to whoever speaks of it? An unnamed agent is taken at their word."""
        return self.attempt == attempt and agent in {None, self.agent}


@dataclass(slots=True)
class HelpView:
    """The truck of a case. Times are POSIX seconds."""

    state: str
    """offered, promised, on_scene, done, cancelled; too_late: on the scene when or after it was called off."""
    truck: str
    eta: float
    sent_at: float
    accepted_at: float | None = None
    arrived_at: float | None = None
    finished_at: float | None = None
    tow_to: str | None = None
    attempts: int = 1


@dataclass(slots=True)
class RequestView:
    """A booking or an order. Times are POSIX seconds."""

    partner: str
    what: str
    attempt: int
    state: str = "asked"
    """asked, accepted, refused, withdrawn, called_off (the partner knows), too_late (it comes all the same), fulfilled."""
    at: float | None = None
    """The slot, or when it arrives."""

    def stands(self, attempt: int) -> bool:
        """Is it this attempt that is asked, and was it not withdrawn?"""
        return self.attempt == attempt and self.state not in {"withdrawn", "called_off", "too_late"}


@dataclass(slots=True)
class CaseView:
    """A case as it stands."""

    case: str
    customer: str
    device: str
    provenance: str
    opened_at: float
    finding: Finding
    """The latest."""
    revisions: int = 0
    also: dict[str, Finding] = field(default_factory=dict)
    """Episode → what else is broken in the same device."""
    before: tuple[str, ...] = ()
    """What it was taken for, first to last, where a better diagnosis revised it."""
    help: HelpView | None = None
    booking: RequestView | None = None
    order: RequestView | None = None
    call: str | None = None
    notice: str | None = None
    informed_at: float | None = None
    recovered_at: float | None = None
    closed_at: float | None = None
    close_reason: str | None = None

    @property
    def open(self) -> bool:
        """Is anything left to do?"""
        return self.closed_at is None

    @property
    def asks_first(self) -> bool:
        """Is the customer to be asked before anybody is sent?"""
        sent = self.help is not None or self.order is not None
        return self.open and self.finding.grade is Grade.ASK and self.finding.sends and not sent

    def came_too_late(self) -> None:
        """What was called off comes all the same: a case that was closed without help says so."""
        if self.close_reason == "declined":
            self.close_reason = "too_late"

    def take(self, finding: Finding, *, besides: bool) -> None:
        """Take a revised finding; ``besides``: it tells of something else that is broken and is less urgent."""
        self.revisions += 1
        self.recovered_at = None
        if besides:
            self.also[finding.episode] = finding
            return
        if finding.episode != self.finding.episode and not self.finding.told:
            self.also[self.finding.episode] = self.finding
            self.also.pop(finding.episode, None)
        if finding.part != self.finding.part and (finding.episode == self.finding.episode or self.finding.told):
            self.before = (*self.before, self.finding.name)
        self.finding = finding


@dataclass(slots=True)
class TruckView:
    """A truck as it last spoke."""

    truck: str
    place: Place
    heard_at: float
    on_duty: bool
    skills: tuple[str, ...]
    job: str | None
    """The tow it is on."""


@dataclass(slots=True)
class Counts:
    """Running totals."""

    inputs: int = 0
    tows: int = 0
    orders: int = 0
    bookings: int = 0
    notices: int = 0
    connected: int = 0
    phoned: int = 0
    findings: int = 0
    cases: int = 0


@dataclass(frozen=True, slots=True)
class Shelf:
    """A casebook written down. The rows of a case are named by their numbers; the ledger has them."""

    cases: dict[str, CaseView]
    calls: dict[str, CallView]
    trucks: dict[str, TruckView]
    last_seq: int
    last_at: float
    of_episode: dict[str, str]
    rows: dict[str, list[int]]
    counts: Counts
    over: list[str]


@dataclass(slots=True)
class Casebook:
    """The cases, calls and trucks the ledger tells of: all of them, or the open ones and the last ``most_closed`` others."""

    cases: dict[str, CaseView] = field(default_factory=dict)
    calls: dict[str, CallView] = field(default_factory=dict)
    trucks: dict[str, TruckView] = field(default_factory=dict)
    last_seq: int = 0
    last_at: float = 0.0
    most_closed: int | None = None
    row_of: Callable[[list[int]], Iterable[Row]] = lambda _: ()
    """Brings rows of the ledger by their numbers, for what was taken up from a shelf."""
    _found: dict[str, Finding] = field(default_factory=dict)
    """Key → a finding that no case has taken yet."""
    _told_at: float | None = None
    """When a customer on the line told of the fault that was taken down last: they know at once what is done."""
    _of_episode: dict[str, str] = field(default_factory=dict)
    """Episode → the case it belongs to."""
    _rows: dict[str, list[Row]] = field(default_factory=dict)
    _counts: Counts = field(default_factory=Counts)
    _over: dict[str, None] = field(default_factory=dict)
    """What is over, cases and calls without one: the oldest are put away first."""

    def feed(self, row: Row) -> None:
        """Take one row, in the ledger's order."""
        item = read(row)
        take: Callable[[Any, float], None] | None = getattr(self, _method_of(row.type), None)
        self.last_seq, self.last_at = row.seq, row.at
        self._counts.inputs += row.kind == "input"
        if take is not None:
            take(item, row.at)
        case = self._case_touched(item)
        if case is not None and (case in self.cases or isinstance(item, FaultFound | CaseReported)):
            self._rows.setdefault(case, []).append(row)
        self._put_away()

    def shelf(self) -> Shelf:
        """Return it written down."""
        return Shelf(
            self.cases,
            self.calls,
            self.trucks,
            self.last_seq,
            self.last_at,
            self._of_episode,
            {case: [row.seq for row in rows] for case, rows in self._rows.items()},
            self._counts,
            list(self._over),
        )

    def stand(self, shelf: Shelf) -> None:
        """Take up what was written down."""
        self.cases, self.calls, self.trucks = shelf.cases, shelf.calls, shelf.trucks
        self.last_seq, self.last_at, self._counts = shelf.last_seq, shelf.last_at, shelf.counts
        self._of_episode, self._over = shelf.of_episode, dict.fromkeys(shelf.over)
        rows = {row.seq: row for row in self.row_of(sorted({seq for seqs in shelf.rows.values() for seq in seqs}))}
        self._rows = {case: [rows[seq] for seq in seqs if seq in rows] for case, seqs in shelf.rows.items()}

    def queue(self) -> list[CallView]:
        """Return the calls that wait for an agent, in the order they are served."""
        waiting = [call for call in self.calls.values() if call.state == "queued"]
        return sorted(waiting, key=lambda call: (call.priority, call.due, call.call))

    def open_cases(self) -> list[CaseView]:
        """Return the open cases, the worst first, then the newest."""
        mine = [case for case in self.cases.values() if case.open]
        return sorted(mine, key=lambda case: (-case.finding.severity.rank, -case.opened_at, case.case))

    def case_of_episode(self, episode: str) -> str | None:
        """Return the case that a fault episode belongs to."""
        return self._of_episode.get(episode)

    def case_for(self, call: CallView) -> CaseView | None:
        """Return what a call is about; for a customer who rang in, their newest case that is open."""
        if call.case is not None:
            return self.cases.get(call.case)
        mine = [case for case in self.cases.values() if case.customer == call.customer and case.open]
        return mine[-1] if mine else None

    def timeline(self, case: str) -> list[TimelineLine]:
        """Return what happened to a case, in words, oldest first."""
        return [line(row) for row in self._rows.get(case, ())]

    def totals(self) -> dict[str, int]:
        """Return the running totals."""
        counts = self._counts
        return {
            "findings": counts.findings,
            "cases": self._counts.cases,
            "open_cases": sum(case.open for case in self.cases.values()),
            "calls_waiting": len(self.queue()),
            "calls_connected": counts.connected,
            "customer_calls": counts.phoned,
            "tows": counts.tows,
            "orders": counts.orders,
            "bookings": counts.bookings,
            "notices": counts.notices,
        }

    def _case_touched(self, item: Any) -> str | None:  # noqa: ANN401 - any event or action
        if isinstance(item, TruckReported):
            job = item.report.job
            return job.removesuffix("/tow") if job and item.report.job_state else None
        if isinstance(item, FaultFound | CaseReported):
            return self._case_of_finding(item.finding)
        if isinstance(item, DeviceRecovered):
            return self._of_episode.get(item.recovery.episode)
        if isinstance(item, BookingAnswered | OrderAnswered | OrderFulfilled | WithdrawalAnswered):
            return _request_of(item).rpartition("/")[0]
        case = case_of(item)
        call = self.calls.get(getattr(item, "call", ""))
        return case if case is not None or call is None else call.case

    def _case_of_finding(self, finding: Finding) -> str:
        """Return the case it belongs to: the one of its episode, unless that was closed before it came back."""
        case = self.cases.get(self._of_episode.get(finding.episode, ""))
        same = case is not None and (case.open or case.finding.relapse == finding.relapse)
        return case.case if case is not None and same else finding.case

    def _put_away(self) -> None:
        """Let go of what has been over for longest, where there is more of it than is kept."""
        while self.most_closed is not None and len(self._over) > self.most_closed:
            gone = next(iter(self._over))
            del self._over[gone]
            self.calls.pop(gone, None)
            case = self.cases.pop(gone, None)
            if case is not None:
                self._rows.pop(gone, None)
                self.calls.pop(case.call or "", None)
                for finding in (case.finding, *case.also.values()):
                    if self._of_episode.get(finding.episode) == gone:
                        del self._of_episode[finding.episode]

    # --- one method for each kind of row -----------------------------------------------------------------------------

    def _case_reported(self, event: CaseReported, at: float) -> None:
        self._fault_found(event, at)
        call = self.calls.get(event.call or "")
        self._told_at = at if call is not None and call.state == "connected" else None

    def _fault_found(self, event: FaultFound | CaseReported, _at: float) -> None:
        self._counts.findings += 1
        self._told_at = None
        self._found = {event.finding.key: event.finding}  # what the desk decides about it follows at once

    def _open_case(self, action: OpenCase, at: float) -> None:
        (finding,) = self._found.values()
        self._counts.cases += 1
        self._of_episode[finding.episode] = action.case
        case = CaseView(action.case, action.customer, action.device, action.provenance, at, finding)
        self.cases[action.case] = case
        case.informed_at = self._told_at

    def _revise_case(self, action: ReviseCase, _at: float) -> None:
        case, finding = self.cases[action.case], self._found[action.finding]
        self._of_episode[finding.episode] = action.case
        if finding.case not in self.cases:  # it was told before anybody knew that it belongs here
            self._rows.setdefault(action.case, []).extend(self._rows.pop(finding.case, ()))
        case.take(finding, besides=action.changed == ("also",))

    def _close_case(self, action: CloseCase, at: float) -> None:
        case = self.cases[action.case]
        case.closed_at, case.close_reason = at, action.reason
        self._over[action.case] = None

    def _send_tow(self, action: SendTow, at: float) -> None:
        self._counts.tows += 1
        self.cases[action.case].help = HelpView("offered", action.truck, action.eta, at, tow_to=action.tow_to)

    def _reassign_tow(self, action: ReassignTow, _at: float) -> None:
        help_ = self.cases[action.case].help
        if help_ is not None:
            help_.state, help_.truck, help_.eta = "offered", action.truck, action.eta
            help_.accepted_at = help_.arrived_at = None
            help_.attempts += 1

    def _redirect_tow(self, action: RedirectTow, _at: float) -> None:
        help_ = self.cases[action.case].help
        if help_ is not None:
            help_.tow_to = action.tow_to

    def _cancel_tow(self, action: CancelTow, _at: float) -> None:
        help_ = self.cases[action.case].help
        if help_ is not None:
            help_.state = "cancelled"

    def _truck_reported(self, event: TruckReported, at: float) -> None:
        report = event.report
        self.trucks[report.truck] = TruckView(report.truck, report.place, at, report.on_duty, report.skills, report.job)
        case = self.cases.get((report.job or "").removesuffix("/tow"))
        if case is None or case.help is None or case.help.truck != report.truck:
            return
        if report.job_state == "accepted" and case.help.state == "offered":
            case.help.state, case.help.accepted_at = "promised", at
        elif report.job_state == "arrived" and case.help.arrived_at is None:
            crossed = case.help.state == "cancelled"
            case.help.state, case.help.arrived_at = "too_late" if crossed else "on_scene", at
            if crossed:
                case.came_too_late()
        elif report.job_state == "finished" and case.help.finished_at is None:
            case.help.finished_at = at
            case.help.state = "done" if case.help.state != "too_late" else "too_late"

    def _let_tow_finish(self, action: LetTowFinish, _at: float) -> None:
        help_ = self.cases[action.case].help
        if help_ is not None:
            help_.state = "too_late"

    def _withdrawal_answered(self, event: WithdrawalAnswered, _at: float) -> None:
        case = self.cases.get(event.request.rpartition("/")[0])
        request = None if case is None else case.booking if event.request.endswith("/booking") else case.order
        if case is None or request is None or request.state in {"too_late", "fulfilled"}:
            return
        if event.too_late:
            request.partner, request.attempt, request.state = event.partner, event.attempt, "too_late"
            request.at = event.at
            case.came_too_late()
        elif request.attempt == event.attempt and request.state == "withdrawn":
            request.state = "called_off"

    def _book_workshop(self, action: BookWorkshop, _at: float) -> None:
        self._counts.bookings += action.attempt == 1
        self.cases[action.case].booking = RequestView(action.workshop, "workshop", action.attempt)

    def _booking_answered(self, event: BookingAnswered, _at: float) -> None:
        case = self.cases.get(event.booking.removesuffix("/booking"))
        if case is not None and case.booking is not None and case.booking.stands(event.attempt):
            case.booking.state = "accepted" if event.accepted else "refused"
            case.booking.at = event.slot_at

    def _withdraw_request(self, action: WithdrawRequest, _at: float) -> None:
        case = self.cases[action.case]
        request = case.booking if action.request.endswith("/booking") else case.order
        if request is not None and request.attempt == action.attempt and request.state != "too_late":
            request.state, request.at = "withdrawn", None

    def _place_order(self, action: PlaceOrder, _at: float) -> None:
        self._counts.orders += action.attempt == 1
        self.cases[action.case].order = RequestView(action.supplier, action.what, action.attempt)

    def _order_answered(self, event: OrderAnswered, _at: float) -> None:
        case = self.cases.get(event.order.removesuffix("/order"))
        if case is not None and case.order is not None and case.order.stands(event.attempt):
            case.order.state = "accepted" if event.accepted else "refused"
            case.order.at = event.arrives_at

    def _order_fulfilled(self, event: OrderFulfilled, at: float) -> None:
        case = self.cases.get(event.order.removesuffix("/order"))
        if case is not None and case.order is not None:
            case.order.state, case.order.at = "fulfilled", at

    def _send_notice(self, action: SendNotice, at: float) -> None:
        self._counts.notices += 1
        case = self.cases[action.case]
        case.notice = action.text
        if not action.beside_call:
            case.informed_at = at

    def _queue_call(self, action: QueueCall, at: float) -> None:
        before = self.calls.get(action.call)
        if before is None:
            self._counts.phoned += action.direction == "inbound"
        elif action.attempt > before.attempt:
            at = min(at, before.queued_at) if before.state == "assigned" else at
        self.calls[action.call] = CallView(
            action.call,
            action.case,
            action.customer,
            action.direction,
            action.language,
            action.provenance,
            action.priority,
            action.attempt,
            "queued",
            at,
            action.due,
            action.not_before,
        )
        self.calls[action.call].reason = action.reason
        if action.case is not None and action.direction == "outbound":
            self.cases[action.case].call = action.call
        if action.case is not None and action.reason == "agent_lost":
            self.cases[action.case].informed_at = None

    def _assign_call(self, action: AssignCall, _at: float) -> None:
        call = self.calls[action.call]
        call.state, call.agent = "assigned", action.agent

    def _withdraw_call(self, action: WithdrawCall, at: float) -> None:
        call = self.calls[action.call]
        call.state, call.withdrawn, call.ended_at = "withdrawn", action.reason, at
        if action.case is not None and action.reason == "agent_lost":
            self.cases[action.case].informed_at = None
        if call.case is None and call.direction == "inbound":
            self._over[call.call] = None

    def _call_connected(self, event: CallConnected, at: float) -> None:
        call = self.calls.get(event.call)
        if call is None or not call.given_to(event.attempt, event.agent) or call.state != "assigned":
            return
        call.state, call.connected_at = "connected", at
        self._counts.connected += 1
        case = self.case_for(call)
        if case is not None and case.informed_at is None:
            case.informed_at = at

    def _call_ended(self, event: CallEnded, at: float) -> None:
        call = self.calls.get(event.call)
        if call is None or not call.given_to(event.attempt, event.agent) or call.state in {"withdrawn", "done"}:
            return
        case = self.case_for(call)
        if case is not None and event.outcome not in UNHEARD:
            case.informed_at = case.informed_at or at  # said or not that they were connected before
        elif case is not None and call.state == "connected":
            case.informed_at = None
        call.outcome = event.outcome
        resting = event.outcome is Outcome.NO_ANSWER and call.direction == "outbound"
        call.state, call.ended_at = ("resting", None) if resting else ("done", at)
        if call.case is None:
            self._over[call.call] = None

    def _device_recovered(self, event: DeviceRecovered, at: float) -> None:
        case = self.cases.get(self._of_episode.get(event.recovery.episode, ""))
        if case is not None and event.recovery.episode == case.finding.episode:
            case.recovered_at = at


def _request_of(item: BookingAnswered | OrderAnswered | OrderFulfilled | WithdrawalAnswered) -> str:
    match item:
        case BookingAnswered():
            return item.booking
        case WithdrawalAnswered():
            return item.request
        case _:
            return item.order


@cache
def _method_of(name: str) -> str:
    """``SendTow`` → ``_send_tow``."""
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)
