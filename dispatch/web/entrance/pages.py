"""The pages, as HTML: every word that comes from elsewhere is escaped, and the browser is told to run nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

from starlette.responses import HTMLResponse

from dispatch.access.accounts import LONGEST_PASSWORD, NAME_PATTERN, SHORTEST_PASSWORD

_TEXT = Path(__file__).with_name("page.html").read_text("utf-8")
_PAGE = Template(_TEXT)
_STYLE = re.search(r"<style>(.*?)</style>", _TEXT, re.DOTALL)
_STYLE_HASH = base64.b64encode(hashlib.sha256((_STYLE[1] if _STYLE else "").encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # with no referrer at all a browser hides the origin of a form, too
    "X-Content-Type-Options": "nosniff",
}
_NEW = f'type="password" autocomplete="new-password" minlength="{SHORTEST_PASSWORD}" maxlength="{LONGEST_PASSWORD}" required'


def page(title: str, *, form: str = "", text: str = "", wrong: str = "", status: int = 200) -> HTMLResponse:
    """Return a page; ``text`` and ``wrong`` are words, ``form`` is HTML of ours."""
    words = f"<p>{escape(text)}</p>" if text else ""
    told = f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else ""
    filled = _PAGE.substitute(title=escape(title), wrong=told, text=words, form=form)
    return HTMLResponse(filled, status, headers=_HEADERS)


def log_in_page(
    then: str,
    name: str,
    *,
    wrong: str = "",
    provider: str | None = None,
    elsewhere: str | None = None,
    text: str = "",
    status: int = 200,
) -> HTMLResponse:
    """Return where one logs in; ``then``: where one wants to be; ``provider``: what the house's own is called.

    ``elsewhere``: one logged out here, and can log out of the provider there.
    """
    other = "" if provider is None else _provider_link(then, provider)
    left = "" if provider is None or elsewhere is None else _left(provider, elsewhere)
    return page("Log in", form=f"{left}{other}{_log_in_form(then, name)}", text=text, wrong=wrong, status=status)


def _provider_link(then: str, provider: str) -> str:
    """A link and no form: what a form leads to has to be ours."""
    path = escape(f"/log-in/provider?next={quote(then, safe='/')}")
    return f'<a class="button" href="{path}">Log in with {escape(provider)}</a><p class="or">or with a password</p>\n'


def _left(provider: str, elsewhere: str) -> str:
    return (
        f"<p>You are logged out here. With {escape(provider)} you still may be logged in: "
        f'<a href="{escape(elsewhere)}">log out there, too</a>.</p>\n'
    )


def _log_in_form(then: str, name: str) -> str:
    return (
        '<form method="post" action="/log-in">'
        f'<input type="hidden" name="next" value="{escape(then)}">'
        '<label for="name">Name</label><input id="name" name="name" autocomplete="username" autocapitalize="none" '
        f'spellcheck="false" value="{escape(name)}" required {"" if name else "autofocus"}>'
        '<label for="password">Password</label><input id="password" name="password" type="password" '
        f'autocomplete="current-password" required {"autofocus" if name else ""}>'
        '<label for="code">Code <span class="hint">of your authenticator, if you have one</span></label>'
        '<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="7">'
        "<button>Log in</button></form>\n"
    )


def password_form(path: str, name: str | None) -> str:
    """Return what one chooses a password with, and a name where there is none yet."""
    named = (
        f'<input type="hidden" name="name" autocomplete="username" value="{escape(name)}">'
        if name
        else '<label for="name">Name</label><input id="name" name="name" autocomplete="username" autocapitalize="none" '
        f'spellcheck="false" pattern="{escape(NAME_PATTERN.strip("^$"))}" maxlength="64" required autofocus>'
    )
    return (
        f'<form method="post" action="{escape(path)}">{named}<label for="password">Password '
        f'<span class="hint">at least {SHORTEST_PASSWORD} characters</span></label>'
        f'<input id="password" name="password" {_NEW}><label for="again">Once more</label>'
        f'<input id="again" name="again" {_NEW}><button>Set the password</button></form>\n'
    )


def button_form(path: str, button: str) -> str:
    """Return a button."""
    return f'<form method="post" action="{escape(path)}"><button>{escape(button)}</button></form>\n'
