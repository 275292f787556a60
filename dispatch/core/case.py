"""One fault episode of one customer, from finding to closed: what is known, what is under way, what is still owed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dispatch.core.care import Care
from dispatch.core.conversation.channels import SPOKEN, Channel
from dispatch.core.ids import Requested, tow_id
from dispatch.core.reasons.model import Expects
from dispatch.core.routing.model import Concern, Proficiency
from dispatch.core.skills import Skill
from dispatch.core.transitions import CallMove, CallState, HelpMove, HelpState, call_after, help_after
from gateway.finding import (
    NOTHING,
    SOMEBODY_COMES,
    Drive,
    Finding,
    Grade,
    Help,
    Load,
    Place,
    Provenance,
    Remedy,
    somebody_comes,
)

CALL_BACK_PRIORITY = 6
"""Of our call to who hung up: behind all of which we know that something is broken."""
INBOUND_PRIORITY = 0
"""A customer on the line is served before any call of ours that is not overdue (``call_queue``)."""


@dataclass(slots=True)
class Call:
    """One call, ours to the customer or the customer's to us."""

    call: str
    case: str | None
    customer: str
    inbound: bool
    language: str
    provenance: Provenance
    priority: int
    state: CallState = CallState.NONE
    attempt: int = 0
    """Counts how often it was queued."""
    unanswered: int = 0
    due: float = 0.0
    not_before: float = 0.0
    """It is not rung earlier: the customer's quiet hours, POSIX seconds."""
    at_once: bool = True
    """Rung in quiet hours, too: somebody stands at the roadside, rang in, or waits for whoever is on the way."""
    skill: Skill | None = None
    """What the agent should be trained for; ``None``: nothing is known of what it is about."""
    agent: str | None = None
    handed_at: float = 0.0
    """When an agent was given it last, and told what to ask, POSIX seconds."""
    time_zone: str = ""
    """The customer's own, IANA, by which quiet hours are theirs; empty: the house's."""
    channel: Channel = Channel.PHONE
    """On what they speak or write."""
    concern: Concern = ""
    """What asks for empathy."""
    needs: tuple[Proficiency, ...] = ()
    """What whoever handed it on asked for, beside what its policy asks."""
    to_agent: str = ""
    """To whom it was handed on, for whom it waits first."""
    back: bool = False
    """Ours to somebody who turned to us and was not spoken to: about whatever they say."""
    may_ring_back: bool = True
    """Theirs: may we ring them, if nobody speaks to them now?"""
    on_hold: bool = False
    """It was handed on and waits for another agent: the customer holds the line, whoever rang."""
    not_by: str = ""
    """Who is not to have it: whom the customer was not content with; empty: anybody may."""
    expects: Expects | None = None
    """Theirs: why, as far as was known when they turned to us."""
    since: float = 0.0
    """When the customer turned to us who waits, POSIX seconds; 0: they do not, or an older service has not noted it."""

    @property
    def is_spoken(self) -> bool:
        """Does the customer hold the line, or is to be rung, rather than write?"""
        return self.channel in SPOKEN

    @property
    def is_about_anything(self) -> bool:
        """Is it about whatever the customer says, rather than a case of which we ring them?"""
        return self.inbound or self.back

    @property
    def hastened(self) -> bool:
        """Is it made before all others of ours: a dispatcher wants it, the customer asked for that hour, or holds the line?"""
        return not self.inbound and self.priority == INBOUND_PRIORITY

    def move(self, move: CallMove) -> bool:
        """Make a legal move; ``False``: it is not legal and nothing changed."""
        state = call_after(self.state, move)
        if state is None:
            return False
        self.state = state
        return True


@dataclass(slots=True)
class Request:
    """A booking or an order: who was asked, who may still be asked, what they said."""

    attempt: int = 0
    partner: str | None = None
    asked: list[str] = field(default_factory=list)
    settled: bool = False
    """Accepted, or nobody is left to ask."""
    at: float | None = None
    """The slot, or when the goods or the technician arrive."""
    fulfilled: bool = False
    too_late: bool = False
    """A partner who was told that it is out comes all the same."""
    contractor: bool = False
    """It is asked for a truck, in the place of ours."""

    @property
    def stands(self) -> bool:
        """Is somebody asked, or to come, who can still be told otherwise?"""
        nobody = self.partner is None or (self.settled and self.at is None)
        return not (nobody or self.fulfilled or self.too_late)

    def give_up(self) -> None:
        """Expect nothing of it any more."""
        self.settled, self.at = True, None


