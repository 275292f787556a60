"""What the pages about accounts share: a header, cards in a column, and acts that are done only as long as one is let in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from nicegui import ui

from dispatch.access.accounts import BadAccess
from dispatch.access.permissions import Permission
from dispatch.access.principal import Principal
from dispatch.service.log_in import LogIn, NotLoggedIn
from dispatch.service.passwords import TooManyLogIns
from dispatch.store.errors import JournalFailed
from dispatch.web.console.who import show_who
from dispatch.web.entrance.visitor import HOME
from dispatch.web.guard import LOG_IN_PATH

LOOKS_EVERY_S = 2.0
_STYLE = """
.nicegui-content { padding: 0; }
.q-table__container, .q-card { border-radius: .75rem; }
.soft { opacity: .72; }
.body--dark :is(.q-btn--outline, .q-btn--flat) { --q-primary: #93c5fd; --q-negative: #fca5a5; }
"""


@contextmanager
def plain_page(title: str, log_in: LogIn, who: Principal) -> Iterator[None]:
    """A header and a column; what is made within stands in the column, as long as one is let in."""

    def look() -> None:
        if not log_in.still(who):
            timer.cancel()
            ui.navigate.to(LOG_IN_PATH)

    timer = ui.timer(LOOKS_EVERY_S, look)
    ui.add_head_html(f"<style>{_STYLE}</style>")
    ui.colors(primary="#1d4ed8", negative="#b91c1c", positive="#15803d")
    with ui.header().classes("items-center gap-x-4 gap-y-1 bg-slate-800 py-2"):
        home = ui.label("Callahead").classes("text-h6 cursor-pointer")
        if who.may(Permission.WATCH_CONSOLE):
            home.on("click", lambda: ui.navigate.to(HOME))
        ui.label(title).classes("text-subtitle1")
        ui.space()
        show_who(who)
    with ui.column().classes("w-full max-w-4xl mx-auto p-4 gap-4"):
        yield


@contextmanager
def card(title: str, about: str = "") -> Iterator[None]:
    """A card with a title, and a sentence below it."""
    with ui.card().classes("w-full gap-2 p-5").props("flat bordered"):
        ui.label(title).classes("text-h6")
        if about:
            ui.label(about).classes("soft")
        yield


class Acts:
    """Does what somebody asks on an open page, as long as they are let in as what they were when they opened it."""

    def __init__(self, log_in: LogIn, who: Principal) -> None:
        self._log_in, self._who = log_in, who

    async def do(self, work: Callable[[], Awaitable[object]], done: str = "") -> bool:
        """Do it, and say so; say why not where it cannot be done. ``False``: it was not."""
        if not self._log_in.still(self._who):
            ui.navigate.to(LOG_IN_PATH)
            return False
        self._log_in.touch(self._who)
        try:
            await work()
        except (BadAccess, NotLoggedIn, TooManyLogIns) as error:
            ui.notify(f"{str(error)[:1].upper()}{str(error)[1:]}.", type="negative")
            return False
        except JournalFailed:
            ui.notify("The store takes nothing at this moment; try again.", type="negative")
            return False
        if done:
            ui.notify(done, type="positive")
        return True


async def is_sure(question: str, act: str) -> bool:
    """Ask before something is done that somebody will notice."""
    with ui.dialog() as dialog, ui.card().classes("p-5"):
        ui.label(question)
        with ui.row().classes("w-full justify-end"):
            ui.button("Leave it", on_click=lambda: dialog.submit(False)).props("flat no-caps")  # noqa: FBT003 - what is answered
            ui.button(act, on_click=lambda: dialog.submit(True)).props("no-caps color=negative")  # noqa: FBT003 - likewise
    found = await dialog
    dialog.delete()
    return found is True


def when(at: float) -> str:
    """Write a time down, UTC."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


def tell_once(title: str, text: str) -> None:
    """Show a secret that is told once."""
    with ui.dialog().props("persistent") as dialog, ui.card().classes("w-full max-w-xl p-5 gap-3"):
        ui.label(title).classes("text-h6")
        ui.label("It is shown once. Pass it on by a way that only they read.").classes("soft")
        shown = ui.input(value=text).props("readonly outlined dense").classes("w-full font-mono").mark("told-once")
        with shown.add_slot("append"):
            ui.button(icon="content_copy", on_click=lambda: _copy(text)).props('flat dense round aria-label="Copy"')
        ui.button("Done", on_click=dialog.close).props("no-caps").classes("self-end")
    dialog.on("hide", dialog.delete)
    dialog.open()


def _copy(text: str) -> None:
    ui.clipboard.write(text)
    ui.notify("Copied.")
