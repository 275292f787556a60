"""Everything the desk can decide, imperative. Each goes into the ledger with what caused it, before it is carried out.

``key`` is derived from the case: the store takes each key once, so that a second tow cannot even be written down.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from dispatch.core.acts import EscalatedTo, Serves
from dispatch.core.conversation.channels import Answer, Channel
from dispatch.core.ids import ActionKind, action_key, attempt_key, message_key, notice_key
from dispatch.core.invitations.actions import ExplainStruggle, InvitationAction, InviteCustomer
from dispatch.core.offers.actions import ProductAction
from dispatch.core.plan.model import PlannedRoute
from dispatch.core.purse.actions import PaymentAction, PaymentTold
from dispatch.core.reasons.model import Expects
from dispatch.core.robots.actions import RobotAction
from dispatch.core.routing.model import Concern
from dispatch.core.surveys.actions import SurveyAction
from gateway.finding import OrderLine, Place, Provenance

_FIRST = (1).__eq__
InsteadOf = Annotated[str, Field(exclude_if=operator.not_)]
"""Key of the message that says the same on another channel, and was not read in time."""
Tried = Annotated[tuple[Channel, ...], Field(exclude_if=operator.not_)]
"""The channels on which the same was said before."""


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A fault episode becomes a case."""

    case: str
    customer: str
    device: str
    provenance: Provenance
    finding: Annotated[str, Field(exclude_if=operator.not_)] = ""
    """Key of the finding that opened it; rows of before this was said have none."""

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.case, ActionKind.OPEN)


@dataclass(frozen=True, slots=True)
class ReviseCase:
    """Later evidence changed what we think is broken."""

    case: str
    finding: str
    """Key of the finding that revises it."""
    changed: tuple[str, ...]
    """Which of the finding's members changed; ``also``: something else is broken besides."""

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.case, ActionKind.REVISE, self.finding)


@dataclass(frozen=True, slots=True)
class MoveCase:
    """The case goes by another place from now on, or by the same although it was told another."""

    case: str
    number: int
    """Counts them, from 1."""
    place: Place
    near: str
    """The place in words an agent can say."""
    metres: float | None
    """From the place before; ``None``: there was none."""
    overruled: Place | None = None
    """What the customer says, or the device, that contradicts it: one of them is wrong."""

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.case, ActionKind.PLACE, self.number)


CloseReason = Literal[
    "helped",
    "informed",
    "recovered",
    "declined",
    "too_late",
    "unreachable",
    "handed_on",
    "erased",
    "cancelled",
    "merged",
]
"""``too_late``: the customer wanted no help, and what was on its way could not be called off any more.
``handed_on``: the device belongs to somebody else. ``erased``: all that was
known of the customer. ``cancelled``: by a dispatcher. ``merged``: another case of the same trouble goes on."""


@dataclass(frozen=True, slots=True)
class CloseCase:
    """Nothing is left to do."""

    case: str
    reason: CloseReason

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.case, ActionKind.CLOSE)


CandidateState = Literal["chosen", "free", "busy", "declined", "unable", "had_it", "passed_over"]
"""``free``: it is wanted elsewhere. ``had_it``: the job was its own. ``passed_over``: a person chose another."""


@dataclass(frozen=True, slots=True)
class TruckCandidate:
    """A truck that could have been sent, or why it could not."""

    truck: str
    metres: float
    """By road, as the house reckons it, from where it is, or will be free."""
    eta: float
    """When it could be there, POSIX seconds."""
    state: CandidateState
    cost: Annotated[float | None, Field(exclude_if=operator.not_)] = None
    """What the plan would cost more with this truck going there first, seconds of waiting; told of the best three."""


@dataclass(frozen=True, slots=True)
class SendTow:
    """Send a truck: the nearest free one that can do it. One for each case; ``ReassignTow`` moves it."""

    case: str
    tow: str
    truck: str
    skill: str
    place: Place
    part: str
    on_scene_s: float
    eta: float
    """POSIX seconds."""
    provenance: Provenance
    tow_to: str | None
    """The workshop it goes to."""
    tow_to_latitude: float | None
    tow_to_longitude: float | None
    tow_type: str = "any"
    """``flatbed``: the car's wheels must not turn."""
    why: Annotated[tuple[TruckCandidate, ...], Field(exclude_if=operator.not_)] = ()
    """Whom it was chosen from, the nearest first; empty where the nearest goes as a matter of course."""

    @property
    def key(self) -> str:  # noqa: D102
        return self.tow


