"""What an agent says on a call, made from the case's state: never more than the ledger knows. Pure.

Two steps. ``_true_lines`` tells which lines are true of the case; ``chosen`` brings them into order and leaves out what must
not be said beside another (``UNLESS``). The texts are ``dispatch.words``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from dispatch.core.policy import PlaceGate
from dispatch.core.reasons.model import Expects, Reason
from dispatch.views.arrival import behind_by, late_by, was_due_at
from dispatch.views.case_view import CaseView, HelpView, RequestView
from dispatch.views.local_place import where_in
from dispatch.views.local_time import LocalTime
from dispatch.views.questions import Questions
from dispatch.views.struggle_view import StruggleView
from dispatch.words import about, say
from dispatch.words.parts import broken_in, goods, own_words, part_in, stop_key
from gateway.finding import Drive, Grade, Help, Struggle


class Line(StrEnum):
    """What can be said, in the order in which it is. A value is the line's name; most are their phrase's key, too."""

    GREETING = "greeting"
    OPENING_KNOWN = "opening_known"
    """It is thought to be known why they turn to us; nothing of theirs is told."""
    OPENING_UNKNOWN = "opening_unknown"
    WHO_SPEAKS = "who_speaks"
    """To be asked before anything of theirs is told."""
    WHY = "why"
    """Why they are thought to turn to us."""
    OPEN_QUESTION = "open_question"
    """Nothing is known to be broken."""
    STRUGGLE = "struggle"
    """They struggle with the app: in what."""
    STRUGGLE_WHY = "struggle_why"
    """What went wrong there, and how it goes the next time."""
    FAULT = "fault"
    MAYBE = "maybe"
    """In doubt, and to be asked."""
    NOTED = "noted"
    """The customer told it, no device."""
    LOW_STOCK = "low_stock"
    ADVICE = "advice"
    """The part has words of its own: what is wrong and what to do."""
    RECOVERED = "recovered"
    STOP = "stop"
    CAUTION = "caution"
    """What to mind with this part where the car stands."""
    TO_WORKSHOP = "to_workshop"
    DRIVE_ON = "drive_on"
    DRIVING = "driving"
    """What to mind with this part on the way."""
    BESIDES = "besides"
    HELP_FINDING = "help_finding"
    HELP_PROMISED = "help_promised"
    HELP_DELAYED = "help_delayed"
    """It comes later than it promised."""
    HELP_LATE = "help_late"
    HELP_THERE = "help_there"
    HELP_DONE = "help_done"
    HELP_OFF = "help_off"
    BOOKING_ASKED = "booking_asked"
    BOOKING_MADE = "booking_made"
    ORDER_FINDING = "finding"
    ORDER_AT = "at"
    ORDER_COMES = "comes"
    ORDER_LATE = "late"
    ORDER_NONE = "none"
    ORDER_OFF = "off"
    ORDER_DONE = "done"
    CONTRACTOR_AT = "contractor_at"
    CONTRACTOR_COMES = "contractor_comes"
    CONTRACTOR_LATE = "contractor_late"
    CONTRACTOR_DONE = "contractor_done"
    WORKS_AS_USUAL = "works_as_usual"
    SHALL_SOMEBODY_COME = "shall_somebody_come"
    RIGHT_PLACE = "right_place"
    WHERE = "where"
    NOTHING_MORE = "nothing_more"
    GENUINE = "genuine"


BEFORE_KNOWN = frozenset({Line.GREETING, Line.OPENING_KNOWN, Line.OPENING_UNKNOWN, Line.WHO_SPEAKS})
"""What may be said before it is known who speaks: it tells nothing of anybody."""
QUESTIONS = frozenset({Line.OPEN_QUESTION, Line.WORKS_AS_USUAL, Line.SHALL_SOMEBODY_COME, Line.RIGHT_PLACE, Line.WHERE})
MUST = frozenset({Line.GREETING, Line.GENUINE, Line.STOP, Line.CAUTION})
"""What has to be said word for word where it is true: who rings and how that is checked, and what keeps people safe."""
COMES = frozenset(
    {Line.HELP_PROMISED, Line.HELP_DELAYED, Line.HELP_THERE, Line.ORDER_AT, Line.ORDER_COMES}
    | {Line.CONTRACTOR_AT, Line.CONTRACTOR_COMES}
)
"""Somebody or something is on its way, or there."""
_TRUCK = frozenset(
    {Line.HELP_FINDING, Line.HELP_PROMISED, Line.HELP_DELAYED, Line.HELP_LATE, Line.HELP_THERE, Line.HELP_DONE}
    | {Line.CONTRACTOR_AT, Line.CONTRACTOR_COMES, Line.CONTRACTOR_LATE, Line.CONTRACTOR_DONE}
)
"""Of ours or a partner's: nobody is told to drive beside it."""
_SEEN_TO = frozenset({Line.HELP_THERE, Line.HELP_DONE, Line.CONTRACTOR_DONE})
"""A crew is with the car, or was: what they say holds."""
TO_DO = frozenset({Line.STOP, Line.CAUTION, Line.TO_WORKSHOP, Line.DRIVE_ON, Line.DRIVING, Line.NOTHING_MORE})
"""What the customer may do, or must not."""
_OF_A_CALL = QUESTIONS | BEFORE_KNOWN | {Line.WHY, Line.GENUINE, Line.STRUGGLE, Line.STRUGGLE_WHY}
"""What is said where somebody speaks, and nowhere else."""
UNLESS: Mapping[Line, frozenset[Line]] = {
    Line.FAULT: frozenset({Line.MAYBE, Line.NOTED, Line.LOW_STOCK, Line.ADVICE}),
    Line.NOTED: frozenset({Line.MAYBE}),
    Line.ADVICE: frozenset({Line.MAYBE, Line.NOTED}),
    Line.STOP: _SEEN_TO,
    Line.CAUTION: _SEEN_TO,
    Line.WORKS_AS_USUAL: frozenset({Line.STOP}),
    Line.SHALL_SOMEBODY_COME: frozenset({Line.WORKS_AS_USUAL}),
    Line.TO_WORKSHOP: _TRUCK | QUESTIONS,
    Line.DRIVE_ON: _TRUCK | QUESTIONS,
    Line.DRIVING: _TRUCK | QUESTIONS,
    Line.NOTHING_MORE: frozenset(
        {
            Line.STOP,
            Line.CAUTION,
            Line.TO_WORKSHOP,
            Line.DRIVING,
            Line.ADVICE,
            Line.HELP_FINDING,
            Line.HELP_DELAYED,
            Line.HELP_LATE,
        }
        | {Line.HELP_OFF, Line.CONTRACTOR_LATE}
        | {Line.ORDER_FINDING, Line.ORDER_LATE, Line.ORDER_NONE, Line.ORDER_OFF, *QUESTIONS}
    ),
}
"""A line → the lines beside which it is not said, though it is true or wanted."""


