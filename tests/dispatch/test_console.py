"""The console, in a real browser against the real service: it shows what happened, by itself, and comes back."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Browser, Page, expect

PATIENCE_MS = 20_000


@pytest.fixture(scope="module")
def page(browser: Browser) -> Page:
    """A page that all tests here share."""
    return browser.new_page(viewport={"width": 1500, "height": 900})


def publish(broker: Any, *messages: tuple[str, bytes]) -> None:
    """Send messages as a device would, and wait until the broker has them."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect(broker.host, broker.port)
    client.loop_start()
    for topic, payload in messages:
        client.publish(topic, payload, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


HOSTILE = "<img src=x onerror=window.hacked=1>"
FRIDGE = {
    "device": "volta/fridge-1",
    "kind": "fridge",
    "customer": "c-1",
    "provenance": "simulated",
    "home_latitude": 56.95,
    "home_longitude": 24.1,
}
SUPPLIER = {
    "supplier": "s-1",
    "serves": ["supplies"],
    "latitude": 56.9,
    "longitude": 24.1,
    "provenance": "simulated",
}


def stock_of(name: str) -> tuple[str, bytes]:
    """A fridge runs low of something: topic and payload."""
    item = {"gtin": "4006381333931", "name": name, "quantity": 0.5, "reorder_at": 1, "reorder_quantity": 4}
    event = {
        "specversion": "1.0",
        "type": "callahead.appliance.stock.v1",
        "source": "/volta/fridge-1",
        "id": "1-1",
        "time": datetime.now(UTC).isoformat(),
        "datacontenttype": "application/json",
        "provenance": "simulated",
        "data": {"items": [item]},
    }
    return "callahead/v1/volta/fridge-1/event", json.dumps(event).encode()


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


def test_what_others_name_their_things_is_text(page: Page, serve: Callable[..., Any], words: Any) -> None:
    """Markup in an article's name stands on the map as it was written; the page breaks none of its own rules."""
    service = serve("--open-demo")
    register(service.http, words)
    httpx.post(f"{service.http}/api/v1/devices", json=[FRIDGE]).raise_for_status()
    httpx.post(f"{service.http}/api/v1/suppliers", json=[SUPPLIER]).raise_for_status()
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
    publish(service.broker, stock_of(HOSTILE))
    page.goto(service.http)
    expect(page.locator(".ag-row", has_text=HOSTILE)).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_function(f"() => {{ {_OPEN_TOOLTIPS} return document.querySelector('.leaflet-tooltip'); }}")
    expect(page.locator(".leaflet-tooltip", has_text=HOSTILE)).to_be_attached(timeout=PATIENCE_MS)
    page.locator(".ag-row", has_text=HOSTILE).click()
    expect(page.get_by_text("case opened")).to_be_visible(timeout=PATIENCE_MS)
    assert page.evaluate("window.hacked") is None
    assert complaints == []
    page.evaluate("(markup) => { document.body.insertAdjacentHTML('beforeend', markup) }", HOSTILE)
    page.wait_for_function("() => [...document.images].every((one) => one.complete)")
    assert page.evaluate("window.hacked") is None, "the policy lets no handler in an attribute run"
    assert any("script-src-attr" in line for line in complaints)


_OPEN_TOOLTIPS = """
const map = getElement(Number(document.querySelector(".leaflet-container").closest("[id^=c]").id.slice(1))).map;
map.eachLayer((one) => one.getTooltip?.() && one.openTooltip());
"""


def test_every_answer_tells_the_browser_what_it_may_do(serve: Callable[..., Any]) -> None:
    """The page, the API, its documentation, errors and what is not there: the same headers, and no word of the server."""
    http = serve("--open-demo").http
    for path in ("/", "/api/v1/cases", "/api/v1/docs", "/api/v1/nowhere", "/nowhere", "/health/live", "/metrics"):
        headers = httpx.get(f"{http}{path}").headers
        assert "script-src-attr 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers


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
        page.get_by_text("boss - administrator").click()
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


class _Foreign(BaseHTTPRequestHandler):
    """A site of somebody else's, without a policy of what its pages may do."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("X-Foreign", "yes")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def foreign() -> Iterator[str]:
    """Where that site is."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Foreign) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_page_of_another_site_reaches_nothing(page: Page, serve: Callable[..., Any], foreign: str) -> None:
    """Neither with a form that needs no body nor over the console's websocket; the page of the demo says that it is one."""
    service = serve("--open-demo")
    page.goto(foreign)
    answers: list[int] = []
    wire = page.context.new_cdp_session(page)
    ours = lambda answer: answers.append(answer["statusCode"]) if "X-Foreign" not in answer["headers"] else None  # noqa: E731
    wire.on("Network.responseReceivedExtraInfo", ours)  # the browser asks the foreign site for its icon meanwhile
    wire.send("Network.enable")
    assert page.evaluate(FOREIGN, service.http)[1] == "refused"
    assert set(answers) == {403}
    page.goto(service.http)
    expect(page.get_by_text("no log-in - demo-dispatcher")).to_be_visible(timeout=PATIENCE_MS)
    assert page.evaluate(FOREIGN, service.http)[1] == "open"
