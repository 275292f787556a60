"""Street addresses from a geocoder on the net: on the brief when they are known, in nobody's way when they are not."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from dispatch.delivery.geocoding import KEPT, USER_AGENT, WAITING, Addresses, BadAnswer, BadGeocoder, Geocoder
from dispatch.engine.clock import WallClock
from dispatch.service.build import Hearing, build
from dispatch.service.service import ServiceBroker
from dispatch.store.journal import Journal
from dispatch.web.api.app import create_app
from gateway.contract.broker_address import BrokerAddress
from gateway.finding import Finding, Place
from gateway.links.handover.delivery import Delivery
from tests.dispatch.conftest import FLAT_BATTERY

pytestmark = pytest.mark.anyio
Words = Any
FOUND = {
    "lat": "56.95",
    "lon": "24.10",
    "display_name": "12, Brīvības iela, Centrs, Rīga, LV-1010, Latvija",
    "address": {"house_number": "12", "road": "Brīvības iela", "suburb": "Centrs", "city": "Rīga"},
}
PHOTON = {
    "features": [
        {
            "geometry": {"coordinates": [24.10, 56.95]},
            "properties": {"street": "Brīvības iela", "housenumber": "12", "city": "Rīga", "country": "Latvija"},
        }
    ]
}


@pytest.fixture
def anyio_backend() -> str:
    """Nothing but asyncio."""
    return "asyncio"


@dataclass
class Server:
    """A geocoder on loopback that answers what it is told to, and remembers who asked."""

    status: int = 200
    body: bytes = json.dumps(FOUND).encode()
    headers: dict[str, str] = field(default_factory=dict)
    holds: threading.Event | None = None
    """Answers nothing before it is set."""
    asked: list[tuple[float, str, dict[str, list[str]], str]] = field(default_factory=list)
    """When, which path, what, by whom."""
    url: str = ""


@pytest.fixture
def server() -> Iterator[Server]:
    """The geocoder, up."""
    told = Server()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            told.asked.append((time.monotonic(), parts.path, parse_qs(parts.query), self.headers["User-Agent"]))
            if told.holds is not None:
                told.holds.wait(30)
            self.send_response(told.status)
            for name, value in {"Content-Type": "application/json", **told.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, *_: object) -> None:
            """Not on the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as running:
        running.daemon_threads = True
        told.url = f"http://127.0.0.1:{running.server_port}"
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield told
        if told.holds is not None:
            told.holds.set()
        running.shutdown()
        thread.join()


@asynccontextmanager
async def looking_up(geocoder: str | Geocoder, **settings: float) -> AsyncIterator[Addresses]:
    """Addresses that ask ``geocoder``, at work."""
    chosen = Geocoder.parse(geocoder) if isinstance(geocoder, str) else geocoder
    addresses = Addresses(chosen, **settings)
    running = asyncio.create_task(addresses.run())
    yield addresses
    addresses.stop()
    await asyncio.wait_for(running, 5)


def at(latitude: float, **changes: Any) -> Finding:
    """Return a finding there."""
    return replace(FLAT_BATTERY, place=Place(latitude, 24.10, 8.0, 0.0, "gnss"), **changes)


async def until(holds: Callable[[], Any]) -> None:
    """Let the others run until it holds."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event, and needs none outside tests
            await asyncio.sleep(0.002)


@pytest.mark.parametrize("kind", ["nominatim", "photon"])
async def test_an_address_is_looked_up_once(server: Server, kind: str) -> None:
    """The first who asks gets nothing and waits for nothing; then it is known, also 2 m away; the server is asked once."""
    server.body = json.dumps(FOUND if kind == "nominatim" else PHOTON).encode()
    async with looking_up(f"{kind}={server.url}") as addresses:
        assert not addresses.of(at(56.95))
        await until(lambda: addresses.counts.found)
        assert addresses.of(at(56.95)) == addresses.of(at(56.95002)) == "Brīvības iela 12, Rīga"
    ((_, path, asked, agent),) = server.asked
    assert path == "/reverse"
    assert float(asked["lat"][0]) == pytest.approx(56.95)
    assert agent == USER_AGENT


async def test_the_public_servers_are_asked_in_their_own_words() -> None:
    """The address of each, and what it wants to be told; a server of one's own may lie below a path."""
    nominatim, photon = (Geocoder.parse(name).question((56.95, 24.1)) for name in ("nominatim", "photon"))
    asked = "lat=56.9500&lon=24.1000"
    assert str(nominatim) == f"https://nominatim.openstreetmap.org/reverse?{asked}&format=json&addressdetails=1"
    assert str(photon) == f"https://photon.komoot.io/reverse?{asked}&limit=1"
    own = Geocoder.parse("photon=http://geo.local:8080/maps/").question((56.95, 24.1))
    assert str(own) == f"http://geo.local:8080/maps/reverse?{asked}&limit=1"


