"""Live runs: the real service and broker in processes of their own, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scenarios.live import play_live
from scenarios.runner import run_story
from scenarios.storybook import open_story

FEW = (
    *(
        "duration=40 min",
        "settle=12 min",
        "cars.count=120",
        "trucks.0.count=10",
        "trucks.1.count=8",
        "agents.0.count=6",
    ),
    "faults=[{part: battery_12v, count: 8, when: {until: 28 min}}, {part: tyre, count: 3, when: {until: 28 min}}]",
    *("cars.departs={uniform: {low: 2 min, high: 20 min}}", "expect={}"),
)


def test_a_live_story_loses_nothing_does_nothing_twice_and_calls_first(tmp_path: Path) -> None:
    """Over the embedded broker, and close to the same story in virtual time."""
    story = open_story("winter_morning", FEW)
    live, virtual = play_live(story, 1, speed=150, out=tmp_path / "run", quiet=True), run_story(story, 1)
    card = live.scorecard
    assert (card["lost"], card["duplicates"]) == (0, 0)
    assert card["cases"] == virtual.scorecard["cases"] == len(live.truth)
    assert [fault.would_phone_at for fault in live.truth] == [fault.would_phone_at for fault in virtual.truth]
    assert card["tows"] == virtual.scorecard["tows"]
    assert live.latency["publish_to_queued_p99_ms"] is not None
    assert processes_in(tmp_path) == []


@pytest.mark.parametrize("sign", ["service.log", "ready.json"])
def test_ctrl_c_leaves_nothing_running(tmp_path: Path, sign: str) -> None:
    """While the service starts, and once it runs."""
    command = [sys.executable, "-m", "scenarios.cli", "live", "card_outage", "--out", str(tmp_path / "run")]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    wait_until_there(tmp_path / "run" / sign)
    running.send_signal(signal.SIGINT)
    assert running.wait(20) == 130
    assert processes_in(tmp_path) == []


def test_a_world_that_is_killed_takes_the_service_along(tmp_path: Path) -> None:
    """No chance to clean up, and still nothing is left."""
    folder = tmp_path / "run"
    command = [sys.executable, "-m", "scenarios.cli", "live", "card_outage", "--out", str(folder)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until_there(folder / "ready.json")
    service = json.loads((folder / "ready.json").read_text())["pid"]
    running.kill()
    running.wait()
    handle = os.pidfd_open(service)
    try:
        assert wait_for(handle, 20)
    finally:
        os.close(handle)
    assert processes_in(tmp_path) == []


def wait_until_there(path: Path) -> None:
    """Return as soon as a file exists."""
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, path


def wait_for(handle: int, seconds: float) -> bool:
    """Wait until the process behind a pidfd has ended."""
    import select  # noqa: PLC0415

    return bool(select.select([handle], [], [], seconds)[0])


def processes_in(folder: Path) -> list[str]:
    """Return the command lines of running processes that name ``folder``."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode("utf-8", "replace").replace("\0", " ")
        except OSError:
            continue
        if str(folder) in words and int(process.name) != os.getpid():
            found.append(words)
    return found
