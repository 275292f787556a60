"""Everything that can happen to the desk, past tense. Each goes into the ledger before it is acted on.

``key`` tells a repeat: the store holds each key once. ``None``: the event may happen any number of times.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from dispatch.core.acts import Actor, DispatcherEvent, Serves, TakesOver
from dispatch.core.call_order.hazards import HazardModel
from dispatch.core.consent import Purpose, Way
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.events import ConversationEvent
from dispatch.core.ids import EventKind, attempt_key, event_key
from dispatch.core.invitations.events import InvitationAnswered, InvitationEvent
from dispatch.core.offers.events import OfferEvent
from dispatch.core.plan.model import PlannedRoute
from dispatch.core.purse.events import PurseEvent
from dispatch.core.reasons.model import Reason
from dispatch.core.routing.events import InHandEvent, NumberConfirmed, StateEvent
from dispatch.core.routing.model import Concern, Proficiency
from dispatch.core.skills import Skill
from dispatch.core.surveys.events import SurveyEvent
from dispatch.core.surveys.model import SurveyReach
from dispatch.core.verification.events import VerificationEvent
from gateway.finding import Finding, Place, PlaceReport, Provenance, Recovery, TruckReport

MayMessage = Annotated[bool, Field(exclude_if=bool)]
"""The customer agreed to be shown messages; left out of the row where they did, as it always was."""
Reach = Annotated[tuple[Channel, ...], Field(exclude_if=operator.not_)]
"""On which channels, beside telephone and device, the customer can be written to, by the register; left out where on none."""
WrongNumber = Annotated[bool, Field(exclude_if=operator.not_)]
"""Somebody else answers at the customer's number; left out of the row where nobody knows of that."""
OwnZone = Annotated[str, Field(exclude_if=operator.not_)]
"""By whose clock the customer's quiet hours are, IANA; empty: by the house's."""


@dataclass(frozen=True, slots=True)
class FaultFound:
    """The gateway concluded that something is broken."""

    finding: Finding
    language: str
    """The customer's, BCP 47."""
    may_call: bool
    """The customer agreed to be called."""
    may_order: bool
    """The customer agreed that we order for them."""
    may_message: MayMessage = True
    time_zone: OwnZone = ""
    reach: Reach = ()
    wrong_number: WrongNumber = False

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.FOUND, self.finding.key)


@dataclass(frozen=True, slots=True)
class CaseReported:
    """Somebody told of a fault: a customer on the telephone of whose device we know nothing, or a crew that looked at it.

    A finding whose episode is an open case's revises that case.
    """

    finding: Finding
    language: str
    may_call: bool
    may_order: bool
    call: str | None = None
    """The customer's call on which an agent took it down; ``None``: it was told in another way."""
    agent: Actor = None
    """Who took it down."""
    by: Actor = None
    may_message: MayMessage = True
    time_zone: OwnZone = ""
    corrects: Annotated[str, Field(exclude_if=operator.not_)] = ""
    """The open case whose diagnosis a dispatcher corrects by it."""
    takes_over: TakesOver = False
    reach: Reach = ()
    wrong_number: WrongNumber = False

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.REPORTED, self.finding.key)


@dataclass(frozen=True, slots=True)
class DeviceRecovered:
    """The device says that it is well again."""

    recovery: Recovery

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.RECOVERED, self.recovery.key)


@dataclass(frozen=True, slots=True)
class PlaceChanged:
    """A device whose fault is being seen to stands elsewhere than was told."""

    report: PlaceReport

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.PLACE, self.report.key)


@dataclass(frozen=True, slots=True)
class OwnerChanged:
    """A device whose fault is being seen to belongs to somebody else from now on."""

    device: str
    episode: str
    """Of the fault."""
    customer: str
    """Whose it is now; empty: nobody's."""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.OWNER, f"{self.episode}/{self.customer}")


@dataclass(frozen=True, slots=True)
class TruckReported:
    """A truck said where it is and how its job stands."""

    report: TruckReport

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.TRUCK, self.report.key)


@dataclass(frozen=True, slots=True)
class WorkshopOpened:
    """A workshop takes bookings."""

    workshop: str
    latitude: float
    longitude: float
    provenance: Provenance
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.WORKSHOP, self.workshop)


@dataclass(frozen=True, slots=True)
class SupplierOpened:
    """A supplier takes orders: for goods, for visits of a technician, or, as a contractor, for a truck."""

    supplier: str
    serves: tuple[Serves, ...]
    latitude: float
    longitude: float
    provenance: Provenance
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.SUPPLIER, self.supplier)


@dataclass(frozen=True, slots=True)
class AgentBecameFree:
    """An agent asks for the next call."""

    agent: str
    languages: tuple[str, ...]
    provenance: Provenance
    skills: Annotated[tuple[Skill, ...], Field(exclude_if=operator.not_)] = ()
    """What they can talk about; none named: everything, and the row is written as it always was."""
    key: None = None
    by: Actor = None
    proficiencies: Annotated[tuple[Proficiency, ...], Field(exclude_if=operator.not_)] = ()
    """How well they can do what; of a language or a skill that is only named above: as well as can be."""
    chats: Annotated[int, Field(exclude_if=operator.not_)] = 0
    """So many conversations in writing beside one by voice; 0: one conversation at a time, of whichever channel."""
    holds: Annotated[tuple[str, ...], Field(exclude_if=operator.not_)] = ()
    """The calls that they have in hand and go on with; who names none holds none any more."""


