"""Live runs: the real service and broker in processes of their own, and nothing left behind."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dispatch.core.actions import QueueCall
from dispatch.ledger.rows import read
from scenarios.runner.clock.pace import GRACE_S
from scenarios.runner.real_time import play_live
from scenarios.runner.recorded import open_recorded
from scenarios.runner.virtual import run_story
from scenarios.service.forks import Forked
from scenarios.story.loader import open_story
from tests.conftest import CALLAHEAD, REAL_PYTHON, command, eventually, forks

PATIENCE_S = 100.0
"""For a service to start, on a machine that is busy with other things."""
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


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Start Mosquitto on a free port when asked, and stop it afterwards."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> str:
        program = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
        if program is None:
            pytest.skip("mosquitto is not installed; .ci/run installs it")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = tmp_path / "mosquitto.conf"
        settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
        started.append(subprocess.Popen([program, "-c", str(settings)], stderr=subprocess.DEVNULL))
        wait_until_open(port)
        return f"mqtt://127.0.0.1:{port}"

    yield start
    for process in started:
        process.terminate()
        process.wait()


@pytest.mark.parametrize("kind", ["embedded", "mosquitto"])
def test_a_live_story_loses_nothing_does_nothing_twice_and_calls_first(
    tmp_path: Path, kind: str, mosquitto: Callable[[], str]
) -> None:
    """Over our own broker and over another, and close to the same story in virtual time."""
    story, broker = open_story("winter_morning", FEW), mosquitto() if kind == "mosquitto" else None
    live = play_live(story, 1, speed=150, broker=broker, out=tmp_path / "run", quiet=True)
    card, virtual = live.scorecard, run_story(story, 1)
    assert (card["lost"], card["duplicates"]) == (0, 0)
    told = [fault for fault in live.truth if fault.events or fault.phoned_at is not None]
    assert card["cases"] == virtual.scorecard["cases"]
    assert len(told) <= card["cases"] <= len(live.truth)  # a car whose codes are only pending may be a case, too
    assert [fault.phones_after for fault in live.truth] == [fault.phones_after for fault in virtual.truth]
    assert card["tows"] == virtual.scorecard["tows"]
    assert live.latency["publish_to_queued_p99_ms"] is not None
    assert 0.99 <= live.slowed <= 2.0 + 150 * (GRACE_S + 1.0) / story.duration
    assert processes_in(tmp_path / "run") == []


@pytest.mark.parametrize("sign", ["service.log", "ready.json", "begun"])
def test_ctrl_c_leaves_nothing_running(tmp_path: Path, sign: str) -> None:
    """While the service starts, while everything is registered, and in the middle of the story."""
    running = start_live("--out", str(tmp_path / "run"))
    wait_until_there(tmp_path / "run" / ("ready.json" if sign == "begun" else sign))
    if sign == "begun":
        clock = tmp_path / "run" / "clock.json"
        eventually(lambda: json.loads(clock.read_text())["anchor"] is not None, PATIENCE_S)
    running.send_signal(signal.SIGINT)
    assert running.wait(20) == 130
    assert processes_in(tmp_path) == []


def test_the_console_is_on_the_port_that_was_asked_for(tmp_path: Path) -> None:
    """And where that is taken, nothing is played: the message says which port and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    running = start_live("--port", str(port), "--out", str(tmp_path / "one"))
    wait_until_there(tmp_path / "one" / "ready.json")
    assert json.loads((tmp_path / "one" / "ready.json").read_text())["http"] == f"http://127.0.0.1:{port}"
    second = command("scenarios.cli", "live", "card_outage", "--port", str(port), "--out", str(tmp_path / "two"))
    running.send_signal(signal.SIGINT)
    assert running.wait(20) == 130
    assert second.returncode == 2
    assert f"port {port} on 127.0.0.1 cannot be used" in second.stderr
    assert "Traceback" not in second.stderr
    assert processes_in(tmp_path) == []


def test_a_world_that_is_killed_takes_the_service_along(tmp_path: Path) -> None:
    """No chance to clean up, and still nothing is left: of processes that import for themselves, as at a user's."""
    folder = tmp_path / "run"
    words = ["-m", CALLAHEAD, "live", "card_outage", "--out", str(folder)]
    running = subprocess.Popen([REAL_PYTHON, *words], stderr=subprocess.DEVNULL)
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


def start_live(*words: str) -> Forked:
    """Start to play a story live."""
    with Path(os.devnull).open("w") as nowhere:
        return forks(CALLAHEAD).start("live", "card_outage", *words, stderr=nowhere)


def wait_until_there(path: Path) -> None:
    """Return as soon as a file exists."""
    eventually(path.exists, PATIENCE_S)


def wait_until_open(port: int) -> None:
    """Return as soon as somebody listens."""
    eventually(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0)


def wait_for(handle: int, seconds: float) -> bool:
    """Wait until the process behind a pidfd has ended."""
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


def test_a_storys_policy_is_the_services(tmp_path: Path) -> None:
    """It is written down for the service, which decides by it; what was recorded is read with it."""
    settings = ["duration=12 min", "settle=4 min", "cars.count=30", "policy.call_due=7 min", "expect={}"]
    faults = "faults=[{part: battery_12v, count: 3, when: {until: 6 min}}]"
    departs = "cars.departs={uniform: {low: 1 min, high: 5 min}}"
    play_live(open_story("winter_morning", [*settings, faults, departs]), 1, speed=240, out=tmp_path, quiet=True)
    assert (tmp_path / "policy.yaml").read_text() == "call_due: 420.0 s\n"
    recorded = open_recorded(str(tmp_path))
    queued = [item for row in recorded.rows() if isinstance(item := read(row), QueueCall)]
    assert {round(item.due - item.not_before) for item in queued if item.direction == "outbound"} == {420}
    assert recorded.policy == {
        "call_due_s": 420.0,
        "call_back_abandoned": True,
    }  # which a house does, and a bare desk does not
    assert next(row.type for row in recorded.rows()) == "ServiceStarted"
    assert "policy: call_due 420.0 s" in (tmp_path / "service.log").read_text()
