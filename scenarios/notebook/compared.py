"""A comparison, as a notebook sees it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from scenarios.experiments.comparison import Comparison
from scenarios.experiments.paired import PairedDifference
from scenarios.notebook import shown
from scenarios.notebook.columns import DIFFERENCES, frame

if TYPE_CHECKING:
    from pandas import DataFrame


class Compared:
    """Both sides on the same seeds, and what they differ in."""

    def __init__(self, found: Comparison, wanted: int) -> None:
        """``wanted``: seeds that were to be played."""
        self._found = found
        self._wanted = wanted

    @property
    def sides(self) -> tuple[str, str]:
        """What is called ``story``, and what it was held ``against``."""
        mine, other = self._found.sides
        return mine.name, other.name

    @property
    def seeds(self) -> int:
        """Played on both sides: fewer than were asked for after an interrupt."""
        return len(self._found.pairs)

    @cached_property
    def differences(self) -> tuple[PairedDifference, ...]:
        """Each figure that both sides have, with its paired difference and the 95% interval of that."""
        return tuple(self._found.differences())

    @cached_property
    def figures(self) -> DataFrame:
        """The differences as a table; columns: ``docs/notebook.md``. Raises ``ExtraMissing``."""
        return frame(DIFFERENCES, self.differences)

    def __repr__(self) -> str:
        """Name it in a line."""
        mine, other = self.sides
        return f"<{self._found.sides[0].story.name}: {mine} against {other}, {self.seeds} of {self._wanted} seeds>"

    def _repr_html_(self) -> str:
        """Show the differences, the clear ones in bold."""
        return shown.comparison(repr(self).strip("<>"), self.sides, self.differences)