@dataclass(frozen=True, slots=True)
class AgentLeft:
    """An agent no longer waits for a call."""

    agent: str
    key: None = None
    by: Actor = None
    holds: Annotated[tuple[str, ...], Field(exclude_if=operator.not_)] = ()
    """The calls that they have in hand and go on with."""


@dataclass(frozen=True, slots=True)
class CallConnected:
    """The agent and the customer speak."""

    call: str
    attempt: int
    agent: Actor = None
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.CONNECTED, attempt_key(self.call, self.attempt))


class Outcome(StrEnum):
    """How an attempt at a call ended."""

    INFORMED = "informed"
    """They spoke; the customer knows what happens."""
    NO_ANSWER = "no_answer"
    """It rang and nobody answered, or it was engaged."""
    ABANDONED = "abandoned"
    """The customer hung up before anybody answered (inbound)."""
    DECLINED_HELP = "declined_help"
    """They spoke; the customer wants no help. What is on its way is called off."""
    NOT_TAKEN = "not_taken"
    """The agent did not take it: it goes to another, and the customer was not rung in vain."""
    VOICEMAIL = "voicemail"
    """A machine answered; what was left on it counts for nothing before the customer says so."""
    WRONG_NUMBER = "wrong_number"
    """Somebody else answered: nobody rings there before the number is confirmed."""
    CALL_BACK = "call_back"
    """They answered, could not speak, and said when they can."""


@dataclass(frozen=True, slots=True)
class CallEnded:
    """An attempt at a call is over."""

    call: str
    attempt: int
    outcome: Outcome
    place: Place | None = None
    """Where the customer says it is, when the agent had to ask."""
    wants_help: bool | None = None
    """What the customer said whether somebody shall come, asked or not; ``None``: nothing. A no holds whatever the outcome."""
    agent: Actor = None
    near: Annotated[str, Field(exclude_if=operator.not_)] = ""
    """The place in words."""
    by: Actor = None
    call_back_at: Annotated[float | None, Field(exclude_if=operator.not_)] = None
    """When the customer wants to be rung, POSIX seconds: by day or night, for they said so."""
    survey: Annotated[SurveyReach | None, Field(exclude_if=operator.not_)] = None
    """How the customer can be asked how it was, where the house asks; left out where it does not."""

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.ENDED, attempt_key(self.call, self.attempt))


@dataclass(frozen=True, slots=True)
class CustomerPhoned:
    """A customer rang in and waits for an agent."""

    call: str
    """The telephone exchange's reference, ``in/{ref}``."""
    customer: str
    language: str
    provenance: Provenance
    by: Actor = None
    channel: Annotated[Channel, Field(exclude_if=Channel.PHONE.__eq__)] = Channel.PHONE
    """``ivr``: a machine spoke to them first; ``video``; ``branch``: they stand there."""
    concern: Annotated[Concern, Field(exclude_if=operator.not_)] = ""
    """What asks for empathy, as far as whoever put them through could tell."""
    may_call: Annotated[bool, Field(exclude_if=bool)] = True
    """May we ring them back? Left out of the row where we may."""
    candidates: Annotated[tuple[str, ...], Field(exclude_if=operator.not_)] = ()
    """Of a stranger: the customers who have the number that rings."""
    about: Annotated[Reason | None, Field(exclude_if=operator.not_)] = None
    """What they chose in the exchange's own menu."""

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.PHONED, self.call)


@dataclass(frozen=True, slots=True)
class BookingAnswered:
    """A workshop took or refused a booking."""

    booking: str
    attempt: int
    accepted: bool
    slot_at: float | None
    """POSIX seconds."""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.ANSWERED, attempt_key(self.booking, self.attempt))

    @property
    def request(self) -> str:
        """What is answered."""
        return self.booking


@dataclass(frozen=True, slots=True)
class OrderAnswered:
    """A supplier took or refused an order."""

    order: str
    attempt: int
    accepted: bool
    arrives_at: float | None
    """POSIX seconds: when the goods or the technician will be there."""
    by: Actor = None
    price: Annotated[int, Field(exclude_if=operator.not_)] = 0
    """What they ask for it, minor units; 0: they have not said."""
    currency: Annotated[str, Field(exclude_if=operator.not_)] = ""

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.ANSWERED, attempt_key(self.order, self.attempt))

    @property
    def request(self) -> str:
        """What is answered."""
        return self.order


@dataclass(frozen=True, slots=True)
class OrderFulfilled:
    """The goods were handed over, or the technician has been."""

    order: str
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.FULFILLED, self.order)

    @property
    def request(self) -> str:
        """What is answered."""
        return self.order


