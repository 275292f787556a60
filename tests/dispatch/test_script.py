"""What an agent says is made from the case's state: never more than is known, nothing beside what contradicts it."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dispatch.core.desk import Desk
from dispatch.core.events import FaultFound, OrderAnswered, Outcome
from dispatch.core.notices import Situation, beside_call
from dispatch.core.policy import PlaceGate
from dispatch.ledger.rows import Pen
from dispatch.registers.customers import Customer, Customers
from dispatch.views.arrival import arrival
from dispatch.views.call_brief import Brief, brief_of
from dispatch.views.case_view import CaseView, HelpView, RequestView
from dispatch.views.casebook import Casebook
from dispatch.views.local_time import local_time
from dispatch.views.questions import Questions
from dispatch.views.script import COMES, QUESTIONS, UNLESS, Line, Scene, _true_lines, chosen, script
from dispatch.words import LANGUAGES, say
from gateway.diagnosis.catalogue import catalogue
from gateway.finding import Domain, Drive, Finding, Grade, Help, Place, Remedy, Severity
from gateway.kinds.registry import knowledges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Room

CASE = "volta/car-1/1-7"
CALL = f"{CASE}/call"
RIGA = Place(56.95, 24.10, 8.0, 0.0, "gnss")
NOTHING_ASKED = Questions(where=False, help=False, where_if_wanted=False, help_if_wanted=False, gate=PlaceGate.GOOD)
LATIN = re.compile(r"[A-Za-z]{3,}")


def brief(room: Room, language: str = "lv", call: str = CALL, *, zone: str | None = None) -> Brief:
    """The brief of a call as it stands now."""
    book, pen, desk = Casebook(), Pen(), Desk(room.desk.policy)
    for event, at in room.told:
        rows = [pen.write(action, due) for due, action in desk.wake(at)]
        rows.append(pen.write(event, at))
        rows.extend(pen.write(action, due, rows[-1].seq) for due, action in desk.handle(event, at))
        for row in rows:
            book.feed(row)
    customer = Customer("c-1", "Ilze", "+37120000001", language, "simulated", time_zone=zone)
    return brief_of(book, call, Customers([customer]), policy=room.desk.policy, now=room.now)


def flat_battery(room: Room) -> Finding:
    """A finding with everything filled in."""
    room.found()
    event = room.told[-1][0]
    assert isinstance(event, FaultFound)
    return event.finding


# --- the truck, as seen in issue 12 -----------------------------------------------------------------------------------


def test_a_truck_that_is_only_offered_is_being_found(room: Room) -> None:
    """No hour is promised, on no line, and the agent's screen says that it was only asked."""
    room.truck("t-1")
    room.found()
    said = brief(room, "en")
    assert say("help_finding", "en") in said.say
    assert not any(re.search(r"\d\d:\d\d|on its way", line) for line in (*said.say, *said.on_the_way))
    assert "was asked and has not promised yet" in said.on_the_way[0]


def test_a_truck_that_promised_comes_at_the_customers_hour(room: Room) -> None:
    """06:02 UTC is 08:02 in Riga: to the customer in Latvian, to the agent with the zone's name."""
    room.truck("t-1")
    room.found()
    room.truck("t-1", "accepted")
    said = brief(room)
    assert "Palīdzības auto ir ceļā, tam jābūt pie jums plkst. 08:02, apmēram pēc 2 min." in said.say
    assert "A truck is on its way and should be with you at 08:02, in about 2 min." in said.say_en
    assert said.on_the_way[0].endswith("at 08:02 EET.")


def test_the_customers_own_zone_goes_before_that_of_the_place(room: Room) -> None:
    """Somebody from Tehran on a trip to Riga thinks in neither: what is registered counts."""
    room.truck("t-1")
    room.found()
    room.truck("t-1", "accepted")
    assert any("09:32" in line for line in brief(room, "fa", zone="Asia/Tehran").say)


