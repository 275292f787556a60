"""Street addresses from a geocoder on the net: on the brief when they are known, in nobody's way when they are not."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from geopy.exc import GeocoderParseError, GeocoderQueryError, GeocoderRateLimited, GeopyError

from dispatch.cli.options import PlaceOptions
from dispatch.delivery.geocoder import BadGeocoder, Geocoder
from dispatch.delivery.geocoder_client import LIMIT_S, LONGEST_PAUSE_S, PAUSE_S, USER_AGENT, GeocoderClient
from dispatch.delivery.geocoding import KEPT, WAITING, Addresses
from dispatch.engine.clock import WallClock
from dispatch.observe import logs
from dispatch.service.build import Hearing, build
from dispatch.service.service import ServiceBroker
from dispatch.store.journal import Journal
from dispatch.web.api.app import create_app
from gateway.contract.broker_address import BrokerAddress
from gateway.finding import Finding, Place
from gateway.links.handover.delivery import Delivery
from tests.conftest import command, until
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


@dataclass
class Server:
    """A geocoder on loopback that answers what it is told to, and remembers who asked."""

    status: int = 200
    body: bytes = json.dumps(FOUND).encode()
    headers: dict[str, str] = field(default_factory=dict)
    holds: threading.Event | None = None
    """Answers nothing before it is set."""
    moved_to: str = ""
    """Redirects there whoever asks for anything else."""
    by_the_byte_s: float = 0.0
    """Between two bytes of an answer."""
    asked: list[tuple[float, str, dict[str, list[str]], str]] = field(default_factory=list)
    """When, which path, what, by whom."""
    tunnels: list[str] = field(default_factory=list)
    """Where it was to lead, as a proxy; it leads nowhere."""
    url: str = ""


@pytest.fixture
def server() -> Iterator[Server]:
    """The geocoder, up."""
    told = Server()
    stopping = threading.Event()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            told.asked.append((time.monotonic(), parts.path, parse_qs(parts.query), self.headers["User-Agent"]))
            if told.holds is not None:
                told.holds.wait(30)
            moved = bool(told.moved_to) and parts.path != told.moved_to
            self.send_response(302 if moved else told.status)
            place = {"Location": f"{told.moved_to}?{parts.query}"} if moved else {}
            for name, value in {"Content-Type": "application/json", **place, **told.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.write(b"" if moved else told.body)

        def do_CONNECT(self) -> None:
            told.tunnels.append(self.path)
            self.send_error(502)

        def write(self, body: bytes) -> None:
            """At once, or as a server that is about to fall asleep; whoever asked may have gone."""
            if not told.by_the_byte_s:
                self.wfile.write(body)
                return
            with contextlib.suppress(OSError):
                for byte in body:
                    stopping.wait(told.by_the_byte_s)
                    self.wfile.write(bytes([byte]))

        def log_message(self, *_: object) -> None:
            """Not on the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as running:
        running.daemon_threads = True
        told.url = f"http://127.0.0.1:{running.server_port}"
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield told
        stopping.set()
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


async def test_who_asks_again_meanwhile_does_not_have_it_asked_twice(server: Server) -> None:
    """A fault and its case are two rows with one position."""
    server.holds = threading.Event()
    async with looking_up(f"photon={server.url}", every_s=0.01) as addresses:
        addresses.of(at(56.95))
        await until(lambda: server.asked)
        addresses.of(at(56.96))
        addresses.of(at(56.95))
        server.body = json.dumps(PHOTON).encode()
        server.holds.set()
        await until(lambda: addresses.counts.found == 2)
        assert addresses.waiting == 0
    assert [asked["lat"] for _, _, asked, _ in server.asked] == [["56.95"], ["56.96"]]


