"""The console, in a real browser against the real service: it shows what happened, by itself, and comes back."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Page, expect, sync_playwright

PATIENCE_MS = 20_000


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page of the system's Chromium, which reaches nothing but this machine."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None and not os.environ.get("CI"):
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield browser.new_page(viewport={"width": 1500, "height": 900})
        browser.close()


def publish(broker: Any, *messages: tuple[str, bytes]) -> None:
    """Send messages as a device would, and wait until the broker has them."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect(broker.host, broker.port)
    client.loop_start()
    for topic, payload in messages:
        client.publish(topic, payload, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def register(http: str, words: Any) -> None:
    """Make devices and their owner known."""
    httpx.post(f"{http}/api/v1/vendors", json=words.vendors).raise_for_status()
    httpx.post(f"{http}/api/v1/devices", json=words.registered).raise_for_status()
    httpx.post(f"{http}/api/v1/customers", json=[words.customer]).raise_for_status()


def test_a_fault_appears_by_itself_and_its_story_opens_on_a_click(
    page: Page, serve: Callable[..., Any], words: Any, tmp_path: Path
) -> None:
    """Alert, truck, queue, map and banner fill without a reload; a click tells the timeline; nothing fails in the browser."""
    service = serve("--open-demo")
    register(service.http, words)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(service.http)
    expect(page.get_by_text("Nothing is broken.")).to_be_visible(timeout=PATIENCE_MS)
    publish(service.broker, words.truck(), words.flat_battery())
    alert = page.locator(".ag-row", has_text="12 V battery")
    expect(alert).to_contain_text("truck-1 offered", timeout=PATIENCE_MS)
    expect(alert).to_contain_text("±8 m")
    expect(alert).to_contain_text("to be rung")
    expect(page.get_by_role("cell", name="Anna Ozola")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".leaflet-marker-icon", has_text="Riga")).to_be_visible(timeout=PATIENCE_MS)
    alert.click()
    expect(page.get_by_text("case opened")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator('.script [dir="auto"]').first).to_have_text("Šeit Callahead.")
    expect(page.get_by_text("We are finding a truck for you; none has promised to come yet.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Degraded")).not_to_be_visible()
    _break_the_store(tmp_path / "serve")
    expect(page.get_by_text("Degraded: the store")).to_be_visible(timeout=PATIENCE_MS)
    assert errors == []


def _break_the_store(folder: Path) -> None:
    store = sqlite3.connect(folder / "ledger.sqlite", timeout=10)
    store.execute("ALTER TABLE meta RENAME TO gone")
    store.close()


def test_the_page_comes_back_after_the_service_was_gone(page: Page, serve: Callable[..., Any], words: Any) -> None:
    """The service is killed and started again on its port: the open page shows the case without being touched."""
    first = serve("--open-demo")
    register(first.http, words)
    publish(first.broker, words.truck(), words.flat_battery())
    page.goto(first.http)
    expect(page.locator(".ag-row", has_text="12 V battery")).to_be_visible(timeout=PATIENCE_MS)
    first.kill()
    serve("--port", first.http.rpartition(":")[2])
    expect(page.locator(".ag-row", has_text="12 V battery")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("ready", exact=True)).to_be_visible(timeout=PATIENCE_MS)


PASSWORD = "a horse that counts to twelve"  # noqa: S105 - a test's


def test_people_log_in_and_out(
    page: Page, serve: Callable[..., Any], eventually: Callable[..., Any], tmp_path: Path
) -> None:
    """The first administrator by the link in the log; then by password; an account that is locked is out at once."""
    with (tmp_path / "log").open("w") as log:
        service = serve("--log-in", stderr=log)
        link = eventually(lambda: re.search(r"http\S+/enter/[\w-]{43}", (tmp_path / "log").read_text()))
        page.context.clear_cookies()
        page.goto(service.http)
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        page.goto(link[0])
        page.get_by_label("Name").fill("boss")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Once more").fill(PASSWORD)
        page.get_by_role("button").click()
        expect(page.get_by_text("Nothing is broken.")).to_be_visible(timeout=PATIENCE_MS)
        expect(page.get_by_text("boss - administrator")).to_be_visible()
        page.get_by_text("Log out").click()
        page.get_by_label("Name").fill("boss")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button").click()
        expect(page.get_by_role("alert")).to_have_text("Name, password or code is wrong.")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button").click()
        expect(page.get_by_text("Nothing is broken.")).to_be_visible(timeout=PATIENCE_MS)
        assert page.request.post(f"{service.http}/api/v1/accounts/boss/lock").status == 204
        expect(page.get_by_role("heading", name="Log in")).to_be_visible(timeout=PATIENCE_MS)


FOREIGN = """async (http) => {
  const posted = await fetch(`${http}/api/v1/agents/a/claim`, {method: 'POST', mode: 'no-cors'}).then(() => 'sent', () => 'failed');
  const socket = await new Promise((told) => {
    const one = new WebSocket(`${http.replace('http', 'ws')}/_nicegui_ws/socket.io/?EIO=4&transport=websocket`);
    one.onopen = () => told('open'); one.onerror = () => told('refused');
  });
  return [posted, socket];
}"""


def test_a_page_of_another_site_reaches_nothing(page: Page, serve: Callable[..., Any], tmp_path: Path) -> None:
    """Neither with a form that needs no body nor over the console's websocket; the page of the demo says that it is one."""
    service, other = serve("--open-demo"), serve("--open-demo", "--dir", str(tmp_path / "other"))
    page.goto(f"{other.http}/health/live")
    answers: list[int] = []
    page.on("response", lambda answer: answers.append(answer.status) if answer.url.startswith(service.http) else None)
    assert page.evaluate(FOREIGN, service.http)[1] == "refused"
    assert answers == [403]
    page.goto(service.http)
    expect(page.get_by_text("no log-in - demo-dispatcher")).to_be_visible(timeout=PATIENCE_MS)
    assert page.evaluate(FOREIGN, service.http)[1] == "open"
