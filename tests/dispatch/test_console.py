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
import psutil
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dispatch.core.call_order.hazards import USUAL
from dispatch.views.waiting_calls import SOON_S
from dispatch.web.console import desk_page
from dispatch.web.console.assets import HERE

PATIENCE_MS = 20_000


@pytest.fixture(scope="module")
def page(browser: Browser) -> Page:
    """A page that all tests here share."""
    return browser.new_page(viewport={"width": 1500, "height": 900})


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


def row(page: Page, name: str) -> Locator:
    """A case's row of the queue."""
    return page.locator(".case", has_text=name)


def look_at(page: Page, http: str) -> None:
    """Open the page with everything unfolded, and wait until it was told how things stand."""
    page.goto(http)
    expect(page.locator("#link")).to_have_text("live", timeout=PATIENCE_MS)
    page.evaluate("callahead.state.choose({folded: [], tab: 'gantt', sounds: false})")


def test_a_fault_appears_by_itself_and_its_story_opens_on_a_click(
    page: Page, serve: Callable[..., Any], words: Any, publish: Callable[..., None], tmp_path: Path
) -> None:
    """Queue, numbers, truck and calls fill without a reload; a click tells all of the case; nothing fails in the browser."""
    service = serve("--open-demo")
    register(service.http, words)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    look_at(page, service.http)
    expect(page.get_by_text("Nothing is broken.")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("Nothing and nobody has told a place yet.")).to_be_visible()
    publish(service.broker, words.truck(), words.flat_battery())
    alert = row(page, "12 V battery")
    expect(alert).to_contain_text("Anna Ozola", timeout=PATIENCE_MS)
    expect(alert).to_contain_text("truck-1 asked")
    expect(alert).to_contain_text("high")
    expect(page.locator("[data-number=open] b")).to_have_text("1")
    expect(page.locator("#skills")).to_contain_text("tow 0/1", timeout=PATIENCE_MS)
    expect(page.locator("#clock-zone")).to_contain_text("Riga", timeout=PATIENCE_MS)
    page.get_by_role("tab", name="Calls").click()
    expect(page.locator("#panel-calls")).to_contain_text("Anna Ozola")
    expect(page.locator("#panel-calls")).to_contain_text(re.compile(r"\d+%"))
    alert.click()
    expect(page.locator("#timeline")).to_contain_text("case opened", timeout=PATIENCE_MS)
    expect(page.locator("#timeline")).to_contain_text("send help/truck-1")
    expect(page.locator("#timeline")).not_to_contain_text("UTC")
    expect(page.locator("#facts")).to_contain_text("±8 m, its own fix")
    expect(page.locator('#script [dir="auto"]').first).to_have_text("Šeit Callahead.")
    expect(page.locator("#script")).to_contain_text("none has promised to come yet")
    expect(page.locator("#banner")).to_be_hidden()
    _break_the_store(tmp_path / "serve")
    expect(page.get_by_text("Degraded: the store")).to_be_visible(timeout=PATIENCE_MS)
    assert errors == []


def _break_the_store(folder: Path) -> None:
    store = sqlite3.connect(folder / "ledger.sqlite", timeout=10)
    store.execute("ALTER TABLE meta RENAME TO gone")
    store.close()


def test_the_page_comes_back_after_the_service_was_gone(
    page: Page, serve: Callable[..., Any], words: Any, publish: Callable[..., None]
) -> None:
    """The service is killed: the page says so and keeps what it had, the open case too. Started again, all is there, untouched."""
    first = serve("--open-demo")
    register(first.http, words)
    publish(first.broker, words.truck(), words.flat_battery())
    look_at(page, first.http)
    row(page, "12 V battery").click()
    expect(page.locator("#timeline")).to_contain_text("case opened", timeout=PATIENCE_MS)
    first.kill()
    expect(page.locator("#link")).to_contain_text("no connection", timeout=PATIENCE_MS)
    expect(page.locator("#timeline")).to_contain_text("case opened")
    serve("--port", first.http.rpartition(":")[2])
    expect(page.locator("#link")).to_have_text("live", timeout=PATIENCE_MS)
    expect(row(page, "12 V battery")).to_be_visible()
    expect(page.locator("#timeline")).to_contain_text("case opened", timeout=PATIENCE_MS)


