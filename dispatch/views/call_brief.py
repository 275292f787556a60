"""What the agent sees when a call comes: who, what broke, where, what is already on its way, what to say. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from dispatch.core.case_place import apart
from dispatch.core.conversation.channels import SPOKEN
from dispatch.core.policy import Policy
from dispatch.core.robots.dialogues import KEPT_S
from dispatch.registers.customers import Customer, Customers
from dispatch.views.arrival import arrival, late_by, was_due_at
from dispatch.views.case_view import CallView, CaseView, HelpView, NoteView
from dispatch.views.casebook import Casebook
from dispatch.views.durations import ago, rfc3339
from dispatch.views.local_time import LocalTime, local_time
from dispatch.views.questions import Questions, what_to_ask
from dispatch.views.reason_said import ReasonBrief, reason_brief
from dispatch.views.robot_said import summary
from dispatch.views.script import Scene, opening, script
from dispatch.views.struggle_said import words
from dispatch.views.struggle_view import StruggleView
from dispatch.views.survey_said import gave
from dispatch.views.timeline import TimelineLine
from dispatch.words import say, spoken
from dispatch.words.parts import part_in
from gateway.devices.registry import DeviceRecord
from gateway.diagnosis.catalogue import NOTHING
from gateway.finding import Domain, Finding, Place

SURE = 0.85
"""From here on the agent is not told what else it may be."""


@dataclass(frozen=True, slots=True)
class Brief:
    """One call, ready to be made or answered."""

    call: str
    attempt: int
    direction: str
    case: str | None
    customer: Customer | None
    provenance: str
    due: float
    """By when it should be connected, POSIX seconds."""
    headline: str
    """One line: what this call is about."""
    broke: str
    """The part and how sure we are."""
    why: tuple[str, ...]
    where: str
    place: Place | None
    ask_where: bool
    """Nobody was sent because we do not know well enough where it is: ask, and tell us with the outcome."""
    ask_help: bool
    """Nobody was sent because we are not sure what is broken: ask whether somebody shall come, and tell us ``wants_help``."""
    ask_where_if_wanted: bool
    """By the diagnosis nobody need come: where they want somebody all the same, ask where, too, and tell us both."""
    help_if_wanted: bool
    """By the diagnosis nobody need come: where they want somebody all the same, tell us ``wants_help``."""
    on_the_way: tuple[str, ...]
    """What was done already and when it arrives."""
    say: tuple[str, ...]
    """What to tell the customer, in this order, in ``language``."""
    say_en: tuple[str, ...]
    """The same in English, line by line, so that it can be checked."""
    language: str
    """That the customer is spoken to in: theirs, or English where we have no words in it."""
    timeline: tuple[TimelineLine, ...]
    decides: str = ""
    """What one more measurement would tell apart, where the diagnosis is in doubt; for the agent."""
    again: str = ""
    """Why the call is made once more, where the agent should know."""
    telephone: str = ""
    """What the telephone line says about it: that it is dialled by hand and why, or that it is not known who rings."""
    channel: str = "phone"
    """On what they speak or write."""
    concern: str = ""
    """What asks for empathy: distress, bereavement, complaint."""
    notes: tuple[NoteView, ...] = ()
    """What agents wrote down on calls with this customer, and who handed this one on; oldest first."""
    contract: str = ""
    """To verify them with."""
    cars: tuple[VerifyCar, ...] = ()
    """To verify them with: theirs."""
    wrong_number: bool = False
    """Somebody else answered at their number before: make sure whom you speak with."""
    due_at: str = ""
    """``due`` as RFC 3339 has it."""
    struggle: StruggleBrief | None = None
    """What they fight with in the app, before they say a word."""
    gave: str = ""
    """What they gave last, when they were asked how a talk was."""
    reason: ReasonBrief | None = None
    """Why they turn to us, as far as was known when they did."""
    opening: tuple[str, ...] = ()
    """Of ``say`` what may be said before it is known who speaks: it tells nothing of anybody. Empty: there is no ``reason``."""
    robot: tuple[str, ...] = ()
    """What our robot knew when it handed them over; empty: it did not."""


@dataclass(frozen=True, slots=True)
class StruggleBrief:
    """What a customer fights with in an app."""

    flow: str
    step: str
    reason: str
    sure: float
    """P(that reason)."""
    errors: tuple[str, ...]
    """What the app said, the most frequent first."""
    app_version: str
    why: tuple[str, ...]
    since: str
    """RFC 3339."""
    reply: str
    """To the invitation: talk, chat, later, no; empty: none, or they were not invited."""
    fraud: bool
    """It looks as if they were being cheated, or were the cheat: find out who speaks before anything is changed."""
    explain: str
    """What went wrong and how it goes the next time, in the customer's language."""


