"""What the ledger says, case by case: the projection that API, console and reports read. Fed row by row, never asked back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import assert_never

from dispatch.core.actions import (
    Action,
    AdoptTow,
    AssignCall,
    BookWorkshop,
    CancelTow,
    CloseCase,
    DismissTruck,
    EscalateCase,
    LetTowFinish,
    MoveCase,
    MoveTow,
    OpenCase,
    PlaceOrder,
    QueueCall,
    ReassignTow,
    RedirectTow,
    RenewEta,
    ReviseCase,
    SendNotice,
    SendTow,
    TellDriverToStop,
    WithdrawCall,
    WithdrawRequest,
)
from dispatch.core.calls import UNHEARD
from dispatch.core.decisions import FIRST_VERSION
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
    PlaceChanged,
    ServiceStarted,
    SupplierOpened,
    TruckReported,
    WithdrawalAnswered,
    WorkshopOpened,
)
from dispatch.core.ids import Asks, asked_by, case_of_booking, case_of_order, case_of_tow
from dispatch.ledger.rows import Row, case_of, read
from dispatch.views.contact import Contact
from dispatch.views.questions import asks_help
from dispatch.views.timeline import TimelineLine, line
from gateway.finding import Finding, Place
from gateway.places.place_names import gazetteer


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
    about: str | None = None
    """The case that a customer's call turned out to be about, where it was queued for none."""
    reason: str = ""
    """Why it is queued once more: agent_lost (they may have spoken already), unanswered, open_question."""

    def given_to(self, attempt: int, agent: str | None) -> bool:
        """Is it this attempt, and was it given to whoever speaks of it? An unnamed agent is taken at their word."""
        return self.attempt == attempt and agent in {None, self.agent}


@dataclass(slots=True)
class HelpView:
    """The truck of a case. Times are POSIX seconds."""

    state: str
    """offered, promised, declined (another is looked for), on_scene, done, cancelled; too_late: on the scene when or after it
    was called off."""
    truck: str
    eta: float
    """When it will be there as was reckoned last."""
    sent_at: float
    accepted_at: float | None = None
    arrived_at: float | None = None
    finished_at: float | None = None
    tow_to: str | None = None
    attempts: int = 1
    promised_eta: float | None = None
    """When it would be there as it said yes."""
    late_s: float = 0.0
    """Behind that, seconds."""
    silent_s: float = 0.0
    """It is overdue and nothing was heard of it for so long, as of the last reckoning."""
    heard_at: float | None = None
    """When the truck spoke last, since it was sent and until it was done."""
    moves: int = 0
    """How often it was told another place or part on its way."""

    @property
    def under_way(self) -> bool:
        """Is the truck still to come, or at work?"""
        return self.state in {"offered", "promised", "on_scene"}

    def hear(self, at: float) -> None:
        """Note that the truck spoke."""
        if self.under_way:
            self.heard_at, self.silent_s = at, 0.0


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
    place: Place | None = None
    """Where help is to go: the finding's place, or what the customer said."""
    near: str = ""
    """The place in words an agent can say."""
    wants_help: bool | None = None
    """What the customer said who was asked first whether somebody shall come; ``None``: has not said."""
    overruled: Place | None = None
    """Where it is by the customer's word, or by its device, who contradict each other: one of them is wrong."""
    call: str | None = None
    notice: str | None = None
    informed_at: float | None = None
    contact: Contact = Contact.NONE
    """How far the conversation is: the one answer to what the customer knows."""
    contact_at: float | None = None
    """Since when, POSIX seconds."""
    rang_in: list[str] = field(default_factory=list)
    """The customer's own calls about it."""
    recovered_at: float | None = None
    closed_at: float | None = None
    close_reason: str | None = None
    escalated: tuple[str, ...] = ()
    """Why a person has to look at it."""

    def request(self, what: Asks) -> RequestView | None:
        """Return its booking, or its order; ``None``: nobody was asked so far."""
        return self.booking if what == "booking" else self.order

    @property
    def open(self) -> bool:
        """Is anything left to do?"""
        return self.closed_at is None

    @property
    def asks_first(self) -> bool:
        """Is the customer to be asked before anybody is sent?"""
        return asks_help(self.finding, nobody_sent=self.nobody_sent, answered=self.wants_help is not None)

    @property
    def awaits_truck(self) -> bool:
        """Has no truck a place to go to yet?"""
        return self.help is None or self.help.state == "declined"

    @property
    def nobody_sent(self) -> bool:
        """Is it open, and neither a truck nor an order stands?"""
        return self.open and self.help is None and self.order is None

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
        if finding.place is not None:
            self.place, self.near = finding.place, finding.near

    def stands(self, contact: Contact, at: float) -> None:
        """Note how far the conversation is, since ``at``."""
        if contact is not self.contact:
            self.contact, self.contact_at = contact, at

    def hear(self, event: CallEnded) -> None:
        """Take what the customer said; whether they want help counts where nobody comes before they say so."""
        if event.wants_help is not None and self.asks_first:
            self.wants_help = event.wants_help


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
    escalated: int = 0


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
    decisions_version: int = FIRST_VERSION


