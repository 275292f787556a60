"""The functions of ``import scenarios``. Each does what the command of its name does, and returns instead of printing."""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import numpy as np
import yaml

from scenarios.experiments.against import two_sides
from scenarios.experiments.comparison import compared
from scenarios.experiments.trial import must_be_playable
from scenarios.experiments.workers import hired
from scenarios.notebook.compared import Compared
from scenarios.notebook.run import Run
from scenarios.runner import run_notes
from scenarios.runner.recorded import open_recorded, recorded_in
from scenarios.runner.virtual import run_story
from scenarios.service.process import CannotPlay
from scenarios.story.expectations import check
from scenarios.story.loader import StoryError, naming, open_story, shipped

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]
Settings = Mapping[str, Value]
"""A path of the story → its value, as ``{"duration": "2 h", "agents.0.count": 8}``: what ``--set`` takes."""


def stories() -> dict[str, str]:
    """Return the stories that are shipped: name → what it is about."""
    return {one.name: one.about for one in shipped()}


def play(story: str | Path, *, seed: int = 1, settings: Settings | None = None) -> Run:
    """Play a story in virtual time, as ``callahead run`` does, and return what it came to.

    ``story``: a file, or the bare name of one that is shipped. The same seed gives the same run. Its ledger lies in a
    temporary folder until the run is forgotten; ``Run.save`` keeps it. Raises ``StoryError``, ``KeyboardInterrupt``.
    """
    told, seed = open_story(str(story), list(_settings(settings))), _whole("seed", seed, 0)
    folder = Path(mkdtemp(prefix="callahead-"))
    with ExitStack() as leftovers:
        leftovers.callback(shutil.rmtree, folder, ignore_errors=True)
        with naming(str(story)):
            result = run_story(told, seed, folder)
        if result.played < 1:
            raise KeyboardInterrupt
        run_notes.write(folder, told, seed, result.scorecard, check(told.expect, result.scorecard))
        run = Run(recorded_in(folder, told.name))
        weakref.finalize(run, leftovers.pop_all().close)
    return run


def open_run(name: str | Path) -> Run:
    """Open a run by its folder, or a live service's ledger by its folder, file or DSN. Raises ``NothingRecorded``."""
    return Run(open_recorded(str(name)))


def compare(
    story: str | Path,
    *,
    against: str = "reactive",
    seeds: int = 20,
    seed: int = 1,
    policy: str | None = None,
    settings: Settings | None = None,
    workers: int | None = None,
    cluster: str | None = None,
) -> Compared:
    """Play both sides on the same seeds, as ``callahead compare`` does; return paired differences with 95% intervals.

    ``against``: ``reactive``, settings as ``path=value,path=value``, or another story. ``workers``: processes, as many as
    there are cores by default. An interrupt ends it with the seeds that are done. Raises ``StoryError``, ``CannotPlay``.
    """
    sides = two_sides(str(story), against, list(_settings(settings)), policy)
    first, many = _whole("seed", seed, 0), _whole("seeds", seeds, 2)
    must_be_playable([side.story for side in sides], first)
    with TemporaryDirectory(prefix="callahead-") as folder, hired(workers, cluster) as hands:
        return Compared(compared(sides, range(first, first + many), hands, Path(folder)), many)


def _settings(given: Settings | None) -> Iterator[str]:
    """Write each as it stands behind ``--set``."""
    for path, value in (given or {}).items():
        yield f"{path}={value if isinstance(value, str) else _written(path, _plain(value))}"


def _written(path: str, value: object) -> str:
    try:
        return str(yaml.safe_dump(value, default_flow_style=True))
    except yaml.YAMLError:
        message = f"settings: {path}: {value!r} is no value of a story; write numbers, text, lists and dicts of them"
        raise StoryError(message) from None


def _whole(what: str, given: object, least: int) -> int:
    number = _plain(given)
    if isinstance(number, bool) or not isinstance(number, int) or number < least:
        message = f"{what}: {given!r} is no whole number from {least} on"
        raise CannotPlay(message)
    return number


def _plain(value: object) -> object:
    """Take a number out of numpy, whose ranges people loop over."""
    return value.item() if isinstance(value, np.generic) else value
