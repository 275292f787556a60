"""Trucks that report where they are and nothing of a job: often most of a ledger, and nothing to count. Told without reading it."""

from __future__ import annotations

from dispatch.core.events import TruckReported
from dispatch.ledger.rows import Row

_SILENT = '"job_state":null'
_TRUCK = '"truck":"'


def says_nothing_of_a_job(row: Row) -> bool:
    """Tell whether a row is such a report."""
    return row.type == TruckReported.__name__ and _SILENT in row.body


def truck_of(row: Row) -> str:
    """Return whose report a row is."""
    return row.body.partition(_TRUCK)[2].partition('"')[0]
