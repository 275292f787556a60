"""What customers see on their own page: what we know, who comes and when, what they may answer, the one conversation. Pure.

Nothing of what colleagues write down for each other stands here, and nothing of anybody else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from dispatch.core.consent import Purpose
from dispatch.core.conversation.channels import Answer, Channel, Preference
from dispatch.core.duties.inviting import SHOWN_FOR_S
from dispatch.core.ids import contact_id, invitation_id
from dispatch.core.invitations.actions import REPLIES
from dispatch.core.invitations.events import Reply
from dispatch.core.policy import Policy
from dispatch.registers.customers import Customer
from dispatch.views.arrival import late_by, was_due_at
from dispatch.views.call_brief import asks_of
from dispatch.views.case_view import CallView, CaseView
from dispatch.views.casebook import Casebook
from dispatch.views.conversation import Side, Sort, Utterance
from dispatch.views.local_time import local_time
from dispatch.views.own_money import OwnMoney
from dispatch.views.script import TO_DO, Line, Scene, told
from dispatch.words import say, spoken
from dispatch.words.parts import part_in
from gateway.finding import Domain, Place

MOST_LINES = 120
"""So many of the last lines are shown."""
MOST_CLOSED = 3
"""So many cases that are over stay on the page."""
Tone = Literal["know", "do", "comes"]
_COMES = frozenset(line for line in Line if line.name.startswith(("HELP_", "ORDER_", "CONTRACTOR_", "BOOKING_")))


@dataclass(frozen=True, slots=True)
class SaidOnPage:
    """One thing that is true, in the customer's language: what we ``know``, what to ``do``, who ``comes``."""

    tone: Tone
    text: str


@dataclass(frozen=True, slots=True)
class OwnTruck:
    """The truck that promised to come, or that one is looked for. Times are POSIX seconds."""

    state: Literal["sought", "on_way", "late", "there"]
    """``sought``: none has promised so far."""
    eta: float
    eta_from: float
    """It will hardly be there sooner."""
    eta_until: float
    """Nor later."""
    place: Place | None
    """Where it was last, while it is on its way."""


@dataclass(frozen=True, slots=True)
class OwnCall:
    """Our call about a case."""

    state: Literal["waits", "later", "speaking", "over"]
    not_before: float
    """Of one for ``later``: quiet hours, POSIX seconds."""


@dataclass(frozen=True, slots=True)
class OwnCase:
    """A case of the customer's."""

    case: str
    name: str
    """What is broken, in the customer's language."""
    domain: Domain
    device: str
    opened_at: float
    closed_at: float | None
    must_stop: bool
    said: tuple[SaidOnPage, ...]
    truck: OwnTruck | None
    call: OwnCall | None
    place: Place | None
    """Where help is to go."""
    near: str
    time_zone: str
    """IANA, of the customer's clock; empty: nobody knows, their browser does."""
    answers: tuple[Answer, ...]
    """What they may answer now."""


@dataclass(frozen=True, slots=True)
class OwnLine:
    """One thing of the conversation."""

    at: float
    channel: Channel
    side: Side
    sort: Sort
    text: str
    answer: Answer | None
    near: str
    status: str
    key: str
    case: str | None
    voice_s: float
    """Of a voice message: how long it is."""
    choices: tuple[str, ...] = ()
    """What they may choose by a tap, which writes its number, from 0."""


@dataclass(frozen=True, slots=True)
class OwnInvitation:
    """What they are asked, having struggled with the app."""

    invitation: str
    text: str
    replies: tuple[Reply, ...]


@dataclass(frozen=True, slots=True)
class OwnPage:
    """All that the page shows."""

    customer: str
    name: str
    language: str
    cases: tuple[OwnCase, ...]
    lines: tuple[OwnLine, ...]
    preference: Preference
    reach: tuple[Channel, ...]
    """On which of the house's channels they can be written to."""
    agrees: dict[str, bool]
    """Purpose → do they agree to it?"""
    in_hand: bool
    """Has an agent their conversation just now?"""
    money: OwnMoney
    """What their devices may pay, and paid."""
    invitation: OwnInvitation | None = None
    """To be helped with the app, where they may still answer it."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose page, as of when: POSIX seconds."""

    customer: Customer
    preference: Preference
    policy: Policy
    now: float
    open_cases: Sequence[str]
    offered: Callable[[str], tuple[Answer, ...]]
    """What may be answered about an open case as it stands."""
    money: OwnMoney

    @property
    def language(self) -> str:
        """That they are spoken to in."""
        return spoken(self.preference.language or self.customer.language)


def own_page(casebook: Casebook, reader: Reader) -> OwnPage:
    """Return what a customer sees."""
    said = casebook.conversation(reader.customer.customer).lines
    lines = [line for line in said if line.sort != "preferred"]  # stands on the page as it is now
    mine = sorted(_mine(casebook, lines, reader), key=lambda case: case.opened_at)
    shown = [case for case in mine if not case.open][-MOST_CLOSED:] + [case for case in mine if case.open]
    return OwnPage(
        reader.customer.customer,
        reader.customer.name,
        reader.language,
        tuple(_case(casebook, case, reader) for case in reversed(shown)),
        tuple(_line(one) for one in lines[-MOST_LINES:]),
        reader.preference,
        reader.customer.reach(reader.policy.messages.channels),
        {str(purpose): reader.customer.agrees(purpose) for purpose in Purpose},
        _in_hand(casebook, lines, shown),
        reader.money,
        _invitation(casebook, reader),
    )


