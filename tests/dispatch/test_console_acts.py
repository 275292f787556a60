"""What dispatchers do on the page, each in a real browser; two desks on one case see what the other did, or are told why not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from gateway.contract.broker_address import BrokerAddress
from tests.conftest import forks

PATIENCE_MS = 20_000
CONTRACTOR = {
    "supplier": "tow-co",
    "serves": ["tow"],
    "latitude": 56.94,
    "longitude": 24.1,
    "provenance": "simulated",
}
APART = 0.4
"""Degrees between the towns of two tests, whose trucks never help each other."""


@pytest.fixture(scope="module")
def context(browser: Browser) -> BrowserContext:
    """A browser in which two pages are two desks."""
    return browser.new_context(viewport={"width": 1500, "height": 1000})


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
    httpx.post(f"{told['http']}/api/v1/suppliers", json=[CONTRACTOR]).raise_for_status()
    yield told
    process.terminate()
    process.wait(15)


class Town:
    """A car that breaks, its owner, and three trucks around it, the first the nearest."""

    def __init__(self, number: int) -> None:
        self.car, self.owner, self.latitude = f"volta/car-{number}", f"c-{number}", 50.0 + number * APART
        self.trucks = [f"help/truck-{number}-{each}" for each in (1, 2, 3)]

    def register(self, http: str) -> None:
        """Make them known."""
        phone = {"device": f"{self.car}-phone", "kind": "phone", "customer": self.owner, "provenance": "simulated"}
        car = phone | {"device": self.car, "kind": "car", "paired_phone": f"{self.car}-phone"}
        skills = ["battery", "tyre", "tow"]
        trucks = [{"device": one, "kind": "truck", "provenance": "simulated", "skills": skills} for one in self.trucks]
        who = {"customer": self.owner, "name": f"Anna {self.owner}", "phone": "+37120000001", "language": "lv"}
        httpx.post(f"{http}/api/v1/devices", json=[phone, car, *trucks]).raise_for_status()
        httpx.post(f"{http}/api/v1/customers", json=[who | {"provenance": "simulated"}]).raise_for_status()

    def messages(self) -> Iterator[tuple[str, bytes]]:
        """What its devices say: topics and payloads."""
        for number, name in enumerate(self.trucks):
            yield self._said(name, "callahead.truck.status.v1", {"position": self._at(0.003 * (number + 1))})
        frame = {
            "Vehicle.Powertrain.CombustionEngine.IsRunning": False,
            "Vehicle.LowVoltageBattery.CurrentVoltage": 8.1,
        }
        broken = {"codes": [{"code": "P0562"}], "freeze_frame": frame, "position": self._at(0.0)}
        yield self._said(self.car, "callahead.vehicle.fault.v1", broken)

    def _at(self, north: float) -> dict[str, Any]:
        fix = datetime.now(UTC).isoformat()
        return {"latitude": self.latitude + north, "longitude": 24.1, "accuracy_m": 8.0, "fix_time": fix}

    def _said(self, device: str, kind: str, told: dict[str, Any]) -> tuple[str, bytes]:
        head = {"specversion": "1.0", "type": kind, "source": f"/{device}", "id": "1-1", "provenance": "simulated"}
        event = head | {"time": datetime.now(UTC).isoformat(), "datacontenttype": "application/json", "data": told}
        return f"callahead/v1/{device}/event", json.dumps(event).encode()


NUMBERS = count(1)


@pytest.fixture
def desks(
    context: BrowserContext, service: dict[str, Any], publish: Callable[..., None]
) -> Iterator[tuple[Page, Page, Town]]:
    """Two desks, each with the same case open, and its town: the nearest of its trucks was asked to go."""
    town = Town(next(NUMBERS))
    town.register(service["http"])
    publish(BrokerAddress.parse(service["broker"]), *town.messages())
    pages = context.new_page(), context.new_page()
    for page in pages:
        page.goto(f"{service['http']}/#{town.car}/1-1")
        expect(page.locator("#link")).to_have_text("live", timeout=PATIENCE_MS)
        page.evaluate("callahead.state.choose({folded: [], sounds: false, tab: 'gantt'})")
        expect(page.locator("#timeline")).to_contain_text(f"send {town.trucks[0]}", timeout=PATIENCE_MS)
    yield *pages, town
    for page in pages:
        page.close()


def queued(page: Page, town: Town) -> Locator:
    """The case's row in the queue."""
    return page.locator(".case", has_text=f"Anna {town.owner}")


