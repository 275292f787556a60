"""How a desk stands behind the rows folded so far, for those who fold them subject by subject. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from dispatch.core.bookings import Workshop
from dispatch.core.call_order.hazards import HazardModel
from dispatch.core.call_order.unheard import Unheard
from dispatch.core.case import Call, Case, Request
from dispatch.core.conversation.talk import Talks
from dispatch.core.decisions import FIRST_VERSION
from dispatch.core.duties.outlasting import begins_to_wait, wait_s
from dispatch.core.duties.watching import is_to_be_seen
from dispatch.core.ended import Endings
from dispatch.core.events import AgentBecameFree, SupplierOpened
from dispatch.core.free_trucks import Truck
from dispatch.core.hints.counts import HintCounts
from dispatch.core.ids import Requested, request_of
from dispatch.core.invitations.struggling import Strugglers
from dispatch.core.lateness import OVERDUE_S, worth_telling
from dispatch.core.mutes import Mutes
from dispatch.core.offers.memory import MadeOffers
from dispatch.core.policy import Policy
from dispatch.core.purse.purse import Purse
from dispatch.core.reasons.reasons import Reasons
from dispatch.core.routing.fit import Routing
from dispatch.core.routing.presence import Presence, Sight
from dispatch.core.surveys.asked import Surveys
from dispatch.core.timers import About, Alarm
from dispatch.core.towing import looks
from dispatch.core.verification.checks import Verification
from dispatch.ledger.findings import Findings
from gateway.finding import Finding, Provenance


class AskedFor(NamedTuple):
    """What a partner was asked for."""

    case: Case
    what: Requested
    request: Request


@dataclass(slots=True)
class Folded:
    """Everything a desk knows, and what is needed to read the next row."""

    policy: Policy
    at: float = 0.0
    """Of the row at hand, POSIX seconds."""
    cases: dict[str, Case] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    of_episode: dict[str, str] = field(default_factory=dict)
    of_device: dict[tuple[str, str], str] = field(default_factory=dict)
    """Device and customer → the open case of what is broken in it."""
    endings: Endings = field(default_factory=Endings)
    trucks: dict[str, Truck] = field(default_factory=dict)
    workshops: dict[str, Workshop] = field(default_factory=dict)
    suppliers: dict[str, SupplierOpened] = field(default_factory=dict)
    free: dict[str, AgentBecameFree] = field(default_factory=dict)
    queued: dict[str, None] = field(default_factory=dict)
    """Calls that wait for an agent, as they were queued."""
    passed: dict[Provenance, int] = field(default_factory=dict)
    """How many who rang in were served in a row while a call of ours was overdue."""
    alarms: list[Alarm] = field(default_factory=list)
    """As they would have been set; which of them still matter, ``unsaid.matters`` says."""
    routes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Truck → the cases that were planned for it last."""
    replans: int = 0
    hazards: HazardModel | None = None
    """As adopted last."""
    version: int = FIRST_VERSION
    """Of the rules that decided the rows at hand."""
    asked_again: dict[str, float] = field(default_factory=dict)
    """Case → when all trucks are asked again, however they answered."""
    findings: Findings = field(default_factory=Findings)
    talks: Talks = field(default_factory=Talks)
    strugglers: Strugglers = field(default_factory=Strugglers)
    presence: Presence = field(default_factory=Presence)
    verification: Verification = field(default_factory=Verification)
    purse: Purse = field(init=False)
    hints: HintCounts = field(default_factory=HintCounts)
    unheard: Unheard = field(default_factory=Unheard)
    surveys: Surveys = field(default_factory=Surveys)
    reasons: Reasons = field(default_factory=Reasons)
    offers: MadeOffers = field(default_factory=MadeOffers)
    manned: bool = False
    """A dispatcher has acted once."""
    mutes: Mutes = field(default_factory=Mutes)
    chosen: str | None = None
    """The case whose truck a person changes by the input at hand: the one before did not decline."""
    merging: dict[str, str] = field(default_factory=dict)
    """Case → the one that it is merged into."""
    needs_help: dict[str, float] = field(default_factory=dict)
    """Cases of which the input at hand may have had help sent, or asked for the place: no row says which. With when an agent was
    told what to ask, POSIX seconds; 0: none was."""

    def __post_init__(self) -> None:
        """Begin with empty purses."""
        self.purse = Purse(self.policy.payments)

    @property
    def routing(self) -> Routing:
        """When a call that waits may be taken by others."""
        return Routing(self.policy, lambda _: ())

    @property
    def by_first_rules(self) -> bool:
        """Did the first version of the rules decide the rows at hand?"""
        return self.version == FIRST_VERSION

    def requested(self, name: str) -> AskedFor | None:
        """Return a booking or an order of an open case, where a partner was asked for it."""
        asked = request_of(name)
        case = self.cases.get(asked.case) if asked is not None else None
        request = case.request(asked.what) if case is not None and asked is not None else None
        return AskedFor(case, asked.what, request) if case and asked and request else None

    def remind(self, after_s: float, about: About, name: str, attempt: int) -> None:
        """Set an alarm about a case or a call, ``after_s`` seconds behind the row at hand."""
        number = self.alarms[-1].number + 1 if self.alarms else 1
        self.alarms.append(Alarm(self.at + after_s, number, about, name, attempt))

    def expect_back(self, sight: Sight) -> None:
        """Set the alarm for an agent's being gone."""
        self.remind(self.policy.agent_gone_s, About.VANISH, sight.agent, sight.number)

    def look_after(self, case: Case) -> None:
        """Set the alarms about a case that a truck is wanted for."""
        for look, at in looks(self.policy, case.opened_at, self.at):
            self.remind(at - self.at, About.AWAITED, case.case, look)

    def expect(self, case: Case, eta: float, number: int) -> None:
        """Note when the truck of a case will be there, and set the alarm for its being late."""
        case.eta, case.eta_number = eta, number
        case.promised_eta = case.promised_eta or eta
        if not case.informed or case.told_eta is None or worth_telling(eta, case.told_eta, case.promised_eta):
            case.told_eta = eta
        self.remind(max(0.0, eta + OVERDUE_S - self.at), About.LATE, case.case, number)

    def begin_watch(self, case: Case, *, anew: bool = False) -> None:
        """Expect people to acknowledge a case, as ``Watching`` does."""
        if self.manned and is_to_be_seen(case, self.policy) and (anew or not case.care.watches):
            case.care.watches, case.care.alarmed = case.care.watches + 1, 0
            self.remind(self.policy.acknowledge_within_s, About.UNSEEN, case.case, case.care.watches)

    def begin_wait(self, case: Case, before: Finding | None) -> None:
        """Look again in a while where something is waited for, as ``Outlasting`` does."""
        if begins_to_wait(case, before):
            case.waits += 1
            self.remind(wait_s(case, self.policy), About.WAITS, case.case, case.waits)

    def release(self, truck: str, tow: str) -> None:
        """A truck has a job no longer."""
        known = self.trucks.get(truck)
        if known is not None and known.tow == tow:
            known.tow = None