@dataclass(slots=True)
class Case:
    """One case. ``finding`` is the latest."""

    case: str
    finding: Finding
    language: str
    may_call: bool
    may_order: bool
    opened_at: float
    number: int = 0
    """Of the cases of its episode: 0 is the first."""
    help: HelpState = HelpState.NONE
    truck: str | None = None
    eta: float | None = None
    tow_attempt: int = 0
    declined: set[str] = field(default_factory=set)
    asked_trucks: set[str] = field(default_factory=set)
    """Every truck that was offered the job."""
    refused: set[str] = field(default_factory=set)
    """Trucks that said no, and have neither come nor been asked since."""
    promised_eta: float | None = None
    """What the truck that comes promised first, POSIX seconds."""
    eta_number: int = 0
    """Counts the arrivals that were reckoned since a truck promised one."""
    told_eta: float | None = None
    """The arrival that the customer was told last, or will be told."""
    notices: int = 0
    """Messages shown to the owner on a device."""
    written: int = 0
    """Messages written to the customer unasked on other channels."""
    in_writing: bool = False
    """What they know they were written, and nobody will ring to say more."""
    lost_talk: tuple[str, int, str] | None = None
    """Call, attempt and agent of a talk of which nobody said how it ended: they may say so yet."""
    has_stopped: bool = False
    """They said that the car that must not be driven on stands."""
    told_to_wait: bool = False
    """They were told that our call comes later than was said."""
    tow_instead: bool = False
    """No truck has the skill: one that tows comes instead."""
    escalated: set[str] = field(default_factory=set)
    place: Place | None = None
    """Where help is to go: what the device or the customer told, whichever is better (``case_place``)."""
    near: str = ""
    """The place in words."""
    places: int = 0
    """How often it was told another."""
    sent_to: Place | None = None
    """Where the truck was last told to go."""
    sent_for: str = ""
    """The part it was last told."""
    tow_moves: int = 0
    """How often a truck was told another place or part."""
    tow_to: str | None = None
    told_tow_to: str | None = None
    """The workshop that the truck on its way was told."""
    others: dict[str, Finding] = field(default_factory=dict)
    """Episode → what else is broken in the same device. One car, one truck: a second would find it gone."""
    told_to_stop: bool = False
    """The driver was shown to stop; once is enough, however often the diagnosis wavers."""
    confirmed: bool = False
    """The customer, asked first, wants help."""
    asked_for_help: bool = False
    """The customer said that somebody shall come, and by the diagnosis alone nobody would."""
    booking: Request | None = None
    order: Request | None = None
    call: Call | None = None
    informed: bool = False
    declined_help: bool = False
    too_late: bool = False
    """The customer wanted no help, and what was on its way could not be called off any more."""
    helped_at: float | None = None
    """When the truck, the technician or the goods had been there, POSIX seconds."""
    recovered: bool = False
    again: bool = False
    """They were told that what they waited for is over."""
    waits: int = 0
    """How often something was waited for: its end, or that they try again. The desk looks after each by the clock."""
    too_long: bool = False
    """It lasts for so long that they are spoken to all the same; or the house speaks to all of them."""
    closed: bool = False
    may_message: bool = True
    time_zone: str = ""
    """The customer's own, IANA; empty: the house's."""
    reach: tuple[Channel, ...] = ()
    """On which channels beside telephone and device the customer can be written to."""
    care: Care = field(default_factory=Care)
    """What dispatchers did about it."""
    found_load: Load = NOTHING
    """What it takes to take it along, as a crew found on the scene."""
    called_off: int = 0
    """How many trucks were called off with no other in their place."""
    spoke_with: str = ""
    """The agent who spoke with the customer about it last."""
    concern: Concern = ""
    """What asks for empathy, as an agent noted it."""
    wrong_number: bool = False
    """Somebody else answered at the customer's number: nobody rings there before it is confirmed."""

    @property
    def tow(self) -> str:
        """The id of its tow; there is never a second."""
        return tow_id(self.case)

    def request(self, what: Requested) -> Request | None:
        """Return its booking, or its order; ``None``: nobody was asked so far."""
        return self.booking if what == "booking" else self.order

    @property
    def remedy(self) -> Remedy:
        """What it takes to put it right: by the diagnosis, or what helps whatever is broken where the customer asks for it."""
        found = self.finding.remedy
        asked = self.asked_for_help and not self.finding.sends
        return somebody_comes(self.finding.domain, found) if asked else found

    def is_of(self, customer: str, language: str, *, may_call: bool) -> None:
        """It turned out whose it is."""
        self.finding = replace(self.finding, customer=customer)
        self.others = {episode: replace(one, customer=customer) for episode, one in self.others.items()}
        self.language, self.may_call = language, self.may_call and may_call
        if self.call is not None:
            self.call.customer, self.call.language = customer, language

    @property
    def needs_truck(self) -> bool:
        """Is it a truck that helps?"""
        return self.remedy.help in {Help.ROADSIDE, Help.TOW}

    @property
    def may_ring(self) -> bool:
        """May the customer be rung, and is it known to be their number?"""
        return self.may_call and not self.wrong_number

    @property
    def skill(self) -> str:
        """What the truck must be able to do; one is still looked for where a later diagnosis alone would need none."""
        return "tow" if self.tow_instead or not self.needs_truck else self.remedy.skill

    @property
    def load(self) -> Load:
        """What it takes to take it along: by the register, by what is broken, by what a crew found; nothing where nobody tows."""
        if self.skill != "tow":
            return NOTHING
        rolls = self.remedy.tow_type != "flatbed" or not self.needs_truck
        return self.finding.load | self.found_load | (NOTHING if rolls else Load(("all_wheels_up",)))

    @property
    def asks_first(self) -> bool:
        """Is the customer to be asked before anybody is sent?"""
        doubtful = self.finding.grade is Grade.ASK and self.finding.sends
        return doubtful and not self.confirmed and not self.declined_help

    @property
    def sends(self) -> bool:
        """Does somebody come, or is to: what a customer may say no to?"""
        return self.finding.sends or self.help not in {HelpState.NONE, HelpState.DONE, HelpState.CANCELLED}

    @property
    def needs_answer(self) -> bool:
        """Is nobody sent before the customer has said something: whether to come, where to, or that they stopped?"""
        if self.declined_help or not self.nobody_sent:
            return False
        return self.asks_first or self.help is HelpState.ASKING or self.must_stop

    @property
    def must_stop(self) -> bool:
        """Is nobody sent, and are they to be told all the same that it must not be driven on?"""
        return self.finding.drive is Drive.STOP_NOW and not self.informed and self.nobody_sent

    @property
    def nobody_sent(self) -> bool:
        """Has nobody been asked to come so far?"""
        asked = self.order is not None and self.order.asked
        return self.help in {HelpState.NONE, HelpState.ASKING} and not asked

    @property
    def urgency(self) -> int:
        """Lower is more urgent: a car that must not be driven, then by severity."""
        return self.finding.urgency

    def move(self, move: HelpMove) -> bool:
        """Make a legal move of help; ``False``: it is not legal and nothing changed."""
        state = help_after(self.help, move)
        if state is None:
            return False
        self.help = state
        return True

    @property
    def help_over(self) -> bool:
        """Is nothing more to be expected from trucks and suppliers?"""
        truck_over = self.help in {HelpState.NONE, HelpState.DONE, HelpState.CANCELLED}
        order_over = self.order is None or self.order.fulfilled or (self.order.settled and self.order.at is None)
        return truck_over and order_over and (self.booking is None or self.booking.settled)

    @property
    def wants_call(self) -> bool:
        """Is it worth a call? What only has to be waited for is not, unless it lasts, or fails once it should be over."""
        if self.finding.remedy.help is Help.WAIT:
            return self.again or self.too_long
        if self.may_pass:
            return False
        return self.finding.remedy.help not in {Help.NOTICE, Help.SUPPLIES}

    @property
    def is_waiting(self) -> bool:
        """Is there nothing to do but to wait: until it is over, or until they have tried again?"""
        waits = self.finding.remedy.help is Help.WAIT or self.again or (self.may_pass and not self.informed)
        return waits and not self.wants_call

    @property
    def may_pass(self) -> bool:
        """Is it looked at again before anybody rings, since it is likely everybody's, or gone at the next try?

        Whom we were to ring already, for what else it may be, is rung.
        """
        rung = self.again or self.too_long or self.call is not None or not self.may_ring
        return self.finding.may_pass and not rung

    def found(self, finding: Finding) -> None:
        """It is diagnosed otherwise. Who waited has to hear that it is over, or that it is something else."""
        waited, before = self.is_waiting, self.finding.remedy.help
        self.finding, self.recovered = finding, False
        if waited and finding.remedy.help is not before:
            self.again = self.again or finding.remedy.help is Help.NOTICE
            self.informed = False

    def wait_too_long(self) -> None:
        """It has lasted for so long that they are to be spoken to. What has not shown as everybody's so far may do so yet."""
        self.too_long, self.informed = self.too_long or not self.may_pass, False

    @property
    def no_call_to_come(self) -> bool:
        """Is no call of ours about it queued, in hand or to be made later?"""
        over = {CallState.DONE, CallState.GIVEN_UP, CallState.WITHDRAWN}
        return self.call is None or self.call.state in over

    @property
    def call_over(self) -> bool:
        """Does nobody wait for a call any more?"""
        if self.informed or self.call is None:
            return True
        taken_back = self.call.state is CallState.WITHDRAWN and not self.may_call
        return taken_back or self.call.state in {CallState.DONE, CallState.GIVEN_UP}


def nobody_would_come(finding: Finding, *, nobody_sent: bool) -> bool:
    """Tell whether a customer who wants help would be left without: it was thought that a talk is enough."""
    talk = finding.remedy.help in {Help.TALK, Help.NOTICE}
    return talk and nobody_sent and finding.domain in SOMEBODY_COMES