def do(page: Page, name: str) -> None:
    """Press an act's button."""
    page.locator(f"#acts [data-act={name}]").click()


def by_name(page: Page, name: str) -> None:
    """Do what the palette finds under a name."""
    page.keyboard.press("Control+k")
    page.locator("#palette-input").fill(name)
    page.keyboard.press("Enter")


def form(page: Page) -> Locator:
    """What an act asks before it is done."""
    return page.locator("#act form")


def said(page: Page, what: str) -> None:
    """It is said at the foot of the page."""
    expect(page.locator("#said")).to_contain_text(re.compile(what), timeout=PATIENCE_MS)


def told(page: Page, what: str) -> None:
    """It stands in the case's story."""
    expect(page.locator("#timeline")).to_contain_text(re.compile(what), timeout=PATIENCE_MS)


def test_who_acknowledged_is_seen_on_every_desk_and_it_is_taken_back(desks: tuple[Page, Page, Town]) -> None:
    """Acknowledge and undo, each by its key or button."""
    one, other, _ = desks
    one.keyboard.press("a")
    said(one, "Acknowledge: done")
    expect(other.locator("#facts")).to_contain_text("Seen by", timeout=PATIENCE_MS)
    expect(other.locator("#undo")).to_contain_text("Undo that it was seen")
    other.locator("#undo").click()
    said(other, "Undo: done")
    expect(one.locator("#facts")).not_to_contain_text("Seen by", timeout=PATIENCE_MS)


def test_two_desks_act_on_one_case_at_once(desks: tuple[Page, Page, Town]) -> None:
    """Both send a truck by what they saw: the first is done, the second is told what changed and by whom, and may still do it."""
    one, other, town = desks
    do(one, "send")
    do(other, "send")
    expect(form(one).locator(".candidate")).to_have_count(3, timeout=PATIENCE_MS)
    expect(form(one).locator(".candidate").first).to_contain_text("km")
    form(one).locator(f"input[value='{town.trucks[1]}']").check()
    form(other).locator(f"input[value='{town.trucks[2]}']").check()
    form(one).locator("[name=reason]").fill("knows the garage")
    form(one).get_by_role("button", name="Send it").click()
    said(one, "Send a truck: done")
    told(other, town.trucks[1])
    form(other).get_by_role("button", name="Send it").click()
    expect(form(other).locator(".refused")).to_contain_text("changed since", timeout=PATIENCE_MS)
    expect(form(other).locator(".refused")).to_contain_text(town.trucks[1].partition("/")[2])
    told(one, "knows the garage")
    expect(one.locator("#decision")).to_contain_text(town.trucks[1].partition("/")[2], timeout=PATIENCE_MS)
    form(other).get_by_role("button", name="Do it all the same").click()
    expect(form(other)).to_be_hidden(timeout=PATIENCE_MS)
    told(one, f"send {town.trucks[2]} instead of {town.trucks[1]}")


def test_a_case_is_taken_handed_over_and_let_go(desks: tuple[Page, Page, Town]) -> None:
    """Whose it is stands in the queue of every desk."""
    one, other, town = desks
    do(one, "take")
    expect(queued(other, town)).to_contain_text("demo-dispatcher", timeout=PATIENCE_MS)
    expect(other.locator("#facts")).to_contain_text("Has it")
    do(one, "let-go")
    expect(other.locator("#facts")).not_to_contain_text("Has it", timeout=PATIENCE_MS)
    told(other, "lets the case go")


def test_a_truck_is_pinned_and_unpinned(desks: tuple[Page, Page, Town]) -> None:
    """What cannot be pinned is refused with the reason, and where it can, the queue says so."""
    one, other, town = desks
    do(one, "send")
    form(one).locator(f"input[value='{town.trucks[1]}']").check(timeout=PATIENCE_MS)
    form(one).get_by_label("Pin it").check()
    form(one).get_by_role("button", name="Send it").click()
    expect(form(one).locator(".refused")).to_contain_text(f"send {town.trucks[1]} instead", timeout=PATIENCE_MS)
    one.keyboard.press("Escape")
    do(one, "pin")
    expect(queued(other, town)).to_contain_text("pinned", timeout=PATIENCE_MS)
    do(other, "unpin")
    expect(queued(one, town)).not_to_contain_text("pinned", timeout=PATIENCE_MS)


