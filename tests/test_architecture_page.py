"""``docs/architecture.md`` is of today's code: its drawing, and the walk of one fault, function by function."""

from __future__ import annotations

import asyncio
import re
import runpy
import sys
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from pydantic import TypeAdapter

from dispatch.core.desk import Desk
from dispatch.engine.driver import Driver
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen, Row
from dispatch.registers.customers import Customer, Customers
from dispatch.store.journal import Journal
from gateway.devices.registry import DeviceRecord, Registry
from gateway.intake.intake import Intake
from gateway.links.handover.delivery import Delivery

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
NOW = 1_768_197_600.0
STEPS = [(file, name) for file, name in re.findall(r"^\d+\. `([\w/]+\.py)` `([\w.]+)`: ", PAGE, re.MULTILINE)]
Step = tuple[str, str]
OURS = f"{ROOT}/"


class Standing:
    """A clock that stands still."""

    def now(self) -> float:
        """POSIX seconds."""
        return NOW

    def real_seconds_until(self, at: float) -> float:
        """An hour."""
        return 3_600.0 if at > NOW else 0.0

    def real_seconds(self, span: float) -> float:
        """As many."""
        return span


@contextmanager
def entered() -> Iterator[dict[Step, None]]:
    """Yield the functions of ours that are entered meanwhile, here and in threads that start: file and name, each once."""
    found: dict[Step, None] = {}

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(OURS):
            found.setdefault((code.co_filename.removeprefix(OURS), code.co_qualname))

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def control_room(words: Any) -> ControlRoom:
    """Return one that knows a few devices and their customer."""
    records = TypeAdapter(list[DeviceRecord]).validate_python([{"customer": "", **one} for one in words.registered])
    customer = Customer(**words.customer)
    return ControlRoom(Intake(Registry(records)), Desk(), Customers([customer]), Pen())


async def one_fault(words: Any, journal: Journal, feed: Callable[[Row], None]) -> list[Step]:
    """Drive it as the service does; return what was entered from the fault's bytes to the acknowledgement."""
    driver = Driver(control_room(words), journal, Standing(), feeds=[feed])
    with entered() as functions:
        running = asyncio.create_task(driver.run())
        await _told(driver, words.truck(NOW))
        functions.clear()
        await _told(driver, words.flat_battery(NOW))
        found = list(functions)
        driver.stop()
        await running
    return found


async def _told(driver: Driver, message: tuple[str, bytes]) -> None:
    acknowledged = asyncio.Event()
    driver.offer(Delivery(*message, retained=False, received_at=NOW, ack=acknowledged.set))
    await asyncio.wait_for(acknowledged.wait(), 60)


def test_the_walk_is_walked(words: Any, tmp_path: Path) -> None:
    """Every function of the page is entered, in the page's order; at its end a call is queued and a truck is sent."""
    rows: list[Row] = []
    with Journal.open(tmp_path) as journal:
        functions = asyncio.run(one_fault(words, journal, rows.append))
    assert {"FaultFound", "OpenCase", "SendTow", "QueueCall"} <= {row.type for row in rows}
    unknown = [step for step in STEPS if step not in functions]
    assert unknown == [], f"never entered; what was: {functions}"
    assert sorted(STEPS, key=functions.index) == STEPS
    assert len(STEPS) > 10


def test_the_drawing_is_of_todays_code() -> None:
    """``make architecture`` draws it again."""
    script = runpy.run_path(str(ROOT / "docs" / "architecture.py"))
    drawn = script["drawing"]()
    assert (ROOT / "docs" / "architecture.svg").read_text("utf-8") == drawn, "make architecture"


def test_the_drawing_shows_every_room() -> None:
    """Each once, named, with what its ``__init__.py`` says; nothing is fetched, and it has colours for the dark."""
    text = (ROOT / "docs" / "architecture.svg").read_text("utf-8")
    rooms = {
        path.stem if path.is_file() else path.name
        for package in ("gateway", "dispatch", "firmware_sim", "scenarios")
        for path in (ROOT / package).iterdir()
        if (path / "__init__.py").exists() or (path.suffix == ".py" and path.stem != "__init__")
    }
    drawing = ET.fromstring(text)  # noqa: S314 - our own file
    labels = drawing.iterfind(".//{*}g/{*}text[@class='name']")
    named = {label.text for label in labels}
    assert {name for name in rooms if name not in named} == set()
    assert "prefers-color-scheme: dark" in text
    assert not re.search(r"(?:href|src)=|url\((?!#)|@import", text)


@pytest.mark.parametrize("word", ["gateway/", "dispatch/", "firmware_sim/", "scenarios/"])
def test_the_page_says_what_each_package_is(word: str) -> None:
    """In a line each, and all on one screen."""
    assert f"- `{word}` **" in PAGE
    assert len(PAGE.splitlines()) <= 50
