"""The console's alerts: a line for each open case, the worst and newest first."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from nicegui import ui

from dispatch.views.arrival import arrival
from dispatch.views.case_view import CaseView
from dispatch.views.casebook import Casebook
from dispatch.views.contact import Contact
from dispatch.views.durations import waited
from dispatch.views.timeline import ESCALATED, clock
from dispatch.web.console.guarded import guarded
from dispatch.web.console.source import ConsoleSource
from gateway.finding import Grade, Help

SHOWN = 500
"""So many open cases are listed; the worst and the newest."""
_SEVERITY = {"critical": "#7f1d1d", "high": "#b91c1c", "medium": "#b45309", "low": "#475569"}
_CELL_STYLE = (
    "(cell) => ({color: 'white', fontWeight: 600, textAlign: 'center', background: "
    f"({json.dumps(_SEVERITY)})[cell.value]" + "})"
)
_COLUMNS: list[dict[str, Any]] = [
    {"headerName": "", "field": "severity", "width": 74, ":cellStyle": _CELL_STYLE},
    {"headerName": "What broke", "field": "name", "flex": 5},
    {"headerName": "Where", "field": "where", "flex": 7, "tooltipField": "where"},
    {"headerName": "Fix", "field": "fix", "width": 110},
    {"headerName": "Help", "field": "help", "flex": 7, "tooltipField": "help"},
    {"headerName": "Customer", "field": "told", "flex": 4},
    {"headerName": "Open", "field": "age", "width": 66},
]
_PASSED = {Contact.SPOKEN, Contact.MESSAGE, Contact.NOT_REACHED, Contact.HUNG_UP}
"""Of these it matters when it was."""


class Alerts:
    """The list; a click on a line opens its case."""

    def __init__(self, source: ConsoleSource, open_case: Callable[[str], None]) -> None:
        self._source = source
        ui.label("Alerts, worst and newest first").classes("text-subtitle1 text-weight-medium")
        options = {
            "columnDefs": _COLUMNS,
            "rowData": self._rows(),  # at once: an empty list says that nothing is broken
            "defaultColDef": {"sortable": False, "resizable": True},
            ":getRowId": "(row) => row.data.case",
            "rowHeight": 28,
            "headerHeight": 30,
            "overlayNoRowsTemplate": "Nothing is broken.",
        }
        self._grid = ui.aggrid(options, theme="balham").classes("w-full grow").mark("alerts")
        self._grid.on("cellClicked", lambda event: open_case(event.args["data"]["case"]))

    def refresh(self) -> None:
        """Show how cases stand now."""
        self._grid.run_grid_method("setGridOption", "rowData", self._rows())

    def _rows(self) -> list[dict[str, str]]:
        now, book = self._source.now(), self._source.casebook
        return [
            guarded(lambda case=case: alert(case, book, now), _unshown(case), case.case)  # type: ignore[misc]
            for case in book.open_cases()[:SHOWN]
        ]


def short(device: str) -> str:
    """Return a device's name without its vendor."""
    return device.rpartition("/")[2]


def alert(case: CaseView, book: Casebook, now: float) -> dict[str, str]:
    """Return the line of a case."""
    finding, place = case.finding, case.place
    return {
        "case": case.case,
        "severity": str(finding.severity),
        "name": _name(case),
        "where": case.near or "not known",
        "fix": f"±{place.accuracy_m:.0f} m, {waited(now - place.fix_time)}" if place else "none",
        "help": "; ".join([*(f"LOOK: {ESCALATED[why]}" for why in case.escalated), _help(case, book, now)]),
        "told": contact_in_words(case, now),
        "age": waited(now - case.opened_at),
    }


def _unshown(case: CaseView) -> dict[str, str]:
    """Return the line of a case that has a value in it which cannot be shown."""
    return dict.fromkeys((column["field"] for column in _COLUMNS), "") | {
        "case": case.case,
        "severity": str(case.finding.severity),
        "name": f"{case.finding.name} - see the log, a value of it cannot be shown",
    }


def contact_in_words(case: CaseView, now: float) -> str:
    """Say what the customer knows, and since when."""
    if case.contact_at is None or case.contact not in _PASSED:
        return str(case.contact)
    return f"{case.contact} {waited(now - case.contact_at)} ago"


def _name(case: CaseView) -> str:
    """Name what broke, how sure that is, and that it was revised or is not alone."""
    finding = case.finding
    revised = f" (was {case.before[-1]})" if case.before else ""
    also = "".join(f" + {one.name}" for one in case.also.values())
    doubt = "? " if finding.grade is Grade.ASK else " "
    return f"{finding.name}{doubt}{finding.probability:.0%}{revised}{also}"


def _help(case: CaseView, book: Casebook, now: float) -> str:
    if case.help is not None:
        when = arrival(case.help, book.heard_at(case.help.truck), now)
        return f"{short(case.help.truck)} {case.help.state.replace('_', ' ')}{', ' if when else ''}{when}"
    if case.order is not None:
        arrives = f" {clock(case.order.at)}" if case.order.at else ""
        return f"{case.order.what} {case.order.state.replace('_', ' ')}{arrives}"
    if case.asks_first:
        return "asks the customer first"
    if case.finding.remedy.help in {Help.ROADSIDE, Help.TOW}:
        return "WAITS: no truck free" if case.place else "WAITS: place not known"
    return "talk only"