@pytest.mark.parametrize(
    ("name", "public", "more"),
    [
        ("nominatim", "nominatim.openstreetmap.org", {"format": ["json"], "addressdetails": ["1"]}),
        ("photon", "photon.komoot.io", {"limit": ["1"]}),
    ],
)
async def test_servers_are_asked_in_their_own_words(
    server: Server, monkeypatch: pytest.MonkeyPatch, name: str, public: str, more: dict[str, list[str]]
) -> None:
    """What each wants to be told; one's own may lie below a path; the public one is asked with TLS, by way of the proxy."""
    async with GeocoderClient(Geocoder.parse(f"{name}={server.url}/maps/"), 0) as client:
        with contextlib.suppress(GeopyError):
            await client.address((56.95, -0.1))
    ((_, path, asked, _),) = server.asked
    assert path == "/maps/reverse"
    assert asked == {"lat": ["56.95"], "lon": ["-0.1000000"]} | more
    for variable in ("NO_PROXY", "no_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("https_proxy", server.url)
    async with GeocoderClient(Geocoder.parse(name), 0) as client:
        with pytest.raises(GeopyError):
            await client.address((56.95, 24.1))
    assert server.tunnels == [f"{public}:443"]


async def answered(server: Server, name: str, answer: object) -> str:
    """Return the address that is read in an answer."""
    server.body = json.dumps(answer).encode()
    async with GeocoderClient(Geocoder.parse(f"{name}={server.url}"), 0) as client:
        return await client.address((56.95, 24.1))


KEMERI = {
    "geometry": {"coordinates": [23.49, 56.94]},
    "properties": {"name": "Ķemeri", "postcode": "LV-2012"},
}


@pytest.mark.parametrize(
    ("name", "answer", "address"),
    [
        ("nominatim", FOUND, "Brīvības iela 12, Rīga"),
        ("nominatim", {"display_name": "Baltic\nSea"}, "Baltic Sea"),
        ("nominatim", {"display_name": "x" * 500}, "x" * 120),
        ("nominatim", {"error": "Unable to geocode"}, ""),
        ("nominatim", {"error": {"code": 404, "message": "Unable to geocode"}}, ""),
        ("photon", PHOTON, "Brīvības iela 12, Rīga"),
        ("photon", {"features": []}, ""),
        ("photon", {"features": [KEMERI]}, "Ķemeri, LV-2012"),
        ("photon", {"features": [KEMERI | {"properties": {"name": "A10", "osm_key": "highway", "city": "Tukums"}}]}, "A10, Tukums"),
    ],
)  # fmt: skip
async def test_an_answer_is_read(server: Server, name: str, answer: object, address: str) -> None:
    """Street, number and town; where there is no street, what the place is called."""
    assert await answered(server, name, answer) == address


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        *((name, answer) for name in ("nominatim", "photon") for answer in (None, 7, [], [[]], "", {"error": "out of memory"})),
        *(("photon", {"features": what}) for what in (None, 7, {}, [7], [{}], [{"properties": None}], [KEMERI | {"geometry": 7}])),
        *(("nominatim", FOUND | {"lat": lat}) for lat in ("x", "nan", {})),
        ("nominatim", {"lat": "1", "lon": "1"}),
    ],
)  # fmt: skip
async def test_an_answer_that_is_none_is_refused(server: Server, name: str, answer: object) -> None:
    """It counts as a failure, not as a place without an address."""
    with pytest.raises((GeocoderParseError, GeocoderQueryError)):
        await answered(server, name, answer)


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


@pytest.mark.parametrize(
    ("told", "pause_s"),
    [
        ("7", 7.0),
        ("999999", LONGEST_PAUSE_S),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_PAUSE_S),
        ("9" * 400, LONGEST_PAUSE_S),
        *((told, PAUSE_S) for told in (None, "", "soon", "-5", "Fri, 31 Dec 99999999 23:59:59 GMT")),
    ],
)
async def test_how_long_a_server_is_left_in_peace(server: Server, told: str | None, pause_s: float) -> None:
    """As long as it says, an hour at most; a minute where it does not say it so that it can be read."""
    server.status, server.headers = 429, {} if told is None else {"Retry-After": told}
    with pytest.raises(GeocoderRateLimited) as refused:
        await answered(server, "nominatim", FOUND)
    assert GeocoderClient.pause_after(refused.value) == pause_s