def test_a_note_and_an_escalation_are_read_by_colleagues(desks: tuple[Page, Page, Town]) -> None:
    """By key; the case stands out on the other desk until somebody acknowledges it."""
    one, other, _ = desks
    one.keyboard.press("n")
    form(one).locator("[name=text]").fill("<b>the gate</b> is round the corner")
    form(one).get_by_role("button", name="Write it down").click()
    expect(other.locator("#facts")).to_contain_text("<b>the gate</b> is round the corner", timeout=PATIENCE_MS)
    one.keyboard.press("e")
    form(one).locator("[name=reason]").fill("the customer is in tears")
    form(one).get_by_role("button", name="Escalate").click()
    said(one, "Escalate: done")
    expect(other.locator("#facts")).to_contain_text("Look at it: a colleague", timeout=PATIENCE_MS)
    other.keyboard.press("a")
    expect(one.locator("#facts")).to_contain_text("In hand", timeout=PATIENCE_MS)


def test_the_place_is_changed_on_the_map(desks: tuple[Page, Page, Town]) -> None:
    """A click says where; the truck is sent on and everybody sees it."""
    one, other, _ = desks
    do(one, "change-place")
    expect(one.locator("#map-pick")).to_be_visible()
    one.locator("#map").click(position={"x": 200, "y": 150})
    form(one).locator("[name=reason]").fill("told on the telephone")
    form(one).get_by_role("button", name="Change the place").click()
    said(one, "Change the place: done")
    told(other, "told on the telephone|place")


def test_a_place_is_told_by_keys_alone(desks: tuple[Page, Page, Town]) -> None:
    """The arrows move the map beneath the cross, Enter takes what is there, and it can be written as well."""
    one, other, town = desks
    one.keyboard.press("p")
    expect(one.locator("#map-pick")).to_be_visible()
    for key in ("ArrowUp", "ArrowLeft", "+", "Enter"):
        one.keyboard.press(key)
    expect(form(one).locator("[name=latitude]")).to_be_focused()
    one.keyboard.type(f"{town.latitude + 0.01:.4f}")
    one.keyboard.press("Enter")
    said(one, "Change the place: done")
    told(other, "moved|place")
    one.keyboard.press("u")
    said(one, "Undo: done")


def test_the_diagnosis_is_corrected(desks: tuple[Page, Page, Town]) -> None:
    """Among the parts of that kind of device, what it may be besides first."""
    one, other, _ = desks
    do(one, "correct")
    form(one).locator("select[name=part]").select_option("alternator", timeout=PATIENCE_MS)
    form(one).get_by_role("button", name="Correct").click()
    expect(other.locator("#case-name")).to_have_text("alternator", timeout=PATIENCE_MS)
    expect(other.locator("#facts")).to_contain_text("12 V battery")


def test_the_customer_is_called_now(desks: tuple[Page, Page, Town]) -> None:
    """Before all others, or with the reason why not."""
    one, other, _ = desks
    one.keyboard.press("c")
    said(one, "Call now")
    told(other, "first|before all others|at once|rung")


def test_a_contractor_is_called(desks: tuple[Page, Page, Town]) -> None:
    """With how far it is and what it said; the other desk sees that it is asked."""
    one, other, _ = desks
    do(one, "call-contractor")
    form(one).locator("select[name=contractor]").select_option("tow-co", timeout=PATIENCE_MS)
    form(one).get_by_role("button", name="Call").click()
    told(other, "tow-co")


def test_a_case_is_cancelled_with_a_reason(desks: tuple[Page, Page, Town]) -> None:
    """Not without; then it is closed on every desk, and the queue is empty."""
    one, other, town = desks
    do(one, "cancel")
    form(one).get_by_role("button", name="Cancel the case").click()
    expect(form(one)).to_be_visible()
    form(one).locator("[name=reason]").fill("it was a test")
    form(one).get_by_role("button", name="Cancel the case").click()
    expect(other.locator("#case-over")).to_be_visible(timeout=PATIENCE_MS)
    other.mouse.move(700, 300)
    expect(queued(other, town)).to_have_count(0, timeout=PATIENCE_MS)


