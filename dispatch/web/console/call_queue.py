"""The console's call queue: who waits to be rung, or waits on the line."""

from __future__ import annotations

from collections.abc import Iterator

from nicegui import ui

from dispatch.views.case_view import CallView
from dispatch.views.durations import waited
from dispatch.views.timeline import clock
from dispatch.web.console.guarded import guarded
from dispatch.web.console.source import ConsoleSource

_COLUMNS = {"who": "Customer", "about": "About", "direction": "", "state": "State", "waiting": "Waiting"}


class CallQueue:
    """The table."""

    def __init__(self, source: ConsoleSource) -> None:
        self._source = source
        ui.label("Call queue").classes("text-subtitle1 text-weight-medium")
        columns = [{"name": name, "label": label, "field": name, "align": "left"} for name, label in _COLUMNS.items()]
        self._calls = ui.table(columns=columns, rows=[], row_key="call").classes("w-full").style("max-height: 32vh")
        self._calls.props('dense flat bordered virtual-scroll no-data-label="Nobody waits."').mark("queue")

    def refresh(self) -> None:
        """Show who waits now."""
        self._calls.update_rows(list(self._rows()))

    def _rows(self) -> Iterator[dict[str, str]]:
        book, now = self._source.casebook, self._source.now()
        for call in book.queue():
            unshown = {"call": call.call, "who": call.customer, "about": "see the log: it cannot be shown"}
            yield guarded(lambda call=call: self._row(call, now), unshown, call.call)  # type: ignore[misc]

    def _row(self, call: CallView, now: float) -> dict[str, str]:
        case = self._source.casebook.case_for(call)
        return {
            "call": call.call,
            "who": self._source.name_of(call.customer),
            "about": case.finding.name if case else "unknown",
            "direction": "rang in" if call.direction == "inbound" else f"attempt {call.attempt}",
            "state": _state(call, now),
            "waiting": waited(now - call.queued_at),
        }


def _state(call: CallView, now: float) -> str:
    if now < call.not_before:
        return f"from {clock(call.not_before)}"
    return "overdue" if now > call.due else "queued"
