"""The agent's page in a real browser: the brief before the voice, a whole call by keys alone, and whoever vanishes is seen."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from gateway.contract.broker_address import BrokerAddress

PATIENCE_MS = 20_000
NUMBERS = count(1)
PICTURES = os.environ.get("CALLAHEAD_PICTURES")
"""Where pictures for the documents are written; none are where it is not set."""
VENDORS = [{"vendor": name, "provenance": "simulated"} for name in ("volta", "help")]


class Broken:
    """A car that breaks in a town of its own, its owner, and perhaps a truck."""

    def __init__(self, http: str, broker: BrokerAddress, publish: Callable[..., None]) -> None:
        number = next(NUMBERS)
        self.http, self.broker, self.publish = http, broker, publish
        self.car, self.owner, self.name = f"volta/car-{number}", f"c-{number}", f"Anna {chr(64 + number)}ovska"
        self.truck = f"help/truck-{number}"
        self.latitude = 50.0 + number * 0.4
        self.said: dict[str, int] = {}
        self._register()

    def _register(self) -> None:
        phone = {"device": f"{self.car}-phone", "kind": "phone", "customer": self.owner, "provenance": "simulated"}
        car = phone | {"device": self.car, "kind": "car", "paired_phone": f"{self.car}-phone"}
        truck = {"device": self.truck, "kind": "truck", "provenance": "simulated", "skills": ["battery", "tow"]}
        httpx.post(f"{self.http}/api/v1/devices", json=[phone, car, truck]).raise_for_status()
        who = {"customer": self.owner, "name": self.name, "phone": "+37120000001", "language": "lv"}
        httpx.post(f"{self.http}/api/v1/customers", json=[who | {"provenance": "simulated"}]).raise_for_status()

    def breaks(self, *, accuracy_m: float | None = 8.0, truck: bool = True) -> None:
        """Its battery is flat; ``accuracy_m``: how well it knows where it is, ``None``: not at all."""
        frame = {
            "Vehicle.Powertrain.CombustionEngine.IsRunning": False,
            "Vehicle.LowVoltageBattery.CurrentVoltage": 8.1,
        }
        broken: dict[str, Any] = {"codes": [{"code": "P0562"}], "freeze_frame": frame}
        if accuracy_m is not None:
            broken["position"] = self._at(0.0, accuracy_m)
        if truck:
            self._say(self.truck, "callahead.truck.status.v1", {"position": self._at(0.003, 8.0)})
        self._say(self.car, "callahead.vehicle.fault.v1", broken)

    def stands_by(self) -> None:
        """The truck is there."""
        self._say(self.truck, "callahead.truck.status.v1", {"position": self._at(0.003, 8.0)})

    def promises(self) -> None:
        """The truck that was asked says that it comes."""
        job = {"id": f"{self.car}/1-1/tow", "state": "accepted"}
        self._say(self.truck, "callahead.truck.status.v1", {"position": self._at(0.003, 8.0), "job": job})

    def _at(self, north: float, accuracy_m: float) -> dict[str, Any]:
        fix = datetime.now(UTC).isoformat()
        return {"latitude": self.latitude + north, "longitude": 24.1, "accuracy_m": accuracy_m, "fix_time": fix}

    def _say(self, device: str, kind: str, told: dict[str, Any]) -> None:
        number = self.said[device] = self.said.get(device, 0) + 1
        head = {"specversion": "1.0", "type": kind, "source": f"/{device}", "id": f"1-{number}"}
        head |= {"time": datetime.now(UTC).isoformat(), "datacontenttype": "application/json"}
        event = head | {"provenance": "simulated", "data": told}
        self.publish(self.broker, (f"callahead/v1/{device}/event", json.dumps(event).encode()))


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that agents share."""
    found = browser.new_context(viewport={"width": 1500, "height": 950})
    found.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    yield found
    found.close()


class House:
    """A service with nobody to log in, its agents' pages, and what breaks."""

    def __init__(self, service: Any, context: BrowserContext, publish: Callable[..., None]) -> None:
        self.service, self.http, self.broker = service, service.http, service.broker
        self.context, self.publish = context, publish
        self.errors: list[str] = []
        httpx.post(f"{self.http}/api/v1/vendors", json=VENDORS).raise_for_status()

    def agent(self, name: str = "agent-7", languages: tuple[str, ...] = ("lv", "en")) -> Page:
        """An agent's page, who has said once what they speak."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self.errors.append(line.text) if self._counts(line) else None)
        kept = json.dumps({"languages": languages, "reads": "en", "simulated": True})
        page.add_init_script(f"localStorage.setItem('callahead-agent:{name}', {json.dumps(kept)})")
        page.goto(f"{self.http}/agent?agent={name}")
        expect(page.locator("#link")).to_have_text("live")
        return page

    def _counts(self, line: Any) -> bool:
        """What a page asked for and was refused, the browser tells as well."""
        return line.type == "error" and "Failed to load resource" not in line.text and "WebSocket" not in line.text

    def car(self) -> Broken:
        """Another car."""
        return Broken(self.http, self.broker, self.publish)

    def agent_state(self, name: str) -> str:
        """How an agent is by the service; their page shows it before that. Empty: not known yet."""
        return str(httpx.get(f"{self.http}/api/v1/agents/{name}").json().get("state", ""))

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """The ledger's rows of a type."""
        told = httpx.get(f"{self.http}/api/v1/ledger", params={"limit": 5_000}).json()["rows"]
        return [json.loads(row["body"]) for row in told if row["type"] == kind]