@dataclass(frozen=True, slots=True)
class ReassignTow:
    """The truck declined or did not answer: withdraw the job from it and offer it to the next."""

    case: str
    tow: str
    attempt: int
    from_truck: str | None
    """``None``: it declined, and nobody else was free until now."""
    truck: str
    skill: str
    place: Place
    part: str
    on_scene_s: float
    eta: float
    provenance: Provenance
    tow_to: str | None
    tow_to_latitude: float | None
    tow_to_longitude: float | None
    tow_type: str = "any"
    why: Annotated[tuple[TruckCandidate, ...], Field(exclude_if=operator.not_)] = ()
    """Whom it was chosen from, the nearest first; empty where the nearest goes as a matter of course."""

    @property
    def key(self) -> str:  # noqa: D102
        return attempt_key(self.tow, self.attempt)


@dataclass(frozen=True, slots=True)
class AdoptTow:
    """What is true in the world wins: a truck that was passed over has the job all the same, and ``instead_of`` is out.

    It said yes before the other did and is no later there (``accepted``), is on the scene (``arrived``), or is done
    (``finished``). Who said yes is told the job once more, behind the withdrawal that may still be on its way to it.
    """

    case: str
    tow: str
    attempt: int
    """Counted on from the offers: each names one truck."""
    truck: str
    instead_of: str | None
    """``None``: nobody was asked just then."""
    reason: Literal["accepted", "arrived", "finished"]
    skill: str
    place: Place
    part: str
    on_scene_s: float
    eta: float
    """POSIX seconds; of a truck that is there: when that was told."""
    provenance: Provenance
    tow_to: str | None
    tow_to_latitude: float | None
    tow_to_longitude: float | None
    tow_type: str = "any"

    @property
    def key(self) -> str:  # noqa: D102
        return attempt_key(self.tow, self.attempt)


@dataclass(frozen=True, slots=True)
class DismissTruck:
    """A truck is at a case that needs it no more, or that another truck sees to: it is told that the job is withdrawn."""

    case: str
    tow: str
    truck: str
    report: str
    """Key of the report that says that it is there."""
    reason: Literal["closed", "cancelled", "done", "another_is_there"]
    provenance: Provenance

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.tow, ActionKind.DISMISS, self.report)


@dataclass(frozen=True, slots=True)
class RenewEta:
    """The truck that promised to come will be there at another time than was told last."""

    case: str
    tow: str
    truck: str
    number: int
    """Counts the arrivals reckoned for this tow, the promised one included."""
    eta: float
    """POSIX seconds."""
    provenance: Provenance
    late_s: Annotated[float, Field(exclude_if=operator.not_)] = 0.0
    """Behind what it promised first, seconds; 0: in time."""
    silent_s: Annotated[float, Field(exclude_if=operator.not_)] = 0.0
    """It is overdue and has said nothing for so long; 0: it speaks."""

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.tow, ActionKind.ETA, self.number)


EscalationReason = Literal[
    "no_truck_with_skill",
    "not_there_in_time",
    "may_not_be_asked",
    "not_finished",
    "no_technician",
    "unacknowledged",
    "asked_for",
    "pin_not_kept",
    "no_contractor",
    "wrong_number",
]
"""``no_truck_with_skill``: none was ever heard of, or none has been on duty for long. ``not_there_in_time``: past the due time.
``may_not_be_asked``: nobody is sent before the customer has answered, who does not want to be called.
``no_technician``: nobody is left to ask. ``unacknowledged``: no dispatcher has seen it. ``asked_for``: one wants others to look.
``pin_not_kept``: the truck that was pinned to it does not come. ``no_contractor``: who was asked declined or kept silent.
``wrong_number``: somebody else answers at the customer's number, and nobody rings there."""


@dataclass(frozen=True, slots=True)
class EscalateCase:
    """A person has to look at a case: the house cannot get help there by itself."""

    case: str
    reason: EscalationReason
    number: Annotated[int, Field(exclude_if=operator.not_)] = 0
    """Counts those that may be told again, from 1; 0: it is told once."""
    to: Annotated[EscalatedTo | None, Field(exclude_if=operator.not_)] = None
    """Who is to look; ``None``: whoever sees it."""

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(
            self.case, ActionKind.ESCALATE, f"{self.reason}/{self.number}" if self.number else self.reason
        )


