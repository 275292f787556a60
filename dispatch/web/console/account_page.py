"""One's own account at ``/account``: password, authenticator app, and where one is logged in."""

from __future__ import annotations

import base64
import io

from nicegui import ui

from dispatch.access import totp
from dispatch.access.accounts import SHORTEST_PASSWORD, Account, BadAccess, WebSession
from dispatch.access.principal import KnownBy, Principal
from dispatch.service.access_registers import new_authenticator
from dispatch.service.log_in import Attempted, Where
from dispatch.web.console.plain_page import Acts, card, plain_page, when
from dispatch.web.console.source import ConsoleSource


def account_page(source: ConsoleSource, who: Principal, where: Where) -> None:
    """Put the page together for whoever opens it."""
    with plain_page("Your account", source.log_in, who):
        if who.known_by is not KnownBy.USER:
            with card("No account", "Nobody logs in here, or you came by a link or a key: there is nothing to set."):
                return
        _Account(source, who, where)


class _Account:
    """The cards; drawn anew after each change."""

    def __init__(self, source: ConsoleSource, who: Principal, where: Where) -> None:
        self._log_in, self._sign_on, self._who, self._where = source.log_in, source.sign_on, who, where
        self._acts = Acts(source.log_in, who)
        self._column = ui.column().classes("w-full gap-4")
        self._draw()

    @property
    def _account(self) -> Account:
        return self._log_in.registers.accounts[self._who.name]

    def _draw(self) -> None:
        self._column.clear()
        with self._column:
            if self._account.subject is not None:
                house = self._sign_on.provider.label if self._sign_on else "your house"
                with card(
                    self._who.name, f"You are {self._who.role}. You log in with {house}, which keeps your password."
                ):
                    pass
            else:
                self._password()
                self._authenticator()
            self._sessions()

    # --- password ----------------------------------------------------------------------------------------------------

    def _password(self) -> None:
        about = f"At least {SHORTEST_PASSWORD} characters. Wherever else you are logged in, you are logged out."
        with card("Password", about), ui.column().classes("w-full max-w-sm gap-2"):
            old = _secret("Password now", "current-password")
            code = self._code_input()
            new, again = _secret("New password", "new-password"), _secret("Once more", "new-password")

            async def change() -> None:
                async def work() -> None:
                    if new.value != again.value:
                        raise BadAccess("the two new passwords are not the same")
                    tried = self._tried(old.value, code.value if code else "")
                    await self._log_in.change_password(self._who, tried, new.value)

                if await self._acts.do(work, "Your password is changed."):
                    self._draw()

            ui.button("Change the password", on_click=change).props("no-caps")

    def _code_input(self) -> ui.input | None:
        return _code() if self._account.totp is not None else None

    def _tried(self, password: str, code: str) -> Attempted:
        return Attempted(self._who.name, password, code, self._where)

    # --- authenticator -----------------------------------------------------------------------------------------------

    def _authenticator(self) -> None:
        if self._account.totp is not None:
            self._with_authenticator()
            return
        about = (
            "An app that shows a code which changes every half minute: a password that was stolen is not enough then."
        )
        with card("Authenticator app", about):
            place = ui.column().classes("w-full")
            with place:
                ui.button("Add one", on_click=lambda: self._add_authenticator(place)).props("no-caps")

    def _add_authenticator(self, place: ui.column) -> None:
        secret = new_authenticator()
        place.clear()
        with place, ui.row().classes("w-full gap-6 items-start"):
            picture = qr_code(totp.uri(secret, self._who.name))
            if picture is not None:
                ui.image(picture).classes("rounded").style("width: 12rem").props('alt="QR code"').mark("qr")
            with ui.column().classes("gap-2 max-w-sm"):
                ui.label("Have the app read the picture, or type this into it, then say which code it shows.")
                ui.label(_in_groups(secret)).classes("font-mono text-weight-medium").mark("totp-secret")
                code = _code()

                async def confirm() -> None:
                    await self._confirm(secret, code.value)

                with ui.row():
                    ui.button("Confirm", on_click=confirm).props("no-caps")
                    ui.button("Leave it", on_click=self._draw).props("flat no-caps")

    async def _confirm(self, secret: str, code: str) -> None:
        work = lambda: self._log_in.add_authenticator(self._who.name, secret, code)  # noqa: E731
        if await self._acts.do(work, "From now on a code is asked for with your password."):
            self._draw()

    def _with_authenticator(self) -> None:
        about = "A code is asked for with your password. To take it away, say both once more."
        with card("Authenticator app", about), ui.column().classes("w-full max-w-sm gap-2"):
            password, code = _secret("Password", "current-password"), _code()

            async def remove() -> None:
                work = lambda: self._log_in.remove_authenticator(self._tried(password.value, code.value))  # noqa: E731
                if await self._acts.do(work, "No code is asked for any more."):
                    self._draw()

            ui.button("Take it away", on_click=remove).props("outline no-caps color=negative")

    # --- sessions ----------------------------------------------------------------------------------------------------

    def _sessions(self) -> None:
        with card("Where you are logged in"), ui.list().props("separator").classes("w-full"):
            for session in self._log_in.registers.sessions_of(self._who.name):
                self._session(session)

    def _session(self, session: WebSession) -> None:
        here = session.hash == self._who.session
        with ui.item().classes("px-0").mark("session"):
            with ui.item_section():
                ui.item_label(f"{session.address or 'unknown address'}{' - this one' if here else ''}")
                ui.item_label(f"since {when(session.created_at)}, until {when(session.until)} at the latest").props(
                    "caption"
                )
                ui.item_label(session.browser).props("caption lines=1")
            if not here:
                with ui.item_section().props("side"):
                    ui.button("End it", on_click=lambda: self._end(session)).props("outline dense no-caps")

    async def _end(self, session: WebSession) -> None:
        if await self._acts.do(lambda: self._log_in.registers.end_session(session.hash), "It is over."):
            self._draw()


def qr_code(text: str) -> str | None:
    """Return a picture of a text as a data address; ``None``: segno is not installed (``callahead[qr]``)."""
    try:
        import segno  # noqa: PLC0415 - everything starts without it
    except ModuleNotFoundError:
        return None
    drawn = io.BytesIO()
    segno.make(text, error="m").save(drawn, kind="svg", scale=4, border=3, dark="#0f172a", light="#ffffff")
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.getvalue()).decode()}"


def _in_groups(secret: str) -> str:
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def _secret(label: str, complete: str) -> ui.input:
    field = ui.input(label, password=True, password_toggle_button=True).classes("w-full")
    return field.props(f'outlined dense autocomplete="{complete}"')


def _code() -> ui.input:
    field = ui.input("Code of the app").props(
        'outlined dense inputmode="numeric" autocomplete="one-time-code" maxlength=7'
    )
    return field.classes("w-full")