@pytest.fixture
def house(
    serve: Callable[..., Any], context: BrowserContext, publish: Callable[..., None], tmp_path: Path
) -> Iterator[House]:
    """One house, that may offer something; nothing fails in its browser."""
    (tmp_path / "policy.yaml").write_text("offers: true\n")
    found = House(serve("--open-demo", "--policy", str(tmp_path / "policy.yaml")), context, publish)
    yield found
    for page in context.pages:
        page.close()
    assert found.errors == []


def test_the_brief_is_on_the_screen_before_anybody_speaks(house: House) -> None:
    """Assigned, shown, and only then connected; who, what, where, what comes and what to say, in both languages."""
    page, car = house.agent(), house.car()
    page.keyboard.press("r")
    expect(page.locator("#phase")).to_have_text("Ready")
    car.breaks()
    expect(page.locator("#headline")).to_contain_text("12 V battery")
    assert house.rows("AssignCall")
    assert house.rows("CallConnected") == []
    expect(page.locator("#phase")).to_have_text("Ringing")
    expect(page.locator("#name")).to_have_text(car.name)
    expect(page.locator("#person-facts")).to_contain_text("+37120000001")
    expect(page.locator("#person-facts")).to_contain_text("Latvian")
    expect(page.locator("#say-list .says").first).to_have_text("Šeit Callahead.")
    expect(page.locator("#say-list .says").first).to_have_attribute("lang", "lv")
    expect(page.locator("#say-list small").first).to_have_text("This is Callahead.")
    expect(page.locator("#say-list li.must")).not_to_have_count(0)
    expect(page.locator("#on-the-way")).to_contain_text("has not promised yet")
    car.promises()
    expect(page.locator("#eta")).to_contain_text(re.compile(r"truck-\d+ (in|is due)"))
    page.keyboard.press("a")
    expect(page.locator("#phase")).to_have_text("Talking")
    assert [row["agent"] for row in house.rows("CallConnected")] == ["agent-7"]
    page.keyboard.press("i")
    expect(page.locator("#phase")).to_have_text("Wrap-up")
    page.keyboard.press("e")
    expect(page.locator("#phase")).to_have_text("Ready")
    expect(page.locator("#idle-head")).to_be_visible()
    assert [(row["outcome"], row["attempt"]) for row in house.rows("CallEnded")] == [("informed", 1)]


ON_MAP = """() => {
  const { state } = window.callahead, { map } = state.map, canvas = document.querySelector("#map canvas.facts");
  const hit = state.map.hits.find((one) => one.id !== undefined && one.id === state.selected);
  if (!hit) return null;
  const ratio = canvas.width / map.getSize().x;
  return canvas.getContext("2d").getImageData(hit.x * ratio - 2, hit.y * ratio + 4, 4, 4).data[3] > 0 && map.getSize().y > hit.y;
}"""
"""Is the chosen case drawn on the map, within what is seen of it?"""


TOLD_OF_NO_CASE = """() => {
  const { state } = window.callahead, hear = state.hear.bind(state);
  state.hear = ({ cases, ...said }) => hear(said);
}"""


def test_where_it_is_stands_on_the_map_with_the_brief(house: House, eventually: Callable[..., Any]) -> None:
    """Also as long as the picture of everything, which another process makes, tells nothing of it."""
    page = house.agent()
    page.evaluate(TOLD_OF_NO_CASE)
    page.keyboard.press("r")
    car = house.car()
    car.breaks()
    expect(page.locator("#headline")).to_contain_text("battery")
    eventually(lambda: page.evaluate(ON_MAP), within_s=1.0)
    assert page.evaluate("window.callahead.state.cases.size") == 0
    page.close()

    page = house.agent("agent-8")
    page.keyboard.press("r")
    other = house.car()
    other.breaks()
    expect(page.locator("#headline")).to_contain_text("battery")
    eventually(lambda: page.evaluate(ON_MAP), within_s=1.0)
    other.promises()
    expect(page.locator("#eta")).to_contain_text("between")
    page.keyboard.press("a")
    expect(page.locator("#phase")).to_have_text("Talking")
    for _ in range(2):
        page.keyboard.press(".")
    eventually(lambda: page.evaluate("window.callahead.state.map.hits.some((one) => one.truck)"))
    if PICTURES:
        page.set_viewport_size({"width": 1360, "height": 820})
        page.screenshot(path=Path(PICTURES) / "agent.png")