@dataclass(frozen=True, slots=True)
class RedirectTow:
    """The workshop that takes the car is another than the truck was told."""

    case: str
    tow: str
    truck: str
    attempt: int
    """Of the booking that led to it; 0: a diagnosis did, by which the car is towed."""
    tow_to: str
    tow_to_latitude: float
    tow_to_longitude: float
    provenance: Provenance

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.tow, ActionKind.REDIRECT, self.attempt)


@dataclass(frozen=True, slots=True)
class MoveTow:
    """What the truck is sent to is elsewhere, or something else, than it was told."""

    case: str
    tow: str
    truck: str
    number: int
    """Counts them, from 1."""
    place: Place
    near: str
    part: str
    on_scene_s: float
    eta: float
    """POSIX seconds."""
    metres: float
    """From where it was sent before."""
    provenance: Provenance

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.tow, ActionKind.MOVE, self.number)


@dataclass(frozen=True, slots=True)
class CancelTow:
    """Call the truck off."""

    case: str
    tow: str
    truck: str
    reason: str
    provenance: Provenance
    number: Annotated[int, Field(exclude_if=_FIRST)] = 1
    """Counts the trucks of one tow that were called off with no other in their place."""

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.tow, ActionKind.CANCEL, None if self.number == 1 else self.number)


@dataclass(frozen=True, slots=True)
class LetTowFinish:
    """The customer wants no help, and the truck is on the scene already: it is too late to call it off."""

    case: str
    tow: str
    truck: str

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.tow, ActionKind.TOO_LATE)


@dataclass(frozen=True, slots=True)
class BookWorkshop:
    """Ask a workshop for a slot. ``attempt`` counts the workshops asked."""

    case: str
    booking: str
    attempt: int
    workshop: str
    earliest: float
    duration_s: float
    part: str
    provenance: Provenance

    @property
    def key(self) -> str:  # noqa: D102
        return attempt_key(self.booking, self.attempt)


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Order goods or a technician's visit. ``attempt`` counts the suppliers asked."""

    case: str
    order: str
    attempt: int
    supplier: str
    what: Serves
    part: str
    skill: str
    lines: tuple[OrderLine, ...]
    provenance: Provenance
    place: Annotated[Place | None, Field(exclude_if=operator.not_)] = None
    """Where a contractor's truck is to go."""

    @property
    def key(self) -> str:  # noqa: D102
        return attempt_key(self.order, self.attempt)


RequestWithdrawal = Literal[
    "no_answer",
    "declined_help",
    "other_comes",
    "moved",
    "consent_withdrawn",
    "our_truck_comes",
    "cancelled",
    "merged",
    "undone",
]
"""``other_comes``: the partner before it was told that it is out, and comes all the same. ``moved``: the car comes from
elsewhere or later than the workshop was told."""


@dataclass(frozen=True, slots=True)
class WithdrawRequest:
    """Tell a workshop or supplier that it is no longer asked: it kept silent and the next is asked, or nothing is wanted.

    Without it a late answer would make two orders of one.
    """

    case: str
    request: str
    """The booking or the order."""
    attempt: int
    partner: str
    reason: RequestWithdrawal
    provenance: Provenance

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(attempt_key(self.request, self.attempt), ActionKind.WITHDRAW)


@dataclass(frozen=True, slots=True)
class TellDriverToStop:
    """Show the driver to stop at the next safe place."""

    case: str
    device: str
    reason: str
    provenance: Provenance
    also: Annotated[str | None, Field(exclude_if=operator.not_)] = None
    """The owner's phone, which shows it as well: a car without a modem is not reached, and two screens do no harm."""
    text: Annotated[str, Field(exclude_if=operator.not_)] = ""
    """What the phone shows."""

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.case, ActionKind.STOP)


@dataclass(frozen=True, slots=True)
class SendNotice:
    """Show the owner a message on a device."""

    case: str
    device: str
    text: str
    provenance: Provenance
    number: Annotated[int, Field(exclude_if=_FIRST)] = 1
    """Counts the messages about one case."""
    beside_call: Annotated[bool, Field(exclude_if=operator.not_)] = False
    """It goes out beside a call: nobody counts as informed who was only shown it."""
    answers: Annotated[tuple[Answer, ...], Field(exclude_if=operator.not_)] = ()
    """What the owner may answer by a tap."""
    instead_of: InsteadOf = ""
    tried: Tried = ()

    @property
    def key(self) -> str:  # noqa: D102
        return notice_key(self.case, self.number)


