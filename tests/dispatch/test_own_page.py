"""The customers' own page in a real browser: on a narrow telephone, at night, in English and in Persian, while things change."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dispatch.words import say
from gateway.contract.broker_address import BrokerAddress
from tests.conftest import forks
from tests.dispatch.map_tiles import tile_at, write_town

PATIENCE_MS = 20_000
NARROW = {"width": 340, "height": 720}
TOWN = (57.7035, 11.966)
"""Of which there is a map, latitude and longitude."""
HERE = {"latitude": 56.9512, "longitude": 24.1013, "accuracy": 7}
PICTURES = os.environ.get("CALLAHEAD_PICTURES")
"""Where pictures for the documents are written; none are where it is not set."""
MEASURED = """() => {
  const ink = (text) => text.match(/[\\d.]+/g).map(Number);
  const bright = ([r, g, b]) => {
    const part = (one) => ((one /= 255) <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const paper = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = ink(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const seen = (one) => one.checkVisibility() && one.getClientRects().length > 0;
  const faint = [...document.querySelectorAll("body *")].filter(seen).filter((one) => !one.closest("svg") && !one.disabled)
    .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((one) => [one.textContent.trim().slice(0, 30), bright(ink(getComputedStyle(one).color)), bright(paper(one))])
    .map(([text, a, b]) => [text, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]).filter(([, ratio]) => ratio < 4.5);
  const small = [...document.querySelectorAll("button, select, textarea, summary, label.check")].filter(seen)
    .map((one) => [one.textContent.trim(), one.getBoundingClientRect().height]).filter(([, high]) => high < 44);
  const unnamed = [...document.querySelectorAll("button, input, select, textarea")].filter(seen)
    .filter((one) => !(one.textContent.trim() || one.getAttribute("aria-label") || one.labels?.length));
  const wide = [...document.querySelectorAll("main *, header *")].filter(seen).filter((one) => !one.closest(".hidden, .skip"))
    .map((one) => [one.tagName, one.textContent.trim().slice(0, 30), one.getBoundingClientRect()])
    .filter(([, , box]) => box.left < 0 || box.right > window.innerWidth).map(([tag, text]) => `${tag} ${text}`);
  return { faint, small, unnamed: unnamed.length, wide };
}"""
SHIFTS = """() => { window.shifted = 0; new PerformanceObserver((list) => list.getEntries().forEach((one) => {
  if (!one.hadRecentInput) window.shifted += one.value; })).observe({type: 'layout-shift', buffered: true}); }"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """One service for all of these tests: addresses, as it tells them."""
    folder = tmp_path_factory.mktemp("serve")
    with (folder / "log").open("w") as log:
        process = forks().start("--port", "0", "--json", "--open-demo", "--dir", str(folder), stderr=log)
    assert process.stdout
    told: dict[str, Any] = json.loads(process.stdout.readline())
    vendors = [{"vendor": name, "provenance": "simulated"} for name in ("volta", "help")]
    httpx.post(f"{told['http']}/api/v1/vendors", json=vendors).raise_for_status()
    yield told
    process.terminate()
    process.wait(15)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A map of some of Gothenburg."""
    pytest.importorskip("pmtiles", reason="callahead[map] is not installed")
    pytest.importorskip("maplibre", reason="callahead[map] is not installed")
    return write_town(tmp_path_factory.mktemp("map") / "town.pmtiles", TOWN)


@pytest.fixture
def mapped(serve: Callable[..., Any], town: Path) -> dict[str, Any]:
    """A service that brings a map."""
    found = serve("--open-demo", "--map", str(town))
    vendors = [{"vendor": name, "provenance": "simulated"} for name in ("volta", "help")]
    httpx.post(f"{found.http}/api/v1/vendors", json=vendors).raise_for_status()
    return {"http": found.http, "broker": str(found.broker)}


class Roadside:
    """A customer whose car stands, and the one truck near enough."""

    def __init__(
        self,
        service: dict[str, Any],
        publish: Callable[..., None],
        name: str,
        language: str,
        at: tuple[float, float] | None = None,
    ) -> None:
        self.http, self._publish, self._broker = service["http"], publish, BrokerAddress.parse(service["broker"])
        self.customer, self.car, self.truck = f"c-{name}", f"volta/car-{name}", f"help/truck-{name}"
        self.case, self._said = f"{self.car}/1-1", 0
        self.north, self.east = at or (50.0 + len(name), 24.1)
        self.language = language

    def breaks_down(self) -> None:
        """It is registered, and its battery is flat."""
        phone = {"device": f"{self.car}-phone", "kind": "phone", "customer": self.customer, "provenance": "simulated"}
        car = phone | {"device": self.car, "kind": "car", "paired_phone": f"{self.car}-phone"}
        truck = {"device": self.truck, "kind": "truck", "provenance": "simulated", "skills": ["battery", "tow"]}
        who = {"customer": self.customer, "name": "Anna Ozola", "phone": "+37120000001", "language": self.language}
        self.post("devices", [phone, car, truck])
        self.post("customers", [who | {"provenance": "simulated", "time_zone": "Europe/Riga"}])
        frame = {
            "Vehicle.Powertrain.CombustionEngine.IsRunning": False,
            "Vehicle.LowVoltageBattery.CurrentVoltage": 8.1,
        }
        self.truck_says(0.1)
        self._says(
            self.car, "callahead.vehicle.fault.v1", {"codes": [{"code": "P0562"}], "freeze_frame": frame} | self._at(0)
        )

    def truck_says(self, north: float, job: str | None = None) -> None:
        """The truck is so many degrees north of the car; perhaps it says how its job stands."""
        told = {"job": {"id": f"{self.case}/tow", "state": job}} if job else {}
        self._says(self.truck, "callahead.truck.status.v1", self._at(north) | told)

    def post(self, path: str, body: Any) -> Any:
        """Ask the API; whoever is on this machine may."""
        answer = httpx.post(f"{self.http}/api/v1/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def link(self) -> str:
        """A link of the customer's page, as a message would carry it."""
        path = self.post("links", {"role": "customer", "owns": self.customer})["path"]
        return f"{self.http}/me#{path.rpartition('/')[2]}"

    def conversation(self) -> Any:
        """What an agent reads."""
        return httpx.get(f"{self.http}/api/v1/customers/{self.customer}/conversation").json()

    def rows(self, kind: str) -> list[Any]:
        """The ledger's rows of a kind."""
        told = httpx.get(f"{self.http}/api/v1/ledger", params={"limit": 5_000}).json()["rows"]
        return [json.loads(row["body"]) for row in told if row["type"] == kind]

    def taken_by(self) -> str:
        """Have agents take what waits until one has this customer; return who."""
        wanted = {"languages": ["en", "fa"], "provenance": "simulated", "wait_s": 5}
        for number in range(20):
            brief = self.post(f"agents/ilze-{number}/claim", wanted)
            if brief["customer"]["customer"] == self.customer:
                return f"ilze-{number}"
        raise AssertionError(self.customer)

    def _at(self, north: float) -> dict[str, Any]:
        fix = datetime.now(UTC).isoformat()
        where = {"latitude": self.north + north, "longitude": self.east, "accuracy_m": 8.0, "fix_time": fix}
        return {"position": where}

    def _says(self, device: str, kind: str, told: dict[str, Any]) -> None:
        self._said += device == self.truck
        number = self._said if device == self.truck else 1
        head = {
            "specversion": "1.0",
            "type": kind,
            "source": f"/{device}",
            "id": f"1-{number}",
            "provenance": "simulated",
        }
        event = head | {"time": datetime.now(UTC).isoformat(), "datacontenttype": "application/json", "data": told}
        self._publish(self._broker, (f"callahead/v1/{device}/event", json.dumps(event).encode()))


@pytest.fixture
def telephone(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages as telephones have them."""
    with telephones_of(browser) as start:
        yield start


@pytest.fixture
def whole_telephone(whole_browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages as telephones with a microphone and a camera have them."""
    with telephones_of(whole_browser) as start:
        yield start


@contextmanager
def telephones_of(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages as telephones have them; nothing fails on any, and none asks another server for anything."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def start(http: str, locale: str = "en-GB", scheme: str = "dark", **more: Any) -> Page:
        made = browser.new_context(
            viewport=NARROW, locale=locale, color_scheme=scheme, has_touch=True, timezone_id="Asia/Tehran", **more
        )
        contexts.append(made)
        page = made.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(f"({SHIFTS})()")
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda one: None if one.url.startswith((http, "data:", "blob:")) else errors.append(one.url))
        return page

    expect.set_options(timeout=PATIENCE_MS)
    yield start
    for context in contexts:
        context.close()
    assert errors == []


def opened(page: Page, link: str) -> None:
    """They tap the link of a message."""
    page.goto(link)
    expect(page.locator("body")).to_have_attribute("data-state", "shown")
    expect(page.locator("#link")).to_have_attribute("data-link", "live")
    assert "#" not in page.url


def looks_right(page: Page) -> None:
    """All of it can be read, hit and heard, and nothing stands over the edge."""
    found = page.evaluate(MEASURED)
    assert found == {"faint": [], "small": [], "unnamed": 0, "wide": []}


def picture(page: Page, name: str) -> None:
    """Keep a picture for the documents, where they are wanted."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / name, full_page=False)


def test_at_the_roadside_at_night(
    service: dict[str, Any], publish: Callable[..., None], telephone: Callable[..., Page]
) -> None:
    """Who comes is shown as it changes; a tap is an answer; chat goes both ways; where they are is what the telephone says."""
    scene = Roadside(service, publish, "a", "en")
    scene.breaks_down()
    page = telephone(scene.http, geolocation=HERE, permissions=["geolocation"])
    opened(page, scene.link())
    case = page.locator("article")
    expect(case).to_contain_text("12 V battery")
    expect(case.locator(".eta b")).to_have_text("Being looked for")  # nobody has promised to come
    scene.truck_says(0.1, "accepted")
    expect(case.locator(".eta b")).to_have_text(re.compile(r"^\d+ min$"))
    first = int(case.locator(".eta b").inner_text().split()[0])
    expect(case.locator(".eta")).to_contain_text(re.compile(r"Between \d\d:\d\d and \d\d:\d\d"))
    riga = datetime.now(ZoneInfo("Europe/Riga"))  # by the customer's clock, and not by Tehran's, where the telephone is
    hours = {one.strftime("%H") for one in (riga, riga + timedelta(hours=1))}
    assert set(re.findall(r"(\d\d):", case.locator(".eta").inner_text())) <= hours
    expect(page.locator(".sketch")).to_be_visible()
    scene.truck_says(0.02)
    expect(case.locator(".eta b")).not_to_have_text(f"{first} min")
    picture(page, "customers_page.png")
    looks_right(page)
    assert page.evaluate("window.shifted") < 0.1

    case.get_by_role("button", name="The car stands safely").click()
    expect(page.locator("#lines")).to_contain_text("The car stands safely")
    expect(case.get_by_role("button", name="The car stands safely")).to_have_count(0)
    case.get_by_role("button", name="Say where I am").click()
    page.get_by_role("button", name="Use the position of this telephone").click()
    expect(case.locator(".place")).to_contain_text("within 7 m")
    page.get_by_role("button", name="Yes, that is where I am").click()
    expect(page.locator("#lines")).to_contain_text("I am here")
    assert scene.conversation()["told"][scene.case]["place"]["channel"] == "chat"

    page.get_by_label("Write to us").fill("Is it <b>far</b>?")
    page.keyboard.press("Enter")
    expect(page.locator(".line").last).to_contain_text("Is it <b>far</b>?")
    expect(page.locator("#write")).to_have_value("")
    reply = {"ref": "a-1", "channel": "chat", "text": "Ten minutes. Stay behind the barrier.", "agent": "ilze"}
    scene.post(f"conversations/{scene.customer}/messages", reply)
    expect(page.locator(".line").last).to_contain_text("Stay behind the barrier.")
    expect(page.locator(".line").last).to_contain_text("An agent")
    scene.truck_says(0.0, "arrived")
    expect(case.locator(".eta b")).to_have_text("Has arrived")


def test_in_persian_from_right_to_left(
    service: dict[str, Any], publish: Callable[..., None], telephone: Callable[..., Page]
) -> None:
    """Their figures, their direction, by day; the wish for another language turns the page around at once."""
    scene = Roadside(service, publish, "bb", "fa")
    scene.breaks_down()
    page = telephone(scene.http, locale="fa-IR", scheme="light")
    opened(page, scene.link())
    scene.truck_says(0.1, "accepted")
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["fa", "rtl"]
    expect(page.locator(".eta b")).to_have_text(re.compile("^[\u06f0-\u06f9]+ دقیقه$"))
    assert not re.search(r"\d", re.sub("[\u06f0-\u06f9]", "", page.locator("article").inner_text()))
    expect(page.locator("h1")).to_have_text("صفحهٔ شما")
    heading, state = page.locator("h1").bounding_box(), page.locator("#link").bounding_box()
    assert heading
    assert state
    assert heading["x"] > state["x"]
    looks_right(page)
    picture(page, "customers_page_fa.png")
    page.get_by_role("button", name=say("page_a_has_stopped", "fa")).click()
    expect(page.locator(".line[data-side=customer]")).to_have_count(1)
    page.locator("#settings summary").click()
    page.get_by_label("زبان").select_option("lv")
    page.get_by_label(say("page_quiet", "fa")).check()
    page.locator("#save").click()
    expect(page.locator("h1")).to_have_text("Jūsu lapa")
    assert page.evaluate("document.documentElement.dir") == "ltr"
    wishes = scene.conversation()["preference"]
    assert (wishes["language"], wishes["quiet"]) == ("lv", "22:00-07:00@Europe/Riga")
    expect(page.locator("article .eta b")).to_have_text(re.compile(r"^\d+ minūtes$"))
    looks_right(page)


def test_the_truck_moves_on_the_map_of_the_house(
    mapped: dict[str, Any], publish: Callable[..., None], telephone: Callable[..., Page]
) -> None:
    """By our tiles alone, under a policy that lets nothing else in; said in words, too."""
    scene = Roadside(mapped, publish, "map", "en", TOWN)
    scene.breaks_down()
    page = telephone(scene.http, geolocation=HERE, permissions=["geolocation"])
    broken: list[str] = []
    page.on("console", lambda line: broken.append(line.text) if "Content Security Policy" in line.text else None)
    opened(page, scene.link())
    scene.truck_says(0.02, "accepted")
    case = page.locator("article")
    shown = case.locator(".map[role=img]")
    truck = shown.locator("[data-mark=truck]")
    expect(truck).to_be_visible()
    expect(shown.locator("[data-mark=here]")).to_be_visible()
    expect(shown).to_have_attribute("aria-label", "The truck is 2.2 km from you.")
    expect(case.locator(".credit").last).to_have_text("© OpenStreetMap contributors, ODbL 1.0")
    expect(case.locator(".sketch")).to_have_count(0)
    looks_right(page)
    assert page.evaluate("window.shifted") < 0.1
    shown.scroll_into_view_if_needed()
    picture(page, "customers_page_map.png")
    scene.truck_says(0.01)
    expect(shown).to_have_attribute("aria-label", "The truck is 1.1 km from you.")
    expect(truck).to_be_visible()
    assert broken == []


def test_where_they_are_is_marked_on_the_map(
    mapped: dict[str, Any], publish: Callable[..., None], telephone: Callable[..., Page]
) -> None:
    """A tap marks it, arrows move the mark, and so does the telephone; so well as the map was near, it is known."""
    scene = Roadside(mapped, publish, "mark", "en", TOWN)
    scene.breaks_down()
    page = telephone(scene.http, geolocation=HERE, permissions=["geolocation"])
    opened(page, scene.link())
    case = page.locator("article")
    case.get_by_role("button", name="Say where I am").click()
    picking = case.get_by_role("application")
    yes = case.get_by_role("button", name="Yes, that is where I am")
    expect(case.locator(".place")).to_contain_text("Or tap your place on the map.")
    expect(yes).to_be_hidden()
    expect(picking.locator("canvas")).to_be_visible()
    picking.click(position={"x": 100, "y": 100})
    expect(case.locator(".place")).to_contain_text(re.compile(r"Your place is marked, to within \d+ m\."))
    looks_right(page)
    before = picking.locator("[data-mark=here]").bounding_box()
    picking.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    after = picking.locator("[data-mark=here]").bounding_box()
    assert before
    assert after
    assert (round(after["x"] - before["x"]), round(after["y"] - before["y"])) == (16, -80)
    page.keyboard.press("+")
    expect(case.locator(".place")).to_contain_text("Your place is marked")
    yes.click()
    expect(picking).to_have_count(0)
    expect(page.locator("#lines")).to_contain_text("I am here")
    (said,) = [one for one in scene.rows("CustomerAnswered") if one["answer"] == "place"]
    assert said["place"]["latitude"] == pytest.approx(scene.north, abs=0.02)
    assert said["place"]["longitude"] == pytest.approx(scene.east, abs=0.02)
    assert 5 <= said["place"]["accuracy_m"] <= 100

    case.get_by_role("button", name="Say where I am").click()
    page.get_by_role("button", name="Use the position of this telephone").click()
    expect(case.locator(".place")).to_contain_text("within 7 m")
    expect(picking.locator("[data-mark=here]")).to_be_visible()
    page.keyboard.press("Enter")
    expect(picking).to_have_count(0)
    said = [one for one in scene.rows("CustomerAnswered") if one["answer"] == "place"][-1]
    assert (said["place"]["latitude"], said["place"]["accuracy_m"]) == (HERE["latitude"], 7.0)


def test_who_has_no_webgl_sees_the_sketch_and_marks_by_the_telephone(
    mapped: dict[str, Any], publish: Callable[..., None], telephone: Callable[..., Page]
) -> None:
    """In Persian, and nothing of the map is fetched; tiles are for whoever is let in."""
    scene = Roadside(mapped, publish, "bare", "fa", TOWN)
    scene.breaks_down()
    page = telephone(scene.http, locale="fa-IR", geolocation=HERE, permissions=["geolocation"])
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.add_init_script(
        "const was = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...more) {"
        " return /webgl/.test(kind) ? null : was.call(this, kind, ...more); };"
    )
    opened(page, scene.link())
    scene.truck_says(0.02, "accepted")
    expect(page.locator(".sketch")).to_be_visible()
    page.get_by_role("button", name=say("page_a_place", "fa")).click()
    expect(page.locator(".map.picking")).to_be_hidden()
    page.get_by_role("button", name=say("page_place_use", "fa")).click()
    page.get_by_role("button", name=say("page_place_send", "fa")).click()
    expect(page.locator(".line[data-side=customer]")).to_have_count(1)
    assert not [one for one in asked if "maplibre" in one or "/map/" in one]
    told = json.loads(page.locator("body").get_attribute("data-map") or "")
    column, row = (int(one) for one in tile_at(TOWN[1], TOWN[0], 12))
    path = told["tiles"].format(z=12, x=column, y=row)
    assert page.request.get(scene.http + path).status == 200
    assert page.request.get(scene.http + told["tiles"].format(z=12, x=0, y=0)).status == 204
    httpx.post(f"{scene.http}/api/v1/accounts", json={"name": "boss", "role": "administrator"}).raise_for_status()
    assert httpx.get(scene.http + path).status_code == 401


def test_by_keyboard_alone_with_a_lost_line_and_an_old_link(
    service: dict[str, Any], publish: Callable[..., None], telephone: Callable[..., Page]
) -> None:
    """What is written is kept until it is taken; twice is once; consent, leaving, and what an old link says."""
    scene = Roadside(service, publish, "ccc", "en")
    scene.breaks_down()
    page = telephone(scene.http, locale="ru-RU")
    opened(page, scene.link())
    expect(page.locator("h1")).to_have_text("Your page")  # as they are registered, whatever the telephone speaks
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the conversation")).to_be_focused()
    page.keyboard.press("Enter")
    page.context.set_offline(offline=True)
    page.get_by_label("Write to us").fill("Hello?")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("did not go through")
    expect(page.locator("#write")).to_have_value("Hello?")
    page.context.set_offline(offline=False)
    page.get_by_label("Write to us").press("Enter")
    expect(page.locator(".line[data-side=customer]")).to_have_count(1)
    page.locator("#consents summary").press("Enter")
    page.get_by_label("You may ring me about what broke").press("Space")
    expect(page.get_by_role("button", name="Call me now")).to_have_count(0)
    page.locator("#yours summary").press("Enter")
    page.locator("#erase").press("Enter")
    page.locator("#erase-yes").press("Enter")
    expect(page.locator(".line[data-side=customer]").last).to_contain_text("Please erase all that you know of me.")
    with page.expect_download() as kept:
        page.locator("#export").press("Enter")
    assert json.loads(Path(kept.value.path()).read_text("utf-8"))["customer"] == scene.customer
    page.locator("#leave").press("Enter")
    expect(page.locator("#old")).to_contain_text("You have left")
    assert "Anna" not in page.content()
    page.goto(f"{scene.http}/me#AAAAAAAAAAAAAAAAAAAAAA")  # where nothing is shown any more, a link begins anew
    expect(page.locator("#old")).to_contain_text("Эта ссылка больше не действует")
    page.get_by_role("button", name="Пришлите мне новую").click()
    expect(page.locator("#old-after")).to_have_text("Позвоните нам: номер указан в вашем договоре.")
    looks_right(page)


def test_a_voice_message_is_recorded_heard_again_sent_and_heard_by_the_agent(
    service: dict[str, Any],
    publish: Callable[..., None],
    whole_telephone: Callable[..., Page],
    eventually: Callable[..., Any],
) -> None:
    """Made of what the microphone hears; thinking better of it sends nothing; an agent hears it by one key, and that is a row."""
    scene = Roadside(service, publish, "voice", "en")
    scene.breaks_down()
    page = whole_telephone(scene.http, permissions=["microphone"])
    opened(page, scene.link())
    page.get_by_role("button", name="Voice message").click()
    expect(page.locator("#voice")).to_contain_text("1 of 60 s")
    page.locator("#voice").get_by_role("button", name="Cancel").click()
    expect(page.locator("#voice")).to_be_hidden()
    expect(page.get_by_role("button", name="Voice message")).to_be_focused()
    page.keyboard.press("Enter")  # by keyboard alone from here on
    expect(page.locator("#voice-stop")).to_be_focused()
    expect(page.locator("#voice")).to_contain_text("2 of 60 s")
    looks_right(page)
    page.keyboard.press("Enter")
    own = page.locator("#voice audio")
    expect(own).to_be_visible()
    eventually(
        lambda: page.evaluate("document.querySelector('#voice audio').duration > 1.9")
    )  # every browser knows how long a WAV is
    looks_right(page)
    page.get_by_label("Words to go with it").fill("It rattles like this")
    picture(page, "customers_page_voice.png")
    page.locator("#voice-send").press("Enter")
    line = page.locator(".line[data-side=customer]")
    expect(line).to_contain_text("It rattles like this")
    expect(page.locator("#voice")).to_be_hidden()
    page.get_by_role("button", name=re.compile(r"Listen: Voice message, [234] s")).click()
    eventually(lambda: page.evaluate("document.querySelector('.line audio')?.currentTime > 0"))
    looks_right(page)
    (said,) = [one for one in scene.conversation()["lines"] if one["voice_s"]]
    assert 1.9 <= said["voice_s"] <= 4

    desk = whole_telephone(scene.http, scheme="light")
    desk.set_viewport_size({"width": 1500, "height": 950})
    who = scene.taken_by()
    kept = json.dumps({"languages": ["en", "fa"], "reads": "en", "simulated": True})
    desk.add_init_script(f"localStorage.setItem('callahead-agent:{who}', {json.dumps(kept)})")
    desk.goto(f"{scene.http}/agent?agent={who}")
    heard = desk.locator("#history .hear")
    expect(heard).to_have_text(re.compile(r"▶ Voice message, 0:0\d"))
    expect(desk.locator("#history li").filter(has_text="Voice message")).to_contain_text("Customer · Chat")
    desk.locator("#talk").focus()
    desk.keyboard.press("V")
    eventually(lambda: desk.evaluate("document.querySelector('#history audio')?.currentTime > 0"))
    assert [(one["customer"], one["by"], one["message"]) for one in scene.rows("VoicePlayed")] == [
        (scene.customer, f"demo-{who}", said["key"])
    ]
    expect(desk.locator("#history audio")).to_have_count(0)  # it is over
    desk.keyboard.press("V")
    eventually(lambda: desk.evaluate("document.querySelector('#history audio')?.currentTime > 0"))


def test_a_voice_message_that_is_refused_says_why_in_their_language(
    service: dict[str, Any], publish: Callable[..., None], whole_telephone: Callable[..., Page]
) -> None:
    """A microphone that may not be used, one that hears nothing, and one that was stopped at once."""
    scene = Roadside(service, publish, "mute", "fa")
    page = whole_telephone(scene.http, locale="fa-IR", permissions=["microphone"])
    scene.breaks_down()
    page.add_init_script(MUTED)
    opened(page, scene.link())
    speak = page.locator("#speak")
    speak.click()
    expect(page.locator("#said")).to_have_text(say("page_voice_denied", "fa"))
    speak.click()
    page.locator("#voice-stop").click()
    expect(page.locator("#said")).to_have_text(say("page_voice_empty", "fa"))
    speak.click()
    expect(page.locator("#voice [role=timer]")).to_contain_text("\u06f1 ")
    page.locator("#voice-stop").click()
    page.locator("#voice-send").click()
    expect(page.locator("#said")).to_have_text(say("page_voice_silent", "fa"))
    looks_right(page)
    page.locator("#voice").get_by_role("button", name=say("page_cancel", "fa")).click()
    assert page.locator(".line[data-side=customer]").count() == 0


MUTED = """(() => {
  const asked = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  let first = true;
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    if (first) { first = false; throw new DOMException("no", "NotAllowedError"); }
    const stream = await asked(wanted);
    for (const track of stream.getTracks()) track.enabled = false;
    return stream;
  };
})()"""
"""Refused the first time, and muted from then on."""
AGENTS_SIDE = """async ([path, where]) => {
  const { videoCall } = await import(path);
  window.states = [];
  window.call = videoCall(where, { said: (state) => window.states.push(state), show: (stream) => {
    const seen = Object.assign(document.createElement("video"), { id: "seen", muted: true, srcObject: stream });
    document.body.append(seen);
    seen.play();
  } });
}"""


def test_video_from_browser_to_browser_with_whom_has_the_conversation_alone(
    service: dict[str, Any],
    publish: Callable[..., None],
    whole_telephone: Callable[..., Page],
    eventually: Callable[..., Any],
) -> None:
    """They are asked first; the picture arrives; it ends with a tap; whoever has not their conversation sees nothing."""
    scene = Roadside(service, publish, "dddd", "en")
    scene.breaks_down()
    page = whole_telephone(scene.http, permissions=["camera", "microphone"])
    opened(page, scene.link())
    agent = whole_telephone(scene.http)
    agent.goto(f"{scene.http}/me")  # a page of ours; it is nobody's here
    files = page.locator("body").get_attribute("data-files")
    ask = [f"{files}/video.js", f"/video?customer={scene.customer}&agent=ilze"]
    agent.evaluate(AGENTS_SIDE, ask)
    eventually(lambda: agent.evaluate("window.states.includes('not_allowed')"))
    page.get_by_label("Write to us").fill("It smokes, look")
    page.keyboard.press("Enter")
    expect(page.locator(".line[data-side=customer]")).to_have_count(1)
    ask[1] = f"/video?customer={scene.customer}&agent={scene.taken_by()}"
    expect(page.locator("#video")).to_be_hidden()
    agent.evaluate(AGENTS_SIDE, ask)
    page.get_by_role("button", name="Show my camera").click()
    expect(page.locator("#video")).to_contain_text("The agent sees your camera now.")
    eventually(lambda: agent.evaluate("document.querySelector('#seen')?.videoWidth > 0"))
    looks_right(page)
    page.get_by_role("button", name="End the video").click()
    eventually(lambda: agent.evaluate("window.states.includes('gone')"))
    expect(page.locator("#video")).to_be_hidden()