@pytest.mark.parametrize(
    ("name", "answer", "address"),
    [
        ("nominatim", FOUND, "Brīvības iela 12, Rīga"),
        ("nominatim", {"display_name": "Baltic\nSea"}, "Baltic Sea"),
        ("nominatim", {"error": "Unable to geocode"}, ""),
        ("nominatim", {"error": {"code": 404, "message": "Unable to geocode"}}, ""),
        ("photon", PHOTON, "Brīvības iela 12, Rīga"),
        ("photon", {"features": []}, ""),
        ("photon", {"features": [{"properties": {"name": "Ķemeri", "postcode": "LV-2012"}}]}, "Ķemeri, LV-2012"),
    ],
)
async def test_an_answer_is_read(name: str, answer: object, address: str) -> None:
    """Street, number and town; where there is no street, what the place is called."""
    assert Geocoder.parse(name).address_in(answer) == address


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        *((name, answer) for name in ("nominatim", "photon") for answer in (None, 7, [[]], {"error": "out of memory"})),
        *(("photon", {"features": what}) for what in (7, {}, [7], [{"properties": None}])),
    ],
)
async def test_an_answer_that_is_none_is_refused(name: str, answer: object) -> None:
    """It counts as a failure, not as a place without an address."""
    with pytest.raises(BadAnswer):
        Geocoder.parse(name).address_in(answer)


GARBAGE = {
    "not found": (200, b'{"error": "Unable to geocode"}'),
    "error": (200, b'{"error": "out of memory"}'),
    "html": (200, b"<html>captive portal</html>"),
    "cut": (200, b'{"lat": "56.9'),
    "nothing": (200, b""),
    "null": (200, b"null"),
    "number": (200, b"7"),
    "list": (200, b"[[]]"),
    "no fields": (200, b"{}"),
    "numbers for texts": (200, b'{"lat": 1, "lon": {}, "display_name": 7, "address": {"road": 4}}'),
    "not text": (200, b"\xff\xfe\x00"),
    "too many": (429, b"slow down"),
    "forbidden": (403, b"no"),
    "broken": (500, b"{}"),
    "away": (503, b""),
}


@pytest.mark.parametrize("kind", ["nominatim", "photon"])
@pytest.mark.parametrize(("status", "body"), GARBAGE.values(), ids=GARBAGE.keys())
async def test_whatever_the_server_says_the_offline_name_stands_in(
    server: Server, kind: str, status: int, body: bytes
) -> None:
    """No address, counted, and nothing breaks: the service can be stopped as ever."""
    server.status, server.body = status, body
    async with looking_up(f"{kind}={server.url}") as addresses:
        assert not addresses.of(at(56.95))
        await until(lambda: addresses.counts.failed + addresses.counts.nothing + addresses.counts.found)
        assert not addresses.of(at(56.95))


async def test_it_goes_on_after_failures(server: Server) -> None:
    """What failed is looked up again when it is asked for again."""
    server.status = 500
    async with looking_up(f"nominatim={server.url}") as addresses:
        addresses.of(at(56.95))
        await until(lambda: addresses.counts.failed)
        server.status = 200
        addresses.of(at(56.95))
        await until(lambda: addresses.counts.found)
        assert addresses.of(at(56.95)) == "Brīvības iela 12, Rīga"


async def test_a_server_that_is_slow_or_away_holds_up_nothing(server: Server) -> None:
    """It is given up, counted, and the next is looked up."""
    server.holds = threading.Event()
    async with looking_up(f"nominatim={server.url}") as addresses:
        addresses.of(at(56.95))
        await until(lambda: addresses.counts.failed)
        server.holds.set()
        addresses.of(at(56.96))
        await until(lambda: addresses.counts.found)
    async with looking_up("photon=http://127.0.0.1:1") as addresses:
        addresses.of(at(56.95))
        await until(lambda: addresses.counts.failed)


async def test_too_many_requests_are_answered_with_a_pause(server: Server) -> None:
    """After 429 the rest waits as long as the server says, and the service stops all the same."""
    server.status, server.headers = 429, {"Retry-After": "3000"}
    async with looking_up(f"nominatim={server.url}") as addresses:
        addresses.of(at(56.95))
        addresses.of(at(56.96))
        await until(lambda: addresses.counts.failed)
        assert addresses.waiting == 1
    assert len(server.asked) == 1


class Timed(Geocoder):
    """A geocoder that notes when each request is sent: when it arrives depends on how busy the machine is, too."""

    sent: ClassVar[list[float]] = []

    def question(self, key: tuple[float, float]) -> httpx.URL:
        """Ask as ever."""
        self.sent.append(time.monotonic())
        return super().question(key)


