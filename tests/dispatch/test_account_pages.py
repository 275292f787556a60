"""The pages about accounts, in a real browser: one's own, everybody's, and what they do is what the API would have done."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dispatch.access import totp
from dispatch.web.console.account_page import qr_code

PATIENCE_MS = 20_000
PASSWORD, ANOTHER = "a horse that counts to twelve", "a mule that counts to twenty"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with cookies of its own; nothing fails in it."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def card(page: Page, title: str) -> Locator:
    """Return a card by its title."""
    return page.locator(".q-card", has=page.locator(".text-h6", has_text=re.compile(f"^{title}$")))


def make_administrator(page: Page, http: str) -> None:
    """Where nobody logs in yet, the page leads to the first administrator."""
    page.goto(f"{http}/access")
    page.get_by_role("button", name="Make the first administrator").click()
    page.get_by_label("Name").fill("boss")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Once more").fill(PASSWORD)
    page.get_by_role("button").click()
    expect(page.get_by_text("boss - administrator")).to_be_visible()


def log_in(page: Page, name: str, password: str, code: str = "") -> None:
    """By name, password and perhaps a code."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Log in", exact=True).click()


def test_somebody_sees_to_their_own_account(page: Page, serve: Callable[..., Any]) -> None:
    """An authenticator is added with a picture and a code, a password changed, another session ended, the app taken away."""
    http = serve().http
    make_administrator(page, http)
    elsewhere = httpx.Client(base_url=http)
    assert elsewhere.post("/log-in", data={"name": "boss", "password": PASSWORD}).status_code == 303
    page.goto(f"{http}/account")
    sessions = page.locator(".q-item", has_text="since")
    expect(sessions).to_have_count(2)
    page.get_by_role("button", name="End it").click()
    expect(sessions).to_have_count(1)
    assert elsewhere.get("/api/v1/me").status_code == 401

    page.get_by_role("button", name="Add one").click()
    expect(page.locator(".q-img img")).to_be_visible()
    secret = page.locator(".font-mono").inner_text().replace(" ", "")
    page.get_by_label("Code of the app").fill("000000")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("The code is wrong")).to_be_visible()
    step = int(time.time() // totp.STEP_S)
    page.get_by_label("Code of the app").fill(totp.code_at(secret, step))
    page.get_by_role("button", name="Confirm").click()
    password = card(page, "Password")
    expect(password.get_by_label("Code of the app")).to_be_visible()

    for old, says in (("wrong", "Name, password or code is wrong."), (PASSWORD, "Your password is changed.")):
        password.get_by_label("Password now").fill(old)
        password.get_by_label("Code of the app").fill(totp.code_at(secret, step))
        password.get_by_label("New password").fill(ANOTHER)
        password.get_by_label("Once more").fill(ANOTHER)
        password.get_by_role("button", name="Change the password").click()
        expect(page.get_by_text(says)).to_be_visible()
    page.get_by_text("boss - administrator").click()
    page.get_by_text("Log out").click()
    next_code = totp.code_at(secret, step + 1)  # each counts once
    log_in(page, "boss", ANOTHER, next_code)
    expect(page.get_by_text("boss - administrator")).to_be_visible()


def test_an_administrator_sees_to_everybodys(page: Page, serve: Callable[..., Any], browser: Browser) -> None:
    """Invites, makes and revokes a key, locks; who is locked is out of an open page at once."""
    http = serve().http
    make_administrator(page, http)
    page.goto(f"{http}/access")
    invite = card(page, "Invite somebody")
    invite.get_by_label("Name").fill("a/b")
    invite.get_by_role("button", name="Invite").click()
    expect(page.get_by_text("A name has letters")).to_be_visible()
    invite.get_by_label("Name").fill("anna")
    invite.get_by_role("button", name="Invite").click()
    link = page.locator(".q-dialog input").input_value()
    assert re.fullmatch(re.escape(http) + r"/enter/[\w-]{43}", link)
    page.get_by_role("button", name="Done").click()

    other = browser.new_context().new_page()
    other.goto(link)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_label("Once more").fill(PASSWORD)
    other.get_by_role("button").click()
    expect(other.get_by_text("anna - agent")).to_be_visible()
    other.goto(f"{http}/access")
    expect(other.get_by_text("This needs give-access")).to_be_visible()
    other.goto(f"{http}/account")
    expect(card(other, "Authenticator app")).to_be_visible()

    make = card(page, "Make a key")
    make.get_by_label("Name").fill("metrics")
    make.get_by_label("May").click()
    page.get_by_role("option", name=re.compile("read-health")).click()
    page.keyboard.press("Escape")
    make.get_by_role("button", name="Make a key").click()
    key = {"authorization": f"Bearer {page.locator('.q-dialog input').input_value()}"}
    page.get_by_role("button", name="Done").click()
    assert httpx.get(f"{http}/metrics", headers=key).status_code == 200
    page.locator("tr", has_text="metrics").locator(".q-checkbox").click()
    page.get_by_role("button", name="Revoke").click()
    page.locator(".q-dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("metrics holds no more.")).to_be_visible()
    assert httpx.get(f"{http}/metrics", headers=key).status_code == 401

    page.locator("tr", has_text="anna").locator(".q-checkbox").click()
    page.get_by_role("button", name="Lock", exact=True).click()
    page.locator(".q-dialog").get_by_role("button", name="Lock").click()
    expect(page.get_by_text("anna is locked.")).to_be_visible()
    expect(other.get_by_role("heading", name="Log in")).to_be_visible()
    other.context.close()


def test_a_vendor_has_an_account_page_and_no_console(page: Page, serve: Callable[..., Any]) -> None:
    """What the page is made of is theirs, too; what it shows is not."""
    http = serve().http
    boss = httpx.post(f"{http}/api/v1/keys", json={"name": "ops", "role": "administrator"}).json()["key"]
    told = httpx.post(
        f"{http}/api/v1/accounts",
        json={"name": "volta-boss", "role": "vendor", "owns": "volta"},
        headers={"authorization": f"Bearer {boss}"},
    )
    page.goto(http + told.json()["path"])
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Once more").fill(PASSWORD)
    page.get_by_role("button").click()
    expect(page.get_by_text("volta-boss - vendor")).to_be_visible()
    expect(card(page, "Password")).to_be_visible()
    page.goto(http)
    expect(page.get_by_text("watch-console")).to_be_visible()


def test_the_picture_is_of_the_secret() -> None:
    """An image that needs nothing of the net."""
    assert (qr_code(totp.uri("A" * 32, "anna")) or "").startswith("data:image/svg+xml;base64,")