def test_the_process_that_shows_may_die(
    page: Page, serve: Callable[..., Any], words: Any, publish: Callable[..., None]
) -> None:
    """It is started again, and the service decides meanwhile; the page is told what it missed."""
    service = serve("--open-demo")
    register(service.http, words)
    publish(service.broker, words.truck())
    look_at(page, service.http)
    shows = next(
        one for one in psutil.Process(service.process.pid).children() if "dispatch.projection" in one.cmdline()
    )
    shows.kill()
    publish(service.broker, words.flat_battery())
    expect(row(page, "12 V battery")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("#link")).to_have_text("live", timeout=PATIENCE_MS)


def test_what_another_policy_would_do_stands_beside_and_its_end_is_told(
    page: Page, serve: Callable[..., Any], words: Any, publish: Callable[..., None], tmp_path: Path
) -> None:
    """A house that trusts no fix asks first: the truck goes all the same. Killed, that is told, and the house goes on."""
    (file := tmp_path / "other.yaml").write_text("place_accuracy: 1 m")
    service = serve("--open-demo", "--shadow", str(file))
    register(service.http, words)
    look_at(page, service.http)
    expect(page.get_by_role("tab", name="Shadow")).to_be_visible(timeout=PATIENCE_MS)
    publish(service.broker, words.truck(), words.flat_battery())
    expect(page.get_by_role("tab", name="Shadow")).to_contain_text("1", timeout=PATIENCE_MS)
    page.get_by_role("tab", name="Shadow").click()
    panel = page.locator("#panel-shadow")
    expect(panel).to_contain_text("truck-1 goes; instead: no truck", timeout=PATIENCE_MS)
    expect(panel).to_contain_text("place_accuracy 1.0 m. Since ")
    expect(row(page, "12 V battery")).to_contain_text("truck-1 asked")
    beside = next(one for one in psutil.Process(service.process.pid).children() if "dispatch.shadow" in one.cmdline())
    beside.kill()
    expect(panel).to_contain_text("It stopped, and the house decides as ever", timeout=PATIENCE_MS)
    publish(service.broker, words.truck(job={"id": "volta/car-1/1-2/tow", "state": "accepted"}))
    expect(row(page, "12 V battery")).to_contain_text("truck-1 due", timeout=PATIENCE_MS)
    page.get_by_role("tab", name="Trucks' day").click()


def test_what_others_name_their_things_is_text(
    page: Page, serve: Callable[..., Any], words: Any, publish: Callable[..., None]
) -> None:
    """Markup in an article's name stands there as it was written; the page breaks none of its own rules."""
    service = serve("--open-demo")
    register(service.http, words)
    httpx.post(f"{service.http}/api/v1/devices", json=[FRIDGE]).raise_for_status()
    httpx.post(f"{service.http}/api/v1/suppliers", json=[SUPPLIER]).raise_for_status()
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
    publish(service.broker, stock_of(HOSTILE))
    look_at(page, service.http)
    expect(row(page, HOSTILE)).to_be_visible(timeout=PATIENCE_MS)
    row(page, HOSTILE).click()
    expect(page.locator("#case-name")).to_contain_text(HOSTILE)
    expect(page.locator("#timeline")).to_contain_text("case opened", timeout=PATIENCE_MS)
    x, y = page.evaluate("(() => { const hit = callahead.map.hits.find((one) => one.id); return [hit.x, hit.y]; })()")
    page.locator("#map").hover(position={"x": x, "y": y})
    expect(page.locator("#map-tip")).to_contain_text(HOSTILE)
    assert page.evaluate("window.hacked") is None
    assert complaints == []
    page.evaluate("(markup) => { document.body.insertAdjacentHTML('beforeend', markup) }", HOSTILE)
    page.evaluate("new Promise((seen) => setTimeout(() => requestAnimationFrame(seen), 300))")
    assert page.evaluate("window.hacked") is None, "the policy lets no handler in an attribute run"
    assert any("script-src" in line for line in complaints)


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
    const one = new WebSocket(`${http.replace('http', 'ws')}/console/feed`);
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