@dataclass(frozen=True, slots=True)
class WithdrawalAnswered:
    """A partner took note that it is no longer asked; ``too_late``: it comes all the same."""

    request: str
    """The booking or the order."""
    attempt: int
    partner: str
    too_late: bool
    at: float | None = None
    """When it comes, where it is too late and the partner says so; POSIX seconds."""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.WITHDRAWN, attempt_key(self.request, self.attempt))


@dataclass(frozen=True, slots=True)
class ServiceStarted:
    """The service began to hear, the first time or again. The first input of a ledger and behind every restart."""

    decisions_version: int
    """``dispatch.core.decisions``: which rules decide from here on."""
    silent_since: float
    """Nobody could be heard since then, POSIX seconds: the hour of the last row, or until when alarms rang that led to none;
    now where there was no row."""
    key: None = None


@dataclass(frozen=True, slots=True)
class SenderThinned:
    """A vendor or a device sends more than it may, or what costs too much: of what it sends only so much is looked at.

    What is not looked at is no input. Written once in a while, as long as it lasts.
    """

    sender: str
    """``vendor/device``, or a vendor."""
    why: Literal["messages", "processor", "waiting"]
    """So many messages, or one that took so much of the processor's time, or so many that wait to be looked at."""
    until: float
    """It is written again from then on, where it still holds; POSIX seconds."""

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.THINNED, f"{self.sender}/{self.until:.3f}")


@dataclass(frozen=True, slots=True)
class ConsentChanged:
    """A customer agreed to something, or agrees no longer: it holds from here on, also for what waits to be done."""

    customer: str
    purpose: Purpose
    given: bool
    way: Way
    key: None = None
    by: Actor = None


@dataclass(frozen=True, slots=True)
class CustomerErased:
    """All that is personal of a customer goes; what stands in rows can be read no more. Their open cases end."""

    customer: str
    key: None = None
    by: Actor = None


Expiring = Literal["place", "words", "refused", "log_ins", "voice_print"]
"""Places of people and crews; what was said, shown and ordered; refused messages; sessions, links that are over; voice prints."""


@dataclass(frozen=True, slots=True)
class DataExpired:
    """A class of personal data was kept for as long as it is to be: what is older goes."""

    what: Expiring
    before: float
    """POSIX seconds."""
    key: None = None


@dataclass(frozen=True, slots=True)
class PlanProposed:
    """The worker beside the service has found a plan: the core checks it and may adopt it. A replay needs no worker."""

    plan: int
    """The record (``Replanned``) behind which the situation stood that it was made for."""
    routes: tuple[PlannedRoute, ...]
    """Of all trucks that have any."""

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.PROPOSED, f"plan/{self.plan}")


@dataclass(frozen=True, slots=True)
class HazardsAdopted:
    """From now on the desk goes by this model of when customers phone, whole as it is: a replay needs no file."""

    model: HazardModel
    key: None = None
    by: Actor = None


FindingEvent = FaultFound | CaseReported
"""What opens a case, or revises one."""
DeviceEvent = FindingEvent | DeviceRecovered | PlaceChanged | OwnerChanged
"""About a device and what is broken in it."""
OpeningEvent = WorkshopOpened | SupplierOpened
"""A partner is there."""
AnswerEvent = BookingAnswered | OrderAnswered | OrderFulfilled | WithdrawalAnswered
"""A partner says something about what it was asked."""
AgentEvent = AgentBecameFree | AgentLeft | StateEvent
"""Who is there, and how they are."""
CallEvent = AgentEvent | CallConnected | CallEnded | CustomerPhoned | InHandEvent
"""Agents, customers and their calls."""

PrivacyEvent = ConsentChanged | CustomerErased | DataExpired | NumberConfirmed
"""What becomes of what is people's own."""

AskedEvent = (
    CaseReported
    | OwnerChanged
    | OpeningEvent
    | AnswerEvent
    | CallEvent
    | ConversationEvent
    | InvitationAnswered
    | SurveyEvent
    | OfferEvent
    | ConsentChanged
    | CustomerErased
    | NumberConfirmed
    | DispatcherEvent
    | PurseEvent
    | VerificationEvent
)
"""What somebody asks for: a person, a partner or a machine, over the HTTP API."""

GuidanceEvent = PlanProposed | HazardsAdopted
"""What the desk is to go by: found beside the service, checked or taken as it is by the core."""

HearingEvent = ServiceStarted | SenderThinned
"""How we hear."""

Event = (
    DeviceEvent
    | TruckReported
    | OpeningEvent
    | AnswerEvent
    | CallEvent
    | ConversationEvent
    | InvitationEvent
    | SurveyEvent
    | OfferEvent
    | PrivacyEvent
    | HearingEvent
    | GuidanceEvent
    | DispatcherEvent
    | PurseEvent
    | VerificationEvent
)
"""The whole vocabulary, by what it is about. Who reads one of these subjects ends in ``assert_never``: a new event is added to
its subject, and mypy names every reader that does not know it."""
