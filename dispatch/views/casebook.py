"""What the ledger says, case by case: the projection that API, console and reports read. Fed row by row, never asked back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import assert_never

from dispatch.core.actions import (
    Action,
    CallAction,
    CaseAction,
    MessageAction,
    OwnerAction,
    PlanAction,
    QueueCall,
    RequestAction,
    TowAction,
)
from dispatch.core.acts import CaseNoted, DispatcherEvent
from dispatch.core.call_order.hazards import USUAL, HazardModel
from dispatch.core.conversation.events import ConversationEvent
from dispatch.core.decisions import FIRST_VERSION
from dispatch.core.distance import Point
from dispatch.core.events import (
    AnswerEvent,
    CallEvent,
    DeviceEvent,
    Event,
    GuidanceEvent,
    HazardsAdopted,
    HearingEvent,
    OpeningEvent,
    PlanProposed,
    PrivacyEvent,
    SenderThinned,
    ServiceStarted,
    TruckReported,
)
from dispatch.core.ids import is_stranger, struggle_of
from dispatch.core.invitations.actions import InvitationAction
from dispatch.core.invitations.events import InvitationEvent
from dispatch.core.offers.actions import ProductAction
from dispatch.core.offers.events import OfferEvent
from dispatch.core.purse.actions import PaymentAction
from dispatch.core.purse.events import PurseEvent
from dispatch.core.robots.actions import RobotAction
from dispatch.core.routing.events import CallNoted, CallTransferred
from dispatch.core.surveys.actions import SurveyAction
from dispatch.core.surveys.events import SurveyEvent
from dispatch.core.verification.checks import CallCheck, Verification, VerificationStanding
from dispatch.core.verification.events import VerificationEvent
from dispatch.ledger.rows import Kind, Row, read
from dispatch.ledger.versions import changes
from dispatch.views.agent_view import AgentView
from dispatch.views.case_view import CallView, CaseView, MutedView, TruckView
from dispatch.views.conversation import ConversationView
from dispatch.views.offer_view import OfferView
from dispatch.views.plan_view import PlanView
from dispatch.views.purse import MoneyShelf, MoneyViews
from dispatch.views.reading import (
    acts,
    calls,
    cases,
    conversations,
    money,
    offers,
    privacy,
    requests,
    struggles,
    surveys,
    trucks,
)
from dispatch.views.reading.belonging import case_touched, file_row, spoken_of
from dispatch.views.reading.filed_rows import FiledRows
from dispatch.views.reading.known import Known, Totals
from dispatch.views.struggle_view import AppFault, AppFaultKey, StruggleView
from dispatch.views.survey_view import SurveyView
from dispatch.views.timeline import TimelineLine, line


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
    counts: Totals
    over: list[str]
    decisions_version: int = FIRST_VERSION
    muted: dict[str, MutedView] = field(default_factory=dict)
    plan: PlanView = field(default_factory=PlanView)
    workshops: dict[str, Point] = field(default_factory=dict)
    hazards: HazardModel | None = None
    conversations: dict[str, ConversationView] = field(default_factory=dict)
    agents: dict[str, AgentView] = field(default_factory=dict)
    struggles: dict[str, StruggleView] = field(default_factory=dict)
    app_faults: list[AppFault] = field(default_factory=list)
    money: MoneyShelf = field(default_factory=MoneyShelf)
    surveys: dict[str, SurveyView] = field(default_factory=dict)
    offers: dict[str, OfferView] = field(default_factory=dict)
    verification: VerificationStanding = field(default_factory=VerificationStanding)


_NOTES = CaseNoted | CallNoted | CallTransferred
"""What the house writes down for itself."""


class Casebook:
    """The cases, calls and trucks the ledger tells of: all of them, or the open ones and the last ``most_closed`` others.

    ``row_of`` brings rows of the ledger by their numbers, for what was taken up from a shelf.
    """

    def __init__(
        self, most_closed: int | None = None, row_of: Callable[[list[int]], Iterable[Row]] = lambda _: ()
    ) -> None:
        self.most_closed = most_closed
        self.last_seq = 0
        self.last_at = 0.0
        self.decisions_version = FIRST_VERSION
        """Whose decisions the rows hold since the last start."""
        self._row_of = row_of
        self._known = Known()

    @property
    def cases(self) -> dict[str, CaseView]:
        """Case → how it stands."""
        return self._known.cases

    @property
    def calls(self) -> dict[str, CallView]:
        """Call → how it stands."""
        return self._known.calls

    @property
    def trucks(self) -> dict[str, TruckView]:
        """Truck → how it last spoke."""
        return self._known.trucks

    @property
    def agents(self) -> dict[str, AgentView]:
        """Agent → how they are."""
        return self._known.agents

    @property
    def plan(self) -> PlanView:
        """The plan of all who wait."""
        return self._known.plan

    @property
    def money(self) -> MoneyViews:
        """All customers' money."""
        return self._known.money

    @property
    def workshops(self) -> dict[str, Point]:
        """Workshop → where it is: latitude and longitude."""
        return self._known.workshops

    @property
    def hazards(self) -> HazardModel:
        """By which it is reckoned how likely customers are to phone."""
        return self._known.hazards or USUAL

    # --- read --------------------------------------------------------------------------------------------------------

    def feed(self, row: Row) -> None:
        """Take one row, in the ledger's order."""
        said, known = read(row), self._known
        case = spoken_of(known, said)
        self.last_seq, self.last_at = row.seq, row.at
        known.counts.inputs += row.kind is Kind.INPUT
        self._happened(said, row) if isinstance(said, Event) else self._decided(said, row.at)
        file_row(known, row, said, case or case_touched(known, said))
        self._note_version(row, changes(said))
        known.put_away(self.most_closed)

    def _note_version(self, row: Row, case: str | None) -> None:
        view = self._known.cases.get(case or "")
        if view is not None:
            view.version = row.seq

    def _happened(self, event: Event, row: Row) -> None:
        if isinstance(event, TruckReported):
            trucks.happened(self._known, event, row.at)
        elif isinstance(event, DeviceEvent):
            cases.happened(self._known, event, row)
        elif isinstance(event, CallEvent):
            self._known.verification.called(event)
            conversations.called(self._known, event, row.at)
            calls.happened(self._known, event, row.at)
        elif isinstance(event, ConversationEvent | InvitationEvent | SurveyEvent | OfferEvent | VerificationEvent):
            self._conversed(event, row.at)
        elif isinstance(event, AnswerEvent):
            requests.happened(self._known, event, row.at)
        elif isinstance(event, PrivacyEvent):
            self._known.verification.agreed(event)
            privacy.happened(self._known, event, self._row_of)
        elif isinstance(event, DispatcherEvent):
            acts.happened(self._known, event, row)
        elif isinstance(event, OpeningEvent):
            requests.opened(self._known, event)
        elif isinstance(event, HearingEvent | GuidanceEvent | PurseEvent):
            self._told(event, row.at)
        else:
            assert_never(event)

    def _conversed(
        self, event: ConversationEvent | InvitationEvent | SurveyEvent | OfferEvent | VerificationEvent, at: float
    ) -> None:
        if isinstance(event, InvitationEvent):
            struggles.happened(self._known, event, at)
        elif isinstance(event, SurveyEvent):
            surveys.happened(self._known, event, at)
        elif isinstance(event, OfferEvent):
            offers.happened(self._known, event, at)
        elif isinstance(event, VerificationEvent):
            self._known.verification.happened(event, at)
        else:
            conversations.happened(self._known, event, at)

    def _told(self, event: HearingEvent | GuidanceEvent | PurseEvent, at: float) -> None:
        if isinstance(event, PurseEvent):
            money.happened(self._known.money, event, at)
            return
        match event:
            case ServiceStarted():
                self.decisions_version = event.decisions_version
                calls.nobody_listens(self._known)
            case HazardsAdopted():
                self._known.hazards = event.model
            case SenderThinned() | PlanProposed():
                pass  # what is decided about it tells all there is to show
            case _:
                assert_never(event)

    def _decided(self, action: Action, at: float) -> None:  # noqa: C901, PLR0912 - the whole vocabulary on one screen
        if isinstance(action, CaseAction):
            cases.decided(self._known, action, at)
        elif isinstance(action, TowAction):
            trucks.decided(self._known, action, at)
        elif isinstance(action, RequestAction):
            requests.decided(self._known, action)
        elif isinstance(action, OwnerAction):
            calls.shown(self._known, action, at)
            conversations.shown(self._known, action, at)
        elif isinstance(action, MessageAction):
            conversations.written(self._known, action, at)
        elif isinstance(action, CallAction):
            calls.decided(self._known, action, at)
            if isinstance(action, QueueCall):
                struggles.queued(self._known, action)
                surveys.queued(self._known, action)
        elif isinstance(action, InvitationAction):
            struggles.decided(self._known, action, at)
        elif isinstance(action, SurveyAction):
            surveys.decided(self._known, action, at)
        elif isinstance(action, ProductAction):
            offers.decided(self._known, action, at)
        elif isinstance(action, PlanAction):
            self._known.plan.note(action, at)
        elif isinstance(action, PaymentAction):
            money.decided(self._known.money, action, at)
        elif isinstance(action, RobotAction):
            conversations.by_robot(self._known, action, at)
        else:
            assert_never(action)

    # --- written down ------------------------------------------------------------------------------------------------

    def shelf(self) -> Shelf:
        """Return it written down."""
        known = self._known
        return Shelf(
            known.cases,
            known.calls,
            known.trucks,
            self.last_seq,
            self.last_at,
            known.of_episode,
            known.filed.numbers(),
            known.counts,
            list(known.over),
            self.decisions_version,
            known.muted,
            known.plan,
            known.workshops,
            known.hazards,
            known.conversations,
            known.agents,
            known.struggles,
            list(known.app_faults.values()),
            known.money.shelf,
            known.surveys,
            known.offers,
            known.verification.standing(),
        )

    def stand(self, shelf: Shelf) -> None:
        """Take up what was written down."""
        self.last_seq, self.last_at, self.decisions_version = shelf.last_seq, shelf.last_at, shelf.decisions_version
        rows = self._row_of(sorted({seq for seqs in shelf.rows.values() for seq in seqs}))
        self._known = Known(
            shelf.cases,
            shelf.calls,
            shelf.trucks,
            shelf.counts,
            of_episode=shelf.of_episode,
            of_truck={case.help.truck: case for case in shelf.cases.values() if case.help and case.help.under_way},
            over=dict.fromkeys(shelf.over),
            plan=shelf.plan,
            hazards=shelf.hazards,
            filed=FiledRows.by_numbers(shelf.rows, rows),
            muted=shelf.muted,
            workshops=shelf.workshops,
            conversations=shelf.conversations,
            agents=shelf.agents,
            struggles=shelf.struggles,
            app_faults={AppFaultKey(one.app_version, one.flow, one.step, one.reason): one for one in shelf.app_faults},
            money=MoneyViews(shelf.money),
            surveys=shelf.surveys,
            offers=shelf.offers,
        )
        self._known.verification.stand(shelf.verification)

    # --- asked -------------------------------------------------------------------------------------------------------

    def conversation(self, customer: str) -> ConversationView:
        """Return what a customer and the house said to each other, on all channels."""
        return self._known.conversations.get(customer) or ConversationView(customer)

    def strangers(self) -> list[ConversationView]:
        """Return the conversations of people who are not identified, who wrote last first."""
        mine = [view for name, view in self._known.conversations.items() if is_stranger(name)]
        return mine[::-1]

    def queue(self) -> list[CallView]:
        """Return the calls that wait for an agent, in the order they are served."""
        waiting = [call for call in self.calls.values() if call.state == "queued"]
        return sorted(waiting, key=lambda call: (call.priority, call.due, call.call))

    def open_cases(self) -> list[CaseView]:
        """Return the open cases, the worst first, then the newest."""
        mine = [case for case in self.cases.values() if case.open]
        return sorted(mine, key=lambda case: (-case.finding.severity.rank, -case.opened_at, case.case))

    def muted(self, now: float) -> list[MutedView]:
        """Return the devices that are muted, the first to be heard again first."""
        return sorted(
            (one for one in self._known.muted.values() if one.until > now), key=lambda one: (one.until, one.device)
        )

    def changed_since(self, case: str, seen: int) -> list[TimelineLine]:
        """Return what changed a case behind row ``seen`` to who decides about it, in words, oldest first."""
        rows = self._known.filed.of(case)
        return [line(row) for row in rows if row.seq > seen and changes(read(row)) == case]

    def rows_of(self, case: str) -> list[Row]:
        """Return the rows of a case, oldest first."""
        return self._known.filed.of(case)

    def heard_at(self, truck: str) -> float | None:
        """Return when a truck last spoke, POSIX seconds; ``None``: never."""
        known = self.trucks.get(truck)
        return known.heard_at if known is not None else None

    def case_of_episode(self, episode: str) -> str | None:
        """Return the case that a fault episode belongs to."""
        return self._known.of_episode.get(episode)

    def case_for(self, call: CallView) -> CaseView | None:
        """Return what a call is about, as the desk has it (``Known.case_for``)."""
        return self._known.case_for(call)

    @property
    def verification(self) -> Verification:
        """Return who has a voice print, and who speaks in which call, as far as it is stored."""
        return self._known.verification

    def check_of(self, call: CallView) -> CallCheck | None:
        """Return whether the customer of a call is known; ``None``: nothing was heard of that."""
        return self._known.verification.of(call.call, call.attempt)

    def struggles(self) -> list[StruggleView]:
        """Return who struggles with an app, or did, the newest first."""
        return list(self._known.struggles.values())[::-1]

    def was_invited(self, customer: str, invitation: str) -> bool:
        """Was a customer invited so to be helped with the app?"""
        view = self._known.struggles.get(struggle_of(invitation))
        return view is not None and view.struggle.customer == customer and view.invited_at is not None

    def struggle_of(self, customer: str, now: float) -> StruggleView | None:
        """Return what an agent who speaks with a customer is shown of their struggle with an app; ``None``: nothing."""
        return struggles.to_talk_about(self._known, customer, now)

    def surveys(self, since: float) -> list[SurveyView]:
        """Return the surveys that were asked since then, POSIX seconds, the oldest first."""
        return [one for one in self._known.surveys.values() if one.asked_at >= since]

    def survey_of(self, customer: str) -> SurveyView | None:
        """Return what a customer gave last, when they were asked how a talk was."""
        return surveys.of_customer(self._known, customer)

    def offer_on(self, call: str) -> OfferView | None:
        """Return what was offered on a call, or why nothing was; ``None``: nobody asked."""
        return self._known.offers.get(call)

    def taken(self) -> list[OfferView]:
        """Return what customers took, the newest first."""
        return [one for one in self._known.offers.values() if one.opened is not None][::-1]

    def app_faults(self) -> list[AppFault]:
        """Return what of an app makes people struggle, by version, flow, step and reason; the most frequent first."""
        return sorted(self._known.app_faults.values(), key=lambda one: (-len(one.customers), -one.last_at))

    def timeline(self, case: str, *, notes: bool = True) -> list[TimelineLine]:
        """Return what happened to a case, in words, oldest first; ``notes``: what dispatchers wrote down for each other, too."""
        rows = self._known.filed.of(case)
        return [line(row, case) for row in rows if notes or not isinstance(read(row), _NOTES)]

    def totals(self) -> dict[str, int]:
        """Return the running totals."""
        counts = self._known.counts
        return {
            "findings": counts.findings,
            "cases": counts.cases,
            "open_cases": sum(case.open for case in self.cases.values()),
            "calls_waiting": len(self.queue()),
            "calls_connected": counts.connected,
            "customer_calls": counts.phoned,
            "tows": counts.tows,
            "orders": counts.orders,
            "bookings": counts.bookings,
            "notices": counts.notices,
            "messages": counts.messages,
            "escalated": counts.escalated,
        }