async def test_a_server_that_moved_is_followed(server: Server) -> None:
    """With the question."""
    server.moved_to = "/new/reverse"
    assert await answered(server, "nominatim", FOUND) == "Brīvības iela 12, Rīga"
    assert server.asked[0][2] == server.asked[1][2]


async def test_the_limit_is_for_the_whole_answer(server: Server) -> None:
    """A server that is never silent for long, and never done either, is given up."""
    server.by_the_byte_s = 0.05
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        await answered(server, "photon", PHOTON)
    assert time.monotonic() - began >= LIMIT_S


@pytest.mark.parametrize("status", [200, 400, 500])
async def test_the_log_does_not_say_where_customers_are(server: Server, status: int) -> None:
    """Neither we, geopy nor httpx write down what was asked, or what was answered."""
    out = io.StringIO()
    before = logging.getLogger().handlers[:], logging.getLogger().level
    logs.set_up(logs.LogFormat.TEXT, logs.LogLevel.DEBUG, out)
    try:
        server.status, server.body = status, b'{"error": "nothing at 56.95"}'
        async with looking_up(f"nominatim={server.url}") as addresses:
            addresses.of(at(56.95))
            await until(lambda: addresses.counts.failed)
    finally:
        logging.basicConfig(handlers=before[0], level=before[1], force=True)
    assert "the geocoder fails (Geocoder" in out.getvalue()
    assert "56.95" not in out.getvalue()


async def test_requests_keep_their_distance(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever comes in at once, the server is asked one after the other: geopy notes when each request is sent."""
    caplog.set_level(logging.DEBUG, "geopy")
    began = time.monotonic()
    async with looking_up(f"nominatim={server.url}", every_s=0.2) as addresses:
        for number in range(4):
            addresses.of(at(50 + number))
        await until(lambda: addresses.counts.found == 4)
    sent = [line.created for line in caplog.records if "reverse" in line.message]
    assert len(server.asked) == len(sent) == 4
    assert all(later - earlier > 0.19 for earlier, later in pairwise(sent))
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
    await asyncio.wait_for(off.run(), 60)


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
    words = ("--dir", str(tmp_path / "store"), "--geocoder", "google")
    ended = await asyncio.to_thread(command, "dispatch.cli.serve", *words)
    assert ended.returncode == 2
    assert ended.stderr.strip() == (
        "callahead-serve: --geocoder google: choose nominatim or photon, with =URL for a server of your own"
    )
    assert not (tmp_path / "store").exists()


WITHOUT = "import sys; sys.modules['geopy'] = None\n"


async def test_everything_starts_without_geopy() -> None:
    """Neither the service nor the command line imports it before it is wanted."""
    for module in ("dispatch.cli.command_line", "scenarios.cli", "dispatch.web.api.app"):
        command = [sys.executable, "-c", f"{WITHOUT}import {module}"]
        assert (await asyncio.to_thread(subprocess.run, command, check=False)).returncode == 0
    assert PlaceOptions().settings() is None


async def test_without_geopy_the_option_says_what_to_install(tmp_path: Path) -> None:
    """Exit code 2, and a sentence, before anything is up."""
    words = ["serve", "--port", "0", "--geocoder", "photon", "--dir", str(tmp_path / "store")]
    program = f"{WITHOUT}sys.argv = {words}\nfrom dispatch.cli.serve import main\nmain()"
    command = [sys.executable, "-c", program]
    ended = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert ended.stderr.strip() == "callahead-serve: --geocoder needs geopy: pip install 'callahead[geocoder]'"
    assert not (tmp_path / "store").exists()
    assert PlaceOptions("photon").settings() == Geocoder("photon")
