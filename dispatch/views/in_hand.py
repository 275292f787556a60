"""What an agent has in hand as their screen shows it: the brief, the script line by line, what was told, the one history. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from dispatch.core.consent import Purpose
from dispatch.core.conversation.channels import SPOKEN, Channel, Preference, Task
from dispatch.core.offers.said import sentence
from dispatch.core.policy import Policy
from dispatch.registers.customers import Customer, Customers
from dispatch.views.call_brief import Brief, scene_of
from dispatch.views.case_view import CallView, CaseView, HelpView
from dispatch.views.casebook import Casebook
from dispatch.views.conversation import ConversationView, Fact, Told, Utterance
from dispatch.views.ease import Ease, at_ease
from dispatch.views.local_time import LocalTime
from dispatch.views.offer_view import WHY_NOT, reasons
from dispatch.views.script import BEFORE_KNOWN, MUST, QUESTIONS, script, sentences
from dispatch.views.who_speaks import WhoSpeaks, who_speaks
from dispatch.words import spoken
from gateway.devices.registry import DeviceRecord

SHOWN_LINES = 80
"""So many lines of the history are shown, the last ones."""
MOST_CASES = 5
"""So many other cases of the customer are named: open ones first."""
WORDS_EVERY_S = 15.0
"""How long words like ``in 12 min`` may stand."""


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """One sentence of the script."""

    text: str
    beside: str
    """The same in the agent's language; empty where that is the customer's."""
    must: bool
    """To be said word for word."""
    asks: bool
    """A question that is owed."""
    before_known: bool
    """It may be said before it is known who speaks."""


@dataclass(frozen=True, slots=True)
class OwnDevice:
    """A device of theirs."""

    device: str
    kind: str
    called: str
    """Model and plate, as far as they are registered."""


@dataclass(frozen=True, slots=True)
class Counterpart:
    """Whom they speak with."""

    customer: str
    name: str
    phone: str
    language: str
    zone: str
    """IANA, of their clock; empty: not known."""
    known: bool
    """Is it a registered customer?"""
    agrees: dict[str, bool]
    channels: tuple[Channel, ...]
    """On which they can be written to."""
    preference: Preference
    """How they want to be reached."""
    at_ease: dict[Task, Ease]
    """What was learned of what they do on which channel."""
    candidates: tuple[tuple[str, str], ...]
    """Of somebody who is not identified: whose address it is, by id and name."""
    devices: tuple[OwnDevice, ...]
    """Of which they can tell a fault."""


@dataclass(frozen=True, slots=True)
class ToldFact:
    """What the customer told about this case already: nobody asks it again. ``at``: POSIX seconds."""

    fact: Fact
    said: str
    at: float
    channel: Channel
    to: str


@dataclass(frozen=True, slots=True)
class OtherCase:
    """Another case of the customer's. Times are POSIX seconds."""

    case: str
    name: str
    near: str
    opened_at: float
    closed_at: float | None
    ended: str