def test_a_truck_that_is_late_is_late_by_so_many_minutes(room: Room) -> None:
    """Silent for 415 s past its hour: 7 min late, last heard when it was; never 'ETA 0 s'."""
    room.truck("t-1")
    room.found()
    room.truck("t-1", "accepted")
    eta = 1_768_197_600.0 + 129  # what the desk worked out
    room.wait(eta + 415 - room.now)
    said = brief(room, "en")
    assert said.on_the_way[0].startswith("t-1 is 7 min late, last heard 9 min ago")
    late = [line for line in said.say if "late" in line]
    assert len(late) == 1
    assert re.search(r"was due at 08:02 and is [78] min late", late[0])
    assert not any("on its way" in line for line in said.say)


def test_a_truck_that_comes_later_than_it_promised_says_so(room: Room) -> None:
    """Its arrival was reckoned anew: the new hour, the old one, and nothing of 'nothing more to do'."""
    help_ = HelpView("promised", "t-1", 1_768_197_600.0 + 1_200, 0.0, promised_eta=1_768_197_600.0 + 300)
    case = CaseView(
        CASE,
        "c-1",
        "volta/car-1",
        "simulated",
        0.0,
        replace(flat_battery(room), drive=Drive.YES),
        help=help_,
        place=RIGA,
    )
    scene = Scene(case, NOTHING_ASKED, inbound=True, clock=local_time(None, RIGA), now=1_768_197_600.0)
    said = script(scene, "en")
    assert any("was due at 08:05 and should be with you at 08:20, in about 20 min" in line for line in said)
    assert say("nothing_more", "en") not in said
    assert arrival(help_, None, scene.now) == "ETA 20 min, 15 min later than promised"


def test_on_scene_cancelled_and_done_are_said_as_they_are(room: Room) -> None:
    """Each state its own line, and no 'please stop' to who stands beside the truck."""
    room.truck("t-1")
    room.found()
    room.truck("t-1", "accepted")
    room.truck("t-1", "arrived")
    said = brief(room, "en")
    assert say("help_there", "en") in said.say
    assert say("stop", "en") not in said.say
    room.truck("t-1", "finished")
    assert say("help_done", "en") in brief(room, "en").say


def test_a_truck_that_declined_is_no_truck(bare: Callable[[], Room]) -> None:
    """Nobody else is free: another is being found, and nobody says that the one is coming."""
    room = bare()
    room.truck("t-1")
    room.found()
    room.truck("t-1", "declined")
    said = brief(room, "en")
    assert say("help_finding", "en") in said.say
    assert "declined" in said.on_the_way[0]


def test_in_doubt_about_a_car_that_must_stop_only_one_question_is_asked(room: Room) -> None:
    """Issue 12: 'does it work as usual? ... please stop ... you need do nothing more' stood together."""
    room.truck("t-1")
    room.found(grade=Grade.ASK)
    said = brief(room, "en").say
    assert say("stop", "en") in said
    assert say("shall_somebody_come", "en") in said
    assert say("works_as_usual", "en") not in said
    assert say("nothing_more", "en") not in said
    assert said.index(say("stop", "en")) < said.index(say("shall_somebody_come", "en"))


def test_who_must_stop_hears_nothing_that_is_for_the_road(room: Room) -> None:
    """A slow leak that may be worse: stop, and not 'inflate it at the next station'; who may drive hears that."""
    slow = {"part": "tyre_slow_leak", "name": "tyre (slow leak)", "remedy": Remedy(Help.TALK, "tyre", 0, 0, "none")}
    room.found(**slow)
    said = brief(room, "en").say
    assert say("stop", "en") in said
    assert say("driving_air", "en") not in said
    room.found(**slow, drive=Drive.TO_WORKSHOP, key="volta/car-1/1-9")
    said = brief(room, "en").say
    assert say("stop", "en") not in said
    assert said.index(say("driving_air", "en")) == said.index(say("to_workshop", "en")) + 1


