"""What a ledger says of each case, boiled down to what the scorecard counts. Read row by row, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from dispatch.core.actions import (
    AssignCall,
    CloseCase,
    MoveTow,
    OpenCase,
    PlaceOrder,
    QueueCall,
    ReassignTow,
    ReviseCase,
    SendTow,
    WithdrawCall,
    WithdrawRequest,
)
from dispatch.core.events import (
    AgentBecameFree,
    CallConnected,
    CallEnded,
    CaseReported,
    CustomerPhoned,
    FaultFound,
    OrderAnswered,
    OrderFulfilled,
    Outcome,
    TruckReported,
)
from dispatch.core.ids import case_of_order, case_of_tow
from dispatch.ledger.rows import GENESIS, Row, read
from gateway.finding import Finding, Place

_SILENT = '"job_state":null'
"""Stands in a truck's report that says nothing of a job: often most of the ledger, and nothing to count."""


@dataclass(slots=True)
class CaseFacts:
    """One case. Times in POSIX seconds."""

    case: str
    device: str
    customer: str
    opened_at: float
    first: Finding
    last: Finding
    observed: list[float] = field(default_factory=list)
    """When the device observed each of the findings that led it, POSIX seconds."""
    by_customer: bool = False
    """Opened on what the customer said; else on what a device told."""
    tows: int = 0
    orders: int = 0
    """Placed; asking the next supplier is the same order."""
    orders_taken: int = 0
    order_stands: bool = False
    """Goods or a technician come, or came: not where the order was called off and nobody came all the same."""
    calls: int = 0
    """Queued at all, ours or the customer's."""
    queued_at: float | None = None
    """Our call, first."""
    assigned_at: float | None = None
    """When an agent first had our call."""
    unanswered_at: float | None = None
    """When our call first rang in vain."""
    connected_at: float | None = None
    """Our call, first."""
    arrivals: list[tuple[float, str]] = field(default_factory=list)
    """Trucks that could help."""
    sent_to: Place | None = None
    """Where the truck was told to go, last."""
    arrived_for: Place | None = None
    """Where the last truck that arrived had been told to go."""
    in_vain: int = 0
    """Trucks that came and could not."""
    open_calls: set[str] = field(default_factory=set)
    closed_at: float | None = None

    @property
    def place(self) -> Place | None:
        """Where a truck was told to go last; where none was sent, where it was by what was last concluded."""
        return self.sent_to or self.last.place


