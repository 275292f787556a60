"""A run, as a notebook sees it: its figures, its tables, its page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from dispatch.ledger.rows import Row
from scenarios.notebook import shown
from scenarios.notebook.columns import (
    CASES,
    CONVERSATIONS,
    LEDGER,
    TRUCKS,
    case_lines,
    conversation_lines,
    frame,
    ledger_lines,
    truck_lines,
)
from scenarios.report.cases import told
from scenarios.report.reading import Reading, read_through
from scenarios.runner import run_notes
from scenarios.runner.recorded import NothingRecorded, Recorded
from scenarios.score.scorecard import Figure
from scenarios.story.expectations import Expectation
from scenarios.terminal.extras import extras_named

if TYPE_CHECKING:
    from pandas import DataFrame

KEPT = ("ledger.sqlite", "truth.jsonl", run_notes.FILE)
"""The files of a run's folder."""


class Run:
    """What was played, or recorded of a live service. Tables are read from the ledger when they are asked for."""

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded

    @property
    def story(self) -> str:
        """Its name; of a live service's ledger, where that lies."""
        notes = self._recorded.notes
        return self._recorded.name if notes is None else notes.story

    @property
    def seed(self) -> int | None:
        """``None``: nothing was drawn, for it was played by nobody."""
        notes = self._recorded.notes
        return None if notes is None else notes.seed

    @cached_property
    def start(self) -> float:
        """When the story begins, POSIX seconds; of a live service's ledger, its first row."""
        notes = self._recorded.notes
        return notes.start if notes is not None else self._reading.day.first_at or 0.0

    @cached_property
    def scorecard(self) -> MappingProxyType[str, Figure]:
        """Every figure by its key, as ``callahead run --json`` tells them. ``None``: not known, or a share of nothing."""
        notes = self._recorded.notes
        return MappingProxyType(self._reading.scorecard if notes is None else notes.scorecard)

    @property
    def expectations(self) -> tuple[Expectation, ...]:
        """What the story expects of its scorecard: key, rule, value, and whether it holds."""
        notes = self._recorded.notes
        return () if notes is None else tuple(notes.expect)

    @property
    def holds(self) -> bool:
        """Does all hold that was expected?"""
        return all(one.holds for one in self.expectations)

    @cached_property
    def ledger(self) -> DataFrame:
        """A line for each input and each decision, in order; columns: ``docs/notebook.md``. Raises ``ExtraMissing``."""
        return frame(LEDGER, ledger_lines(self.rows(), self.start))

    @cached_property
    def cases(self) -> DataFrame:
        """A line for each case, in the order they were opened. Raises ``ExtraMissing``."""
        evidence = self._reading.evidence
        return frame(CASES, case_lines(told(evidence), evidence))

    @cached_property
    def trucks(self) -> DataFrame:
        """A line for each truck that was heard of, by name. Raises ``ExtraMissing``."""
        return frame(TRUCKS, truck_lines(self._reading.day))

    @cached_property
    def conversations(self) -> DataFrame:
        """A line for each customer with whom something was written. Raises ``ExtraMissing``."""
        return frame(CONVERSATIONS, conversation_lines(self._reading.evidence))

    def rows(self) -> Iterator[Row]:
        """Iterate over the ledger's rows as the service keeps them, without pandas."""
        return self._recorded.rows()

    def report(self, path: str | Path) -> Path:
        """Write the page of ``callahead report``, one HTML file. Raises ``ExtraMissing``, ``NothingRecorded``."""
        with extras_named():
            from scenarios.report.content import write_page  # noqa: PLC0415 - the pictures need an extra
        write_page(self._recorded, Path(path))
        return Path(path)

    def save(self, folder: str | Path) -> Path:
        """Keep ledger, truth and notes in a folder, in place of an earlier run's, for ``open_run`` and the command line."""
        file, there = self._recorded.address.file, Path(folder)
        if file is None or self._recorded.notes is None:
            message = f"{self.story}: a service's ledger is copied by 'callahead-serve backup'"
            raise NothingRecorded(message)
        if there.resolve() != file.parent.resolve():
            _copy(file.parent, there)
        return there

    @cached_property
    def _reading(self) -> Reading:
        return read_through(self._recorded)

    def __repr__(self) -> str:
        """Name it in a line."""
        held = sum(one.holds for one in self.expectations)
        seed = "" if self.seed is None else f", seed {self.seed}"
        return f"<run {self.story}{seed}: {self.scorecard['cases']} cases, {held} of {len(self.expectations)} expectations hold>"

    def _repr_html_(self) -> str:
        """Show the scorecard with what was expected of it."""
        notes = self._recorded.notes
        about = "a live service's ledger" if notes is None else f"{notes.about}; seed {notes.seed}"
        return shown.run(self.story, about, self.scorecard, self.expectations)


def _copy(folder: Path, there: Path) -> None:
    try:
        there.mkdir(parents=True, exist_ok=True)
        for stale in there.glob("ledger.sqlite*"):
            stale.unlink()
        for name in KEPT:
            shutil.copyfile(folder / name, there / name)
    except OSError as error:
        message = f"{there}: the run cannot be kept there: {error.strerror}"
        raise NothingRecorded(message) from None