def test_a_whole_call_by_keys_alone_with_place_and_wants_help(house: House) -> None:
    """What is owed is asked before it can be ended: whether somebody shall come, and where it is, in words and on the map."""
    page, car = house.agent(), house.car()
    page.keyboard.press("r")
    car.breaks(accuracy_m=None, truck=False)
    expect(page.locator("#owed-where")).to_be_visible()
    doubt(house, car)
    expect(page.locator("#owed-help")).to_be_visible()
    page.keyboard.press("a")
    expect(page.locator("#phase")).to_have_text("Talking")
    page.keyboard.press(".")
    expect(page.locator("#say-list input").first).to_be_checked()
    page.keyboard.press("i")
    said(page, "whether somebody shall come")
    page.keyboard.press("y")
    expect(page.locator("#wants-said")).to_contain_text("Yes")
    page.keyboard.press("i")
    said(page, "where it is")
    page.keyboard.press("g")
    page.keyboard.type("Nowhere at all")
    page.keyboard.press("Enter")
    expect(page.locator("#act .refused")).to_contain_text("No place of that name")
    page.locator("[name=where]").fill(f"{car.latitude}, 24.1")
    page.keyboard.press("Enter")
    expect(page.locator("#place-said")).to_contain_text(f"{car.latitude:.4f}")
    page.keyboard.press("l")
    expect(page.locator("#map-pick")).to_be_visible()
    for key in ("ArrowUp", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#place-said")).to_contain_text("on the map")
    assert page.evaluate("document.activeElement.id") == "talk", "nobody is put nowhere"
    page.keyboard.press("i")
    expect(page.locator("#phase")).to_have_text("Wrap-up")
    (ended,) = house.rows("CallEnded")
    assert ended["wants_help"] is True
    assert ended["place"]["latitude"] == pytest.approx(car.latitude, abs=0.05)
    assert ended["place"]["source"] == "customer"


def test_what_may_help_is_asked_for_by_a_key_and_said_of_by_another(house: House) -> None:
    """By the case at once, by what they say then; in the agent's language with theirs beside it."""
    page, car = house.agent(), house.car()
    page.keyboard.press("r")
    car.breaks()
    expect(page.locator("#headline")).to_contain_text("battery")
    page.keyboard.press("a")
    expect(page.locator("#phase")).to_have_text("Talking")
    page.keyboard.press("H")
    first = page.locator("#hint-list > li").first
    expect(first).to_have_attribute("data-article", "car_battery_flat")
    expect(first.locator("div").first).to_contain_text("Flat starter battery")
    expect(first.locator("div[lang=lv]")).to_contain_text("Tukšs startera akumulators")
    page.keyboard.press("1")
    said(page, "it moves up")
    assert [(row["article"], row["verdict"], row["agent"]) for row in house.rows("HintJudged")] == [
        ("car_battery_flat", "used", "agent-7")
    ]
    page.keyboard.press("H")
    page.locator("#hint-words input").fill("I lost my bank card, block it please")
    page.keyboard.press("Enter")
    expect(first).to_have_attribute("data-article", "card_lost")
    expect(first.locator("button").first).to_be_focused()
    page.keyboard.press("4")
    said(page, "it moves down")
    assert [row["about"] for row in house.rows("HintsShown")] == ["car/battery_12v"] * 3
    assert not [row for row in house.rows("HintsShown") if "bank" in json.dumps(row)]


def doubt(house: House, car: Broken) -> None:
    """A dispatcher says that it is in doubt what is broken."""
    case = next(one for one in httpx.get(f"{house.http}/api/v1/cases").json() if one["device"] == car.car)
    body = {"ref": f"doubt-{car.owner}", "case": case["case"], "seen": case["version"], "part": "battery_12v"}
    answer = httpx.post(f"{house.http}/api/v1/cases/correct", json=body | {"grade": "ask", "reason": "not sure"})
    answer.raise_for_status()


def said(page: Page, what: str) -> None:
    """It is said at the foot of the page."""
    expect(page.locator("#said")).to_contain_text(what)


def test_what_fits_is_offered_by_keys_once_it_is_solved(house: House) -> None:
    """In their language and the agent's, with why; not before they agreed; what they say is noted, and it is carried out."""
    page, owner = house.agent(), house.car().owner
    held = {"customer": owner, "product": "s-1", "kind": "savings_account", "rate": "0.5", "balance": "4650.00"}
    httpx.post(f"{house.http}/api/v1/products", json=[held | {"currency": "EUR"}]).raise_for_status()
    page.keyboard.press("r")
    ringing = {"ref": "tom", "customer": owner}
    httpx.post(f"{house.http}/api/v1/calls/inbound", json=ringing).raise_for_status()
    expect(page.locator("#phase")).to_have_text("Ringing")
    expect(page.locator("#offer-part")).to_be_hidden()
    page.keyboard.press("a")
    expect(page.locator("#offer-part")).to_be_visible()
    page.keyboard.press("*")
    expect(page.locator("#offer-says")).to_have_text("Nothing: they have not agreed to be offered things.")
    agreed = {"purpose": "offers", "given": True, "way": "telephone"}
    httpx.post(f"{house.http}/api/v1/customers/{owner}/consent", json=agreed).raise_for_status()
    page.keyboard.press("*")
    expect(page.locator("#offer-says")).to_contain_text("par 93,00 € gadā vairāk")
    expect(page.locator("#offer-beside")).to_contain_text("€93.00 more a year")
    expect(page.locator("#offer-why li").nth(1)).to_have_text("suitable: 2.5% instead of 0.5% a year")
    page.keyboard.press("T")
    said(page, "its terms are written to them")
    expect(page.locator("[data-deed=offer-yes]")).to_be_hidden()
    (task,) = house.rows("OpenProduct")
    assert (task["offer"], task["agent"], task["customer"]) == ("better_savings", "agent-7", owner)


def test_a_page_that_was_killed_comes_back_with_every_word(house: House) -> None:
    """What they have in hand is theirs still, what was typed and ticked is there, and the call goes on; at its end it is gone."""
    page, car = house.agent(), house.car()
    page.keyboard.press("r")
    car.breaks(accuracy_m=None)
    expect(page.locator("#owed-where")).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.press(".")
    page.keyboard.press("g")
    page.keyboard.type("Behind the mill")
    page.reload()
    expect(page.locator("#phase")).to_have_text("Talking")
    expect(page.locator("#say-list input").first).to_be_checked()
    page.keyboard.press("g")
    expect(page.locator("[name=where]")).to_have_value("Behind the mill")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    expect(page.locator("#phase")).to_have_text("Wrap-up")
    page.keyboard.press("e")
    expect(page.locator("#phase")).to_have_text("Ready")
    assert page.evaluate("Object.keys(sessionStorage).filter((one) => one.includes('draft')).length") == 0
    assert [row["outcome"] for row in house.rows("CallEnded")] == ["declined_help"]


def test_of_two_pages_the_one_that_was_opened_last_counts(house: House) -> None:
    """The other one says so, takes nothing, and can be made the one that counts by a key."""
    first = house.agent()
    first.keyboard.press("r")
    second = house.agent()
    expect(first.locator("#banner")).to_contain_text("does not count")
    second.keyboard.press("r")
    car = house.car()
    car.breaks()
    expect(second.locator("#name")).to_have_text(car.name)
    expect(first.locator("#idle")).to_be_visible()
    first.keyboard.press("r")
    expect(first.locator("#name")).to_have_text(car.name)
    expect(second.locator("#banner")).to_contain_text("does not count")


def test_whoever_pauses_gets_nothing_and_what_is_taken_back_is_told(house: House) -> None:
    """By a number key, with its reason; then the customer rings in while we ring them: the call is no longer theirs."""
    page, car = house.agent(), house.car()
    page.keyboard.press("r")
    expect(page.locator("#phase")).to_have_text("Ready")
    page.keyboard.press("p")
    page.keyboard.press("2")
    expect(page.locator("#phase")).to_have_text("Paused: Meal")
    car.breaks()
    queued = f"{house.http}/api/v1/queue"
    page.wait_for_function(f"fetch('{queued}').then((it) => it.json()).then((it) => it.length === 1)")
    expect(page.locator("#idle")).to_be_visible()
    page.keyboard.press("r")
    expect(page.locator("#name")).to_have_text(car.name)
    rings = {"ref": "exchange-1", "customer": car.owner}
    httpx.post(f"{house.http}/api/v1/calls/inbound", json=rings).raise_for_status()
    said(page, "no longer yours")
    expect(page.locator("#channel-line")).to_contain_text("They ring us")


def test_a_service_that_was_away_loses_nobody(house: House, serve: Callable[..., Any]) -> None:
    """It is said at once, tried again by itself, and what was in hand is in hand."""
    page, car = house.agent(), house.car()
    page.keyboard.press("r")
    car.breaks()
    expect(page.locator("#headline")).to_contain_text("battery")
    page.keyboard.press("a")
    expect(page.locator("#phase")).to_have_text("Talking")
    house.service.kill()
    expect(page.locator("#banner")).to_contain_text("No connection")
    page.keyboard.press("i")
    said(page, "no connection")
    serve("--open-demo", "--port", house.http.rpartition(":")[2])
    expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator("#phase")).to_have_text("Talking")
    page.keyboard.press("i")
    expect(page.locator("#phase")).to_have_text("Wrap-up")


