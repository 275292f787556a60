"""The process that shows: what it tells of cases, trucks and calls, what changed, the past, and whom it does not listen to."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from dispatch.core.desk import Desk
from dispatch.core.events import CustomerErased
from dispatch.core.policy import Policy
from dispatch.core.quiet_hours import QuietHours
from dispatch.engine.clock import WallClock
from dispatch.engine.frames import TooLong, framed, read_frame
from dispatch.ledger.pipeline import Turn
from dispatch.projection.asked import Open, Past, Status, View, read_asked
from dispatch.projection.devices import Devices
from dispatch.projection.follower import Follower
from dispatch.projection.live import LivePicture
from dispatch.projection.replay import Replay
from dispatch.projection.wire import packed
from dispatch.registers.customers import Customer
from dispatch.store.journal import Journal
from dispatch.views.picture.facts import truck_facts
from dispatch.views.picture.hours import by_clock
from dispatch.views.picture.picture import changed
from gateway.devices.liveness import Pulse
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import Twin
from gateway.finding import Place

START = 1_768_197_600.0
CASE = "volta/car-1/1-7"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A store that a service keeps."""
    with Journal.open(tmp_path) as found:
        yield found


def committed(journal: Journal, room: Any) -> None:
    """Have the store know what a desk was told and decided."""
    pen, desk = journal.ledger.pen(), Desk()
    for event, at in room.told:
        rows = [pen.write(action, due) for due, action in desk.wake(at)]
        rows.append(pen.write(event, at))
        rows.extend(pen.write(action, due, rows[-1].seq) for due, action in desk.handle(event, at))
        journal.commit([Turn(rows=rows)], at)


def said(body: bytes | None) -> dict[str, Any]:
    """Return what a frame says."""
    assert body is not None
    found: dict[str, Any] = msgspec.json.decode(zlib.decompress(body, -15))
    return found


@pytest.fixture
def live(journal: Journal, room: Any) -> LivePicture:
    """Everything told once: a truck was asked to go to a car."""
    journal.customers.keep([Customer("c-1", "Anna Ozola", "+37120000001", "lv", "simulated")])
    room.truck("t-1")
    room.found()
    committed(journal, room)
    found = LivePicture(journal, Policy(), WallClock())
    found.tick()
    return found


def test_everything_is_told_once_and_then_what_changed(live: LivePicture, journal: Journal, room: Any) -> None:
    """Whoever begins gets all; a truck that says yes changes its case, by the members that are another, and nothing else."""
    whole = said(live.whole())
    assert whole["whole"]
    assert whole["cases"][CASE]["who"] == "Anna Ozola"
    assert whole["cases"][CASE]["help"]["state"] == "offered"
    assert whole["trucks"]["t-1"]["case"] == CASE
    assert live.whole() is live.whole(), "made once for all"
    assert live.tick() is None
    room.told.clear()
    room.truck("t-1", "accepted")
    pen = journal.ledger.pen()
    event, at = room.told[0]
    journal.commit([Turn(rows=[pen.write(event, at)])], at)
    changes = said(live.tick())
    assert "whole" not in changes
    assert set(changes["cases"][CASE]) == {"help", "version", "route"} & set(changes["cases"][CASE])
    assert changes["cases"][CASE]["help"]["state"] == "promised"
    assert changes["seq"] == pen.seq


def test_a_case_is_told_in_sentences_by_the_clock_of_the_house(live: LivePicture) -> None:
    """Why, what happened, and the parts a dispatcher may correct it to; no hour is UTC's where another is known."""
    live.zone = "Europe/Riga"
    found = live.details(CASE)
    assert found is not None
    assert any("send t-1 (battery), ETA 08:0" in line[3] for line in found["timeline"])
    assert ("alternator", "alternator") in found["parts"]
    assert live.details("nobody's") is None


def test_who_begins_to_watch_is_told_by_whose_clock_hours_are(live: LivePicture, journal: Journal) -> None:
    """At once where the house has quiet hours, else as soon as it is known where everybody is; never by UTC meanwhile."""
    live.look_around()
    assert said(live.whole())["zone"] == "Europe/Riga"
    quiet = Policy(quiet=QuietHours.parse("22:00-07:00@Europe/Oslo"))
    assert LivePicture(journal, quiet, WallClock()).zone == "Europe/Oslo"


@pytest.mark.parametrize(
    ("text", "zone", "told"),
    [
        ("ETA 06:14 UTC", "Europe/Riga", "ETA 08:14"),
        ("slot at 23:50 UTC, then 00:10 UTC", "Europe/Riga", "slot at 01:50, then 02:10"),
        ("an unknown hour", "Europe/Riga", "an unknown hour"),
        ("ETA 06:14 UTC", "Asia/Kolkata", "ETA 11:44"),
        ("slot at 23:50 UTC on 2026-01-14", "Europe/Riga", "slot at 01:50 on 2026-01-15"),
        ("at 23:50 UTC on 2026-99-14", "Europe/Riga", "at 23:50 UTC on 2026-99-14"),
    ],
)
def test_hours_in_sentences_go_by_the_clock_of_the_house(text: str, zone: str, told: str) -> None:
    """As they were written, hours of the day that lies nearest."""
    assert by_clock(text, 1_768_197_600.0, ZoneInfo(zone)) == told
    assert by_clock(text, 1e300, UTC) == text


def test_what_is_gone_is_told_as_gone() -> None:
    """A fact that is new comes whole, one that changed by what did, one that is gone as nothing."""
    before = {"a": {"x": 1, "y": 2}, "b": {"x": 1}, "c": {"x": 3}}
    now = {"a": {"x": 1, "y": 3}, "c": {"x": 3}, "d": {"x": 4}}
    assert changed(before, now) == {"b": None, "a": {"y": 3}, "d": {"x": 4}}