async def test_requests_keep_their_distance(server: Server) -> None:
    """Whatever comes in at once, the server is asked one after the other."""
    Timed.sent.clear()
    began = time.monotonic()
    async with looking_up(Timed.parse(f"nominatim={server.url}"), every_s=0.2) as addresses:
        for number in range(4):
            addresses.of(at(50 + number))
        await until(lambda: addresses.counts.found == 4)
    assert len(server.asked) == len(Timed.sent) == 4
    assert all(later - earlier > 0.19 for earlier, later in pairwise(Timed.sent))
    assert all(asked[0] - began > 0.19 * number for number, asked in enumerate(server.asked))


async def test_the_newest_are_looked_up_and_nothing_grows_without_end() -> None:
    """The queue is bounded; who is left out is counted."""
    addresses = Addresses(Geocoder.parse("nominatim=http://127.0.0.1:1"))
    for number in range(WAITING + 50):
        addresses.of(at(number / 10))
    assert addresses.waiting == WAITING
    assert addresses.counts.left_out == 50
    assert KEPT < 100_000


async def test_strangers_are_not_told_where_simulated_cars_and_homes_are() -> None:
    """A public server is asked for real findings' positions only; homes are asked of nobody; without geocoder, nothing."""
    public = Addresses(Geocoder.parse("nominatim"))
    public.of(at(56.95, provenance="simulated"))
    home = Place(56.95, 24.1, 30.0, 0.0, "home")
    public.of(replace(FLAT_BATTERY, provenance="real", place=home))
    public.of(replace(FLAT_BATTERY, provenance="real", place=None))
    assert public.waiting == 0
    public.of(at(56.95, provenance="real"))
    assert public.waiting == 1
    off = Addresses()
    assert not off.of(at(56.95, provenance="real"))
    assert (off.on, off.waiting) == (False, 0)
    await asyncio.wait_for(off.run(), 5)


async def test_the_agent_reads_the_address_and_the_ledger_does_not_hold_it(server: Server, words: Words) -> None:
    """From the fault on: looked up before the call, shown on its brief beside the offline name, written nowhere."""
    journal = Journal.in_memory()
    addresses = Addresses(Geocoder.parse(f"nominatim={server.url}"))
    made, _ = build(
        journal,
        WallClock(),
        ServiceBroker.at(BrokerAddress("127.0.0.1", 1)),
        Hearing(open_demo=False),
        addresses=addresses,
    )
    running = [asyncio.create_task(made.driver.run()), asyncio.create_task(addresses.run())]
    wire = httpx.ASGITransport(create_app(made))
    async with httpx.AsyncClient(transport=wire, base_url="http://callahead/api/v1") as api:
        for path, body in (("vendors", words.vendors), ("devices", words.registered), ("customers", [words.customer])):
            assert (await api.post(f"/{path}", json=body)).is_success
        topic, payload = words.flat_battery()
        made.driver.offer(Delivery(topic, payload, retained=False, received_at=made.now(), ack=lambda: None))
        await until(lambda: addresses.counts.found)
        brief = (await api.post("/calls/inbound", json={"ref": "r-1", "customer": "c-1"})).json()
        offline = made.casebook.cases[brief["case"]].finding.near
        assert brief["where"].startswith(f"Brīvības iela 12, Rīga; {offline} (±")
        assert (await api.get("/health")).json()["addresses"]["found"] == 1
        assert "Brīvības" not in (await api.get("/ledger")).text
    made.driver.stop()
    addresses.stop()
    await asyncio.gather(*running)
    journal.close()


@pytest.mark.parametrize(
    "text",
    ["", "google", "Nominatim", "nominatim=", "photon=geo.local", "photon=ftp://geo.local", "nominatim=http://",
     "nominatim=http://geo.local:99999", "nominatim=http://me:secret@geo.local", "photon=http://geo.local?q=1"],
)  # fmt: skip
async def test_a_wrong_geocoder_is_refused(text: str) -> None:
    """With the option and what to write instead."""
    with pytest.raises(BadGeocoder, match="--geocoder"):
        Geocoder.parse(text)


async def test_the_command_line_tells_a_wrong_geocoder(tmp_path: Path) -> None:
    """One line, exit code 2, before anything is up."""
    command = [sys.executable, "-m", "dispatch.cli.serve", "--dir", str(tmp_path / "store"), "--geocoder", "google"]
    ended = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert ended.stderr.strip() == (
        "callahead-serve: --geocoder google: choose nominatim or photon, with =URL for a server of your own"
    )
    assert not (tmp_path / "store").exists()