def takes(page: Page, car: Broken) -> None:
    """The car breaks, its owner is rung, and they answer."""
    car.breaks()
    expect(page.locator("#name")).to_have_text(car.name)
    page.keyboard.press("a")
    expect(page.locator("#phase")).to_have_text("Talking")


def through(page: Page) -> None:
    """The wrap-up is done."""
    expect(page.locator("#phase")).to_have_text("Wrap-up")
    page.keyboard.press("e")
    expect(page.locator("#phase")).to_have_text("Ready")


def test_who_speaks_is_made_sure_of_by_keys(
    serve: Callable[..., Any], context: BrowserContext, publish: Callable[..., None], tmp_path: Path
) -> None:
    """A line says how it stands; the questions are a key, and what they permit has its keys then."""
    policy = tmp_path / "policy.yaml"
    policy.write_text("identity: voice\n")
    house = House(serve("--open-demo", "--policy", str(policy)), context, publish)
    page, car = house.agent(), house.car()
    page.keyboard.press("r")
    car.breaks()
    expect(page.locator("#phase")).to_have_text("Ringing")
    expect(page.locator("#known")).to_be_hidden()
    page.keyboard.press("a")
    expect(page.locator("#known")).to_have_text("Nobody listens to this call: ask the questions.")
    expect(page.locator("[data-deed=confirm]")).to_be_hidden()
    page.keyboard.press("!")
    page.keyboard.press("1")
    expect(page.locator("#known")).to_have_text("Known by questions. May they be known by their voice from now on?")
    expect(page.locator("#known")).to_have_attribute("data-known", "known")
    expect(page.locator("[data-deed=questions]")).to_be_hidden()
    expect(page.locator("[data-deed=confirm]")).to_be_visible()
    (row,) = house.rows("QuestionsAnswered")
    assert (row["right"], row["customer"]) == (True, car.owner)
    page.keyboard.press("E")
    page.keyboard.press("1")
    said(page, "No voice print: the house knows nobody by their voice")
    assert house.rows("ConsentChanged") == []  # nothing could listen: nobody was asked in vain
    page.close()
    assert house.errors == []


