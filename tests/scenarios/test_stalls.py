"""A service that stands still now and then, as on a machine that is busy: the story waits, and nobody pays for it."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from dispatch.store.journal import Journal
from scenarios.runner.lag import Lag
from scenarios.runner.real_time import play_live
from scenarios.service.http import Api
from scenarios.story.loader import open_story

FEW = (
    *("duration=15 min", "settle=5 min", "cars.count=60", "trucks.0.count=8", "trucks.1.count=6", "agents.0.count=4"),
    *("trucks.1.declines=0%", "network.outage_share=0%", "network.fault_share=0%", "expect={}"),
    "faults=[{part: battery_12v, count: 10, when: {from: 1 min, until: 9 min}}]",
    "cars.departs={uniform: {low: 1 min, high: 8 min}}",
)
STOPPED_S, RUNS_S = 1.2, 0.4
"""At 60 to 1 a truck has one second of the wall to answer."""


def test_a_service_that_stands_still_costs_no_truck_its_job(tmp_path: Path) -> None:
    """Every offer is heard in story time: no truck is passed over because a process had to wait for its turn."""
    done = threading.Event()
    stops: list[float] = []
    stopping = threading.Thread(target=stop_now_and_then, args=(tmp_path / "run", done, stops))
    stopping.start()
    try:
        live = play_live(open_story("winter_morning", FEW), 1, speed=60, out=tmp_path / "run", quiet=True)
    finally:
        done.set()
        stopping.join()
    with Journal.open(tmp_path / "run") as journal:
        types = Counter(row.type for row in journal.ledger.rows())
    assert len(stops) > 5
    assert types["SendTow"] >= 5
    assert types["ReassignTow"] == 0
    assert (live.scorecard["lost"], live.scorecard["duplicates"]) == (0, 0)
    assert live.slowed > 1.2


def stop_now_and_then(folder: Path, done: threading.Event, stops: list[float]) -> None:
    """Stop the service's process again and again once its story has begun, and let it go on."""
    while not done.wait(0.02) and not begun(folder):
        pass
    service = json.loads((folder / "ready.json").read_text())["pid"] if not done.is_set() else 0
    with suppress(ProcessLookupError):  # the story is over
        while not done.wait(RUNS_S):
            os.kill(service, signal.SIGSTOP)
            done.wait(STOPPED_S)
            os.kill(service, signal.SIGCONT)
            stops.append(time.monotonic())


def begun(folder: Path) -> bool:
    """Tell whether the story's time runs."""
    try:
        return json.loads((folder / "clock.json").read_text())["anchor"] is not None
    except OSError:
        return False


def test_what_a_service_owes_is_seen_from_outside(serve: Callable[..., Any], eventually: Callable[..., Any]) -> None:
    """An answer that does not come counts while it does not come."""
    served = serve()
    with Api(served.http) as api:
        lag = Lag(api)
        api.start(lag.ask())
        eventually(lambda: 0 < lag.seconds() < 1)
        os.kill(served.process.pid, signal.SIGSTOP)
        try:
            eventually(lambda: lag.seconds() > 1)
        finally:
            os.kill(served.process.pid, signal.SIGCONT)
        eventually(lambda: lag.seconds() < 1)


def test_one_event_that_is_late_is_its_devices_and_many_are_the_machines() -> None:
    """A device that was cut off in the middle of a message slows no story."""
    lag = Lag(Api("http://127.0.0.1:1"))
    for seconds in (0.05, 3.0, 0.05):
        lag.note(seconds)
    assert lag.seconds() == 0.05
    for _ in range(3):
        lag.note(3.0)
    assert lag.seconds() == 3.0