@dataclass(frozen=True, slots=True)
class VerifyCar:
    """What a customer can be asked about a car of theirs."""

    device: str
    model: str
    plate: str
    drivers: tuple[str, ...]


_AGAIN = {
    "agent_lost": "The session of the agent before was lost. They may have spoken already; what was said is not known.",
    "unanswered": "Nobody has answered so far, and nobody is sent before the customer has spoken to us.",
    "call_back": "They asked to be rung at this hour.",
    "abandoned": "They rang in and hung up before anybody answered. Ask what it was about.",
    "transferred": "A colleague hands them on, and they hold the line: read the notes, and ask nothing twice.",
    "invited": "They struggle with the app, were invited, and want to be helped now: read what it is before they speak.",
    "low_score": "They gave little when they were asked how the last talk was. Find out why, and put it right.",
    "open_question": "They were spoken to, and did not answer what nobody can be sent without. Ask once more.",
}


def brief_of(
    casebook: Casebook,
    call: str,
    customers: Customers,
    *,
    policy: Policy,
    now: float,
    address_of: Callable[[Finding], str] = lambda _: "",
    devices_of: Callable[[str], Iterable[DeviceRecord]] = lambda _: (),
) -> Brief:
    """Compose the brief of a call as of ``now``, POSIX seconds. Raises ``KeyError`` for a call nobody queued.

    ``policy``: by which the desk decides. ``address_of``: the street address of a finding's place, where it is known; asked
    for the place the case goes by. ``devices_of``: what is registered as a customer's.
    """
    view = casebook.calls[call]
    customer = customers.get(view.customer)
    scene = scene_of(casebook, view, customer, policy, now)
    case = scene.case
    language = customer.language if customer is not None else view.language
    brief = replace(
        _of_call(view, customer, scene, language),
        notes=notes_with(casebook, view.customer),
        cars=tuple(_cars(devices_of(view.customer))),
        struggle=_struggle(scene.struggle, language),
        gave=gave(casebook.survey_of(view.customer), now),
        reason=reason_brief(view.expects, view.told_reason),
        opening=opening(scene, language),
        robot=_handed_over(casebook, view),
    )
    if case is None:
        return _of_struggle(brief, scene.struggle)
    return replace(
        _of_case(brief, case, language),
        where=_where(case, now, address_of(replace(case.finding, place=case.place))),
        on_the_way=tuple(_on_the_way(case, casebook, scene.clock, now)),
        timeline=tuple(casebook.timeline(case.case)),
        decides=case.finding.decides if scene.ask.help else "",
    )


def scene_of(casebook: Casebook, view: CallView, customer: Customer | None, policy: Policy, now: float) -> Scene:
    """Return what the script of a call is made from as of ``now``, POSIX seconds."""
    case = casebook.case_for(view)
    clock = local_time(customer.time_zone if customer is not None else None, case.place if case is not None else None)
    struggle = casebook.struggle_of(view.customer, now)
    inbound = view.direction == "inbound"
    asked = asks_of(case, policy, now)
    return Scene(case, asked, inbound=inbound, clock=clock, now=now, struggle=struggle, expects=view.expects)


def _of_call(view: CallView, customer: Customer | None, scene: Scene, language: str) -> Brief:
    """Return what is known of a call, whatever it is about."""
    return Brief(
        view.call,
        view.attempt,
        view.direction,
        None,
        customer,
        view.provenance,
        view.due,
        headline="A customer rings in" if view.channel in SPOKEN else "A customer writes",
        broke="nothing known",
        why=(),
        where="",
        place=None,
        ask_where=scene.ask.where,
        ask_help=scene.ask.help,
        ask_where_if_wanted=scene.ask.where_if_wanted,
        help_if_wanted=scene.ask.help_if_wanted,
        on_the_way=(),
        say=script(scene, language),
        say_en=script(scene, "en"),
        language=spoken(language),
        timeline=(),
        again=_AGAIN.get(view.reason, ""),
        channel=view.channel,
        concern=view.concern,
        contract=customer.contract if customer is not None else "",
        wrong_number=customer is not None and customer.wrong_number,
        due_at=rfc3339(view.due),
    )


def _handed_over(casebook: Casebook, view: CallView) -> tuple[str, ...]:
    """Return what a robot knew, of what it handed over within the day before it was queued."""
    handed = casebook.conversation(view.customer).handed_over
    return summary(handed) if handed is not None and view.due - handed.at < KEPT_S else ()


def _struggle(view: StruggleView | None, language: str) -> StruggleBrief | None:
    if view is None:
        return None
    one = view.struggle
    return StruggleBrief(
        one.flow,
        one.step,
        one.reason,
        one.sure,
        one.errors,
        one.app_version,
        one.why,
        rfc3339(view.seen_at),
        view.reply,
        one.fraud,
        say("app_fraud" if one.fraud else f"app_{one.reason}", language),
    )