MessagePurpose = Literal["notice", "reply", "invitation", "survey", "money", "robot", "terms"]
"""``notice``: about a case, unasked; ``reply``: an agent, or the house, answers; ``money``: what devices pay;
``robot``: a robot answers; ``terms``: of what they took."""


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Write to a customer on a channel that is no device of theirs."""

    customer: str
    number: int
    """Counts the messages of the conversation, from 1."""
    channel: Channel
    case: str | None
    purpose: MessagePurpose
    text: str
    language: str
    until: float
    """Not tried after it, POSIX seconds."""
    provenance: Provenance
    answers: Annotated[tuple[Answer, ...], Field(exclude_if=operator.not_)] = ()
    """What the customer may answer by a tap, or by its number in this list, from 1."""
    not_before: Annotated[float, Field(exclude_if=operator.not_)] = 0.0
    """Not sent earlier: the customer's quiet hours, POSIX seconds."""
    instead_of: InsteadOf = ""
    tried: Tried = ()
    beside_call: Annotated[bool, Field(exclude_if=operator.not_)] = False
    """It goes out beside a call: nobody counts as informed who was only written to."""
    urgent: Annotated[bool, Field(exclude_if=operator.not_)] = False
    agent: Annotated[str, Field(exclude_if=operator.not_)] = ""
    """Who wrote it; empty: the house."""
    choices: Annotated[tuple[str, ...], Field(exclude_if=operator.not_)] = ()
    """What may be chosen from by a tap or its number in this list, from 0: a person."""

    @property
    def key(self) -> str:  # noqa: D102
        return message_key(self.customer, self.number)


QueueReason = Literal[
    "",
    "agent_lost",
    "unanswered",
    "open_question",
    "dispatcher",
    "call_back",
    "abandoned",
    "transferred",
    "asked_for",
    "invited",
    "low_score",
]
"""``agent_lost``: they may have spoken already, nobody knows; ``unanswered``: nobody could be reached, and nobody is sent
without the customer's word; ``open_question``: they spoke, and what had to be asked first was not answered; ``dispatcher``: a
dispatcher wants it made now; ``call_back``: the customer asked for that hour; ``abandoned``: they rang in and hung up before
anybody answered; ``transferred``: an agent handed it on, and the customer holds the line; ``asked_for``: the customer wrote that
they want to be rung now; ``invited``: they struggle with an app, were invited, and want to speak or to chat; ``low_score``: they
gave little when they were asked how the last talk was: another agent speaks with them."""


@dataclass(frozen=True, slots=True)
class QueueCall:
    """Put a call into the queue: ours to the customer, or the customer's to us."""

    call: str
    case: str | None
    """``None``: a customer rang in and no case is open."""
    customer: str
    direction: Literal["outbound", "inbound"]
    attempt: int
    priority: int
    """Lower is served first."""
    not_before: float
    due: float
    """By when it should be connected."""
    language: str
    provenance: Provenance
    reason: Annotated[QueueReason, Field(exclude_if=operator.not_)] = ""
    """Why it is queued once more, where the agent should know."""
    channel: Annotated[Channel, Field(exclude_if=Channel.PHONE.__eq__)] = Channel.PHONE
    """Of a customer who writes: on what."""
    concern: Annotated[Concern, Field(exclude_if=operator.not_)] = ""
    """What asks for empathy, where somebody noted it."""
    expects: Annotated[Expects | None, Field(exclude_if=operator.not_)] = None
    """Of who turns to us: why, as far as was known when they did, where the house goes by that."""

    @property
    def key(self) -> str:  # noqa: D102
        return attempt_key(self.call, self.attempt)


@dataclass(frozen=True, slots=True)
class AssignCall:
    """Hand a queued call to a free agent."""

    call: str
    case: str | None
    attempt: int
    agent: str

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(attempt_key(self.call, self.attempt), ActionKind.ASSIGN)


