"""The course of a day, read from a ledger row by row: who waited, who was busy, where each truck was bound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import assert_never

from dispatch.core.actions import (
    Action,
    AdoptTow,
    AssignCall,
    CallAction,
    CancelTow,
    CaseAction,
    DismissTruck,
    LetTowFinish,
    MessageAction,
    MoveTow,
    OwnerAction,
    PlanAction,
    QueueCall,
    ReassignTow,
    RedirectTow,
    RenewEta,
    RequestAction,
    SendMessage,
    SendTow,
    TowAction,
    WithdrawCall,
)
from dispatch.core.acts import DispatcherEvent
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.events import ConversationEvent, CustomerAnswered, MessageReported
from dispatch.core.events import (
    AgentEvent,
    AnswerEvent,
    CallConnected,
    CallEnded,
    CustomerPhoned,
    DeviceEvent,
    Event,
    GuidanceEvent,
    HearingEvent,
    PrivacyEvent,
    SupplierOpened,
    TruckReported,
    WorkshopOpened,
)
from dispatch.core.invitations.actions import InvitationAction
from dispatch.core.invitations.events import InvitationEvent
from dispatch.core.offers.actions import ProductAction
from dispatch.core.offers.events import OfferEvent
from dispatch.core.purse.actions import PaymentAction
from dispatch.core.purse.events import PurseEvent
from dispatch.core.robots.actions import RobotAction
from dispatch.core.routing.events import InHandEvent
from dispatch.core.surveys.actions import SurveyAction
from dispatch.core.surveys.events import SurveyEvent
from dispatch.core.verification.events import VerificationEvent
from dispatch.ledger.rows import Row, read
from scenarios.score.silent_trucks import says_nothing_of_a_job, truck_of


@dataclass(slots=True)
class Job:
    """A truck's job: offered, there, done. POSIX seconds; ``None``: has not happened."""

    truck: str
    case: str
    since: float
    there: float | None = None
    until: float | None = None


