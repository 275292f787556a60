"""The console's dead letters: what partners were not told, why, and a button that sends it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from nicegui import ui

from dispatch.outgoing.outbox import Errand


class Letters(Protocol):
    """Where they are."""

    def dead_letters(self) -> Sequence[Errand]:
        """Return what partners were not told, oldest first."""

    def send_again(self, key: str) -> bool:
        """Send one again; ``False``: nobody waits for it any more."""


class DeadLettersButton:
    """A button in the header, seen only while there are any, and the list it opens."""

    def __init__(self, letters: Letters, *, may_retry: bool) -> None:
        self._letters = letters
        self._may_retry = may_retry
        self._button = ui.button(on_click=self._show).props("dense color=amber-9 no-caps").mark("dead-letters")
        with ui.dialog() as self._dialog, ui.card().classes("w-full max-w-4xl"):
            ui.label("Partners were not told").classes("text-h6")
            self._list = ui.column().classes("w-full gap-1")
        self.refresh()

    def refresh(self) -> None:
        """Show how many there are."""
        found = len(self._letters.dead_letters())
        self._button.set_text(f"{found} dead letter{'s' if found != 1 else ''}")
        self._button.set_visibility(found > 0)

    def _show(self) -> None:
        self._list.clear()
        with self._list:
            for errand in reversed(self._letters.dead_letters()):
                self._line(errand)
        self._dialog.open()

    def _line(self, errand: Errand) -> None:
        with ui.row().classes("w-full gap-3 no-wrap items-center"):
            ui.label(errand.partner).style("min-width: 8rem")
            ui.label(f"{errand.key}: {errand.outcome}. {errand.trouble or ''}").classes("grow")
            if self._may_retry:
                ui.button("Send again", on_click=lambda: self._send(errand.key)).props("dense flat no-caps")

    def _send(self, key: str) -> None:
        known = key in {errand.key for errand in self._letters.dead_letters()}
        sent = known and self._letters.send_again(key)
        ui.notify(f"{key} is being sent again" if sent else f"nobody waits for {key} any more")
        self._dialog.close()