def _of_struggle(brief: Brief, view: StruggleView | None) -> Brief:
    """Return the brief of a call about nothing that broke, with what they fight with in the app, if they do."""
    if view is None:
        return brief
    one = view.struggle
    return replace(
        brief,
        headline=f"Struggles with the app: {words(one.flow)}, at {words(one.step)}",
        broke=f"{words(one.reason)}, {one.sure:.0%} sure; app {one.app_version}",
        why=one.why,
    )


def notes_with(casebook: Casebook, customer: str) -> tuple[NoteView, ...]:
    """Return what agents wrote down on calls with a customer, oldest first."""
    notes = [note for call in casebook.calls.values() if call.customer == customer for note in call.notes]
    return tuple(sorted(notes, key=lambda note: note.at))


def _cars(records: Iterable[DeviceRecord]) -> Iterator[VerifyCar]:
    for one in records:
        if one.plate or one.drivers:
            yield VerifyCar(one.device, one.model, one.plate, one.drivers)


def _of_case(brief: Brief, case: CaseView, language: str) -> Brief:
    """Return the brief with what broke."""
    finding = case.finding
    return replace(
        brief,
        case=case.case,
        headline=f"{finding.name}{', ' + case.near if case.near else ''}",
        broke=_broke(case, language),
        why=finding.why,
        place=case.place,
    )


def asks_of(case: CaseView | None, policy: Policy, now: float) -> Questions:
    """Return what the customer of a case is to be asked."""
    if case is None:
        return what_to_ask(None, None, nobody_sent=True, policy=policy, now=now)
    return what_to_ask(
        case.finding,
        case.place,
        nobody_sent=case.nobody_sent,
        answered=case.wants_help is not None,
        asked_for_help=case.asked_for_help,
        policy=policy,
        now=now,
    )


def _where(case: CaseView, now: float, address: str) -> str:
    place = case.place
    if place is None:
        return "not known; please ask" if case.finding.domain is Domain.VEHICLE else ""
    age = max(0.0, now - place.fix_time)
    named = f"{address}; {case.near}" if address else case.near
    where = f"{named} (±{place.accuracy_m:.0f} m, {place.source}, {ago(age)})"
    if case.overruled is None:
        return where
    whose = "the customer says" if case.overruled.source == "customer" else "the device says"
    return f"{where}; {whose} otherwise: {apart(place, case.overruled):.0f} m away"


def _on_the_way(case: CaseView, casebook: Casebook, clock: LocalTime, now: float) -> Iterator[str]:
    if case.help is not None:
        yield _truck(case.help, casebook.heard_at(case.help.truck), clock, now)
    if case.booking is not None and case.booking.state == "accepted":
        yield f"Slot at {case.booking.partner} at {_hour(case.booking.at, clock, now)}."
    if case.order is not None and case.order.state == "accepted":
        what = "A truck" if case.order.what == "tow" else case.order.what.capitalize()
        yield f"{what} from {case.order.partner} at {_hour(case.order.at, clock, now)}."


def _hour(at: float | None, clock: LocalTime, now: float) -> str:
    return "an unknown hour" if at is None else clock.hour(at, now)


def _truck(help_: HelpView, heard_at: float | None, clock: LocalTime, now: float) -> str:
    """Say where the truck of a case stands: an offer is no promise, and who is late is late."""
    when = arrival(help_, heard_at, now)
    if help_.state == "promised":
        if late_by(help_, now):
            return f"{help_.truck} is {when}; it was due at {clock.hour(was_due_at(help_), now)}."
        return f"{help_.truck} is on its way, {when}, at {clock.hour(help_.eta, now)}."
    said = {
        "offered": f"was asked and has not promised yet ({when})",
        "declined": "declined; another truck is looked for",
        "done": "has been there",
        "cancelled": "was called off",
    }
    return f"{help_.truck} {said.get(help_.state, 'is there')}."


def _broke(case: CaseView, language: str) -> str:
    """Name the part in English and in the customer's words, how sure we are, and what else it may be or is broken too."""
    finding = case.finding
    named = part_in(finding, language)
    said = f" ({named})" if named != finding.name else ""
    others = [f"{one.name} {one.probability:.0%}" for one in finding.alternatives if one.part != NOTHING][:2]
    maybe = f"; else {', '.join(others)}" if others and finding.probability < SURE else ""
    also = "".join(f"; also {one.name}" for one in case.also.values())
    return f"{finding.name}{said}, {finding.probability:.0%} sure{maybe}{also}"