@dataclass(slots=True)
class Facts:
    """A whole ledger."""

    cases: dict[str, CaseFacts] = field(default_factory=dict)
    findings: int = 0
    calls_connected: int = 0
    """Ours."""
    customer_calls: int = 0
    case_calls: int = 0
    """Those of them on which a case was the subject; the others rang about something else."""
    bookings: int = 0
    calls_at_once: int = 0
    """Times that a case got a call while it had one."""
    talked_s: float = 0.0
    """All agents together, from the call handed out to its end."""
    free_since: dict[str, float] = field(default_factory=dict)
    """Agent → when they asked for a call first."""
    last_at: float = 0.0
    """Of the last row that is more than a truck's place."""
    sha256: str = GENESIS
    _found: dict[str, Finding] = field(default_factory=dict)
    _by_customer: bool = False
    """What was found last was told by a person."""
    _case_of_call: dict[str, str | None] = field(default_factory=dict)
    _inbound: set[str] = field(default_factory=set)
    _about_nothing: dict[str, str] = field(default_factory=dict)
    """Calls of customers under way that are about no case so far → the customer."""
    _assigned: dict[tuple[str, int], float] = field(default_factory=dict)
    _withdrawn: set[tuple[str, int]] = field(default_factory=set)

    def feed(self, row: Row) -> None:
        """Take the next row."""
        self.sha256 = row.hash
        if row.type == "TruckReported" and _SILENT in row.body:
            return
        self.last_at = row.at
        take = _TAKE.get(row.type)
        if take is not None:
            take(self, read(row), row.at)

    def busy_share(self) -> float | None:
        """Return the share of their time that agents spent on calls; ``None`` without agents."""
        there = sum(self.last_at - since for since in self.free_since.values())
        return self.talked_s / there if there > 0 else None

    def _fault_found(self, event: FaultFound | CaseReported, _at: float) -> None:
        finding = event.finding
        if isinstance(event, CaseReported):
            self._about_a_case(event.call)
        self.findings += 1
        self._found, self._by_customer = {finding.key: finding}, isinstance(event, CaseReported)

    def _revise_case(self, action: ReviseCase, _at: float) -> None:
        finding = self._found[action.finding]
        if action.changed != ("also",) and not finding.looked_at:  # whoever looks at it, diagnoses nothing
            case = self.cases[action.case]
            case.last = finding
            case.observed.append(finding.observed_at)

    def _open_case(self, action: OpenCase, at: float) -> None:
        (finding,) = self._found.values()
        self.cases[action.case] = CaseFacts(
            action.case, action.device, action.customer, at, finding, finding, by_customer=self._by_customer
        )
        self.cases[action.case].observed.append(finding.observed_at)
        for call in [call for call, customer in self._about_nothing.items() if customer == action.customer]:
            self._about_a_case(call)

    def _close_case(self, action: CloseCase, at: float) -> None:
        self.cases[action.case].closed_at = at

    def _send_tow(self, action: SendTow, _at: float) -> None:
        case = self.cases[action.case]
        case.tows += 1
        case.sent_to = action.place

    def _redirect_tow(self, action: ReassignTow | MoveTow, _at: float) -> None:
        self.cases[action.case].sent_to = action.place

    def _place_order(self, action: PlaceOrder, _at: float) -> None:
        case = self.cases[action.case]
        case.orders += action.attempt == 1
        case.order_stands = True

    def _order_answered(self, event: OrderAnswered, _at: float) -> None:
        case = self.cases.get(case_of_order(event.order) or "")
        if case is not None and (event.order, event.attempt) not in self._withdrawn:
            case.orders_taken += event.accepted

    def _withdraw_request(self, action: WithdrawRequest, _at: float) -> None:
        self._withdrawn.add((action.request, action.attempt))
        case = self.cases.get(case_of_order(action.request) or "")
        if case is not None and action.reason == "declined_help":  # otherwise another partner comes
            case.order_stands = False

    def _order_fulfilled(self, event: OrderFulfilled, _at: float) -> None:
        case = self.cases.get(case_of_order(event.order) or "")
        if case is not None:
            case.order_stands = True

    def _book_workshop(self, action: Any, _at: float) -> None:  # noqa: ANN401 - BookWorkshop
        self.bookings += action.attempt == 1

    def _truck_reported(self, event: TruckReported, at: float) -> None:
        report = event.report
        case = self.cases.get(case_of_tow(report.job or ""))
        if case is not None and report.job_state == "arrived":
            case.arrivals.append((at, report.truck))
            case.arrived_for = case.sent_to
        elif case is not None and report.job_state == "declined":
            there = [one for one in case.arrivals if one[1] == report.truck]
            case.in_vain += len(there)
            case.arrivals = [one for one in case.arrivals if one not in there]

    def _queue_call(self, action: QueueCall, at: float) -> None:
        self._case_of_call[action.call] = action.case
        if action.direction == "inbound":
            self._inbound.add(action.call)
            if action.case is not None:
                self._about_a_case(action.call)
        case = self.cases.get(action.case or "")
        if case is None:
            return
        self.calls_at_once += bool(case.open_calls - {action.call})
        case.calls += action.attempt == 1
        case.open_calls.add(action.call)
        if action.direction == "outbound" and case.queued_at is None:
            case.queued_at = at

    def _customer_phoned(self, event: CustomerPhoned, _at: float) -> None:
        self.customer_calls += 1
        self._about_nothing[event.call] = event.customer

    def _about_a_case(self, call: str | None) -> None:
        if call is not None and self._about_nothing.pop(call, None) is not None:
            self.case_calls += 1

    def _agent_free(self, event: AgentBecameFree, at: float) -> None:
        self.free_since.setdefault(event.agent, at)

    def _assign_call(self, action: AssignCall, at: float) -> None:
        self._assigned[action.call, action.attempt] = at
        case = self._called(action.call)
        if case is not None and case.assigned_at is None:
            case.assigned_at = at

    def _called(self, call: str) -> CaseFacts | None:
        """Return the case that a call of ours is about."""
        return None if call in self._inbound else self.cases.get(self._case_of_call.get(call) or "")

    def _call_connected(self, event: CallConnected, at: float) -> None:
        if event.call in self._inbound or event.call not in self._case_of_call:
            return
        self.calls_connected += 1
        case = self.cases.get(self._case_of_call[event.call] or "")
        if case is not None and case.connected_at is None:
            case.connected_at = at

    def _call_ended(self, event: CallEnded, at: float) -> None:
        assigned = self._assigned.pop((event.call, event.attempt), None)
        if assigned is not None:
            self.talked_s += at - assigned
        if event.outcome is not Outcome.NO_ANSWER or event.call not in self._inbound:
            self._closed(event.call)
            self._about_nothing.pop(event.call, None)
        case = self._called(event.call)
        if case is not None and event.outcome is Outcome.NO_ANSWER and case.unanswered_at is None:
            case.unanswered_at = at

    def _withdraw_call(self, action: WithdrawCall, _at: float) -> None:
        self._closed(action.call)

    def _closed(self, call: str) -> None:
        case = self.cases.get(self._case_of_call.get(call) or "")
        if case is not None:
            case.open_calls.discard(call)


_TAKE: dict[str, Callable[[Facts, Any, float], None]] = {
    "FaultFound": Facts._fault_found,  # noqa: SLF001 - the table belongs to the class
    "CaseReported": Facts._fault_found,  # noqa: SLF001
    "OpenCase": Facts._open_case,  # noqa: SLF001
    "CloseCase": Facts._close_case,  # noqa: SLF001
    "ReviseCase": Facts._revise_case,  # noqa: SLF001
    "SendTow": Facts._send_tow,  # noqa: SLF001
    "ReassignTow": Facts._redirect_tow,  # noqa: SLF001
    "MoveTow": Facts._redirect_tow,  # noqa: SLF001
    "PlaceOrder": Facts._place_order,  # noqa: SLF001
    "OrderAnswered": Facts._order_answered,  # noqa: SLF001
    "OrderFulfilled": Facts._order_fulfilled,  # noqa: SLF001
    "WithdrawRequest": Facts._withdraw_request,  # noqa: SLF001
    "BookWorkshop": Facts._book_workshop,  # noqa: SLF001
    "TruckReported": Facts._truck_reported,  # noqa: SLF001
    "QueueCall": Facts._queue_call,  # noqa: SLF001
    "CustomerPhoned": Facts._customer_phoned,  # noqa: SLF001
    "AgentBecameFree": Facts._agent_free,  # noqa: SLF001
    "AssignCall": Facts._assign_call,  # noqa: SLF001
    "CallConnected": Facts._call_connected,  # noqa: SLF001
    "CallEnded": Facts._call_ended,  # noqa: SLF001
    "WithdrawCall": Facts._withdraw_call,  # noqa: SLF001
}


def facts(rows: Iterable[Row]) -> Facts:
    """Read a whole ledger."""
    found = Facts()
    for row in rows:
        found.feed(row)
    return found
