"""How often Python looks for cyclic garbage: seldom, for what lives here lives long and holds no cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def look_seldom() -> None:
    """Look seldom: what is imported at a start, and nearly all that lives later, stays."""
    gc.set_threshold(100_000, 20, 50)


@contextmanager
def loading() -> Iterator[None]:
    """Do not look while something is imported, and leave alone what it brought: nearly all of it stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def leave_to_the_end() -> None:
    """Leave alone what is there as a process ends: looking through a world that dies with it took a tenth of a run."""
    gc.freeze()


def collect_rarely() -> None:
    """Leave alone what is there now, and look at the rest seldom: looking took a third of a busy service's time."""
    gc.collect()
    gc.freeze()
    look_seldom()


@contextmanager
def left_alone() -> Iterator[None]:
    """Leave alone for a while what is there now. What was left alone before stays so."""
    before = gc.get_freeze_count()
    if not before:
        gc.freeze()
    try:
        yield
    finally:
        if not before:
            gc.unfreeze()


@contextmanager
def collected_rarely() -> Iterator[None]:
    """Have it so for a while, where something is measured as the service would do it."""
    before = gc.get_threshold()
    gc.collect()
    with left_alone():
        look_seldom()
        try:
            yield
        finally:
            gc.set_threshold(*before)