@dataclass(slots=True)
class Casebook:
    """The cases, calls and trucks the ledger tells of: all of them, or the open ones and the last ``most_closed`` others."""

    cases: dict[str, CaseView] = field(default_factory=dict)
    calls: dict[str, CallView] = field(default_factory=dict)
    trucks: dict[str, TruckView] = field(default_factory=dict)
    last_seq: int = 0
    last_at: float = 0.0
    decisions_version: int = FIRST_VERSION
    """Whose decisions the rows hold since the last start."""
    most_closed: int | None = None
    row_of: Callable[[list[int]], Iterable[Row]] = lambda _: ()
    """Brings rows of the ledger by their numbers, for what was taken up from a shelf."""
    _found: dict[str, Finding] = field(default_factory=dict)
    """Key → a finding that no case has taken yet."""
    _finding_row: Row | None = None
    """That of the finding."""
    _told_at: float | None = None
    """When a customer on the line told of the fault that was taken down last: they know at once what is done."""
    _told_on: CallView | None = None
    """On which call."""
    _of_episode: dict[str, str] = field(default_factory=dict)
    """Episode → the case it belongs to."""
    _rows: dict[str, list[Row]] = field(default_factory=dict)
    _counts: Counts = field(default_factory=Counts)
    _of_truck: dict[str, CaseView] = field(default_factory=dict)
    """Truck → the case it was sent to last."""
    _over: dict[str, None] = field(default_factory=dict)
    """What is over, cases and calls without one: the oldest are put away first."""

    def feed(self, row: Row) -> None:
        """Take one row, in the ledger's order."""
        item = read(row)
        spoken_of = self._spoken_of(item)
        self.last_seq, self.last_at = row.seq, row.at
        self._counts.inputs += row.kind == "input"
        self._on_event(item, row.at) if isinstance(item, Event) else self._on_action(item, row.at)
        self._file(row, item, spoken_of or self._case_touched(item))
        if isinstance(item, FaultFound | CaseReported):
            self._finding_row = row
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
            self.decisions_version,
        )

    def stand(self, shelf: Shelf) -> None:
        """Take up what was written down."""
        self.cases, self.calls, self.trucks = shelf.cases, shelf.calls, shelf.trucks
        self.last_seq, self.last_at, self._counts = shelf.last_seq, shelf.last_at, shelf.counts
        self._of_episode, self._over = shelf.of_episode, dict.fromkeys(shelf.over)
        self.decisions_version = shelf.decisions_version
        self._of_truck = {case.help.truck: case for case in self.cases.values() if case.help and case.help.under_way}
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

    def heard_at(self, truck: str) -> float | None:
        """Return when a truck last spoke, POSIX seconds; ``None``: never."""
        known = self.trucks.get(truck)
        return known.heard_at if known is not None else None

    def case_of_episode(self, episode: str) -> str | None:
        """Return the case that a fault episode belongs to."""
        return self._of_episode.get(episode)

    def case_for(self, call: CallView) -> CaseView | None:
        """Return what a call is about, as the desk has it.

        For a customer who rang in, their open case: the newest of which they do not know yet, else the newest.
        """
        if call.case is not None:
            return self.cases.get(call.case)
        mine = [case for case in self.cases.values() if case.customer == call.customer and case.open]
        untold = [case for case in mine if case.informed_at is None]
        found = untold or mine
        return found[-1] if found else None

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
            "escalated": counts.escalated,
        }

    def _spoken_of(self, item: Event | Action) -> str | None:
        """Return the case that is spoken of in a customer's call, as it was before the row: what is said changes it."""
        if not isinstance(item, CallConnected | CallEnded):
            return None
        call = self.calls.get(item.call)
        case = self.case_for(call) if call is not None else None
        return case.case if case is not None else None

    def _case_touched(self, item: Event | Action) -> str | None:
        if isinstance(item, TruckReported):
            job = item.report.job
            return case_of_tow(job) if job and item.report.job_state else None
        if isinstance(item, FaultFound | CaseReported):
            return self._of_episode.get(item.finding.episode)
        if isinstance(item, DeviceRecovered):
            return self._of_episode.get(item.recovery.episode)
        if isinstance(item, PlaceChanged):
            return self._of_episode.get(item.report.episode)
        if isinstance(item, BookingAnswered | OrderAnswered | OrderFulfilled | WithdrawalAnswered):
            asked = asked_by(_request_of(item))
            return asked.case if asked is not None else None
        call = self.calls.get(call_of(item) or "")
        known = case_of(item)
        return known if known is not None or call is None else call.case or call.about

    def _file(self, row: Row, item: Event | Action, case: str | None) -> None:
        """Put a row where it is read again: with its case, or with its call until that turns out to be about a case."""
        name = call_of(item)
        call = self.calls.get(name or "")
        if case is not None and case in self.cases:
            earlier = self._rows.pop(name, []) if name is not None else []
            self._rows[case] = _in_order(self._rows.get(case, []), [*earlier, row])
            if call is not None and call.direction == "inbound" and call.about != case:
                self._is_about(call, case)
        elif name is not None and (isinstance(item, CustomerPhoned) or (call is not None and call.case is None)):
            self._rows.setdefault(name, []).append(row)

    def _is_about(self, call: CallView, case: str) -> None:
        call.about = case
        if earlier := self._rows.pop(call.call, []):
            self._rows[case] = _in_order(self._rows.get(case, []), earlier)
        if case in self.cases and call.call not in self.cases[case].rang_in:
            self.cases[case].rang_in.append(call.call)

    def _belongs_to(self, case: str, finding: Finding) -> None:
        """Take the row of a finding to the case that the desk decided it belongs to."""
        before, self._of_episode[finding.episode] = self._of_episode.get(finding.episode), case
        row = self._finding_row
        if row is None or before == case:
            return
        kept = self._rows.get(before or "", [])
        if kept and kept[-1].seq == row.seq:
            kept.pop()
        self._rows[case] = _in_order(self._rows.get(case, []), [row])

    def _put_away(self) -> None:
        """Let go of what has been over for longest, where there is more of it than is kept."""
        while self.most_closed is not None and len(self._over) > self.most_closed:
            gone = next(iter(self._over))
            del self._over[gone]
            self.calls.pop(gone, None)
            self._rows.pop(gone, None)
            case = self.cases.pop(gone, None)
            if case is not None:
                for call in (case.call or "", *case.rang_in):
                    self.calls.pop(call, None)
                for finding in (case.finding, *case.also.values()):
                    if self._of_episode.get(finding.episode) == gone:
                        del self._of_episode[finding.episode]

    # --- one method for each kind of row -----------------------------------------------------------------------------

    def _on_event(self, event: Event, at: float) -> None:  # noqa: C901, PLR0912 - the whole vocabulary on one screen
        match event:
            case FaultFound():
                self._fault_found(event, at)
            case CaseReported():
                self._case_reported(event, at)
            case DeviceRecovered():
                self._device_recovered(event, at)
            case TruckReported():
                self._truck_reported(event, at)
            case CallConnected():
                self._call_connected(event, at)
            case CallEnded():
                self._call_ended(event, at)
            case BookingAnswered():
                self._booking_answered(event, at)
            case OrderAnswered():
                self._order_answered(event, at)
            case OrderFulfilled():
                self._order_fulfilled(event, at)
            case WithdrawalAnswered():
                self._withdrawal_answered(event, at)
            case ServiceStarted():
                self._service_started(event, at)
            case PlaceChanged():
                pass  # where the case goes by from then on is decided
            case WorkshopOpened() | SupplierOpened() | AgentBecameFree() | AgentLeft() | CustomerPhoned():
                pass  # what is decided about it tells all there is to show
            case _:
                assert_never(event)

    def _on_action(self, action: Action, at: float) -> None:  # noqa: C901, PLR0912 - the whole vocabulary on one screen
        match action:
            case OpenCase():
                self._open_case(action, at)
            case ReviseCase():
                self._revise_case(action, at)
            case MoveCase():
                self._move_case(action, at)
            case MoveTow():
                self._move_tow(action, at)
            case CloseCase():
                self._close_case(action, at)
            case SendTow():
                self._send_tow(action, at)
            case ReassignTow():
                self._reassign_tow(action, at)
            case AdoptTow():
                self._adopt_tow(action, at)
            case RenewEta():
                self._renew_eta(action, at)
            case EscalateCase():
                self._escalate_case(action, at)
            case RedirectTow():
                self._redirect_tow(action, at)
            case CancelTow():
                self._cancel_tow(action, at)
            case LetTowFinish():
                self._let_tow_finish(action, at)
            case BookWorkshop():
                self._book_workshop(action, at)
            case PlaceOrder():
                self._place_order(action, at)
            case WithdrawRequest():
                self._withdraw_request(action, at)
            case SendNotice():
                self._send_notice(action, at)
            case QueueCall():
                self._queue_call(action, at)
            case AssignCall():
                self._assign_call(action, at)
            case WithdrawCall():
                self._withdraw_call(action, at)
            case TellDriverToStop() | DismissTruck():
                pass  # the timeline has it
            case _:
                assert_never(action)

    def _case_reported(self, event: CaseReported, at: float) -> None:
        self._fault_found(event, at)
        call = self.calls.get(event.call or "")
        self._told_on = call if call is not None and call.state == "connected" else None
        self._told_at = at if self._told_on is not None else None

    def _fault_found(self, event: FaultFound | CaseReported, _at: float) -> None:
        self._counts.findings += 1
        self._told_at = self._told_on = None
        self._found = {event.finding.key: event.finding}  # what the desk decides about it follows at once

    def _open_case(self, action: OpenCase, at: float) -> None:
        (finding,) = self._found.values()
        self._counts.cases += 1
        self._belongs_to(action.case, finding)
        case = CaseView(action.case, action.customer, action.device, action.provenance, at, finding)
        case.place, case.near = finding.place, finding.near
        self.cases[action.case] = case
        case.informed_at = self._told_at
        if self._told_on is not None:
            self._told_on.case = case.case
            self._is_about(self._told_on, case.case)
            case.stands(Contact.SPEAKING, at)

    def _revise_case(self, action: ReviseCase, _at: float) -> None:
        case, finding = self.cases[action.case], self._found[action.finding]
        self._belongs_to(action.case, finding)
        case.take(finding, besides=action.changed == ("also",))

    def _move_case(self, action: MoveCase, _at: float) -> None:
        case = self.cases[action.case]
        case.place, case.overruled = action.place, action.overruled
        case.near = action.near or gazetteer().near(action.place.latitude, action.place.longitude)

    def _close_case(self, action: CloseCase, at: float) -> None:
        case = self.cases[action.case]
        case.closed_at, case.close_reason = at, action.reason
        self._over[action.case] = None

    def _send_tow(self, action: SendTow, at: float) -> None:
        self._counts.tows += 1
        case = self._of_truck[action.truck] = self.cases[action.case]
        case.help = HelpView("offered", action.truck, action.eta, at, tow_to=action.tow_to)

    def _reassign_tow(self, action: ReassignTow, _at: float) -> None:
        self._another_truck(action, "offered")

    def _another_truck(self, action: ReassignTow | AdoptTow, state: str) -> None:
        case = self._of_truck[action.truck] = self.cases[action.case]
        if (help_ := case.help) is not None:
            help_.state, help_.truck, help_.eta = state, action.truck, action.eta
            help_.accepted_at = help_.arrived_at = help_.promised_eta = help_.heard_at = None
            help_.late_s = help_.silent_s = 0.0
            help_.attempts += 1

    def _adopt_tow(self, action: AdoptTow, at: float) -> None:
        self._another_truck(action, {"accepted": "promised", "arrived": "on_scene", "finished": "done"}[action.reason])
        help_ = self.cases[action.case].help
        if help_ is None:
            return
        help_.heard_at = at
        match action.reason:
            case "accepted":
                help_.accepted_at, help_.promised_eta = at, action.eta
            case "arrived":
                help_.arrived_at = at
            case "finished":
                help_.finished_at = at

    def _renew_eta(self, action: RenewEta, _at: float) -> None:
        help_ = self.cases[action.case].help
        if help_ is not None:
            help_.eta, help_.late_s, help_.silent_s = action.eta, action.late_s, action.silent_s

    def _escalate_case(self, action: EscalateCase, _at: float) -> None:
        self._counts.escalated += 1
        case = self.cases[action.case]
        case.escalated = (*case.escalated, action.reason)

    def _service_started(self, event: ServiceStarted, _at: float) -> None:
        self.decisions_version = event.decisions_version

    def _redirect_tow(self, action: RedirectTow, _at: float) -> None:
        help_ = self.cases[action.case].help
        if help_ is not None:
            help_.tow_to = action.tow_to

    def _move_tow(self, action: MoveTow, _at: float) -> None:
        help_ = self.cases[action.case].help
        if help_ is not None:
            help_.eta, help_.moves = action.eta, action.number

    def _cancel_tow(self, action: CancelTow, _at: float) -> None:
        help_ = self.cases[action.case].help
        if help_ is not None:
            help_.state = "cancelled"

    def _truck_reported(self, event: TruckReported, at: float) -> None:
        report = event.report
        self.trucks[report.truck] = TruckView(report.truck, report.place, at, report.on_duty, report.skills, report.job)
        sent_to = self._of_truck.get(report.truck)
        if sent_to is not None and sent_to.help is not None and sent_to.help.truck == report.truck:
            sent_to.help.hear(at)
        case = self.cases.get(case_of_tow(report.job or ""))
        if case is None or case.help is None or case.help.truck != report.truck:
            return
        if report.job_state == "accepted" and case.help.state == "offered":
            case.help.state, case.help.accepted_at, case.help.promised_eta = "promised", at, case.help.eta
        elif report.job_state == "declined" and case.help.state == "too_late" and case.help.finished_at is None:
            case.help.state = "cancelled"
        elif report.job_state == "declined" and case.help.under_way:
            case.help.state = "declined"
        elif report.job_state == "arrived" and case.help.state in {"offered", "promised", "cancelled"}:
            crossed = case.help.state == "cancelled"
            case.help.state, case.help.arrived_at = "too_late" if crossed else "on_scene", at
            if crossed:
                case.came_too_late()
        elif report.job_state == "finished" and case.help.finished_at is None and case.help.state != "declined":
            case.help.finished_at = at
            case.help.state = "done" if case.help.state != "too_late" else "too_late"

    def _let_tow_finish(self, action: LetTowFinish, _at: float) -> None:
        help_ = self.cases[action.case].help
        if help_ is not None:
            help_.state = "too_late"

    def _withdrawal_answered(self, event: WithdrawalAnswered, _at: float) -> None:
        asked = asked_by(event.request)
        case = self.cases.get(asked.case) if asked is not None else None
        request = case.request(asked.what) if case is not None and asked is not None else None
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
        case = self.cases.get(case_of_booking(event.booking) or "")
        if case is not None and case.booking is not None and case.booking.stands(event.attempt):
            case.booking.state = "accepted" if event.accepted else "refused"
            case.booking.at = event.slot_at

    def _withdraw_request(self, action: WithdrawRequest, _at: float) -> None:
        case = self.cases[action.case]
        asked = asked_by(action.request)
        request = case.request(asked.what) if asked is not None else None
        if request is not None and request.attempt == action.attempt and request.state != "too_late":
            request.state, request.at = "withdrawn", None

    def _place_order(self, action: PlaceOrder, _at: float) -> None:
        self._counts.orders += action.attempt == 1
        self.cases[action.case].order = RequestView(action.supplier, action.what, action.attempt)

    def _order_answered(self, event: OrderAnswered, _at: float) -> None:
        case = self.cases.get(case_of_order(event.order) or "")
        if case is not None and case.order is not None and case.order.stands(event.attempt):
            case.order.state = "accepted" if event.accepted else "refused"
            case.order.at = event.arrives_at

    def _order_fulfilled(self, event: OrderFulfilled, at: float) -> None:
        case = self.cases.get(case_of_order(event.order) or "")
        if case is not None and case.order is not None:
            case.order.state, case.order.at = "fulfilled", at

    def _send_notice(self, action: SendNotice, at: float) -> None:
        self._counts.notices += 1
        case = self.cases[action.case]
        case.notice = action.text
        if not action.beside_call and (action.number == 1 or case.informed_at is None):
            case.informed_at = at
        if case.contact is Contact.NONE:
            case.stands(Contact.MESSAGE, at)

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
        case = self.cases.get(action.case or "")
        if case is not None:
            self._queued_about(case, action, before, at)

    @staticmethod
    def _queued_about(case: CaseView, action: QueueCall, before: CallView | None, at: float) -> None:
        lost = action.reason == "agent_lost" or (before is not None and before.state == "connected")
        if lost:  # what the agent said, in this call or in the customer's own, is not known
            case.informed_at = None
        if action.direction == "inbound":
            case.stands(Contact.RANG_IN, at)
            return
        case.call = action.call
        unanswered = before is not None and before.state == "resting"
        case.stands(Contact.UNANSWERED if unanswered else Contact.QUEUED, at)

    def _assign_call(self, action: AssignCall, at: float) -> None:
        call = self.calls[action.call]
        call.state, call.agent = "assigned", action.agent
        case = self.cases.get(action.case or "")
        if case is not None and call.direction == "outbound":
            case.stands(Contact.RUNG, at)

    def _withdraw_call(self, action: WithdrawCall, at: float) -> None:
        call = self.calls[action.call]
        call.state, call.withdrawn, call.ended_at = "withdrawn", action.reason, at
        if action.case is not None and action.reason == "agent_lost":
            self.cases[action.case].informed_at = None
        if call.case is None and call.direction == "inbound":
            self._over[call.call] = None
        case = self.cases.get(action.case or "")
        if case is None:
            return
        match action.reason:
            case "customer_phoned":
                self._rang_in_instead(case, at)
            case "unreachable":
                case.stands(Contact.NOT_REACHED, at)  # a message beside the call may have been read or not
            case "agent_lost":
                if call.direction == "outbound":  # they hold the line; else our call to them is queued next
                    case.stands(Contact.RANG_IN, at)
            case "recovered" | "closed":
                if not case.contact.in_talk:
                    case.stands(Contact.NOT_NEEDED, at)
            case _:
                assert_never(action.reason)

    def _rang_in_instead(self, case: CaseView, at: float) -> None:
        """Our call is withdrawn for theirs: one that waited before there was a case is about this one."""
        theirs = [
            call for call in self.calls.values() if call.customer == case.customer and call.direction == "inbound"
        ]
        waiting = [call for call in theirs if call.state in {"queued", "assigned", "connected"}]
        for call in waiting:
            if call.case is None:
                call.case = case.case
                self._rows[case.case] = _in_order(self._rows.get(case.case, []), self._rows.pop(call.call, []))
                self._is_about(call, case.case)
        if not case.contact.in_talk:
            speak = any(call.state == "connected" for call in waiting)
            case.stands(Contact.SPEAKING if speak else Contact.RANG_IN, at)

    def _call_connected(self, event: CallConnected, at: float) -> None:
        call = self.calls.get(event.call)
        if call is None or not call.given_to(event.attempt, event.agent) or call.state != "assigned":
            return
        call.state, call.connected_at = "connected", at
        self._counts.connected += 1
        case = self.case_for(call)
        if case is not None:
            call.case = case.case
            case.stands(Contact.SPEAKING, at)
            case.informed_at = at if case.informed_at is None else case.informed_at

    def _call_ended(self, event: CallEnded, at: float) -> None:
        call = self.calls.get(event.call)
        if call is None or not call.given_to(event.attempt, event.agent) or call.state in {"withdrawn", "done"}:
            return
        case = self.case_for(call)
        if case is not None and call.state == "connected" and event.outcome in UNHEARD:
            case.informed_at = None
        call.outcome = event.outcome
        heard = event.outcome not in UNHEARD
        resting = not heard and call.direction == "outbound"
        call.state, call.ended_at = ("resting", None) if resting else ("done", at)
        if case is not None and heard:
            case.stands(Contact.SPOKEN, at)
            case.informed_at = at if case.informed_at is None else case.informed_at
            case.hear(event)
        elif case is not None:
            _unheard(case, call, at)
        if call.case is None:
            self._over[call.call] = None

    def _device_recovered(self, event: DeviceRecovered, at: float) -> None:
        case = self.cases.get(self._of_episode.get(event.recovery.episode, ""))
        if case is not None and event.recovery.episode == case.finding.episode:
            case.recovered_at = at


