"""The console's window about one case: what was found and why, what is said, and what happened."""

from __future__ import annotations

from collections.abc import Iterator

from nicegui import ui

from dispatch.views.case_view import CaseView
from dispatch.views.timeline import clock
from dispatch.web.console.alerts import contact_in_words
from dispatch.web.console.source import ConsoleSource


class CaseDialog:
    """Hidden until a case is opened."""

    def __init__(self, source: ConsoleSource) -> None:
        self._source = source
        with ui.dialog() as self._dialog, ui.card().classes("w-full max-w-3xl"):
            self._about = ui.column().classes("w-full gap-1")

    def open(self, case: str) -> None:
        """Show a case as it stands; nothing happens where it is not at hand any more."""
        view = self._source.casebook.cases.get(case)
        if view is None:
            return
        self._about.clear()
        with self._about:
            ui.label(f"{view.finding.name}, {view.finding.probability:.0%} sure").classes("text-h6")
            ui.label(f"{view.case} - customer {view.customer}").classes("text-caption text-grey-7")
            ui.label(f"Customer: {contact_in_words(view, self._source.now())}")
            self._show_script(view)
            for title, texts in _reasons(view):
                _line(title, "; ".join(texts))
            ui.separator()
            for entry in self._source.casebook.timeline(case):
                _line(clock(entry.at), entry.what)
        self._dialog.open()

    def _show_script(self, case: CaseView) -> None:
        """What is said now, as it is said; each line runs the way its language is written."""
        for text, english in self._source.script_of(case):
            with ui.row().classes("gap-3 no-wrap w-full script"):
                ui.label(text).props('dir="auto"').classes("w-1/2")
                ui.label(english if english != text else "").classes("w-1/2 text-grey-7")


def _line(title: str, text: str) -> None:
    with ui.row().classes("gap-3 no-wrap"):
        ui.label(title).classes("text-grey-7").style("min-width: 5.5rem")
        ui.label(text)


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