@dataclass(frozen=True, slots=True)
class ShownOffer:
    """What is to be offered once the problem is solved, or why nothing is."""

    name: str
    """Empty: nothing."""
    say: str
    beside: str
    """The same in the agent's language; empty where that is the customer's."""
    why: tuple[str, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class OnScreen:
    """One conversation that an agent has in hand, which may still ring. Times are POSIX seconds."""

    call: CallView
    brief: Brief
    person: Counterpart
    script: tuple[ScriptLine, ...]
    device: str
    severity: str
    stop: bool
    """Must it not be driven?"""
    help: HelpView | None
    told: tuple[ToldFact, ...]
    lines: tuple[Utterance, ...]
    others: tuple[OtherCase, ...]
    offers: bool
    """Does the house offer anything?"""
    offer: ShownOffer | None
    speaks: WhoSpeaks | None = None
    """Is it them? ``None``: the house leaves that to its agents."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How somebody can be written to and wants to be reached."""

    channels: tuple[Channel, ...]
    preference: Preference
    name: str = ""
    """Of somebody who is not registered: as they said it."""
    phone: str = ""
    """Likewise: from where they rang, or as they said it."""
    devices: tuple[DeviceRecord, ...] = ()
    """What is registered as theirs."""
    voice: str = ""
    """What the line says of their voice beside the ledger."""


def in_hand(
    casebook: Casebook, brief: Brief, customers: Customers, reached: Reached, *, policy: Policy, beside: str, now: float
) -> OnScreen:
    """Return it as of ``now``, POSIX seconds. ``beside``: the agent's language. Raises ``KeyError`` for an unknown call."""
    view = casebook.calls[brief.call]
    customer = customers.get(view.customer)
    scene = scene_of(casebook, view, customer, policy, now)
    conversation = casebook.conversation(view.customer)
    case, told = scene.case, conversation.told
    own = script(scene, beside) if beside != brief.language else ("",) * len(brief.say)
    said = zip(sentences(scene, brief.language), own, strict=True)
    return OnScreen(
        call=view,
        brief=brief,
        person=_person(view, customer, scene.clock, reached, conversation, customers=customers),
        script=tuple(
            ScriptLine(text, other, line in MUST, line in QUESTIONS, line in BEFORE_KNOWN)
            for (line, text), other in said
        ),
        device=case.device if case is not None else "",
        severity=str(case.finding.severity) if case is not None else "",
        stop=case is not None and case.finding.drive == "stop_now",
        help=case.help if case is not None else None,
        told=tuple(_told(told.get(case.case, {}))) if case is not None else (),
        lines=tuple(conversation.lines[-SHOWN_LINES:]),
        others=tuple(_others(casebook, view.customer, case)),
        offers=policy.offers.makes,
        offer=_offer(casebook, view, beside),
        speaks=who_speaks(casebook.verification, casebook.check_of(view), view.customer, policy.identity, reached.voice)
        if view.channel in SPOKEN and customer is not None
        else None,
    )


def _offer(casebook: Casebook, view: CallView, beside: str) -> ShownOffer | None:
    found = casebook.offer_on(view.call)
    if found is None or found.attempt != view.attempt:
        return None
    made = found.proposed
    if made is None:
        return ShownOffer("", "", "", (WHY_NOT[found.withheld],) if found.withheld else (), "")
    own = sentence(made, beside) if spoken(beside) != spoken(made.language) else ""
    return ShownOffer(made.offer, made.text, own, tuple(reasons(made)), found.answer)


def marks(casebook: Casebook, customers: Customers, call: str, now: float) -> Hashable:
    """Return what is another whenever the screen of a call should be."""
    view = casebook.calls[call]
    case = casebook.case_for(view)
    lines = casebook.conversation(view.customer).lines
    help_ = case.help if case is not None else None
    return (
        *(
            view.state,
            view.attempt,
            view.customer,
            view.connected_at,
            view.withdrawn,
            view.told_reason,
            tuple(view.listeners),
        ),
        *((case.case, case.version, case.contact) if case is not None else ()),
        _noted(casebook, view, case),
        *((help_.state, help_.truck, help_.eta, help_.late_s, help_.silent_s) if help_ is not None else ()),
        *(len(lines), lines[-1].at if lines else 0.0, tuple(one.status for one in lines[-SHOWN_LINES:])),
        *(customers.get(view.customer), int(now // WORDS_EVERY_S)),
        _struggles(casebook, view.customer, now),
        casebook.conversation(view.customer).handed_over,
        _offer(casebook, view, ""),
        _known(casebook, view),
    )


def _known(casebook: Casebook, view: CallView) -> Hashable:
    """Return what changes where whether they are known does."""
    check = casebook.check_of(view)
    return () if check is None else (check.voice, check.questions, tuple(check.asked), tuple(check.confirmed))


def _struggles(casebook: Casebook, customer: str, now: float) -> Hashable:
    """Return what changes where what they fight with in the app does."""
    view = casebook.struggle_of(customer, now)
    return None if view is None else (view.struggle, view.reply, view.over)


def _noted(casebook: Casebook, view: CallView, case: CaseView | None) -> int:
    """Return how many notes there are on the calls about a case."""
    about = {view.call, case.call or "", *case.rang_in} if case is not None else {view.call}
    return sum(len(casebook.calls[name].notes) for name in about if name in casebook.calls)


def _person(
    view: CallView,
    customer: Customer | None,
    clock: LocalTime,
    reached: Reached,
    conversation: ConversationView,
    *,
    customers: Customers,
) -> Counterpart:
    return Counterpart(
        view.customer,
        customer.name if customer is not None else reached.name,
        customer.phone if customer is not None else reached.phone,
        customer.language if customer is not None else view.language,
        clock.zone.key if clock.known and isinstance(clock.zone, ZoneInfo) else "",
        known=customer is not None,
        agrees={str(purpose): customer.agrees(purpose) for purpose in Purpose} if customer is not None else {},
        channels=reached.channels,
        preference=reached.preference,
        at_ease=at_ease(conversation.lines),
        candidates=_candidates(customers, conversation.candidates),
        devices=tuple(
            OwnDevice(one.device, one.kind, " ".join([*one.model.split(), *one.plate.split()]))
            for one in reached.devices
        ),
    )


def _candidates(customers: Customers, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    found = (customers.get(name) for name in names)
    return tuple((one.customer, one.name) for one in found if one is not None)


def _told(facts: dict[Fact, Told]) -> Iterator[ToldFact]:
    for fact, one in facts.items():
        yield ToldFact(fact, one.said, one.at, one.channel, one.to)


def _others(casebook: Casebook, customer: str, but: CaseView | None) -> list[OtherCase]:
    theirs = [case for case in casebook.cases.values() if case.customer == customer and case is not but]
    theirs.sort(key=lambda case: (not case.open, -case.opened_at))
    return [
        OtherCase(case.case, case.finding.name, case.near, case.opened_at, case.closed_at, case.close_reason or "")
        for case in theirs[:MOST_CASES]
    ]