def test_a_truck_looks_where_it_drives(live: LivePicture) -> None:
    """East is 90 degrees; one that stands looks where it looked."""
    truck = live.book.trucks["t-1"]
    first = truck_facts(truck, None, None)
    assert first["heading"] is None
    east = replace_place(truck, longitude=truck.place.longitude + 0.01)
    second = truck_facts(east, None, first)
    assert second["heading"] == 90
    assert truck_facts(east, None, second)["heading"] == 90


def replace_place(truck: Any, **changes: float) -> Any:
    """Return the truck elsewhere."""
    return replace(truck, place=replace(truck.place, **changes))


def test_an_hour_of_the_past_is_told_from_the_ledger(live: LivePicture, journal: Journal, room: Any) -> None:
    """As it stood then, and as it went on: the case is not there, then it is, then a truck has said yes."""
    room.told.clear()
    room.now += 300
    room.truck("t-1", "accepted")
    pen, (event, at) = journal.ledger.pen(), room.told[0]
    journal.commit([Turn(rows=[pen.write(event, at)])], at)
    start = room.now - 300
    before = Replay(journal, live, start - 10)
    assert before.whole()["cases"] == {}
    then = Replay(journal, live, start + 10)
    assert then.whole()["cases"][CASE]["help"]["state"] == "offered"
    then.hour.rate = 60.0
    assert "cases" not in then.advance(1.0)
    assert then.advance(6.0)["cases"][CASE]["help"]["state"] == "promised"
    assert then.details(CASE) is not None
    assert journal.ledger.last_before(start - 10) == 0
    assert journal.ledger.last_before(1e12) == pen.seq


def test_who_was_erased_has_no_name_any_more(live: LivePicture, journal: Journal) -> None:
    """Nor is anything of them kept by heart."""
    journal.customers.forget("c-1")
    pen = journal.ledger.pen()
    journal.commit([Turn(rows=[pen.write(CustomerErased("c-1"), pen.at)])], pen.at)
    live.tick()
    assert "Anna" not in str(said(live.whole()))


def test_it_takes_up_the_ledger_where_it_ends(journal: Journal, room: Any) -> None:
    """Row by row, each once."""
    follower = Follower(journal)
    assert follower.catch_up() == (0, False)
    room.found()
    committed(journal, room)
    assert follower.catch_up()[0] == follower.book.last_seq == journal.ledger.pen().seq
    assert follower.catch_up() == (0, False)


def test_devices_are_told_where_somebody_looks(journal: Journal) -> None:
    """One by one in view, none that is elsewhere or told as a truck; of very many how many are where."""
    names = [f"volta/car-{number}" for number in range(1_000)]
    journal.devices.keep(DeviceRecord(name, "car", None, "simulated") for name in names)
    twins = [
        Twin(name, pulse=Pulse(heard_at=START), place=Place(56.9 + number / 1e4, 24.1, 8.0, START, "gnss"))
        for number, name in enumerate(names)
    ]
    journal.commit([Turn(twins=twins)], START)
    devices = Devices(journal)
    assert devices.look(START + 60)
    assert not devices.look(START + 60), "seldom"
    told = devices.within((56.0, 24.0, 56.9005, 25.0), {"volta/car-1"})
    assert [one[0] for one in told["each"]] == ["volta/car-0", *names[2:6]]
    assert told["each"][0][1:] == ["car", 56.9, 24.1, 8, START, "online"]
    crowds = devices.within((56.0, 24.0, 58.0, 25.0), ())["crowds"]
    assert sum(one[2] for one in crowds) == 1_000
    assert devices.silent() == (0, [])
    later = Devices(journal)
    later.look(START + 1e6)
    assert later.silent()[0] == 1_000
    assert later.silent()[1][0][1:] == ["car", START]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (b'{"type":"open","case":"a/b/1-1"}', Open("a/b/1-1")),
        (b'{"type":"view","box":[1,2,3,4]}', View((1, 2, 3, 4))),
        (b'{"type":"past","at":1.5,"rate":60}', Past(1.5, 60)),
        (b'{"type":"status","said":{}}', Status({})),
    ],
)
def test_what_may_be_asked(text: bytes, asked: object) -> None:
    """Read as it is written."""
    assert read_asked(text) == asked


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"{}", b"[]", b"null", b'{"type":"drop"}', b'{"type":"open","case":7}', b'{"type":"past","at":-1}'),
        *(b'{"type":"past","at":1,"rate":1e9}', b'{"type":"view","box":[1,2,3]}', b'{"type":"view","box":[1,2,3,1e9]}'),
        b'{"type":"open","case":"' + b"x" * 513 + b'"}',
    ],
)
def test_what_may_not_be_asked(text: bytes) -> None:
    """Refused, whatever it is."""
    with pytest.raises(msgspec.DecodeError):
        read_asked(text)


def test_frames_are_whole_or_not_at_all() -> None:
    """One that is cut short is none; one that is too long is not read."""
    asyncio.run(_frames())


async def _frames() -> None:
    reader = asyncio.StreamReader()
    body = packed({"a": [1, 2, 3]})
    reader.feed_data(framed(body) + framed(b"x" * 100) + framed(body)[:-1])
    reader.feed_eof()
    assert said(await read_frame(reader)) == {"a": [1, 2, 3]}
    with pytest.raises(TooLong):
        await read_frame(reader, 99)
    await reader.readexactly(100)
    assert await read_frame(reader) is None
