"""Copies of a command: each ends as a start of Python would, and whoever waits for it is told so."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scenarios.service.forks import SERVICE
from tests.conftest import forks


def test_the_end_of_a_copy_is_told_to_all_who_wait() -> None:
    """As a supervisor and who kills it do, from threads of their own."""
    copy = forks().start("--nonsense")
    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(lambda _: copy.wait(30), range(3))) == [2, 2, 2]
    assert copy.poll() == 2


def test_a_copy_that_is_killed_says_by_what() -> None:
    """And signals that come later do nothing."""
    copy = forks().start("--port", "0", "--json", "--help")
    copy.kill()
    assert copy.wait(30) in {0, -signal.SIGKILL}  # it may have ended before
    copy.terminate()


def test_what_stands_for_python_passes_on_that_the_copy_is_to_end(tmp_path: Path) -> None:
    """And comes to what the copy comes to. What no copy does it leaves to Python."""
    words = ["-m", SERVICE, "--port", "0", "--json", "--dir", str(tmp_path)]
    with subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        assert json.loads(running.stdout.readline())["http"]
        running.terminate()
        assert running.wait(60) == 0
    done = subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True, text=True, check=True)
    assert done.stdout == "42\n"
