"""What the ledger has told so far, for those who read it subject by subject: cases, calls, trucks, totals. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from dispatch.core.call_order.hazards import HazardModel
from dispatch.core.distance import Point
from dispatch.core.verification.checks import Verification
from dispatch.ledger.findings import Findings, Found
from dispatch.views.agent_view import AgentView
from dispatch.views.case_view import CallView, CaseView, MutedView, TruckView
from dispatch.views.conversation import ConversationView
from dispatch.views.offer_view import OfferView
from dispatch.views.plan_view import PlanView
from dispatch.views.purse import MoneyViews
from dispatch.views.reading.filed_rows import FiledRows
from dispatch.views.struggle_view import AppFault, AppFaultKey, StruggleView
from dispatch.views.survey_view import SurveyView


@dataclass(slots=True)
class Totals:
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
    messages: int = 0
    """Written on channels other than a device's."""


@dataclass(frozen=True, slots=True)
class Teller:
    """A customer who tells an agent of a fault, and knows at once what is done about it."""

    call: CallView
    at: float
    """POSIX seconds."""


@dataclass(slots=True)
class Known:
    """Everything that was read."""

    cases: dict[str, CaseView] = field(default_factory=dict)
    calls: dict[str, CallView] = field(default_factory=dict)
    trucks: dict[str, TruckView] = field(default_factory=dict)
    counts: Totals = field(default_factory=Totals)
    plan: PlanView = field(default_factory=PlanView)
    hazards: HazardModel | None = None
    """When customers phone, as adopted last."""
    of_episode: dict[str, str] = field(default_factory=dict)
    """Episode → the case it belongs to."""
    of_truck: dict[str, CaseView] = field(default_factory=dict)
    """Truck → the case it was sent to last."""
    over: dict[str, None] = field(default_factory=dict)
    """What is over, cases and calls without one: the oldest are put away first."""
    filed: FiledRows = field(default_factory=FiledRows)
    findings: Findings = field(default_factory=Findings)
    workshops: dict[str, Point] = field(default_factory=dict)
    """Workshop → where it is."""
    conversations: dict[str, ConversationView] = field(default_factory=dict)
    """Customer → what was said on all channels; who spoke last stands last."""
    muted: dict[str, MutedView] = field(default_factory=dict)
    """Device → how it is muted, or was last."""
    agents: dict[str, AgentView] = field(default_factory=dict)
    """Agent → how they are."""
    struggles: dict[str, StruggleView] = field(default_factory=dict)
    """Episode → who struggles with an app, the newest last."""
    app_faults: dict[AppFaultKey, AppFault] = field(default_factory=dict)
    """What of an app it is → how often; of which something was heard last stands last."""
    surveys: dict[str, SurveyView] = field(default_factory=dict)
    """Survey → who was asked how a talk was, the newest last."""
    offers: dict[str, OfferView] = field(default_factory=dict)
    """Call → what was offered on it, or why nothing was; the newest last."""
    money: MoneyViews = field(default_factory=MoneyViews)
    verification: Verification = field(default_factory=Verification)
    teller: Teller | None = None
    """Who told of the fault that was taken down last, where somebody did on the line."""

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

    def is_about(self, call: CallView, case: str) -> None:
        """A customer's call turned out to be about a case: what was said on it is a part of that."""
        call.about = case
        self.filed.hand_over(call.call, case)
        if case in self.cases and call.call not in self.cases[case].rang_in:
            self.cases[case].rang_in.append(call.call)

    def belongs_to(self, case: str, found: Found) -> None:
        """Take a finding, and its row, to the case that the desk decided it belongs to."""
        episode = found.finding.episode
        before, self.of_episode[episode] = self.of_episode.get(episode), case
        if before == case:
            return
        self.filed.take_back(before or "", found.row)
        self.filed.add(case, found.row)

    def put_away(self, most_closed: int | None) -> None:
        """Let go of what has been over for longest, where there is more of it than is kept; ``None``: all is kept."""
        while most_closed is not None and len(self.over) > most_closed:
            gone = next(iter(self.over))
            del self.over[gone]
            self.calls.pop(gone, None)
            self.filed.forget(gone)
            case = self.cases.pop(gone, None)
            if case is not None:
                self._forget_what_belongs_to(case)
        while most_closed is not None and len(self.conversations) > most_closed + len(self.cases):
            del self.conversations[next(iter(self.conversations))]

    def _forget_what_belongs_to(self, case: CaseView) -> None:
        for call in (case.call or "", *case.rang_in):
            self.calls.pop(call, None)
        for finding in (case.finding, *case.also.values()):
            if self.of_episode.get(finding.episode) == case.case:
                del self.of_episode[finding.episode]
