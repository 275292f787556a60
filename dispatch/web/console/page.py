"""The console at ``/``: live alerts, the map, the call queue and the totals, read from the ledger's projection.

Beside it one's own account, and everybody's accounts and keys for whoever gives access.

The page asks nothing of the desk and changes nothing, but that a dead letter is sent again: what it shows is what was
committed. It refreshes every second; a browser that lost its connection reloads by itself and is up to date with its first
refresh.
"""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request
from nicegui import ui

from dispatch.access.permissions import Permission
from dispatch.access.principal import Principal
from dispatch.views.timeline import clock
from dispatch.web.console.access_page import access_page
from dispatch.web.console.account_page import account_page
from dispatch.web.console.alerts import Alerts
from dispatch.web.console.call_queue import CallQueue
from dispatch.web.console.case_dialog import CaseDialog
from dispatch.web.console.case_map import CaseMap, dots
from dispatch.web.console.dead_letters import DeadLettersButton
from dispatch.web.console.guarded import guarded
from dispatch.web.console.source import ConsoleSource
from dispatch.web.console.who import ACCESS_PATH, show_who
from dispatch.web.entrance.visitor import ACCOUNT, where_of
from dispatch.web.guard import LOG_IN_PATH

_SCRIPT = Path(__file__).with_name("console.js").read_text("utf-8")
_STYLE = """
.place-name span { color: #1e293b; font-weight: 500; white-space: nowrap; transform: translate(-50%, -50%); display: inline-block;
  text-shadow: 0 0 3px #fff, 0 0 3px #fff; }
.leaflet-container { background: #f8fafc !important; border: 1px solid #cbd5e1; }
.ag-theme-balham, .ag-root-wrapper { font-size: 13px; }
.stale-map .map-title::after { content: " - not up to date, reconnecting"; color: #b91c1c; }
.nicegui-content { padding: 0; gap: 0; }
"""
_BANNER = {"degraded": "#b91c1c", "overloaded": "#b45309"}
_TOTALS = {
    "open_cases": "open cases",
    "calls_waiting": "calls waiting",
    "cases": "cases",
    "calls_connected": "calls connected",
    "customer_calls": "customers phoned in",
    "tows": "trucks sent",
    "orders": "orders",
}


def mount(app: FastAPI, source: ConsoleSource) -> None:
    """Put the console at ``/`` of the service's app."""

    @ui.page("/", title="Callahead")
    async def console(request: Request) -> None:
        await _build(source, request.state.principal)

    @ui.page(ACCOUNT, title="Your account - Callahead", dark=None)
    def account(request: Request) -> None:
        account_page(source, request.state.principal, where_of(request))

    @ui.page(ACCESS_PATH, title="Accounts and keys - Callahead", dark=None)
    def access(request: Request) -> None:
        access_page(source, request.state.principal, str(request.base_url).rstrip("/"))

    ui.run_with(app, title="Callahead", favicon="📞", show_welcome_message=False, reconnect_timeout=10.0)


async def _build(source: ConsoleSource, who: Principal) -> None:
    """Put one open page together, and have it show what is new every second."""
    ui.add_head_html(f"<style>{_STYLE}</style><script>window.callaheadDots = {dots()};{_SCRIPT}</script>")
    header, case_dialog = _Header(source, who), CaseDialog(source)
    with ui.splitter(value=54).classes("w-full").style("height: calc(100vh - 64px)") as halves:
        with halves.before, ui.column().classes("w-full h-full p-3 gap-2 no-wrap"):
            alerts, calls = Alerts(source, case_dialog.open), CallQueue(source)
        with halves.after, ui.column().classes("w-full h-full p-3 gap-2 no-wrap"):
            case_map = CaseMap(source)

    def refresh() -> None:
        if not source.log_in.still(who):
            timer.cancel()
            ui.context.client.content.clear()
            ui.navigate.to(LOG_IN_PATH)
            return
        for part in (header, alerts, calls, case_map):
            guarded(part.refresh, None, type(part).__name__)

    timer = ui.timer(1.0, refresh)
    refresh()
    await case_map.begin()


class _Header:
    """Totals, the hour, the link to the broker, dead letters, and a banner where something is wrong."""

    def __init__(self, source: ConsoleSource, who: Principal) -> None:
        self._source = source
        with ui.header().classes("items-center gap-6 bg-slate-800 py-2"):
            ui.label("Callahead").classes("text-h6")
            self._totals = {name: _total(title) for name, title in _TOTALS.items()}
            ui.space()
            self._dead = DeadLettersButton(source, may_retry=who.may(Permission.RETRY_DEAD_LETTERS) is not None)
            self._clock = ui.label().classes("text-subtitle1")
            self._link = ui.badge().props("outline color=white")
            show_who(who)
            self._banner = ui.label().classes("w-full px-3 py-1 rounded text-weight-medium").mark("banner")

    def refresh(self) -> None:
        """Show what was committed since the last refresh, and how time has passed."""
        totals = self._source.casebook.totals()
        for name, label in self._totals.items():
            label.set_text(str(totals[name]))
        self._clock.set_text(clock(self._source.now()))
        self._dead.refresh()
        self._link.set_text(self._source.link())
        condition = self._source.condition()
        self._banner.set_visibility(condition.status != "ok")
        self._banner.set_text(f"{condition.status.capitalize()}: {'; '.join(condition.reasons)}")
        self._banner.style(f"background: {_BANNER.get(condition.status, '')}")


def _total(title: str) -> ui.label:
    with ui.column().classes("gap-0 items-center"):
        number = ui.label("0").classes("text-h6 leading-none").style("font-variant-numeric: tabular-nums")
        ui.label(title).classes("text-caption leading-none opacity-80")
    return number