def _unheard(case: CaseView, call: CallView, at: float) -> None:
    """Nobody was reached, or the customer hung up: whoever was told before knows it still."""
    if call.direction == "outbound":
        case.stands(Contact.UNANSWERED, at)
    elif case.informed_at is not None:
        case.stands(Contact.MESSAGE if case.notice else Contact.SPOKEN, case.informed_at)
    else:
        case.stands(Contact.HUNG_UP, at)


def _in_order(rows: list[Row], more: list[Row]) -> list[Row]:
    """Return both in the ledger's order, each row once."""
    if len(more) == 1 and (not rows or rows[-1].seq < more[0].seq):
        rows.append(more[0])  # nearly always: what happened last
        return rows
    by_seq = {row.seq: row for row in (*rows, *more)}
    return [by_seq[seq] for seq in sorted(by_seq)]


def call_of(item: Event | Action) -> str | None:
    """Return the call that a row is about; ``None``: it is about none."""
    match item:
        case CallConnected() | CallEnded() | CustomerPhoned() | QueueCall() | AssignCall() | WithdrawCall():
            return item.call
        case CaseReported():
            return item.call
        case _:
            return None


def _request_of(item: BookingAnswered | OrderAnswered | OrderFulfilled | WithdrawalAnswered) -> str:
    match item:
        case BookingAnswered():
            return item.booking
        case WithdrawalAnswered():
            return item.request
        case _:
            return item.order