@dataclass(slots=True)
class Day:
    """What happened when. Steps are (time, +1 or -1)."""

    waiting: list[tuple[float, int]] = field(default_factory=list)
    """Calls that wait for an agent."""
    talking: list[tuple[float, int]] = field(default_factory=list)
    """Agents who have a call in hand."""
    jobs: list[Job] = field(default_factory=list)
    trucks: set[str] = field(default_factory=set)
    messages: dict[Channel, Counter[str]] = field(default_factory=dict)
    """Channel → how many messages were written there, how many read as far as the house knows, how many answered."""
    workshops: list[tuple[float, float]] = field(default_factory=list)
    """Latitude, longitude."""
    first_at: float | None = None
    last_at: float = 0.0
    _on_channel: dict[str, Channel] = field(default_factory=dict)
    """Key of a message → where it was written."""
    _queued: set[str] = field(default_factory=set)
    _held: dict[str, str] = field(default_factory=dict)
    """Call → the agent who has it in hand."""
    _on: dict[str, Job] = field(default_factory=dict)
    """Tow → the job under way."""

    def through(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Take note of each row and pass it on."""
        for row in rows:
            self.feed(row)
            yield row

    def feed(self, row: Row) -> None:
        """Take the next row."""
        self.first_at = row.at if self.first_at is None else self.first_at
        self.last_at = row.at
        if says_nothing_of_a_job(row):
            self.trucks.add(truck_of(row))
            return
        said = read(row)
        self._written(said)
        if isinstance(said, Event):
            self._happened(said, row.at)
        else:
            self._decided(said, row.at)

    def _written(self, said: Event | Action) -> None:
        match said:
            case SendMessage():
                self._on_channel[said.key] = said.channel
                self._count(said.channel, "written")
            case MessageReported(status="read") if said.message in self._on_channel:
                self._count(self._on_channel[said.message], "read")
            case CustomerAnswered():
                self._count(said.channel, "answered")
            case _:
                pass

    def _count(self, channel: Channel, what: str) -> None:
        self.messages.setdefault(channel, Counter())[what] += 1

    def trucks_busy(self) -> list[tuple[float, int]]:
        """Return when trucks were bound and free again, as steps."""
        ends = [(self.last_at if job.until is None else job.until, -1) for job in self.jobs]
        return [(job.since, 1) for job in self.jobs] + ends

    def _happened(self, event: Event, at: float) -> None:
        if isinstance(event, TruckReported):
            self._truck(event, at)
        elif isinstance(event, WorkshopOpened):
            self.workshops.append((event.latitude, event.longitude))
        elif isinstance(event, CallEnded):
            self._ended(event, at)
        elif not isinstance(event, _MOVES_NOBODY):
            assert_never(event)

    def _decided(self, action: Action, at: float) -> None:
        if isinstance(action, CallAction):
            self._about_call(action, at)
        elif isinstance(action, TowAction):
            self._about_truck(action, at)
        elif not isinstance(action, _DECIDED_ASIDE):
            assert_never(action)

    def _about_call(self, action: CallAction, at: float) -> None:
        match action:
            case QueueCall():
                self._queue(action, at)
            case AssignCall():
                self._assign(action, at)
            case WithdrawCall():
                self._ended(action, at)
            case _:
                assert_never(action)

    def _about_truck(self, action: TowAction, at: float) -> None:
        match action:
            case SendTow() | ReassignTow():
                self._send(action, at)
            case AdoptTow():
                self._adopt(action, at)
            case CancelTow():
                self._free(action.tow, at)
            case DismissTruck() | RenewEta() | RedirectTow() | MoveTow() | LetTowFinish():
                pass  # the truck has the job that it had, or none
            case _:
                assert_never(action)

    def _queue(self, action: QueueCall, at: float) -> None:
        self._put_down(action.call, at)
        if action.call not in self._queued:
            self._queued.add(action.call)
            self.waiting.append((at, 1))

    def _leaves_queue(self, call: str, at: float) -> None:
        if call in self._queued:
            self._queued.remove(call)
            self.waiting.append((at, -1))

    def _put_down(self, call: str, at: float) -> None:
        if call in self._held:
            self._speaks(self._held.pop(call), at, -1)

    def _speaks(self, agent: str, at: float, step: int) -> None:
        """Who has several conversations at once is one agent at work."""
        if agent not in self._held.values():
            self.talking.append((at, step))

    def _assign(self, action: AssignCall, at: float) -> None:
        self._leaves_queue(action.call, at)
        self._put_down(action.call, at)
        self._speaks(action.agent, at, 1)
        self._held[action.call] = action.agent

    def _ended(self, event: CallEnded | WithdrawCall, at: float) -> None:
        self._leaves_queue(event.call, at)
        self._put_down(event.call, at)

    def _send(self, action: SendTow | ReassignTow, at: float) -> None:
        self._free(action.tow, at)
        self._on[action.tow] = job = Job(action.truck, action.case, at)
        self.jobs.append(job)

    def _adopt(self, action: AdoptTow, at: float) -> None:
        self._free(action.tow, at)
        job = Job(action.truck, action.case, at)
        self.jobs.append(job)
        if action.reason == "finished":
            job.there = job.until = at
            return
        job.there = at if action.reason == "arrived" else None
        self._on[action.tow] = job

    def _free(self, tow: str, at: float) -> None:
        job = self._on.pop(tow, None)
        if job is not None:
            job.until = at

    def _truck(self, event: TruckReported, at: float) -> None:
        report = event.report
        self.trucks.add(report.truck)
        job = self._on.get(report.job or "")
        if job is None or job.truck != report.truck:
            return
        if report.job_state == "arrived":
            job.there = at
        elif report.job_state in {"finished", "declined"}:
            self._free(report.job or "", at)


_DECIDED_ASIDE = (
    CaseAction
    | RequestAction
    | OwnerAction
    | MessageAction
    | InvitationAction
    | ProductAction
    | PlanAction
    | PaymentAction
    | RobotAction
    | SurveyAction
)
"""Neither agent nor truck has to do with it."""
_MOVES_NOBODY = (
    DeviceEvent
    | SupplierOpened
    | AnswerEvent
    | AgentEvent
    | CallConnected
    | CustomerPhoned
    | InHandEvent
    | PrivacyEvent
    | ConversationEvent
    | InvitationEvent
    | SurveyEvent
    | OfferEvent
    | HearingEvent
    | DispatcherEvent
    | GuidanceEvent
    | PurseEvent
    | VerificationEvent
)
"""Events that neither bind nor free an agent or a truck."""