def test_a_call_ends_in_every_other_way(house: House) -> None:
    """No answer, voicemail, a wrong number, and an hour at which they want to be rung: each by its key."""
    page = house.agent()
    page.keyboard.press("r")
    for keys in ("n", "v", "w", "b2"):
        car = house.car()
        car.breaks()
        expect(page.locator("#name")).to_have_text(car.name)
        page.keyboard.press(keys[0])
        if keys == "b2":
            expect(page.locator("#act h2")).to_contain_text("Hours are theirs (Europe/")
            page.keyboard.press("2")
        through(page)
    page.keyboard.press("j")
    expect(page.locator("#sheet")).to_contain_text("In vain4")
    page.keyboard.press("Escape")
    ended = house.rows("CallEnded")
    assert [row["outcome"] for row in ended] == ["no_answer", "voicemail", "wrong_number", "call_back"]
    assert ended[3]["call_back_at"] > ended[3].get("at", 0)


def test_a_call_is_handed_on_with_what_was_noted(house: House, eventually: Callable[..., Any]) -> None:
    """The colleague sees the note and that a colleague hands it on; an unfinished note is written down before the wrap-up ends."""
    one, car = house.agent(), house.car()
    one.keyboard.press("r")
    takes(one, car)
    one.keyboard.press("t")
    one.keyboard.type("The gate is <b>round</b> the corner")
    one.keyboard.press("Control+Enter")
    expect(one.locator("#notes")).to_contain_text("The gate is <b>round</b> the corner")
    expect(one.locator("#note")).to_have_value("")
    one.keyboard.press("Escape")
    other = house.agent("agent-8")
    other.keyboard.press("r")
    expect(other.locator("#phase")).to_have_text("Ready")
    eventually(lambda: house.agent_state("agent-8") == "ready")
    one.keyboard.press("f")
    expect(one.locator("#act optgroup[label=Colleagues] option")).to_have_text(["agent-8: ready · Latvian, English"])
    one.keyboard.type("agent-8")
    expect(one.locator("#act select")).to_have_value("agent agent-8")
    one.locator("#act textarea").fill("Wants to know the price")
    one.get_by_role("button", name="Hand on", exact=True).click()
    expect(other.locator("#name")).to_have_text(car.name)
    expect(other.locator("#notes")).to_contain_text("round</b> the corner")
    expect(other.locator("#notes")).to_contain_text("Wants to know the price")
    expect(other.locator("#again")).to_contain_text("ask nothing twice")
    one.keyboard.press("t")
    one.keyboard.type("Was upset")
    one.keyboard.press("Escape")
    one.keyboard.press("e")
    expect(one.locator("#phase")).to_have_text("Ready")
    expect(other.locator("#notes")).to_contain_text("Was upset")


def rings(house: House, page: Page, **who: str) -> None:
    """Somebody rings in, and the agent answers."""
    body = {"ref": f"exchange-{next(NUMBERS)}", "provenance": "simulated", **who}
    httpx.post(f"{house.http}/api/v1/calls/inbound", json=body).raise_for_status()
    expect(page.locator("#channel-line")).to_contain_text("They ring us")
    page.keyboard.press("a")
    expect(page.locator("#phase")).to_have_text("Talking")


def choose(page: Page, *words: str) -> None:
    """Field for field, by keys alone: what is typed, or chosen by its first letters; empty: left as it is."""
    for word in words:
        page.keyboard.type(word)
        page.keyboard.press("Tab")