def test_a_technician_comes_when_one_said_so(room: Room) -> None:
    """Before that one is being found; the fridge's own words promise nobody."""
    visit = Remedy(Help.TECHNICIAN, "refrigeration", 3_600, 0, "none")
    room.found(domain=Domain.APPLIANCE, drive=Drive.NOT_A_CAR, remedy=visit, part="compressor", name="compressor")
    before = brief(room, "en").say
    assert say("visit_finding", "en") in before
    assert say("fridge_compressor", "en") in before
    assert not any("a technician comes" in line.lower() for line in before)
    room.tell(OrderAnswered(f"{CASE}/order", 1, accepted=True, arrives_at=room.now + 86_400))
    assert "A technician comes to you tomorrow at 08:00." in brief(room, "en").say
    assert "Meistars pie jums ieradīsies rīt plkst. 08:00." in brief(room).say


def test_who_rings_in_is_not_told_how_to_check_our_call(room: Room) -> None:
    """It is theirs."""
    room.found()
    room.phones()
    assert say("genuine", "en") not in brief(room, "en", "in/1").say
    room.phones("c-2", "in/2")
    said = brief(room, "en", "in/2")
    assert say("open_question", "en") in said.say_en


def test_a_doubtful_place_is_named_in_the_customers_language(room: Room) -> None:
    """Name, distance and direction; the name as the map has it."""
    room.found(place=Place(56.90, 24.20, 900.0, room.now, "phone"))
    question = next(line for line in brief(room, "ru").say if "?" in line)
    assert question.startswith("По нашим данным, автомобиль находится здесь:")
    assert " км к " in question


def test_an_unknown_language_is_english_and_the_brief_says_so(room: Room) -> None:
    """A customer of whom only a German page is known is spoken to in English."""
    room.found()
    said = brief(room, "de")
    assert said.language == "en"
    assert said.say == said.say_en
    assert brief(room, "lv").language == "lv"


@pytest.mark.parametrize("language", ["ru", "uk", "fa", "zh"])
def test_no_english_is_read_to_who_speaks_another_language(language: str, room: Room) -> None:
    """Of every part of every catalogue, in every grade: nothing but names and what is the same everywhere."""
    kept = re.compile(r"Callahead|IBAN|BIC|PIN|[A-Z0-9/]{2,}|AdBlue|\bx\b")
    finding = flat_battery(room)
    kinds = {"car": Domain.VEHICLE, "fridge": Domain.APPLIANCE, "payment": Domain.PAYMENT}
    for kind, domain in kinds.items():
        for name, part in catalogue(knowledges()[kind]).parts.items():
            for grade in (Grade.ACT, Grade.ASK):
                one = replace(
                    finding, part=name, name=part.name, domain=domain, drive=part.drive, remedy=part.remedy, grade=grade
                )
                case = CaseView(CASE, "c-1", "volta/car-1", "simulated", 0.0, one, place=RIGA)
                owed = grade is Grade.ASK and one.sends
                ask = Questions(where=True, help=owed, where_if_wanted=False, help_if_wanted=False, gate=PlaceGate.NONE)
                for line in script(Scene(case, ask, inbound=False, clock=local_time(None, RIGA), now=0.0), language):
                    assert not LATIN.search(kept.sub("", line)), line


# --- which lines go together ------------------------------------------------------------------------------------------


def scenes(finding: Finding) -> Iterator[Scene]:
    """Every combination of what a case can be."""
    now, clock = 1_768_197_600.0, local_time(None, RIGA)
    helps = [
        None,
        *(HelpView(state, "t-1", now + 600, now) for state in _HELP_STATES),
        HelpView("promised", "t-1", 1, 0),
    ]
    orders = [
        None,
        *(RequestView("p", what, 1, state, now + 9) for what in ("technician", "supplies") for state in _ORDER),
    ]
    towed = [RequestView("p", "tow", 1, state, at) for state in _ORDER for at in (None, now + 9, now - 9)]
    asks = [
        Questions(where, help_, wanted_where, wanted, gate)
        for where, help_, gate in itertools.product((False, True), (False, True), PlaceGate)
        for wanted_where, wanted in ((False, False), (False, True), (True, True))
        if not wanted or not (where or help_)  # what is asked only of who wants somebody is asked where nothing is owed
    ]
    for drive, remedy, grade in itertools.product(Drive, Help, (Grade.ACT, Grade.ASK)):
        domain = Domain.APPLIANCE if drive is Drive.NOT_A_CAR else Domain.VEHICLE
        one = replace(finding, drive=drive, remedy=replace(finding.remedy, help=remedy), grade=grade, domain=domain)
        for help_, order, ask, inbound in itertools.product(helps, [*orders[::3], *towed[::2]], asks, (False, True)):
            sent = help_ is not None or order is not None
            if sent and (ask.where or ask.help):
                continue  # the rule of dispatch.views.questions: nobody is asked once somebody was sent
            case = CaseView(CASE, "c-1", "volta/car-1", "simulated", 0.0, one, help=help_, order=order, place=RIGA)
            yield Scene(case, ask, inbound=inbound, clock=clock, now=now)