def chosen(true: Iterable[Line]) -> list[Line]:
    """Return what is said of what is true, in order. A line that is left out silences no other."""
    said = set(true)
    for line in _JUDGED:
        if line in said and UNLESS[line] & said:
            said.discard(line)
    return [line for line in Line if line in said]


_JUDGED = (
    Line.STOP, Line.CAUTION, Line.NOTED, Line.ADVICE, Line.FAULT, Line.WORKS_AS_USUAL, Line.SHALL_SOMEBODY_COME,
    Line.TO_WORKSHOP, Line.DRIVE_ON, Line.DRIVING, Line.NOTHING_MORE,
)  # fmt: skip
"""In this order each is judged by lines that are judged already or never are."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a script is made from. ``now``: POSIX seconds."""

    case: CaseView | None
    ask: Questions
    inbound: bool
    clock: LocalTime
    now: float
    struggle: StruggleView | None = None
    """What they fight with in the app."""
    expects: Expects | None = None
    """Why they turn to us, as far as was known when they did."""


Sentence = tuple[Line, str]
"""A line, and its text."""


def script(scene: Scene, language: str) -> tuple[str, ...]:
    """Return what to say, in order, in a language."""
    return tuple(text for _, text in sentences(scene, language))


def opening(scene: Scene, language: str) -> tuple[str, ...]:
    """Return what is said before it is known who speaks, where it was thought of why they turn to us; else nothing."""
    said = sentences(scene, language) if scene.expects is not None else ()
    return tuple(text for line, text in said if line in BEFORE_KNOWN)


def told(scene: Scene, language: str) -> tuple[Sentence, ...]:
    """Return what is said to somebody who reads it by themselves, without what belongs to a call."""
    return tuple((line, text) for line, text in sentences(scene, language) if line not in _OF_A_CALL)


def sentences(scene: Scene, language: str) -> tuple[Sentence, ...]:
    """Return what to say; in every language the same lines."""
    return tuple((line, text) for line in chosen(_true_lines(scene)) for text in _texts(line, scene, language))