def test_a_strangers_fault_is_taken_down_by_keys_and_a_truck_is_asked(house: House) -> None:
    """Who, of what, what they see, where, whether it drives, whether somebody shall come; then it turns out who they are."""
    page, car = house.agent(), house.car()
    car.stands_by()
    page.keyboard.press("r")
    expect(page.locator("#phase")).to_have_text("Ready")
    rings(house, page, phone="+37129999999")
    expect(page.locator("#name")).to_have_text("Not known")
    expect(page.locator("#again")).to_contain_text("Nobody is registered with the number that rings")
    expect(page.locator("#person-facts")).to_contain_text("+37129999999")
    page.keyboard.press("=")
    expect(page.locator("#act")).to_be_hidden()
    page.keyboard.press("+")
    expect(page.locator("#act h2")).to_have_text("Take down what is broken")
    expect(page.locator("[name=name]")).to_be_focused()
    choose(page, "Juris Kalns", "", "", "XY-77", "starter does")
    expect(page.locator(".signs .check:not([hidden])")).to_have_count(1)
    page.keyboard.press("Space")
    expect(page.locator(".signs :checked")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#act")).to_be_visible()  # the browser says what is still to be asked
    page.locator("[name=words]").focus()
    choose(page, "It clicks and nothing else", "no", f"{car.latitude}, 24.1", "yes")
    page.get_by_role("button", name="Open a case").press("Enter")
    expect(page.locator("#act")).to_be_hidden()
    expect(page.locator("#headline")).to_contain_text("unknown fault")
    expect(page.locator("#name")).to_have_text("Juris Kalns")
    expect(page.locator("#on-the-way")).to_contain_text("truck")
    expect(page.locator("#why")).to_contain_text("starter does not turn")
    (opened,) = house.rows("OpenCase")
    assert opened["customer"].startswith("stranger/")
    (row,) = house.rows("CaseReported")
    assert (row["finding"]["drive"], row["agent"]) == ("stop_now", "agent-7")
    page.keyboard.press("/")
    page.locator("#sought").fill(car.name)
    page.get_by_role("button", name="It is them").press("Enter")
    expect(page.locator("#name")).to_have_text(car.name)
    expect(page.locator("#headline")).to_contain_text("unknown fault")
    page.keyboard.press("i")
    through(page)
    assert [one["customer"] for one in httpx.get(f"{house.http}/api/v1/cases").json()] == [car.owner]


def test_the_fault_of_a_silent_car_is_taken_down_and_no_word_of_it_is_lost(house: House) -> None:
    """What is registered as theirs is offered first; what was typed is there after a reload; the place is asked next."""
    page, car = house.agent(), house.car()
    page.keyboard.press("r")
    expect(page.locator("#phase")).to_have_text("Ready")
    rings(house, page, customer=car.owner)
    page.keyboard.press("+")
    expect(page.locator("[name=what] option").first).to_have_text(re.compile(r"car-\d+ \(car\)"))
    page.locator("[name=words]").fill("It does nothing at all")
    page.reload()
    expect(page.locator("#phase")).to_have_text("Talking")
    page.keyboard.press("+")
    expect(page.locator("[name=words]")).to_have_value("It does nothing at all")
    expect(page.locator("[name=plate]")).to_be_hidden()
    page.locator("[name=drivable]").select_option("no")
    page.locator("[name=where]").fill("Nowhere at all")
    page.locator("[name=wants]").select_option("yes")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Open a case").press("Enter")
    expect(page.locator("#act .refused")).to_contain_text("No place of that name")
    page.locator("[name=where]").fill("")
    page.get_by_role("button", name="Open a case").press("Enter")
    expect(page.locator("#owed-where")).to_be_visible()
    assert [row["device"] for row in house.rows("OpenCase")] == [car.car]


def test_how_they_want_to_be_reached_is_written_down_by_keys(house: House) -> None:
    """It stands on the screen and in the history at once; what makes no sense is refused in words, and nothing typed is lost."""
    page, car = house.agent(), house.car()
    page.keyboard.press("r")
    takes(page, car)
    page.keyboard.press("=")
    expect(page.locator("#act h2")).to_have_text("How do they want to be reached?")
    page.locator("[name=channels]").first.focus()
    page.keyboard.type("E-mail")
    page.get_by_role("button", name="It holds from now on").press("Enter")
    expect(page.locator("#act .refused")).to_contain_text("email: they have no address there")
    page.locator("[name=channels]").first.focus()
    choose(page, "SMS", "Push")
    page.locator("[name=from]").fill("22:00")
    page.get_by_role("button", name="It holds from now on").press("Enter")
    expect(page.locator("#act .refused").last).to_contain_text("From when until when?")
    page.locator("[name=until]").fill("07:00")
    page.locator("[name=zone]").fill("Europe/Riga")
    page.locator("[name=same]").press("Space")
    page.get_by_role("button", name="It holds from now on").press("Enter")
    expect(page.locator("#person-facts")).to_contain_text(
        "SMS, then Push; quiet 22:00-07:00@Europe/Riga; the same agent"
    )
    expect(page.locator("#history")).to_contain_text("wants sms, then push")
    (row,) = house.rows("PreferenceChanged")
    assert (row["agent"], row["by"]) == ("agent-7", "demo-agent-7")


def test_stop_messages_is_written_down_and_a_customer_is_found(house: House) -> None:
    """By two keys, as their word on the telephone; and by their name, whoever is on the screen."""
    page, car = house.agent(), house.car()
    page.keyboard.press("r")
    takes(page, car)
    page.keyboard.press("s")
    page.keyboard.press("1")
    expect(page.locator("#consents")).to_contain_text("Must not be written to")
    (row,) = house.rows("ConsentChanged")
    assert (row["purpose"], row["given"], row["way"]) == ("message", False, "telephone")
    page.keyboard.press("/")
    page.keyboard.type(car.name)
    expect(page.locator(".found")).to_contain_text("1 open")
    page.locator("#sought").fill("Nobody Known")
    expect(page.locator(".found")).to_contain_text("Nobody of that name")


PASSWORD = "a horse that counts to twelve"  # noqa: S105 - a test's


@pytest.fixture
def logged_in(house: House, browser: Browser) -> Iterator[Callable[[str, str], Page]]:
    """Return a page of somebody with an account, who logs in on their way to ``/agent``."""
    boss, contexts = httpx.Client(base_url=house.http), list[BrowserContext]()

    def come(name: str, role: str) -> Page:
        if not contexts:
            first = boss.post("/api/v1/accounts", json={"name": "boss", "role": "administrator"}).json()["path"]
            boss.post(first, data={"password": PASSWORD, "again": PASSWORD})
        made = boss.post("/api/v1/accounts", json={"name": name, "role": role}).json()["path"]
        httpx.post(f"{house.http}{made}", data={"password": PASSWORD, "again": PASSWORD})
        contexts.append(browser.new_context(viewport={"width": 1500, "height": 950}))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: house.errors.append(str(error)))
        page.goto(f"{house.http}/agent")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button").click()
        return page

    yield come
    for context in contexts:
        context.close()