_HELP_STATES = ("offered", "promised", "declined", "on_scene", "done", "cancelled", "too_late")
_ORDER = ("asked", "accepted", "refused", "withdrawn", "called_off", "too_late", "fulfilled")


def test_no_state_of_a_case_says_what_contradicts_itself(room: Room) -> None:
    """Over every combination: one question about help at most, one line about the truck, and 'nothing more' only where so.

    What lines come to in words is looked at once for each state of help and of an order.
    """
    finding, seen, worded = flat_battery(room), 0, set[object]()
    stop, usual, shall = (say(one, "en") for one in (Line.STOP, Line.WORKS_AS_USUAL, Line.SHALL_SOMEBODY_COME))
    nothing, finds = say(Line.NOTHING_MORE, "en"), say(Line.HELP_FINDING, "en")
    for scene in scenes(finding):
        seen += 1
        lines = chosen(_true_lines(scene))
        assert bool({Line.WORKS_AS_USUAL, Line.SHALL_SOMEBODY_COME} & set(lines)) == scene.ask.help
        case = scene.case
        assert case is not None
        words = (*lines, id(case.help), id(case.order), case.finding.domain)
        if words in worded:
            continue
        worded.add(words)
        said = script(scene, "en")
        asked = [line for line in said if line.endswith("?")]
        trucks = [line for line in said if re.search(r"\btruck\b", line, re.IGNORECASE)]
        drives = [line for line in said if line.startswith("You can drive")]
        assert not (drives and (trucks and not any("called off" in line for line in trucks)))
        assert len(set(said)) == len(said)
        assert not (usual in said and (stop in said or shall in said))
        assert len(trucks) <= 1
        assert said[0] == say(Line.GREETING, "en")
        if nothing in said:
            assert not asked
            assert stop not in said
            assert finds not in said
            assert not any("late" in line for line in said)
        if asked:
            assert not trucks
        assert (usual in said or shall in said) == scene.ask.help
    assert seen > 5_000
    assert len(worded) > 500


def test_the_table_holds_for_whatever_is_true_at_once() -> None:
    """Of every set of up to four lines: none is said beside what silences it, and none is lost without a reason."""
    for size in (1, 2, 3, 4):
        for true in itertools.combinations(Line, size):
            said = set(chosen(true))
            for line in true:
                silenced = UNLESS.get(line, frozenset()) & said
                assert (line in said) == (not silenced)
            assert not (Line.NOTHING_MORE in said and (QUESTIONS | {Line.STOP}) & said)


def test_lines_come_in_one_order() -> None:
    """Greeting, what is broken, stop, who comes, questions, the end: however they were found to be true."""
    order = [line for line in Line if line in chosen(Line)]
    assert chosen(reversed(Line)) == order
    assert order[0] is Line.GREETING
    assert order[-1] is Line.GENUINE
    assert list(Line).index(Line.STOP) < min(
        list(Line).index(line) for line in COMES | QUESTIONS - {Line.OPEN_QUESTION}
    )


def test_every_line_can_be_said_in_every_language(room: Room) -> None:
    """No placeholder is left without a value, in no state."""
    for scene in itertools.islice(scenes(flat_battery(room)), 0, None, 37):
        for language in LANGUAGES:
            assert not any("{" in line for line in script(scene, language)), language


