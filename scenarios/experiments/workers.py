"""Who plays trials: this process, all cores of this machine (loky), or an existing Dask cluster.

``outcomes`` yields in the order of the trials whoever plays them and however many there are: what is decided on the way, as
stopping early, does not depend on them.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import cache

from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky import process_executor as loky

from scenarios.experiments.trial import Trial, TrialOutcome, play
from scenarios.service.process import CannotPlay

AHEAD = 2
"""Trials handed out for each worker: one it plays and one that waits for it."""


class Workers:
    """So many workers. ``outcomes`` may be left at any time; what is under way is given up."""

    def __init__(
        self, executor: Executor | None, count: int, give_up: Callable[[Iterable[Future[TrialOutcome]]], None]
    ) -> None:
        self._executor = executor
        self.count = count
        self._give_up = give_up

    def outcomes(self, trials: Iterable[Trial]) -> Iterator[TrialOutcome]:
        """Play trials and yield what they come to, in their order. Raises ``CannotPlay`` where workers die."""
        if self._executor is None:
            yield from map(play, trials)
            return
        under_way: deque[Future[TrialOutcome]] = deque()
        try:
            for one in trials:
                under_way.append(self._executor.submit(play, one))
                if len(under_way) >= AHEAD * self.count:
                    yield _result(under_way.popleft())
            while under_way:
                yield _result(under_way.popleft())
        finally:
            if under_way:
                self._give_up(under_way)


def _cancel(futures: Iterable[Future[TrialOutcome]]) -> None:
    """Call off what waits. Workers of this machine are ended instead: loky's thread dies of a result for what was called off."""
    for future in futures:
        future.cancel()


def _result(future: Future[TrialOutcome]) -> TrialOutcome:
    try:
        return future.result()
    except BrokenProcessPool:
        message = "a worker process died, perhaps for lack of memory; try fewer with --workers"
        raise CannotPlay(message) from None
    except ModuleNotFoundError as error:
        message = f"a worker of the cluster lacks a library: {error.name}; install callahead there"
        raise CannotPlay(message) from None


@contextmanager
def hired(count: int | None = None, cluster: str | None = None) -> Iterator[Workers]:
    """Hire ``count`` workers on this machine, as many as it has cores by default, or all of a cluster's."""
    if cluster is not None:
        from scenarios.experiments.cluster import joined  # noqa: PLC0415 - an optional library

        with joined(cluster) as (executor, there):
            yield Workers(executor, there, _cancel)
        return
    wanted = count or cores()
    if wanted == 1:
        yield Workers(None, 1, _cancel)
        return
    pool = _pool(wanted)
    _giving_up_is_no_fault()
    try:
        yield Workers(pool, wanted, lambda _: pool.shutdown(wait=False, kill_workers=True))
    finally:
        with suppress(Exception):  # they may be gone already
            pool.shutdown(wait=True, kill_workers=True)


def _pool(count: int) -> loky.ProcessPoolExecutor:
    """Return processes that begin as copies of this one, everything imported; anew where other threads may hold a lock now."""
    if not sys.platform.startswith("linux") or threading.active_count() > 1:
        return get_reusable_executor(max_workers=count, timeout=60, initializer=_leave_interrupts)
    pool = loky.ProcessPoolExecutor(
        count, timeout=60, context=multiprocessing.get_context("fork"), initializer=_leave_interrupts
    )
    pool.submit(int).result()  # copies are made now, before there are threads: its own, and the bar's
    return pool


@cache
def _giving_up_is_no_fault() -> None:
    """Show no traceback where loky's own thread looks for a trial that was given up meanwhile: it ends by that, as it is to.

    From the first hiring on, for it may end later than the workers.
    """
    before = threading.excepthook

    def unless_given_up(died: threading.ExceptHookArgs) -> None:
        if type(died.thread).__module__ != loky.__name__ or not isinstance(died.exc_value, KeyError):
            before(died)

    threading.excepthook = unless_given_up


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _leave_interrupts() -> None:
    """Ctrl-C is the parent's to handle: it keeps what is done."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
