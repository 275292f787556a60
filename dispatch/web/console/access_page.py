"""Who may do what, at ``/access``, for whoever gives access: accounts and keys, invited, locked, revoked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from nicegui import ui
from pydantic import TypeAdapter, ValidationError

from dispatch.access.accounts import NAME_PATTERN, Account, ApiKey, BadAccess
from dispatch.access.permissions import ABOUT, FOR_ALL, Permission
from dispatch.access.principal import KnownBy, Principal
from dispatch.access.roles import BY_LINK, OWNERS, Role
from dispatch.service.access_registers import DAY_S, LINK_S, new_key
from dispatch.web.console.plain_page import Acts, card, is_sure, plain_page, tell_once, when
from dispatch.web.console.source import ConsoleSource
from gateway.contract.bounds import Id

_INVITED = [role for role in Role if role not in BY_LINK]
_SCOPES = {str(one): f"{one}: {ABOUT[one]}" for one in Permission if one not in FOR_ALL}
_OWNER: TypeAdapter[str | None] = TypeAdapter(Id | None)
_ACCOUNTS = {"name": "Name", "role": "Role", "logs_in": "Logs in with", "since": "Since", "state": ""}
_KEYS = {"name": "Name", "may": "May", "since": "Since", "state": ""}


def access_page(source: ConsoleSource, who: Principal, address: str) -> None:
    """Put the page together. ``address``: the service's own, as the browser knows it."""
    with plain_page("Accounts and keys", source.log_in, who):
        if who.may(Permission.GIVE_ACCESS) is None:
            with card("Not for you", f"This needs {Permission.GIVE_ACCESS}, which an administrator has."):
                return
        if who.known_by is KnownBy.DEMO:
            _begin(source)
            return
        acts = Acts(source.log_in, who)
        _Accounts(source, acts, address)
        _Keys(source, acts)


def _begin(source: ConsoleSource) -> None:
    """Where nobody logs in yet: the first administrator is made here, and from then on everybody has to."""
    about = (
        "Whoever is on this machine may do everything. Make the first administrator, and everybody has to log in from then on: "
        "there is no way back."
    )
    with card("Nobody has to log in here", about):
        first = source.log_in.first_secret()
        ui.button("Make the first administrator", on_click=lambda: ui.navigate.to(f"/enter/{first}")).props("no-caps")


