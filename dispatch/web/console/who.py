"""As whom one is here, in every page's header: their account, everybody's for whoever gives access, and the way out."""

from __future__ import annotations

from nicegui import ui

from dispatch.access.permissions import Permission
from dispatch.access.principal import KnownBy, Principal
from dispatch.web.entrance.visitor import ACCOUNT, HOME

ACCESS_PATH = "/access"
_LEAVE = "fetch('/log-out', {method: 'POST'}).then((left) => location.assign(left.url))"


def show_who(who: Principal) -> None:
    """Say as whom one is here; where nobody logs in, say that."""
    if who.known_by is KnownBy.DEMO:
        badge = ui.badge(f"no log-in - {who.name}").props("color=amber-9").classes("cursor-pointer").mark("who")
        with badge:
            ui.tooltip("Whoever is on this machine may do everything, until somebody has an account or a key.")
        badge.on("click", lambda: ui.navigate.to(ACCESS_PATH))
        return
    with (
        ui.button(f"{who.name} - {who.role}").props("dense flat no-caps color=white icon-right=expand_more").mark("who")
    ):
        _menu(who)


def _menu(who: Principal) -> None:
    with ui.menu().props("auto-close"):
        if who.may(Permission.WATCH_CONSOLE):
            ui.menu_item("Console", lambda: ui.navigate.to(HOME))
        ui.menu_item("Your account", lambda: ui.navigate.to(ACCOUNT))
        if who.may(Permission.GIVE_ACCESS):
            ui.menu_item("Accounts and keys", lambda: ui.navigate.to(ACCESS_PATH))
        ui.separator()
        ui.menu_item("Log out", lambda: ui.run_javascript(_LEAVE))
