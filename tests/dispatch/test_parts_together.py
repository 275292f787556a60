"""Where the parts of the desk meet: what is decided about one thing stays true of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from dispatch.core.actions import (
    Action,
    AdoptTow,
    CloseCase,
    EscalateCase,
    QueueCall,
    ReassignTow,
    RedirectTow,
    SendNotice,
    SendTow,
)
from dispatch.core.case import Case
from dispatch.core.desk import Desk
from dispatch.core.events import AgentLeft, OrderAnswered, Outcome, ServiceStarted, SupplierOpened
from dispatch.core.timers import About
from dispatch.core.transitions import HelpState
from dispatch.ledger.fold import Fold
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen, Row
from dispatch.ledger.seen_keys import Keys
from dispatch.registers.customers import Customers
from dispatch.views.call_brief import brief_of
from dispatch.views.casebook import Casebook
from gateway.devices.registry import Registry
from gateway.finding import Domain, Drive, Grade, Help, Place, Remedy, Severity
from gateway.intake.intake import Intake

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conftest import Room

EPISODE = "volta/car-1/1-7"
CALL = f"{EPISODE}/call"
TOW = Remedy(Help.TOW, "tow", 900, 7_200)
TALK = Remedy(Help.TALK, "engine", 0, 0)
Kind = TypeVar("Kind", bound=Action)


def test_a_specialist_is_sent_though_a_tow_truck_was_to_come_instead(room: Room) -> None:
    """Neither was on duty when a person was told; then whoever can mend it comes, and is not passed over."""
    room.found()
    assert of(EscalateCase, room.wait(200))
    (sent,) = of(SendTow, room.truck("t-9", skills=("battery",)))
    assert (sent.truck, sent.skill) == ("t-9", "battery")


def test_what_turns_out_to_need_no_call_is_shown_to_who_hung_up(room: Room) -> None:
    """Our call gave way to theirs, they hung up unheard, and meanwhile a message is enough: it is shown, and the case closed."""
    room.found(grade=Grade.ASK)
    room.phones()
    room.found(key="volta/car-1/1-8", remedy=Remedy(Help.NOTICE, "none", 0, 0), drive=Drive.YES)
    decided = room.ended("in/1", Outcome.ABANDONED)
    assert of(SendNotice, decided)
    assert [closed.reason for closed in of(CloseCase, decided)] == ["informed"]


def test_a_truck_that_is_there_for_hours_without_a_word_is_looked_after(room: Room) -> None:
    """It arrived and never says that it is done: after four hours a person is told, once."""
    _on_scene(room, agent=False)
    assert [told.reason for told in of(EscalateCase, room.wait(5 * 3_600))] == ["not_finished"]
    assert not of(EscalateCase, room.wait(24 * 3_600))


def test_a_technician_who_never_comes_is_looked_after(room: Room) -> None:
    """The supplier accepted for an hour that is long past, and says nothing more."""
    room.tell(SupplierOpened("s-1", ("technician",), 56.95, 24.10, "simulated"))
    room.found(
        domain=Domain.APPLIANCE, drive=Drive.NOT_A_CAR, remedy=Remedy(Help.TECHNICIAN, "refrigeration", 5_400, 0)
    )
    room.tell(OrderAnswered(f"{EPISODE}/order", 1, accepted=True, arrives_at=room.now + 7_200))
    assert not of(EscalateCase, room.wait(5 * 3_600))
    assert [told.reason for told in of(EscalateCase, room.wait(2 * 3_600))] == ["not_finished"]


def test_who_was_helped_has_declined_nothing(room: Room) -> None:
    """The truck is done, the agent is told "no, thanks" only then: the case ends as helped."""
    _on_scene(room, agent=True)
    room.truck("t-1", "finished")
    (closed,) = of(CloseCase, room.ended(CALL, Outcome.INFORMED, wants_help=False))
    assert closed.reason == "helped"


def test_a_crew_that_leaves_a_customer_who_wanted_none(room: Room) -> None:
    """It could not be called off, says no itself, and nothing is left to wait for."""
    _on_scene(room, agent=True)
    room.ended(CALL, Outcome.INFORMED, wants_help=False)
    (closed,) = of(CloseCase, room.truck("t-1", "declined"))
    assert closed.reason == "declined"


def test_who_said_where_is_not_asked_again(room: Room) -> None:
    """They want help and describe the place to within 800 m: a truck goes, as it does where the diagnosis was sure."""
    room.truck("t-1")
    room.found(grade=Grade.ASK, place=None)
    room.agent()
    room.connected(CALL)
    about = Place(56.95, 24.1, 800.0, room.now, "customer")
    decided = room.ended(CALL, Outcome.INFORMED, place=about, wants_help=True)
    assert of(SendTow, decided)
    assert not of(QueueCall, decided)


def test_nobody_is_told_and_nobody_counts_as_informed(room: Room) -> None:
    """No leave to ring, no screen to show it on: the case says that nobody was reached."""
    washer = {"domain": Domain.APPLIANCE, "drive": Drive.NOT_A_CAR, "remedy": TALK}
    (closed,) = of(CloseCase, room.found(may_call=False, notify=None, **washer))
    assert closed.reason == "unreachable"


def test_who_must_be_asked_and_may_not_be_rung_is_looked_after(room: Room) -> None:
    """Nobody is sent, nobody rings: a person is told of it, once."""
    (told,) = of(EscalateCase, room.found(place=None, may_call=False))
    assert told.reason == "may_not_be_asked"
    assert not of(EscalateCase, room.found(key="volta/car-1/1-8", place=None, may_call=False, grade=Grade.ASK))


def test_a_better_diagnosis_that_needs_no_truck_asks_for_no_place(room: Room) -> None:
    """It was to be asked where; by now a call alone helps, and what the customer says of the place sends nobody."""
    room.truck("t-1")
    room.found(place=None)
    room.found(key="volta/car-1/1-8", place=None, remedy=TALK, part="engine")
    room.agent()
    room.connected(CALL)
    told = room.ended(CALL, Outcome.INFORMED, place=Place(56.95, 24.1, 100.0, room.now, "customer"))
    assert not of(SendTow, told)
    assert [closed.reason for closed in of(CloseCase, told)] == ["informed"]


def test_a_case_that_waits_for_a_truck_waits_for_one_that_exists(room: Room) -> None:
    """The diagnosis wavers to one that a call alone helps: the truck that was looked for is not given up, and comes."""
    room.found()
    room.found(key="volta/car-1/1-8", remedy=TALK, part="engine")
    assert of(SendTow, room.truck("t-1", skills=("tow",)))


def test_a_wavering_diagnosis_tells_the_truck_its_workshop_once(room: Room) -> None:
    """Battery, pump, battery, pump: the second time the truck knows already where it takes the car."""
    room.truck("t-1")
    room.found()
    told = [
        room.found(key=f"volta/car-1/1-{number}", **({"remedy": TOW, "part": "pump"} if number % 2 else {}))
        for number in (9, 10, 11)
    ]
    assert [len(of(RedirectTow, actions)) for actions in told] == [1, 0, 0]


def test_a_crew_that_gives_up_long_after_help_was_due(room: Room) -> None:
    """All looks at the case were while it was there: it is looked after anew, and a person is told."""
    _on_scene(room)
    room.wait(7_200)
    room.truck("t-1", "declined", on_duty=False)
    assert "not_there_in_time" in [told.reason for told in of(EscalateCase, room.wait(130))]


def test_whoever_says_no_has_not_done_it(room: Room) -> None:
    """A crew that could not mend it says "finished" behind its "declined": the truck that comes instead still comes."""
    room.truck("t-2", place=Place(57.0, 24.1, 10.0, room.now, "gnss"))
    _on_scene(room)
    (other,) = of(ReassignTow, room.truck("t-1", "declined"))
    room.truck("t-2", "accepted")
    assert not of(AdoptTow, room.truck("t-1", "finished"))
    (case,) = room.desk.standing().cases
    assert (case.help, case.truck) == (HelpState.PROMISED, other.truck)


def test_whoever_says_no_has_not_done_it_where_no_other_is_free(room: Room) -> None:
    """Nobody reads that the truck has been there while the desk looks for another."""
    _on_scene(room)
    room.truck("t-1", "declined", on_duty=False)
    room.truck("t-1", "finished", on_duty=False)
    help_ = _book(_rows(room)).cases[EPISODE].help
    assert help_ is not None
    assert help_.state == "declined"


def test_who_lost_a_job_by_silence_is_free_for_the_next_at_once(room: Room) -> None:
    """Two cars, one truck near: passed over for the first, it is asked for the second in the same second."""
    room.truck("t-1")
    room.found()
    room.found(key="volta/car-2/1-7", episode="volta/car-2/1-7", device="volta/car-2", customer="c-2")
    room.truck("t-2", skills=("tow",))
    room.found(key="volta/car-1/1-8", remedy=TOW)
    decided = room.wait(61)
    assert [action.truck for action in of(SendTow, decided)] == ["t-1"]


def test_a_late_truck_was_due_when_it_said(bare: Callable[[], Room]) -> None:
    """An agent reads "18 min late, due at 08:02", and not the hour that was reckoned last."""
    room = bare()
    room.truck("t-1")
    room.found()
    room.truck("t-1", "accepted")
    room.wait(1_200)
    brief = brief_of(_book(_rows(room)), CALL, Customers([]), policy=room.desk.policy, now=room.now)
    (line,) = brief.on_the_way
    assert "it was due at 08:02" in line


def test_a_fold_takes_a_truck_at_its_word_that_it_is_done(room: Room) -> None:
    """It never said yes and says that it is through: folded rows know it as the desk does."""
    room.truck("t-1")
    room.found()
    room.truck("t-1", "finished")
    assert _folded(room).help is HelpState.DONE


def test_whoever_must_stop_by_now_is_rung_again(room: Room) -> None:
    """They were told of a weak battery and drive on; the oil pump is told to their screen, and to them."""
    room.found(drive=Drive.YES, severity=Severity.LOW)
    room.agent()
    room.connected(CALL)
    room.ended(CALL, Outcome.INFORMED)
    pump = {"key": "volta/car-1/1-9", "episode": "volta/car-1/1-9", "part": "oil_pump", "name": "oil pump"}
    assert [call.direction for call in of(QueueCall, room.found(**pump))] == ["outbound"]


def test_a_message_stands_though_the_agent_is_lost(room: Room) -> None:
    """They spoke before anything was found, and were shown it meanwhile: desk and casebook know them as informed."""
    room.phones()
    room.agent()
    room.connected("in/1")
    room.found(may_call=False)
    room.tell(AgentLeft("agent-1"))
    (case,) = room.desk.standing().cases
    assert case.informed
    assert _book(_rows(room)).cases[EPISODE].informed_at is not None


def test_where_no_technician_can_be_had_a_person_is_told(bare: Callable[[], Room]) -> None:
    """Nobody is there to ask, as with trucks: the case does not wait without a word."""
    visit = Remedy(Help.TECHNICIAN, "refrigeration", 3_600, 0)
    (told,) = of(EscalateCase, bare().found(domain=Domain.APPLIANCE, drive=Drive.NOT_A_CAR, remedy=visit))
    assert told.reason == "no_technician"


def test_a_fold_waits_as_long_as_the_desk_after_a_downtime(room: Room) -> None:
    """A workshop has its five minutes once more, and not the minute of a truck."""
    room.truck("t-1")
    room.found()
    room.tell(ServiceStarted(2, room.now), after=600)
    due = {alarm.due for alarm in _fold(room).standing().alarms if alarm.about is About.BOOKING}
    assert due == {alarm.due for alarm in room.desk.standing().alarms if alarm.about is About.BOOKING}


def test_a_fold_knows_who_was_shown_it_in_a_later_message(room: Room) -> None:
    """The first message stood beside a call; what turned out to need none is told by the second, and that informs."""
    room.found()
    room.phones()
    room.found(key="volta/car-1/1-8", part="washer", remedy=Remedy(Help.NOTICE, "", 0, 0), drive=Drive.YES)
    room.ended("in/1", Outcome.ABANDONED)
    (case,) = room.desk.standing().cases
    assert case.informed
    assert _folded(room).informed


def test_a_fold_keeps_an_eye_on_a_silent_truck(room: Room) -> None:
    """No other is free and no row says that it is asked again: whoever goes on from the rows asks again all the same."""
    room.truck("t-1")
    room.found()
    room.wait(3_700)
    desk = Desk()
    desk.stand(_fold(room).standing())
    due = desk.next_wake()
    assert due is not None
    assert due - room.now <= desk.policy.retry_tow_s


def _on_scene(room: Room, *, agent: bool = False) -> None:
    room.truck("t-1")
    room.found()
    if agent:
        room.agent()
        room.connected(CALL)
    room.truck("t-1", "accepted")
    room.truck("t-1", "arrived")


def of(kind: type[Kind], actions: Sequence[Action]) -> list[Kind]:
    """Return the actions of one kind."""
    return [action for action in actions if isinstance(action, kind)]


def _rows(room: Room) -> list[Row]:
    """Write down what a desk decides that is told the same."""
    control = ControlRoom(Intake(Registry([])), Desk(room.desk.policy), Customers([]), Pen(), Keys())
    rows = [row for event, at in room.told for row in control.tell(event, at).rows]
    return rows + control.wake(room.now).rows


def _book(rows: list[Row]) -> Casebook:
    book = Casebook()
    for row in rows:
        book.feed(row)
    return book


def _fold(room: Room) -> Fold:
    fold = Fold(room.desk.policy, version=2)
    for row in _rows(room):
        fold.feed(row)
    return fold


def _folded(room: Room) -> Case:
    (case,) = _fold(room).standing().cases
    return case
