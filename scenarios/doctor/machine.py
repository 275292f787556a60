"""What the machine has: Python, files, disk, clock, and the programs beside us that tests and some commands want."""

from __future__ import annotations

import itertools
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from scenarios.doctor.finding import CheckResult, State
from scenarios.service.postgres import PostgresMissing, find_server

FILES = 10_240
"""Open at once: 5,000 devices are as many connections at the broker, and as many at the load generator."""
ROOM = 2**30
"""Bytes that a store and its broker should have."""
SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")
BLUETOOTH = Path("/sys/class/bluetooth")
_PYTHON = (3, 11)
_PROGRAMS: dict[str, tuple[str, ...]] = {
    "mosquitto": ("a broker beside the embedded one", "apt install mosquitto"),
    "node": ("the example device in Node, the bench against Node-RED", "apt install nodejs"),
    "chromium": ("tests of the console", "apt install chromium-headless-shell", "chromium-headless-shell"),
}


def machine(folder: Path) -> Iterator[CheckResult]:
    """Yield what is found; ``folder``: where the store is kept."""
    yield python(sys.version_info[:3])
    yield open_files(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    yield room(folder)
    yield clock()
    for name, (what, todo, *others) in _PROGRAMS.items():
        yield program(name, what, todo, *others)
    yield postgres(find_server)
    yield adapter(BLUETOOTH)


def python(found: tuple[int, ...]) -> CheckResult:
    """Judge the interpreter."""
    told = ".".join(map(str, found))
    if found[:2] < _PYTHON:
        return CheckResult("Python", State.BAD, told, "install Python 3.11 or newer")
    return CheckResult("Python", State.OK, told)


def open_files(most: int) -> CheckResult:
    """Judge how many files may be open at once."""
    if most == resource.RLIM_INFINITY or most >= FILES:
        return CheckResult("open files", State.OK, "unlimited" if most == resource.RLIM_INFINITY else str(most))
    return CheckResult("open files", State.POOR, str(most), f"ulimit -n {FILES}, or LimitNOFILE= in the unit")


def room(folder: Path) -> CheckResult:
    """Judge the room on the disk of ``folder``, or of the nearest above it that is there."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(there).free
    told = f"{free / 2**30:.1f} GiB free at {there}"
    if not os.access(there, os.W_OK):
        return CheckResult("disk", State.BAD, f"{there} cannot be written to", "choose another folder with --dir")
    if free < ROOM:
        return CheckResult("disk", State.POOR, told, "make room: a full disk stops the service from taking messages")
    return CheckResult("disk", State.OK, told)


def clock() -> CheckResult:
    """Judge whether the clock is kept right; devices whose clocks run ahead of ours are refused."""
    told = SYNCHRONIZED.exists() or _said("timedatectl", "show", "--property=NTPSynchronized", "--value") == "yes"
    if told or "Leap status     : Normal" in _said("chronyc", "tracking"):
        return CheckResult("clock", State.OK, "synchronized")
    return CheckResult(
        "clock", State.ABSENT, "nobody here tells that it is synchronized", "run chrony or systemd-timesyncd"
    )


def program(name: str, what: str, todo: str, *others: str) -> CheckResult:
    """Tell where a program is that some of us want. ``others``: what does as well."""
    places = itertools.product((name, *others), (None, "/usr/sbin:/usr/local/sbin"))
    found = next(filter(None, (shutil.which(one, path=place) for one, place in places)), None)
    if found is None:
        return CheckResult(name, State.ABSENT, f"wanted for {what}", todo)
    return CheckResult(name, State.OK, found)


def postgres(find: Callable[[], object]) -> CheckResult:
    """Tell whether a PostgreSQL server can be started here; --store may name one elsewhere."""
    try:
        return CheckResult("PostgreSQL server", State.OK, str(find()))
    except PostgresMissing:
        todo = "apt install postgresql"
        return CheckResult("PostgreSQL server", State.ABSENT, "wanted for tests, and stores on this machine", todo)


def adapter(folder: Path) -> CheckResult:
    """Tell which Bluetooth adapters the system has."""
    found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if not found:
        return CheckResult("Bluetooth adapter", State.ABSENT, "none", "plug one in for --ble-adapter")
    return CheckResult("Bluetooth adapter", State.OK, ", ".join(found))


def _said(*command: str) -> str:
    """Return what a program says; nothing where it is not there or does not answer."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=5, check=False).stdout.strip()  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
