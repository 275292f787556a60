"""What a ledger says of each case, boiled down to what the scorecard counts. Read row by row, in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import assert_never, cast, get_args

from dispatch.core.actions import (
    Action,
    AdoptTow,
    AssignCall,
    BookWorkshop,
    CallAction,
    CancelTow,
    CaseAction,
    CloseCase,
    DismissTruck,
    EscalateCase,
    LetTowFinish,
    MessageAction,
    MoveCase,
    MoveTow,
    OpenCase,
    OwnerAction,
    PlaceOrder,
    PlanAction,
    QueueCall,
    ReassignTow,
    RedirectTow,
    RenewEta,
    RequestAction,
    ReviseCase,
    SendMessage,
    SendNotice,
    SendTow,
    TowAction,
    WithdrawCall,
    WithdrawRequest,
)
from dispatch.core.acts import DispatcherEvent
from dispatch.core.conversation.channels import SPOKEN, Answer, Channel
from dispatch.core.conversation.events import ConversationEvent, CustomerAnswered, CustomerWrote, MessageReported
from dispatch.core.events import (
    AgentBecameFree,
    AgentLeft,
    AnswerEvent,
    BookingAnswered,
    CallConnected,
    CallEnded,
    CallEvent,
    CaseReported,
    CustomerPhoned,
    DeviceRecovered,
    Event,
    FindingEvent,
    GuidanceEvent,
    HearingEvent,
    OpeningEvent,
    OrderAnswered,
    OrderFulfilled,
    Outcome,
    OwnerChanged,
    PlaceChanged,
    PrivacyEvent,
    TruckReported,
    WithdrawalAnswered,
)
from dispatch.core.hints.events import HintEvent, HintJudged, HintsShown
from dispatch.core.ids import case_of_order, case_of_tow
from dispatch.core.invitations.actions import InvitationAction
from dispatch.core.invitations.events import InvitationEvent
from dispatch.core.offers.actions import ProductAction
from dispatch.core.offers.events import OfferEvent
from dispatch.core.purse.actions import PaymentAction
from dispatch.core.purse.events import PurseEvent
from dispatch.core.reasons.events import ReasonTold
from dispatch.core.robots.actions import RobotAction
from dispatch.core.routing.events import (
    AgentPaused,
    AgentResumed,
    AgentSeen,
    AgentUnseen,
    AgentWrappedUp,
    CallListenedTo,
    CallNoted,
    CallTransferred,
)
from dispatch.core.surveys.actions import SurveyAction
from dispatch.core.surveys.events import SurveyEvent
from dispatch.core.verification.events import VerificationEvent
from dispatch.ledger.findings import Findings
from dispatch.ledger.rows import GENESIS, Kind, Row, read
from gateway.finding import Finding, Help, Place
from scenarios.score.check_facts import CheckFacts
from scenarios.score.contact_facts import OF_CONTACTS, AgentContacts
from scenarios.score.conversation_facts import Conversations
from scenarios.score.hint_facts import HintFacts
from scenarios.score.money import MoneyFacts
from scenarios.score.offer_facts import OfferFacts
from scenarios.score.payment_facts import PaymentFacts
from scenarios.score.promised_arrivals import Expected, PromisedArrival
from scenarios.score.robot_facts import RobotFacts
from scenarios.score.silent_trucks import says_nothing_of_a_job
from scenarios.score.struggle_facts import StruggleFacts
from scenarios.score.survey_facts import SurveysFacts


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
    told_to_wait: bool = False
    """It turned out, once it was open, to be nothing but waited for."""
    by_customer: bool = False
    """Opened on what the customer said; else on what a device told."""
    tows: int = 0
    orders: int = 0
    """Placed; asking the next supplier is the same order."""
    orders_taken: int = 0
    order_stands: bool = False
    """Goods or a technician come, or came: not where the order was called off and nobody came all the same."""
    contractor: str | None = None
    """Who was asked for a truck, last."""
    comes_at: float | None = None
    """When goods, technician or contractor are there, as they said; POSIX seconds."""
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
    """Trucks that could help, and contractors, by when they said that they would be there."""
    expected: Expected = field(default_factory=Expected)
    kept: list[PromisedArrival] = field(default_factory=list)
    """What trucks promised that came."""
    sent_to: Place | None = None
    """Where the truck was told to go, last."""
    arrived_for: Place | None = None
    """Where the last truck that arrived had been told to go."""
    in_vain: int = 0
    """Trucks that came and could not."""
    open_calls: set[str] = field(default_factory=set)
    answered_in_writing: bool = False
    """Its customer said by a tap or a number what they were asked, or that they know enough."""
    closed_at: float | None = None

    @property
    def place(self) -> Place | None:
        """Where a truck was told to go last; where none was sent, where it was by what was last concluded."""
        return self.sent_to or self.last.place


@dataclass(slots=True)
class Facts:
    """A whole ledger."""

    cases: dict[str, CaseFacts] = field(default_factory=dict)
    money: MoneyFacts = field(default_factory=MoneyFacts)
    payments: PaymentFacts = field(default_factory=PaymentFacts)
    findings: int = 0
    calls_connected: int = 0
    """Ours."""
    customer_calls: int = 0
    case_calls: int = 0
    """Those of them on which a case was the subject; the others rang about something else."""
    bookings: int = 0
    messages: Counter[Channel] = field(default_factory=Counter)
    """To customers, beside those that devices show, by channel."""
    conversations: Conversations = field(default_factory=Conversations)
    calls_at_once: int = 0
    """Times that a case got a call while it had one."""
    busy_s: float = 0.0
    """All agents together, from a call handed out until they had wrapped up: two conversations at once are counted once."""
    paused_s: float = 0.0
    """All agents together, of pauses that are over."""
    free_since: dict[str, float] = field(default_factory=dict)
    """Agent → when they asked for a call first."""
    last_at: float = 0.0
    """Of the last row that is more than a truck's place."""
    sha256: str = GENESIS
    struggles: StruggleFacts = field(default_factory=StruggleFacts)
    contacts: AgentContacts = field(default_factory=AgentContacts)
    """Conversations of agents with customers."""
    surveys: SurveysFacts = field(default_factory=SurveysFacts)
    robots: RobotFacts = field(default_factory=RobotFacts)
    hints: HintFacts = field(default_factory=HintFacts)
    offers: OfferFacts = field(default_factory=OfferFacts)
    checks: CheckFacts = field(default_factory=CheckFacts)
    _findings: Findings = field(default_factory=Findings)
    _case_of_call: dict[str, str | None] = field(default_factory=dict)
    _inbound: set[str] = field(default_factory=set)
    _about_nothing: dict[str, str] = field(default_factory=dict)
    """Calls of customers under way that are about no case so far → the customer."""
    _assigned: dict[tuple[str, int], float] = field(default_factory=dict)
    _busy: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """Agent → from when until when they were busy, counted so far: one span behind the other."""
    _withdrawn: set[tuple[str, int]] = field(default_factory=set)
    _paused_since: dict[str, float] = field(default_factory=dict)
    _ended_at: dict[str, float] = field(default_factory=dict)
    """Agent → when their last call ended, until they have wrapped up."""

    def feed(self, row: Row) -> None:
        """Take the next row."""
        self.sha256 = row.hash
        if says_nothing_of_a_job(row):
            return
        self.last_at = self.contacts.last_at = row.at
        said = read(row)
        if type(said) in _OF_MONEY:
            self.money.note(said, row.at)
            self.payments.note(said, row.at)
        if type(said) in OF_CONTACTS:
            self.contacts.feed(said, row.at)
        if row.kind is Kind.INPUT:
            self._happened(cast("Event", said), row)
        else:
            self._decided(cast("Action", said), row.at)

    def busy_share(self) -> float | None:
        """Return the share of their time that agents spent on calls and on what was left of them; ``None`` without agents.

        Who pauses is not there.
        """
        paused_s = self.paused_s + sum(self.last_at - since for since in self._paused_since.values())
        there = sum(self.last_at - since for since in self.free_since.values()) - paused_s
        return self.busy_s / there if there > 0 else None

    def _was_busy(self, agent: str, since: float, until: float) -> None:
        """Count what is new of it. Whatever was counted before ended before."""
        spans, counted = self._busy.setdefault(agent, []), 0.0
        while spans and spans[-1][1] > since:
            began, ended = spans.pop()
            since, counted = min(since, began), counted + ended - began
        spans.append((since, until))
        self.busy_s += until - since - counted

    # --- what happened -----------------------------------------------------------------------------------------------

    def _happened(self, event: Event, row: Row) -> None:
        if isinstance(event, FindingEvent):
            self._found(event, row)
        elif isinstance(event, TruckReported):
            self._truck_reported(event, row.at)
        elif isinstance(event, HintEvent):
            self.hints.feed(event)
        elif isinstance(event, CallEvent):
            self._called(event, row.at)
        elif isinstance(event, AnswerEvent):
            self._answered(event, row.at)
        elif isinstance(event, InvitationEvent | SurveyEvent | OfferEvent):
            self._asked_beside(event, row.at)
        elif isinstance(event, ConversationEvent):
            self._wrote(event, row.at)
        elif isinstance(event, VerificationEvent):
            self.checks.happened(event, row.at)
        elif not isinstance(event, _NOTHING_TO_COUNT):
            assert_never(event)

    def _asked_beside(self, event: InvitationEvent | SurveyEvent | OfferEvent, at: float) -> None:
        if isinstance(event, InvitationEvent):
            self.struggles.happened(event, at)
        elif isinstance(event, SurveyEvent):
            self.surveys.happened(event, at)
        else:
            self.offers.happened(event)

    def _called(self, event: CallEvent, at: float) -> None:
        match event:
            case CustomerPhoned():
                self._customer_phoned(event, at)
            case AgentBecameFree():
                self.free_since.setdefault(event.agent, at)
                self._pause_over(event.agent, at)
            case CallConnected():
                self.checks.connected(event, at)
                self._call_connected(event, at)
            case CallEnded():
                self._call_ended(event, at)
            case AgentPaused():
                self._paused_since.setdefault(event.agent, at)
            case AgentResumed():
                self._pause_over(event.agent, at)
            case AgentWrappedUp():
                self._was_busy(event.agent, self._ended_at.pop(event.agent, at), at)
            case CallTransferred():
                self._was_busy(event.agent, self._assigned.pop((event.call, event.attempt), at), at)
                self._ended_at[event.agent] = at
            case (
                AgentLeft()
                | CallNoted()
                | CallListenedTo()
                | ReasonTold()
                | HintsShown()
                | HintJudged()
                | AgentSeen()
                | AgentUnseen()
            ):
                pass  # whoever was there counts as there
            case _:
                assert_never(event)

    def _pause_over(self, agent: str, at: float) -> None:
        self.paused_s += at - self._paused_since.pop(agent, at)

    def _answered(self, event: AnswerEvent, at: float) -> None:
        match event:
            case OrderAnswered():
                case = self.cases.get(case_of_order(event.order) or "")
                if case is not None and (event.order, event.attempt) not in self._withdrawn:
                    case.orders_taken += event.accepted
                    case.comes_at = event.arrives_at
            case OrderFulfilled():
                case = self.cases.get(case_of_order(event.order) or "")
                if case is not None:
                    case.order_stands = True
                    if case.contractor is not None:
                        case.arrivals.append((min(at, case.comes_at or at), case.contractor))
            case BookingAnswered() | WithdrawalAnswered():
                pass  # nothing is counted of it
            case _:
                assert_never(event)

    def _found(self, event: FindingEvent, row: Row) -> None:
        if isinstance(event, CaseReported):
            self._about_a_case(event.call)
        self.findings += 1
        self._findings.note(row, event)

    def _truck_reported(self, event: TruckReported, at: float) -> None:
        report = event.report
        case = self.cases.get(case_of_tow(report.job or ""))
        kept = None if case is None else case.expected.report(report, at)
        if case is not None and kept is not None:
            case.kept.append(kept)
        if case is not None and report.job_state == "arrived":
            case.arrivals.append((at, report.truck))
            case.arrived_for = case.sent_to
        elif case is not None and report.job_state == "declined":
            there = [one for one in case.arrivals if one[1] == report.truck]
            case.in_vain += len(there)
            case.arrivals = [one for one in case.arrivals if one not in there]

    # --- what was decided --------------------------------------------------------------------------------------------

    def _decided(self, action: Action, at: float) -> None:
        if isinstance(action, CaseAction):
            self._about_case(action, at)
        elif isinstance(action, TowAction):
            self._about_truck(action, at)
        elif isinstance(action, RequestAction):
            self._asked(action)
        elif isinstance(action, CallAction):
            self._about_call(action, at)
        elif isinstance(action, OwnerAction | MessageAction):
            self._written(action, at)
        elif isinstance(action, InvitationAction | SurveyAction | RobotAction | ProductAction):
            self._asked_by_us(action, at)
        elif not isinstance(action, _NOT_COUNTED):
            assert_never(action)

    def _asked_by_us(self, action: InvitationAction | SurveyAction | RobotAction | ProductAction, at: float) -> None:
        if isinstance(action, InvitationAction):
            self.struggles.decided(action, at)
        elif isinstance(action, SurveyAction):
            self.surveys.decided(action, self.contacts, at)
        elif isinstance(action, RobotAction):
            self.robots.decided(action, at)
        else:
            self.offers.decided(action)

    def _written(self, action: OwnerAction | MessageAction, at: float) -> None:
        """Count what is written; who read it, the world knows."""
        if isinstance(action, SendMessage):
            self.messages[action.channel] += 1
            self.conversations.sent(action, action.customer)
            self.robots.sent(action, at)
        elif isinstance(action, SendNotice):
            self.conversations.sent(action, self.cases[action.case].customer)

    def _wrote(self, event: ConversationEvent, at: float) -> None:
        self.conversations.heard(event)
        if isinstance(event, MessageReported):
            self.surveys.reported(event)
        if isinstance(event, CustomerWrote):
            self.robots.turned_to_us(event, at)
        self.customer_calls += isinstance(event, CustomerAnswered) and event.channel is Channel.IVR
        case = self.cases.get(event.case) if isinstance(event, CustomerAnswered) else None
        if (
            isinstance(event, CustomerAnswered)
            and case is not None
            and event.answer not in {Answer.UNDERSTOOD, Answer.CALL_ME}
        ):
            case.answered_in_writing = True

    def _about_case(self, action: CaseAction, at: float) -> None:
        match action:
            case OpenCase():
                self._open_case(action, at)
            case ReviseCase():
                self._revise_case(action)
            case CloseCase():
                self.cases[action.case].closed_at = at
            case MoveCase() | EscalateCase():
                pass  # where help went says the truck's action
            case _:
                assert_never(action)

    def _about_truck(self, action: TowAction, at: float) -> None:
        case = self.cases[action.case]
        match action:
            case SendTow() | ReassignTow():
                case.tows += isinstance(action, SendTow)
                case.sent_to = action.place
                case.expected.offer(action)
            case MoveTow():
                case.sent_to = action.place
                case.expected.move(action, at)
            case AdoptTow():
                case.expected.adopt(action, at)
            case RenewEta():
                case.expected.renew(action, at)
            case DismissTruck() | RedirectTow() | CancelTow() | LetTowFinish():
                pass  # no other tow, and no other place than was told
            case _:
                assert_never(action)

    def _asked(self, action: RequestAction) -> None:
        match action:
            case BookWorkshop():
                self.bookings += action.attempt == 1
            case PlaceOrder():
                case = self.cases[action.case]
                case.orders += action.attempt == 1
                case.order_stands, case.contractor = True, action.supplier if action.what == "tow" else None
            case WithdrawRequest():
                self._withdraw_request(action)
            case _:
                assert_never(action)

    def _about_call(self, action: CallAction, at: float) -> None:
        match action:
            case QueueCall():
                self._queue_call(action, at)
            case AssignCall():
                self._assign_call(action, at)
            case WithdrawCall():
                self._call_over(action.call)
            case _:
                assert_never(action)

    def _open_case(self, action: OpenCase, at: float) -> None:
        found = self._findings.behind(action)
        told = isinstance(found.event, CaseReported)
        case = CaseFacts(
            action.case, action.device, action.customer, at, found.finding, found.finding, by_customer=told
        )
        case.observed.append(found.finding.observed_at)
        self.cases[action.case] = case
        for call in [call for call, customer in self._about_nothing.items() if customer == action.customer]:
            self._about_a_case(call)

    def _revise_case(self, action: ReviseCase) -> None:
        finding = self._findings.behind(action).finding
        if action.changed != ("also",) and not finding.looked_at:  # whoever looks at it, diagnoses nothing
            case = self.cases[action.case]
            case.last = finding
            case.told_to_wait = case.told_to_wait or finding.remedy.help is Help.WAIT
            case.observed.append(finding.observed_at)

    def _withdraw_request(self, action: WithdrawRequest) -> None:
        self._withdrawn.add((action.request, action.attempt))
        case = self.cases.get(case_of_order(action.request) or "")
        if case is not None and action.reason == "declined_help":  # otherwise another partner comes
            case.order_stands = False

    # --- calls -------------------------------------------------------------------------------------------------------

    def _queue_call(self, action: QueueCall, at: float) -> None:
        self.struggles.queued(action)
        self._case_of_call[action.call] = action.case
        if action.direction == "inbound":
            self._inbound.add(action.call)
            if action.case is not None:
                self._about_a_case(action.call)
        case = self.cases.get(action.case or "")
        if case is None or action.channel not in SPOKEN:  # who writes holds no line
            return
        self.calls_at_once += bool(case.open_calls - {action.call})
        case.calls += action.attempt == 1
        case.open_calls.add(action.call)
        if action.direction == "outbound" and case.queued_at is None:
            case.queued_at = at

    def _customer_phoned(self, event: CustomerPhoned, at: float) -> None:
        self.customer_calls += 1
        self.robots.turned_to_us(event, at)
        self._about_nothing[event.call] = event.customer

    def _about_a_case(self, call: str | None) -> None:
        if call is not None and self._about_nothing.pop(call, None) is not None:
            self.case_calls += 1

    def _assign_call(self, action: AssignCall, at: float) -> None:
        self._assigned[action.call, action.attempt] = at
        case = self._case_called(action.call)
        if case is not None and case.assigned_at is None:
            case.assigned_at = at

    def _case_called(self, call: str) -> CaseFacts | None:
        """Return the case that a call of ours is about."""
        return None if call in self._inbound else self.cases.get(self._case_of_call.get(call) or "")

    def _call_connected(self, event: CallConnected, at: float) -> None:
        self.struggles.connected(event.call, at)
        if event.call in self._inbound or event.call not in self._case_of_call:
            return
        self.calls_connected += 1
        case = self.cases.get(self._case_of_call[event.call] or "")
        if case is not None and case.connected_at is None:
            case.connected_at = at

    def _call_ended(self, event: CallEnded, at: float) -> None:
        assigned = self._assigned.pop((event.call, event.attempt), None)
        if assigned is not None:
            self._was_busy(event.agent or "", assigned, at)
            self._ended_at[event.agent or ""] = at
        if event.outcome is Outcome.NOT_TAKEN:
            return
        if event.outcome is not Outcome.NO_ANSWER or event.call not in self._inbound:
            self._call_over(event.call)
            self._about_nothing.pop(event.call, None)
        case = self._case_called(event.call)
        if case is not None and event.outcome is Outcome.NO_ANSWER and case.unanswered_at is None:
            case.unanswered_at = at

    def _call_over(self, call: str) -> None:
        case = self.cases.get(self._case_of_call.get(call) or "")
        if case is not None:
            case.open_calls.discard(call)


_NOTHING_TO_COUNT = (
    DeviceRecovered
    | PlaceChanged
    | OwnerChanged
    | OpeningEvent
    | PrivacyEvent
    | HearingEvent
    | GuidanceEvent
    | DispatcherEvent
    | PurseEvent
)
"""Events that lead to nothing a scorecard counts."""
_NOT_COUNTED = PlanAction | PaymentAction
_OF_MONEY = frozenset[type](get_args(PurseEvent | PaymentAction))
"""Looked up: ``isinstance`` tries all of them at each row."""


def facts(rows: Iterable[Row]) -> Facts:
    """Read a whole ledger."""
    found = Facts()
    for row in rows:
        found.feed(row)
    return found