GROUNDS = ("map", "map-green", "map-water", "map-built")
"""What a map is coloured in."""
PAIRS = (
    *((ink, paper, 4.5) for ink in ("ink", "muted", "late", "warn", "accent") for paper in ("paper", "card", "chosen")),
    *(("ink", "raised", 4.5), ("muted", "raised", 4.5), ("head-ink", "head", 4.5), ("head-muted", "head", 4.5)),
    *(
        ("late", "bad-paper", 4.5),
        ("warn", "warn-paper", 4.5),
        ("good", "good-paper", 4.5),
        ("story", "story-paper", 4.5),
    ),
    *(("accent-ink", "accent", 4.5), ("place-ink", "map", 4.5), ("critical", "critical-paper", 4.5)),
    *((bar, paper, 4.5) for bar in ("truck-driving", "truck-scene", "tow", "hook") for paper in ("bar-ink", "card")),
    *((shape, paper, 3.0) for shape in ("critical", "high", "medium", "low") for paper in ("card", "halo", *GROUNDS)),
    *((f"truck-{at}", ground, 3.0) for at in ("free", "asked", "driving", "scene", "off") for ground in GROUNDS),
    *((line, ground, 3.0) for line in ("route", "silent", "focus") for ground in GROUNDS),
    *(("place-ink", ground, 4.5) for ground in GROUNDS),
    ("focus", "card", 3.0),
)
"""Which ink stands on which paper, and how much they have to differ (WCAG 2.2 AA: text 4.5, shapes 3)."""


def luminance(colour: str) -> float:
    """Return how bright a colour is, as WCAG has it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_ink_can_be_read(theme: str) -> None:
    """In both themes; the dark one is the same whether it was chosen or is the system's."""
    style = (Path(desk_page.__file__).parent / "desk" / "desk.css").read_text("utf-8")
    blocks = re.findall(r":root[^{]*\{([^}]*)\}", style)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", blocks[0] + (blocks[1] if theme == "dark" else "")))
    assert blocks[1].split() == blocks[2].split()
    found = {}
    for ink, paper, least in PAIRS:
        lighter, darker = sorted((luminance(colours[ink]), luminance(colours[paper])), reverse=True)
        found[ink, paper] = (round((lighter + 0.05) / (darker + 0.05), 2), least)
    assert {pair: contrast for pair, contrast in found.items() if contrast[0] < contrast[1]} == {}


NEEDS = """async () => {
  const script = document.querySelector('script[type=module]').src;
  const needs = await import(script.replace('desk.js', 'needs.js'));
  const one = {truck_job: true, asks_first: false, order: null, place: [1, 2], doubt: null, escalated: [], raised: [],
    contact: 'spoken to', contact_at: 0, acknowledged_at: null, opened: 0, due: 2700,
    help: {state: 'promised', truck: 't', eta: 1000, promised: 700, silent: false}};
  const silent = {...one, help: {...one.help, silent: true}};
  const seen = {...one, acknowledged_at: 1100};
  const name = (it, now) => needs.need(it, now)[0];
  return [needs.lateness(one, 500), needs.lateness(one, 1420), name(one, 500), name(one, 1420), name(silent, 1420),
    name(seen, 1420), name({...one, due: 800}, 500), name({...one, help: null}, 500),
    name({...one, help: null, place: null}, 500), name({...one, help: null, asks_where: true}, 500),
    needs.missesTarget({...one, help: null}, 3000)];
}"""


def test_lateness_is_never_clamped_and_what_needs_a_person_stands_first(page: Page, serve: Callable[..., Any]) -> None:
    """A truck that is to come later than promised, and one that is overdue; what was seen is in hand until more happens."""
    page.goto(serve("--open-demo").http)
    found = page.evaluate(NEEDS)
    assert found[:2] == [300, 720]
    assert found[2:] == ["running", "late", "silent", "hand", "risk", "no_truck", "no_place", "no_place", 300]


def test_what_trucks_are_to_do_next_is_shown_and_each_time_that_it_became_another(
    page: Page, serve: Callable[..., Any], words: Any, publish: Callable[..., None], tmp_path: Path
) -> None:
    """The jobs behind the one at hand, when they should begin, and the record of the plan with what moved and how long it took."""
    policy = tmp_path / "policy.yaml"
    policy.write_text("plan: insertion\n", "utf-8")
    service = serve("--open-demo", "--policy", str(policy))
    register(service.http, words)
    publish(service.broker, words.truck(), *faults(words, 3))
    look_at(page, service.http)
    expect(page.locator(".group", has_text="Waits as planned")).to_contain_text("2", timeout=PATIENCE_MS)
    expect(page.locator(".case .status", has_text="truck-1 planned for")).to_have_count(2)
    expect(page.locator(".gantt .bar.later.scene")).to_have_count(2)
    expect(page.locator(".gantt .bar.plan.scene")).to_have_count(1)
    page.keyboard.press("5")
    record = page.locator(".replans > li").first
    expect(record).to_contain_text("a truck is needed")
    expect(record).to_contain_text(re.compile(r"nobody → truck-1"))
    expect(record.locator(".took")).to_have_text(re.compile(r"[\d.]+ ms, [\d,]+ routes"), timeout=PATIENCE_MS)
    record.locator("summary").click()
    record.get_by_role("button").click()
    expect(page.locator("#timeline")).to_contain_text("planned for help/truck-1", timeout=PATIENCE_MS)
    told = httpx.get(f"{service.http}/api/v1/plan").json()
    assert set(told["took_ms"]) == {str(one["number"]) for one in told["replans"]}


