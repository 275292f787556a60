"""How far from the car help was sent, by who had told the place: a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from scenarios.report.cases import Told
from scenarios.score.location_error import by_source, location_errors

HEADS = ("place told by", "trucks", "median", "95%", "worst")


def location_rows(cases: Sequence[Told]) -> list[str]:
    """Return a row of the table for each source by which a truck was sent; none where none arrived or no truth is known."""
    errors = location_errors((one.fault, [one.case]) for one in cases if one.fault is not None)
    return [_row(source, metres) for source, metres in by_source(errors).items() if metres]


def _row(source: str, metres: list[float]) -> str:
    return f"<tr><td>{source}</td>{''.join(_cells(metres))}</tr>"


def _cells(metres: list[float]) -> Iterator[str]:
    yield f'<td class="number">{len(metres)}</td>'
    for figure in (*np.percentile(metres, (50, 95)), max(metres)):
        yield f'<td class="number">{figure:.0f} m</td>'
