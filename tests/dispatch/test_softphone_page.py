"""An agent's telephone in their page, in a real browser: the brief, then the voice, both ways; and a supervisor who listens in."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Iterator
from math import cos, sin, tau
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from scenarios.runner.telephones import Manner, Telephones, free_port
from tests.dispatch.sip_house import ANNA, NEEDS_SIP
from tests.dispatch.test_agent_page import PATIENCE_MS, House

pytestmark = NEEDS_SIP
RATE_HZ, TONE_HZ, BEEPS_HZ = 8_000, 440.0, 400.0
"""What the world's telephones say, and what Chromium's made-up microphone hears twice a second."""
SECOND, FRAME = 2 * RATE_HZ, 2 * RATE_HZ // 50
"""Bytes."""
LOUD = 5_000.0
"""Of 32,768, in the loudest frame: the beep of whoever waits for the other has 4,000 of 425 Hz, the microphone's at least 8,000."""
HEARS = """async () => {
  const { sound } = SOUND;
  const ears = new AnalyserNode(sound.context, { fftSize: 8192, smoothingTimeConstant: 0 });
  sound.speaker.connect(ears);
  const found = new Float32Array(ears.frequencyBinCount);
  for (let tries = 0; tries < 400; tries += 1) {
    await new Promise((done) => setTimeout(done, 50));
    ears.getFloatFrequencyData(found);
    const loudest = found.indexOf(Math.max(...found));
    const hz = loudest * sound.context.sampleRate / 8192;
    if (found[loudest] > -50 && Math.abs(hz - 440) < 12) return hz;
  }
  return null;
}"""
"""The tone in what the page's loudspeaker says, Hz; ``null``: not within twenty seconds."""


class World:
    """The world's telephones on a thread of their own, and what Anna hears."""

    def __init__(self, loop: asyncio.AbstractEventLoop, folder: Path) -> None:
        self.loop, self.service = loop, f"127.0.0.1:{free_port()}"
        self.phones = Telephones(self.service, on_sound=self._heard)
        self.heard = bytearray()
        self.trunk = folder / "trunk.toml"
        self.trunk.write_text(f'[world]\nproxy = "{self.phones.at}"\nlisten = "{self.service}"\n')

    def _heard(self, _: str, pcm: bytes) -> None:
        self.heard += pcm

    def do(self, what: Any) -> None:
        """Have the telephones do something on their thread."""
        asyncio.run_coroutine_threadsafe(what, self.loop).result(20)

    async def listens(self) -> None:
        """Anna's telephone is listened to."""
        self.phones.listens(ANNA)


def loudness(pcm: bytes, hz: float) -> float:
    """Return how loud a tone is in the loudest frame of sound, of 32,768: a beep is shorter, and two may cancel out."""
    return max((_in_frame(pcm[at : at + FRAME], hz) for at in range(0, len(pcm), FRAME)), default=0.0)


def _in_frame(pcm: bytes, hz: float) -> float:
    """Goertzel's question, asked plainly."""
    said = array("h", pcm)
    parts = [(one * cos(tau * hz * at / RATE_HZ), one * sin(tau * hz * at / RATE_HZ)) for at, one in enumerate(said)]
    return float(2 * abs(complex(sum(x for x, _ in parts), sum(y for _, y in parts))) / max(1, len(said)))


@pytest.fixture
def world(loop_of_its_own: asyncio.AbstractEventLoop, tmp_path: Path) -> Iterator[World]:
    """Customers with telephones; agents have none."""
    found = World(loop_of_its_own, tmp_path)
    found.do(found.phones.start())
    yield found
    found.do(found.phones.stop())


@pytest.fixture
def context(whole_browser: Browser) -> Iterator[BrowserContext]:
    """A browser whose user lets the page have the microphone."""
    found = whole_browser.new_context(viewport={"width": 1500, "height": 950}, permissions=["microphone"])
    found.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    yield found
    found.close()


@pytest.fixture
def house(
    serve: Callable[..., Any], world: World, context: BrowserContext, publish: Callable[..., None]
) -> Iterator[House]:
    """A house whose calls are rung; nothing fails in its browser."""
    found = House(serve("--open-demo", "--telephony", "sip", "--sip-trunk", str(world.trunk)), context, publish)
    yield found
    assert found.errors == []


def with_sound(page: Page) -> None:
    """Sound on, and ready."""
    page.keyboard.press("o")
    expect(page.locator("#sound")).to_have_text("sound is here")
    page.keyboard.press("r")
    expect(page.locator("#phase")).to_have_text("Ready")