class _Accounts:
    """The table of accounts, what can be done with the one that is chosen, and who is to be invited."""

    def __init__(self, source: ConsoleSource, acts: Acts, address: str) -> None:
        self._log_in, self._acts, self._address = source.log_in, acts, address
        with card("Accounts", "Choose one to lock it, log it out, or take its authenticator away."):
            self._table = _table(_ACCOUNTS, "accounts")
            with ui.row().classes("gap-2") as self._buttons:
                self._button("Lock", self._lock, "negative")
                self._button("Unlock", self._unlock)
                self._button("Log out", self._end_sessions)
                self._button("Take authenticator away", self._forget_authenticator)
                self._button("New password link", self._invite_again)
            self._buttons.bind_visibility_from(self._table, "selected", bool)
        self._invitation()
        self._links()
        self._draw()

    def _button(self, text: str, act: Any, color: str = "primary") -> None:  # noqa: ANN401 - a handler of NiceGUI
        ui.button(text, on_click=act).props(f"outline dense no-caps color={color}").classes("px-2")

    def _draw(self) -> None:
        found = self._log_in.registers.accounts
        self._table.selected = []
        self._table.update_rows([_account_line(found[name]) for name in sorted(found)])

    @property
    def _chosen(self) -> Account | None:
        chosen = self._table.selected
        return self._log_in.registers.accounts.get(chosen[0]["name"]) if chosen else None

    async def _lock(self) -> None:
        account = self._chosen
        if account and await is_sure(f"Lock {account.name}? They are logged out at once.", "Lock"):
            await self._do(lambda: self._log_in.registers.lock(account.name), f"{account.name} is locked.")

    async def _unlock(self) -> None:
        account = self._chosen
        if account:
            await self._do(lambda: self._log_in.registers.unlock(account.name), f"{account.name} may log in again.")

    async def _end_sessions(self) -> None:
        account = self._chosen
        if account:
            await self._do(
                lambda: self._log_in.registers.end_sessions_of(account.name), f"{account.name} is logged out."
            )

    async def _forget_authenticator(self) -> None:
        account = self._chosen
        if account and await is_sure(f"Ask {account.name} for no code any more?", "Take it away"):
            done = f"No code is asked of {account.name}."
            await self._do(lambda: self._log_in.registers.forget_authenticator(account.name), done)

    async def _invite_again(self) -> None:
        account = self._chosen
        if account:
            await self._invite(account.name, account.role, account.owns)

    async def _do(self, work: Any, done: str = "") -> bool:  # noqa: ANN401 - as ``Acts.do`` takes it
        worked = await self._acts.do(work, done)
        self._draw()
        return worked

    async def _invite(self, name: str, role: Role, owns: str | None) -> bool:
        told: list[str] = []

        async def work() -> None:
            _must_be_a_name(name)
            _must_be_an_owner(owns)
            told.append(await self._log_in.registers.invite(name, role, owns, self._log_in.now()))

        invited = await self._do(work)
        if invited:
            tell_once(f"{name} opens this once, within a week", f"{self._address}/enter/{told[0]}")
        return invited

    def _invitation(self) -> None:
        with (
            card(
                "Invite somebody",
                "They get a link by which they choose a password. For a name that there is: another role.",
            ),
            ui.row().classes("w-full gap-3 items-center"),
        ):
            name, role, owns = _name("Name"), _role(_INVITED, Role.AGENT), _owner()
            owns.bind_visibility_from(role, "value", lambda chosen: chosen in OWNERS)

            async def invite() -> None:
                of = owns.value.strip() if role.value in OWNERS else None
                if await self._invite(name.value.strip(), Role(role.value), of or None):
                    name.value = ""

            ui.button("Invite", on_click=invite).props("no-caps")

    def _links(self) -> None:
        about = "Whoever opens it sees what is theirs, for two days. No account is needed."
        with card("Link for a customer or a helper", about), ui.row().classes("w-full gap-3 items-center"):
            role, owns = _role(sorted(BY_LINK), Role.CUSTOMER), _owner("Customer's id, or truck as vendor/device")

            async def make() -> None:
                told: list[str] = []

                async def work() -> None:
                    until, of = self._log_in.now() + LINK_S, owns.value.strip()
                    _must_be_an_owner(of)
                    told.append(await self._log_in.registers.add_link(of, Role(role.value), of, until))

                if await self._do(work):
                    tell_once(f"{owns.value.strip()} opens this", f"{self._address}/enter/{told[0]}")

            ui.button("Make a link", on_click=make).props("no-caps")