# --- what is true ------------------------------------------------------------------------------------------------------


def _true_lines(scene: Scene) -> Iterator[Line]:
    yield Line.GREETING
    if not scene.inbound:
        yield Line.GENUINE
    yield from _opening(scene.expects)
    if scene.case is None:
        if scene.struggle is not None:
            yield from (Line.STRUGGLE, Line.STRUGGLE_WHY)
        elif scene.expects is None:
            yield Line.OPEN_QUESTION
        return
    if scene.struggle is not None and scene.struggle.wants_somebody:
        yield from (Line.STRUGGLE, Line.STRUGGLE_WHY)
    yield from _broken(scene.case, scene.ask)
    yield from _to_do(scene.case)
    yield from _truck(scene.case, scene.ask, scene.now)
    yield from _booking(scene.case)
    yield from _order(scene.case, scene.ask, scene.now)
    yield from _asked(scene.ask)
    if COMES & {*_truck(scene.case, scene.ask, scene.now), *_order(scene.case, scene.ask, scene.now)}:
        yield Line.NOTHING_MORE


def _opening(expects: Expects | None) -> Iterator[Line]:
    """What is said first where it was thought of why they turn to us."""
    if expects is None:
        return
    if expects.known in {None, Reason.OTHER}:
        yield from (Line.OPENING_UNKNOWN, Line.WHO_SPEAKS)
    else:
        yield from (Line.OPENING_KNOWN, Line.WHO_SPEAKS, Line.WHY)


def _broken(case: CaseView, ask: Questions) -> Iterator[Line]:
    yield Line.FAULT
    if ask.help or (case.finding.grade is Grade.ASK and own_words(case.finding) is None):
        yield Line.MAYBE
    if case.finding.told:
        yield Line.NOTED
    if case.finding.remedy.help is Help.SUPPLIES:
        yield Line.LOW_STOCK
    if own_words(case.finding) is not None:
        yield Line.ADVICE
    if case.recovered_at is not None:
        yield Line.RECOVERED
    if case.also:
        yield Line.BESIDES


def _to_do(case: CaseView) -> Iterator[Line]:
    """What may be done with the car. Who must stop hears nothing that is for the road, whatever the part."""
    drive = case.finding.drive
    match drive:
        case Drive.STOP_NOW:
            yield from (Line.STOP, Line.CAUTION)
        case Drive.TO_WORKSHOP:
            yield from (Line.TO_WORKSHOP, Line.DRIVING)
        case Drive.YES:
            yield from (Line.DRIVE_ON, Line.DRIVING)
        case Drive.NOT_A_CAR:
            pass
        case _:
            assert_never(drive)


def _truck(case: CaseView, ask: Questions, now: float) -> Iterator[Line]:
    if case.order is not None and case.order.what == "tow" and case.order.state in _CONTRACTED:
        return  # none of ours goes
    if case.help is not None:
        yield _help_line(case.help, now)
    elif case.finding.remedy.help in {Help.ROADSIDE, Help.TOW} and case.open and not (ask.help or ask.where):
        yield Line.HELP_FINDING


def _help_line(help_: HelpView, now: float) -> Line:
    if help_.state == "promised":
        if late_by(help_, now):
            return Line.HELP_LATE
        return Line.HELP_DELAYED if behind_by(help_) else Line.HELP_PROMISED
    if help_.state == "too_late":
        return Line.HELP_DONE if help_.finished_at is not None else Line.HELP_THERE
    return _HELP.get(help_.state, Line.HELP_FINDING)


_HELP = {"on_scene": Line.HELP_THERE, "done": Line.HELP_DONE, "cancelled": Line.HELP_OFF}


def _booking(case: CaseView) -> Iterator[Line]:
    booking = case.booking
    if booking is None:
        return
    if booking.state in {"accepted", "too_late"} and booking.at is not None:
        yield Line.BOOKING_MADE
    elif booking.state == "asked":
        yield Line.BOOKING_ASKED


def _order(case: CaseView, ask: Questions, now: float) -> Iterator[Line]:
    if case.order is not None:
        line = _order_line(case.order, now)
        if case.order.what != "tow":
            yield line
        elif case.order.state in _CONTRACTED:  # else our own trucks are looked for
            yield _CONTRACTOR[line]
    elif case.finding.remedy.help is Help.TECHNICIAN and case.open and not ask.help:
        yield Line.ORDER_NONE