WithdrawReason = Literal[
    "customer_phoned",
    "waits",
    "recovered",
    "unreachable",
    "closed",
    "agent_lost",
    "consent_withdrawn",
    "wrong_number",
    "other_call",
    "answered",
    "joined",
    "spoken_to",
]
"""``spoken_to``: an agent who was taken for lost says how it ended after all. ``answered``: the customer knows, and said so in
writing. ``other_call``: another call of ours to them says it. ``joined``: of what a customer wrote, or of our call: whoever speaks
or writes with them by now has it in hand. ``agent_lost``: of a customer's own call, whose agent is gone without a word; we ring
them instead. ``consent_withdrawn``: they do not want to be rung, or it is not about what is theirs any more."""


@dataclass(frozen=True, slots=True)
class WithdrawCall:
    """The call is no longer needed, or the customer is already on the line."""

    call: str
    case: str | None
    attempt: int
    reason: WithdrawReason

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(attempt_key(self.call, self.attempt), ActionKind.WITHDRAW)


@dataclass(frozen=True, slots=True)
class MovedJob:
    """A case that another truck is planned for now."""

    case: str
    from_truck: str | None
    """``None``: nobody was planned for it so far."""
    truck: str | None
    """``None``: none on duty can do it."""


ReplanTrigger = Literal[
    "new_job", "truck_free", "truck_lost", "late", "cancelled", "diagnosis", "duty", "waits", "person", "proposal"
]
"""``duty``: a truck came, left, or can do other things; ``waits``: somebody waits for long; ``proposal``: a better plan was
proposed."""


@dataclass(frozen=True, slots=True)
class Replanned:
    """The plan of those who wait is another than it was. Offers that follow from it stand behind it."""

    number: int
    """Counts them, from 1."""
    trigger: ReplanTrigger
    routes: tuple[PlannedRoute, ...]
    """Of the trucks whose route is another; the others keep theirs."""
    moved: tuple[MovedJob, ...]
    cost_before: float
    """Of the plan before, with what is new put in where it cost least; in seconds of waiting."""
    cost_after: float
    evaluations: int
    """How many routes were reckoned."""
    turned: Annotated[tuple[str, ...], Field(exclude_if=operator.not_)] = ()
    """Trucks that were on their way, empty, and are sent elsewhere."""
    case: None = None

    @property
    def key(self) -> str:  # noqa: D102
        return action_key("plan", ActionKind.REPLAN, self.number)


CaseAction = OpenCase | ReviseCase | MoveCase | CloseCase | EscalateCase
"""About a case itself."""
OfferAction = SendTow | ReassignTow | AdoptTow
"""Gives the job to a truck."""
TruckCommand = OfferAction | DismissTruck | RedirectTow | MoveTow | CancelTow
"""What a truck is told."""
TowAction = TruckCommand | RenewEta | LetTowFinish
"""About the truck that goes to a case."""
RequestAction = BookWorkshop | PlaceOrder | WithdrawRequest
"""What a workshop or a supplier is told."""
OwnerAction = TellDriverToStop | SendNotice
"""What the owner is shown on a device."""
MessageAction = SendMessage
"""What a customer is written on another channel."""
AppCommand = InviteCustomer | ExplainStruggle
"""What an app shows its customer who struggles."""
DeviceCommand = TruckCommand | OwnerAction | PaymentTold | AppCommand
"""What a device is told: a truck's, the owner's, the one that asked to pay, or an app whose customer struggles."""
CallAction = QueueCall | AssignCall | WithdrawCall
"""About a call, ours or the customer's."""


@dataclass(frozen=True, slots=True)
class RefusePlan:
    """A plan that was proposed does not fit what stands by now, or is no better: all stays as it is."""

    plan: int
    """Of the record it was to better."""
    why: str
    case: None = None

    @property
    def key(self) -> str:  # noqa: D102
        return action_key("plan", ActionKind.REFUSE, self.plan)


PlanAction = Replanned | RefusePlan
"""About the plan of all who wait."""

Action = (
    CaseAction
    | TowAction
    | RequestAction
    | OwnerAction
    | MessageAction
    | CallAction
    | InvitationAction
    | SurveyAction
    | ProductAction
    | PlanAction
    | PaymentAction
    | RobotAction
)
"""The whole vocabulary, by what it is about. Who reads one of these subjects ends in ``assert_never``: a new action is added to
its subject, and mypy names every reader that does not know it."""