def _keep_an_area(page: Page) -> None:
    """What the map shows is kept under a name, lists what is in it, and is forgotten."""
    page.evaluate("callahead.map.goTo(10, 10, 12)")
    page.keyboard.press("f")
    page.get_by_role("button", name="Keep this area").click()
    page.locator("#act [name=name]").fill("Harbour")
    page.locator("#act").get_by_role("button", name="Keep it").click()
    expect(page.locator("#queue-count")).to_have_text("0 of 32 open")
    page.reload()
    expect(page.locator("#queue-count")).to_have_text("0 of 32 open", timeout=PATIENCE_MS)
    page.keyboard.press("f")
    page.get_by_role("button", name="Harbour", exact=True).click()
    expect(page.locator("#queue-count")).to_have_text("32 open")
    page.get_by_role("button", name="Harbour", exact=True).click()
    page.get_by_role("button", name="Forget Harbour").click()
    expect(page.locator("#queue-count")).to_have_text("32 open")
    expect(page.get_by_role("button", name="Harbour", exact=True)).to_have_count(0)


def faults(words: Any, count: int) -> Iterator[tuple[str, bytes]]:
    """So many cars whose battery is flat."""
    topic, payload = words.flat_battery()
    for number in range(count):
        name = f"car-{number + 10}"
        yield topic.replace("car-1", name), payload.replace(b"/car-1", f"/{name}".encode())


def test_no_row_moves_while_somebody_points_at_it(
    page: Page, serve: Callable[..., Any], words: Any, publish: Callable[..., None]
) -> None:
    """What is new is counted meanwhile, and stands in its place once the pointer is elsewhere. Search and filter are kept."""
    service = serve("--open-demo")
    publish(service.broker, *faults(words, 30))
    look_at(page, service.http)
    expect(page.locator("#queue-count")).to_have_text("30 open", timeout=PATIENCE_MS)
    assert page.locator(".case").count() < 30, "rows that are not in sight cost nothing"
    page.locator(".case").nth(2).hover()
    before = page.locator(".case").nth(2).get_attribute("data-case")
    publish(service.broker, words.truck(), *faults(words, 32))
    expect(page.locator("#queue-new")).to_have_text("2 new: show", timeout=PATIENCE_MS)
    assert page.locator(".case").nth(2).get_attribute("data-case") == before
    page.mouse.move(800, 300)
    expect(page.locator("#queue-count")).to_have_text("32 open", timeout=PATIENCE_MS)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".case[aria-selected=true]")).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.type("car-17")
    expect(page.locator(".case")).to_have_count(1)
    page.reload()
    expect(page.locator("#queue-count")).to_have_text("1 of 32 open", timeout=PATIENCE_MS)
    page.keyboard.press("Control+k")
    page.keyboard.type("clear")
    page.keyboard.press("Enter")
    expect(page.locator("#queue-count")).to_have_text("32 open")
    _keep_an_area(page)
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("#middle")).to_be_hidden()
    page.locator("#pages").get_by_role("button", name="Map").click()
    expect(page.locator("#middle")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1500, "height": 900})
    page.goto(f"{service.http}/board")
    expect(page.locator("#board-list li")).to_have_count(12, timeout=PATIENCE_MS)
    expect(page.locator("#queue")).to_be_hidden()


def test_the_page_reckons_as_the_desk_does_how_likely_somebody_is_to_phone(browser: Browser) -> None:
    """A log-normal's conditional probability within two minutes, at many ages; nothing for who rang in."""
    file = (HERE / "hazard.js").read_text("utf-8").replace("export ", "")
    page = browser.new_page()
    for since in (0, 30, 300, 3_000, 20_000):
        for hazard in USUAL.classes:
            told = [100.0, hazard.median_s, hazard.sigma]
            found = page.evaluate(f"() => {{ {file}; return phonesWithin({told}, {100 + since}) }}")
            assert found == pytest.approx(hazard.phones(since, SOON_S), abs=1e-4)
    assert page.evaluate(f"() => {{ {file}; return phonesWithin(null, 100) }}") is None
    page.close()
