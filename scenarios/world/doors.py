"""Everything the world may do to the service. ``in_process`` opens these doors without, ``network`` over a network.

Whatever takes time returns a simpy event: the actor yields it and goes on with its value once the service has answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, Protocol

import simpy

from dispatch.core.actions import SendMessage, SendNotice
from dispatch.core.conversation.channels import Answer, Channel
from dispatch.core.conversation.events import MessageStatus
from dispatch.core.hints.events import HintWay, Verdict
from dispatch.core.offers.events import OfferReply
from dispatch.core.purse.actions import AskAboutMoney
from dispatch.core.purse.events import MoneyAnswer
from dispatch.core.purse.mandate import Mandate, MandateState
from dispatch.core.reasons.model import Reason
from dispatch.core.routing.model import PauseReason
from dispatch.core.skills import Skill
from firmware_sim.device.device import Device
from firmware_sim.kinds.phone.relay import Relay
from firmware_sim.links.radio_faults import RadioFaults
from gateway.finding import OrderLine
from scenarios.story.voices import HeardVoice
from scenarios.world.town import Point

if TYPE_CHECKING:
    from scenarios.world.bluetooth import Pair  # which speaks of the world, and so of these doors

Outcome = Literal["informed", "no_answer", "abandoned", "declined_help"]


NOTHING_SPECIAL: Mapping[str, int] = MappingProxyType({})
"""Of agents who can do what they name as well as can be."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A call handed to an agent."""

    call: str
    attempt: int
    case: str | None
    direction: Literal["outbound", "inbound"]
    customer: str
    ask_where: bool = False
    """Nobody was sent, for the place is not known well enough: ask the customer."""
    ask_help: bool = False
    """Nobody was sent, for it is not sure what is broken: ask whether somebody shall come."""
    ask_where_if_wanted: bool = False
    """Nobody need come by the diagnosis: who wants somebody all the same is asked where."""
    by_hand: bool = False
    """The telephone line is away, or cannot ring them: the agent dials."""
    agent: str | None = None
    """Whom it was handed to; ``None``: nobody, a customer who hangs up in the queue."""
    channel: Channel = Channel.PHONE
    """On which they speak, or write."""


@dataclass(frozen=True, slots=True)
class Replied:
    """A customer's answer by a tap or a number."""

    customer: str
    case: str
    channel: Channel
    answer: Answer
    place: Point | None = None


@dataclass(frozen=True, slots=True)
class Announced:
    """What the machine on the telephone says to who rings in."""

    said: tuple[str, ...] = ()
    """Nothing where nothing of theirs is known to be broken: they wait for an agent."""
    case: str = ""
    """Of which they may say by a key that they need no call."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a partner was asked for: a slot in a workshop, goods, a visit, or a truck."""

    id: str
    """The booking or the order."""
    attempt: int
    case: str
    partner: str
    what: Literal["slot", "supplies", "technician", "tow"]
    earliest: float
    """POSIX seconds."""
    lasts: float = 0.0
    """How long the car stays, seconds."""
    lines: tuple[OrderLine, ...] = ()
    """The goods."""
    skill: str = ""
    """What a technician or a contractor must be able to do."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A partner is no longer asked for what it was asked for, or has taken."""

    id: str
    """The booking or the order."""
    attempt: int
    partner: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a person tells of a device: its customer, of whom no device spoke, or a crew that looked at it."""

    ref: str
    """Unique."""
    by: Literal["customer", "crew"]
    device: str
    part: str
    since: float
    """POSIX seconds."""
    place: Point | None = None
    accuracy_m: float = 0.0
    call: str | None = None
    """The customer's."""
    case: str | None = None
    """What the crew was sent for."""