def listened_to(house: House, page: Page, customer: str, eventually: Callable[..., Any]) -> None:
    """A supervisor is refused; may, once the customer agrees, which the agent sees; and is cut when they agree no longer."""
    other = house.agent("ines")
    other.keyboard.press("q")
    other.get_by_role("button", name="Listen in").click()
    expect(other.locator(".said.refused")).to_contain_text("has not agreed that somebody listens in")
    agree(house, customer, given=True)
    other.keyboard.press("q")
    other.get_by_role("button", name="Listen in").click()
    expect(other.locator("#listening")).to_contain_text("You listen in on agent-7")
    expect(page.locator("#listened")).to_have_text("demo-dispatcher listens in: the customer agreed to it.")
    listening = HEARS.replace("SOUND", "callahead.listens()")
    assert other.evaluate(listening) == pytest.approx(TONE_HZ, abs=12)
    agree(house, customer, given=False)
    expect(other.locator(".said.refused").last).to_contain_text("the customer agrees no longer")
    expect(page.locator("#listened")).to_be_hidden()
    rows = eventually(lambda: (found := house.rows("CallListenedTo"))[1:] and found)
    assert [(row["listens"], row["agent"], row.get("why", "")) for row in rows] == [
        (True, "agent-7", ""),
        (False, "agent-7", "the customer agrees no longer"),
    ]


def test_the_agent_speaks_in_the_page_behind_the_brief_and_a_supervisor_listens_in(
    house: House, world: World, eventually: Callable[..., Any]
) -> None:
    """Rung when the brief is there, and the customer only when it is taken; then each hears the other, and who listens both."""
    page, car = house.agent(), house.car()
    with_sound(page)
    car.breaks()
    expect(page.locator("#sound")).to_have_text("it rings here")
    expect(page.locator("#name")).to_have_text(car.name)
    expect(page.locator("#headline")).to_contain_text("12 V battery")
    assert (world.phones.rang, house.rows("CallConnected")) == ([], [])
    expect(page.get_by_role("button", name="Take the call")).to_be_visible()
    page.keyboard.press("a")
    expect(page.locator("#phase")).to_have_text("Talking")
    expect(page.locator("#sound")).to_have_text("you are on the line")
    world.do(world.listens())
    assert page.evaluate(HEARS.replace("SOUND", "callahead.softphone")) == pytest.approx(TONE_HZ, abs=12)
    eventually(lambda: loudness(bytes(world.heard[SECOND:][-SECOND:]), BEEPS_HZ) > LOUD)
    listened_to(house, page, car.owner, eventually)
    page.keyboard.press("y")
    page.keyboard.press("i")
    expect(page.locator("#phase")).to_have_text("Wrap-up")
    expect(page.locator("#sound")).to_have_text("sound is here")
    eventually(lambda: not world.phones.speaks(ANNA))


def test_it_says_why_there_is_no_sound(house: House, context: BrowserContext, world: World) -> None:
    """A microphone that is refused, another page of the same agent, and a call that is dialled by hand for it."""
    first = house.agent()
    first.keyboard.press("o")
    expect(first.locator("#sound")).to_have_text("sound is here")
    second = house.agent()
    second.keyboard.press("o")
    expect(second.locator("#sound")).to_have_text("sound is here")
    expect(first.locator(".said.refused")).to_contain_text("No sound: it is in another page of yours.")
    second.keyboard.press("O")
    expect(second.get_by_role("button", name="Sound here")).to_be_visible()
    context.clear_permissions()
    second.keyboard.press("o")
    expect(second.locator("#sound")).to_have_text("no sound")
    expect(second.locator(".said.refused")).to_contain_text("the browser keeps the microphone from this page")
    second.keyboard.press("r")
    house.car().breaks()
    expect(second.locator("#again")).to_contain_text("agent-7 has no telephone here, and no sound in their page")
    world.phones.will[ANNA] = Manner(busy=True)
    second.keyboard.press("a")
    expect(second.locator("#phase")).to_have_text("Talking")
    assert world.phones.rang == []


def agree(house: House, customer: str, *, given: bool) -> None:
    """A customer agrees to being listened to, or does not any more."""
    said = {"purpose": "listen", "given": given}
    httpx.post(f"{house.http}/api/v1/customers/{customer}/consent", json=said).raise_for_status()
