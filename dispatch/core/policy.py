"""What the house has decided: waiting times, attempts, speeds. One frozen object, so that two policies can be compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from dispatch.core.conversation.channels import Channel
from dispatch.core.offers.rules import OfferPolicy
from dispatch.core.plan.model import Level, Weights
from dispatch.core.purse.rules import PaymentPolicy
from dispatch.core.quiet_hours import QuietHours
from dispatch.core.routing.model import Step
from dispatch.core.travel import GreatCircle, TravelTimes
from gateway.errors import InternalError
from gateway.finding import Place, Severity

HintsBy = Literal["pulled", "pushed", "none"]
"""Of agents who were shown hints unasked 1% used any (Sun Country): they are pulled."""


class PlaceGate(StrEnum):
    """What a place is good for."""

    GOOD = "good"
    """A truck is sent at once."""
    DOUBTFUL = "doubtful"
    """The customer is called first and confirms it."""
    NONE = "none"
    """The customer is asked where it is."""


class CallOrder(StrEnum):
    """By what it is chosen which call is placed next."""

    DUE = "due"
    """Severity, and when it is due."""
    INDEX = "index"
    """How likely the customer is to phone meanwhile, to how long it takes (``dispatch.core.call_order``)."""


class Identity(StrEnum):
    """How it is made sure that the customer of a call is who they say."""

    AGENT = "agent"
    """As the agent sees fit; nothing is written down."""
    QUESTIONS = "questions"
    """By questions that only they can answer."""
    VOICE = "voice"
    """By their voice while they speak, where they agreed to that; else by questions."""


@dataclass(frozen=True, slots=True)
class MessagePolicy:
    """What is written to customers, and where. Times in seconds."""

    channels: tuple[Channel, ...] = ()
    """On which they are written to unasked, beside their own device, as they are tried where nothing is known of them."""
    fallback_s: float = 120.0
    """A message that was not read by then goes out on the next channel [fit]."""
    until_s: float = 30 * 60.0
    """One that no door has taken by then is not sent any more: it would no longer be true [fit]."""
    cap: int = 6
    """So many a day are written unasked to a customer, but for the first about a case and what is urgent: three in ten remove an
    app that sends too many (surveys of 2024)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Times in seconds, lengths in metres. Figures without a source are ours."""

    offer_timeout_s: float = 60.0
    """A truck that has not answered by then loses the job to the next."""
    outages_by_message: bool = True
    """Is nobody rung about what only has to be waited for, while it lasts?"""
    shows_within_s: float = 5 * 60.0
    """Whose payment failed for what is likely everybody's, or gone at the next try, is not rung before that [fit]: in
    ``card_outage`` 17 of the 21 who failed first are known to be of an outage within three minutes, all within five, and of
    customers who heard nothing one in five has phoned by then."""
    outlasts_s: float = 4 * 3_600.0
    """Who was told to wait is rung where it lasts longer: by then it is no hour's outage any more [fit]."""
    try_again_s: float = 24 * 3_600.0
    """A case of who was told that it works again is closed where they have not tried by then [fit]."""
    retry_tow_s: float = 120.0
    """Every truck declined: ask again after this."""
    answer_timeout_s: float = 300.0
    """A workshop or supplier that has not answered by then is passed over."""
    claim_timeout_s: float = 180.0
    """A call handed to an agent who neither connects nor ends it goes back into the queue."""
    call_due_s: float = 120.0
    """A call should be connected by then; afterwards any agent takes it, whatever the language."""
    talk_timeout_s: float = 3600.0
    """A call that is connected and not ended by then has lost its agent; what was said is unknown."""
    inbound_in_a_row: int = 2
    """So many customers who rang in are served before a call of ours that is overdue, then that one is."""
    call_order: CallOrder = CallOrder.DUE
    """Which call is placed next."""
    call_cap_s: float = 15 * 60.0
    """By the index, who has waited for so long goes before all who have not [fit]."""
    messages: MessagePolicy = field(default_factory=MessagePolicy)
    """On which channels customers are written to."""
    payments: PaymentPolicy = field(default_factory=PaymentPolicy)
    """How devices pay."""
    offers: OfferPolicy = field(default_factory=OfferPolicy)
    """What is offered to whom, once their problem is solved."""
    routing: tuple[Step, ...] = ()
    """What is asked of the agent who takes a call, one step after the other, and then of nobody any more; empty: the language and
    the skill, until the call is due."""
    identity: Identity = Identity.AGENT
    """How it is made sure who speaks."""
    transfer_waits_s: float = 60.0
    """A call that was handed on to one agent waits for them for so long, then for others [fit]."""
    agent_gone_s: float = 30.0
    """Of whom no sign of life came for so long, who gave some before, is gone: what they have in hand goes to another [fit]."""
    wrap_up_s: float = 0.0
    """So long at most an agent sees to what is left of a call before the next; 0: there is no such time."""
    call_back_abandoned: bool = False
    """Is a customer rung back who hung up before anybody answered, and of whom we know of nothing that is broken?"""
    reasons: bool = False
    """Is it thought of who turns to us why they do, and are agents found and briefed by it?"""
    invites: bool = True
    """Is somebody invited to talk who struggles with an app?"""
    invitations_a_day: int = 2
    """At most, of one customer [fit]."""
    surveys: bool = False
    """Is a customer who was spoken with asked how it was, and rung back where they give little?"""
    robots: bool = False
    """Does a robot answer simple wishes that customers write of?"""
    hints: HintsBy = "pulled"
    """How agents come by what they read while they speak: they ask, are shown it unasked, or not at all."""
    dial_attempts: int = 6
    """Rung so often in a row."""
    redial_s: float = 15.0
    """After the first call that nobody answered."""
    redial_growth: float = 2.0
    """By how much each later wait is longer: who cannot take the phone now cannot in 15 seconds, and may in four minutes."""
    later_redial_s: float = 15 * 60.0
    """Afterwards, and where a question stays open, who must be asked before anybody is sent is rung so seldom."""
    truck_silent_s: float = 5 * 60.0
    """An overdue truck of which nothing was heard for so long is said to be silent [fit]."""
    truck_lost_s: float = 15 * 60.0
    """One that is overdue and silent for so long is given up: another goes in its place [fit]."""
    unfinished_s: float = 4 * 3600.0
    """A truck that has been there for so long, or a technician whose hour is past by so much, without a word of being done: a
    person looks [fit]."""
    no_truck_s: float = 30 * 60.0
    """A case that has waited so long while no truck with its skill is on duty is escalated [fit]."""
    undo_within_s: float = 300.0
    """For so long a dispatcher may take an act back."""
    acknowledge_within_s: float = 300.0
    """A case that no dispatcher has seen by then is escalated, where a person ever acted."""
    acknowledge_from: Severity = Severity.HIGH
    """One that is less severe is not."""
    acknowledge_times: int = 3
    """So often: to the dispatchers first, to the supervisors then; 0: never."""
    alert_wait_s: float = 900.0
    """Who waits for a truck for so long stands among the alerts."""
    alert_free: int = 1
    """So does a skill that fewer trucks have that are free."""
    due_s: float = 45 * 60.0
    """By when help should be there, from the fault; ADAC's target."""
    speed_mps: float = 40 / 3.6
    """Of a truck in town."""
    circuity: float = 1.3
    """Road length over great circle."""
    place_accuracy_m: float = 500.0
    """A position worse than this sends nobody: the agent asks first."""
    place_age_s: float = 15 * 60.0
    """An older fix sends nobody: the agent asks first."""
    place_useless_m: float = 5_000.0
    """A position worse than this tells an agent nothing that is worth saying."""
    quiet: QuietHours | None = None
    """When nobody is rung who need not know at once; ``None``: they are rung at any hour."""
    truck_reach_m: float = 25_000.0
    """As the crow flies. Of those who wait so near to a free truck, the most urgent and longest waiting is served first; nobody
    further off before all of them are. About as far as a truck comes within ``due_s`` (45 min at 40 km/h over roads 1.3 times as
    long are 23 km): a town lies within it, and of a country one dispatcher's part."""
    geodesics: int = 4
    """How many of the trucks that look nearest are measured exactly."""

    plan: Level = Level.NEAREST
    """How a truck is chosen for who waits (docs/plan.md)."""
    plan_weights: Weights = field(default_factory=Weights)
    """What a plan goes by; when a truck should be there is ``due_s``."""
    turns_round: bool = False
    """May a plan send an empty truck that is on its way to somebody else, where another goes to whom it was promised?"""

    contractor_late_s: float | None = None
    """Whom no truck of ours reaches within so long after help is due, a contractor is asked for; ``None``: a person asks one."""

    roads: str | None = None
    """Whose roads an arrival is reckoned by: a shipped graph's name, or a file; ``None``: by great circle."""
    unhooking_s: float = 0.0
    """At the workshop, until a towed car is off the truck, as a plan reckons when it is free."""
    setting_out_s: float = 0.0
    """From the offer until the crew has answered and drives, as an arrival is reckoned."""
    road_pace: float = 1.0
    """How fast trucks drive on them now, to how fast they drive there on dry roads: less in snow."""
    drives: TravelTimes | None = field(default=None, compare=False, repr=False)
    """These roads, once they have been read (``dispatch.roads.house.with_roads``)."""

    @property
    def travel(self) -> TravelTimes:
        """How long trucks drive."""
        if self.drives is not None:
            return self.drives
        if self.roads is not None:
            raise InternalError(f"nobody has read the roads {self.roads}")
        return GreatCircle(self.circuity, self.speed_mps)

    def rests_s(self, unanswered: int) -> float:
        """Return how long to wait before somebody is rung again who did not answer ``unanswered`` times in a row, seconds."""
        return self.redial_s * self.redial_growth ** (unanswered - 1)

    def gate(self, place: Place | None, now: float) -> PlaceGate:
        """Tell what a place is good for at ``now``, POSIX seconds. Never a truck to a stale or vague fix."""
        if place is None or place.accuracy_m > self.place_useless_m:
            return PlaceGate.NONE
        fresh = now - place.fix_time <= self.place_age_s
        return PlaceGate.GOOD if fresh and place.accuracy_m <= self.place_accuracy_m else PlaceGate.DOUBTFUL