def speaks_latvian(page: Page) -> None:
    """Says once what they speak, by keys: asked before the first conversation."""
    page.keyboard.press("r")
    page.get_by_role("checkbox", name="Latvian").check()
    page.locator("#act [name=simulated]").check()
    page.keyboard.press("Enter")
    expect(page.locator("#phase")).to_have_text("Ready")


def test_agents_log_in_supervisors_see_the_floor_and_others_take_nothing(
    house: House, logged_in: Callable[[str, str], Page]
) -> None:
    """An agent has no floor; a supervisor sees who waits and who is how, and takes a call over; a dispatcher takes none."""
    car = house.car()
    agent = logged_in("anna", "agent")
    expect(agent.locator("#who")).to_have_text("anna - agent")
    expect(agent.locator("#link")).to_have_text("live")
    expect(agent.locator("[data-deed=floor]")).to_be_hidden()
    speaks_latvian(agent)
    takes(agent, car)
    boss = logged_in("sara", "supervisor")
    expect(boss.locator("#link")).to_have_text("live")
    boss.keyboard.press("q")
    expect(boss.locator("#floor-agents")).to_contain_text("anna talking")
    expect(boss.locator("#floor-agents")).to_contain_text(car.name)
    expect(boss.locator("#floor-lines")).to_contain_text("Nobody waits")
    expect(boss.locator("#floor-level")).to_contain_text("nobody rang in")
    expect(boss.locator("#floor-scores")).to_contain_text("Nobody was asked yet")
    boss.keyboard.press("Escape")
    speaks_latvian(boss)
    boss.keyboard.press("q")
    boss.get_by_role("button", name="Take it over").click()
    expect(boss.locator("#name")).to_have_text(car.name)
    said(agent, "no longer yours")
    other = logged_in("dan", "dispatcher")
    said(other, "this needs take-calls")
    expect(other.locator("[data-deed=ready]").first).to_be_hidden()


def writes(house: House, customer: str, text: str, ref: str) -> None:
    """A customer writes in the chat of their own page, which they came to by a link."""
    client = httpx.Client(base_url=house.http)
    link = client.post("/api/v1/links", json={"role": "customer", "owns": customer}).json()["path"]
    client.post(link)
    client.post("/api/v1/me/messages", json={"ref": ref, "text": text}).raise_for_status()


def test_several_write_at_once_and_each_is_answered_in_a_tab_of_their_own(house: House) -> None:
    """What they wrote is on the screen, the answer goes out, another's news is marked, nothing that is half typed is lost."""
    page, one, other = house.agent(), house.car(), house.car()
    page.keyboard.press("r")
    writes(house, one.owner, "My <i>car</i> smells", "w-1")
    expect(page.locator("#history")).to_contain_text("My <i>car</i> smells")
    expect(page.locator("#phase")).to_have_text("Writing")
    page.keyboard.press("m")
    page.keyboard.type("Half a sentence")
    writes(house, other.owner, "And mine is loud", "w-2")
    expect(page.locator("#hands [role=tab]")).to_have_count(2)
    expect(page.locator("#hands")).to_contain_text(f"● 2 Chat: {other.name}")
    expect(page.locator("#message")).to_have_value("Half a sentence")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    expect(page.locator("#history")).to_contain_text("And mine is loud")
    expect(page.locator("#message")).to_have_value("")
    page.keyboard.press("m")
    page.keyboard.type("We look at it")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#history")).to_contain_text("We look at it")
    (written,) = house.rows("AgentWrote")
    assert (written["customer"], written["channel"], written["agent"]) == (other.owner, "chat", "agent-7")
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    expect(page.locator("#message")).to_have_value("Half a sentence")
    expect(page.locator("#name")).to_have_text(one.name)
    page.keyboard.press("i")
    through(page)
    assert {row["outcome"] for row in house.rows("CallEnded")} == {"informed"}


