"""Quiet hours: who is rung at night, and when the others are."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from dispatch.core.actions import AssignCall, QueueCall
from dispatch.core.desk import Desk
from dispatch.core.events import AgentBecameFree, CallConnected, CallEnded, Outcome
from dispatch.core.policy import Policy
from dispatch.core.quiet_hours import BadQuietHours, QuietHours
from gateway.finding import Domain, Drive, Help, Remedy, Severity

if TYPE_CHECKING:
    from conftest import Room


def _at(clock: str) -> float:
    return datetime.fromisoformat(f"2026-01-{clock}+02:00").timestamp()


RIGA = QuietHours.parse("22:00-07:00@Europe/Riga")


@pytest.mark.parametrize(
    ("asked", "over"),
    [
        ("12T21:59:59", "12T21:59:59"),
        ("12T22:00:00", "13T07:00:00"),
        ("13T06:59:59", "13T07:00:00"),
        ("13T07:00:00", "13T07:00:00"),
    ],
)
def test_quiet_hours_end_in_the_morning(asked: str, over: str) -> None:
    """By the clock of the place, over midnight."""
    assert RIGA.over(_at(asked)) == _at(over)


def test_quiet_hours_know_summer_time() -> None:
    """In the night in which the clock is put forward, seven o'clock comes after eight hours."""
    night = datetime.fromisoformat("2026-03-28T22:00:00+02:00").timestamp()
    assert RIGA.over(night) - night == 8 * 3_600


@pytest.mark.parametrize(
    "text", ["22-7", "25:00-07:00@Europe/Riga", "22:00-07:00@Mars/Base", "07:00-07:00@Europe/Riga"]
)
def test_wrong_quiet_hours_are_told(text: str) -> None:
    """By what is wrong with them."""
    with pytest.raises(BadQuietHours, match="--quiet-hours"):
        QuietHours.parse(text)


def test_at_night_only_who_must_know_is_rung(room: Room) -> None:
    """A failed payment waits for the morning and is rung then; a car at the roadside is not kept waiting."""
    room.desk, room.now = Desk(Policy(quiet=RIGA)), _at("12T23:00:00")
    room.tell(AgentBecameFree("a-1", ("lv",), "simulated"))
    talk = Remedy(Help.TALK, "", 0, 0)
    quiet = room.found(remedy=talk, drive=Drive.NOT_A_CAR, severity=Severity.MEDIUM, domain=Domain.PAYMENT)
    (queued,) = [action for action in quiet if isinstance(action, QueueCall)]
    assert (queued.not_before, queued.due) == (_at("13T07:00:00"), _at("13T07:02:00"))
    assert not [action for action in quiet if isinstance(action, AssignCall)]
    urgent = room.found(key="volta/car-2/1-1", episode="volta/car-2/1-1", device="volta/car-2", customer="c-2")
    assert [action.call for action in urgent if isinstance(action, AssignCall)] == ["volta/car-2/1-1/call"]
    room.tell(CallConnected("volta/car-2/1-1/call", 1))
    room.tell(CallEnded("volta/car-2/1-1/call", 1, Outcome.DECLINED_HELP))
    room.tell(AgentBecameFree("a-1", ("lv",), "simulated"))
    before, after = room.wait(_at("13T06:59:59") - room.now), room.wait(1.0)
    assert "volta/car-1/1-7/call" not in [action.call for action in before if isinstance(action, AssignCall)]
    assert "volta/car-1/1-7/call" in [action.call for action in after if isinstance(action, AssignCall)]