def _invitation(casebook: Casebook, reader: Reader) -> OwnInvitation | None:
    view = casebook.struggle_of(reader.customer.customer, reader.now)
    if view is None or view.invited_at is None or view.reply or reader.now - view.invited_at > SHOWN_FOR_S:
        return None
    text = say("app_invitation", reader.language, flow=say(f"app_flow_{view.struggle.flow}", reader.language))
    return OwnInvitation(invitation_id(view.struggle.episode), text, REPLIES)


def _mine(casebook: Casebook, lines: list[Utterance], reader: Reader) -> list[CaseView]:
    """Return what is open of theirs, and what was spoken about lately: nobody's page looks at all cases of the house."""
    names = dict.fromkeys([*reader.open_cases, *(line.case for line in lines if line.case)])
    found = [casebook.cases[name] for name in names if name in casebook.cases]
    return [case for case in found if case.customer == reader.customer.customer]


def _case(casebook: Casebook, case: CaseView, reader: Reader) -> OwnCase:
    clock = local_time(reader.customer.time_zone, case.place)
    scene = Scene(case, asks_of(case, reader.policy, reader.now), inbound=True, clock=clock, now=reader.now)
    call, said = (
        casebook.calls.get(case.call or ""),
        told(scene, reader.language) if case.open else (),
    )  # what is over asks nobody to do anything
    return OwnCase(
        case.case,
        part_in(case.finding, reader.language),
        case.finding.domain,
        case.device,
        case.opened_at,
        case.closed_at,
        any(line is Line.STOP for line, _ in said),
        tuple(SaidOnPage(_tone(line), text) for line, text in said),
        _SOUGHT if any(line is Line.HELP_FINDING for line, _ in said) else _truck(casebook, case, reader.now),
        _call(call, reader.now) if call is not None and case.open else None,
        case.place,
        case.near,
        str(clock.zone) if clock.known else "",
        _answers(case, call, reader) if case.open else (),
    )


def _tone(line: Line) -> Tone:
    return "do" if line in TO_DO else "comes" if line in _COMES else "know"


_SOUGHT = OwnTruck("sought", 0.0, 0.0, 0.0, None)


def _truck(casebook: Casebook, case: CaseView, now: float) -> OwnTruck | None:
    """An offer is no promise: of a truck that has not said yes nothing is shown."""
    help_ = case.help
    if help_ is None or help_.state not in {"promised", "on_scene"}:
        return None
    if help_.state == "on_scene":
        return OwnTruck("there", help_.eta, help_.eta, help_.eta, None)
    known = casebook.trucks.get(help_.truck)
    place = known.place if known is not None else None
    if late_by(help_, now):
        due = was_due_at(help_)
        return OwnTruck("late", due, due, due, place)
    return OwnTruck("on_way", help_.eta, help_.eta_from or help_.eta, help_.eta_until or help_.eta, place)


def _call(call: CallView, now: float) -> OwnCall:
    if call.state == "connected":
        return OwnCall("speaking", 0.0)
    if call.state in {"done", "withdrawn"}:
        return OwnCall("over", 0.0)
    return OwnCall("later", call.not_before) if call.not_before > now else OwnCall("waits", 0.0)


def _answers(case: CaseView, call: CallView | None, reader: Reader) -> tuple[Answer, ...]:
    """Return what is owed an answer as everything stands; where it is, and to be rung, they may say as long as it matters."""
    is_to_come = call is not None and call.state in {"queued", "assigned", "resting"}
    left_out = {Answer.CALL_ME} if is_to_come else {Answer.CALL_ME, Answer.NEEDS_NO_CALL}
    owed = [one for one in reader.offered(case.case) if one not in left_out]
    more = [Answer.PLACE] if _may_say_where(case) else []
    may_be_rung = reader.customer.may_call and not (call is not None and call.state == "connected")
    return tuple(dict.fromkeys([*owed, *more, *([Answer.CALL_ME] if may_be_rung else [])]))


def _may_say_where(case: CaseView) -> bool:
    """Is it something that stands at the roadside, and nobody is there yet?"""
    there = case.help is not None and case.help.state in {"on_scene", "done", "too_late"}
    return case.finding.domain is Domain.VEHICLE and not there


def _line(line: Utterance) -> OwnLine:
    text = line.text if line.sort == "written" else ""
    status = line.status if line.side != "customer" or line.sort == "ended" else ""
    return OwnLine(
        line.at,
        line.channel,
        line.side,
        line.sort,
        text,
        line.answer,
        line.near,
        status,
        line.key,
        line.case,
        line.voice_s,
        line.choices,
    )


def _in_hand(casebook: Casebook, lines: list[Utterance], cases: list[CaseView]) -> bool:
    """Has an agent a call about one of these cases in hand, or what they wrote, or them on the line?"""
    wrote = [contact_id(line.key) for line in lines if line.side == "customer" and line.sort == "written" and line.key]
    names = [*(case.call for case in cases), *wrote, *(line.key for line in lines if line.sort == "rang_in")]
    found = (casebook.calls.get(name or "") for name in names)
    return any(call is not None and call.state in {"assigned", "connected"} for call in found)