def test_a_device_is_muted_and_heard_again(desks: tuple[Page, Page, Town]) -> None:
    """With a reason; which are muted stands among the silent ones, and each is heard again by its button, its case or its name."""
    one, other, town = desks
    do(one, "mute")
    form(one).locator("[name=reason]").fill("it is on the test bench")
    form(one).get_by_role("button", name="Mute").click()
    other.get_by_role("tab", name="Silent").click()
    expect(other.locator("#panel-silent")).to_contain_text("it is on the test bench", timeout=PATIENCE_MS)
    other.locator(f"[data-unmute='{town.car}']").click()
    said(other, "Unmute the device: done")
    expect(other.locator("#panel-silent")).not_to_contain_text("it is on the test bench", timeout=PATIENCE_MS)
    expect(one.locator("#acts [data-act=mute]")).to_be_visible(timeout=PATIENCE_MS)
    by_name(one, "Mute a device")
    form(one).locator("[name=device]").fill(town.car)
    form(one).locator("[name=reason]").fill("it is on the lift")
    form(one).get_by_role("button", name="Mute").click()
    expect(other.locator("#acts [data-act=unmute]")).to_be_visible(timeout=PATIENCE_MS)
    by_name(other, f"Unmute {town.car}")
    expect(one.locator("#acts [data-act=mute]")).to_be_visible(timeout=PATIENCE_MS)


def test_what_is_over_cannot_be_acted_on(desks: tuple[Page, Page, Town]) -> None:
    """In a replay of the past there is nothing to press, and the page says which hour it shows."""
    one, _, _ = desks
    one.keyboard.press("r")
    expect(one.locator("#replay-says")).to_contain_text("not now", timeout=PATIENCE_MS)
    expect(one.locator("#acts")).to_be_hidden()
    one.get_by_role("button", name="Back to now").click()
    expect(one.locator("#acts")).to_be_visible(timeout=PATIENCE_MS)


def test_a_bar_is_dragged_to_another_truck(desks: tuple[Page, Page, Town]) -> None:
    """The truck that was asked is withdrawn, and the other one goes; the case's story says who dragged it."""
    one, other, town = desks
    to = one.locator(f".gantt .row[data-truck='{town.trucks[1]}']")
    bar = one.locator(f".gantt .row[data-truck='{town.trucks[0]}'] .bar.scene").first
    for top in range(0, 4_000, 60):
        one.locator(".gantt .scroll").evaluate("(box, top) => { box.scrollTop = top; }", top)
        if to.count() and bar.count() and _is_in_sight(one, to) and _is_in_sight(one, bar):
            break
    bar.hover()
    one.mouse.down()
    one.mouse.move(*_middle(to), steps=8)
    expect(to).to_have_class(re.compile("drop"))
    one.mouse.up()
    said(one, "Send a truck: done")
    told(other, f"sends {town.trucks[1]} instead of {town.trucks[0]}.*dragged there")


def _middle(found: Locator) -> tuple[float, float]:
    box = found.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _is_in_sight(page: Page, found: Locator) -> bool:
    around = page.locator(".gantt .scroll").bounding_box()
    assert around is not None
    return around["y"] + 2 < _middle(found)[1] < around["y"] + around["height"] - 2


def test_what_was_not_there_at_an_hour_is_not_shown_in_it(desks: tuple[Page, Page, Town]) -> None:
    """Neither the case with what is known of it now, nor alerts and silences of now, nor a story's clock that nobody has."""
    one, _, _ = desks
    one.keyboard.press("r")
    expect(one.locator("#replay-says")).to_contain_text("not now", timeout=PATIENCE_MS)
    one.evaluate("callahead.feed.ask({type: 'past', at: callahead.state.now() - 86400, rate: 0})")
    expect(one.locator("#case-over")).to_have_text("It is not open at this hour.", timeout=PATIENCE_MS)
    expect(one.locator("#facts")).to_be_hidden()
    expect(one.locator("#timeline li")).to_have_count(0)
    expect(one.locator("[data-number=silent] b")).to_have_text("\u2013")
    expect(one.locator("#story")).to_be_hidden()
    one.get_by_role("button", name="Back to now").click()
    expect(one.locator("#timeline")).to_contain_text("case opened", timeout=PATIENCE_MS)
