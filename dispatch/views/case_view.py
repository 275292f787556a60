"""What people see of a case, its call, its truck and its requests: as the ledger tells it, each as it stands. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from dispatch.core.care import Care
from dispatch.core.case import nobody_would_come
from dispatch.core.conversation.channels import Channel
from dispatch.core.eta_interval import eta_interval
from dispatch.core.hints.events import Verdict
from dispatch.core.ids import Requested
from dispatch.core.reasons.model import Expects, Reason
from dispatch.views.contact import Contact
from dispatch.views.questions import asks_help
from gateway.finding import Finding, Place


@dataclass(frozen=True, slots=True)
class NoteView:
    """A dispatcher's or an agent's note. ``at``: POSIX seconds."""

    at: float
    by: str | None
    text: str


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
    """Why it is queued once more: agent_lost (they may have spoken already), unanswered, open_question, dispatcher, call_back (the
    customer asked for that hour), abandoned (they hung up), transferred (they hold the line)."""
    to_agent: str = ""
    """To whom it was handed on."""
    needs: dict[str, int] = field(default_factory=dict)
    """What whoever handed it on asks of the next agent: how well they must do it, 1 to 5."""
    concern: str = ""
    """What asks for empathy: distress, bereavement, complaint."""
    notes: list[NoteView] = field(default_factory=list)
    """What agents wrote down about it."""
    channel: Channel = Channel.PHONE
    """On what they speak or write."""
    listeners: list[str] = field(default_factory=list)
    """Supervisors who listen in on it just now."""

    expects: Expects | None = None
    """Of a customer's own: why they turn to us, as far as was known when they did."""
    told_reason: Reason | None = None
    """Why, as an agent said."""
    hints: dict[str, Verdict] = field(default_factory=dict)
    """Article → what was said of it last."""

    lost_attempt: int = 0
    """The last one of which nobody said how it ended, though they spoke; 0: none."""
    lost_agent: str | None = None
    """Who had it."""

    def was_lost(self, attempt: int, agent: str | None) -> bool:
        """Was it this attempt that nobody told of, and is it who had it that speaks of it now?"""
        return attempt == self.lost_attempt and agent in {None, self.lost_agent}

    def given_to(self, attempt: int, agent: str | None) -> bool:
        """Is it this attempt, and was it given to whoever speaks of it? An unnamed agent is taken at their word."""
        return self.attempt == attempt and agent in {None, self.agent}


@dataclass(slots=True)
class HelpView:
    """The truck of a case. Times are POSIX seconds."""

    state: str
    """offered, promised, declined (another is looked for), on_scene, done, cancelled (for good, or because a contractor
    comes); too_late: on the scene when or after it was called off."""
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
    eta_from: float = 0.0
    """It will hardly be there sooner than this (``eta_interval``)."""
    eta_until: float = 0.0
    """Nor later."""

    def expect(self, eta: float, at: float) -> None:
        """Note when it will be there, as reckoned ``at``; POSIX seconds."""
        self.eta = eta
        self.eta_from, self.eta_until = eta_interval(eta, at)

    @property
    def under_way(self) -> bool:
        """Is the truck still to come, or at work?"""
        return self.state in {"offered", "promised", "on_scene"}

    def truck_spoke(self, at: float) -> None:
        """Note that the truck spoke, while anything is to be heard of it."""
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


@dataclass(frozen=True, slots=True)
class EscalationView:
    """Somebody was to look. ``at``: POSIX seconds; ``to``: whom it was told, where that was said."""

    at: float
    reason: str
    to: str | None


@dataclass(slots=True)
class MutedView:
    """A device that a dispatcher muted. Times are POSIX seconds."""

    device: str
    at: float
    until: float
    by: str | None
    reason: str
    heard: int = 0
    """How often it told of a fault since then."""
    parts: tuple[str, ...] = ()
    """Of which parts, each once."""


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
    asked_for_help: bool = False
    """The customer said that somebody shall come, and by the diagnosis alone nobody would."""
    open_question: bool = False
    """They were spoken to, and are to be asked again what nobody can be sent without: where it is."""
    overruled: Place | None = None
    """Where it is by the customer's word, or by its device, who contradict each other: one of them is wrong."""
    call: str | None = None
    notice: str | None = None
    informed_at: float | None = None
    has_stopped: bool = False
    """They said that the car that must not be driven on stands."""
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
    version: int = 0
    """Row of the ledger that changed it last; whoever acts names it as ``seen``."""
    care: Care = field(default_factory=Care)
    """Whose it is, who has seen it, which truck is pinned, what was done last."""
    notes: list[NoteView] = field(default_factory=list)
    escalations: list[EscalationView] = field(default_factory=list)
    """Each time that a person was to look at it."""
    merged_into: str | None = None
    """The case that goes on in its place."""

    def request(self, what: Requested) -> RequestView | None:
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
        if self.close_reason in {"declined", "cancelled"}:
            self.close_reason = "too_late"

    def revise(self, finding: Finding, *, besides: bool) -> None:
        """Go by a revised finding; ``besides``: it tells of something else that is broken and is less urgent."""
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

    def set_contact(self, contact: Contact, at: float) -> None:
        """Note how far the conversation is, since ``at``."""
        if contact is not self.contact:
            self.contact, self.contact_at = contact, at

    def note_answer(self, *, place: Place | None, wants_help: bool | None) -> None:
        """Note what the customer said; whether they want help counts where nobody comes before they say so."""
        if place is not None or wants_help is not None:
            self.open_question = False
        if wants_help is not None and self.asks_first:
            self.wants_help = wants_help
        if wants_help and nobody_would_come(self.finding, nobody_sent=self.nobody_sent):
            self.asked_for_help = True


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
    shift_end: float | None = None
    """When its crew goes home, POSIX seconds; ``None``: it has not said."""
