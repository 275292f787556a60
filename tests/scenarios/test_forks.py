"""Copies of a command: each ends as a start of Python would, and whoever waits for it is told so."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor

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