def test_a_customer_spoken_to_on_the_road_is_told_the_caution(room: Room) -> None:
    """What to mind with the part stands beside 'please stop'."""
    room.found(part="hv_isolation", name="high-voltage insulation")
    said = brief(room, "en").say
    assert say("caution_leave_car", "en") in said
    assert say("caution_no_cables", "en") in said
    room.agent()
    room.connected(CALL)
    room.ended(CALL, Outcome.INFORMED)


# --- nothing in one breath that is against something else --------------------------------------------------------------

FOR_THE_ROAD = {Line.TO_WORKSHOP, Line.DRIVE_ON, Line.DRIVING}
A_TRUCK = {line for line in Line if line.name.startswith(("HELP_", "CONTRACTOR_"))} - {Line.HELP_OFF}
OVER = {Line.HELP_THERE, Line.HELP_DONE, Line.CONTRACTOR_DONE}
OWED = {
    Line.STOP,
    Line.TO_WORKSHOP,
    Line.HELP_FINDING,
    Line.HELP_LATE,
    Line.CONTRACTOR_LATE,
    Line.ORDER_LATE,
    Line.HELP_OFF,
}
AGAINST = [
    ({Line.WORKS_AS_USUAL}, {Line.STOP, Line.SHALL_SOMEBODY_COME, Line.NOTHING_MORE} | A_TRUCK),
    ({Line.NOTHING_MORE}, OWED | QUESTIONS),
    (FOR_THE_ROAD, {Line.STOP} | A_TRUCK | QUESTIONS),
    ({Line.STOP}, OVER | FOR_THE_ROAD),
    ({Line.FAULT}, {Line.MAYBE, Line.NOTED}),
    (A_TRUCK, {Line.SHALL_SOMEBODY_COME, Line.WHERE, Line.RIGHT_PLACE}),
]
"""What is not said in one breath."""


def every_scene(finding: Finding) -> Iterator[Scene]:
    """Drive advice, state of help, what is asked, severity, who told it, a booking, whether it is well again."""
    kinds = itertools.cycle(itertools.product(Severity, (False, True), (None, "asked", "accepted"), (None, 1.0)))
    for scene, (severity, told, booked, recovered) in zip(scenes(finding), kinds, strict=False):
        assert scene.case is not None
        key = "volta/car-1/told-1" if told else finding.key
        one = replace(scene.case.finding, severity=severity, key=key)
        booking = RequestView("w-1", "slot", 1, booked, scene.now + 9_000) if booked else None
        yield replace(scene, case=replace(scene.case, finding=one, booking=booking, recovered_at=recovered))


def test_what_is_said_in_one_breath_never_contradicts_itself(room: Room) -> None:
    """All that a case can be, each line by its name: no two are said that are against each other, in no language."""
    seen = 0
    for scene in every_scene(flat_battery(room)):
        said, seen = set(chosen(_true_lines(scene))), seen + 1
        for some, others in AGAINST:
            assert not (some & said and others & said), (some & said, others & said)
        if seen % 41 == 0:
            english = script(scene, "en")
            for language in LANGUAGES[1:]:
                spoken_so = script(scene, language)
                assert len(spoken_so) == len(english)
                assert not set(spoken_so) & set(english)
    assert seen > 15_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_beside_a_call_never_contradicts_itself(language: str, room: Room) -> None:
    """Who must stop is not told that nothing is to be done, nor anybody that they may drive where a truck is sought."""
    finding = flat_battery(room)
    for drive, remedy, asks, within in itertools.product(Drive, Help, (False, True), (None, 120.0)):
        one = replace(finding, drive=drive, remedy=replace(finding.remedy, help=remedy))
        text = beside_call(one, Situation(asks, None if asks else remedy, within), language)
        stop = say("stop", language) in text
        assert stop is (drive is Drive.STOP_NOW)
        assert not (stop and say("notice_nothing_until", language) in text)