class Doors(Protocol):
    """The service, as its neighbours see it."""

    asked: simpy.Store
    """What partners are asked: ``yield doors.asked.get()`` for the next ``Asked``."""
    on_heard: Callable[[str], None] | None
    """Called with the key of each event, ``vendor/device/boot-seq``, as it reaches the service's broker; ``None``: nobody asks."""
    withdrawn: simpy.Store
    """What they are no longer asked: ``yield doors.withdrawn.get()`` for the next ``Withdrawn``."""

    def attach(self, device: Device) -> None:
        """Give a device its line up, and bring it the commands that come down."""

    def detach(self, device: Device) -> None:
        """Take a device's line away: nothing more is heard of it."""

    def pair(self, pair: Pair, device: Device, relay: Relay, faults: RadioFaults) -> Callable[[bool], None]:
        """Give a device its line to a phone over Bluetooth; call what is returned when the phone comes and when it goes."""

    def claim(
        self,
        agent: str,
        languages: tuple[str, ...],
        skills: tuple[Skill, ...] = (),
        proficiencies: Mapping[str, int] = NOTHING_SPECIAL,
        *,
        chats: int = 0,
        holds: tuple[str, ...] = (),
    ) -> simpy.Event:
        """Ask for the next call; the event's value is its ``Ticket``. ``holds``: those that they have in hand and go on with.

        ``chats``: so many in writing beside one by voice; 0: one at a time, of any channel.
        """

    def paused(self, agent: str, reason: PauseReason) -> simpy.Event:
        """Say that an agent takes no calls for a while; they wait for none."""

    def resumed(self, agent: str) -> simpy.Event:
        """Say that they are back."""

    def wrapped_up(self, agent: str) -> simpy.Event:
        """Say that an agent is through with what was left of a call."""

    def left(self, agent: str, holds: tuple[str, ...] = ()) -> None:
        """Say that an agent waits no longer, and goes on with what they hold; what they asked for does not come."""

    def rings(self, ticket: Ticket, answers_after: float | None, lasts: float, *, engaged: bool = False) -> simpy.Event:
        """An agent rings a customer, who answers after so many seconds or (``None``) lets it ring for as long as it ``lasts``.

        The event's value: whether they answered.
        """

    def picks_up(self, ticket: Ticket, after: float) -> simpy.Event:
        """An agent takes the call of a customer who rang in, after so many seconds."""

    def connected(self, ticket: Ticket) -> simpy.Event:
        """Say that agent and customer speak; the event's value is ``False`` where the call was withdrawn meanwhile."""

    def hints(self, ticket: Ticket, way: HintWay) -> simpy.Event:
        """An agent looks for what may help, or is shown it unasked; the value: ids of articles, the likeliest first."""

    def judged(self, ticket: Ticket, article: str, verdict: Verdict) -> simpy.Event:
        """An agent says what became of it."""

    def ended(
        self, ticket: Ticket, outcome: Outcome, place: Point | None = None, *, wants_help: bool | None = None
    ) -> simpy.Event:
        """Say how the call ended, where the customer said to be, and whether somebody shall come, where that was asked."""

    def listens(self, ticket: Ticket) -> simpy.Event:
        """Agent and customer speak, and the line listens, where the customer may be known by their voice; the value: whether."""

    def compared(self, ticket: Ticket, heard: HeardVoice) -> simpy.Event:
        """What was said is compared with their print; the value: whether it is them."""

    def questioned(self, ticket: Ticket, *, right: bool) -> simpy.Event:
        """They have answered the agent's questions, rightly or not."""

    on_message: Callable[[SendMessage | SendNotice], None] | None
    """Called with what is written to a customer, before it is there; ``None``: nobody reads it."""

    on_question: Callable[[AskAboutMoney], None] | None
    """Called with what a customer is asked about what their devices pay for long; ``None``: nobody looks."""

    def says_of_money(self, customer: str, ref: str, answer: MoneyAnswer) -> simpy.Event:
        """A customer answers that on their page, unless nobody asks any more."""

    def leaves(self, said: SendMessage) -> bool:
        """The house asks once more, as a message leaves, whether it is to be sent; ``False``: it is not, nobody gets it."""

    def phoned(self, ref: str, customer: str, channel: Channel = Channel.PHONE) -> simpy.Event:
        """A customer rings in, or stands in a branch; the exchange calls it ``in/{ref}``."""

    def says_why(self, ticket: Ticket, why: Reason) -> simpy.Event:
        """An agent says why a customer turned to us."""

    def announced(self, ref: str, customer: str) -> simpy.Event:
        """A customer rings in, and a machine answers; the value: what it says, ``Announced``."""

    def wrote(self, ref: str, customer: str, channel: Channel, text: str) -> simpy.Event:
        """A customer writes."""

    def replied(self, ref: str, said: Replied) -> simpy.Event:
        """A customer answers what was offered, by a tap, a number or a key; ``ref`` of a call is the exchange's."""

    def wrote_back(self, ticket: Ticket, text: str) -> simpy.Event:
        """An agent writes back; the value: ``False`` where another speaks with the customer by now, who has it all in hand."""

    def seeks_offer(self, ticket: Ticket) -> simpy.Event:
        """An agent asks whether something is to be offered; the value: its name, ``None``: nothing."""

    def answers_offer(self, ticket: Ticket, answer: OfferReply) -> simpy.Event:
        """An agent says what the customer said to it."""

    def message_is(self, customer: str, message: str, status: MessageStatus) -> simpy.Event:
        """A provider says what became of a customer's message; ``message`` is its key."""

    def lets_pay(self, mandate: Mandate) -> None:
        """A customer lets a device pay, strongly authenticated where there is a way for their code."""

    def holds(self, mandate: Mandate, to: MandateState) -> None:
        """A customer suspends a mandate, or has it go on."""

    def wants(self, customer: str, payment: str, *, agreed: bool) -> None:
        """A customer says whether a payment is wanted that they are asked about; with their code, where they say yes."""

    def disputes(self, customer: str, payment: str, why: str) -> None:
        """A customer says that a payment was not right."""

    def decides(self, payment: str, why: str, *, refunded: bool) -> None:
        """A person of the house decides about a dispute."""

    def reported(self, report: Report) -> simpy.Event:
        """An agent takes down what a customer says, or the control room what a crew says."""

    def answer(self, asked: Asked, at: float | None) -> simpy.Event:
        """A partner takes it for ``at`` (POSIX seconds), or refuses (``None``); the value: whether it is still asked."""

    def noted(self, withdrawn: Withdrawn, comes_at: float | None) -> simpy.Event:
        """A partner takes note of a withdrawal; ``comes_at`` (POSIX seconds): too late, it comes all the same."""

    def fulfilled(self, order: str) -> simpy.Event:
        """The goods were handed over, or the technician has been."""
