"""Lateness is said: on the agent's screen, in the log of a live story."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import pytest

from dispatch.core.desk import Desk
from dispatch.core.events import BookingAnswered, CallConnected
from dispatch.ledger.rows import Pen
from dispatch.views.arrival import arrival, late_by
from dispatch.views.case_view import HelpView
from dispatch.views.casebook import Casebook
from dispatch.views.timeline import line

if TYPE_CHECKING:
    from conftest import Room

CALL = "volta/car-1/1-7/call"


@pytest.mark.parametrize(
    ("state", "eta_in_s", "heard_ago_s", "said"),
    [
        ("offered", 720, 5, "ETA 12 min"),
        ("promised", 45, 5, "ETA 45 s"),
        ("promised", -30, 5, "due now"),
        ("promised", -415, 355, "7 min late, last heard 6 min ago"),
        ("promised", -415, 20, "7 min late, last heard just now"),
        ("promised", -415, None, "7 min late, never heard"),
        ("promised", -9_000, 9_500, "2 h late, last heard 3 h ago"),
        ("offered", -90, 400, "no answer yet, last heard 7 min ago"),
        ("on_scene", -600, 10, ""),
        ("declined", -600, 10, ""),
    ],
)
def test_who_is_late_is_late_by_so_much(state: str, eta_in_s: float, heard_ago_s: float | None, said: str) -> None:
    """Never 'ETA 0 s'; whoever promised nothing is not late, and whoever is there even less."""
    help_ = HelpView(state, "t-1", 1_000.0 + eta_in_s, 0.0)
    assert arrival(help_, None if heard_ago_s is None else 1_000.0 - heard_ago_s, 1_000.0) == said
    assert (late_by(help_, 1_000.0) > 0) == ("late" in said)


def told(room: Room) -> tuple[Casebook, list[str]]:
    """What the casebook has and what the narrator of a live story says."""
    from scenarios.runner.narrator import Narrator  # noqa: PLC0415

    book, pen, desk, narrator, lines = Casebook(), Pen(), Desk(), Narrator([], UTC), list[str]()
    for event, at in room.told:
        rows = [pen.write(action, due) for due, action in desk.wake(at)]
        rows.append(pen.write(event, at))
        rows.extend(pen.write(action, due, rows[-1].seq) for due, action in desk.handle(event, at))
        for row in rows:
            book.feed(row)
            lines.extend(narrator.feed(row))
    return book, lines


def test_a_truck_silent_for_minutes_is_shown_late_everywhere(room: Room) -> None:
    """Issue 12: 'ETA 0 s' for a truck that had been silent for 415 s."""
    room.truck("t-1")
    room.found()
    room.truck("t-1", "accepted")
    room.agent()
    room.wait(644)
    room.tell(CallConnected(CALL, 1))
    book, lines = told(room)
    (case,) = book.cases.values()
    assert case.help is not None
    assert arrival(case.help, book.heard_at("t-1"), room.now) == "9 min late, last heard 11 min ago"
    assert any("t-1, 9 min late, last heard 11 min ago" in line for line in lines), lines


@pytest.mark.parametrize(
    ("in_s", "said"),
    [
        (3_600, "workshop: slot at 07:00 UTC"),
        (11 * 3_600, "workshop: slot at 17:00 UTC"),
        (-11 * 3_600, "workshop: slot at 19:00 UTC"),
        (28 * 3_600, "workshop: slot at 10:00 UTC on 2026-01-13"),
        (9 * 86_400, "workshop: slot at 06:00 UTC on 2026-01-21"),
        (1e300, "workshop: slot at an unknown hour"),
    ],
)
def test_an_hour_of_another_day_has_its_day(start: float, in_s: float, said: str) -> None:
    """What comes in nine days is no promise for today; the hour alone is that of the day that lies nearest."""
    row = Pen().write(BookingAnswered("volta/car-1/1-7/booking", 1, accepted=True, slot_at=start + in_s), start)
    assert line(row).what == said