def _order_line(order: RequestView, now: float) -> Line:
    if order.state in {"accepted", "too_late"}:
        if order.at is None:
            return Line.ORDER_COMES
        return Line.ORDER_AT if now <= order.at else Line.ORDER_LATE
    return _ORDER.get(order.state, Line.ORDER_FINDING)


_CONTRACTED = {"accepted", "too_late", "fulfilled"}
"""States of an order in which a contractor comes, or was there."""
_CONTRACTOR = {
    Line.ORDER_AT: Line.CONTRACTOR_AT,
    Line.ORDER_COMES: Line.CONTRACTOR_COMES,
    Line.ORDER_LATE: Line.CONTRACTOR_LATE,
    Line.ORDER_DONE: Line.CONTRACTOR_DONE,
}
_ORDER = {
    "refused": Line.ORDER_NONE,
    "withdrawn": Line.ORDER_OFF,
    "called_off": Line.ORDER_OFF,
    "fulfilled": Line.ORDER_DONE,
}


def _asked(ask: Questions) -> Iterator[Line]:
    if ask.help:
        yield Line.WORKS_AS_USUAL
        yield Line.SHALL_SOMEBODY_COME
    if ask.where:
        yield Line.RIGHT_PLACE if ask.gate is PlaceGate.DOUBTFUL else Line.WHERE


# --- how it is said ----------------------------------------------------------------------------------------------------


def _texts(line: Line, scene: Scene, language: str) -> list[str]:
    case = scene.case
    if line in _OF_A_STRUGGLE and scene.struggle is not None:
        return [_struggle(line, scene.struggle.struggle, language)]
    if line is Line.WHY and scene.expects is not None:
        return [say(f"why_{scene.expects.known}", language)]
    if case is None:
        return [say(line, language)]
    if line is Line.BESIDES:
        return [say(line, language, part=part_in(other, language)) for other in case.also.values()]
    if line in {Line.CAUTION, Line.DRIVING}:
        return [say(key, language) for key in about(case.finding.part, line)]
    return [say(_key(line, case), language, **_values(line, case, scene, language))]


_OF_A_STRUGGLE = frozenset({Line.STRUGGLE, Line.STRUGGLE_WHY})


def _struggle(line: Line, struggle: Struggle, language: str) -> str:
    """Say what somebody fights with in an app; of what looks like fraud nothing is made out to be known."""
    if line is Line.STRUGGLE:
        return say("app_we_see", language, flow=say(f"app_flow_{struggle.flow}", language))
    return say("app_fraud" if struggle.fraud else f"app_{struggle.reason}", language)


def _key(line: Line, case: CaseView) -> str:
    if line in {Line.FAULT, Line.MAYBE}:
        return broken_in(case.finding, sure=line is Line.FAULT)
    if line is Line.ADVICE:
        return own_words(case.finding) or broken_in(case.finding, sure=True)
    if line is Line.STOP:
        return stop_key(has_stopped=case.has_stopped)
    if line in _ORDERS:
        return f"{_ORDERED.get(case.order.what if case.order else '', 'visit')}_{line}"
    return line


_ORDERED = {"supplies": "goods"}
_ORDERS = {line for line in Line if line.name.startswith("ORDER_")}


def _values(line: Line, case: CaseView, scene: Scene, language: str) -> dict[str, object]:
    """Return what a phrase's placeholders stand for; more than it has does no harm."""
    values: dict[str, object] = {"part": part_in(case.finding, language), "name": goods(case.finding)}
    if line is Line.RIGHT_PLACE and case.place is not None:
        values["place"] = where_in(case.place, language)
    if line is Line.HELP_DELAYED and case.help is not None and case.help.promised_eta is not None:
        values["before"] = scene.clock.when(case.help.promised_eta, scene.now, language)
    at = _at(line, case)
    if at is not None:
        values["when"] = scene.clock.when(at, scene.now, language)
        values["minutes"] = max(1, round(abs(at - scene.now) / 60))
    return values


def _at(line: Line, case: CaseView) -> float | None:
    if line is Line.HELP_LATE and case.help is not None:
        return was_due_at(case.help)
    if line in {Line.HELP_PROMISED, Line.HELP_DELAYED} and case.help is not None:
        return case.help.eta
    if line is Line.BOOKING_MADE and case.booking is not None:
        return case.booking.at
    of_an_order = line in _ORDERS or line in _CONTRACTOR.values()
    return case.order.at if of_an_order and case.order is not None else None
