"""How a desk stands, as data: what a snapshot keeps of it. Order counts, since whoever waited longest is served first. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from dispatch.core.bookings import Workshop
from dispatch.core.call_order.hazards import HazardModel
from dispatch.core.call_order.unheard import Waits
from dispatch.core.case import Call, Case
from dispatch.core.conversation.talk import Talk
from dispatch.core.ended import Ending
from dispatch.core.events import AgentBecameFree, SupplierOpened
from dispatch.core.free_trucks import Truck
from dispatch.core.hints.counts import HintCount
from dispatch.core.invitations.struggling import Lately, Struggling
from dispatch.core.offers.memory import OfferStanding
from dispatch.core.purse.purse import PurseStanding
from dispatch.core.reasons.reasons import ReasonsStanding
from dispatch.core.robots.dialogues import Dialogue
from dispatch.core.routing.presence import Sight
from dispatch.core.surveys.asked import AskedSurvey
from dispatch.core.timers import Alarm
from dispatch.core.verification.checks import VerificationStanding
from gateway.finding import Provenance


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything a desk knows. Cases and calls are named by their ids where they are meant a second time."""

    cases: list[Case]
    """The open ones."""
    of_customer: dict[str, list[str]]
    of_episode: dict[str, str]
    of_device: list[tuple[str, str, str]]
    """Device, customer, case."""
    ended: dict[str, Ending]
    """Episode → how its last case ended."""
    alarms: list[Alarm]
    """Deadlines, call-by times, when to ring again: as they were set, in POSIX seconds."""
    trucks: list[Truck]
    waiting_for_trucks: list[str]
    workshops: list[Workshop]
    suppliers: list[SupplierOpened]
    calls: list[Call]
    waiting_calls: list[str]
    free_agents: list[AgentBecameFree]
    passed_calls: dict[Provenance, int] = field(default_factory=dict)
    """How many who rang in were served in a row while a call of ours was overdue."""
    manned: bool = False
    """A dispatcher has acted once."""
    muted: dict[str, float] = field(default_factory=dict)
    """Device → until when what it tells opens no case, POSIX seconds."""
    woken_at: float = 0.0
    """Until when alarms were rung, POSIX seconds; one that leads to nothing leaves no row."""
    routes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Truck → the cases that were planned for it last."""
    replans: int = 0
    hazards: HazardModel | None = None
    """As adopted last; ``None``: none was."""
    talks: list[Talk] = field(default_factory=list)
    """What is remembered of each customer's conversation."""
    struggling: list[Struggling] = field(default_factory=list)
    """Who struggles with an app, or did within a day."""
    invited: dict[str, Lately] = field(default_factory=dict)
    """Customer → how often they were invited."""
    purse: PurseStanding = field(default_factory=PurseStanding)
    """All money."""
    sights: list[Sight] = field(default_factory=list)
    """Which agents gave signs of life, and whether they still do."""
    unheard: list[Waits] = field(default_factory=list)
    """Who turned to us and was not spoken to."""
    surveys: list[AskedSurvey] = field(default_factory=list)
    """Who was asked how a talk was, within a month."""
    reasons: ReasonsStanding = field(default_factory=ReasonsStanding)
    """Who turned to us lately and why."""
    dialogues: list[Dialogue] = field(default_factory=list)
    """Whose each conversation is that a robot has or had, and how far it has come."""
    hinted: list[HintCount] = field(default_factory=list)
    """What became of articles that agents were shown."""
    offers: OfferStanding = field(default_factory=OfferStanding)
    """What was offered, and how it was taken."""
    verification: VerificationStanding = field(default_factory=VerificationStanding)
    """Who has a voice print, and who speaks in which call."""