class _Keys:
    """The table of keys, and a new one."""

    def __init__(self, source: ConsoleSource, acts: Acts) -> None:
        self._log_in, self._acts = source.log_in, acts
        with card("Keys of machines", "Choose one to revoke it."):
            self._table = _table(_KEYS, "keys")
            revoke = (
                ui.button("Revoke", on_click=self._revoke).props("outline dense no-caps color=negative").classes("px-2")
            )
            revoke.bind_visibility_from(self._table, "selected", bool)
        self._new()
        self._draw()

    def _draw(self) -> None:
        found, now = self._log_in.registers.keys, self._log_in.now()
        self._table.selected = []
        self._table.update_rows([_key_line(found[name], now) for name in sorted(found)])

    async def _revoke(self) -> None:
        chosen = self._table.selected
        name = chosen[0]["name"] if chosen else ""
        if name and await is_sure(f"Revoke {name}? Whatever uses it gets no answer any more.", "Revoke"):
            await self._acts.do(
                lambda: self._log_in.registers.revoke_key(name, self._log_in.now()), f"{name} holds no more."
            )
            self._draw()

    def _new(self) -> None:
        with (
            card("Make a key", "All that a role may do, or single things."),
            ui.row().classes("w-full gap-3 items-center"),
        ):
            name, role, owns = _name("Name"), _role(["", *_INVITED], ""), _owner("Whose things; empty: all")
            scopes = ui.select(_SCOPES, label="May", multiple=True).props("outlined dense use-chips").classes("w-full")
            scopes.bind_visibility_from(role, "value", lambda chosen: not chosen)
            days = (
                ui.number("Days; empty: no end", min=1, max=3_650, precision=0).props("outlined dense").classes("w-44")
            )

            async def make() -> None:
                chosen = Role(role.value) if role.value else None
                picked = () if chosen else tuple(Permission(one) for one in scopes.value or ())
                if await self._make(name.value.strip(), chosen, picked, owns.value.strip() or None, days.value):
                    name.value, scopes.value = "", []

            ui.button("Make a key", on_click=make).props("no-caps")

    async def _make(
        self, name: str, role: Role | None, scopes: tuple[Permission, ...], owns: str | None, days: float | None
    ) -> bool:
        told: list[str] = []

        async def work() -> None:
            _must_be_a_name(name)
            _must_be_an_owner(owns)
            made, secret = new_key(name, self._log_in.now(), scopes=scopes, role=role, owns=owns, days=days)
            await self._log_in.registers.add_key(made)
            told.append(secret)

        made = await self._acts.do(work)
        if made:
            tell_once(f"The key {name}", told[0])
        self._draw()
        return made


def _must_be_a_name(name: str) -> None:
    if not re.fullmatch(NAME_PATTERN, name):
        raise BadAccess("a name has letters, digits, '.', '_', '-' and '@', at most 64")


def _must_be_an_owner(owns: str | None) -> None:
    try:
        _OWNER.validate_python(owns)
    except ValidationError:
        raise BadAccess(f"nobody's id is {owns!r}") from None


def _account_line(account: Account) -> dict[str, str]:
    ways = ["OpenID Connect" if account.subject else "", "password" if account.password else ""]
    ways += ["code" if account.totp else ""]
    return {
        "name": account.name,
        "role": f"{account.role}{f' of {account.owns}' if account.owns else ''}",
        "logs_in": " and ".join(filter(None, ways)) or "nothing yet: invited",
        "since": when(account.created_at),
        "state": "locked" if account.locked else "",
    }


def _key_line(key: ApiKey, now: float) -> dict[str, str]:
    left = None if key.until is None else key.until - now
    state = "" if left is None else "over" if left <= 0 else f"{left / DAY_S:.0f} days left"
    may = str(key.role) if key.role else ", ".join(key.scopes)
    return {
        "name": key.name,
        "may": f"{may}{f', of {key.owns}' if key.owns else ''}",
        "since": when(key.created_at),
        "state": state,
    }


def _table(titles: dict[str, str], mark: str) -> ui.table:
    columns = [_column(name, label) for name, label in titles.items()]
    table = ui.table(columns=columns, rows=[], row_key="name", selection="single", pagination=0).classes("w-full")
    table.props('flat dense wrap-cells hide-pagination hide-selected-banner no-data-label="There are none."')
    return table.mark(mark)


def _column(name: str, label: str) -> dict[str, str]:
    column = {"name": name, "label": label, "field": name, "align": "left"}
    wide_only = {"classes": "gt-xs", "headerClasses": "gt-xs"}
    return column | wide_only if name == "since" else column


def _name(label: str) -> ui.input:
    return ui.input(label).props("outlined dense autocapitalize=none spellcheck=false maxlength=64").classes("w-44")


def _owner(label: str = "Whose: vendor or partner") -> ui.input:
    return ui.input(label, value="").props("outlined dense maxlength=200").classes("w-64")


def _role(roles: Sequence[str], chosen: str) -> ui.select:
    options = {str(one): str(one) or "single things" for one in roles}
    return ui.select(options, label="Role", value=str(chosen)).props("outlined dense").classes("w-44")