def test_a_customers_camera_is_seen_once_they_agree(house: House, whole_browser: Browser) -> None:
    """By one key: they are asked on their page, the picture comes, and it goes with the conversation."""
    page, car = house.agent(), house.car()
    page.keyboard.press("r")
    customer = whole_browser.new_context(base_url=house.http, permissions=["camera", "microphone"]).new_page()
    link = httpx.post(f"{house.http}/api/v1/links", json={"role": "customer", "owns": car.owner}).json()["path"]
    customer.request.post(link)
    customer.goto("/me")
    customer.locator("#write").fill("It smokes, look")
    customer.keyboard.press("Enter")
    expect(page.locator("#phase")).to_have_text("Writing")
    expect(page.locator("[data-deed=picture]")).to_be_visible()
    page.keyboard.press("k")
    expect(page.locator("#picture-says")).to_contain_text("They are asked")
    customer.locator("#video button").first.click()
    expect(page.locator("#picture-says")).to_have_text("You see what they show you.")
    expect(page.locator("#picture video")).to_have_js_property("paused", False)  # noqa: FBT003 - playwright's own
    page.keyboard.press("i")
    expect(page.locator("#picture")).to_be_hidden()
    customer.context.close()


def test_who_vanishes_in_mid_call_is_told_on_the_floor_on_the_desk_and_when_they_are_back(
    serve: Callable[..., Any], context: BrowserContext, publish: Callable[..., None], tmp_path: Path
) -> None:
    """Another agent has the customer, once, with what was said; who comes back is given nothing before they say so."""
    policy = tmp_path / "policy.yaml"
    policy.write_text("agent_gone: 1 s\n")
    house = House(serve("--open-demo", "--policy", str(policy)), context, publish)
    page, car = house.agent(), house.car()
    page.keyboard.press("r")
    takes(page, car)
    page.keyboard.press("t")
    page.keyboard.type("Stands by the mill")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notes")).to_contain_text("by the mill")
    page.close()
    other = house.agent("agent-8")
    other.keyboard.press("q")
    expect(other.locator("#floor-agents .late")).to_contain_text(
        f"in mid-conversation: {car.name} went to another agent"
    )
    expect(other.locator("#floor-agents .state").first).to_contain_text("away")
    other.keyboard.press("Escape")
    desk = context.new_page()
    desk.goto(house.http)
    desk.get_by_role("tab", name="Calls").click()
    expect(desk.get_by_text("its agent vanished: another is to take it")).to_be_visible()
    other.keyboard.press("r")
    expect(other.locator("#name")).to_have_text(car.name)
    expect(other.locator("#again")).to_contain_text("was lost")
    expect(other.locator("#notes")).to_contain_text("by the mill")
    back = house.agent()
    expect(back.locator("#idle-lost")).to_contain_text(f"{car.name} went to another agent")
    expect(back.locator("#phase")).to_have_text("Not ready")
    assert [row["agent"] for row in house.rows("AssignCall")] == ["agent-7", "agent-8"]
    back.keyboard.press("r")
    expect(back.locator("#idle-lost")).to_be_hidden()
    for one in context.pages:
        one.close()
    assert house.errors == []


def test_why_they_ring_is_read_before_they_say_it_and_confirmed_or_corrected_by_a_key(
    serve: Callable[..., Any], context: BrowserContext, publish: Callable[..., None], tmp_path: Path
) -> None:
    """How sure it is and by what; what may be said before it is known who speaks is marked, and is all that stands first."""
    policy = tmp_path / "policy.yaml"
    policy.write_text("reasons: true\n")
    house = House(serve("--open-demo", "--policy", str(policy)), context, publish)
    page, car = house.agent(), house.car()
    page.keyboard.press("r")
    rings(house, page, customer=car.owner, about="refused")
    expect(page.locator("#reason li").first).to_contain_text("Most likely: a payment that was refused")
    expect(page.locator("#reason")).to_contain_text("they chose it in the menu")
    marked = page.locator("#say-list li", has_text="before you know who speaks")
    expect(marked).to_have_count(3)
    expect(page.locator("#say-list li").nth(2)).to_contain_text("First, please tell me your name")
    page.keyboard.press("Y")
    expect(page.locator("#reason")).to_contain_text("It was: a payment that was refused")
    page.keyboard.press("W")
    page.get_by_role("button", name="goods that were ordered").click()
    expect(page.locator("#reason")).to_contain_text("It was: goods that were ordered")
    assert [(row["reason"], row["agent"]) for row in house.rows("ReasonTold")] == [
        ("refused", "agent-7"),
        ("order", "agent-7"),
    ]
    for one in context.pages:
        one.close()
    assert house.errors == []
