"""The console at ``/``: live alerts, the map, the call queue and the totals, read from the ledger's projection.

The page asks nothing of the desk and changes nothing, but that a dead letter is sent again: what it shows is what was
committed. It refreshes every second; a
browser that lost its connection reloads by itself and is up to date with its first refresh.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from fastapi import FastAPI
from nicegui import ui

from dispatch.views.arrival import arrival
from dispatch.views.case_view import CallView, CaseView
from dispatch.views.casebook import Casebook
from dispatch.views.contact import Contact
from dispatch.views.durations import waited
from dispatch.views.health import Condition
from dispatch.views.timeline import ESCALATED, clock
from dispatch.web.console.dead_letters import DeadLetters, Letters
from gateway.devices.twin import Twin
from gateway.finding import Grade, Help
from gateway.kinds.registry import kinds
from gateway.places.place_names import gazetteer

_SCRIPT = Path(__file__).with_name("console.js").read_text("utf-8")
_STYLE = """
.place-name span { color: #1e293b; font-weight: 500; white-space: nowrap; transform: translate(-50%, -50%); display: inline-block;
  text-shadow: 0 0 3px #fff, 0 0 3px #fff; }
.leaflet-container { background: #f8fafc !important; border: 1px solid #cbd5e1; }
.ag-theme-balham, .ag-root-wrapper { font-size: 13px; }
.stale-map .map-title::after { content: " - not up to date, reconnecting"; color: #b91c1c; }
.nicegui-content { padding: 0; gap: 0; }
"""
_SEVERITY = {"critical": "#7f1d1d", "high": "#b91c1c", "medium": "#b45309", "low": "#475569"}
_BANNER = {"degraded": "#b91c1c", "overloaded": "#b45309"}
_NAMES = 30
"""So many place names fit on the map."""
_ALERTS = 500
"""So many open cases are listed; the worst and the newest."""


def _dots() -> str:
    """Return how each kind of device is drawn on the map, as JSON."""
    return json.dumps({kind.name: asdict(kind.dot) for kind in kinds()})


class Floor(Letters, Protocol):
    """What the console looks at."""

    casebook: Casebook

    def now(self) -> float:
        """Return the service's time, POSIX seconds."""

    def twins(self) -> Mapping[str, Twin]:
        """Return the devices' twins by name."""

    def name_of(self, customer: str) -> str:
        """Return the customer's name; the id where it is not known."""

    def script_of(self, case: CaseView) -> list[tuple[str, str]]:
        """Return what the customer of a case is told, line by line, in their language and in English."""

    def link(self) -> str:
        """Say how the connection to the broker stands."""

    def condition(self) -> Condition:
        """Say in what condition the service is."""


def mount(app: FastAPI, floor: Floor) -> None:
    """Put the console at ``/`` of the service's app."""

    @ui.page("/", title="Callahead")
    async def console() -> None:
        await _Console(floor).build()

    ui.run_with(app, title="Callahead", favicon="📞", show_welcome_message=False, reconnect_timeout=10.0)


def short(device: str) -> str:
    """Return a device's name without its vendor."""
    return device.rpartition("/")[2]


class _Console:
    """One open page."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._shown = -1
        self._named = False

    async def build(self) -> None:
        ui.add_head_html(f"<style>{_STYLE}</style><script>window.callaheadDots = {_dots()};{_SCRIPT}</script>")
        self._header()
        with ui.splitter(value=54).classes("w-full").style("height: calc(100vh - 64px)") as halves:
            with halves.before, ui.column().classes("w-full h-full p-3 gap-2 no-wrap"):
                self._alerts()
                self._queue()
            with halves.after, ui.column().classes("w-full h-full p-3 gap-2 no-wrap"):
                ui.label("Map").classes("text-subtitle1 text-weight-medium map-title")
                self._map = ui.leaflet(
                    center=(0, 0), zoom=2, options={"preferCanvas": True, "attributionControl": False, "maxZoom": 18}
                )
                self._map.classes("w-full grow rounded")
                self._map.clear_layers()
                ui.label("Place names: GeoNames, CC BY 4.0").classes("text-caption text-grey-7")
        self._detail()
        self._refresh()
        ui.timer(1.0, self._refresh)
        await self._map.initialized()
        ui.run_javascript(f"callaheadMap.start(getElement({self._map.id}).map)")

    def _header(self) -> None:
        with ui.header().classes("items-center gap-6 bg-slate-800 py-2"):
            ui.label("Callahead").classes("text-h6")
            self._totals = {
                name: self._total(title)
                for name, title in (
                    ("open_cases", "open cases"),
                    ("calls_waiting", "calls waiting"),
                    ("cases", "cases"),
                    ("calls_connected", "calls connected"),
                    ("customer_calls", "customers phoned in"),
                    ("tows", "trucks sent"),
                    ("orders", "orders"),
                )
            }
            ui.space()
            self._dead = DeadLetters(self._floor)
            self._clock = ui.label().classes("text-subtitle1")
            self._link = ui.badge().props("outline color=white")
            self._banner = ui.label().classes("w-full px-3 py-1 rounded text-weight-medium").mark("banner")

    @staticmethod
    def _total(title: str) -> ui.label:
        with ui.column().classes("gap-0 items-center"):
            number = ui.label("0").classes("text-h6 leading-none").style("font-variant-numeric: tabular-nums")
            ui.label(title).classes("text-caption leading-none opacity-80")
        return number

    def _alerts(self) -> None:
        ui.label("Alerts, worst and newest first").classes("text-subtitle1 text-weight-medium")
        columns = [
            {"headerName": "", "field": "severity", "width": 74, ":cellStyle": _CELL_STYLE},
            {"headerName": "What broke", "field": "name", "flex": 5},
            {"headerName": "Where", "field": "where", "flex": 7, "tooltipField": "where"},
            {"headerName": "Fix", "field": "fix", "width": 110},
            {"headerName": "Help", "field": "help", "flex": 7, "tooltipField": "help"},
            {"headerName": "Customer", "field": "told", "flex": 4},
            {"headerName": "Open", "field": "age", "width": 66},
        ]
        self._grid = (
            ui.aggrid(
                {
                    "columnDefs": columns,
                    "rowData": self._alert_rows(),  # at once: an empty list says that nothing is broken
                    "defaultColDef": {"sortable": False, "resizable": True},
                    ":getRowId": "(row) => row.data.case",
                    "rowHeight": 28,
                    "headerHeight": 30,
                    "overlayNoRowsTemplate": "Nothing is broken.",
                },
                theme="balham",
            )
            .classes("w-full grow")
            .mark("alerts")
        )
        self._grid.on("cellClicked", lambda event: self._show(event.args["data"]["case"]))

    def _queue(self) -> None:
        ui.label("Call queue").classes("text-subtitle1 text-weight-medium")
        columns = [
            {"name": name, "label": label, "field": name, "align": "left"}
            for name, label in (
                ("who", "Customer"),
                ("about", "About"),
                ("direction", ""),
                ("state", "State"),
                ("waiting", "Waiting"),
            )
        ]
        self._calls = ui.table(columns=columns, rows=[], row_key="call").classes("w-full").style("max-height: 32vh")
        self._calls.props('dense flat bordered virtual-scroll no-data-label="Nobody waits."').mark("queue")

    def _detail(self) -> None:
        with ui.dialog() as self._dialog, ui.card().classes("w-full max-w-3xl"):
            self._about = ui.column().classes("w-full gap-1")

    def _show(self, case: str) -> None:
        view = self._floor.casebook.cases.get(case)
        if view is None:
            return
        self._about.clear()
        with self._about:
            ui.label(f"{view.finding.name}, {view.finding.probability:.0%} sure").classes("text-h6")
            ui.label(f"{view.case} - customer {view.customer}").classes("text-caption text-grey-7")
            ui.label(f"Customer: {_told(view, self._floor.now())}")
            self._show_script(view)
            for title, texts in _reasons(view):
                with ui.row().classes("gap-3 no-wrap"):
                    ui.label(title).classes("text-grey-7").style("min-width: 5.5rem")
                    ui.label("; ".join(texts))
            ui.separator()
            for entry in self._floor.casebook.timeline(case):
                with ui.row().classes("gap-3 no-wrap"):
                    ui.label(clock(entry.at)).classes("text-grey-7").style("min-width: 5.5rem")
                    ui.label(entry.what)
        self._dialog.open()

    def _show_script(self, case: CaseView) -> None:
        """What is said now, as it is said; each line runs the way its language is written."""
        for text, english in self._floor.script_of(case):
            with ui.row().classes("gap-3 no-wrap w-full script"):
                ui.label(text).props('dir="auto"').classes("w-1/2")
                ui.label(english if english != text else "").classes("w-1/2 text-grey-7")

    def _say_what_is_wrong(self) -> None:
        told = self._floor.condition()
        self._banner.set_visibility(told.status != "ok")
        self._banner.set_text(f"{told.status.capitalize()}: {'; '.join(told.reasons)}")
        self._banner.style(f"background: {_BANNER.get(told.status, '')}")

    def _name_places(self) -> None:
        """Put the names on the map as soon as a position says where that is."""
        places = [
            {
                "name": place.name,
                "latitude": place.latitude,
                "longitude": place.longitude,
                "population": place.population,
            }
            for place in self._places()
        ]
        if places:
            self._named = True
            ui.run_javascript(f"callaheadMap.names(getElement({self._map.id}).map, {json.dumps(places)})")

    def _places(self) -> Iterator[Any]:
        """Yield the largest places around the devices."""
        known = [twin.place for twin in self._floor.twins().values() if twin.place is not None]
        if known:
            middle = known[len(known) // 2]
            around = gazetteer().around(middle.latitude, middle.longitude)
            yield from sorted(around, key=lambda place: -place.population)[:_NAMES]

    def _alert_rows(self) -> list[dict[str, str]]:
        now, book = self._floor.now(), self._floor.casebook
        return [_alert(case, book, now) for case in book.open_cases()[:_ALERTS]]

    def _refresh(self) -> None:
        """Show what was committed since the last refresh, and how time has passed."""
        now, book = self._floor.now(), self._floor.casebook
        totals = book.totals()
        for name, label in self._totals.items():
            label.set_text(str(totals[name]))
        self._clock.set_text(clock(now))
        self._dead.refresh()
        self._link.set_text(self._floor.link())
        self._say_what_is_wrong()
        cases = book.open_cases()[:_ALERTS]
        self._grid.run_grid_method("setGridOption", "rowData", self._alert_rows())
        self._calls.update_rows(list(_waiting(book, now, self._floor.name_of)))
        if not self._named and self._map.is_initialized:
            self._name_places()
        if book.last_seq != self._shown and self._map.is_initialized:
            self._shown = book.last_seq
            ui.run_javascript(f"window.callaheadCases && callaheadCases({json.dumps(list(_pins(cases)))})")


_CELL_STYLE = (
    "(cell) => ({color: 'white', fontWeight: 600, textAlign: 'center', background: "
    f"({json.dumps(_SEVERITY)})[cell.value]" + "})"
)


def _reasons(case: CaseView) -> Iterator[tuple[str, list[str]]]:
    """Yield what the diagnosis rests on, as title and texts: only what there is."""
    finding = case.finding
    others = [f"{one.name} {one.probability:.0%}" for one in finding.alternatives]
    told = {
        "Why": list(finding.why),
        "Against": list(finding.against),
        "Else": others,
        "Measure": [finding.decides] if finding.decides else [],
        "Before": list(case.before),
        "Also": [f"{one.name} {one.probability:.0%}" for one in case.also.values()],
    }
    yield from ((title, texts) for title, texts in told.items() if texts)


def _name(case: CaseView) -> str:
    """Name what broke, how sure that is, and that it was revised or is not alone."""
    finding = case.finding
    revised = f" (was {case.before[-1]})" if case.before else ""
    also = "".join(f" + {one.name}" for one in case.also.values())
    doubt = "? " if finding.grade is Grade.ASK else " "
    return f"{finding.name}{doubt}{finding.probability:.0%}{revised}{also}"


def _alert(case: CaseView, book: Casebook, now: float) -> dict[str, str]:
    finding, place = case.finding, case.place
    return {
        "case": case.case,
        "severity": str(finding.severity),
        "name": _name(case),
        "where": case.near or "not known",
        "fix": f"±{place.accuracy_m:.0f} m, {waited(now - place.fix_time)}" if place else "none",
        "help": "; ".join([*(f"LOOK: {ESCALATED[why]}" for why in case.escalated), _help(case, book, now)]),
        "told": _told(case, now),
        "age": waited(now - case.opened_at),
    }


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


def _told(case: CaseView, now: float) -> str:
    """Say what the customer knows, and since when."""
    if case.contact_at is None or case.contact not in _PASSED:
        return str(case.contact)
    return f"{case.contact} {waited(now - case.contact_at)} ago"


_PASSED = {Contact.SPOKEN, Contact.MESSAGE, Contact.NOT_REACHED, Contact.HUNG_UP}
"""Of these it matters when it was."""


def _waiting(book: Casebook, now: float, who: Callable[[str], str]) -> Iterator[dict[str, str]]:
    for call in book.queue():
        case = book.case_for(call)
        yield {
            "call": call.call,
            "who": who(call.customer),
            "about": case.finding.name if case else "unknown",
            "direction": "rang in" if call.direction == "inbound" else f"attempt {call.attempt}",
            "state": _state(call, now),
            "waiting": waited(now - call.queued_at),
        }


def _state(call: CallView, now: float) -> str:
    if now < call.not_before:
        return f"from {clock(call.not_before)}"
    return "overdue" if now > call.due else "queued"


def _pins(cases: list[CaseView]) -> Iterator[dict[str, Any]]:
    for case in cases:
        place = case.place
        if place is not None:
            yield {
                "latitude": place.latitude,
                "longitude": place.longitude,
                "accuracy_m": place.accuracy_m,
                "severity": str(case.finding.severity),
                "name": case.finding.name,
                "near": case.near,
                "help": case.help.state if case.help else "",
            }
